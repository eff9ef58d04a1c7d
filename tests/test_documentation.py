"""Tables in the documentation say what the code does."""

from __future__ import annotations

import re
import tomllib
from datetime import timedelta

import pytest

from migro.configuration import Configuration
from migro.decide.policy import GUARDS, Policy, decide
from migro.models import Band, Outcome, Risk, RunMode, Severity
from migro.rules.conclusions import MEDIUM, STRONG, WEAK
from migro.rules.kinds import PRIOR
from tests.conftest import ROOT, RunPython


def rows(page: str, heading: str) -> list[list[str]]:
    """The cells of the first table below a heading, without its head."""
    text = (ROOT / "docs" / page).read_text(encoding="utf-8").partition(f"\n## {heading}\n")[2]
    found = re.search(r"(?:^\|.*\n)+", text, re.MULTILINE)
    assert found, f"expected a table below {heading!r} in {page}"
    return [[cell.strip(" `") for cell in line.strip().strip("|").split("|")] for line in found[0].splitlines()[2:]]


@pytest.mark.parametrize("severity", Severity, ids=str)
@pytest.mark.parametrize("band", Band, ids=str)
def test_the_page_on_decisions_shows_the_table(band: Band, severity: Severity) -> None:
    head, *cells = next(
        row
        for row in rows("explanation/decisions.md", "The table")
        if row[0].startswith(band.word) and (row[0].endswith("any") or severity.word in row[0])
    )

    assert cells == [decide(band, severity, risk, RunMode.AUTO).word for risk in Risk], head


def test_the_page_on_decisions_lists_the_guards() -> None:
    shown = [(name, cap, risk) for name, _, cap, risk in rows("explanation/decisions.md", "Guards")]

    assert shown == [(name, cap.word, risk.word) for name, (cap, risk, _) in GUARDS.items()]


def test_the_page_on_decisions_states_the_modes() -> None:
    capped = {mode: [decide(Band.HIGH, Severity.SEV4, risk, mode) for risk in (Risk.R0, Risk.R1)] for mode in RunMode}

    assert [row[0] for row in rows("explanation/decisions.md", "Modes")] == ["off`, `shadow", "assist", "auto"]
    assert capped == {
        RunMode.OFF: [Outcome.RECORD, Outcome.RECORD],
        RunMode.SHADOW: [Outcome.RECORD, Outcome.RECORD],
        RunMode.ASSIST: [Outcome.AUTO, Outcome.APPROVE1],
        RunMode.AUTO: [Outcome.AUTO, Outcome.AUTO],
    }


def test_the_page_on_decisions_states_the_default_spans() -> None:
    policy = Policy()

    assert (policy.approval_lasts, policy.stale_after) == (timedelta(hours=4), timedelta(minutes=30))


def test_the_page_on_confidence_states_the_points() -> None:
    shown = {row[0]: int(row[1]) for row in rows("explanation/confidence.md", "What evidence is worth")}

    assert shown == {"strong": STRONG, "medium": MEDIUM, "weak": WEAK, "prior": PRIOR}


@pytest.mark.parametrize("command", ["demo", "observe", "run", "explain", "rules show", "simulate"])
def test_the_page_on_the_command_names_every_option(command: str, run_python: RunPython) -> None:
    page = (ROOT / "docs" / "reference" / "cli.md").read_text(encoding="utf-8")
    section = re.search(rf"^## migro {command}\n(.*?)(?=^## |\Z)", page, re.MULTILINE | re.DOTALL)
    shared = page.partition("## Options of every command")[2].partition("\n## ")[0]

    done = run_python("-m", "migro.cli", *command.split(), "--help")

    assert done.returncode == 0, done.stderr
    assert section
    options = set(re.findall(r"--[a-z][a-z-]*", done.stdout))
    assert options - set(re.findall(r"--[a-z][a-z-]*", section[1] + shared)) == set()
    assert set(re.findall(r"--[a-z][a-z-]*", section[1])) - options == set()


def test_the_page_on_configuration_shows_the_defaults() -> None:
    page = (ROOT / "docs" / "reference" / "configuration.md").read_text(encoding="utf-8")
    blocks = re.findall(r"^```toml\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)
    whole, endpoint = map(tomllib.loads, blocks)

    assert Configuration.model_validate(whole | {"roles": {}}) == Configuration()
    assert list(Configuration.model_validate(endpoint).observe.endpoints) == ["shop-a"]
