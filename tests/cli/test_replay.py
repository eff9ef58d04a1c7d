"""The command that folds the journal again: what it prints, and what it returns."""

from __future__ import annotations

import json
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from migro import Agent
from migro.cli.main import main
from migro.remember import SqliteMemory
from tests.agent.world import RULES, call, sure

WORLD = "tests.agent.world:RULES"
STRICTER = "tests.replay.journals:STRICTER"


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A memory that an agent with the default policy has written."""
    path = tmp_path_factory.mktemp("written") / "migro.db"
    with SqliteMemory(path, durability="off") as memory:
        host = Agent(rules=RULES, memory=memory)
        for signal in [*sure(), *(call(20 + n, 20 + n) for n in range(120))]:
            host.handle(signal)
        host.drain()
    return path


@pytest.fixture
def here(file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A directory with a copy of that memory, and nothing else."""
    monkeypatch.chdir(tmp_path)
    shutil.copy(file, tmp_path / "migro.db")
    return tmp_path


def tampered(here: Path) -> None:
    with closing(sqlite3.connect(here / "migro.db")) as connection, connection:
        connection.execute(
            "UPDATE decisions SET body = replace(body, '\"points\":110', '\"points\":111')"
            " WHERE body LIKE '%\"points\":110%'"
        )


def replayed(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    code = main(["replay", *arguments])
    said = capsys.readouterr()
    return code, said.out, said.err


def test_a_journal_that_comes_out_again_is_fine(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, complaint = replayed(capsys, "--rules", WORLD)

    assert (code, complaint) == (0, "")
    assert out.endswith("\nno differences\n")
    assert "decided by others 0, failed 0" in out


def test_a_difference_is_a_finding_with_its_place(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    tampered(here)
    code, out, _ = replayed(capsys, "--rules", WORLD, "--examples", "1")

    assert code == 1
    assert "merchant:m_1 5  decision dec_" in out
    assert "issue.points: stored 111, replayed 110" in out


def test_only_so_many_differences_are_shown(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with closing(sqlite3.connect(here / "migro.db")) as connection, connection:
        connection.execute("UPDATE decisions SET body = replace(body, '\"format\":1', '\"format\":2')")
    code, out, _ = replayed(capsys, "--rules", WORLD, "--examples", "1")

    assert code == 1
    assert out.count("  decision dec_") == 1
    assert out.splitlines()[-1].startswith("and ")


@pytest.mark.parametrize("where", ["snapshot", "0", "60"])
def test_it_begins_where_it_is_told_to(here: Path, capsys: pytest.CaptureFixture[str], where: str) -> None:
    code, out, _ = replayed(capsys, "--rules", WORLD, "--from", where, "--format", "json")
    data = json.loads(out)

    assert code == 0
    assert 0 < data["inputs"] < 140


def test_nothing_compared_is_no_success(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, complaint = replayed(capsys, "--rules", STRICTER)

    assert code == 1
    assert "nothing to compare" in out
    assert "nothing was compared: no input was decided by these rules and this policy, but by rules " in complaint


def test_a_policy_of_the_configuration_is_another_one(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (here / "migro.toml").write_text('[policy]\nallow = ["tag"]\n', encoding="utf-8")

    assert replayed(capsys, "--rules", WORLD)[0] == 1


def test_an_empty_memory_is_fine(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    SqliteMemory(tmp_path / "empty.db").close()
    code, out, complaint = replayed(capsys, "--rules", WORLD, "--memory", str(tmp_path / "empty.db"))

    assert (code, complaint) == (0, "")
    assert "no differences" in out


def test_against_is_a_report_and_no_finding(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = replayed(capsys, "--rules", WORLD, "--against", STRICTER)
    lines = out.splitlines()

    assert code == 0
    assert lines[0].endswith(" inputs of 2 partitions")
    assert [line[:1] for line in lines[1:3]] == ["A", "B"]
    assert any(line.startswith("changed  ") and "points" in line for line in lines)
    assert "  rule burst" in lines
    assert any(line.startswith("     B does not hold: needs ") for line in lines)


def test_against_is_told_to_programs_in_full(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    data: dict[str, Any] = json.loads(replayed(capsys, "--rules", WORLD, "--against", STRICTER, "--format", "json")[1])
    lines = replayed(capsys, "--rules", WORLD, "--against", STRICTER, "--format", "jsonl")[1].splitlines()
    records = [json.loads(line) for line in lines]

    assert data["decisions_a"] == data["equal"] + data["changed"] + data["only_a"]
    assert data["examples"][0]["why"][0]["what"] in ("rule", "severity", "guard", "action", "kind")
    assert data["runs_only_a"]["count"] >= len(data["runs_only_a"]["first"])
    assert [r["record"] for r in records] == ["counts", *["example"] * len(data["examples"])]
    assert records[0]["changed"] == data["changed"]


def test_nobody_needs_examples(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = replayed(capsys, "--rules", WORLD, "--against", STRICTER, "--examples", "0")

    assert code == 0
    assert "arithmetic" not in out
    assert "  rule burst" not in out.splitlines()
    assert "runs by itself under" not in out


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["--from", "7", "--against", WORLD], "expected --from or --against, got both"),
        (["--memory", "nowhere.db"], "nowhere.db"),
        (["--rules", "tests.agent.world:NOTHING"], "has no 'NOTHING'"),
    ],
)
def test_what_cannot_be_is_refused(
    here: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], complaint: str
) -> None:
    code, out, said = replayed(capsys, *(["--rules", WORLD] if "--rules" not in arguments else []), *arguments)

    assert (code, out) == (2, "")
    assert complaint in said


@pytest.mark.parametrize("arguments", [["--from", "yesterday"], ["--from", "-1"], ["--examples", "many"]])
def test_words_that_mean_nothing_are_refused(
    here: Path, capsys: pytest.CaptureFixture[str], arguments: list[str]
) -> None:
    with pytest.raises(SystemExit) as stopped:
        main(["replay", *arguments])

    assert stopped.value.code == 2
    assert f"got '{arguments[1]}'" in capsys.readouterr().err


def test_a_partition_that_is_not_there_is_named(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, _, complaint = replayed(capsys, "--rules", WORLD, "--partition", "m_1")

    assert code == 1
    assert "expected the name of a partition, found none: 'm_1'" in complaint
    assert replayed(capsys, "--rules", WORLD, "--partition", "merchant:m_1")[0] == 0


def test_the_file_stays_as_it_is(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = (here / "migro.db").read_bytes()
    replayed(capsys, "--rules", WORLD)
    replayed(capsys, "--rules", WORLD, "--against", STRICTER)

    assert (here / "migro.db").read_bytes() == before
    assert sorted(p.name for p in here.iterdir()) == ["migro.db"]


def test_a_number_behind_the_end_compares_nothing_and_says_so(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, _, complaint = replayed(capsys, "--rules", WORLD, "--from", "999999")

    assert code == 1
    assert complaint == "migro: nothing was compared: no partition has consumed an input behind number 999999\n"
