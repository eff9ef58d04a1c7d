"""Delivery and tax: checkouts that offer no way to ship, and taxes that are zero, wrong or fail."""

from __future__ import annotations

from typing import Any

from ...expressions import Pred, fact, hours, minutes, percent
from ...models import Severity
from ...models.signal import MerchantId
from ...rules import (
    MEDIUM,
    STRONG,
    WEAK,
    IssueKind,
    Rule,
    SeverityScale,
    fires,
    known,
    on,
    refutes,
    silent,
    supports,
)
from .check_signals import TaxSample
from .operations_signals import AppCalls
from .references import cited
from .responses import dashboard, draft_reply, notify, operators, report
from .shop_witnesses import NEW_ORDERS, mostly, short_of
from .signals import Order
from .specimens import SHOP, burst, error, order, ticket
from .specimens_operations import APP_CALLS, BREAKER, LOG, said
from .specimens_shop import SETUP, STEPS, TAX, weekly
from .stakes import impact_on
from .storefront_signals import DeliverySteps, ShopSetup
from .sync_apps import SYNC_APP
from .witnesses import coded_error, logged, tickets

__all__ = ["NO_SHIPPING", "RULES", "WRONG_TAX"]

NO_SHIPPING = IssueKind[MerchantId](
    "shipping_methods_missing",
    category="checkout",
    title="Checkout offers no way to ship",
    what="Zones, rates, carriers or weights did not come along with the move, so checkout ends at delivery.",
    severity=SeverityScale(default=Severity.SEV3),
    impact=impact_on("delivery", percent(60)),
    responses=(
        *operators("table of countries and shipping methods, old shop beside new"),
        draft_reply(
            "Your checkout offers no shipping method for some countries since {first_seen}. The new channel has no zone"
            " or rate that fits; the comparison with your old shop is attached."
        ),
    ),
    human_only=("change zones or rates", "change carrier accounts"),
    false_positives="Some countries are not delivered to on purpose; goods to download or to collect need no method.",
    related=("tax_calculation_failure", "catalogue_not_published_to_channel", "sync_app_timeout_or_circuit_open"),
    harm="Shoppers of the countries without a method cannot finish; grave when the home market is among them.",
    sources=cited("SAL-CO", "SAL-SYNC"),
)

WRONG_TAX = IssueKind[MerchantId](
    "tax_calculation_failure",
    category="checkout",
    title="Taxes are zero, wrong or keep checkout from ending",
    what="The tax app fails or is not set up for the new channel, so orders carry no tax or checkout fails.",
    severity=SeverityScale(default=Severity.SEV2),
    responses=(
        notify("finance"),
        report("ids and totals of sampled orders, no addresses"),
        dashboard(),
        draft_reply(
            "Orders in your shop carry no tax since {first_seen} although tax is due. Please hold automatic invoices"
            " back until somebody responsible for finance has looked at the sample."
        ),
    ),
    human_only=("change tax settings", "correct invoices"),
    false_positives="Showing prices with or without tax changes what is seen, not the total; one cent is rounding.",
    related=("sync_app_timeout_or_circuit_open", "price_mismatch_storefront_checkout", "currency_market_mismatch"),
    harm=(
        "Tax that was not charged is still owed, and invoices have to be put right; a failing tax app blocks"
        " checkouts as well."
    ),
    sources=cited("SAL-SYNC", "SAL-CB", "J"),
    causes=("checkout_server_error_spike",),
)

_NONE: Pred[DeliverySteps] = DeliverySteps.methods == 0
_AT_DELIVERY = on(DeliverySteps, per=DeliverySteps.merchant, weight=DeliverySteps.steps)
_STUCK = on(DeliverySteps, _NONE, per=DeliverySteps.merchant, weight=DeliverySteps.steps)
_SERVED: Pred[DeliverySteps] = DeliverySteps.country.among(fact(ShopSetup.served_countries))
_STUCK_SERVED = on(
    DeliverySteps,
    _NONE,
    _SERVED,
    per=DeliverySteps.merchant,
    weight=DeliverySteps.steps,
)
_NO_TAX: Pred[Order] = (Order.tax_minor == 0) & Order.country.among(fact(ShopSetup.taxed_countries))
_UNTAXED = on(Order, Order.topic == "order.created", _NO_TAX, per=Order.merchant)
_UNTAXED_SHARE = _UNTAXED.count(within=minutes(60)).per(NEW_ORDERS.count(within=minutes(60)), floor=10)
_TAX_APP = on(AppCalls, AppCalls.app == "tax", per=AppCalls.merchant, weight=AppCalls.calls)

_EMPTY: dict[str, Any] = {"methods": 0}
_ZERO: dict[str, Any] = {"tax_minor": 0, "country": "DE"}
_TAXED: dict[str, Any] = {"tax_minor": 190, "country": "DE"}
_SET_UP = said(
    SETUP,
    -60,
    home_country="DE",
    served_countries=frozenset({"DE", "FR"}),
    taxed_countries=frozenset({"DE", "FR"}),
)

RULES: tuple[Rule[Any], ...] = (
    Rule(
        "shipping.no-methods",
        when=_AT_DELIVERY.share(_NONE, at_least=percent(5), floor=10, within=minutes(60)),
        then=supports(NO_SHIPPING, STRONG, family="checkout"),
        why="At least 5 % of checkouts that reached delivery were offered no method within an hour.",
        examples=(
            fires("5 of 100", said(STEPS, 0, steps=95), said(STEPS, 1, steps=5, **_EMPTY), for_=SHOP),
            silent("4 of 100", said(STEPS, 0, steps=96), said(STEPS, 1, steps=4, **_EMPTY)),
            silent("nine checkouts", said(STEPS, 0, steps=9, **_EMPTY)),
        ),
    ),
    Rule(
        "shipping.home-market",
        when=on(
            DeliverySteps,
            DeliverySteps.country == fact(ShopSetup.home_country),
            per=DeliverySteps.merchant,
            weight=DeliverySteps.steps,
        ).share(_NONE, at_least=percent(5), floor=10, within=minutes(60)),
        then=supports(NO_SHIPPING, STRONG, family="checkout", severity=Severity.SEV2),
        why="At least 5 % of checkouts to the home market were offered no method within an hour.",
        examples=(
            fires("5 of 100", _SET_UP, said(STEPS, 0, steps=95), said(STEPS, 1, steps=5, **_EMPTY), for_=SHOP),
            silent(
                "abroad",
                _SET_UP,
                said(STEPS, 0, steps=95, country="FR"),
                said(STEPS, 1, steps=5, country="FR", **_EMPTY),
            ),
        ),
    ),
    Rule(
        "shipping.log",
        when=logged("code.checkout.shipping", lines=5, within=minutes(30)),
        then=supports(NO_SHIPPING, MEDIUM, family="error-tracker"),
        why="A log told five times within half an hour of missing methods or of a carrier that does not answer.",
        examples=(
            fires("five lines", said(LOG, 0, "code.checkout.shipping", lines=5), for_=SHOP),
            silent("four lines", said(LOG, 0, "code.checkout.shipping", lines=4)),
        ),
    ),
    Rule(
        "shipping.error",
        when=coded_error("checkout.shipping", events=5, users=5),
        then=supports(NO_SHIPPING, MEDIUM, family="error-tracker"),
        why="The storefront reports five times that a shipping method does not apply.",
        examples=(
            fires("five", error(0, code="checkout.shipping", events=5), for_=SHOP),
            silent("four", error(0, code="checkout.shipping", events=4)),
        ),
    ),
    Rule(
        "shipping.one-country",
        when=_STUCK_SERVED.top(DeliverySteps.country, within=minutes(60)).per(_STUCK.count(within=minutes(60)), floor=5)
        >= percent(80),
        then=supports(NO_SHIPPING, MEDIUM, family="country"),
        why="At least 80 % of it concerns one country that the old shop delivered to.",
        examples=(
            fires(
                "8 of 10",
                _SET_UP,
                said(STEPS, 0, steps=2, country="FR", **_EMPTY),
                said(STEPS, 1, steps=8, **_EMPTY),
                for_=SHOP,
            ),
            silent(
                "7 of 10", _SET_UP, said(STEPS, 0, steps=3, country="FR", **_EMPTY), said(STEPS, 1, steps=7, **_EMPTY)
            ),
            silent("never delivered to", _SET_UP, said(STEPS, 0, steps=10, country="NZ", **_EMPTY)),
        ),
    ),
    Rule(
        "shipping.tickets",
        when=tickets("intent.no_shipping", people=1, within=hours(24)),
        then=supports(NO_SHIPPING, WEAK, family="tickets"),
        why="Somebody wrote that there is no way to ship.",
        examples=(
            fires("one", ticket(0, "intent.no_shipping"), for_=SHOP),
            silent("another matter", ticket(0, "intent.how_to")),
        ),
    ),
    Rule(
        "shipping.never-served",
        when=mostly(_STUCK, ~_SERVED, at_least=percent(90), floor=5, within=minutes(60)),
        then=refutes(NO_SHIPPING, 150, family="zones"),
        why="Nearly all of it concerns countries that the old shop did not deliver to either.",
        examples=(
            fires(
                "9 of 10",
                _SET_UP,
                said(STEPS, 0, steps=1, **_EMPTY),
                said(STEPS, 1, steps=9, country="NZ", **_EMPTY),
                for_=SHOP,
            ),
            silent(
                "8 of 10",
                _SET_UP,
                said(STEPS, 0, steps=2, **_EMPTY),
                said(STEPS, 1, steps=8, country="NZ", **_EMPTY),
            ),
        ),
    ),
    Rule(
        "tax.zero",
        # At most 2 % is usual; a tenth of the bound.
        when=NEW_ORDERS.share(_NO_TAX, at_least=percent(20), floor=10, within=minutes(60)).unless(
            short_of(_UNTAXED_SHARE, 10)
        ),
        then=supports(WRONG_TAX, STRONG, family="orders"),
        why="At least 20 % of orders within an hour carry no tax where tax is due, ten times the usual share.",
        examples=(
            fires("20 of 100", _SET_UP, *burst(80, order(0, **_TAXED)), *burst(20, order(90, **_ZERO)), for_=SHOP),
            silent("19 of 100", _SET_UP, *burst(81, order(0, **_TAXED)), *burst(19, order(90, **_ZERO))),
            silent(
                "as always",
                said(SETUP, -2_000_000, taxed_countries=frozenset({"DE"})),
                *weekly(*burst(90, order(0, **_TAXED)), *burst(10, order(90, **_ZERO))),
                *burst(80, order(0, **_TAXED)),
                *burst(20, order(90, **_ZERO)),
            ),
            silent("no tax is due", _SET_UP, *burst(20, order(0, tax_minor=0, country="US"))),
        ),
    ),
    Rule(
        "tax.app-fails",
        when=_TAX_APP.share(AppCalls.failed == True, at_least=percent(10), floor=20, within=minutes(10)),  # noqa: E712
        then=supports(WRONG_TAX, STRONG, family="app"),
        why="At least 10 % of the platform's calls to the tax app failed within ten minutes.",
        examples=(
            fires("10 of 100", said(APP_CALLS, 0, calls=90), said(APP_CALLS, 1, calls=10, failed=True), for_=SHOP),
            silent("9 of 100", said(APP_CALLS, 0, calls=91), said(APP_CALLS, 1, calls=9, failed=True)),
            silent(
                "another app",
                said(APP_CALLS, 0, calls=90, app="payment"),
                said(APP_CALLS, 1, calls=10, app="payment", failed=True),
            ),
        ),
    ),
    Rule(
        "tax.app-silent",
        when=known(SYNC_APP, at_least_points=STRONG),
        then=refutes(WRONG_TAX, 60, family="app-silent"),
        why="An app does not answer in time, which explains calls that fail; nothing says that taxes are wrong.",
        examples=(
            fires("does not answer", said(BREAKER, 0), for_=SHOP),
            silent("answers wrongly", said(APP_CALLS, 0, calls=90), said(APP_CALLS, 1, calls=10, failed=True)),
        ),
    ),
    Rule(
        "tax.differs",
        when=on(TaxSample, per=TaxSample.merchant).share(
            abs(TaxSample.shown_minor - TaxSample.charged_minor) > 2, at_least=percent(5), floor=20, within=hours(24)
        ),
        then=supports(WRONG_TAX, MEDIUM, family="samples"),
        why="In at least 5 % of sampled orders shown and charged tax differ by more than two cents.",
        examples=(
            fires("5 of 100", *burst(95, said(TAX, 0)), *burst(5, said(TAX, 100, charged_minor=1_897)), for_=SHOP),
            silent("4 of 100", *burst(96, said(TAX, 0)), *burst(4, said(TAX, 100, charged_minor=1_897))),
            silent("two cents", *burst(95, said(TAX, 0)), *burst(5, said(TAX, 100, charged_minor=1_898))),
        ),
    ),
    Rule(
        "tax.tickets",
        when=tickets("intent.tax", people=1, within=hours(24)),
        then=supports(WRONG_TAX, WEAK, family="tickets"),
        why="Somebody wrote that a tax is wrong or missing.",
        examples=(
            fires("one", ticket(0, "intent.tax"), for_=SHOP),
            silent("another matter", ticket(0, "intent.how_to")),
        ),
    ),
    Rule(
        "tax.exempt",
        when=mostly(_UNTAXED, Order.tax_exempt == True, at_least=percent(90), floor=5, within=minutes(60)),  # noqa: E712
        then=refutes(WRONG_TAX, 150, family="exempt"),
        why="Nearly all orders without tax are of customers or goods that are free of it.",
        examples=(
            fires(
                "9 of 10",
                _SET_UP,
                order(0, tax_exempt=False, **_ZERO),
                *burst(9, order(1, tax_exempt=True, **_ZERO)),
                for_=SHOP,
            ),
            silent(
                "8 of 10",
                _SET_UP,
                *burst(2, order(0, tax_exempt=False, **_ZERO)),
                *burst(8, order(9, tax_exempt=True, **_ZERO)),
            ),
        ),
    ),
)
