"""No word leaves unredacted: whatever an action holds, and whatever carries it."""

from __future__ import annotations

import quopri

import pytest
import stamina
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from migro.act.diagnostics import Diagnostics
from migro.act.events import decision_event
from migro.act.messages import composed
from migro.agent.hands import DryRun, Live, declared
from migro.models import Action, SignalReceived
from migro.models.lines import one_line
from migro.observe import scrub
from migro.remember import VolatileMemory
from migro.testing import (
    START,
    sample_action,
    sample_decision,
    sample_explanation,
    sample_issue,
    sample_signal,
    sample_step,
)
from tests.act.cases import CASES, World
from tests.effort import cases

PLANTED = {
    "jo.doe@mail.example": "jo.doe",
    "4111 1111 1111 1111": "1111 1111",
    "DE89 3704 0044 0532 0130 00": "0532",
    "+49 170 1234567": "1234567",
    "shpat_0123456789abcdef0123456789abcdef": "0123456789abcdef",
    "203.0.113.77": "203.0.113",
}

words = st.text(st.characters(codec="utf-8", exclude_categories=["Cs"]), max_size=30)


@st.composite
def actions(draw: st.DrawFn, like: Action) -> Action:
    planted = draw(st.sampled_from(sorted(PLANTED)))
    text = f"{draw(words)} {planted} {draw(words)}"
    args = {n: text if n in ("text", "template", "content") else v for n, v in like.args.items()}
    key = f"act_{draw(st.integers(0, 10**9))}"
    return like.model_copy(update={"args": args, "note": text, "idempotency_key": key})


def sent(world: World) -> str:
    raw = b"\n".join(a.raw for a in world.receiver.asked)
    return raw.decode("utf-8", "replace") + quopri.decodestring(raw).decode("utf-8", "replace")


@pytest.mark.parametrize("name", CASES)
def test_no_receiver_is_told_what_was_planted(name: str, world: World) -> None:
    case = world.begin(name)
    actuator = case.make(world.address)

    @settings(max_examples=cases(12), deadline=None, suppress_health_check=[HealthCheck.too_slow])
    @given(actions(case.action))
    def law(action: Action) -> None:
        world.begin(name)
        with stamina.set_testing(True, attempts=1):
            result = Live([actuator]).execute(action)
        preview = DryRun(declared([actuator])).execute(action).detail

        assert result.status == "succeeded"
        told = sent(world) + result.detail + preview
        assert [found for found in PLANTED.values() if found in told] == []

    law()


def test_what_is_known_about_an_issue_is_redacted_line_by_line() -> None:
    memory = VolatileMemory()
    issue = sample_issue(title="Checkout of jo.doe@mail.example")
    explanation = sample_explanation(title="Checkout of jo.doe@mail.example")
    decision = sample_decision(issue=issue, explanation=explanation)
    step = sample_step(issues=(issue,), decisions=(decision,), actions=(sample_action(),))
    memory.accept("m_1", [SignalReceived(at=START, signal=sample_signal())])
    memory.commit("m_1", 0, [step])
    known = Diagnostics(memory, redact=scrub)

    for kind in ("notify", "draft_reply"):
        lines = known(sample_action(kind=kind))
        assert any("Checkout of <email>" in line for line in lines)
        assert "jo.doe" not in "\n".join(lines)
    assert known(sample_action(decision="dec_none")) == ()
    assert known.ticket(sample_action()) == ""


def test_an_event_of_a_decision_is_redacted_and_says_whether_it_was_a_dry_run() -> None:
    action = sample_action(args={"text": "call +49 170 1234567"}, note="by jo.doe@mail.example")
    decision = sample_decision(actions=(action,), because="of jo.doe@mail.example")
    event = decision_event(decision, source="migro", redact=scrub, dry_run=True)

    assert "jo.doe" not in str(event)
    assert "1234567" not in str(event)
    assert event["data"]["dry_run"] is True


@given(words)
def test_one_line_is_one_line(text: str) -> None:
    assert len(one_line(text).splitlines()) <= 1
    assert all(c.isprintable() for c in one_line(text))


def test_a_message_is_no_longer_than_a_channel_bears() -> None:
    message = composed(sample_action(args={"text": "x" * 10_000}), ["y" * 10_000] * 1_000)

    assert len(message.subject) <= 150
    assert len(message.text) < 40_000


def test_a_message_without_a_text_says_what_is_known_first() -> None:
    assert composed(sample_action(args={}), ["Issue  unknown - something"]).subject == "Issue unknown - something"
    assert composed(sample_action(args={})).subject == "notify for on_call"
