"""Measuring: every engine does the same workload in turn, once what they find has been compared."""

from __future__ import annotations

import json
import queue
import subprocess
import threading
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Any, Protocol

from .environments import MIGRO, Missing, Peer, environment_of, python_for
from .workloads import WORKLOADS, digest, expected, made

__all__ = ["Cell", "Figures", "compared", "measure"]

_ROOT = Path(__file__).resolve().parents[3]


@dataclass
class Cell:
    """One engine on one workload: seconds of each round, or why there are none."""

    events: int = 0
    firings: int = 0
    seconds: list[float] = field(default_factory=list)
    reason: str = ""

    @property
    def rate(self) -> float:
        """Events a second of processor time: the median of the rounds."""
        return self.events / median(self.seconds)

    def ratio(self, other: Cell) -> float:
        """How many times the rate of another this one has: the median over rounds that followed each other."""
        return median(theirs / mine for mine, theirs in zip(self.seconds, other.seconds, strict=True))


@dataclass
class Figures:
    """All cells by workload and peer, and the versions of what was run."""

    cells: dict[str, dict[str, Cell]] = field(default_factory=dict)
    versions: dict[str, str] = field(default_factory=dict)
    missing: dict[str, str] = field(default_factory=dict)


class Asked(Protocol):
    """What answers requests."""

    def ask(self, *asked: Any) -> dict[str, Any]:
        """Return the answer to a request; raises `Missing` where there is none."""
        ...


class Process:
    """A worker; see `worker`."""

    def __init__(self, peer: Peer, python: Path, limit: float) -> None:
        words = ["-m", "tests.benchmarks.peers.worker", peer.module, peer.engine, peer.distribution]
        self.limit = limit
        self.process = subprocess.Popen(
            [str(python), *words],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            cwd=_ROOT,
            env=environment_of(_ROOT),
        )
        self.answers: queue.Queue[str] = queue.Queue()
        # Waiting for a line has no time limit of its own, and one of the engines is known to hang.
        threading.Thread(target=self._listen, daemon=True).start()

    def _listen(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.answers.put(line)
        self.answers.put("")

    def hear(self) -> dict[str, Any]:
        """
        Return the next answer.

        Raises:
            Missing: If there is none: the process has ended, or says nothing for too long.
        """
        try:
            line = self.answers.get(timeout=self.limit)
        except queue.Empty:
            self.process.kill()
            raise Missing(f"no answer within {self.limit:.0f} s") from None
        if not line:
            raise Missing(f"ended with code {self.process.wait()}")
        answer: dict[str, Any] = json.loads(line)
        if "failed" in answer:
            raise Missing(answer["failed"])
        return answer

    def ask(self, *asked: Any) -> dict[str, Any]:
        """Send a request, and return its answer; raises as `hear` does."""
        assert self.process.stdin is not None
        try:
            print(json.dumps(asked), file=self.process.stdin, flush=True)
        except BrokenPipeError:
            raise Missing(f"ended with code {self.process.wait()}") from None
        return self.hear()

    def close(self) -> None:
        self.process.kill()
        self.process.wait()


@contextmanager
def _started(
    peers: Sequence[Peer], where: Path, limit: float, figures: Figures
) -> Iterator[dict[str, tuple[Process, int]]]:
    with ExitStack() as stack:
        found = {}
        for peer in peers:
            try:
                process = Process(peer, python_for(peer, where), limit)
                stack.callback(process.close)
                hello = process.hear()
            except Missing as e:
                figures.missing[peer.name] = str(e)
                continue
            figures.versions[peer.name] = f"{peer.distribution} {hello['version']} on Python {hello['python']}"
            found[peer.name] = process, hello["warm_up"]
        yield found


def measure(
    peers: Sequence[Peer], *, names: Sequence[str], where: Path, rounds: int, seed: int, scale: float, limit: float
) -> Iterator[str | Figures]:
    """
    Yield a line about what is being done now and then, and the figures at last.

    Args:
        where: A directory for the peers' environments.
        scale: What the number of events is multiplied with.
        limit: Seconds after which an engine that says nothing is given up.
    """
    figures = Figures()
    with _started(peers, where, limit, figures) as processes:
        for name in names:
            size = max(1, int(WORKLOADS[name][1] * scale))
            cells = figures.cells[name] = {p.name: Cell(events=size) for p in peers}
            right = expected(made(name, size=size, seed=seed))
            yield f"{name}: {size} events, {len(right)} firings"
            able = []
            for peer in peers:
                cell = cells[peer.name]
                cell.reason = peer.lacks.get(name, "") or figures.missing.get(peer.name, "")
                if not cell.reason:
                    cell.reason = compared(*processes[peer.name], (name, size, seed), digest(right), cell)
                if cell.reason:
                    yield f"  {peer.name}: not run: {cell.reason}"
                else:
                    able.append(peer.name)
            for number in range(rounds):
                # Each begins as often as the others, so that none always follows the same one.
                for peer_name in able[number % len(able) :] + able[: number % len(able)]:
                    cell = cells[peer_name]
                    try:
                        answer = processes[peer_name][0].ask(name, size, seed)
                    except Missing as e:
                        cell.reason = figures.missing[peer_name] = str(e)
                        able = [n for n in able if n != peer_name]
                        continue
                    if answer["digest"] != digest(right):
                        cell.reason = "found something else in a later round"
                    cell.seconds.append(answer["seconds"])
            mine = cells[MIGRO.name]
            for peer_name in able:
                cell = cells[peer_name]
                if not cell.reason:
                    yield f"  {peer_name}: {cell.rate:,.0f} events/s, {cell.ratio(mine):.2f} times migro"
    yield figures


def compared(process: Asked, warm_up: int, asked: tuple[str, int, int], right: str, cell: Cell) -> str:
    """Run a workload until the engine is warm, and return what is wrong with it, or nothing."""
    for _ in range(warm_up):
        try:
            answer = process.ask(*asked)
        except Missing as e:
            return str(e)
        if answer["digest"] != right:
            return f"found something else: {answer['firings']} firings"
    cell.firings = answer["firings"]
    return ""
