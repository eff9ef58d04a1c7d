"""The catalogue as the storefront sees it."""

from __future__ import annotations

from typing import Any

from ...expressions import Pred, days, hours, minutes, percent
from ...models import Severity
from ...models.signal import MerchantId
from ...rules import (
    MEDIUM,
    STRONG,
    WEAK,
    IssueKind,
    Rule,
    SeverityScale,
    before,
    fires,
    on,
    refutes,
    silent,
    supports,
)
from .catalogue_signals import CatalogueItem, CatalogueRun
from .operations_signals import LogLine
from .references import cited
from .responses import dashboard, draft_reply, notify, report
from .shop_witnesses import still
from .signals import Fulfilment, HttpRequest
from .specimens import SHOP, burst, error, page, request, ticket
from .specimens_operations import CATALOGUE_RUN, CHANGE, ITEM, LOG, RETURNED, said
from .witnesses import changed, coded_error, tickets

__all__ = ["ID_MAPPING", "RULES", "UNPUBLISHED"]

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
    harm="The hidden articles cannot be sold; graver the more of the revenue they usually bring.",
    sources=cited("SAL-CO", "J"),
    causes=(
        "search_index_lag",
        "shipping_methods_missing",
    ),
    lag=hours(24),
    about=(
        "catalogue",
        "product",
    ),
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
    related=(
        "order_export_stalled",
        "seo_redirect_404_spike",
        "catalogue_not_published_to_channel",
        "analytics_pixel_loss",
    ),
    harm="Adding to the cart fails, or buyers receive the wrong article, which is the graver of the two.",
    sources=cited("MED-4117", "JSBUY-474", "MED-9863", "BC-ORDC"),
    causes=("order_export_stalled",),
    lag=hours(4),
    about=("product",),
)

_SHOPPER: Pred[HttpRequest] = HttpRequest.bot == False  # noqa: E712
_PRODUCTS = on(
    HttpRequest, HttpRequest.route_class == "pdp", _SHOPPER, per=HttpRequest.merchant, weight=HttpRequest.requests
)
_CART_WRITES = on(
    HttpRequest,
    HttpRequest.route_class == "cart",
    HttpRequest.method.one_of("POST", "PUT", "PATCH"),
    _SHOPPER,
    per=HttpRequest.merchant,
    weight=HttpRequest.requests,
)
_ACTIVE = on(CatalogueItem, CatalogueItem.active == True, per=CatalogueItem.merchant)  # noqa: E712
_MISSING = on(LogLine, LogLine.features.has("code.cart.variant_missing"), per=LogLine.merchant, weight=LogLine.lines)
_in_collections = on(CatalogueRun, per=CatalogueRun.merchant).latest(CatalogueRun.in_collections, max_age=days(1))

_UNKNOWN = said(LOG, 0, "code.cart.variant_missing")
_LOST = said(ITEM, mapped=False)
_HIDDEN = said(ITEM, in_channel=False)
_FEWER = said(CATALOGUE_RUN, in_collections=80)


def _unknown_for(quarters: int) -> tuple[LogLine, ...]:
    return tuple(said(_UNKNOWN, 900 * n + 60, lines=5) for n in range(quarters))


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
            HttpRequest,
            HttpRequest.route_class == "pdp",
            _SHOPPER,
            HttpRequest.status == 404,
            per=HttpRequest.merchant,
            weight=HttpRequest.requests,
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
        "id-mapping.log",
        when=_MISSING.at_least(10, within=minutes(30))
        & (
            _MISSING.count(within=minutes(30)).per(_CART_WRITES.count(within=minutes(30)), floor=50, bound="wilson")
            >= percent(2)
        ),
        then=supports(ID_MAPPING, STRONG, family="logs"),
        why="Ten times in half an hour, and for 2 % of the cart's changes, a variant did not exist.",
        examples=(
            fires("10 of 100", *burst(100, request()), said(_UNKNOWN, 100, lines=10), for_=SHOP),
            silent("9 of 100", *burst(100, request()), said(_UNKNOWN, 100, lines=9)),
            silent("10 of 501", *burst(501, request()), said(_UNKNOWN, 501, lines=10)),
        ),
    ),
    Rule(
        "id-mapping.log-few-carts",
        # Where browsers change carts at the platform, the own log sees few of them. One shopper's dead line is no
        # mapping, and nobody tries it for an hour.
        when=_MISSING.at_least(10, within=minutes(30))
        & _MISSING.holds(4, of=4, every=minutes(15))
        & still(_MISSING.count(within=minutes(30)) >= percent(2) * _CART_WRITES.count(within=minutes(30)))
        & (_CART_WRITES.different(HttpRequest.visitor, within=minutes(30)) >= 5),
        then=supports(ID_MAPPING, STRONG, family="logs"),
        why="For an hour, and for 2 % of the cart's changes, a variant did not exist while five shopped.",
        examples=(
            fires("for an hour", *_unknown_for(4), *burst(5, request(3_500), visitor="v"), said(LOG, 3_660), for_=SHOP),
            silent("less", *_unknown_for(3), *burst(5, request(2_600), visitor="v"), said(LOG, 2_760)),
            silent("one shopper", *_unknown_for(4), *burst(5, request(3_500, visitor="v")), said(LOG, 3_660)),
            silent("few of many", *_unknown_for(4), *burst(801, request(2_800), visitor="v"), said(LOG, 3_660)),
        ),
    ),
    Rule(
        "id-mapping.reconciliation",
        when=_ACTIVE.share(CatalogueItem.mapped == False, at_least=percent(1), floor=50, within=minutes(30)),  # noqa: E712
        then=supports(ID_MAPPING, STRONG, family="comparison"),
        why="Of the active articles 1 % have no id in the other system, or more than one.",
        examples=(
            fires("1 of 100", *burst(99, ITEM), said(ITEM, 100, mapped=False), for_=SHOP),
            silent("1 of 101", *burst(100, ITEM), said(ITEM, 100, mapped=False)),
        ),
    ),
    Rule(
        "id-mapping.old-links",
        when=on(
            HttpRequest,
            HttpRequest.status == 404,
            HttpRequest.features.has("link.legacy_id"),
            _SHOPPER,
            per=HttpRequest.merchant,
            weight=HttpRequest.requests,
        ).at_least(50, within=minutes(60)),
        then=supports(ID_MAPPING, MEDIUM, family="links"),
        why="Fifty links with ids of the old shop were not found within an hour.",
        examples=(
            fires("fifty", *burst(50, page(0, 404, features=frozenset({"link.legacy_id"}))), for_=SHOP),
            silent("49", *burst(49, page(0, 404, features=frozenset({"link.legacy_id"})))),
        ),
    ),
    Rule(
        "id-mapping.ticket",
        when=tickets("mentions.wrong_item", people=1, within=hours(24)),
        then=supports(ID_MAPPING, WEAK, family="tickets"),
        why="Somebody wrote that the article is not the one that they chose.",
        examples=(
            fires("says so", ticket(0, "mentions.wrong_item"), for_=SHOP),
            silent("it lost its way", ticket(0, "intent.login")),
        ),
    ),
    Rule(
        "id-mapping.wrong-item-shipped",
        when=on(Fulfilment, Fulfilment.reason == "wrong_item", per=Fulfilment.merchant),
        then=supports(ID_MAPPING, WEAK, family="returns", severity=Severity.SEV2),
        why="A wrong article was shipped.",
        lasts=hours(24),
        examples=(
            fires("shipped", said(RETURNED), for_=SHOP),
            silent("another reason", said(RETURNED, reason="size")),
        ),
    ),
    Rule(
        "id-mapping.deleted",
        when=on(CatalogueItem, CatalogueItem.mapped == False, per=CatalogueItem.merchant).share(  # noqa: E712
            CatalogueItem.deleted == True,  # noqa: E712
            at_least=percent(90),
            floor=5,
            within=minutes(30),
            bound="plain",
        ),
        then=refutes(ID_MAPPING, 60, family="deleted"),
        why="Nearly all ids without a counterpart belong to articles that were deleted.",
        examples=(
            fires("9 of 10", said(_LOST), *burst(9, said(_LOST, 60, deleted=True)), for_=SHOP),
            silent("8 of 9", said(_LOST), *burst(8, said(_LOST, 60, deleted=True))),
        ),
    ),
    Rule(
        "unpublished.comparison",
        when=_ACTIVE.share(CatalogueItem.in_channel == False, at_least=percent(2), floor=50, within=minutes(30)),  # noqa: E712
        then=supports(UNPUBLISHED, STRONG, family="comparison"),
        why="Of the active articles 2 % are not given by the channel's own API.",
        examples=(
            fires("2 of 100", *burst(98, ITEM), *burst(2, said(_HIDDEN, 100)), for_=SHOP),
            silent("1 of 100", *burst(99, ITEM), said(_HIDDEN, 100)),
        ),
    ),
    Rule(
        "unpublished.sales",
        when=on(
            CatalogueItem,
            CatalogueItem.active == True,  # noqa: E712
            CatalogueItem.in_channel == False,  # noqa: E712
            per=CatalogueItem.merchant,
        ).total(CatalogueItem.sales_permille, within=minutes(10))
        >= 100,
        then=supports(UNPUBLISHED, STRONG, family="comparison", severity=Severity.SEV2),
        why="Articles that make a tenth of the sales are not given by the channel's own API.",
        examples=(
            fires("a tenth", *burst(2, said(_HIDDEN, 0, sales_permille=50)), for_=SHOP),
            silent("less", *burst(2, said(_HIDDEN, 0, sales_permille=49))),
        ),
    ),
    Rule(
        "unpublished.known-pages",
        when=on(
            HttpRequest,
            HttpRequest.route_class == "pdp",
            HttpRequest.status == 404,
            HttpRequest.features.has("page.known_handle"),
            _SHOPPER,
            per=HttpRequest.merchant,
            weight=HttpRequest.requests,
        ).at_least(20, within=minutes(60)),
        then=supports(UNPUBLISHED, MEDIUM, family="http"),
        why="Twenty pages of products that exist were not found within an hour.",
        examples=(
            fires("twenty", *burst(20, page(0, 404, features=frozenset({"page.known_handle"}))), for_=SHOP),
            silent("19", *burst(19, page(0, 404, features=frozenset({"page.known_handle"})))),
        ),
    ),
    Rule(
        "unpublished.collections",
        when=_in_collections <= percent(80) * _in_collections.baseline(before(changed("cutover"), within=days(14))),
        then=supports(UNPUBLISHED, WEAK, family="collections"),
        why="Collections hold a fifth fewer products than before the cutover.",
        examples=(
            fires("80 of 100", CATALOGUE_RUN, said(CHANGE, 60, what="cutover"), said(_FEWER, 90), for_=SHOP),
            silent("81 of 100", CATALOGUE_RUN, said(CHANGE, 60, what="cutover"), said(_FEWER, 90, in_collections=81)),
        ),
    ),
    Rule(
        "unpublished.exclusive",
        when=on(
            CatalogueItem,
            CatalogueItem.active == True,  # noqa: E712
            CatalogueItem.in_channel == False,  # noqa: E712
            per=CatalogueItem.merchant,
        ).share(
            CatalogueItem.exclusive == True,  # noqa: E712
            at_least=percent(90),
            floor=2,
            within=minutes(30),
            bound="plain",
        ),
        then=refutes(UNPUBLISHED, 150, family="exclusive"),
        why="Nearly all of the articles that cannot be seen are meant for another channel.",
        examples=(
            fires("9 of 10", said(_HIDDEN), *burst(9, said(_HIDDEN, 60, exclusive=True)), for_=SHOP),
            silent("8 of 9", said(_HIDDEN), *burst(8, said(_HIDDEN, 60, exclusive=True))),
        ),
    ),
)
