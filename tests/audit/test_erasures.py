"""A person is taken out: the chain holds, what was rewritten is still covered, and nothing of the person is left."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import attrs
import pytest

from migro.audit import anchor_of, rewritten_by, verify
from migro.models import Decision, Disposition, Erasure, ErasureRequested, Input, SignalReceived, StepRecord, Tick
from migro.ports import Ledger, Memory
from migro.remember import SqliteMemory, VolatileMemory
from migro.testing import START
from tests.audit.store import Shop, after, partition_name
from tests.audit.tampering import Hand

PERSON, TOKEN = "psn_0123456789abcdef", "erased-abcdefghijkl"
M1 = partition_name(1)
SEQ = 41


class ShopOfSomebody(Shop):
    """A shop whose signals, issues, decisions, actions, timers and snapshots name a person."""

    def input(self, seq: int) -> Input:
        item = super().input(seq)
        if not isinstance(item, SignalReceived):
            return item
        return item.model_copy(update={"signal": item.signal.model_copy(update={"ids": {"customer": PERSON}})})

    def step(self, seq: int) -> StepRecord:
        step = super().step(seq)
        told = step.disposition
        return attrs.evolve(
            step,
            disposition=None if told is None else attrs.evolve(told, reason=f"about {PERSON}"),
            issues=tuple(i.model_copy(update={"title": f"{PERSON} sees errors"}) for i in step.issues),
            decisions=tuple(_about(d) for d in step.decisions),
            actions=tuple(a.model_copy(update={"note": f"asked by {PERSON}"}) for a in step.actions),
            shadow=tuple(_about(d) for d in step.shadow),
            timers=tuple(attrs.evolve(t, key=(PERSON,)) for t in step.timers),
            snapshots=tuple(attrs.evolve(s, data=f'{{"customer":"{PERSON}"}}'.encode()) for s in step.snapshots),
        )


def _about(decision: Decision) -> Decision:
    return decision.model_copy(update={"because": f"{PERSON} could not pay"})


def forgotten(memory: Memory) -> None:
    """Fill a shop, forget the person, and go on."""
    shop = ShopOfSomebody(1)
    shop.fill(memory, SEQ - 1, pending=0)
    shop_next = Shop(2)
    request = ErasureRequested(at=after(SEQ), merchant=M1, pseudonym=PERSON, token=TOKEN, by="desk", why="was asked to")
    memory.accept(M1, [request, *(SignalReceived(at=after(s), signal=shop_next.signal(s)) for s in (3, 4))])
    told = Disposition(signal=shop_next.signal(3).id, name="recorded", reason="nothing to conclude")
    erasing = StepRecord(seq=SEQ, erasure=Erasure(pseudonym=PERSON, token=TOKEN), snapshots=(shop.snapshot(SEQ),))
    memory.commit(M1, SEQ - 1, [erasing])
    memory.commit(M1, SEQ, [StepRecord(seq=SEQ + 1, disposition=told)])


@pytest.fixture(params=["volatile", "sqlite"])
def memory(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Memory]:
    if request.param == "volatile":
        yield VolatileMemory()
        return
    with SqliteMemory(tmp_path / "journal.db", durability="off") as memory:
        yield memory


def test_after_an_erasure_everything_still_holds(memory: Memory) -> None:
    forgotten(memory)

    report = verify(memory)

    assert report.findings == ()
    assert report.rewritten > 50
    assert report.signals["accepted"] == 30


def test_an_anchor_from_before_an_erasure_still_fits(memory: Memory) -> None:
    shop = ShopOfSomebody(1)
    memory.accept(M1, [shop.input(seq) for seq in range(1, 4)])
    memory.accept(
        M1, [ErasureRequested(at=after(9), merchant=M1, pseudonym=PERSON, token=TOKEN, by="desk", why="asked to")]
    )
    memory.commit(M1, 0, [shop.step(seq) for seq in range(1, 4)])
    anchor = anchor_of(memory, START)

    memory.commit(M1, 3, [StepRecord(seq=4, erasure=Erasure(pseudonym=PERSON, token=TOKEN))])

    assert verify(memory, anchor=anchor).findings == ()


def test_it_is_told_what_an_erasure_rewrote_and_that_nothing_is_left(memory: Memory) -> None:
    forgotten(memory)
    assert isinstance(memory, Ledger)

    (told,) = rewritten_by(memory, memory, pseudonym=PERSON, token=TOKEN)

    assert (told.partition, told.seq, told.left) == (M1, SEQ, ())
    expected = {"input": 29, "step": 36, "snapshot": 1, "issues": 4, "decisions": 4, "actions": 8, "shadow": 4}
    assert told.rewritten == expected
    assert list(rewritten_by(memory, memory, pseudonym=PERSON, token="another-erasure-1")) == []


def test_what_is_left_of_a_person_is_named(tmp_path: Path) -> None:
    with SqliteMemory(tmp_path / "journal.db", durability="off") as memory:
        forgotten(memory)
        hand = Hand(tmp_path / "journal.db")
        hand.run("UPDATE issues SET body = replace(body, ?, ?) WHERE id = 'iss_1_1'", TOKEN, PERSON)
        hand.run("UPDATE journal SET body = replace(body, ?, ?) WHERE seq = 3", TOKEN, PERSON)
        hand.close()

        (told,) = rewritten_by(memory, memory, pseudonym=PERSON, token=TOKEN)

    assert told.left == ("link 3", "issues iss_1_1")


@pytest.mark.parametrize(
    ("statement", "location"),
    [
        (
            "UPDATE journal SET body = replace(body, 'customer', 'custumer') WHERE seq = 3",
            ("payload", "journal", 3, ""),
        ),
        ("UPDATE links SET content = content || ' ' WHERE what = 'step' AND seq = 3", ("payload", "links", 3, "")),
        (
            "UPDATE decisions SET body = replace(body, 'pay', 'buy') WHERE id = 'dec_1_1'",
            ("record", "decisions", 1, "dec_1_1"),
        ),
        ("UPDATE snapshots SET data = CAST(data || x'00' AS BLOB) WHERE seq = 40", ("payload", "links", 40, "")),
        ("UPDATE links SET digest = zeroblob(32) WHERE what = 'input' AND seq = 3", ("chain", "links", 3, "")),
        ("UPDATE links SET salt = randomblob(16) WHERE what = 'input' AND seq = 3", ("payload", "journal", 3, "")),
        ("UPDATE links SET salt = x'' WHERE what = 'input' AND seq = 43", ("payload", "journal", 43, "")),
        (
            "UPDATE links SET content = replace(content, '[3,', '[4,') WHERE what = 'erasure'",
            ("payload", "links", 41, ""),
        ),
    ],
)
def test_what_an_erasure_rewrote_is_still_covered(
    statement: str, location: tuple[str, str, int, str], tmp_path: Path
) -> None:
    with SqliteMemory(tmp_path / "journal.db", durability="off") as memory:
        forgotten(memory)
        hand = Hand(tmp_path / "journal.db")
        changed = hand.run(f"{statement} AND partition = '{M1}'")
        hand.close()

        findings = {(f.check, f.what, f.seq, f.id) for f in verify(memory).findings}

    assert changed == 1
    assert location in findings


def test_a_snapshot_that_an_erasure_rewrote_is_dropped_later_like_any_other(memory: Memory) -> None:
    forgotten(memory)
    before = verify(memory)
    shop = Shop(1)
    told = Disposition(signal=Shop(2).signal(4).id, name="recorded", reason="nothing to conclude")
    for seq in range(SEQ + 2, SEQ + 7):
        memory.accept(M1, [Tick(at=after(seq))])
        step = StepRecord(seq=seq, disposition=told if seq == SEQ + 2 else None, snapshots=(shop.snapshot(seq),))
        memory.commit(M1, seq - 1, [step])
    report = verify(memory)

    assert report.findings == ()
    assert report.dropped > before.dropped
    assert report.rewritten < before.rewritten
