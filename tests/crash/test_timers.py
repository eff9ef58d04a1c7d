"""Timers fire once per rule, key and deadline, whenever the process is started anew and whenever time is let pass."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any, Literal

import attrs
from hypothesis import given, settings
from hypothesis import strategies as st

from migro.agent import Agent
from migro.models import JournalEntry, Signal, TimerFired, to_microseconds
from migro.remember import VolatileMemory

from . import shop
from .receiver import KINDS
from .stage import SNAPSHOT_EVERY

END = 12 * 3600
"""When every test lets time pass for the last time, in seconds behind its last signal."""


@attrs.frozen
class Event:
    """Something that happens `gap` seconds after what was before it."""

    gap: int
    what: Literal["signal", "tick", "restart"]
    signal: str = ""
    merchant: str = "m_1"


def made(event: Event, number: int, at: int) -> Signal:
    match event.signal:
        case "expected":
            return shop.expected(number, at, event.merchant)
        case "beat":
            return shop.beat(number, at, event.merchant)
        case "maintenance":
            return shop.plain(number, at, event.merchant, "calendar.maintenance", attrs={"active": True})
        case "announced":
            told = {"starts_at": shop.after(at + 900).isoformat(), "ends_at": shop.after(at + 1800).isoformat()}
            return shop.plain(number, at, event.merchant, "calendar.maintenance", attrs=told)
        case "probe":
            return shop.probe(number, at, event.merchant, ok=number % 3 == 0)
        case _:
            return shop.call(number, at, event.merchant)


# Beside and on the edges of windows, of the silence, of approvals and of maintenance.
GAPS = st.sampled_from([0, 1, 60, 299, 300, 301, 900, 1199, 1200, 1201, 1800, 2700, 3600, 14_400, 30_000])
SIGNALS = st.builds(
    Event,
    GAPS,
    st.just("signal"),
    st.sampled_from(["expected", "expected", "beat", "probe", "probe", "call", "call", "maintenance", "announced"]),
    st.sampled_from(["m_1", "m_2"]),
)
OTHERS = st.builds(Event, GAPS, st.sampled_from(["tick", "restart"]))
EVENTS = st.lists(st.one_of(SIGNALS, SIGNALS, OTHERS), max_size=25)


class Hands:
    """Nobody approves anything here, so there is little to do."""

    kinds = KINDS

    def execute(self, action: Any) -> Any:
        raise AssertionError("expected that nobody drains")


def agent_on(memory: VolatileMemory) -> Agent:
    rules, policy = shop.RULES, shop.POLICY
    return Agent(
        rules=rules, policy=policy, memory=memory, actuators=[Hands()], live=True, snapshot_every=SNAPSHOT_EVERY
    )


def played(events: Sequence[Event], *, restarts: bool, ticks: bool = True) -> list[JournalEntry]:
    """Play events, with or without the restarts and ticks among them, and return the journal."""
    memory = VolatileMemory()
    agent, at = agent_on(memory), 0
    for number, event in enumerate(events):
        at += event.gap
        if event.what == "signal":
            agent.handle(made(event, number, at))
        elif restarts and event.what == "restart":
            agent = agent_on(memory)
        elif ticks and event.what == "tick":
            agent.tick(shop.after(at))
    agent.tick(shop.after(at + END))
    return list(memory.read("journal"))


def fired(journal: Sequence[JournalEntry]) -> Counter[tuple[str, TimerFired]]:
    return Counter((e.partition, attrs.evolve(t, late_by=0)) for e in journal for t in e.timers)


@given(EVENTS)
@settings(max_examples=30, deadline=None)
def test_restarts_change_nothing_about_which_timers_fire(events: list[Event]) -> None:
    assert fired(played(events, restarts=True)) == fired(played(events, restarts=False))


@given(EVENTS)
@settings(max_examples=30, deadline=None)
def test_a_merchants_timers_fire_whenever_time_is_let_pass(events: list[Event]) -> None:
    # The platform hears of its merchants when they do: what happens there has another order with other ticks.
    seldom, often = (
        [e for e in played(events, restarts=True, ticks=ticks) if e.partition != "platform"] for ticks in (False, True)
    )

    assert fired(often) == fired(seldom)


@given(EVENTS)
@settings(max_examples=30, deadline=None)
def test_a_timer_fires_once_in_its_order_and_says_how_late_it_is(events: list[Event]) -> None:
    journal = played(events, restarts=True)

    assert set(fired(journal).values()) <= {1}
    for partition in {e.partition for e in journal}:
        entries = [e for e in journal if e.partition == partition]
        deadlines = [t.deadline for e in entries for t in e.timers]
        assert deadlines == sorted(deadlines)
        now = 0
        for entry in entries:
            now = max(now, to_microseconds(entry.input.at))
            assert [t.late_by for t in entry.timers] == [now - to_microseconds(t.deadline) for t in entry.timers]
            assert all(t.late_by >= 0 for t in entry.timers)


def test_after_a_downtime_everything_overdue_fires_in_order() -> None:
    down = [Event(0, "signal", "expected"), Event(0, "signal", "expected", "m_2"), Event(60, "signal", "beat")]
    memory = VolatileMemory()
    agent, at = agent_on(memory), 0
    for number, event in enumerate(down):
        at += event.gap
        agent.handle(made(event, number, at))
    agent_on(memory).tick(shop.after(at + 3 * 3600))
    timers = {p: [t for e in memory.load(p) for t in e.timers] for p in ("merchant:m_1", "merchant:m_2")}

    for merchant, start in (("m_1", 60), ("m_2", 0)):
        silent = [t for t in timers[f"merchant:{merchant}"] if t.what == "rule"]
        assert {t.name for t in silent} == {"quiet"}
        assert {t.key for t in silent} == {(f"feed-{merchant}",)}
        due = [(to_microseconds(t.deadline) - to_microseconds(shop.after(start))) // 1_000_000 for t in silent]
        assert due == sorted(due)
        assert due[0] >= 20 * 60
        assert [t.late_by // 1_000_000 for t in silent] == [at + 3 * 3600 - start - d for d in due]
