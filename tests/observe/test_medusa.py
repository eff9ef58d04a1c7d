from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from migro.models import Signal
from migro.observe import guess_kind
from tests.observe.payloads import observed, one

KIND = "medusa_event"


def event(name: str, data: Any, **more: Any) -> Signal:
    return one(KIND, {"name": name, "data": data, **more})


def test_an_order_is_placed() -> None:
    body = {
        "id": "evt-1",
        "name": "order.placed",
        "occurred_at": "2026-03-01T09:00:00Z",
        "store_id": "store_1",
        "data": {"id": "order_01", "display_id": 1042, "status": "pending", "email": "ada@planted.example"},
    }

    signal = one(KIND, body)

    assert (signal.kind, signal.topic, signal.merchant, signal.state, signal.provider) == (
        "order",
        "order.created",
        "store_1",
        "pending",
        "medusa",
    )
    assert signal.occurred_at == datetime(2026, 3, 1, 9, tzinfo=UTC)
    assert dict(signal.ids) == {"event_id": "evt-1", "order_id": "order_01", "order_number": "1042"}


@pytest.mark.parametrize(
    ("name", "data", "expected"),
    [
        ("order.completed", {"id": "order_1"}, ("order", "order.updated")),
        ("order.payment_captured", {"id": "order_1"}, ("order", "order.paid")),
        ("order.fulfillment_created", {"order_id": "order_1"}, ("fulfilment", "fulfilment.changed")),
        ("order.refund_created", {"order_id": "order_1"}, ("refund", "refund.created")),
        ("order.transfer_requested", {"id": "order_1"}, ("platform.event", "order.transfer_requested")),
        ("order.updated", {"x": 1}, ("platform.event", "order.updated")),
        ("shipment.created", {"id": "ful_1"}, ("fulfilment", "fulfilment.changed")),
        ("delivery.created", {"id": "ful_1"}, ("fulfilment", "fulfilment.changed")),
        ("payment.captured", {"id": "pay_1"}, ("payment", "order.paid")),
        ("payment.refunded", {"id": "pay_1"}, ("refund", "refund.created")),
        ("payment.payment_capture_failed", {"id": "pay_1"}, ("payment", "payment.failed")),
        ("cart.updated", {"id": "cart_1"}, ("cart", "cart.changed")),
        ("product-variant.updated", {"id": "variant_1"}, ("product", "product.changed")),
        ("product.product.created", {"id": "prod_1"}, ("product", "product.changed")),
        ("inventory.inventory-level.updated", {"id": "ilev_1"}, ("inventory", "inventory.changed")),
        ("customer.created", {"id": "cus_1"}, ("customer", "customer.changed")),
        ("customer.deleted", {"id": "cus_1"}, ("compliance", "compliance")),
        ("region.updated", {"id": "reg_1"}, ("platform.event", "region.updated")),
        ("auth.password_reset", {"entity_id": "ada@planted.example"}, ("platform.event", "auth.password_reset")),
    ],
)
def test_names_become_canonical(name: str, data: dict[str, Any], expected: tuple[str, str]) -> None:
    signal = event(name, data)

    assert (signal.kind, signal.topic, signal.attrs["raw_topic"]) == (*expected, name)


@pytest.mark.parametrize(
    "data", [[{"id": "prod_1"}, {"id": "prod_2"}], {"ids": ["prod_1", "prod_2"]}, ["prod_1", "prod_2"]]
)
def test_several_things_are_several_signals(data: Any) -> None:
    found = observed(KIND, {"name": "product.updated", "data": data}).signals

    assert [signal.ids["product_id"] for signal in found] == ["prod_1", "prod_2"]
    assert len({signal.dedup_key for signal in found}) == 2


def test_the_name_may_stand_under_another_name() -> None:
    for name in ("event", "eventName", "event_name"):
        assert one(KIND, {name: "order.placed", "data": {"id": "order_1"}}).topic == "order.created"


def test_an_event_is_known_by_its_id_else_its_time_else_its_content() -> None:
    def keys(*bodies: dict[str, Any]) -> list[str | None]:
        return [one(KIND, {"name": "order.updated", "data": {"id": "order_1"}, **body}).dedup_key for body in bodies]

    for first, other in (
        ({"id": "a"}, {"id": "b"}),
        ({"metadata": {"eventGroupId": "a"}}, {"metadata": {"eventGroupId": "b"}}),
        ({"occurred_at": "2026-03-01T09:00:00Z"}, {"occurred_at": "2026-03-01T09:00:01Z"}),
        ({}, {"data": {"id": "order_1", "status": "x"}}),
    ):
        one_key, again, another = keys(first, first, other)
        assert one_key == again != another


def test_people_are_pseudonyms_only() -> None:
    signal = event("customer.updated", {"id": "cus_1", "email": "ada@planted.example", "first_name": "Ada"})

    assert (list(signal.ids), signal.resource) == (["customer_ref"], None)


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ([1], "expected a Medusa event as a JSON object, got list"),
        ({"data": {"id": "order_1"}}, "expected a Medusa event with a name such as order.placed, got none"),
        ({"name": "call Ada now", "data": {}}, "expected a Medusa event with a name such as order.placed, got none"),
        ({"name": "order.placed"}, "expected a Medusa event with data that names at least one thing, got none"),
    ],
)
def test_what_is_no_event_is_refused_with_a_reason(body: Any, reason: str) -> None:
    assert one(KIND, body).attrs["reason"] == reason


def test_the_ids_of_medusa_tell_its_events_from_others() -> None:
    def guessed(body: dict[str, Any]) -> str:
        return guess_kind({}, json.dumps(body))

    assert guessed({"name": "order.placed", "data": {"id": "order_01"}}) == KIND
    assert guessed({"name": "order.fulfillment_created", "data": {"order_id": "order_01"}}) == KIND
    assert guessed({"name": "order.placed", "data": {"id": "1001"}}) == "unknown"


def test_a_time_tells_a_redelivery_whatever_is_added_on_the_way() -> None:
    body = {"name": "order.updated", "data": {"id": "order_1"}, "occurred_at": "2026-03-01T09:00:00Z"}

    assert one(KIND, body).dedup_key == one(KIND, body | {"attempt": 2}).dedup_key
