from __future__ import annotations

from typing import Any

import pytest

from migro.models import Signal
from tests.observe.payloads import one
from tests.observe.ticket_payloads import GORGIAS_MESSAGE, GORGIAS_TICKET, PERSON


def ticket(**more: Any) -> Signal:
    return one("gorgias_ticket", {**GORGIAS_TICKET, **more})


def message(**more: Any) -> Signal:
    return one("gorgias_ticket", {**GORGIAS_MESSAGE, **more})


def test_a_new_ticket_is_heard_through_its_first_message() -> None:
    signal = ticket()

    assert (signal.topic, signal.attrs["raw_topic"], signal.merchant, signal.state, signal.severity_hint) == (
        "ticket.created",
        "ticket-created",
        "mugs",
        "open",
        "high",
    )
    assert (signal.ids["ticket_id"], signal.ids["message_id"]) == ("71", "9007199254740995")
    assert (signal.attrs["author"], signal.attrs["channel"]) == ("end_user", "email")
    assert "intent.cannot_checkout" in signal.features
    assert signal.occurred_at.isoformat() == "2026-03-01T08:59:30.201000+00:00"


def test_what_a_message_quotes_is_not_heard() -> None:
    assert "intent.webhook_api" not in message().features
    assert "intent.cannot_checkout" in message().features


def test_a_ticket_that_changed_later_brings_no_new_words() -> None:
    signal = ticket(updated_datetime="2026-03-01T11:00:00+00:00")

    assert (signal.topic, signal.features, "text_ref" in signal.attrs) == ("ticket.updated", frozenset(), False)
    assert signal.occurred_at.isoformat() == "2026-03-01T11:00:00+00:00"


def test_two_states_of_one_ticket_are_two_events() -> None:
    first, second = (ticket(updated_datetime=f"2026-03-01T1{n}:00:00Z").dedup_key for n in (0, 1))

    assert first != second


@pytest.mark.parametrize(
    ("more", "author", "private", "topic"),
    [
        ({}, "end_user", None, "ticket.comment_added"),
        ({"from_agent": True}, "agent", None, "ticket.comment_added"),
        ({"from_agent": True, "rule_id": 4}, "system", None, "ticket.comment_added"),
        ({"from_agent": True, "public": False}, "agent", True, "ticket.note_added"),
        ({"from_agent": True, "channel": "internal-note"}, "agent", True, "ticket.note_added"),
        ({"from_agent": None}, "unknown", None, "ticket.comment_added"),
    ],
)
def test_agents_rules_and_notes_are_no_customers(
    more: dict[str, Any], author: str, private: bool | None, topic: str
) -> None:
    signal = message(**more)

    assert (signal.attrs["author"], signal.attrs.get("private"), signal.topic) == (author, private, topic)
    assert bool(signal.features) is (author in ("end_user", "unknown"))
    assert ("text_ref" in signal.attrs) is (private is None)


def test_a_template_with_both_parts_is_a_message_of_that_ticket() -> None:
    signal = one(
        "gorgias_ticket", {"event": "ticket-message-created", "ticket": GORGIAS_TICKET, "message": GORGIAS_MESSAGE}
    )

    assert (signal.attrs["raw_topic"], signal.merchant, signal.severity_hint) == (
        "ticket-message-created",
        "mugs",
        "high",
    )
    assert signal.occurred_at.isoformat() == "2026-03-01T08:59:30.250000+00:00"


def test_the_customer_is_one_pseudonym_wherever_named() -> None:
    assert ticket().ids["requester"] == message().ids["requester"]
    assert str(PERSON["id"]) not in ticket().ids.values()


def test_spam_is_marked_and_not_heard() -> None:
    signal = ticket(spam=True)

    assert (signal.attrs["spam"], signal.features) == (True, frozenset())


def test_ids_as_words_and_times_without_a_zone_are_read() -> None:
    signal = ticket(id="71", created_datetime="2026-03-01T08:59:30.201000", updated_datetime=None)

    assert (signal.ids["ticket_id"], signal.attrs["time_zone"]) == ("71", "unknown")
    assert signal.occurred_at.isoformat() == "2026-03-01T08:59:30.201000+00:00"
