"""The contract of `migro.ports.Ledger` as tests."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from typing import Any, Protocol

import attrs

from ..errors import StoreError
from ..models.canonical import to_microseconds
from ..models.chain import GENESIS, Link, link_hash, payload_digest
from ..models.inputs import IssueChanged
from ..models.steps import Erasure, StepRecord
from ..ports import Ledger, Memory
from .erasing import PSEUDONYM, TOKEN, about_a_person, visit
from .samples import START, sample_issue, sample_snapshot, sample_step
from .trials import received, refused, tick

__all__ = ["LedgerContract", "MemoryWithLedger", "content_of", "holds"]


class MemoryWithLedger(Memory, Ledger, Protocol):
    """A memory that offers its chain."""


def content_of(link: Link) -> dict[str, Any]:
    """Return what the link of a step or an erasure says."""
    assert link.payload is not None
    content: dict[str, Any] = json.loads(link.payload)
    return content


def holds(memory: MemoryWithLedger, partition: str) -> list[Link]:
    """Return a partition's links, after computing each of them again."""
    links = list(memory.links(partition))
    rewritten: dict[int, Sequence[str]] = {}
    for link in links:
        if link.what == "erasure":
            rewritten.update({position: now for position, *now in content_of(link)["rewritten"]})
    head = GENESIS
    for number, link in enumerate(links, 1):
        salt, digest = rewritten.get(link.position, (link.salt, link.digest))
        head = link_hash(head, number, link.what, link.seq, link.digest)

        assert (link.partition, link.position, link.hash) == (partition, number, head)
        assert (link.salt == "") == (link.position in rewritten or link.payload is None)
        assert link.payload is None or payload_digest(salt, link.payload) == digest
    (now,) = memory.read("partitions", id=partition)

    assert (now.links, now.head) == (len(links), head if links else "")
    return links


class LedgerContract:
    """
    Tests that every memory with a chain passes; a subclass gives a pytest fixture `memory`, empty for each test.
    """

    def test_it_keeps_the_ledgers_port(self, memory: MemoryWithLedger) -> None:
        assert isinstance(memory, Ledger)

    def test_an_unknown_partition_has_no_links(self, memory: MemoryWithLedger) -> None:
        assert list(memory.partitions()) == []
        assert list(memory.links("nobody")) == []
        assert list(memory.stored("nobody")) == []

    def test_every_accepted_input_is_a_link(self, memory: MemoryWithLedger) -> None:
        memory.accept("m", [received(1), tick()])
        memory.accept("m", [received(1)])

        assert [(k.what, k.seq) for k in holds(memory, "m")] == [("input", 1), ("input", 2), ("input", 3)]

    def test_an_input_hashes_its_row(self, memory: MemoryWithLedger) -> None:
        memory.accept("m", [tick(), received(1), received(1)])
        *_, link = memory.links("m")
        *_, entry = memory.load("m")
        assert link.payload is not None
        format_, kind, at, key, duplicate_of, body = json.loads(link.payload)

        assert (format_, kind, duplicate_of) == (1, "signal_received", 2)
        assert at == to_microseconds(START)
        assert key == entry.input.delivery_key
        assert body == entry.input.json_line()

    def test_every_step_is_a_link(self, memory: MemoryWithLedger) -> None:
        memory.accept("m", [received(1), tick(), received(2)])
        memory.commit("m", 0, [sample_step(1), StepRecord(seq=2)])
        memory.commit("m", 2, [sample_step(3)])
        links = holds(memory, "m")

        assert [(k.what, k.seq) for k in links] == [
            *(("input", n) for n in (1, 2, 3)),
            *(("step", n) for n in (1, 2, 3)),
        ]

    def test_a_step_says_what_it_left_behind(self, memory: MemoryWithLedger) -> None:
        memory.accept("m", [tick()])
        step = about_a_person(1, due=START)
        memory.commit("m", 0, [step])
        said = content_of(next(k for k in memory.links("m") if k.what == "step"))
        (entry,) = memory.load("m")

        assert said["version"] == 1
        assert entry.disposition is not None
        assert json.loads(said["disposition"]) == json.loads(json.dumps(attrs.asdict(entry.disposition)))
        assert [t["key"] for t in json.loads(said["timers"])] == [[PSEUDONYM]]
        assert said["due"] == to_microseconds(START)
        assert said["snapshots"] == [["r" * 64, "p" * 64]]
        assert said["emitted"] == []

    def test_a_step_names_the_texts_of_its_records(self, memory: MemoryWithLedger) -> None:
        memory.accept("m", [tick()])
        memory.commit("m", 0, [about_a_person(1)])
        said = content_of(next(k for k in memory.links("m") if k.what == "step"))
        stored = list(memory.stored("m"))

        assert [r.what for r in stored] == ["issues", "decisions", "actions", "shadow"]
        for record in stored:
            ((id, digest, *rank),) = said[record.what]
            assert (id, digest) == (record.id, hashlib.sha256(record.text).hexdigest())
            assert rank == ([2] if record.what == "actions" else [])

    def test_a_step_that_decides_nothing_says_so(self, memory: MemoryWithLedger) -> None:
        memory.accept("m", [tick()])
        memory.commit("m", 0, [StepRecord(seq=1)])
        *_, link = memory.links("m")

        assert content_of(link) == {
            "actions": [], "decisions": [], "disposition": None, "due": None, "emitted": [], "issues": [],
            "shadow": [], "snapshots": [], "timers": "[]", "version": 1,
        }  # fmt: skip

    def test_emitted_inputs_are_links_where_they_arrive(self, memory: MemoryWithLedger) -> None:
        changed = IssueChanged(at=START, issue=sample_issue(), decision="dec_1")
        memory.accept("platform", [tick()])
        memory.accept("m", [tick()])
        memory.commit("m", 0, [StepRecord(seq=1, emitted=(("platform", changed),) * 2 + (("m", changed),))])

        assert list(memory.partitions()) == ["m", "platform"]
        assert [(k.what, k.seq) for k in holds(memory, "platform")] == [("input", 1), ("input", 2)]
        assert [(k.what, k.seq) for k in holds(memory, "m")] == [("input", 1), ("input", 2), ("step", 1)]
        *_, step = memory.links("m")
        assert content_of(step)["emitted"] == [["platform", 2], ["platform", None], ["m", 2]]

    def test_no_two_links_have_one_salt(self, memory: MemoryWithLedger) -> None:
        memory.accept("m", [tick()] * 50)
        memory.commit("m", 0, [StepRecord(seq=n) for n in range(1, 51)])
        salts = {k.salt for k in memory.links("m")}

        assert len(salts) == 100
        assert {len(bytes.fromhex(s)) for s in salts} == {16}

    def test_what_is_refused_leaves_no_link(self, memory: MemoryWithLedger) -> None:
        memory.accept("m", [received(1), received(2)])
        memory.commit("m", 0, [sample_step(1)])
        before = list(memory.links("m"))

        refused(StoreError, lambda: memory.commit("m", 1, [attrs.evolve(sample_step(1), seq=2)]))
        assert memory.accept("m", []) == ()
        assert holds(memory, "m") == before

    def test_a_snapshot_is_a_link_and_may_be_dropped(self, memory: MemoryWithLedger) -> None:
        memory.accept("m", [tick()] * 4)
        memory.commit("m", 0, [StepRecord(seq=n, snapshots=(sample_snapshot(n),)) for n in (1, 2, 3)])
        memory.commit("m", 3, [StepRecord(seq=4, snapshots=(sample_snapshot(4),))])
        links = [k for k in holds(memory, "m") if k.what == "snapshot"]

        assert [(k.seq, k.payload is None, k.salt == "") for k in links] == [
            (1, True, True),
            (2, True, True),
            (3, False, False),
            (4, False, False),
        ]

    def test_an_erasure_keeps_the_chain(self, memory: MemoryWithLedger) -> None:
        memory.accept("m", [visit(1), visit(2, who="person_somebody_else"), visit(3), tick()])
        memory.commit("m", 0, [about_a_person(1), StepRecord(seq=2)])
        before = holds(memory, "m")
        memory.commit("m", 2, [StepRecord(seq=3, erasure=Erasure(pseudonym=PSEUDONYM, token=TOKEN))])
        after = holds(memory, "m")
        said = content_of(after[-1])

        assert [(k.digest, k.hash) for k in after[: len(before)]] == [(k.digest, k.hash) for k in before]
        assert after[-1].what == "erasure"
        touched = [("input", 1), ("input", 3), ("step", 1), ("snapshot", 1)]
        assert [(after[p - 1].what, after[p - 1].seq) for p, *_ in said["rewritten"]] == touched
        assert not any(PSEUDONYM.encode() in (k.payload or b"") for k in after)

    def test_an_erasure_says_how_records_read_now(self, memory: MemoryWithLedger) -> None:
        memory.accept("m", [visit(1), tick()])
        memory.commit("m", 0, [about_a_person(1), StepRecord(seq=2, erasure=Erasure(pseudonym=PSEUDONYM, token=TOKEN))])
        *_, link = memory.links("m")
        said = content_of(link)

        assert said["token"] == TOKEN
        assert said["records"] == [[r.what, r.id, hashlib.sha256(r.text).hexdigest()] for r in memory.stored("m")]
        assert [r.id for r in memory.stored("m")] == [f"{p}_1_{TOKEN}" for p in ("iss", "dec", "act", "dec")]

    def test_the_step_that_erases_is_hashed_as_it_is_stored(self, memory: MemoryWithLedger) -> None:
        memory.accept("m", [tick()])
        memory.commit("m", 0, [about_a_person(1, erasure=Erasure(pseudonym=PSEUDONYM, token=TOKEN))])
        links = holds(memory, "m")

        assert [k.what for k in links] == ["input", "step", "snapshot", "erasure"]
        assert all(k.salt for k in links)
        assert content_of(links[-1]) == {"token": TOKEN, "rewritten": [], "records": []}

    def test_a_second_erasure_rewrites_what_the_first_one_wrote(self, memory: MemoryWithLedger) -> None:
        memory.accept("m", [visit(1), tick(), tick()])
        memory.commit("m", 0, [about_a_person(1)])
        for seq, pair in ((2, (PSEUDONYM, TOKEN)), (3, (TOKEN, "erased_second_time"))):
            erasure = Erasure(pseudonym=pair[0], token=pair[1])
            memory.commit("m", seq - 1, [StepRecord(seq=seq, erasure=erasure)])

        assert len([k for k in holds(memory, "m") if k.what == "erasure"]) == 2
        assert [i.key for i in memory.read("issues")] == [("m_1", "erased_second_time")]
