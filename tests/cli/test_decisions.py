"""The list of decisions on the command line, and one in short."""

from __future__ import annotations

import contextlib
import io
import json
from pathlib import Path

import pytest

from migro.cli.main import main
from migro.models import StepRecord, Tick
from migro.remember import SqliteMemory
from migro.testing import START, sample_decision, sample_issue

ALL = "migro-demo.db"


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory where a scenario has been played."""
    folder = tmp_path_factory.mktemp("played")
    with contextlib.redirect_stdout(io.StringIO()):
        assert main(["demo", "--scenario", "SC02", "--memory", str(folder / ALL)]) == 0
    return folder


@pytest.fixture
def demo(played: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The same, and the test runs there."""
    monkeypatch.chdir(played)
    return played


def migro(*arguments: str) -> tuple[int, list[str], str]:
    """Run the command in this process, on the memory in this directory."""
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        try:
            code = main([*arguments, "--memory", ALL])
        except SystemExit as e:
            code = int(str(e.code))
    return code, out.getvalue().splitlines(), err.getvalue()


def test_decisions_are_listed_newest_first_and_their_ids_lead_on(demo: Path) -> None:
    code, lines, complaint = migro("decisions")
    rows = [line.split() for line in lines[1 : lines.index("")]]
    times = [row[0] + row[1] for row in rows]

    assert (code, complaint) == (0, "")
    assert times == sorted(times, reverse=True)
    assert max(map(len, lines)) <= 128
    newest = rows[0][-1]
    shown = migro("decisions", "show", newest)[1]
    assert shown[0].startswith(f"Decision   {newest}")
    assert f"Decision   {newest}" in migro("explain", newest)[1][0]


def test_filters_of_decisions_leave_out_what_does_not_fit(demo: Path) -> None:
    every = [json.loads(line) for line in migro("decisions", "--format", "jsonl")[1]]
    first = every[0]
    for option, wanted in (
        (["--merchant", first["merchant"]], [d for d in every if d["merchant"] == first["merchant"]]),
        (["--kind", first["issue"]["kind"]], [d for d in every if d["issue"]["kind"] == first["issue"]["kind"]]),
        (["--issue", first["issue"]["id"][:14]], [d for d in every if d["issue"]["id"] == first["issue"]["id"]]),
        (["--outcome", "record"], [d for d in every if d["outcome"] == "record"]),
        (["--since", first["at"]], [d for d in every if d["at"] >= first["at"]]),
        (["--until", every[-1]["at"]], [d for d in every if d["at"] <= every[-1]["at"]]),
        (["--limit", "2"], every[:2]),
        (["--shadow"], []),
    ):
        code, lines, _ = migro("decisions", "list", *option, "--format", "jsonl")

        assert (code, [json.loads(line)["id"] for line in lines]) == (0, [d["id"] for d in wanted])
    assert "and older ones; --limit 20 shows more" in migro("decisions", "--limit", "2")[1]
    assert not any("older" in line for line in migro("decisions", "--limit", str(len(every)))[1])


def test_a_decision_is_shown_with_where_its_actions_stand_now(demo: Path) -> None:
    every = [json.loads(line) for line in migro("decisions", "--format", "jsonl")[1]]
    opened = next(d for d in reversed(every) if d["actions"])

    shown = json.loads("\n".join(migro("decisions", "show", opened["id"], "--format", "json")[1]))
    lines = migro("decisions", "show", opened["id"][:14])[1]

    assert {key: value for key, value in shown.items() if key != "actions_now"} == opened
    assert [a["status"] for a in opened["actions"]] != [a["status"] for a in shown["actions_now"]]
    for action in shown["actions_now"]:
        assert any(f"{action['kind']} -> {action['target']}: {action['status']}" in line for line in lines)


def test_what_candidate_rules_would_have_decided_is_listed_apart(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    supposed = sample_decision("dec_supposed", issue=sample_issue("iss_supposed"))
    made = sample_decision("dec_made")
    monkeypatch.chdir(tmp_path)
    with SqliteMemory(ALL) as memory:
        memory.accept("m_1", [Tick(at=START)])
        memory.commit("m_1", 0, [StepRecord(seq=1, issues=(made.issue,), decisions=(made,), shadow=(supposed,))])

    def ids(*options: str) -> list[str]:
        return [json.loads(line)["id"] for line in migro("decisions", *options, "--format", "jsonl")[1]]

    assert (ids(), ids("--shadow"), ids("--shadow", "--issue", "iss_s")) == (
        ["dec_made"],
        ["dec_supposed"],
        ["dec_supposed"],
    )
    assert "Decision   dec_supposed" in migro("decisions", "show", "dec_s", "--shadow")[1][0]
    code, _, complaint = migro("decisions", "show", "dec_s")
    assert (code, "expected the id of a decision, found none" in complaint) == (1, True)
    assert migro("decisions", "show")[0] == 2
