"""A list of any REST API is read page by page, and not sent again while nothing has changed."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from migro.errors import InputError
from migro.poll import JsonList, Resource
from migro.poll.asking import Answer
from tests.poll.platform import NOW, Platform
from tests.poll.shop import SHOP, numbers, polling, shopify, stored

ORDERS = JsonList(
    source="orders",
    endpoint="mugs",
    kind="shopify_poll",
    path="/orders.json",
    params={"limit": "2"},
    items="orders",
    about=SHOP,
    sent={"X-Shopify-Shop-Domain": SHOP},
)


def answer(link: str = "", **headers: str) -> Answer:
    return Answer(status=200, headers={"link": link, **headers})


def test_pages_are_followed_by_link_and_stay_at_the_address_that_was_asked(platform: Platform, address: str) -> None:
    for number in range(5):
        platform.place(number, -600 + number)
    asking = polling(Resource(poller=ORDERS, via=shopify(address)))

    (run,) = asking.poll_once(NOW)

    assert (run.result, run.pages) == ("ok", 3)
    assert numbers(stored(asking.memory)) == list(range(5))
    assert [path for _, path, _, _, _ in platform.asked] == ["/admin/api/2026-07/orders.json"] * 3


def test_a_list_of_one_page_is_sent_once(platform: Platform, address: str) -> None:
    platform.place(1, -600)
    memory = polling(Resource(poller=ORDERS, via=shopify(address))).memory
    results = []
    for step in range(3):
        asking = polling(Resource(poller=ORDERS, via=shopify(address)), to=memory)
        results += [run.result for run in asking.poll_once(NOW + timedelta(hours=step))]
        if step == 1:
            platform.place(2, 10)

    assert results == ["ok", "unchanged", "ok"]
    assert numbers(stored(memory)) == [1, 2]
    assert [headers.get("if-none-match") is not None for _, _, _, headers, _ in platform.asked] == [False, True, True]
    assert [s.metrics["events"] for s in stored(memory, "source.heartbeat")] == [1, 0, 2]


@pytest.mark.parametrize(
    ("link", "following"),
    [
        ("", None),
        ('<https://x.example/a?page=2>; rel="next"', "page=2"),
        ('<https://x.example/a?page=1>; rel="prev", <https://x.example/a?page=3>; rel="next"', "page=3"),
        ("<https://x.example/a?p=2>; rel=next", "p=2"),
        ('<https://x.example/a?p=2>; title="the next one"; rel="last"', None),
        ('<https://x.example/a?p=2>; rel="last next"', "p=2"),
        ('<https://x.example/a>; rel="next"', None),
        ('<http://[>; rel="next"', None),
        ("nonsense", None),
    ],
)
def test_the_next_page_is_found_in_every_spelling(link: str, following: str | None) -> None:
    page = ORDERS.page({}, {"orders": []}, answer(link))

    assert (page.more, page.position.get("next")) == (following is not None, following)


@pytest.mark.parametrize("body", [{"orders": {}}, {}, [], "x"])
def test_what_is_no_list_is_refused_in_words(body: Any) -> None:
    with pytest.raises(InputError, match=r"expected a list, got .* - at orders"):
        ORDERS.page({}, body, answer())


def test_a_page_that_leads_to_itself_is_refused() -> None:
    with pytest.raises(InputError, match="expected a next page, got the same again"):
        ORDERS.page({"next": "p=2"}, {"orders": []}, answer('<https://x.example/?p=2>; rel="next"'))


def test_a_list_may_be_the_whole_answer() -> None:
    whole = JsonList(source="x", endpoint="x", kind="x", path="/x")

    assert whole.page({}, [1, 2], answer()).items == 2
    assert whole.page({}, None, answer()).items == 0
