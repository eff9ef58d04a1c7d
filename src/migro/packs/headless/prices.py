"""Prices and currencies: what is shown and what is charged."""

from __future__ import annotations

from typing import Any

from ...expressions import Pred, hours, minutes, percent
from ...models import Severity
from ...models.signal import MerchantId
from ...rules import MEDIUM, STRONG, WEAK, IssueKind, Rule, SeverityScale, fires, on, refutes, silent, supports
from .catalogue_signals import PriceItem, SessionMarket
from .references import cited
from .responses import draft_reply, notify, operators, refresh_cache, report
from .shop_witnesses import two_polls
from .signals import Order
from .specimens import SHOP, burst, order, ticket
from .specimens_operations import CHANGE, NOW, PRICE, SESSIONS, STOCK_RUN, said, usual
from .stakes import impact_on
from .witnesses import changed, tickets, usual_of

__all__ = ["MARKET", "PRICE_MISMATCH", "RULES"]

PRICE_MISMATCH = IssueKind[MerchantId](
    "price_mismatch_storefront_checkout",
    category="data_sync",
    title="The price shown differs from the price charged",
    what="A stale page, another price list or rounding shows a price that checkout does not know.",
    severity=SeverityScale(default=Severity.SEV3),
    impact=impact_on("cart", percent(30)),
    responses=(
        *operators("articles, price shown and charged, country and group"),
        refresh_cache("pages of the articles"),
        draft_reply(
            "Some products show a price that differs from checkout. We refreshed their pages and changed no price; the"
            " list is attached."
        ),
    ),
    human_only=("change prices", "decide which price to honour"),
    false_positives="Taxes, currencies and customer groups: compare only what was read for the same of each.",
    related=("stale_page_cache", "currency_market_mismatch", "indexer_stuck", "tax_calculation_failure"),
    harm=(
        "Either margin is lost or buyers feel cheated; graver when more is charged than was shown, which can be"
        " unlawful."
    ),
    sources=cited("HYD-2388", "MAG-14817", "VC-1239", "MED-5185"),
    about=(
        "price",
        "product",
    ),
)

MARKET = IssueKind[MerchantId](
    "currency_market_mismatch",
    category="data_sync",
    title="Currencies or countries are mixed on the way to checkout",
    what="Queries of products or cart leave out the country, so they fall back to the shop's own currency.",
    severity=SeverityScale(default=Severity.SEV3),
    impact=impact_on("cart", percent(15)),
    responses=(
        notify("operators"),
        report("sessions by country and currency, and where the two part"),
        draft_reply(
            "For some countries your storefront shows one currency and the cart uses another. A note for your developer"
            " is attached."
        ),
    ),
    human_only=("change market settings", "pass the country in the code"),
    false_positives="A country does not always imply a currency: the market's settings decide.",
    related=("price_mismatch_storefront_checkout", "tax_calculation_failure"),
    harm="Shoppers from abroad leave, or are refunded; graver where the currency charged is not the one shown.",
    sources=cited("HYD-1807", "HYD-1361", "HYD-1136", "HYDV1-33"),
    causes=("price_mismatch_storefront_checkout",),
    lag=hours(4),
    about=("price",),
)

_SAMPLE = on(PriceItem, per=PriceItem.merchant)
_OTHER: Pred[PriceItem] = abs(PriceItem.shown_minor - PriceItem.charged_minor) > 1
_MORE: Pred[PriceItem] = PriceItem.charged_minor - PriceItem.shown_minor > 1
_TAX: Pred[PriceItem] = PriceItem.tax_ratio == True  # noqa: E712
_SESSIONS = on(SessionMarket, per=SessionMarket.merchant, weight=SessionMarket.sessions)
_MIXED = on(SessionMarket, SessionMarket.currencies >= 2, per=SessionMarket.merchant, weight=SessionMarket.sessions)
_ORDERS = on(Order, Order.topic == "order.created", per=Order.merchant)
# How much the currency that most orders have makes of them: it moves when the mix does.
_mix = _ORDERS.top(Order.currency, within=hours(24)).per(_ORDERS.count(within=hours(24)), floor=20)
_usual_mix = usual_of(_ORDERS.top(Order.currency, within=hours(1)).per(_ORDERS.count(within=hours(1))))

_DEARER = said(PRICE, 100, charged_minor=6_290)
_CHEAPER = said(PRICE, 100, charged_minor=5_690)

_AT_HOME = said(SESSIONS, page_country="DE", cart_country="DE")
_ABROAD = said(SESSIONS, page_country="DE", cart_country="US")
_EURO = order(0, currency="EUR")
_DOLLAR = order(NOW, currency="USD")


def _twice(few: int, odd: PriceItem, apart: int = 900) -> tuple[Any, ...]:
    late = int((odd.occurred_at - PRICE.occurred_at).total_seconds())
    first = (*burst(100 - few, said(PRICE, 30), sku="s"), *burst(few, odd, sku="o"))
    then = (*burst(100 - few, said(PRICE, apart + 30), sku="s"), *burst(few, said(odd, apart + late), sku="o"))
    return (*first, *then, said(STOCK_RUN, 2 * apart + 60))


RULES: tuple[Rule[Any], ...] = (
    Rule(
        "price.sample",
        when=two_polls(_SAMPLE, _OTHER, at_least=percent(2), floor=50),
        then=supports(PRICE_MISMATCH, STRONG, family="comparison"),
        why="In two polls the price of 2 % of the articles was another on the page than in the cart.",
        revision=2,
        examples=(
            fires("2 of 100", *_twice(2, _CHEAPER), for_=SHOP),
            fires("those that differ are read first", *_twice(2, said(_CHEAPER, 20)), for_=SHOP),
            silent("1 of 100", *_twice(1, _CHEAPER)),
            silent("a rounded cent", *_twice(2, said(PRICE, 100, charged_minor=5_991))),
        ),
    ),
    Rule(
        "price.charged-more",
        when=two_polls(_SAMPLE, _MORE, at_least=percent(2), floor=50),
        then=supports(PRICE_MISMATCH, STRONG, family="comparison", severity=Severity.SEV2),
        why="In two polls 2 % of the articles were charged more than their page shows.",
        revision=2,
        examples=(
            fires("2 of 100", *_twice(2, _DEARER), for_=SHOP),
            silent("charged less", *_twice(2, _CHEAPER)),
        ),
    ),
    Rule(
        "price.sample-hourly",
        when=two_polls(_SAMPLE, _OTHER, at_least=percent(2), floor=50, every=hours(1)),
        then=supports(PRICE_MISMATCH, STRONG, family="comparison"),
        why="In two polls an hour apart the price of 2 % of the articles was another on the page than in the cart.",
        examples=(
            fires("2 of 100", *_twice(2, _CHEAPER, apart=3_600), for_=SHOP),
            silent("1 of 100", *_twice(1, _CHEAPER, apart=3_600)),
            silent("once", *_twice(2, _CHEAPER, apart=3_600)[:100], said(STOCK_RUN, 7_260)),
        ),
    ),
    Rule(
        "price.charged-more-hourly",
        when=two_polls(_SAMPLE, _MORE, at_least=percent(2), floor=50, every=hours(1)),
        then=supports(PRICE_MISMATCH, STRONG, family="comparison", severity=Severity.SEV2),
        why="In two polls an hour apart 2 % of the articles were charged more than their page shows.",
        examples=(
            fires("2 of 100", *_twice(2, _DEARER, apart=3_600), for_=SHOP),
            silent("charged less", *_twice(2, _CHEAPER, apart=3_600)),
        ),
    ),
    Rule(
        "price.subtotal-moves",
        when=_SESSIONS.share(
            SessionMarket.subtotal_moved_permille >= 10, at_least=percent(5), floor=20, within=minutes(60)
        ),
        then=supports(PRICE_MISMATCH, MEDIUM, family="sessions"),
        why="In 5 % of the sessions the sum moved by 1 % between cart and checkout.",
        examples=(
            fires(
                "5 of 100",
                said(SESSIONS, 0, sessions=95, subtotal_moved_permille=0),
                said(SESSIONS, 60, sessions=5, subtotal_moved_permille=10),
                for_=SHOP,
            ),
            silent(
                "4 of 100",
                said(SESSIONS, 0, sessions=96, subtotal_moved_permille=0),
                said(SESSIONS, 60, sessions=4, subtotal_moved_permille=10),
            ),
            silent(
                "less than 1 %",
                said(SESSIONS, 0, sessions=95, subtotal_moved_permille=0),
                said(SESSIONS, 60, sessions=5, subtotal_moved_permille=9),
            ),
        ),
    ),
    Rule(
        "price.tickets",
        when=tickets("intent.wrong_price", people=2, within=hours(2)),
        then=supports(PRICE_MISMATCH, WEAK, family="tickets"),
        why="Two people wrote about a wrong price within two hours.",
        examples=(
            fires("two", *burst(2, ticket(0, "intent.wrong_price"), requester="p"), for_=SHOP),
            silent("one", ticket(0, "intent.wrong_price")),
        ),
    ),
    Rule(
        "price.promotion",
        when=changed("promotion"),
        then=refutes(PRICE_MISMATCH, 150, family="promotion"),
        why="A promotion began or ended while prices were compared.",
        lasts=minutes(30),
        examples=(
            fires("began", said(CHANGE, what="promotion"), for_=SHOP),
            silent("half an hour ago", said(CHANGE, what="promotion"), said(PRICE, 1_801)),
        ),
    ),
    Rule(
        "price.tax",
        when=on(PriceItem, _OTHER, per=PriceItem.merchant)
        .share(_TAX, at_least=percent(100), floor=2, within=minutes(30), bound="plain")
        .unless(on(PriceItem, _OTHER, ~_TAX, per=PriceItem.merchant)),
        then=refutes(PRICE_MISMATCH, 150, family="tax"),
        why="All differences are exactly the tax.",
        examples=(
            fires("two", *burst(2, said(_DEARER, 0, tax_ratio=True)), for_=SHOP),
            silent("one is not", said(_DEARER), *burst(2, said(_DEARER, 60, tax_ratio=True))),
        ),
    ),
    Rule(
        "market.mixed",
        when=_SESSIONS.share(SessionMarket.currencies >= 2, at_least=percent(2), floor=50, within=minutes(60)),
        then=supports(MARKET, STRONG, family="sessions"),
        why="In 2 % of the sessions product page, cart and checkout had two currencies.",
        examples=(
            fires("2 of 100", said(SESSIONS, 0, sessions=98), said(SESSIONS, 60, sessions=2, currencies=2), for_=SHOP),
            silent("1 of 100", said(SESSIONS, 0, sessions=99), said(SESSIONS, 60, sessions=1, currencies=2)),
            silent(
                "2 of 50 can be chance", said(SESSIONS, 0, sessions=48), said(SESSIONS, 60, sessions=2, currencies=2)
            ),
        ),
    ),
    Rule(
        "market.charged-other",
        when=_SESSIONS.share(
            SessionMarket.charged_other.present(),
            SessionMarket.charged_other == True,  # noqa: E712
            at_least=percent(2),
            floor=50,
            within=minutes(60),
        ),
        then=supports(MARKET, STRONG, family="sessions", severity=Severity.SEV2),
        why="In 2 % of the sessions another currency was charged than shown.",
        revision=2,
        examples=(
            fires(
                "2 of 100",
                said(SESSIONS, 0, sessions=98, charged_other=False),
                said(SESSIONS, 60, sessions=2, charged_other=True),
                for_=SHOP,
            ),
            silent(
                "1 of 100",
                said(SESSIONS, 0, sessions=99, charged_other=False),
                said(SESSIONS, 60, sessions=1, charged_other=True),
            ),
            silent("shown only", said(SESSIONS, 0, sessions=98), said(SESSIONS, 60, sessions=2, currencies=2)),
            silent(
                "told only where it was",
                said(SESSIONS, 0, sessions=4_950),
                said(SESSIONS, 60, sessions=50, charged_other=True),
            ),
        ),
    ),
    Rule(
        "market.countries",
        when=_SESSIONS.share(
            SessionMarket.cart_country != SessionMarket.page_country,
            at_least=percent(5),
            floor=50,
            within=minutes(60),
        ),
        then=supports(MARKET, MEDIUM, family="countries"),
        why="In 5 % of the sessions the cart is for another country than the page.",
        examples=(
            fires("5 of 100", said(_AT_HOME, 0, sessions=95), said(_ABROAD, 60, sessions=5), for_=SHOP),
            silent("4 of 100", said(_AT_HOME, 0, sessions=96), said(_ABROAD, 60, sessions=4)),
        ),
    ),
    Rule(
        "market.mix-shifts",
        when=abs(_mix - _usual_mix) >= percent(30),
        then=supports(MARKET, MEDIUM, family="orders"),
        why="The share of orders in the currency that most have moved by 30 points.",
        examples=(
            fires("all to 70 %", *usual(12, _EURO), *burst(31, _DOLLAR), for_=SHOP),
            silent("all to 71 %", *usual(12, _EURO), *burst(29, _DOLLAR)),
        ),
    ),
    Rule(
        "market.tickets",
        when=tickets("intent.wrong_currency", people=1, within=hours(24)),
        then=supports(MARKET, WEAK, family="tickets"),
        why="Somebody wrote about a wrong currency.",
        examples=(
            fires("says so", ticket(0, "intent.wrong_currency"), for_=SHOP),
            silent("the price", ticket(0, "intent.wrong_price")),
        ),
    ),
    Rule(
        "market.switched",
        when=_MIXED.share(
            SessionMarket.switched == True,  # noqa: E712
            at_least=percent(50),
            floor=2,
            within=minutes(60),
            bound="plain",
        ),
        then=refutes(MARKET, 60, family="travel"),
        why="Half of the sessions with two currencies switched on purpose, or travel.",
        examples=(
            fires(
                "1 of 2", said(SESSIONS, 0, currencies=2), said(SESSIONS, 60, currencies=2, switched=True), for_=SHOP
            ),
            silent(
                "1 of 3",
                said(SESSIONS, 0, sessions=2, currencies=2),
                said(SESSIONS, 60, currencies=2, switched=True),
            ),
        ),
    ),
)
