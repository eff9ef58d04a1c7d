"""
Shopify webhooks that come through Amazon EventBridge or Google Pub/Sub: the same events, with metadata for headers.

Shopify signs only what it delivers over HTTPS. Who may put events on a bus is said by the bus; a host that passes them
on may sign them with migro's own signature.

Source: https://shopify.dev/docs/apps/build/webhooks/subscribe/get-started?deliveryMethod=eventBridge
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

import attrs

from ..models.signal import Signal
from . import migro_signature, shopify
from .carriers import Carried, carried
from .drafts import Draft, Normaliser, Refused, Scope
from .envelope import Envelope
from .parsing import at

__all__ = ["NORMALISER"]


def _webhook(found: Carried) -> tuple[Mapping[str, str], Any] | None:
    """Return headers and body of the webhook that was carried, or None."""
    told: dict[str, Any] = dict(found.headers)
    body = found.body
    if isinstance(body, Mapping) and isinstance(body.get("payload"), Mapping):
        # Older events have the metadata beside the payload and not in an object of their own.
        beside = body["metadata"] if isinstance(body.get("metadata"), Mapping) else body
        told |= {n: v for n, v in beside.items() if n != "payload"}
        body = body["payload"]
    headers = {n: v for n, v in told.items() if isinstance(v, str) and _is_header(n)}
    return (headers, body) if headers else None


def _is_header(name: str) -> bool:
    return name.lower().startswith(("x-shopify-", "shopify-"))


def _read(envelope: Envelope, scope: Scope) -> Iterator[Draft | Refused | Signal]:
    for place, found in enumerate(carried(envelope.value())):
        webhook = _webhook(found)
        if webhook is None:
            reason = "expected a Shopify webhook with metadata such as X-Shopify-Topic, got none"
            yield Refused(reason=reason, content=found.body, ordinal=place)
            continue
        headers, body = webhook
        inner = envelope.model_copy(update={"headers": headers, "body": body, "raw": None, "named": ""})
        for draft in shopify.NORMALISER.read(inner, scope):
            yield attrs.evolve(draft, ordinal=place) if isinstance(draft, Refused) else draft


def _fits(body: Mapping[str, Any]) -> bool:
    if str(body.get("source", "")).startswith("aws.partner/shopify.com") and isinstance(at(body, "detail"), Mapping):
        return True
    first = next(carried(body))
    return first.body is not body and _webhook(first) is not None


NORMALISER: Final = Normaliser(
    kind="shopify_eventbridge",
    aliases=("shopify_pubsub",),
    provider="shopify",
    source_kind="platform_webhook",
    version=1,
    read=_read,
    claim=migro_signature.claim,
    fits=_fits,
)
