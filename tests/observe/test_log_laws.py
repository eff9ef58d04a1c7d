"""What holds for every log, whatever is in it."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from migro.models import Signal
from migro.observe import guess_kind
from migro.observe.parsing import well_formed
from tests.observe.payloads import observed

PLANTED = ("jo.doe@mail.example", "203.0.113.77", "4111 1111 1111 1111", "+49 151 23456789", "sk_live_abcdefgh1234")
KINDS = ("web_access_log", "web_error_log", "otel_logs", "csp_report", "web_vitals")

PLANTS = st.sampled_from(PLANTED)
FRAGMENTS = st.one_of(
    PLANTS,
    st.sampled_from(
        [
            "2026/03/01 09:00:03 [error] 1#1: *1 ",
            "[Sun Mar 01 09:00:03.1 2026] [core:error] [pid 1] ",
            "[01-Mar-2026 09:00:03 UTC] PHP Fatal error:  Uncaught X: ",
            "2026-03-01T09:00:03Z ",
            "    at f (/a.js:1:1)",
            "TypeError: ",
            "Stack trace:",
            '"GET /a HTTP/1.1"',
            ', request: "POST /checkout HTTP/1.1"',
            ', host: "shop.example"',
            " - - [01/Mar/2026:09:00:03 +0000] ",
            " 200 5 ",
            '"-" "Firefox/131.0"',
            "#Fields: date time cs-method cs-uri-stem sc-status",
            "\t",
            "{",
            '{"level":50,"msg":"x"}',
            "\ud800",
            "\x00",
        ]
    ),
    st.text(max_size=10),
)
TEXTS = st.lists(st.lists(FRAGMENTS, max_size=6).map("".join), max_size=8).map("\n".join)
NAMES = (
    "resourceLogs scopeLogs logRecords resource attributes key value stringValue intValue arrayValue values "
    "kvlistValue body severityNumber severityText timeUnixNano traceId spanId request method uri host headers "
    "User-Agent status duration size ts time timestamp date msg message level err stack type csp-report "
    "blocked-uri document-uri age url blockedURL name id session error_type logger worker cs(User-Agent)"
).split()
VALUES = st.recursive(
    PLANTS
    | st.none()
    | st.booleans()
    | st.integers()
    | st.decimals()
    | st.text(max_size=10)
    | st.sampled_from(["LCP", "csp-violation", "2026-03-01T09:00:03Z", "GET", "/checkout", "1772355603", 200, 10**400]),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(NAMES), inner, max_size=8),
    max_leaves=25,
)


def clean(signals: tuple[Signal, ...], *allowed: str) -> None:
    for signal in signals:
        line = signal.json_line()
        assert Signal.from_json(line) == signal
        assert not [p for p in PLANTED if p in line and p not in allowed]


@given(st.sampled_from(KINDS), TEXTS, st.dictionaries(st.sampled_from(["X-Migro-Log", "X-Migro-Offset"]), st.text()))
def test_no_text_makes_a_log_raise_or_shows_whom_it_is_about(kind: str, text: str, headers: dict[str, str]) -> None:
    clean(observed(kind, text, headers).signals)


@given(st.sampled_from(KINDS), VALUES)
def test_no_json_makes_a_log_raise_or_shows_whom_it_is_about(kind: str, body: Any) -> None:
    clean(observed(kind, body).signals)


@given(st.sampled_from(KINDS), TEXTS)
def test_the_same_text_again_gives_the_same_events(kind: str, text: str) -> None:
    first, again = observed(kind, text).signals, observed(kind, text).signals

    assert first == again
    assert len({s.dedup_key for s in first}) == len(first)


@given(TEXTS.map(well_formed))
def test_recognising_a_text_never_raises(text: str) -> None:
    assert guess_kind({}, text)


@given(VALUES)
def test_recognising_an_object_never_raises(body: Any) -> None:
    assert guess_kind({}, body)


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_nested_beyond_all_measure_is_refused(kind: str) -> None:
    text = "[" * 5_000 + "]" * 5_000

    assert {s.kind for s in observed(kind, text).signals} == {"unknown"} or kind == "web_error_log"


@pytest.mark.parametrize("kind", KINDS)
def test_a_byte_order_mark_is_no_part_of_the_first_line(kind: str) -> None:
    body = {
        "web_access_log": '203.0.113.9 - - [01/Mar/2026:09:00:03 +0000] "GET / HTTP/1.1" 200 5',
        "web_error_log": "2026/03/01 09:00:03 [error] 1#1: x",
        "otel_logs": json.dumps({"resourceLogs": [{"scopeLogs": [{"logRecords": [{"body": {}}]}]}]}),
        "csp_report": json.dumps({"csp-report": {}}),
        "web_vitals": json.dumps({"name": "LCP", "value": 5}),
    }[kind]

    assert [s.kind for s in observed(kind, f"\ufeff{body}").signals] == [s.kind for s in observed(kind, body).signals]
    assert "unknown" not in {s.kind for s in observed(kind, body).signals}
