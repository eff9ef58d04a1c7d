from __future__ import annotations

import json
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from migro.errors import InputError
from migro.models import Signal
from migro.observe.freshdesk import repaired
from tests.observe.payloads import one
from tests.observe.ticket_payloads import FRESHDESK, FRESHDESK_TEXT


def ticket(**more: Any) -> Signal:
    return one("freshdesk_webhook", {"freshdesk_webhook": {**FRESHDESK, **more}})


def test_a_new_ticket_is_heard_without_its_markup() -> None:
    signal = ticket()

    assert (signal.topic, signal.attrs["raw_topic"], signal.state, signal.severity_hint) == (
        "ticket.created",
        "ticket_created",
        "Open",
        "critical",
    )
    assert (signal.merchant, signal.ids["ticket_id"], signal.attrs["time_source"]) == (
        "mugs.freshdesk.example",
        "42",
        "receipt",
    )
    assert "intent.cannot_checkout" in signal.features


def test_a_comma_too_many_is_forgiven() -> None:
    signal = one("freshdesk_webhook", FRESHDESK_TEXT)

    assert (signal.attrs["raw_topic"], signal.attrs["changed_from"], signal.attrs["changed_to"]) == (
        "priority_changed",
        "Low",
        "Urgent",
    )
    assert signal.features == frozenset()


@pytest.mark.parametrize(
    ("told", "raw_topic", "topic", "change"),
    [
        ("{status:{from:2,to:4}}", "status_changed", "ticket.status_changed", ("Open", "Resolved")),
        ("{status:{from:4,to:6}}", "status_changed", "ticket.status_changed", ("Resolved", "6")),
        ("{agent:{from:Ada,to:Lovelace}}", "agent_changed", "ticket.agent_changed", (None, None)),
        ("{note_type:private}", "private_note", "ticket.note_added", (None, None)),
        ("{note_type:public}", "public_note", "ticket.comment_added", (None, None)),
        ("{reply_sent:sent}", "reply_sent", "ticket.comment_added", (None, None)),
        ("{ticket_action:deleted}", "ticket_deleted", "ticket.deleted", (None, None)),
        ("{ticket_action:Ada}", "ticket_updated", "ticket.updated", (None, None)),
        ("whatever Ada wrote", None, "ticket.updated", (None, None)),
        (None, None, "ticket.updated", (None, None)),
    ],
)
def test_the_notation_of_events_is_read(
    told: str | None, raw_topic: str | None, topic: str, change: tuple[str | None, str | None]
) -> None:
    signal = ticket(triggered_event=told)

    assert (signal.attrs.get("raw_topic"), signal.topic) == (raw_topic, topic)
    assert (signal.attrs.get("changed_from"), signal.attrs.get("changed_to")) == change


def test_a_change_does_not_repeat_the_customers_words_and_a_private_note_has_none() -> None:
    for told in ("{status:{from:2,to:4}}", "{note_type:private}"):
        assert (ticket(triggered_event=told).features, "text_ref" in ticket(triggered_event=told).attrs) == (
            frozenset(),
            False,
        )
    assert ticket(triggered_event="{note_type:private}").attrs["author"] == "agent"


def test_a_public_comment_is_heard_where_the_template_has_it() -> None:
    comment = "Jo : <div>the coupon is not applied</div>"
    signal = ticket(triggered_event="{note_type:public}", ticket_latest_public_comment=comment)
    reply = ticket(triggered_event="{reply_sent:sent}", ticket_latest_public_comment=comment)

    assert "intent.discount_failed" in signal.features
    assert (reply.attrs["author"], reply.features) == ("agent", frozenset())


def test_numbers_stand_for_words_and_other_names_of_fields_are_known() -> None:
    body = {"triggered_event": "{ticket_action:created}", "ticket_id": 7, "ticket_priority": 4, "status": 3}
    signal = one("freshdesk_webhook", body)

    assert (signal.ids["ticket_id"], signal.severity_hint, signal.state) == ("7", "critical", "Pending")


def test_events_of_one_ticket_are_told_apart_and_a_redelivery_is_not() -> None:
    changes = [f"{{status:{{from:2,to:{n}}}}}" for n in (3, 4, 5)]

    assert len({ticket(triggered_event=c).dedup_key for c in changes}) == 3
    assert ticket().dedup_key == ticket(requester_name="Somebody").dedup_key


BROKEN = (
    '"freshdesk_webhook":{\n  "ticket_id":11\n  "ticket_url":"https://mugs.freshdesk.example/a/tickets/11"\n'
    '  "triggered_event":"{note_type:public}"\n'
    '  "ticket_latest_public_comment":"Jo : <div style="font-size:14px">\nthe coupon is not applied,\tnow</div>"\n'
    '  "ticket_status":"Open"\n  }\n'
)


def test_quotes_line_breaks_and_missing_commas_of_a_template_are_read() -> None:
    signal = one("freshdesk_webhook", BROKEN)

    assert (signal.ids["ticket_id"], signal.state, signal.merchant) == ("11", "Open", "mugs.freshdesk.example")
    assert "intent.discount_failed" in signal.features


def test_a_member_that_a_customer_wrote_into_a_ticket_is_not_believed() -> None:
    forged = BROKEN.replace("the coupon", 'x",\n"ticket_status":"Closed",\n"y":"the coupon')
    signal = one("freshdesk_webhook", forged)

    assert signal.attrs["reason"] == "expected each name once in a Freshdesk template, got one twice"


def test_text_without_the_template_stays_what_it_is() -> None:
    signal = one("freshdesk_webhook", '{"ticket_id": 1 "a"')

    assert "expected JSON" in str(signal.attrs["reason"])


MEMBERS = st.dictionaries(
    st.from_regex(r"[a-z_]{1,12}", fullmatch=True).filter(lambda n: n != "freshdesk_webhook"),
    st.text(st.characters(blacklist_categories=["Cs", "Cc"], blacklist_characters='"\\'), max_size=30),
    min_size=1,
    max_size=8,
)


@given(MEMBERS)
def test_the_repair_of_what_is_whole_changes_nothing(members: dict[str, str]) -> None:
    assert repaired(json.dumps({"freshdesk_webhook": members})) == members


@given(st.text() | st.text('{},:"\n ab'))
def test_the_repair_of_anything_gives_members_or_is_refused(text: str) -> None:
    with suppress(InputError):
        assert repaired(text)
