"""
Snapshots of the fold's state: canonical JSON, and back.

What is restored goes on as if nothing had happened: everything is there, in its order where order means something.
Equal states give equal bytes on every machine. A snapshot serves one version of rules and policy.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from enum import Enum
from functools import cache
from typing import Any, get_args

import attrs
from pydantic import BaseModel

from .. import models
from ..decide import Spent
from ..engine import NativeEngine
from ..engine.snapshots import from_plain, plain, plain_json, read_plain
from ..errors import InputError
from ..models import (
    Action,
    ActionStatus,
    Auth,
    Category,
    Cause,
    Environment,
    Hint,
    Issue,
    IssueStatus,
    Outcome,
    RunMode,
    Scope,
    Severity,
    Signal,
    canonical_json,
    from_microseconds,
)
from ..verify import Clock, Monitor, Suppression, Unexplained, Unheeded, Version
from .state import Above, Alarm, Arrivals, Closed, Cry, Held, Merge, Report, State, Tried
from .texts import Said, Texts

__all__ = ["FORMAT", "check_pseudonym", "renamed", "restore", "snapshot", "time_of"]

FORMAT = "migro-fold/11"


def snapshot(engine: NativeEngine, policy: str, state: State) -> bytes:
    """
    Return the state as canonical JSON.

    Args:
        engine: The fold's, with the rules in it.
        policy: Version of the fold's policy.

    Raises:
        ValueError: If its engine has not been settled since the last input.
    """
    return plain_json(
        {
            "format": FORMAT,
            "ruleset": engine.ruleset.version,
            "policy": policy,
            "state": _fields_of(state, _STATE) | {"engine": plain(engine, state.engine, sliced=True)},
        }
    )


def restore(engine: NativeEngine, policy: str, data: bytes, *, partition: str | None = None) -> State:
    """
    Return the state behind a snapshot.

    Args:
        engine: Of a fold with the same rules.
        policy: Version of that fold's policy.
        partition: The one it has to be of; None for any.

    Raises:
        UnsupportedFormat: If it was made by another format.
        InputError: If it is none, or of another version of rules or policy, or of another partition.
    """
    held = read_plain(data, FORMAT)
    made, mine = (held.get("ruleset"), held.get("policy")), (engine.ruleset.version, policy)
    for what, expected, got in zip(("rules", "policy"), mine, made, strict=True):
        if expected != got:
            raise InputError(f"expected a snapshot of {what} {expected[:12]}, got one of {what} {str(got)[:12]}")
    state = _back(engine, held.get("state"))
    if partition is not None and state.partition != partition:
        raise InputError(f"expected a snapshot of partition {partition!r}, got one of {state.partition!r}")
    return state


def time_of(data: bytes) -> datetime | None:
    """Return a snapshot's time, whatever rules it was made with; None where it is not understood."""
    try:
        held = read_plain(data, FORMAT)
        return from_microseconds(held["state"]["now"])
    except (InputError, LookupError, TypeError, ValueError):
        return None


def renamed(engine: NativeEngine, state: State, pseudonym: str, token: str) -> State:
    """
    Return the state as if the pseudonym had been the token wherever it stands; the given one stays as it is.

    Ids that were made from content stay what they are.

    Raises:
        InputError: If the pseudonym is no person's; see `check_pseudonym`.
    """
    if pseudonym == token:
        return state  # read again out of a journal that has forgotten the person
    check_pseudonym(engine, pseudonym, state.partition)
    held = _fields_of(state, _STATE) | {"engine": plain(engine, state.engine)}
    # Where nothing else reads it, the JSON form is the one in which every word is a plain string.
    return _back(engine, _replaced(held, pseudonym, token))


def check_pseudonym(engine: NativeEngine, pseudonym: str, partition: str) -> None:
    """
    Refuse a name that stands for no person: records and rules could not be read any more without it.

    Raises:
        InputError: If it occurs in the name of the partition, in the rules, or in a word of migro's own.
    """
    rules = engine.ruleset
    written = [*rules.signals, *(canonical_json(kind.document()) for kind in rules.kinds.values())]
    written += [rule.id for rule in rules] + [canonical_json(rule.document()) for rule in rules]
    if any(pseudonym in text for text in (partition, *written, *_own_words())):
        raise InputError(f"expected the pseudonym of a person, got a word that rules or records need: {pseudonym!r}")


@cache
def _own_words() -> frozenset[str]:
    """Return the names of all fields of records, and the words of closed scales."""
    classes = [c for c in vars(models).values() if isinstance(c, type)]
    words = {name for c in classes if issubclass(c, BaseModel) for name in c.model_fields}
    words |= {field.name for c in (*classes, State, Held) if attrs.has(c) for field in attrs.fields(c)}
    words |= {str(m.value) for c in classes if issubclass(c, Enum) for m in c}
    return frozenset(words.union(*(get_args(scale) for scale in (Auth, Category, Environment, Hint, Scope))))


def _back(engine: NativeEngine, held: Any) -> State:
    try:
        fields = {name: value for name, value in held.items() if name != "engine"}
        return State(**_fields_back(fields, _STATE), engine=from_plain(engine, held["engine"]))
    except InputError:
        raise
    except (AttributeError, LookupError, TypeError, ValueError) as e:
        # Its text may hold what a sender wrote.
        raise InputError(f"expected a snapshot of a state, got one that cannot be read: {type(e).__name__}") from e


def _replaced(data: Any, pseudonym: str, token: str) -> Any:
    match data:
        case str():
            return data.replace(pseudonym, token)
        case list() | tuple():
            return [_replaced(item, pseudonym, token) for item in data]
        case dict():
            return {_replaced(k, pseudonym, token): _replaced(v, pseudonym, token) for k, v in data.items()}
        case _:
            return data


# --- fields ----------------------------------------------------------------------------------------------------------


@attrs.frozen
class _Form:
    """How a field is written as values that JSON has, and read again."""

    write: Callable[[Any], Any]
    read: Callable[[Any], Any]


def _fields_of(holder: Any, forms: Mapping[str, _Form]) -> dict[str, Any]:
    """Return the fields of a holder; one without a form of its own is a number, a word, or nothing."""
    held = {}
    for field in attrs.fields(type(holder)):
        if field.name == "engine" or not field.eq:
            continue  # the one is written by the engine, the other made anew when it is needed
        form, value = forms.get(field.name), getattr(holder, field.name)
        if form is None and not (value is None or type(value) in (bool, int, str)):
            raise TypeError(f"expected a form for {type(holder).__name__}.{field.name}, got none")
        held[field.name] = form.write(value) if form is not None else value
    return held


def _fields_back(data: Mapping[str, Any], forms: Mapping[str, _Form]) -> dict[str, Any]:
    return {name: forms[name].read(value) if name in forms else value for name, value in data.items()}


def _slots(held: Mapping[tuple[str, tuple[str, ...]], Held]) -> list[Any]:
    return [[kind, key, _fields_of(one, _HELD)] for (kind, key), one in held.items()]


def _slots_back(rows: Iterable[Any]) -> dict[tuple[str, tuple[str, ...]], Held]:
    return {(kind, tuple(key)): Held(**_fields_back(data, _HELD)) for kind, key, data in rows}


def _mode(word: str | None) -> RunMode | None:
    return None if word is None else RunMode.named(word)


def _pairs(items: Mapping[Any, Any]) -> list[Any]:
    # Not as an object: its keys would come back in the order of the alphabet.
    return [[key, value] for key, value in items.items()]


_TUPLES = _Form(_pairs, lambda rows: {key: tuple(value) for key, value in rows})
_MODE = _Form(lambda mode: None if mode is None else mode.word, _mode)


def _mute_back(target: str, source: str, until: int, up_to: str | None, why: str) -> Suppression:
    return Suppression(source, until, target, None if up_to is None else Severity.named(up_to), why)


def _monitor(monitor: Monitor) -> list[Any]:
    return [*attrs.astuple(monitor, recurse=False)[:-1], [s.model_dump(mode="json") for s in monitor.waiting]]


def _monitor_back(told: list[Any]) -> Monitor:
    fields: dict[str, Any] = dict(zip(_MONITOR, told, strict=True))
    said = tuple((id, over) for id, over in fields["said"])
    return Monitor(**{**fields, "said": said, "waiting": tuple(Signal.from_data(s) for s in fields["waiting"])})


def _alarm_back(since: int, signal: Any, slots: list[Any]) -> Alarm:
    return Alarm(since, Signal.from_data(signal), tuple((kind, tuple(key)) for kind, key in slots))


def _cry_back(told: list[Any]) -> Cry:
    signal, alarm, counts = told
    return Cry(_CRIES[signal["kind"]].from_data(signal), alarm, counts)


def _said_back(told: list[Any]) -> Said:
    fields: dict[str, Any] = dict(zip(_SAID, (*told[:-1], tuple(told[-1])), strict=True))
    return Said(**fields)


def _spent_back(at: int, kind: str, target: str, issue: str, partition: str, given: list[Any]) -> Spent:
    return Spent(at, kind, target, issue, partition, tuple((name, value) for name, value in given))


_CRIES: Mapping[str, type[Signal]] = {c.__signal_kind__: c for c in (Unexplained, Unheeded)}
_MONITOR = [field.name for field in attrs.fields(Monitor)]
_SAID = [field.name for field in attrs.fields(Said)]


_MONITORS = _Form(
    lambda monitors: [[name, _monitor(monitor)] for name, monitor in monitors.items()],
    lambda rows: {tuple(name): _monitor_back(monitor) for name, monitor in rows},
)

_TIMES = _Form(
    lambda slots: [[kind, key, at] for (kind, key), at in slots.items()],
    lambda rows: {(kind, tuple(key)): at for kind, key, at in rows},
)

_NESTED = _Form(
    lambda held: [[name, _pairs(inner)] for name, inner in held.items()],
    lambda rows: {name: dict(inner) for name, inner in rows},
)

_STATE: Mapping[str, _Form] = {
    "held": _Form(_slots, _slots_back),
    "mode": _MODE,
    "configured_mode": _MODE,
    "maintenance": _Form(_pairs, dict),
    "planned": _Form(
        lambda planned: [[*place, *times] for place, times in planned.items()],
        lambda rows: {(name, begin): (starts, until) for name, begin, starts, until in rows},
    ),
    "windows": _TUPLES,
    "mutes": _Form(
        lambda mutes: [[*place, m.source, m.until, m.up_to and m.up_to.word, m.why] for place, m in mutes.items()],
        lambda rows: {(by, what): _mute_back(what, *rest) for by, what, *rest in rows},
    ),
    "understood": _Form(
        lambda held: [[resource, _pairs(seen)] for resource, seen in held.items()],
        lambda rows: {tuple(resource): dict(seen) for resource, seen in rows},
    ),
    "texts": _Form(
        lambda texts: [[id, attrs.astuple(said)] for id, said in texts.items()],
        lambda rows: Texts((id, _said_back(said)) for id, said in rows),
    ),
    "clocks": _Form(
        lambda clocks: [[*source, clock.plain()] for source, clock in clocks.items()],
        lambda rows: {(provider, kind, auth): Clock.back(*clock) for provider, kind, auth, clock in rows},
    ),
    "monitors": _MONITORS,
    "flapping": _MONITORS,
    "lingering": _TIMES,
    "rechecks": _TIMES,
    "easing": _TIMES,
    "overdue": _TIMES,
    "frees": _TIMES,
    "spent": _Form(
        lambda held: [[key, *attrs.astuple(one)] for key, one in held.items()],
        lambda rows: {key: _spent_back(*rest) for key, *rest in rows},
    ),
    "closed": _Form(
        lambda held: [[name, one.until, one.beyond.word, one.words] for name, one in held.items()],
        lambda rows: {name: Closed(until, Outcome.named(word), words) for name, until, word, words in rows},
    ),
    "tried": _Form(
        lambda slots: [[kind, key, [attrs.astuple(one) for one in held]] for (kind, key), held in slots.items()],
        lambda rows: {(kind, tuple(key)): tuple(Tried(*one) for one in held) for kind, key, held in rows},
    ),
    "quarantined": _Form(_pairs, dict),
    "versions": _Form(
        lambda held: [[[*name], at, id, *version] for name, (at, id, version) in held.items()],
        lambda rows: {tuple(name): (at, id, Version(*rest)) for name, at, id, *rest in rows},
    ),
    "receivers": _Form(_pairs, dict),
    "arrivals": _Form(_pairs, lambda rows: {sender: Arrivals(*one) for sender, one in rows}),
    "named": _TUPLES,
    "days": _Form(
        lambda slots: [[kind, key, list(days)] for (kind, key), days in slots.items()],
        lambda rows: {(kind, tuple(key)): tuple(days) for kind, key, days in rows},
    ),
    "merges": _Form(
        lambda merges: [[id, *attrs.astuple(merge)] for id, merge in merges.items()],
        lambda rows: {id: Merge(*rest) for id, *rest in rows},
    ),
    "above": _Form(
        lambda above: [[id, a.kind, a.is_open, a.severity.word, a.began, list(a.shared)] for id, a in above.items()],
        lambda rows: {id: Above(k, o, Severity.named(s), at, tuple(shared)) for id, k, o, s, at, shared in rows},
    ),
    "reports": _Form(
        lambda reports: [[id, *attrs.astuple(report)] for id, report in reports.items()],
        lambda rows: {id: Report(p, m, kind, on, at, a, tuple(ps)) for id, p, m, kind, on, at, a, ps in rows},
    ),
    "told": _NESTED,
    "traits": _NESTED,
    "cries": _Form(
        lambda held: [
            [name, [[one.signal.model_dump(mode="json"), one.alarm, one.counts] for one in cries.values()]]
            for name, cries in held.items()
        ],
        lambda rows: {tuple(name): {one.signal.id: one for one in map(_cry_back, cries)} for name, cries in rows},
    ),
    "alarms": _Form(
        lambda alarms: [
            [place, [[one.since, one.signal.model_dump(mode="json"), one.slots] for one in heard]]
            for place, heard in alarms.items()
        ],
        lambda rows: {tuple(place): tuple(_alarm_back(*one) for one in heard) for place, heard in rows},
    ),
}


# --- what a verdict is made of ---------------------------------------------------------------------------------------

_SCALES: Mapping[str, type[Enum]] = {c.__name__: c for c in (ActionStatus, IssueStatus, Outcome, RunMode, Severity)}


def _mixed(value: Any) -> Any:
    """Return a verdict as JSON: tuples as lists, members of scales with the name of their scale."""
    match value:
        case Enum() if type(value) is _SCALES.get(type(value).__name__):
            return {type(value).__name__: value.name}
        case tuple():
            return [_mixed(item) for item in value]
        case None | bool() | int() | str():
            return value
        case _:
            raise TypeError(f"no part of a verdict: {value!r}")


def _mixed_back(data: Any) -> Any:
    match data:
        case list():
            return tuple(_mixed_back(item) for item in data)
        case dict():
            ((scale, name),) = data.items()
            return _SCALES[scale][name]
        case _:
            return data


_IDS = _Form(sorted, frozenset)

_HELD: Mapping[str, _Form] = {
    "issue": _Form(lambda issue: issue.model_dump(mode="json"), Issue.model_validate),
    "verdict": _Form(_mixed, _mixed_back),
    "actions": _Form(
        lambda actions: [[key, action.model_dump(mode="json")] for key, action in actions.items()],
        lambda rows: {key: Action.model_validate(data) for key, data in rows},
    ),
    "allowed": _IDS,
    "answers": _TUPLES,
    "things": _TUPLES,
    "cause": _Form(
        lambda cause: None if cause is None else cause.model_dump(mode="json"),
        lambda data: None if data is None else Cause.model_validate(data),
    ),
    "lent": _Form(_pairs, dict),
    "requesters": _Form(list, tuple),
    "openings": _Form(
        lambda openings: [[at, sorted(ids)] for at, ids in openings],
        lambda rows: tuple((at, frozenset(ids)) for at, ids in rows),
    ),
    "evidence": _IDS,
    "bound": _Form(
        lambda bound: [[key, sorted(ids)] for key, ids in bound.items()],
        lambda rows: {key: frozenset(ids) for key, ids in rows},
    ),
    "reached": _Form(
        lambda reached: [[at, severity.word, sorted(ids)] for at, severity, ids in reached],
        lambda rows: tuple((at, Severity.named(word), frozenset(ids)) for at, word, ids in rows),
    ),
    "told": _Form(
        lambda told: [[at, id, sorted(ids)] for at, id, ids in told],
        lambda rows: tuple((at, id, frozenset(ids)) for at, id, ids in rows),
    ),
}
