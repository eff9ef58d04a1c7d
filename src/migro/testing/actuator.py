"""The contract of `migro.ports.Actuator` as tests."""

from __future__ import annotations

from ..models.action import Action, ActionResult
from ..models.scales import ActionStatus, Outcome
from ..ports import Actuator
from .samples import sample_action

__all__ = ["ActuatorContract"]


class ActuatorContract:
    """
    Tests that every actuator passes.

    A subclass gives a pytest fixture `actuator`, fresh for each test, and says in `effects` how often the
    outside world was touched; `an_action` may be overridden where the arguments matter.
    """

    def effects(self, actuator: Actuator) -> int:
        """Return how often the actuator has acted on the world so far."""
        raise NotImplementedError(f"{type(self).__name__} has to say how effects are counted")

    def an_action(self, actuator: Actuator, key: str) -> Action:
        """Return an action that the actuator can execute."""
        return sample_action(key, kind=min(actuator.kinds), status=ActionStatus.STARTED, outcome=Outcome.AUTO)

    def test_it_keeps_the_port(self, actuator: Actuator) -> None:
        assert isinstance(actuator, Actuator)

    def test_it_names_its_kinds(self, actuator: Actuator) -> None:
        assert isinstance(actuator.kinds, frozenset)
        assert actuator.kinds
        assert all(isinstance(kind, str) and kind for kind in actuator.kinds)

    def test_its_kinds_do_not_change(self, actuator: Actuator) -> None:
        before = actuator.kinds
        actuator.execute(self.an_action(actuator, "k1"))

        assert actuator.kinds == before

    def test_executing_acts_once_and_says_so(self, actuator: Actuator) -> None:
        result = actuator.execute(self.an_action(actuator, "k1"))

        assert isinstance(result, ActionResult)
        assert result.status == "succeeded"
        assert self.effects(actuator) == 1

    def test_the_same_key_never_acts_twice(self, actuator: Actuator) -> None:
        action = self.an_action(actuator, "k1")
        results = [actuator.execute(action) for _ in range(3)]

        assert self.effects(actuator) == 1
        assert {r.status for r in results} == {"succeeded"}

    def test_another_key_is_another_action(self, actuator: Actuator) -> None:
        actuator.execute(self.an_action(actuator, "k1"))
        actuator.execute(self.an_action(actuator, "k2"))

        assert self.effects(actuator) == 2
