"""A folder of envelopes is followed: each one once, whatever way it comes in, and what is damaged is set aside."""

from __future__ import annotations

import json
import os
import tempfile
import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from migro.errors import InputError
from migro.observe import Envelope
from migro.observe.folder_positions import FolderPosition
from migro.observe.folders import Folder, FolderBatch
from tests.effort import cases

SECOND = 1_000_000_000
NOW = 1_772_366_400 * SECOND


def line(number: int) -> bytes:
    return json.dumps({"kind": "ticket", "body": {"id": number}}).encode() + b"\n"


def put(folder: Path, name: str, content: bytes, *, age: int = 0) -> Path:
    path = folder / name
    path.write_bytes(content)
    at = NOW - age * SECOND
    os.utime(path, ns=(at, at))
    return path


def look(folder: Folder, position: FolderPosition | None = None) -> FolderBatch:
    return folder.read(position, now_ns=NOW)


def found(batch: FolderBatch) -> list[int]:
    return [e.body["id"] for e in batch.envelopes]


def test_files_come_in_the_order_in_which_they_were_written(tmp_path: Path) -> None:
    put(tmp_path, "b.jsonl", line(1) + line(2), age=30)
    put(tmp_path, "a.jsonl", line(3), age=20)

    first = look(Folder(tmp_path))
    second = look(Folder(tmp_path), first.position)

    assert found(first) == [1, 2, 3]
    assert [e.where for e in first.envelopes] == ["b.jsonl:1", "b.jsonl:2", "a.jsonl:1"]
    assert second.empty
    assert first.position.finished == ("b.jsonl", "a.jsonl")


def test_what_is_still_being_written_waits_until_it_has_its_name(tmp_path: Path) -> None:
    for name in (".x.jsonl", "x.jsonl.tmp", "x.PART", "x~"):
        put(tmp_path, name, line(1), age=60)
    (tmp_path / "below").mkdir()
    put(tmp_path / "below", "x.jsonl", line(2))
    (tmp_path / "link.jsonl").symlink_to(tmp_path / "x~")
    folder = Folder(tmp_path)
    before = look(folder)

    (tmp_path / "x.jsonl.tmp").rename(tmp_path / "x.jsonl")

    assert before.empty
    assert found(look(folder, before.position)) == [1]


def test_a_line_comes_once_it_is_complete(tmp_path: Path) -> None:
    folder = Folder(tmp_path)
    put(tmp_path, "a.jsonl", line(1) + line(2)[:9])
    first = look(folder)
    put(tmp_path, "a.jsonl", line(1) + line(2) + line(3)[:-1])
    second = look(folder, first.position)
    put(tmp_path, "a.jsonl", line(1) + line(2) + line(3)[:-1], age=5)
    third = look(folder, second.position)

    assert [found(b) for b in (first, second, third)] == [[1], [2], [3]]
    assert [b.position.finished for b in (first, second, third)] == [(), (), ("a.jsonl",)]


def test_one_envelope_over_several_lines_comes_when_it_is_whole(tmp_path: Path) -> None:
    folder = Folder(tmp_path)
    text = json.dumps({"kind": "ticket", "body": {"id": 7}}, indent=2).encode() + b"\n"
    put(tmp_path, "a.json", text[:20])
    before = look(folder)
    put(tmp_path, "a.json", text)

    assert before.empty
    assert found(look(folder, before.position)) == [7]


def test_a_file_that_nobody_understands_is_set_aside_once_it_stands_still(tmp_path: Path) -> None:
    folder = Folder(tmp_path)
    put(tmp_path, "a.json", b"\x00 jo.doe@mail.example", age=4)
    put(tmp_path, "b.jsonl", line(1))
    early = look(folder)
    put(tmp_path, "a.json", b"\x00 jo.doe@mail.example", age=5)
    late = look(folder, early.position)
    again = look(folder, late.position)

    assert (found(early), early.aside) == ([1], ())
    assert [str(f) for f in late.aside] == [
        "a.json: expected JSON, got something else: expecting value in line 1, column 1"
    ]
    assert again.empty
    assert late.position.set_aside == again.position.set_aside == 1
    assert late.position.finished == ("b.jsonl",)


def test_a_damaged_line_stops_no_other(tmp_path: Path) -> None:
    put(tmp_path, "a.jsonl", b'{"kind": "tick\n' + line(2) + b"[]\n\n" + line(3))

    batch = look(Folder(tmp_path))

    assert found(batch) == [2, 3]
    assert [f.where for f in batch.failures] == ["a.jsonl:1", "a.jsonl:3"]
    assert (batch.aside, batch.position.set_aside) == ((), 0)


def test_what_is_set_aside_lies_in_a_folder_of_its_own_with_its_reason(tmp_path: Path) -> None:
    put(tmp_path, "a.json", b"nonsense", age=9)
    folder = Folder(tmp_path)
    batch = look(folder)

    for _ in range(2):
        folder.set_aside(batch, tmp_path / "aside")

    assert sorted(p.name for p in (tmp_path / "aside").iterdir()) == ["a.json", "a.json.reason.txt"]
    assert "expected JSON" in (tmp_path / "aside" / "a.json.reason.txt").read_text()
    assert look(folder, batch.position).position.marks == ()


def test_nothing_that_was_set_aside_before_is_overwritten(tmp_path: Path) -> None:
    folder, position, aside = Folder(tmp_path), None, tmp_path / "aside"
    for text in (b"one", b"two", b"three"):
        put(tmp_path, "a", text, age=9)
        batch = look(folder, position)
        folder.set_aside(batch, aside)
        position = batch.position

    assert [(aside / name).read_bytes() for name in ("a", "a.1", "a.2")] == [b"one", b"two", b"three"]
    assert len(list(aside.glob("*.reason.txt"))) == 3


def test_a_name_that_leaves_no_room_for_more_is_cut(tmp_path: Path) -> None:
    put(tmp_path, "n" * 250, b"nonsense", age=9)
    folder = Folder(tmp_path)

    folder.set_aside(look(folder), tmp_path / "aside")

    assert sorted(len(p.name) for p in (tmp_path / "aside").iterdir()) == [200, 211]


@pytest.mark.parametrize("content", [line(1), b"nonsense\n" + line(1), b"another!"])
def test_what_is_another_file_by_now_is_not_set_aside(tmp_path: Path, content: bytes) -> None:
    put(tmp_path, "a.jsonl", b"nonsense", age=9)
    folder = Folder(tmp_path)
    batch = look(folder)
    put(tmp_path, "a.jsonl", content)

    folder.set_aside(batch, tmp_path / "aside")

    assert (tmp_path / "a.jsonl").read_bytes() == content


def test_a_folder_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    put(tmp_path, "a.json", b"nonsense", age=9)
    put(tmp_path, "file", line(1))
    folder = Folder(tmp_path)

    with pytest.raises(InputError, match="expected a directory that can be written"):
        folder.set_aside(look(folder), tmp_path / "file")


def test_another_file_under_the_same_name_is_read_from_its_beginning(tmp_path: Path) -> None:
    folder = Folder(tmp_path)
    put(tmp_path, "a.jsonl", line(1) + line(2))
    first = look(folder)
    put(tmp_path, "new", line(3) + line(4))
    (tmp_path / "new").replace(tmp_path / "a.jsonl")
    second = look(folder, first.position)
    put(tmp_path, "a.jsonl", line(5))  # cut and written anew

    assert found(second) == [3, 4]
    assert found(look(folder, second.position)) == [5]


@pytest.mark.parametrize("content", [line(2) + line(3), line(2) + line(3) + line(4), b"\n" + line(2)])
def test_another_file_with_the_number_of_one_that_was_removed_is_read_from_its_beginning(
    tmp_path: Path, content: bytes
) -> None:
    folder = Folder(tmp_path)
    path = put(tmp_path, "a.jsonl", line(1))
    first = look(folder)
    end = folder.end()
    number = path.stat().st_ino
    put(tmp_path, "a.jsonl", content)  # what it holds by now is all that tells the two apart

    assert path.stat().st_ino == number
    expected = [n for n in range(5) if line(n).strip() in content.splitlines()]
    assert found(look(folder, first.position)) == expected
    assert found(look(folder, end)) == expected


def test_a_file_that_grows_by_what_is_read_from_it_is_no_other(tmp_path: Path) -> None:
    folder = Folder(tmp_path)
    long = [json.dumps({"body": {"id": n, "text": "x" * 50_000}}).encode() + b"\n" for n in range(6)]
    position, seen = None, list[int]()
    for end in range(1, 7):
        put(tmp_path, "a.jsonl", b"".join(long[:end]))
        batch = look(folder, position)
        position = FolderPosition.from_json(batch.position.to_json())
        seen += found(batch)

    assert seen == list(range(6))


def test_a_file_that_nobody_touched_is_not_opened_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put(tmp_path, "a.jsonl", line(1))
    folder = Folder(tmp_path)
    later = time.time_ns() + 60 * SECOND
    position = folder.read(now_ns=later).position
    monkeypatch.setattr(Path, "open", lambda *_, **__: pytest.fail("was opened"))

    assert folder.read(position, now_ns=later).empty


def test_a_position_from_before_files_were_compared_is_gone_on_from(tmp_path: Path) -> None:
    path = put(tmp_path, "a.jsonl", line(1) + line(2))
    mark = {"name": "a.jsonl", "inode": path.stat().st_ino, "offset": len(line(1))}
    position = FolderPosition.from_json(json.dumps({"format": "migro-folder/1", "marks": [mark], "set_aside": 0}))

    assert found(look(Folder(tmp_path), position)) == [2]


def test_good_lines_behind_what_set_a_file_aside_are_read(tmp_path: Path) -> None:
    folder = Folder(tmp_path)
    put(tmp_path, "a.jsonl", b"nonsense\n", age=9)
    first = look(folder)
    put(tmp_path, "a.jsonl", b"nonsense\n" + line(1))
    second = look(folder, first.position)
    put(tmp_path, "a.jsonl", b"nonsense\n" + line(1) + line(2))
    third = look(folder, second.position)

    assert [f.where for f in first.aside] == ["a.jsonl"]
    assert [found(b) for b in (second, third)] == [[1], [2]]
    assert [f.where for f in second.failures] == ["a.jsonl:1"]
    assert third.position.set_aside == 1


def test_what_was_set_aside_and_is_still_not_understood_is_said_once(tmp_path: Path) -> None:
    folder = Folder(tmp_path)
    put(tmp_path, "a.json", b"nonsense", age=9)
    first = look(folder)
    put(tmp_path, "a.json", b"nonsense, and more of it")
    second = look(folder, first.position)
    put(tmp_path, "a.json", b"nonsense, and more of it", age=9)
    third = look(folder, second.position)

    assert [len(b.aside) for b in (first, second, third)] == [1, 0, 0]
    assert third.position.set_aside == 1


@pytest.mark.parametrize("begin", [b"", line(1)])
def test_blank_lines_are_no_envelope_however_many_they_are(tmp_path: Path, begin: bytes) -> None:
    folder = Folder(tmp_path, largest=200)
    put(tmp_path, "a.jsonl", begin + b"\n" * 1_000 + line(2) + line(3), age=9)

    batches = list(folder.batches(now_ns=NOW))

    assert [n for b in batches for n in found(b)] == [1, 2, 3][0 if begin else 1 :]
    assert [f for b in batches for f in (*b.aside, *b.failures)] == []
    number = begin.count(b"\n") + 1_001
    assert batches[-1].envelopes[-1].where == f"a.jsonl:{number + 1}"


@pytest.mark.parametrize("begin", [b"", line(1)])
def test_a_line_that_is_too_long_stops_no_other(tmp_path: Path, begin: bytes) -> None:
    folder = Folder(tmp_path, largest=200)
    put(tmp_path, "a.jsonl", begin + b"x" * 200_000 + b"\n" + line(2))

    batches = list(folder.batches(now_ns=NOW))

    assert [n for b in batches for n in found(b)] == [1, 2][0 if begin else 1 :]
    (failure,) = [f for b in batches for f in b.failures]
    assert str(failure) == f"a.jsonl:{2 if begin else 1}: expected lines of at most 200 bytes, got a longer one"


def test_a_batch_is_bounded_and_the_next_one_goes_on(tmp_path: Path) -> None:
    put(tmp_path, "a.jsonl", b"".join(map(line, range(10))), age=2)
    put(tmp_path, "b.jsonl", line(10))
    folder = Folder(tmp_path, most=100)

    batches = list(folder.batches(now_ns=NOW))

    assert [n for b in batches for n in found(b)] == list(range(11))
    assert max(len(b.envelopes) for b in batches) <= 4


@pytest.mark.parametrize("end", [b"", b"\n"])
def test_a_line_that_is_too_long_for_anything_sets_its_file_aside(tmp_path: Path, end: bytes) -> None:
    folder = Folder(tmp_path, largest=800)
    put(tmp_path, "a.jsonl", b'{"kind": "ticket", "body": "' + b"x" * 2_000 + b'"}' + end, age=9)
    put(tmp_path, "b.jsonl", line(1))

    batch = look(folder)

    assert [f.where for f in batch.aside] == ["a.jsonl"]
    assert "expected at most 800 bytes" in batch.aside[0].reason or "lines of at most 800" in batch.aside[0].reason
    assert found(batch) == [1]


def test_who_wants_no_history_begins_at_the_end(tmp_path: Path) -> None:
    folder = Folder(tmp_path)
    path = put(tmp_path, "a.jsonl", line(1))
    end = folder.end()
    path.write_bytes(line(1) + line(2))
    put(tmp_path, "b.jsonl", line(3))

    assert sorted(found(look(folder, end))) == [2, 3]


def test_a_folder_that_is_not_there_has_no_files(tmp_path: Path) -> None:
    assert look(Folder(tmp_path / "none")).empty


def test_a_file_is_no_folder(tmp_path: Path) -> None:
    path = put(tmp_path, "a", b"")
    with pytest.raises(InputError, match="expected a readable folder"):
        look(Folder(path))


def test_a_batch_of_nothing_is_refused() -> None:
    with pytest.raises(InputError, match="at least 1 byte, got 0"):
        Folder("x", most=0)


def test_a_position_survives_being_written_down(tmp_path: Path) -> None:
    put(tmp_path, "a.jsonl", line(1))
    put(tmp_path, "b", b"?", age=9)
    position = look(Folder(tmp_path)).position

    assert FolderPosition.from_json(position.to_json()) == position


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "expected a position as JSON"),
        ("{}", r"expected a position as JSON, got something else \(KeyError\)"),
        ('{"format": "migro-tail/1", "marks": [], "set_aside": 0}', "expected a position of format migro-folder/1"),
        ('{"format": "migro-folder/1", "marks": [], "set_aside": "0"}', "set_aside: expected int, got str"),
        (
            '{"format": "migro-folder/1", "marks": [{"name": 1, "inode": 1, "offset": 0}], "set_aside": 0}',
            "marks.name: expected str, got int",
        ),
        (
            '{"format": "migro-folder/1", "marks": [{"name": "a", "inode": 1, "offset": -5}], "set_aside": 0}',
            "marks.offset: expected at least 0, got -5",
        ),
    ],
)
def test_what_is_no_position_is_refused(text: str, reason: str) -> None:
    with pytest.raises(InputError, match=reason):
        FolderPosition.from_json(text)


@settings(max_examples=cases(40))
@given(st.lists(st.integers(0, 400), max_size=6), st.integers(1, 200))
def test_however_a_file_grows_every_envelope_comes_once(cuts: list[int], most: int) -> None:
    whole = b"".join(map(line, range(8)))
    with tempfile.TemporaryDirectory() as name:
        path = Path(name) / "a.jsonl"
        position, seen = None, list[int]()
        for end in [*sorted(min(c, len(whole)) for c in cuts), len(whole)]:
            put(Path(name), "a.jsonl", whole[:end])
            assert path.stat().st_size == end
            # As if the process ended each time: the position is all that is kept.
            for batch in Folder(name, most=most).batches(position, now_ns=NOW):
                assert all(isinstance(e, Envelope) for e in batch.envelopes)
                seen += found(batch)
                position = FolderPosition.from_json(batch.position.to_json())

    assert seen == list(range(8))
