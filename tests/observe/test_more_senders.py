"""Where other versions of the senders keep what they say: ids, times, accounts."""

from __future__ import annotations

from typing import Any

import pytest

from migro.models import Signal
from migro.observe import guess_kind
from tests.observe.payloads import observed, one


def stripe(kind: str, thing: dict[str, Any]) -> Signal:
    return one("stripe_event", {"id": "evt_1", "type": kind, "created": 1772355600, "data": {"object": thing}})


@pytest.mark.parametrize(
    ("thing", "ids"),
    [
        (
            {
                "object": "invoice",
                "id": "in_1",
                "parent": {"subscription_details": {"subscription": "sub_1"}},
                "payments": {"data": [{"payment": {"payment_intent": "pi_1"}}]},
            },
            {"invoice_id": "in_1", "subscription_id": "sub_1", "payment_intent_id": "pi_1"},
        ),
        (
            {"object": "payment_intent", "id": "pi_1", "last_payment_error": {"charge": "ch_1"}},
            {"payment_intent_id": "pi_1", "charge_id": "ch_1"},
        ),
        (
            {"object": "charge", "id": "ch_1", "refunds": {"data": [{"id": "re_1"}]}, "payment_method": {"id": "pm_1"}},
            {"charge_id": "ch_1", "refund_id": "re_1", "payment_method_id": "pm_1"},
        ),
        (
            {"object": "subscription", "id": "sub_1", "latest_invoice": "in_1", "plan": {"id": "gold"}},
            {"subscription_id": "sub_1", "invoice_id": "in_1", "plan_id": "gold"},
        ),
    ],
)
def test_stripe_ids_are_found_in_every_version_of_the_interface(thing: dict[str, Any], ids: dict[str, str]) -> None:
    found = stripe("x.y", thing).ids

    assert {name: found.get(name) for name in ids} == ids


def test_a_stored_card_is_a_person_and_gives_no_id() -> None:
    assert "card_4711" not in stripe("customer.card.created", {"object": "card", "id": "card_4711"}).json_line()


def test_the_account_that_an_event_is_about_is_its_merchant() -> None:
    assert stripe("account.updated", {"object": "account", "id": "acct_1"}).merchant == "acct_1"


def sentry(action: str, data: dict[str, Any]) -> Signal:
    return one("sentry_webhook", {"action": action, "data": data, "installation": {"uuid": "u"}})


def test_the_issue_of_a_sentry_event_is_read_from_its_address_where_no_field_names_it() -> None:
    event = {"event_id": "e1", "project": 5, "issue_url": "https://sentry.example/api/0/issues/4213933362/"}

    assert sentry("triggered", {"event": event}).ids["issue_id"] == "4213933362"
    assert sentry("triggered", {"event": {**event, "issue_id": "9"}}).ids["issue_id"] == "9"


def test_an_issue_reopened_by_a_person_has_no_time_and_a_regression_has() -> None:
    issue = {"id": "1", "status": "unresolved", "lastSeen": "2026-02-01T10:00:00Z"}

    assert sentry("unresolved", {"issue": issue}).attrs["time_source"] == "receipt"
    assert "time_source" not in sentry("unresolved", {"issue": {**issue, "substatus": "regressed"}}).attrs


def test_the_older_sentry_plugin_is_understood() -> None:
    body = {
        "id": "421", "project_slug": "shop", "level": "error", "culprit": "cart in add",
        "event": {"event_id": "e1", "project": 45, "received": 1772355600.5, "user": {"email": "jo@mail.example"}},
    }  # fmt: skip
    signal = one("sentry_webhook", body)

    assert (signal.kind, signal.merchant, signal.severity_hint) == ("error.issue", "45", "high")
    assert (signal.ids["issue_id"], signal.ids["event_id"]) == ("421", "e1")
    assert (guess_kind({}, body), "mail.example" in signal.json_line()) == ("sentry_webhook", False)


def zendesk(kind: str, headers: dict[str, str] | None = None, **body: Any) -> Signal:
    return one("zendesk_event", {"type": f"zen:event-type:{kind}", "id": "e1", **body}, headers)


def test_ticket_and_account_are_found_where_the_detail_is_empty() -> None:
    signal = zendesk("ticket.created", {"X-Zendesk-Account-Id": "12"}, subject="zen:ticket:88", detail={})

    assert (signal.kind, signal.ids["ticket_id"], signal.merchant) == ("ticket", "88", "12")


def test_zero_names_no_organisation_and_no_group() -> None:
    signal = zendesk("ticket.created", detail={"id": "1", "organization_id": "0", "group_id": "7"})

    assert ("organization_id" in signal.ids, signal.ids["group_id"]) == (False, "7")


def test_two_events_under_one_id_of_a_test_sender_are_two() -> None:
    assert (
        zendesk("ticket.created", detail={"id": "1"}).dedup_key
        != zendesk("ticket.solved", detail={"id": "1"}).dedup_key
    )


def test_the_customer_that_a_metafield_belongs_to_is_not_named() -> None:
    data = {"type": "metafield", "id": 6, "resource_id": "4711"}

    assert (
        "4711"
        not in one("bigcommerce_webhook", {"scope": "store/customer/metafield/created", "data": data}).json_line()
    )


def test_what_happens_in_a_bigcommerce_channel_is_what_happens_in_the_store() -> None:
    order = {"scope": "store/channel/4/order/created", "data": {"type": "order", "id": 5}}
    field = {"scope": "store/order/metafield/created", "data": {"type": "metafield", "id": 6, "resource_id": "5"}}

    assert (one("bigcommerce_webhook", order).kind, one("bigcommerce_webhook", field).kind) == (
        "order",
        "platform.event",
    )
    assert one("bigcommerce_webhook", order).ids["channel_id"] == "4"


def test_the_address_of_a_bigcommerce_customer_is_not_the_customer() -> None:
    signal = one(
        "bigcommerce_webhook",
        {
            "scope": "store/customer/address/created",
            "data": {"type": "customer", "id": 60, "address": {"customer_id": 32}},
        },
    )

    assert (signal.ids["address_id"], "32" in signal.ids.values()) == ("60", False)


def test_an_alert_that_fires_again_later_or_resolves_is_another_event() -> None:
    def alert(status: str, starts: str) -> str:
        body = {"alerts": [{"status": status, "labels": {"alertname": "A"}, "fingerprint": "f", "startsAt": starts}]}
        return one("alertmanager_v4", body).dedup_key

    early, late = "2026-02-01T10:00:00Z", "2026-02-01T11:00:00Z"

    assert len({alert("firing", early), alert("firing", late), alert("resolved", early)}) == 3
    assert alert("firing", early) == alert("firing", early)


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ('[2001:db8::1]:443 - - [01/Mar/2026:09:00:03 +0000] "GET /cart HTTP/2.0" 200 1 "-" "Mozilla"', ("GET", None)),
        ('192.0.2.1 - - [2026-03-01T09:00:03+00:00] "GET /cart HTTP/1.1" 200 1 "-" "Mozilla"', ("GET", None)),
        ('192.0.2.1 - - [01/Mar/2026:09:00:03 +0000] a.de "GET /cart HTTP/1.1" 200 1 "-" "M"', ("GET", "a.de")),
        ('192.0.2.1 - - [01/Mar/2026:09:00:03 +0000] 443 "GET /cart HTTP/1.1" 200 1 "-" "M"', ("GET", None)),
        (r'192.0.2.1 - - [01/Mar/2026:09:00:03 +0000] "\x16\x03\x01" 400 1 "-" "-"', ("-", None)),
        ('192.0.2.1 - - [01/Mar/2026:09:00:03 +0000] "-" 408 - "-" "-"', ("-", None)),
    ],
)  # fmt: skip
def test_lines_of_other_servers_are_read(line: str, expected: tuple[str, str | None]) -> None:
    (signal,) = observed("web_access_log", line).signals

    assert (signal.attrs["method"], signal.merchant) == expected
    assert signal.occurred_at.isoformat() == "2026-03-01T09:00:03+00:00"
    assert "192.0.2.1" not in signal.json_line()
