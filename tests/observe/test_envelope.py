from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from migro.errors import InputError
from migro.observe import Envelope, Failure, guess_kind, payload_envelopes, read_envelopes
from tests.observe.payloads import NOW, PAYLOADS

LINE = {
    "received_at": "2026-03-01T09:00:03Z",
    "kind": "stripe_event",
    "endpoint": "mugs",
    "headers": {"A": "b"},
    "body": {},
}


def written(path: Path, *lines: str) -> Path:
    path.write_text("\n".join(lines), encoding="utf-8")
    return path


def test_a_broken_line_stops_nothing(tmp_path: Path) -> None:
    good = json.dumps(LINE)
    path = written(tmp_path / "e.jsonl", good, "{", "", "[]", '{"kind": "x"}', '{"body": 1, "received_at": "soon"}',
                   '{"body": 1, "auth": "jo@mail.example"}', good)  # fmt: skip

    found = list(read_envelopes(path))

    assert [type(f) for f in found] == [Envelope, *[Failure] * 5, Envelope]
    assert [str(f).split(": ")[0] for f in found if isinstance(f, Failure)] == [f"e.jsonl:{n}" for n in (2, 4, 5, 6, 7)]
    assert "jo@" not in str(found)


def test_an_envelope_keeps_what_it_was_given(tmp_path: Path) -> None:
    (found,) = read_envelopes(written(tmp_path / "e.jsonl", json.dumps(LINE)))

    assert isinstance(found, Envelope)
    assert found.received_at == datetime(2026, 3, 1, 9, 0, 3, tzinfo=UTC)
    assert (found.kind, found.endpoint, found.header("a"), found.where) == ("stripe_event", "mugs", "b", "e.jsonl:1")


def test_a_file_that_is_not_there_is_an_input_error(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="readable file"):
        list(read_envelopes(tmp_path / "gone"))


def test_a_directory_gives_every_payload_in_the_order_of_names() -> None:
    names = sorted(p.name for p in PAYLOADS.iterdir() if not p.name.endswith(".meta.json"))

    assert [f.where for f in payload_envelopes(PAYLOADS)] == names


def test_kind_headers_and_time_come_from_the_sidecar_unless_given() -> None:
    path = PAYLOADS / "shopify_webhook__orders_create.json"
    (told,) = payload_envelopes(path)
    (given,) = payload_envelopes(path, kind="stripe_event", headers={}, received_at=NOW)

    assert isinstance(told, Envelope)
    assert isinstance(given, Envelope)
    assert (told.kind, told.header("x-shopify-topic"), told.received_at and told.received_at.second) == (
        "shopify_webhook",
        "orders/create",
        9,
    )
    assert (given.kind, given.header("x-shopify-topic"), given.received_at) == ("stripe_event", None, NOW)
    assert told.raw == path.read_bytes()


def test_a_broken_sidecar_is_said_and_the_payload_is_read_all_the_same(tmp_path: Path) -> None:
    written(tmp_path / "stripe_event__x.json", "{}")
    written(tmp_path / "stripe_event__x.json.meta.json", "{")

    failure, envelope = payload_envelopes(tmp_path)

    assert isinstance(failure, Failure)
    assert failure.where == "stripe_event__x.json.meta.json"
    assert isinstance(envelope, Envelope)
    assert envelope.kind == "stripe_event"


def test_bytes_that_are_no_text_are_read_as_far_as_they_go(tmp_path: Path) -> None:
    (tmp_path / "web_access_log__x.log").write_bytes(b"\xff\xfe\n")

    (envelope,) = payload_envelopes(tmp_path)

    assert isinstance(envelope, Envelope)
    assert envelope.exact_bytes() == b"\xff\xfe\n"


@pytest.mark.parametrize("name", [p.name for p in PAYLOADS.iterdir() if not p.name.endswith(".meta.json")])
def test_the_kind_of_a_nameless_payload_is_seen_in_its_shape(name: str) -> None:
    expected = {"tickets": "ticket", "unheard_of": "unknown"}.get(kind := name.split("__")[0], kind)
    text = (PAYLOADS / name).read_text("utf-8")
    if kind == "host_signal":
        text = json.dumps(json.loads(text)[0])

    assert guess_kind({}, text) == expected


def test_headers_tell_the_kind_before_the_body_does() -> None:
    assert guess_kind({"Stripe-Signature": "t=1"}, {"scope": "store/x"}) == "stripe_event"
    assert guess_kind({}, 5) == "unknown"
    assert guess_kind({}, "hello") == "unknown"
