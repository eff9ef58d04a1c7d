"""A rule that raises harms itself alone."""

from __future__ import annotations

from random import Random
from typing import Any

import pytest

from migro.engine import Change, EngineState, NativeEngine
from migro.expressions import percent
from migro.rules import IssueKind, Rule, RuleSet, Timed, on, supports
from tests.engine.playing import advance, anchored, apply, say
from tests.engine.profiles import SLOW, TINY, Profile
from tests.engine.streams import ruleset, signal, stream
from tests.engine.vocabulary import CLASSES, A, brittle
from tests.oracle import Arrival, Firings, evaluate

BROKEN = IssueKind[Any]("broken", category="unknown")
EVERY = on(A, per=A.merchant)
RAISING = on(A, brittle == True, per=A.merchant)  # noqa: E712  # a column, not a truth


def raising(r: Random, p: Profile, number: int) -> Rule[Any]:
    """Return a rule with a feature in it that raises for some signals."""
    span = p.span(r)
    ways: list[Timed[Any]] = [
        RAISING,
        RAISING.at_least(2, within=span),
        RAISING.count(within=span) >= 1,
        EVERY.fits(brittle == False).runs(2, of=2, within=span),  # noqa: E712
        EVERY.share(brittle == True, at_least=percent(50), floor=1, within=span),  # noqa: E712
        EVERY.distinct(brittle, at_least=1, within=span),
        EVERY.different(brittle, within=span) >= 1,
        EVERY.top(brittle, within=span) >= 1,
    ]
    return Rule(f"broken-{number}", when=r.choice(ways), then=supports(BROKEN, 50, family="f"))


def outcomes(engine: NativeEngine, steps: Any, until: int) -> tuple[list[Firings], EngineState]:
    state = EngineState()
    said = []
    for step in steps:
        advance(engine, state, step.now)
        apply(engine, state, step)
        engine.settle(state)
        said.append({k: v for k, v in say(state).items() if not k[0].startswith("broken")})
    advance(engine, state, until)
    return [*said, {k: v for k, v in say(state).items() if not k[0].startswith("broken")}], state


@pytest.mark.parametrize("p", [TINY, SLOW], ids=lambda p: p.name)
@pytest.mark.parametrize("chunk", range(4))
def test_healthy_rules_do_as_if_rules_that_raise_were_not_there(p: Profile, chunk: int) -> None:
    r = Random(chunk)
    fired = raised = quarantined = 0
    for _ in range(125):
        healthy = ruleset(r, p)
        mixed = [*healthy, *(raising(r, p, n) for n in range(r.choice((1, 2))))]
        r.shuffle(mixed)
        alone, beside = NativeEngine(healthy), NativeEngine(RuleSet("random", *mixed, signals=CLASSES))
        for _ in range(2):
            steps = stream(r, healthy, r.choice(p.lengths), p)
            until = steps[-1].now + r.choice(p.jumps)
            expected, _ = outcomes(alone, steps, until)
            found, state = outcomes(beside, steps, until)

            assert [anchored(healthy, f) for f in found] == [anchored(healthy, f) for f in expected]
            fired += any(expected)
            raised += bool(state.errors)
            quarantined += bool(state.quarantined)
    assert fired > 30
    assert raised > 20
    assert quarantined > 5


def test_a_signal_on_which_a_predicate_raises_is_on_neither_side() -> None:
    share = EVERY.share(brittle == True, at_least=percent(50), floor=2, within=SLOW.span(Random(0)), bound="plain")  # noqa: E712
    rules = RuleSet("r", Rule("broken", when=share, then=supports(BROKEN, 50, family="f")), signals=CLASSES)
    steps = [_a(n, word) for n, word in enumerate(("x", "z", "x"))]
    for size in (2, 3):
        said = evaluate(rules, steps[:size], steps[size - 1].now)
        engine, state = NativeEngine(rules), EngineState()
        for step in steps[:size]:
            apply(engine, state, step)
            engine.settle(state)

        assert say(state) == said
        assert bool(said) is (size == 3)


def test_a_rule_that_raised_three_times_in_a_row_is_left_out_and_takes_nothing_along() -> None:
    rules = RuleSet("r", Rule("broken", when=RAISING, then=supports(BROKEN, 50, family="f")), signals=CLASSES)
    engine, state = NativeEngine(rules), EngineState()
    changes: list[Change] = []
    for n, word in enumerate(("x", "z", "z", "x", "z", "z", "z", "x")):
        apply(engine, state, _a(n, word))
        changes += engine.settle(state)
        assert ("broken" in state.quarantined) is (n >= 6)
        assert bool(state.firings) is (n < 6)

    assert [c.what for c in changes].count("quarantined") == 1


def _a(n: int, word: str) -> Arrival:
    made = signal(Random(n), TINY, n, 1_767_225_600_000_000 + n, 1_767_225_600_000_000 + n, "A")
    fields = {"id": f"a{n}", "merchant": "m1", "word": word, "ok": True}
    return Arrival(made.model_copy(update=fields), 1_767_225_600_000_000 + n)
