from __future__ import annotations

import json
from typing import Any

from migro.observe import guess_kind
from tests.observe.payloads import NOW, observed, one
from tests.observe.ticket_payloads import AUDIT_ENTRY, MEMORY_ENTRY, MIGRATION_EVENT, MIGRATION_TICKET


def test_an_event_becomes_a_line_with_what_it_means_and_no_words() -> None:
    signal = one("agent_events", [MIGRATION_EVENT])

    assert (signal.kind, signal.topic, signal.merchant, signal.metrics["lines"]) == (
        "log.line",
        "api_error",
        "m_101",
        1,
    )
    assert (signal.attrs["error"], signal.attrs["stage"]) == ("checkout_failed", "post_cutover")
    assert signal.features == {"error.checkout_failed", "code.cors"}
    assert (signal.occurred_at, signal.attrs["time_source"]) == (NOW, "receipt")


def test_an_event_about_a_ticket_is_a_ticket_even_without_an_id() -> None:
    said = {**MIGRATION_EVENT, "event_type": "support_ticket", "details": "I cannot check out"}
    bare, named = observed("agent_events", [said, {**said, "id": 7}]).signals

    assert (bare.kind, bare.topic, named.ids["ticket_id"]) == ("ticket", "ticket.created", "7")
    assert bare.ids["ticket_id"]
    assert "intent.cannot_checkout" in bare.features


def test_equal_events_of_one_file_are_two_and_the_file_read_again_is_none() -> None:
    keys = [s.dedup_key for s in observed("agent_events", [MIGRATION_EVENT] * 3).signals]

    assert len(set(keys)) == 3
    assert keys == [s.dedup_key for s in observed("agent_events", [MIGRATION_EVENT] * 3).signals]


def test_a_ticket_file_is_read_with_its_figures() -> None:
    (signal,) = observed("ticket", [MIGRATION_TICKET]).signals

    assert (signal.merchant, signal.severity_hint, signal.attrs["stage"]) == (
        "M496",
        "critical",
        "post-migration-day-2",
    )
    figures = {name: value for name, value in signal.metrics.items() if name != "label_confidence"}
    assert figures == {"checkout_failures": 12, "affected_customers": 12}
    assert {"intent.cannot_checkout", "code.cors"} <= signal.features


def test_a_clock_without_a_day_is_no_time_and_one_ticket_of_two_shops_is_two() -> None:
    first = {"ticket_id": "T4", "merchant_id": "M004", "issue": "Payments failing", "error": "401", "time": "10:08"}
    found = observed("ticket", [first, {**first, "merchant_id": "M5"}]).signals

    assert [s.attrs["time_source"] for s in found] == ["receipt", "receipt"]
    assert len({s.dedup_key for s in found}) == 2


def test_an_entry_of_the_audit_log_says_what_was_done_and_by_what() -> None:
    signal = one("agent_audit", [AUDIT_ENTRY])

    assert (signal.kind, signal.topic, signal.attrs["raw_topic"], signal.ids["ticket_id"]) == (
        "platform.event",
        "agent.action.pending_approval",
        "escalate_to_engineering",
        "T001",
    )
    assert (signal.attrs["risk"], signal.attrs["by"], signal.state) == ("high", "system", "pending_approval")
    assert (signal.occurred_at.isoformat(), signal.attrs["time_zone"]) == (
        "2026-02-28T23:35:46.222959+00:00",
        "unknown",
    )


def test_a_person_who_acted_is_a_pseudonym() -> None:
    signal = one("agent_audit", {**AUDIT_ENTRY, "triggered_by": "Ada Lovelace"})

    assert len(signal.ids["actor"]) == 20
    assert "by" not in signal.attrs


def test_a_log_may_have_an_object_pairs_or_nothing_behind_its_time_on_each_line() -> None:
    text = "\n".join(
        [
            json.dumps(AUDIT_ENTRY),
            f"2026-02-28 23:36:00,123 - INFO - {json.dumps({'action': 'notify', 'status': 'executed'})}",
            '2026-02-28T23:37:00Z INFO action=draft_reply status=done ticket_id=T9 by="Ada Lovelace"',
            "2026-02-28 23:38:00 INFO started",
            "no time at all",
            "",
        ]
    )
    found = observed("agent_audit", text)

    assert [s.topic for s in found.signals] == [
        "agent.action.pending_approval",
        "agent.action.executed",
        "agent.action.done",
        "unknown",
        "unknown",
    ]
    assert found.signals[1].occurred_at.isoformat() == "2026-02-28T23:36:00.123000+00:00"
    assert found.signals[2].ids["ticket_id"] == "T9"
    assert [str(f) for f in found.failures] == [
        "expected an object or pairs in line 4, got neither",
        "expected JSON or a time in line 5, got neither",
    ]
    assert "Ada" not in "".join(s.json_line() for s in found.signals)


def test_a_memory_of_decisions_keeps_cause_action_and_how_sure_it_was() -> None:
    signal = one("agent_memory", [MEMORY_ENTRY])

    assert (signal.topic, signal.attrs["raw_topic"], signal.ids["ticket_id"], signal.metrics["confidence"]) == (
        "agent.memory",
        "decision",
        "T001",
        85,
    )
    assert (signal.attrs["cause"], signal.attrs["action"], signal.attrs["risk"], signal.state) == (
        "migration_issue",
        "assign_to_support_team",
        "medium",
        "executed",
    )


def test_a_memory_of_two_tables_gives_each_pattern() -> None:
    tables = {
        "issue_frequency": {"checkout_failed|post_cutover": 3, "login_failed|completed": 1},
        "issue_resolution_status": {"checkout_failed|post_cutover": "resolved"},
    }
    first, second = observed("agent_memory", tables).signals

    assert (first.attrs["error"], first.attrs["stage"], first.metrics["count"], first.state) == (
        "checkout_failed",
        "post_cutover",
        3,
        "resolved",
    )
    assert (second.metrics["count"], second.state) == (1, None)


def test_a_pair_of_reasoning_and_action_is_a_memory() -> None:
    pair: dict[str, Any] = {"reasoning": {"root_cause": "platform_bug", "confidence": 80}, "action": "escalate"}
    signal = one("agent_memory", {"history": [pair]})

    assert (signal.attrs["cause"], signal.attrs["action"], signal.metrics["confidence"]) == (
        "platform_bug",
        "escalate",
        80,
    )
    assert guess_kind({}, json.dumps([pair])) == "agent_memory"


def test_records_without_what_makes_them_one_are_refused_and_their_siblings_stay() -> None:
    for kind, good in (("agent_events", MIGRATION_EVENT), ("agent_audit", AUDIT_ENTRY), ("agent_memory", MEMORY_ENTRY)):
        found = observed(kind, [good, {"x": 1}, 5, good])

        assert [s.kind == "unknown" for s in found.signals] == [False, True, True, False]
        assert [str(f).partition(", got ")[2] for f in found.failures] == ["one without at record 2", "int at record 3"]
