"""What the engine holds follows its windows, not how much it has seen."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from migro import UNSET, Attr, Maybe, MaybeKey, Signal, hour_of_week, minutes, on, percent, supports, trailing
from migro.engine import EngineState, NativeEngine, snapshot
from migro.expressions import days, hours, seconds
from migro.models import MerchantId, from_microseconds
from migro.rules import IssueKind, Rule, RuleSet

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
