from __future__ import annotations

import base64
import json
import sys
from datetime import UTC, datetime
from typing import Any

import pytest

from migro.models import Signal
from migro.observe import EndpointSettings, Envelope, ObserveSettings, guess_kind
from tests.observe.deliveries import RAW, auth
from tests.observe.keys import pem, private_key, signature
from tests.observe.payloads import NOW, observer, one

KEY, OTHER = private_key(), private_key("other")
BODY = json.dumps({"specversion": "1.0", "recipientclientid": "client-1", "id": "e-1"}).encode()
TRUSTED = f"recipient: client-1\n{pem(KEY)}"


def event(name: str, value: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {
        "specversion": "1.0",
        "id": "e-1",
        "source": "urn:uuid:1",
        "type": f"com.adobe.commerce.{name}",
        "time": "2026-03-01T09:00:00.5Z",
        "recipientclientid": "client-1",
        "data": {
            "value": value,
            "source": "mugs.production",
            "_metadata": {"storeId": "1", "websiteId": "1", "commerceVersion": "2.4.8"},
        },
        **more,
    }


def signal(name: str, value: dict[str, Any] | None = None) -> Signal:
    return one("cloudevents", event(name, {} if value is None else value))


def test_an_order_keeps_ids_and_money() -> None:
    found = signal(
        "observer.sales_order_save_commit_after",
        {
            "entity_id": "44",
            "increment_id": "000000044",
            "quote_id": "90",
            "state": "processing",
            "status": "processing",
            "grand_total": "59.9000",
            "tax_amount": "9.5600",
            "order_currency_code": "EUR",
            "created_at": "2026-02-28 09:00:00",
            "updated_at": "2026-03-01 09:00:00",
            "customer_id": "7",
            "customer_email": "ada@planted.example",
            "remote_ip": "198.51.100.7",
            "shipping_address": {"country_id": "DE", "lastname": "Planted"},
        },
    )

    assert (found.kind, found.topic, found.merchant, found.env, found.provider) == (
        "order",
        "order.updated",
        "mugs",
        "production",
        "adobe",
    )
    assert found.occurred_at == datetime(2026, 3, 1, 9, 0, 0, 500_000, tzinfo=UTC)
    assert {n: found.ids[n] for n in ("order_id", "order_number", "cart_ref", "store_id")} == {
        "order_id": "44",
        "order_number": "000000044",
        "cart_ref": "90",
        "store_id": "1",
    }
    assert (dict(found.metrics), found.attrs["country"]) == ({"total_minor": 5990, "tax_minor": 956}, "DE")


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("observer.sales_order_save_commit_after", {"entity_id": 1, "_isNew": True}, ("order", "order.created")),
        ("observer.sales_order_delete_commit_after", {"entity_id": 1}, ("order", "order.deleted")),
        ("observer.sales_order_place_after", {"entity_id": 1}, ("order", "order.created")),
        ("observer.sales_order_save_commit_after", {"created_at": "x"}, ("platform.event", None)),
        ("plugin.magento.sales.api.order_management.cancel", {"id": 1}, ("order", "order.updated")),
        ("observer.sales_order_invoice_save_after", {"order_id": 1, "state": "2"}, ("order", "order.paid")),
        ("observer.sales_order_invoice_save_after", {"order_id": 1, "state": 1}, ("order", "order.updated")),
        ("observer.sales_order_creditmemo_save_after", {"order_id": 1}, ("refund", "refund.created")),
        ("observer.sales_order_shipment_save_after", {"order_id": 1}, ("fulfilment", "fulfilment.changed")),
        ("observer.catalog_product_delete_commit_after", {"sku": "MUG"}, ("product", "product.changed")),
        ("observer.catalog_category_save_commit_after", {}, ("product", "product.changed")),
        ("observer.cataloginventory_stock_item_save_commit_after", {"qty": "3"}, ("inventory", "inventory.changed")),
        ("observer.customer_save_commit_after", {"entity_id": "7"}, ("customer", "customer.changed")),
        ("observer.customer_login", {}, ("customer", "customer.changed")),
        ("observer.customer_delete_commit_after", {"entity_id": "7"}, ("compliance", "compliance")),
        ("observer.customer_group_save_commit_after", {}, ("platform.event", None)),
        ("observer.checkout_cart_product_add_after", {"quote_id": 5}, ("cart", "cart.changed")),
        ("observer.sales_quote_save_after", {"entity_id": 5}, ("cart", "cart.changed")),
        ("be-observer.catalog_product_update", {"sku": "MUG"}, ("platform.event", None)),
    ],
)
def test_names_become_canonical(name: str, value: dict[str, Any], expected: tuple[str, str | None]) -> None:
    found = signal(name, value)

    assert (found.kind, found.topic, found.attrs["raw_topic"]) == (expected[0], expected[1] or name, name)


def test_events_of_other_products_are_those_of_the_platform() -> None:
    other = event("x", {"sku": "MUG"}) | {"type": "aem.sites.product.modified"}

    assert [one(kind, other).kind for kind in ("adobe_event", "cloudevents")] == ["platform.event"] * 2


def test_stock_comes_with_the_product_or_alone() -> None:
    product = signal("observer.catalog_product_save_commit_after", {"sku": "MUG", "stock_data": {"qty": "65"}})
    stock = signal("observer.cataloginventory_stock_item_save_commit_after", {"product_id": "27", "qty": "3.0000"})

    assert (product.ids["sku"], product.metrics["available"]) == ("MUG", 65)
    assert (stock.ids["sku"], stock.ids["product_id"], stock.metrics["available"]) == ("27", "27", 3)
    assert "available" not in signal("observer.cataloginventory_stock_item_save_commit_after", {"qty": "0.5"}).metrics


def test_a_name_that_nobody_filled_in_is_no_merchant() -> None:
    found = one("cloudevents", event("observer.customer_login", {}) | {"data": {"source": "<eventprovider>.Stage"}})

    assert (found.merchant, found.env) == (None, "unknown")


def test_the_same_event_with_fewer_fields_is_a_redelivery() -> None:
    short = event("observer.catalog_product_save_commit_after", {"sku": "MUG"})
    long = short | {"event_id": "b0f2", "eventid": "b0f2"}

    keys = [one(kind, body).dedup_key for kind in ("cloudevents", "adobe_event") for body in (short, long)]

    assert len(set(keys)) == 1
    assert one("cloudevents", short | {"id": "e-2"}).dedup_key != keys[0]


def test_the_older_form_has_its_type_in_a_header() -> None:
    body = {"event_id": "e-1", "event": {"value": {"sku": "MUG"}}, "recipient_client_id": "client-1"}
    headers = {"x-adobe-event-code": "com.adobe.commerce.observer.catalog_product_save_commit_after"}

    found = one("adobe_event", body, headers)

    assert (found.kind, found.ids["sku"], found.ids["event_id"]) == ("product", "MUG", "e-1")
    assert guess_kind(headers, json.dumps(body)) == "adobe_event"
    assert guess_kind(headers, json.dumps(event("observer.customer_login", {}))) == "cloudevents"
    assert "x-adobe-event-code, got neither" in str(one("adobe_event", body).attrs["reason"])


def test_data_that_are_no_object_are_refused() -> None:
    body = event("observer.customer_login", {}) | {"data": 5}

    assert (
        one("cloudevents", body).attrs["reason"] == "expected an Adobe Commerce event with an object as data, got int"
    )


def signed(*keys: Any, raw: bytes = BODY) -> dict[str, str]:
    return {
        f"x-adobe-digital-signature-{n}": base64.b64encode(signature(key, raw)).decode()
        for n, key in enumerate(keys, start=1)
    }


@pytest.mark.parametrize("kind", ["adobe_event", "cloudevents"])
def test_either_of_two_signatures_proves_the_sender(kind: str) -> None:
    assert auth(kind, signed(KEY, OTHER), raw=BODY, OLD=TRUSTED) == "verified"
    assert auth(kind, signed(OTHER, KEY), raw=BODY, OLD=TRUSTED) == "verified"
    assert auth(kind, signed(KEY, OTHER), raw=BODY, OLD=TRUSTED.replace("\n", "\\n")) == "verified"
    assert auth(kind, signed(OTHER, OTHER), raw=BODY, OLD=TRUSTED) == "failed"
    assert auth(kind, signed(KEY), raw=BODY + b" ", OLD=TRUSTED) == "failed"
    assert auth(kind, {}, raw=BODY, OLD=TRUSTED) == "failed"


def test_what_adobe_has_signed_for_somebody_else_proves_nothing() -> None:
    elsewhere = BODY.replace(b"client-1", b"client-2")

    assert auth("adobe_event", signed(KEY, raw=elsewhere), raw=elsewhere, OLD=TRUSTED) == "failed"
    assert auth("adobe_event", signed(KEY), raw=BODY, OLD=pem(KEY)) == "failed"
    assert auth("adobe_event", signed(KEY, raw=RAW), raw=RAW, OLD=TRUSTED) == "failed"
    assert auth("adobe_event", signed(KEY, raw=b"no json"), raw=b"no json", OLD=TRUSTED) == "failed"
    assert auth("adobe_event", signed(KEY, raw=b"\xff"), raw=b"\xff", OLD=TRUSTED) == "failed"


def test_without_the_optional_package_the_sender_is_unchecked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "cryptography", None)

    assert auth("adobe_event", signed(KEY), raw=BODY, OLD=TRUSTED) == "unchecked"


def test_an_environment_of_the_merchants_own_naming_leaves_it_to_the_endpoint() -> None:
    settings = ObserveSettings(default=EndpointSettings(env="production"))
    body = event("observer.customer_login", {})
    body["data"]["source"] = "mugs.blue"

    (found,) = observer(settings).observe(Envelope(received_at=NOW, kind="cloudevents", body=body)).signals

    assert (found.merchant, found.env) == ("mugs", "production")
