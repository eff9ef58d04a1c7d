"""
The limits within which durable-rules is exact and survives, and the guard that holds them.

Measured with version 2.0.28, the newest there is. Beyond them it crashes the interpreter, hangs with the lock of the
interpreter held, or answers wrongly without an error; so everything is checked here, before it is told of anything.
Each limit has room to the place where it broke.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from ..errors import SecondEngineRefused

__all__ = [
    "MAX_CONDITIONS",
    "MAX_FACTS",
    "MAX_PREMISES",
    "MAX_RULES",
    "MAX_SHARED",
    "Fact",
    "check_facts",
    "check_rules",
    "hashed",
]

MAX_CONDITIONS = 16
"""Conditions of one rule: a join of 17 is error 304."""

MAX_PREMISES = 400
"""Different premises of one rule set: registering 513 different constants never returns."""

MAX_RULES = 200
"""Rules of one rule set: a few hundred that share a condition crash, and 10,000 hang."""

MAX_SHARED = 60
"""Rules of one rule set that share a premise: the 65th condition that is true at one level loses the whole fact."""

MAX_FACTS = 20_000
"""Facts at once: 7 KiB each, which is not given back."""

_TOKEN = re.compile(r"p[0-9]{1,7}")
_KEY = re.compile(r"k[0-9]{1,7}")
_ID = re.compile(r"f[0-9]{1,7}")
_NAME = re.compile(r"r[0-9]{1,7}")

Fact = tuple[str, str, str]
"""Token of a premise, token of a key, id."""


def hashed(text: str) -> int:
    """
    Return the number under which durable-rules finds a text: 32 bits of FNV-1a.

    It never looks whether what it found is what it looked for.
    """
    found = 2_166_136_261
    for byte in text.encode():
        found = (found ^ byte) * 16_777_619 & 0xFFFF_FFFF
    return found


def check_rules(rules: Mapping[str, Sequence[str]]) -> None:
    """
    Refuse a rule set that durable-rules could stumble over.

    Args:
        rules: The tokens of each rule's premises, by the rule's token.

    Raises:
        SecondEngineRefused: With every mistake at once.
    """
    wrong = [f"expected a rule's token such as 'r7', got {_said(name)}" for name in rules if not _fits(_NAME, name)]
    tokens = [token for premises in rules.values() for token in premises]
    # No property but these can be named: one that reads an absent `id` crashes, and patterns can hang.
    wrong += [
        f"expected a premise's token such as 'p7', got {_said(token)}"
        for token in dict.fromkeys(map(_hashable, tokens))
        if not _fits(_TOKEN, token)
    ]
    for name, premises in rules.items():
        if not 1 <= len(premises) <= MAX_CONDITIONS:
            wrong.append(f"expected 1 to {MAX_CONDITIONS} conditions, got {len(premises)} in {_said(name)}")
        if len(set(map(_hashable, premises))) < len(premises):
            wrong.append(f"expected every condition once, got some twice in {_said(name)}")
    if len(rules) > MAX_RULES:
        wrong.append(f"expected at most {MAX_RULES} rules, got {len(rules)}")
    shared = Counter(map(_hashable, tokens))
    if len(shared) > MAX_PREMISES:
        wrong.append(f"expected at most {MAX_PREMISES} different premises, got {len(shared)}")
    wrong += [
        f"expected at most {MAX_SHARED} rules to share a premise, got {count} with {_said(token)}"
        for token, count in shared.items()
        if count > MAX_SHARED
    ]
    wrong += _colliding("premises", [t for t in shared if _fits(_TOKEN, t)])
    if wrong:
        raise SecondEngineRefused(wrong)


def check_facts(facts: Sequence[Fact]) -> None:
    """
    Refuse facts that durable-rules could stumble over or mix up.

    Raises:
        SecondEngineRefused: With every kind of mistake at once.
    """
    if len(facts) > MAX_FACTS:
        raise SecondEngineRefused([f"expected at most {MAX_FACTS} facts at once, got {len(facts)}"])
    odd = [fact for fact in facts if len(fact) != 3]
    wrong = [f"expected a premise, a key and an id in each fact, got {_said(odd[0])}"] if odd else []
    parts = ("premise", _TOKEN, "p7"), ("key", _KEY, "k7"), ("fact's id", _ID, "f7")
    for place, (what, form, such) in enumerate(parts):
        strange = [text for fact in facts for text in fact[place : place + 1] if not _fits(form, text)]
        if strange:
            wrong.append(f"expected a {what} such as {such!r}, got {_said(strange[0])}")
    if wrong:
        raise SecondEngineRefused(wrong)
    if len({fact[:2] for fact in facts}) < len(facts):
        wrong.append("expected every fact once, got some twice")
    wrong += _colliding("keys", {key for _, key, _ in facts})
    wrong += _colliding("ids", [id for _, _, id in facts])
    if wrong:
        raise SecondEngineRefused(wrong)


def _colliding(what: str, texts: Iterable[str]) -> list[str]:
    first: dict[int, str] = {}
    for text in texts:
        number = hashed(text)
        if number in first:
            return [f"expected {what} that durable-rules can tell apart, got {first[number]!r} and {text!r}"]
        first[number] = text
    return []


def _hashable(value: object) -> str:
    return value if isinstance(value, str) else repr(value)


def _fits(form: re.Pattern[str], value: object) -> bool:
    return isinstance(value, str) and form.fullmatch(value) is not None


def _said(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 40 else f"{text[:40]}... of {len(text):,} characters"
