"""Which language a text is in, by its small words and its script: a few counts, no model, the same every time."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from itertools import repeat
from typing import Final

__all__ = ["language_of"]

_SMALL: Final[Mapping[str, str]] = {
    "en": "the and is not to of in it this that with have has are was when for on my we you can cannot does after from"
    " but if no an be how i there",
    "de": "der die das und ist nicht ich in ein eine einen mit auf für den dem des im zu wir sie bei wird werden kann"
    " auch nach wenn keine kein sich beim vom seit haben hat sind es mehr",
    "es": "el la los las y es no un una de que en con por para se del al mi pero cuando puedo puede está desde sin hay"
    " son ha han muy como nos después",
    "fr": "le la les et est pas je une des du que dans avec pour sur nous vous ne plus mais quand mon ce cette sont au"
    " aux qui il elle impossible",
    "it": "il lo gli e non un una di che per del della mi si sono è quando ma nel alla questo dopo ho hanno più",
    "nl": "de het een en is niet ik van met voor op te dat wij kan geen maar als naar bij wordt zijn er na mijn om",
    "pt": "o os as e não um uma de que por para do da no na mas quando meu está são ao após sem foi você nós",
    "pl": "nie jest się na do w z że i po przy dla jak ale gdy mam są od nas przez tylko może",
    "sv": "och är inte jag en ett att det som med för på av vi kan när efter från har den om men",
    "tr": "bir ve bu için ile değil çok ne ama gibi daha sonra var yok olarak nasıl",
    "ru": "и в не на я что с по при как это не для у нас но после из за",
}
_WORDS: Final[Mapping[str, frozenset[str]]] = {tag: frozenset(words.split()) for tag, words in _SMALL.items()}
_FOREIGN: Final = {tag: frozenset().union(*_WORDS.values()) - words for tag, words in _WORDS.items()}
_AROUND: Final = ".,;:!?()[]{}<>\"'`*_…¿¡„“”‚‘’«»"
_LOOKED_AT: Final = 4_000

# Letters of scripts that no lexicon reads; a ticket that is mostly of them is of their language or like it.
_SCRIPTS: Final = (
    ("ru", re.compile("[\u0400-\u04ff]")),
    ("zh", re.compile("[\u4e00-\u9fff]")),
    ("ja", re.compile("[\u3040-\u30ff]")),
    ("ko", re.compile("[\uac00-\ud7af]")),
    ("ar", re.compile("[\u0600-\u06ff]")),
    ("he", re.compile("[\u0590-\u05ff]")),
    ("el", re.compile("[\u0370-\u03ff]")),
    ("th", re.compile("[\u0e00-\u0e7f]")),
    ("hi", re.compile("[\u0900-\u097f]")),
)


def is_surely(default: str, title: str, prose: str, words: Iterable[Iterable[str | None]]) -> bool:
    """
    Return whether `language_of` would say `default`, where words that are known already tell so.

    Args:
        default: As there.
        title, prose: Its text.
        words: All words of that text, and perhaps more.
    """
    if default not in _FOREIGN or not title.isascii() or not prose.isascii():
        return False
    # Words of addresses are among these and not among those that count, so there may be too many and never too few.
    return sum(len(_FOREIGN[default].intersection(some)) for some in words) < 2


def language_of(text: str, default: str = "en") -> str:
    """
    Return the tag of the language that most small words of a text are of.

    With fewer than two different ones more than `default` has, it is `default`: short titles and lists of technical
    terms look like English in any language. Reads the first 4,000 characters.
    """
    text = text[:_LOOKED_AT]
    if not text.isascii():
        letters = sum(map(str.isalpha, text))
        for tag, script in _SCRIPTS:
            if letters and len(script.findall(text)) * 3 > letters:
                # Japanese mixes its own letters with Chinese ones.
                return "ja" if tag == "zh" and _SCRIPTS[2][1].search(text) else tag
    # Addresses have signs inside and are no small words.
    said = set(map(str.strip, text.lower().split(), repeat(_AROUND)))
    if len(said & _FOREIGN.get(default, said)) < 2:
        return default
    counts = {tag: len(words & said) for tag, words in _WORDS.items()}
    best = max(counts, key=lambda tag: (counts[tag], tag == default))
    return best if counts[best] >= counts.get(default, 0) + 2 else default
