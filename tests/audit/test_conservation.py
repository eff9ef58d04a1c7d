"""What became of every input, from the store alone: a chain that holds may still tell of something lost."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import attrs
import pytest

from migro.audit import SIGNAL_WORDS, verify
from migro.models import (
    ActionStatus,
    Disposition,
    Input,
    IssueChanged,
    SignalReceived,
    SignalWithdrawn,
    StepRecord,
    Tick,
)
from migro.ports import Memory
from migro.remember import VolatileMemory
from migro.testing import START, sample_action, sample_decision, sample_issue, sample_signal

SIGNAL = sample_signal(1)


def received(number: int = 1, days: int = 0) -> SignalReceived:
    return SignalReceived(at=START + timedelta(days=days), signal=sample_signal(number))


def withdrawn() -> SignalWithdrawn:
    return SignalWithdrawn(at=START, signal=SIGNAL.id, by="desk", reason="a wrong import")


def became(name: Any, signal: str = SIGNAL.id, issues: Sequence[str] = ()) -> Disposition:
    return Disposition(signal=signal, name=name, reason="as the test says", issues=tuple(issues))


def consumed(*what: tuple[Input, dict[str, Any]], memory: Memory | None = None) -> Memory:
    memory = memory or VolatileMemory()
    memory.accept("m_1", [item for item, _ in what])
    memory.commit("m_1", 0, [StepRecord(seq=seq, **fields) for seq, (_, fields) in enumerate(what, 1)])
    return memory


def faults(memory: Memory) -> list[tuple[str, int | None, str, str]]:
    return [(f.what, f.seq, f.expected, f.got) for f in verify(memory).findings if f.check == "conservation"]


def test_a_memory_without_a_fault_has_no_finding() -> None:
    issue = sample_issue()
    memory = consumed(
        (received(), {"disposition": became("opened", issues=[issue.id]), "issues": (issue,)}),
        (withdrawn(), {"disposition": became("withdrawn", issues=[issue.id])}),
        (received(), {"disposition": became("dropped")}),
        (Tick(at=START), {}),
        (Tick(at=START), {"disposition": became("failed", signal="")}),
    )
    memory.accept("m_1", [received(2), received(1, days=8)])

    assert verify(memory).findings == ()


@pytest.mark.parametrize("word", SIGNAL_WORDS[1:])
def test_a_signal_is_counted_under_what_became_of_it(word: str) -> None:
    report = verify(consumed((received(), {"disposition": became(word)})))

    assert report.signals == {"accepted": 1} | {w: int(w == word) for w in SIGNAL_WORDS}
    assert report.ok


def test_a_consumed_signal_without_a_disposition_is_lost() -> None:
    assert faults(consumed((received(), {}))) == [
        ("journal", 1, "one of failed, dropped, suppressed, opened, merged, recorded", "no disposition"),
        (
            "partitions",
            None,
            "1 times signal_received, as many as were accepted",
            "0 of which is known what became of them",
        ),
    ]


@pytest.mark.parametrize("word", ["withdrawn", "too_late"])
def test_a_word_of_withdrawals_says_nothing_about_a_signal(word: str) -> None:
    assert faults(consumed((received(), {"disposition": became(word)})))[0][:2] == ("journal", 1)


@pytest.mark.parametrize("word", ["opened", "dropped", "merged", "suppressed"])
def test_a_word_of_signals_says_nothing_about_a_withdrawal(word: str) -> None:
    assert faults(consumed((withdrawn(), {"disposition": became(word)})))[0][:2] == ("journal", 1)


def test_what_is_neither_signal_nor_withdrawal_has_no_disposition() -> None:
    assert faults(consumed((Tick(at=START), {"disposition": became("recorded")}))) == [
        ("journal", 1, "no disposition: neither a signal nor a withdrawal", "'recorded'")
    ]


@pytest.mark.parametrize("item", [received(), withdrawn()])
def test_a_disposition_is_about_the_signal_of_its_input(item: Input) -> None:
    assert faults(consumed((item, {"disposition": became("recorded", signal="sig_other")}))) == [
        ("journal", 1, f"the disposition of signal {SIGNAL.id}", "that of sig_other")
    ]


def test_issues_that_a_disposition_names_are_stored() -> None:
    assert faults(consumed((received(), {"disposition": became("opened", issues=["iss_9"])}))) == [
        ("journal", 1, "issues that are stored", "issue iss_9")
    ]


def test_the_issue_of_a_decision_or_action_and_the_decision_of_an_action_are_stored() -> None:
    fields = {"decisions": (sample_decision(),), "actions": (sample_action(decision="dec_9", issue="iss_1"),)}

    assert faults(consumed((Tick(at=START), fields))) == [
        ("decisions", 1, "an issue that is stored", "issue iss_1"),
        ("actions", 1, "an issue that is stored", "issue iss_1"),
        ("actions", 1, "a decision that is stored", "decision dec_9"),
    ]


def test_decisions_and_actions_lie_in_the_partition_they_name() -> None:
    fields = {
        "issues": (sample_issue(),),
        "decisions": (sample_decision(partition="m_2"),),
        "actions": (sample_action(partition="m_2"),),
        "shadow": (sample_decision("shadow_1", partition="m_2", issue=sample_issue("iss_9")),),
    }

    assert faults(consumed((Tick(at=START), fields))) == [
        ("decisions", 1, "partition m_1", "m_2"),
        ("actions", 1, "partition m_1", "m_2"),
    ]


class Forgetful(VolatileMemory):
    """Takes every delivery for a first one, or every one for the second of the input before it."""

    def __init__(self, first: int | None) -> None:
        super().__init__()
        self._of = first

    def load(self, partition: str, after: int = 0) -> Any:
        for entry in super().load(partition, after):
            if isinstance(entry.input, SignalReceived) and entry.seq == 2:
                item = entry.input.model_copy(update={"duplicate_of": self._of})
                yield attrs.evolve(entry, input=item)
            else:
                yield entry


@pytest.mark.parametrize(
    ("first", "expected", "got"),
    [
        (None, "a second delivery of input 1", "a first one"),
        (7, "the first delivery of this signal, 1", "a second delivery of input 7"),
    ],
)
def test_a_second_delivery_points_at_the_first_one(first: int | None, expected: str, got: str) -> None:
    told = {"disposition": became("dropped")}
    memory = consumed((received(), told), (received(), told), memory=Forgetful(first))

    assert ("journal", 2, expected, got) in faults(memory)


class Deaf(VolatileMemory):
    """Serves nothing of the platform's journal but ticks."""

    def load(self, partition: str, after: int = 0) -> Any:
        entries = super().load(partition, after)
        return (e for e in entries if partition != "platform" or isinstance(e.input, Tick))


@pytest.mark.parametrize("selected", [None, ["m_1"]])
def test_what_a_step_emitted_has_arrived(selected: list[str] | None) -> None:
    issue = sample_issue()
    emitted = (("platform", IssueChanged(at=START, issue=issue, decision="dec_1")),)
    step = (received(), {"disposition": became("recorded"), "emitted": emitted})

    assert verify(consumed(step), partitions=selected).ok
    findings = verify(consumed(step, memory=Deaf()), partitions=selected).findings
    assert [(f.what, f.seq, f.expected, f.got) for f in findings if f.partition == "m_1"] == [
        ("links", 1, "input 1 of platform, which this step emitted", "none, or one that no step emits")
    ]


def told(decision: str, merchant: str | None = "m_1") -> IssueChanged:
    return IssueChanged(at=START, issue=sample_issue(merchant=merchant), decision=decision)


@pytest.mark.parametrize("selected", [None, ["platform"]])
@pytest.mark.parametrize("pending", [True, False])
def test_a_changed_issue_came_from_a_decision_that_is_stored(pending: bool, selected: list[str] | None) -> None:
    memory = VolatileMemory()
    memory.accept("platform", [told("dec_8"), told("dec_9", None), told("dec_1")])
    if not pending:
        memory.commit("platform", 0, [StepRecord(seq=seq) for seq in (1, 2, 3)])
    consumed((Tick(at=START), {"issues": (sample_issue(),), "decisions": (sample_decision("dec_1"),)}), memory=memory)

    findings = verify(memory, partitions=selected).findings

    assert [(f.check, f.partition, f.what, f.seq, f.id, f.expected, f.got) for f in findings] == [
        (
            "conservation",
            "platform",
            "journal",
            seq,
            id,
            f"decision {id} of {who}, which brought this input, stored",
            got,
        )
        for got in ["no such decision in any partition"]
        for seq, id, who in [(1, "dec_8", "m_1"), (2, "dec_9", "no merchant")]
    ]


def test_what_a_person_may_have_asked_for_needs_no_step() -> None:
    memory = VolatileMemory()
    memory.accept("platform", [withdrawn()])

    assert verify(memory).ok


def test_an_action_is_not_moved_back_and_the_audit_knows_it() -> None:
    done, late = sample_action(status=ActionStatus.SUCCEEDED), sample_action(status=ActionStatus.WAITING)
    known = {"issues": (sample_issue(),), "decisions": (sample_decision(),)}
    memory = consumed((Tick(at=START), {**known, "actions": (done,)}), (Tick(at=START), {"actions": (late,)}))

    assert verify(memory).ok


def test_what_a_step_emits_once_more_is_no_second_input() -> None:
    emitted = (("platform", IssueChanged(at=START, issue=sample_issue(), decision="dec_1")),)
    told = {"disposition": became("recorded"), "emitted": emitted}
    memory = consumed(
        (received(1), told), (received(2), told | {"disposition": became("recorded", sample_signal(2).id)})
    )

    report = verify(memory)

    assert report.findings == ()
    assert report.inputs == 3
