"""Inputs: their form in the journal, and which of them are the same."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from pydantic import ValidationError

from migro.models import DeliverySeen, PersonActed, Signal, SignalReceived, SignalRelayed, SignalWithdrawn, read_input
from migro.models.inputs import read_input_json

NOW = datetime(2026, 3, 1, 9, 0, tzinfo=UTC)


def withdrawal(**fields: Any) -> SignalWithdrawn:
    given = {"at": NOW, "signal": "sig_1", "by": "Ann", "reason": "wrong import", "received_at": NOW, **fields}
    return SignalWithdrawn(**given)


PLAIN = Signal(kind="order", occurred_at=datetime(2026, 3, 1, 9, tzinfo=UTC), source_kind="host", provider="host")


def test_that_a_plain_signal_was_received_is_said_as_validation_would() -> None:
    short, long = SignalReceived.of(PLAIN), SignalReceived(at=PLAIN.received_at, signal=PLAIN)

    assert (short, short.json_line(), short.delivery_key) == (long, long.json_line(), long.delivery_key)
    assert (short.model_fields_set, hash(short)) == (long.model_fields_set, hash(long))
    assert read_input_json(short.json_line()) == long
    with pytest.raises(ValidationError, match="frozen"):
        short.at = PLAIN.received_at


def test_any_other_signal_is_validated_when_it_is_received() -> None:
    typed = DeliverySeen(sender="shop", occurred_at=PLAIN.occurred_at, source_kind="receiver", provider="shop")

    assert type(SignalReceived.of(typed).signal) is Signal
    with pytest.raises(ValidationError, match="timezone"):
        SignalReceived.of(PLAIN.model_copy(update={"received_at": datetime(2026, 3, 1, 9)}))  # noqa: DTZ001


def test_that_a_signal_was_relayed_is_said_as_validation_would() -> None:
    short, long = SignalRelayed.of(PLAIN, NOW), SignalRelayed(at=NOW, signal=PLAIN)

    assert (short, short.json_line(), short.delivery_key) == (long, long.json_line(), long.delivery_key)
    assert (short.model_fields_set, hash(short)) == (long.model_fields_set, hash(long))
    assert read_input_json(short.json_line()) == long


def test_a_signal_of_another_class_is_relayed_in_the_one_shape() -> None:
    typed = DeliverySeen(sender="shop", occurred_at=PLAIN.occurred_at, source_kind="receiver", provider="shop")

    assert type(SignalRelayed.of(typed, NOW).signal) is Signal


def test_a_withdrawal_has_one_form_that_is_read_back() -> None:
    item = withdrawal()

    assert item.json_line() == (
        '{"at":"2026-03-01T09:00:00Z","by":"Ann","format":1,"input":"signal_withdrawn","reason":"wrong import",'
        '"received_at":"2026-03-01T09:00:00Z","signal":"sig_1"}'
    )
    assert read_input(json.loads(item.json_line())) == read_input_json(item.json_line()) == item


def test_a_withdrawal_that_is_asked_for_again_is_the_same_whenever_it_is() -> None:
    later = withdrawal(at=NOW + timedelta(hours=1), by=" ann ", reason="wrong \n import", received_at=None)

    assert withdrawal().delivery_key == later.delivery_key


@pytest.mark.parametrize("fields", [{"signal": "sig_2"}, {"by": "Ben"}, {"reason": "corrected"}])
def test_another_signal_person_or_reason_is_another_withdrawal(fields: dict[str, str]) -> None:
    assert withdrawal().delivery_key != withdrawal(**fields).delivery_key


@pytest.mark.parametrize(
    ("fields", "message"),
    [({"by": "  "}, "expected who did it, got nothing"), ({"reason": "\n"}, "expected why, got nothing")],
)
def test_a_withdrawal_names_who_and_why(fields: dict[str, str], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        withdrawal(**fields)


def test_a_withdrawal_in_a_newer_format_is_refused() -> None:
    with pytest.raises(ValidationError):
        read_input({**withdrawal().model_dump(mode="json"), "format": 2})


def test_two_releases_of_a_rule_at_different_times_are_two() -> None:
    first = PersonActed(at=NOW, verb="release_rule", by="Ann", target="checkout.fails")
    second = first.model_copy(update={"at": NOW + timedelta(hours=1)})

    assert read_input(json.loads(first.json_line())) == first
    assert first.delivery_key != second.delivery_key
