from __future__ import annotations

from typing import Any

import pytest

from migro.models import Signal
from tests.observe.payloads import observed, one
from tests.observe.ticket_payloads import ZENDESK_AUDIT


def entry(**more: Any) -> Signal:
    return one("zendesk_audit", {**ZENDESK_AUDIT, **more})


def test_a_changed_role_says_of_what_kind_and_not_of_whom() -> None:
    signal = entry()

    assert (signal.kind, signal.topic, signal.merchant, signal.ids["audit_id"]) == (
        "change.made",
        "audit.user.update",
        "mugs",
        "9007199254740993",
    )
    assert (signal.attrs["what"], signal.attrs["changed_from"], signal.attrs["changed_to"]) == (
        "help_desk.user",
        "agent",
        "administrator",
    )
    assert signal.occurred_at.isoformat() == "2026-03-01T08:59:00+00:00"
    assert {"actor", "person_ref"} <= signal.ids.keys()
    assert (signal.resource, signal.severity_hint, signal.state) == (None, None, None)


@pytest.mark.parametrize(
    ("more", "relevant"),
    [
        ({}, True),
        ({"change_description": "Organization: AAAA is assigned"}, False),
        ({"change_description": None}, False),
        ({"action": "destroy", "change_description": ""}, True),
        ({"source_type": "api_token", "action": "create"}, True),
        ({"source_type": "account_setting", "change_description": "Disabled"}, True),
        ({"source_type": "Rule::Trigger"}, False),
        ({"source_type": "ticket", "action": "exported"}, True),
        ({"source_type": "ticket_field"}, False),
    ],
)
def test_what_concerns_access_or_where_data_goes_is_marked(more: dict[str, Any], relevant: bool) -> None:
    assert entry(**more).attrs["security_relevant"] is relevant


def test_a_login_and_an_export_change_nothing() -> None:
    assert [entry(action=a).kind for a in ("login", "exported", "create")] == [
        "platform.event",
        "platform.event",
        "change.made",
    ]


def test_things_keep_their_id_and_only_known_roles_pass() -> None:
    trigger = entry(source_type="rule/trigger", source_id=77, source_label="Ada's rule")
    odd = entry(change_description="Role changed from Ada to Lovelace")

    assert (trigger.resource, trigger.ids["source_id"]) == (("rule_trigger", "77"), "77")
    assert not {"changed_from", "changed_to"} & odd.attrs.keys()


def test_a_page_gives_each_entry_and_a_broken_one_stops_none() -> None:
    found = observed("zendesk_audit", {"audit_logs": [ZENDESK_AUDIT, 5, {"id": 1}, {**ZENDESK_AUDIT, "id": 2}]})

    assert [s.kind for s in found.signals] == ["change.made", "unknown", "unknown", "change.made"]
    assert [str(f) for f in found.failures] == [
        "expected an entry as a JSON object, got int (entry 2)",
        "expected an entry of Zendesk's audit log with action and source_type, got one without (entry 3)",
    ]


def test_entries_under_one_id_are_told_apart_and_no_host_but_zendesks_is_an_account() -> None:
    assert entry().dedup_key != entry(action="destroy").dedup_key
    assert entry(url="https://mugs.zendesk.com.evil.example/x").merchant is None
