"""What every memory says about what it holds."""

from __future__ import annotations

from ..models.scales import ActionStatus, IssueStatus
from ..models.steps import StepRecord
from ..ports import Memory
from .samples import START, sample_action, sample_decision, sample_issue, sample_signal, sample_snapshot, sample_step
from .trials import received, tick

__all__ = ["ReadContract"]


class ReadContract:
    """What every memory says about what it holds."""

    def test_an_unknown_partition_is_empty(self, memory: Memory) -> None:
        assert list(memory.load("nobody")) == []
        assert list(memory.read("decisions", partition="nobody")) == []

    def test_the_journal_is_read_by_partition_and_number(self, memory: Memory) -> None:
        memory.accept("b", [received(1)])
        memory.accept("a", [received(2), received(3)])

        assert [(e.partition, e.seq) for e in memory.read("journal")] == [("a", 1), ("a", 2), ("b", 1)]
        assert [(e.partition, e.seq) for e in memory.read("journal", partition="b")] == [("b", 1)]

    def test_the_journal_is_read_by_signal(self, memory: Memory) -> None:
        memory.accept("a", [received(1), received(2), tick(), received(1)])
        memory.accept("b", [received(1)])

        found = memory.read("journal", id=sample_signal(1).id)
        assert [(e.partition, e.seq) for e in found] == [("a", 1), ("a", 4), ("b", 1)]

    def test_records_are_read_by_id(self, memory: Memory) -> None:
        memory.accept("m", [received(1), received(2)])
        memory.commit("m", 0, [sample_step(1)])
        memory.commit("m", 1, [sample_step(2)])

        assert [i.id for i in memory.read("issues", id="iss_2")] == ["iss_2"]
        assert [d.id for d in memory.read("decisions", id="dec_1")] == ["dec_1"]
        assert [a.idempotency_key for a in memory.read("actions", id="act_2")] == ["act_2"]
        assert list(memory.read("decisions", id="dec_3")) == []
        assert list(memory.read("decisions", id="dec_1", partition="other")) == []

    def test_records_are_read_by_partition_in_the_order_of_their_steps(self, memory: Memory) -> None:
        for name, ids in (("b", ("d1", "d2")), ("a", ("d4", "d3"))):
            memory.accept(name, [tick()])
            memory.commit(name, 0, [StepRecord(seq=1, decisions=tuple(sample_decision(i) for i in ids))])

        assert [d.id for d in memory.read("decisions")] == ["d4", "d3", "d1", "d2"]
        assert [d.id for d in memory.read("decisions", partition="b")] == ["d1", "d2"]

    def test_what_is_being_read_does_not_move(self, memory: Memory) -> None:
        memory.accept("m", [received(1), received(2)])
        entries = memory.load("m")
        first = next(entries)
        memory.commit("m", 0, [sample_step(1)])
        memory.accept("m", [received(3)])

        assert [(e.seq, e.done) for e in (first, *entries)] == [(1, False), (2, False)]

    def test_a_reader_that_stops_halfway_is_in_nobodys_way(self, memory: Memory) -> None:
        memory.accept("m", [received(n) for n in range(9)])
        for n in range(9):
            next(memory.load("m"))
            memory.commit("m", n, [StepRecord(seq=n + 1)])

        assert all(e.done for e in memory.load("m"))

    def test_partitions_say_where_they_stand(self, memory: Memory) -> None:
        memory.accept("b", [received(1), received(2)])
        memory.accept("a", [received(1)])
        memory.commit("b", 0, [StepRecord(seq=1)])

        told = [(p.name, p.version, p.accepted) for p in memory.read("partitions")]
        assert told == [("a", 0, 1), ("b", 1, 2)]
        assert [p.name for p in memory.read("partitions", id="b")] == ["b"]
        assert [p.name for p in memory.read("partitions", partition="a")] == ["a"]
        assert list(memory.read("partitions", id="a", partition="b")) == []

    def test_pending_inputs_are_those_no_step_has_consumed(self, memory: Memory) -> None:
        memory.accept("a", [received(1), received(2), received(1)])
        memory.accept("b", [tick()])
        memory.commit("a", 0, [StepRecord(seq=1)])

        assert [(e.partition, e.seq) for e in memory.read("journal", pending=True)] == [("a", 2), ("a", 3), ("b", 1)]
        assert [e.seq for e in memory.read("journal", partition="a", pending=True)] == [2, 3]
        assert [e.seq for e in memory.read("journal", id=sample_signal(1).id, pending=True)] == [3]

    def test_pending_issues_are_not_resolved(self, memory: Memory) -> None:
        memory.accept("m", [tick(), tick()])
        memory.commit("m", 0, [StepRecord(seq=1, issues=tuple(sample_issue(s.value, status=s) for s in IssueStatus))])

        assert [i.id for i in memory.read("issues", pending=True)] == ["watching", "open"]
        memory.commit("m", 1, [StepRecord(seq=2, issues=(sample_issue("open", status=IssueStatus.RESOLVED),))])

        assert [i.id for i in memory.read("issues", pending=True, partition="m")] == ["watching"]
        assert list(memory.read("issues", pending=True, id="open")) == []

    def test_pending_actions_wait_or_are_planned_or_started(self, memory: Memory) -> None:
        memory.accept("m", [tick(), tick()])
        every = tuple(sample_action(s.value, status=s) for s in ActionStatus)
        memory.commit("m", 0, [StepRecord(seq=1, actions=every)])

        assert [a.idempotency_key for a in memory.read("actions", pending=True)] == ["waiting", "planned", "started"]
        ended = tuple(sample_action(k, status=ActionStatus.FAILED) for k in ("planned", "started"))
        memory.commit("m", 1, [StepRecord(seq=2, actions=ended)])

        assert [a.idempotency_key for a in memory.read("actions", pending=True)] == ["waiting"]

    def test_pending_partitions_have_something_to_do_now_or_later(self, memory: Memory) -> None:
        for name in ("behind", "due", "quiet"):
            memory.accept(name, [tick(), tick()])
        memory.commit("behind", 0, [StepRecord(seq=1)])
        memory.commit("due", 0, [StepRecord(seq=1), StepRecord(seq=2, due=START)])
        memory.commit("quiet", 0, [StepRecord(seq=1, due=START), StepRecord(seq=2)])

        assert [p.name for p in memory.read("partitions", pending=True)] == ["behind", "due"]

    def test_decisions_shadows_and_snapshots_are_never_over(self, memory: Memory) -> None:
        memory.accept("m", [tick()])
        step = StepRecord(
            seq=1, decisions=(sample_decision(),), shadow=(sample_decision(),), snapshots=(sample_snapshot(1),)
        )
        memory.commit("m", 0, [step])

        assert [len(list(memory.read(w, pending=True))) for w in ("decisions", "shadow")] == [1, 1]
        assert len(list(memory.read("snapshots", pending=True))) == 1
