"""Stock: more sold than there is."""

from __future__ import annotations

from typing import Any

from ...expressions import hours, minutes
from ...models import Severity
from ...models.signal import MerchantId
from ...rules import MEDIUM, STRONG, WEAK, IssueKind, Rule, SeverityScale, fires, on, silent, supports
from .responses import draft_reply, operators, refresh_cache
from .signals import Inventory
from .specimens import SHOP, alert, burst, error, stock, ticket
from .witnesses import alerting, coded_error, tickets

__all__ = ["OVERSELL", "RULES"]

OVERSELL = IssueKind[MerchantId](
    "oversell_race",
    category="inventory",
    title="More is sold than there is",
    what="Stock is checked before an order and reserved after it, or two channels sell the same pieces.",
    severity=SeverityScale(default=Severity.SEV2),
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
)

_BELOW_ZERO = on(Inventory, Inventory.available < 0, per=Inventory.merchant)

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
