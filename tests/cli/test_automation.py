"""Whether automation acts, on the command line: its status, a halt, and a resumption with a name and a reason."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from migro import Agent
from migro.cli.main import main
from migro.remember import SqliteMemory
from tests.agent import related


@pytest.fixture
def shop(tmp_path: Path) -> list[str]:
    with SqliteMemory(tmp_path / "m.db") as stored:
        Agent(rules=related.RULES, memory=stored).handle(related.failure(0))
    return ["--memory", f"sqlite:///{tmp_path / 'm.db'}"]


RULES = ["--rules", "tests.agent.related:RULES"]


def said(arguments: list[str], capsys: pytest.CaptureFixture[str], code: int = 0) -> str:
    assert main(arguments) == code
    printed = capsys.readouterr()
    return printed.out + printed.err


def test_a_halt_is_seen_and_a_person_lets_it_go_on(shop: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert said(["status", *shop], capsys).startswith("automation goes on, mode auto\n1 issues are open, 0 inputs wait")
    at = ["--at", "2026-03-01T09:05:00Z"]
    halted = said(["halt", "--by", "Ada", "--why", "cutover", *at, *shop, *RULES], capsys)
    assert halted == "automation is halted since 2026-03-01 09:05 UTC by Ada: cutover\n"
    found = json.loads(said(["status", *shop, "--format", "json"], capsys, 1))
    assert (found["halted"], found["by"], found["waiting"], found["planned"]) == ("cutover", "Ada", 0, 0)
    assert "migro resume --by NAME --why TEXT --memory" in said(["status", *shop], capsys, 1)
    at = ["--at", "2026-03-01T09:06:00Z"]
    assert "goes on" in said(["resume", "--by", "Ben", "--why", "it is done", *at, *shop, *RULES], capsys)
    assert said(["status", *shop], capsys).splitlines()[3:] == [
        "  2026-03-01 09:05 UTC halt by Ada: cutover",
        "  2026-03-01 09:06 UTC resume by Ben: it is done",
    ]


@pytest.mark.parametrize("given", [["--by", "Ada"], ["--why", "x"], ["--by", "Ada", "--why", "\u200b"], []])
@pytest.mark.parametrize("verb", ["halt", "resume"])
def test_nobody_and_no_reason_change_nothing(
    verb: str, given: list[str], shop: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert f"expected --by NAME and --why TEXT to {verb}" in said([verb, *given, *shop, *RULES], capsys, 2)
    assert "goes on" in said(["status", *shop], capsys)


def test_what_tripped_by_itself_says_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with SqliteMemory(tmp_path / "m.db") as stored:
        agent = Agent(rules=related.RULES, memory=stored, alarm=lambda text: None)
        agent.handle(related.failure(0))
        agent.trip("engines disagree about burst")

    printed = said(["status", "--memory", f"sqlite:///{tmp_path / 'm.db'}"], capsys, 1)
    assert " by migro: engines disagree about burst\n" in printed


def test_a_memory_that_is_not_there_is_never_made(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    where = ["--memory", f"sqlite:///{tmp_path / 'none.db'}"]
    said(["resume", "--by", "Ada", "--why", "x", *where, *RULES], capsys, 2)

    assert not (tmp_path / "none.db").exists()


@pytest.mark.parametrize("verb", ["halt", "resume"])
def test_nothing_is_said_ahead_of_the_clock(verb: str, shop: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    later = (datetime.now(UTC) + timedelta(minutes=7)).isoformat()
    printed = said([verb, "--by", "Ada", "--why", "x", "--at", later, *shop, *RULES], capsys, 2)

    assert "expected --at that is not ahead of the clock" in printed
    assert "goes on" in said(["status", *shop], capsys)


def test_a_halt_needs_no_policy_in_force_and_a_resumption_does(
    tmp_path: Path, shop: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "other.toml").write_text("[policy]\nexecution_minutes = 7\n")
    other = ["--config", str(tmp_path / "other.toml"), *shop, "--rules", "no.such:RULES"]
    for _ in range(2):
        assert "is halted" in said(["halt", "--by", "Ada", "--why", "smoke", *other], capsys)
    resume = ["resume", "--by", "Ada", "--why", "x"]
    said([*resume, *other[:-2], *RULES], capsys, 2)

    with SqliteMemory(tmp_path / "m.db") as stored:
        told = [e.input for e in stored.read("journal", partition="platform")]
        assert [item.input for item in told] == ["config_changed", "issue_changed", "person_acted"]
        assert Agent(rules=related.RULES, memory=stored).halted == "smoke"
    assert "goes on" in said([*resume, *shop, *RULES], capsys)


def test_a_halt_in_the_words_and_at_the_time_of_one_that_is_over_is_a_halt(
    shop: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    at = ["--at", "2026-03-01T09:05:00Z", *shop, *RULES]
    for verb, told in (("halt", "is halted"), ("resume", "goes on"), ("halt", "is halted")):
        assert told in said([verb, "--by", "Ada", "--why", "cutover", *at], capsys)


@pytest.mark.parametrize(
    "text",
    ["[policy\nmode = ", "[policy]\nmoed = 'auto'\n", "[budgets.tags]\nlimit = -1\nminutes = 1\n", "x = " + "[" * 5000],
)
def test_a_halt_needs_no_configuration_that_can_be_read_and_a_resumption_does(
    text: str, tmp_path: Path, shop: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "broken.toml").write_text(text, encoding="utf-8")
    broken = ["--config", str(tmp_path / "broken.toml"), *shop]
    said(["resume", "--by", "Ada", "--why", "x", *broken], capsys, 2)
    halted = said(["halt", "--by", "Ada", "--why", "smoke", *broken], capsys)

    assert "by Ada: smoke\n" in halted
    assert "broken.toml; what it says of the memory is used, as far as it can be read\n" in halted
    assert f"automation is halted in {shop[1]}; where that is not the memory of the agent" in halted
    assert "by Ada: smoke\n" in said(["status", *broken], capsys, 1)
    with SqliteMemory(tmp_path / "m.db") as stored:
        assert Agent(rules=related.RULES, memory=stored).halted == "smoke"
    said(["resume", "--by", "Ada", "--why", "x", *broken], capsys, 2)


def test_a_wrong_configuration_still_says_where_the_memory_is_and_else_the_default_is_taken(
    tmp_path: Path, shop: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    halt = ["halt", "--by", "Ada", "--why", "smoke"]
    (tmp_path / "migro.toml").write_text(f"[memory]\nurl = '{shop[1]}'\n[policy]\nmoed = 1\n", encoding="utf-8")
    assert f"automation is halted in {shop[1]}; where" in said(halt, capsys)

    (tmp_path / "migro.toml").write_text("[memory]\nurl = 7\n", encoding="utf-8")
    assert "expected a memory that exists, found no file - at migro.db" in said(halt, capsys, 2)
    (tmp_path / "m.db").rename(tmp_path / "migro.db")
    (tmp_path / "migro.toml").write_text("[memory", encoding="utf-8")
    assert "automation is halted in sqlite:///migro.db; where" in said([*halt[:-1], "more smoke"], capsys)


@pytest.mark.parametrize("command", [["approvals", "list"], ["health"], ["resume", "--by", "Ada", "--why", "x"]])
def test_what_limits_name_and_nobody_proposes_is_said_where_people_look(
    command: list[str], tmp_path: Path, shop: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "other.toml").write_text(
        "[budgets.tags]\nlimit = 1\nminutes = 5\nkinds = ['notfy']\ntarget = 'on_cal'\n"
        "[[quiet]]\nzone = 'UTC'\nbegins = '22:00'\nends = '07:00'\nkinds = ['reprot']\n",
        encoding="utf-8",
    )
    main([*command, "--config", str(tmp_path / "other.toml"), *shop, *RULES])
    told = capsys.readouterr().err

    assert "budgets.tags.kinds: expected a kind of action that some rule proposes, got 'notfy'; did you mean" in told
    assert "budgets.tags.target: expected a target that some rule names, or a role, got 'on_cal'; did you mean" in told
    assert "quiet.0.kinds: expected a kind of action that some rule proposes, got 'reprot'" in told
