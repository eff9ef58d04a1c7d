from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest

from migro.models import Signal
from migro.observe import guess_kind
from migro.packs.headless.browser_signals import CspReports, PageTimings
from tests.observe.payloads import NOW, observed

PRIVATE = "jo@mail.example"
FROM = {"X-Forwarded-For": "203.0.113.9, 10.0.0.1", "User-Agent": "Mozilla/5.0 Firefox/131.0", "CF-IPCountry": "de"}


def old(**more: Any) -> dict[str, Any]:
    report = {
        "document-uri": f"https://shop.example/checkout?email={PRIVATE}",
        "referrer": f"https://shop.example/?{PRIVATE}",
        "violated-directive": "script-src-elem https://shop.example",
        "effective-directive": "script-src-elem",
        "original-policy": "default-src 'self'",
        "disposition": "enforce",
        "blocked-uri": f"https://js.pay.example/v3?{PRIVATE}",
        "status-code": 200,
        "script-sample": PRIVATE,
    }
    return {"csp-report": report | {n.replace("_", "-"): v for n, v in more.items()}}


def new(**more: Any) -> dict[str, Any]:
    body = {
        "blockedURL": "https://js.pay.example/v3",
        "disposition": "report",
        "documentURL": "https://shop.example/checkout",
        "effectiveDirective": "connect-src",
        "sample": PRIVATE,
    }
    return {
        "type": "csp-violation", "age": 2000, "url": "https://shop.example/checkout", "user_agent": "x",
        "body": body | more,
    }  # fmt: skip


def csp(body: Any, headers: dict[str, str] | None = None, **more: Any) -> tuple[Signal, ...]:
    return observed("csp_report", body, headers or FROM, **more).signals


def vitals(body: Any, **more: Any) -> tuple[Signal, ...]:
    return observed("web_vitals", body, FROM, **more).signals


def test_a_report_names_the_blocked_host_and_nothing_of_the_page_but_its_route() -> None:
    (signal,) = csp(old())
    report = CspReports.of(signal)

    assert (report.host, report.sessions, report.report_only, report.foreign) == ("js.pay.example", 1, False, False)
    assert (signal.merchant, signal.attrs["route_class"], signal.attrs["directive"]) == (
        "shop.example", "checkout", "script-src-elem",
    )  # fmt: skip
    assert PRIVATE not in signal.json_line()
    assert "203.0.113.9" not in signal.json_line()


def test_reports_of_the_reporting_api_come_in_lists_and_say_how_old_they_are() -> None:
    first, second = csp(json.dumps([new(), new(disposition="enforce")]))

    assert (first.occurred_at, CspReports.of(first).report_only) == (NOW - timedelta(seconds=2), True)
    assert (CspReports.of(second).report_only, second.attrs["directive"]) == (False, "connect-src")


@pytest.mark.parametrize(
    ("blocked", "host", "foreign"),
    [
        ("inline", "inline", False), ("eval", "eval", False), ("", "inline", False), ("data", "data", False),
        ("blob:https://shop.example/5", "blob", False), ("chrome-extension://abc/x.js", "extension", True),
        ("moz-extension", "extension", True), ("wss://chat.example:443/x", "chat.example", False),
        (PRIVATE, "other", False), ("https://[", "https", False), (5, "inline", False),
    ],
)  # fmt: skip
def test_what_was_blocked_is_a_host_or_one_of_few_words(blocked: Any, host: str, foreign: bool) -> None:
    (signal,) = csp(old(blocked_uri=blocked))

    assert (signal.attrs["host"], signal.attrs["foreign"]) == ("other" if host == "https" else host, foreign)


def test_a_script_of_an_extension_is_foreign_whatever_it_wanted() -> None:
    assert csp(old(source_file="safari-web-extension://x/y.js"))[0].attrs["foreign"] is True


def test_one_visitor_is_one_session() -> None:
    one, two = csp(old()), csp(old(blocked_uri="inline"))
    other = csp(old(), {**FROM, "User-Agent": "other"})
    nobody = csp(old(), {"User-Agent": "x"})

    assert one[0].ids["session"] == two[0].ids["session"] != other[0].ids["session"]
    assert "session" not in nobody[0].ids


def test_a_report_is_a_redelivery_only_when_it_came_at_the_same_time() -> None:
    later = NOW + timedelta(seconds=1)

    assert csp(old())[0].dedup_key == csp(old())[0].dedup_key != csp(old(), received_at=later)[0].dedup_key
    assert csp(old(), received_at=None)[0].dedup_key == csp(old(), received_at=None)[0].dedup_key


def test_other_reports_of_browsers_are_events_of_the_platform() -> None:
    (signal,) = csp({"type": "deprecation", "url": "https://shop.example/", "age": 1, "body": {"message": PRIVATE}})

    assert (signal.kind, signal.topic, signal.merchant) == ("platform.event", "browser.deprecation", "shop.example")
    assert PRIVATE not in signal.json_line()


@pytest.mark.parametrize("body", [{"a": 1}, {"type": "x y", "body": {}}, "x", [], 5])
def test_what_is_no_report_is_unknown(body: Any) -> None:
    assert [s.kind for s in csp(body)] == ["unknown"]


@pytest.mark.parametrize(
    ("name", "value", "column", "expected"),
    [
        ("LCP", "2400.5", "lcp_ms", 2500), ("LCP", "2500", "lcp_ms", 2500), ("LCP", "4000.1", "lcp_ms", 5000),
        ("TTFB", "1800", "ttfb_ms", 1800), ("TTFB", "1800.5", "ttfb_ms", 2000), ("INP", "0", "inp_ms", 100),
        ("INP", "501", "inp_ms", 600), ("INP", "99999", "inp_ms", 60000),
    ],
)  # fmt: skip
def test_a_measure_becomes_the_upper_end_of_its_class(name: str, value: str, column: str, expected: int) -> None:
    (signal,) = vitals(
        f'{{"name": "{name}", "value": {value}, "id": "v4-1-2", "url": "https://shop.example/p/x?{PRIVATE}"}}'
    )
    timing = PageTimings.of(signal)

    assert (getattr(timing, column), timing.views, timing.region, signal.merchant) == (
        expected,
        1,
        "DE",
        "shop.example",
    )
    assert PRIVATE not in signal.json_line()


def test_a_shift_of_the_layout_is_no_time() -> None:
    (signal,) = vitals({"name": "CLS", "value": 1, "id": "v4-1-2"})

    assert signal.kind == "rum.vital"


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ({"name": "LCP", "value": "fast", "id": "a"}, "expected LCP with a value in milliseconds, got another"),
        ({"name": "LCP", "value": -1, "id": "a"}, "expected LCP with a value in milliseconds, got another"),
        ({"name": "x"}, "expected a measure such as LCP, got another"),
        ({}, "expected a measure such as LCP, got none"),
        ([5], "expected a log as text, got int in a list"),
        ("5", "expected a report as a JSON object, got int"),
    ],
)
def test_what_is_no_measure_says_so(body: Any, reason: str) -> None:
    assert reason in str(vitals(body)[0].attrs["reason"])


def test_a_view_that_is_measured_again_is_a_redelivery() -> None:
    first, again, other = (vitals({"name": "INP", "value": v, "id": i})[0] for v, i in ((9, "a"), (99, "a"), (9, "b")))

    assert first.dedup_key == again.dedup_key != other.dedup_key


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (old(), "csp_report"), (new(), "csp_report"), ([new()], "csp_report"),
        ({"name": "LCP", "value": 5, "id": "v4-1", "rating": "good"}, "web_vitals"),
        ([{"name": "TTFB", "value": 5, "id": "v4-1"}], "web_vitals"),
    ],
)  # fmt: skip
def test_reports_are_recognised(body: Any, kind: str) -> None:
    assert guess_kind({}, json.dumps(body)) == kind
