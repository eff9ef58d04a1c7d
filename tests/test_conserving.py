"""The check of conservation that every test runs under would see what it is there for."""

from __future__ import annotations

from typing import Any

import attrs
import pytest

from migro.agent import Fold
from migro.models import Tick
from tests.agent.world import Run, after, call, received, sure
from tests.conserving import NotConserved, kept


def test_every_step_of_a_test_is_looked_at() -> None:
    assert Fold.advance.__name__ == "checked"


@pytest.mark.parametrize(
    "wrong",
    [
        {"disposition": None},
        {"seq": 7},
        {"issues": ()},
    ],
    ids=["no end", "another number", "an issue left out"],
)
def test_a_step_that_loses_something_is_seen(wrong: dict[str, Any]) -> None:
    run = Run()
    run.give(*sure()[:-1])
    item = received(sure()[-1])
    step = run.fold.advance(run.state, run.state.seq + 1, item)
    kept(item, step.record.seq, step)

    with pytest.raises(NotConserved):
        kept(item, step.state.seq, attrs.evolve(step, record=attrs.evolve(step.record, **wrong)))


@pytest.mark.parametrize("field", [{"name": "failed"}, {"reason": ""}, {"issues": ()}, {"signal": "sig_other"}])
def test_an_end_that_says_too_little_is_seen(field: dict[str, Any]) -> None:
    run = Run()
    item = received(call(1))
    step = run.fold.advance(run.state, 1, item)
    assert step.record.disposition is not None
    found = attrs.evolve(step.record.disposition, **field)

    with pytest.raises(NotConserved):
        kept(item, 1, attrs.evolve(step, record=attrs.evolve(step.record, disposition=found)))


def test_an_end_of_what_is_no_signal_is_seen() -> None:
    run = Run()
    end = run.give(call(1)).disposition
    item = Tick(at=after(60))
    step = run.fold.advance(run.state, 2, item)

    with pytest.raises(NotConserved):
        kept(item, 2, attrs.evolve(step, record=attrs.evolve(step.record, disposition=end)))
