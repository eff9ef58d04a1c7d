"""What every memory does with inputs it is given."""

from __future__ import annotations

from datetime import timedelta

from ..models.action import ActionResult
from ..models.inputs import ActionFinished, Input, PersonActed, SignalReceived
from ..models.steps import Accepted
from ..ports import Memory
from .samples import START
from .trials import at_once, received, tick

__all__ = ["AcceptContract"]


class AcceptContract:
    """What every memory does with inputs it is given."""

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
