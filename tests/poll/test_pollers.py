"""No answer makes a poller raise: it is a list, or there is a reason why not."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from migro.poll import (
    Answer,
    BigCommerceInventory,
    BigCommerceOrders,
    BigCommerceSubscriptions,
    JsonList,
    Poller,
    ShopifyInventory,
    ShopifyOrders,
    ShopifySubscriptions,
)
from tests.effort import cases
from tests.poll.platform import NOW
from tests.poll.shop import SHOP, STORE

POLLERS: list[Poller] = [
    *(made(endpoint="mugs", shop=SHOP) for made in (ShopifyOrders, ShopifyInventory, ShopifySubscriptions)),
    *(
        made(endpoint="cups", store=STORE, size=1)
        for made in (BigCommerceOrders, BigCommerceInventory, BigCommerceSubscriptions)
    ),
    JsonList(source="x", endpoint="x", kind="x", path="/x", items="data"),
]
NAMES = st.sampled_from(
    "data orders nodes edges node pageInfo hasNextPage endCursor errors message extensions code cost throttleStatus "
    "requestedQueryCost currentlyAvailable maximumAvailable restoreRate inventoryItems webhookSubscriptions meta "
    "pagination current_page total_pages identity locations scope destination id status_id date_created "
    "date_modified updatedAt".split()
)
VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-2, 10**19)
    | st.sampled_from(["", "x", "2026-03-01T09:00:00Z", "Sun, 01 Mar 2026 10:00:00 +0000", "THROTTLED", 10**400]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=5),
    max_leaves=30,
)
POSITIONS = st.dictionaries(
    st.sampled_from(["after", "since", "newest", "page", "next", "etag"]),
    st.sampled_from(["1", "x", "2026-03-01T09:00:00+00:00", ""]),
)


def answer_of(body: Any) -> Answer:
    return Answer(status=200, headers={}, raw=json.dumps(body).encode())


@settings(max_examples=cases(150))
@given(st.sampled_from(POLLERS), VALUES, POSITIONS)
def test_whatever_is_answered_there_is_a_page_or_a_reason(poller: Poller, body: Any, position: dict[str, str]) -> None:
    judged, page = poller.judge(position, answer_of(body), NOW)

    assert (page is None) == (judged.trouble is not None)
    assert poller.ask(position if page is None else page.position).path


@given(st.sampled_from(POLLERS), st.binary(max_size=30), st.sampled_from([200, 204, 206, 304, 404, 418, 429, 503]))
def test_whatever_bytes_are_answered_there_is_a_page_or_a_reason(poller: Poller, raw: bytes, status: int) -> None:
    judged, page = poller.judge({}, Answer(status=status, headers={}, raw=raw), NOW)

    assert (page is None) == (judged.trouble is not None)


@pytest.mark.parametrize("poller", POLLERS, ids=lambda p: p.source)
def test_a_poller_that_has_read_nothing_knows_what_to_ask(poller: Poller) -> None:
    asked = poller.ask(poller.start(NOW))

    assert asked.path.startswith("/")
    assert "None" not in json.dumps([dict(asked.params), asked.json])


def test_a_page_that_leads_nowhere_is_no_page() -> None:
    for after, cursor in ((None, None), ("c", "c"), (None, "")):
        body = {"data": {"orders": {"nodes": [], "pageInfo": {"hasNextPage": True, "endCursor": cursor}}}}
        judged, _ = POLLERS[0].judge({"after": after} if after else {}, answer_of(body), NOW)

        assert judged.trouble is not None
        assert "expected a cursor that goes on" in judged.trouble.reason


@pytest.mark.parametrize(
    ("pagination", "reason"),
    [({}, "expected the number of pages"), ({"total_pages": 3, "current_page": 2}, "expected page 1, got another")],
)
def test_pages_are_counted_and_not_believed(pagination: dict[str, int], reason: str) -> None:
    judged, _ = POLLERS[4].judge({}, answer_of({"data": [], "meta": {"pagination": pagination}}), NOW)

    assert judged.trouble is not None
    assert reason in judged.trouble.reason


def test_an_error_beside_data_is_no_answer() -> None:
    page = {"nodes": [], "pageInfo": {"hasNextPage": False}}
    errors = [
        {"message": "Internal error. Looks like something went wrong", "extensions": {"code": "INTERNAL_SERVER_ERROR"}}
    ]

    judged, _ = POLLERS[0].judge({}, answer_of({"data": {"orders": page}, "errors": errors}), NOW)

    assert judged.trouble is not None
    assert (judged.trouble.again, judged.trouble.kind) == (True, "shopify_graphql_error")


def test_a_cursor_that_tells_of_people_is_followed_and_not_stored() -> None:
    told = base64.b64encode(json.dumps({"last_id": 7, "last_value": "Ann Doe"}).encode()).decode()
    plain = base64.b64encode(json.dumps({"last_id": 7, "last_value": "2026-03-01 09:00:00"}).encode()).decode()
    orders = ShopifyOrders(endpoint="mugs", shop=SHOP)

    assert orders.kept({"since": "2026-03-01T09:00:00+00:00", "after": told}) == {"since": "2026-03-01T09:00:00+00:00"}
    assert orders.kept({"after": plain}) == {"after": plain}
