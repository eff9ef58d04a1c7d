"""Mutations: a payload that was whole, with a few things wrong in the ways real payloads and hostile ones are."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from random import Random
from typing import Any, Final

import attrs

from .planting import PLANTS, SHAPED, is_personal, plant

__all__ = ["Raw", "bytes_mutated", "headers_mutated", "json_mutated", "opened", "text_mutated", "written"]


@attrs.frozen
class Raw:
    """A piece of JSON, or of what is none, that is written as it stands."""

    text: str


DIRTY: Final[tuple[Any, ...]] = (
    None, True, False, 0, -1, 1, 10**18, 2**63, -(2**64), 10**40, 1_772_355_600, 1_772_355_600_123,
    1_772_355_600_123_456_789, [], {}, [[]], [{}], [None], "", " ", "null", "NaN", "0", "-0", "007", "1e999999",
    "0x10", "１２", "\u0663", "{{ticket.id}}", "${HASH}", "{store_hash}", "<id>", "%s", "0001-01-01T00:00:00Z",
    "9999-12-31T23:59:59.999999999+23:59", "2026-03-01 09:00:00", "2026-13-45T99:00:00Z", "2026-02-30", "1772355600.5",
    "\ud800", "\udfff\ud800", "\u202etxt.exe", "a\u200bb", "\x00", "\x1b[31m", "\ufeff", "é" * 9, "e" + "\u0301" * 40,
    "gid://shopify/Order/1", "gid://shopify/Order/" + "9" * 60, "https://shop.example/?q=%00", "a@b", "true", "x" * 300,
    Raw("NaN"), Raw("Infinity"), Raw("-Infinity"), Raw("1e400"), Raw("1E+2147483648"), Raw("-0.0"), Raw("00"),
    Raw("0.10000000000000000000000001"), Raw("1" * 5000), Raw('"\\ud83d"'), Raw('"\\u0000"'), Raw("'single'"), Raw(""),
    Raw("{}}"), Raw("[1,]"), Raw('{"a":1,"a":2}'), Raw("{,}"), Raw('"\n"'),
)  # fmt: skip

_INTERESTING: Final = tuple(
    t.encode()
    for t in (
        *"\0 \n \r\n \t \" ' \\ { } [ ] , : ; = & % + - < > @ # | / ? ` ~ ^".split(" "),
        '":', '","', "null", "1e999", "\ufeff", "\u202e", "\u200b", "\u2028", "%00", "--", "<!--", "-->", "<![CDATA[",
        "Content-Type: text/html\n\n", "=?utf-8?B?gICA?=", "\n at x (y:1:2)\n", "Traceback (most recent call last):",
        "#Fields: a b\n", "0001-01-01", "+99:99", "&#x110000;", "&amp;" * 20, "\x1b[0m", "\n\n\n",
    )
)  # fmt: skip


def opened(body: bytes) -> Any:
    """Return the JSON that a seed holds, with its numbers as they were written; None where it is none."""
    try:
        return json.loads(body.decode("utf-8-sig"), parse_float=Raw)
    except (ValueError, RecursionError):
        return None


def written(value: Any) -> str:
    """Return the JSON text of a tree in which some pieces may be `Raw`."""
    if isinstance(value, Raw):
        return value.text
    if isinstance(value, dict):
        return "{" + ",".join(f"{json.dumps(n)}:{written(v)}" for n, v in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(written, value)) + "]"
    return json.dumps(value)


@attrs.frozen
class _Slot:
    """A place in a tree."""

    holder: Any
    key: Any

    def get(self) -> Any:
        return self.holder[self.key]

    def set(self, value: Any) -> None:
        self.holder[self.key] = value


def _slots(value: Any, found: list[_Slot]) -> list[_Slot]:
    # A stack of our own: what is mutated may be nested more deeply than calls may be.
    waiting = [value]
    while waiting and len(found) < 4000:
        here = waiting.pop()
        keys: Any = here.keys() if isinstance(here, dict) else range(len(here)) if isinstance(here, list) else ()
        for key in keys:
            found.append(_Slot(here, key))
            waiting.append(here[key])
    return found


def _copied(value: Any) -> Any:
    if isinstance(value, dict):
        return {n: _copied(v) for n, v in value.items()}
    return [_copied(v) for v in value] if isinstance(value, list) else value


def _dirtied(rng: Random, slot: _Slot, _: Any) -> None:
    slot.set(_copied(rng.choice(DIRTY)))


def _removed(rng: Random, slot: _Slot, _: Any) -> None:
    del slot.holder[slot.key]


def _renamed(rng: Random, slot: _Slot, names: Sequence[str]) -> None:
    if isinstance(slot.holder, dict):
        slot.holder[rng.choice(names)] = slot.holder.pop(slot.key)


def _as_text(rng: Random, slot: _Slot, _: Any) -> None:
    value = slot.get()
    slot.set(value.text if isinstance(value, Raw) else value if isinstance(value, str) else written(value))


def _as_number(rng: Random, slot: _Slot, _: Any) -> None:
    value = slot.get()
    digits = "".join(c for c in value if c in "0123456789") if isinstance(value, str) else ""
    slot.set(Raw(digits.lstrip("0") or "0"))


def _wrapped(rng: Random, slot: _Slot, names: Sequence[str]) -> None:
    value = slot.get()
    slot.set([value] if rng.random() < 0.5 else {rng.choice(names): value})


def _unwrapped(rng: Random, slot: _Slot, _: Any) -> None:
    value = slot.get()
    if isinstance(value, list | dict) and value:
        slot.set(rng.choice(list(value.values()) if isinstance(value, dict) else value))


def _repeated(rng: Random, slot: _Slot, _: Any) -> None:
    value = slot.get()
    times = rng.choice((2, 3, 30, 300))
    if isinstance(value, list | str) and len(value) * times <= (60_000 if isinstance(value, str) else 2000):
        slot.set(value * times)
    elif isinstance(value, dict):
        slot.set([value] * min(times, 30))


def _nested(rng: Random, slot: _Slot, names: Sequence[str]) -> None:
    depth = rng.choice((5, 60, 400, 1500, 6000))
    if rng.random() < 0.5:
        slot.set(Raw("[" * depth + "1" + "]" * depth))
    else:
        name = json.dumps(rng.choice(names))
        slot.set(Raw(f"{{{name}:" * depth + "1" + "}" * depth))


def _doubled(rng: Random, slot: _Slot, _: Any) -> None:
    if isinstance(slot.holder, dict):
        # The same name twice in one object, which no dictionary can hold.
        key, value = json.dumps(slot.key), written(slot.get())
        slot.set(Raw(f"{value},{key}:{rng.choice(['null', value, '0'])}"))


def _text_edited(rng: Random, slot: _Slot, _: Any) -> None:
    value = slot.get()
    if isinstance(value, str):
        slot.set(text_mutated(rng, value))


_EDITS: Final[tuple[Callable[[Random, _Slot, Any], None], ...]] = (
    _dirtied, _dirtied, _dirtied, _dirtied, _removed, _removed, _renamed, _as_text, _as_number, _wrapped, _unwrapped,
    _repeated, _nested, _doubled, _text_edited,
)  # fmt: skip


def _planted_into(rng: Random, tree: Any) -> tuple[str, ...]:
    slots = _slots(tree, [])
    # Lists of names and of values can be the same list twice after a repetition; each is planted once.
    personal = [s for s in slots if isinstance(s.key, str) and is_personal(s.key) and isinstance(s.get(), str)]
    texts = [s for s in slots if isinstance(s.get(), str)]
    done: list[str] = []
    for slots_of, which in ((personal, tuple(PLANTS)), (texts, SHAPED)):
        if slots_of and rng.random() < 0.8:
            datum = rng.choice(which)
            rng.choice(slots_of).set(plant(rng, datum))
            done.append(datum)
    return tuple(done)


def json_mutated(rng: Random, tree: Any, others: Sequence[Any], names: Sequence[str]) -> tuple[bytes, tuple[str, ...]]:
    """Return a tree with some edits as bytes, and the names of what was planted in it."""
    top = _copied([tree])
    for _ in range(rng.choice((0, 1, 1, 1, 2, 2, 3, 5, 8))):
        slots = _slots(top, [])
        if not slots:
            break
        slot = rng.choice(slots)
        if rng.random() < 0.05 and others:
            given = _slots([rng.choice(others)], [])
            slot.set(_copied(rng.choice(given).get()))
        else:
            rng.choice(_EDITS)(rng, slot, names)
    # Last, or an edit could carry a name from a place for names to one for ids.
    planted = _planted_into(rng, top) if rng.random() < 0.4 else ()
    text = written(top[0]) if top else ""
    if rng.random() < 0.05:
        text = rng.choice(("\ufeff", " \n", "")) + text.replace("}", ",}" if rng.random() < 0.5 else "}\n")
    return text.encode("utf-8", "surrogatepass"), planted


def text_mutated(rng: Random, text: str) -> str:
    """Return a text with one piece changed."""
    if not text:
        return rng.choice(("x", "\ud800", " "))
    start = rng.randrange(len(text))
    end = min(len(text), start + rng.choice((1, 1, 2, 5, 40)))
    piece = text[start:end]
    fresh = rng.choice(
        ("", piece * 2, piece[::-1], piece.upper(), "\u202e" + piece, piece * 50, chr(rng.randrange(0x3000)))
    )
    return text[:start] + fresh + text[end:]


def bytes_mutated(rng: Random, body: bytes) -> bytes:
    """Return bytes with some of them changed, taken out, put in, moved or cut off."""
    for _ in range(rng.choice((1, 1, 2, 4, 16))):
        place = rng.randrange(len(body) + 1)
        end = min(len(body), place + rng.choice((1, 1, 3, 20, 200)))
        match rng.randrange(7):
            case 0 if place < len(body):
                body = body[:place] + bytes([rng.randrange(256)]) + body[place + 1 :]
            case 1:
                body = body[:place] + body[end:]
            case 2:
                body = body[:place] + rng.choice(_INTERESTING) + body[place:]
            case 3:
                body = body[:place] + body[place:end] * rng.choice((2, 2, 50)) + body[end:]
            case 4:
                body = body[:place]
            case 5:
                body = body[:place] + body[end:] + body[place:end]
            case _:
                body = body[:place] + rng.randbytes(rng.choice((1, 4, 30))) + body[place:]
    return body[:60_000]


def headers_mutated(rng: Random, headers: Mapping[str, str], names: Sequence[str]) -> dict[str, str]:
    """Return headers of which some are gone, wrong, doubled in another case, or those of somebody else."""
    found = dict(headers)
    for _ in range(rng.choice((0, 0, 0, 1, 2))):
        name = rng.choice([*found, rng.choice(names)])
        match rng.randrange(5):
            case 0:
                found.pop(name, None)
            case 1:
                found[name] = rng.choice([v for v in DIRTY if isinstance(v, str)])
            case 2:
                found[name.upper()] = found.get(name, "1")
            case 3:
                found[name] = text_mutated(rng, found.get(name, "x"))
            case _:
                found[name] = rng.choice(("t=1,v1=" + "a" * 64, "sha256=", "=", ",", "t=,v1=", "v1=zz", "ey.J.x"))
    return found
