"""How raw material is told apart, and that a signal line goes the way that everything goes."""

from __future__ import annotations

import io
import json
import sys
from pathlib import Path
from typing import Any

import pytest

from migro.cli.material import Event, events
from migro.observe import Observer, ObserveSettings

PLANTED = "ada@planted.example"
SIGNAL: dict[str, Any] = {
    "kind": "change.deploy",
    "occurred_at": "2026-03-01T08:55:00Z",
    "received_at": "2026-03-01T08:56:00Z",
    "merchant": "mugs",
}


def observer(**default: object) -> Observer:
    settings = ObserveSettings.model_validate({"default": default})
    return Observer(settings, pseudonym_key=b"a key that only tests use")


def read(path: Path, content: object, *, watch: Observer | None = None, **options: Any) -> list[Event]:
    path.write_text(content if isinstance(content, str) else json.dumps(content), "utf-8")
    return list(events([str(path)], watch or observer(), **options))


def only(found: list[Event]) -> Any:
    (event,) = found
    assert event.signal is not None, event.problem
    return event.signal


def test_a_signal_line_is_scrubbed(tmp_path: Path) -> None:
    line = {
        **SIGNAL,
        "merchant": PLANTED,
        "attrs": {"note": f"by {PLANTED}"},
        "ids": {"who": PLANTED},
        "dedup_key": PLANTED,
        "id": PLANTED,
        "normalizer": PLANTED,
    }

    signal = only(read(tmp_path / "lines.jsonl", line))

    assert signal.attrs["note"] == "by <email>"
    assert "planted" not in signal.json_line()
    assert str(signal.received_at) == "2026-03-01 08:56:00+00:00"


@pytest.mark.parametrize(("told", "found"), [("verified", "not_applicable"), ("static_secret", "not_applicable")])
def test_nobody_vouches_for_himself(tmp_path: Path, told: str, found: str) -> None:
    assert only(read(tmp_path / "lines.jsonl", {**SIGNAL, "auth": told})).auth == found


@pytest.mark.parametrize("told", ["failed", "unsigned", "unchecked"])
def test_a_doubt_about_the_sender_outlasts_a_pipe(tmp_path: Path, told: str) -> None:
    assert only(read(tmp_path / "lines.jsonl", {**SIGNAL, "auth": told})).auth == told


@pytest.mark.parametrize(
    "wrong",
    [
        {"email": PLANTED},
        {PLANTED: 1},
        {"status": PLANTED},
        {"kind": PLANTED},
        {"occurred_at": PLANTED},
        {"attrs": {PLANTED: "x"}},
        {"metrics": {PLANTED: 1}},
        {"metrics": {"n": PLANTED}},
        {"resource": [PLANTED, "1"]},
        {"attrs": PLANTED},
    ],
)
def test_a_wrong_signal_line_is_not_understood_and_never_quoted(tmp_path: Path, wrong: dict[str, object]) -> None:
    signal = only(read(tmp_path / "lines.jsonl", {**SIGNAL, **wrong}))

    assert signal.kind == "unknown"
    assert "expected" in signal.attrs["reason"] or "not permitted" in signal.attrs["reason"]
    assert "planted" not in signal.json_line()


def test_the_merchant_of_an_endpoint_wins_over_the_line(tmp_path: Path) -> None:
    own = only(read(tmp_path / "lines.jsonl", SIGNAL))
    signal = only(read(tmp_path / "lines.jsonl", own.json_line(), watch=observer(merchant="cups")))

    assert (signal.merchant, signal.ids["merchant"]) == ("cups", "mugs")
    assert signal.id != own.id


def test_what_observe_printed_is_the_same_signal_when_it_is_read_again(tmp_path: Path) -> None:
    order = {"id": 1001, "admin_graphql_api_id": "gid://shopify/Order/1001", "updated_at": "2026-03-01T09:00:00Z"}
    first = only(read(tmp_path / "shopify_webhook__orders_create.json", order))
    lost = only(read(tmp_path / "carrier_pigeon__note.json", {"coo": True}))

    again = only(read(tmp_path / "lines.jsonl", first.json_line()))
    unknown = only(read(tmp_path / "lines.jsonl", {**json.loads(lost.json_line()), "reason": "twice"}))

    assert again == first
    assert unknown == lost.model_copy(update={"auth": "unsigned"})


@pytest.mark.parametrize("name", ["stripe_event__x.json", "carrier_pigeon__x.jsonl"])
@pytest.mark.parametrize("body", [{}, {"body": {}, "auth": "verified"}])
def test_the_name_of_a_payload_says_what_it_is_whatever_is_in_it(tmp_path: Path, name: str, body: object) -> None:
    signal = only(read(tmp_path / name, SIGNAL | body))  # type: ignore[operator]  # a dict, for pytest an object

    assert signal.kind == "unknown"
    assert signal.attrs["raw_kind"] == name.partition("__")[0]


def test_what_lies_beside_a_payload_says_what_it_is_whatever_is_in_it(tmp_path: Path) -> None:
    (tmp_path / "x.json.meta.json").write_text('{"kind": "stripe_event"}', "utf-8")

    assert only(read(tmp_path / "x.json", SIGNAL)).attrs["raw_kind"] == "stripe_event"


def test_a_file_of_host_signals_holds_one_a_line(tmp_path: Path) -> None:
    text = "\n".join([json.dumps(SIGNAL), "{broken", json.dumps({**SIGNAL, "merchant": "cups"})])

    found = [e.signal for e in read(tmp_path / "host_signal__deploys.jsonl", text)]

    assert sorted(s.kind for s in found if s) == ["change.deploy", "change.deploy", "unknown"]


def test_the_kind_that_is_asked_for_wins_over_everything(tmp_path: Path) -> None:
    (tmp_path / "ticket__x.json.meta.json").write_text('{"kind": "ticket"}', "utf-8")

    assert only(read(tmp_path / "ticket__x.json", SIGNAL, kind="host_signal")).kind == "change.deploy"


def test_with_a_kind_standard_input_is_one_payload(monkeypatch: pytest.MonkeyPatch) -> None:
    body = json.dumps({"id": 1001, "updated_at": "2026-03-01T09:00:00Z"}, indent=1)
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(body.encode())))

    found = list(
        events(
            ["-"], observer(), kind="shopify_webhook", headers={"X-Shopify-Topic": "orders/create"}, received_at=None
        )
    )

    assert only(found).topic == "order.created"
    assert found[0].where == "standard input"
