"""
What the fuzzer found once stays found, and a few seconds of new cases find nothing.

Whole campaigns are run by ``python -m tests.fuzz --seconds N``; here the corpus is played again and about five
seconds of processor time go into fresh cases, always the same ones.
"""

from __future__ import annotations

import time
from random import Random

import pytest

from tests.effort import cases

from .cases import Case, kept
from .generation import SHARES, made
from .laws import Broken, check_signals
from .planting import PLANTS, carries, leaks, plant
from .reduction import reduced
from .targets import TARGETS, broken

FRESH = 700
BUDGET_S = 5


@pytest.mark.parametrize("case", kept(), ids=lambda case: case.name)
def test_what_was_found_once_holds(case: Case) -> None:
    assert broken(case) is None


def test_fresh_cases_break_nothing() -> None:
    begun = time.process_time()
    played = 0
    for number in range(cases(FRESH)):
        case = made(Random(f"suite:{number}"))
        assert broken(case) is None, case.text()[:2000]
        played += 1
        if time.process_time() - begun > BUDGET_S:
            break

    assert played > 20


def test_equal_seeds_make_equal_cases() -> None:
    assert [made(Random(f"a:{n}")) for n in range(50)] == [made(Random(f"a:{n}")) for n in range(50)]
    assert made(Random("a:1")) != made(Random("b:1"))


def test_a_case_is_read_as_it_was_written() -> None:
    odd = Case(target="json", headers={"X": "é"}, body=b"\xff\x00", planted=("email",))

    assert Case.read(odd.text()) == odd
    assert all(Case.read(case.text()) == case for case in (made(Random(n)) for n in range(50)))


def test_every_target_has_its_share() -> None:
    assert SHARES.keys() == TARGETS.keys()


@pytest.mark.parametrize("which", PLANTS)
def test_what_is_planted_would_be_seen(which: str) -> None:
    for number in range(30):
        hidden = plant(Random(number), which)

        assert leaks(f'{{"a":"{hidden}"}}'.replace("<b></b>", ""), [which]) == which
        assert carries(f'{{"a":"{hidden}"}}'.encode(), which)


def test_a_leak_is_told() -> None:
    from migro.models import Signal
    from tests.observe.payloads import NOW

    with pytest.raises(Broken, match="email stays out of signals of order"):
        check_signals([Signal(kind="order", occurred_at=NOW, attrs={"a": PLANTS["email"]})], ["email"], 100)


def test_a_case_becomes_as_small_as_what_it_shows() -> None:
    case = Case(target="json", headers={"a": "1", "b": "2"}, body=b'{"x": [1, {"y": "needle", "z": 2}], "w": 3}')

    assert reduced(case, lambda c: b"needle" in c.body and "b" in c.headers) == Case(
        target="json", headers={"b": "2"}, body=b"needle"
    )
