"""Who can only tell asks by telling, once, and says when it is over."""

from __future__ import annotations

import pytest

from migro.act import RecordingActuator
from migro.act.asking import Askers, NoticeAsker
from migro.act.equipping import equip
from migro.act.settings import ActuatorsSettings
from migro.act.slack import Slack
from migro.errors import ActionRefused, ActionUnclear
from migro.models import Action, ActionResult, Outcome, Risk
from migro.observe import scrub
from migro.testing import sample_action
from tests.act.test_retrying import Hand


def waiting() -> Action:
    return sample_action("act_1", kind="refund", target="shop", risk=Risk.R2, args={"n": "1"}, outcome=Outcome.APPROVE1)


def test_a_role_is_told_what_is_asked_and_how_to_answer_and_told_when_that_is_over() -> None:
    hands = RecordingActuator(["notify"])
    asker = NoticeAsker(hands)
    where = asker.ask(waiting(), "owner", ["Do   it", "Answer by migro approvals"])
    asker.changed(waiting(), where, ["Do it still"])
    asker.answered(waiting(), where, "refund -> shop: rejected by Ada")
    asked, over = hands.actions

    assert (asked.kind, asked.target, asked.risk) == ("notify", "owner", Risk.R0)
    assert asked.args == {"text": "Approval wanted: refund -> shop"}
    assert asked.note == "Do it; Answer by migro approvals"
    assert (over.target, over.args) == ("owner", {"text": "refund -> shop: rejected by Ada"})
    assert asked.idempotency_key != over.idempotency_key


def test_on_a_terminal_it_is_brief() -> None:
    hands = RecordingActuator(["notify"])
    NoticeAsker(hands, brief=True).ask(waiting(), "owner", ["Do it", "Answer by migro approvals"])

    assert hands.actions[0].note == "Answer by migro approvals"


@pytest.mark.parametrize(("sees", "where"), [("done", "owner told before"), ("not_done", ""), ("unknown", "")])
def test_what_may_have_been_told_is_answered_where_that_is_known(sees: str, where: str) -> None:
    hand = Hand(idempotency="check", sees=sees)  # type: ignore[arg-type]

    assert (NoticeAsker(hand).found(waiting(), "owner"), hand.tries) == (where, 0)


@pytest.mark.parametrize(("sees", "tries"), [("done", 0), ("not_done", 1)])
def test_what_may_have_been_asked_is_looked_for_first(sees: str, tries: int) -> None:
    hand = Hand(idempotency="check", sees=sees)  # type: ignore[arg-type]
    NoticeAsker(hand).ask(waiting(), "owner", [], again=True)

    assert hand.tries == tries


def test_nobody_is_asked_twice_where_nobody_can_tell() -> None:
    hand = Hand(idempotency="none", sees="unknown")
    with pytest.raises(ActionUnclear, match="whether people were asked"):
        NoticeAsker(hand).ask(waiting(), "owner", [], again=True)

    assert hand.tries == 0


def test_what_was_not_told_is_an_error() -> None:
    hands = RecordingActuator(["notify"], answer=lambda _: ActionResult(status="failed", detail="no paper"))
    with pytest.raises(ActionRefused, match="no paper"):
        NoticeAsker(hands).ask(waiting(), "owner", [])


def test_the_first_role_with_a_channel_is_asked() -> None:
    one, other = NoticeAsker(RecordingActuator(["notify"])), NoticeAsker(RecordingActuator(["notify"]))
    askers = Askers(by_role={"owner": one}, otherwise=other)

    assert askers.first(("on_call", "owner")) == ("owner", one)
    assert askers.first(("on_call", "security")) == ("on_call", other)
    assert Askers().first(("on_call",)) is None


def test_each_role_is_asked_by_its_channel() -> None:
    settings = ActuatorsSettings.model_validate(
        {
            "slack": {"token_env": "T"},
            "mail": {"host": "localhost", "sender": "m@shop.example", "security": "none"},
            "http": {"notify": {"url": "https://shop.example/told"}},
        }
    )
    roles = {"on_call": "slack:C1", "owner": "mail:o@shop.example", "desk": "console"}
    console = RecordingActuator(["notify"])
    made = equip(settings, roles=roles, secrets={}, redact=scrub, dry_run=True, console=console)

    # That notices go elsewhere changes nothing about who shows a card.
    assert {role: type(a) for role, a in made.askers.by_role.items()} == {
        "on_call": Slack,
        "owner": NoticeAsker,
        "desk": NoticeAsker,
    }
    assert made.slack is made.askers.by_role["on_call"]
