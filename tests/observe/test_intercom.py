from __future__ import annotations

from copy import deepcopy
from typing import Any

import pytest

from migro.models import Signal
from tests.observe.payloads import NOW, one
from tests.observe.ticket_payloads import BROKEN, INTERCOM_TALK, INTERCOM_TICKET, PERSON


def talk(topic: str = "conversation.user.replied", part: dict[str, Any] | None = None, **item: Any) -> Signal:
    body = deepcopy(INTERCOM_TALK)
    body["topic"] = topic
    inner = body["data"]["item"]
    inner |= item
    if part is not None:
        inner["conversation_parts"]["conversation_parts"][0] |= part
    return one("intercom_webhook", body)


def notification(topic: str, item: dict[str, Any], **more: Any) -> Signal:
    body = {"type": "notification_event", "app_id": "abc123", "id": "notif_9", "topic": topic, "created_at": 1772355600}
    return one("intercom_webhook", {**body, "data": {"item": item}, **more})


def test_a_reply_happened_when_its_part_was_written_and_not_when_it_was_told() -> None:
    signal = talk()

    assert signal.occurred_at.isoformat() == "2026-03-01T08:59:00+00:00"
    assert (signal.topic, signal.attrs["raw_topic"], signal.merchant, signal.state) == (
        "ticket.comment_added",
        "conversation.user.replied",
        "abc123",
        "open",
    )
    assert (signal.ids["conversation_id"], signal.ids["message_id"], signal.severity_hint) == (
        "215472621202693",
        "282",
        None,
    )
    assert (signal.attrs["author"], "intent.cannot_checkout" in signal.features) == ("end_user", True)


def test_a_new_ticket_happened_when_it_was_made_and_has_two_ids() -> None:
    signal = one("intercom_webhook", INTERCOM_TICKET)

    assert (signal.ids["ticket_id"], signal.ids["item_id"]) == ("660", "9007199254740997")
    assert (signal.topic, signal.state, signal.attrs["channel"]) == ("ticket.created", "submitted", "messenger")
    assert signal.occurred_at.isoformat() == "2026-03-01T08:50:00+00:00"
    assert "intent.cannot_checkout" in signal.features


ADMIN = {"type": "admin", "id": "9"}


@pytest.mark.parametrize(
    ("topic", "part", "author", "private", "canonical"),
    [
        ("conversation.admin.replied", {"author": ADMIN}, "agent", None, "ticket.comment_added"),
        ("conversation.admin.replied", {"author": {}}, "agent", None, "ticket.comment_added"),
        ("conversation.operator.replied", {"author": {"type": "bot"}}, "system", None, "ticket.comment_added"),
        ("conversation.admin.replied", {"author": {**ADMIN, "is_ai_answer": True}}, "system", None,
         "ticket.comment_added"),
        ("conversation.admin.noted", {"part_type": "note", "author": ADMIN}, "agent", True, "ticket.note_added"),
        ("conversation.admin.closed", {"part_type": "close", "author": ADMIN}, "agent", None, "ticket.closed"),
        ("conversation.admin.assigned", {"part_type": "assignment", "author": ADMIN}, "agent", None, "ticket.assigned"),
        ("conversation.priority.updated", {"part_type": "priority_changed", "author": ADMIN}, "agent", None,
         "ticket.priority_updated"),
    ],
)  # fmt: skip
def test_only_customers_are_heard(
    topic: str, part: dict[str, Any], author: str, private: bool | None, canonical: str
) -> None:
    signal = talk(topic, part)

    assert (signal.attrs["author"], signal.attrs.get("private"), signal.topic) == (author, private, canonical)
    assert signal.features == frozenset()
    assert not private or "text_ref" not in signal.attrs


def test_words_that_were_taken_back_are_not_heard() -> None:
    assert talk(part={"redacted": True}).features == frozenset()


def test_a_conversation_that_a_customer_opens_is_heard_and_one_of_an_admin_is_not() -> None:
    opening = {"type": "conversation", "id": "5", "subject": "", "body": f"<p>{BROKEN}</p>"}
    user = talk("conversation.user.created", source={**opening, "author": {"type": "lead", **PERSON}})
    admin = talk("conversation.admin.single.created", source={**opening, "author": {"type": "admin", "id": "9"}})

    assert (user.topic, user.attrs["author"], "intent.cannot_checkout" in user.features) == (
        "ticket.created",
        "end_user",
        True,
    )
    assert (admin.topic, admin.attrs["author"], admin.features) == ("ticket.created", "agent", frozenset())
    assert user.occurred_at.isoformat() == "2026-03-01T08:50:00+00:00"


def test_a_part_of_a_ticket_comes_beside_it() -> None:
    ticket = INTERCOM_TICKET["data"]["item"]
    part = {"id": "375", "part_type": "comment", "body": f"<p>{BROKEN}</p>", "created_at": 1772355590,
            "author": {"type": "user", "id": "880088"}}  # fmt: skip
    reply = notification(
        "ticket.contact.replied", {"type": "ticket_ticket_part", "ticket": ticket, "ticket_part": part}
    )
    note = notification("ticket.note.created", {"ticket": ticket, "ticket_part": {**part, "part_type": "note"}})

    assert (reply.ids["ticket_id"], reply.ids["message_id"], reply.topic) == ("660", "375", "ticket.comment_added")
    assert "intent.cannot_checkout" in reply.features
    assert reply.occurred_at.isoformat() == "2026-03-01T08:59:50+00:00"
    assert (note.topic, note.attrs["private"], note.features) == ("ticket.note_added", True, frozenset())


def test_ids_of_other_shapes_are_found() -> None:
    deleted = notification("conversation.deleted", {"type": "conversation", "conversation_id": "77"})
    attached = notification("conversation.contact.attached", {"conversation": {"model": {"id": 78}}, "contact": PERSON})

    assert (deleted.ids["conversation_id"], attached.ids["conversation_id"]) == ("77", "78")
    assert attached.ids["requester"] == talk().ids["requester"]


@pytest.mark.parametrize(
    ("topic", "item", "names"),
    [
        ("contact.user.created", {"type": "contact", **PERSON}, {"person_ref"}),
        ("contact.lead.tag.created", {"type": "contact_tag", "contact": PERSON, "tag": {"id": "1"}}, {"person_ref"}),
        ("event.created", {"type": "event", "intercom_user_id": "880088", "email": PERSON["email"]}, {"person_ref"}),
        ("admin.logged_in", {"type": "admin", **PERSON}, {"person_ref"}),
        ("company.created", {"type": "company", "id": "7", "name": "Ada Lovelace"}, {"company_id"}),
        ("company.contact.attached", {"company": {"id": "7"}, "contact": PERSON}, {"company_id", "person_ref"}),
        ("article.published", {"type": "article", "id": "15", "title": "Ada", "body": "secret words"}, {"article_id"}),
    ],
)
def test_around_conversations_only_ids_pass_and_people_by_pseudonym(
    topic: str, item: dict[str, Any], names: set[str]
) -> None:
    signal = notification(topic, item)

    assert (signal.kind, signal.topic, set(signal.ids)) == ("platform.event", topic, names)
    assert not [word for word in ("880088", "planted", "Ada", "secret") if word in signal.json_line()]


def test_a_ping_is_an_event_without_an_id_and_two_are_two() -> None:
    first, second = (notification("ping", {"type": "ping"}, id=None, created_at=1772355600 + n) for n in (0, 1))

    assert (first.kind, first.topic, first.attrs["raw_topic"]) == ("platform.event", "webhook.tested", "ping")
    assert first.dedup_key != second.dedup_key


def test_a_notification_without_any_time_happened_when_it_came() -> None:
    assert notification("ping", {"type": "ping"}, created_at=0).occurred_at == NOW
