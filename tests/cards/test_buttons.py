"""What people press becomes their answer, under the name that they are listed by, or nobody's."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import attrs
import pytest

from migro import Agent, MerchantId, People, Policy, Signal, VolatileMemory
from migro.act.slack_blocks import card as blocks
from migro.cards import Buttons
from migro.errors import ActionDelayed
from migro.models import Action
from migro.testing import START
from tests.cards.test_desk import POLICY, RULES, Answered

ADA, EVE = "U1ADA", "U2EVE"


class Told:
    def __init__(self, error: Exception | None = None) -> None:
        self.said: list[tuple[str, str, str]] = []
        self.error = error

    def __call__(self, where: str, user: str, told: str) -> None:
        if self.error is not None:
            raise self.error
        self.said.append((where, user, told))


def failing(policy: Policy = POLICY) -> Agent:
    made = Agent(rules=RULES, memory=VolatileMemory(), policy=policy, alarm=lambda _: None)
    made.handle(Answered(merchant=MerchantId("m_1"), occurred_at=START, code=502))
    return made


def action_of(agent: Agent) -> Action:
    (found,) = agent.memory.read("actions")
    return found


def press(action: Action, user: str, verb: int = 0, **more: Any) -> Signal:
    button = blocks(action, [])[-1]["elements"][verb]
    ids = {"action_id": button["action_id"], "user_id": user, "channel_id": "C1", "message_ts": "1.2"}
    told = {"kind": "platform.event", "provider": "slack", "source_kind": "person", "auth": "verified", **more}
    return Signal.from_data(
        {**told, "occurred_at": START, "merchant": "ops", "ids": ids, "attrs": {"answer": [button["value"]]}}
    )


@pytest.mark.parametrize(("verb", "status"), [(0, "planned"), (1, "rejected")])
def test_a_listed_persons_press_is_that_persons_answer(verb: int, status: str) -> None:
    agent, told = failing(), Told()
    buttons = Buttons(agent, {ADA: "Ada"}, whisper=told)
    assert buttons.hear(press(action_of(agent), ADA, verb))
    (heard,) = buttons.answer()

    assert heard.answer is not None
    assert heard.answer.counted
    assert action_of(agent).status.value == status
    assert "da" in action_of(agent).note
    assert (told.said, buttons.answer()) == ([], ())


def test_whoever_is_not_listed_is_told_alone_and_changes_nothing() -> None:
    agent, told = failing(), Told()
    before = list(agent.memory.read("journal"))
    buttons = Buttons(agent, {ADA: "Ada"}, whisper=told)
    buttons.hear(press(action_of(agent), EVE))
    buttons.answer()

    assert told.said == [("slack C1 1.2", EVE, "it did not count: you are not one of the people who are listed")]
    assert list(agent.memory.read("journal")) == before


def test_a_name_that_the_policy_does_not_list_is_refused_by_the_agent() -> None:
    agent, told = failing(), Told()
    buttons = Buttons(agent, {EVE: "Eve"}, whisper=told)
    buttons.hear(press(action_of(agent), EVE))
    buttons.answer()

    assert told.said[0][2] == "it did not count: expected one of the people who are listed, got Eve"
    assert action_of(agent).status.value == "waiting"


def test_where_nobody_is_listed_the_id_is_the_name() -> None:
    agent = failing(attrs.evolve(POLICY, people=People()))
    buttons = Buttons(agent, {})
    buttons.hear(press(action_of(agent), EVE))
    buttons.answer()

    assert action_of(agent).note == "approved by u2eve"


def test_a_press_of_what_was_shown_before_counts_for_nothing() -> None:
    agent, told = failing(), Told(ActionDelayed("later"))
    old = press(action_of(agent), ADA)
    agent.handle(Answered(merchant=MerchantId("m_1"), occurred_at=START + timedelta(minutes=1), code=504))
    buttons = Buttons(agent, {ADA: "Ada"}, whisper=told)
    buttons.hear(old)
    (heard,) = buttons.answer()

    assert heard.words.startswith("it did not count: people were asked anew since")
    assert action_of(agent).status.value == "waiting"


def test_who_is_late_hears_what_was_decided() -> None:
    agent = failing(attrs.evolve(POLICY, people=People()))
    buttons = Buttons(agent, {ADA: "Ada", EVE: "Eve"})
    for user, verb in ((ADA, 1), (EVE, 0)):
        buttons.hear(press(action_of(agent), user, verb))
    first, second = buttons.answer()

    assert first.answer is not None
    assert first.answer.counted
    assert second.words == "it did not count: draft_reply -> merchant is rejected: rejected by Ada"


@pytest.mark.parametrize("doubt", [{"auth": "unsigned"}, {"provider": "host"}, {"source_kind": "host"}])
def test_what_nobody_has_proven_to_be_a_press_is_none(doubt: dict[str, Any]) -> None:
    agent = failing()

    assert not Buttons(agent, {ADA: "Ada"}).hear(press(action_of(agent), ADA, **doubt))
