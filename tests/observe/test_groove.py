from __future__ import annotations

from typing import Any

import pytest

from migro.models import Signal
from tests.observe.payloads import one
from tests.observe.ticket_payloads import GROOVE_REPLY, GROOVE_TICKET


def ticket(event: str | None = "ticket_started", **more: Any) -> Signal:
    return one("groove_webhook", {**GROOVE_TICKET, **more}, {"X-Groove-Event": event} if event else {})


def reply(event: str | None = None, **more: Any) -> Signal:
    return one("groove_webhook", {**GROOVE_REPLY, **more}, {"X-Groove-Event": event} if event else {})


def test_a_new_ticket_is_known_by_its_number_and_account() -> None:
    signal = ticket()

    assert (signal.topic, signal.attrs["raw_topic"], signal.ids["ticket_id"], signal.merchant) == (
        "ticket.created",
        "ticket_started",
        "9",
        "mugs",
    )
    assert (signal.state, signal.severity_hint, signal.ids["mailbox_id"]) == ("opened", "low", "506")
    assert signal.occurred_at.isoformat() == "2026-03-01T08:59:00+00:00"
    assert "intent.cannot_checkout" in signal.features


def test_a_reply_names_its_ticket_in_a_link() -> None:
    signal = reply("customer_replied")

    assert (signal.ids["ticket_id"], signal.ids["message_id"], signal.merchant) == ("440", "4810291604", "mugs")
    assert (signal.topic, signal.attrs["author"]) == ("ticket.comment_added", "end_user")
    assert signal.occurred_at.isoformat() == "2026-03-01T08:59:26+00:00"


@pytest.mark.parametrize(
    ("more", "raw_topic", "author"),
    [
        ({}, "customer_replied", "end_user"),
        ({"agent_response": True, "links": {"ticket": GROOVE_REPLY["links"]["ticket"]}}, "agent_replied", "agent"),
        ({"note": True, "agent_response": True}, "note_added", "end_user"),
    ],
)
def test_without_the_header_the_shape_tells_the_event(more: dict[str, Any], raw_topic: str, author: str) -> None:
    signal = reply(**more)

    assert (signal.attrs["raw_topic"], signal.attrs["author"]) == (raw_topic, author)
    assert bool(signal.features) is (raw_topic == "customer_replied")


def test_a_note_leaves_nothing_behind() -> None:
    signal = reply("note_added", note=True, agent_response=True)

    assert (signal.topic, signal.attrs["private"], "text_ref" in signal.attrs, signal.features) == (
        "ticket.note_added",
        True,
        False,
        frozenset(),
    )


def test_a_changed_state_comes_with_the_ticket_inside_and_repeats_no_words() -> None:
    inner = {**GROOVE_TICKET, "state": "pending", "state_changed_at": "2026-03-01 14:30:00 +0530"}
    body = {"href": "/v1/tickets/9", "state": "pending", "ticket_number": 9, "ticket": inner}
    signal = one("groove_webhook", body)

    assert (signal.topic, signal.state, signal.merchant, signal.ids["ticket_id"], signal.features) == (
        "ticket.status_changed",
        "pending",
        "mugs",
        "9",
        frozenset(),
    )
    assert signal.occurred_at.isoformat() == "2026-03-01T09:00:00+00:00"


def test_an_assignment_happened_when_it_was_made() -> None:
    signal = ticket("ticket_assigned", assigned_at="2026-03-01 15:22:26 +0530", assigned_group_id="14")

    assert (signal.topic, signal.ids["group_id"]) == ("ticket.assigned", "14")
    assert signal.occurred_at.isoformat() == "2026-03-01T09:52:26+00:00"


def test_two_fields_that_disagree_about_the_writer_leave_it_open() -> None:
    assert ticket(last_message_author={"type": "Agent"}).attrs["author"] == "unknown"
    assert ticket(last_message_type="agent").attrs["author"] == "agent"


def test_an_event_that_nobody_knows_keeps_its_name_and_words_of_a_header_are_no_topic() -> None:
    assert ticket("ticket_snoozed").topic == "ticket.snoozed"
    assert ticket("Ada's event").attrs["raw_topic"] == "ticket_started"


def test_customer_of_ticket_and_reply_is_one() -> None:
    assert ticket().ids["requester"] == reply().ids["requester"]


def test_an_agents_reply_names_the_customer_it_goes_to() -> None:
    links = {
        "author": {"href": "http://api.groovehq.com/v1/agents/agent@shop.example"},
        "recipient": GROOVE_REPLY["links"]["author"],
        "ticket": GROOVE_REPLY["links"]["ticket"],
    }
    signal = reply("agent_replied", agent_response=True, links=links)

    assert (signal.attrs["author"], signal.ids["requester"]) == ("agent", reply().ids["requester"])


def test_a_foreign_host_is_no_account() -> None:
    assert ticket(app_url="https://groovehq.com.evil.example/tickets/1").merchant is None
