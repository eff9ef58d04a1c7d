"""Laws of the fold, over random streams of inputs."""

from __future__ import annotations

from attrs import evolve
from hypothesis import given, settings
from hypothesis import strategies as st

from migro.decide import recompute
from migro.models import Input, Signal, SignalReceived, StepRecord, Tick, from_microseconds
from migro.remember import VolatileMemory
from migro.remember.forms import ACTION_RANK
from tests.agent.world import Run, agent, call, conserved, react, remembered, streams, sure, written
from tests.effort import cases

few = settings(max_examples=cases(60), deadline=None)


def answered(items: list[Input], choices: list[int]) -> Run:
    run = Run()
    for item, choice in zip(items, choices, strict=False):
        run.give(item)
        answer = react(run, choice) if choice else None
        if answer is not None:
            run.give(answer)
    return run


def asked_anew(items: list[Input], choices: list[int]) -> Run:
    """Return what `answered` does where policy is asked each time, whatever it has said before."""
    run = Run()
    for item, choice in zip(items, choices, strict=False):
        forget_asked(run)
        run.give(item)
        answer = react(run, choice) if choice else None
        if answer is not None:
            forget_asked(run)
            run.give(answer)
    return run


def forget_asked(run: Run) -> None:
    for held in run.state.held.values():
        held.asked = ()


choices = st.lists(st.integers(0, 20), min_size=30, max_size=30)


@few
@given(streams(), choices)
def test_the_same_inputs_leave_the_same_records_behind(items: list[Input], picks: list[int]) -> None:
    # `react` reads the state, so its answers check that as well.
    first, second = answered(items, picks), answered(items, picks)

    assert [written(s.record) for s in first.steps] == [written(s.record) for s in second.steps]


@few
@given(streams(), choices)
def test_what_policy_is_not_asked_again_it_would_have_answered_alike(items: list[Input], picks: list[int]) -> None:
    first, second = answered(items, picks), asked_anew(items, picks)

    assert [written(s.record) for s in first.steps] == [written(s.record) for s in second.steps]
    assert [h.allowed for h in first.state.held.values()] == [h.allowed for h in second.state.held.values()]


@few
@given(streams(size=20))
def test_extra_ticks_change_nothing_else(items: list[Input]) -> None:
    plain, ticked = Run(), Run()
    for item in items:
        while (due := ticked.fold.next_due(ticked.state)) is not None and due <= item.at:
            ticked.give(Tick(at=due))
        ticked.give(Tick(at=max(item.at, from_microseconds(ticked.state.now))))
        ticked.give(item)
        plain.give(item)
    decided = [d.json_line() for d in plain.decisions]

    assert decided == [d.json_line() for d in ticked.decisions]
    assert {k: (h.issue, h.actions) for k, h in plain.state.held.items()} == {
        k: (h.issue, h.actions) for k, h in ticked.state.held.items()
    }


@few
@given(streams())
def test_time_never_runs_backwards(items: list[Input]) -> None:
    run = Run()
    times = []
    for item in items[::-1]:
        run.give(item)
        times.append(run.state.now)

    assert times == sorted(times)
    assert [d.at for d in run.decisions] == sorted(d.at for d in run.decisions)


@few
@given(streams(), choices)
def test_every_decision_follows_from_its_own_record(items: list[Input], picks: list[int]) -> None:
    for decision in answered(items, picks).decisions:
        assert recompute(decision) == (), decision.explain().text()


@few
@given(streams(), choices)
def test_decisions_have_ids_of_their_own(items: list[Input], picks: list[int]) -> None:
    ids = [d.id for d in answered(items, picks).decisions]

    assert len(set(ids)) == len(ids)


@few
@given(streams(), choices)
def test_an_action_never_goes_back(items: list[Input], picks: list[int]) -> None:
    reached: dict[str, int] = {}
    for step in answered(items, picks).steps:
        for action in step.record.actions:
            rank = ACTION_RANK[action.status]
            assert rank >= reached.get(action.idempotency_key, 0), action
            reached[action.idempotency_key] = rank


@few
@given(streams(signals_only=True))
def test_signals_are_conserved_after_every_step(items: list[Input]) -> None:
    memory = VolatileMemory()
    host = agent(memory)
    for n, item in enumerate(items, 1):
        assert isinstance(item, SignalReceived)
        host.tick(item.at)
        host.process(item.signal)

        assert conserved(memory)["accepted"] == n
    assert conserved(memory)["pending"] == conserved(memory)["failed"] == 0


@settings(max_examples=cases(25), deadline=None)
@given(streams(signals_only=True, size=14))
def test_a_restart_at_any_input_makes_no_difference(items: list[Input]) -> None:
    signals = [i.signal for i in items if isinstance(i, SignalReceived)]
    whole = played(signals, restart_at=None)
    for at in range(len(signals)):
        assert played(signals, restart_at=at) == whole


def played(signals: list[Signal], *, restart_at: int | None) -> dict[str, list[str]]:
    memory = VolatileMemory()
    host = agent(memory)
    for n, signal in enumerate(signals):
        if n == restart_at:
            host = agent(memory)
        host.handle(signal)
        host.drain()
    return remembered(memory)


@settings(max_examples=cases(25), deadline=None)
@given(streams(size=20))
def test_live_and_replay_end_in_the_same_state(items: list[Input]) -> None:
    memory = VolatileMemory()
    live = agent(memory)
    for item in items:
        live.tell("merchant:m_1", item) if not isinstance(item, SignalReceived) else live.handle(item.signal)
    replayed = agent(without_snapshots(memory))

    for signal in sure(200_000):
        assert [d.json_line() for d in live.handle(signal)] == [d.json_line() for d in replayed.handle(signal)]


def without_snapshots(memory: VolatileMemory) -> VolatileMemory:
    """Return a memory with the same journal and records but no snapshot: what is recalled is folded from the start."""
    copy = VolatileMemory()
    for partition in memory.read("partitions"):
        name = partition.name
        issues, actions = tuple(memory.read("issues", partition=name)), tuple(memory.read("actions", partition=name))
        for entry in memory.load(name):
            copy.accept(name, [entry.input])
            step = StepRecord(seq=entry.seq, disposition=entry.disposition)
            last = entry.seq == partition.version
            copy.commit(name, entry.seq - 1, [evolve(step, issues=issues, actions=actions) if last else step])
    return copy


def test_a_partition_that_goes_on_for_days_keeps_only_live_windows() -> None:
    run = Run()
    sizes = []
    for day in range(3):
        run.give(*(call(1000 * day + n, 86_400 * day + 60 * n) for n in range(600)))
        sizes.append(sum(len(s) for s in run.state.engine.streams.values()))

    assert max(sizes) - min(sizes) <= 5
