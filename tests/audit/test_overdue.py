"""What should have happened by now: inputs, timers, approvals and actions that wait too long, and halts."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from migro.agent import PLATFORM, Agent
from migro.audit import Overdue, overdue
from migro.models import ActionStatus, Disposition, PersonActed, SignalReceived, StepRecord, Tick
from migro.remember import VolatileMemory
from migro.testing import START, sample_action, sample_signal
from tests.agent.world import M1, OPEN_POLICY, RULES, T0, Call

FIVE = timedelta(minutes=5)
MINUTE = timedelta(minutes=1)


def stuck(memory: VolatileMemory, minutes: int = 10) -> list[tuple[str, str, int | None, str]]:
    found = overdue(memory, now=START + minutes * MINUTE, older_than=FIVE)
    return [(o.what, o.partition, o.seq, o.id) for o in found]


def stored(**step: Any) -> VolatileMemory:
    memory = VolatileMemory()
    memory.accept("m_1", [Tick(at=START)])
    memory.commit("m_1", 0, [StepRecord(seq=1, **step)])
    return memory


def test_a_quiet_memory_has_nothing_that_is_stuck() -> None:
    assert stuck(VolatileMemory()) == []
    assert stuck(stored()) == []


def test_an_input_that_no_step_has_consumed_is_stuck_after_a_while() -> None:
    memory = VolatileMemory()
    memory.accept("m_1", [SignalReceived(at=START, signal=sample_signal()), Tick(at=START + FIVE)])

    assert stuck(memory, 5) == []
    assert stuck(memory, 6) == [("input", "m_1", 1, "")]
    assert stuck(memory, 11) == [("input", "m_1", 1, ""), ("input", "m_1", 2, "")]


def test_a_partition_past_its_due_time_is_stuck() -> None:
    memory = stored(due=START + MINUTE)

    assert stuck(memory, 6) == []
    assert stuck(memory, 7) == [("timer", "m_1", None, "")]


def test_an_approval_that_should_have_lapsed_is_stuck_and_one_without_a_time_is_not() -> None:
    waiting = [
        sample_action("act_1", status=ActionStatus.WAITING, expires_at=START + 2 * MINUTE),
        sample_action("act_2", status=ActionStatus.WAITING),
    ]
    memory = stored(actions=tuple(waiting))

    assert stuck(memory, 7) == []
    assert stuck(memory, 8) == [("approval", "m_1", None, "act_1")]


@pytest.mark.parametrize("status", ActionStatus)
def test_an_action_that_is_planned_or_started_and_has_no_result_is_stuck(status: ActionStatus) -> None:
    memory = stored(actions=(sample_action(status=status),))
    expected = status in (ActionStatus.PLANNED, ActionStatus.STARTED)

    assert stuck(memory, 5) == []
    assert stuck(memory, 6) == ([("action", "m_1", None, "act_1")] if expected else [])


def test_a_halt_is_told_at_once_and_until_somebody_resumes() -> None:
    memory = VolatileMemory()
    agent = Agent(rules=RULES, memory=memory, policy=OPEN_POLICY, now=lambda: START)
    agent.halt(by="on call", why="a wrong release")
    agent.halt(by="desk", why="to be sure")

    (told,) = overdue(memory, now=START, older_than=FIVE)

    assert (told.what, told.partition, told.since) == ("halt", PLATFORM, START)
    assert told.why == "automation is halted by on call, a wrong release"
    agent.resume(by="on call", why="fixed")
    assert overdue(memory, now=START, older_than=FIVE) == ()


def test_an_internal_error_of_the_platform_counts_as_a_halt() -> None:
    memory = VolatileMemory()
    memory.accept(PLATFORM, [Tick(at=START)])
    failed = Disposition(signal="", name="failed", reason="internal error")
    memory.commit(PLATFORM, 0, [StepRecord(seq=1, disposition=failed)])

    (told,) = overdue(memory, now=START, older_than=FIVE)

    assert (told.what, told.seq, told.why) == ("halt", 1, "automation is halted by an internal error")


def test_a_halt_that_is_accepted_counts_before_it_is_consumed() -> None:
    memory = VolatileMemory()
    memory.accept(PLATFORM, [PersonActed(at=START, verb="halt", by="migro")])

    assert stuck(memory, 0) == [("halt", PLATFORM, 1, "")]


def test_the_oldest_comes_first() -> None:
    memory = stored(due=START + 2 * MINUTE, actions=(sample_action(at=START + MINUTE),))
    memory.accept("m_0", [Tick(at=START)])

    found = overdue(memory, now=START + 60 * MINUTE, older_than=FIVE)

    assert [o.what for o in found] == ["input", "action", "timer"]
    assert [o.since for o in found] == sorted(o.since for o in found)
    assert all(isinstance(o, Overdue) and o.why for o in found)


def test_an_agent_that_keeps_up_leaves_nothing_behind() -> None:
    memory = VolatileMemory()
    agent = Agent(rules=RULES, memory=memory, policy=OPEN_POLICY)
    for n in range(5):
        at = T0 + timedelta(seconds=n)
        agent.handle(Call(code=500, merchant=M1, dedup_key=f"c{n}", occurred_at=at, received_at=at))
    now = T0 + timedelta(days=2)

    before = {o.what for o in overdue(memory, now=now, older_than=FIVE)}
    agent.tick(now)
    agent.drain()
    after = overdue(memory, now=now, older_than=FIVE)

    assert {"timer", "action"} <= before
    assert after == ()
