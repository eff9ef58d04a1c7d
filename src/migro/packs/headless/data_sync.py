"""The catalogue as the storefront sees it."""

from __future__ import annotations

from typing import Any

from ...expressions import Pred, hours, minutes, percent
from ...models import Severity
from ...models.signal import MerchantId
from ...rules import MEDIUM, STRONG, WEAK, IssueKind, Rule, SeverityScale, fires, on, silent, supports
from .responses import dashboard, draft_reply, notify, report
from .signals import HttpRequest
from .specimens import SHOP, alert, burst, error, page, request, ticket
from .witnesses import alerting, coded_error, tickets

__all__ = ["ID_MAPPING", "INDEXER", "RULES", "UNPUBLISHED"]

UNPUBLISHED = IssueKind[MerchantId](
    "catalogue_not_published_to_channel",
    category="data_sync",
    title="Products are not published to the headless channel",
    what="Products exist but are not assigned to the new sales channel or market, so the storefront gets nothing.",
    severity=SeverityScale(default=Severity.SEV3),
    responses=(
        notify("operators"),
        report("products asked for and not published"),
        dashboard(),
        draft_reply(
            "Some of your products are not assigned to the sales channel of the new storefront, so nobody can see them"
            " there. The list is attached; please publish those that are meant to be sold."
        ),
    ),
    human_only=("publish or assign products",),
    false_positives="Some products are meant for one channel only, or for a later date.",
    related=("inventory_location_mapping", "search_index_lag", "seo_redirect_404_spike"),
)

ID_MAPPING = IssueKind[MerchantId](
    "product_variant_id_mapping",
    category="data_sync",
    title="Ids of products or variants do not fit any more",
    what="The new platform gave new ids while carts, feeds or pages still use the old ones.",
    severity=SeverityScale(default=Severity.SEV3),
    responses=(
        notify("operators"),
        report("ids that are asked for and do not exist"),
        draft_reply(
            "Shoppers try to buy articles under ids that your new catalogue does not have. The report lists them; the"
            " mapping of old to new ids has gaps."
        ),
    ),
    human_only=("fix the mapping", "correct orders"),
    false_positives="Carts that live for weeks hold variants that were removed since.",
    related=("order_export_stalled", "seo_redirect_404_spike", "catalogue_not_published_to_channel"),
)

INDEXER = IssueKind[MerchantId](
    "indexer_stuck",
    category="data_sync",
    title="The platform's indexers stand still",
    what="Indexers stay invalid, so the storefront serves old prices, stock and search results.",
    severity=SeverityScale(default=Severity.SEV3),
    responses=(
        notify("operators"),
        report("indexers and since when they are invalid"),
        draft_reply(
            "The indexers of your platform stand still since {first_seen}, so the storefront shows older data. Please"
            " have cron and indexers looked at."
        ),
    ),
    human_only=("run an index", "repair cron"),
    false_positives="An indexer may call itself valid and still be hours behind.",
    related=("search_index_lag", "price_mismatch_storefront_checkout"),
)

_SHOPPER: Pred[HttpRequest] = HttpRequest.bot == False  # noqa: E712
_PRODUCTS = on(HttpRequest, HttpRequest.route_class == "pdp", _SHOPPER, per=HttpRequest.merchant)
_CART_WRITES = on(
    HttpRequest,
    HttpRequest.route_class == "cart",
    HttpRequest.method.one_of("POST", "PUT", "PATCH"),
    _SHOPPER,
    per=HttpRequest.merchant,
)

RULES: tuple[Rule[Any], ...] = (
    Rule(
        "unpublished.error",
        when=coded_error("channel.unpublished", events=20, users=10),
        then=supports(UNPUBLISHED, STRONG, family="error-tracker"),
        why="The platform said at least twenty times that a product is not in this channel.",
        examples=(
            fires("twenty", error(0, code="channel.unpublished", events=20), for_=SHOP),
            silent("nineteen", error(0, code="channel.unpublished", events=19, users=9)),
        ),
    ),
    Rule(
        "unpublished.product-404",
        when=on(
            HttpRequest, HttpRequest.route_class == "pdp", _SHOPPER, HttpRequest.status == 404, per=HttpRequest.merchant
        ).at_least(20, within=minutes(60))
        & _PRODUCTS.share(HttpRequest.status == 404, at_least=percent(5), floor=20, within=minutes(60)),
        then=supports(UNPUBLISHED, MEDIUM, family="http"),
        why="Twenty product pages, and at least 5 % of them, were not found within an hour.",
        examples=(
            fires("20 of 100", *burst(80, page()), *burst(20, page(90, 404)), for_=SHOP),
            silent("19 of 100", *burst(81, page()), *burst(19, page(90, 404))),
            silent("20 of 401", *burst(381, page()), *burst(20, page(400, 404))),
        ),
    ),
    Rule(
        "unpublished.tickets",
        when=tickets("intent.missing_product", people=2, within=hours(24)),
        then=supports(UNPUBLISHED, WEAK, family="tickets"),
        why="Two people wrote that a product is missing.",
        examples=(
            fires("two", *burst(2, ticket(0, "intent.missing_product"), requester="p"), for_=SHOP),
            silent("one", ticket(0, "intent.missing_product")),
        ),
    ),
    Rule(
        "id-mapping.error",
        when=coded_error("cart.variant_missing", events=10, users=5),
        then=supports(ID_MAPPING, STRONG, family="error-tracker"),
        why="Shoppers asked at least ten times for variants that do not exist.",
        examples=(
            fires("ten", error(0, code="cart.variant_missing", events=10), for_=SHOP),
            silent("nine", error(0, code="cart.variant_missing", events=9, users=4)),
        ),
    ),
    Rule(
        "id-mapping.refused-adds",
        when=_CART_WRITES.share(
            HttpRequest.status.one_of(400, 404, 422), at_least=percent(5), floor=50, within=minutes(30)
        ),
        then=supports(ID_MAPPING, MEDIUM, family="http"),
        why="At least 5 % of cart changes were refused as invalid within half an hour.",
        examples=(
            fires("6 of 50", *burst(44, request()), *burst(6, request(60, 422)), for_=SHOP),
            silent("5 of 50 can be chance", *burst(45, request()), *burst(5, request(60, 422))),
            silent("one request too few", *burst(43, request()), *burst(6, request(60, 422))),
        ),
    ),
    Rule(
        "indexer.error",
        when=coded_error("indexer", events=2, users=2),
        then=supports(INDEXER, MEDIUM, family="error-tracker"),
        why="The platform said twice that an index is invalid.",
        examples=(
            fires("twice", error(0, code="indexer", events=2), for_=SHOP),
            silent("once", error(0, code="indexer", events=1)),
        ),
    ),
    Rule(
        "indexer.alert",
        when=alerting("(?i)index(er)?.*(invalid|stuck|backlog|lag)|cron.*(stuck|missed|fail)"),
        then=supports(INDEXER, MEDIUM, family="alerts"),
        why="A monitor's alert about indexers or cron is firing.",
        examples=(
            fires("by its name", alert(0, alertname="IndexerBacklog"), for_=SHOP),
            silent("something else", alert(0, alertname="DiskFull")),
        ),
    ),
)
