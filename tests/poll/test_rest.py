"""A list of any REST API is read page by page, and not sent again while nothing has changed."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qsl

import httpx2
import pytest

from migro.errors import InputError
from migro.poll import Caller, JsonList, Polling, Resource
from migro.poll.asking import Answer
from migro.ports import Memory
from migro.remember import VolatileMemory
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


# --- positions ---------------------------------------------------------------------------------------------------

HUSH = "tok_0123456789abcdef"
MAIL = "ann%40mail.example"
SIGNALS = JsonList(
    source="oms",
    endpoint="cups",
    kind="host_signal",
    path="/o",
    params={"api_key": HUSH, "email": "ann@mail.example", "limit": "2"},
)


def asking_of(answer_to: Callable[[httpx2.Request], httpx2.Response], memory: Memory, **more: Any) -> Polling:
    client = httpx2.Client(transport=httpx2.MockTransport(answer_to))
    via = Caller("https://x.example", client=client, tries=1)
    poller = more.pop("poller", SIGNALS)
    return polling(Resource(poller=poller, via=via, **more), to=memory)


def packed(data: Any) -> str:
    """Return what platforms make cursors of: JSON, or plain text, as Base64 for addresses."""
    text = data if isinstance(data, str) else json.dumps(data)
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def pages_of(seen: list[dict[str, str]], query: str = "cursor=c{}", most: int = 3) -> Callable[..., httpx2.Response]:
    """Return what answers with pages that are counted, and repeats in ``Link`` everything that it was asked with."""

    def answer_to(request: httpx2.Request) -> httpx2.Response:
        asked = dict(request.url.params)
        seen.append(asked)
        name, _, _ = query.partition("=")
        number = int(asked.get(name, "c0").lstrip("c")) + 1
        if number >= most:
            return httpx2.Response(200, json=[])
        link = f'<https://x.example/o?api_key={HUSH}&email={MAIL}&limit=2&{query.format(number)}>; rel="next"'
        return httpx2.Response(200, json=[], headers={"Link": link})

    return answer_to


def test_another_process_goes_on_from_a_position_without_credentials_and_people() -> None:
    seen: list[dict[str, str]] = []
    memory = VolatileMemory()
    for _ in range(3):
        asking_of(pages_of(seen), memory, most_pages=1).poll_once(NOW)

    assert [asked.get("cursor") for asked in seen] == [None, "c1", "c2"]
    assert [(asked["api_key"], asked["email"]) for asked in seen] == [(HUSH, "ann@mail.example")] * 3
    text = "".join(s.json_line() for s in stored(memory))
    assert "cursor=c1" in text
    assert [word for word in (HUSH, "ann", "mail.example") if word in text] == []


def test_a_cursor_without_a_known_name_is_followed_and_not_stored() -> None:
    seen: list[dict[str, str]] = []
    memory = VolatileMemory()
    asking = asking_of(pages_of(seen, "odd={}"), memory, most_pages=2)
    asking.poll_once(NOW)
    asking.poll_once(NOW)
    asking_of(pages_of(seen, "odd={}", most=9), memory, most_pages=2).poll_once(NOW + timedelta(hours=1))
    asking_of(pages_of(seen, "odd={}", most=9), memory, most_pages=1).poll_once(NOW + timedelta(hours=2))

    assert [asked.get("odd") for asked in seen] == [None, "1", "2", None, "1", None]
    assert "odd" not in "".join(s.json_line() for s in stored(memory))


@pytest.mark.parametrize(
    ("following", "kept"),
    [
        ("page=2", "page=2"),
        ("page=2&per_page=50&token=abc1&q=Doe", "page=2&per_page=50"),
        ("Page_Info=eyJsYXN0X2lkIjo0NX0&limit=2", "Page_Info=eyJsYXN0X2lkIjo0NX0&limit=2"),
        ("since=2026-03-01T09:00:00Z", "since=2026-03-01T09%3A00%3A00Z"),
        ("since=2026-03-01T09:00:00%2B01:00", "since=2026-03-01T09%3A00%3A00%2B01%3A00"),
        ("cursor=c1&mine=a", "cursor=c1&mine="),
        ("cursor=c1&mine=b", None),  # it may be the cursor
        ("after=ann%40mail.example", None),
        ("after=YW5uMUBtYWlsLmV4YW1wbGU", None),  # an address in Base64
        ("after=" + packed({"last_id": 45, "last_value": "2026-03-01 09:00:00"}), "="),
        ("after=" + packed({"last_id": 45, "last_value": "Ann Doe"}), None),
        ("after=" + packed(packed(["Ann Doe", 45])), None),
        ("after=" + packed("user:45"), "="),
        ("after=Doe", None),
        ("after=Ann+Doe+7", None),
        ("after=", None),
        ("token=abc1", None),
        ("nonsense", None),
    ],
)
def test_of_a_next_page_only_what_says_nothing_else_is_kept(following: str, kept: str | None) -> None:
    poller = JsonList(source="x", endpoint="x", kind="x", path="/x", params={"mine": "a"})
    position = poller.kept({"next": following})
    kept = following if kept == "=" else kept

    assert position == ({"next": kept} if kept is not None else {})
    assert poller.kept(position) == position
    if kept is not None:
        told = dict(parse_qsl(following))
        assert all(told[name] == value for name, value in poller.ask(position).params.items())


def test_who_says_so_stores_other_cursors_or_none() -> None:
    named = JsonList(source="x", endpoint="x", kind="x", path="/x", cursors=frozenset({"odd"}))
    none = JsonList(source="x", endpoint="x", kind="x", path="/x", cursors=frozenset())

    assert named.kept({"next": "odd=7&page=2"}) == {"next": "odd=7"}
    assert none.kept({"next": "page=2"}) == {}
    assert none.kept({"etag": "1"}) == {"etag": "1"}


@pytest.mark.parametrize("status", [400, 404, 410])
def test_a_next_page_that_is_no_more_begins_at_the_beginning(status: int) -> None:
    seen: list[dict[str, str]] = []
    memory = VolatileMemory()
    asking_of(pages_of(seen), memory, most_pages=1).poll_once(NOW)
    whole, refusals = pages_of(seen), [httpx2.Response(status, json={})]

    def expired(request: httpx2.Request) -> httpx2.Response:
        return refusals.pop() if refusals else whole(request)

    (run,) = asking_of(expired, memory).poll_once(NOW + timedelta(hours=1))

    assert (run.result, run.pages) == ("ok", 3)
    assert [asked.get("cursor") for asked in seen[1:]] == [None, "c1", "c2"]


@pytest.mark.parametrize("most_pages", [1, 5])
def test_who_never_knows_a_cursor_is_not_asked_for_ever(most_pages: int) -> None:
    seen: list[dict[str, str]] = []
    whole = pages_of(seen)

    def never(request: httpx2.Request) -> httpx2.Response:
        return httpx2.Response(410, json={}) if "cursor" in request.url.params else whole(request)

    asking = asking_of(never, VolatileMemory(), most_pages=most_pages)
    results = []
    for hour in range(3):
        for _ in range(9):
            results += [run.result for run in asking.poll_once(NOW + timedelta(hours=hour))]

    assert results.count("failed") == 3
    assert len(results) <= 7
