"""The plugin for pytest collects rules, runs their examples, and says what they do not show."""

from __future__ import annotations

import os

import pytest

import migro.testing.collecting
import migro.testing.timeline  # noqa: F401  # loaded once, instead of anew in every run inside a test
from migro.testing.coverage import Seen

pytest_plugins = ("pytester",)

RULES = """
from datetime import UTC, datetime, timedelta
from migro import *
from migro.expressions import UNSET

NINE = datetime(2026, 3, 1, 9, tzinfo=UTC)
DOWN = IssueKind("down", category="checkout")


class Request(Signal, kind="plugin.request"):
    code: Attr[int]
    route: Maybe[str] = UNSET


def request(code, minute=0, **more):
    at = NINE + timedelta(minutes=minute)
    return Request(code=code, merchant=MerchantId("m1"), occurred_at=at, **more)


errors = on(Request, Request.code.between(500, 599), per=Request.merchant)
paid = on(Request, Request.code == 200, per=Request.merchant)
burst = Rule(
    "shop.burst",
    when=errors.at_least(2, within=minutes(5)).unless(paid),
    then=supports(DOWN, 50, family="http"),
    examples=(
        fires("two failures", request(500), request(503, 2), for_="m1"),
        silent("a recovery", request(500), request(600, 1), request(503, 2), request(200, 3)),
        silent("one failure", request(500)),
    ),
)
quiet = Rule(
    "shop.quiet",
    when=errors.without(paid, within=minutes(5)),
    then=supports(DOWN, 5, family="silence"),
    examples=(
        fires("nothing after it", request(500), for_="m1", after=minutes(6)),
        silent("a recovery", request(500), request(200, 1), after=minutes(6)),
    ),
)
RULES = RuleSet("shop", burst, quiet)
"""


@pytest.fixture(autouse=True)
def only_this_plugin(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    monkeypatch.setenv("PYTHONPATH", f"{pytester.path}{os.pathsep}{os.environ.get('PYTHONPATH', '')}")
    pytester.makepyfile(shop=RULES)
    pytester.makeini("[pytest]")
    pytester.syspathinsert()


def run(pytester: pytest.Pytester, *arguments: str) -> pytest.RunResult:
    return pytester.runpytest_inprocess("-p", "migro.testing.pytest_plugin", *arguments)


def test_a_rule_set_under_the_name_of_a_test_is_one_test_for_each_example(pytester: pytest.Pytester) -> None:
    pytester.makepyfile("from shop import RULES as test_rules")
    result = run(pytester, "-v")

    result.assert_outcomes(passed=5)
    result.stdout.fnmatch_lines(
        ["*::test_rules::shop.burst::two failures PASSED*", "*::test_rules::shop.quiet::a recovery PASSED*"]
    )


def test_a_rule_alone_is_collected_and_other_names_are_left_alone(pytester: pytest.Pytester) -> None:
    pytester.makepyfile("from shop import RULES, burst\nfrom shop import quiet as test_quiet")

    run(pytester).assert_outcomes(passed=2)


def test_a_rule_set_is_named_on_the_command_line_and_selected_like_any_test(pytester: pytest.Pytester) -> None:
    pytester.makepyfile("def test_other(): pass")

    run(pytester, "--migro-rules", "shop:RULES").assert_outcomes(passed=6)
    run(pytester, "--migro-rules", "shop:RULES", "-k", "burst").assert_outcomes(passed=3, deselected=3)


def test_an_example_that_does_not_come_out_fails_with_what_was_expected(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        """
        from attrs import evolve
        from shop import burst, fires, request, silent
        one = fires("one is enough", request(500), for_="m1")
        test_burst = evolve(burst, examples=(one, silent("none")))
        """
    )
    result = run(pytester)

    result.assert_outcomes(passed=1, failed=1)
    result.stdout.fnmatch_lines(
        [
            "*shop.py:*: shop.burst: example 'one is enough': expected firing for m1, got silence",
            "*2026-03-01 09:00:00 plugin.request m1",
            "FAILED *::test_burst::shop.burst::one is enough*",
        ]
    )


@pytest.mark.parametrize(("kept", "missing"), [("fires", "silent"), ("silent", "fires")])
def test_a_rule_without_a_firing_or_a_silent_example_fails(pytester: pytest.Pytester, kept: str, missing: str) -> None:
    pytester.makepyfile(
        f"""
        from attrs import evolve
        from shop import burst
        test_burst = evolve(burst, examples=[e for e in burst.examples if bool(e.fires_for) is {kept == "fires"}])
        """
    )
    result = run(pytester)

    result.assert_outcomes(passed=2 if kept == "silent" else 1, failed=1)
    result.stdout.fnmatch_lines([f"*shop.burst: expected an example that *: examples=({missing}(...), ...)"])


def test_what_was_seen_one_way_only_is_listed_with_the_share_that_was_seen(pytester: pytest.Pytester) -> None:
    pytester.makepyfile("from shop import RULES as test_rules")
    result = run(pytester, "-v")

    result.stdout.fnmatch_lines(
        [
            "*coverage of rules*",
            "shop.quiet: never false: Request.code <= 599",
            "* % of * outcomes (each condition and premise of 2 rules, true and false) were seen in examples",
        ]
    )
    assert not any("shop.burst" in line and "never" in line for line in result.outlines)


def test_too_little_coverage_fails_the_run(pytester: pytest.Pytester) -> None:
    pytester.makepyfile("from shop import RULES as test_rules")
    enough, short = run(pytester, "--migro-coverage-fail-under=80"), run(pytester, "--migro-coverage-fail-under=100")

    assert (enough.ret, short.ret) == (pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED)
    short.stdout.fnmatch_lines(["FAILED: expected at least 100 % of the outcomes, got * %"])


def test_what_a_worker_has_seen_arrives(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    pytester.makepyfile("from shop import RULES as test_rules")
    alone = run(pytester)
    shared = run(pytester, "-p", "xdist", "-n", "1")

    shared.assert_outcomes(passed=5)
    (said,) = [line for line in alone.outlines if "outcomes" in line]
    assert said in shared.outlines


def test_what_several_processes_have_seen_adds_up() -> None:
    seen = Seen()
    seen.add({"r": {"a": 1, "b": 2}})
    seen.add({"r": {"a": 2}, "s": {"c": 0}})

    assert (seen.rules, seen.outcomes, seen.covered, seen.percent) == (2, 6, 3, 50)
    assert seen.gaps() == ["r: never true: b", "s: never true nor false: c"]


@pytest.mark.parametrize("engine", ["durable", "both"])
def test_an_engine_that_is_not_installed_is_refused_by_name(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch, engine: str
) -> None:
    monkeypatch.setattr("migro.testing.collecting.missing", lambda: "durable-rules is not there")
    result = run(pytester, f"--migro-engine={engine}")

    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines([f"*--migro-engine={engine}: durable-rules is not there"])


@pytest.mark.parametrize(
    ("reference", "said"),
    [("shop:NONE", "shop has no 'NONE'"), ("nowhere:RULES", "no module 'nowhere'"), ("shop:burst", "got Rule")],
)
def test_rules_that_cannot_be_loaded_are_an_error_of_usage(
    pytester: pytest.Pytester, reference: str, said: str
) -> None:
    result = run(pytester, "--migro-rules", reference)

    assert result.ret == pytest.ExitCode.USAGE_ERROR
    assert said in result.stderr.str()


def test_nothing_of_migro_is_imported_for_tests_without_rules(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        """
        import sys

        def test_nothing_is_loaded():
            loaded = {name for name in sys.modules if name.split(".")[0] == "migro"}
            assert loaded == {"migro", "migro.testing", "migro.testing.pytest_plugin"}
            assert "pydantic" not in sys.modules
        """
    )
    result = pytester.runpytest_subprocess("-p", "migro.testing.pytest_plugin")

    result.assert_outcomes(passed=1)


def test_a_timeline_is_a_fixture(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        """
        from shop import RULES, request

        def test_two_failures(migro_timeline):
            timeline = migro_timeline(RULES)
            timeline.at("0s", request(500)).expect_nothing()
            timeline.at("+5m", request(500)).expect("shop.burst", "m1")
        """
    )

    run(pytester).assert_outcomes(passed=1)
