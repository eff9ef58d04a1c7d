"""
Datadog monitors, through the Webhooks integration.

The body is a template of whoever set the webhook up: names of fields differ, and a variable that Datadog could not
fill stays as it is written, such as ``$ALERT_ID``.

Source: https://docs.datadoghq.com/integrations/webhooks/
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final
from urllib.parse import parse_qsl

import re2

from ..errors import InputError
from ..models.scales import Hint
from .codes import error_code
from .drafts import Draft, Normaliser, Refused, Scope, environment
from .envelope import Envelope
from .hints import eased, priority_hint, severity_hint
from .labels import environment_of, label_ids, label_words, labels_in, merchant_of, tags_in
from .parsing import exact_id, moment, read_json, word
from .zones import unsaid_zone

__all__ = ["NORMALISER"]

_UNFILLED: Final = re2.compile(r"^\$[A-Z][A-Z0-9_]*(\[[^\]]*\])?$")
_ABSENT: Final = frozenset(("null", "none", "n/a", "undefined"))

_NAMES: Final[Mapping[str, tuple[str, ...]]] = {
    "event": ("id", "eventid", "ddid"),
    "monitor": ("alertid", "monitorid"),
    "cycle": ("alertcyclekey", "cyclekey"),
    "group": ("aggregkey", "aggregationkey", "aggregatekey", "aggregatedkey", "aggregkeyid", "aggregregkey"),
    "transition": ("alerttransition", "transition"),
    "priority": ("alertpriority", "monitorpriority"),
    "type": ("alerttype", "severity", "alertseverity"),
    "rank": ("priority", "eventpriority"),
    "kind": ("eventtype",),
    "title": ("alerttitle", "title", "eventtitle", "alertname", "monitorname"),
    "event_title": ("eventtitle", "title"),
    "text": ("body", "eventmsg", "textonlymsg", "message", "msg", "alertstatus"),
    "host": ("hostname", "host"),
    "tags": ("tags", "alerttags"),
    "scope": ("alertscope", "scope", "scopes"),
    "date": ("date", "dateposix", "timestamp", "eventdate"),
    "updated": ("lastupdated", "lastupdatedposix"),
    "organisation": ("orgid", "organizationid"),
    "organisation_name": ("orgname", "organizationname"),
    "environment": ("environment", "env"),
    "service": ("service",),
}
"""What a value is, and the names that templates give it, in small letters without signs between them."""

_BRACKET: Final = re2.compile(r"^\s*\[([^\[\]{}]{1,40}?)(?: on (\{[^{}]*\}|[^\]]*))?\]\s*")
_MARK: Final = re2.compile(r"(?i)^(p[1-5]|sev[ -]?[0-5]|test)$")
_TRANSITIONS: Final[Mapping[str, str]] = {
    **dict.fromkeys(("triggered", "retriggered", "warn", "rewarn", "alert", "renotify"), "alert.firing"),
    **dict.fromkeys(("nodata", "renodata"), "alert.no_data"),
    **dict.fromkeys(("recovered", "resolved", "success", "ok"), "alert.resolved"),
}


_LONGEST: Final = 1000
_MOST: Final = 8
"""Characters of a title that are looked at, and words in brackets at its start."""


def _bare(text: str) -> str:
    return "".join(c for c in text.lower() if c.isalnum())


def _filled(value: Any) -> Any:
    """Return a value, or None for a variable that was not filled."""
    if isinstance(value, str):
        value = value.strip()
        return None if not value or value.lower() in _ABSENT or _UNFILLED.match(value) else value
    return value


def _fields(body: Mapping[str, Any]) -> dict[str, Any]:
    """Return the values by what they are; those one level down, such as ``org.id``, under both names together."""
    flat: dict[str, Any] = {}
    for name, value in body.items():
        if isinstance(value, Mapping):
            holder = _bare(name)
            for inner, held in value.items():
                flat.setdefault(holder + _bare(inner), held)
                if holder not in ("org", "organization", "user"):
                    flat.setdefault(_bare(inner), held)
        else:
            flat[_bare(name)] = value
    return {
        what: next((v for n in names if (v := _filled(flat.get(n))) is not None), None)
        for what, names in _NAMES.items()
    }


def _title(text: str | None) -> tuple[list[str], str | None, str | None]:
    """Return Datadog's own words in brackets at the start of a title, the scope among them, and the rest."""
    words: list[str] = []
    scope = None
    text = text[:_LONGEST] if text else None
    while text and len(words) < _MOST and (match := _BRACKET.match(text)):
        told = match.group(1).strip()
        if _bare(told) not in _TRANSITIONS and not _MARK.match(told):
            break
        words.append(told)
        scope = scope or match.group(2)
        text = text[match.end() :]
    return words, scope, text or None


def _transition(told: str | None, words: list[str]) -> str | None:
    if told is not None:
        return told
    return next((w for w in words if _bare(w) in _TRANSITIONS), None)


def _tagged(words: list[str]) -> str | None:
    return next((w for w in words if _MARK.match(w) and w.lower() != "test"), None)


def _hint(fields: Mapping[str, Any], words: list[str]) -> Hint | None:
    return (
        priority_hint(fields["priority"])
        or severity_hint(_tagged(words))
        or severity_hint(fields["type"])
        or priority_hint(fields["rank"])
    )


def _draft(body: Mapping[str, Any]) -> Draft:
    fields = _fields(body)
    words, scope, rest = _title(word(fields["title"]))
    # The title of the monitor and that of the event may differ in what they carry in front.
    more, elsewhere, _ = _title(word(fields["event_title"]))
    words, scope = [*words, *more], scope or elsewhere
    transition = _transition(word(fields["transition"]), words)
    topic = _TRANSITIONS.get(_bare(transition)) if transition else None
    over = topic == "alert.resolved"
    said = labels_in({name: _filled(fields[name]) for name in ("environment", "service")})
    labels = said | tags_in(fields["tags"]) | tags_in(fields["scope"]) | tags_in((scope or "").strip("{}"))
    ids = {name: exact_id(fields[name]) for name in ("event", "monitor", "cycle", "group")}
    host = word(fields["host"]) or labels.get("host")
    test = any(w.lower() == "test" for w in words)
    text = fields["text"]
    monitored = topic is not None or ids["monitor"] is not None
    name = rest or "unnamed"
    date = fields["date"]
    occurred = moment(date) or moment(fields["updated"])
    own = (ids["event"],) if ids["event"] else (ids["cycle"], ids["monitor"], transition, exact_id(date), name)
    return Draft(
        kind="alert" if monitored else "platform.event",
        topic=topic or ("alert.changed" if monitored else "datadog.event"),
        raw_topic=word(fields["kind"]),
        merchant=merchant_of(labels) or exact_id(fields["organisation"]) or word(fields["organisation_name"]),
        occurred_at=occurred,
        dedup=("datadog", *own),
        resource=("monitor", ids["monitor"]),
        ids={
            **label_ids({**labels, **({"host": host} if host else {})}),
            "event_id": ids["event"],
            "alert_id": ids["monitor"],
            "cycle_key": ids["cycle"],
            "aggregation_key": ids["group"],
            "fingerprint": ids["cycle"] or ids["group"] or ids["monitor"],
            "alertname": name,
            "organization_id": exact_id(fields["organisation"]),
        },
        # The monitor keeps its P1 when it recovers.
        hint=eased(_hint(fields, words), over=over),
        state=transition,
        env="test" if test else environment(environment_of(labels)),
        attrs={
            **label_words(labels),
            "alertname": name,
            "priority": word(fields["priority"]) or _tagged(words),
            "code": error_code(text[:4000]) if isinstance(text, str) else None,
            "test": True if test else None,
            "time_zone": unsaid_zone(date),
        },
    )


def _form(text: str) -> Any:
    """Return the fields of a body that was sent with "Encode as form"."""
    if text.lstrip("\ufeff \t\r\n")[:1] in ("{", "["):
        return read_json(text)
    try:
        fields = dict(parse_qsl(text, keep_blank_values=True, max_num_fields=100))
    except ValueError:
        fields = {}
    if len(fields) == 1 and (only := next(iter(fields.values()))).lstrip().startswith("{"):
        return read_json(only)
    return fields or read_json(text)


def _read(envelope: Envelope, _: Scope) -> Iterator[Draft | Refused]:
    body = envelope.body
    if isinstance(body, str):
        body = _form(body)
    if not isinstance(body, Mapping):
        raise InputError(f"expected a Datadog event as a JSON object, got {type(body).__name__}")
    if all(value is None for value in _fields(body).values()):
        raise InputError("expected a Datadog event with an id, a title or a transition, got none")
    yield _draft(body)


def _fits(body: Mapping[str, Any]) -> bool:
    names = {_bare(n) for n in body}
    for value in body.values():
        if isinstance(value, Mapping):
            names |= {_bare(n) for n in value}
    own = names & {"alerttransition", "alertcyclekey", "aggregkey", "alertpriority", "textonlymsg"}
    default = {"eventtype", "lastupdated"} <= names and bool(names & {"org", "orgid", "orgname"})
    default = default or str(body.get("event_type") or body.get("eventType")).endswith("_monitor")
    return default or (bool(own) and bool(names & {"title", "eventtitle", "alerttitle", "id", "alertid", "date"}))


NORMALISER: Final = Normaliser(
    kind="datadog_webhook",
    provider="datadog",
    source_kind="monitor",
    version=1,
    read=_read,
    fits=_fits,
)
