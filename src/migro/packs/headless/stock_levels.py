"""Stock: what the storefront says there is, and what there is."""

from __future__ import annotations

from typing import Any

from ...expressions import Pred, days, fact, hours, minutes, percent, permille
from ...models import Severity
from ...models.signal import MerchantId
from ...rules import (
    MEDIUM,
    STRONG,
    WEAK,
    IssueKind,
    Measure,
    Rule,
    SeverityScale,
    Timed,
    before,
    fires,
    greatest,
    known,
    on,
    previous,
    refutes,
    silent,
    supports,
)
from .inventory import OVERSELL
from .planning_signals import ShopMove
from .references import cited
from .responses import draft_reply, notify, operators, recheck, refresh_cache, report
from .shop_witnesses import before_cutover, two_polls
from .signals import Fulfilment, HttpRequest, Order
from .specimens import SHOP, burst, order, page, ticket
from .specimens_operations import CHANGE, JOB, MOVE, NOW, RETURNED, STOCK_ITEM, STOCK_MOVE, STOCK_RUN, said, usual
from .stakes import impact_on
from .sync_signals import StockItem, StockRun
from .witnesses import REAL_ORDER, anywhere, changed, job_runs, tickets, usual_of

__all__ = ["DRIFT", "LOCATION", "RULES"]

DRIFT = IssueKind[MerchantId](
    "inventory_drift",
    category="inventory",
    title="Stock in the storefront differs from the source of truth",
    what="Events that came late or not at all, mappings of places, and bundles add up to figures that drift apart.",
    severity=SeverityScale(default=Severity.SEV3),
    responses=(
        *operators("articles that differ most, shop and source side by side"),
        recheck("inventory"),
        refresh_cache("pdp of the articles"),
        draft_reply(
            "Some articles show a stock that differs from your source of truth. We refreshed their pages and changed no"
            " figure. Please look through the attached list."
        ),
    ),
    human_only=("correct stock", "pause the sale of an article"),
    false_positives="Figures of two moments differ, safety stock is held back on purpose, and bundles share parts.",
    related=(
        "oversell_race",
        "webhook_subscription_removed",
        "webhook_out_of_order_write",
        "inventory_location_mapping",
        "stale_page_cache",
    ),
    harm=(
        "Orders that cannot be filled have to be cancelled; graver for best sellers and where much money could"
        " be sold beyond stock."
    ),
    sources=cited("SHOP-ABOUT", "BC-DELTA", "MED-11679", "J"),
    causes=("oversell_race",),
    lag=hours(24),
    about=("inventory",),
)

LOCATION = IssueKind[MerchantId](
    "inventory_location_mapping",
    category="inventory",
    title="Stock lies where the channel cannot sell it",
    what="After the move a place or channel is not linked, so articles look sold out although there are some.",
    severity=SeverityScale(default=Severity.SEV3),
    impact=impact_on("pdp", percent(2)),
    responses=(
        notify("operators"),
        report("places by channel, articles with stock that cannot be sold"),
        draft_reply(
            "Many articles look sold out since {first_seen} although you have them: the place where they lie is not"
            " linked to the sales channel of the new storefront. The list is attached."
        ),
    ),
    human_only=("change which place serves which channel",),
    false_positives="Places for pick-up only, and channels that are not open yet.",
    related=("inventory_drift", "catalogue_not_published_to_channel"),
    harm="Goods lie in stock and look sold out; graver the more of the revenue they usually bring.",
    sources=cited("SAL-STOCK", "BC-DELTA", "J"),
    causes=("inventory_drift",),
    lag=hours(24),
    about=("inventory",),
)

_apart = abs(StockItem.shop - StockItem.source)
_DIFFERS: Pred[StockItem] = (_apart > 2) & (_apart > StockItem.source.scaled(percent(5)))
_ITEMS = on(StockItem, per=StockItem.merchant)
_RUNS = on(StockRun, per=StockRun.merchant)
_FAR: Pred[StockRun] = (StockRun.explained.missing() & (StockRun.drifted >= StockRun.sampled.scaled(percent(2)))) | (
    StockRun.explained.present() & (StockRun.drifted - StockRun.explained >= StockRun.sampled.scaled(percent(2)))
)
_SMOOTH = _RUNS.smoothed(StockRun.drifted_per_10000, by=permille(300), samples=3, within=days(1))


def _sells_nothing(*where: Pred[StockItem]) -> Timed[Any]:
    """Hold for articles that the shop offered, without any, in two polls in a row."""
    sold: Pred[StockItem] = StockItem.sold_7d >= 1
    polled = on(StockItem, *where, per=(StockItem.merchant, StockItem.sku))
    return polled.fits(StockItem.shop > 0, StockItem.source <= 0, sold).runs(2, of=2, within=hours(2))


_ON_OFFER: Pred[StockItem] = (StockItem.published == True) & (StockItem.source > 0)  # noqa: E712
_OFFERED = on(StockItem, _ON_OFFER, per=StockItem.merchant)
_HIDDEN = on(StockItem, _ON_OFFER, StockItem.channel_sellable == 0, per=StockItem.merchant)
_hidden_share = _HIDDEN.count(within=hours(1)).per(_OFFERED.count(within=hours(1)), floor=50, bound="wilson")
_OFFERED_SALES = on(StockItem, _ON_OFFER, per=StockItem.merchant, weight=StockItem.sold_7d)
_SHOPPER: Pred[HttpRequest] = HttpRequest.bot == False  # noqa: E712
_VIEWS = on(
    HttpRequest, HttpRequest.route_class == "pdp", _SHOPPER, per=HttpRequest.merchant, weight=HttpRequest.requests
)
_SOLD_OUT = on(
    HttpRequest,
    HttpRequest.route_class == "pdp",
    _SHOPPER,
    HttpRequest.features.has("page.sold_out"),
    per=HttpRequest.merchant,
    weight=HttpRequest.requests,
)
_sold_out_share = _SOLD_OUT.count(within=hours(1)).per(_VIEWS.count(within=hours(1)), floor=20)
_STOCK = _ITEMS.total(StockItem.source, within=hours(1))

_HELD = on(
    Fulfilment,
    Fulfilment.reason.one_of("insufficient_inventory", "inventory_out_of_stock", "out_of_stock"),
    per=Fulfilment.merchant,
).different(Fulfilment.order_id, within=hours(24))
_CALLED_OFF = on(Order, Order.reason == "inventory", REAL_ORDER, per=Order.merchant).different(
    Order.order_id, within=hours(24)
)


def _ran_out(orders: Measure[MerchantId]) -> Timed[MerchantId]:
    """Hold when many more orders than before lack the goods that were sold."""
    return orders >= greatest(5, 5 * before_cutover(orders))


_OFF = said(STOCK_ITEM, shop=13, source=10)
_EMPTY = said(STOCK_ITEM, shop=2, source=0)
_THERE = said(STOCK_ITEM, published=True, channel_sellable=10)
_AWAY = said(STOCK_ITEM, NOW + 60, published=True, channel_sellable=0)
_CUT = said(CHANGE, NOW, what="cutover")
_GONE = page(NOW + 5_400, features=frozenset({"page.sold_out"}))


def _poll(seconds: int, differ: int, alike: int, shop: int = 13) -> tuple[StockItem, ...]:
    odd = burst(differ, said(_OFF, seconds + 200, shop=shop), sku="d")
    return (*burst(alike, said(STOCK_ITEM, seconds + 30), sku="s"), *odd)


def _trend(*shares: int) -> tuple[StockRun, ...]:
    return tuple(said(STOCK_RUN, 900 * i, drifted_per_10000=share) for i, share in enumerate(shares))


_BEFORE = said(_THERE, NOW - 900)
_NEW = said(_THERE, NOW + 3_600)
# One page in twelve says sold out, as a rule.
_VISITS = (*usual(55, page()), *usual(5, page(1, features=frozenset({"page.sold_out"}))))
_SAME = (said(STOCK_ITEM, NOW + 1_700), said(STOCK_ITEM, NOW + 5_390))
_LESS = (said(STOCK_ITEM, NOW + 1_700), said(STOCK_ITEM, NOW + 5_390, source=9))

_HOLD = said(RETURNED, 0, source_kind="platform_webhook", reason="inventory_out_of_stock")
_HOLD_BEFORE = (said(_HOLD, -90_000), said(CHANGE, -87_000, what="cutover"))
_NO_GOODS = order(0, topic="order.updated", reason="inventory")
_OFF_BEFORE = (order(-90_000, topic="order.updated", reason="inventory"), _HOLD_BEFORE[1])


def _held(n: int) -> tuple[Fulfilment, ...]:
    return burst(n, _HOLD, order_id="h")


RULES: tuple[Rule[Any], ...] = (
    Rule(
        "stock-drift.share",
        when=two_polls(_ITEMS, _DIFFERS, at_least=percent(2), floor=50),
        then=supports(DRIFT, STRONG, family="comparison"),
        why="In two polls a quarter of an hour apart, 2 % of the articles differ by three pieces and 5 %.",
        revision=2,
        examples=(
            fires("2 of 100 twice", *_poll(0, 2, 98), *_poll(900, 2, 98), said(STOCK_RUN, 1_860), for_=SHOP),
            silent("1 of 100", *_poll(0, 2, 98), *_poll(900, 1, 99), said(STOCK_RUN, 1_860)),
            silent("once", *_poll(900, 2, 98), said(STOCK_RUN, 1_860)),
            silent("two pieces", *_poll(0, 2, 98, shop=12), *_poll(900, 2, 98, shop=12), said(STOCK_RUN, 1_860)),
        ),
    ),
    Rule(
        "stock-drift.run-share",
        when=_RUNS.fits(StockRun.sampled >= 100, _FAR).runs(2, of=2, within=hours(2)),
        then=supports(DRIFT, STRONG, family="comparison"),
        why="Two runs in a row found that 2 % of a hundred or more articles differ and no open order explains it.",
        examples=(
            fires("2 % twice", *burst(2, said(STOCK_RUN, 0, drifted=2), every=900), for_=SHOP),
            silent("once", said(STOCK_RUN, 0), said(STOCK_RUN, 900, drifted=2)),
            silent("one is explained", *burst(2, said(STOCK_RUN, 0, drifted=2, explained=1), every=900)),
            silent("of 99", *burst(2, said(STOCK_RUN, 0, sampled=99, drifted=2), every=900)),
        ),
    ),
    Rule(
        "stock-drift.sells-nothing",
        when=anywhere(_sells_nothing(), within=hours(2)),
        then=supports(DRIFT, STRONG, family="comparison"),
        why="Two polls found an article on offer that was sold of late and that nobody has.",
        examples=(
            fires("twice", _EMPTY, said(_EMPTY, 900), for_=SHOP),
            silent("once", said(STOCK_ITEM), said(_EMPTY, 900)),
            silent("not sold of late", *(said(_EMPTY, t, sold_7d=0) for t in (0, 900))),
            silent("one is left", *(said(_EMPTY, t, source=1) for t in (0, 900))),
        ),
    ),
    Rule(
        "stock-drift.best-seller",
        when=anywhere(_sells_nothing(StockItem.top_seller == True), within=hours(2)),  # noqa: E712
        then=supports(DRIFT, STRONG, family="comparison", severity=Severity.SEV2),
        why="Two polls found one of the articles that sell best on offer although nobody has it.",
        examples=(
            fires("twice", *(said(_EMPTY, t, top_seller=True) for t in (0, 900)), for_=SHOP),
            silent("a slow one", _EMPTY, said(_EMPTY, 900)),
        ),
    ),
    Rule(
        "stock-drift.exposure",
        when=100 * _RUNS.latest(StockRun.exposure_minor, max_age=hours(2)) >= fact(ShopMove.daily_revenue_minor),
        then=supports(DRIFT, MEDIUM, family="exposure", severity=Severity.SEV2),
        why="What could be oversold is worth 1 % of a day's revenue.",
        examples=(
            fires("1 %", said(MOVE, daily_revenue_minor=10_000), said(STOCK_RUN, 60, exposure_minor=100), for_=SHOP),
            silent("less", said(MOVE, daily_revenue_minor=10_000), said(STOCK_RUN, 60, exposure_minor=99)),
        ),
    ),
    Rule(
        "stock-drift.grows",
        when=_SMOOTH.rising(samples=6) & (_RUNS.latest(StockRun.drifted_per_10000, max_age=hours(2)) >= 100),
        then=supports(DRIFT, MEDIUM, family="trend"),
        why="The share of articles that differ has risen for six polls and has reached 1 %.",
        examples=(
            fires("to 1 %", *_trend(30, 40, 50, 60, 70, 80, 90, 100), for_=SHOP),
            silent("to 0.99 %", *_trend(30, 40, 50, 60, 70, 80, 90, 99)),
            silent("falls once", *_trend(30, 40, 50, 60, 70, 20, 90, 100)),
        ),
    ),
    Rule(
        "stock-drift.held-back",
        when=_ran_out(_HELD) & ~known(OVERSELL, at_least_points=STRONG),
        then=supports(DRIFT, STRONG, family="orders"),
        why="Five orders of a day, and five times as many as before, wait for goods that no warehouse has.",
        examples=(
            fires("5 for 1", *_HOLD_BEFORE, *_held(5), for_=SHOP),
            silent("4 for 1", *_HOLD_BEFORE, *_held(4)),
            silent("5 for 2", *_HOLD_BEFORE, said(_HOLD, -89_000, order_id="o2"), *_held(5)),
            silent("one order five times", *_HOLD_BEFORE, *burst(5, _HOLD)),
            silent(
                "for another reason", *_HOLD_BEFORE, *burst(5, said(_HOLD, reason="incorrect_address"), order_id="h")
            ),
            silent("sold by several at once", *_HOLD_BEFORE, *_held(5), said(STOCK_MOVE, 60, pieces=5, last_known=0)),
        ),
    ),
    Rule(
        "stock-drift.called-off",
        when=_ran_out(_CALLED_OFF) & ~known(OVERSELL, at_least_points=STRONG),
        then=supports(DRIFT, STRONG, family="orders"),
        why="Five orders of a day, and five times as many as before, were called off for want of goods.",
        examples=(
            fires("5 for 1", *_OFF_BEFORE, *burst(5, _NO_GOODS, order_id="c"), for_=SHOP),
            silent("4 for 1", *_OFF_BEFORE, *burst(4, _NO_GOODS, order_id="c")),
            silent("shoppers changed their minds", *burst(5, order(0, topic="order.updated", reason="customer"))),
        ),
    ),
    Rule(
        "stock-drift.tickets",
        when=tickets("intent.out_of_stock_after_order", people=1, within=hours(24)),
        then=supports(DRIFT, WEAK, family="tickets"),
        why="Somebody wrote that what they ordered is sold out.",
        examples=(
            fires("says so", ticket(0, "intent.out_of_stock_after_order"), for_=SHOP),
            silent("it cannot log in", ticket(0, "intent.login")),
        ),
    ),
    Rule(
        "stock-drift.reserved",
        when=on(StockItem, _DIFFERS, per=StockItem.merchant).share(
            _apart <= StockItem.reserved, at_least=percent(90), floor=2, within=minutes(30), bound="plain"
        ),
        then=refutes(DRIFT, 150, family="reserved"),
        why="Open orders explain nine of ten differences.",
        examples=(
            fires("all", *burst(9, said(_OFF, 0, reserved=3), sku="r"), said(_OFF, 60, reserved=0, sku="o"), for_=SHOP),
            silent("8 of 9", *burst(8, said(_OFF, 60, reserved=3), sku="r"), said(_OFF, 0, reserved=2, sku="o")),
        ),
    ),
    Rule(
        "stock-drift.sync-runs",
        when=job_runs("stock_sync", within=hours(1)),
        then=refutes(DRIFT, 60, family="job"),
        why="A job that compares and corrects stock is running.",
        examples=(
            fires("runs", JOB, for_=SHOP),
            silent("is done", JOB, said(JOB, 60, running=False)),
        ),
    ),
    Rule(
        "stock-place.share",
        when=(_hidden_share >= percent(5))
        & (_hidden_share.baseline(before(changed("cutover"), within=days(14))) <= percent(1)).holds(
            1, of=1, every=minutes(15)
        ),
        then=supports(LOCATION, STRONG, family="comparison"),
        why="Of the articles with stock 5 % cannot be sold in the channel; before the cutover it was 1 % at most.",
        examples=(
            fires(
                "5 of 100", *burst(100, _BEFORE), _CUT, *burst(95, _NEW), *burst(5, said(_AWAY, NOW + 3_700)), for_=SHOP
            ),
            silent("4 of 100", *burst(100, _BEFORE), _CUT, *burst(96, _NEW), *burst(4, said(_AWAY, NOW + 3_700))),
            silent(
                "it was so before",
                *burst(98, _BEFORE),
                *burst(2, said(_AWAY, NOW - 900)),
                _CUT,
                *burst(95, _NEW),
                *burst(5, said(_AWAY, NOW + 3_700)),
            ),
        ),
    ),
    Rule(
        # Without a comparison from before the cutover the share alone counts one class less.
        "stock-place.share-alone",
        when=_hidden_share >= percent(5),
        then=supports(LOCATION, MEDIUM, family="comparison"),
        why="Of the articles with stock 5 % cannot be sold in the channel.",
        examples=(
            fires("5 of 100", *burst(95, _THERE), *burst(5, said(_AWAY, 95)), for_=SHOP),
            silent("4 of 100", *burst(96, _THERE), *burst(4, said(_AWAY, 96))),
            silent("49 articles", *burst(49, said(_AWAY, 90))),
        ),
    ),
    Rule(
        "stock-place.sales",
        when=_OFFERED_SALES.share(StockItem.channel_sellable == 0, at_least=percent(20), floor=50, within=hours(1)),
        then=supports(LOCATION, STRONG, family="comparison", severity=Severity.SEV2),
        why="Articles that make a fifth of the pieces sold cannot be sold in the channel although there are some.",
        examples=(
            fires("100 of 500", *burst(80, _THERE), *burst(20, said(_AWAY, 90)), for_=SHOP),
            silent("95 of 500", *burst(81, _THERE), *burst(19, said(_AWAY, 90))),
        ),
    ),
    Rule(
        "stock-place.sold-out-pages",
        # Three times nothing is nothing.
        when=(_sold_out_share >= 3 * usual_of(_sold_out_share))
        & _SOLD_OUT.at_least(5, within=hours(1))
        & (abs(_STOCK - _STOCK.baseline(previous())) <= percent(5) * _STOCK),
        then=supports(LOCATION, MEDIUM, family="pages"),
        why="Three times as many product pages as usual say sold out, and there is as much stock as before.",
        revision=2,
        examples=(
            fires("15 of 60 for 5", *_VISITS, *_SAME, *burst(45, page(NOW + 3_700)), *burst(15, _GONE), for_=SHOP),
            silent("14 of 60 for 5", *_VISITS, *_SAME, *burst(46, page(NOW + 3_700)), *burst(14, _GONE)),
            silent("no page says so", *usual(55, page()), *_SAME, *burst(60, page(NOW + 3_700))),
            silent("less stock", *_VISITS, *_LESS, *burst(45, page(NOW + 3_700)), *burst(15, _GONE)),
        ),
    ),
    Rule(
        "stock-place.tickets",
        when=tickets("mentions.all_sold_out", people=1, within=hours(24)),
        then=supports(LOCATION, WEAK, family="tickets"),
        why="Somebody wrote that everything is sold out.",
        examples=(
            fires("says so", ticket(0, "mentions.all_sold_out"), for_=SHOP),
            silent("one article", ticket(0, "intent.out_of_stock_after_order")),
        ),
    ),
    Rule(
        "stock-place.closed",
        when=changed("location_closed"),
        then=refutes(LOCATION, 150, family="audit"),
        why="An audit log says that somebody closed a place on purpose.",
        lasts=days(2),
        examples=(
            fires("closed", said(CHANGE, what="location_closed"), for_=SHOP),
            silent("another change", CHANGE),
        ),
    ),
)
