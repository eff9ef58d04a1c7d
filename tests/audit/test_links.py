"""Links that say something strange: what a memory hands out is believed only as far as it can be computed again."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import attrs
import pytest

from migro.audit import AuditFinding, verify
from migro.models import Disposition, JournalEntry, Link, Snapshot, StoredRecord, TimerFired
from migro.models.chain import next_link, payload_digest
from migro.remember import VolatileMemory
from migro.testing import START
from tests.audit.store import Shop, partition_name

M1 = partition_name(1)
SALT = "5a" * 16


class Altered(VolatileMemory):
    """Hands out something else than it stores."""

    def __init__(
        self,
        *,
        links: Callable[[list[Link]], list[Link]] = list,
        stored: Callable[[list[StoredRecord]], list[StoredRecord]] = list,
        journal: Callable[[list[JournalEntry]], list[JournalEntry]] = list,
        snapshots: Callable[[list[Snapshot]], list[Snapshot]] = list,
    ) -> None:
        super().__init__()
        self._links, self._stored, self._journal_of, self._snapshots_of = links, stored, journal, snapshots
        Shop(1).fill(self, 43)

    def links(self, partition: str) -> Iterator[Link]:
        found = super().links(partition)
        return iter(self._links(list(found))) if partition == M1 else found

    def stored(self, partition: str) -> Iterator[StoredRecord]:
        return iter(self._stored(list(super().stored(partition))))

    def load(self, partition: str, after: int = 0) -> Iterator[JournalEntry]:
        found = super().load(partition, after)
        return iter(self._journal_of(list(found))) if partition == M1 else found

    def read(self, what: Any, **options: Any) -> Any:
        found = super().read(what, **options)
        return iter(self._snapshots_of(list(found))) if what == "snapshots" else found


def findings(memory: VolatileMemory) -> tuple[AuditFinding, ...]:
    return verify(memory, partitions=[M1]).findings


def where(memory: VolatileMemory) -> list[tuple[str, str, int | None, int | None]]:
    return [(f.check, f.what, f.position, f.seq) for f in findings(memory)]


def at(position: int, **fields: Any) -> Callable[[list[Link]], list[Link]]:
    return lambda links: [attrs.evolve(x, **fields) if x.position == position else x for x in links]


def continued(*payloads: tuple[Any, int, bytes]) -> Callable[[list[Link]], list[Link]]:
    """Put links at the end that follow as they should."""

    def alter(links: list[Link]) -> list[Link]:
        for what, seq, payload in payloads:
            links = [*links, next_link(M1, links[-1], what, seq, payload, SALT)]
        return links

    return alter


def erasure(*rewritten: tuple[int, str, str], records: Any = ()) -> bytes:
    return json.dumps({"token": "t" * 20, "rewritten": rewritten, "records": records}).encode()


def test_what_is_handed_out_as_it_is_stored_holds() -> None:
    assert findings(Altered()) == ()


def test_a_hash_that_is_wrong_is_blamed_alone_and_not_the_link_behind_it() -> None:
    assert where(Altered(links=at(10, hash="0" * 64))) == [("chain", "links", 10, 10)]


def test_a_salt_that_is_written_in_another_way_is_another_salt() -> None:
    def shouted(links: list[Link]) -> list[Link]:
        return [attrs.evolve(x, salt=x.salt.upper()) if x.position == 10 else x for x in links]

    assert [(f.check, f.position, f.expected) for f in findings(Altered(links=shouted))] == [
        ("payload", 10, "a salt of 32 hex digits")
    ]


@pytest.mark.parametrize("digest", ["\udcff" * 64, "é" * 64, ""])
def test_a_digest_that_is_none_is_found(digest: str) -> None:
    assert ("chain", "links", 10, 10) in where(Altered(links=at(10, digest=digest)))


def test_a_link_about_something_unknown_is_found() -> None:
    assert [(f.check, f.position, f.got) for f in findings(Altered(links=at(10, what="strange")))][:1] == [
        ("chain", 10, "strange")
    ]


def test_links_that_come_twice_or_back_to_front_are_found() -> None:
    twice = where(Altered(links=lambda links: [*links[:10], links[9], *links[10:]]))
    back = where(Altered(links=lambda links: [*links[:9], links[10], links[9], *links[11:]]))

    assert ("chain", "links", 11, None) in twice
    assert {("chain", "links", 10, None), ("chain", "links", 12, None)} <= set(back)


def test_a_step_before_its_input_is_found() -> None:
    memory = Altered(
        links=continued(("step", 41, b"{}"), ("step", 42, b"{}"), ("step", 43, b"{}"), ("step", 44, b"{}"))
    )

    assert [(f.seq, f.expected) for f in findings(memory) if f.got == "none"] == [
        (44, "a step of an input that was accepted before it")
    ]


def test_the_hash_of_a_payload_is_its_own() -> None:
    assert where(Altered(links=at(50, payload=b"{}")))[0] == ("payload", "links", 50, 7)
    assert where(Altered(links=at(3, payload=None)))[0] == ("payload", "journal", 3, 3)


def test_an_erasure_speaks_only_of_links_before_it() -> None:
    memory = Altered(links=continued(("erasure", 40, erasure((999, SALT, "0" * 64)))))

    assert [(f.expected, f.got) for f in findings(memory) if f.check == "payload"] == [("links before it", "link 999")]


def test_an_erasure_leaves_no_salt() -> None:
    memory = Altered(links=continued(("erasure", 40, erasure((3, SALT, "0" * 64)))))

    assert [(f.position, f.got) for f in findings(memory) if f.check == "payload"] == [(3, "a salt, or no such link")]


def test_a_payload_without_a_salt_is_what_the_newest_erasure_says() -> None:
    payload = b"[1]"

    def rewritten(links: list[Link], *said: tuple[int, str, str], payload: bytes | None = payload) -> list[Link]:
        links = at(3, salt="", payload=payload)(links)
        return continued(*(("erasure", 40, erasure(one)) for one in said))(links)

    right, wrong = (3, SALT, payload_digest(SALT, payload)), (3, SALT, "0" * 64)

    def told(*said: tuple[int, str, str], payload: bytes | None = payload) -> list[tuple[int | None, str]]:
        memory = Altered(links=lambda links: rewritten(links, *said, payload=payload))
        return [(f.position, f.got) for f in findings(memory) if f.check == "payload"]

    assert told(wrong, right) == []
    assert told(right, wrong) == [(3, "another one")]
    assert told(right, payload=None) == [(3, "nothing")]
    assert told() == [(3, "none")]


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"[]",
        b"{}",
        b"\xff",
        b"[" * 5000,
        erasure((3, "short", "0" * 64)),
        erasure((3, SALT, "Z" * 64)),
        erasure(records=[["issues", "iss_1"]]),
        erasure(records=7),
        json.dumps({"token": 7, "rewritten": [], "records": []}).encode(),
    ],
)
def test_an_erasure_that_cannot_be_read_is_found(content: bytes) -> None:
    memory = Altered(links=continued(("erasure", 40, content)))

    assert [(f.position, f.expected) for f in findings(memory) if f.check == "payload"] == [
        (88, "what an erasure rewrote")
    ]


def test_an_erasure_speaks_only_of_records_that_a_step_wrote() -> None:
    records = [("issues", "iss_9", "0" * 64), ("strange", "iss_1_1", "0" * 64)]
    memory = Altered(links=continued(("erasure", 40, erasure(records=records))))

    assert [(f.what, f.id) for f in findings(memory) if f.check == "record"] == [
        ("issues", "iss_9"),
        ("strange", "iss_1_1"),
    ]


STEP: dict[str, Any] = {
    "version": 1,
    "disposition": None,
    "timers": "[]",
    "due": None,
    "issues": [],
    "decisions": [],
    "actions": [],
    "shadow": [],
    "snapshots": [],
    "emitted": [],
}


@pytest.mark.parametrize(
    "fields",
    [
        {"more": 1},
        {"disposition": 7},
        {"disposition": "{"},
        {"timers": None},
        {"due": "soon"},
        {"due": True},
        {"issues": [["iss_1"]]},
        {"actions": [["act_1", "0" * 64]]},
        {"actions": [["act_1", "0" * 64, "2"]]},
        {"snapshots": ["r"]},
        {"emitted": [["platform", "1"]]},
        {"emitted": 7},
    ],
)
def test_a_step_that_cannot_be_read_is_found(fields: dict[str, Any]) -> None:
    def step(content: dict[str, Any]) -> list[AuditFinding]:
        memory = Altered(links=continued(("step", 41, json.dumps(content).encode())))
        return [f for f in findings(memory) if f.check == "payload"]

    assert step(STEP) == []
    assert [(f.seq, f.expected) for f in step(STEP | fields)] == [(41, "what a step left behind")]


def test_a_record_is_stored_once() -> None:
    memory = Altered(stored=lambda found: [*found, found[0]])

    assert [(f.check, f.id, f.got) for f in findings(memory)] == [("record", "iss_1_1", "two")]


def test_a_decision_is_made_once() -> None:
    content = STEP | {"decisions": [["dec_1_1", "0" * 64]]}
    memory = Altered(links=continued(("step", 41, json.dumps(content).encode())))

    assert ("dec_1_1", "the same id at input 41 as well") in [(f.id, f.got) for f in findings(memory)]


def test_an_input_that_two_steps_emitted_is_found() -> None:
    content = STEP | {"emitted": [["platform", 1]]}
    memory = Altered(links=continued(("step", 41, json.dumps(content).encode())))

    assert [(f.seq, f.expected) for f in findings(memory) if f.check == "conservation" and f.what == "links"] == [
        (41, "an input that no other step emitted")
    ]


def test_what_is_done_agrees_with_the_steps() -> None:
    def turned(seq: int) -> Callable[[list[JournalEntry]], list[JournalEntry]]:
        return lambda found: [attrs.evolve(e, done=not e.done) if e.seq == seq else e for e in found]

    assert [(f.check, f.seq, f.got) for f in findings(Altered(journal=turned(5)))] == [
        ("served", 5, "one that was not")
    ]
    assert [(f.check, f.seq, f.got) for f in findings(Altered(journal=turned(42)))] == [
        ("served", 42, "one that was consumed")
    ]


def test_snapshots_are_served_as_they_are_kept() -> None:
    gone = findings(Altered(snapshots=lambda found: found[1:]))
    more = findings(Altered(snapshots=lambda found: [*found, attrs.evolve(found[0], ruleset="other")]))
    turned = findings(Altered(snapshots=lambda found: found[::-1]))

    assert [(f.check, f.what, f.seq, f.got) for f in gone] == [("served", "snapshots", 30, "none")]
    assert [(f.check, f.what, f.seq, f.id, f.got) for f in more] == [("served", "snapshots", 30, "other", "1")]
    assert [(f.check, f.what) for f in turned] == [("served", "snapshots")]


def snapshot_links(memory: VolatileMemory) -> list[Link]:
    return [x for x in memory.links(M1) if x.what == "snapshot"]


def test_the_newest_two_snapshots_of_a_version_are_kept() -> None:
    old, _, newer, _ = snapshot_links(Altered())

    assert old.payload is None
    assert findings(Altered(links=at(newer.position, salt="", payload=None)))[0] == AuditFinding(
        check="payload",
        partition=M1,
        what="snapshots",
        position=newer.position,
        seq=30,
        expected="one of the newest 2 snapshots of its version",
        got="none",
    )


@pytest.mark.parametrize("payload", [b'["other","other"]', b"\xff", b"[1,2]", b"[]"])
def test_a_snapshot_is_of_the_version_that_its_step_says(payload: bytes) -> None:
    newest = snapshot_links(Altered())[-1]
    salted = payload_digest(newest.salt, payload)

    told = findings(Altered(links=at(newest.position, payload=payload, digest=salted)))

    assert [f.got for f in told if f.what == "snapshots"] in (["('other', 'other')"], ["None"])


def test_every_snapshot_has_a_link() -> None:
    content = STEP | {"snapshots": [["r", "p"]]}
    memory = Altered(links=continued(("step", 41, json.dumps(content).encode())))

    assert [(f.check, f.got) for f in findings(memory) if f.what == "snapshots"] == [("chain", "4 links, or others")]


HUGE = 2**62


def test_a_number_that_no_journal_reaches_is_found_and_not_counted_up_to() -> None:
    steps = Altered(links=at(50, seq=HUGE))
    inputs = Altered(links=at(43, seq=HUGE))
    both = Altered(links=continued(("input", HUGE, b"")))
    moved = Altered(links=lambda links: [*links[:-1], attrs.evolve(links[-1], position=HUGE, seq=HUGE, what="input")])

    assert {f.position for f in findings(steps)} == {50}
    assert {f.position for f in findings(inputs)} == {43}
    assert ("chain", "links", 88, HUGE) in where(both)
    assert ("chain", "journal", None, 44) in where(moved)


def test_an_entry_that_no_journal_reaches_is_found_and_not_counted_up_to() -> None:
    moved = Altered(journal=lambda found: [*found[:-1], attrs.evolve(found[-1], seq=HUGE)])

    assert {("chain", "journal", None, HUGE), ("chain", "journal", None, 43)} <= set(where(moved))


def test_inputs_that_wait_and_are_gone_are_found() -> None:
    inside = Altered(journal=lambda found: [e for e in found if e.seq != 42])
    end = Altered(journal=lambda found: [e for e in found if e.seq < 42])

    assert [(f.seq, f.got) for f in findings(inside) if f.check == "chain"] == [(42, "none before input 43")]
    assert [(f.seq, f.got) for f in findings(end) if f.check == "chain"] == [(42, "none up to input 43")]


class Selective(Altered):
    """Serves other issues than it stores."""

    def __init__(self, alter: Callable[[list[Any]], list[Any]]) -> None:
        super().__init__()
        self._alter = alter

    def read(self, what: Any, **options: Any) -> Any:
        found = super().read(what, **options)
        return iter(self._alter(list(found))) if what == "issues" and not options.get("pending") else found


def test_what_is_stored_is_served_and_nothing_else() -> None:
    less = Selective(lambda found: found[1:])
    more = Selective(lambda found: [*found, found[0].model_copy(update={"id": "iss_9"})])

    told = [(f.check, f.what, f.id, f.expected, f.got) for f in findings(less)]
    assert ("served", "issues", "iss_1_1", "a record that is served", "nothing") in told
    told = [(f.check, f.what, f.id, f.expected, f.got) for f in findings(more)]
    assert ("served", "issues", "iss_9", "records that a step wrote", "one that none wrote") in told


def test_what_waits_has_neither_disposition_nor_timers() -> None:
    def told(**fields: Any) -> list[tuple[str, int | None, str]]:
        memory = Altered(journal=lambda found: [*found[:-1], attrs.evolve(found[-1], **fields)])
        return [(f.check, f.seq, f.expected) for f in findings(memory)]

    timer = TimerFired(what="rule", name="r", key=(), deadline=START, late_by=0)
    expected = [("conservation", 43, "neither disposition nor timers: no step has consumed it")]
    assert told(disposition=Disposition(signal="", name="failed", reason="")) == expected
    assert told(timers=(timer,)) == expected


def test_an_erasure_may_drop_the_snapshots_before_it() -> None:
    newest = snapshot_links(Altered())[-1]
    dropped = at(newest.position, salt="", payload=None)
    memory = Altered(
        links=lambda links: continued(("erasure", 40, erasure()))(dropped(links)),
        snapshots=lambda found: found[:-1],
    )

    assert [f for f in findings(memory) if f.what == "snapshots"] == []
