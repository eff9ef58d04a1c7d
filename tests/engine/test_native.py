"""The engine by example: what one signal, one fact, one tick does."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from migro.engine import Change, EngineState, Evidence, NativeEngine, contributing, near_miss, supported, trace
from migro.expressions import UNSET, Attr, Maybe, MaybeKey, fact, minutes, percent, seconds
from migro.models import MerchantId, Signal, from_microseconds, to_microseconds
from migro.rules import IssueKind, Rule, RuleSet, before, greatest, known, on, previous, refutes, supports

NINE = datetime(2026, 3, 1, 9, tzinfo=UTC)
MINUTE = 60_000_000
DOWN = IssueKind[Any]("down", category="checkout")
STUCK = IssueKind[Any]("stuck", category="checkout")


class Request(Signal, kind="native.request"):
    status: Attr[int]
    host: Maybe[str] = UNSET
    cart: MaybeKey[str] = UNSET


class Shop(Signal, kind="native.shop"):
    host: Maybe[str] = UNSET


def at(minute: int, second: int = 0) -> datetime:
    return NINE + timedelta(minutes=minute, seconds=second)


def us(minute: int) -> int:
    return to_microseconds(at(minute))


def request(status: int, minute: int, *, received: int | None = None, **fields: Any) -> Request:
    seen = at(minute if received is None else received)
    return Request(**{"status": status, "merchant": "m1", "occurred_at": at(minute), "received_at": seen, **fields})


def shop(merchant: str, **fields: Any) -> Shop:
    return Shop(**{"merchant": merchant, **fields})


class Run:
    """An engine and its state, fed as the fold feeds them."""

    def __init__(self, *rules: Rule[Any]) -> None:
        self.engine = NativeEngine(RuleSet("r", *rules))
        self.state = EngineState()

    def tick(self, now: int) -> list[Change]:
        changes: list[Change] = []
        while (due := self.engine.next_due(self.state)) is not None and due <= now:
            self.engine.pass_time(self.state, due)
            changes += self.engine.settle(self.state)
        self.engine.pass_time(self.state, now)
        return changes

    def tell(self, signal: Signal) -> Evidence:
        now = to_microseconds(signal.received_at)
        self.tick(now)
        return self.engine.insert(self.state, signal, now)

    def feed(self, *signals: Signal) -> list[Change]:
        changes: list[Change] = []
        for s in signals:
            self.tell(s)
            changes += self.engine.settle(self.state)
        return changes


def rule(id: str, when: Any, then: Any = None, **options: Any) -> Rule[Any]:
    return Rule(id, when=when, then=then or supports(DOWN, 50, family="http"), **options)


ERRORS = on(Request, Request.status >= 500, per=Request.merchant)
PAID = on(Request, Request.status.between(200, 299), per=Request.merchant)
HOSTS = on(Request, per=Request.merchant)


def test_a_rule_fires_moves_and_is_retracted_when_its_evidence_has_lasted() -> None:
    run = Run(rule("burst", ERRORS.at_least(2, within=minutes(5))))

    assert run.feed(request(500, 0), request(500, 1)) == [Change("fired", "burst", ("m1",))]
    assert run.feed(request(500, 2)) == [Change("moved", "burst", ("m1",))]
    assert run.engine.next_due(run.state) == us(12) + 1
    assert run.tick(us(12)) == []
    assert run.tick(us(12) + 1) == [Change("retracted", "burst", ("m1",))]
    assert run.engine.next_due(run.state) is None


def test_a_signal_after_the_recovery_fires_again() -> None:
    run = Run(rule("down", ERRORS.unless(PAID)))
    changes = run.feed(request(500, 0), request(200, 1), request(500, 2))

    assert [c.what for c in changes] == ["fired", "retracted", "fired"]


def test_a_recovery_in_the_same_microsecond_is_a_recovery() -> None:
    run = Run(rule("down", ERRORS.unless(PAID)))
    run.feed(request(500, 0), request(200, 0))

    assert not run.state.firings


def test_a_recovery_that_arrives_late_takes_back_what_came_before_it_only() -> None:
    run = Run(rule("down", ERRORS.unless(PAID)))
    run.feed(request(500, 3), request(200, 2, received=4))
    assert run.state.firings

    run.feed(request(200, 3, received=5))
    assert not run.state.firings


def test_a_short_lived_recovery_lets_the_premise_hold_again_without_a_new_signal() -> None:
    run = Run(rule("down", ERRORS.unless(PAID.within(seconds(30)))))
    run.feed(request(500, 0), request(200, 1))

    assert run.tick(us(2)) == [Change("fired", "down", ("m1",))]


def test_a_chain_through_known_is_drawn_and_taken_back_in_one_step() -> None:
    chained = rule("stuck", known(DOWN, at_least_points=50), supports(STUCK, 30, family="chain"))
    calm = rule("calm", PAID, refutes(DOWN, 20, family="paid"))
    run = Run(chained, calm, rule("down", ERRORS))

    assert [c.rule for c in run.feed(request(500, 0))] == ["down", "stuck"]
    assert run.engine.points(run.state, "down", ("m1",)) == 50
    assert run.feed(request(200, 1)) == [Change("fired", "calm", ("m1",)), Change("retracted", "stuck", ("m1",))]
    assert run.engine.points(run.state, "down", ("m1",)) == 30
    assert run.engine.points(run.state, "down", ("m2",)) is None


def test_a_fact_learned_late_changes_what_earlier_signals_were() -> None:
    moved = rule(
        "moved", on(Request, Request.host != fact(Shop.host), per=Request.merchant).at_least(2, within=minutes(5))
    )
    run = Run(moved)
    run.feed(request(200, 1, host="old"), request(200, 2, host="old"))
    assert not run.state.firings

    run.feed(shop("m2", host="new", occurred_at=at(0), received_at=at(3)))
    assert not run.state.firings

    # In force from nine o'clock on, and only told at four past.
    run.feed(shop("m1", host="new", occurred_at=at(0), received_at=at(4)))
    assert set(run.state.firings) == {("moved", ("m1",))}
    assert run.engine.fact(run.state, fact(Shop.host), ("merchant",), ("m1",)) == "new"
    assert run.engine.fact(run.state, fact(Shop.host, default="none"), ("merchant",), ("m3",)) == "none"

    run.feed(shop("m1", host="old", occurred_at=at(2), received_at=at(4)))
    assert not run.state.firings


def test_a_signal_older_than_every_window_is_reported_late() -> None:
    run = Run(rule("burst", ERRORS.at_least(1, within=minutes(5)), lasts=minutes(10)))

    assert not run.tell(request(500, 0, received=15)).late
    late = run.tell(request(500, 0, received=16))
    assert late.late
    assert late.matched
    assert not late.measured


def test_a_signal_without_the_key_is_reported_unkeyed() -> None:
    run = Run(rule("down", ERRORS))

    assert run.tell(request(500, 0, merchant=None)) == Evidence(matched=True, unkeyed=("Request",))
    assert run.tell(request(200, 0, merchant=None)) == Evidence(matched=False)


def test_a_signal_that_does_not_fit_its_class_is_unreadable_and_harmless() -> None:
    run = Run(rule("down", ERRORS))
    evidence = run.tell(Signal(kind="native.request", merchant=MerchantId("m1"), occurred_at=NINE))

    assert "status" in evidence.unreadable
    assert not evidence.matched
    assert not run.engine.settle(run.state)


def test_a_plain_signal_of_a_known_kind_is_read_as_its_class() -> None:
    run = Run(rule("down", ERRORS))
    typed = request(500, 0)
    plain = Signal.from_json(typed.json_line())

    assert type(plain) is Signal
    assert run.feed(plain)
    assert run.feed(typed) == []


def test_a_redelivery_changes_nothing() -> None:
    run = Run(rule("burst", ERRORS.at_least(2, within=minutes(5))))
    first = request(500, 0)
    run.feed(first)

    again = run.tell(first.model_copy(update={"received_at": at(3)}))
    assert again == Evidence(matched=True)
    assert run.engine.settle(run.state) == ()


def test_support_is_what_firing_rules_rest_on() -> None:
    run = Run(rule("burst", ERRORS.at_least(2, within=minutes(5))))
    one, two, far = request(500, 0), request(500, 1), request(200, 1)
    first = run.tell(one)
    run.engine.settle(run.state)
    assert supported(run.engine, run.state, one, first) == ()

    second = run.tell(two)
    run.engine.settle(run.state)
    assert supported(run.engine, run.state, two, second) == (("down", ("m1",)),)
    assert supported(run.engine, run.state, far, run.tell(far)) == ()


def test_a_composite_key_joins_on_all_its_columns() -> None:
    per_cart = IssueKind[Any]("cart", category="checkout", per=("merchant", "cart"))
    when = on(Request, Request.status >= 500, per=(Request.merchant, Request.cart)).at_least(2, within=minutes(5))
    run = Run(rule("cart", when, supports(per_cart, 5, family="http")))
    run.feed(request(500, 0, cart="c1"), request(500, 1, cart="c2"), request(500, 1))
    assert not run.state.firings

    run.feed(request(500, 2, cart="c2"))
    assert set(run.state.firings) == {("cart", ("m1", "c2"))}


def test_premises_named_twice_share_one_window() -> None:
    one = on(Request, Request.status >= 500, per=Request.merchant).at_least(2, within=minutes(5))
    other = on(Request, Request.status >= 500, per=Request.merchant).at_least(2, within=minutes(5))

    alone, both = Run(rule("a", one)).engine.network, Run(rule("a", one), rule("b", other)).engine.network
    assert (len(both.sources), len(both.nodes)) == (len(alone.sources), len(alone.nodes))


def test_the_trace_says_what_was_needed_and_what_was_found() -> None:
    share = rule(
        "share",
        on(Request, per=Request.merchant).share(
            Request.status >= 500, at_least=percent(50), floor=3, within=minutes(5), bound="plain"
        ),
    )
    run = Run(share)
    run.feed(*(request(s, m) for m, s in enumerate((200, 500, 500))))
    found = trace(run.engine, run.state, share, ("m1",))

    assert (found.satisfied, found.needed, found.found) == (True, "50.0 % of at least 3 in 5 min", "2 of 3 = 66.6 %")
    assert (found.hits, found.size, found.total) == (2, 3, 2)
    assert (found.since, found.until) == (at(2) - timedelta(minutes=5), at(2))
    assert len(contributing(run.engine, run.state, share, ("m1",))) == 2


def test_the_trace_of_a_compound_names_every_part() -> None:
    both = rule("both", ERRORS.unless(PAID) & ERRORS.at_least(2, within=minutes(5)).within(minutes(1)))
    run = Run(both)
    run.feed(request(500, 0), request(500, 1))
    found = trace(run.engine, run.state, both, ("m1",))

    assert [p.satisfied for p in found.parts] == [True, True]
    assert found.parts[0].parts[1].text.startswith("since then no [Request")


def test_the_trace_of_a_comparison_shows_its_arithmetic() -> None:
    count = ERRORS.count(within=minutes(5))
    more = rule("more", count >= greatest(2, percent(50) * HOSTS.count(within=minutes(5))))
    run = Run(more)
    run.feed(request(200, 0), request(500, 1), request(500, 2))
    found = trace(run.engine, run.state, more, ("m1",))

    assert (found.needed, found.found) == ("left >= right", "2 against greatest(2, 1/2 x (3) = 1.5) = 2")
    assert (found.since, found.until, found.total) == (at(2) - timedelta(minutes=5), at(2), 3)


def test_the_trace_of_a_streak_names_the_signals_of_the_streak() -> None:
    streak = rule("streak", HOSTS.fits(Request.status >= 500).runs(2, of=3, within=minutes(5)))
    run = Run(streak)
    # At the second moment the answers differ, so that nothing of it belongs to the streak.
    split = request(500, 1)
    run.feed(request(500, 0), request(200, 1), split, request(500, 2))
    found = trace(run.engine, run.state, streak, ("m1",))

    assert (found.needed, found.found, found.total) == ("2 of 3", "satisfied", 2)
    assert {s.at for s in found.signals} == {at(0), at(2)}
    assert split.id not in contributing(run.engine, run.state, streak, ("m1",), only=(split.effective_at, split.id))


def test_the_trace_of_an_absence_names_what_stands_alone() -> None:
    alone = rule("alone", ERRORS.without(PAID, within=minutes(2), lateness=minutes(1)))
    run = Run(alone)
    run.feed(request(500, 0))
    assert run.tick(us(3) - 1) == []

    assert run.tick(us(3)) == [Change("fired", "alone", ("m1",))]
    found = trace(run.engine, run.state, alone, ("m1",))
    assert (found.needed, found.until) == ("none for 2 min", at(2))
    assert [s.at for s in found.signals] == [at(0)]


def test_a_rule_that_rests_on_a_fallback_counts_one_class_lower() -> None:
    count = ERRORS.count(within=minutes(5))
    usual = count.baseline(before(PAID, within=minutes(5)), previous())
    run = Run(rule("more", count > usual, supports(DOWN, 105, family="http")))
    run.feed(request(500, 0))

    assert run.engine.points(run.state, "down", ("m1",)) == 50
    assert run.state.firings["more", ("m1",)].lowered

    run.feed(request(200, 1), request(500, 2), request(500, 2, host="other"))
    assert run.engine.points(run.state, "down", ("m1",)) == 105


def test_a_comparison_that_no_signal_brings_about_is_made_at_its_time() -> None:
    quiet = rule("quiet", (ERRORS.count(within=minutes(1)) <= 0).holds(1, of=1, every=minutes(2)))
    run = Run(quiet)
    run.feed(request(500, 0, occurred_at=at(0, 30), received_at=at(0, 30)))

    assert run.tick(us(2) - 1) == []
    assert run.tick(us(2)) == [Change("fired", "quiet", ("m1",))]
    assert run.state.firings["quiet", ("m1",)].at == us(2)


def test_a_near_miss_says_how_far_off_it_was() -> None:
    burst = rule("burst", ERRORS.at_least(3, within=minutes(5)))
    run = Run(burst)
    assert near_miss(run.engine, run.state, burst, ("m1",)) is None

    run.feed(request(500, 0), request(500, 1))
    missed = near_miss(run.engine, run.state, burst, ("m1",))
    assert missed is not None
    assert (missed.needed, missed.found, missed.would_add) == ("3 in 5 min", "2", 50)


@pytest.mark.parametrize(
    ("hits", "size", "fires"),
    [
        (1, 20, False),
        (3, 20, True),
        (19, 99, True),
        (8, 99, False),
        (9, 99, False),
        (10, 99, True),
        (4, 100, False),
        (5, 100, True),
    ],
)
def test_small_shares_need_the_lower_end_of_the_interval(hits: int, size: int, fires: bool) -> None:
    # 1 of 20 is exactly 5 %, but the lower end of its 95 % interval is 0.9 %.
    share = on(Request, per=Request.merchant).share(
        Request.status >= 500, at_least=percent(5), floor=20, within=minutes(5)
    )
    run = Run(rule("share", share))
    run.feed(*(request(500 if n >= size - hits else 200, 0, dedup_key=f"r{n}") for n in range(size)))

    assert bool(run.state.firings) is fires


FIVE = 5 * MINUTE


@pytest.mark.parametrize("offset", [0, -1, 59_999_999, 3_599_999_999], ids=lambda o: f"start{o:+}us")
@pytest.mark.parametrize(
    ("when", "gaps", "wait", "holds"),
    [
        (ERRORS.at_least(3, within=minutes(5)), (100_000_000, FIVE - 100_000_000), 0, True),
        (ERRORS.at_least(3, within=minutes(5)), (100_000_000, FIVE - 100_000_000 + 1), 0, False),
        (ERRORS.distinct(Request.host, at_least=2, within=minutes(5)), (FIVE,), 0, True),
        (ERRORS.distinct(Request.host, at_least=2, within=minutes(5)), (FIVE + 1,), 0, False),
        (
            HOSTS.share(Request.status >= 500, at_least=percent(50), floor=2, within=minutes(5), bound="plain"),
            (FIVE,),
            0,
            True,
        ),
        (
            HOSTS.share(Request.status >= 500, at_least=percent(50), floor=2, within=minutes(5), bound="plain"),
            (FIVE + 1,),
            0,
            False,
        ),
        (ERRORS.within(minutes(5)), (), FIVE, True),
        (ERRORS.within(minutes(5)), (), FIVE + 1, False),
        (ERRORS, (), 2 * FIVE, True),
        (ERRORS, (), 2 * FIVE + 1, False),
    ],
)
def test_windows_are_closed_to_the_microsecond_wherever_they_start(
    when: Any, gaps: tuple[int, ...], wait: int, holds: bool, offset: int
) -> None:
    run = Run(rule("edge", when))
    now = us(0) + offset
    for number, gap in enumerate((0, *gaps)):
        now += gap
        seen = from_microseconds(now)
        run.feed(request(500, 0, occurred_at=seen, received_at=seen, host=f"h{number}"))
    run.tick(now + wait)

    assert bool(run.state.firings) is holds


def test_a_ratio_looks_at_other_signals_only_where_something_fits_or_fitted() -> None:
    ratio = ERRORS.count(within=minutes(5)).per(HOSTS.count(within=minutes(5)), floor=2, bound="plain")
    run = Run(rule("ratio", ratio >= percent(50)))
    passed = [request(200, minute) for minute in (0, 1)]
    assert run.feed(*passed) == []
    # Two of four, and then two of five at the very time of the second.
    assert run.feed(request(500, 2), request(500, 3)) == [Change("fired", "ratio", ("m1",))]
    assert run.feed(request(200, 3, host="b")) == [Change("retracted", "ratio", ("m1",))]
    assert run.state.times == {}
    # A success whose window begins with the only failure; a minute later, nothing is there to look at.
    assert Run(rule("ratio", ratio >= percent(50))).feed(request(500, 3), request(200, 8)) != []
    assert Run(rule("ratio", ratio >= percent(50))).feed(request(500, 3), request(200, 9)) == []


def test_a_failure_that_is_learned_late_is_set_against_successes_that_nobody_looked_at() -> None:
    ratio = ERRORS.count(within=minutes(5)).per(HOSTS.count(within=minutes(5)), floor=2, bound="plain")
    run = Run(rule("ratio", ratio >= percent(50)))
    run.feed(request(200, 4))
    run.tell(request(500, 1, received=5))
    run.engine.settle(run.state)

    assert list(run.state.times.values()) == [[us(4)]]
