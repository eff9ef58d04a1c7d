"""Second deliveries and late ones: what counts once, by which time it is judged, and what is too late."""

from __future__ import annotations

import pytest
from hypothesis import given, settings

from migro.engine import NativeEngine, snapshot
from migro.models import Input, SignalReceived
from migro.remember import VolatileMemory
from tests.agent.world import Run, after, agent, call, conserved, handled, probe, streams, sure
from tests.effort import cases


def held(run: Run) -> bytes:
    return snapshot(NativeEngine(run.fold.ruleset), run.state.engine)


@settings(max_examples=cases(60), deadline=None)
@given(streams(signals_only=True, size=20))
def test_a_second_delivery_of_everything_changes_nothing(items: list[Input]) -> None:
    once, twice = Run(), Run()
    for number, item in enumerate(items, 1):
        assert isinstance(item, SignalReceived)
        again = item.model_copy(update={"duplicate_of": number})
        once.give(item)
        twice.give(item)
        before = held(twice)
        step = twice.give(again)

        assert (step.decisions, step.issues, step.actions) == ((), (), ())
        assert held(twice) == before == held(once)


def test_a_redelivery_through_the_agent_is_stored_and_dropped() -> None:
    memory = VolatileMemory()
    host = agent(memory)
    handled(host, sure())
    before = [d.id for d in memory.read("decisions")]
    again = host.process(probe(1, 3, received_at=after(90)))

    assert again.disposition is not None
    assert (again.disposition.name, again.disposition.reason) == ("dropped", "duplicate: redelivery of number 5")
    assert [d.id for d in memory.read("decisions")] == before
    assert conserved(memory)["dropped"] == 1


@pytest.mark.parametrize(("received", "holds"), [(790, True), (810, False)])
def test_a_late_signal_is_judged_by_its_own_time(received: int, holds: bool) -> None:
    run = Run()
    run.give(call(1, 0), call(2, 100), call(3, received - 1, code=200))
    run.give(call(4, 200, received_at=after(received)))
    burst = run.state.engine.firings.get(("burst", ("m_1",)))

    # Three within five minutes, the last at 200 s; that counts for ten minutes, whenever it is heard.
    assert (burst is not None) is holds
    assert burst is None or burst.at == call(4, 200).effective_at


def test_what_is_older_than_every_window_is_recorded_as_too_late_and_listed() -> None:
    memory = VolatileMemory()
    host = agent(memory)
    handled(host, [call(1, 0), call(2, 9_000)])
    late = host.process(call(3, 0, received_at=after(9_010)))
    (entry,) = memory.read("journal", id=call(3, 0).id)

    assert late.disposition is not None
    assert (late.disposition.name, late.disposition.reason) == (
        "recorded",
        "too late: older than every window that reads it; late: 150 min behind the newest of host/access_log",
    )
    assert entry.disposition == late.disposition
    assert conserved(memory)["recorded"] == 1


def test_a_late_signal_opens_no_issue_that_would_be_over_already() -> None:
    run = Run()
    run.give(call(1, 9_000, code=200))
    run.give(*(call(10 + n, n, received_at=after(9_001)) for n in range(4)))

    assert not run.state.held
