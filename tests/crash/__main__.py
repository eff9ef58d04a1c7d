"""
``python -m tests.crash``: kill a process at every boundary of the scenario and see that nothing is lost.

Usage::

    python -m tests.crash [--every N] [--among KIND] [--all] [--workers N]
    python -m tests.crash --step N [--boundary N]   this one again, with every finding
    python -m tests.crash races                     everybody at at full size
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

import attrs

from . import races
from .matrix import Finding, Tally, play, run
from .scenario import STEPS

SHOWN = 10
"""How many crashes with findings are shown."""


def matrix(place: Path, *, every: int, workers: int, all_of: bool, among: str = "") -> Tally:
    """Run the matrix with several workers and return what they did together."""
    (place / "uninterrupted").mkdir()
    uninterrupted = play(place / "uninterrupted")
    pids: list[int] = []
    for worker in range(workers):
        own = place / str(worker)
        own.mkdir()
        pid = os.fork()
        if pid == 0:
            code = 1
            try:
                who = {"worker": worker, "workers": workers}
                tally = run(own, uninterrupted, every=every, all_of=all_of, among=among, **who)
                (own / "tally.json").write_text(json.dumps(attrs.asdict(tally)))
                code = 0
            finally:
                os._exit(code)
        pids.append(pid)
    whole = Tally()
    ended = [os.waitpid(pid, 0)[1] for pid in pids]
    for worker, status in enumerate(ended):
        if status:
            raise SystemExit(f"worker {worker} ended with status {status}")
        data = json.loads((place / str(worker) / "tally.json").read_text())
        findings = [Finding(**f) for f in data.pop("findings")]
        whole.add(Tally(**{**data, "kinds": Counter(data["kinds"])}, findings=findings))
    return whole


def step_alone(place: Path, given: argparse.Namespace) -> Tally:
    """Crash in one step, at one boundary or at all of them, print every finding, and return what was done."""
    for name in ("uninterrupted", "own"):
        (place / name).mkdir()
    which = {"every": given.every, "among": given.among, "all_of": given.all, "only": given.boundary}
    uninterrupted = play(place / "uninterrupted")
    tally = run(place / "own", uninterrupted, worker=given.step, workers=len(STEPS), **which)
    for finding in tally.findings:
        print(f"boundary {finding.boundary}: {finding.what}")
    return tally


def report(tally: Tally, seconds: float) -> None:
    """Print what was done; the last lines are the counts."""
    crashes: dict[tuple[int, int], list[str]] = {}
    for finding in tally.findings:
        crashes.setdefault((finding.step, finding.boundary), []).append(finding.what)
    for (number, boundary), found in sorted(crashes.items())[:SHOWN]:
        print(f"step {number} ({STEPS[number].verb}), boundary {boundary}: {len(found)} findings, such as {found[0]}")
    print("boundaries by kind:", ", ".join(f"{kind} {n}" for kind, n in sorted(tally.kinds.items())))
    print(f"steps {len(STEPS)}, boundaries {tally.boundaries}, seconds {seconds:.0f}")
    print(f"killed {tally.kills}, played to the end {tally.finished}, same as an earlier crash {tally.known}")
    print(f"crashes with findings {len(crashes)}, findings {len(tally.findings)}")


def race() -> int:
    """Run the races at full size and print how they ended."""
    settled = True
    for runners, compete, called in ((32, races.threads, "threads"), (4, races.processes, "processes")):
        with tempfile.TemporaryDirectory() as place:
            ended = compete(Path(place), runners=runners, count=1000)
        counts = [i.signals for i in ended.issues]
        settled = settled and counts == [ended.signals] and set(ended.executed.values()) == {1} and ended.redecided
        settled = settled and ended.stored == (ended.signals, ended.deliveries - ended.signals)
        print(f"{runners} {called}: {ended.deliveries} deliveries of {ended.signals} signals, wall {ended.wall:.0f} s")
        print(f"  CPU {ended.cpu:.0f} s, issues {len(counts)}, signals counted {counts}, stored {ended.stored}")
        print(f"  actions executed {dict(ended.executed)}, decisions folded again are equal: {ended.redecided}")
    return 0 if settled else 1


def main() -> int:
    """Read the command line and do it."""
    parser = argparse.ArgumentParser(prog="python -m tests.crash", description=__doc__)
    parser.add_argument("what", nargs="?", choices=["matrix", "races"], default="matrix")
    parser.add_argument("--every", type=int, default=1, help="of the boundaries in their order, every so many-th")
    parser.add_argument("--among", default="", help="only boundaries with this in their kind, such as 'snapshots'")
    parser.add_argument("--all", action="store_true", help="play every crash to the end, also a known one")
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--step", type=int)
    parser.add_argument("--boundary", type=int)
    given = parser.parse_args()
    if given.what == "races":
        return race()
    started = time.monotonic()
    with tempfile.TemporaryDirectory() as name:
        place = Path(name)
        if given.step is None:
            tally = matrix(place, every=given.every, workers=given.workers, all_of=given.all, among=given.among)
        else:
            tally = step_alone(place, given)
    report(tally, time.monotonic() - started)
    return 1 if tally.findings else 0


if __name__ == "__main__":
    sys.exit(main())
