from __future__ import annotations

import gzip
import os
import shutil
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from migro.errors import InputError
from migro.observe.tailing import Batch, Position, Tail, envelope_of
from tests.observe.payloads import NOW, observer

LINE = '203.0.113.9 - - [01/Mar/2026:09:00:{:02} +0000] "GET /products/{} HTTP/1.1" 200 157 "-" "Firefox/131.0"\n'


class Log:
    """A log as a server and logrotate treat it, with a clock of its own."""

    def __init__(self, folder: Path, name: str = "access.log") -> None:
        self.path = folder / name
        self.path.touch()
        self.written = b""
        self.now = 1_772_355_600

    def touch(self, path: Path | None = None) -> None:
        self.now += 1
        os.utime(path or self.path, (self.now, self.now))

    def write(self, text: str) -> None:
        with self.path.open("ab") as file:
            file.write(text.encode())
        self.written += text.encode()
        self.touch()

    def rotated(self, number: int) -> Path:
        return self.path.with_name(f"{self.path.name}.{number}")

    def make_room(self) -> None:
        """Move every rotated file one number up, as logrotate does."""
        for number in range(60, 0, -1):
            for path in (self.rotated(number), self.rotated(number).with_name(f"{self.path.name}.{number}.gz")):
                if path.exists():
                    suffix = ".gz" if path.suffix == ".gz" else ""
                    path.rename(path.with_name(f"{self.path.name}.{number + 1}{suffix}"))

    def rename(self) -> None:
        self.make_room()
        self.path.rename(self.rotated(1))
        self.path.touch()
        self.touch()

    def copy_and_cut(self) -> None:
        self.make_room()
        shutil.copyfile(self.path, self.rotated(1))
        self.touch(self.rotated(1))
        self.path.write_bytes(b"")
        self.touch()

    def compress(self, number: int) -> None:
        path = self.rotated(number)
        if path.exists():
            packed = path.with_name(f"{path.name}.gz")
            packed.write_bytes(gzip.compress(path.read_bytes()))
            shutil.copystat(path, packed)
            path.unlink()

    def age(self) -> None:
        self.now += 60
        self.touch()


def all_of(tail: Tail, position: Position | None) -> tuple[bytes, Position | None]:
    found = b""
    for batch in tail.batches(position):
        found += batch.raw
        position = batch.position
    return found, position


@pytest.fixture
def log(tmp_path: Path) -> Log:
    return Log(tmp_path)


def test_lines_come_once_and_a_line_without_its_end_waits(log: Log) -> None:
    tail = Tail(log.path)
    log.write("a\nb\nhal")
    first, position = all_of(tail, None)
    nothing, position = all_of(tail, position)
    log.write("f\nc\n")
    second, position = all_of(tail, position)

    assert (first, nothing, second) == (b"a\nb\n", b"", b"half\nc\n")


def test_a_log_that_is_not_there_has_no_lines_yet(tmp_path: Path) -> None:
    tail = Tail(tmp_path / "later.log")
    batch = tail.read(None)
    (tmp_path / "later.log").write_bytes(b"a\n")

    assert batch.raw == b""
    assert all_of(tail, batch.position)[0] == b"a\n"


def test_what_was_rotated_before_anybody_looked_is_history(log: Log) -> None:
    log.write("old\n")
    log.rename()
    log.compress(1)
    log.write("older\n")
    log.rename()
    log.write("new\n")
    tail = Tail(log.path)
    found, position = all_of(tail, None)
    log.compress(1)
    log.rename()
    log.write("newer\n")

    assert found == b"new\n"
    assert all_of(tail, position)[0] == b"newer\n"


def test_whoever_wants_no_history_begins_behind_the_last_line(log: Log) -> None:
    log.write("old\nhal")
    tail = Tail(log.path)
    position = tail.end()
    log.write("f\nnew\n")

    assert all_of(tail, position)[0] == b"half\nnew\n"


@pytest.mark.parametrize("rotation", ["rename", "copy_and_cut"])
@pytest.mark.parametrize("packed", [False, True])
def test_what_was_written_before_a_rotation_is_read_after_it(log: Log, rotation: str, packed: bool) -> None:
    tail = Tail(log.path)
    log.write("a\n")
    first, position = all_of(tail, None)
    log.write("b\n")
    getattr(log, rotation)()
    log.write("c\n")
    if packed:
        log.compress(1)
    second, position = all_of(tail, position)
    third, _ = all_of(tail, position)

    assert (first, second, third) == (b"a\n", b"b\nc\n", b"")


@pytest.mark.parametrize("rotation", ["rename", "copy_and_cut"])
def test_several_rotations_between_two_looks_lose_nothing(log: Log, rotation: str) -> None:
    tail = Tail(log.path)
    log.write("a\n")
    _, position = all_of(tail, None)
    for word in "bcde":
        log.write(f"{word}\n")
        getattr(log, rotation)()
        log.compress(2)

    assert all_of(tail, position)[0] == b"b\nc\nd\ne\n"


def test_a_log_that_begins_like_the_one_before_is_another(log: Log) -> None:
    tail = Tail(log.path)
    log.write("server starts\n")
    first, position = all_of(tail, None)
    log.rename()
    log.write("server starts\n")
    second, position = all_of(tail, position)
    log.write("ready\n")
    third, position = all_of(tail, position)
    log.copy_and_cut()
    log.write("server starts\nnot ready\n")

    assert (first, second, third) == (b"server starts\n", b"server starts\n", b"ready\n")
    assert all_of(tail, position)[0] == b"server starts\nnot ready\n"


def test_a_copy_that_was_made_before_the_log_is_cut_is_not_read_twice(log: Log) -> None:
    tail = Tail(log.path)
    log.write("a\n")
    _, position = all_of(tail, None)
    log.write("b\n")
    shutil.copyfile(log.path, log.rotated(1))
    second, position = all_of(tail, position)
    log.write("c\n")
    third, position = all_of(tail, position)
    log.path.write_bytes(b"")
    log.touch()
    log.write("d\n")

    assert (second, third) == (b"b\n", b"c\n")
    assert all_of(tail, position)[0] == b"d\n"


def test_the_first_look_reads_a_copy_that_was_just_made_once(log: Log) -> None:
    log.write("a\nb\n")
    shutil.copyfile(log.path, log.rotated(1))
    tail = Tail(log.path, most=2)
    position = tail.read(None).position
    log.path.write_bytes(b"")
    log.touch()
    log.write("c\n")

    assert all_of(tail, position)[0] == b"b\nc\n"


def test_the_last_line_of_a_rotated_file_needs_no_end_once_it_stands_still(log: Log) -> None:
    tail = Tail(log.path)
    log.write("a\nkilled whi")
    _, position = all_of(tail, None)
    log.rename()
    log.write("b\n")
    early, position = all_of(tail, position)
    log.age()

    assert early == b"b\n"
    assert all_of(tail, position)[0] == b"killed whi"


def test_a_file_that_is_still_written_to_under_its_new_name_is_followed(log: Log) -> None:
    tail = Tail(log.path)
    log.write("a\n")
    _, position = all_of(tail, None)
    log.rename()
    with log.rotated(1).open("ab") as old:
        old.write(b"b\n")
    log.write("c\n")

    assert all_of(tail, position)[0] == b"b\nc\n"


def test_bytes_that_were_written_and_are_gone_are_said_once(log: Log) -> None:
    tail = Tail(log.path, most=2)
    log.write("a\nb\nc\n")
    position = tail.read(None).position
    log.rename()
    log.rotated(1).unlink()
    log.write("d\n")
    batches = [tail.read(position)]
    batches.append(tail.read(batches[-1].position))
    batches.append(tail.read(batches[-1].position))

    assert [(b.raw, b.missed) for b in batches] == [(b"d\n", 0), (b"", 4), (b"", 0)]


def test_a_compressed_file_beside_its_original_waits_until_it_is_whole(log: Log) -> None:
    tail = Tail(log.path)
    log.write("a\n")
    _, position = all_of(tail, None)
    log.write("b\n")
    log.rename()
    log.rotated(1).with_name("access.log.1.gz").write_bytes(gzip.compress(b"a\nb\n")[:12])
    found, position = all_of(tail, position)
    log.compress(1)

    assert found == b"b\n"
    assert all_of(tail, position)[0] == b""


def test_a_broken_compressed_file_ends_where_it_breaks(log: Log) -> None:
    tail = Tail(log.path)
    log.write("a\n")
    _, position = all_of(tail, None)
    log.rotated(1).with_name("access.log.1.gz").write_bytes(gzip.compress(b"x\n" * 9) + b"no gzip")

    assert all_of(tail, position)[0] == b"x\n" * 9


def test_a_compressed_file_of_several_parts_is_read_whole(log: Log) -> None:
    tail = Tail(log.path)
    log.write("a\n")
    _, position = all_of(tail, None)
    parts = (gzip.compress(b"a\nb\n"), gzip.compress(b""), gzip.compress(b"c\n" * 50_000))
    log.rotated(1).with_name("access.log.1.gz").write_bytes(b"".join(parts))
    log.path.write_bytes(b"")
    log.touch()

    assert all_of(tail, position)[0] == b"b\n" + b"c\n" * 50_000


def test_names_with_a_date_before_the_suffix_are_rotated_files_and_others_are_not(log: Log) -> None:
    tail = Tail(log.path)
    log.write("a\n")
    _, position = all_of(tail, None)
    log.write("b\n")
    log.path.rename(log.path.with_name("access-2026-03-01.log"))
    log.write("c\n")
    for name in ("access.log.bak", "access.log.offset", "other.log.1", "access.log.1.xz"):
        log.path.with_name(name).write_bytes(b"foreign\n")

    assert all_of(tail, position)[0] == b"b\nc\n"


def test_a_line_longer_than_a_batch_comes_in_pieces(log: Log) -> None:
    log.write("abc\nabcdefg\nh\n")

    assert [b.raw for b in Tail(log.path, most=4).batches(None)] == [b"abc\n", b"abcd", b"efg\n", b"h\n"]


def test_a_position_is_one_line_of_json_and_comes_back_the_same(log: Log) -> None:
    log.write("a\n")
    position = Tail(log.path).read(None).position

    assert "\n" not in position.to_json()
    assert Position.from_json(position.to_json()) == position


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("x", "expected a position as JSON"),
        ("[]", "expected a position as JSON"),
        ('{"format": "y", "marks": []}', "expected a position of format migro-tail/1"),
        ('{"format": "migro-tail/1", "marks": [{}]}', "expected a position as JSON"),
    ],
)
def test_what_is_no_position_is_refused(text: str, reason: str) -> None:
    with pytest.raises(InputError, match=reason):
        Position.from_json(text)


def test_a_position_with_a_value_of_another_type_is_refused(log: Log) -> None:
    log.write("a\n")
    text = Tail(log.path).read(None).position.to_json().replace('"offset": 2', '"offset": "2"')

    with pytest.raises(InputError, match=r"marks\.offset: expected int, got str"):
        Position.from_json(text)


def test_a_batch_holds_a_byte_at_least(log: Log) -> None:
    with pytest.raises(InputError, match="at least 1 byte, got 0"):
        Tail(log.path, most=0)


def test_a_log_that_cannot_be_read_says_so(log: Log, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(self: Path, *_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "open", refuse)

    with pytest.raises(InputError, match="expected a readable log, got: Permission denied"):
        Tail(log.path).read(None)


def test_lines_read_again_from_an_older_position_are_the_same_events(log: Log) -> None:
    tail = Tail(log.path)
    log.write(LINE.format(1, 1))
    first = tail.read(None)
    log.write(LINE.format(2, 2) + LINE.format(2, 2))
    second = tail.read(first.position)
    log.write(LINE.format(2, 2))
    log.rename()
    log.compress(1)

    def keys(batch: Batch) -> list[str]:
        signals = observer().observe(envelope_of(batch, "web_access_log", received_at=NOW)).signals
        assert {s.kind for s in signals} == {"http.request"}
        return [s.dedup_key for s in signals]

    again = Tail(log.path).read(first.position)

    assert keys(again)[:2] == keys(second)
    assert len(set(keys(again))) == 3


def test_a_line_is_read_the_same_whichever_come_with_it(log: Log) -> None:
    line = LINE.format(1, 1).replace("Firefox", "F\u00e4rfox")
    log.path.write_bytes(line.encode() + b"\xff broken\n")
    batch = Tail(log.path).read(None)
    alone = Tail(log.path, most=len(line.encode())).read(None)

    whole, broken = observer().observe(envelope_of(batch, "web_access_log", received_at=NOW)).signals
    (same,) = observer().observe(envelope_of(alone, "web_access_log", received_at=NOW)).signals

    assert (whole, broken.kind) == (same, "unknown")


def test_the_columns_that_the_file_names_hold_for_every_batch(log: Log) -> None:
    log.write("#Version: 1.0\n#Fields: date time cs-method cs-uri-stem sc-status c-ip cs(User-Agent)\n")
    log.write("2026-03-01\t09:00:03\tGET\t/products/1\t502\t203.0.113.9\tFirefox%20131\n" * 2)
    batches = list(Tail(log.path, most=160).batches(None))
    found = [s for b in batches for s in observer().observe(envelope_of(b, "web_access_log", received_at=NOW)).signals]

    assert len(batches) > 1
    assert [(s.kind, s.status) for s in found if s.kind != "unknown"] == [("http.request", 502)] * 2


ACTS = st.lists(
    st.sampled_from(["line", "line", "half", "read", "read", "rename", "copy", "compress", "restart", "age"]),
    max_size=30,
)


@settings(deadline=None)
@given(acts=ACTS, most=st.sampled_from([1 << 20, 40, 7]))
def test_whatever_rotates_and_restarts_every_line_comes_once_and_in_order(
    tmp_path_factory: pytest.TempPathFactory, acts: list[str], most: int
) -> None:
    log = Log(tmp_path_factory.mktemp("log"))
    tail = Tail(log.path, most=most)
    position: Position | None = tail.read(None).position
    found = b""
    for number, act in enumerate(acts):
        if act == "line":
            log.write(f"line {number}\n")
        elif act == "half":
            log.write(f"half {number},")
        elif act == "read":
            more, position = all_of(tail, position)
            found += more
        elif act == "rename" and log.written[-1:] in (b"", b"\n"):
            log.rename()
        elif act == "copy" and log.written[-1:] in (b"", b"\n"):
            log.copy_and_cut()
        elif act == "compress":
            log.compress(1 + number % 3)
        elif act == "restart" and position is not None:
            tail, position = Tail(log.path, most=most), Position.from_json(position.to_json())
        elif act == "age":
            log.age()
    log.write("\n")
    more, position = all_of(tail, position)

    assert found + more == log.written
