"""
The crash matrix: at every boundary of every step the process is killed, and another one goes on with what is left.

A worker plays the scenario as an agent that is never interrupted. Before each step it puts the files aside; then, for
one boundary of the step after the other, a child with the same warm agent works on a copy and is killed there. Another
child, with nothing but what lies on the disk, opens the copy: what was acknowledged has to be there. It offers the step
again and plays the scenario to its end, unless an earlier crash has left exactly the same behind.
"""

from __future__ import annotations

import gc
import json
import os
import shutil
import signal
import sys
import traceback
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NoReturn

import attrs

from migro.models import ActionStatus

from .boundaries import Boundaries
from .checks import problems_of_ending
from .comparison import Records, differences, lost, records_of, signature_of
from .receiver import acted
from .scenario import STEPS, Configuration
from .stage import Stage, book_of, file_of

__all__ = ["Finding", "Tally", "Uninterrupted", "play", "run"]

ASIDE = 1
"""How many inputs a partition may hold twice beside those that are offered again: a dispatcher's question."""


@attrs.frozen(kw_only=True)
class Uninterrupted:
    """
    How the scenario ends when nobody is killed.

    Attributes:
        executed: How often the receiver acted, by key.
    """

    records: Records
    executed: Counter[str]


@attrs.frozen(kw_only=True)
class Finding:
    """What went wrong after a crash at a boundary of a step."""

    step: int
    boundary: int
    what: str


@attrs.define
class Tally:
    """
    What was done.

    Attributes:
        boundaries: How many there are in the scenario, all or those of the steps that were looked at.
        kinds: The same by kind.
        kills: Processes killed by SIGKILL.
        finished: Crashes after which the scenario was played to its end.
        known: Crashes that left the same behind as an earlier one.
    """

    boundaries: int = 0
    kinds: Counter[str] = attrs.Factory(Counter)
    kills: int = 0
    finished: int = 0
    known: int = 0
    findings: list[Finding] = attrs.Factory(list)

    def add(self, other: Tally) -> None:
        """Count what another worker did."""
        self.boundaries += other.boundaries
        self.kinds += other.kinds
        self.kills += other.kills
        self.finished += other.finished
        self.known += other.known
        self.findings += other.findings


def play(place: Path) -> Uninterrupted:
    """Play the scenario without a crash, and return how it ends."""
    stage = Stage(place)
    for number, step in enumerate(STEPS):
        stage.do(number, step)
    return _ending(stage)


def _ending(stage: Stage) -> Uninterrupted:
    return Uninterrupted(records=records_of(stage.memory.memory), executed=acted(book_of(stage.place)))


def run(
    place: Path,
    uninterrupted: Uninterrupted,
    *,
    every: int,
    worker: int,
    workers: int,
    all_of: bool,
    among: str = "",
    only: int | None = None,
) -> Tally:
    """
    Kill a process at boundaries of the scenario, and return what came of it.

    Args:
        every: Of the scenario's boundaries in their order, every so many-th.
        worker, workers: Which part of the steps is this worker's.
        all_of: Whether every crash is played to its end, also where an earlier one has left the same behind.
        among: Only boundaries with this in their kind.
        only: Only this boundary of each step.
    """
    player = _Worker(place, uninterrupted, every, worker, workers, all_of, Boundaries(among))
    player.only = only
    return player.run()


class _Worker:
    def __init__(
        self,
        place: Path,
        uninterrupted: Uninterrupted,
        every: int,
        worker: int,
        workers: int,
        all_of: bool,
        boundaries: Boundaries,
    ) -> None:
        self.place = place
        self.uninterrupted = uninterrupted
        self.every = every
        self.worker = worker
        self.workers = workers
        self.all_of = all_of
        self.tally = Tally()
        self.seen: set[str] = set()
        self.boundaries = boundaries
        self.only: int | None = None
        self.configuration: Configuration = "first"

    def run(self) -> Tally:
        # A child shares what this process has in memory, as long as nobody touches it: a collection touches everything.
        gc.collect()
        gc.freeze()
        home, aside = self.place / "home", self.place / "aside"
        home.mkdir()
        with self.boundaries.inside_transactions():
            stage = Stage(home, meet=self.boundaries.meet)
            for number, step in enumerate(STEPS):
                if number % self.workers == self.worker:
                    stage.close()
                    _copy(home, aside)
                    self._crash_in(number, stage, aside)
                    if number:
                        stage.move(home)
                stage.do(number, step)
                self.configuration = step.configuration if step.verb == "configure" else self.configuration
            stage.close()
        return self.tally

    def _crash_in(self, number: int, stage: Stage, aside: Path) -> None:
        """Kill a process at the boundaries of one step, until one gets to its end."""
        work = self.place / "work"
        # The stride goes on over the steps of this worker, so that it meets every kind of boundary.
        fatal = self.only or self.every - self.tally.boundaries % self.every
        while True:
            _copy(aside, work)
            outcome = _child(lambda: self._victim(number, stage, work, fatal), work / "met.json")  # noqa: B023
            if outcome is not None:
                met = Counter[str](outcome)
                self.tally.boundaries += met.total()
                self.tally.kinds += met
                return
            self.tally.kills += 1
            self._after(number, fatal, work)
            if self.only:
                return
            fatal += self.every

    def _victim(self, number: int, stage: Stage, work: Path, fatal: int) -> dict[str, int]:
        if number:
            stage.move(work)
        else:
            stage.place = work
        self.boundaries.arm(fatal)
        stage.do(number, STEPS[number])
        return dict(self.boundaries.kinds)

    def _after(self, number: int, boundary: int, work: Path) -> None:
        outcome = _child(lambda: self._successor(number, work), work / "outcome.json")
        found = ["the process that went on was killed"] if outcome is None else outcome["problems"]
        self.tally.findings += (Finding(step=number, boundary=boundary, what=what) for what in found)
        if outcome is None:
            return
        if not self.all_of:
            self.seen.add(outcome["signature"])
        self.tally.known += not outcome["finished"]
        self.tally.finished += outcome["finished"]

    def _successor(self, number: int, work: Path) -> dict[str, Any]:
        """Be the process after the crash."""
        stage = Stage(work)
        stage.open()
        book = sorted(acted(book_of(work)).items())
        signature = signature_of(file_of(work), str(number), str(book))
        if signature in self.seen:
            return {"signature": signature, "finished": False, "problems": []}
        problems: list[str] = []
        if number:
            forgotten = STEPS[number].target if STEPS[number].verb == "erase" else ""
            before = Stage(self.place / "aside")
            before.open()
            acknowledged, found = (records_of(s.memory.memory) for s in (before, stage))
            before.close()
            problems += lost(acknowledged, found, forgotten=forgotten)
        stage.start(self.configuration)
        for n, step in enumerate(STEPS[number:], number):
            stage.do(n, step)
        problems += _wrong(self.uninterrupted, stage, turn=number)
        return {"signature": signature, "finished": True, "problems": problems}


def _wrong(uninterrupted: Uninterrupted, stage: Stage, *, turn: int) -> Iterator[str]:
    ending = _ending(stage)
    again = max(1, len(STEPS[turn].signals))
    yield from differences(uninterrupted.records, ending.records, repeats=again + ASIDE)
    for key in sorted({*uninterrupted.executed, *ending.executed}):
        if ending.executed[key] > 1:
            yield f"{key} was executed {ending.executed[key]} times"
        elif ending.executed[key] != uninterrupted.executed[key]:
            yield f"{key} was executed {ending.executed[key]} times, expected {uninterrupted.executed[key]}"
    yield from (f"alarm: {line}" for line in stage.alarms if not _of_a_failure(line, stage))
    yield from problems_of_ending(stage, turn=turn)


def _of_a_failure(line: str, stage: Stage) -> bool:
    """Whether an alarm tells of an action that failed because its receiver did, as some of the scenario do."""
    failed = (a for a in stage.memory.memory.read("actions") if a.status is ActionStatus.FAILED)
    return any(line.startswith(f"migro: {a.kind} -> {a.target} for {a.issue} failed: Receiver raised") for a in failed)


def _copy(source: Path, target: Path) -> None:
    shutil.rmtree(target, ignore_errors=True)
    shutil.copytree(source, target)


def _child(work: Callable[[], Any], result: Path) -> Any:
    """Do something in a child process and return what it returns, as JSON; None if it was killed."""
    pid = os.fork()
    if pid == 0:
        _be_child(work, result)
    _, status = os.waitpid(pid, 0)
    if os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL:
        return None
    if status:
        raise RuntimeError(f"expected a child that ends well, got status {status}: see its traceback above")
    return json.loads(result.read_text())


def _be_child(work: Callable[[], Any], result: Path) -> NoReturn:
    try:
        result.write_text(json.dumps(work()))
    except BaseException:
        traceback.print_exc()
        sys.stderr.flush()
        os._exit(1)
    # No clean-up: what this process has inherited belongs to its parent.
    os._exit(0)
