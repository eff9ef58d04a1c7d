"""Apps that the platform asks while a shopper waits."""

from __future__ import annotations

from datetime import timedelta
from fractions import Fraction
from typing import Any

import attrs

from ...expressions import Pred, minutes, percent, permille
from ...models import Severity
from ...models.signal import MerchantId
from ...rules import MEDIUM, STRONG, WEAK, IssueKind, Rule, SeverityScale, Timed, fires, on, refutes, silent, supports
from .operations_signals import AppCalls, Breaker, CheckoutCalls
from .references import cited
from .responses import draft_reply, operators
from .shop_witnesses import mostly
from .specimens import SHOP, burst
from .specimens_operations import APP_CALLS, BREAKER, CHECKOUT_CALLS, NOW, said, usual
from .stakes import impact_on
from .witnesses import anywhere, usual_of

__all__ = ["RULES", "SYNC_APP"]

SYNC_APP = IssueKind[MerchantId](
    "sync_app_timeout_or_circuit_open",
    category="integration",
    title="An app for taxes, shipping or payment does not answer in time",
    what="The checkout waits for the app; the platform's breaker opens, and the step is left out or fails.",
    severity=SeverityScale(default=Severity.SEV2),
    impact=impact_on("delivery", percent(60)),
    responses=(
        *operators("app, latency, share of calls that fail, state of the breaker"),
        draft_reply(
            "An app that your checkout asks answers too slowly or not at all since {first_seen}. The report names it"
            " and says what you may fall back to."
        ),
    ),
    human_only=("switch the app off", "reset the breaker", "set fallback rates"),
    false_positives="In a small shop the breaker never opens although every call fails.",
    related=("tax_calculation_failure", "shipping_methods_missing", "checkout_server_error_spike"),
    harm="Checkout skips a step or fails at it, so taxes, rates or payments are missing for whoever is there.",
    sources=cited("SAL-CB", "SAL-WH"),
    causes=(
        "checkout_server_error_spike",
        "shipping_methods_missing",
        "tax_calculation_failure",
    ),
)

_BY_APP = (AppCalls.merchant, AppCalls.app)
_CALLS = on(AppCalls, per=_BY_APP, weight=AppCalls.calls)


def _part(odd: Pred[AppCalls], *, at_least: Fraction, floor: int, within: timedelta) -> Timed[Any]:
    """
    Hold when at least that share of the calls to an app is odd.

    It is measured when a minute is over: sums of one minute come one after the other, and a share of the first of them
    is of nothing.
    """
    fitting = attrs.evolve(_CALLS, predicates=(*_CALLS.predicates, odd))
    share = fitting.count(within=within).per(_CALLS.count(within=within), floor=floor, bound="wilson")
    return (share >= at_least).holds(1, of=1, every=minutes(1))


_latency = on(CheckoutCalls, per=CheckoutCalls.merchant, weight=CheckoutCalls.calls).quantile(
    percent(95), CheckoutCalls.latency_ms, within=minutes(10)
)
_BREAKERS = on(Breaker, per=Breaker.merchant)
_FLAPS = on(
    Breaker,
    Breaker.state.one_of("half_open", "open"),
    Breaker.dry_run == False,  # noqa: E712
    per=(Breaker.merchant, Breaker.app),
).at_least(3, within=minutes(30))

_FAILED = said(APP_CALLS, 60, calls=35, failed=True)
_SLOW = said(APP_CALLS, 60, calls=3, latency_ms=5_000)
_CHECKOUT = said(CHECKOUT_CALLS, NOW, latency_ms=900)

RULES: tuple[Rule[Any], ...] = (
    Rule(
        "sync-app.breaker",
        when=on(Breaker, Breaker.state == "open", Breaker.dry_run == False, per=Breaker.merchant),  # noqa: E712
        then=supports(SYNC_APP, STRONG, family="breaker"),
        why="The platform's breaker for an app is open.",
        examples=(
            fires("open", BREAKER, for_=SHOP),
            silent("half open", said(BREAKER, 0, state="half_open")),
            silent("it only watches", said(BREAKER, 0, dry_run=True)),
        ),
    ),
    Rule(
        "sync-app.errors",
        when=anywhere(
            _part(AppCalls.failed == True, at_least=percent(35), floor=100, within=minutes(5)),  # noqa: E712
            within=minutes(5),
        ),
        then=supports(SYNC_APP, STRONG, family="calls"),
        why="Of a hundred calls to an app 35 failed within five minutes.",
        revision=2,
        examples=(
            fires("35 of 100", said(APP_CALLS, 0, calls=65), _FAILED, for_=SHOP),
            silent("34 of 100", said(APP_CALLS, 0, calls=66), said(_FAILED, 60, calls=34)),
            silent("35 of 99", said(APP_CALLS, 0, calls=64), _FAILED),
            silent("of two apps", said(APP_CALLS, 0, calls=65), said(_FAILED, 60, app="shipping")),
        ),
    ),
    Rule(
        "sync-app.slow",
        # More than one call in twenty is what the 95th percentile says, and of few calls surely more.
        when=anywhere(
            _part(AppCalls.latency_ms >= 5_000, at_least=permille(51), floor=20, within=minutes(10)),
            within=minutes(10),
        ),
        then=supports(SYNC_APP, STRONG, family="latency"),
        why="More than one call in twenty to an app took five seconds.",
        revision=4,
        examples=(
            fires("3 of 20", said(APP_CALLS, 0, calls=17), _SLOW, for_=SHOP),
            fires("11 of 200", said(APP_CALLS, 0, calls=189), said(_SLOW, 60, calls=11), for_=SHOP),
            silent("2 of 20", said(APP_CALLS, 0, calls=18), said(_SLOW, 60, calls=2)),
            silent("10 of 200", said(APP_CALLS, 0, calls=190), said(_SLOW, 60, calls=10)),
            silent("3 of 19", said(APP_CALLS, 0, calls=16), _SLOW),
            silent("quicker", said(APP_CALLS, 0, calls=17), said(_SLOW, 60, latency_ms=4_999)),
        ),
    ),
    Rule(
        "sync-app.checkout-slow",
        when=_latency >= 3 * usual_of(_latency),
        then=supports(SYNC_APP, MEDIUM, family="checkout"),
        why="Changes of a checkout take three times as long as usual.",
        examples=(
            fires("900 for 300", *usual(2, CHECKOUT_CALLS), *burst(5, said(_CHECKOUT, NOW)), for_=SHOP),
            silent("899 for 300", *usual(2, CHECKOUT_CALLS), *burst(5, said(_CHECKOUT, NOW, latency_ms=899))),
        ),
    ),
    Rule(
        "sync-app.flaps",
        when=anywhere(_FLAPS, within=minutes(30)),
        then=supports(SYNC_APP, WEAK, family="breaker"),
        why="A breaker opened three times within half an hour, in full or by half.",
        examples=(
            fires("three times", *burst(3, said(BREAKER, 0, state="half_open")), for_=SHOP),
            silent("twice", *burst(2, said(BREAKER, 0, state="half_open"))),
        ),
    ),
    Rule(
        "sync-app.watches",
        # One that acts beside it, as production's does beside staging's, is not explained by it.
        when=mostly(_BREAKERS, Breaker.dry_run == True, at_least=percent(100), floor=1, within=minutes(30)),  # noqa: E712
        then=refutes(SYNC_APP, 150, family="dry-run"),
        why="The breaker only watches and stops nothing.",
        revision=2,
        examples=(
            fires("watches", said(BREAKER, 0, dry_run=True), for_=SHOP),
            silent("one acts", BREAKER, said(BREAKER, 60, dry_run=True)),
            silent("acts", BREAKER),
        ),
    ),
)
