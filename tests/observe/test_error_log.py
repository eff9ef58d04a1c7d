from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from migro.models import Signal
from migro.observe import guess_kind
from migro.observe.codes import log_features
from migro.packs.headless.operations_signals import LogLine
from migro.packs.headless.storefront_signals import Fault
from tests.observe.payloads import NOW, observed, one

AT = datetime(2026, 3, 1, 9, 0, 3, tzinfo=UTC)
PRIVATE = "jo@mail.example"

REFUSED = (
    "2026/03/01 09:00:03 [error] 2098#2098: *1083 connect() failed (111: Connection refused) while connecting to "
    f'upstream, client: 203.0.113.9, server: _, request: "POST /checkout?email={PRIVATE} HTTP/1.1", upstream: '
    '"http://127.0.0.1:9099/checkout", host: "shop.example:8443"'
)
PHP_TRACE = f"""2026/03/01 09:00:03 [error] 12#12: *7 FastCGI sent in stderr: "PHP message: PHP Fatal error:  \
Uncaught App\\NoStock: sold out for {PRIVATE} in /srv/shop/a.php:12
Stack trace:
#0 /srv/shop/b.php(5): A->b()

#1 {{main}}
  thrown in /srv/shop/a.php on line 12" while reading response header from upstream, client: 203.0.113.9, \
server: shop.example, request: "GET /products/x HTTP/1.1", upstream: "fastcgi://unix:/run/php.sock:"
"""
NODE = """/app/server.js:10
    throw new Error('x')
    ^

TypeError: Cannot read properties of undefined (reading 'id')
    at Object.<anonymous> (/app/server.js:10:9)
    at Module._compile (node:internal/modules/cjs/loader:1105:14) {
  code: 'X'
}

Node.js v20.1.0
"""
PYTHON = """Traceback (most recent call last):
  File "/srv/a.py", line 1, in <module>
KeyError: 'x'
"""


def lines(text: str, **more: Any) -> tuple[Signal, ...]:
    return observed("web_error_log", text, **more).signals


def test_an_upstream_that_refuses_is_a_line_about_a_request() -> None:
    signal = one("web_error_log", REFUSED)

    assert (signal.kind, signal.merchant, signal.occurred_at, signal.severity_hint) == (
        "log.line", "shop.example", AT, "high",
    )  # fmt: skip
    assert dict(signal.attrs) == {
        "level": "error", "method": "POST", "raw_topic": "http_error", "route": "/checkout", "route_class": "checkout",
        "time_zone": "unknown", "worker": "nginx",
    }  # fmt: skip
    assert signal.features == {"log.upstream_refused"}
    assert LogLine.of(signal).lines == 1
    assert PRIVATE not in signal.json_line()
    assert "203.0.113.9" not in signal.json_line()


@pytest.mark.parametrize(
    ("line", "worker", "level", "hint", "features", "at"),
    [
        (
            "2026/03/01 09:00:03 [crit] 12#12: *8 SSL_do_handshake() failed (SSL: error:14094) while SSL handshaking",
            "nginx", "crit", "critical", {"log.tls_failed"}, AT,
        ),
        ("2026/03/01 09:00:03 [notice] 1#1: signal process started", "nginx", "notice", "low", {"log.restarted"}, AT),
        (
            "[Sun Mar 01 09:00:03.123456 2026] [proxy:error] [pid 5:tid 9] (111)Connection refused: AH00957: HTTP",
            "apache", "error", "high", {"log.upstream_refused"}, AT,
        ),
        (
            "[Sun Mar  1 09:00:03 2026] [error] [client 203.0.113.9] client denied by server configuration: /export",
            "apache", "error", "high", {"log.refused_by_rule"}, AT,
        ),
        ("[Sun Mar 01 09:00:03.1 2026] [core:trace4] [pid 5] x", "apache", "trace4", "info", set(), AT),
        (
            "[01-Mar-2026 09:00:03 UTC] PHP Fatal error:  Allowed memory size of 9 bytes exhausted in /srv/a.php",
            "php", "fatal", "critical", {"log.out_of_memory"}, AT,
        ),
        ("[01-Mar-2026 10:00:03 Europe/Berlin] PHP Warning:  x in /srv/a.php", "php", "warning", "medium", set(), AT),
        ("[01-Mar-2026 09:00:03 Nowhere/At-All] PHP Deprecated:  x", "php", "deprecated", "low", set(), AT),
        (
            "[01-Mar-2026 09:00:03] WARNING: [pool www] server reached pm.max_children setting (5)",
            "php-fpm www", "warning", "medium", {"log.exhausted"}, AT,
        ),
        ("[01-Mar-2026 09:00:03] NOTICE: fpm is running, pid 1", "php-fpm", "notice", "low", set(), AT),
        ("2026-03-01T10:00:03+01:00 ERROR no mapping for sku 5", None, "error", "high", {"log.mapping_missing"}, AT),
        (
            "2026-03-01T09:00:03Z ERROR rejected: unknown payment method applepay_v2",
            None, "error", "high", {"log.mapping_missing"}, AT,
        ),
        ("2026-03-01T09:00:03Z ERROR unknown payment", None, "error", "high", set(), AT),
        ("[2026-03-01 09:00:03,000] warn: x", None, "warn", "medium", set(), AT),
        ("2026-03-01 09:00:03 hello", None, None, None, set(), AT),
        ("something else", None, None, None, set(), NOW),
    ],
)  # fmt: skip
def test_each_servers_lines_are_read(
    line: str, worker: str | None, level: str | None, hint: str | None, features: set[str], at: datetime
) -> None:
    signal = one("web_error_log", line)

    assert (signal.kind, signal.occurred_at.replace(microsecond=0), signal.severity_hint) == ("log.line", at, hint)
    assert (signal.attrs.get("worker"), signal.attrs.get("level")) == (worker, level)
    assert signal.features == features


@pytest.mark.parametrize(
    ("line", "unknown"),
    [
        ("[01-Mar-2026 09:00:03 UTC] x", False),
        ("[01-Mar-2026 10:00:03 Europe/Berlin] x", False),
        ("[01-Mar-2026 09:00:03 Nowhere/At-All] x", True),
        ("2026-03-01T09:00:03Z x", False),
        ("2026-03-01 09:00:03 x", True),
        ("x", False),
    ],
)
def test_a_time_without_zone_says_so(line: str, unknown: bool) -> None:
    assert (one("web_error_log", line).attrs.get("time_zone") == "unknown") is unknown


@pytest.mark.parametrize(
    ("trace", "error", "merchant"),
    [(PHP_TRACE, "NoStock", "shop.example"), (NODE, "TypeError", None), (PYTHON, "KeyError", None)],
)
def test_a_stack_trace_is_one_fault_with_the_lines_before_and_behind_it_apart(
    trace: str, error: str, merchant: str | None
) -> None:
    before, fault, behind = lines(f"{REFUSED}\n{trace}2026/03/01 09:00:04 [error] 1#1: *9 directory index of x")

    assert [s.kind for s in (before, behind)] == ["log.line", "log.line"]
    assert (fault.kind, fault.severity_hint, fault.merchant) == ("app.fault", "high", merchant)
    assert fault.attrs["error_type"] == error
    assert PRIVATE not in fault.json_line()
    assert (Fault.of(fault).code, Fault.of(fault).stage) == ("exception", "run")


def test_equal_faults_have_equal_fingerprints_whatever_varies_in_them() -> None:
    other = NODE.replace("10", "99").replace("'id'", "'name'")
    another = NODE.replace("Module._compile", "Module.load")
    prints = [lines(text)[0].ids["fingerprint"] for text in (NODE, other, another)]

    assert prints[0] == prints[1] != prints[2]


def test_two_traces_in_a_row_are_two_faults() -> None:
    assert [s.kind for s in lines(NODE + NODE + PYTHON + PYTHON)] == ["app.fault"] * 4
    assert [s.kind for s in lines("Error: a\n    at f (x.js:1:1)\nError: b\n    at f (x.js:1:1)\n")] == [
        "app.fault"
    ] * 2


def test_a_missing_variable_is_a_fault_with_its_name() -> None:
    (fault,) = lines("Error: Missing required environment variable: STRIPE_KEY\n    at f (/app/env.js:3:1)\n")

    assert (Fault.of(fault).code, Fault.of(fault).subject) == ("env.missing", "STRIPE_KEY")


def test_a_race_of_payments_is_a_fault_about_its_cart() -> None:
    (fault,) = lines("2026-03-01T09:00:03Z error: Key (cart_id)=(cart_01HX5) already exists.\n    at q (/db.js:1:1)\n")

    assert (Fault.of(fault).code, Fault.of(fault).cart_ref) == ("pay.race", "cart_01HX5")


def test_an_exception_that_a_code_explains_counts_as_a_line() -> None:
    (line,) = lines("Error: INSUFFICIENT_STOCK\n    at f (/app/a.js:3:1)\n")

    assert line.kind == "log.line"
    assert line.features == {"code.stock.insufficient"}


def test_lines_of_json_are_read_by_their_own_names() -> None:
    pino = {
        "level": 50, "time": 1772355603000, "pid": 1, "hostname": "h", "name": "order_export", "msg": f"no {PRIVATE}",
        "err": {"type": "TypeError", "message": "x is not a function", "stack": "TypeError: x\n    at a (/a.js:1:2)"},
    }  # fmt: skip
    winston = {"level": "warn", "message": "no mapping for tax class 5", "timestamp": "2026-03-01T09:00:03.000Z"}
    caddy = {
        "level": "error", "ts": 1772355603.0, "logger": "http.log.error.log0", "msg": "dial tcp: connection refused",
        "request": {"method": "GET", "host": "shop.example", "uri": "/products/x"}, "status": 502,
    }  # fmt: skip
    fault, mapping, refused = lines("\n".join(map(json.dumps, (pino, winston, caddy))))

    assert (fault.kind, fault.occurred_at, fault.attrs["level"], fault.attrs["worker"], fault.attrs["error_type"]) == (
        "app.fault", AT, "error", "order_export", "TypeError",
    )  # fmt: skip
    assert mapping.features == {"log.mapping_missing"}
    assert mapping.severity_hint == "medium"
    assert (refused.merchant, refused.status, refused.attrs["route_class"]) == ("shop.example", 502, "pdp")
    assert PRIVATE not in fault.json_line()


def test_an_object_without_a_message_is_refused_and_stops_nothing() -> None:
    bad, good = lines('{"level": 50}\nError: x')

    assert (bad.attrs["reason"], good.kind) == ("expected a log entry with a message, got none (line 1)", "log.line")


@pytest.mark.parametrize(
    "text",
    [
        REFUSED,
        "[Sun Mar 01 09:00:03.123456 2026] [proxy:error] [pid 5:tid 9] x",
        "[01-Mar-2026 09:00:03] WARNING: [pool www] x",
        "[01-Mar-2026 09:00:03 UTC] PHP Warning: x",
        "TypeError: x\n    at f (/a.js:1:1)",
        json.dumps({"level": 50, "time": 1, "pid": 1, "hostname": "h", "msg": "x"}),
        json.dumps({"logger": "http.log.error", "msg": "x", "status": 502, "ts": 1772355603.0,
                    "request": {"method": "GET", "uri": "/"}}),
    ],
)  # fmt: skip
def test_error_logs_are_recognised(text: str) -> None:
    assert guess_kind({}, text) == "web_error_log"


def test_the_same_file_again_is_a_redelivery_and_an_equal_line_another_event() -> None:
    once, again = lines(f"{REFUSED}\n{REFUSED}"), lines(f"{REFUSED}\n{REFUSED}")

    assert once[0].dedup_key != once[1].dedup_key
    assert [s.dedup_key for s in once] == [s.dedup_key for s in again]


def test_a_trace_without_end_is_one_event_and_costs_no_more_than_its_beginning() -> None:
    (fault,) = lines("Error: x\n" + "    at f (/a.js:1:1)\n" * 5000 + PRIVATE.join(["    at "] * 2))

    assert fault.kind == "app.fault"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("used sk_test_1234", {"code.test_key"}),
        ("Missing required env variable PUBLIC_TOKEN", {"code.env.missing"}),
        ("environment loaded, all keys there", set()),
        ("No shipping rates available for the address", {"code.checkout.shipping"}),
        ("carrier acme: authentication failed", {"code.checkout.shipping"}),
        ("no shipping needed", set()),
        ("skipping older webhook of product 5", {"write.stale_discarded"}),
        ("applied older payload to inventory item 4", {"write.stale_inventory"}),
        ("price of sku 5 overwritten by a stale event", {"write.stale_price"}),
        ("order 5 replaced with outdated version", {"write.stale_order"}),
        ("stale price cache written", set()),
        ("No such price; a similar object exists in live mode, but a test mode key was used", {"code.test_key"}),
        ("connect ECONNREFUSED 127.0.0.1:5432", {"log.upstream_refused"}),
        ("getaddrinfo ENOTFOUND api.example", {"log.name_unknown"}),
        ("upstream timed out (110: Connection timed out)", {"log.upstream_timeout"}),
        ("no live upstreams while connecting", {"log.upstream_gone"}),
        ("BigCommerceAPIError: 401 Unauthorized", {"log.unauthorised"}),
        ("GraphQL error: JWT is expired", {"log.unauthorised"}),
        ("the voucher of order 401 has expired", set()),
        ("accept4() failed (24: Too many open files)", {"log.exhausted"}),
        ("JavaScript heap out of memory", {"log.out_of_memory"}),
        ("all is well", set()),
    ],
)
def test_what_logs_say_has_names(text: str, expected: set[str]) -> None:
    assert log_features(text) == expected
