"""
What may pass: an allow-list of paths, pseudonyms for people, and a scrubber for every word that is left.

The scrubber is the last line, not the first: text that nobody listed never reaches it.
"""

from __future__ import annotations

import hmac
import re
import unicodedata
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any, Final

import re2

from .parsing import at, well_formed

__all__ = ["holds_secret", "luhn_valid", "project", "pseudonym", "scrub"]

_LONGEST_CLUSTER: Final = 32
"""More combining marks on one letter than any language writes."""

_INVISIBLE: Final = dict.fromkeys(
    [
        *range(0x09),
        0x0B,
        0x0C,
        *range(0x0E, 0x20),
        0x7F,
        0xAD,
        0x034F,
        0x061C,
        0x115F,
        0x1160,
        0x17B4,
        0x17B5,
        *range(0x180B, 0x1810),
        *range(0x200B, 0x2010),
        *range(0x202A, 0x202F),
        *range(0x2060, 0x2070),
        0x3164,
        *range(0xFE00, 0xFE10),
        0xFEFF,
        0xFFA0,
        *range(0xE0000, 0xE0080),
    ]
)
_DASHES: Final = dict.fromkeys([*range(0x2010, 0x2016), 0x2212, 0xFE58, 0xFE63, 0xFF0D], "-")
# Our own tokens look like tags; they must survive a second scrubbing.
_TAG: Final = re2.compile(r"(?s)<!--.*?-->|</?[A-Za-z!?][^<>]*>")
_BRACKET: Final = re2.compile(r"<[a-z-]{2,9}>|[<>]")
_NESTED_TAGS: Final = 4
_TOKENS: Final = frozenset(f"<{name}>" for name in ("jwt", "key", "card", "iban", "email", "phone", "ip", "url-token"))

# Most words of a signal are like this, and no pattern below fits them: too short, and no digit or sign.
_PLAIN: Final = re.compile(r"[A-Za-z]{1,15}(/[a-z]{1,15})?")
_JWT: Final = re2.compile(r"eyJ[\w-]{5,}\.[\w-]{5,}\.?[\w-]*")
_KEY: Final = re2.compile(
    r"(?i)shp(?:at|ss|ca|pa|ua)_[0-9a-f]{16,}|[srp]k_(?:live|test)_\w+|\brk_\w{8,}|whsec_[\w+/=]+"
    r"|xox[abeoprs]-[\w-]+|\b(?:AKIA|ASIA)[0-9A-Z]{16}|gh[opsur]_\w{20,}|github_pat_\w{20,}|glpat-[\w-]{16,}"
    r"|AIza[\w-]{30,}|SG\.[\w-]{16,}\.[\w-]{16,}|\bsntry[su]_[\w=+/-]{16,}"
    r"|\b(?:bearer|basic)\s+[\w.~+/-]{12,}=*"
    r"|\b(?:api[_-]?key|access[_-]?token|client[_-]?secret|password|passwd|secret)\s*[=:]\s*[\"']?[^\s\"'&,;]{4,}"
    r"|-----BEGIN [A-Z ]+-----[\s\S]*?(?:-----END [A-Z ]+-----|$)"
)
_DIGITS: Final = re2.compile(r"\d(?:[ .\-/_]{0,3}\d){12,}")
_IBAN: Final = re2.compile(r"(?i)\b[A-Z]{2}\d{2}(?:[ -]?[A-Z0-9]){11,30}")
_EMAIL: Final = re2.compile(
    r"(?i)(?:[\pL\pN_.!#$%&'*+/=?^`{|}~\-]+|\"[^\"\n]{1,64}\")(?:(?:%40|\s?[\[(]at[\])]\s?|@)"
    # Once more and more, for addresses without a gap: the name of the second would pass as the domain of the first.
    r"(?:(?:[\pL\pN_\-]+(?:\.|\s?[\[(]dot[\])]\s?))+(?:xn--[a-z0-9\-]+|\pL{2,})|\[[0-9a-f.:]+\]))+"
)
_IPV4: Final = re2.compile(r"\b(?:25[0-5]|2[0-4]\d|1?\d?\d)(?:\.(?:25[0-5]|2[0-4]\d|1?\d?\d)){3}\b")
_IPV6: Final = re2.compile(r"(?i)(?:[0-9a-f]{0,4}:){2,7}[0-9a-f]{0,4}(?:%\w+)?")
_PHONE: Final = re2.compile(
    r"(?:\+|\b00)\d(?:[ ().\-/]{0,3}\d){6,17}\d*|\(?\b\d{2,5}\)?(?:[ ().\-/]{1,3}\d{2,6}){1,6}\b|\b\d{8,17}\b"
)
_DATE: Final = re2.compile(
    r"^\d{4}-\d\d-\d\d(?:[ .\-/:]*\d\d){0,3}$|^\d{1,2}[./-]\d{1,2}[./-]\d{4}$|^[12]\d{3}-[12]\d{3}$"
)


def luhn_valid(digits: str) -> bool:
    """Return whether a string of digits has a valid check digit (ISO/IEC 7812-1, annex B)."""
    total = 0
    for place, char in enumerate(reversed(digits)):
        value = int(char) * (1 + place % 2)
        total += value - 9 if value > 9 else value
    return total % 10 == 0


def _iban_valid(text: str) -> bool:
    compact = "".join(c for c in text.upper() if c.isalnum())
    if not 15 <= len(compact) <= 34:
        return False
    return int("".join(str(int(c, 36)) for c in compact[4:] + compact[:4])) % 97 == 1


def _clusters_cut(text: str) -> str:
    """Return the text with overlong runs of combining marks cut: ordering them takes more than linear time."""
    if text.isascii():
        return text
    kept, run = [], 0
    for c in text:
        run = run + 1 if unicodedata.combining(c) else 0
        if run <= _LONGEST_CLUSTER:
            kept.append(c)
    return "".join(kept)


def _normalised(text: str) -> str:
    text = unicodedata.normalize("NFKC", _clusters_cut(text)).translate(_INVISIBLE).translate(_DASHES)
    text = "".join(str(unicodedata.digit(c)) if c.isdigit() and not c.isascii() else c for c in text)
    # Again and again, because a tag may hide inside a tag; where that has no end, no bracket is one of a tag.
    for _ in range(_NESTED_TAGS):
        before, text = text, _TAG.sub(_token_alone, text)
        if text == before:
            return text
    return str(_BRACKET.sub(_token_alone, text))


def _token_alone(match: Any) -> str:
    return str(match.group()) if match.group() in _TOKENS else ""


def _card(match: Any) -> str:
    text: str = match.group()
    places = [i for i, c in enumerate(text) if c.isdigit()]
    # A card may stand between other groups of digits, and several readings may overlap: none of their digits stays.
    spans: list[tuple[int, int]] = []
    for start in range(len(places) - 12):
        for end in range(min(start + 19, len(places)), start + 12, -1):
            run = places[start:end]
            if _alone(text, run[0], run[-1]) and luhn_valid("".join(text[i] for i in run)):
                if spans and run[0] <= spans[-1][1]:
                    spans[-1] = (spans[-1][0], max(spans[-1][1], run[-1]))
                else:
                    spans.append((run[0], run[-1]))
    for first, last in reversed(spans):
        text = f"{text[:first]}<card>{text[last + 1 :]}"
    return text


def _alone(text: str, first: int, last: int) -> bool:
    # Digits without a gap are one number: a part of a long id is no card.
    return not (first > 0 and text[first - 1].isdigit()) and not text[last + 1 : last + 2].isdigit()


def _iban(match: Any) -> str:
    text: str = match.group()
    # The pattern may have taken the words behind it: give back from the end until the checksum fits.
    for end in range(len(text), 14, -1):
        if text[end - 1].isalnum() and _iban_valid(text[:end]):
            return f"<iban>{text[end:]}"
    return text


def _ipv6(match: Any) -> str:
    text: str = match.group()
    groups = [g for g in text.split("%")[0].split(":") if g]
    clock = all(len(g) <= 2 and g.isdigit() for g in groups)
    full = len(groups) == 8 and "::" not in text
    return "<ip>" if full or ("::" in text and groups and not clock) or (len(groups) >= 5 and not clock) else text


def _phone(match: Any) -> str:
    text: str = match.group()
    digits = sum(c.isdigit() for c in text)
    # Whoever dials with more digits than there are is not left with the rest of them.
    endless = digits > 18 and not text.startswith(("+", "00"))
    return text if digits < 7 or endless or _DATE.search(text.strip()) else "<phone>"


@lru_cache(maxsize=1024)
def _scrubbed_word(text: str) -> str:
    return text if _PLAIN.fullmatch(text) else _scrubbed(well_formed(text))


def _scrubbed(text: str) -> str:
    text = _normalised(text)
    text = _JWT.sub("<jwt>", text)
    text = _KEY.sub("<key>", text)
    text = _EMAIL.sub("<email>", text)
    text = _IBAN.sub(_iban, text)
    text = _DIGITS.sub(_card, text)
    text = _IPV4.sub("<ip>", text)
    text = _IPV6.sub(_ipv6, text)
    return str(_PHONE.sub(_phone, text))


def scrub(text: str) -> str:
    """
    Return `text` with personal data and secrets replaced by typed tokens such as ``<email>``.

    The text is normalised first (NFKC; invisible characters and HTML tags removed), so that hidden characters do
    not help anything through. Replaced are JSON web tokens, API keys, card numbers with a valid check digit, IBANs
    with a valid checksum, e-mail addresses, IP addresses and phone numbers, in this order. Names and postal
    addresses have no shape: only the allow-list keeps them out. Scrubbing twice changes nothing.
    """
    # Topics, hosts and states come again and again; what people wrote is long and does not.
    return _scrubbed_word(text) if len(text) <= 64 else _scrubbed(well_formed(text))


_GROUPED_CARD: Final = re2.compile(r"(?:\b\d{3,6}[ -]){2,4}\d{1,6}\b")
# UUIDs and global ids: no letter, sign or length in them that a token, an address or a key has.
_HARMLESS: Final = re.compile(
    r"[0-9a-f]{1,12}(?:-[0-9a-f]{1,12}){0,4}|gid://shopify/[A-Za-z]{1,19}/[0-9]{1,20}|[0-9]{1,20}:[0-9]{1,20}"
)
# Digits alone may be any id; with a plus in front and no letter near, they are a telephone number.
_DIALLED: Final = re2.compile(r"(?:^|[^\pL\pN])\+\d(?:[ ().\-/]{0,3}\d){6,17}(?:$|[^\pL\pN])")
# A short text, and few ways to read it: going back costs next to nothing.
_SHORT_GROUPED_CARD: Final = re.compile(r"(?:\b\d{3,6}-){2,4}\d{1,6}\b", re.ASCII)


@lru_cache(maxsize=1024)
def holds_secret(text: str) -> bool:
    """
    Return whether an id carries an e-mail or IP address, a card number in groups, a token, a key or a ``+49`` number.

    Ids are not scrubbed further: every tenth 64-bit id passes the check of a card number and every one looks like
    a phone number, and an id that is not exact is no id.
    """
    if text.isascii() and text.isdigit():
        return False
    if _HARMLESS.fullmatch(text):
        return _is_card(_SHORT_GROUPED_CARD.finditer(text))
    text = _normalised(well_formed(text))
    if any(p.search(text) is not None for p in (_JWT, _KEY, _EMAIL, _DIALLED)) or "<ip>" in scrub(text):
        return True
    # No id is written with blanks between its digits: there every reading of them counts.
    spaced = " " in text and "<card>" in _DIGITS.sub(_card, text)
    return spaced or _is_card(_GROUPED_CARD.finditer(text))


def _is_card(found: Iterable[Any]) -> bool:
    grouped = ("".join(c for c in m.group() if c.isdecimal()) for m in found)
    return any(13 <= len(digits) <= 19 and luhn_valid(digits) for digits in grouped)


_BASE32: Final = "abcdefghijklmnopqrstuvwxyz234567"
_PAIRS: Final = tuple(a + b for a in _BASE32 for b in _BASE32)


def pseudonym(kind: str, value: str, key: bytes) -> str:
    """
    Return what stands for a person's id: 20 characters of base32, equal for equal values under one key.

    The value is trimmed and lower-cased first. Deleting the key erases the link.
    """
    message = f"{kind}:{unicodedata.normalize('NFKC', well_formed(value)).strip().lower()}"
    # The first 100 bits, ten at a time: the standard library writes base32 in Python, and more than is kept.
    bits = int.from_bytes(hmac.digest(key, message.encode(), "sha256")[:13]) >> 4
    return "".join([_PAIRS[bits >> place & 1023] for place in range(90, -1, -10)])


def project(body: Any, paths: Iterable[str]) -> Mapping[str, Any]:
    """Return the values at the given dotted paths, by path; what nobody listed stays behind."""
    found = {path: at(body, path) for path in paths}
    return {path: value for path, value in found.items() if value is not None}
