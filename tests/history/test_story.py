"""A story tells what happened to an issue, in order, with who did it, and the journal bears it out."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Literal

from hypothesis import given

from migro import Agent, Attr, IssueKind, MerchantId, Response, Risk, Rule, Signal, VolatileMemory, on, supports
from migro.act import RecordingActuator
from migro.history import Event, History, Story
from migro.models import (
    ActionFinished,
    ActionResult,
    ActionStatus,
    Disposition,
    IssueStatus,
    PersonActed,
    StepRecord,
    Tick,
)
from migro.testing import START, sample_action, sample_decision, sample_issue
from tests.history.past import Past, pasts


class StoryCheckout(Signal, kind="story.checkout"):
    code: Attr[int]


DOWN = IssueKind[MerchantId](
    "story_down",
    category="checkout",
    responses=(
        Response("notify", Risk.R0, "on_call"),
        Response("draft_reply", Risk.R2, "merchant_contact"),
        Response("switch_checkout", Risk.R3, "storefront"),
    ),
)
FAILS = Rule(
    "story.fails",
    when=on(StoryCheckout, StoryCheckout.code >= 500, per=StoryCheckout.merchant),
    then=supports(DOWN, 105, family="http"),
)
TIMES_OUT = Rule(
    "story.times-out",
    when=on(StoryCheckout, StoryCheckout.code == 504, per=StoryCheckout.merchant),
    then=supports(DOWN, 50, family="gateway"),
)


class Shop:
    """A running agent whose actions need people."""

    def __init__(self) -> None:
        self.memory = VolatileMemory()
        self.hands = RecordingActuator(["notify", "draft_reply", "switch_checkout"])
        self.agent = Agent(rules=[FAILS, TIMES_OUT], memory=self.memory, actuators=[self.hands], live=True)

    def fails(self, minute: int, code: int = 502) -> None:
        at = START + timedelta(minutes=minute)
        self.agent.handle(StoryCheckout(merchant=MerchantId("m_1"), occurred_at=at, received_at=at, code=code))
        self.agent.drain()

    def says(
        self, verb: Literal["approve", "reject", "resolve"], minute: int, target: str, binding: str = "", why: str = ""
    ) -> None:
        at = START + timedelta(minutes=minute)
        said = PersonActed(at=at, verb=verb, by="Ada", target=target, binding=binding, why=why)
        self.agent.tell("merchant:m_1", said)
        self.agent.drain()

    def story(self) -> Story:
        (issue,) = History(self.memory).issues()
        return History(self.memory).story(issue.id)


def short(events: Sequence[Event]) -> list[tuple[int, str, str]]:
    return [((e.at - START) // timedelta(minutes=1), e.what, e.text.split(":")[0]) for e in events]


def test_a_story_has_what_people_and_dispatchers_did() -> None:
    shop = Shop()
    shop.fails(0)
    waiting = {a.kind: a for a in shop.story().actions if a.status is ActionStatus.WAITING}
    shop.says("approve", 1, waiting["draft_reply"].idempotency_key, waiting["draft_reply"].binding, "reads well")
    shop.says("reject", 2, waiting["switch_checkout"].idempotency_key, waiting["switch_checkout"].binding)
    shop.says("resolve", 3, shop.story().issue.id, why="it was us")

    told = shop.story()

    assert short(told.events) == [
        (0, "opened", "opened at 0.52 by story.fails"),
        (0, "proposed", "notify -> on_call"),
        (0, "proposed", "draft_reply -> merchant_contact"),
        (0, "proposed", "switch_checkout -> storefront"),
        (0, "succeeded", "notify -> on_call"),
        (1, "approved", "draft_reply -> merchant_contact"),
        (1, "succeeded", "draft_reply -> merchant_contact"),
        (2, "rejected", "switch_checkout -> storefront"),
        (3, "resolved", "resolved by Ada"),
        (3, "closed", "it was us"),
    ]
    by_people = [(e.what, e.by) for e in told.events if e.by]
    assert by_people == [("approved", "Ada"), ("rejected", "Ada"), ("closed", "Ada")]
    assert told.events[5].text == "draft_reply -> merchant_contact: reads well"
    assert {a.kind: a.status.value for a in told.actions} == {
        "notify": "succeeded",
        "draft_reply": "succeeded",
        "switch_checkout": "rejected",
    }


def test_an_answer_to_what_waited_before_is_told_as_one_that_did_not_count() -> None:
    shop = Shop()
    shop.fails(0)
    old = next(a for a in shop.story().actions if a.kind == "draft_reply")
    shop.fails(3, code=504)
    shop.says("approve", 4, old.idempotency_key, old.binding, "reads well")

    told = shop.story()

    (answer,) = [e for e in told.events if e.what == "approved"]
    assert answer.text.endswith("not as it waited, so the answer counted for nothing")
    assert next(a for a in told.actions if a.kind == "draft_reply").status is ActionStatus.WAITING
    assert [row.approved for row in History(shop.memory).outcomes(days=1)] == [0, 0, 0]


def test_an_approval_that_nobody_gives_lapses_at_its_deadline() -> None:
    shop = Shop()
    for minute in range(0, 250, 5):
        shop.fails(minute)

    lapsed = [e for e in shop.story().events if e.what == "lapsed"]

    assert {(e.at - START, e.text) for e in lapsed} == {
        (timedelta(hours=4), "draft_reply -> merchant_contact"),
        (timedelta(hours=4), "switch_checkout -> storefront"),
    }


def test_an_issue_that_comes_back_is_reopened() -> None:
    memory = VolatileMemory()
    statuses = [IssueStatus.OPEN, IssueStatus.OPEN, IssueStatus.RESOLVED, IssueStatus.OPEN]
    at = [START + timedelta(minutes=n) for n in range(4)]
    memory.accept("m_1", [Tick(at=t) for t in at])
    for n, (status, t) in enumerate(zip(statuses, at, strict=True)):
        issue = sample_issue(status=status)
        decided = sample_decision(f"dec_{n}", at=t, issue=issue, actions=())
        memory.commit("m_1", n, [StepRecord(seq=n + 1, issues=(issue,), decisions=(decided,))])

    told = History(memory).story("iss_1")

    assert [e.what for e in told.events] == ["opened", "changed", "resolved", "reopened"]


def test_an_input_that_thinking_failed_on_or_that_is_pending_did_nothing() -> None:
    memory = VolatileMemory()
    finished = ActionFinished(at=START, key="act_1", result=ActionResult(status="succeeded"))
    pending = ActionFinished(at=START, key="act_1", result=ActionResult(status="failed"))
    assert len(memory.accept("m_1", [Tick(at=START), finished, pending])) == 3
    whole = StepRecord(seq=1, issues=(sample_issue(),), decisions=(sample_decision(),), actions=(sample_action(),))
    failed = StepRecord(seq=2, disposition=Disposition(signal="", name="failed", reason="ZeroDivisionError"))
    memory.commit("m_1", 0, [whole, failed])

    told = History(memory).story("iss_1")

    assert [e.what for e in told.events] == ["opened", "proposed"]


def test_the_time_of_a_story_never_runs_backwards() -> None:
    memory = VolatileMemory()
    result = ActionResult(status="succeeded")
    later = START + timedelta(minutes=5)
    memory.accept("m_1", [Tick(at=START), Tick(at=later), ActionFinished(at=START, key="act_1", result=result)])
    whole = StepRecord(seq=1, issues=(sample_issue(),), decisions=(sample_decision(),), actions=(sample_action(),))
    memory.commit("m_1", 0, [whole, StepRecord(seq=2), StepRecord(seq=3)])

    assert [(e.what, e.at) for e in History(memory).story("iss_1").events][-1] == ("succeeded", later)


@given(pasts())
def test_a_story_has_every_decision_and_every_answer_about_an_issue_and_no_other(past: Past) -> None:
    memory = VolatileMemory()
    past.store(memory)
    for issue in past.issues:
        told = History(memory).story(issue.id)
        keys = {a.idempotency_key for a in past.actions if a.issue == issue.id}

        decided = [e.decision for e in told.events if e.severity is not None]
        done = [e for e in told.events if e.what in ("approved", "rejected", "simulated", "succeeded", "failed")]
        assert decided == [d.id for d in past.decisions if d.issue.id == issue.id]
        assert [e.at for e in told.events] == sorted(e.at for e in told.events)
        assert len(done) == sum(getattr(item, "target", getattr(item, "key", None)) in keys for item in past.inputs)
        assert {a.idempotency_key for a in told.actions} == keys
        assert told.issue == issue
