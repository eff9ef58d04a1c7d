"""The plugin for pytest asks durable-rules where it is told to, and says what it did not ask."""

from __future__ import annotations

import os

import pytest

import migro.testing.collecting
import migro.testing.timeline  # loaded once, instead of anew in every run inside a test

pytest_plugins = ("pytester",)

SHOP = """
from datetime import UTC, datetime, timedelta
from migro import *

NINE = datetime(2026, 3, 1, 9, tzinfo=UTC)
DOWN, WORSE = IssueKind("down", category="checkout"), IssueKind("worse", category="checkout")


class Request(Signal, kind="second.request"):
    code: Attr[int]


def request(code, minute=0):
    return Request(code=code, merchant=MerchantId("m1"), occurred_at=NINE + timedelta(minutes=minute))


errors = on(Request, Request.code >= 500, per=Request.merchant)
slow = on(Request, Request.code == 408, per=Request.merchant)
both = Rule(
    "shop.both",
    when=errors & slow,
    then=supports(DOWN, 50, family="http"),
    examples=(fires("both", request(500), request(408, 1), for_="m1"), silent("one", request(500))),
)
hidden = Rule(
    "shop.hidden",
    when=errors.unless(known(DOWN)),
    then=supports(WORSE, 50, family="http"),
    examples=(fires("alone", request(500), for_="m1"), silent("both", request(500), request(408, 1))),
)
RULES = RuleSet("shop", both, hidden)
"""


@pytest.fixture(autouse=True)
def only_this_plugin(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    monkeypatch.setenv("PYTHONPATH", f"{pytester.path}{os.pathsep}{os.environ.get('PYTHONPATH', '')}")
    pytester.makepyfile(shop=SHOP, test_shop="from shop import RULES as test_rules")
    pytester.makeini("[pytest]")
    pytester.syspathinsert()


def run(pytester: pytest.Pytester, *arguments: str) -> pytest.RunResult:
    return pytester.runpytest_inprocess("-p", "migro.testing.pytest_plugin", "-rs", *arguments)


def test_both_engines_judge_and_what_is_refused_is_counted(pytester: pytest.Pytester) -> None:
    result = run(pytester, "--migro-engine=both")

    result.assert_outcomes(passed=4)
    result.stdout.fnmatch_lines(
        ["durable-rules was asked about 2 examples (2 of rules that it joins or chains itself); 2 are of rules *"]
    )


def test_durable_rules_alone_judges_what_it_is_given_and_says_what_it_is_not(pytester: pytest.Pytester) -> None:
    result = run(pytester, "--migro-engine=durable")

    result.assert_outcomes(passed=2, skipped=2)
    result.stdout.fnmatch_lines(["SKIPPED *durable-rules is not given shop.hidden: it reads the issue down inside *"])


def test_workers_tell_what_they_asked(pytester: pytest.Pytester) -> None:
    result = run(pytester, "--migro-engine=both", "-p", "xdist", "-n", "1")

    result.assert_outcomes(passed=4)
    result.stdout.fnmatch_lines(["durable-rules was asked about 2 examples *"])


@pytest.mark.parametrize("engine", ["both", "durable"])
def test_engines_that_differ_fail_the_example(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch, engine: str
) -> None:
    monkeypatch.setattr("migro.durable.conversation.Conversation.fired", lambda *_: [])
    result = run(pytester, f"--migro-engine={engine}", "-k", "shop.both")

    result.assert_outcomes(failed=1, passed=1, deselected=2)
    said = {
        "both": "*shop.both for m1 at 2026-03-01 09:01:00*: native +50 points, durable-rules silent",
        "durable": "*shop.both: example 'both': expected firing for m1, got silence",
    }
    result.stdout.fnmatch_lines([said[engine]])


def test_an_evaluation_that_crashes_fails_its_example_and_no_other(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    def dies(*_: object) -> None:
        raise migro.errors.SecondEngineCrashed("expected an answer, got the end of its process: signal SIGSEGV")

    monkeypatch.setattr("migro.durable.conversation.Conversation.fired", dies)
    result = run(pytester, "--migro-engine=both")

    assert result.parseoutcomes()["failed"] >= 1
    result.stdout.fnmatch_lines(["*shop.both: example 'both': expected an answer, got the end of its process*"])
