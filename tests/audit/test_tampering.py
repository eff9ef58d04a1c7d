"""Rows taken out, swapped, put in, copied and rolled back: the audit says which record is not what was stored."""

from __future__ import annotations

import json
import secrets
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from migro.audit import AuditReport, anchor_of, verify
from migro.models import SignalReceived
from migro.models.chain import link_hash, payload_digest, payload_of
from migro.remember import SqliteMemory
from migro.testing import START
from tests.audit.store import PLATFORM, Shop, after, fill, partition_name
from tests.audit.tampering import Hand

M1, M2 = partition_name(1), partition_name(2)


@pytest.fixture(scope="module")
def untouched(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("audit") / "journal.db"
    with SqliteMemory(path, durability="off") as memory:
        fill(memory, shops=2, inputs=43)
    return path


@pytest.fixture
def path(untouched: Path, tmp_path: Path) -> Path:
    return Path(shutil.copy(untouched, tmp_path / "journal.db"))


@pytest.fixture
def hand(path: Path) -> Iterator[Hand]:
    hand = Hand(path)
    yield hand
    hand.close()


def audited(path: Path, **options: Any) -> AuditReport:
    with SqliteMemory(path, read_only=True) as memory:
        return verify(memory, **options)


def found(path: Path) -> list[tuple[str, str, str, int | None, int | None, str]]:
    """What does not hold, without the words."""
    return [(f.check, f.partition, f.what, f.position, f.seq, f.id) for f in audited(path).findings]


def test_what_nobody_touched_holds(path: Path) -> None:
    report = audited(path)

    assert report.findings == ()
    assert report.ok
    assert (report.partitions, report.inputs, report.links) == (3, 90, 182)
    assert (report.rewritten, report.dropped, report.anchored) == (0, 4, None)


def test_the_counts_add_up_to_what_was_accepted(path: Path) -> None:
    report = audited(path)

    assert dict(report.signals) == {
        "accepted": 62,
        "pending": 6,
        "dropped": 8,
        "suppressed": 8,
        "opened": 8,
        "merged": 8,
        "recorded": 24,
        "failed": 0,
    }
    assert report.signals["accepted"] == sum(n for word, n in report.signals.items() if word != "accepted")
    assert report.withdrawals["withdrawn"] == report.withdrawals["accepted"] == 8


def test_a_merchant_that_was_taken_out_whole_is_missed_by_the_platform(path: Path, hand: Hand) -> None:
    for table in ("links", "journal", "snapshots", "issues", "decisions", "actions", "shadow"):
        assert hand.run(f"DELETE FROM {table} WHERE partition = ?", M1)
    assert hand.run("DELETE FROM partitions WHERE name = ?", M1)

    assert found(path) == [
        ("conservation", PLATFORM, "journal", None, n, f"dec_1_{seq}") for n, seq in enumerate((1, 11, 21, 31), 1)
    ]
    assert all(M1 in f.expected for f in audited(path).findings)


def test_a_link_that_was_taken_out_leaves_a_gap(path: Path, hand: Hand) -> None:
    hand.run("DELETE FROM links WHERE partition = ? AND position = 50", M1)

    assert [(f.check, f.what, f.position, f.seq, f.got) for f in audited(path).findings[:2]] == [
        ("chain", "links", 50, None, "none before link 51"),
        ("chain", "links", 51, 8, "that of input 8"),
    ]
    assert {f.partition for f in audited(path).findings} == {M1}
    assert not [f for f in audited(path).findings if f.position is not None and f.position > 51]


def test_links_that_changed_places_are_both_found(path: Path, hand: Hand) -> None:
    for old, new in ((10, -1), (20, 10), (-1, 20)):
        hand.run("UPDATE links SET position = ? WHERE partition = ? AND position = ?", new, M1, old)

    positions = {f.position for f in audited(path).findings if f.what == "links"}

    assert {10, 20} <= positions


def test_an_input_that_was_taken_out_is_named_though_the_rest_can_be_read(path: Path, hand: Hand) -> None:
    hand.run("DELETE FROM journal WHERE partition = ? AND seq = 6", M1)

    assert {(f.check, f.what, f.seq) for f in audited(path).findings} == {
        ("payload", "journal", 6),
        ("chain", "journal", 6),
    }


def test_an_input_that_was_put_in_has_no_link(path: Path, hand: Hand) -> None:
    hand.run(
        "INSERT INTO journal SELECT partition, 44, format, input, at, 'sig_x', NULL, body, NULL, NULL"
        " FROM journal WHERE partition = ? AND seq = 41",
        M1,
    )

    assert ("chain", M1, "journal", None, 44, "") in found(path)


@pytest.mark.parametrize("table", ["issues", "decisions", "actions", "shadow"])
def test_a_record_that_was_taken_out_put_in_or_changed_is_named(table: str, path: Path, hand: Hand) -> None:
    row = hand.rows(table, "partition = ?", M1)[0]
    first = row["id"]

    hand.run(f"UPDATE {table} SET body = replace(body, 'SEV2', 'SEV3') || ' ' WHERE id = ?", first)
    changed = found(path)
    hand.run(f"UPDATE {table} SET body = ? WHERE id = ?", row["body"], first)
    whole = found(path)
    hand.run(f"UPDATE {table} SET id = 'other' WHERE id = ?", first)
    renamed = found(path)

    assert {(f[2], f[5]) for f in changed if f[0] == "record"} == {(table, first)}
    assert whole == []
    assert {(f[2], f[5]) for f in renamed if f[0] == "record"} == {(table, first), (table, "other")}


def test_an_action_that_was_set_back_to_what_it_was_before_is_found(path: Path, hand: Hand) -> None:
    shop = Shop(1)
    earlier = shop.action(1, 1).json_line()
    hand.run("UPDATE actions SET body = ?, status = 'planned', rank = 2 WHERE id = 'act_1_1_1'", earlier)

    assert ("record", M1, "actions", 45, 2, "act_1_1_1") in found(path)


def test_a_status_that_only_the_question_for_open_ones_reads_is_compared(path: Path, hand: Hand) -> None:
    hand.run("UPDATE actions SET status = 'planned' WHERE id = 'act_1_1_1'")
    hand.run("UPDATE issues SET status = 'open' WHERE id = 'iss_1_11'")

    assert {(f[0], f[2], f[5]) for f in found(path)} == {
        ("served", "actions", "act_1_1_1"),
        ("served", "issues", "iss_1_11"),
    }


def test_records_that_changed_their_order_are_found(path: Path, hand: Hand) -> None:
    hand.run("UPDATE decisions SET seq = 40 WHERE id = 'dec_1_11'")

    assert found(path) == [("served", M1, "decisions", 55, 11, "dec_1_11")]


def test_what_a_step_says_became_of_an_input_wins_over_the_journal(path: Path, hand: Hand) -> None:
    hand.run(
        "UPDATE journal SET disposition = replace(disposition, 'recorded', 'opened') WHERE partition = ? AND seq = 3",
        M1,
    )
    hand.run("UPDATE journal SET timers = replace(timers, '7', '8') WHERE partition = ? AND seq = 6", M1)
    hand.run("UPDATE journal SET disposition = '{' WHERE partition = ? AND seq = 12", M1)
    hand.run("UPDATE journal SET timers = '[{}]' WHERE partition = ? AND seq = 43", M1)

    assert {(f[0], f[3], f[4]) for f in found(path)} >= {
        ("served", 46, 3),
        ("served", 49, 6),
        ("served", None, 12),
        ("served", None, 43),
    }


@pytest.mark.parametrize(
    ("column", "value"), [("version", 39), ("version", 43), ("due", 1), ("links", 7), ("head", b"\0" * 32)]
)
def test_where_a_partition_stands_is_compared_with_its_links(
    column: str, value: int | bytes, path: Path, hand: Hand
) -> None:
    hand.run(f"UPDATE partitions SET {column} = ? WHERE name = ?", value, M1)

    assert {(f[1], f[2], f[5]) for f in found(path) if f[2] == "partitions"} == {(M1, "partitions", M1)}


def test_a_partition_whose_record_is_gone_is_still_looked_at(path: Path, hand: Hand) -> None:
    hand.run("DELETE FROM partitions WHERE name = ?", M2)
    hand.run("UPDATE links SET content = '{}' WHERE partition = ? AND position = 60", M2)

    assert {(f[0], f[1], f[2], f[3]) for f in found(path)} >= {
        ("chain", M2, "partitions", None),
        ("payload", M2, "links", 60),
    }


def test_an_input_is_compared_with_its_own_row_and_no_other(path: Path, hand: Hand) -> None:
    (row,) = hand.rows("journal", "partition = ? AND seq = 3", M1)
    columns = ("format", "input", "at", "delivery_key", "duplicate_of", "body")
    hand.run(
        "UPDATE links SET content = ? WHERE partition = ? AND what = 'input' AND seq = 3",
        payload_of(*(row[c] for c in columns)).decode(),
        M1,
    )
    hand.run("UPDATE journal SET body = replace(body, '503', '200') WHERE partition = ? AND seq = 3", M1)

    assert ("payload", M1, "journal", 3, 3, "") in found(path)


def test_a_broken_record_hides_no_other(path: Path, hand: Hand) -> None:
    for seq in (2, 5, 30):
        hand.run("UPDATE journal SET body = CAST(x'ff00' AS TEXT) WHERE partition = ? AND seq = ?", M1, seq)
    for decision in ("dec_1_1", "dec_1_31"):
        hand.run("UPDATE decisions SET body = '{' WHERE id = ?", decision)
    hand.run("UPDATE links SET content = '[' WHERE partition = ? AND position = 70", M1)
    hand.run("UPDATE journal SET format = 9 WHERE partition = ? AND seq = 4", M2)

    report = audited(path)

    assert {f.seq for f in report.findings if f.partition == M1 and f.what == "journal"} >= {2, 5, 30}
    assert {f.id for f in report.findings if f.what == "decisions"} >= {"dec_1_1", "dec_1_31"}
    assert 70 in {f.position for f in report.findings if f.partition == M1}
    assert (M2, 4) in {(f.partition, f.seq) for f in report.findings}
    assert all(str(f).isprintable() and f.expected and f.got for f in report.findings)
    assert [json.dumps(f.data()) for f in report.findings]


def truncated(hand: Hand, partition: str) -> None:
    """Take out everything that the last step left, as somebody who knows the chain would."""
    last = max(r["position"] for r in hand.rows("links", "partition = ? AND what = 'step'", partition))
    (step,) = hand.rows("links", "partition = ? AND position = ?", partition, last)
    (before,) = hand.rows("links", "partition = ? AND position = ?", partition, last - 1)
    due = json.loads(before["content"])["due"]
    hand.run("DELETE FROM links WHERE partition = ? AND position = ?", partition, last)
    hand.run(
        "UPDATE journal SET disposition = NULL, timers = NULL WHERE partition = ? AND seq = ?", partition, step["seq"]
    )
    hand.run(
        "UPDATE partitions SET links = ?, head = ?, version = version - 1, due = ? WHERE name = ?",
        last - 1,
        before["hash"],
        due,
        partition,
    )


def test_a_tail_that_was_cut_off_is_found_with_an_anchor_and_only_with_one(path: Path, hand: Hand) -> None:
    with SqliteMemory(path, read_only=True) as memory:
        anchor = anchor_of(memory, START)

    truncated(hand, PLATFORM)

    assert audited(path).ok
    assert [(f.check, f.partition, f.position) for f in audited(path, anchor=anchor).findings] == [
        ("anchor", PLATFORM, anchor.heads[PLATFORM][0])
    ]


def test_a_tail_that_was_cut_off_and_written_anew_is_found_with_an_anchor(path: Path, hand: Hand) -> None:
    with SqliteMemory(path) as memory:
        anchor = anchor_of(memory, START)
        truncated(hand, PLATFORM)
        shop = Shop(9)
        memory.accept(PLATFORM, [SignalReceived(at=after(1), signal=shop.signal(1))])

    assert audited(path).ok
    assert {(f.check, f.position) for f in audited(path, anchor=anchor).findings} == {
        ("anchor", anchor.heads[PLATFORM][0])
    }


def test_a_partition_that_is_gone_altogether_is_found_with_an_anchor(path: Path, hand: Hand) -> None:
    with SqliteMemory(path, read_only=True) as memory:
        anchor = anchor_of(memory, START)
    for table in ("snapshots", "issues", "decisions", "actions", "shadow", "links", "journal"):
        hand.run(f"DELETE FROM {table} WHERE partition = ?", M2)
    hand.run("DELETE FROM partitions WHERE name = ?", M2)

    assert (M2, "anchor") in {(f.partition, f.check) for f in audited(path, anchor=anchor).findings}


def test_a_memory_that_has_grown_since_still_fits_its_anchor(path: Path) -> None:
    with SqliteMemory(path) as memory:
        anchor = anchor_of(memory, START)
        memory.commit(M1, 40, [Shop(1).step(41)])

        report = verify(memory, anchor=anchor)

    assert report.ok
    assert report.anchored == START


def test_a_link_that_was_put_at_the_end_and_computed_rightly_is_one_too_many(path: Path, hand: Hand) -> None:
    last = hand.rows("links", "partition = ? ORDER BY position DESC LIMIT 1", M1)[0]
    salt = secrets.token_hex(16)
    content = json.dumps({"token": "t" * 20, "rewritten": [], "records": []})
    digest = payload_digest(salt, content.encode())
    position = last["position"] + 1
    made = link_hash(last["hash"].hex(), position, "erasure", last["seq"], digest)
    row = (M1, position, "erasure", last["seq"], *map(bytes.fromhex, (salt, digest, made)), content)
    hand.connection.execute("INSERT INTO links VALUES (?, ?, ?, ?, ?, ?, ?, ?)", row)

    assert {(f[0], f[2]) for f in found(path)} == {("chain", "partitions")}
