"""Issues, decisions and trends on the command line: what is urgent first, and every id leads on."""

from __future__ import annotations

import contextlib
import io
import json
from datetime import timedelta
from pathlib import Path

import pytest

from migro.cli.main import main
from migro.cli.retrospect import cut, one_id, table, when
from migro.errors import NotFound
from migro.models import ActionStatus, IssueStatus, Severity, StepRecord, Tick
from migro.remember import SqliteMemory
from migro.testing import START, sample_action, sample_decision, sample_issue

OPEN, RESOLVED = IssueStatus.OPEN, IssueStatus.RESOLVED
ALL = "migro-demo.db"


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory where a demo has been played."""
    folder = tmp_path_factory.mktemp("played")
    with contextlib.redirect_stdout(io.StringIO()):
        assert main(["demo", "--memory", str(folder / ALL)]) == 0
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
            code = main(arguments if "--memory" in arguments else [*arguments, "--memory", ALL])
        except SystemExit as e:
            code = int(str(e.code))
    return code, out.getvalue().splitlines(), err.getvalue()


def test_issues_stand_in_the_order_of_urgency_and_their_ids_lead_on(demo: Path) -> None:
    code, lines, complaint = migro("issues")
    rows = [line.split() for line in lines[1 : lines.index("")]]

    assert (code, complaint) == (0, "")
    assert [row[1] == "resolved" for row in rows] == sorted(row[1] == "resolved" for row in rows)
    urgent = [row[0] for row in rows if row[1] != "resolved"]
    assert urgent == sorted(urgent) != []
    for row in rows:
        assert migro("explain", row[-1])[0] == 0
        assert row[2] in "\n".join(migro("issues", "show", row[-1])[1])


def test_a_story_on_the_command_line_has_the_decisions_and_the_actions(demo: Path) -> None:
    issue = json.loads(migro("issues", "--format", "jsonl")[1][0])["id"]

    _, lines, _ = migro("issues", "show", issue[:12])
    story = json.loads("\n".join(migro("issues", "show", issue, "--format", "json")[1]))
    listed = [json.loads(line) for line in migro("decisions", "--issue", issue, "--format", "jsonl")[1]]

    decided = [e["decision"] for e in story["events"] if e["severity"] is not None]
    assert decided == [d["id"] for d in reversed(listed)]
    assert story["events"][0]["what"] == "opened"
    assert sum(line.startswith("Action ") for line in lines) == len(story["actions"]) > 0
    for event in story["events"]:
        assert any(event["what"] in line and event["at"][11:19] in line for line in lines)


def test_filters_of_issues_leave_out_what_does_not_fit(demo: Path) -> None:
    every = [json.loads(line) for line in migro("issues", "--format", "jsonl")[1]]
    first = every[0]
    for option, wanted in (
        (["--merchant", first["merchant"]], [i for i in every if i["merchant"] == first["merchant"]]),
        (["--kind", first["kind"]], [i for i in every if i["kind"] == first["kind"]]),
        (["--status", "resolved"], [i for i in every if i["status"] == "resolved"]),
        (["--open"], [i for i in every if i["status"] != "resolved"]),
        (["--severity", "SEV2"], [i for i in every if i["severity"] in ("SEV1", "SEV2")]),
        (["--since", first["last_seen"]], [i for i in every if i["last_seen"] >= first["last_seen"]]),
        (["--until", first["first_seen"]], [i for i in every if i["first_seen"] <= first["first_seen"]]),
        (["--limit", "1"], every[:1]),
        (["--kind", "nothing_such"], []),
        (["--until", "2026-03-02"], []),
    ):
        code, lines, _ = migro("issues", "list", *option, "--format", "jsonl")

        assert (code, [json.loads(line)["id"] for line in lines]) == (0, [i["id"] for i in wanted])
    assert "and 3 less urgent; --limit 4 shows all" in migro("issues", "--limit", "1")[1]
    assert migro("issues", "--kind", "nothing_such")[1] == ["no such issues"]


def test_what_cannot_be_shown_is_said(demo: Path) -> None:
    for arguments, code, words in (
        (["issues", "show"], 2, "expected the ID to show, got none"),
        (["issues", "show", "iss_nowhere"], 1, "expected the id of an issue, found none that starts with"),
        (["issues", "show", "iss_"], 1, "expected the id of an issue, found 4 that start with 'iss_': iss_"),
        (["issues", "--since", "yesterday"], 2, "expected a time such as"),
        (["issues", "--limit", "0"], 2, "expected a whole number from 1 on, got '0'"),
        (["issues", "--since", "2026-03-03", "--until", "2026-03-02"], 2, "expected a time not before"),
        (["report", "trends", "--days", "0"], 2, "expected a whole number from 1 on"),
    ):
        found, lines, complaint = migro(*arguments)

        assert (found, lines) == (code, [])
        assert words in complaint
    before = sorted(demo.iterdir())
    for command in (["issues"], ["decisions"], ["report", "trends"]):
        found, lines, complaint = migro(*command, "--memory", "missing.db")

        assert (found, lines) == (2, [])
        assert "expected a memory that exists, found no file" in complaint
    assert sorted(demo.iterdir()) == before


@pytest.fixture
def month(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A directory with a memory of ten days at three merchants: every second morning the cart, then the probes."""
    with SqliteMemory(tmp_path / ALL) as memory:
        for merchant in ("m_1", "m_2", "m_3"):
            _fill(memory, merchant)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def _fill(memory: SqliteMemory, merchant: str) -> None:
    steps = []
    times = []
    for day in range(0, 10, 2):
        for kind, minute in (("cart_down", 0), ("probe_red", 5)):
            for status, later in ((OPEN, 0), (RESOLVED, 30)):
                at = START + timedelta(days=day, minutes=minute + later)
                id = f"{kind}_{merchant}_{day}"
                issue = sample_issue(
                    f"iss_{id}",
                    kind=kind,
                    merchant=merchant,
                    key=(merchant,),
                    status=status,
                    severity=Severity.SEV1 if day == 4 else Severity.SEV3,
                    first_seen=START + timedelta(days=day, minutes=minute),
                    last_seen=at,
                )
                done = sample_action(
                    f"act_{id}", issue=issue.id, partition=merchant, at=issue.first_seen, status=ActionStatus.SUCCEEDED
                )
                decided = sample_decision(
                    f"dec_{id}_{later}", at=at, issue=issue, merchant=merchant, partition=merchant, actions=(done,)
                )
                times.append(at)
                steps.append((at, issue, decided, done))
    memory.accept(merchant, [Tick(at=at) for at in times])
    memory.commit(
        merchant,
        0,
        [
            StepRecord(seq=n, issues=(issue,), decisions=(decided,), actions=(done,))
            for n, (_, issue, decided, done) in enumerate(steps, 1)
        ],
    )


def test_trends_show_what_comes_back_together_and_to_many(month: Path) -> None:
    code, lines, complaint = migro("report", "trends", "--days", "30")
    text = "\n".join(" ".join(line.split()) for line in lines)

    assert (code, complaint) == (0, "")
    assert "2026-02-07 09:35 to 2026-03-09 09:35 UTC" in text
    assert "5 cart_down m_1 2026-03-01 09:00 2026-03-09 09:00 1 d 23 h gone since 2026-03-09 09:30" in text
    assert "cart_down 15 0 15 probe_red 15 0 0 0 3" in text
    assert "3 probe_red 2026-03-03 09:05 2026-03-03 09:05 m_1, m_2, m_3" in text
    assert "cart_down notify 15 0 15 succeeded 15 of 15 succeeded" in text
    assert "probe_red 2026-03-05 3 +5 +5 +5 0 3 0" in text
    assert max(map(len, lines)) <= 130


def test_trends_look_back_from_the_newest_record_or_from_where_one_says(month: Path) -> None:
    def read(*options: str) -> tuple[str, str, list[int]]:
        data = json.loads("\n".join(migro("report", "trends", "--format", "json", *options)[1]))
        return data["since"], data["until"], [len(r["occurrences"]) for r in data["recurring"]]

    assert read("--days", "4") == ("2026-03-05T09:35:00Z", "2026-03-09T09:35:00Z", [2] * 6)
    assert read("--days", "4", "--until", "2026-03-06") == ("2026-03-02T00:00:00Z", "2026-03-06T00:00:00Z", [2] * 6)
    assert read("--days", "1", "--until", "2020-01-01")[2] == []


def test_trends_of_nothing_say_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with SqliteMemory(ALL):
        pass

    assert migro("report", "trends") == (0, ["nothing is recorded yet"], "")
    assert migro("issues") == (0, ["no such issues"], "")
    assert migro("decisions") == (0, ["no such decisions"], "")


def test_an_id_may_be_short_while_it_is_clear() -> None:
    ids = [f"iss_{n}" for n in range(7)] + ["iss_", "iss_0"]

    assert one_id("an issue", "iss_3", ids) == "iss_3"
    assert one_id("an issue", "iss_", ids) == "iss_"
    with pytest.raises(NotFound, match="found 8 that start with 'iss': iss_, iss_0, iss_1, iss_2, iss_3 and 3 more"):
        one_id("an issue", "iss", ids)


def test_a_table_is_as_wide_as_its_cells_and_numbers_end_together() -> None:
    rows = [("a" * 5, "1"), ("b", "100")]

    assert list(table(("name", "n"), rows, right=("n",))) == ["name     n", "aaaaa    1", "b      100"]
    assert list(table(("name", "n"), [])) == ["name  n"]
    assert (cut("x" * 32), len(cut("x" * 33))) == ("x" * 32, 32)


def test_a_day_is_its_start_in_utc() -> None:
    assert when("2026-03-01") + timedelta(hours=9) == when("2026-03-01T10:00:00+01:00") == START


def test_priority_says_why_each_issue_stands_where_it_stands(demo: Path) -> None:
    code, lines, _ = migro("report", "priority")
    data = [json.loads(line) for line in migro("report", "priority", "--format", "jsonl")[1]]

    assert code == 0
    assert [d["place"] for d in data] == list(range(1, len(data) + 1)) != []
    assert all(d["because"] in line for d, line in zip(data, lines[1:], strict=False))
    assert migro("report", "priority", "--limit", "1")[1][1] == lines[1].rstrip()


def test_what_no_rule_has_read_is_listed_and_fails_where_that_is_asked_for(demo: Path) -> None:
    code, _, _ = migro("report", "unmatched")
    data = [json.loads(line) for line in migro("report", "unmatched", "--format", "jsonl")[1]]
    for one in data:
        assert migro("explain", one["sample"])[0] == 0

    assert code == 0
    assert migro("report", "unmatched", "--fail")[0] == (1 if data else 0)
    assert migro("report", "unmatched", "--fail", "--since", "2100-01-01") == (
        *(0, ["every signal was read by a rule"], ""),
    )


def test_a_digest_says_what_began_went_on_and_ended_on_a_day(month: Path) -> None:
    def read(*options: str) -> list[str]:
        code, lines, complaint = migro("report", "digest", *options)
        assert (code, complaint) == (0, "")
        assert max(map(len, lines)) <= 150
        return [" ".join(line.split()) for line in lines]

    at_noon = read("--until", "2026-03-01T09:10:00Z")
    next_day = read("--until", "2026-03-02T09:10:00Z", "--merchant", "m_1")

    assert at_noon[0] == "2026-02-28 09:10 to 2026-03-01 09:10 UTC: 6 began, 0 went on, 0 ended"
    assert at_noon[2] == "Began"
    assert at_noon[3] == "sev issue merchant since day times signals waiting id"
    assert next_day[0] == "2026-03-01 09:10 to 2026-03-02 09:10 UTC: 0 began, 0 went on, 2 ended"
    assert next_day[3] == "sev issue merchant since until times signals waiting id"
    assert any(
        line.startswith("SEV") and "cart_down m_1 2026-03-01 09:00 2026-03-01 09:30 1" in line for line in next_day
    )


def test_a_digest_for_programs_has_the_same_cases(month: Path) -> None:
    data = json.loads("\n".join(migro("report", "digest", "--days", "3", "--format", "json")[1]))

    assert (data["since"], data["until"]) == ("2026-03-06T09:35:00Z", "2026-03-09T09:35:00Z")
    assert (len(data["began"]), len(data["goes_on"]), len(data["ended"])) == (0, 0, 12)
    one = data["ended"][0]
    assert one["occurrence"]["ended"] > one["occurrence"]["began"]
    assert one["issue"]["merchant"] in ("m_1", "m_2", "m_3")
    assert (one["day"], one["waiting"]) == (1, 0)


def test_a_digest_of_nothing_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with SqliteMemory(ALL):
        pass

    assert migro("report", "digest") == (0, ["nothing is recorded yet"], "")
