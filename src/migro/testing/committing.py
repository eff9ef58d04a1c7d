"""What every memory does with the effects of steps."""

from __future__ import annotations

from datetime import timedelta

import attrs

from ..errors import Conflict, NotFound, StoreError
from ..models.inputs import IssueChanged
from ..models.scales import ActionStatus, IssueStatus
from ..models.steps import StepRecord, TimerFired
from ..ports import Memory
from .samples import START, sample_action, sample_decision, sample_issue, sample_snapshot, sample_step
from .trials import at_once, received, refused, tick

__all__ = ["CommitContract"]


class CommitContract:
    """What every memory does with the effects of steps."""

    def test_a_step_leaves_everything_behind(self, memory: Memory) -> None:
        memory.accept("m", [received(1)])
        step = sample_step(1)
        memory.commit("m", 0, [step])

        assert [(e.done, e.disposition) for e in memory.load("m")] == [(True, step.disposition)]
        assert tuple(memory.read("issues")) == step.issues
        assert tuple(memory.read("decisions")) == step.decisions
        assert tuple(memory.read("actions")) == step.actions

    def test_a_step_may_leave_nothing_behind(self, memory: Memory) -> None:
        memory.accept("m", [tick()])
        memory.commit("m", 0, [StepRecord(seq=1)])

        assert [(e.done, e.disposition) for e in memory.load("m")] == [(True, None)]

    def test_what_is_consumed_comes_before_what_is_pending(self, memory: Memory) -> None:
        memory.accept("m", [received(1), received(2), received(3)])
        memory.commit("m", 0, [StepRecord(seq=1)])

        assert [(e.seq, e.done) for e in memory.load("m")] == [(1, True), (2, False), (3, False)]

    def test_a_journal_is_loaded_behind_a_number(self, memory: Memory) -> None:
        memory.accept("m", [received(1), received(2), received(3)])
        memory.commit("m", 0, [StepRecord(seq=1)])

        assert [e.seq for e in memory.load("m", 1)] == [2, 3]
        assert list(memory.load("m", 3)) == []

    def test_the_slower_of_two_writers_gets_a_conflict(self, memory: Memory) -> None:
        memory.accept("m", [received(1), received(2)])
        memory.commit("m", 0, [sample_step(1)])
        error = refused(Conflict, lambda: memory.commit("m", 0, [sample_step(1)]))

        assert isinstance(error, Conflict)
        assert (error.partition, error.expected, error.found) == ("m", 0, 1)

    def test_a_version_ahead_of_the_store_is_a_conflict(self, memory: Memory) -> None:
        memory.accept("m", [received(1), received(2)])

        refused(Conflict, lambda: memory.commit("m", 1, [sample_step(2)]))
        assert not any(e.done for e in memory.load("m"))

    def test_the_next_step_on_a_wrong_version_is_a_conflict(self, memory: Memory) -> None:
        memory.accept("m", [received(1)])

        refused(Conflict, lambda: memory.commit("m", 3, [sample_step(1)]))
        assert not any(e.done for e in memory.load("m"))

    def test_a_step_out_of_turn_is_a_conflict(self, memory: Memory) -> None:
        memory.accept("m", [received(1), received(2)])

        refused(Conflict, lambda: memory.commit("m", 0, [sample_step(2)]))
        assert list(memory.read("decisions")) == []

    def test_a_step_without_an_input_is_refused(self, memory: Memory) -> None:
        refused(StoreError, lambda: memory.commit("m", 0, [sample_step(1)]))
        refused(StoreError, lambda: memory.commit("m", 0, [StepRecord(seq=1)]))
        memory.accept("m", [tick()])

        assert [e.done for e in memory.load("m")] == [False]
        assert list(memory.read("issues")) == []

    def test_a_refused_step_leaves_nothing_behind(self, memory: Memory) -> None:
        memory.accept("m", [received(1), received(2)])
        memory.commit("m", 0, [sample_step(1)])
        changed = IssueChanged(at=START, issue=sample_issue(), decision="dec_2")
        step = StepRecord(
            seq=2,
            issues=(sample_issue("iss_2"),),
            decisions=(sample_decision("dec_2"), sample_decision("dec_1")),
            actions=(sample_action("act_2"),),
            emitted=(("platform", changed),),
        )

        refused(StoreError, lambda: memory.commit("m", 1, [step]))
        assert [e.done for e in memory.load("m")] == [True, False]
        assert [i.id for i in memory.read("issues")] == ["iss_1"]
        assert [d.id for d in memory.read("decisions")] == ["dec_1"]
        assert [a.idempotency_key for a in memory.read("actions")] == ["act_1"]
        assert list(memory.load("platform")) == []

    def test_after_a_refused_step_the_next_one_is_welcome(self, memory: Memory) -> None:
        memory.accept("m", [received(1), received(2)])
        memory.commit("m", 0, [sample_step(1)])
        refused(StoreError, lambda: memory.commit("m", 1, [attrs.evolve(sample_step(1), seq=2)]))
        refused(Conflict, lambda: memory.commit("m", 0, [sample_step(2)]))
        memory.commit("m", 1, [sample_step(2)])

        assert [d.id for d in memory.read("decisions")] == ["dec_1", "dec_2"]

    def test_what_was_decided_is_never_overwritten(self, memory: Memory) -> None:
        memory.accept("m", [received(1), received(2)])
        memory.commit("m", 0, [sample_step(1)])
        other = sample_decision("dec_1", because="something else")

        refused(StoreError, lambda: memory.commit("m", 1, [StepRecord(seq=2, decisions=(other,))]))
        assert tuple(memory.read("decisions")) == sample_step(1).decisions

    def test_a_step_decides_once_under_one_id(self, memory: Memory) -> None:
        memory.accept("m", [received(1)])
        twice = (sample_decision(), sample_decision(because="something else"))

        refused(StoreError, lambda: memory.commit("m", 0, [StepRecord(seq=1, decisions=twice)]))
        assert list(memory.read("decisions")) == []

    def test_an_issue_is_kept_as_it_is_now(self, memory: Memory) -> None:
        memory.accept("m", [received(1), received(2)])
        memory.commit("m", 0, [StepRecord(seq=1, issues=(sample_issue("a"), sample_issue("b")))])
        resolved = sample_issue("a", status=IssueStatus.RESOLVED)
        memory.commit("m", 1, [StepRecord(seq=2, issues=(resolved,))])

        assert list(memory.read("issues")) == [sample_issue("b"), resolved]

    def test_an_action_moves_forward_only(self, memory: Memory) -> None:
        road = [
            (ActionStatus.RECORDED, ActionStatus.RECORDED),
            (ActionStatus.WAITING, ActionStatus.WAITING),
            (ActionStatus.PLANNED, ActionStatus.PLANNED),
            (ActionStatus.WAITING, ActionStatus.PLANNED),
            (ActionStatus.STARTED, ActionStatus.STARTED),
            (ActionStatus.PLANNED, ActionStatus.STARTED),
            (ActionStatus.EXPIRED, ActionStatus.STARTED),
            (ActionStatus.SUCCEEDED, ActionStatus.SUCCEEDED),
            (ActionStatus.STARTED, ActionStatus.SUCCEEDED),
            (ActionStatus.PLANNED, ActionStatus.SUCCEEDED),
        ]
        memory.accept("m", [tick()] * len(road))
        for version, (status, _) in enumerate(road):
            memory.commit("m", version, [StepRecord(seq=version + 1, actions=(sample_action(status=status),))])

            (stored,) = memory.read("actions", id="act_1")
            assert stored.status is road[version][1]

    def test_an_action_of_the_same_status_is_replaced(self, memory: Memory) -> None:
        memory.accept("m", [tick(), tick()])
        memory.commit("m", 0, [StepRecord(seq=1, actions=(sample_action(),))])
        memory.commit("m", 1, [StepRecord(seq=2, actions=(sample_action(note="asked again"),))])

        assert [a.note for a in memory.read("actions")] == ["asked again"]

    def test_emitted_inputs_are_accepted_where_they_belong(self, memory: Memory) -> None:
        changed = IssueChanged(at=START, issue=sample_issue(), decision="dec_1")
        memory.accept("m", [received(1)])
        memory.accept("platform", [tick()])
        memory.commit("m", 0, [StepRecord(seq=1, emitted=(("platform", changed),))])

        assert [(e.seq, e.input, e.done) for e in memory.load("platform")] == [(1, tick(), False), (2, changed, False)]

    def test_an_emitted_input_is_delivered_once(self, memory: Memory) -> None:
        changed = IssueChanged(at=START, issue=sample_issue(), decision="dec_1")
        memory.accept("m", [received(1), received(2)])
        memory.commit("m", 0, [StepRecord(seq=1, emitted=(("platform", changed),) * 2)])
        memory.commit("m", 1, [StepRecord(seq=2, emitted=(("platform", changed),))])

        assert [e.input for e in memory.load("platform")] == [changed]

    def test_of_many_threads_one_commits_a_step(self, memory: Memory) -> None:
        steps = 25
        memory.accept("m", [received(n) for n in range(steps)])
        won: list[str] = []

        def work(worker: int) -> None:
            for seq in range(1, steps + 1):
                decision = sample_decision(f"dec_{worker}_{seq}")
                try:
                    memory.commit("m", seq - 1, [StepRecord(seq=seq, decisions=(decision,))])
                except Conflict:
                    continue
                won.append(decision.id)

        at_once(work)
        stored = [d.id for d in memory.read("decisions")]

        assert sorted(stored) == sorted(won)
        assert [int(id.rpartition("_")[2]) for id in stored] == list(range(1, len(won) + 1))

    # several steps at once

    def test_steps_are_committed_together(self, memory: Memory) -> None:
        memory.accept("m", [received(1), received(2), received(3)])
        steps = [sample_step(1), sample_step(2)]
        memory.commit("m", 0, steps)

        assert [(e.done, e.disposition) for e in memory.load("m")] == [
            *((True, step.disposition) for step in steps),
            (False, None),
        ]
        assert [d.id for d in memory.read("decisions")] == ["dec_1", "dec_2"]
        assert [(p.version, p.accepted) for p in memory.read("partitions")] == [(2, 3)]

    def test_later_steps_of_a_batch_replace_what_earlier_ones_stored(self, memory: Memory) -> None:
        memory.accept("m", [tick(), tick()])
        started, done = sample_action(status=ActionStatus.STARTED), sample_action(status=ActionStatus.SUCCEEDED)
        resolved = sample_issue("a", status=IssueStatus.RESOLVED)
        steps = [
            StepRecord(seq=1, issues=(sample_issue("a"), sample_issue("b")), actions=(done,)),
            StepRecord(seq=2, issues=(resolved,), actions=(started,)),
        ]
        memory.commit("m", 0, steps)

        assert list(memory.read("issues")) == [sample_issue("b"), resolved]
        assert list(memory.read("actions")) == [done]

    def test_committing_nothing_changes_nothing_but_needs_the_version(self, memory: Memory) -> None:
        memory.accept("m", [tick()])
        memory.commit("m", 0, [])
        memory.commit("nobody", 0, [])

        refused(Conflict, lambda: memory.commit("m", 1, []))
        assert [(p.name, p.version) for p in memory.read("partitions")] == [("m", 0)]

    def test_a_gap_in_a_batch_is_a_conflict(self, memory: Memory) -> None:
        memory.accept("m", [received(1), received(2), received(3)])

        for numbers in ((1, 3), (1, 1), (2, 1)):
            refused(Conflict, lambda n=numbers: memory.commit("m", 0, [sample_step(seq) for seq in n]))  # type: ignore[misc]
        assert not any(e.done for e in memory.load("m"))
        assert list(memory.read("decisions")) == []

    def test_a_batch_that_ends_behind_the_journal_is_refused_as_a_whole(self, memory: Memory) -> None:
        memory.accept("m", [received(1)])

        refused(NotFound, lambda: memory.commit("m", 0, [sample_step(1), sample_step(2)]))
        assert [e.done for e in memory.load("m")] == [False]
        assert list(memory.read("issues")) == []

    def test_a_batch_is_stored_as_a_whole_or_not_at_all(self, memory: Memory) -> None:
        memory.accept("m", [received(1), received(2), received(3)])
        again = attrs.evolve(sample_step(1), seq=3)
        changed = IssueChanged(at=START, issue=sample_issue(), decision="dec_1")
        first = attrs.evolve(sample_step(1), emitted=(("platform", changed),), snapshots=(sample_snapshot(1),))

        refused(StoreError, lambda: memory.commit("m", 0, [first, sample_step(2), again]))
        assert not any(e.done for e in memory.load("m"))
        assert [list(memory.read(what)) for what in ("issues", "decisions", "actions", "snapshots")] == [[]] * 4
        assert list(memory.load("platform")) == []
        memory.commit("m", 0, [first, sample_step(2), sample_step(3)])

        assert [d.id for d in memory.read("decisions")] == ["dec_1", "dec_2", "dec_3"]

    def test_what_time_brought_about_is_kept_with_its_input(self, memory: Memory) -> None:
        memory.accept("m", [tick(), tick()])
        timers = (
            TimerFired(what="rule", name="r", key=("m_1", "a"), deadline=START, late_by=3),
            TimerFired(what="maintenance", name="", key=(), deadline=START + timedelta(microseconds=1), late_by=0),
        )
        memory.commit("m", 0, [StepRecord(seq=1, timers=timers), StepRecord(seq=2)])

        assert [e.timers for e in memory.load("m")] == [timers, ()]

    def test_a_partition_is_due_when_its_last_step_says(self, memory: Memory) -> None:
        memory.accept("m", [tick()] * 4)
        soon, later = START + timedelta(microseconds=1), START + timedelta(days=400)
        told = []
        for version, dues in ((0, [soon, later]), (2, [soon]), (3, [None])):
            memory.commit("m", version, [StepRecord(seq=version + n, due=d) for n, d in enumerate(dues, 1)])
            told += [p.due for p in memory.read("partitions")]

        assert told == [later, soon, None]

    def test_shadow_decisions_are_kept_apart(self, memory: Memory) -> None:
        memory.accept("m", [tick(), tick()])
        live, candidate = sample_decision(), sample_decision(because="a candidate says so")
        memory.commit("m", 0, [StepRecord(seq=1, decisions=(live,), shadow=(candidate,))])

        assert list(memory.read("decisions")) == [live]
        assert list(memory.read("shadow")) == [candidate]
        assert list(memory.read("shadow", id="dec_1", partition="m")) == [candidate]

    def test_a_shadow_never_stands_in_the_way(self, memory: Memory) -> None:
        memory.accept("m", [tick(), tick()])
        memory.commit("m", 0, [StepRecord(seq=1, shadow=(sample_decision(),))])
        again = sample_decision(because="once more")
        memory.commit("m", 1, [StepRecord(seq=2, shadow=(again,), decisions=(sample_decision(),))])

        assert list(memory.read("shadow")) == [again]

    def test_a_snapshot_comes_back_as_it_was(self, memory: Memory) -> None:
        memory.accept("m", [tick()])
        given = (sample_snapshot(1), sample_snapshot(1, ruleset="candidate"))
        memory.commit("m", 0, [StepRecord(seq=1, snapshots=given)])

        assert tuple(memory.read("snapshots")) == given
        assert tuple(memory.read("snapshots", id="candidate", partition="m")) == given[1:]
        assert list(memory.read("snapshots", partition="other")) == []

    def test_the_newest_two_snapshots_of_a_version_are_kept(self, memory: Memory) -> None:
        memory.accept("m", [tick()] * 6)
        memory.accept("n", [tick()])
        memory.commit("n", 0, [StepRecord(seq=1, snapshots=(sample_snapshot(1, partition="n"),))])
        versions = [("a", "p"), ("a", "p"), ("b", "p"), ("a", "q"), ("a", "p"), ("a", "p")]
        snapshots = [sample_snapshot(n, ruleset=r, policy=p) for n, (r, p) in enumerate(versions, 1)]
        memory.commit("m", 0, [StepRecord(seq=n, snapshots=(s,)) for n, s in enumerate(snapshots[:4], 1)])
        memory.commit("m", 4, [StepRecord(seq=n, snapshots=(s,)) for n, s in enumerate(snapshots[4:], 5)])

        assert list(memory.read("snapshots", partition="m")) == snapshots[2:]
        assert len(list(memory.read("snapshots", partition="n"))) == 1
