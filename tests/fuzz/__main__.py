"""
``python -m tests.fuzz``: give every parser broken and hostile payloads, and see that it stands.

Usage::

    python -m tests.fuzz [--seconds N] [--seed S] [--target NAME]

Payloads of every format are mutated, as JSON (numbers as strings, huge ids, NaN, the year 0001, deep nesting, halves of
surrogate pairs, names twice, placeholders, text that runs backwards) and as bytes, with personal data planted into
them. Whatever breaks a law is made smaller and kept in ``tests/fuzz/corpus``, which the tests play again. The same
seed gives the same cases.

Hypothesis makes values from nothing and gives a few hundred cases a second; here whole payloads are what is broken,
and the walk through a normaliser takes as long as making the case. Atheris, which steers by coverage, has wheels for
Linux alone.
"""

from __future__ import annotations

import argparse
import time
from collections import Counter
from pathlib import Path
from random import Random

from .cases import CORPUS, Case, kept
from .generation import made
from .laws import Broken
from .planting import carries
from .reduction import reduced
from .targets import TARGETS, broken

MEASURED = 50
"""Every so many cases memory is looked at, which takes longer."""


def smaller(case: Case, found: Broken) -> Case:
    """Return a smaller case that breaks the same law."""

    def same(other: Case) -> bool:
        if not all(carries(other.body, which, as_text=case.target == "tickets") for which in case.planted):
            return False
        again = broken(other)
        return again is not None and again.law == found.law

    return reduced(case, same, attempts=40 if " ends" in found.law or " fast" in found.law else 600)


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="python -m tests.fuzz", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seconds", type=int, default=60, help="how long, by the clock (default: 60)")
    parser.add_argument("--seed", type=int, default=1, help="what the cases are drawn from (default: 1)")
    parser.add_argument("--target", choices=sorted(TARGETS), help="this one alone")
    parser.add_argument("--corpus", type=Path, default=CORPUS, help="where findings are kept (default: beside this)")
    args = parser.parse_args()
    ends = time.monotonic() + args.seconds
    found: dict[str, Case] = {}
    counts: Counter[str] = Counter()
    for case in kept():
        if (fault := broken(case)) is not None:
            print(f"still broken: {case.name}: {fault}")
            found[fault.law] = case
    number = 0
    while time.monotonic() < ends:
        number += 1
        case = made(Random(f"{args.seed}:{number}"), args.target)
        counts[case.target] += 1
        fault = broken(case, measured=number % MEASURED == 0)
        if fault is None or fault.law in found:
            continue
        found[fault.law] = case
        small = smaller(case, fault)
        print(f"case {number}: {fault}\n  kept as {small.keep(args.corpus)}", flush=True)
    told = ", ".join(f"{name} {count}" for name, count in sorted(counts.items()))
    print(f"seed {args.seed}: {number} cases ({told}), {len(found)} findings")
    return 1 if found else 0


if __name__ == "__main__":
    raise SystemExit(main())
