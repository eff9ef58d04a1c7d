"""Loosening mutants: whatever part of the decision, or of the way to the deed, gives way, a walk notices it."""

from __future__ import annotations

import pytest

from tests.agent.mutants import MUTANTS, WALKS, Mutant, mutated


@pytest.mark.parametrize("name", WALKS)
def test_nothing_is_wrong_on_the_walk_as_it_is(name: str) -> None:
    WALKS[name]()


@pytest.mark.parametrize("mutant", MUTANTS, ids=str)
def test_a_looser_decision_or_deed_is_noticed(mutant: Mutant) -> None:
    with mutated(mutant), pytest.raises(AssertionError):
        WALKS[mutant.noticed_by]()
