"""What is polled is stored once, with how far it was read; what could not be asked is never silence."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from migro.errors import ConfigurationError, StoreUnavailable
from migro.models import Accepted, Input, Signal, SignalReceived
from migro.observe import EndpointSettings, Envelope, Observer, ObserveSettings, ReceiveSettings
from migro.packs.headless.signals import VOCABULARY
from migro.poll import (
    BigCommerceInventory,
    BigCommerceOrders,
    BigCommerceSubscriptions,
    Listing,
    Polling,
    Reconciliation,
    Required,
    Resource,
    ShopifyInventory,
    ShopifyOrders,
    ShopifySubscriptions,
    StockEntry,
    SubscriptionEntry,
)
from migro.remember import VolatileMemory
from tests.effort import cases
from tests.poll.platform import NOW, PERSON, Platform
from tests.poll.shop import SHOP, STORE, TOKEN, bigcommerce, numbers, observer, polling, shopify, stored
from tests.receive.shop import agent

MINUTES = timedelta(minutes=5)
CLASSES = {cls.__signal_kind__: cls for cls in VOCABULARY}


class Stumbling(VolatileMemory):
    """Fails in every call that its list says: before it stores anything, or after it has."""

    def __init__(self) -> None:
        super().__init__()
        self.failing: list[str] = []

    def accept(self, partition: str, inputs: Any) -> tuple[Accepted, ...]:
        how = self.failing.pop(0) if self.failing else ""
        if how == "before":
            raise StoreUnavailable("out of order")
        accepted = super().accept(partition, inputs)
        if how == "after":
            raise StoreUnavailable("nobody heard the answer")
        return accepted


def orders(address: str, **more: Any) -> Resource:
    poller = ShopifyOrders(
        endpoint="mugs", shop=SHOP, size=more.pop("size", 3), lookback_s=more.pop("lookback_s", 3600)
    )
    return Resource(poller=poller, via=shopify(address), **more)


def cups(address: str, **more: Any) -> Resource:
    poller = BigCommerceOrders(
        endpoint="cups", store=STORE, size=more.pop("size", 3), lookback_s=more.pop("lookback_s", 3600)
    )
    return Resource(poller=poller, via=bigcommerce(address), **more)


FEEDS = [orders, cups]


@pytest.mark.parametrize("feed", FEEDS)
def test_every_change_of_several_pages_is_stored_once(feed: Any, platform: Platform, address: str) -> None:
    for number in range(8):
        platform.place(number, -600 + number)
    asking = polling(feed(address))

    (first,) = asking.poll_once(NOW)
    (second,) = asking.poll_once(NOW + MINUTES)

    assert (first.result, first.signals) == ("ok", 8)
    assert (second.result, second.signals) == ("ok", 0)
    assert numbers(stored(asking.memory)) == list(range(8))


@pytest.mark.parametrize("feed", FEEDS)
def test_the_next_run_finds_what_changed_since(feed: Any, platform: Platform, address: str) -> None:
    platform.place(1, -600)
    platform.place(2, -500)
    asking = polling(feed(address))
    asking.poll_once(NOW)
    platform.place(1, -600, changed=30)
    platform.place(3, 60)

    (run,) = asking.poll_once(NOW + MINUTES)

    assert run.signals == 2
    assert numbers(stored(asking.memory)) == [1, 2, 1, 3]


@pytest.mark.parametrize("feed", FEEDS)
def test_another_process_goes_on_where_the_first_one_stood(feed: Any, platform: Platform, address: str) -> None:
    for number in range(8):
        platform.place(number, -1200 + 120 * number)
    memory = VolatileMemory()
    polling(feed(address, most_pages=1), to=memory).poll_once(NOW)
    asked = len(platform.asked)

    (run,) = polling(feed(address), to=memory).poll_once(NOW + MINUTES)

    assert run.result == "ok"
    assert numbers(stored(memory)) == list(range(8))
    assert len(platform.asked) - asked <= 4


@pytest.mark.parametrize("feed", FEEDS)
@pytest.mark.parametrize("size", [1, 3])
def test_a_change_that_is_dated_in_the_future_hides_no_other(
    feed: Any, size: int, platform: Platform, address: str
) -> None:
    for number in range(3):
        platform.place(number, -600 + number)
    platform.place(7, -500, changed=70 * 365 * 86_400)
    platform.place(8, -500, changed=3_600)
    memory = VolatileMemory()
    for step in range(3):
        platform.place(10 + step, step * 300 - 30)
        (run,) = polling(feed(address, size=size), to=memory).poll_once(NOW + step * MINUTES)
        assert run.result == "ok"

    assert sorted(numbers(stored(memory))) == [0, 1, 2, 7, 8, 10, 11, 12]
    for text in (str(s.attrs["position"]) for s in stored(memory, "source.heartbeat")):
        told = json.loads(text)
        assert all(datetime.fromisoformat(told[n]) <= NOW + 2 * MINUTES for n in ("since", "newest") if n in told)


@pytest.mark.parametrize("feed", FEEDS)
def test_a_position_that_lies_in_the_future_looks_back_again(feed: Any, platform: Platform, address: str) -> None:
    memory = VolatileMemory()
    asking = polling(feed(address), to=memory)
    asking.poll_once(NOW)
    (beat,) = stored(memory, "source.heartbeat")
    ahead = {"since": "2099-01-01T00:00:00+00:00", "newest": "2099-01-01T00:02:00+00:00"}
    moved = beat.model_copy(update={"attrs": {"position": json.dumps(ahead)}, "id": "sig_ahead", "dedup_key": "ahead"})
    memory.accept(f"merchant:{beat.merchant}", [SignalReceived(at=NOW, signal=moved)])
    platform.place(1, -60)
    again = polling(feed(address), to=memory)

    again.poll_once(NOW + MINUTES)
    again.poll_once(NOW + 2 * MINUTES)

    assert numbers(stored(memory)) == [1]


def test_many_orders_of_one_second_are_all_read(platform: Platform, address: str) -> None:
    for number in range(11):
        platform.place(number, -60)
    asking = polling(cups(address, size=3))

    asking.poll_once(NOW)

    assert sorted(numbers(stored(asking.memory))) == list(range(11))


def test_an_order_that_changes_while_the_pages_are_read_costs_no_other(platform: Platform, address: str) -> None:
    for number in range(9):
        platform.place(number, -900 + number)
    asking = polling(cups(address, size=3, most_pages=1))
    asking.poll_once(NOW)
    platform.place(1, -899, changed=-10)
    for step in range(6):
        asking.poll_once(NOW + step * MINUTES)

    assert set(numbers(stored(asking.memory))) == set(range(9))


def test_a_run_that_is_cut_goes_on_at_once(platform: Platform, address: str) -> None:
    for number in range(7):
        platform.place(number, -600 + number)
    asking = polling(orders(address, most_pages=2))

    runs = [run for _ in range(3) for run in asking.poll_once(NOW)]

    assert [(r.pages, r.signals, r.reason) for r in runs] == [(2, 6, "cut after 2 pages"), (1, 1, "")]
    assert asking.due() == NOW + MINUTES


@pytest.mark.parametrize("feed", FEEDS)
def test_faults_that_pass_cost_nothing(feed: Any, platform: Platform, address: str) -> None:
    for number in range(7):
        platform.place(number, -600 + number)
    platform.faults = ["cut", "html", "half", "none", "status:503", "status:500", "none", "status:429@0"]
    asking = polling(feed(address))

    (run,) = asking.poll_once(NOW)

    assert run.result == "ok"
    assert numbers(stored(asking.memory)) == list(range(7))
    calls = {(s.attrs["result"], s.status): s.metrics["calls"] for s in stored(asking.memory, "api.calls")}
    assert calls[("failed", 503)] == calls[("throttled", 429)] == 1
    assert calls[("failed", None)] == 1


@pytest.mark.parametrize(
    ("fault", "result", "reason"),
    [
        ("cut", "failed", "expected an answer, got RemoteProtocolError|ReadError"),
        ("html", "failed", "expected JSON, got a page of HTML or XML"),
        ("status:500", "failed", "expected an answer, got 500"),
        ("status:401", "failed", "expected an answer, got 401"),
        ("status:402", "failed", "got 402: the shop is frozen"),
        ("robot", "challenged", "got 403: taken for a robot"),
        ("elsewhere", "failed", "got 302: a redirect, which is not followed"),
        ("throttled:900000", "throttled", "got THROTTLED"),
        ("error:undefinedField", "unknown_field", "got undefinedField"),
        ("error:ACCESS_DENIED", "failed", "got ACCESS_DENIED"),
    ],
)
def test_what_could_not_be_asked_is_said_and_moves_nothing(
    platform: Platform, address: str, fault: str, result: str, reason: str
) -> None:
    platform.place(1, -60)
    platform.faults = [fault] * 8
    said: list[str] = []
    asking = polling(orders(address), notice=said.append)

    (run,) = asking.poll_once(NOW)

    assert run.result == result
    assert any(part in run.reason for part in reason.split("|"))
    assert said == [f"migro: shopify_orders of {SHOP} could not be polled: {run.reason}"]
    kinds = [s.kind for s in stored(asking.memory)]
    assert "source.expected" in kinds
    assert "api.calls" in kinds
    # Who asks is heard of, who is asked is not.
    assert [s.ids["source"] for s in stored(asking.memory, "source.heartbeat")] == ["migro_poll"]
    assert {s.attrs["result"] for s in stored(asking.memory, "api.calls")} == {result}

    platform.faults = []
    asking.poll_once(run.next_at)

    assert numbers(stored(asking.memory)) == [1]
    assert said[1:] == [f"migro: shopify_orders of {SHOP} answers again"]


def test_a_refusal_of_graphql_is_evidence_of_its_own(platform: Platform, address: str) -> None:
    platform.faults = ["error:ACCESS_DENIED"]
    asking = polling(orders(address))

    asking.poll_once(NOW)

    (said,) = [s for s in stored(asking.memory) if s.topic == "api.access_denied"]
    assert said.merchant == SHOP
    assert sum(int(s.metrics["calls"]) for s in stored(asking.memory, "api.calls")) == 1


def test_an_expired_cursor_begins_again_from_the_time_beside_it(platform: Platform, address: str) -> None:
    for number in range(7):
        platform.place(number, -600 + number)
    asking = polling(orders(address, most_pages=1))
    asking.poll_once(NOW)
    platform.faults = ["error:"]

    (run,) = asking.poll_once(NOW)
    (again,) = asking.poll_once(NOW)
    (last,) = asking.poll_once(NOW)

    assert (run.result, again.result, last.result) == ("ok", "ok", "ok")
    assert numbers(stored(asking.memory)) == list(range(7))


def test_how_long_to_stay_away_is_obeyed(platform: Platform, address: str) -> None:
    platform.faults = ["status:429@900"]
    asking = polling(orders(address, every_s=60))

    (run,) = asking.poll_once(NOW)

    assert run.result == "throttled"
    assert run.next_at == NOW + timedelta(seconds=900)
    assert len(platform.asked) == 1
    assert asking.poll_once(NOW + timedelta(seconds=899)) == ()


def test_a_quota_that_is_used_up_makes_it_wait_between_pages(platform: Platform, address: str) -> None:
    for number in range(7):
        platform.place(number, -600 + number)
    platform.left = 3
    waited: list[float] = []
    asking = polling(cups(address), pause=waited.append)

    asking.poll_once(NOW)

    assert waited == [0.015]
    (calls,) = stored(asking.memory, "api.calls")
    assert (calls.metrics["used_permille"], calls.attrs["rate_headers"]) == (1000, True)


def test_points_that_are_lacking_make_it_wait_between_pages(platform: Platform, address: str) -> None:
    for number in range(4):
        platform.place(number, -600 + number)
    platform.points = 20
    waited: list[float] = []

    polling(orders(address), pause=waited.append).poll_once(NOW)

    assert waited == [0.022]


@pytest.mark.parametrize("how", ["before", "after"])
@pytest.mark.parametrize("call", range(5))
def test_a_memory_that_fails_loses_nothing_and_counts_nothing_twice(
    platform: Platform, address: str, how: str, call: int
) -> None:
    for number in range(7):
        platform.place(number, -600 + number)
    memory = Stumbling()
    memory.failing = [""] * call + [how]
    asking = polling(orders(address), to=memory)

    (run,) = asking.poll_once(NOW)
    # Another process, which has the memory alone.
    polling(orders(address), to=memory).poll_once(NOW + MINUTES)

    assert run.result == "store"
    assert numbers(stored(memory)) == list(range(7))


@pytest.mark.parametrize("feed", FEEDS)
def test_what_comes_while_the_first_runs_fail_is_read_later(feed: Any, platform: Platform, address: str) -> None:
    platform.place(1, -60)
    platform.faults = ["status:401"] * 2
    memory = VolatileMemory()
    polling(feed(address), to=memory).poll_once(NOW)
    later = polling(feed(address), to=memory)
    for hour in (3, 4):
        later.poll_once(NOW + timedelta(hours=hour))

    assert numbers(stored(memory)) == [1]


FAULTS = st.sampled_from(["none", "cut", "html", "half", "throttled", "status:503", "status:429@0", "error:"])


@settings(max_examples=cases(25), suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    placed=st.lists(st.integers(-3000, 900), max_size=9),
    faults=st.lists(FAULTS, max_size=12),
    stumbles=st.lists(st.sampled_from(["", "", "before", "after"]), max_size=8),
    feed=st.sampled_from(FEEDS),
)
def test_whatever_goes_wrong_everything_is_stored_once_in_the_end(
    platform: Platform, address: str, placed: list[int], faults: list[str], stumbles: list[str], feed: Any
) -> None:
    platform.reset()
    for number, second in enumerate(placed):
        if second <= 0:
            platform.place(number, second)
    platform.faults = list(faults)
    memory = Stumbling()
    memory.failing = list(stumbles)
    asking = polling(feed(address, most_pages=2, lookback_s=86_400), to=memory)
    for step in range(4):
        if step == 1:
            for number, second in enumerate(placed):
                if second > 0:
                    platform.place(number, second)
        if step == 2:
            asking = polling(feed(address, lookback_s=86_400), to=memory)
        asking.poll_once(NOW + timedelta(hours=step))
    platform.faults, memory.failing = [], []
    for step in range(4, 10):
        asking.poll_once(NOW + timedelta(hours=step))

    assert sorted(numbers(stored(memory))) == list(range(len(placed)))


def test_a_full_queue_keeps_what_is_not_stored_for_later(platform: Platform, address: str) -> None:
    for number in range(6):
        platform.place(number, -600 + number)
    memory = VolatileMemory()
    narrow = ObserveSettings(receive=ReceiveSettings(queue=4))
    asking = Polling(agent(memory), Observer(narrow, pseudonym_key=b"k" * 16), [orders(address)], notice=lambda _: None)

    (run,) = asking.poll_once(NOW)
    assert run.result == "full"
    for step in range(1, 5):
        asking.think(NOW + step * MINUTES)
        asking.poll_once(NOW + step * MINUTES)

    assert numbers(stored(memory)) == list(range(6))


# --- whole lists -------------------------------------------------------------------------------------------------


def inventory(address: str) -> list[Resource]:
    return [
        Resource(poller=ShopifyInventory(endpoint="mugs", shop=SHOP, size=2), via=shopify(address)),
        Resource(poller=BigCommerceInventory(endpoint="cups", store=STORE, size=2), via=bigcommerce(address)),
    ]


@pytest.mark.parametrize("which", [0, 1])
def test_of_stock_only_what_has_changed_is_told_again(platform: Platform, address: str, which: int) -> None:
    platform.stock = {"a": {1: 5, 2: 0}, "b": {1: 3}, "c": {1: 9}}
    asking = polling(inventory(address)[which])
    (first,) = asking.poll_once(NOW)
    (same,) = asking.poll_once(NOW + MINUTES)
    platform.stock["b"][1] = 2
    (changed,) = asking.poll_once(NOW + 2 * MINUTES)
    platform.stock["b"][1] = 3
    (back,) = asking.poll_once(NOW + 3 * MINUTES)

    assert [r.signals for r in (first, same, changed)] == [4, 0, 1]
    levels = [(s.ids["sku"], s.metrics["available"]) for s in stored(asking.memory, "inventory")]
    assert levels[:5] == [("a", 5), ("a", 0), ("b", 3), ("c", 9), ("b", 2)]
    assert back.signals == 1
    # Two pages in each of four runs: a heartbeat counts what is listed, or the source would seem to fall silent.
    beats = [int(s.metrics["events"]) for s in stored(asking.memory, "source.heartbeat")]
    assert [sum(beats[n : n + 2]) for n in range(0, 8, 2)] == [4, 4, 4, 4]


def test_a_long_list_is_gone_on_with_and_begins_again_at_its_end(platform: Platform, address: str) -> None:
    platform.stock = {sku: {1: 5} for sku in "abcdefg"}
    memory = VolatileMemory()
    resource = Resource(
        poller=ShopifyInventory(endpoint="mugs", shop=SHOP, size=2), via=shopify(address), every_s=300, most_pages=2
    )
    asking = polling(resource, to=memory)
    runs = [run for _ in range(3) for run in asking.poll_once(NOW)]
    platform.stock["a"][1] = 4
    # Another process: it knows nothing of what was stored, and the memory does.
    again = polling(resource, to=memory)
    for _ in range(2):
        again.poll_once(NOW + MINUTES)

    assert [(r.pages, r.signals) for r in runs] == [(2, 4), (2, 3)]
    assert [s.ids["sku"] for s in stored(memory, "inventory")] == [*"abcdefg", "a"]


def test_an_article_with_more_places_than_are_listed_has_no_known_stock(platform: Platform, address: str) -> None:
    platform.stock = {"a": {1: 5}, "b": dict.fromkeys(range(1, 12), 1)}
    found: list[StockEntry] = []

    def compared(listing: Listing) -> tuple[Signal, ...]:
        found.extend(StockEntry.of(listing.signals))
        return ()

    poller = ShopifyInventory(endpoint="mugs", shop=SHOP)
    polling(Resource(poller=poller, via=shopify(address), then=compared)).poll_once(NOW)

    assert [(e.sku, e.pieces) for e in found] == [("a", 5)]


def required(listing: Listing) -> tuple[Signal, ...]:
    needs = (Required(hook_topic="order.created", host="hooks.example"), Required(hook_topic="inventory.changed"))
    return Reconciliation(merchant=listing.merchant, env="production").subscriptions(
        needs, SubscriptionEntry.of(listing.signals), at=listing.at, complete=listing.complete
    )


def hooks(address: str, **more: Any) -> list[Resource]:
    return [
        Resource(poller=ShopifySubscriptions(endpoint="mugs", shop=SHOP, size=1), via=shopify(address), **more),
        Resource(poller=BigCommerceSubscriptions(endpoint="cups", store=STORE), via=bigcommerce(address), **more),
    ]


@pytest.mark.parametrize(
    ("which", "listed"),
    [
        (0, [("ORDERS_CREATE", "https://hooks.example/in?token=hush"), ("APP_UNINSTALLED", "arn:aws:events")]),
        (1, [("store/order/*", "https://hooks.example/in?token=hush"), ("store/app/uninstalled", "https://x.example")]),
    ],
)
def test_subscriptions_are_held_against_what_is_needed(
    platform: Platform, address: str, which: int, listed: list[tuple[str, str]]
) -> None:
    platform.hooks = listed
    asking = polling(hooks(address, then=required)[which])

    asking.poll_once(NOW)

    found = stored(asking.memory, "poll.subscription")
    assert [(s.ids["hook_topic"], s.attrs["listed"], s.attrs["active"]) for s in found] == [
        ("inventory.changed", False, False),
        ("order.created", True, True),
    ]
    assert "hush" not in "".join(s.json_line() for s in stored(asking.memory))


def test_of_a_list_that_is_cut_nothing_is_missing(platform: Platform, address: str) -> None:
    platform.hooks = [("ORDERS_CREATE", "https://hooks.example/in"), ("INVENTORY_LEVELS_UPDATE", "https://h.example")]
    asking = polling(hooks(address, then=required, most_pages=1)[0])

    (run,) = asking.poll_once(NOW)

    assert run.reason == "cut after 1 pages"
    assert [s.ids["hook_topic"] for s in stored(asking.memory, "poll.subscription")] == ["order.created"]
    assert run.next_at == NOW + MINUTES


def test_each_list_of_subscriptions_is_said_anew(platform: Platform, address: str) -> None:
    platform.hooks = [("ORDERS_CREATE", "https://hooks.example/in")]
    asking = polling(hooks(address)[0])

    asking.poll_once(NOW)
    asking.poll_once(NOW + MINUTES)

    assert len(stored(asking.memory, "poll.subscription")) == 2


# --- webhooks that should have told ------------------------------------------------------------------------------


def test_changes_that_no_webhook_told_are_counted_once_they_have_had_their_time(
    platform: Platform, address: str
) -> None:
    memory = VolatileMemory()
    settle = Reconciliation(merchant=SHOP, env="production", settle_s=600)
    asking = polling(orders(address, webhooks=settle), to=memory)
    for number in range(4):
        platform.place(number, -900)
    platform.place(9, -30)
    webhook = {"X-Shopify-Topic": "orders/create", "X-Shopify-Shop-Domain": SHOP}
    envelope: Any = {"kind": "shopify_webhook", "headers": webhook, "received_at": NOW - timedelta(seconds=890)}
    for number in (1, 2):
        body = {"id": 5_000_000_000_000_000_000 + number, "created_at": "2026-03-01T11:45:00Z"}
        (signal,) = observer().observe(Envelope(**envelope, body=body)).signals
        given: Input = SignalReceived(at=signal.received_at, signal=signal)
        memory.accept(f"merchant:{SHOP}", [given])

    asking.poll_once(NOW)
    asking.poll_once(NOW + MINUTES)
    asking.poll_once(NOW + 3 * MINUTES)

    found = [(s.metrics["changed"], s.metrics["unseen"]) for s in stored(memory, "poll.resource")]
    assert found == [(4, 2), (0, 0), (1, 1)]


def unheard(memory: VolatileMemory) -> list[tuple[Any, Any]]:
    return [(s.metrics["changed"], s.metrics["unseen"]) for s in stored(memory, "poll.resource")]


@pytest.mark.parametrize(("feed", "merchant"), [(orders, SHOP), (cups, "cups")])
def test_a_change_counts_once_however_often_the_process_begins(
    feed: Any, merchant: str, platform: Platform, address: str
) -> None:
    settle = Reconciliation(merchant=merchant, env="production", settle_s=60)
    memory = VolatileMemory()
    platform.place(1, -70)
    for step in range(4):
        if step == 2:
            platform.place(2, 2 * 300 - 70)
        polling(feed(address, webhooks=settle), to=memory).poll_once(NOW + step * MINUTES)

    assert unheard(memory) == [(1, 1), (0, 0), (1, 1), (0, 0)]


def test_a_change_that_waits_when_the_process_ends_is_judged_by_the_next_one(platform: Platform, address: str) -> None:
    settle = Reconciliation(merchant=SHOP, env="production", settle_s=600)
    memory = VolatileMemory()
    platform.place(1, -30)
    # So far back that no overlap reads it again.
    platform.place(2, 280)
    for step in range(4):
        polling(orders(address, webhooks=settle), to=memory).poll_once(NOW + step * MINUTES)

    assert unheard(memory) == [(0, 0), (0, 0), (1, 1), (1, 1)]


def test_changes_of_another_source_are_judged_by_that_one(platform: Platform, address: str) -> None:
    settle = Reconciliation(merchant=SHOP, env="production", settle_s=60)
    memory = VolatileMemory()
    first = Resource(poller=ShopifyOrders(endpoint="mugs", shop=SHOP, source="one"), via=shopify(address))
    second = orders(address, webhooks=settle)
    platform.place(1, -600)
    polling(first, to=memory).poll_once(NOW)
    polling(second, to=memory).poll_once(NOW)

    assert unheard(memory) == [(0, 0)]


# --- what is stored ----------------------------------------------------------------------------------------------


def everything(platform: Platform, address: str) -> list[Signal]:
    for number in range(3):
        platform.place(number, -600 + number)
    platform.stock = {"a": {1: 5}}
    memory = VolatileMemory()
    asking = polling(orders(address), cups(address), *inventory(address), to=memory)
    asking.poll_once(NOW)
    platform.hooks = [("ORDERS_CREATE", "https://hooks.example/in")]
    polling(hooks(address)[0], to=memory).poll_once(NOW)
    platform.hooks = [("store/order/created", "https://hooks.example/in")]
    polling(hooks(address)[1], to=memory).poll_once(NOW)
    return stored(memory)


def test_the_vocabulary_reads_everything_that_is_stored(platform: Platform, address: str) -> None:
    found = everything(platform, address)

    assert {s.kind for s in found} == {
        "api.calls",
        "inventory",
        "order",
        "poll.subscription",
        "source.expected",
        "source.heartbeat",
    }
    for signal in found:
        assert CLASSES[signal.kind].of(signal).id == signal.id
        assert signal.env == "production"


def test_nothing_about_people_and_no_credentials_are_stored(platform: Platform, address: str) -> None:
    text = "".join(s.json_line() for s in everything(platform, address))

    assert [word for word in (PERSON, "Doe", TOKEN, "hush", "garage") if word in text] == []


def test_a_poll_of_orders_asks_nothing_about_people(platform: Platform, address: str) -> None:
    polling(orders(address)).poll_once(NOW)

    _, path, _, headers, body = platform.asked[0]
    assert path == "/admin/api/2026-07/graphql.json"
    assert headers["x-shopify-access-token"] == TOKEN
    assert [w for w in ("email", "customer", "Address", "phone", "name") if w in body["query"]] == []


def test_every_merchant_of_a_configured_endpoint_keeps_its_name(platform: Platform, address: str) -> None:
    found = everything(platform, address)

    assert {s.merchant for s in found} == {SHOP, "cups"}


def test_an_agent_thinks_about_what_was_polled(platform: Platform, address: str) -> None:
    platform.place(1, -60)
    memory = VolatileMemory()
    asking = polling(orders(address), to=agent(memory))
    asking.poll_once(NOW)

    asking.think(NOW)

    assert list(memory.read("journal", pending=True)) == []


def test_a_memory_alone_does_not_think() -> None:
    with pytest.raises(ConfigurationError, match="expected polling for an agent"):
        polling().think(NOW)


def test_a_poller_that_stumbles_stops_no_other(platform: Platform, address: str) -> None:
    class Odd(ShopifyOrders):
        def ask(self, position: Any) -> Any:
            raise ZeroDivisionError(PERSON)

    platform.place(1, -60)
    odd = Resource(poller=Odd(endpoint="mugs", shop=SHOP, source="odd"), via=shopify(address))
    asking = polling(odd, orders(address))

    first, second = asking.poll_once(NOW)

    assert (first.result, first.reason) == ("failed", "expected a poller that reads on, got ZeroDivisionError")
    assert second.signals == 1


def test_resources_that_do_not_fit_together_are_refused_all_at_once(address: str) -> None:
    settle = Reconciliation(merchant=SHOP)
    stock = inventory(address)[0]
    with pytest.raises(ConfigurationError) as refused:
        polling(
            orders(address),
            orders(address, then=required),
            Resource(poller=stock.poller, via=stock.via, webhooks=settle),
        )

    assert str(refused.value) == (
        f"expected resources that fit together, got 'shopify_orders' twice for '{SHOP}'; 'shopify_orders' with a"
        " conclusion, though it lists changes; 'shopify_inventory' with webhooks, though it lists no changes"
    )


def test_endpoints_are_shared_with_the_receiver() -> None:
    settings_ = ObserveSettings(endpoints={"x": EndpointSettings(merchant="fixed")})
    asking = Polling(VolatileMemory(), Observer(settings_, pseudonym_key=b"k" * 16), [])

    assert asking.due() is None
    assert asking.poll_once(NOW) == ()
