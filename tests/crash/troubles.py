"""
What goes wrong around a process that stays alive: a full disk, a locked file, a clock that is set, a second agent.

Each trouble is one function; ``python -m tests.crash.troubles NAME`` runs it in a process of its own, because some take
away what the whole process may do.
"""

from __future__ import annotations

import os
import re
import resource
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import attrs
import pytest

from migro.errors import StoreUnavailable
from migro.models import Signal

from .checks import problems_of_ending
from .comparison import Records, differences, lost, records_of
from .receiver import acted
from .scenario import STEPS, Step
from .stage import Stage, book_of, file_of

__all__ = ["TROUBLES"]

SOME = STEPS[:130]
"""Enough of the scenario: everything that it has happens in it."""

NOBODY = 65534

ATTEMPTS = 3
"""How often a step is offered in vain before the trouble ends."""


def _played(place: Path, steps: tuple[Step, ...] = SOME, stage: Stage | None = None) -> Stage:
    place.mkdir(exist_ok=True)
    stage = stage or Stage(place)
    for number, step in enumerate(steps):
        stage.do(number, step)
    return stage


def _same(expected: Stage, found: Stage, *, repeats: int) -> None:
    """Check that two runs ended equal, and that the receiver did everything once in both."""
    one, other = (records_of(s.memory.memory) for s in (expected, found))

    _none(differences(one, other, repeats=repeats))
    assert acted(book_of(expected.place)) == acted(book_of(found.place))
    assert set(acted(book_of(found.place)).values()) == {1}
    _none(problems_of_ending(found))


def _none(problems: Iterable[str]) -> None:
    found = list(problems)

    assert found == [], "\n".join(found[:20])


def _offered(stage: Stage, number: int, step: Step, before: Records) -> str:
    """Offer a step that may be refused, see that nothing is lost by it, and return why it was; empty if it was not."""
    why = ""
    try:
        stage.do(number, step)
    except StoreUnavailable as e:
        why = str(e)
    forgotten = step.target if step.verb == "erase" else ""
    _none(lost(before, records_of(stage.memory.memory), forgotten=forgotten))
    return why


# --- the disk --------------------------------------------------------------------------------------------------------


@contextmanager
def _full_disk(place: Path) -> Iterator[None]:
    """Let no file grow further than the largest one is; Python has told the system to answer with an error."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    largest = max(p.stat().st_size for p in place.glob(f"{file_of(place).name}*"))
    resource.setrlimit(resource.RLIMIT_FSIZE, (largest, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def full_disk(place: Path) -> None:
    """The disk is full, several times and each time for several attempts; then there is room again."""
    expected, refused = _played(place / "expected"), 0
    (place / "found").mkdir()
    stage = Stage(place / "found")
    for number, step in enumerate(SOME):
        # Not where the file is opened anew: opening makes room by taking the log in.
        if number % 9 == 5 and step.verb in ("handle", "tick", "drain", "halt", "withdraw", "answer"):
            before = records_of(stage.memory.memory)
            with _full_disk(stage.place):
                # A step may find room in what the file has, or have nothing to store.
                said = [_offered(stage, number, step, before) for _ in range(ATTEMPTS)]
            refused += sum(bool(why) for why in said)
            assert all(str(file_of(stage.place)) in why for why in said if why)
        stage.do(number, step)
    _same(expected, stage, repeats=3 * ATTEMPTS)
    assert refused > 2 * ATTEMPTS
    print(f"{refused} attempts on a full disk")


# --- the file --------------------------------------------------------------------------------------------------------

_HOLD = """
import sqlite3, sys
connection = sqlite3.connect(sys.argv[1], isolation_level=None)
connection.execute("BEGIN IMMEDIATE")
print("locked", flush=True)
sys.stdin.readline()
connection.execute("ROLLBACK")
"""


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    """Let another process hold the file's write lock."""
    other = subprocess.Popen(
        [sys.executable, "-c", _HOLD, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert other.stdout is not None
    assert other.stdout.readline() == "locked\n"
    try:
        yield
    finally:
        other.communicate("done\n")


def locked_file(place: Path) -> None:
    """Another program locks the file for several times as long as the memory waits; reading goes on."""
    expected = _played(place / "expected")
    (place / "found").mkdir()
    stage = Stage(place / "found", busy_timeout_s=1)
    for number, step in enumerate(SOME):
        if number in (8, 22, 29):
            before = records_of(stage.memory.memory)
            with _locked(file_of(stage.place)):
                for _ in range(ATTEMPTS):
                    said = _offered(stage, number, step, before)
                    assert "locked" in said
                    assert str(file_of(stage.place)) in said
        stage.do(number, step)
    _same(expected, stage, repeats=3 * ATTEMPTS)


def forbidden_directory(place: Path) -> None:
    """Somebody closes the directory between two runs; once it is open again, everything goes on."""
    expected = _played(place / "expected")
    found = place / "found"
    found.mkdir()
    for path in (place, found):
        os.chown(path, NOBODY, NOBODY) if os.geteuid() == 0 else None
        path.chmod(0o755)
    if os.geteuid() == 0:
        # The superuser may write anywhere, so stop being it.
        os.seteuid(NOBODY)
    stage = _played(found, SOME[:40])
    stage.close()
    found.chmod(0o555)
    file_of(found).chmod(0o444)
    _says_that_it_cannot(stage, 40, Step(verb="restart", at=SOME[40].at))
    file_of(found).chmod(0o644)
    found.chmod(0o755)
    stage.do(40, Step(verb="restart", at=SOME[40].at))
    for number, step in enumerate(SOME[40:], 40):
        stage.do(number, step)
    os.seteuid(os.getuid())
    _same(expected, stage, repeats=1)


def deleted_file(place: Path) -> None:
    """The file is deleted under a running agent: it says so, and goes on writing nowhere."""
    stage = _played(place / "found", SOME[:40])
    for path in stage.place.glob(f"{file_of(stage.place).name}*"):
        path.unlink()
    for number in (40, 41):
        _says_that_it_cannot(stage, number, SOME[number])
    assert not file_of(stage.place).exists()


def replaced_file(place: Path) -> None:
    """Another file is put in the place of the agent's: it says so, and touches neither."""
    stage = _played(place / "found", SOME[:40])
    other = _played(place / "other", SOME[:20])
    other.close()
    theirs = file_of(other.place).read_bytes()
    shutil.copy(file_of(other.place), place / "copy.db")
    (place / "copy.db").rename(file_of(stage.place))
    for number in (40, 41):
        _says_that_it_cannot(stage, number, SOME[number])
    assert file_of(stage.place).read_bytes() == theirs


def _says_that_it_cannot(stage: Stage, number: int, step: Step) -> None:
    with pytest.raises(StoreUnavailable, match=re.escape(str(file_of(stage.place)))):
        stage.do(number, step)


# --- the clock -------------------------------------------------------------------------------------------------------


def _at(step: Step, by: int) -> Step:
    """Return a step on a machine whose clock is `by` seconds off."""
    received = [s.received_at + timedelta(seconds=by) for s in step.signals]
    signals = (
        Signal.from_data({**s.model_dump(mode="json"), "received_at": at})
        for s, at in zip(step.signals, received, strict=True)
    )
    return attrs.evolve(step, at=step.at + by, signals=tuple(signals) if by else step.signals)


def _set_clock(place: Path, by: int) -> None:
    # People answer what waits; when that is, is what the clock changes.
    calm = [s for n, s in enumerate(SOME) if n < 30 or s.verb != "answer"]
    steps = tuple(_at(s, by) if 30 <= n < 90 else s for n, s in enumerate(calm))
    straight = _played(place / "straight", steps)
    (place / "restarted").mkdir()
    stage = Stage(place / "restarted")
    for number, step in enumerate(steps):
        stage.do(number, step)
        if number % 3 == 1:
            stage.do(number, Step(verb="restart", at=step.at))
    _same(straight, stage, repeats=0)
    fired = [t for lines in records_of(stage.memory.memory).journal.values() for line in lines for t in line.timers]
    assert len(fired) > 20
    assert len(fired) == len(set(fired))
    for partition in ("merchant:m_1", "merchant:m_2", "platform"):
        decided = [d.at for d in stage.memory.read("decisions", partition=partition)]
        assert decided == sorted(decided)


def clock_forward(place: Path) -> None:
    """The clock is an hour ahead for a while."""
    _set_clock(place, 3600)


def clock_back(place: Path) -> None:
    """The clock is an hour behind for a while."""
    _set_clock(place, -3600)


# --- two agents ------------------------------------------------------------------------------------------------------


def two_agents_in_turns(place: Path) -> None:
    """Two agents on one file take turns at the steps; each sees what the other has done."""
    # A halt reaches the shops that an agent has at hand at once and the others with their next input: another order.
    steps = tuple(s for s in SOME if s.verb not in ("halt", "resume", "mode"))
    expected = _played(place / "expected", steps)
    (place / "found").mkdir()
    two = (Stage(place / "found"), Stage(place / "found"))
    for number, step in enumerate(steps):
        for n, stage in enumerate(two):
            if step.verb in ("open", "configure") or n == number % 2:
                stage.do(number, step)
    _same(expected, two[0], repeats=0)


def two_agents_at_everything(place: Path) -> None:
    """Two agents on one file are both told everything: one set of decisions, every action executed once."""
    expected = _played(place / "expected")
    (place / "found").mkdir()
    two = (Stage(place / "found"), Stage(place / "found"))
    for number, step in enumerate(SOME):
        for stage in two:
            stage.do(number, step)
    _same(expected, two[1], repeats=len(SOME))


TROUBLES: dict[str, Callable[[Path], None]] = {
    f.__name__: f
    for f in (
        full_disk,
        locked_file,
        forbidden_directory,
        deleted_file,
        replaced_file,
        clock_forward,
        clock_back,
        two_agents_in_turns,
        two_agents_at_everything,
    )
}


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as name:
        TROUBLES[sys.argv[1]](Path(name))
    print(sys.argv[1], "done")
