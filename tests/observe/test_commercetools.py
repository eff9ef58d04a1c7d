from __future__ import annotations

import base64
import json
from datetime import UTC, datetime
from typing import Any

import pytest

from migro.models import Signal
from migro.observe import guess_kind
from tests.observe.payloads import observed, one

KIND = "commercetools_message"
MESSAGE: dict[str, Any] = {
    "notificationType": "Message",
    "projectKey": "mugs-prod",
    "id": "m-1",
    "version": 1,
    "sequenceNumber": 2,
    "resource": {"typeId": "order", "id": "o-1"},
    "resourceVersion": 3,
    "resourceUserProvidedIdentifiers": {"orderNumber": "1042"},
    "type": "OrderCreated",
    "createdAt": "2026-03-01T09:00:00.123Z",
    "order": {
        "id": "o-1",
        "customerId": "c-7",
        "customerEmail": "ada@planted.example",
        "shippingAddress": {"country": "DE", "lastName": "Planted"},
        "cart": {"typeId": "cart", "id": "ca-1"},
        "totalPrice": {"type": "centPrecision", "currencyCode": "JPY", "centAmount": 5990, "fractionDigits": 0},
        "custom": {"fields": {"note": "Planted"}},
    },
}
CLOUD_EVENT = {
    "specversion": "1.0",
    "id": "m-1",
    "source": "/mugs-prod/orders",
    "type": "com.commercetools.order.message.OrderCreated",
    "time": "2026-03-01T09:00:00.123Z",
    "data": MESSAGE,
}
TEXT = json.dumps(MESSAGE)
CARRIED: dict[str, Any] = {
    "plain": MESSAGE,
    "sns": {"Type": "Notification", "MessageId": "x", "TopicArn": "arn:aws:sns:eu-west-1:1:t", "Message": TEXT},
    "sqs": {"Records": [{"messageId": "x", "receiptHandle": "h", "body": TEXT, "eventSource": "aws:sqs"}]},
    "sqs poll": {"Messages": [{"MessageId": "x", "Body": TEXT}]},
    "sns in sqs": {
        "Records": [{"messageId": "x", "body": json.dumps({"MessageId": "y", "TopicArn": "a", "Message": TEXT})}]
    },
    "sns to lambda": {"Records": [{"EventSource": "aws:sns", "Sns": {"MessageId": "y", "Message": TEXT}}]},
    "pub/sub": {
        "subscription": "projects/p/subscriptions/s",
        "message": {"data": base64.b64encode(TEXT.encode()).decode(), "messageId": "1"},
    },
    "pub/sub pull": {
        "receivedMessages": [{"ackId": "a", "message": {"data": base64.b64encode(TEXT.encode()).decode()}}]
    },
    "eventbridge": {
        "detail-type": "OrderCreated",
        "source": "aws.partner/commercetools.com/mugs-prod/s",
        "detail": MESSAGE,
    },
    "cloud event in sns": {"MessageId": "x", "TopicArn": "a", "Message": json.dumps(CLOUD_EVENT)},
}


def message(kind: str, about: str = "order", **more: Any) -> Signal:
    body = {"projectKey": "p", "id": "m", "sequenceNumber": 1, "resource": {"typeId": about, "id": "r"}, "type": kind}
    return one(KIND, {**body, **more})


def test_an_order_keeps_ids_money_and_what_tells_the_order_of_events() -> None:
    signal = one(KIND, MESSAGE)

    assert (signal.kind, signal.topic, signal.merchant, signal.attrs["raw_topic"]) == (
        "order",
        "order.created",
        "mugs-prod",
        "OrderCreated",
    )
    assert signal.occurred_at == datetime(2026, 3, 1, 9, 0, 0, 123_000, tzinfo=UTC)
    assert {n: signal.ids[n] for n in ("order_id", "order_number", "cart_ref", "message_id")} == {
        "order_id": "o-1",
        "order_number": "1042",
        "cart_ref": "ca-1",
        "message_id": "m-1",
    }
    assert dict(signal.metrics) == {"sequence": 2, "resource_version": 3, "total_minor": 5990}
    assert (signal.attrs["currency"], signal.attrs["country"]) == ("JPY", "DE")


@pytest.mark.parametrize("name", CARRIED)
def test_however_a_message_is_carried_it_is_the_same_event(name: str) -> None:
    plain, signal = one(KIND, MESSAGE), one(KIND, CARRIED[name])

    assert (signal.topic, signal.ids, signal.metrics, signal.merchant) == (
        plain.topic,
        plain.ids,
        plain.metrics,
        plain.merchant,
    )
    assert signal.dedup_key == plain.dedup_key == one("cloudevents", CLOUD_EVENT).dedup_key
    assert guess_kind({}, json.dumps(CARRIED[name])) == KIND


@pytest.mark.parametrize(
    ("kind", "about", "more", "expected"),
    [
        ("OrderImported", "order", {}, ("order", "order.imported")),
        ("OrderDeleted", "order", {}, ("order", "order.deleted")),
        ("OrderStateChanged", "order", {"orderState": "Complete"}, ("order", "order.updated")),
        ("OrderPaymentStateChanged", "order", {"paymentState": "Paid"}, ("order", "order.paid")),
        ("OrderPaymentStateChanged", "order", {"paymentState": "Failed"}, ("order", "order.updated")),
        ("OrderPaymentStateChanged", "order", {}, ("order", "order.updated")),
        ("LineItemStateTransition", "order", {}, ("order", "order.updated")),
        ("ParcelTrackingDataUpdated", "order", {}, ("fulfilment", "fulfilment.changed")),
        ("DeliveryAdded", "order", {}, ("fulfilment", "fulfilment.changed")),
        ("PaymentCreated", "payment", {}, ("payment", "payment.updated")),
        ("PaymentTransactionStateChanged", "payment", {"state": "Failure"}, ("payment", "payment.failed")),
        ("PaymentTransactionStateChanged", "payment", {"state": "Success"}, ("payment", "payment.updated")),
        ("CustomerCreated", "customer", {}, ("customer", "customer.changed")),
        ("CustomerDeleted", "customer", {}, ("compliance", "compliance")),
        ("CustomerGroupSet", "customer", {}, ("platform.event", "customer.group_set")),
        ("InventoryEntryDeleted", "inventory-entry", {}, ("inventory", "inventory.changed")),
        ("ProductPublished", "product", {}, ("product", "product.changed")),
        ("CategorySlugChanged", "category", {}, ("product", "product.changed")),
        ("StandalonePriceValueChanged", "standalone-price", {}, ("product", "product.changed")),
        ("CartDeleted", "cart", {}, ("cart", "cart.changed")),
        ("OrderStateChanged", "quote", {}, ("platform.event", "order.state_changed")),
        ("QuoteCreated", "quote", {}, ("platform.event", "quote.created")),
    ],
)
def test_messages_become_canonical(kind: str, about: str, more: dict[str, Any], expected: tuple[str, str]) -> None:
    signal = message(kind, about, **more)

    assert (signal.kind, signal.topic) == expected


@pytest.mark.parametrize(
    ("transaction", "expected"),
    [
        ({"type": "Charge", "state": "Success"}, ("payment", "order.paid")),
        ({"type": "Charge", "state": "Pending"}, ("payment", "payment.updated")),
        ({"type": "Authorization", "state": "Failure"}, ("payment", "payment.failed")),
        ({"type": "Refund", "state": "Success"}, ("refund", "refund.created")),
        ({"type": "Chargeback", "state": "Success"}, ("dispute", "dispute.created")),
    ],
)
def test_a_transaction_says_what_became_of_the_money(transaction: dict[str, Any], expected: tuple[str, str]) -> None:
    amount = {"centAmount": 5990, "currencyCode": "EUR"}

    signal = message("PaymentTransactionAdded", "payment", transaction={"id": "t", "amount": amount, **transaction})

    assert (signal.kind, signal.topic) == expected
    assert (signal.ids["payment_id"], signal.ids["transaction_id"], signal.metrics["amount_minor"]) == ("r", "t", 5990)


def test_stock_is_keyed_by_article_and_channel() -> None:
    signal = message(
        "InventoryEntryQuantitySet",
        "inventory-entry",
        newAvailableQuantity=0,
        resourceUserProvidedIdentifiers={"sku": "MUG"},
        supplyChannel={"typeId": "channel", "id": "ch"},
    )

    assert (signal.ids["sku"], signal.ids["location_id"], signal.metrics["available"]) == ("MUG", "ch", 0)


@pytest.mark.parametrize(
    ("notification", "about", "expected"),
    [
        ("ResourceCreated", "order", ("order", "order.created")),
        ("ResourceDeleted", "order", ("order", "order.deleted")),
        ("ResourceUpdated", "inventory-entry", ("inventory", "inventory.changed")),
        ("ResourceDeleted", "customer", ("compliance", "compliance")),
        ("ResourceCreated", "subscription", ("platform.event", "subscription.created")),
    ],
)
def test_a_change_is_told_by_its_resource(notification: str, about: str, expected: tuple[str, str]) -> None:
    body = {"notificationType": notification, "projectKey": "p", "resource": {"typeId": about, "id": "r"}, "version": 3}

    signal = one(KIND, {**body, "modifiedAt": "2026-03-01T09:00:00Z"})

    assert (signal.kind, signal.topic) == expected
    assert signal.occurred_at == datetime(2026, 3, 1, 9, tzinfo=UTC)


def test_an_event_of_another_kind_is_kept_as_one_of_the_platform() -> None:
    body = {"notificationType": "Event", "projectKey": "p", "type": "ImportContainerCreated", "id": "e"}

    assert one(KIND, body).topic == "commercetools.import_container_created"


def test_a_redelivery_is_equal_and_the_next_message_is_not() -> None:
    keys = {
        one(KIND, body).dedup_key
        for body in (
            MESSAGE,
            MESSAGE | {"id": "m-2"},
            MESSAGE | {"sequenceNumber": 3},
            MESSAGE | {"resource": {"typeId": "order", "id": "o-2"}},
            MESSAGE | {"projectKey": "cups"},
        )
    }

    assert len(keys) == 4


def test_one_broken_message_stops_no_other() -> None:
    records = [{"messageId": str(n), "body": body} for n, body in enumerate(("no json", "[]", "{}", TEXT))]

    found = observed(KIND, {"Records": records})

    assert [signal.kind for signal in found.signals] == ["unknown", "unknown", "unknown", "order"]
    assert [failure.reason for failure in found.failures][1:] == [
        "expected a commercetools message as a JSON object, got list",
        "expected a commercetools message with a type and a resource, got none",
    ]


def test_a_text_in_a_carrier_is_no_message() -> None:
    body = {"MessageId": "x", "TopicArn": "a", "Message": "hello"}

    assert guess_kind({}, json.dumps(body)) != KIND


def test_a_message_that_was_too_long_says_so() -> None:
    assert message("OrderCreated", payloadNotIncluded={"reason": "x", "payloadType": "y"}).attrs["partial"] is True


def test_carriers_inside_carriers_have_an_end() -> None:
    body = TEXT
    for _ in range(9):
        body = json.dumps({"MessageId": "x", "TopicArn": "a", "Message": body})

    assert one(KIND, body).kind == "unknown"


@pytest.mark.parametrize(
    ("body", "source"),
    [
        ({"detail-type": "OrderCreated", "source": "aws.partner/commercetools.com/mugs-prod/sub"}, "detail"),
        ({**CLOUD_EVENT, "source": "/mugs-prod/orders"}, "data"),
    ],
)
def test_the_source_names_the_project_where_the_message_does_not(body: dict[str, Any], source: str) -> None:
    bare = {name: value for name, value in MESSAGE.items() if name != "projectKey"}

    assert one("cloudevents" if source == "data" else KIND, {**body, source: bare}).merchant == "mugs-prod"
