"""
How many seeded faults the checker finds, for each operator: ``python -m tests.checks.rates --most 12``.

Every faulty set is compared with the same set without the fault, so that nothing that was there before counts.
"""

from __future__ import annotations

import argparse
from collections import Counter
from collections.abc import Iterator, Sequence

import attrs

from migro.checks import Problem, check_rules
from migro.packs.headless import RULES
from migro.rules import RuleSet
from tests.checks.faults import OPERATORS, Seeded, seeded
from tests.checks.shop import SHOP

__all__ = ["SETS", "Rate", "found", "rates"]

SETS = {"headless": RULES, "shop": SHOP}
"""Rule sets that faults are made in: the shipped one, and one that was written for nothing else."""


@attrs.define
class Rate:
    """How many faults of an operator were found, and which not."""

    tried: int = 0
    found: int = 0
    missed: list[str] = attrs.Factory(list)


def found(fault: Seeded) -> bool:
    """Whether one of the codes is found at one of the rules."""
    return any(p.code in fault.codes and p.rule in fault.at and p.witness for p in problems(fault))


def problems(fault: Seeded) -> tuple[Problem, ...]:
    return check_rules("seeded", fault.rules)


def rates(ruleset: RuleSet, *, most: int, start: int = 0, only: Sequence[str] = ()) -> dict[str, Rate]:
    """Measure all operators on rules of a set."""
    measured = {name: Rate() for name in OPERATORS}
    for fault in seeded(ruleset, most=most, start=start, only=only):
        rate = measured[fault.operator]
        rate.tried += 1
        if found(fault):
            rate.found += 1
        else:
            rate.missed.append(sorted(fault.at)[0])
    return measured


def overall(measured: dict[str, Rate]) -> tuple[int, int]:
    return sum(r.found for r in measured.values()), sum(r.tried for r in measured.values())


def report(name: str, measured: dict[str, Rate]) -> Iterator[str]:
    for operator, rate in measured.items():
        codes = "/".join(sorted(OPERATORS[operator][0]))
        missed = f"  missed at {', '.join(rate.missed[:3])}" if rate.missed else ""
        yield f"{name:<10} {operator:<45} {codes:<12} {rate.found:>4} of {rate.tried:<4}{missed}"
    hits, tried = overall(measured)
    yield f"{name:<10} {'overall':<58} {hits:>4} of {tried:<4} {100 * hits / max(1, tried):.1f} %"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--most", type=int, default=6, help="faults for each operator and set")
    parser.add_argument("--start", type=int, default=0, help="at which rule to begin")
    parser.add_argument("--rules", choices=list(SETS), action="append", help="only this set")
    arguments = parser.parse_args()
    for name in arguments.rules or SETS:
        for line in report(name, rates(SETS[name], most=arguments.most, start=arguments.start)):
            print(line)
        codes = Counter(p.code for p in check_rules(name, SETS[name].rules))
        print(f"{name:<10} without a fault: {dict(codes) or 'nothing'}")


if __name__ == "__main__":
    main()
