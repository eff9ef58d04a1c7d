"""From a delivery to its events: a body may hold one, a list of them, or one a line."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import attrs

from ..errors import InputError
from ..models.signal import Signal
from .drafts import Draft, Normaliser, Refused, Scope
from .envelope import Envelope
from .parsing import read_json

__all__ = ["content_of", "drafts_of"]


def content_of(envelope: Envelope) -> Any:
    """Return what the digest of a refused delivery is made of."""
    return envelope.raw if envelope.raw is not None else envelope.body


def drafts_of(normaliser: Normaliser, envelope: Envelope, scope: Scope) -> Iterator[Draft | Refused | Signal]:
    """Yield what a normaliser reads, one for every contained event; what it cannot read is refused with a reason."""
    if not normaliser.many:
        envelope, items = _opened(envelope)
        if items:
            for place, item in enumerate(items, start=1):
                yield from _item(normaliser, envelope, scope, item, place)
            return
    count = 0
    try:
        for found in normaliser.read(envelope, scope):
            count += 1
            yield found
    except InputError as e:
        yield Refused(reason=str(e), content=content_of(envelope))
    except Exception as e:
        # Whatever a stranger's payload does to a normaliser, the others go on; the text of the error may quote it.
        yield Refused(reason=f"the normaliser stopped with {type(e).__name__}", content=content_of(envelope))
    else:
        if not count and not (normaliser.may_be_empty and envelope.body == ""):
            yield Refused(reason="expected at least one event, got none", content=content_of(envelope))


def _opened(envelope: Envelope) -> tuple[Envelope, list[Any]]:
    """Return the envelope with its text read, and the events where the body holds a list, or one event a line."""
    body = envelope.body
    if isinstance(body, str):
        try:
            body = read_json(body)
        except InputError:
            lines = [line for line in body.splitlines() if line.strip()]
            try:
                several = len(lines) > 1 and isinstance(read_json(lines[0]), Mapping)
            except InputError:
                several = False
            return envelope, lines if several else []
        envelope = envelope.opened(body, envelope.exact_bytes())
    return envelope, body if isinstance(body, list) and any(isinstance(i, Mapping) for i in body) else []


def _item(
    normaliser: Normaliser, envelope: Envelope, scope: Scope, item: Any, place: int
) -> Iterator[Draft | Refused | Signal]:
    alone = envelope.opened(item, None)
    # A list inside a list is nothing that any sender means.
    found = [Refused(reason="expected an event, got a list", content=item)] if isinstance(item, list) else None
    for event in found or drafts_of(normaliser, alone, scope):
        if isinstance(event, Refused):
            event = attrs.evolve(event, reason=f"{event.reason} (item {place})", ordinal=place)
        yield event
