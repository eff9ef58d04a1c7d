"""``migro erase``: a person is gone from every record, and whoever mistypes a pseudonym hears of it."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from migro import Agent, MerchantId, Signal
from migro.audit import RewrittenPartition
from migro.cli import erase, main
from migro.configuration import Configuration
from migro.remember import SqliteMemory
from migro.testing import START
from tests.agent.world import RULES

Migro = Callable[..., tuple[int, str, str]]

PERSON = "mqazya5o7f2h32osfx6g"
NEIGHBOUR = "pvrgxgolfgtev6boadfz"
WHO = ("--merchant", "mugs", "--by", "data protection", "--why", "request 17")
SMALL = ("--rules", "tests.agent.world:RULES")


@pytest.fixture
def migro(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Migro:
    """Run the command in an empty directory."""
    monkeypatch.chdir(tmp_path)

    def run(*arguments: str) -> tuple[int, str, str]:
        code = main([*arguments, *(SMALL if arguments[0] == "erase" else ())])
        said = capsys.readouterr()
        return code, said.out, said.err

    return run


@pytest.fixture
def path(tmp_path: Path, migro: Migro) -> Path:
    """A memory in which two people met errors in one shop, and one of them in another shop as well."""
    path = tmp_path / "migro.db"
    with SqliteMemory(path, durability="off") as memory:
        agent = Agent(rules=RULES, memory=memory, policy=Configuration().to_policy())
        for n, (shop, who) in enumerate([("mugs", PERSON), ("mugs", NEIGHBOUR), ("mugs", PERSON), ("pens", PERSON)], 1):
            at = START + timedelta(seconds=n)
            agent.handle(
                Signal(
                    kind="shop.cart",
                    merchant=MerchantId(shop),
                    occurred_at=at,
                    received_at=at,
                    dedup_key=f"cart-{n}",
                    ids={"visitor": who},
                )
            )
    return path


def stored(path: Path, merchant: str) -> str:
    """Everything that the file holds as text about a merchant."""
    columns = {"journal": "body", "links": "content", "issues": "body", "decisions": "body", "actions": "body"}
    with sqlite3.connect(path) as connection:
        texts = [
            row[0] or ""
            for table, column in columns.items()
            for row in connection.execute(
                f"SELECT {column} FROM {table} WHERE partition = ?", (f"merchant:{merchant}",)
            )
        ]
    connection.close()
    return "\n".join(texts)


def test_the_person_is_gone_from_that_shop_and_nobody_else_is(path: Path, migro: Migro) -> None:
    code, out, err = migro("erase", PERSON, *WHO)

    assert (code, err) == (0, "")
    first, mugs, platform = out.splitlines()
    token = first.split(": ")[1].split()[0]
    assert first == f"erased in merchant:mugs, input 5: {token} stands in its place now"
    assert (mugs, platform) == (
        "  merchant:mugs number 5: rewrote 3 input",
        "  platform number 2: rewrote 1 input",
    )
    assert PERSON not in stored(path, "mugs")
    assert stored(path, "mugs").count(token) >= 3
    assert NEIGHBOUR in stored(path, "mugs")
    assert PERSON in stored(path, "pens")


def test_the_chain_holds_and_an_earlier_anchor_fits(path: Path, migro: Migro) -> None:
    migro("audit", "export", "--out", "anchor.jsonl")
    assert migro("erase", PERSON, *WHO)[0] == 0

    code, out, _ = migro("audit", "verify", "--anchor", "anchor.jsonl")

    assert code == 0
    assert "4 links hold what an erasure left: they verify, and cannot be recomputed" in out


def test_what_was_rewritten_is_data(path: Path, migro: Migro) -> None:
    code, out, _ = migro("erase", PERSON, *WHO, "--format", "json")
    data = json.loads(out)

    assert code == 0
    assert data.keys() == {"partition", "seq", "token", "rewritten", "left"}
    assert [(w["partition"], w["rewritten"], w["left"]) for w in data["rewritten"]] == [
        ("merchant:mugs", {"input": 3}, []),
        ("platform", {"input": 1}, []),
    ]


def test_a_pseudonym_that_nothing_names_is_no_quiet_success(path: Path, migro: Migro) -> None:
    code, _, err = migro("erase", "nobody-of-that-name", *WHO)

    assert code == 1
    assert "nothing named that pseudonym but the request itself: is it the right one, and the right shop?" in err


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (("short", *WHO), "expected a pseudonym of 12 to 64 small letters"),
        ((PERSON, "--merchant", "nobody", *WHO[2:]), "expected a merchant that the memory knows, found none: 'nobody'"),
    ],
)
def test_what_cannot_be_erased_is_said(arguments: tuple[str, ...], complaint: str, path: Path, migro: Migro) -> None:
    before = stored(path, "mugs")

    code, out, err = migro("erase", *arguments)

    assert (code, out) == (1, "")
    assert complaint in err
    assert stored(path, "mugs") == before


def test_signals_without_a_merchant_have_a_partition_of_their_own(path: Path, migro: Migro) -> None:
    with SqliteMemory(path) as memory:
        signal = Signal(kind="shop.cart", occurred_at=START, received_at=START, ids={"visitor": PERSON})
        Agent(rules=RULES, memory=memory, policy=Configuration().to_policy()).handle(signal)

    code, out, _ = migro("erase", PERSON, "--unattributed", *WHO[2:])

    assert code == 0
    assert "rewrote 2 input" in out


@pytest.mark.parametrize("missing", ["--merchant", "--by", "--why"])
def test_whose_shop_who_asks_and_why_have_to_be_said(missing: str, path: Path, migro: Migro) -> None:
    at = WHO.index(missing)

    with pytest.raises(SystemExit) as caught:
        migro("erase", PERSON, *WHO[:at], *WHO[at + 2 :])

    assert caught.value.code == 2


def test_a_file_that_is_not_there_is_not_made(tmp_path: Path, migro: Migro) -> None:
    code, out, err = migro("erase", PERSON, *WHO)

    assert (code, out) == (2, "")
    assert "expected a memory that exists, found no file - at migro.db" in err
    assert list(tmp_path.iterdir()) == []


def test_what_is_left_of_a_person_is_named(path: Path, migro: Migro, monkeypatch: pytest.MonkeyPatch) -> None:
    left = RewrittenPartition(partition="merchant:mugs", seq=5, rewritten={"input": 3}, left=("link 2",))
    monkeypatch.setattr(erase, "rewritten_by", lambda *_, **__: [left])

    code, _, err = migro("erase", PERSON, *WHO)

    assert code == 1
    assert err == "migro: expected nothing of the pseudonym to be left, found it - at merchant:mugs, link 2\n"
