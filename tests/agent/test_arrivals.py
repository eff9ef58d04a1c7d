"""Webhooks that come again, or in the wrong order: what the fold notices of them itself, and when a receiver does."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from migro.agent import Fold
from migro.agent.arrivals import seen
from migro.agent.snapshots import restore, snapshot
from migro.agent.state import Arrivals, State
from migro.expressions import minutes
from migro.models import DeliverySeen, MerchantId, Signal, SignalReceived, to_microseconds
from migro.rules import IssueKind, Rule, RuleSet, on, supports
from tests.agent.world import OPEN_POLICY, Run, after, received, withdrawn
from tests.effort import cases

few = settings(max_examples=cases(30), deadline=None)

_COUNTED = IssueKind[Any]("webhooks", category="webhook")


def _rule(name: str, *where: Any, least: int = 1) -> Rule[Any]:
    counted = on(DeliverySeen, *where, per=DeliverySeen.merchant, weight=DeliverySeen.deliveries)
    return Rule(name, when=counted.at_least(least, within=minutes(60)), then=supports(_COUNTED, 5, family=name))


RULES = RuleSet(
    "arrivals",
    _rule("any"),
    _rule("three", least=3),
    _rule("full", least=120),
    _rule("flood", least=121),
    _rule("again", DeliverySeen.duplicate == True),  # noqa: E712
    _rule("older", DeliverySeen.inverted == True),  # noqa: E712
    _rule("flipped", DeliverySeen.flipped == True),  # noqa: E712
)
FOLD = Fold(RULES, OPEN_POLICY)


def webhook(at: int, version: int, *, about: str = "1", **fields: Any) -> Signal:
    """Return a change of an article at `version` that comes at `at`, in seconds."""
    given: dict[str, Any] = {
        "merchant": MerchantId("m_1"),
        "env": "production",
        "source_kind": "platform_webhook",
        "provider": "shopify",
        "resource": ("article", about),
        "dedup_key": f"{about}/{version}",
        **fields,
    }
    return Signal(kind="inventory", occurred_at=after(version), received_at=after(at), **given)


def again(signal: Signal, at: int, first: int = 1) -> SignalReceived:
    """Return a redelivery, as the memory tells it from the first."""
    late = signal.model_copy(update={"received_at": after(at)})
    return SignalReceived(at=after(at), signal=late, duplicate_of=first)


def told(at: int, sender: str = "shopify") -> Signal:
    """Return what a receiver tells of one delivery."""
    return Signal(
        kind="webhook.delivery",
        merchant=MerchantId("m_1"),
        occurred_at=after(at),
        source_kind="receiver",
        env="production",
        ids={"sender": sender},
    )


def run() -> Run:
    return Run(fold=FOLD)


def fired(given: Run) -> set[str]:
    return {rule for rule, _ in given.state.engine.firings}


def test_a_redelivery_is_evidence_of_redeliveries_and_stays_dropped() -> None:
    one = run()
    one.give(webhook(0, 0))
    record = one.give(again(webhook(0, 0), 30))

    assert fired(one) == {"any", "again"}
    assert record.disposition is not None
    assert (record.disposition.name, record.disposition.reason) == ("dropped", "duplicate: redelivery of number 1")


@pytest.mark.parametrize(
    ("second", "found"),
    [
        (webhook(60, -1), {"any", "older"}),
        (webhook(60, 1), {"any"}),
        (webhook(60, -1, about="2"), {"any"}),
        (webhook(60, -1, provider="woocommerce"), {"any"}),
        (webhook(60, -1, attrs={"time_source": "received"}), {"any"}),
        (webhook(3_599, -1), {"any", "older"}),
        (webhook(3_700, -1), {"any"}),
    ],
)
def test_what_is_older_than_what_came_of_its_resource_within_the_hour_is_an_inversion(
    second: Signal, found: set[str]
) -> None:
    one, minute_later = run(), int((second.received_at - after(0)).total_seconds()) + 60
    one.give(webhook(0, 0), second, webhook(minute_later, minute_later, about="3"))

    assert fired(one) == found


def test_a_value_that_goes_back_to_what_it_was_within_ten_minutes_is_a_flip() -> None:
    one, slow = run(), run()
    one.give(*(webhook(n, n, state=state) for n, state in ((0, "a"), (60, "b"), (600, "a"))))
    slow.give(*(webhook(n, n, state=state) for n, state in ((0, "a"), (60, "b"), (661, "a"))))

    assert fired(one) == {"any", "three", "flipped"}
    assert fired(slow) == {"any"}


@pytest.mark.parametrize(
    "signal",
    [
        webhook(60, -1, source_kind="access_log"),
        webhook(60, -1, env="test"),
        webhook(60, -1, auth="failed"),
        webhook(60, -1, about="2", provider="stripe"),
    ],
)
def test_only_believed_webhooks_of_senders_that_no_receiver_tells_of_are_told(signal: Signal) -> None:
    one = run()
    one.give(told(0, "stripe"), signal, again(signal, 90, first=2))

    assert fired(one) == set()


def test_a_receiver_that_tells_of_a_sender_is_believed_for_a_day_and_for_that_sender_alone() -> None:
    one = run()
    one.give(told(0), webhook(60, 60))
    assert fired(one) == set()

    one.give(webhook(61, 61, provider="stripe"), webhook(121, 121, provider="stripe"))
    assert fired(one) == {"any"}

    later = run()
    later.give(told(0), webhook(86_401, 86_401), webhook(86_461, 86_461))
    assert fired(later) == {"any"}


def test_what_was_wrong_with_a_withdrawn_webhook_is_taken_back_and_that_it_came_is_not() -> None:
    one, first, older = run(), webhook(0, 0), webhook(60, -1)
    one.give(first, older)
    assert fired(one) == {"any", "older"}

    one.give(withdrawn(older, 90))
    assert fired(one) == {"any"}

    one.give(withdrawn(first, 91), webhook(120, -1))
    assert fired(one) == {"any"}
    assert [told_by for _, told_by, _ in one.state.versions.values()] == [webhook(120, -1).id]


def test_of_a_flood_a_bounded_part_is_told_and_remembered() -> None:
    one = run()
    for n in range(1_100):
        one.give(webhook(n // 100, n, about=str(n), dedup_key=str(n)))

    minute, newest = int(after(0).timestamp()) // 60, webhook(1, 119, about="119", dedup_key="119")
    assert len(one.state.versions) == 1_000
    assert one.state.arrivals == {
        "shopify": Arrivals(minute, 1_100, 120, to_microseconds(after(1)), newest.id, "production")
    }
    assert fired(one) == set()

    one.give(webhook(60, 2_000, dedup_key="next minute"))
    assert fired(one) == {"any", "three", "full"}

    one.give(webhook(120, 2_001, dedup_key="the one after"))
    assert fired(one) == {"any", "three", "full", "flood"}


@pytest.mark.parametrize("second", [webhook(59, 59), webhook(59, 59, provider="stripe")])
def test_what_is_wrong_is_told_after_all_that_came_before_it_from_any_sender(second: Signal) -> None:
    one = run()
    one.give(webhook(0, 0), second)
    assert fired(one) == set()

    one.give(again(second, 59, first=2))
    assert fired(one) == {"any", "again", "three"}


def test_what_is_told_together_says_one_environment() -> None:
    one = run()
    one.give(webhook(0, 0), webhook(1, 1, env="unknown", dedup_key="other"))

    assert [one.state.arrivals["shopify"].env, one.state.arrivals["shopify"].waiting] == ["unknown", 1]
    assert fired(one) == {"any"}


@few
@given(st.lists(st.tuples(st.integers(0, 40), st.sampled_from(["shopify", "stripe"]), st.booleans()), max_size=60))
def test_before_each_wrong_one_every_webhook_so_far_has_been_told_in_its_own_minute(
    steps: list[tuple[int, str, bool]],
) -> None:
    state, at, came, counted = FOLD.start("merchant:m_1"), 0, Counter[int](), Counter[int]()
    for number, (later, sender, wrong) in enumerate(steps, start=1):
        at += later
        signal = webhook(at, at, provider=sender, dedup_key=str(number), about=str(number))
        state.now = to_microseconds(signal.received_at)
        came[at // 60] += 1
        for one in seen(state, signal, number, duplicate=wrong):
            assert isinstance(one, DeliverySeen)
            assert one.received_at <= signal.received_at
            counted[int((one.received_at - after(0)).total_seconds()) // 60] += one.deliveries
        assert not wrong or counted == came
    assert counted.total() + sum(one.waiting for one in state.arrivals.values()) == len(steps)


@st.composite
def deliveries(draw: st.DrawFn) -> list[Signal | SignalReceived]:
    found: list[Signal | SignalReceived] = []
    for at in range(0, 60 * draw(st.integers(1, 8)), 60):
        version, about = draw(st.integers(0, 5)) * 60, draw(st.sampled_from("12"))
        signal = webhook(at, version, about=about, state=draw(st.sampled_from("ab")), dedup_key=str(at))
        found.append(signal)
        if draw(st.booleans()):
            found.append(again(signal, at + 30, first=len(found)))
        if draw(st.integers(0, 9)) == 0:
            found.append(told(at + 31))
    return found


def _steps(items: list[Signal | SignalReceived], *, restored: bool) -> Iterator[str]:
    one = run()
    for item in items:
        one.give(item)
        yield repr((one.steps[-1].record, one.steps[-1].changes))
        if restored:
            one.state = _again(one.state)


def _again(state: State) -> State:
    return restore(FOLD.engine, FOLD.policy.version, snapshot(FOLD.engine, FOLD.policy.version, state))


@few
@given(deliveries())
def test_what_is_noticed_is_the_same_from_any_snapshot(items: list[Signal | SignalReceived]) -> None:
    assert list(_steps(items, restored=False)) == list(_steps(items, restored=True))


@few
@given(deliveries())
def test_redeliveries_change_nothing_else(items: list[Signal | SignalReceived]) -> None:
    once, all_ = run(), run()
    for item in items:
        all_.give(item)
        if isinstance(item, Signal):
            once.give(received(item))

    # Under the law of one count: what is older or went back is found as if nothing had come twice.
    assert fired(once) & {"older", "flipped"} == fired(all_) & {"older", "flipped"}
    assert [v for _, _, v in once.state.versions.values()] == [v for _, _, v in all_.state.versions.values()]
