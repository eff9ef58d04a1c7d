"""
The plugin for pytest: rule sets as tests, one for each example, and timelines.

A rule or rule set that a test module holds under a name that pytest takes for a test, such as ``test_rules``, is
collected, and so is what ``--migro-rules package.module:RULESET`` names. Nothing else of migro is imported before.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from .coverage import Seen
    from .timeline import Timeline

__all__ = ["migro_timeline"]

_SEEN = pytest.StashKey["Seen"]()
"""What the examples of this run have shown of their rules."""

_SHOWN = 10
"""How many expressions that were not seen both ways are listed, unless pytest is asked to say more."""


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("migro", "rules of migro")
    group.addoption(
        "--migro-rules",
        action="append",
        default=[],
        metavar="REF",
        help="also run the examples of the rule set package.module:NAME; repeatable",
    )
    group.addoption(
        "--migro-engine",
        choices=["native", "durable", "both"],
        default="native",
        help="which engine judges the examples; both: and they must agree (default: native)",
    )
    group.addoption(
        "--migro-coverage-fail-under",
        type=int,
        metavar="PERCENT",
        help="fail if fewer of the outcomes of all conditions and premises were seen in examples",
    )


def pytest_configure(config: pytest.Config) -> None:
    engine = config.getoption("migro_engine")
    if engine != "native":
        from .collecting import check_second

        check_second(str(engine))
    under = config.getoption("migro_coverage_fail_under")
    if under is not None and not 0 <= under <= 100:
        raise pytest.UsageError(f"--migro-coverage-fail-under: expected 0 to 100, got {under}")


@pytest.hookimpl(tryfirst=True)
def pytest_pycollect_makeitem(collector: pytest.Module | pytest.Class, name: str, obj: Any) -> Any:
    rules = sys.modules.get("migro.rules")
    # Where nobody has imported rules there can be none; whatever else has a name of a test is none of ours.
    if rules is None or not isinstance(obj, rules.Rule | rules.RuleSet) or not collector.funcnamefilter(name):
        return None
    from .collecting import RuleSetNode

    return RuleSetNode.of(collector, name, obj, _seen(collector.config))


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(session: pytest.Session, config: pytest.Config, items: list[pytest.Item]) -> None:
    references: list[str] = config.getoption("migro_rules") or []
    if not references:
        return
    from .collecting import referred

    # Before other plugins deselect and reorder, so that -k and -m hold for these as well.
    items.extend(item for ref in references for item in referred(session, ref, _seen(config)).examples())


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    if session.config.getoption("migro_engine") != "native":
        from .collecting import end_conversation

        end_conversation(session.config)
    seen, output = session.config.stash.get(_SEEN, None), getattr(session.config, "workeroutput", None)
    if seen is None:
        return
    if output is not None:  # a worker of pytest-xdist
        output["migro_seen"] = seen.data()
    elif exitstatus == pytest.ExitCode.OK and _too_little(session.config, seen):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    data = getattr(node, "workeroutput", {}).get("migro_seen")
    if data:
        _seen(node.config).add(data)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    _tell_second(terminalreporter, config)
    seen = config.stash.get(_SEEN, None)
    if seen is None or not seen.outcomes:
        return
    terminalreporter.section("coverage of rules")
    gaps = seen.gaps()
    shown = gaps if config.get_verbosity() > 0 else gaps[:_SHOWN]
    for line in shown:
        terminalreporter.line(line)
    if len(gaps) > len(shown):
        terminalreporter.line(f"... and {len(gaps) - len(shown)} more; -v lists them")
    terminalreporter.line(
        f"{seen.percent} % of {seen.outcomes} outcomes (each condition and premise of {seen.rules}"
        f" rule{'s' * (seen.rules != 1)}, true and false) were seen in examples"
    )
    if _too_little(config, seen):
        under = config.getoption("migro_coverage_fail_under")
        terminalreporter.line(f"FAILED: expected at least {under} % of the outcomes, got {seen.percent} %", red=True)


def _tell_second(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Say how many examples durable-rules has judged, and how many it was not given; nothing is left out silently."""
    if config.getoption("migro_engine") == "native":
        return
    # By way of the reports, which arrive from the workers of pytest-xdist as well.
    reports = [r for found in terminalreporter.stats.values() for r in found if getattr(r, "when", "") == "call"]
    told = [value for r in reports for name, value in r.user_properties if name == "migro_second"]
    refused = told.count("refused")
    terminalreporter.line(
        f"durable-rules was asked about {len(told) - refused} examples"
        f" ({told.count('lowered')} of rules that it joins or chains itself);"
        f" {refused} are of rules that it is not given"
    )


def _seen(config: pytest.Config) -> Seen:
    if _SEEN not in config.stash:
        from .coverage import Seen

        config.stash[_SEEN] = Seen()
    return config.stash[_SEEN]


def _too_little(config: pytest.Config, seen: Seen) -> bool:
    under = config.getoption("migro_coverage_fail_under")
    return under is not None and seen.outcomes > 0 and seen.covered * 100 < under * seen.outcomes


@pytest.fixture
def migro_timeline() -> Callable[..., Timeline]:
    """Return what starts a timeline for rules: ``timeline = migro_timeline(RULES)``."""
    from .timeline import Timeline

    return Timeline
