"""Two sides are held against each other: exact counts, few samples, and nothing is missing before its time."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from migro.models import Signal
from migro.packs.headless.signals import VOCABULARY
from migro.poll import OrderEntry, Reconciliation, Required, StockEntry, SubscriptionEntry
from tests.effort import cases
from tests.poll.platform import NOW

SIDES = Reconciliation(merchant="mugs", env="production", settle_s=900, samples=3)
CLASSES = {cls.__signal_kind__: cls for cls in VOCABULARY}


def entry(number: int, minutes: int = 60, **more: object) -> OrderEntry:
    return OrderEntry(id=str(number), placed_at=NOW - timedelta(minutes=minutes), **more)  # type: ignore[arg-type]


def of_kind(signals: Sequence[Signal], kind: str) -> list[Signal]:
    return [s for s in signals if s.kind == kind]


# --- orders ------------------------------------------------------------------------------------------------------


def test_orders_that_the_target_lacks_are_counted_and_the_oldest_are_named() -> None:
    source = [entry(n, 60 + n) for n in range(10)]

    found = SIDES.orders(source, source[:4], at=NOW)

    (counts,) = of_kind(found, "poll.orders")
    assert (counts.metrics["in_source"], counts.metrics["in_target"], counts.metrics["excluded"]) == (10, 4, 0)
    assert [s.ids["order_id"] for s in of_kind(found, "poll.order")] == ["9", "8", "7"]


def test_an_order_younger_than_the_settle_time_is_not_missing_yet() -> None:
    source = [entry(1, 14), entry(2, 15), entry(3, 16)]

    found = SIDES.orders(source, [], at=NOW)

    assert [s.ids["order_id"] for s in of_kind(found, "poll.order")] == ["3", "2"]
    assert of_kind(found, "poll.orders")[0].metrics["in_source"] == 2


def test_of_a_target_that_was_not_read_as_a_whole_nothing_is_said() -> None:
    assert SIDES.orders([entry(1)], [], at=NOW, complete=False) == ()


def test_days_are_those_of_the_shop() -> None:
    source = [entry(1, 12 * 60 + 30), entry(2, 11 * 60 + 30)]

    def days(zone: ZoneInfo | None) -> list[str]:
        return [s.ids["day"] for s in of_kind(SIDES.orders(source, source, at=NOW, zone=zone), "poll.orders")]

    assert days(None) == ["2026-02-28", "2026-03-01"]
    assert days(ZoneInfo("Europe/Berlin")) == ["2026-03-01"]


def test_test_orders_and_other_channels_are_left_out_by_rule() -> None:
    source = [entry(1, test=True), entry(2, other_channel=True), entry(3)]

    found = SIDES.orders(source, [], at=NOW)

    assert of_kind(found, "poll.orders")[0].metrics["excluded"] == 2
    traces = {s.ids["order_id"]: s.attrs["other_channel"] for s in of_kind(found, "poll.order")}
    assert traces == {"2": True, "3": False}


ENTRIES = st.lists(
    st.builds(entry, st.integers(0, 12), st.integers(0, 3000), test=st.booleans(), other_channel=st.booleans()),
    max_size=20,
)


@settings(max_examples=cases(60))
@given(ENTRIES, ENTRIES, st.randoms(use_true_random=False))
def test_counts_do_not_depend_on_order_and_add_up(
    source: list[OrderEntry], target: list[OrderEntry], by: object
) -> None:
    shuffled = list(target)
    by.shuffle(shuffled)  # type: ignore[attr-defined]
    found = SIDES.orders(source, target, at=NOW)
    last = {e.id: e for e in source}
    settled = [e for e in last.values() if e.placed_at <= NOW - timedelta(seconds=900)]
    lacking = [e for e in settled if e.id not in {t.id for t in target}]

    assert found == SIDES.orders(source, shuffled, at=NOW)
    counts = of_kind(found, "poll.orders")
    assert sum(int(s.metrics["in_source"]) for s in counts) == len(settled)
    assert sum(int(s.metrics["in_source"] - s.metrics["in_target"]) for s in counts) == len(lacking)
    assert len(of_kind(found, "poll.order")) == min(3, sum(not e.test for e in lacking))


# --- stock -------------------------------------------------------------------------------------------------------


def stock(**pieces: int) -> list[StockEntry]:
    return [StockEntry(sku=sku, pieces=count) for sku, count in pieces.items()]


def test_articles_that_differ_by_more_than_two_and_5_percent_have_drifted() -> None:
    shop = stock(a=12, b=13, c=105, d=106, e=-1, f=9)
    source = stock(a=10, b=10, c=100, d=100, e=5, g=9)

    found = SIDES.stock(shop, source, at=NOW)

    (run,) = of_kind(found, "poll.stock")
    assert (run.metrics["sampled"], run.metrics["drifted"], run.metrics["drifted_per_10000"]) == (5, 3, 6_000)
    items = [(s.ids["sku"], s.metrics["shop"], s.metrics["source"]) for s in of_kind(found, "poll.stock_item")]
    assert items == [("d", 106, 100), ("e", -1, 5), ("b", 13, 10)]


def test_a_difference_that_began_a_moment_ago_has_not_drifted_yet() -> None:
    since = {"a": NOW - timedelta(seconds=899), "b": NOW - timedelta(seconds=900)}

    found = SIDES.stock(stock(a=0, b=0), stock(a=9, b=9), at=NOW, since=since)

    assert [s.ids["sku"] for s in of_kind(found, "poll.stock_item")] == ["b"]
    assert of_kind(found, "poll.stock")[0].metrics["sampled"] == 2


def test_what_open_orders_explain_is_counted() -> None:
    source = [StockEntry(sku="a", pieces=9, reserved=5), StockEntry(sku="b", pieces=9, reserved=4)]

    found = SIDES.stock(stock(a=4, b=4), source, at=NOW)

    assert of_kind(found, "poll.stock")[0].metrics["explained"] == 1


def test_stock_that_nobody_counts_is_not_compared() -> None:
    shop = [StockEntry(sku="a", pieces=0, tracked=False)]

    (run,) = SIDES.stock(shop, stock(a=50), at=NOW)

    assert (run.metrics["sampled"], run.metrics["drifted_per_10000"]) == (0, 0)


@given(
    st.dictionaries(st.sampled_from("abcdef"), st.integers(-5, 300)),
    st.dictionaries(st.sampled_from("abcdef"), st.integers(-5, 300)),
)
def test_a_side_that_is_like_the_other_has_not_drifted(one: dict[str, int], two: dict[str, int]) -> None:
    (run,) = SIDES.stock(stock(**one), stock(**one), at=NOW)
    there = SIDES.stock(stock(**one), stock(**two), at=NOW)[0]

    assert (run.metrics["sampled"], run.metrics["drifted"]) == (len(one), 0)
    assert there.metrics["sampled"] == len(one.keys() & two.keys())


# --- subscriptions -----------------------------------------------------------------------------------------------


def listed(topic: str, raw: str = "", **more: object) -> SubscriptionEntry:
    return SubscriptionEntry(hook_topic=topic, raw_topic=raw or topic, **more)  # type: ignore[arg-type]


NEED = Required(hook_topic="order.created", host="hooks.example")
QUEUED = Required(hook_topic="order.created", queued=True)


@pytest.mark.parametrize(
    ("needs", "present", "told"),
    [
        ([NEED], [listed("order.created", destination="hooks.example")], (True, True, "hooks.example")),
        ([NEED], [], (False, False, None)),
        ([NEED], [listed("order.created", destination="old.example")], (False, False, "old.example")),
        (
            [NEED],
            [listed("order.created", destination="hooks.example", active=False, health="disabled")],
            (True, False, "hooks.example"),
        ),
        (
            [NEED],
            [
                listed("order.created", destination="hooks.example", active=False),
                listed("order.created", destination="hooks.example"),
            ],
            (True, True, "hooks.example"),
        ),
        (
            [Required(hook_topic="order.created", queued=True)],
            [listed("order.created", queued=True)],
            (True, True, None),
        ),
        ([Required(hook_topic="order.created", queued=True)], [listed("order.created")], (False, False, None)),
        (
            [Required(hook_topic="order.created", raw_topic="store/order/created")],
            [listed("order.created", "store/order/*")],
            (True, True, None),
        ),
    ],
)
def test_a_subscription_is_listed_when_it_is_the_one_that_is_needed(
    needs: list[Required], present: list[SubscriptionEntry], told: tuple[bool, bool, str | None]
) -> None:
    (found,) = SIDES.subscriptions(needs, present, at=NOW)

    assert (found.attrs["listed"], found.attrs["active"], found.attrs.get("destination")) == told
    assert found.ids["hook_topic"] == "order.created"


def test_several_topics_under_one_are_listed_when_all_of_them_are() -> None:
    needs = [Required(hook_topic="order.updated", raw_topic=raw) for raw in ("orders/updated", "orders/cancelled")]
    half = [listed("order.updated", "orders/updated")]

    (missing,) = SIDES.subscriptions(needs, half, at=NOW)
    (found,) = SIDES.subscriptions(needs, [*half, listed("order.updated", "orders/cancelled")], at=NOW)

    assert (missing.attrs["listed"], found.attrs["listed"]) == (False, True)


# --- webhooks ----------------------------------------------------------------------------------------------------


def test_a_change_is_unheard_when_the_newest_webhook_is_older_than_it() -> None:
    changed = {name: NOW - timedelta(seconds=second) for name, second in (("a", 900), ("b", 2_000), ("c", 899))}
    heard = {"a": NOW - timedelta(seconds=3_000), "b": NOW - timedelta(seconds=1_990)}

    (found,) = SIDES.unheard("orders", changed, heard, at=NOW)

    assert (found.metrics["changed"], found.metrics["unseen"]) == (2, 1)


# --- all of them -------------------------------------------------------------------------------------------------


def everything() -> list[Signal]:
    return [
        *SIDES.orders([entry(n) for n in range(4)], [], at=NOW),
        *SIDES.stock(stock(a=0), [StockEntry(sku="a", pieces=9, reserved=1)], at=NOW),
        *SIDES.subscriptions([NEED], [], at=NOW),
        *SIDES.unheard("orders", {}, {}, at=NOW),
    ]


def test_the_vocabulary_reads_every_comparison() -> None:
    for signal in everything():
        assert CLASSES[signal.kind].of(signal).merchant == "mugs"


def test_the_same_comparison_gives_the_same_ids() -> None:
    assert [s.id for s in everything()] == [s.id for s in everything()]
    assert len({s.id for s in everything()}) == len(everything())
