"""
Files of systems beside migro: what they saw (``events.json``), did (``agent_audit.log``) and remember (memory as JSON).

Their tickets are read by `tickets`. Nothing here is proven by anybody; it is history, imported to look at.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any, Final

import re2

from ..errors import InputError
from ..models.canonical import content_id
from .codes import error_code
from .drafts import Draft, Normaliser, Refused, Scope
from .envelope import Envelope
from .hints import severity_hint
from .parsing import at, exact_id, moment, read_json, whole, word
from .ticket_fields import Said, plain_text, ticket_draft, zone_of

__all__ = ["AUDIT", "EVENTS", "MEMORY"]

_SLUG: Final = re2.compile(r"^[a-z][a-z0-9_]{0,60}$")
_TIMES: Final = ("timestamp", "occurred_at", "created_at", "time", "at", "ts", "date")
_MERCHANT: Final = ("merchant_id", "merchant", "shop", "store_id", "store")
_MACHINES: Final = ("auto", "automatic", "system", "agent", "bot", "human", "user", "operator")
_LOGGED: Final = re2.compile(r"^\[?(\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:[.,]\d{1,9})?(?:Z|[+-]\d\d:?\d\d)?)\]?\s*(.*)$")
_PAIR: Final = re2.compile(r'\b([a-z_]{1,40})=(?:"([^"]{0,300})"|([^\s,;|"]{1,300}))')


def _slug(value: Any) -> str | None:
    """Return a name out of a closed list of the other system's, such as ``checkout_failed``, or None for a sentence."""
    found = (word(value) or "").lower().replace("-", "_").replace(" ", "_")
    return found if _SLUG.match(found) else None


def _first(record: Mapping[str, Any], names: tuple[str, ...]) -> Any:
    return next((record[n] for n in names if record.get(n) not in (None, "")), None)


def _records(envelope: Envelope, *wraps: str) -> Iterator[Any]:
    """Yield the records of a file: a list, an object that holds one, one object, or one a line."""
    body = envelope.body
    if isinstance(body, str):
        try:
            body = read_json(body)
        except InputError:
            yield from (_line(line, n) for n, line in enumerate(envelope.body.splitlines(), start=1) if line.strip())
            return
    if isinstance(body, Mapping):
        body = next((body[w] for w in wraps if isinstance(body.get(w), list)), body)
    yield from body if isinstance(body, list) else [body]


def _line(line: str, number: int) -> Any:
    """Return one line of a log: an object, or a time with an object or with pairs behind it."""
    try:
        return read_json(line)
    except InputError:
        pass
    match = _LOGGED.match(line.strip()[:20_000])
    if match is None:
        return Refused(reason=f"expected JSON or a time in line {number}, got neither", content=line, ordinal=number)
    when, rest = str(match.group(1)), str(match.group(2))
    brace = rest.find("{")
    if brace >= 0:
        try:
            found = read_json(rest[brace:])
        except InputError:
            found = None
        if isinstance(found, Mapping):
            return {"timestamp": when, **found}
    pairs = {str(m.group(1)): str(m.group(2) or m.group(3)) for m in _PAIR.finditer(rest)}
    if pairs:
        return {"timestamp": when, **pairs}
    return Refused(reason=f"expected an object or pairs in line {number}, got neither", content=line, ordinal=number)


def _numbered(records: Iterator[Any]) -> Iterator[tuple[Any, int, str]]:
    """Yield each record with its place, and with what tells it from others: its content, and how often it came."""
    seen: Counter[str] = Counter()
    for place, record in enumerate(records, start=1):
        try:
            content = content_id("record", record)
        except (TypeError, ValueError, InputError):
            content = content_id("record", repr(record))
        # Without ids and times a second equal record is a second event; the same file read again is none.
        seen[content] += 1
        yield record, place, f"{content}/{seen[content]}"


def _refused(record: Any, place: int, expected: str) -> Refused:
    if isinstance(record, Refused):
        return record
    got = type(record).__name__ if not isinstance(record, Mapping) else "one without"
    return Refused(reason=f"expected {expected}, got {got} at record {place}", content=record, ordinal=place)


def _confidence(value: Any) -> Decimal | int | None:
    return value if isinstance(value, Decimal | int) and not isinstance(value, bool) and 0 <= value <= 100 else None


def _event(record: Mapping[str, Any], own: str, scope: Scope) -> Draft | None:
    kind, error = _slug(record.get("event_type")), _slug(record.get("error"))
    if kind is None:
        return None
    when, merchant = _first(record, _TIMES), exact_id(_first(record, _MERCHANT))
    told = exact_id(_first(record, ("id", "event_id")))
    stage = _slug(record.get("migration_stage"))
    words = plain_text(record.get("error"), record.get("details"), record.get("message"))
    features = frozenset(f for f in (f"error.{error}" if error else None, _code(words)) if f)
    if "ticket" in kind:
        number = exact_id(record.get("ticket_id")) or told
        return ticket_draft(
            scope,
            ticket=number or own.replace("/", "."),
            topic="ticket.created",
            raw_topic=kind,
            merchant=merchant,
            at=when,
            said=Said(text=words.replace("_", " ")),
            dedup=("neighbour", "event", told or own),
            priority=record.get("severity"),
            state=word(record.get("status")) if not whole(record.get("status")) else None,
            attrs={"stage": stage, "error": error},
        )
    return Draft(
        kind="log.line",
        topic=kind,
        raw_topic=kind,
        merchant=merchant,
        occurred_at=moment(when),
        dedup=("neighbour", "event", told or own),
        ids={"event_id": told, "ticket_id": exact_id(record.get("ticket_id"))},
        hint=severity_hint(record.get("severity")),
        status=_status(record),
        metrics={"lines": 1},
        attrs={"stage": stage, "error": error, "time_zone": zone_of(when)},
        features=features,
    )


def _code(words: str) -> str | None:
    found = error_code(words)
    return f"code.{found}" if found else None


def _status(record: Mapping[str, Any]) -> int | None:
    found = whole(_first(record, ("status_code", "http_status", "status")))
    return found if found is not None and 100 <= found <= 599 else None


def _read_events(envelope: Envelope, scope: Scope) -> Iterator[Draft | Refused]:
    for record, place, own in _numbered(_records(envelope, "events")):
        found = _event(record, own, scope) if isinstance(record, Mapping) else None
        yield found or _refused(record, place, "an event with event_type")


def _action(record: Mapping[str, Any], own: str) -> Draft | None:
    inner = record.get("data")
    fields = {**inner, **record} if isinstance(inner, Mapping) else record
    action = _slug(_first(fields, ("action", "action_type", "event", "decision")))
    if action is None:
        return None
    when, status = _first(fields, _TIMES), _slug(_first(fields, ("status", "result", "outcome")))
    by = _slug(_first(fields, ("triggered_by", "actor", "approved_by", "user")))
    machine = by in _MACHINES
    return Draft(
        kind="platform.event",
        topic=f"agent.action.{status}" if status else "agent.action",
        raw_topic=action,
        merchant=exact_id(_first(fields, _MERCHANT)),
        occurred_at=moment(when),
        dedup=("neighbour", "audit", exact_id(fields.get("id")) or own),
        ids={"ticket_id": exact_id(fields.get("ticket_id")), "issue_id": exact_id(fields.get("issue_id"))},
        people={} if machine or by is None else {"actor": exact_id(_first(fields, ("triggered_by", "actor", "user")))},
        state=status,
        metrics={"confidence": _confidence(fields.get("confidence"))},
        attrs={
            "action": action,
            "risk": _slug(_first(fields, ("risk_level", "risk"))),
            "by": by if machine else None,
            "time_zone": zone_of(when),
        },
    )


def _read_audit(envelope: Envelope, _: Scope) -> Iterator[Draft | Refused]:
    for record, place, own in _numbered(_records(envelope, "audit_log", "entries", "actions")):
        found = _action(record, own) if isinstance(record, Mapping) else None
        yield found or _refused(record, place, "an entry with an action")


def _patterns(body: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield what counters by issue say, where a memory is kept as two tables."""
    counts, states = body.get("issue_frequency"), body.get("issue_resolution_status")
    counts = counts if isinstance(counts, Mapping) else {}
    states = states if isinstance(states, Mapping) else {}
    for name in dict.fromkeys((*counts, *states)):
        error, _, stage = str(name).partition("|")
        yield {"error": error, "migration_stage": stage, "count": counts.get(name), "status": states.get(name)}


def _memory(record: Mapping[str, Any], own: str) -> Draft | None:
    decided = record.get("decision") if isinstance(record.get("decision"), Mapping) else record
    reasoned = at(decided, "analysis") or record.get("reasoning") or record.get("explanation")
    cause = _slug(at(reasoned, "root_cause") or at(reasoned, "belief") or record.get("root_cause"))
    error = _slug(record.get("error"))
    action = _slug(at(decided, "action") or at(record, "action.type") or at(record, "action_details.type"))
    if cause is None and error is None and action is None:
        return None
    when, status = _first(record, _TIMES), _slug(record.get("status"))
    confidence = _confidence(at(decided, "confidence")) or _confidence(at(reasoned, "confidence"))
    return Draft(
        kind="platform.event",
        topic="agent.memory",
        raw_topic="pattern" if "count" in record else "decision",
        merchant=exact_id(_first(record, _MERCHANT)),
        occurred_at=moment(when),
        dedup=("neighbour", "memory", exact_id(record.get("id")) or own),
        ids={"ticket_id": exact_id(at(decided, "ticket_id")) or exact_id(record.get("ticket_id"))},
        state=status,
        metrics={"confidence": confidence, "count": whole(record.get("count"))},
        attrs={
            "action": action,
            "cause": cause,
            "error": error,
            "risk": _slug(at(decided, "risk_level")),
            "stage": _slug(record.get("migration_stage")),
            "time_zone": zone_of(when),
        },
    )


def _remembered(envelope: Envelope) -> Iterator[Any]:
    for held in _records(envelope, "history", "decisions", "memory", "incidents"):
        if isinstance(held, Mapping) and ("issue_frequency" in held or "issue_resolution_status" in held):
            yield from _patterns(held)
        else:
            yield held


def _read_memory(envelope: Envelope, _: Scope) -> Iterator[Draft | Refused]:
    for record, place, own in _numbered(_remembered(envelope)):
        found = _memory(record, own) if isinstance(record, Mapping) else None
        yield found or _refused(record, place, "a memory with a cause, an error or an action")


def _held(body: Mapping[str, Any], *wraps: str) -> Mapping[str, Any]:
    """Return the first record of an object that wraps a list of them, or the object itself."""
    for wrap in wraps:
        inner = body.get(wrap)
        if isinstance(inner, list) and inner and isinstance(inner[0], Mapping):
            return inner[0]
    return body


def _fits_events(body: Mapping[str, Any]) -> bool:
    return {"event_type", "merchant_id", "error"} <= _held(body, "events").keys()


def _fits_audit(body: Mapping[str, Any]) -> bool:
    first = _held(body, "audit_log", "entries")
    return {"action", "timestamp"} <= first.keys() and bool(first.keys() & {"risk_level", "triggered_by"})


def _fits_audit_text(text: str) -> bool:
    line = text.lstrip().split("\n", 1)[0][:2000]
    return _LOGGED.match(line) is not None and ("action=" in line or '"action"' in line)


def _fits_memory(body: Mapping[str, Any]) -> bool:
    if "issue_frequency" in body or "issue_resolution_status" in body:
        return True
    first = _held(body, "history", "decisions")
    return {"reasoning", "action"} == first.keys() or (
        isinstance(first.get("decision"), Mapping) and "action" in first["decision"]
    )


EVENTS: Final = Normaliser(
    kind="agent_events",
    provider="neighbour",
    source_kind="app_log",
    version=2,
    read=_read_events,
    fits=_fits_events,
    many=True,
)
AUDIT: Final = Normaliser(
    kind="agent_audit",
    provider="neighbour",
    source_kind="app_log",
    version=1,
    read=_read_audit,
    fits=_fits_audit,
    fits_text=_fits_audit_text,
    many=True,
)
MEMORY: Final = Normaliser(
    kind="agent_memory",
    provider="neighbour",
    source_kind="app_log",
    version=1,
    read=_read_memory,
    fits=_fits_memory,
    many=True,
)
