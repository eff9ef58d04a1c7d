"""A record whose figures do not follow from each other is found out."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any

import pytest

from migro.decide import recompute
from migro.models import Attention, Band, Decision, Outcome, RunMode, Severity
from tests.agent.world import M1, Run, Shop, after, call, maintenance, outage, probe, sure


def decisions() -> list[Decision]:
    run = Run()
    run.give(Shop(merchant=M1, value=8200, money="EUR", occurred_at=after(0), env="production"), *sure())
    run.give(call(8, 9, auth="unsigned"), outage(1, 10), maintenance(1, 11, True), maintenance(2, 12, False))
    run.give(probe(5, 20, ok=True), call(9, 5_000))
    return run.decisions


FOUND = decisions()


def test_every_decision_of_a_run_is_sound() -> None:
    assert {d.id: recompute(d) for d in FOUND} == {d.id: () for d in FOUND}
    assert len(FOUND) > 6


def shifted(value: Any) -> Any:
    """Return another value of the same kind."""
    match value:
        case Band() | Severity() | Outcome() | RunMode() | Attention():
            members = list(type(value))
            return members[(members.index(value) + 1) % len(members)]
        case bool():
            return not value
        case int():
            return value + 1
        case Decimal():
            return value + Decimal("0.01")
        case str():
            numerator, _, denominator = value.partition("/")
            return f"{int(numerator) + 1}/{denominator}"


def figures(record: Any, names: tuple[str, ...], rebuild: Callable[[Any], Decision]) -> Iterator[tuple[str, Decision]]:
    for name in names:
        value = getattr(record, name)
        if value is not None:
            yield name, rebuild(record.model_copy(update={name: shifted(value)}))


def tampered(d: Decision) -> Iterator[tuple[str, Decision]]:
    """Yield the decision with each of its figures changed, one at a time."""
    e = d.explanation

    def explained(new: Any) -> Decision:
        return d.model_copy(update={"explanation": new})

    def within(field: str, n: int) -> Callable[[Any], Decision]:
        def rebuild(new: Any) -> Decision:
            old = getattr(e, field)
            return explained(e.model_copy(update={field: (*old[:n], new, *old[n + 1 :])}))

        return rebuild

    yield from figures(d, ("outcome", "attention", "mode"), lambda new: new)
    names = ("prior", "score", "confidence", "band", "severity", "attention", "mode", "outcome")
    yield from figures(e, names, explained)
    issue = ("points", "confidence", "band", "severity", "attention")
    yield from figures(d.issue, issue, lambda new: d.model_copy(update={"issue": new}))
    for n, c in enumerate(e.contributions):
        yield from figures(c, ("counted", "trusted"), within("contributions", n))
        if c.trusted == c.points:
            yield from figures(c, ("points",), within("contributions", n))
    for n, a in enumerate(e.adjustments):
        yield from figures(a, ("cap", "before", "after"), within("adjustments", n))
    for n, t in enumerate(e.actions):
        traced = ("risk", "base", "mode_cap", "outcome") if t.risk < 4 else ("base",)
        yield from figures(t, traced, within("actions", n))
    for n, g in enumerate(e.guards):
        yield from figures(g, ("cap",), within("guards", n))
        if e.actions and g.guard != "not_allowed":
            yield from figures(g, ("holds",), within("guards", n))
    money = ("share_lost", "revenue_low", "revenue_high")
    yield from figures(e.impact, money, lambda new: explained(e.model_copy(update={"impact": new})))


@pytest.mark.parametrize("n", range(len(FOUND)))
def test_no_figure_of_a_record_can_be_changed_alone(n: int) -> None:
    changed = list(tampered(FOUND[n]))

    assert [name for name, decision in changed if not recompute(decision)] == []
    assert len(changed) > 20


def test_a_wrong_figure_is_named_with_what_was_expected() -> None:
    decision = FOUND[0]
    wrong = decision.model_copy(
        update={"explanation": decision.explanation.model_copy(update={"confidence": Decimal("0.99")})}
    )

    assert "confidence: expected 0.10, found 0.99" in recompute(wrong)


def test_money_that_its_assumptions_do_not_give_is_found() -> None:
    decision = next(d for d in FOUND if d.issue.impact.revenue_high)
    impact = decision.issue.impact.model_copy(update={"revenue_high": 1})
    update = {
        "issue": decision.issue.model_copy(update={"impact": impact}),
        "explanation": decision.explanation.model_copy(update={"impact": impact}),
    }

    assert any(w.startswith("revenue at risk") for w in recompute(decision.model_copy(update=update)))
