"""Deliveries are told as signals that the shipped rules read: when they came, again or not, in order or not."""

from __future__ import annotations

from datetime import timedelta

import pytest

from migro.packs.headless.operations_signals import Delivery
from migro.receive import Receiver
from migro.remember import VolatileMemory
from migro.testing import FixedClock
from tests.receive.shop import KEY, order, push, receiver, shopify, signals

MINUTE = timedelta(minutes=1)


def told(to: Receiver) -> list[Delivery]:
    return [Delivery.of(s) for s in signals(to.memory) if s.kind == "webhook.delivery"]


def after_the_minute(clock: FixedClock, to: Receiver) -> list[Delivery]:
    clock.advance(2 * MINUTE)
    to.tell()
    return told(to)


def test_a_delivery_is_told_once_its_minute_is_over() -> None:
    clock = FixedClock()
    taking = receiver(clock=clock)
    push(taking, order(1))

    taking.tell()
    early = told(taking)
    (found,) = after_the_minute(clock, taking)
    taking.tell()

    assert early == []
    assert len(told(taking)) == 1
    assert (found.sender, found.hook_topic, found.endpoint, found.status) == ("shopify", "order.created", "shop", 202)
    assert (found.signature, found.duplicate, found.inverted, found.flipped) == ("verified", False, False, False)
    assert (found.subject, found.limit_ms) == ("order/5000000000000000001", 5_000)
    assert (found.merchant, found.env) == ("mugs.myshopify.com", "production")
    assert found.triggered_at is not None
    assert found.arrived_at - found.triggered_at == found.received_at - found.triggered_at


def test_one_that_came_before_is_told_as_a_duplicate_of_the_same_event() -> None:
    clock = FixedClock()
    taking = receiver(clock=clock)
    push(taking, order(1))
    push(taking, order(1))

    first, second = after_the_minute(clock, taking)

    assert [first.duplicate, second.duplicate] == [False, True]
    assert first.event == second.event
    assert first.id != second.id


def test_one_that_is_older_than_what_came_of_its_resource_is_told_as_inverted() -> None:
    clock = FixedClock()
    taking = receiver(clock=clock)
    for second in (10, 30, 20, 25, 31):
        raw = order(1, updated_at=f"2026-03-01T08:59:{second}Z")
        push(taking, raw, shopify(raw, "orders/updated"))

    assert [d.inverted for d in after_the_minute(clock, taking)] == [False, False, True, True, False]


def test_a_value_that_goes_back_within_ten_minutes_is_told_as_flipped() -> None:
    clock = FixedClock()
    taking = receiver(clock=clock)
    for minute, status in ((10, "pending"), (11, "paid"), (12, "pending"), (40, "paid")):
        raw = order(1, updated_at=f"2026-03-01T08:{minute}:00Z", financial_status=status)
        push(taking, raw, shopify(raw, "orders/updated"))

    assert [d.flipped for d in after_the_minute(clock, taking)] == [False, False, True, False]


def test_a_flood_is_told_by_some_and_by_its_number() -> None:
    clock = FixedClock()
    taking = receiver(clock=clock, deliveries_per_minute=3)
    for number in range(50):
        push(taking, order(number))
    raw = order(99)
    push(taking, raw, shopify(raw, "orders/updated"))

    found = after_the_minute(clock, taking)

    assert [d.hook_topic for d in found] == ["order.created"] * 3 + ["order.updated"]
    assert [(d.metrics["minute_deliveries"], d.metrics["minute_told"]) for d in found] == [(50, 3)] * 3 + [(1, 1)]


def test_nothing_is_told_where_nobody_wants_it() -> None:
    clock = FixedClock()
    taking = receiver(clock=clock, deliveries_per_minute=0)
    push(taking, order(1))

    assert after_the_minute(clock, taking) == []


@pytest.mark.parametrize(("path", "count"), [("/in/shop", 0), ("/in/anything", 1)])
def test_a_stranger_is_told_of_only_where_the_merchant_is_configured(path: str, count: int) -> None:
    clock = FixedClock()
    taking = receiver(clock=clock)
    raw = order(1)
    push(taking, raw, shopify(raw, secret="a guess"), path)

    found = after_the_minute(clock, taking)

    assert [(d.signature, d.status) for d in found] == [("failed", 401)] * count


def test_where_there_is_a_memory_alone_the_next_delivery_tells() -> None:
    clock, memory = FixedClock(), VolatileMemory()
    taking = receiver(memory, clock=clock)
    push(taking, order(1))
    clock.advance(2 * MINUTE)
    push(taking, order(2))

    assert [d.subject for d in told(taking)] == ["order/5000000000000000001"]


def test_a_thought_tells() -> None:
    clock = FixedClock()
    taking = receiver(clock=clock)
    push(taking, order(1))
    clock.advance(2 * MINUTE)
    taking.think()

    assert len(told(taking)) == 1


def test_nothing_that_was_delivered_is_in_it() -> None:
    clock = FixedClock()
    taking = receiver(clock=clock)
    push(taking, order(1, email="jo.doe@mail.example", note="ring at Doe", billing_address={"last_name": "Doe"}))

    (found,) = after_the_minute(clock, taking)

    assert [word for word in ("jo.doe", "Doe", "ring", "59.90", KEY.decode()) if word in found.json_line()] == []
