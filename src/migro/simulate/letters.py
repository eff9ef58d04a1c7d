"""Letters: what a person writes, as a help desk delivers it; nothing is drawn but the ids of the delivery."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from . import complaints, envelopes
from .people import Person
from .timeline import Timeline

__all__ = ["asked", "by_help_desk", "by_zendesk"]


def asked(timeline: Timeline, at: datetime, *, number: int, subject: str, text: str) -> None:
    """Let anybody write to Zendesk, with name, telephone and address below the text."""
    person = timeline.people.person()
    timeline.planted.person(person, ("name", "email", "phone"))
    signed = f"{text}\n{person.name}, {person.phone}, {person.email}"
    by_zendesk(timeline, person, number=number, subject=subject, text=signed, at=at)


def by_zendesk(
    timeline: Timeline,
    person: Person,
    *,
    number: int,
    subject: str,
    text: str,
    at: datetime,
    attachments: tuple[Mapping[str, Any], ...] = (),
) -> None:
    """Deliver a letter as the webhook of a new ticket."""
    body = complaints.zendesk_ticket(
        timeline.shop,
        person,
        number=number,
        event=f"01DEMO{timeline.token(20).upper()}",
        subject=subject,
        text=text,
        at=at,
        attachments=attachments,
    )
    endpoint, invocation = timeline.shop.signed("zendesk"), timeline.token(26).upper()
    timeline.add(envelopes.zendesk(endpoint, body, received_at=timeline.received(at), invocation=invocation))


def by_help_desk(timeline: Timeline, person: Person, *, number: int, subject: str, text: str, at: datetime) -> None:
    """Deliver a letter as one record of an export."""
    body = complaints.help_desk_ticket(person, number=number, subject=subject, text=text, at=at)
    timeline.add(envelopes.ticket(timeline.shop.plain(), body, received_at=timeline.received(at)))
