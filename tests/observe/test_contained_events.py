"""One line for every contained event, whatever the file holds and however it is encoded."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest

from migro.cli.main import main
from migro.models import Signal
from migro.observe import Envelope, Failure, payload_envelopes
from tests.observe.payloads import observed, observer


def event(number: int) -> dict[str, object]:
    return {
        "id": f"evt_{number}",
        "object": "event",
        "type": "charge.failed",
        "created": 1772355600,
        "data": {"object": {"id": f"ch_{number}é", "object": "charge"}},
    }


def read(path: Path) -> tuple[Signal, ...]:
    (envelope,) = payload_envelopes(path)
    assert isinstance(envelope, Envelope)
    return observer().observe(envelope).signals


TWO = [event(1), event(2)]


def test_a_list_of_events_gives_a_signal_each_and_one_that_is_broken_stops_no_other() -> None:
    found = observed("stripe_event", [event(1), {"a": 1}, 7, [], event(2)])

    assert [s.kind for s in found.signals] == ["payment", "unknown", "unknown", "unknown", "payment"]
    assert len({s.dedup_key for s in found.signals}) == 5
    assert [f.reason.rpartition("(")[2] for f in found.failures] == ["item 2)", "item 3)", "item 4)"]


def test_one_event_a_line_gives_a_signal_each(tmp_path: Path) -> None:
    path = tmp_path / "events.txt"
    path.write_text("\n".join(map(json.dumps, TWO)) + "\n{\n", "utf-8")

    assert [s.ids.get("event_id") for s in read(path)] == ["evt_1", "evt_2", None]


@pytest.mark.parametrize(
    ("name", "encoded"),
    [
        ("plain", json.dumps(TWO, ensure_ascii=False).encode()),
        ("mark", json.dumps(TWO, ensure_ascii=False).encode("utf-8-sig")),
        ("utf16", json.dumps(TWO, ensure_ascii=False).encode("utf-16")),
        ("latin1", json.dumps(TWO, ensure_ascii=False).encode("latin-1")),
        ("gzip", gzip.compress(json.dumps(TWO, ensure_ascii=False).encode())),
    ],
)
def test_the_encoding_of_a_file_changes_no_event(tmp_path: Path, name: str, encoded: bytes) -> None:
    path = tmp_path / f"stripe_event__{name}.json"
    path.write_bytes(encoded)

    assert [s.ids["charge_id"] for s in read(path)] == ["ch_1é", "ch_2é"]


def test_gzip_data_that_is_cut_off_says_so(tmp_path: Path) -> None:
    path = tmp_path / "stripe_event__cut.json.gz"
    path.write_bytes(gzip.compress(b"x" * 1000)[:-9])

    (failure,) = payload_envelopes(path)

    assert isinstance(failure, Failure)
    assert failure.reason.startswith("expected whole gzip data")


def test_a_sidecar_whose_headers_are_no_object_stops_nothing(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    path.write_text(json.dumps(event(1)), "utf-8")
    path.with_name("a.json.meta.json").write_text('{"headers": [1]}', "utf-8")

    failure, envelope = payload_envelopes(path)

    assert (str(failure), getattr(envelope, "kind", "")) == (
        "a.json.meta.json: headers: expected a JSON object, got list",
        "stripe_event",
    )


def test_every_line_of_a_file_gives_a_line_also_where_it_is_broken(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    whole = json.dumps({"received_at": "2026-03-01T09:00:00Z", "kind": "stripe_event", "body": event(1)})
    lines = [whole, whole[:40], "[" * 10_000, "null", whole.replace("1772355600", "NaN"), whole.replace("_1", "_2")]
    path = tmp_path / "material.jsonl"
    path.write_text("\n\n".join(lines), "utf-8")

    code = main(["observe", str(path)])
    out = [json.loads(line) for line in capsys.readouterr().out.splitlines()]

    assert code == 1
    assert [d["kind"] for d in out] == ["payment", "unknown", "unknown", "unknown", "unknown", "payment"]
    assert all(d["reason"] for d in out if d["kind"] == "unknown")
    assert len({d["dedup_key"] for d in out}) == 6


def test_envelopes_are_known_by_what_they_hold_and_not_by_the_name_of_the_file(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "one.json"
    path.write_text(json.dumps({"kind": "stripe_event", "body": event(1)}), "utf-8")

    assert main(["observe", str(path)]) == 0
    assert json.loads(capsys.readouterr().out)["ids"]["event_id"] == "evt_1"
