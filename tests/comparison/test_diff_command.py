"""``migro rules diff`` as its user meets it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.conftest import RunPython

RULES = """
from migro import Attr, Signal
from migro.expressions import minutes
from migro.rules import IssueKind, Rule, RuleSet, on, supports


class Checkout(Signal, kind="my.checkout"):
    code: Attr[int]


KIND = IssueKind("trouble", category="checkout")
FAILED = on(Checkout, Checkout.code >= 500, per=Checkout.merchant)


def rules(n, points=50, *more):
    when = FAILED.at_least(n, within=minutes(5))
    return RuleSet("mine", Rule("failing", when=when, then=supports(KIND, points, family="http")), *more)


OLD, SAME, LOOSER, LOUDER = rules(3), rules(3), rules(2), rules(3, 60)
ADDED = rules(3, 50, Rule("once", when=FAILED, then=supports(KIND, 5, family="http")))
"""


@pytest.fixture
def workplace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "my_rules.py").write_text(RULES, "utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize(
    ("new", "code", "first"),
    [("SAME", 0, "1 the same"), ("LOOSER", 1, "1 looser"), ("LOUDER", 1, "1 equivalent"), ("ADDED", 1, "1 added")],
)
def test_the_exit_code_says_whether_something_is_different(
    run_migro: RunPython, workplace: Path, new: str, code: int, first: str
) -> None:
    done = run_migro("rules", "diff", "my_rules:OLD", f"my_rules:{new}")

    assert (done.returncode, done.stderr) == (code, "")
    assert first in done.stdout.splitlines()[0]


def test_a_looser_rule_is_told_with_a_witness(run_migro: RunPython, workplace: Path) -> None:
    done = run_migro("rules", "diff", "my_rules:OLD", "my_rules:LOOSER")
    told = " ".join(done.stdout.split())

    assert "failing looser" in told
    assert "With 2 x my.checkout (code 500) at the start, the new rule fires for k1" in told


def test_programs_get_the_signals_of_the_witness(run_migro: RunPython, workplace: Path) -> None:
    done = run_migro("rules", "diff", "my_rules:OLD", "my_rules:LOOSER", "--format", "json")
    document = json.loads(done.stdout)

    assert (document["format"], document["same"]) == ("migro-rule-diff/1", False)
    (witness,) = document["rules"][0]["witnesses"]
    assert (witness["fires"], witness["silent"], witness["key"]) == ("new", "old", ["k1"])
    assert [s["metrics"]["code"] for s in witness["signals"]] == [500, 500]


def test_lines_for_programs_are_the_rules_that_differ(run_migro: RunPython, workplace: Path) -> None:
    done = run_migro("rules", "diff", "my_rules:OLD", "my_rules:ADDED", "--format", "jsonl")

    assert [json.loads(line)["id"] for line in done.stdout.splitlines()] == ["once"]


def test_a_document_is_compared_with_rules_in_python(run_migro: RunPython, workplace: Path) -> None:
    export = run_migro("rules", "export", "--rules", "my_rules:OLD", "--format", "json", "-o", "old.json")
    assert export.returncode == 0, export.stderr

    same = run_migro("rules", "diff", "old.json", "my_rules:OLD")
    looser = run_migro("rules", "diff", "old.json", "my_rules:LOOSER")

    assert (same.returncode, looser.returncode) == (0, 1), same.stderr + looser.stderr


@pytest.mark.parametrize("arguments", [["my_rules:OLD"], ["my_rules:OLD", "my_rules:NONE"], ["a.json", "my_rules:OLD"]])
def test_what_cannot_be_compared_is_a_mistake_of_usage(
    run_migro: RunPython, workplace: Path, arguments: list[str]
) -> None:
    done = run_migro("rules", "diff", *arguments)

    assert done.returncode == 2
    assert done.stdout == ""
