"""Approvals on the command line: what waits, one card, and an answer to a memory that another process left."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from migro import Agent
from migro.act import RecordingActuator
from migro.cli.main import main
from migro.configuration import read_configuration
from migro.models import PersonActed
from migro.remember import SqliteMemory
from tests.agent import related

RULES = ["--rules", "tests.agent.related:RULES"]
PEOPLE = """
[people]
Ada = ["on_call", "owner"]
Ben = { roles = ["owner"], contact = "pager 2" }
Cem = ["desk"]
"""


@pytest.fixture
def shop(tmp_path: Path) -> list[str]:
    """What every command is told: a memory in which a reply waits, and who may answer."""
    (tmp_path / "migro.toml").write_text(PEOPLE)
    where = ["--memory", f"sqlite:///{tmp_path / 'm.db'}", *RULES, "--config", str(tmp_path / "migro.toml")]
    policy = read_configuration(tmp_path / "migro.toml").to_policy()
    with SqliteMemory(tmp_path / "m.db") as stored:
        Agent(rules=related.RULES, memory=stored, policy=policy).handle(related.failure(0))
    return where


def said(arguments: list[str], capsys: pytest.CaptureFixture[str], code: int = 0) -> str:
    assert main(arguments) == code
    printed = capsys.readouterr()
    return printed.out + printed.err


def cards(shop: list[str], capsys: pytest.CaptureFixture[str]) -> list[dict[str, object]]:
    lines = said(["approvals", *shop, "--format", "jsonl"], capsys).splitlines()
    return [json.loads(line) for line in lines]


AT = ["--at", "2026-03-01T09:05:00Z"]


def test_what_waits_is_listed_shown_and_answered(
    shop: list[str], capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    listed = said(["approvals", *shop], capsys)
    (card,) = cards(shop, capsys)
    id = str(card["id"])
    assert "draft_reply -> merchant_contact" in listed
    assert f"migro approvals show {id[:16]}" in listed
    shown = said(["approvals", "show", id[:16], *shop], capsys)
    assert "May answer Ada (on_call, owner)\n           Ben (owner, pager 2)" in shown
    assert json.loads(said(["approvals", "show", id, *shop, "--format", "json"], capsys))["id"] == id

    who = ["--why", "looks right", *shop, *AT]
    assert "expected one of the roles" in said(["approvals", "approve", id, "--by", "Cem", *who], capsys, 1)
    approved = said(["approvals", "approve", id[:16], "--by", "Ada", *who], capsys)
    assert "is planned: approved by ada" in approved
    late = said(["approvals", "reject", id, "--by", "Ben", *who], capsys, 1)
    assert "it did not count: draft_reply -> merchant_contact is planned: approved by ada" in late
    assert said(["approvals", *shop], capsys) == "nothing waits for people\n"
    with SqliteMemory(tmp_path / "m.db") as stored:
        spoken = [e.input.by for e in stored.read("journal") if isinstance(e.input, PersonActed)]
        assert spoken == ["Cem", "Ada", "Ben"], "every answer is in the journal, whether it counted or not"


@pytest.mark.parametrize("settings", [None, "[people]\nEve = ['owner']\n"])
def test_an_answer_from_where_another_policy_is_told_changes_nothing(
    settings: str | None,
    shop: list[str],
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    (card,) = cards(shop, capsys)
    with SqliteMemory(tmp_path / "m.db") as stored:
        before = list(stored.read("journal"))
    (tmp_path / "else").mkdir()
    monkeypatch.chdir(tmp_path / "else")
    if settings is not None:
        Path("migro.toml").write_text(settings)
    who = ["--by", "Eve", "--why", "fine", *shop[:4], *AT]

    for verb in ("approve", "reject"):
        assert "expected the policy that is in force" in said(["approvals", verb, str(card["id"]), *who], capsys, 2)
    with SqliteMemory(tmp_path / "m.db") as stored:
        assert list(stored.read("journal")) == before
    assert cards(shop, capsys) == [card]


def test_what_a_person_approved_is_done_by_the_running_agent(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    hands = RecordingActuator(["draft_reply", "notify"])
    where = ["--memory", f"sqlite:///{tmp_path / 'm.db'}", *RULES]
    with SqliteMemory(tmp_path / "m.db") as stored:
        running = Agent(rules=related.RULES, memory=stored, live=True, actuators=[hands])
        running.handle(related.failure(0))
        (card,) = running.approvals()
        said(["approvals", "approve", card.id, "--by", "ann", "--why", "yes", *where, *AT], capsys)
        running.drain()

    assert [a.kind for a in hands.actions] == ["notify", "draft_reply"]


def test_an_answer_after_its_time_comes_too_late_by_the_clock(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    where = ["--memory", f"sqlite:///{tmp_path / 'm.db'}", *RULES]
    with SqliteMemory(tmp_path / "m.db") as stored:
        agent = Agent(rules=related.RULES, memory=stored)
        agent.handle(related.failure(0))
        (card,) = agent.approvals()

    late = said(["approvals", "approve", card.id, "--by", "ann", "--why", "yes", *where], capsys, 1)
    assert "is expired" in late


@pytest.mark.parametrize(
    "arguments",
    [["show"], ["approve"], ["approve", "card_1"], ["approve", "card_1", "--by", "ann"], ["reject", "card_1"]],
)
def test_an_answer_without_all_that_it_needs_is_a_mistake_of_use(
    arguments: list[str], shop: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert "expected" in said(["approvals", *arguments, *shop], capsys, 2)


def test_a_card_that_is_not_there_is_named(shop: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert "expected the id of a card that waits" in said(["approvals", "show", "card_x", *shop], capsys, 1)
    answer = ["approvals", "approve", "card_" + "0" * 32, "--by", "Ada", "--why", "yes", *shop, *AT]
    assert "people are asked anew by another card" in said(answer, capsys, 1)


def test_somebody_takes_up_an_issue_hands_it_on_and_says_that_it_is_over(
    shop: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    issue = json.loads(said(["issues", *shop, "--format", "jsonl"], capsys).splitlines()[0])["id"]
    who = ["--why", "mine", *shop, *AT]

    assert said(["issues", "ack", issue[:16], "--by", "Ada", *who], capsys) == "Ada looks after it\n"
    assert said(["issues", "assign", issue, "--by", "Ada", "--to", "Ben", *who], capsys) == "Ben looks after it\n"
    assert "expected one of the people" in said(["issues", "ack", issue, "--by", "Eve", *who], capsys, 1)
    assert said(["issues", "resolve", issue, "--by", "Ben", *who], capsys) == "resolved by Ben\n"
    story = said(["issues", "show", issue, *shop[:2]], capsys)
    assert "acknowledged  by Ada: mine" in story
    assert "assigned      by Ada: to Ben; mine" in story
    assert "closed        by Ben: mine" in story
    assert "refused" in story
    assert "expected" in said(["issues", "assign", issue, "--by", "Ada", *who], capsys, 2)
    assert "expected" in said(["issues", "ack", "--by", "Ada", *who], capsys, 2)
