"""Signals that a trusted host writes itself: deploys, probes, maintenance, facts about a shop."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any, Final

from pydantic import ValidationError

from ..errors import InputError
from ..models.signal import Signal
from .drafts import Normaliser, Refused, Scope
from .envelope import Envelope
from .parsing import shape_of, word

__all__ = ["NORMALISER"]


def _exact(value: Any) -> Any:
    # Money and rates may come as JSON numbers with a fraction; the model wants them whole or exact.
    if isinstance(value, Mapping):
        return {n: int(v) if isinstance(v, Decimal) and v.is_finite() and v == int(v) and abs(v) < 10**18 else v
                for n, v in value.items()}  # fmt: skip
    return value


def _signal(item: Mapping[str, Any], envelope: Envelope, scope: Scope) -> Signal | Refused:
    data = {**item, "metrics": _exact(item.get("metrics", {}))}
    if not data.get("merchant"):
        data["merchant"] = scope.endpoint.merchant or envelope.endpoint
    if data.get("received_at") is None and envelope.received_at is not None:
        data["received_at"] = envelope.received_at
    if data.get("occurred_at") is None:
        data["occurred_at"] = data.get("received_at") or scope.received_at
    if data.get("env") is None:
        data["env"] = scope.endpoint.env
    for name in ("ids", "attrs", "metrics"):
        if not isinstance(item.get(name, {}), Mapping):
            reason = f"{name}: expected a JSON object, got {type(item[name]).__name__}"
            return Refused(reason=reason, content=item)
    kind = word(item.get("kind"))
    if kind is None:
        return Refused(reason="expected a signal with a kind, got none", content=item)
    try:
        return Signal.from_data(data)
    except InputError as e:
        # The message of the model quotes what came; only places and expectations may pass.
        cause = e.__cause__
        reason = shape_of(cause) if isinstance(cause, ValidationError) else "expected a signal, got something else"
        return Refused(reason=reason, content=item, raw_topic=kind)


def _read(envelope: Envelope, scope: Scope) -> Iterator[Signal | Refused]:
    body = envelope.value()
    for place, item in enumerate(body if isinstance(body, list) else [body]):
        if isinstance(item, Mapping):
            yield _signal(item, envelope, scope)
        else:
            reason = f"expected a signal as a JSON object, got {type(item).__name__} at item {place + 1}"
            yield Refused(reason=reason, content=item, ordinal=place)


NORMALISER: Final = Normaliser(provider="host", source_kind="host", version=1, read=_read)
