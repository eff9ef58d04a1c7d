"""``migro health``, and what a run says about itself before it begins."""

from __future__ import annotations

import io
import json
import logging
import sys
from contextlib import redirect_stderr
from datetime import timedelta
from pathlib import Path

import pytest

from migro import Agent
from migro.cli import main
from migro.cli.console import Console
from migro.cli.run import _logged
from migro.remember import SqliteMemory
from migro.testing import START
from migro.vitals.logs import RETRIES, JsonStream, errors_as
from tests.agent import related

NOW = ["--at", (START + timedelta(seconds=20)).isoformat(), "--rules", "tests.agent.related:RULES"]


@pytest.fixture
def memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.chdir(tmp_path)
    with SqliteMemory(tmp_path / "m.db") as stored:
        Agent(rules=related.RULES, memory=stored).handle(related.failure(0))
    return "m.db"


def test_an_agent_that_keeps_up_is_exit_code_0(memory: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["health", "--memory", memory, *NOW, "--outbox", "100000000", "--overdue", "100000000"]) == 0
    lines = capsys.readouterr().out.splitlines()

    assert [line.split()[:2] for line in lines] == [
        ["ok", name] for name in ("store", "breaker", "lag", "time", "outbox", "approvals")
    ]


def test_a_halt_is_exit_code_1_and_says_why(memory: str, capsys: pytest.CaptureFixture[str]) -> None:
    with SqliteMemory(Path(memory)) as stored:
        Agent(rules=related.RULES, memory=stored).halt(by="Ada", why="cutover")

    assert main(["health", "--memory", memory, *NOW, "--format", "jsonl"]) == 1
    checks = {c["name"]: c for c in map(json.loads, capsys.readouterr().out.splitlines())}
    assert (checks["breaker"]["ok"], checks["store"]["ok"]) == (False, True)
    assert "platform: cutover" in checks["breaker"]["why"]
    assert main(["health", "--memory", memory, *NOW, "--format", "json"]) == 1
    assert json.loads(capsys.readouterr().out)["ok"] is False


def test_a_memory_that_is_not_there_is_a_mistake_of_use(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)

    assert main(["health", *NOW]) == 2
    assert "expected a memory that exists" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_names_that_nobody_has_are_told_when_a_run_begins(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "signals.jsonl").write_text("", encoding="utf-8")
    (tmp_path / "migro.toml").write_text(
        """
[actuators.http.recheck]
url = "https://shop.example/recheck"

[budgets.mine]
limit = 5
minutes = 60
kinds = ["notfy"]
target = "on_cal"

[[quiet]]
zone = "UTC"
begins = "22:00"
ends = "07:00"
kinds = ["reply", "tagg"]
""",
        encoding="utf-8",
    )

    assert main(["run", "signals.jsonl", "--rules", "tests.agent.world:RULES"]) == 0
    told = capsys.readouterr().err
    for words in (
        "budgets.mine.kinds: expected a kind of action that some rule proposes, got 'notfy'; did you mean 'notify'?",
        "budgets.mine.target: expected a target that some rule names, or a role, got 'on_cal'; did you mean 'on_call'?",
        "quiet.0.kinds: expected a kind of action that some rule proposes, got 'tagg'; did you mean 'tag'?",
    ):
        assert words in told
    assert "got 'reply'" not in told


@pytest.mark.parametrize("place", ["here", "127.0.0.1", "127.0.0.1:99999", "203.0.113.1:80"])
def test_a_place_to_listen_at_that_is_none_is_a_mistake_of_use(
    place: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "signals.jsonl").write_text("", encoding="utf-8")

    assert main(["run", "signals.jsonl", "--metrics", place, "--memory", "volatile:", *NOW[2:]]) == 2
    assert "expected" in capsys.readouterr().err


def test_the_own_logs_of_a_run_go_to_standard_error_and_stop_with_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    line = json.dumps(related.failure(0).model_dump(mode="json"))
    (tmp_path / "signals.jsonl").write_text(line + "\n", encoding="utf-8")
    run = ["run", "signals.jsonl", "--memory", "volatile:", *NOW[2:]]

    assert main([*run, "--log", "json"]) == 0
    logged = [json.loads(line) for line in capsys.readouterr().err.splitlines()]
    assert {line["logger"] for line in logged} >= {"migro.decisions", "migro.actions"}
    assert main(run) == 0
    assert "migro.decisions" not in capsys.readouterr().err
    assert logging.getLogger("migro").propagate


def test_with_logs_in_json_all_of_standard_error_is_lines_of_json(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    line = json.dumps(related.failure(0).model_dump(mode="json"))
    (tmp_path / "signals.jsonl").write_text(line + "\n", encoding="utf-8")
    run = ["run", "signals.jsonl", "--memory", "volatile:", *NOW[2:], "--metrics", "127.0.0.1:0"]
    before = sys.stderr

    assert main([*run, "--log", "json"]) == 0
    logged = [json.loads(line) for line in capsys.readouterr().err.split("\n")[:-1]]
    assert any("metrics and health at" in line["message"] for line in logged if line["logger"] == "migro")
    assert sys.stderr is before

    assert main(["run", "nothing.jsonl", "--rules", "no.such:RULES", "--log", "json"]) == 2
    (told,) = capsys.readouterr().err.splitlines()
    assert "cannot import 'no.such'" in json.loads(told)["message"]


def test_what_is_written_between_whole_lines_waits_and_nothing_ends_a_line_but_its_end() -> None:
    inner = io.StringIO()
    stream = JsonStream(inner)
    print("migro: one", "two\u2028three", file=stream)
    stream.write("no end\r\n\n yet")
    assert [json.loads(line)["message"] for line in inner.getvalue().splitlines()] == ["one two\u2028three", "no end"]
    stream.finish()
    assert [json.loads(line)["logger"] for line in inner.getvalue().splitlines()] == ["migro", "stderr", "stderr"]


def test_a_call_that_is_made_again_is_logged_with_numbers_alone() -> None:
    inner = io.StringIO()
    with redirect_stderr(inner), errors_as("json"), _logged("json"):
        told = {"stamina.args": ("'secret'",), "stamina.retry_num": 2, "stamina.wait_for": 0.5}
        logging.getLogger("stamina").warning("stamina.retry_scheduled", extra=told)
    (line,) = inner.getvalue().splitlines()

    assert "secret" not in line
    assert {"logger": "migro.retries", "retry_num": 2, "wait_for": 0.5}.items() <= json.loads(line).items()
    assert RETRIES not in logging.getLogger("stamina").handlers


def test_the_name_of_the_command_is_said_once(capsys: pytest.CaptureFixture[str]) -> None:
    Console().complain("migro: a card stays as it is")
    Console().complain("a card stays as it is")
    assert capsys.readouterr().err == 2 * "migro: a card stays as it is\n"


@pytest.mark.parametrize("words", [["--log", "json", "--no-such"], ["--no-such", "--log=json"]])
def test_with_logs_in_json_wrong_arguments_are_said_in_json_as_well(
    words: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as left:
        main(["run", "signals.jsonl", *words])
    told = [json.loads(line) for line in capsys.readouterr().err.splitlines()]

    assert left.value.code == 2
    assert "unrecognized arguments: --no-such" in told[-1]["message"]
    with pytest.raises(SystemExit):
        main(["run", "signals.jsonl", "--log", "text", "--no-such"])
    assert capsys.readouterr().err.startswith("usage: ")
