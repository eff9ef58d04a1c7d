"""The recording actuator remembers what it was asked to do."""

from __future__ import annotations

import pytest

from migro.act import RecordingActuator
from migro.errors import ActionError
from migro.models import Action, ActionResult
from migro.testing import sample_action


def test_actions_are_kept_in_the_order_they_came() -> None:
    actuator = RecordingActuator(["notify"])
    for key in ("b", "a", "b", "c"):
        actuator.execute(sample_action(key))

    assert actuator.actions == (sample_action("b"), sample_action("a"), sample_action("c"))


def test_a_test_says_what_becomes_of_an_action() -> None:
    actuator = RecordingActuator(["notify"], answer=lambda a: ActionResult(status="failed", detail=a.target))

    assert actuator.execute(sample_action()) == ActionResult(status="failed", detail="on_call")


def test_the_second_answer_is_the_first_one() -> None:
    answers = iter(["one", "two"])
    actuator = RecordingActuator(["notify"], answer=lambda _: ActionResult(status="succeeded", detail=next(answers)))

    assert [actuator.execute(sample_action()).detail for _ in range(2)] == ["one", "one"]


def test_an_error_is_raised_and_nothing_is_recorded() -> None:
    def refuse(action: Action) -> ActionResult:
        raise ActionError("no")

    actuator = RecordingActuator(["notify"], answer=refuse)
    with pytest.raises(ActionError):
        actuator.execute(sample_action())

    assert actuator.actions == ()
