"""What every memory forgets when a person has to be forgotten."""

from __future__ import annotations

from typing import Any

from ..models.inputs import Input, SignalReceived
from ..models.steps import Disposition, Erasure, StepRecord, TimerFired
from ..ports import Memory
from .samples import START, sample_action, sample_decision, sample_issue, sample_signal, sample_snapshot
from .trials import received, tick

__all__ = ["PSEUDONYM", "TOKEN", "ErasureContract", "about_a_person", "everything", "visit"]

PSEUDONYM = "person_7f3a9c02"
"""Who has to be forgotten in the samples."""

TOKEN = "erased_c5d1e8b4"
"""What stands for them afterwards."""

_ERASURE = Erasure(pseudonym=PSEUDONYM, token=TOKEN)


def visit(number: int, who: str = PSEUDONYM) -> SignalReceived:
    """Return the receipt of a signal that names a person."""
    return SignalReceived(at=START, signal=sample_signal(number, ids={"shopper": who}))


def about_a_person(seq: int, **fields: Any) -> StepRecord:
    """Return a step whose every part names the person."""
    mark = f"{seq}_{PSEUDONYM}"
    return StepRecord(
        **{
            "seq": seq,
            "disposition": Disposition(signal="s", name="opened", reason=PSEUDONYM, issues=(f"iss_{mark}",)),
            "timers": (TimerFired(what="rule", name="r", key=(PSEUDONYM,), deadline=START, late_by=1),),
            "issues": (sample_issue(f"iss_{mark}", key=("m_1", PSEUDONYM), key_names=("merchant", "shopper")),),
            "decisions": (sample_decision(f"dec_{mark}", because=PSEUDONYM),),
            "actions": (sample_action(f"act_{mark}", args={"who": PSEUDONYM}),),
            "shadow": (sample_decision(f"dec_{mark}", because=f"perhaps {PSEUDONYM}"),),
            "snapshots": (sample_snapshot(seq, data=b'{"%s":["%s"]}' % ((PSEUDONYM.encode(),) * 2)),),
            **fields,
        }
    )


def everything(memory: Memory, partition: str) -> str:
    """Return all that a memory says about a partition, as one text."""
    entries = memory.read("journal", partition=partition)
    said = [
        [(e.seq, e.input, e.disposition, e.timers) for e in entries],
        list(memory.read("issues", partition=partition)),
        list(memory.read("decisions", partition=partition)),
        list(memory.read("actions", partition=partition)),
        list(memory.read("shadow", partition=partition)),
        list(memory.read("snapshots", partition=partition)),
    ]
    return repr(said)


class ErasureContract:
    """What every memory forgets when a person has to be forgotten."""

    def test_an_erasure_leaves_the_token_where_the_pseudonym_was(self, memory: Memory) -> None:
        memory.accept("m", [visit(1), visit(2), tick()])
        memory.commit("m", 0, [about_a_person(1)])
        before = everything(memory, "m")
        memory.commit("m", 1, [StepRecord(seq=2, erasure=_ERASURE)])

        assert before.count(PSEUDONYM) > 10
        assert everything(memory, "m") == before.replace(PSEUDONYM, TOKEN)

    def test_the_step_that_erases_is_rewritten_itself(self, memory: Memory) -> None:
        memory.accept("m", [visit(1)])
        memory.commit("m", 0, [about_a_person(1, erasure=_ERASURE)])

        assert PSEUDONYM not in everything(memory, "m")
        assert [i.key for i in memory.read("issues")] == [("m_1", TOKEN)]

    def test_an_erasure_reaches_back_over_its_batch_and_not_ahead(self, memory: Memory) -> None:
        memory.accept("m", [visit(1), tick(), tick()])
        late = sample_issue("later", title=PSEUDONYM)
        said = Disposition(signal="s", name="recorded", reason=PSEUDONYM)
        behind = StepRecord(seq=3, issues=(late,), disposition=said)
        memory.commit("m", 0, [about_a_person(1), StepRecord(seq=2, erasure=_ERASURE), behind])

        assert [i.key for i in memory.read("issues")] == [("m_1", TOKEN), ("m_1",)]
        assert [e.disposition.reason for e in memory.load("m") if e.disposition] == [TOKEN, PSEUDONYM]
        assert everything(memory, "m").count(PSEUDONYM) == 2

    def test_other_partitions_keep_what_they_have(self, memory: Memory) -> None:
        memory.accept("m", [tick()])
        memory.accept("n", [visit(1)])
        memory.commit("n", 0, [about_a_person(1, snapshots=())])
        before = everything(memory, "n")
        memory.commit("m", 0, [StepRecord(seq=1, erasure=_ERASURE)])

        assert everything(memory, "n") == before

    def test_an_erasure_of_nobody_changes_nothing(self, memory: Memory) -> None:
        memory.accept("m", [visit(1), tick()])
        memory.commit("m", 0, [about_a_person(1)])
        nobody = Erasure(pseudonym="nobody_0123456789", token=TOKEN)
        memory.commit("m", 1, [StepRecord(seq=2, erasure=nobody)])

        assert TOKEN not in everything(memory, "m")
        assert [d.because for d in memory.read("decisions")] == [PSEUDONYM]

    def test_an_erased_signal_is_still_known_when_it_comes_again(self, memory: Memory) -> None:
        memory.accept("m", [visit(1), received(2)])
        memory.commit("m", 0, [StepRecord(seq=1, erasure=_ERASURE)])
        given: list[Input] = [visit(1)]
        (again,) = memory.accept("m", given)

        assert isinstance(again.input, SignalReceived)
        assert again.input.duplicate_of == 1
