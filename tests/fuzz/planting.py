"""Personal data that is planted into payloads, and how it would show itself in what comes out."""

from __future__ import annotations

import json
import re
import unicodedata
from contextlib import suppress
from random import Random
from typing import Any

__all__ = ["PLANTS", "SHAPED", "carries", "is_personal", "leaks", "plant"]

PLANTS = {
    "email": "wanda.plantowski@leak-mail.example",
    "phone": "+49 170 5550 1234",
    "card": "4929 1234 5678 9106",
    "token": "shpat_deadbeefdeadbeefdeadbeefdeadbeef",
    "name": "Wandalina Plantowski",
    "address": "77 Plantation Mews",
}
SHAPED = ("email", "phone", "card", "token")
"""What a scrubber can see wherever it stands; names and addresses have no shape."""

_NEEDLES = {
    "email": ("leak-mail", "wanda.plantowski"),
    "phone": ("491705550", "1705550123"),
    "card": ("4929123456", "5678910"),
    "token": ("deadbeef",),
    "name": ("wandalina", "plantowski"),
    "address": ("plantation mews", "plantation"),
}
_PERSONAL = re.compile(
    r"(?i)^(?:first_?name|last_?name|full_?name|display_?name|(?:contact_?|billing_?|customer_?|user_?)?email"
    r"|(?:contact_?)?phone(?:_?number)?|address_?[12]?|street(?:name)?|house_?number_?or_?name|zip|shopper_?name"
    r"|card_?holder_?name|note|customer_?note|comment|comments|body_?(?:html|text|plain)|html_?body|plain_?body"
    r"|stripped_?text|excerpt|signature|snippet|author_?name|customer_?name|requester_?name|user_?name|username)$"
)
_PACKED = re.compile(r"[\s().\-/]")


def is_personal(name: str) -> bool:
    """Return whether what stands under this name is a person's own, or what a person wrote."""
    return _PERSONAL.match(name) is not None


def plant(rng: Random, which: str) -> str:
    """Return a datum, sometimes hidden the way real texts hide one."""
    text = PLANTS[which]
    match rng.randrange(8):
        case 0:
            return f"call {text} now"
        case 1:
            return text.upper() if which != "token" else text
        case 2:  # full-width digits and letters
            return "".join(chr(ord(c) + 0xFEE0) if "!" <= c <= "~" else c for c in text)
        case 3:
            place = rng.randrange(1, len(text))
            return f"{text[:place]}\u200b{text[place:]}"
        case 4:
            place = rng.randrange(1, len(text))
            return f"{text[:place]}<b></b>{text[place:]}"
        case 5:
            return f"\u202e{text}\u202c"
        case _:
            return text


def _plain(text: str) -> str:
    seen = (c for c in unicodedata.normalize("NFKC", text) if unicodedata.category(c) != "Cf")
    return "".join(seen).lower()


def carries(body: bytes, which: str, *, as_text: bool = False) -> bool:
    """
    Return whether a body still carries the whole datum and no piece of it besides.

    Half an address has no shape that a scrubber could see. As text, escapes of JSON are not read.
    """
    text = body.decode("utf-8", "replace")
    if not as_text:
        with suppress(ValueError, RecursionError):
            text = json.dumps(json.loads(text), ensure_ascii=False)
    plain = _plain(text).replace("<b></b>", "")
    whole = PLANTS[which].lower()
    if any(plain[m.start() - 1 : m.start()].isdigit() or plain[m.end() : m.end() + 1].isdigit()
           for m in re.finditer(re.escape(whole), plain)):  # fmt: skip
        return False  # part of a longer number
    return whole in plain and leaks(plain.replace(whole, ""), [which]) is None


def leaks(text: str, planted: Any) -> str | None:
    """Return which of the planted data a text gives away, or None."""
    plain = _plain(text)
    packed = _PACKED.sub("", plain)
    for which in planted:
        for needle in _NEEDLES[which]:
            if needle in (packed if which in ("phone", "card") else plain):
                return str(which)
    return None
