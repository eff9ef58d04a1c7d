from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from migro.models import Signal
from migro.observe import guess_kind
from migro.packs.headless.operations_signals import LogLine
from migro.packs.headless.storefront_signals import Fault
from tests.observe.payloads import NOW, observed

NANOS = "1772355603123456789"
AT = datetime(2026, 3, 1, 9, 0, 3, 123456, tzinfo=UTC)
TRACE, SPAN = "5B8EFFF798038103D269B633813FC60C", "EEE19B7EC3C1B174"
PRIVATE = "jo@mail.example"


def attributes(**values: Any) -> list[dict[str, Any]]:
    return [{"key": n.replace("__", "."), "value": v} for n, v in values.items()]


def word(text: str) -> dict[str, str]:
    return {"stringValue": text}


def request(*records: Any, resource: list[dict[str, Any]] | None = None) -> dict[str, Any]:
    held = resource if resource is not None else attributes(service__name=word("cart.api"))
    scope = {"name": "my.library", "version": "1"}
    return {
        "resourceLogs": [
            {"resource": {"attributes": held}, "scopeLogs": [{"scope": scope, "logRecords": list(records)}]}
        ]
    }


def record(**more: Any) -> dict[str, Any]:
    return {
        "timeUnixNano": NANOS,
        "observedTimeUnixNano": NANOS,
        "severityNumber": 17,
        "severityText": "Error",
        "traceId": TRACE,
        "spanId": SPAN,
        "body": word(f"no mapping for {PRIVATE}"),
        "attributes": [],
        **more,
    }


def signals(body: Any) -> tuple[Signal, ...]:
    return observed("otel_logs", body).signals


def single(*args: Any, **more: Any) -> Signal:
    (signal,) = signals(request(*args, **more))
    return signal


def test_a_record_is_a_line_of_its_service() -> None:
    signal = single(record())

    assert (signal.kind, signal.topic, signal.merchant, signal.occurred_at) == ("log.line", "log.line", "cart.api", AT)
    assert {n: v for n, v in signal.ids.items() if n != "fingerprint"} == {"trace_id": TRACE, "span_id": SPAN}
    assert (signal.attrs["worker"], signal.attrs["level"], signal.severity_hint) == ("cart.api", "Error", "high")
    assert LogLine.of(signal).features == {"log.mapping_missing"}
    assert PRIVATE not in signal.json_line()


@pytest.mark.parametrize(
    ("number", "text", "hint", "level"),
    [
        (1, None, "info", "trace"), (8, None, "info", "debug"), (9, "Information", "info", "Information"),
        (12, None, "info", "info"), (13, "WARN", "medium", "WARN"), (16, None, "medium", "warn"),
        (17, None, "high", "error"), (20, None, "high", "error"), (21, None, "critical", "fatal"),
        (24, None, "critical", "fatal"), ("18", None, "high", "error"),
        ("SEVERITY_NUMBER_WARN2", None, "medium", "warn"), (0, "fatal", "critical", "fatal"), (0, None, None, None),
        (None, None, None, None), (99, "odd", None, "odd"),
    ],
)  # fmt: skip
def test_the_number_says_how_severe_it_is_and_the_word_is_the_senders(
    number: Any, text: str | None, hint: str | None, level: str | None
) -> None:
    signal = single(record(severityNumber=number, severityText=text))

    assert (signal.severity_hint, signal.attrs.get("level")) == (hint, level)


def test_a_shop_among_the_attributes_is_the_merchant() -> None:
    resource = attributes(service__name=word("cart.api"), shop__domain=word("mugs.example"))
    told = record(attributes=attributes(merchant_id={"intValue": "9007199254740993"}))

    assert single(record(), resource=resource).merchant == "mugs.example"
    assert single(told, resource=resource).merchant == "9007199254740993"
    assert single(record(), resource=[]).merchant is None


def test_a_request_gives_status_and_class_of_route() -> None:
    told = attributes(
        http__request__method=word("POST"),
        http__response__status_code={"intValue": "502"},
        url__path=word(f"/checkout/{PRIVATE}"),
        order_id={"intValue": "1001"},
    )
    signal = single(record(attributes=told))

    assert (signal.status, signal.attrs["method"], signal.attrs["route_class"], signal.ids["order_id"]) == (
        502, "POST", "checkout", "1001",
    )  # fmt: skip
    assert PRIVATE not in signal.json_line()


def test_an_exception_is_a_fault_of_its_release() -> None:
    resource = attributes(
        service__name=word("cart.api"), service__version=word("r41"), deployment__environment=word("prod")
    )
    told = attributes(
        exception__type=word("java.lang.IllegalStateException"),
        exception__message=word(f"no cart of {PRIVATE}"),
        exception__stacktrace=word("java.lang.IllegalStateException: x\n\tat a.B.c(B.java:1)"),
    )
    fault = single(record(body=None, attributes=told), resource=resource)

    assert (Fault.of(fault).code, fault.env, fault.attrs["release"]) == ("exception", "production", "r41")
    assert PRIVATE not in fault.json_line()


def test_a_structured_body_is_read_by_the_names_of_its_message() -> None:
    body = {"kvlistValue": {"values": attributes(message=word("connect ECONNREFUSED"), user=word(PRIVATE))}}
    listed = {"arrayValue": {"values": [word("INSUFFICIENT_STOCK"), {"bytesValue": "AAAA"}]}}

    assert single(record(body=body)).features == {"log.upstream_refused"}
    assert single(record(body=listed)).features == {"code.stock.insufficient"}
    assert PRIVATE not in single(record(body=body)).json_line()


def test_times_come_as_text_or_number_and_the_observed_one_serves_where_the_first_is_missing() -> None:
    assert single(record(timeUnixNano=int(NANOS))).occurred_at == AT
    assert single(record(timeUnixNano="0")).occurred_at == AT
    assert single(record(timeUnixNano=None, observedTimeUnixNano=None)).occurred_at == NOW


def test_ids_of_no_trace_are_none() -> None:
    assert set(single(record(traceId="0" * 32, spanId=PRIVATE)).ids) == {"fingerprint"}


def test_the_same_export_again_is_a_redelivery_in_whatever_batch() -> None:
    first, second = record(), record(body=word("another"))
    whole = signals(request(first, second))
    apart = [*signals(request(first)), *signals(request(second))]

    assert [s.dedup_key for s in whole] == [s.dedup_key for s in apart]
    assert whole[0].dedup_key != whole[1].dedup_key


def test_two_equal_records_of_one_export_are_two_events() -> None:
    assert len({s.dedup_key for s in signals(request(record(), record()))}) == 2


def test_a_broken_record_stops_no_other() -> None:
    assert [s.kind for s in signals(request(5, record(), None))] == ["unknown", "log.line", "unknown"]


def test_lines_and_lists_of_exports_are_read() -> None:
    line = json.dumps(request(record()))

    assert [s.kind for s in signals(f"{line}\nbroken\n{line}")] == ["log.line", "unknown", "log.line"]
    assert [s.kind for s in signals([request(record()), {"x": 1}])] == ["log.line", "unknown"]
    assert guess_kind({}, f"{line}\n{line}") == guess_kind({}, line) == "otel_logs"


def test_one_message_over_many_lines_that_breaks_off_is_refused_once() -> None:
    (signal,) = signals(json.dumps(request(record()), indent=1)[:-40])

    assert signal.kind == "unknown"


def test_names_of_older_writers_are_read() -> None:
    older = {"resource_logs": [{"scope_logs": [{"log_records": [record()]}]}]}
    oldest = {"resourceLogs": [{"instrumentationLibraryLogs": [{"logs": [record()]}]}]}

    assert [s.kind for s in (*signals(older), *signals(oldest))] == ["log.line", "log.line"]


@pytest.mark.parametrize("body", [{"a": 1}, 5, "x", {"resourceLogs": None}])
def test_what_is_no_export_says_so(body: Any) -> None:
    (signal,) = signals(body)

    assert signal.kind == "unknown"


def test_what_is_nested_without_end_is_cut() -> None:
    value: dict[str, Any] = word(PRIVATE)
    for _ in range(50):
        value = {"arrayValue": {"values": [value]}}

    assert single(record(body=value)).features == frozenset()
