"""Merging issues on the command line, and asking what another grouping would do."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from migro import Agent
from migro.cli.main import main
from migro.remember import SqliteMemory
from tests.agent import related


@pytest.fixture
def memory(tmp_path: Path) -> str:
    """A memory with two open issues of one merchant."""
    url = f"sqlite:///{tmp_path / 'm.db'}"
    with SqliteMemory(tmp_path / "m.db") as stored:
        agent = Agent(rules=related.RULES, memory=stored)
        agent.handle(related.failure(0))
        agent.handle(related.delay(10))
    return url


def ids(memory: str, capsys: pytest.CaptureFixture[str]) -> dict[str, str]:
    assert main(["issues", "--memory", memory, "--format", "jsonl"]) == 0
    found = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    return {issue["kind"]: issue["id"] for issue in found}


def test_what_is_merged_counts_to_the_other_until_it_is_taken_out(
    memory: str, capsys: pytest.CaptureFixture[str]
) -> None:
    known = ids(memory, capsys)
    who = ["--by", "ann", "--rules", "tests.agent.related:RULES", "--memory", memory]

    assert main(["issues", "merge", known["slow"][:12], known["down"][:12], "--why", "one host", *who]) == 0
    assert "counts to" in capsys.readouterr().out
    assert main(["explain", known["down"][:12], "--memory", memory]) == 0
    assert f"Merged     1 signals of slow {known['slow']}, by ann" in capsys.readouterr().out
    assert main(["issues", "merge", known["slow"], known["down"], "--why", "again", *who]) == 1
    assert "counts to none yet" in capsys.readouterr().err
    assert main(["issues", "unmerge", known["slow"], "--why", "two hosts", *who]) == 0
    assert "stands for itself again" in capsys.readouterr().out


@pytest.mark.parametrize(
    "arguments", [["merge", "iss_1"], ["unmerge"], ["unmerge", "iss_1", "iss_2"], ["merge", "iss_1", "iss_2"]]
)
def test_a_merge_without_all_that_it_needs_is_a_mistake_of_use(
    arguments: list[str], memory: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["issues", *arguments, "--memory", memory]) == 2
    assert "expected" in capsys.readouterr().err


def test_regroup_says_that_the_same_rules_move_nothing(memory: str, capsys: pytest.CaptureFixture[str]) -> None:
    same = ["--rules", "tests.agent.related:RULES", "--memory", memory]

    assert main(["regroup", "--dry-run", *same]) == 0
    assert "2 issues, grouped by fp1" in capsys.readouterr().out
    assert main(["regroup", "--dry-run", "--rules", "tests.agent.world:RULES", "--memory", memory]) == 1
    assert "nothing is moved" in capsys.readouterr().out


@pytest.mark.parametrize("verb", ["ack", "assign", "resolve", "merge"])
def test_a_folder_with_another_policy_puts_it_nowhere_into_force(
    verb: str, memory: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "other.toml").write_text("[policy]\nmode = 'assist'\n", encoding="utf-8")
    known = ids(memory, capsys)
    who = ["--by", "ann", "--why", "mine", "--rules", "tests.agent.related:RULES", "--memory", memory]
    more = {"assign": ["--to", "ann"]}.get(verb, [])
    issues = [known["slow"], known["down"]] if verb == "merge" else [known["slow"]]

    assert main(["issues", verb, *issues, *who, *more, "--config", str(tmp_path / "other.toml")]) == 2
    assert "expected the policy that is in force" in capsys.readouterr().err
    assert main(["issues", verb, *issues, *who[:4], "--memory", memory, *more]) == 2
    assert "expected the rules that are in force" in capsys.readouterr().err
    assert main(["issues", verb, *issues, *who, *more]) == 0
