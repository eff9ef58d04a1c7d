"""What the engine holds follows its windows, not how much it has seen."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from fractions import Fraction

import pytest

from migro import UNSET, Attr, Maybe, MaybeKey, Signal, hour_of_week, minutes, on, percent, supports, trailing
from migro.engine import EngineState, Key, NativeEngine, snapshot
from migro.engine.streams import Entry, Sizes, Stream
from migro.expressions import days, hours, seconds
from migro.models import MerchantId, from_microseconds
from migro.rules import IssueKind, Premise, Rule, RuleSet, before

T0 = 1_767_225_600_000_000
SECOND = 1_000_000


class Call(Signal, kind="bounds.call"):
    ok: Attr[bool]
    word: Maybe[str] = UNSET
    cart: MaybeKey[str] = UNSET


class Deploy(Signal, kind="bounds.deploy"):
    """A change."""


BAD = IssueKind[MerchantId]("bounds_bad", category="checkout")
CALLS = on(Call, per=Call.merchant)
FAILED = on(Call, Call.ok == False, per=Call.merchant)  # noqa: E712
SHARE = FAILED.count(within=minutes(5)).per(CALLS.count(within=minutes(5)), floor=20)
USUAL = SHARE.baseline(hour_of_week(weeks=1), trailing(hours(4)))
RULES = RuleSet(
    "bounds",
    Rule("share", when=USUAL * 2 + percent(5) <= SHARE, then=supports(BAD, 50, family="a")),
    Rule("run", when=CALLS.fits(Call.ok == False).runs(3, of=5, within=minutes(5)), then=supports(BAD, 5, family="b")),  # noqa: E712
    Rule(
        "new-word",
        when=on(Call, Call.word.first_seen(horizon=hours(2)), per=Call.merchant).at_least(2, within=minutes(1)),
        then=supports(BAD, 5, family="c"),
    ),
    Rule(
        "after",
        when=FAILED.at_least(5, within=minutes(1)).after(on(Deploy, per=Deploy.merchant), within=minutes(30)),
        then=supports(BAD, 5, family="d"),
    ),
    Rule(
        "cart-left",
        when=on(Call, Call.ok == False, per=(Call.merchant, Call.cart)).without(  # noqa: E712
            on(Call, Call.ok == True, per=(Call.merchant, Call.cart)),  # noqa: E712
            within=minutes(2),
        ),
        then=supports(
            IssueKind[tuple[MerchantId, str]]("bounds_cart", category="checkout", per=("merchant", "cart")),
            5,
            family="e",
        ),
    ),
    signals=(Call, Deploy),
)


def calls(count: int, every: timedelta) -> Iterator[Call]:
    step = every // timedelta(microseconds=1)
    for n in range(count):
        at = from_microseconds(T0 + n * step)
        late = at - seconds(20) if n % 7 == 0 else at
        yield Call(
            id=f"c{n}",
            dedup_key=f"c{n}",
            merchant=MerchantId(f"m{n % 3}"),
            cart=f"cart{n // 4}",
            ok=n % 11 != 0,
            word=f"w{n // 100}",
            occurred_at=late,
            received_at=at,
        )


def play(engine: NativeEngine, state: EngineState, signals: Iterator[Call]) -> Iterator[int]:
    """Feed signals as the fold does, tidying up now and then; yields after each."""
    for number, signal in enumerate(signals, start=1):
        now = (signal.received_at - from_microseconds(0)) // timedelta(microseconds=1)
        while (due := engine.next_due(state)) is not None and due <= now:
            engine.pass_time(state, due)
            engine.settle(state)
        engine.insert(state, signal, now)
        engine.settle(state)
        if number % 500 == 0:
            engine.forget(state, now)
        yield number


def size(engine: NativeEngine, state: EngineState) -> int:
    return len(snapshot(engine, state))


def test_the_state_stays_as_large_as_its_windows_however_much_comes() -> None:
    engine, state = NativeEngine(RULES), EngineState()
    sizes = [
        size(engine, state)
        for number in play(engine, state, calls(18_000, seconds(5)))
        if number % 3000 == 0 and number >= 6000
    ]

    # From 6,000 signals on, eight hours in, everything but the hours of the baseline has found its size.
    assert max(sizes) < 1.2 * min(sizes)
    assert sum(map(len, state.streams.values())) < 8000


def test_after_a_long_silence_hardly_anything_is_left() -> None:
    engine, state = NativeEngine(RULES), EngineState()
    for _ in play(engine, state, calls(2_000, seconds(1))):
        pass
    full = size(engine, state)

    now = state.now + days(30) // timedelta(microseconds=1)
    while (due := engine.next_due(state)) is not None and due <= now:
        engine.pass_time(state, due)
        engine.settle(state)
    engine.pass_time(state, now)
    engine.settle(state)
    engine.forget(state, now)

    assert size(engine, state) < full // 50
    assert not state.firings
    assert not any(map(len, state.streams.values()))


def test_what_is_only_held_to_be_faster_is_forgotten_with_what_it_is_about() -> None:
    engine, state = NativeEngine(RULES), EngineState()
    for number in play(engine, state, calls(9_000, seconds(5))):
        if number == 500:
            state.speakers[0, ("gone",)] = (0, ("gone",))
    engine.forget(state, state.now)

    assert set(state.speakers.values()) <= state.streams.keys()
    assert set(state.keys) == {key for _, key in state.streams}
    assert state.remembered.keys() <= state.candidates.keys()


def touched(rule: Rule[MerchantId], *signals: Signal) -> list[int]:
    """Return how many premises each signal leads to be looked at."""
    engine, state, found = NativeEngine(RuleSet("idle", rule)), EngineState(), []
    for signal in signals:
        engine.insert(state, signal, T0 + 100 * SECOND)
        found.append(len(state.touched))
        engine.settle(state)
    return found


def answers(count: int, *, ok: bool) -> list[Signal]:
    """Return so many calls, a second apart."""
    return [
        Call(merchant=MerchantId("m1"), ok=ok, occurred_at=from_microseconds(T0 + n * SECOND), dedup_key=f"{ok}{n}")
        for n in range(count)
    ]


def concludes(when: Premise[MerchantId]) -> Rule[MerchantId]:
    return Rule("rule", when=when, then=supports(BAD, 5, family="a"))


def test_a_count_is_looked_at_once_there_are_as_many_signals_as_it_needs() -> None:
    assert touched(concludes(FAILED.at_least(3, within=minutes(15))), *answers(4, ok=False)) == [0, 0, 1, 1]


def test_a_share_is_looked_at_once_there_are_as_many_as_its_floor_and_hits_enough_for_it() -> None:
    share = FAILED.count(within=minutes(15)).per(CALLS.count(within=minutes(15)), floor=10) >= percent(20)

    assert touched(concludes(share), *answers(12, ok=True)) == [0] * 12
    assert touched(concludes(share), *answers(12, ok=False)) == [0] * 9 + [1] * 3
    assert touched(concludes(share), *answers(12, ok=True), *answers(3, ok=False))[-3:] == [0, 1, 1]


def test_what_is_compared_with_the_time_before_a_change_is_looked_at_once_there_was_one() -> None:
    rate = FAILED.count(within=minutes(15))
    more = concludes(rate > rate.baseline(before(on(Deploy, per=Deploy.merchant), within=minutes(30))))
    deploy = Deploy(merchant=MerchantId("m1"), occurred_at=from_microseconds(T0))

    assert touched(more, *answers(3, ok=False)) == [0, 0, 0]
    assert touched(more, deploy, *answers(3, ok=False)) == [1, 1, 1, 1]


def test_what_comes_after_something_is_looked_at_once_there_was_both(monkeypatch: pytest.MonkeyPatch) -> None:
    after = FAILED.after(on(Deploy, per=Deploy.merchant), within=minutes(30))
    engine, state, looked = NativeEngine(RuleSet("after", concludes(after))), EngineState(), []
    node = engine.network.node_of(after)
    refresh = node.refresh

    def noted(state: EngineState, key: Key, since: int) -> int | None:
        looked.append(since - T0)
        return refresh(state, key, since)

    monkeypatch.setattr(node, "refresh", noted)
    for signal in answers(2, ok=False):
        engine.insert(state, signal, T0 + 100 * SECOND)
        engine.settle(state)
    assert looked == []

    deploy = Deploy(merchant=MerchantId("m1"), occurred_at=from_microseconds(T0 - SECOND))
    engine.insert(state, deploy, T0 + 100 * SECOND)
    engine.settle(state)

    assert looked == [-SECOND]
    assert [firing.at - T0 for firing in state.firings.values()] == [SECOND]


def test_of_what_is_usual_and_not_known_yet_nothing_is_added_up_on_the_other_side() -> None:
    carts = CALLS.different(Call.cart, within=minutes(5))
    engine = NativeEngine(RuleSet("usual", concludes(carts <= 2 * carts.baseline(trailing(hours(4))))))
    state = EngineState()
    for signal in answers(3, ok=True):
        engine.insert(state, signal, T0 + 100 * SECOND)
        engine.settle(state)

    assert [len(stream) for stream in state.streams.values()] == [3]
    assert not any(stream.cursors for stream in state.streams.values())


def test_a_stream_remembers_changes_in_the_middle_only_for_windows_that_follow_them() -> None:
    def entry(at: int) -> Entry:
        return Entry(at, f"e{at}", "", "", "not_applicable")

    def remembered() -> list[tuple[int, int]]:
        return [(sign, place) for sign, place, _ in stream.edits or ()]

    stream = Stream()
    for at in (9, 5, 7):
        stream.add(entry(at))
    assert remembered() == []

    assert stream.within(0, 10, Sizes, 9).size == 3
    stream.add(entry(6))
    assert remembered() == [(1, 1)]
    assert stream.within(0, 10, Sizes, 9).size == 4


def test_a_check_by_the_clock_is_left_alone_between_its_times() -> None:
    usual = CALLS.count(within=minutes(5)).baseline(trailing(hours(4)))
    drop = CALLS.count(within=minutes(5)).drop(usual, p=Fraction(1, 100), every=minutes(10))

    assert touched(concludes(drop), *answers(4, ok=True)) == [1, 0, 0, 0]


def test_a_deadline_that_is_put_off_is_due_when_it_is_put_off_to() -> None:
    engine, state = NativeEngine(RuleSet("put off", concludes(FAILED.at_least(1, within=minutes(5))))), EngineState()
    for signal in answers(50, ok=False):
        engine.insert(state, signal, T0 + 50 * SECOND)
        engine.settle(state)

    assert len(state.due) == 1
    assert engine.next_due(state) == T0 + 49 * SECOND + 600 * SECOND + 1
