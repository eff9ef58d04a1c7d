"""A shop's endpoints, deliveries as their senders make them, and what has to hold in the memory afterwards."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any

from migro.agent import Agent
from migro.decide import Policy
from migro.expressions import minutes
from migro.models import ErasureRequested, Input, RunMode, Signal, SignalReceived
from migro.observe import EndpointSettings, Observer, ObserveSettings, ReceiveSettings
from migro.ports import Clock, Memory
from migro.receive import PrivacyHandler, Receiver, Reply
from migro.remember import VolatileMemory
from migro.rules import IssueKind, Rule, RuleSet, on, supports
from migro.testing import FixedClock

SHOP = "mugs.myshopify.com"
KEY = b"a key of at least 16 bytes"
SECRETS = {"SHOP": "hush", "OLD": "hush-hush", "PATH": "in-the-path", "DESK": "in-a-header", "CHAT": "signing"}

ENDPOINTS = {
    "shop": EndpointSettings(kind="shopify_webhook", secrets_env=("SHOP", "OLD"), env="production"),
    "anything": EndpointSettings(secrets_env=("SHOP",), merchant=SHOP),
    "monitor": EndpointSettings(
        kind="alertmanager_v4", secrets_env=("DESK",), secret_header="X-Migro-Secret", merchant=SHOP
    ),
    "parcels": EndpointSettings(kind="ticket", secrets_env=("PATH",), secret_in_path=True, merchant=SHOP),
    "open": EndpointSettings(merchant=SHOP),
    "unset": EndpointSettings(kind="shopify_webhook", secrets_env=("NOT_SET",)),
}

_KIND = IssueKind[Any]("orders_stuck", category="data_sync")
_FORGED = IssueKind[Any]("forged", category="webhook")
_ORDERS = on(Signal, Signal.kind == "order", per=Signal.merchant)
_REFUSED = on(Signal, Signal.kind == "delivery.signature_failed", per=Signal.merchant)
RULES = RuleSet(
    "receiving",
    Rule("orders", when=_ORDERS.at_least(3, within=minutes(60)), then=supports(_KIND, 105, family="orders")),
    Rule("forged", when=_REFUSED.at_least(3, within=minutes(60)), then=supports(_FORGED, 105, family="auth")),
)


def order(number: int = 1, **more: Any) -> bytes:
    """An order as Shopify sends it; equal numbers give equal bytes."""
    body = {
        "id": 5_000_000_000_000_000_000 + number,
        "created_at": "2026-03-01T08:59:00Z",
        "currency": "EUR",
        "total_price": "59.90",
        **more,
    }
    return json.dumps(body).encode()


def signature(raw: bytes, secret: str = "hush") -> str:
    return base64.b64encode(hmac.digest(secret.encode(), raw, hashlib.sha256)).decode()


def shopify(raw: bytes, topic: str = "orders/create", *, secret: str = "hush", **more: str) -> dict[str, str]:
    """The headers of a Shopify delivery."""
    return {
        "Content-Type": "application/json",
        "X-Shopify-Topic": topic,
        "X-Shopify-Shop-Domain": SHOP,
        "X-Shopify-Hmac-SHA256": signature(raw, secret),
        **more,
    }


def alerts(*names: str) -> bytes:
    """A notification of Alertmanager."""
    return json.dumps(
        {
            "version": "4",
            "groupKey": "{}:{}",
            "status": "firing",
            "receiver": "migro",
            "alerts": [
                {
                    "status": "firing",
                    "labels": {"alertname": name, "severity": "critical"},
                    "annotations": {},
                    "startsAt": "2026-03-01T08:59:00Z",
                    "endsAt": "0001-01-01T00:00:00Z",
                    "fingerprint": f"f-{name}",
                }
                for name in names
            ],
        }
    ).encode()


def settings(endpoints: Mapping[str, EndpointSettings] = ENDPOINTS, **limits: int) -> ObserveSettings:
    return ObserveSettings(endpoints=endpoints, receive=ReceiveSettings(**limits))


def observer(endpoints: Mapping[str, EndpointSettings] = ENDPOINTS, **limits: int) -> Observer:
    return Observer(settings(endpoints, **limits), secrets=SECRETS, pseudonym_key=KEY)


def agent(memory: Memory | None = None) -> Agent:
    return Agent(rules=RULES, memory=memory or VolatileMemory(), policy=Policy(mode=RunMode.AUTO))


def receiver(
    to: Agent | Memory | None = None,
    *,
    endpoints: Mapping[str, EndpointSettings] = ENDPOINTS,
    privacy: PrivacyHandler | None = None,
    clock: Clock | None = None,
    notice: Callable[[str], None] = lambda _: None,
    **limits: int,
) -> Receiver:
    return Receiver(
        to or agent(),
        observer(endpoints, **limits),
        privacy=privacy,
        clock=clock or FixedClock(),
        notice=notice,
    )


def push(to: Receiver, raw: bytes, headers: Mapping[str, str] | None = None, path: str = "/in/shop") -> Reply:
    return to.receive("POST", path, headers if headers is not None else shopify(raw), raw)


def inputs(memory: Memory) -> list[Input]:
    return [e.input for e in memory.read("journal")]


def signals(memory: Memory) -> list[Signal]:
    """What was stored, second deliveries left out."""
    return [i.signal for i in inputs(memory) if isinstance(i, SignalReceived) and i.duplicate_of is None]


def erasures(memory: Memory) -> list[ErasureRequested]:
    return [i for i in inputs(memory) if isinstance(i, ErasureRequested)]


def dispositions(memory: Memory) -> Counter[str]:
    """How many signals became what; pending ones are counted as that."""
    return Counter(
        e.disposition.name if e.disposition is not None else "pending"
        for e in memory.read("journal")
        if isinstance(e.input, SignalReceived)
    )
