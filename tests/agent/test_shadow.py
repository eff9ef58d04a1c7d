"""Candidate rules beside the live ones: they say what they would have done, and change nothing."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from migro import Agent
from migro.agent import Fold, State, Step
from migro.agent.hypothesis import supposed
from migro.agent.shadow import Shadow
from migro.models import (
    ActionStatus,
    ConfigChanged,
    Input,
    PersonActed,
    RunMode,
    SignalReceived,
    Snapshot,
    Tick,
    from_microseconds,
)
from migro.ports import Memory
from migro.reason import QUARANTINED
from migro.remember import VolatileMemory
from migro.replay import compare
from tests.agent.test_quarantines import MIXED, note
from tests.agent.world import (
    OPEN_POLICY,
    RULES,
    T0,
    Run,
    after,
    call,
    probe,
    received,
    remembered,
    streams,
    sure,
)
from tests.effort import cases
from tests.replay.journals import M1, STRICTER, choices, fold_of, written

few = settings(max_examples=cases(25), deadline=None)


class Stumbling(Fold):
    """Candidate rules that raise on every seventh input, and on their way have changed half of the state."""

    def advance(self, state: State, seq: int, item: Input) -> Step:
        step = super().advance(state, seq, item)
        if seq % 7 == 0:
            raise ZeroDivisionError("a text that may hold what a sender wrote")
        return step


def shadowed(candidate: Fold, items: list[Input], picks: list[int], **options: Any) -> Memory:
    """Return what an agent writes with a candidate beside it, also where another agent takes over."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("migro.agent.agent.Shadow", lambda _: Shadow(candidate))
        return written(items, picks, shadow=STRICTER, **options)


def decided(memory: Memory) -> list[str]:
    return sorted(d.json_line() for d in memory.read("shadow"))


# --- laws ------------------------------------------------------------------------------------------------------------


@few
@given(streams(), choices, st.integers(0, 7), st.booleans())
def test_what_is_live_is_the_same_with_and_without_a_candidate(
    items: list[Input], picks: list[int], restart_every: int, raising: bool
) -> None:
    candidate = Stumbling(STRICTER, OPEN_POLICY) if raising else fold_of(STRICTER)
    alone = written(items, picks, restart_every=restart_every)
    beside = shadowed(candidate, items, picks, restart_every=restart_every)

    assert remembered(alone) == remembered(beside)


@few
@given(streams(), choices, st.integers(0, 7))
def test_a_candidate_says_what_a_comparison_finds_afterwards(
    items: list[Input], picks: list[int], restart_every: int
) -> None:
    memory = shadowed(fold_of(STRICTER), items, picks, restart_every=restart_every)
    report = compare(memory, fold_of(RULES), fold_of(STRICTER))

    assert len(decided(memory)) == report.decisions_b
    assert decided(memory) == decided(shadowed(fold_of(STRICTER), items, picks))


@few
@given(streams(signals_only=True))
def test_the_live_rules_as_a_candidate_decide_what_they_decide(items: list[Input]) -> None:
    memory = shadowed(fold_of(RULES), items, [])

    assert decided(memory) == sorted(d.json_line() for d in memory.read("decisions"))


@few
@given(streams(size=20), choices, st.integers(1, 15))
def test_a_kept_state_goes_on_like_the_one_it_was_kept_of(items: list[Input], picks: list[int], cut: int) -> None:
    memory = written(items, picks)
    entries = list(memory.load(M1))
    whole, kept = Shadow(fold_of(STRICTER)), Shadow(fold_of(STRICTER))
    snapshot = None
    for entry in entries:
        made = whole.consider(M1, entry.seq, entry.input)
        if snapshot is not None:
            assert kept.consider(M1, entry.seq, entry.input) == made
        if entry.seq == cut:
            snapshot = whole.snapshot(M1)
            assert snapshot is not None
            assert kept.restore(snapshot)


# --- where a candidate raises ----------------------------------------------------------------------------------------


def test_a_candidate_that_raises_is_left_out_of_that_partition_from_then_on() -> None:
    shadow = Shadow(Stumbling(RULES, OPEN_POLICY))
    signals = [*(received(call(n, n)) for n in range(7)), received(probe(1, 8)), received(probe(2, 9, ok=True))]
    made = [shadow.consider(M1, n, item) for n, item in enumerate(signals, start=1)]
    elsewhere = [shadow.consider("merchant:m_2", n, item) for n, item in enumerate(signals[:3], start=1)]

    healthy = Shadow(fold_of())
    assert all([healthy.consider(M1, n, item) for n, item in enumerate(signals, start=1)][7:])
    assert made[0]
    assert made[6:] == [()] * 3
    assert any(elsewhere)
    assert list(shadow.errors) == [M1]
    assert shadow.errors[M1].startswith("ZeroDivisionError at test_shadow.py:")
    assert shadow.errors[M1].endswith(" on number 7")
    assert "sender" not in str(shadow.errors)
    assert shadow.snapshot(M1) is None
    assert shadow.snapshot("merchant:m_2") is not None


def test_it_raises_again_at_the_same_place_after_a_restart() -> None:
    memory = written([received(call(n, n)) for n in range(12)])
    live, later = Shadow(Stumbling(RULES, OPEN_POLICY)), Shadow(Stumbling(RULES, OPEN_POLICY))
    for entry in memory.load(M1):
        live.consider(M1, entry.seq, entry.input)
    later.recall(M1, memory.load(M1))

    assert later.errors == live.errors
    later.forget(M1)
    assert later.errors == {}
    assert later.at(M1) is None


def test_a_rule_that_the_candidate_quarantines_is_its_own_affair() -> None:
    heard: list[str] = []
    memory = VolatileMemory()
    host = Agent(rules=RULES, memory=memory, policy=OPEN_POLICY, shadow=MIXED, alarm=heard.append)
    for n in range(30):
        host.handle(note(n, n))

    assert heard == []
    assert QUARANTINED.name in {d.issue.kind for d in memory.read("shadow")}
    assert QUARANTINED.name not in {d.issue.kind for d in memory.read("decisions")}
    assert host.shadow is not None
    assert host.shadow.errors == {}


# --- what it follows -------------------------------------------------------------------------------------------------


def test_a_candidate_takes_inputs_in_order_and_only_once() -> None:
    shadow = Shadow(fold_of())

    assert shadow.consider(M1, 2, received(call(1))) == ()
    assert shadow.at(M1) is None
    assert len(shadow.consider(M1, 1, received(call(1)))) == 1
    assert shadow.consider(M1, 1, received(call(1))) == ()
    assert shadow.consider(M1, 3, received(call(2, 1))) == ()
    assert shadow.at(M1) == 1


def test_recalling_stops_at_what_is_pending_and_skips_what_failed(monkeypatch: pytest.MonkeyPatch) -> None:
    memory = VolatileMemory()
    host = Agent(rules=RULES, memory=memory, policy=OPEN_POLICY, alarm=lambda _: None)
    with monkeypatch.context() as patch:
        patch.setattr(host.fold, "advance", Stumbling(RULES, OPEN_POLICY).advance)
        for n in range(8):
            host.handle(call(n, n))
    consumed = next(p.version for p in memory.read("partitions", id=M1))
    memory.accept(M1, [received(call(100, 100))])
    shadow = Shadow(fold_of(STRICTER))
    shadow.recall(M1, memory.load(M1))

    assert any(e.failed for e in memory.load(M1))
    assert shadow.at(M1) == consumed
    assert shadow.errors == {}
    shadow.recall(M1, memory.load(M1))
    assert shadow.at(M1) == consumed


def test_a_state_of_others_or_one_that_nobody_can_read_is_not_taken_over() -> None:
    shadow = Shadow(fold_of())
    shadow.consider(M1, 1, received(call(1)))
    kept = shadow.snapshot(M1)
    assert kept is not None
    other = Shadow(fold_of(STRICTER))
    spoilt = Snapshot(partition=M1, seq=1, ruleset=kept.ruleset, policy=kept.policy, data=b"{}")

    assert not other.restore(kept)
    assert not Shadow(fold_of()).restore(spoilt)
    assert other.at(M1) is None
    # Its rules in force would have come to another state, so no agent may go on from it.
    assert kept.ruleset != fold_of().ruleset.version


# --- how inputs look to rules that were not in force -----------------------------------------------------------------


def test_the_first_configuration_is_the_candidates_own_and_later_ones_let_time_pass() -> None:
    fold = fold_of(STRICTER)
    state = fold.start(M1)
    theirs = ConfigChanged(at=T0, ruleset="r", policy="p", mode=RunMode.OFF)
    first = supposed(fold, state, theirs)
    state = fold.advance(state, 1, first).state

    assert first == ConfigChanged(
        at=T0, ruleset=fold.ruleset.version, policy=fold.policy.version, mode=fold.policy.mode
    )
    assert supposed(fold, state, theirs) == Tick(at=T0)


def waiting() -> tuple[Run, Any]:
    """A run with an action that waits, and the action."""
    run = Run()
    run.give(*sure())
    return run, next(a for h in run.state.held.values() for a in h.actions.values() if a.status is ActionStatus.WAITING)


def test_an_answer_to_what_waits_here_too_is_bound_to_it() -> None:
    run, action = waiting()
    at = from_microseconds(run.state.now)
    said = PersonActed(at=at, verb="approve", by="ann", target=action.idempotency_key, binding="of other rules")

    assert supposed(run.fold, run.state, said) == said.model_copy(update={"binding": action.binding})
    # Where these rules were in force, it had to fit, and it did not.
    assert supposed(run.fold, run.state, said, in_force=True) == said


def test_an_answer_to_what_is_not_here_changes_nothing() -> None:
    run, _ = waiting()
    at = from_microseconds(run.state.now)
    said = PersonActed(at=at, verb="approve", by="ann", target="act_elsewhere", binding="b")
    before = {k: h.actions for k, h in run.state.held.items()}

    assert supposed(run.fold, run.state, said) == said
    run.give(said)
    assert {k: h.actions for k, h in run.state.held.items()} == before


def test_everything_else_comes_as_it_came() -> None:
    run, _ = waiting()
    signal = received(call(500, 500))
    halt = PersonActed(at=after(500), verb="halt", by="ann")

    assert isinstance(signal, SignalReceived)
    assert supposed(run.fold, run.state, signal) is signal
    assert supposed(run.fold, run.state, halt) is halt
