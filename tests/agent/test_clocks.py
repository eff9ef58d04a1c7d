"""A clock that is set to another time: nothing acts by it, nothing is dated by it, and a person has the last word."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from migro.agent import Agent, Runtime, SteadyClock
from migro.agent.clocks import AHEAD
from migro.receive import Receiver
from migro.remember import VolatileMemory
from migro.testing import START, sample_signal
from tests.receive.shop import RULES, agent, dispositions, observer, order, push


class Machine:
    """A machine: its clock can be set, and what it counts goes on regardless."""

    def __init__(self) -> None:
        self.seconds, self.set_to = 0, timedelta()
        self.steady = SteadyClock(self, elapsed_ns=lambda: self.seconds * 1_000_000_000)

    def now(self) -> datetime:
        return START + timedelta(seconds=self.seconds) + self.set_to

    def off(self) -> timedelta:
        return self.steady.now() - START - timedelta(seconds=self.seconds)


@pytest.mark.parametrize(
    ("jump", "followed", "words"),
    [
        (AHEAD, True, ""),
        (
            AHEAD + timedelta(seconds=1),
            False,
            "the clock went ahead from 2026-03-01 09:01:00 to 2026-03-01 09:06:01 UTC",
        ),
        (timedelta(days=10), False, "the clock went ahead from 2026-03-01 09:01:00 to 2026-03-11 09:01:00 UTC"),
        (timedelta(minutes=-1), True, ""),
        (timedelta(hours=-1), True, "the clock went back from 2026-03-01 09:01:00 to 2026-03-01 08:01:00 UTC"),
    ],
)
def test_a_clock_is_followed_unless_it_is_set_far_ahead(jump: timedelta, followed: bool, words: str) -> None:
    machine = Machine()
    machine.seconds, machine.set_to = 60, jump

    assert (machine.off(), machine.steady.wrong) == (jump if followed else timedelta(), words)
    machine.seconds += 3600
    assert machine.off() == (jump if followed else timedelta())


def test_a_clock_that_was_set_back_is_followed_when_it_is_right_again() -> None:
    machine = Machine()
    found = []
    for hours in (-1, 0, 1, -2, 0):
        machine.seconds, machine.set_to = machine.seconds + 60, timedelta(hours=hours)
        found.append(machine.off() // timedelta(hours=1))

    assert found == [-1, 0, 0, -2, 0]
    assert machine.steady.wrong.startswith("the clock went back")


def test_time_that_passes_unwatched_is_no_wrong_clock() -> None:
    machine = Machine()
    machine.seconds += 864_000

    assert (machine.off(), machine.steady.wrong) == (timedelta(), "")


def test_a_clock_that_was_ahead_for_a_while_blinds_nobody_and_halts_until_a_person_resumes() -> None:
    machine, alarms = Machine(), list[str]()
    memory = VolatileMemory()
    thinking = Agent(rules=RULES, memory=memory, alarm=alarms.append)
    taking = Receiver(thinking, observer(), clock=machine.steady, notice=lambda _: None)
    push(taking, order(0))
    taking.think()

    machine.seconds, machine.set_to = 10, timedelta(days=10)
    push(taking, order(1))
    taking.think()
    taking.think()
    why = "the clock went ahead from 2026-03-01 09:00:10 to 2026-03-11 09:00:10 UTC"
    assert (thinking.halted, alarms) == (why, [f"migro: automation is halted: {why}"])

    machine.seconds, machine.set_to = 20, timedelta()
    push(taking, order(2))
    assert [d.issue.status.value for d in taking.think()] == ["open"]
    assert "dropped" not in dispositions(memory)
    assert thinking.halted == why


@pytest.mark.parametrize("runs", [False, True])
def test_whoever_resumes_while_the_clock_is_ahead_takes_it_as_right(runs: bool) -> None:
    machine, alarms = Machine(), list[str]()
    thinking = Agent(rules=RULES, memory=VolatileMemory(), alarm=alarms.append)
    taking = Receiver(thinking, observer(), clock=machine.steady, notice=lambda _: None)
    runtime = Runtime(thinking, clock=machine.steady)
    turn = runtime.round if runs else taking.think
    machine.set_to = timedelta(hours=1)
    turn()
    assert machine.off() == timedelta()

    thinking.resume(by="Ada", why="it had been an hour slow")
    turn()
    assert (machine.off(), machine.steady.wrong, thinking.halted) == (timedelta(hours=1), "", "")
    machine.set_to = timedelta(hours=3)
    turn()
    assert (machine.off(), len(alarms)) == (timedelta(hours=1), 2)


def test_a_receiver_that_does_not_think_tells_and_dates_nothing_by_it() -> None:
    machine, told = Machine(), list[str]()
    memory = VolatileMemory()
    taking = Receiver(memory, observer(), clock=machine.steady, notice=told.append)
    machine.set_to = timedelta(days=10)
    for number in range(2):
        push(taking, order(number))

    assert {e.input.at for e in memory.read("journal")} == {START}
    assert len([line for line in told if "the clock went ahead" in line]) == 1


def test_the_machine_s_clock_is_watched_unless_another_is_given() -> None:
    assert isinstance(Receiver(agent(), observer())._clock, SteadyClock)
    assert isinstance(Runtime(agent())._clock, SteadyClock)


# --- a clock that was wrong from the beginning ------------------------------------------------------------------------


def later(days: int) -> Agent:
    """Return an agent of a new process whose memory has accepted something by a clock that was so many days ahead."""
    memory = VolatileMemory()
    before = Agent(rules=RULES, memory=memory)
    signal = sample_signal(dedup_key="k", occurred_at=START + timedelta(days))
    before.handle(signal)
    return Agent(rules=RULES, memory=memory, alarm=lambda text: None)


@pytest.mark.parametrize("steady", [True, False])
def test_a_clock_that_begins_far_behind_what_was_accepted_halts_once_for_good(steady: bool) -> None:
    made, machine = later(1), Machine()
    runtime = Runtime(made, clock=machine.steady if steady else machine)
    runtime.round()
    halted = "inputs are dated 2026-03-02 09:00:00, the clock says 2026-03-01 09:00:00 UTC"
    assert made.halted == halted

    # Another process finds the same while it stands, and after a person has resumed.
    again = Agent(rules=RULES, memory=made.memory, alarm=lambda text: None)
    machine.seconds = 60
    Runtime(again, clock=Machine().steady if steady else machine).round()
    assert again.halted == halted
    again.resume(by="Ada", why="the clock is right")
    for _ in range(2):
        third = Agent(rules=RULES, memory=made.memory, alarm=lambda text: None)
        Runtime(third, clock=Machine().steady if steady else machine).round()
        third.handle(sample_signal(dedup_key="k2", occurred_at=START))
        Runtime(third, clock=Machine().steady if steady else machine).round()
        assert third.halted == ""


def test_a_receiver_whose_machine_comes_up_in_the_past_halts_with_its_first_round() -> None:
    made = later(1)
    Receiver(made, observer(), clock=Machine().steady).think()

    assert made.halted.startswith("inputs are dated 2026-03-02 09:00:00, the clock says ")


def test_a_clock_that_begins_where_the_memory_ends_is_believed() -> None:
    machine = Machine()
    machine.set_to = timedelta(days=1)
    made = later(1)
    Runtime(made, clock=SteadyClock(machine, elapsed_ns=lambda: 0)).round()

    assert made.halted == ""
