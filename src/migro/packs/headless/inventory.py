"""Stock: more sold than there is."""

from __future__ import annotations

from typing import Any

from ...expressions import Pred, days, fact, hours, minutes, percent
from ...models import Severity
from ...models.signal import MerchantId, Signal
from ...rules import (
    MEDIUM,
    STRONG,
    WEAK,
    Amounts,
    Exposure,
    IssueKind,
    Measure,
    Rule,
    SeverityScale,
    Timed,
    fires,
    greatest,
    holding,
    on,
    refutes,
    silent,
    supports,
)
from .expected import raised
from .operations_signals import LogLine
from .planning_signals import ShopMove
from .references import cited
from .responses import draft_reply, operators, refresh_cache
from .signals import Inventory, ShopProfile
from .specimens import SHOP, alert, burst, error, stock, ticket
from .specimens_operations import LOG, MOVE, NOW, START, STOCK_ITEM, STOCK_MOVE, at, said, usual
from .stakes import at_stake
from .sync_signals import StockItem, StockMove
from .witnesses import alerting, anywhere, coded_error, tickets, usual_of

__all__ = ["BOTH_SIDES", "OVERSELL", "RULES"]

_COUNTED = on(
    StockItem,
    StockItem.tracked == True,  # noqa: E712
    StockItem.may_go_below == False,  # noqa: E712
    per=StockItem.merchant,
)

OVERSELL = IssueKind[MerchantId](
    "oversell_race",
    category="inventory",
    title="More is sold than there is",
    what="Stock is checked before an order and reserved after it, or two channels sell the same pieces.",
    severity=SeverityScale(default=Severity.SEV2),
    impact=at_stake(
        Exposure(
            "oversold stock",
            amounts=Amounts(
                of=_COUNTED,
                amount=StockItem.price_minor,
                currency=fact(ShopProfile.currency),
                each=StockItem.sku,
                within=hours(24),
                pieces=StockItem.shop - StockItem.source,
                pace=StockItem.sold_7d,
            ),
        ),
    ),
    responses=(
        *operators("articles below zero, orders since they were last in stock"),
        refresh_cache("pdp of the articles"),
        draft_reply(
            "Some articles were sold more often than you have them. The report lists articles and orders; please decide"
            " whether to order more or to cancel. We have changed nothing."
        ),
    ),
    human_only=("stop a sale", "cancel or replace", "write to buyers", "correct stock"),
    false_positives="Articles made to order or sold ahead go below zero on purpose.",
    related=("inventory_drift", "domain_split_brain", "traffic_surge_capacity"),
    harm="Each buyer beyond stock has to be told; gravest with many pieces or an article of a campaign.",
    sources=cited("VEND-3508", "MAGINV-3030", "SAL-STOCK", "HYD-CHG"),
    about=("inventory",),
)

_BELOW_ZERO = on(Inventory, Inventory.available < 0, per=Inventory.merchant)
_COUNTED_BELOW = on(StockItem, StockItem.tracked == True, StockItem.shop < 0, per=StockItem.merchant)  # noqa: E712
_AHEAD: Pred[StockItem] = StockItem.may_go_below == True  # noqa: E712
_BY_SKU = (StockMove.merchant, StockMove.sku)
_short = (
    on(LogLine, LogLine.features.has("code.stock.insufficient"), per=LogLine.merchant, weight=LogLine.lines)
).count(within=hours(1))
BOTH_SIDES = on(StockMove, StockMove.sold_at >= fact(ShopMove.cutover_at), per=_BY_SKU).distinct(
    StockMove.platform_side, at_least=2, within=days(7)
)
"""An article was sold on the old and on the new platform since the cutover."""


def _oversold(*where: Pred[StockMove]) -> Measure[Any]:
    """
    Return by how many pieces the orders of ten minutes exceed what there was of an article.

    What was last known may shrink with every order; the most that was known in these ten minutes is from before them.
    """
    moves = on(StockMove, *where, per=_BY_SKU)
    return moves.total(StockMove.pieces, within=minutes(10)) - moves.quantile(
        percent(100), StockMove.last_known, within=minutes(10)
    )


_CUT = said(MOVE, cutover_at=START)
_SOLD = said(STOCK_MOVE, last_known=3)
_NO_STOCK = said(LOG, 0, "code.stock.insufficient")


def _sold_out(times: int) -> Timed[MerchantId]:
    return _short >= greatest(5, 5 * times * usual_of(_short))


def _lacking(n: int) -> tuple[Signal, ...]:
    return (*usual(2, _NO_STOCK), said(_NO_STOCK, NOW + 3_000, lines=n))


RULES: tuple[Rule[Any], ...] = (
    Rule(
        "oversell.below-zero",
        when=_BELOW_ZERO,
        then=supports(OVERSELL, MEDIUM, family="stock"),
        why="The stock of an article fell below zero.",
        lasts=hours(1),
        examples=(
            fires("-1", stock(0, -1), for_=SHOP),
            silent("0", stock(0, 0)),
        ),
    ),
    Rule(
        "oversell.several-below-zero",
        when=_BELOW_ZERO.distinct(Inventory.sku, at_least=2, within=hours(1)),
        then=supports(OVERSELL, STRONG, family="stock"),
        why="The stock of two articles fell below zero within an hour.",
        examples=(
            fires("two articles", stock(0, -1), stock(60, -1, sku="sku-2"), for_=SHOP),
            silent("one article twice", stock(0, -1), stock(60, -2)),
            silent("more than an hour apart", stock(0, -1), stock(3601, -1, sku="sku-2")),
        ),
    ),
    Rule(
        "oversell.confirmed",
        when=on(StockItem, StockItem.tracked == True, ~_AHEAD, StockItem.shop < 0, per=StockItem.merchant),  # noqa: E712
        then=supports(OVERSELL, STRONG, family="stock"),
        why="The platform itself says that the stock of an article that may not be sold ahead is below zero.",
        # It stays so until somebody orders more: that one poll is missing says nothing.
        lasts=hours(2),
        revision=2,
        examples=(
            fires("-1", said(STOCK_ITEM, shop=-1), for_=SHOP),
            silent("0", said(STOCK_ITEM, shop=0)),
            silent("may be sold ahead", said(STOCK_ITEM, shop=-1, may_go_below=True)),
        ),
    ),
    Rule(
        "oversell.two-articles",
        when=holding(_oversold() >= 1, per=StockMove.merchant, within=minutes(10)) >= 2,
        then=supports(OVERSELL, STRONG, family="orders"),
        why="The orders of ten minutes exceed what was last known of two articles.",
        examples=(
            fires("two", *burst(4, _SOLD), *burst(4, said(_SOLD, 9, sku="sku-2")), for_=SHOP),
            silent("one", *burst(4, _SOLD), *burst(3, said(_SOLD, 9, sku="sku-2"))),
        ),
    ),
    Rule(
        "oversell.five-pieces",
        when=anywhere(_oversold() >= 5, within=minutes(10)),
        then=supports(OVERSELL, STRONG, family="orders"),
        why="The orders of ten minutes exceed what was last known of an article by five pieces.",
        examples=(
            fires("8 of 3", *burst(8, _SOLD), for_=SHOP),
            silent("7 of 3", *burst(7, _SOLD)),
        ),
    ),
    Rule(
        "oversell.25-pieces",
        when=anywhere(_oversold() >= 25, within=minutes(10)),
        then=supports(OVERSELL, STRONG, family="orders", severity=Severity.SEV1),
        why="The orders of ten minutes exceed what was last known of an article by 25 pieces.",
        examples=(
            fires("28 of 3", *burst(28, _SOLD), for_=SHOP),
            silent("27 of 3", *burst(27, _SOLD)),
        ),
    ),
    Rule(
        "oversell.campaign",
        when=anywhere(_oversold(StockMove.campaign == True) >= 1, within=minutes(10)),  # noqa: E712
        then=supports(OVERSELL, STRONG, family="orders", severity=Severity.SEV1),
        why="The orders of ten minutes exceed what was last known of an article of a running campaign.",
        examples=(
            fires("4 of 3", *burst(4, said(_SOLD, 0, campaign=True)), for_=SHOP),
            silent("no campaign", *burst(4, _SOLD)),
        ),
    ),
    *raised(
        Rule(
            "oversell.errors-rise",
            when=_sold_out(1),
            then=supports(OVERSELL, MEDIUM, family="logs"),
            why="Orders fail for lack of stock five times as often as usual.",
            examples=(
                fires("10 for 2", *usual(2, _NO_STOCK), said(_NO_STOCK, NOW + 3_000, lines=10), for_=SHOP),
                silent("9 for 2", *usual(2, _NO_STOCK), said(_NO_STOCK, NOW + 3_000, lines=9)),
            ),
        ),
        _sold_out,
        _lacking,
        edge=10,
    ),
    Rule(
        "oversell.both-platforms",
        when=anywhere(BOTH_SIDES, within=days(7)),
        then=supports(OVERSELL, MEDIUM, family="two-platforms"),
        why="An article was sold on the old and on the new platform since the cutover.",
        examples=(
            fires("both", _CUT, said(STOCK_MOVE, 60), said(STOCK_MOVE, 90, platform_side="old"), for_=SHOP),
            silent("another article", _CUT, said(STOCK_MOVE, 60), said(STOCK_MOVE, 90, platform_side="old", sku="b")),
            silent(
                "before the cutover",
                said(MOVE, cutover_at=at(60)),
                said(STOCK_MOVE, 30),
                said(STOCK_MOVE, 90, platform_side="old", sold_at=at(90)),
            ),
        ),
    ),
    Rule(
        "oversell.sold-ahead",
        when=_COUNTED_BELOW.share(_AHEAD, at_least=percent(100), floor=1, within=hours(1), bound="plain").unless(
            _COUNTED_BELOW.fits(~_AHEAD)
        ),
        then=refutes(OVERSELL, 150, family="sold-ahead"),
        why="All articles below zero may be sold ahead or are made to order.",
        examples=(
            fires("all", said(STOCK_ITEM, shop=-1, may_go_below=True), for_=SHOP),
            silent("in stock", said(STOCK_ITEM, shop=0, may_go_below=True)),
            silent(
                "one may not",
                said(STOCK_ITEM, 0, shop=-1, sku="b"),
                said(STOCK_ITEM, 60, shop=-1, may_go_below=True),
            ),
        ),
    ),
    Rule(
        "oversell.error",
        when=coded_error("stock.insufficient", events=5, users=5),
        then=supports(OVERSELL, MEDIUM, family="error-tracker"),
        why="The storefront reports at least five orders without stock.",
        examples=(
            fires("five", error(0, code="stock.insufficient", events=5), for_=SHOP),
            silent("four", error(0, code="stock.insufficient", events=4)),
        ),
    ),
    Rule(
        "oversell.alert",
        when=alerting("(?i)oversell|oversold|negative.?stock|stock.*(negative|below)"),
        then=supports(OVERSELL, MEDIUM, family="alerts"),
        why="A monitor's alert about stock below zero is firing.",
        examples=(
            fires("by its name", alert(0, alertname="NegativeStock"), for_=SHOP),
            silent("something else", alert(0, alertname="DiskFull")),
        ),
    ),
    Rule(
        "oversell.tickets",
        when=tickets("intent.out_of_stock_after_order", people=2, within=minutes(120)),
        then=supports(OVERSELL, WEAK, family="tickets"),
        why="Two people wrote that what they ordered is sold out.",
        examples=(
            fires("two", *burst(2, ticket(0, "intent.out_of_stock_after_order"), requester="p"), for_=SHOP),
            silent("one", ticket(0, "intent.out_of_stock_after_order")),
        ),
    ),
)
