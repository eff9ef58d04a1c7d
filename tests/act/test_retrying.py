"""Trying again: what helps is tried, what could happen twice is not."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from migro.act import RecordingActuator
from migro.act.actor import Actor
from migro.act.messages import NoteParameters
from migro.act.retrying import Retrying
from migro.agent.hands import DryRun, Live, declared
from migro.errors import ActionDelayed, ActionError, ActionRefused, ActionUnclear, ConfigurationError
from migro.models import Action, Capability, Idempotency, Risk, Standing
from migro.ports import Actuator
from migro.testing import DeclaringActuatorContract, sample_action


class Hand(Actor):
    """Does what its script says: raises, or acts."""

    def __init__(
        self, *script: Exception | None, idempotency: Idempotency = "none", sees: Standing = "unknown"
    ) -> None:
        self.script, self.sees, self.tries = list(script), sees, 0
        self.world: list[str] = []
        capability = Capability(
            kind="notify", risk=Risk.R0, parameters=NoteParameters, idempotency=idempotency, reversible=False
        )
        super().__init__([capability], redact=str)

    def act(self, action: Action) -> str:
        self.tries += 1
        error = self.script.pop(0) if self.script else None
        if error is not None:
            raise error
        self.world.append(action.idempotency_key)
        return "told"

    def look(self, action: Action) -> Standing:
        return self.sees


@pytest.fixture(autouse=True)
def hurried() -> Iterator[None]:
    import stamina

    # As many tries, without the waits.
    with stamina.set_testing(True, attempts=4, cap=True):
        yield


class TestHand(DeclaringActuatorContract):
    @pytest.fixture
    def actuator(self) -> Retrying:
        self.hand = Hand(ActionDelayed("later"))
        return Retrying(self.hand)

    def effects(self, actuator: Actuator) -> int:
        return len(self.hand.world)


LATER, NEVER, PERHAPS = ActionDelayed("busy"), ActionRefused("no"), ActionUnclear("silence")


def test_what_the_last_try_said_is_told_beside_the_one_that_may_have_happened() -> None:
    with pytest.raises(ActionUnclear, match=r"^silence; and then, without effect: no$"):
        Retrying(Hand(PERHAPS, NEVER, idempotency="receiver")).execute(sample_action())


def test_a_wait_that_is_longer_than_what_is_left_of_patience_ends_with_it() -> None:
    hand = Hand(LATER)

    assert Retrying(hand, patience_s=1, first_wait_ms=60_000).execute(sample_action()).status == "succeeded"
    assert hand.tries == 2


@pytest.mark.parametrize(
    ("script", "idempotency", "sees", "status", "tries"),
    [
        ((), "none", "unknown", "succeeded", 1),
        ((LATER, LATER), "none", "unknown", "succeeded", 3),
        ((LATER,) * 9, "none", "unknown", "failed", 4),
        ((NEVER,), "none", "unknown", "failed", 1),
        ((LATER, NEVER), "none", "unknown", "failed", 2),
        ((PERHAPS,), "none", "unknown", "unknown", 1),
        ((PERHAPS,), "none", "done", "succeeded", 1),
        ((PERHAPS,), "none", "not_done", "succeeded", 2),
        ((PERHAPS,), "receiver", "unknown", "succeeded", 2),
        ((PERHAPS,) * 9, "receiver", "unknown", "unknown", 4),
        ((PERHAPS, LATER, LATER, LATER), "receiver", "unknown", "unknown", 4),
        ((PERHAPS, *(LATER,) * 9), "check", "not_done", "failed", 4),
        ((PERHAPS, NEVER), "receiver", "unknown", "unknown", 2),
        ((PERHAPS, NEVER), "check", "not_done", "failed", 2),
        ((LATER, PERHAPS), "check", "unknown", "unknown", 2),
    ],
)
def test_it_is_tried_again_where_that_helps_and_cannot_make_two_of_it(
    script: tuple[Exception, ...], idempotency: Idempotency, sees: Standing, status: str, tries: int
) -> None:
    hand = Hand(*script, idempotency=idempotency, sees=sees)
    result = Live([Retrying(hand)]).execute(sample_action())

    assert (result.status, hand.tries) == (status, tries)
    assert len(hand.world) == (status == "succeeded" and sees != "done")


@pytest.mark.parametrize("error", [PERHAPS, AttributeError("ann@example.com")])
def test_what_nobody_foresaw_does_not_say_that_nothing_happened(error: Exception) -> None:
    class Blind(Hand):
        def look(self, action: Action) -> Standing:
            raise ConfigurationError("nowhere to ask")

    for actuator in (Blind(error), Retrying(Blind(error))):
        assert Live([actuator]).execute(sample_action()).status == "unknown"
    seen = Live([Retrying(Hand(error, sees="done"))]).execute(sample_action())
    assert (seen.status, "ann" in seen.detail) == ("succeeded", False)


def test_the_waits_of_an_action_are_the_same_in_every_run_and_differ_between_actions() -> None:
    first, again = (Retrying(Hand(), first_wait_ms=100) for _ in range(2))
    waits = [[r.wait_s(key, n) for n in (1, 2, 3)] for r in (first, again) for key in ("a", "b")]

    assert waits[:2] == waits[2:]
    assert waits[0] != waits[1]
    assert all(0.1 * 2**n <= w <= 0.15 * 2**n for several in waits for n, w in enumerate(several))


def test_who_wants_to_be_left_alone_for_longer_than_patience_lasts_is_not_waited_for() -> None:
    hand = Hand(ActionDelayed("busy", wait_ms=61_000))
    with pytest.raises(ActionDelayed, match="busy"):
        Retrying(hand, patience_s=60).execute(sample_action())

    assert hand.tries == 1


@pytest.mark.parametrize("limits", [{"tries": 0}, {"patience_s": 241}, {"first_wait_ms": 0}])
def test_a_limit_out_of_range_is_refused(limits: dict[str, int]) -> None:
    with pytest.raises(ConfigurationError, match="from 1 to"):
        Retrying(Hand(), **limits)


def test_an_actuator_that_declares_nothing_is_not_tried_again() -> None:
    with pytest.raises(ConfigurationError, match="declares what it can do, got RecordingActuator"):
        Retrying(RecordingActuator(["notify"]))


@pytest.mark.parametrize(
    ("idempotency", "sees", "status", "tries"),
    [
        ("none", "done", "succeeded", 0),
        ("none", "not_done", "succeeded", 1),
        ("none", "unknown", "unknown", 0),
        ("check", "unknown", "unknown", 0),
        ("receiver", "unknown", "succeeded", 1),
    ],
)
def test_what_was_interrupted_is_looked_for_before_it_is_tried(
    idempotency: Idempotency, sees: Standing, status: str, tries: int
) -> None:
    hand = Hand(idempotency=idempotency, sees=sees)
    result = Live([hand]).take_up(sample_action())

    assert (result.status, hand.tries) == (status, tries)


def test_a_look_that_raises_knows_nothing() -> None:
    class Blind(Hand):
        def look(self, action: Action) -> Standing:
            raise OSError("dark")

    hand = Blind(PERHAPS)

    assert Live([hand]).execute(sample_action()).status == "unknown"


def test_a_dry_run_says_what_would_have_been_done_and_holds_nothing_that_could_do_it() -> None:
    hand = Hand()
    dry = DryRun(declared([hand, RecordingActuator(["tag"])]))

    assert dry.execute(sample_action()).detail == "dry run: notify -> on_call"
    assert dry.take_up(sample_action()).status == "simulated"
    assert hand.tries == 0


def test_every_error_of_an_actuator_says_whether_it_helps_to_try_again() -> None:
    assert {e.__name__ for e in ActionError.__subclasses__()} == {"ActionRefused", "ActionDelayed", "ActionUnclear"}
