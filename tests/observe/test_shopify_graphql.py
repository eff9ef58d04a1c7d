from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest

from migro.models import Signal
from migro.observe import guess_kind
from migro.packs.headless.operations_signals import ApiCalls
from tests.observe.payloads import observed, one

KIND = "shopify_graphql_error"
COST = {
    "requestedQueryCost": 402,
    "actualQueryCost": None,
    "throttleStatus": {
        "maximumAvailable": Decimal("1000.0"),
        "currentlyAvailable": 300,
        "restoreRate": Decimal("50.0"),
    },
}
THROTTLED = {
    "errors": [{"message": "Throttled", "extensions": {"code": "THROTTLED"}}],
    "extensions": {"cost": COST},
}


def error(message: str | None, **more: Any) -> Signal:
    return one(KIND, {"errors": [{"message": message, **more}]})


def test_a_throttled_call_says_how_long_to_wait() -> None:
    signal = one(KIND, THROTTLED, {"X-Shopify-Shop-Domain": "mugs.myshopify.com", "X-Request-Id": "r-1"})

    assert (signal.kind, signal.topic, signal.attrs["raw_topic"], signal.attrs["code"]) == (
        "api.calls",
        "api.throttled",
        "graphql.THROTTLED",
        "throttle",
    )
    assert (signal.merchant, signal.ids["request_id"], signal.severity_hint) == ("mugs.myshopify.com", "r-1", None)
    assert dict(signal.metrics) == {
        "requested_cost": 402,
        "quota": 1000,
        "available_cost": 300,
        "restore_per_s": 50,
        "used_permille": 700,
        # (402 - 300) / 50, rounded up.
        "retry_after_s": 3,
        "calls": 1,
        "starved": 1,
    }
    calls = ApiCalls.of(signal)
    assert (calls.api, calls.result, calls.rate_headers, calls.server_side, calls.refetch, calls.partial) == (
        "admin",
        "throttled",
        True,
        True,
        False,
        False,
    )


def test_one_answer_is_one_call_whatever_went_wrong_in_it() -> None:
    errors = [{"message": "Internal error"}, {"message": "Throttled"}, {"message": "Access denied for x field."}]
    signals = observed(KIND, {"errors": errors}).signals

    assert [(s.kind, s.topic, s.metrics.get("calls")) for s in signals] == [
        ("platform.event", "api.failed", None),
        ("api.calls", "api.throttled", 1),
        ("platform.event", "api.access_denied", None),
    ]
    assert signals[1].ids["api"] == "graphql"  # no cost: it may have been any of the APIs


def test_an_answer_that_only_tells_its_cost_is_a_call_that_went_well() -> None:
    calls = ApiCalls.of(one(KIND, {"data": {}, "extensions": {"cost": COST}}))

    assert (calls.result, calls.calls, calls.starved, calls.used_permille) == ("ok", 1, 1, 700)


@pytest.mark.parametrize(
    ("message", "more", "topic", "raw", "field"),
    [
        ("Field 'productz' doesn't exist on type 'Shop'", {}, "api.unknown_field", "undefinedField", "productz"),
        (
            "Field 'x' doesn't exist on type 'Shop'",
            {"extensions": {"code": "undefinedField", "typeName": "Shop", "fieldName": "x"}},
            "api.unknown_field",
            "undefinedField",
            "x",
        ),
        (
            "Access denied for customers field. Required access: `read_customers` access scope.",
            {"path": ["customers"], "extensions": {"code": "ACCESS_DENIED"}},
            "api.access_denied",
            "ACCESS_DENIED",
            "customers",
        ),
        ("Access denied for orders field.", {}, "api.access_denied", "ACCESS_DENIED", "orders"),
        ("Query cost is 2000, which exceeds the single query max cost limit", {}, "api.too_costly", "MAX_COST_EXCEEDED",
         None),
        ("Internal error. Looks like something went wrong", {}, "api.failed", "INTERNAL_SERVER_ERROR", None),
        ("Invalid API key or access token", {}, "api.access_denied", "error", None),
        ("Ada has planted something", {"fields": ["query", "shop", "a b"]}, "api.failed", "error", "shop"),
        (None, {}, "api.failed", "error", None),
        ("x", {"extensions": {"code": "call Ada"}}, "api.failed", "error", None),
    ],
)  # fmt: skip
def test_code_or_text_tell_what_went_wrong(
    message: str | None, more: dict[str, Any], topic: str, raw: str, field: str | None
) -> None:
    signal = error(message, **more)

    assert (signal.topic, signal.attrs["raw_topic"], signal.attrs.get("field")) == (topic, f"graphql.{raw}", field)
    assert "Ada" not in signal.json_line()


def test_the_scope_that_is_missing_is_named() -> None:
    message = "Access denied for customers field. Required access: `read_customers` access scope."

    assert error(message).attrs["required_scope"] == "read_customers"


def test_what_a_mutation_refuses_stands_beside_its_result() -> None:
    errors = [
        {"field": ["input", "title"], "message": "Ada can't be blank", "code": "BLANK"},
        {"field": None, "message": "x"},
        "odd",
    ]

    found = observed(KIND, {"data": {"productCreate": {"product": None, "userErrors": errors}, "shop": None}}).signals

    assert [(s.topic, s.attrs["raw_topic"], s.attrs.get("field")) for s in found] == [
        ("api.user_error", "graphql.userError:BLANK", "title"),
        ("api.user_error", "graphql.userError", None),
    ]
    assert {s.attrs["operation"] for s in found} == {"productCreate"}
    assert len({s.dedup_key for s in found}) == 2


def test_errors_of_the_checkout_have_their_canonical_code() -> None:
    body = {"data": {"cartLinesAdd": {"userErrors": [{"code": "MERCHANDISE_NOT_ENOUGH_STOCK", "message": "x"}]}}}

    assert one(KIND, body).attrs["code"] == "stock.insufficient"


def test_an_answer_without_errors_tells_what_is_left() -> None:
    signal = one(KIND, {"data": {"shop": {}}, "extensions": {"cost": COST | {"actualQueryCost": 3}}})

    assert (signal.topic, signal.metrics["actual_cost"], signal.metrics["used_permille"]) == ("api.quota", 3, 700)
    assert "retry_after_s" not in signal.metrics


def test_errors_may_be_one_text() -> None:
    signal = one(KIND, {"errors": "[API] Invalid API key or access token (unrecognized login or wrong password)"})

    assert (signal.topic, signal.attrs["code"]) == ("api.access_denied", "auth.token_invalid")


def test_one_odd_error_stops_no_other() -> None:
    found = observed(KIND, {"errors": [5, {"message": "Throttled"}]})

    assert [signal.topic for signal in found.signals] == ["unknown", "api.throttled"]
    assert found.failures[0].reason == "expected an error as a JSON object, got int at errors.0"


@pytest.mark.parametrize("cost", [None, {}, {"throttleStatus": {"restoreRate": 0, "currentlyAvailable": True}}, 5])
def test_a_cost_that_says_nothing_says_nothing(cost: Any) -> None:
    signal = one(KIND, {"errors": [{"message": "Throttled"}], "extensions": {"cost": cost}})

    assert set(signal.metrics) <= {"calls", "restore_per_s"}


def test_an_answer_with_nothing_to_tell_is_refused() -> None:
    assert (
        one(KIND, {"data": {}}).attrs["reason"] == "expected errors, userErrors or the cost of a call, got none of them"
    )
    assert one(KIND, [1]).attrs["reason"] == "expected an answer of a GraphQL API as a JSON object, got list"


def test_the_number_of_the_request_tells_two_equal_answers_apart() -> None:
    first, again, other = (one(KIND, THROTTLED, {"X-Request-Id": r}).dedup_key for r in "aab")

    assert first == again != other
    assert one(KIND, THROTTLED).dedup_key == one(KIND, THROTTLED).dedup_key


def test_shapes_of_answers_are_recognised() -> None:
    for body in (
        {"errors": [{"message": "Throttled"}]},
        {"errors": "[API] x"},
        {"data": {"x": {"userErrors": [{"message": "x"}]}}},
        {"data": {}, "extensions": {"cost": {"requestedQueryCost": 1}}},
    ):
        assert guess_kind({}, json.dumps(body)) == KIND
    assert guess_kind({}, '{"errors": [{"message": "x"}], "status": 400}') == "unknown"
