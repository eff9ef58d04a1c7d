from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from migro.observe import guess_kind
from migro.observe.parsing import read_json
from tests.observe.payloads import observed, one

AT = datetime(2026, 3, 1, 9, 0, 3, tzinfo=UTC)
AGENT = "Mozilla/5.0 (X11; Linux x86_64) Firefox/131.0"
PRIVATE = "jo@mail.example"

NGINX: dict[str, Any] = {
    "time_iso8601": "2026-03-01T10:00:03+01:00",
    "remote_addr": "203.0.113.9",
    "request": f"POST /checkout?email={PRIVATE} HTTP/1.1",
    "status": "502",
    "body_bytes_sent": "157",
    "request_time": "0.250",
    "http_referer": "-",
    "http_user_agent": AGENT,
    "http_host": "shop.example:443",
}
CADDY: dict[str, Any] = {
    "level": "error",
    "ts": 1772355603.0,
    "logger": "http.log.access.log0",
    "msg": "handled request",
    "request": {
        "remote_ip": "203.0.113.9",
        "client_ip": "203.0.113.9",
        "proto": "HTTP/2.0",
        "method": "POST",
        "host": "shop.example",
        "uri": f"/checkout?email={PRIVATE}",
        "headers": {"User-Agent": [AGENT], "Cookie": [PRIVATE]},
    },
    "user_id": PRIVATE,
    "duration": 0.2504,
    "size": 157,
    "status": 502,
    "resp_headers": {"Server": ["Caddy"]},
}
TRAEFIK: dict[str, Any] = {
    "ClientAddr": "203.0.113.9:52100",
    "ClientHost": "203.0.113.9",
    "ClientUsername": PRIVATE,
    "DownstreamContentSize": 157,
    "DownstreamStatus": 502,
    "Duration": 250400000,
    "OriginStatus": 0,
    "RequestHost": "shop.example",
    "RequestMethod": "POST",
    "RequestPath": f"/checkout?email={PRIVATE}",
    "StartUTC": "2026-03-01T09:00:03.000000001Z",
    "StartLocal": "2026-03-01T10:00:03.000000001+01:00",
    "level": "info",
    "msg": "",
    "request_User-Agent": AGENT,
    "time": "2026-03-01T09:00:04Z",
}
FASTLY: dict[str, Any] = {
    "timestamp": "2026-03-01T09:00:03+0000",
    "client_ip": "203.0.113.9",
    "geo_city": "nowhere",
    "host": "shop.example",
    "url": f"/checkout?email={PRIVATE}",
    "request_method": "POST",
    "request_user_agent": AGENT,
    "response_status": 502,
    "response_body_size": 157,
    "duration_ms": 250,
}
FASTLY_SHORT: dict[str, Any] = {
    "time_start": 1772355603000,
    "time_elapsed": 250400,
    "client_ip": "203.0.113.9",
    "request": "POST",
    "host": "shop.example",
    "url": "/checkout",
    "status": 502,
    "request_user_agent": AGENT,
    "resp_body_size": 157,
}
CLOUDFLARE: dict[str, Any] = {
    "ClientIP": "203.0.113.9",
    "ClientRequestHost": "shop.example",
    "ClientRequestMethod": "POST",
    "ClientRequestURI": "/checkout",
    "ClientRequestUserAgent": AGENT,
    "EdgeColoCode": "FRA",
    "EdgeStartTimestamp": 1772355603000000000,
    "EdgeEndTimestamp": 1772355604000000000,
    "EdgeResponseBytes": 157,
    "EdgeResponseStatus": 502,
    "RayID": "7a1",
}
CLOUDFRONT: dict[str, Any] = {
    "date": "2026-03-01",
    "time": "09:00:03",
    "x-edge-location": "FRA56-P1",
    "sc-bytes": "157",
    "c-ip": "203.0.113.9",
    "cs-method": "POST",
    "cs(Host)": "d111.cloudfront.net",
    "cs-uri-stem": "/checkout",
    "sc-status": "502",
    "cs(Referer)": "-",
    "cs(User-Agent)": AGENT.replace(" ", "%20"),
    "cs-uri-query": f"email={PRIVATE}",
    "x-host-header": "shop.example",
    "time-taken": "0.250",
}
GOOGLE: dict[str, Any] = {
    "timestamp": "2026-03-01T09:00:03.000Z",
    "httpRequest": {
        "requestMethod": "POST",
        "requestUrl": f"https://shop.example/checkout?email={PRIVATE}",
        "status": 502,
        "responseSize": "157",
        "userAgent": AGENT,
        "remoteIp": "203.0.113.9",
        "latency": "0.250400s",
    },
}
ELASTIC: dict[str, Any] = {
    "@timestamp": "2026-03-01T09:00:03.000Z",
    "http": {"request": {"method": "POST"}, "response": {"status_code": 502, "bytes": 157}},
    "url": {"path": "/checkout", "domain": "shop.example"},
    "source": {"ip": "203.0.113.9"},
    "user_agent": {"original": AGENT},
    "event": {"duration": 250400000},
}
SHAPES = {
    "nginx": NGINX, "caddy": CADDY, "traefik": TRAEFIK, "fastly": FASTLY, "fastly short": FASTLY_SHORT,
    "cloudflare": CLOUDFLARE, "cloudfront": CLOUDFRONT, "google": GOOGLE, "elastic": ELASTIC,
}  # fmt: skip
VISITOR = one(
    "web_access_log",
    f'203.0.113.9 - - [01/Mar/2026:09:00:03 +0000] "POST /checkout HTTP/1.1" 502 157 "-" "{AGENT}"',
).ids["visitor"]


@pytest.mark.parametrize("item", SHAPES.values(), ids=SHAPES)
def test_every_servers_own_names_give_the_same_request(item: dict[str, Any]) -> None:
    signal = one("web_access_log", json.dumps(item))

    assert (signal.kind, signal.occurred_at, signal.status) == ("http.request", AT, 502)
    assert {n: signal.attrs[n] for n in ("method", "route_class", "route", "handoff", "bot", "raw_topic")} == {
        "method": "POST", "route_class": "checkout", "route": "/checkout", "handoff": True, "bot": False,
        "raw_topic": "http_access",
    }  # fmt: skip
    assert signal.metrics["bytes"] == 157
    assert signal.ids == {"visitor": VISITOR}
    assert signal.merchant == (None if item is GOOGLE else "shop.example")
    assert signal.metrics.get("duration_ms") == (None if item is CLOUDFLARE else 250)
    assert PRIVATE not in signal.json_line()
    assert "203.0.113.9" not in signal.json_line()


@pytest.mark.parametrize("item", SHAPES.values(), ids=SHAPES)
def test_one_line_or_many_are_recognised(item: dict[str, Any]) -> None:
    line = json.dumps(item)

    assert guess_kind({}, line) == "web_access_log"
    assert guess_kind({}, f"{line}\n{line}\n") == "web_access_log"
    assert guess_kind({}, read_json(line)) == "web_access_log"


@pytest.mark.parametrize(
    "body",
    [
        {"url": "https://x.example/", "status": 200, "timestamp": "2026-03-01T09:00:03Z"},
        {"method": "GET", "path": "/", "status": "firing", "timestamp": "2026-03-01T09:00:03Z"},
        {"method": "GET", "path": "/", "status": 200},
        {"method": "GET", "status": 200, "ts": 1772355603},
        {"method": "GET", "path": "/", "status": 3, "ts": 1772355603},
    ],
)
def test_what_only_looks_a_little_like_a_request_is_none(body: dict[str, Any]) -> None:
    assert guess_kind({}, body) != "web_access_log"


def test_lists_and_parsed_objects_are_read_as_lines_are() -> None:
    lines = observed("web_access_log", f"{json.dumps(CADDY)}\n{json.dumps(CADDY)}").signals
    array = observed("web_access_log", json.dumps([CADDY, CADDY])).signals
    parsed = observed("web_access_log", [NGINX, json.dumps(NGINX)]).signals
    pretty = observed("web_access_log", json.dumps(NGINX, indent=2)).signals

    assert [len({s.dedup_key for s in found}) for found in (lines, array, parsed, pretty)] == [2, 2, 2, 1]
    assert {s.kind for s in (*lines, *array, *parsed, *pretty)} == {"http.request"}


def test_formats_may_follow_each_other_in_one_file() -> None:
    combined = '203.0.113.9 - - [01/Mar/2026:09:00:03 +0000] "GET / HTTP/1.1" 200 5'

    assert [s.kind for s in observed("web_access_log", f"{combined}\n{json.dumps(CADDY)}\n{{").signals] == [
        "http.request", "http.request", "unknown",
    ]  # fmt: skip


def test_columns_are_those_that_the_file_names() -> None:
    names, cells = zip(*CLOUDFRONT.items(), strict=True)
    text = f"#Version: 1.0\n#Fields: {' '.join(names)}\n" + "\t".join(cells) + "\n" + "\t".join(cells[:3])

    request, short = observed("web_access_log", text).signals

    assert guess_kind({}, text) == "web_access_log"
    assert (request.status, request.merchant, request.attrs["pop"], request.ids["visitor"]) == (
        502, "shop.example", "FRA56-P1", VISITOR,
    )  # fmt: skip
    assert request.occurred_at == AT
    assert short.attrs["reason"] == "expected 14 columns as #Fields says, got 3 (line 4)"


def test_a_time_without_zone_is_taken_as_utc_and_says_so() -> None:
    signal = one("web_access_log", NGINX | {"time_iso8601": "2026-03-01T09:00:03"})
    columns = one("web_access_log", CLOUDFRONT)

    assert (signal.occurred_at, signal.attrs["time_zone"]) == (AT, "unknown")
    assert "time_zone" not in columns.attrs


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"ts": "soon"}, "with a time, such as timestamp or ts, got none"),
        ({"request": {"method": "GET"}}, "with a method and a path, got none"),
        ({"status": None}, "with a status, got none"),
    ],
)
def test_an_entry_that_lacks_something_says_what(change: dict[str, Any], reason: str) -> None:
    assert reason in str(one("web_access_log", json.dumps(CADDY | change)).attrs["reason"])


def test_a_request_that_nobody_waited_for_has_no_status() -> None:
    assert one("web_access_log", json.dumps(CADDY | {"status": 0})).status is None


@pytest.mark.parametrize(
    ("value", "expected"), [("10.5ms", 10), ("1.5s", 1500), ("900us", 0), (-1, None), (True, None), ("1e99", None)]
)
def test_durations_come_with_their_unit_or_in_that_of_the_server(value: Any, expected: int | None) -> None:
    assert one("web_access_log", json.dumps(CADDY | {"duration": value})).metrics.get("duration_ms") == expected


def test_wrong_types_everywhere_stop_nothing() -> None:
    strange = {n: [None] for n in NGINX} | {"request": {"method": ["GET"], "uri": 5, "headers": []}}

    assert [s.kind for s in observed("web_access_log", [strange, NGINX]).signals] == ["unknown", "http.request"]


def test_noise_on_the_port_is_a_request_of_no_class() -> None:
    signal = one("web_access_log", NGINX | {"request": "\x16\x03\x01"})

    assert (signal.attrs["method"], signal.attrs["route_class"]) == ("-", "other")


def test_a_placeholder_that_nobody_filled_is_no_user_agent() -> None:
    signal = one("web_access_log", NGINX | {"http_user_agent": "${http_user_agent}", "remote_addr": "{ip}"})

    assert signal.attrs["bot"] is True
    assert "agent" not in signal.attrs
    assert dict(signal.ids) == {}


def test_the_text_form_of_traefik_ends_with_a_duration() -> None:
    line = '203.0.113.9 - - [01/Mar/2026:09:00:03 +0000] "GET / HTTP/1.1" 200 5 "-" "x" 7 "shop@docker" "http://a" 12ms'

    assert one("web_access_log", line).metrics["duration_ms"] == 12


def test_a_line_that_is_sent_again_from_the_same_place_is_the_same_event() -> None:
    line = json.dumps(NGINX)
    placed = {"X-Migro-Log": "abc", "X-Migro-Offset": "0"}
    both = observed("web_access_log", f"{line}\n{line}\n", placed).signals
    second = one("web_access_log", f"{line}\n", {"X-Migro-Log": "abc", "X-Migro-Offset": str(len(line) + 1)})

    assert both[0].dedup_key != both[1].dedup_key == second.dedup_key


@pytest.mark.parametrize("offset", ["-1", "x", "9" * 19, "\u0663"])
def test_an_offset_that_is_none_is_left_alone(offset: str) -> None:
    line = json.dumps(NGINX)

    assert (
        one("web_access_log", line, {"X-Migro-Log": "abc", "X-Migro-Offset": offset}).dedup_key
        == one("web_access_log", line).dedup_key
    )


def test_a_body_that_is_no_log_says_so() -> None:
    assert one("web_access_log", 5).attrs["reason"] == "expected a log as text, got int"
    assert one("web_access_log", ["x", 5]).attrs["reason"] == "expected a log as text, got int in a list"
