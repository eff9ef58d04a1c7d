"""The second engine around a stand-in that needs no package: what it hands over, and what it finds."""

from __future__ import annotations

from random import Random
from typing import Any

import attrs
import pytest

from migro.durable import Disagreement, SecondEngine
from migro.engine import EngineState, Firing, NativeEngine
from migro.errors import SecondEngineRefused
from migro.models import from_microseconds
from migro.rules import IssueKind, Rule, RuleSet, known, on, supports
from tests.durable.joining import joined_rules
from tests.durable.plain import PlainConversation
from tests.effort import cases
from tests.engine.playing import advance, apply, play
from tests.engine.profiles import T0, TINY
from tests.engine.streams import ruleset, stream
from tests.engine.vocabulary import A, B
from tests.oracle import Arrival

LOW, HIGH = (IssueKind[Any](name, category="unknown", per=("merchant",)) for name in ("low", "high"))
JOINED = Rule("joined", when=on(A, per=A.merchant) & on(B, per=B.merchant), then=supports(LOW, 50, family="f"))
CHAINED = Rule("chained", when=known(LOW, at_least_points=50), then=supports(HIGH, 30, family="g"))
RULES = RuleSet("shop", JOINED, CHAINED)
FOR_M1 = ("m1",)


@pytest.fixture
def second() -> SecondEngine:
    return SecondEngine(NativeEngine(RULES), conversation=PlainConversation())


@pytest.fixture
def state(second: SecondEngine) -> EngineState:
    """Both conditions hold for one merchant, and one of them for another."""
    state = EngineState()
    for number, (cls, merchant) in enumerate(((A, "m1"), (B, "m1"), (A, "m2"))):
        second.engine.insert(state, heard(cls, merchant, number), T0 + number)
    second.engine.settle(state)
    return state


def heard(cls: Any, merchant: str, number: int) -> Any:
    fields = {"ok": True} if cls is A else {}
    return cls(id=f"s{number}", merchant=merchant, occurred_at=from_microseconds(T0 + number), **fields)


def test_a_second_engine_says_what_fires_and_what_it_adds_up_to(second: SecondEngine, state: EngineState) -> None:
    found = second.evaluate(state)

    assert found.firings == {("joined", FOR_M1): 50, ("chained", FOR_M1): 30}
    assert found.points == {("low", FOR_M1): 50, ("high", FOR_M1): 30}
    assert second.compare(state) == ()


@pytest.mark.parametrize(
    ("wrong", "native", "durable"),
    [
        (lambda firings: firings.pop(("joined", FOR_M1)), None, 50),
        (lambda firings: firings.update({("joined", ("m2",)): Firing("joined", ("m2",), T0)}), 50, None),
        (lambda firings: firings.update({("joined", FOR_M1): Firing("joined", FOR_M1, T0, lowered=True)}), 5, 50),
    ],
)
def test_a_firing_that_is_missing_too_many_or_too_weak_is_a_disagreement(
    second: SecondEngine, state: EngineState, wrong: Any, native: int | None, durable: int | None
) -> None:
    wrong(state.firings)
    found = second.compare(state, stream="merchant:m1")
    about = [(d.what, d.name, d.stream, d.native, d.durable) for d in found if d.name in {"joined", "low"}]

    assert about == [
        ("firing", "joined", "merchant:m1", native, durable),
        ("points", "low", "merchant:m1", native, durable),
    ]


def test_a_disagreement_says_where_it_is_and_what_each_says() -> None:
    found = Disagreement(what="firing", name="joined", key=FOR_M1, stream="merchant:m1", at=T0, native=None, durable=50)

    assert str(found) == (
        "joined for m1 at 2026-01-01 00:00:00.000000 in merchant:m1: native silent, durable-rules +50 points"
    )
    assert found.document() == {**attrs.asdict(found), "key": ["m1"]}


def test_nothing_of_a_rule_or_a_signal_leaves_the_process_but_that_something_holds(
    second: SecondEngine, state: EngineState
) -> None:
    conversation = PlainConversation()
    SecondEngine(second.engine, conversation=conversation).evaluate(state)

    assert conversation.told == [
        ({"r0": ("p0", "p1")}, [("p0", "k0", "f0"), ("p1", "k0", "f1"), ("p0", "k1", "f2")]),
        ({"r1": ("p2",)}, [("p2", "k0", "f0")]),
    ]


def test_a_state_with_conclusions_to_be_drawn_is_refused(second: SecondEngine, state: EngineState) -> None:
    second.engine.insert(state, heard(B, "m2", 9), T0 + 9)

    with pytest.raises(SecondEngineRefused, match="expected a settled state"):
        second.compare(state)


def test_a_quarantined_rule_fires_on_neither_engine(second: SecondEngine, state: EngineState) -> None:
    state.quarantined["joined"] = state.now
    state.dirty.add(("joined", FOR_M1))
    second.engine.settle(state)

    assert (dict(second.evaluate(state).firings), second.compare(state)) == ({}, ())


def test_more_facts_than_one_request_takes_are_told_in_turns(
    second: SecondEngine, state: EngineState, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("migro.durable.second._BATCH", 1)
    conversation = PlainConversation()
    turns = SecondEngine(second.engine, conversation=conversation)

    assert turns.compare(state) == ()
    assert [len(facts) for _, facts in conversation.told] == [2, 1, 1]


@pytest.mark.parametrize(("make", "count"), [(joined_rules, 30), (ruleset, 10)])
def test_both_engines_agree_over_random_streams(make: Any, count: int) -> None:
    for seed in range(cases(count)):
        r = Random(seed)
        rules = make(r)
        second = SecondEngine(NativeEngine(rules), conversation=PlainConversation())
        state = EngineState()
        for _ in play(second.engine, stream(r, rules, 8, TINY), state, Random(seed), TINY):
            assert second.compare(state, stream=str(seed)) == ()


def test_both_engines_agree_where_the_native_one_leaves_alone_what_does_not_matter_yet() -> None:
    left_alone = 0
    for seed in range(cases(40)):
        r = Random(seed)
        rules = ruleset(r)
        second = SecondEngine(NativeEngine(rules), conversation=PlainConversation())
        eager, lazy = EngineState(), EngineState(issues=())
        for step in stream(r, rules, 8, TINY):
            for state in (eager, lazy):
                # Now and then an alarm asks for everything, and what it found stays for a while.
                state.attentive = state is lazy and step.now % 3 == 0
                apply(second.engine, state, step)
                advance(second.engine, state, step.now)
            assert second.compare(lazy, stream=str(seed)) == ()
            left_alone += len(lazy.firings) < len(eager.firings)
    assert left_alone > 0


def test_an_agenda_that_forgets_is_found() -> None:
    found = set[str]()
    for seed in range(10):
        r = Random(seed)
        rules = joined_rules(r)
        second = SecondEngine(NativeEngine(rules), conversation=PlainConversation())
        state = EngineState()
        for step in stream(r, rules, 8, TINY):
            apply(second.engine, state, step)
            if isinstance(step, Arrival) and state.touched and r.random() < 0.5:
                state.touched.popitem()  # what a mistake in the engine could look like
            advance(second.engine, state, step.now)
        found.update(d.what for d in second.compare(state))

    assert "firing" in found
