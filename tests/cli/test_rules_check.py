"""``migro rules check`` and ``migro rules mutate`` as their users meet them."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from migro.cli import rules_edges
from migro.cli.main import main
from migro.cli.rule_work import each
from tests.conftest import RunPython

RULES = """
from datetime import UTC, datetime
from migro import *

NINE = datetime(2026, 3, 1, 9, tzinfo=UTC)
DOWN = IssueKind("down", category="checkout")


class Request(Signal, kind="checked.request"):
    code: Attr[int]
    email: Maybe[str] = UNSET


def request(code):
    return Request(code=code, merchant=MerchantId("m1"), occurred_at=NINE)


def rule(id, *conditions, points=50, effect=supports):
    when = on(Request, *conditions, per=Request.merchant).at_least(1, within=minutes(5))
    examples = (fires("an error", request(500), for_="m1"), silent("none", request(499)))
    return Rule(id, when=when, then=effect(DOWN, points, family="http"), examples=examples)


SOUND = RuleSet("sound", rule("errors", Request.code >= 500, points=105))
FAULTY = RuleSet(
    "faulty",
    *SOUND,
    rule("never", Request.code >= 600, Request.code < 500, points=105),
    rule("less", Request.code >= 501, points=50),
    rule("people", Request.code >= 400, Request.email == "a@example.org", points=60),
)


def circular():
    return RuleSet("circular", Rule("round", when=known(DOWN), then=supports(DOWN, 5, family="a")))
"""


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    (tmp_path / "checked_shop.py").write_text(RULES, "utf-8")
    (tmp_path / "circular_shop.py").write_text("from checked_shop import circular\nRULES = circular()\n", "utf-8")
    return tmp_path


@pytest.mark.usefixtures("shop")
def test_nothing_found_is_said_and_is_exit_code_0(run_migro: RunPython) -> None:
    done = run_migro("rules", "check", "--rules", "checked_shop:SOUND")

    assert (done.returncode, done.stdout, done.stderr) == (0, "1 rule: nothing found\n", "")


@pytest.mark.usefixtures("shop")
def test_each_problem_is_told_with_place_code_rule_and_what_shows_it(run_migro: RunPython) -> None:
    done = run_migro("rules", "check", "--rules", "checked_shop:FAULTY")
    text = " ".join(done.stdout.split())

    assert done.returncode == 1
    assert re.search(
        r"checked_shop\.py:\d+: MR101 never: expected a premise that can hold, got one that never does", text
    )
    assert "shown by: Request.code >= 600 and Request.code < 500" in text
    assert "MR103 less: expected a rule that can count; wherever it fires errors does" in text
    assert "MR112 people: expected columns without personal data, got Request.email [personal data]" in text
    assert "4 rules: 1 never fires, 1 subsumed, 1 personal data" in text


@pytest.mark.usefixtures("shop")
def test_programs_read_records_with_stable_codes(run_migro: RunPython) -> None:
    done = run_migro("rules", "check", "--rules", "checked_shop:FAULTY", "--format", "jsonl")
    records = [json.loads(line) for line in done.stdout.splitlines()]

    assert [(r["code"], r["rule"], r["other"]) for r in records] == [
        ("MR101", "never", ""),
        ("MR103", "less", "errors"),
        ("MR112", "people", ""),
    ]
    assert all(r["witness"] and r["where"] and r["message"] and r["name"] for r in records)


@pytest.mark.usefixtures("shop")
def test_what_is_known_and_meant_is_ignored_by_code_or_at_one_rule(run_migro: RunPython) -> None:
    ignored = ["--ignore", "MR101", "--ignore", "MR103:less", "--ignore", "MR112:errors"]
    done = run_migro("rules", "check", "--rules", "checked_shop:FAULTY", *ignored)

    assert done.returncode == 1
    assert done.stdout.splitlines()[-1] == "4 rules: 1 personal data; 2 ignored"


@pytest.mark.usefixtures("shop")
def test_rules_that_do_not_load_are_told_in_the_same_way(run_migro: RunPython) -> None:
    done = run_migro("rules", "check", "--rules", "circular_shop:RULES")

    assert done.returncode == 1
    assert "MR106 down: expected no cycle through known(), got" in done.stdout
    assert done.stdout.splitlines()[-1] == "rules that do not load: 1 cycle"


def test_a_code_that_there_is_not_is_an_error_of_usage(run_migro: RunPython) -> None:
    done = run_migro("rules", "check", "--ignore", "MR999")

    assert done.returncode == 2
    assert "expected a code such as MR103 or MR103:checkout.share, got 'MR999'" in done.stderr


# --- mutate ---------------------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("shop")
def test_survivors_are_listed_with_the_change_that_nothing_noticed(run_migro: RunPython) -> None:
    done = run_migro("rules", "mutate", "--rules", "checked_shop:SOUND")
    lines = done.stdout.splitlines()

    assert done.returncode == 1
    assert lines[0].startswith("errors (checked_shop.py:")
    assert "  lasts doubled: lasts 0:10:00 -> 0:20:00" in lines
    assert not any("window doubled: length" in line for line in lines)  # of a single signal any window is the same
    assert not any("bound weakened: Request.code" in line for line in lines)
    assert "noticed by an example" in lines[-1]
    assert "points changed" not in done.stdout


@pytest.mark.usefixtures("shop")
def test_one_sort_of_change_can_be_asked_for_and_then_nothing_survives(run_migro: RunPython) -> None:
    chosen = ["--operator", "bound weakened", "--operator", "rule deleted", "--rule", "errors"]
    done = run_migro("rules", "mutate", "--rules", "checked_shop:SOUND", *chosen, "--format", "json")

    assert done.returncode == 0
    assert json.loads(done.stdout) == {
        "counts": {"bound weakened": {"killed": 1}, "rule deleted": {"killed": 1}},
        "survivors": [],
    }


@pytest.mark.usefixtures("shop")
def test_a_lock_holds_what_no_example_sees(run_migro: RunPython) -> None:
    run_migro("rules", "lock", "--rules", "checked_shop:SOUND", "--lock", "rules.lock")
    words = ["rules", "mutate", "--rules", "checked_shop:SOUND", "--lock", "rules.lock", "--format", "jsonl"]
    verdicts = [json.loads(line) for line in run_migro(*words).stdout.splitlines()]

    assert {v["outcome"] for v in verdicts if v["operator"] in ("points changed", "family changed")} == {"locked"}


@pytest.mark.usefixtures("shop")
def test_a_sample_is_a_part_and_several_processes_find_the_same(run_migro: RunPython) -> None:
    words = ["rules", "mutate", "--rules", "checked_shop:FAULTY", "--format", "jsonl"]
    whole = run_migro(*words).stdout.splitlines()
    sample = run_migro(*words, "--every", "3").stdout.splitlines()

    assert set(sample) < set(whole)
    assert len(whole) // 3 - 4 <= len(sample) <= len(whole) // 3 + 4
    assert run_migro(*words, "--every", "3", "--jobs", "2").stdout.splitlines() == sample


@pytest.mark.usefixtures("shop")
def test_a_rule_that_there_is_not_is_an_error(run_migro: RunPython) -> None:
    done = run_migro("rules", "mutate", "--rules", "checked_shop:SOUND", "--rule", "erors")

    assert done.returncode == 1
    assert "expected ids of rules of 'sound', got 'erors'" in done.stderr


# --- edges ----------------------------------------------------------------------------------------------------------

EDGES = ("rules", "edges", "--rules", "checked_shop:SOUND")


@pytest.mark.usefixtures("shop")
def test_edges_that_are_pinned_are_compared_and_notice_what_no_example_does(run_migro: RunPython) -> None:
    pinning = run_migro(*EDGES, "--write")
    pinned = run_migro(*EDGES)
    words = ["rules", "mutate", "--rules", "checked_shop:SOUND", "--edges", "migro-rules.edges.json"]
    verdicts = [json.loads(line)["outcome"] for line in run_migro(*words, "--format", "jsonl").stdout.splitlines()]

    assert "errors: " in pinning.stdout
    assert (pinned.returncode, pinned.stdout) == (0, "1 rule compared with migro-rules.edges.json: no findings\n")
    assert "pinned" in verdicts
    assert "survived" not in verdicts


def test_a_rule_that_is_not_as_pinned_is_told_and_pinned_anew_on_demand(shop: Path, run_migro: RunPython) -> None:
    run_migro(*EDGES, "--write")
    # Longer than before: a file of the same second and size counts as the one that is compiled already.
    changed = RULES.replace("code >= 500, points=105", "code >= 501, points=100") + "# changed\n"
    (shop / "checked_shop.py").write_text(changed, "utf-8")
    told = run_migro(*EDGES, "--format", "jsonl")
    anew = run_migro(*EDGES, "--write", "--format", "json")

    assert told.returncode == 1
    assert {json.loads(line)["code"] for line in told.stdout.splitlines()} == {"concludes", "edge"}
    assert json.loads(anew.stdout)["anew"] == ["errors"]


def test_whoever_pins_hears_which_changes_nothing_notices_and_why(shop: Path, run_migro: RunPython) -> None:
    more = """
impossible = on(Request, Request.code >= 600, Request.code < 500, per=Request.merchant)
OTHER = IssueKind[MerchantId]("other", category="checkout")
examples = (fires("one", request(500), for_="m1"), silent("none", request(200)))
SEEN = RuleSet(
    "seen",
    *SOUND,
    Rule("after", when=known(DOWN, at_least_points=105), then=supports(OTHER, 5, family="a"), examples=examples),
    Rule("never", when=impossible, then=supports(DOWN, 5, family="b")),
)
"""
    (shop / "seen_shop.py").write_text(RULES + more, "utf-8")
    words = ("rules", "edges", "--rules", "seen_shop:SEEN", "--write")
    lines = run_migro(*words).stdout.splitlines()
    data = json.loads(run_migro(*words, "--again", "--format", "json").stdout)

    assert lines[0] == "after: no edge is needed; its examples notice every small change of when it fires"
    why = "in no example of it the rule fires, so there is no stream to begin with"
    at = lines.index(f"never: 2 changes noticed by nothing: {why}")
    assert lines[at + 1 : at + 3] == [
        "  lasts halved: lasts 0:10:00 -> 0:09:59.999999",
        "  lasts doubled: lasts 0:10:00 -> 0:10:00.000001",
    ]
    assert [(m["rule"], len(m["changes"])) for m in data["missed"]] == [("never", 2)]


def test_what_was_found_is_kept_when_the_search_is_ended(shop: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def ended(*work: Any) -> Iterator[Any]:
        yield next(each(*work))
        raise KeyboardInterrupt

    monkeypatch.chdir(shop)
    monkeypatch.syspath_prepend(str(shop))
    monkeypatch.setattr(rules_edges, "_SAVE_EVERY_S", 0.0)
    monkeypatch.setattr(rules_edges, "each", ended)
    assert main(["rules", "edges", "--rules", "checked_shop:FAULTY", "--write"]) == 130

    (found,) = json.loads((shop / "migro-rules.edges.json").read_text("utf-8"))["rules"].values()
    assert found["edges"]


def test_without_a_file_there_is_nothing_to_compare_with(shop: Path, run_migro: RunPython) -> None:
    done = run_migro(*EDGES, "--edges", str(shop / "none.json"))

    assert done.returncode == 2
    assert "expected edges that can be read: No such file or directory" in done.stderr
