"""
Rule engines side by side: the same events through migro and its peers, each in an environment of its own.

Run it from the repository, on a quiet machine::

    python -m tests.benchmarks.peers
    python -m tests.benchmarks.peers --only join,negation --rounds 9
    python -m tests.benchmarks.peers --page docs/explanation/peers.md

The first run installs the peers. What an engine finds is compared with a plain reading of the rules before anything is
timed; time is that of the processor, of all threads of an engine's process. Rounds are interleaved, and the figures are
medians. With ``--page`` the table and the plot of a page are made anew.
"""

from __future__ import annotations

import argparse
import os
from pathlib import Path

from .environments import MIGRO, PEERS
from .measuring import Figures, measure
from .report import plot, replaced, table
from .workloads import WORKLOADS


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=7, help="how often each does each workload (default: 7)")
    parser.add_argument("--seed", type=int, default=1, help="of the events (default: 1)")
    parser.add_argument("--scale", type=float, default=1.0, help="multiplies the number of events (default: 1)")
    parser.add_argument("--only", default=",".join(WORKLOADS), help="names of workloads (default: all)")
    parser.add_argument(
        "--peers", default=",".join(p.name for p in PEERS if "," not in p.name), help="whom (default: all)"
    )
    parser.add_argument(
        "--environments", type=Path, default=Path(".nox/peers-environments"), help="where to install them"
    )
    parser.add_argument("--limit", type=float, default=300, help="seconds to wait for an engine (default: 300)")
    parser.add_argument("--page", type=Path, help="a page whose table and plot are replaced")
    arguments = parser.parse_args()
    names, wanted = arguments.only.split(","), {MIGRO.name, *arguments.peers.split(",")}
    if unknown := [n for n in names if n not in WORKLOADS]:
        parser.error(f"expected some of {', '.join(WORKLOADS)}, got {', '.join(unknown)}")
    peers = [p for p in PEERS if wanted & {p.name, p.name.partition(",")[0]}]
    load = os.getloadavg()[0]
    figures = Figures()
    for said in measure(
        peers,
        names=names,
        where=arguments.environments.absolute(),
        rounds=arguments.rounds,
        seed=arguments.seed,
        scale=arguments.scale,
        limit=arguments.limit,
    ):
        if isinstance(said, Figures):
            figures = said
        else:
            print(said, flush=True)
    text = table(figures, peers, rounds=arguments.rounds, seed=arguments.seed, load=(load, os.getloadavg()[0]))
    print(f"\n{text}")
    if arguments.page is not None:
        page = arguments.page.read_text(encoding="utf-8")
        arguments.page.write_text(replaced(page, text), encoding="utf-8")
        plot(figures, peers, arguments.page.with_suffix(".svg"))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
