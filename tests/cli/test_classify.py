"""``migro classify``: tickets in any shape, labels with their reasons, 0 fine, 1 something unreadable, 2 usage."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from pathlib import Path

import pytest

from migro.cli import main

Run = Callable[..., tuple[int, str, str]]

TICKETS = """\
{"id": "1", "title": "Coupon refused at checkout", "body": "The cart total stays wrong."}
{"id": "2", "title": "Webhook arrives twice", "body": "The order event comes two times."}
"""


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "tickets.jsonl").write_text(TICKETS, encoding="utf-8")

    def run(*arguments: str) -> tuple[int, str, str]:
        code = main(["classify", *arguments])
        said = capsys.readouterr()
        return code, said.out, said.err

    return run


def test_one_object_a_line_with_what_the_design_names(run: Run) -> None:
    code, out, _ = run("tickets.jsonl")
    found = [json.loads(line) for line in out.splitlines()]

    assert code == 0
    assert [(f["id"], f["category"]) for f in found] == [("1", "checkout"), ("2", "webhook")]
    assert found[0].keys() >= {
        "id", "category", "confidence", "points", "band", "alternatives", "severity", "customer_facing", "because"
    }  # fmt: skip
    assert isinstance(found[0]["confidence"], float)
    assert found[0]["points"] == sum(r["points"] for r in found[0]["because"] if r["label"] == "checkout")


def test_a_terminal_shows_text_without_being_asked(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)

    assert run("tickets.jsonl")[1].startswith("1  checkout")


def test_people_see_the_label_and_the_phrases_with_their_points(run: Run) -> None:
    code, out, _ = run("tickets.jsonl", "--format", "text")

    assert code == 0
    assert out.startswith("1  checkout")
    assert "+80  checkout            title      (coupon|coupons|voucher|vouchers)" in out
    assert "against" in out


def test_json_is_a_list_and_segments_are_shown_when_asked_for(run: Run) -> None:
    (found, _) = json.loads(run("tickets.jsonl", "--format", "json", "--segments")[1])

    assert found["segments"] == [{"kind": "prose", "start": 0, "end": 27, "says": "all"}]
    assert "prose, counts in full" in run("tickets.jsonl", "--segments", "--all-reasons", "--format", "text")[1]


def test_a_text_on_the_command_line_is_a_ticket(run: Run) -> None:
    code, out, _ = run("--text", "Login fails\nThe password is refused.")

    assert code == 0
    assert "auth" in out


def test_standard_input_is_read(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(b"id,title\n7,Stock is negative\n")))

    assert run("-", "--format", "text")[1].startswith("7  inventory")


def test_what_cannot_be_read_is_named_and_the_rest_is_labelled(run: Run, tmp_path: Path) -> None:
    (tmp_path / "broken.jsonl").write_text(TICKETS + "nonsense\n", encoding="utf-8")
    code, out, err = run("broken.jsonl", "missing.jsonl", "--format", "jsonl")

    assert code == 1
    assert len(out.splitlines()) == 2
    assert "broken.jsonl, line 3: expected a JSON object" in err
    assert "missing.jsonl: expected a readable file" in err


def test_fields_that_tell_nothing_are_named(run: Run, tmp_path: Path) -> None:
    (tmp_path / "odd.csv").write_text("a;b;c\n9;Login fails;The password is refused\n", encoding="utf-8")
    code, _, err = run("odd.csv")

    assert code == 1
    assert "say which one it is, with --title-field and --body-field - at odd.csv" in err
    assert run("odd.csv", "--id-field", "a", "--title-field", "b", "--body-field", "c")[1].startswith(
        '{"id": "9", "category": "auth"'
    )


def test_an_own_lexicon_reads_a_language_that_was_not_covered(run: Run, tmp_path: Path) -> None:
    text = "Le panier est vide\nLes clients ne peuvent pas payer et nous ne savons pas."
    lexicon = "name: own\nversion: 1\nlanguage: fr\n[phrases]\npanier => checkout 40\n"
    (tmp_path / "fr.lexicon").write_text(lexicon, encoding="utf-8")

    assert "unknown: language fr is not covered" in run("--text", text, "--format", "text")[1]
    assert "checkout" in run("--text", text, "--lexicon", "fr.lexicon")[1]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((), "expected files or --text, got neither"),
        (("tickets.jsonl", "--text", "x"), "expected files or --text, got both"),
        (("--text", "x", "--lexicon", "none.lexicon"), "expected a readable lexicon"),
        (("--text", "x", "--lexicon", "tickets.jsonl"), "the lexicon has"),
        (("--text", "x", "--calibration", "tickets.jsonl"), "expected a calibration"),
    ],
)
def test_wrong_usage_is_said_in_words(run: Run, arguments: tuple[str, ...], message: str) -> None:
    code, _, err = run(*arguments)

    assert code == 2
    assert message in err


def test_a_file_of_which_only_half_is_read_says_so_once(run: Run, tmp_path: Path) -> None:
    table = "nr,topic,gesagtes\n1,Coupon refused,It is refused since the move\n2,Login fails,It fails for all of us\n"
    (tmp_path / "own.csv").write_text(table, encoding="utf-8")

    assert run("own.csv")[2] == (
        "migro: own.csv: only 'topic' is read; --body-field says which field is the text, perhaps 'gesagtes'\n"
    )
    assert run("own.csv", "--body-field", "gesagtes")[2] == ""
