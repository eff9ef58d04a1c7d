"""``migro evaluate tickets``: scores as text, JSON and pictures, and a calibration out of labels."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from migro.cli import main

Run = Callable[..., tuple[int, str, str]]

LABELLED = "\n".join(
    json.dumps({"id": str(n), "title": title, "category": category, "severity": "medium", "customer_facing": True})
    for n, (title, category) in enumerate(
        [("Coupon refused in the cart", "checkout"), ("Login fails", "auth"), ("Webhook is late", "integration")] * 12
    )
)


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "labelled.jsonl").write_text(LABELLED, encoding="utf-8")

    def run(*arguments: str) -> tuple[int, str, str]:
        code = main(["evaluate", "tickets", *arguments])
        said = capsys.readouterr()
        return code, said.out, said.err

    return run


def test_a_report_says_how_right_and_what_misled(run: Run) -> None:
    code, out, _ = run("labelled.jsonl")

    assert code == 0
    assert "36 tickets" in out
    assert "accuracy             0.6667" in out
    assert "Spiegelhalter" in out
    assert "12 x integration taken for webhook" in out
    assert "web ?hooks?" in out


def test_json_has_everything(run: Run) -> None:
    found = json.loads(run("labelled.jsonl", "--format", "json")[1])

    assert found["accuracy"] == 0.6667
    assert found["calibration"]["bins"]
    assert found["confidence_high"]["tickets"] >= 0
    assert found["worst"][0]["phrases"][0]["phrase"] == "web ?hooks?"


def test_a_picture_is_written(run: Run, tmp_path: Path) -> None:
    assert run("labelled.jsonl", "--plot", "out.svg")[0] == 0
    assert (tmp_path / "out.svg").read_text("utf-8").startswith("<svg")


def test_a_calibration_is_made_from_labels_and_used(run: Run, tmp_path: Path) -> None:
    assert run("labelled.jsonl", "--fit-calibration", "own.json")[0] == 0
    own = json.loads((tmp_path / "own.json").read_text("utf-8"))

    assert own["source"] == "36 labelled tickets of labelled.jsonl"
    assert run("labelled.jsonl", "--calibration", "own.json")[0] == 0


def test_tickets_without_a_label_are_named_and_left_out(run: Run, tmp_path: Path) -> None:
    (tmp_path / "more.jsonl").write_text(LABELLED + '\n{"id": "x", "title": "Login"}\n', encoding="utf-8")
    code, out, err = run("more.jsonl", "--format", "jsonl")

    assert code == 1
    assert json.loads(out)["tickets"] == 36
    assert (
        "more.jsonl, line 37: expected a category in a field called category or label, got the fields id, title" in err
    )


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (("labelled.jsonl", "--plot", "a.gif"), 2, "expected a name that ends with .svg or .png"),
        (("labelled.jsonl", "--label-field", "severity"), 1, "expected a category, one of"),
        (("labelled.jsonl", "--label-field", "desk"), 1, "expected at least one labelled ticket, got none"),
    ],
)
def test_wrong_usage_is_said_in_words(run: Run, arguments: tuple[str, ...], code: int, message: str) -> None:
    got, _, err = run(*arguments)

    assert got == code
    assert message in err


def test_words_are_learned_from_labels_and_used(run: Run, tmp_path: Path) -> None:
    lines = [
        json.dumps({"id": n, "title": f"the {word} again", "category": category, "shop": f"s{n % 7}"})
        for n, (word, category) in enumerate([("lamp", "inventory"), ("wire", "docs")] * 60)
    ]
    (tmp_path / "own.jsonl").write_text("\n".join(lines), encoding="utf-8")
    code, _, _ = run("own.jsonl", "--fit-words", "own.json", "--group-field", "shop")
    learned = json.loads((tmp_path / "own.json").read_text(encoding="utf-8"))

    assert code == 0
    assert learned["language"] == "en"
    assert learned["points"]["lamp"]["inventory"] > 0 > learned["points"]["lamp"]["docs"]
    assert learned["source"] == "120 labelled tickets of own.jsonl; migro evaluate tickets --fit-words"
    assert "accuracy             1.0000" in run("own.jsonl", "--words", "own.json")[1]


def test_a_group_field_that_no_ticket_has_teaches_nothing(run: Run, tmp_path: Path) -> None:
    lines = [
        json.dumps({"title": f"the {word} again, Featherstonehaugh", "category": category, "shop": "one"})
        for word, category in [("lamp", "inventory"), ("wire", "docs")] * 60
    ]
    (tmp_path / "own.jsonl").write_text("\n".join(lines), encoding="utf-8")
    code, _, err = run("own.jsonl", "--fit-words", "own.json", "--group-field", "shopp")

    assert code == 2
    assert "expected a shop, project or reporter in the field 'shopp' of a ticket, got none" in err
    assert not (tmp_path / "own.json").exists()


@pytest.mark.parametrize("option", ["--fit-words", "--fit-calibration"])
@pytest.mark.parametrize("name", ["labelled.jsonl", "./labelled.jsonl", "link.jsonl", "hard.jsonl"])
def test_labelled_tickets_are_never_written_over(run: Run, tmp_path: Path, option: str, name: str) -> None:
    (tmp_path / "link.jsonl").symlink_to("labelled.jsonl")
    (tmp_path / "hard.jsonl").hardlink_to(tmp_path / "labelled.jsonl")
    code, out, err = run("labelled.jsonl", option, name)

    assert (code, out) == (2, "")
    assert f"{option}: expected a file to write, got one that is read - at " in err
    assert (tmp_path / "labelled.jsonl").read_text(encoding="utf-8") == LABELLED


def test_one_unknown_label_stops_nothing(run: Run, tmp_path: Path) -> None:
    (tmp_path / "one.jsonl").write_text(LABELLED + '\n{"title": "Cart", "category": "kettles"}\n', encoding="utf-8")
    code, out, err = run("one.jsonl")

    assert code == 1
    assert "36 tickets" in out
    assert "one.jsonl, line 37: expected a category, one of auth" in err


def test_a_table_of_a_spreadsheet_is_read_in_its_encoding(run: Run, tmp_path: Path) -> None:
    table = (
        "Nr;Betreff;Anfragetext;Kategorie\r\n1;Kasse;Zahlung schlägt fehl, Kunden können nicht bezahlen;checkout\r\n"
    )
    (tmp_path / "old.csv").write_bytes(table.encode("cp1252"))
    code, out, err = run("old.csv", "--label-field", "kategorie")

    assert code == 0
    assert out.startswith("1 tickets")
    assert err == "migro: old.csv: expected UTF-8, read as windows-1252\n"


@pytest.mark.parametrize("option", ["--fit-words", "--fit-calibration", "--plot"])
@pytest.mark.parametrize(("name", "got"), [("none/x.svg", "a name in no directory"), ("d.svg", "a directory")])
def test_a_file_that_cannot_be_written_is_named_before_any_work(
    run: Run, tmp_path: Path, option: str, name: str, got: str
) -> None:
    (tmp_path / "d.svg").mkdir()

    assert run("labelled.jsonl", option, name) == (
        2,
        "",
        f"migro: {option}: expected a file to write, got {got} - at {name}\n",
    )


def test_two_results_do_not_share_a_file(run: Run) -> None:
    code, _, err = run("labelled.jsonl", "--fit-words", "x.json", "--fit-calibration", "x.json")

    assert code == 2
    assert "--fit-words: expected a file of its own, got that of --fit-calibration - at x.json" in err


def test_a_disk_that_refuses_is_said_in_words(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object, **__: object) -> int:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_text", full)
    code, _, err = run("labelled.jsonl", "--fit-calibration", "x.json")

    assert code == 2
    assert err == "migro: --fit-calibration: expected a file to write, got no space left on device - at x.json\n"


@pytest.mark.parametrize("option", ["--words", "--calibration"])
def test_brackets_without_end_are_said_in_words(run: Run, tmp_path: Path, option: str) -> None:
    (tmp_path / "deep.json").write_text("[" * 100_000, encoding="utf-8")
    code, out, err = run("labelled.jsonl", option, "deep.json")

    assert (code, out) == (2, "")
    assert err.startswith(f"migro: {option}: expected ")
    assert err.endswith(", got brackets inside each other without end - at deep.json\n")
