"""What is left alone until it matters is found then as if it had been kept up all the time."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from random import Random
from typing import Any

import pytest

from migro.engine import EngineState, NativeEngine, kept_up, near_miss, restore, snapshot, trace
from migro.expressions import minutes
from migro.models import MerchantId, Signal, from_microseconds, to_microseconds
from migro.rules import Rule, RuleSet, on, refutes, supports, together
from tests.engine.conditions import selection
from tests.engine.playing import apply
from tests.engine.premises import measuring
from tests.engine.profiles import HOURS, SLOW, T0, TINY, Profile
from tests.engine.streams import conclusion, ruleset, stream
from tests.engine.vocabulary import CLASSES, A, B, kind_of

KIND = kind_of(0, ("merchant",))
FAILS = Rule("fails", when=on(B, per=B.merchant), then=supports(KIND, 60, family="f"))
PASSES = Rule("passes", when=on(A, per=A.merchant).at_least(2, within=minutes(10)), then=refutes(KIND, 20, family="g"))


def conjunctions(r: Random, p: Profile) -> RuleSet:
    """Return rules that ask several things of a merchant at once, one after the other, or one without the other."""
    rules: list[Rule[Any]] = []
    # What one rule asks first, another asks last.
    parts = [r.choice((selection, measuring, measuring))(r, p, ("merchant",)) for _ in range(4)]
    for number in range(3):
        a, b, c = r.sample(parts, 3)
        span = p.span(r)
        ways = [a & b, a & b & c, a.unless(b), (a & b).unless(c), a.after(b, within=span), a.without(b, within=span)]
        when = r.choice([*ways, together(a, b, within=span) & c, a.unless(b & c)])
        rules.append(Rule(f"r{number}", when=when, then=conclusion(r, KIND), lasts=p.span(r)))
    return RuleSet("random", *rules, signals=CLASSES)


def advance_both(engine: NativeEngine, states: list[EngineState], now: int) -> None:
    """Let all that is due in any state happen in all of them, each at its own time."""
    while dues := [due for s in states if (due := engine.next_due(s)) is not None and due <= now]:
        for state in states:
            engine.pass_time(state, min(dues))
            engine.settle(state)


def concluded(engine: NativeEngine, state: EngineState, about: set[tuple[str, Any]]) -> dict[Any, Any]:
    """Return what a state says of issues: their points, and each rule's firing and explanation."""
    found: dict[Any, Any] = {}
    for kind, key in about:
        found[kind, key] = engine.points(state, kind, key)
        for rule in engine.ruleset.about(kind):
            firing = state.firings.get((rule.id, key))
            found[rule.id, key] = firing and (firing, trace(engine, state, rule, key))
            if firing is None and rule.then.effect == "supports":
                found["near", rule.id, key] = near_miss(engine, state, rule, key)
    return found


@pytest.mark.parametrize("p", [TINY, SLOW, HOURS], ids=lambda p: p.name)
@pytest.mark.parametrize(("made", "count", "length"), [(ruleset, 100, 12), (conjunctions, 150, 25)])
def test_random_rules_conclude_the_same_of_every_issue_whether_all_is_kept_up_or_only_what_is_wanted(
    made: Callable[[Random, Profile], RuleSet], count: int, length: int, p: Profile
) -> None:
    r = Random(21)
    seen: Counter[str] = Counter()
    for _ in range(count):
        rules = made(r, p)
        engine, held = NativeEngine(rules), set[tuple[str, Any]]()
        eager, lazy = EngineState(), EngineState(issues=held)
        for step in stream(r, rules, length, p):
            advance_both(engine, [eager, lazy], step.now)
            for state in (eager, lazy):
                apply(engine, state, step)
                engine.settle(state)
            about = {(rules.rule(rule).then.kind.name, key) for rule, key in eager.firings}
            supported = {slot for slot in about if engine.points(eager, *slot) is not None}
            # Somebody may hold an issue for longer than it is supported.
            held |= {slot for slot in supported if r.random() < 0.7}
            held -= {slot for slot in held - supported if r.random() < 0.3}

            assert concluded(engine, lazy, supported | held) == concluded(engine, eager, supported | held)
            for slot in about - supported - held:
                assert engine.points(lazy, *slot) is None
            seen["concluded"] += bool(supported | held)
            seen["left alone"] += len(lazy.times) < len(eager.times)
            seen["no issue"] += bool(about - supported - held)
            if r.random() < 0.2:
                for state in (eager, lazy):
                    engine.forget(state, state.now)
            if r.random() < 0.1:
                lazy = restore(engine, snapshot(engine, lazy))
                lazy.issues = held
    assert min(seen[name] for name in ("concluded", "left alone", "no issue")) > 20


@pytest.mark.parametrize("p", [TINY, SLOW, HOURS], ids=lambda p: p.name)
@pytest.mark.parametrize(("made", "count", "length"), [(ruleset, 60, 12), (conjunctions, 60, 20)])
def test_a_copy_in_which_everything_is_kept_up_is_as_if_it_had_always_been(
    made: Callable[[Random, Profile], RuleSet], count: int, length: int, p: Profile
) -> None:
    r = Random(34)
    left_alone = 0
    for _ in range(count):
        rules = made(r, p)
        engine = NativeEngine(rules)
        eager, lazy = EngineState(), EngineState(issues=())
        for step in stream(r, rules, length, p):
            advance_both(engine, [eager, lazy], step.now)
            for state in (eager, lazy):
                apply(engine, state, step)
                engine.settle(state)
            before = snapshot(engine, lazy)

            assert kept_up(engine, lazy).firings == eager.firings
            assert snapshot(engine, lazy) == before
            left_alone += lazy.firings != eager.firings
    assert left_alone > 20


def passed(number: int) -> A:
    at = from_microseconds(T0 + number)
    return A(id=f"a{number}", merchant=MerchantId("m"), occurred_at=at, received_at=at, ok=True)


def took(engine: NativeEngine, state: EngineState, *signals: Signal) -> set[str]:
    """Take signals in, and return which rules fire then."""
    for signal in signals:
        engine.insert(state, signal, to_microseconds(signal.received_at))
        engine.settle(state)
    return {rule for rule, _ in state.firings}


def test_evidence_against_an_issue_is_had_from_when_there_is_one_and_counts_what_came_before() -> None:
    engine = NativeEngine(RuleSet("two", FAILS, PASSES, signals=CLASSES))
    state, at = EngineState(issues=()), from_microseconds(T0 + 9)
    failed = B(id="b", merchant=MerchantId("m"), occurred_at=at, received_at=at)

    assert took(engine, state, passed(1), passed(2), passed(3)) == set()
    assert state.times == {}
    assert took(engine, state, failed) == {"fails", "passes"}
    assert state.firings["passes", ("m",)].at == T0 + 3


def test_an_attentive_engine_tells_evidence_against_what_is_no_issue() -> None:
    engine, state = NativeEngine(RuleSet("two", FAILS, PASSES, signals=CLASSES)), EngineState(issues=())

    assert took(engine, state, passed(1), passed(2)) == set()
    state.attentive = True
    assert took(engine, state, passed(3)) == {"passes"}
    state.attentive = False
    assert took(engine, state, passed(4)) == set()


def test_issues_that_are_taken_over_have_the_evidence_against_them() -> None:
    engine, state = NativeEngine(RuleSet("two", FAILS, PASSES, signals=CLASSES)), EngineState(issues=())

    assert took(engine, state, passed(1), passed(2)) == set()
    engine.take_over(state, {(KIND.name, ("m",))})
    assert took(engine, state) == {"passes"}
