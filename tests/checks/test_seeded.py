"""The checker against faults that were made before it: it finds almost all of them, and nothing where there is none."""

from __future__ import annotations

import pytest

from migro.checks import CODES, Problem, check
from migro.packs.headless import RULES
from tests.checks.faults import OPERATORS
from tests.checks.rates import Rate, overall, rates
from tests.checks.shop import SHOP

MEANT = {
    ("MR103", "origin.two-regions"): "a sign of its own in the catalogue, for the same points as the share alone",
    ("MR109", "docs.asked-elsewhere"): "the limit of 14 days comes with the shared premise; the evidence lasts 7",
}
"""What is true of shipped rules and stays: each says why."""


@pytest.fixture(scope="module")
def measured() -> dict[str, Rate]:
    """One fault of each operator in a set of somebody else's; `python -m tests.checks.rates` measures many."""
    return rates(SHOP, most=1)


def test_at_least_95_of_100_seeded_faults_are_found(measured: dict[str, Rate]) -> None:
    # The shipped rules are many, and what is seeded in them is a sample.
    shipped = rates(RULES, most=1, start=211, only=list(OPERATORS)[::5])
    (hits, tried), (more_hits, more_tried) = overall(measured), overall(shipped)

    missed = {name: r.missed for rates in (measured, shipped) for name, r in rates.items() if r.missed}
    assert (hits + more_hits) * 100 >= 95 * (tried + more_tried), missed
    assert tried >= len(OPERATORS) - 2


def test_of_every_operator_something_is_found(measured: dict[str, Rate]) -> None:
    assert [name for name, rate in measured.items() if not rate.found] == []
    assert {code for codes, _ in OPERATORS.values() for code in codes} == CODES.keys() - {"MR100"}


@pytest.fixture(scope="module")
def shipped() -> tuple[Problem, ...]:
    return check(RULES)


def test_nothing_is_found_in_shipped_rules_but_what_is_known_and_meant(shipped: tuple[Problem, ...]) -> None:
    assert {(p.code, p.rule) for p in shipped} == set(MEANT)


def test_nothing_is_found_in_a_sound_set_of_somebody_elses() -> None:
    assert check(SHOP) == ()
