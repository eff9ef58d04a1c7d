"""Signals that a trusted host writes itself: deploys, probes, maintenance, facts about a shop."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any, Final

import re2
from attrs import evolve

from ..errors import InputError
from ..models.canonical import content_id
from ..models.signal import Signal
from .drafts import Normaliser, Refused, Scope
from .envelope import Envelope
from .parsing import read_json, whole, word
from .privacy import holds_secret

__all__ = ["NORMALISER", "public_words"]

_NAME: Final = re2.compile(r"^[A-Za-z][A-Za-z0-9_.-]{0,80}$")
_MADE: Final = {
    "dedup_key": re2.compile(r"^(dk|content)_[0-9a-f]{32}$"),
    "id": re2.compile(r"^sig_[0-9a-f]{32}$"),
    "normalizer": re2.compile(r"^[a-z_]{1,40}/[0-9]{1,6}$"),
}
"""What only migro makes: another writer's word there may say anything, and nothing scrubs it."""
_RECORDS: Final = frozenset({"plan.dns", "probe.dns"})
_RECORD: Final = re2.compile(
    r"(?i)^(?:A|AAAA) [0-9a-f.:]{3,45}$|^(?:CNAME|NS|MX [0-9]{1,5}) (?:[a-z0-9_-]{1,63}\.){1,8}[a-z][a-z0-9-]{0,62}\.?$"
)


def _exact(value: Any) -> Any:
    # Money and rates may come as JSON numbers with a fraction; the model wants them whole or exact.
    if isinstance(value, Mapping):
        return {n: v if not isinstance(v, Decimal) or (exact := whole(v)) is None else exact for n, v in value.items()}
    return value


def _signal(item: Mapping[str, Any], envelope: Envelope, scope: Scope, place: int) -> Signal | Refused:
    kind = word(item.get("kind"))
    if kind is None:
        return Refused(reason="expected a signal with a kind, got none", content=item, ordinal=place)
    strange = _strange(item)
    if strange is not None:
        return Refused(reason=strange, content=item, ordinal=place)
    try:
        return Signal.from_data(_completed(item, envelope, scope))
    except InputError as e:
        return Refused(reason=str(e), content=item, raw_topic=kind, ordinal=place)


def _strange(item: Mapping[str, Any]) -> str | None:
    """Return what no signal of a host has, or None; names are kept as they are, so they must be names."""
    for name in ("ids", "attrs", "metrics"):
        held = item.get(name, {})
        if not isinstance(held, Mapping):
            return f"{name}: expected a JSON object, got {type(held).__name__}"
        if not all(_named(n) for n in held):
            return f"{name}: expected names of letters, digits, '.', '_' and '-', got another"
    resource = item.get("resource")
    about = resource[0] if isinstance(resource, list) and resource else "nothing"
    for name, held in (("kind", item["kind"]), ("resource.0", about)):
        if isinstance(held, str) and not _named(held):
            return f"{name}: expected a name of letters, digits, '.', '_' and '-', got another"
    return None


def _named(text: str) -> bool:
    # A key or a token has no other letters than a name has.
    return _NAME.match(text) is not None and not holds_secret(text)


def _completed(item: Mapping[str, Any], envelope: Envelope, scope: Scope) -> dict[str, Any]:
    data = {**item, "metrics": _exact(item.get("metrics", {}))}
    # How far the sender was proven is found out about the delivery; nobody vouches for himself.
    data.pop("auth", None)
    own = data.get("merchant")
    if scope.endpoint.merchant is not None and own != scope.endpoint.merchant:
        data["merchant"] = scope.endpoint.merchant
        data.pop("id", None)  # it was made with the other merchant
        if isinstance(own, str) and own:
            data["ids"] = {"merchant": own, **item.get("ids", {})}
    elif not own:
        data["merchant"] = envelope.endpoint
    if data.get("received_at") is None and envelope.received_at is not None:
        data["received_at"] = envelope.received_at
    if data.get("occurred_at") is None:
        data["occurred_at"] = data.get("received_at") or scope.received_at
    if data.get("env") is None:
        data["env"] = scope.endpoint.env
    for name, pattern in _MADE.items():
        # What migro made stays, so that a signal which was observed once is the same signal when it is read again.
        if isinstance(data.get(name), str) and not pattern.match(data[name]):
            _replace(data, name)
    return data


def _replace(data: dict[str, Any], name: str) -> None:
    told = data.pop(name)
    if name == "dedup_key" and told:
        data[name] = content_id("dk", "host", told)


def _read(envelope: Envelope, scope: Scope) -> Iterator[Signal | Refused]:
    for place, item in enumerate(_items(envelope)):
        if isinstance(item, Mapping):
            yield _signal(item, envelope, scope, place)
        elif isinstance(item, Refused):
            yield evolve(item, ordinal=place)
        else:
            reason = f"expected a signal as a JSON object, got {type(item).__name__} at item {place + 1}"
            yield Refused(reason=reason, content=item, ordinal=place)


def _items(envelope: Envelope) -> list[Any]:
    """Return what a body holds: one signal, a list of them, or one a line."""
    try:
        body = envelope.value()
    except InputError:
        lines = [line for line in str(envelope.body).splitlines() if line.strip()]
        if len(lines) < 2 or not isinstance(_line(lines[0]), Mapping):
            raise
        return [_line(line) for line in lines]
    return body if isinstance(body, list) else [body]


def _line(text: str) -> Any:
    try:
        return read_json(text)
    except InputError as e:
        return Refused(reason=str(e), content=text)


def public_words(signal: Signal) -> dict[str, tuple[str, ...]]:
    """Return the words of a host's signal that everybody can look up, which the scrubber would only damage."""
    records = signal.attrs.get("records")
    if signal.kind not in _RECORDS or not isinstance(records, tuple):
        return {}
    # The addresses of the shop's own hosts are not a person's; without them every record would be like every other.
    return {"records": records} if all(_RECORD.match(r) for r in records) else {}


def _fits(body: Mapping[str, Any]) -> bool:
    return {"kind", "occurred_at", "source_kind"} <= body.keys()


NORMALISER: Final = Normaliser(
    kind="host_signal",
    provider="host",
    source_kind="host",
    version=1,
    read=_read,
    fits=_fits,
    many=True,
    without_claim="not_applicable",
)
