"""Other rules, or another policy, take over a memory: what is open goes on, and nothing is told or done again."""

from __future__ import annotations

import threading
from datetime import timedelta

import attrs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from migro.act import RecordingActuator
from migro.agent import PLATFORM, Agent, dispatch
from migro.decide import Policy
from migro.models import (
    Action,
    ActionResult,
    ActionStatus,
    ConfigChanged,
    IssueStatus,
    PersonActed,
    RunMode,
    SignalReceived,
)
from migro.ports import Memory
from migro.remember import VolatileMemory
from migro.rules import RuleSet
from tests.agent.test_agent import Hand
from tests.agent.world import (
    OPEN_POLICY,
    RULES,
    after,
    agent,
    call,
    conserved,
    handled,
    probe,
    received,
    stranger,
    sure,
)
from tests.effort import cases

M1 = "merchant:m_1"


def without(*ids: str) -> RuleSet:
    return RuleSet("fewer", *(r for r in RULES.rules if r.id not in ids))


def down(memory: Memory) -> list[str]:
    """Return the states of the issues about the checkout, oldest first."""
    found = [i for i in memory.read("issues") if i.kind == "down"]
    return [i.status.value for i in sorted(found, key=lambda i: i.first_seen)]


def test_an_open_issue_stays_the_same_issue_under_rules_that_would_have_opened_it_later(memory: Memory) -> None:
    handled(agent(memory), sure())
    (before,) = memory.read("issues")
    # "one" opened it with the first signal; without it the same journal opens an issue two signals later.
    decisions = handled(agent(memory, rules=without("one")), [call(50, 10)])

    (issue,) = memory.read("issues")
    assert (issue.id, issue.first_seen) == (before.id, before.first_seen)
    assert {d.issue.id for d in decisions} == {before.id}


def test_an_issue_that_the_new_rules_do_not_see_ends_and_says_why(memory: Memory) -> None:
    handled(agent(memory), sure())
    blind = RuleSet("blind", *(r for r in RULES.rules if r.id == "forgery"))
    (decision,) = handled(agent(memory, rules=blind), [call(50, 10)])

    assert decision.issue.status is IssueStatus.RESOLVED
    assert decision.because == "resolved: no evidence is left under the rules in force now"
    assert decision.ruleset == agent(memory, rules=blind).fold.ruleset.version
    assert down(memory) == ["resolved"]


def test_nobody_is_told_twice_because_the_rules_are_others(memory: Memory) -> None:
    hand = Hand()
    first = agent(memory, live=True, actuators=[hand])
    handled(first, sure())
    first.drain()
    done = list(hand.calls)
    second = agent(memory, rules=without("one"), live=True, actuators=[hand])
    handled(second, [probe(50, 10)])
    second.drain()

    assert done
    assert hand.calls == done


def test_an_approval_given_under_other_rules_does_not_count(memory: Memory) -> None:
    first = agent(memory)
    handled(first, sure())
    reply = next(a for a in memory.read("actions") if a.kind == "reply")
    said = PersonActed(at=reply.at, verb="approve", by="owner", target=reply.idempotency_key, binding=reply.binding)
    second = agent(memory, rules=without("one"))
    second.handle(call(50, 10))
    second.tell(M1, said)

    (stored,) = memory.read("actions", id=reply.idempotency_key)
    assert stored.status is ActionStatus.WAITING
    assert stored.binding != reply.binding


def test_what_a_person_closed_stays_closed(memory: Memory) -> None:
    first = agent(memory)
    handled(first, sure())
    (issue,) = memory.read("issues")
    first.tell(M1, PersonActed(at=issue.last_seen, verb="resolve", by="ann", target=issue.id))
    handled(agent(memory, rules=without("one")), [call(50, 10)])

    assert down(memory) == ["resolved"]


def test_rules_that_come_back_never_take_the_id_of_an_older_decision(memory: Memory) -> None:
    for n, rules in enumerate((RULES, without("one"), RULES, without("one"), RULES)):
        handled(agent(memory, rules=rules), [call(10 * n + m, 20 * n + m) for m in range(4)])
    ids = [d.id for d in memory.read("decisions")]

    assert len(ids) == len(set(ids)) > 5


def test_what_waited_while_nobody_ran_is_judged_by_the_rules_that_find_it(memory: Memory) -> None:
    hand = Hand()
    first = agent(memory, live=True, actuators=[hand])
    handled(first, sure())
    first.drain()
    done = list(hand.calls)
    memory.accept(M1, [received(probe(60, 10)), received(probe(61, 11))])
    other = without("one")
    second = agent(memory, rules=other, live=True, actuators=[hand])
    decisions = handled(second, [probe(62, 12)])
    second.drain()

    assert {d.ruleset for d in decisions} == {second.fold.ruleset.version}
    assert down(memory) == ["open"]
    assert hand.calls == done
    assert conserved(memory)["pending"] == 0


def test_another_policy_takes_over_too(memory: Memory) -> None:
    handled(agent(memory), sure())
    (before,) = memory.read("issues")
    lowered = attrs.evolve(OPEN_POLICY, mode=RunMode.SHADOW)
    decisions = handled(agent(memory, policy=lowered), [call(50, 10)])

    assert {d.issue.id for d in decisions} == {before.id}
    assert {d.mode for d in decisions} == {RunMode.SHADOW}


def test_the_journal_says_by_which_rules_every_partition_begins(memory: Memory) -> None:
    host = agent(memory)
    handled(host, sure())

    for partition in ("merchant:m_1", PLATFORM):
        first = next(iter(memory.load(partition))).input
        assert isinstance(first, ConfigChanged)
        assert (first.ruleset, first.carried) == (host.fold.ruleset.version, None)


def test_a_change_in_the_middle_of_another_process_s_work_loses_no_issue() -> None:
    memory = VolatileMemory()
    other = agent(memory)
    handled(other, [call(0, 0)])

    class Between:
        """A memory in which the other process decides just before the change is accepted."""

        calls = 0

        def __getattr__(self, name: str) -> object:
            return getattr(memory, name)

        def accept(self, partition: str, inputs: list[object]) -> object:
            self.calls += 1
            if self.calls == 1:
                other.handle(stranger(1, 30))
            return memory.accept(partition, inputs)  # type: ignore[arg-type]

    second = Agent(rules=without("one"), memory=Between(), policy=OPEN_POLICY)  # type: ignore[arg-type]
    second.handle(call(9, 60))

    open_ = {i.id for i in memory.read("issues") if i.status is not IssueStatus.RESOLVED}
    held = {h.issue.id for h in second._loop.state(M1).held.values()}
    assert len([i for i in memory.read("issues") if i.kind == "unknown"]) == 1
    assert open_ <= held


@settings(max_examples=cases(40), deadline=None)
@given(st.lists(st.tuples(st.booleans(), st.booleans(), st.integers(0, 300)), min_size=4, max_size=25))
def test_whatever_changes_in_between_every_stored_open_issue_is_held(moves: list[tuple[bool, bool, int]]) -> None:
    memory = VolatileMemory()
    sets = (RULES, without("one"))
    which, at = 0, 0
    hand = Hand()
    host = agent(memory, rules=sets[0], live=True, actuators=[hand])
    for n, (change, restart, gap) in enumerate(moves):
        at += gap
        if change:
            which = 1 - which
        if change or restart:
            host = agent(memory, rules=sets[which], live=True, actuators=[hand])
        if n % 5 == 3:
            memory.accept(M1, [SignalReceived(at=call(n, at).received_at, signal=call(n, at))])
        else:
            host.handle(call(n, at) if n % 3 else probe(n, at))
        host.drain()
    host.handle(call(999, at + 1))

    open_ = {i.id for i in memory.read("issues", pending=True)}
    held = {h.issue.id for h in host._loop.state(M1).held.values() if h.issue.status is not IssueStatus.RESOLVED}
    assert open_ == held
    assert len(set(hand.calls)) == len(hand.calls)
    assert conserved(memory)["pending"] == 0


class Watched(VolatileMemory):
    """A memory that says when a lease was taken again."""

    def __init__(self) -> None:
        super().__init__()
        self.taken: list[str] = []
        self.again = threading.Event()

    def acquire(self, name: str, holder: str, seconds: int) -> bool:
        if name in self.taken:
            self.again.set()
        self.taken.append(name)
        return super().acquire(name, holder, seconds)


def test_an_action_stays_with_who_works_on_it_however_long_that_takes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dispatch, "LEASE_SECONDS", 0.03)
    memory, renewed = Watched(), list[bool]()
    hand = Hand(before=lambda _: renewed.append(memory.again.wait(10)))
    acting = agent(memory, live=True, actuators=[hand])
    handled(acting, sure())
    acting.drain()

    assert renewed
    assert all(renewed)


class Gone(BaseException):
    """What ends a process while its actuator works."""


@pytest.mark.parametrize("other", [OPEN_POLICY, attrs.evolve(OPEN_POLICY, execution_lasts=timedelta(minutes=5))])
def test_what_was_begun_is_known_to_have_ended_however_long_its_issue_is_over(memory: Memory, other: Policy) -> None:
    class Dying(RecordingActuator):
        def execute(self, action: Action) -> ActionResult:
            raise Gone

    first = agent(memory, live=True, actuators=[Dying(["tag"])])
    handled(first, sure())
    with pytest.raises(Gone):
        first.drain()
    first.tick(after(3600))
    handled(first, [call(40, 8000, code=200)])
    assert down(memory) == ["resolved"]

    hand = RecordingActuator(["tag", "notify"])
    second = agent(memory, live=True, actuators=[hand], policy=other)
    handled(second, [call(50, 9000)])
    for _ in range(2):
        second.drain()
    begun = [
        a for a in memory.read("actions", pending=True) if a.status in (ActionStatus.PLANNED, ActionStatus.STARTED)
    ]

    assert begun == []
    assert len([a for a in hand.actions if a.kind == "tag"]) == 1


@pytest.mark.parametrize("other", [OPEN_POLICY, attrs.evolve(OPEN_POLICY, execution_lasts=timedelta(minutes=5))])
def test_what_people_have_to_hear_is_told_however_long_its_issue_is_over(memory: Memory, other: Policy) -> None:
    first = agent(memory)
    handled(first, sure())
    (reply,) = [c for c in first.approvals() if c.action.kind == "reply"]
    assert first.answer(reply.id, "approve", by="Ada", why="reads well").counted
    first.tick(after(3600))
    handled(first, [call(40, 8000, code=200)])  # and nobody drains
    hand = RecordingActuator(["tag", "notify", "reply"])
    second = agent(memory, live=True, actuators=[hand], policy=other)
    handled(second, [call(50, 9000)])
    second.drain()

    assert [a.args["text"] for a in hand.actions if a.about == reply.action.idempotency_key] == [
        "reply -> merchant_contact was approved by ada and is not done: withdrawn: the issue has ended"
    ]
    assert not [a for a in memory.read("actions", pending=True) if a.status is ActionStatus.PLANNED]
