"""
A process that writes until it is stopped: run by the tests beside it, never imported.

Usage: ``writing_process.py ROLE PATH PARTITION COUNT``. After each call that returned it prints one line, so whoever
reads knows what was acknowledged.
"""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path

from migro.errors import Conflict, StoreUnavailable
from migro.models import IssueChanged, SignalReceived, StepRecord, TimerFired
from migro.remember import SqliteMemory
from migro.testing import START, sample_action, sample_decision, sample_issue, sample_signal, sample_snapshot

NOBODY = 65534


def say(*words: object) -> None:
    print(*words, flush=True)


def received(partition: str, number: int) -> SignalReceived:
    return SignalReceived(at=START, signal=sample_signal(number, merchant=partition))


def step(partition: str, seq: int) -> StepRecord:
    """A step whose every part names its input, so that half of one would be seen."""
    mark = f"{partition}_{seq}"
    issue = sample_issue(f"iss_{mark}")
    return StepRecord(
        seq=seq,
        issues=(issue,),
        decisions=(sample_decision(f"dec_{mark}"),),
        actions=(sample_action(f"act_{mark}"),),
        timers=(TimerFired(what="rule", name=mark, key=(), deadline=START, late_by=seq),),
        due=START,
        snapshots=(sample_snapshot(seq, partition=partition),),
        shadow=(sample_decision(f"dec_{mark}", because="a candidate"),),
        emitted=(("platform", IssueChanged(at=START, issue=issue, decision=f"dec_{mark}")),),
    )


def write(memory: SqliteMemory, partition: str, count: int) -> None:
    """Accept and consume one input after the other, from where the file stands."""
    seq = sum(1 for _ in memory.load(partition))
    version = sum(e.done for e in memory.load(partition))
    while version < seq:
        version += 1
        memory.commit(partition, version - 1, [step(partition, version)])
        say("committed", version)
    for _ in range(count):
        (taken,) = memory.accept(partition, [received(partition, seq + 1)])
        seq = taken.seq
        say("accepted", seq)
        memory.commit(partition, seq - 1, [step(partition, seq)])
        say("committed", seq)


def compete(memory: SqliteMemory, partition: str, count: int) -> None:
    """Consume what is pending, although somebody else does the same."""
    while (version := sum(e.done for e in memory.load(partition))) < count:
        try:
            memory.commit(partition, version, [step(partition, version + 1)])
        except Conflict as e:
            say("conflict", e.found)
        else:
            say("committed", version + 1)


def open_many(path: Path, count: int) -> None:
    """Make one file after the other, each at about the same time as the other processes do."""
    for n in range(count):
        with SqliteMemory(path.with_name(f"{n}.db")) as memory:
            memory.accept(f"p_{os.getpid()}", [received("p", n)])
    say("opened", count)


def write_without_permission(path: Path) -> None:
    """Try to write to a file that may only be read; the superuser may do everything, so stop being it first."""
    with tempfile.TemporaryDirectory() as directory, SqliteMemory(Path(directory) / "journal.db") as memory:
        # Whatever Python imports late has to be imported now: nobody may not even read the interpreter's files.
        memory.accept("m", [received("m", 1)])
    if os.geteuid() == 0:
        os.setuid(NOBODY)
    try:
        with SqliteMemory(path) as memory:
            memory.accept("m", [received("m", 1)])
    except StoreUnavailable as e:
        say("unavailable", e)


def write_until_full(path: Path, count: int) -> None:
    """Fill the disk, which here ends after `count` bytes of a file, then get room again."""
    import resource

    with SqliteMemory(path) as memory:
        before = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (count, before[1]))
        number = 0
        try:
            while True:
                number += 1
                memory.accept("m", [received("m", number)])
                say("accepted", number)
        except StoreUnavailable as e:
            say("unavailable", e)
        say("held", sum(1 for _ in memory.load("m")))
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        (taken,) = memory.accept("m", [received("m", number)])
        say("accepted", taken.seq)


def main(role: str, path: Path, partition: str, count: int) -> None:
    match role:
        case "open":
            open_many(path, count)
        case "forbidden":
            write_without_permission(path)
        case "full":
            write_until_full(path, count)
        case _:
            with SqliteMemory(path, busy_timeout_s=30) as memory:
                (write if role == "write" else compete)(memory, partition, count)


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), sys.argv[3], int(sys.argv[4]))
