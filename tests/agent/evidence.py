"""How many cases the promises about decisions and deeds are tried on: ``python -m tests.agent.evidence [WALKS]``."""

from __future__ import annotations

import sys

from hypothesis import settings

from migro.decide import GUARDS, TABLE
from migro.models import Band, Outcome, Risk, RunMode, Severity
from tests.agent.mutants import MUTANTS, WALKS, mutated
from tests.agent.test_safety import Safety
from tests.decide import test_guards, test_host_guards, test_policy

__all__: list[str] = []


def _noticed() -> int:
    found = 0
    for mutant in MUTANTS:
        with mutated(mutant):
            try:
                WALKS[mutant.noticed_by]()
            except AssertionError:
                found += 1
    return found


def _table() -> None:
    grid = len(Band) * len(Severity) * len(Risk) * len(RunMode)
    test_policy.test_the_table_breaks_no_promise()
    test_policy.test_the_outcome_is_the_strictest_of_table_mode_and_guards_in_every_cell()
    test_policy.test_every_loosening_of_a_single_cell_is_noticed()
    test_policy.test_every_loosening_of_a_guard_is_noticed()
    test_host_guards.test_whatever_guards_are_added_in_every_cell_nothing_is_loosened()
    subsets = 2 ** len(test_policy.ALIKE) + 1 + len(GUARDS)
    print(f"table: {grid} cells, each under {subsets} sets of guards: {grid * subsets} outcomes as the minimum says")
    looser = sum(1 for row in TABLE.values() for cell in row for outcome in Outcome if outcome > cell)
    print(f"table: {looser} loosenings of a single cell, and {2 * len(GUARDS)} of a guard: all noticed")
    print(f"guards of a host: {grid * (len(Outcome) - 1) * len(Risk)} cells, none looser")


def _guards() -> None:
    test_guards.test_where_all_is_fine_it_is_done()
    for name in GUARDS:
        test_guards.test_what_fails_or_is_missing_or_raises_executes_nothing_that_it_guards(name)
        test_guards.test_an_input_that_raises_reaches_the_loop_which_halts(name)
    print(f"guards: {len(GUARDS)} x ok, fails, missing, raises: only where all are ok something is executed")


def main(walks: int) -> int:
    """Print the counts, and return 1 where something was not noticed."""
    _table()
    _guards()
    noticed = _noticed()
    print(f"mutants of the source: {noticed} of {len(MUTANTS)} noticed, by {len(WALKS)} walks")
    Safety.executed.clear()
    Safety.stepped.clear()
    Safety.TestCase.settings = settings(max_examples=walks, stateful_step_count=30, deadline=None, database=None)
    Safety.TestCase("runTest").runTest()
    print(f"random walks: {walks}, of up to 30 acts each; nothing unapproved or forbidden was executed")
    for name, count in sorted({**Safety.stepped, **{f"executed: {k}": n for k, n in Safety.executed.items()}}.items()):
        print(f"  {name}: {count}")
    return 0 if noticed == len(MUTANTS) and not Safety.executed["refund"] else 1


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else 300))
