"""What a SQLite memory keeps when processes die, compete, or cannot write."""

from __future__ import annotations

import itertools
import multiprocessing
import os
import signal
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path

import attrs
import pytest

import migro
from migro.errors import Conflict
from migro.models import Erasure, SignalReceived, StepRecord
from migro.remember import SqliteMemory
from migro.testing import START, sample_signal
from migro.testing.ledger import holds
from tests.remember.writing_process import step

ERASED = "person_7f3a9c02"
PROGRAM = Path(__file__).with_name("writing_process.py")


def start(role: str, path: Path, *, partition: str = "m", count: int = 0) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, str(PROGRAM), role, str(path), partition, str(count)],
        stdout=subprocess.PIPE,
        text=True,
        cwd=path.parent,
        env={"PYTHONPATH": str(Path(migro.__file__).parent.parent)},
    )


def finish(process: subprocess.Popen[str]) -> list[list[str]]:
    output, _ = process.communicate(timeout=120)

    assert process.returncode == 0
    return [line.split() for line in output.splitlines()]


def whole_steps(memory: SqliteMemory, partition: str) -> int:
    """The partition's version, after seeing that every step is there with all its parts or not at all."""
    consumed = [e.seq for e in memory.load(partition) if e.done]
    marks = [f"{partition}_{seq}" for seq in consumed]

    assert [i.id for i in memory.read("issues", partition=partition)] == [f"iss_{m}" for m in marks]
    assert [d.id for d in memory.read("decisions", partition=partition)] == [f"dec_{m}" for m in marks]
    actions = memory.read("actions", partition=partition)
    assert [a.idempotency_key for a in actions] == [f"act_{m}" for m in marks]
    assert [d.id for d in memory.read("shadow", partition=partition)] == [f"dec_{m}" for m in marks]
    assert [t.name for e in memory.load(partition) for t in e.timers] == marks
    assert [s.seq for s in memory.read("snapshots", partition=partition)] == consumed[-2:]
    assert [k.seq for k in holds(memory, partition) if k.what == "step"] == consumed
    return len(consumed)


@pytest.mark.parametrize("lines", [1, 2, 7, 30, 61])
def test_a_killed_process_loses_nothing_it_was_told_is_stored(tmp_path: Path, lines: int) -> None:
    path = tmp_path / "journal.db"
    acknowledged = Counter[str]()
    for _ in range(2):
        with start("write", path, count=10_000) as process:
            assert process.stdout is not None
            for _ in range(lines):
                verb, seq = process.stdout.readline().split()
                acknowledged[verb] = int(seq)
            process.kill()
            # What it had said before it died was acknowledged too.
            for line in process.stdout:
                verb, seq = line.split()
                acknowledged[verb] = int(seq)

        with SqliteMemory(path) as memory:
            journal = list(memory.load("m"))
            version = whole_steps(memory, "m")
            told = [e.input for e in memory.load("platform")]

        assert [e.seq for e in journal] == list(range(1, len(journal) + 1))
        assert acknowledged["accepted"] <= len(journal) <= acknowledged["accepted"] + 1
        assert acknowledged["committed"] <= version <= acknowledged["committed"] + 1
        assert len(told) == version


def killed_at(path: Path, number: int) -> None:
    """Commit two steps in this process, which ends at once before the statement with this number."""
    with SqliteMemory(path) as memory:
        writer, statements = memory._file._writer, itertools.count(1)
        assert writer is not None

        def run(sql: str) -> None:
            if next(statements) == number:
                os.kill(os.getpid(), signal.SIGKILL)

        writer.set_trace_callback(run)
        memory.commit("m", 1, [step("m", 2), attrs.evolve(step("m", 3), erasure=Erasure(pseudonym=ERASED, token="x"))])
        writer.set_trace_callback(None)


def test_a_process_killed_at_any_statement_of_a_commit_leaves_all_of_it_or_nothing(tmp_path: Path) -> None:
    start_of = multiprocessing.get_context("fork")
    outcomes: list[int] = []
    for number in itertools.count(1):
        path = tmp_path / f"{number}.db"
        with SqliteMemory(path, durability="off") as memory:
            memory.accept("m", [SignalReceived(at=START, signal=sample_signal(n, state=ERASED)) for n in (1, 2, 3)])
            memory.commit("m", 0, [step("m", 1)])
        process = start_of.Process(target=killed_at, args=(path, number))
        process.start()
        process.join()
        with SqliteMemory(path) as memory:
            outcomes.append(whole_steps(memory, "m"))
            states = {e.input.signal.state for e in memory.load("m") if isinstance(e.input, SignalReceived)}
            told = len(holds(memory, "platform"))

            assert states == ({"x"} if outcomes[-1] == 3 else {ERASED})
            assert told == outcomes[-1]
        if process.exitcode == 0:
            break
        assert process.exitcode == -signal.SIGKILL

    assert len(outcomes) > 40
    # Nothing until the COMMIT, everything after it.
    assert outcomes == sorted(outcomes)
    assert set(outcomes) == {1, 3}


def test_two_processes_write_their_partitions_into_one_file(tmp_path: Path) -> None:
    path = tmp_path / "journal.db"
    processes = [start("write", path, partition=p, count=60) for p in ("a", "b")]
    for process in processes:
        assert len(finish(process)) == 120

    with SqliteMemory(path) as memory:
        assert [whole_steps(memory, p) for p in ("a", "b")] == [60, 60]
        assert [e.seq for e in memory.load("platform")] == list(range(1, 121))


def test_of_two_processes_on_one_partition_each_step_has_one_winner(tmp_path: Path) -> None:
    path = tmp_path / "journal.db"
    with SqliteMemory(path) as memory:
        memory.accept("m", [SignalReceived(at=START, signal=sample_signal(n)) for n in range(1, 61)])
    processes = [start("compete", path, count=60) for _ in range(2)]
    said = [line for process in processes for line in finish(process)]

    assert sorted(int(seq) for verb, seq in said if verb == "committed") == list(range(1, 61))
    with SqliteMemory(path) as memory:
        assert whole_steps(memory, "m") == 60


def test_the_slower_of_two_programs_gets_a_conflict(tmp_path: Path) -> None:
    with SqliteMemory(tmp_path / "journal.db") as here:
        finish(start("write", tmp_path / "journal.db", count=1))
        before = [e.done for e in here.load("m")]
        (taken,) = here.accept("m", [SignalReceived(at=START, signal=sample_signal(9))])

        assert before == [True]
        with pytest.raises(Conflict, match="expected version 0 of partition 'm', found 1"):
            here.commit("m", 0, [StepRecord(seq=taken.seq)])


def test_many_processes_may_make_the_file_at_once(tmp_path: Path) -> None:
    for process in [start("open", tmp_path / "any.db", count=60) for _ in range(4)]:
        assert finish(process) == [["opened", "60"]]

    for n in range(60):
        with SqliteMemory(tmp_path / f"{n}.db") as memory:
            assert len({e.partition for e in memory.read("journal")}) == 4


def test_a_reader_sees_whole_steps_while_another_process_writes(tmp_path: Path) -> None:
    path = tmp_path / "journal.db"
    with SqliteMemory(path) as memory:
        process = start("write", path, count=150)
        seen = 0
        while process.poll() is None:
            entries = list(memory.load("m"))
            told = len(list(memory.load("platform")))
            done = [e.done for e in entries]

            assert [e.seq for e in entries] == list(range(1, len(entries) + 1))
            assert done == sorted(done, reverse=True)
            assert told >= sum(done) >= seen
            seen = sum(done)

        assert len(finish(process)) == 300
        assert whole_steps(memory, "m") == 150


def test_a_file_that_may_only_be_read_is_unavailable_for_writing() -> None:
    # Not pytest's directory: it is closed to the user that the other process becomes.
    with tempfile.TemporaryDirectory() as directory:
        path = Path(directory) / "journal.db"
        with SqliteMemory(path) as memory:
            memory.accept("m", [SignalReceived(at=START, signal=sample_signal(1))])
        path.chmod(0o444)
        Path(directory).chmod(0o555)
        said = finish(start("forbidden", path))
        Path(directory).chmod(0o755)

        assert said[0][0] == "unavailable"
        assert said[0][-1] == str(path)


def test_a_full_disk_refuses_the_write_and_keeps_what_was_stored(tmp_path: Path) -> None:
    path = tmp_path / "journal.db"
    said = finish(start("full", path, count=300_000))
    stored = sum(verb == "accepted" for verb, *_ in said) - 1
    refusal, held, after = said[stored:]

    assert refusal[0] == "unavailable"
    assert held == ["held", str(stored)]
    assert after == ["accepted", str(stored + 1)]
    with SqliteMemory(path) as memory:
        assert [e.seq for e in memory.load("m")] == list(range(1, stored + 2))
