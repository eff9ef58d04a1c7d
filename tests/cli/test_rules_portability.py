"""``migro rules portability`` as its users meet it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from migro.durable import missing, version
from tests.conftest import RunPython

RULES = """
from migro import *

LOW, HIGH = IssueKind("low", category="checkout"), IssueKind("high", category="checkout")


class Ported(Signal, kind="ported.request"):
    code: Attr[int]


one, two = (on(Ported, Ported.code == n, per=Ported.merchant) for n in (1, 2))
RULES = RuleSet(
    "ported",
    Rule("a.join", when=one & two, then=supports(LOW, 50, family="f")),
    Rule("b.alone", when=one, then=supports(LOW, 50, family="g")),
    Rule("c.hidden", when=two.unless(known(LOW)), then=supports(HIGH, 50, family="f")),
)
"""


@pytest.fixture(autouse=True)
def shop(tmp_path: Path) -> None:
    (tmp_path / "ported_shop.py").write_text(RULES, "utf-8")


def test_each_rule_is_told_with_how_it_stands_and_why(run_migro: RunPython) -> None:
    done = run_migro("rules", "portability", "--rules", "ported_shop:RULES")

    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines() == [
        "lowered  a.join    joins 2 conditions",
        "native   b.alone   one condition (selection), which migro evaluates whole",
        "refused  c.hidden  reads the issue low inside a condition, where migro alone would say what is known of it",
        "",
        "ported: 1 lowered, 1 native, 1 refused",
        f"second engine: {missing() or f'durable-rules {version()}'}",
    ]


@pytest.mark.parametrize("form", ["json", "jsonl"])
def test_programs_read_a_record_for_each_rule(run_migro: RunPython, form: str) -> None:
    done = run_migro("rules", "portability", "--rules", "ported_shop:RULES", "--format", form)
    records = json.loads(done.stdout) if form == "json" else [json.loads(line) for line in done.stdout.splitlines()]

    assert [(r["rule"], r["standing"], r["conditions"]) for r in records] == [
        ("a.join", "lowered", 2),
        ("b.alone", "native", 1),
        ("c.hidden", "refused", 1),
    ]
    assert all(r["reason"] for r in records)


def test_rules_that_are_not_there_are_a_mistake_of_usage(run_migro: RunPython) -> None:
    assert run_migro("rules", "portability", "--rules", "ported_shop:NONE").returncode == 2
