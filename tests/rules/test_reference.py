"""The reference of the language names everything that can be written."""

from __future__ import annotations

import inspect
import re
from typing import Any

import pytest

from migro import expressions, rules
from migro.engine import lowered_points
from migro.expressions import Col, Pred, Term
from migro.rules import MEDIUM, STRONG, WEAK, IssueKind, Measure, Premise, Rule, Selection, Timed, refutes, supports
from migro.rules.baselines import WEEK
from migro.rules.ruleset import MAX_SPAN
from tests.conftest import ROOT

PAGES = (ROOT / "docs/reference/rule-language.md", *sorted((ROOT / "docs/reference/rule-language").glob("*.md")))
TEXT = "\n".join(page.read_text(encoding="utf-8") for page in PAGES)

FOR_PROGRAMS = {"everything", "fact_uses", "leaves", "selections"}
"""What programs that read rules call, and nobody who writes them."""

WRITTEN = {name for name in rules.__all__ if inspect.isfunction(getattr(rules, name)) and name not in FOR_PROGRAMS} | {
    name
    for of in (Col, Measure, Pred, Premise, Selection, Term, Timed)
    for name, member in vars(of).items()
    if inspect.isfunction(member) and not name.startswith("_") and name not in ("document", "evolve")
}
QUANTITIES = {"days", "hours", "minutes", "percent", "permille", "seconds", "fact"}


@pytest.mark.parametrize("name", sorted(WRITTEN | QUANTITIES))
def test_the_reference_names_every_construct(name: str) -> None:
    assert re.search(rf"\b{name}\(", TEXT), f"expected {name}(...) on a page of the reference"


def test_what_the_reference_names_is_there() -> None:
    code = re.findall(r"`([^`\n]+)`", TEXT)
    called = {name for text in code for name in re.findall(r"(?<![\w.])([a-z_]+)\(", text)}
    methods = {name for text in code for name in re.findall(r"\.([a-z_]+)\(", text)}
    builtin = {"abs"}
    everywhere = {*rules.__all__, *expressions.__all__, *builtin}

    assert called - everywhere - {"silent", "and", "or", "not"} == set()
    assert methods - WRITTEN == set()


def test_the_reference_states_the_limits() -> None:
    day = 24 * 3600 * 1_000_000

    assert f"at most {MAX_SPAN // day} days long" in TEXT
    assert f"4 to {WEEK // (day // 24)}; at least three" in TEXT


@pytest.mark.parametrize("effect", [supports, refutes], ids=["supports", "refutes"])
@pytest.mark.parametrize("points", [1, 5, 6, 20, 21, 50, 51, 60, 61, STRONG, MEDIUM, WEAK, 150])
def test_the_reference_states_what_a_fallback_counts(effect: Any, points: int) -> None:
    rows = re.findall(r"^\| (supports|refutes) (\d+) to (\d+) \| (\d+|the same) \|$", TEXT, re.MULTILINE)
    (stated,) = [to for word, low, high, to in rows if word == effect.__name__ and int(low) <= points <= int(high)]
    kind = IssueKind[Any]("x", category="checkout")
    rule = Rule("x", when=rules.known(kind), then=effect(kind, points, family="f"))

    assert abs(lowered_points(rule)) == (points if stated == "the same" else int(stated))
