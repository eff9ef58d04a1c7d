"""Customs of the senders: what they ask before they deliver, what they want to hear, and when they come again."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import re2

from ..errors import InputError
from ..observe import EndpointSettings, Envelope
from ..observe.parsing import read_json
from .address import Address
from .reply import Reply, echo

__all__ = ["acknowledged", "asked_challenge", "asked_head", "ping", "retryable", "said_challenge", "subscription"]

_ECHOED: Final = re2.compile(r"[A-Za-z0-9_.~+/=-]{1,500}")
"""A challenge holds nothing that a browser could take for markup."""

_PING: Final = re2.compile(r"webhook_id=\d{1,20}")
_SNS: Final = re2.compile(r"https://sns\.[a-z0-9-]{1,40}\.amazonaws\.com(\.cn)?/\?[A-Za-z0-9=&:%._~+-]+")

_CHALLENGED: Final = ("adobe", "cloudevents")
"""How kinds begin that Adobe I/O Events delivers: it asks for its challenge back before it does."""

_ONLY_5XX: Final = frozenset({"saleor_webhook", "alertmanager_v3", "alertmanager_v4", "datadog_webhook"})
"""Who does not come again after any answer below 500."""

_NOT_4XX: Final = frozenset({"cloudwatch_sns", "cloudevents"})
"""Who comes again after 429, and after no other answer below 500."""


def asked_challenge(address: Address, kind: str | None) -> Reply | None:
    """
    Return the answer to a request by GET: Adobe I/O asks for the value of ``challenge`` when an endpoint is registered.

    Source: https://developer.adobe.com/events/docs/guides/
    """
    told = address.query.get("challenge", "")
    if kind is not None and not kind.startswith(_CHALLENGED):
        return None
    return echo(told) if _ECHOED.fullmatch(told) else None


def asked_head(kind: str | None) -> Reply | None:
    """
    Return the answer to a request by HEAD: Intercom makes one to see that an address is there, before it saves it.

    Source: https://developers.intercom.com/docs/webhooks/setting-up-webhooks
    """
    return Reply(200, {}, b"") if kind in (None, "intercom_webhook") else None


def said_challenge(envelope: Envelope) -> Reply | None:
    """
    Return the answer to what a sender signs like everything that it sends: Slack's ``url_verification``, Front's sync.

    Sources: https://docs.slack.dev/reference/events/url_verification,
    https://dev.frontapp.com/docs/application-webhooks
    """
    if (front := envelope.header("X-Front-Challenge")) is not None:
        asked = envelope.kind == "front_webhook" and _object(envelope).get("type") == "sync"
        return echo(front) if asked and _ECHOED.fullmatch(front) else None
    if "slack" not in envelope.kind and envelope.header("X-Slack-Signature") is None:
        return None
    body = _object(envelope)
    told = body.get("challenge")
    if body.get("type") != "url_verification" or not isinstance(told, str):
        return None
    return echo(told) if _ECHOED.fullmatch(told) else None


def ping(kind: str | None, raw: bytes) -> Reply | None:
    """
    Return the answer to WooCommerce's first ping: form-encoded, unsigned, and about nothing.

    Source: class WC_Webhook, method deliver_ping, of woocommerce/woocommerce
    """
    if kind not in (None, "woocommerce_webhook") or not _PING.fullmatch(raw.decode("latin-1")):
        return None
    return Reply(200, {}, b"")


def subscription(envelope: Envelope) -> str | None:
    """Return the address that confirms a subscription of Amazon SNS; a person opens it, never this program."""
    if envelope.header("x-amz-sns-message-type") != "SubscriptionConfirmation":
        return None
    told = _object(envelope).get("SubscribeURL")
    return told if isinstance(told, str) and len(told) <= 2000 and _SNS.fullmatch(told) else None


def acknowledged(kind: str) -> Reply:
    """Return what a sender hears when its delivery is stored: 202 with nothing more, unless it wants other words."""
    match kind:
        case "adyen_notification":
            # Older set-ups count a delivery as accepted by this word alone; newer ones by any status from 200 to 299.
            return echo("[accepted]", status=202)
        case "slack_interactive":
            return Reply(200, {}, b"")
        case _:
            return Reply(202, {}, b"")


def retryable(status: int, kind: str, endpoint: EndpointSettings) -> int:
    """Return the status by which this sender comes again, where it would take 409 or 429 for the last word."""
    only_5xx = kind in _ONLY_5XX if endpoint.only_5xx is None else endpoint.only_5xx
    not_4xx = kind in _NOT_4XX or kind.startswith("adobe")
    return 503 if only_5xx or (status == 409 and not_4xx) else status


def _object(envelope: Envelope) -> Mapping[str, Any]:
    try:
        body = read_json(envelope.body) if isinstance(envelope.body, str) else envelope.body
    except InputError:
        return {}
    return body if isinstance(body, Mapping) else {}
