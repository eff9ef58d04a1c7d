"""The documentation says what the code does: its programs run, its tables and excerpts are the real ones."""

from __future__ import annotations

import re
import tomllib
from datetime import timedelta
from pathlib import Path
from typing import get_args

import pytest

from migro.configuration import Configuration
from migro.decide.policy import GUARDS, Policy, decide
from migro.models import Band, Category, Outcome, Risk, RunMode, Severity
from migro.observe import KINDS
from migro.rules.conclusions import MEDIUM, STRONG, WEAK
from migro.rules.kinds import LOWEST_RISK, PLACEHOLDERS, PRIOR
from tests import failure_modes, scenarios
from tests.conftest import ROOT, RunPython

DOCS = ROOT / "docs"
PAGES = [str(page.relative_to(DOCS)) for page in sorted(DOCS.rglob("*.md"))]


def program_of(page: str) -> str:
    """The Python of a page as one program, each line where it stands on the page."""
    lines: list[str] = []
    inside = False
    for line in (DOCS / page).read_text(encoding="utf-8").splitlines():
        if line.startswith("```"):
            inside = line == "```python"
            line = ""
        lines.append(line if inside else "")
    return "\n".join(lines) + "\n"


PROGRAMS = [page for page in PAGES if program_of(page).strip()]


@pytest.mark.parametrize("page", PROGRAMS)
def test_the_snippets_of_a_page_are_a_program_that_prints_what_the_page_says(
    page: str, run_python: RunPython, tmp_path: Path
) -> None:
    program = tmp_path / "page.py"
    program.write_text(program_of(page), encoding="utf-8")
    text = (DOCS / page).read_text(encoding="utf-8")
    printed = re.findall(r"^It prints:\n\n```text\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)

    done = run_python("-W", "error", str(program))

    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == "".join(printed)


def test_there_are_pages_with_programs() -> None:
    assert {"how-to/embed-in-a-host.md", "how-to/write-a-rule.md"} <= set(PROGRAMS)


def test_the_command_takes_the_rules_of_the_page_on_rules(run_migro: RunPython, tmp_path: Path) -> None:
    (tmp_path / "my_rules.py").write_text(program_of("how-to/write-a-rule.md"), encoding="utf-8")

    done = run_migro("rules", "show", "--rules", "headless", "--rules", "my_rules:RULES")

    assert (done.returncode, done.stderr) == (0, "")
    assert "shop.after-release" in done.stdout
    assert "checkout.probe-fails" in done.stdout


def masked(text: str) -> list[str]:
    """The lines of a text without what another rule set or policy would change: hashes and ids made from them."""
    text = re.sub(r"\b(dec|iss|sig|act)_[0-9a-f]{8,}", r"\1_", text)
    return [line.rstrip() for line in text.splitlines()]


def test_the_tutorial_shows_excerpts_of_what_is_printed(run_migro: RunPython) -> None:
    text = (DOCS / "tutorial" / "first-light.md").read_text(encoding="utf-8")
    excerpts = re.findall(r"^```text\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    demo = run_migro("demo").stdout
    rows = [line for line in demo.splitlines() if re.search(r"dec_\w+$", line)]
    checkout = next(row for row in rows if "checkout_server_error_spike" in row)
    chosen = [checkout, *(row for row in rows if "ticket_needs_person" in row)]
    ids = [row.split()[-1] for row in chosen]
    explained = [run_migro("explain", id, "--memory", "migro-demo.db").stdout for id in ids]

    assert len(excerpts) == 4
    for excerpt, printed in zip(excerpts, [demo, demo, *explained], strict=True):
        rest = iter(masked(printed))
        missing = [line for line in masked(excerpt) if line != "..." and line not in rest]
        assert missing == [], "run `migro demo` and `migro explain` and copy what they print"


def test_the_pages_on_failure_modes_are_made_from_the_pack() -> None:
    page = (DOCS / "reference" / "failure-modes.md").read_text(encoding="utf-8")
    modes = {p.name: p.read_text(encoding="utf-8") for p in failure_modes.DIRECTORY.glob("*")}
    made = "python -m tests.failure_modes > docs/reference/failure-modes.md"

    assert page == failure_modes.page(), made
    assert modes == failure_modes.mode_pages(), made


def test_the_page_on_envelopes_lists_every_kind() -> None:
    page = (DOCS / "reference" / "envelope.md").read_text(encoding="utf-8")

    assert sorted(re.findall(r"^\| `(\w+)` \|", page.partition("## Kinds")[2], re.MULTILINE)) == sorted(KINDS)


def test_the_page_on_rules_lists_categories_placeholders_and_verbs() -> None:
    text = (DOCS / "how-to" / "write-a-rule.md").read_text(encoding="utf-8")
    categories = re.search(r"^`category` is one of a closed list: (.*)\.$", text, re.MULTILINE)
    names = re.findall(r"\{(\w+)\}", "".join(re.findall(r"^\| (`\{.*?) \|", text, re.MULTILINE)))
    verbs = {
        verb: risk
        for cell, risk in re.findall(r"^\| (`[a-z, `]+`) \| (R\d) \|$", text, re.MULTILINE)
        for verb in re.findall(r"\w+", cell)
    }

    assert categories
    assert tuple(re.findall(r"`(\w+)`", categories[1])) == get_args(Category)
    assert set(names) == PLACEHOLDERS
    assert verbs == {verb: risk.word for verb, risk in LOWEST_RISK.items()}


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


@pytest.mark.parametrize(
    "command",
    [
        "demo",
        "observe",
        "run",
        "explain",
        "issues",
        "approvals",
        "decisions",
        "report trends",
        "replay",
        "audit verify",
        "audit export",
        "audit stuck",
        "erase",
        "memory info",
        "memory upgrade",
        "rules portability",
        "rules show",
        "simulate",
    ],
)
def test_the_page_on_the_command_names_every_option(command: str, run_migro: RunPython) -> None:
    page = (ROOT / "docs" / "reference" / "cli.md").read_text(encoding="utf-8")
    section = re.search(rf"^## migro {command}\n(.*?)(?=^## |\Z)", page, re.MULTILINE | re.DOTALL)
    shared = page.partition("## Options of every command")[2].partition("\n## ")[0]

    done = run_migro(*command.split(), "--help")

    assert done.returncode == 0, done.stderr
    assert section
    options = set(re.findall(r"--[a-z][a-z-]*", done.stdout))
    assert options - set(re.findall(r"--[a-z][a-z-]*", section[1] + shared)) == set()
    assert set(re.findall(r"--[a-z][a-z-]*", section[1])) - options == set()


def test_the_page_on_configuration_shows_the_defaults() -> None:
    page = (ROOT / "docs" / "reference" / "configuration.md").read_text(encoding="utf-8")
    blocks = re.findall(r"^```toml\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)
    whole, people, budgets, serve, endpoint = map(tomllib.loads, blocks)

    assert Configuration.model_validate(whole | {"roles": {}}) == Configuration()
    assert [p.name for p in Configuration.model_validate(people).to_people().persons] == ["Ada", "Ben"]
    assert [b.limit for b in Configuration.model_validate(budgets).to_policy().budgets][::4] == [20, 5]
    assert Configuration.model_validate(serve).serve.metrics == "127.0.0.1:9787"
    assert list(Configuration.model_validate(endpoint).observe.endpoints) == ["shop-a"]


def test_the_page_of_scenarios_is_the_one_made_from_them() -> None:
    assert (DOCS / "reference" / "scenarios.md").read_text(encoding="utf-8") == scenarios.page()


def test_the_first_page_leads_to_every_guide_and_explanation() -> None:
    first = (DOCS / "index.md").read_text(encoding="utf-8")
    pages = [page for page in PAGES if page.startswith(("how-to/", "explanation/", "tutorial/"))]

    assert pages
    assert [page for page in pages if f"({page})" not in first] == []
