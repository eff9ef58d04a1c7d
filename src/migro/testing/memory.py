"""The contract of `migro.ports.Memory` as tests."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import timedelta

import attrs

from ..errors import Conflict, StoreError
from ..models.action import ActionResult
from ..models.inputs import ActionFinished, Input, IssueChanged, PersonActed, SignalReceived, Tick
from ..models.scales import ActionStatus, IssueStatus
from ..models.steps import Accepted, StepRecord
from ..ports import Memory
from .samples import START, sample_action, sample_decision, sample_issue, sample_signal, sample_step

__all__ = ["MemoryContract"]


def received(number: int = 1, *, after: timedelta = timedelta()) -> SignalReceived:
    """Return the receipt of one signal, `after` the start."""
    return SignalReceived(at=START + after, signal=sample_signal(number))


def tick(after: timedelta = timedelta()) -> Tick:
    """Return a tick, `after` the start."""
    return Tick(at=START + after)


def refused(error: type[Exception], call: Callable[[], object]) -> Exception:
    """Return the error that `call` raises; pytest stays optional."""
    try:
        call()
    except error as e:
        return e
    raise AssertionError(f"expected {error.__name__}, but nothing was raised")


def at_once(work: Callable[[int], None]) -> None:
    """Run `work` in four threads that start together."""
    together = threading.Barrier(4)

    def run(worker: int) -> None:
        together.wait()
        work(worker)

    threads = [threading.Thread(target=run, args=(w,)) for w in range(4)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()


class MemoryContract:
    """
    Tests that every memory passes; a subclass gives a pytest fixture `memory`, empty for each test.
    """

    def test_it_keeps_the_port(self, memory: Memory) -> None:
        assert isinstance(memory, Memory)

    # accept

    def test_inputs_are_numbered_from_one_in_their_order(self, memory: Memory) -> None:
        given: list[Input] = [received(1), tick(), received(2)]

        assert memory.accept("m", given) == tuple(Accepted(seq=n, input=i) for n, i in enumerate(given, 1))

    def test_numbers_go_on_with_the_next_call(self, memory: Memory) -> None:
        memory.accept("m", [received(1)])

        assert [a.seq for a in memory.accept("m", [received(2), received(3)])] == [2, 3]

    def test_every_partition_counts_for_itself(self, memory: Memory) -> None:
        memory.accept("a", [received(1), received(2)])

        assert [a.seq for a in memory.accept("b", [received(1)])] == [1]

    def test_accepting_nothing_changes_nothing(self, memory: Memory) -> None:
        assert memory.accept("m", []) == ()
        assert list(memory.read("journal")) == []

    def test_accepted_inputs_are_pending(self, memory: Memory) -> None:
        memory.accept("m", [received(1), tick()])

        entries = list(memory.load("m"))
        assert [(e.partition, e.seq, e.done, e.disposition) for e in entries] == [
            ("m", 1, False, None),
            ("m", 2, False, None),
        ]
        assert [e.input for e in entries] == [received(1), tick()]

    def test_a_second_delivery_points_at_the_first(self, memory: Memory) -> None:
        memory.accept("m", [tick(), received(1)])
        (again,) = memory.accept("m", [received(1, after=timedelta(hours=1))])

        assert isinstance(again.input, SignalReceived)
        assert (again.seq, again.input.duplicate_of) == (3, 2)
        assert [e.input for e in memory.load("m")][2] == again.input

    def test_every_later_delivery_points_at_the_first(self, memory: Memory) -> None:
        taken = memory.accept("m", [received(1), received(1), received(2), received(1)])

        assert [getattr(a.input, "duplicate_of", None) for a in taken] == [None, 1, None, 1]

    def test_a_delivery_seven_days_later_is_still_a_duplicate(self, memory: Memory) -> None:
        taken = memory.accept("m", [received(1), received(1, after=timedelta(days=7))])

        assert [getattr(a.input, "duplicate_of", None) for a in taken] == [None, 1]

    def test_a_delivery_after_more_than_seven_days_is_a_first_one(self, memory: Memory) -> None:
        late = timedelta(days=7, microseconds=1)
        taken = memory.accept("m", [received(1), received(1, after=late), received(1, after=late + timedelta(days=1))])

        assert [getattr(a.input, "duplicate_of", None) for a in taken] == [None, None, 2]

    def test_redeliveries_do_not_prolong_the_seven_days(self, memory: Memory) -> None:
        taken = memory.accept("m", [received(1, after=timedelta(days=d)) for d in (0, 5, 8)])

        assert [getattr(a.input, "duplicate_of", None) for a in taken] == [None, 1, None]

    def test_a_second_delivery_with_an_earlier_time_is_a_duplicate(self, memory: Memory) -> None:
        taken = memory.accept("m", [received(1, after=timedelta(hours=1)), received(1)])

        assert [getattr(a.input, "duplicate_of", None) for a in taken] == [None, 1]

    def test_a_clock_that_was_set_back_makes_no_second_first(self, memory: Memory) -> None:
        taken = memory.accept("m", [received(1, after=timedelta(days=30)), received(1)])

        assert [getattr(a.input, "duplicate_of", None) for a in taken] == [None, 1]

    def test_what_the_caller_says_about_duplicates_does_not_count(self, memory: Memory) -> None:
        (taken,) = memory.accept("m", [received(1).model_copy(update={"duplicate_of": 7})])

        assert taken.input == received(1)

    def test_the_same_signal_in_another_partition_is_no_duplicate(self, memory: Memory) -> None:
        memory.accept("a", [received(1)])
        (taken,) = memory.accept("b", [received(1)])

        assert taken.input == received(1)

    def test_a_repeated_input_of_another_kind_is_left_out(self, memory: Memory) -> None:
        finished = ActionFinished(at=START, key="act_1", result=ActionResult(status="succeeded"))
        said = PersonActed(at=START, verb="approve", by="owner", target="act_1", binding="b")
        memory.accept("m", [finished, said])

        later = finished.model_copy(update={"at": START + timedelta(hours=1)})
        assert memory.accept("m", [later, said]) == ()
        assert [e.input for e in memory.load("m")] == [finished, said]

    def test_what_is_left_out_takes_no_number(self, memory: Memory) -> None:
        said = PersonActed(at=START, verb="halt", by="owner")

        assert [a.seq for a in memory.accept("m", [said, said, tick()])] == [1, 2]

    def test_inputs_without_a_delivery_key_count_every_time(self, memory: Memory) -> None:
        assert [a.seq for a in memory.accept("m", [tick(), tick()])] == [1, 2]

    # commit

    def test_a_step_leaves_everything_behind(self, memory: Memory) -> None:
        memory.accept("m", [received(1)])
        step = sample_step(1)
        memory.commit("m", 0, step)

        assert [(e.done, e.disposition) for e in memory.load("m")] == [(True, step.disposition)]
        assert tuple(memory.read("issues")) == step.issues
        assert tuple(memory.read("decisions")) == step.decisions
        assert tuple(memory.read("actions")) == step.actions

    def test_a_step_may_leave_nothing_behind(self, memory: Memory) -> None:
        memory.accept("m", [tick()])
        memory.commit("m", 0, StepRecord(seq=1))

        assert [(e.done, e.disposition) for e in memory.load("m")] == [(True, None)]

    def test_what_is_consumed_comes_before_what_is_pending(self, memory: Memory) -> None:
        memory.accept("m", [received(1), received(2), received(3)])
        memory.commit("m", 0, StepRecord(seq=1))

        assert [(e.seq, e.done) for e in memory.load("m")] == [(1, True), (2, False), (3, False)]

    def test_a_journal_is_loaded_behind_a_number(self, memory: Memory) -> None:
        memory.accept("m", [received(1), received(2), received(3)])
        memory.commit("m", 0, StepRecord(seq=1))

        assert [e.seq for e in memory.load("m", 1)] == [2, 3]
        assert list(memory.load("m", 3)) == []

    def test_the_slower_of_two_writers_gets_a_conflict(self, memory: Memory) -> None:
        memory.accept("m", [received(1), received(2)])
        memory.commit("m", 0, sample_step(1))
        error = refused(Conflict, lambda: memory.commit("m", 0, sample_step(1)))

        assert isinstance(error, Conflict)
        assert (error.partition, error.expected, error.found) == ("m", 0, 1)

    def test_a_version_ahead_of_the_store_is_a_conflict(self, memory: Memory) -> None:
        memory.accept("m", [received(1), received(2)])

        refused(Conflict, lambda: memory.commit("m", 1, sample_step(2)))
        assert not any(e.done for e in memory.load("m"))

    def test_the_next_step_on_a_wrong_version_is_a_conflict(self, memory: Memory) -> None:
        memory.accept("m", [received(1)])

        refused(Conflict, lambda: memory.commit("m", 3, sample_step(1)))
        assert not any(e.done for e in memory.load("m"))

    def test_a_step_out_of_turn_is_a_conflict(self, memory: Memory) -> None:
        memory.accept("m", [received(1), received(2)])

        refused(Conflict, lambda: memory.commit("m", 0, sample_step(2)))
        assert list(memory.read("decisions")) == []

    def test_a_step_without_an_input_is_refused(self, memory: Memory) -> None:
        refused(StoreError, lambda: memory.commit("m", 0, sample_step(1)))
        refused(StoreError, lambda: memory.commit("m", 0, StepRecord(seq=1)))
        memory.accept("m", [tick()])

        assert [e.done for e in memory.load("m")] == [False]
        assert list(memory.read("issues")) == []

    def test_a_refused_step_leaves_nothing_behind(self, memory: Memory) -> None:
        memory.accept("m", [received(1), received(2)])
        memory.commit("m", 0, sample_step(1))
        changed = IssueChanged(at=START, issue=sample_issue(), decision="dec_2")
        step = StepRecord(
            seq=2,
            issues=(sample_issue("iss_2"),),
            decisions=(sample_decision("dec_2"), sample_decision("dec_1")),
            actions=(sample_action("act_2"),),
            emitted=(("platform", changed),),
        )

        refused(StoreError, lambda: memory.commit("m", 1, step))
        assert [e.done for e in memory.load("m")] == [True, False]
        assert [i.id for i in memory.read("issues")] == ["iss_1"]
        assert [d.id for d in memory.read("decisions")] == ["dec_1"]
        assert [a.idempotency_key for a in memory.read("actions")] == ["act_1"]
        assert list(memory.load("platform")) == []

    def test_after_a_refused_step_the_next_one_is_welcome(self, memory: Memory) -> None:
        memory.accept("m", [received(1), received(2)])
        memory.commit("m", 0, sample_step(1))
        refused(StoreError, lambda: memory.commit("m", 1, attrs.evolve(sample_step(1), seq=2)))
        refused(Conflict, lambda: memory.commit("m", 0, sample_step(2)))
        memory.commit("m", 1, sample_step(2))

        assert [d.id for d in memory.read("decisions")] == ["dec_1", "dec_2"]

    def test_what_was_decided_is_never_overwritten(self, memory: Memory) -> None:
        memory.accept("m", [received(1), received(2)])
        memory.commit("m", 0, sample_step(1))
        other = sample_decision("dec_1", because="something else")

        refused(StoreError, lambda: memory.commit("m", 1, StepRecord(seq=2, decisions=(other,))))
        assert tuple(memory.read("decisions")) == sample_step(1).decisions

    def test_a_step_decides_once_under_one_id(self, memory: Memory) -> None:
        memory.accept("m", [received(1)])
        twice = (sample_decision(), sample_decision(because="something else"))

        refused(StoreError, lambda: memory.commit("m", 0, StepRecord(seq=1, decisions=twice)))
        assert list(memory.read("decisions")) == []

    def test_an_issue_is_kept_as_it_is_now(self, memory: Memory) -> None:
        memory.accept("m", [received(1), received(2)])
        memory.commit("m", 0, StepRecord(seq=1, issues=(sample_issue("a"), sample_issue("b"))))
        resolved = sample_issue("a", status=IssueStatus.RESOLVED)
        memory.commit("m", 1, StepRecord(seq=2, issues=(resolved,)))

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
            memory.commit("m", version, StepRecord(seq=version + 1, actions=(sample_action(status=status),)))

            (stored,) = memory.read("actions", id="act_1")
            assert stored.status is road[version][1]

    def test_an_action_of_the_same_status_is_replaced(self, memory: Memory) -> None:
        memory.accept("m", [tick(), tick()])
        memory.commit("m", 0, StepRecord(seq=1, actions=(sample_action(),)))
        memory.commit("m", 1, StepRecord(seq=2, actions=(sample_action(note="asked again"),)))

        assert [a.note for a in memory.read("actions")] == ["asked again"]

    def test_emitted_inputs_are_accepted_where_they_belong(self, memory: Memory) -> None:
        changed = IssueChanged(at=START, issue=sample_issue(), decision="dec_1")
        memory.accept("m", [received(1)])
        memory.accept("platform", [tick()])
        memory.commit("m", 0, StepRecord(seq=1, emitted=(("platform", changed),)))

        assert [(e.seq, e.input, e.done) for e in memory.load("platform")] == [(1, tick(), False), (2, changed, False)]

    def test_an_emitted_input_is_delivered_once(self, memory: Memory) -> None:
        changed = IssueChanged(at=START, issue=sample_issue(), decision="dec_1")
        memory.accept("m", [received(1), received(2)])
        memory.commit("m", 0, StepRecord(seq=1, emitted=(("platform", changed),) * 2))
        memory.commit("m", 1, StepRecord(seq=2, emitted=(("platform", changed),)))

        assert [e.input for e in memory.load("platform")] == [changed]

    # load and read

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
        memory.commit("m", 0, sample_step(1))
        memory.commit("m", 1, sample_step(2))

        assert [i.id for i in memory.read("issues", id="iss_2")] == ["iss_2"]
        assert [d.id for d in memory.read("decisions", id="dec_1")] == ["dec_1"]
        assert [a.idempotency_key for a in memory.read("actions", id="act_2")] == ["act_2"]
        assert list(memory.read("decisions", id="dec_3")) == []
        assert list(memory.read("decisions", id="dec_1", partition="other")) == []

    def test_records_are_read_by_partition_in_the_order_of_their_steps(self, memory: Memory) -> None:
        for name, ids in (("b", ("d1", "d2")), ("a", ("d4", "d3"))):
            memory.accept(name, [tick()])
            memory.commit(name, 0, StepRecord(seq=1, decisions=tuple(sample_decision(i) for i in ids)))

        assert [d.id for d in memory.read("decisions")] == ["d4", "d3", "d1", "d2"]
        assert [d.id for d in memory.read("decisions", partition="b")] == ["d1", "d2"]

    def test_what_is_being_read_does_not_move(self, memory: Memory) -> None:
        memory.accept("m", [received(1), received(2)])
        entries = memory.load("m")
        first = next(entries)
        memory.commit("m", 0, sample_step(1))
        memory.accept("m", [received(3)])

        assert [(e.seq, e.done) for e in (first, *entries)] == [(1, False), (2, False)]

    def test_a_reader_that_stops_halfway_is_in_nobodys_way(self, memory: Memory) -> None:
        memory.accept("m", [received(n) for n in range(9)])
        for n in range(9):
            next(memory.load("m"))
            memory.commit("m", n, StepRecord(seq=n + 1))

        assert all(e.done for e in memory.load("m"))

    def test_many_threads_lose_nothing_and_keep_together_what_came_together(self, memory: Memory) -> None:
        # Made beforehand, so that the threads do nothing but store.
        given = [[[received(1000 * w + 20 * c + n) for n in range(20)] for c in range(12)] for w in range(4)]
        taken: dict[int, list[tuple[Accepted, ...]]] = {}

        def work(worker: int) -> None:
            taken[worker] = [memory.accept("m", call) for call in given[worker]]

        at_once(work)
        calls = [call for worker in taken.values() for call in worker]
        numbers = [[a.seq for a in call] for call in calls]

        assert all(call == list(range(call[0], call[0] + 20)) for call in numbers)
        assert sorted(seq for call in numbers for seq in call) == list(range(1, 961))
        assert {e.seq: e.input for e in memory.load("m")} == {a.seq: a.input for call in calls for a in call}

    def test_of_many_threads_one_commits_a_step(self, memory: Memory) -> None:
        steps = 25
        memory.accept("m", [received(n) for n in range(steps)])
        won: list[str] = []

        def work(worker: int) -> None:
            for seq in range(1, steps + 1):
                decision = sample_decision(f"dec_{worker}_{seq}")
                try:
                    memory.commit("m", seq - 1, StepRecord(seq=seq, decisions=(decision,)))
                except Conflict:
                    continue
                won.append(decision.id)

        at_once(work)
        stored = [d.id for d in memory.read("decisions")]

        assert sorted(stored) == sorted(won)
        assert [int(id.rpartition("_")[2]) for id in stored] == list(range(1, len(won) + 1))
