"""Whoever does not prove who they are changes nothing but the count of those who did not."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from migro.models import Signal
from migro.observe import EndpointSettings
from migro.receive import Receiver
from migro.testing import FixedClock
from tests.receive.shop import ENDPOINTS, SHOP, agent, alerts, dispositions, order, push, receiver, shopify, signals


def forged(raw: bytes, **more: str) -> dict[str, str]:
    return shopify(raw, secret="a guess", **more)


def business(to: Receiver) -> list[Signal]:
    """What was stored of deliveries, evidence about signatures left out."""
    return [s for s in signals(to.memory) if s.kind != "delivery.refused"]


def test_a_forged_delivery_is_401_and_kept_as_evidence_without_its_content() -> None:
    taking = receiver()
    raw = order(note="planted-word")
    reply = push(taking, raw, forged(raw))

    assert reply.status == 401
    (kept,) = signals(taking.memory)
    assert (kept.kind, kept.auth, kept.provider) == ("delivery.refused", "failed", "shopify")
    assert kept.attrs["endpoint"] == "shop"
    assert not kept.ids
    assert "planted-word" not in kept.json_line()
    assert "5000000000000000001" not in kept.json_line()


def test_evidence_reaches_the_signature_rules_and_no_other() -> None:
    taking = receiver()
    for number in range(3):
        raw = order(number)
        push(taking, raw, forged(raw))
    decisions = taking.think()

    assert [d.issue.kind for d in decisions] == ["forged"]
    assert dispositions(taking.memory) == {"dropped": 3}


@pytest.mark.parametrize("headers", [{}, {"X-Shopify-Hmac-SHA256": ""}, {"X-Shopify-Hmac-SHA256": "%%%"}])
def test_leaving_the_signature_out_proves_nothing(headers: dict[str, str]) -> None:
    taking = receiver()

    assert push(taking, order(), {"X-Shopify-Topic": "orders/create", **headers}).status == 401
    assert business(taking) == []


def test_a_format_without_signatures_is_no_way_round_one() -> None:
    taking = receiver()
    own = b'{"kind": "own.event", "merchant": "mugs", "occurred_at": "2026-03-01T08:00:00Z", "source_kind": "host"}'

    assert push(taking, alerts("down"), {}, "/in/anything").status == 401
    assert push(taking, own, {}, "/in/anything").status == 401
    assert push(taking, b"no format at all", {}, "/in/anything").status == 401
    assert business(taking) == []


def test_who_needs_no_proof_on_this_machine_is_unsigned_over_http() -> None:
    taking = receiver()
    own = b'{"kind": "own.event", "merchant": "mugs", "occurred_at": "2026-03-01T08:00:00Z", "source_kind": "host"}'
    reply = push(taking, own, {}, "/in/open")

    assert reply.status == 202
    assert [s.auth for s in signals(taking.memory)] == ["unsigned"]


def test_a_secret_that_is_not_set_is_the_operators_to_mend_and_loses_nothing() -> None:
    told: list[str] = []
    taking = receiver(notice=told.append)
    replies = [push(taking, order(), path="/in/unset") for _ in range(2)]

    assert [(r.status, r.headers["retry-after"]) for r in replies] == [(503, "30")] * 2
    assert signals(taking.memory) == []
    assert len(told) == 1
    assert "unset" in told[0]


def test_the_secret_of_an_address_has_to_stand_in_it() -> None:
    taking = receiver()
    raw = b'{"id": "t-1", "title": "cannot pay", "body": "the button is grey"}'
    paths = ("/in/parcels", "/in/parcels/wrong", "/in/parcels/in-the-path", "/in/parcels/in-the-path/")
    replies = [push(taking, raw, {}, path).status for path in paths]

    assert replies == [401, 401, 202, 202]
    assert {s.auth for s in business(taking)} == {"static_secret"}
    assert all("in-the-path" not in s.json_line() for s in signals(taking.memory))


def test_no_header_of_a_sender_is_taken_for_the_secret_of_the_address() -> None:
    taking = receiver()

    assert push(taking, b'{"id": "1"}', {":path-secret": "in-the-path"}, "/in/parcels").status == 401


def test_a_flood_of_forged_deliveries_ends_in_the_same_answer_and_a_few_records() -> None:
    clock = FixedClock()
    taking = receiver(clock=clock, forgeries_per_hour=5)
    statuses = set()
    for number in range(50):
        raw = order(number)
        statuses.add(push(taking, raw, forged(raw)).status)
    first = len(signals(taking.memory))
    clock.advance(timedelta(hours=1))
    for number in range(50, 60):
        raw = order(number)
        push(taking, raw, forged(raw))

    assert statuses == {401}
    assert (first, len(signals(taking.memory))) == (5, 10)


def test_a_forged_delivery_of_many_events_is_one_record() -> None:
    taking = receiver()
    raw = b"\n".join(order(n) for n in range(100))
    reply = push(taking, raw, {**shopify(b""), "X-Shopify-Topic": "orders/create"})

    assert reply.status == 401
    assert len(signals(taking.memory)) == 1


def test_a_merchant_that_only_a_forger_names_gets_no_journal_of_its_own() -> None:
    taking = receiver()
    push(taking, order())
    for number, shop in enumerate(("mugs.myshopify.com", "made-up-1.example", "made-up-2.example")):
        raw = order(number)
        push(taking, raw, {**forged(raw), "X-Shopify-Shop-Domain": shop})

    assert {p.name for p in taking.memory.read("partitions")} == {f"merchant:{SHOP}", "merchant:shop"}


def test_a_forged_delivery_does_not_take_the_place_of_the_genuine_one() -> None:
    taking = receiver()
    raw = order()
    push(taking, raw, forged(raw))
    reply = push(taking, raw)
    taking.think()

    assert reply.status == 202
    assert [s.kind for s in business(taking)] == ["order"]
    assert dispositions(taking.memory) == {"dropped": 1, "recorded": 1}


def test_evidence_that_cannot_be_stored_changes_no_answer() -> None:
    from tests.receive.test_receiver import Broken

    memory = Broken()
    taking = receiver(agent(memory))
    memory.failing = True
    raw = order()

    assert push(taking, raw, forged(raw)).status == 401


@given(
    raw=st.one_of(st.binary(max_size=60), st.builds(order, st.integers(0, 3)), st.builds(alerts, st.just("down"))),
    name=st.sampled_from(["shop", "anything", "monitor", "parcels", "unset"]),
    secret=st.sampled_from(["a guess", "", "hush "]),
    flips=st.integers(0, 2),
    topic=st.sampled_from(["orders/create", "customers/redact", "customers/data_request"]),
)
def test_without_the_secret_nothing_reaches_business_rules(
    raw: bytes, name: str, secret: str, flips: int, topic: str
) -> None:
    taking = receiver()
    headers: dict[str, Any] = {**shopify(raw, topic, secret=secret), "X-Migro-Secret": secret}
    if flips == 1 and raw:
        # A right signature over other bytes.
        headers |= shopify(bytes([raw[0] ^ 1]) + raw[1:], topic)
    reply = push(taking, raw, headers, f"/in/{name}")
    taking.think()

    assert reply.status in (401, 503)
    assert business(taking) == []
    assert set(dispositions(taking.memory)) <= {"dropped"}
    assert {d.issue.kind for d in taking.memory.read("decisions")} <= {"forged"}


def test_the_same_deliveries_with_the_secret_do_reach_them() -> None:
    taking = receiver(endpoints={**ENDPOINTS, "bare": EndpointSettings(static_secret=True, merchant=SHOP)})
    raw = order()

    assert push(taking, raw).status == 202
    assert push(taking, alerts("down"), {"x-migro-secret": "in-a-header"}, "/in/monitor").status == 202
    assert push(taking, alerts("down"), {}, "/in/bare").status == 202
    assert {s.auth for s in business(taking)} == {"verified", "static_secret"}
