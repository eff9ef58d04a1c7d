"""Four truths: strong Kleene logic, with ERROR dominant."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from migro.expressions import Truth

N, U, M, E = Truth.NO_MATCH, Truth.UNKNOWN, Truth.MATCH, Truth.ERROR
truths = st.sampled_from(Truth)

AND = {
    (N, N): N, (N, U): N, (N, M): N, (N, E): E,
    (U, N): N, (U, U): U, (U, M): U, (U, E): E,
    (M, N): N, (M, U): U, (M, M): M, (M, E): E,
    (E, N): E, (E, U): E, (E, M): E, (E, E): E,
}  # fmt: skip
OR = {
    (N, N): N, (N, U): U, (N, M): M, (N, E): E,
    (U, N): U, (U, U): U, (U, M): M, (U, E): E,
    (M, N): M, (M, U): M, (M, M): M, (M, E): E,
    (E, N): E, (E, U): E, (E, M): E, (E, E): E,
}  # fmt: skip


@pytest.mark.parametrize(("a", "b"), AND)
def test_and_and_or_follow_the_table(a: Truth, b: Truth) -> None:
    assert a & b is AND[a, b]
    assert a | b is OR[a, b]


def test_not_leaves_what_is_unknown_unknown_and_what_failed_failed() -> None:
    assert [~t for t in (N, U, M, E)] == [M, U, N, E]


@given(truths, truths, truths)
def test_the_laws_of_logic_hold_that_kleene_keeps(a: Truth, b: Truth, c: Truth) -> None:
    assert a & b is b & a
    assert (a & b) & c is a & (b & c)
    assert (a | b) | c is a | (b | c)
    assert ~(a & b) is ~a | ~b
    assert ~~a is a


def test_what_is_unknown_or_its_opposite_stays_unknown() -> None:
    assert U | ~U is U
    assert U & ~U is U
