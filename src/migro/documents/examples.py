"""Examples in documents: signals as JSON, without what reading them back fills in anyway."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from ..errors import InputError
from ..expressions import microseconds
from ..models import Signal
from ..rules import Example
from .forms import Form, field
from .parts import BROKEN, Line, Part
from .places import Place
from .values import SPAN, TEXT, WHOLE, Codec, Writing, write_span

__all__ = ["EXAMPLE"]

_TIMES: Final = ("occurred_at", "received_at")
_FIRST: Final = ("occurred_at", "kind", "merchant", "status")
_LAST: Final = ("dedup_key", "id")
_USUAL: Final = {name: declared.default for name, declared in Signal.model_fields.items()}
_NUMBER: Final = re.compile(r"[0-9]+")
_COUNTER: Final = "{n}"


# --- one signal -------------------------------------------------------------------------------------------------


def _shortened(signal: Signal) -> Line:
    """Return the signal without empty fields, usual values, and ids that come back because content makes them."""
    line = signal.json_line()
    whole: dict[str, Any] = {k: v for k, v in json.loads(line).items() if v not in (None, {}, [])}
    short = {k: v for k, v in whole.items() if k not in _USUAL or v != _USUAL[k]}
    if short.get("received_at") == short["occurred_at"]:
        del short["received_at"]
    if short.get("topic") == short["kind"]:
        del short["topic"]
    for name, made in (("id", "sig_"), ("dedup_key", "content_")):
        if str(short.get(name)).startswith(made):
            del short[name]
    first, last = [k for k in _FIRST if k in short], [k for k in _LAST if k in short]
    ordered = {k: short[k] for k in (*first, *(k for k in short if k not in (*first, *last)), *last)}
    if type(signal).from_data(ordered).json_line() == line:
        return Line(ordered)
    return Line(whole)


def _read_signal(data: Any, part: Part, place: Place) -> Signal:
    kind = data.get("kind")
    cls = place.reading.classes.get(kind, Signal) if isinstance(kind, str) else Signal
    try:
        return cls.from_data(data)
    except InputError as e:
        place.refuse(part, "example", str(e))


# --- several alike ----------------------------------------------------------------------------------------------


def _mapped(value: Any, other: Any, change: Any) -> Any:
    """Return `value` with `change` applied to each of its strings and the string of `other` in the same place."""
    match value:
        case dict() if isinstance(other, dict) and value.keys() == other.keys():
            return {k: _mapped(v, other[k], change) for k, v in value.items()}
        case list() if isinstance(other, list) and len(value) == len(other):
            return [_mapped(v, o, change) for v, o in zip(value, other, strict=True)]
        case str() if isinstance(other, str):
            return change(value, other)
        case _ if value == other and type(value) is type(other):
            return value
        case _:
            raise LookupError("not alike")


def _later(text: str, by: timedelta) -> str:
    return (datetime.fromisoformat(text) + by).isoformat().replace("+00:00", "Z")


def _expanded(template: Mapping[str, Any], number: int, by: timedelta) -> dict[str, Any]:
    """Return the signal of that number: `{n}` in its words is the number, and its times are later."""

    def numbered(value: str, _: str) -> str:
        return value.replace(_COUNTER, str(number))

    made: dict[str, Any] = _mapped(dict(template), dict(template), numbered)
    if by:
        made.update({n: _later(made[n], by) for n in _TIMES if isinstance(made.get(n), str)})
    return made


def _pattern(one: Line, two: Line) -> tuple[Line, int, timedelta] | None:
    """Return the template, the first number and the step of two signals that differ in nothing else."""
    starts: set[int] = set()

    def change(a: str, b: str) -> str:
        if a == b:
            return a
        for found in _NUMBER.finditer(a):
            head, tail = a[: found.start()], a[found.end() :]
            number = int(found.group())
            if str(number) == found.group() and b == f"{head}{number + 1}{tail}":
                starts.add(number)
                return f"{head}{_COUNTER}{tail}"
        raise LookupError("not alike")

    try:
        steps = {
            datetime.fromisoformat(two[n]) - datetime.fromisoformat(one[n]) for n in _TIMES if n in one and n in two
        }
        rest = [Line((k, v) for k, v in s.items() if k not in _TIMES) for s in (one, two)]
        if one.keys() != two.keys() or len(steps) > 1 or _COUNTER in json.dumps(one):
            return None
        template = _mapped(dict(rest[0]), dict(rest[1]), change)
    except (LookupError, ValueError):
        return None
    if len(starts) > 1:
        return None
    template = Line((k, template.get(k, one[k])) for k in one)
    return template, starts.pop() if starts else 0, steps.pop() if steps else timedelta(0)


def _grouped(signals: Sequence[Line]) -> Iterator[Line]:
    """Yield the signals, with runs of those that differ only in a number and a step of time as one."""
    at = 0
    while at < len(signals):
        found = _pattern(signals[at], signals[at + 1]) if at + 1 < len(signals) else None
        length = 1
        if found is not None:
            template, start, step = found
            while at + length < len(signals) and _follows(
                signals[at + length], template, start + length, step * length
            ):
                length += 1
            if length > 1:
                numbered = _COUNTER in json.dumps(template)
                yield Line(
                    {
                        **template,
                        "repeat": length,
                        **({"every": write_span(microseconds(step))} if step else {}),
                        **({"numbered_from": start} if numbered and start else {}),
                    }
                )
                at += length
                continue
        yield signals[at]
        at += 1


def _follows(signal: Line, template: Line, number: int, by: timedelta) -> bool:
    return bool(_expanded(template, number, by) == signal)


def _read_signals(part: Part, place: Place) -> tuple[Signal, ...]:
    groups = place.each(part, _read_group, "a list of signals")
    return tuple(signal for group in groups for signal in group)


def _read_group(part: Part, place: Place) -> list[Signal]:
    table = dict(place.table(part, "a signal"))
    repeat = _taken(table, place, "repeat", WHOLE, 1)
    every = _taken(table, place, "every", SPAN, timedelta(0))
    start = _taken(table, place, "numbered_from", WHOLE, 0)
    data = {n: _plain(p, place.at(n)) for n, p in table.items()}
    left = place.reading.problems
    if not 1 <= repeat <= left.signals_left:
        place.refuse(part, "example", f"expected 1 to {left.signals_left} signals, got {repeat}")
    left.signals_left -= repeat
    if repeat == 1:
        return [_read_signal(data, part, place)]
    made = place.made(part, lambda: [_expanded(data, start + i, every * i) for i in range(repeat)])
    return [_read_signal(one, part, place) for one in made]


def _taken(table: dict[str, Part], place: Place, name: str, codec: Codec, usual: Any) -> Any:
    return codec.read(table.pop(name), place.at(name)) if name in table else usual


def _plain(part: Part, place: Place) -> Any:
    match part.value:
        case Mapping():
            return {n: _plain(p, place.at(n)) for n, p in part.value.items()}
        case tuple():
            return [_plain(p, place.at(i)) for i, p in enumerate(part.value)]
        case value:
            return place.expect(part, "a value") if value is BROKEN else value


_SIGNALS: Final = Codec(
    lambda signals, _: list(_grouped([_shortened(s) for s in signals])),
    _read_signals,
    {
        "type": "array",
        "items": {
            "type": "object",
            "properties": {"repeat": WHOLE.schema, "every": SPAN.schema, "numbered_from": WHOLE.schema},
        },
    },
)

# --- examples ---------------------------------------------------------------------------------------------------


def _write_keys(keys: tuple[tuple[str, ...], ...], _: Writing) -> list[Any]:
    return [key[0] if len(key) == 1 else list(key) for key in keys]


def _read_key(part: Part, place: Place) -> tuple[str, ...]:
    if isinstance(part.value, str):
        return (part.value,)
    return tuple(place.each(part, lambda p, at: at.text(p), "a key: a string, or a list of strings"))


_KEYS: Final = Codec(
    _write_keys,
    lambda part, place: tuple(place.each(part, _read_key, "a list of keys")),
    {"type": "array", "items": {"anyOf": [TEXT.schema, {"type": "array", "items": TEXT.schema}]}},
)


def _build(
    name: str,
    signals: tuple[Signal, ...],
    fires_for: tuple[tuple[str, ...], ...] = (),
    after: timedelta = timedelta(0),
) -> Example:
    return Example(name, signals, fires_for, after)


EXAMPLE: Final = Form(
    Example,
    (
        field("name", TEXT),
        field("fires_for", _KEYS, default=()),
        field("after", SPAN, get=lambda example: microseconds(example.after), default=0),
        field("signals", _SIGNALS),
    ),
    _build,
)
