"""``migro audit``: 0 all is well, 1 something was found, 2 nobody could look; and it never makes a file."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest

from migro.cli import main
from migro.models import Tick
from migro.remember import SqliteMemory
from migro.testing import START
from tests.audit.store import fill
from tests.conftest import RunPython

Audit = Callable[..., tuple[int, str, str]]

AT = "2026-03-01T09:00:00Z"
SOON = "2026-03-01T09:02:00Z"


@pytest.fixture
def audit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Audit:
    """Run a part of the command in an empty directory."""
    monkeypatch.chdir(tmp_path)

    def run(*arguments: str) -> tuple[int, str, str]:
        code = main(["audit", *arguments])
        said = capsys.readouterr()
        return code, said.out, said.err

    return run


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "migro.db"
    with SqliteMemory(path, durability="off") as memory:
        fill(memory, shops=2, inputs=23)
    return path


def changed(path: Path, statement: str) -> None:
    with sqlite3.connect(path) as connection:
        connection.execute(statement)
    connection.close()


def test_a_memory_that_holds_is_told_with_its_counts(path: Path, audit: Audit) -> None:
    code, out, err = audit("verify")

    assert (code, err) == (0, "")
    assert out.splitlines() == [
        "94 links of 3 partitions, 48 inputs",
        "signals: accepted 34 = pending 6 + failed 0 + dropped 4 + suppressed 4 + opened 4 + merged 4 + recorded 12",
        "withdrawals: accepted 4 = pending 0 + failed 0 + withdrawn 4 + too_late 0 + recorded 0",
        "compared with no anchor: if the newest records are missing, nobody can tell",
        "everything holds",
    ]


def test_findings_are_lines_and_exit_code_1(path: Path, audit: Audit) -> None:
    changed(
        path, "UPDATE journal SET body = replace(body, '503', '200') WHERE partition = 'merchant:m_001' AND seq = 3"
    )

    code, out, err = audit("verify")

    assert (code, err) == (1, "")
    first, *_, last = out.splitlines()
    assert first == "expected the input that was hashed, got another one - at merchant:m_001, link 3, input 3 [payload]"
    assert last == "1 finding"


def test_findings_are_data(path: Path, audit: Audit) -> None:
    changed(path, "UPDATE decisions SET body = '{}' WHERE id = 'dec_1_1'")
    changed(path, "UPDATE issues SET id = CAST(x'ff' AS TEXT) WHERE id = 'iss_1_1'")

    code, out, _ = audit("verify", "--format", "json")
    whole = json.loads(out)
    _, lines, _ = audit("verify", "--format", "jsonl")
    *findings, summary = map(json.loads, lines.splitlines())

    assert code == 1
    assert whole["ok"] is False
    assert whole["findings"] == findings
    assert "findings" not in summary
    assert summary["findings_count"] == len(findings) > 0
    assert {f["id"] for f in findings} >= {"dec_1_1", "iss_1_1"}
    assert findings[0].keys() == {"check", "partition", "what", "position", "seq", "id", "expected", "got"}


def test_a_person_is_shown_a_hundred_findings_and_how_to_get_the_rest(path: Path, audit: Audit) -> None:
    changed(path, "UPDATE links SET digest = zeroblob(32)")

    code, out, _ = audit("verify")

    assert code == 1
    assert len([line for line in out.splitlines() if line.startswith("expected")]) == 100
    assert "more; --format jsonl lists all" in out


def test_an_export_is_an_anchor_that_finds_a_missing_tail(path: Path, audit: Audit) -> None:
    code, out, err = audit("export", "--now", AT)
    Path("anchor.jsonl").write_text(out, "utf-8")
    first, *partitions = map(json.loads, out.splitlines())

    assert (code, err) == (0, "")
    assert (first["anchor"], first["at"], first["partitions"], first["links"]) == (1, AT, 3, 94)
    assert [p["partition"] for p in partitions] == ["merchant:m_001", "merchant:m_002", "platform"]

    code, out, _ = audit("verify", "--anchor", "anchor.jsonl")
    assert (code, out.splitlines()[-2:]) == (
        0,
        ["compared with the anchor of 2026-03-01 09:00:00Z", "everything holds"],
    )

    changed(path, "DELETE FROM journal WHERE partition = 'platform'")
    changed(path, "DELETE FROM links WHERE partition = 'platform'")
    changed(path, "DELETE FROM partitions WHERE name = 'platform'")
    code, out, _ = audit("verify", "--anchor", "anchor.jsonl")
    assert code == 1
    assert "got only 0 links - at platform, link 4 [anchor]" in out


def test_an_export_may_hold_every_link_but_neither_payload_nor_salt(path: Path, audit: Audit) -> None:
    code, out, _ = audit("export", "--records", "--out", "anchor.jsonl", "--now", AT)
    lines = [json.loads(line) for line in Path("anchor.jsonl").read_text("utf-8").splitlines()]
    links = [line for line in lines if "link" in line]

    assert (code, out) == (0, "")
    assert len(links) == lines[0]["links"] == 94
    assert links[0].keys() == {"link", "partition", "what", "seq", "digest", "hash"}
    assert audit("verify", "--anchor", "anchor.jsonl")[0] == 0


def test_an_export_writes_over_nothing(path: Path, audit: Audit) -> None:
    Path("anchor.jsonl").write_text("mine", "utf-8")

    code, _, err = audit("export", "--out", "anchor.jsonl")

    assert code == 2
    assert "expected a file that can be made, got: File exists - at anchor.jsonl" in err
    assert Path("anchor.jsonl").read_text("utf-8") == "mine"


def test_a_memory_with_nothing_in_it_is_not_said_to_hold(tmp_path: Path, audit: Audit) -> None:
    SqliteMemory(tmp_path / "migro.db").close()

    code, out, err = audit("verify")
    whole = json.loads(audit("verify", "--format", "json")[1])
    summary = json.loads(audit("verify", "--format", "jsonl")[1])

    assert (code, err) == (0, "")
    assert out.splitlines()[0] == "0 links of 0 partitions, 0 inputs"
    assert out.splitlines()[-1] == "nothing is stored, so there was nothing to check"
    assert "everything holds" not in out
    assert whole["empty"] is summary["empty"] is True


def test_a_memory_with_something_in_it_is_not_empty(path: Path, audit: Audit) -> None:
    assert json.loads(audit("verify", "--format", "json")[1])["empty"] is False


REFUSED = {
    "cut": "the ends of 3 partitions, as the first line says, got 2: 1 at the end is missing, was the file cut?",
    "cut twice": "partitions, as the first line says, got 1: 2 at the end are missing, was the file cut?",
    "cut in a line": "that stops in the middle: was the file cut? - in line 4",
    "altered": "expected an anchor as it was written, with links 94 in its first line, got lines that make links 93",
    "other hash": "in its first line, got lines that make head ",
    "empty": "expected an anchor as `migro audit export` prints it, got nothing: there is no line in it",
    "blank": "expected an anchor as `migro audit export` prints it, got nothing: there is no line in it",
    "format": "expected an anchor in format 1, got format 2 - in line 1",
    "time": "expected the time of the anchor under 'at', got 'noon' - in line 1",
    "other": "expected an anchor, its first line with 'anchor', got {'a': 1} - in line 1",
    "list": "expected an anchor, one JSON object a line, got '[1]' - in line 1",
    "partition": "expected the 'partition', 'links' and 'head' of one chain, got {'partition': 1} - in line 2",
    "text": "expected an anchor, one JSON object a line, got 'no anchor' - in line 1",
    "binary": "expected an anchor, one JSON object a line, got '\\x00\\x01' - in line 1",
    "no text": "expected an anchor as UTF-8 text, got a file of other bytes: byte 0xff at place 1",
    "missing": "expected an anchor that can be read, got: No such file or directory",
}


@pytest.mark.parametrize("change", REFUSED)
def test_an_anchor_that_is_not_as_it_was_written_is_refused(change: str, path: Path, audit: Audit) -> None:
    text = audit("export", "--now", AT)[1]
    head = '{"anchor":1,"at":"2026-03-01T09:00:00Z"}\n'
    made = {
        "cut": text[: text.rindex("{")],
        "cut twice": "".join(text.splitlines(keepends=True)[:2]),
        "cut in a line": text[:-30],
        "altered": text.replace('"links":4,', '"links":3,'),
        "other hash": text.replace('"links":94', '"links": 94').replace('{"head":"', '{"head":"0', 2),
        "empty": "",
        "blank": "\n  \n",
        "format": '{"anchor":2}',
        "time": '{"anchor":1,"at":"noon"}',
        "other": '{"a":1}',
        "list": "[1]",
        "partition": head + '{"partition":1}',
        "text": "no anchor",
        "binary": "\0\1",
    }
    if change in made:
        assert made[change] != text
        Path("anchor.jsonl").write_text(made[change], "utf-8")
    elif change == "no text":
        Path("anchor.jsonl").write_bytes(b"{\xff")

    code, out, err = audit("verify", "--anchor", "anchor.jsonl")

    assert (code, out) == (2, "")
    assert "audit could not look: expected" in err
    assert REFUSED[change] in err
    assert not any(word in err for word in ("IndexError", "UnicodeDecodeError", "KeyError", "JSONDecodeError"))
    assert err.rstrip().endswith("- at anchor.jsonl")


def test_an_anchor_may_name_a_partition_with_any_sign_in_it(tmp_path: Path, audit: Audit) -> None:
    with SqliteMemory(tmp_path / "migro.db") as memory:
        memory.accept("merchant:\u2028x", [Tick(at=START)])
    audit("export", "--out", "anchor.jsonl")

    assert audit("verify", "--anchor", "anchor.jsonl")[0] == 0


def test_what_is_stuck_is_a_line_each_and_exit_code_1(path: Path, audit: Audit) -> None:
    quiet = audit("stuck", "--now", SOON)
    code, out, err = audit("stuck", "--now", "2026-03-01T09:30:00Z")
    _, lines, _ = audit("stuck", "--now", "2026-03-01T09:30:00Z", "--format", "jsonl")

    assert (code, err) == (1, "")
    assert out.splitlines()[0] == (
        "input     since 2026-03-01 09:00:21Z  merchant:m_001 number 21  signal_received is accepted, and no step has"
        " consumed it"
    )
    assert out.splitlines()[-1] == f"{len(lines.splitlines())} stuck"
    assert {json.loads(line)["what"] for line in lines.splitlines()} == {"input", "timer"}
    assert quiet[0] == 0
    assert audit("stuck", "--now", "2026-03-01T09:30:00Z", "--older-than", "60")[0] == 0


def test_nothing_stuck_says_so(tmp_path: Path, audit: Audit) -> None:
    with SqliteMemory(tmp_path / "migro.db") as memory:
        memory.accept("m_1", [Tick(at=START)])

    assert audit("stuck", "--now", AT, "--older-than", "5")[:2] == (0, "nothing is stuck\n")
    assert audit("stuck")[0] == 1


@pytest.mark.parametrize("part", ["verify", "export", "stuck"])
class TestWhoCannotLookSaysSoAndEndsWith2:
    def test_without_a_file(self, part: str, audit: Audit, tmp_path: Path) -> None:
        code, out, err = audit(part)

        assert (code, out) == (2, "")
        assert "audit could not look: expected a memory that exists, found no file - at migro.db" in err
        assert list(tmp_path.iterdir()) == []

    @pytest.mark.parametrize("content", [b"", b"not a database at all, but long enough to be looked at" * 90])
    def test_with_a_file_of_another_kind(self, content: bytes, part: str, audit: Audit) -> None:
        Path("migro.db").write_bytes(content)

        code, out, err = audit(part)

        assert (code, out) == (2, "")
        assert "audit could not look: expected a migro database" in err
        assert Path("migro.db").read_bytes() == content

    def test_with_a_database_of_another_program(self, part: str, audit: Audit) -> None:
        changed(Path("migro.db"), "CREATE TABLE t (a)")

        code, out, err = audit(part)

        assert (code, out) == (2, "")
        assert "audit could not look: expected a migro database, got one of another program" in err

    def test_with_a_memory_that_forgets(self, part: str, audit: Audit) -> None:
        assert audit(part, "--memory", "volatile:")[0] == 2


def test_a_file_that_somebody_locks_is_not_looked_at(path: Path, audit: Audit) -> None:
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("PRAGMA locking_mode = EXCLUSIVE")
    connection.execute("PRAGMA journal_mode = DELETE")
    connection.execute("BEGIN EXCLUSIVE")
    try:
        code, out, err = audit("stuck")
    finally:
        connection.close()

    assert (code, out) == (2, "")
    assert "audit could not look: expected" in err
    assert "migro.db" in err


def test_a_record_that_cannot_be_read_stops_the_watchman_and_not_the_audit(path: Path, audit: Audit) -> None:
    changed(path, "UPDATE journal SET body = '{' WHERE partition = 'merchant:m_001' AND seq = 23")

    code, out, err = audit("stuck", "--now", SOON)

    assert (code, out) == (2, "")
    assert "audit could not look: expected an input as JSON" in err
    assert audit("verify")[0] == 1


def test_an_unforeseen_error_is_no_quiet_end(path: Path, audit: Audit) -> None:
    changed(path, "UPDATE partitions SET due = 9223372036854775807 WHERE name = 'platform'")

    code, out, err = audit("stuck")

    assert (code, out) == (2, "")
    assert "audit could not look: OverflowError" in err
    assert audit("verify")[0] == 1


@pytest.mark.parametrize("text", ["-1", "five", "1.5", ""])
def test_minutes_are_a_whole_number(text: str, audit: Audit, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        audit("stuck", f"--older-than={text}")

    assert caught.value.code == 2
    assert f"expected a number of minutes, got {text!r}" in capsys.readouterr().err


def test_more_minutes_than_there_are_is_refused(audit: Audit, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        audit("stuck", "--older-than=99999999999999")

    assert "expected a number of at most 7 digits, got 14" in capsys.readouterr().err


def test_a_memory_is_audited_while_its_agent_writes(run_migro: RunPython, tmp_path: Path) -> None:
    with SqliteMemory(tmp_path / "migro.db", durability="off") as memory:
        fill(memory, shops=1, inputs=13)
        done = run_migro("audit", "verify")
        memory.accept("m_1", [Tick(at=START)])

    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.endswith("everything holds\n")
