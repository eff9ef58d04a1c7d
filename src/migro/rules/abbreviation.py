"""Abbreviation: long premises said once, with a letter for each part that comes again."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from functools import lru_cache
from itertools import count
from typing import Final

__all__ = ["abbreviated"]

_WORTH_A_LETTER: Final = 60
"""Characters; shorter parts are read faster than looked up."""

_TOKEN: Final = re.compile(r"""'(?:\\.|[^'\\])*'|"(?:\\.|[^"\\])*"|[\w.~]*\(|[])[]""")


@lru_cache(maxsize=1_024)
def abbreviated(text: str) -> str:
    """
    Return a premise in which a letter stands for each longer part in brackets that comes more than once.

    What the letters stand for is told behind it, in the order in which a reader meets them, as in ``number of A in 1 h
    > usual A in 1 h, where A = [Order per merchant]``. A text in which nothing long comes again is returned as it is.
    """
    parts: list[str] = []
    whole = text
    while part := _longest_again([whole, *parts]):
        mark = f"\0{len(parts)}\0"
        whole, *parts = (told.replace(part, mark) for told in (whole, *parts))
        parts.append(part)
    order: list[int] = []
    for told in _met([whole], parts, order):
        whole += told
    # A signal class may be called by a letter as well.
    taken = set(re.findall(r"\b[A-Z]\d*\b", text))
    letters = (letter for letter in map(_letter, count()) if letter not in taken)
    for letter, n in zip(letters, order, strict=False):
        whole = whole.replace(f"\0{n}\0", letter)
    return whole


def _met(waiting: list[str], parts: list[str], order: list[int]) -> Iterator[str]:
    """Yield what is said of each part, and add its number to `order`, as a reader comes to it."""
    while waiting:
        for n in map(int, re.findall("\0(\\d+)\0", waiting.pop(0))):
            if n not in order:
                yield f"{', ' if order else ', where '}\0{n}\0 = {parts[n]}"
                order.append(n)
                waiting.append(parts[n])


def _longest_again(texts: list[str]) -> str | None:
    seen = Counter(part for text in texts for part in _groups(text) if len(part) >= _WORTH_A_LETTER)
    again = [part for part, times in seen.items() if times > 1]
    return max(again, key=lambda part: (len(part), part), default=None)


def _groups(text: str) -> Iterator[str]:
    """Yield every part in brackets, with the name of what is called; brackets within quotes are none."""
    begun: list[int] = []
    for token in _TOKEN.finditer(text):
        if token[0][-1] in "[(":
            begun.append(token.start())
        elif token[0] in "])" and begun:
            yield text[begun.pop() : token.end()]


def _letter(n: int) -> str:
    return chr(ord("A") + n % 26) + (str(n // 26) if n >= 26 else "")
