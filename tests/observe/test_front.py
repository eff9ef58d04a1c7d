from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from migro.models import Signal
from tests.observe.payloads import one
from tests.observe.ticket_payloads import FRONT, FRONT_MESSAGE


def event(kind: str = "inbound", **more: Any) -> Signal:
    return one("front_webhook", {**FRONT, "type": kind, **more})


def target(**more: Any) -> dict[str, Any]:
    return {"_meta": {"type": "message"}, "data": {**FRONT_MESSAGE, **more}}


BY_TEAMMATE = {"_meta": {"type": "teammate"}, "data": {"id": "tea_1", "email": "planted@mail.example"}}
NOTE = {"_meta": {"type": "comment"}, "data": {"id": "com_1", "body": "The checkout is broken, secret words"}}
REPLY = {"related": {"message_replied_to": "https://api2.frontapp.com/messages/msg_0"}}


def test_the_first_message_of_a_conversation_is_a_new_ticket() -> None:
    signal = event()

    assert (signal.topic, signal.attrs["raw_topic"], signal.state, signal.merchant) == (
        "ticket.created",
        "inbound",
        "unassigned",
        None,
    )
    assert (signal.ids["conversation_id"], signal.ids["message_id"], signal.ids["inbox_id"]) == (
        "cnv_1",
        "msg_1",
        "inb_1",
    )
    assert (signal.attrs["author"], signal.attrs["channel"]) == ("end_user", "email")
    assert "intent.cannot_checkout" in signal.features


def test_a_time_with_fractions_is_exact() -> None:
    assert event(emitted_at=Decimal("1772355600.956")).occurred_at.microsecond == 956_000


@pytest.mark.parametrize(
    ("kind", "more", "author", "topic"),
    [
        ("inbound", {"target": target(_links=REPLY)}, "end_user", "ticket.comment_added"),
        ("outbound", {"target": target(is_inbound=False)}, "agent", "ticket.comment_added"),
        ("out_reply", {"target": target(is_inbound=None)}, "agent", "ticket.comment_added"),
        ("comment", {"source": BY_TEAMMATE, "target": NOTE}, "agent", "ticket.note_added"),
        ("mention", {"source": BY_TEAMMATE, "target": NOTE}, "agent", "ticket.note_added"),
        ("reopen", {"source": BY_TEAMMATE, "target": None}, "agent", "ticket.reopened"),
        ("assign", {"source": {"_meta": {"type": "rule"}}, "target": None}, "system", "ticket.assigned"),
        ("archive", {"source": {"_meta": {"type": "gmail"}}}, "system", "ticket.archived"),
        ("sending_error", {"source": {"_meta": {"type": "recipient"}}}, "system", "ticket.delivery_failed"),
        ("some_new_thing", {"source": None}, "unknown", "ticket.some_new_thing"),
    ],
)  # fmt: skip
def test_who_acted_is_told_apart(kind: str, more: dict[str, Any], author: str, topic: str) -> None:
    signal = event(kind, **more)

    assert (signal.attrs["author"], signal.topic) == (author, topic)
    assert bool(signal.features) is (kind == "inbound")
    assert "text_ref" not in signal.attrs or kind in ("inbound", "outbound", "out_reply")


def test_a_late_message_of_an_old_conversation_is_no_new_ticket() -> None:
    old = {**FRONT["conversation"], "created_at": 1772350000}

    assert event(conversation=old).topic == "ticket.comment_added"


def test_a_preview_that_names_ids_only_is_read() -> None:
    preview: dict[str, Any] = {
        "conversation": {"_links": {"self": "https://api2.frontapp.com/conversations/cnv_7"}},
        "target": {"_meta": {"type": "message"}, "data": {"id": "msg_9"}},
        "source": {"_meta": {"type": "inboxes"}},
    }
    signal = one("front_webhook", {**FRONT, **preview})

    assert (signal.ids["conversation_id"], signal.ids["message_id"], signal.attrs["author"], signal.features) == (
        "cnv_7",
        "msg_9",
        "end_user",
        frozenset(),
    )


def test_an_application_names_its_company_and_its_own_words_for_events() -> None:
    body = {"type": "assignee_changed", "authorization": {"id": "cmp_1"}, "payload": {**FRONT, "type": "assign"}}
    signal = one("front_webhook", body)

    assert (signal.merchant, signal.topic, signal.ids["conversation_id"]) == ("cmp_1", "ticket.assigned", "cnv_1")


def test_the_check_of_a_new_address_is_no_ticket() -> None:
    body = {"type": "sync", "authorization": {"id": "cmp_1"}}
    signal = one("front_webhook", body, {"X-Front-Challenge": "word"})

    assert (signal.kind, signal.topic, signal.merchant) == ("platform.event", "webhook.tested", "cmp_1")


def test_a_contact_is_a_pseudonym() -> None:
    signal = event("contact_created", conversation=None, target={"data": {"id": "crd_880088", "name": "Ada"}})

    assert (signal.kind, signal.topic, set(signal.ids)) == ("platform.event", "contact.created", {"person_ref"})
    assert "880088" not in signal.json_line()


def test_the_customer_is_the_same_in_both_directions() -> None:
    no_recipient = {**FRONT["conversation"], "recipient": None}

    assert event().ids["requester"] == event(conversation=no_recipient).ids["requester"]
