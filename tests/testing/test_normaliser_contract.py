"""The contract of wire formats, on shipped ones and on one that breaks it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import attrs
import pytest

from migro.observe import Draft, Envelope, Normaliser, Refused, Scope
from migro.observe.bigcommerce import NORMALISER as BIGCOMMERCE
from migro.observe.stripe import NORMALISER as STRIPE
from migro.testing import NormaliserContract

EVENT = {
    "id": "evt_1",
    "object": "event",
    "type": "charge.failed",
    "created": 1772355600,
    "data": {"object": {"id": "ch_1", "object": "charge", "billing_details": {"email": "jo@mail.example"}}},
}
HOOK = {
    "scope": "store/order/created",
    "store_id": "1",
    "producer": "stores/abc",
    "created_at": 1772355600,
    "data": {"type": "order", "id": 7},
    "hash": "a",
}


class TestStripe(NormaliserContract):
    @pytest.fixture
    def normaliser(self) -> Normaliser:
        return STRIPE

    def deliveries(self) -> Sequence[tuple[dict[str, str], Any]]:
        return [({}, EVENT), ({"Stripe-Signature": "t=1,v1=00"}, {**EVENT, "id": "evt_2"})]

    def personal(self) -> Sequence[str]:
        return ["jo@mail.example"]


class TestBigCommerce(NormaliserContract):
    @pytest.fixture
    def normaliser(self) -> Normaliser:
        return BIGCOMMERCE

    def deliveries(self) -> Sequence[tuple[dict[str, str], Any]]:
        return [({}, HOOK), ({}, {**HOOK, "data": {"type": "order", "id": 8}})]


def careless(envelope: Envelope, scope: Scope) -> Iterator[Draft | Refused]:
    body = envelope.value()
    yield Draft(kind="x", topic="x", dedup=(scope.received_at,), attrs={"who": body["user"]["name"]})


CARELESS = Normaliser(kind="careless", provider="x", source_kind="x", version=1, read=careless)


@pytest.mark.parametrize(
    ("test", "fields"),
    [
        ("test_it_has_a_name_and_a_version", {"kind": "Loud"}),
        ("test_every_delivery_is_understood", {"read": lambda e, s: iter([Refused(reason="no", content=1)])}),
        ("test_a_redelivery_is_the_same_event_whenever_it_comes", {}),
        ("test_different_events_are_told_apart", {}),
        ("test_nothing_personal_survives", {}),
        ("test_its_deliveries_are_known_by_a_header_or_by_their_shape", {}),
        ("test_its_deliveries_are_known_by_a_header_or_by_their_shape", {"fits": lambda body: True}),
        ("test_nothing_that_a_stranger_sends_stops_it", {}),
    ],
)
def test_a_careless_format_fails(test: str, fields: dict[str, Any]) -> None:
    class Careless(NormaliserContract):
        def deliveries(self) -> Sequence[tuple[dict[str, str], Any]]:
            return [({}, {"user": {"name": "Jo Doe"}, "n": n}) for n in range(2)]

        def personal(self) -> Sequence[str]:
            return ["Jo Doe"]

    with pytest.raises(AssertionError):
        getattr(Careless(), test)(attrs.evolve(CARELESS, **fields))
