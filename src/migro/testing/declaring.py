"""The contract of `migro.ports.Declaring` as tests."""

from __future__ import annotations

from typing import get_args

from ..errors import ActionError
from ..models.action import Effect
from ..models.capability import Capability, Parameters
from ..models.scales import Risk
from ..ports import Actuator, Declaring, Verifying
from .actuator import ActuatorContract

__all__ = ["DeclaringActuatorContract"]


def _declaring(actuator: Actuator) -> Declaring:
    assert isinstance(actuator, Declaring)
    return actuator


class DeclaringActuatorContract(ActuatorContract):
    """
    Tests that every actuator passes that declares what it can do.

    Beside what `ActuatorContract` asks for, a subclass may say in `forgotten` how to make another object that works on
    the same world and remembers nothing, as after a restart; without it, `check` is asked of the same object.
    """

    def forgotten(self, actuator: Actuator) -> Actuator:
        """Return an actuator on the same world that remembers nothing."""
        return actuator

    def test_it_declares_each_of_its_kinds_and_no_other(self, actuator: Actuator) -> None:
        capabilities = _declaring(actuator).capabilities

        assert set(capabilities) == set(actuator.kinds)
        assert all(isinstance(one, Capability) and one.kind == kind for kind, one in capabilities.items())
        assert all(issubclass(one.parameters, Parameters) for one in capabilities.values())

    def test_what_it_can_execute_is_what_it_declares(self, actuator: Actuator) -> None:
        action = self.an_action(actuator, "k1")

        assert _declaring(actuator).capabilities[action.kind].problem(action) == ""

    def test_a_preview_says_something_on_few_lines_and_touches_nothing(self, actuator: Actuator) -> None:
        action = self.an_action(actuator, "k1")
        capability = _declaring(actuator).capabilities[action.kind]

        assert capability.preview(action) == capability.preview(action)
        assert 0 < len(capability.preview(action).splitlines()) < 40
        assert self.effects(actuator) == 0

    def test_an_argument_that_is_not_declared_is_refused_and_nothing_happens(self, actuator: Actuator) -> None:
        action = self.an_action(actuator, "k1")
        odd = action.model_copy(update={"args": {**action.args, "an_argument_of_nobody": "x"}})

        assert _declaring(actuator).capabilities[action.kind].problem(odd)
        try:
            status = actuator.execute(odd).status
        except ActionError:
            status = "failed"
        assert status == "failed"
        assert self.effects(actuator) == 0

    def test_an_action_declared_as_less_risky_is_a_problem(self, actuator: Actuator) -> None:
        action = self.an_action(actuator, "k1")
        capability = _declaring(actuator).capabilities[action.kind]
        harmless = action.model_copy(update={"risk": Risk.R0})

        assert bool(capability.problem(harmless)) is (capability.risk > Risk.R0)

    def test_a_look_changes_nothing_and_never_says_done_before_it_is(self, actuator: Actuator) -> None:
        action = self.an_action(actuator, "k1")

        assert _declaring(actuator).check(action) in ("not_done", "unknown")
        assert self.effects(actuator) == 0

    def test_after_it_is_done_a_look_never_says_that_it_is_not(self, actuator: Actuator) -> None:
        action = self.an_action(actuator, "k1")
        actuator.execute(action)

        assert _declaring(actuator).check(action) == "done"
        assert _declaring(self.forgotten(actuator)).check(action) in ("done", "unknown")
        assert self.effects(actuator) == 1

    def test_what_a_restart_forgot_is_found_where_it_is_declared(self, actuator: Actuator) -> None:
        action = self.an_action(actuator, "k1")
        actuator.execute(action)
        again = self.forgotten(actuator)
        idempotency = _declaring(actuator).capabilities[action.kind].idempotency
        found = _declaring(again).check(action)
        if idempotency == "receiver" and found == "unknown":
            again.execute(action)  # the receiver knows the key, so this is safe

        assert self.effects(actuator) == 1
        assert found == "done" or idempotency != "check"

    def test_who_is_to_look_whether_it_has_helped_can(self, actuator: Actuator) -> None:
        later = [kind for kind, one in _declaring(actuator).capabilities.items() if one.verify_after is not None]

        assert not later or isinstance(actuator, Verifying), f"expected `verify` for {', '.join(later)}, got none"

    def test_a_look_whether_it_has_helped_changes_nothing_and_answers_in_known_words(self, actuator: Actuator) -> None:
        action = self.an_action(actuator, "k1")
        for times in range(2):
            for one in (actuator, self.forgotten(actuator)):
                effect = one.verify(action) if isinstance(one, Verifying) else "unknown"

                assert effect in get_args(Effect)
                assert self.effects(actuator) == times
            actuator.execute(action)
