"""Specimens: the short way to write the signals of a rule's examples, at fixed times and about one invented shop."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

from ...models.signal import MerchantId, Signal
from .signals import (
    Alert,
    App,
    Deploy,
    ErrorIssue,
    Hook,
    HttpRequest,
    Inventory,
    Maintenance,
    Order,
    PaidInTest,
    Payment,
    Probe,
    ShopProfile,
    SignatureFailure,
    Ticket,
)

__all__ = [
    "SHOP",
    "alert",
    "app",
    "burst",
    "deploy",
    "error",
    "hook",
    "maintenance",
    "order",
    "page",
    "paid_in_test",
    "payment",
    "probe",
    "probes",
    "profile",
    "request",
    "signature_failure",
    "stock",
    "ticket",
]

S = TypeVar("S", bound=Signal)

SHOP = MerchantId("shop-1")
_START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
_ALL: dict[str, Any] = {"merchant": SHOP, "occurred_at": _START, "env": "production"}

_REQUEST = HttpRequest(
    **_ALL,
    source_kind="access_log",
    method="POST",
    route_class="cart",
    route="/cart",
    handoff=False,
    bot=False,
    status=200,
)
_ERROR = ErrorIssue(
    **_ALL, source_kind="app_log", provider="sentry", topic="error.created", action="created", level="error"
)
_ALERT = Alert(**_ALL, source_kind="monitor", provider="alertmanager", topic="alert.firing", alertname="Alert")
_TICKET = Ticket(**_ALL, source_kind="ticket", ticket_id="1", requester="p1", author="end_user")
_PROBE = Probe(
    **_ALL, source_kind="probe", topic="probe.result", journey="begin_checkout", region="eu", ok=False, status=500
)
_DEPLOY = Deploy(**_ALL, source_kind="change_event", release="r42")
_MAINTENANCE = Maintenance(**_ALL, source_kind="calendar", active=True)
_PAYMENT = Payment(
    **_ALL, source_kind="payment_webhook", provider="stripe", topic="order.paid", payment_id="pi_1", livemode=True
)
_ORDER = Order(**_ALL, source_kind="platform_webhook", provider="shopify", topic="order.created", order_id="1001")
_STOCK = Inventory(
    **_ALL, source_kind="platform_webhook", provider="shopify", topic="inventory.changed", sku="sku-1", available=3
)
_PAID_IN_TEST = PaidInTest(**_ALL, source_kind="payment_webhook", provider="stripe", order_id="1001")
_SIGNATURE = SignatureFailure(**_ALL, source_kind="receiver", provider="shopify", sender="shopify")
_PROFILE = ShopProfile(**_ALL, currency="EUR", aov_minor=7_000)
_HOOK = Hook(**_ALL, source_kind="platform_webhook", provider="bigcommerce", topic="hook.failure")
_APP = App(**_ALL, source_kind="platform_webhook", provider="shopify", topic="app.lifecycle", action="uninstalled")


def _like(base: S, at: int, columns: dict[str, Any]) -> S:
    # Copying a checked signal is fifty times faster than checking a new one, and a pack is loaded at every start.
    moment = _START + timedelta(seconds=at)
    said = "&".join(f"{n}={v}" for n, v in sorted(columns.items()) if n != "features")
    name = f"{base.kind}@{at}?{said}&{'+'.join(sorted(columns.get('features', ())))}"
    return base.model_copy(
        update={**columns, "occurred_at": moment, "received_at": moment, "id": name, "dedup_key": name}
    )


def burst(n: int, signal: S, *, every: int = 1, **varied: str) -> tuple[S, ...]:
    """
    Return `n` signals like this one, `every` seconds apart.

    Args:
        varied: Columns that differ from one to the next: their values get the number appended.
    """
    # Examples differ in the last signal or two, and five hundred page views are worth making once.
    made = _BURSTS.setdefault((signal.id, every, tuple(sorted(varied.items()))), [])
    for i in range(len(made), n):
        moment = signal.occurred_at + timedelta(seconds=i * every)
        name = f"{signal.id}#{i}"
        update = {c: f"{v}{i}" for c, v in varied.items()}
        made.append(
            signal.model_copy(
                update={**update, "occurred_at": moment, "received_at": moment, "id": name, "dedup_key": name}
            )
        )
    return tuple(made[:n])


_BURSTS: dict[tuple[str, int, tuple[tuple[str, str], ...]], list[Any]] = {}


def request(at: int = 0, status: int = 200, **columns: Any) -> HttpRequest:
    """Return a ``POST /cart`` of a shopper."""
    return _like(_REQUEST, at, {"status": status, **columns})


def page(at: int = 0, status: int = 200, **columns: Any) -> HttpRequest:
    """Return a view of a product page by a shopper."""
    return _like(
        _REQUEST, at, {"method": "GET", "route_class": "pdp", "route": "/products/:slug", "status": status, **columns}
    )


def error(at: int = 0, **columns: Any) -> ErrorIssue:
    """Return a new error in the tracker."""
    return _like(_ERROR, at, columns)


def alert(at: int = 0, **columns: Any) -> Alert:
    """Return a firing alert."""
    return _like(_ALERT, at, columns)


def ticket(at: int = 0, *features: str, **columns: Any) -> Ticket:
    """Return a shopper's ticket whose text has those features."""
    return _like(_TICKET, at, {"features": frozenset(features), **columns})


def probe(at: int = 0, ok: bool = False, **columns: Any) -> Probe:
    """Return one run of a check, failed unless said otherwise."""
    return _like(_PROBE, at, {"ok": ok, "status": 200 if ok else 500, **columns})


def probes(at: int, ok: bool, regions: Iterable[str] = ("eu", "us", "ap"), **columns: Any) -> tuple[Probe, ...]:
    """Return one round of a check, one region a second."""
    return tuple(probe(at + i, ok, region=region, **columns) for i, region in enumerate(regions))


def deploy(at: int = 0, **columns: Any) -> Deploy:
    """Return a release that went live."""
    return _like(_DEPLOY, at, columns)


def maintenance(at: int = 0, active: bool = True, *, hours: int = 0) -> Maintenance:
    """Return the begin or the end of a declared maintenance window, which says its end where it has a length."""
    told = {"ends_at": _START + timedelta(seconds=at, hours=hours)} if hours else {}
    return _like(_MAINTENANCE, at, {"active": active, **told})


def payment(at: int = 0, topic: str = "order.paid", **columns: Any) -> Payment:
    """Return a payment that went through, or with another topic one that did not."""
    return _like(_PAYMENT, at, {"topic": topic, **columns})


def order(at: int = 0, **columns: Any) -> Order:
    """Return a new order."""
    return _like(_ORDER, at, columns)


def stock(at: int = 0, available: int = 3, **columns: Any) -> Inventory:
    """Return a stock figure."""
    return _like(_STOCK, at, {"available": available, **columns})


def paid_in_test(at: int = 0, **columns: Any) -> PaidInTest:
    """Return the word that a payment of a test account named order 1001."""
    return _like(_PAID_IN_TEST, at, columns)


def signature_failure(at: int = 0, **columns: Any) -> SignatureFailure:
    """Return a delivery whose signature did not fit."""
    return _like(_SIGNATURE, at, columns)


def profile(at: int = 0, **columns: Any) -> ShopProfile:
    """Return what the host knows about the shop."""
    return _like(_PROFILE, at, columns)


def hook(at: int = 0) -> Hook:
    """Return a platform's word that it could not deliver."""
    return _like(_HOOK, at, {})


def app(at: int = 0, **columns: Any) -> App:
    """Return the removal of an app."""
    return _like(_APP, at, columns)
