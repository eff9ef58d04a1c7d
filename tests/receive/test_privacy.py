"""Privacy requests go to their handler, are erased for, and never reach rules."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import timedelta
from pathlib import Path

import pytest

from migro.agent import Agent
from migro.models import ErasureRequested
from migro.observe import EndpointSettings, pseudonym
from migro.packs.headless import RULES as PACK
from migro.receive import Erasing, PrivacyRequest
from migro.remember import SqliteMemory, VolatileMemory
from migro.testing import START, FixedClock
from tests.receive.shop import (
    KEY,
    SHOP,
    agent,
    dispositions,
    erasures,
    inputs,
    order,
    push,
    receiver,
    shopify,
    signals,
)

ANNA = pseudonym("customer_ref", "77", KEY)


def redact(customer: int = 77, email: str = "anna@example.com") -> bytes:
    """Shopify's request to forget a customer."""
    return json.dumps(
        {
            "shop_id": 954889,
            "shop_domain": SHOP,
            "customer": {"id": customer, "email": email, "phone": "555-625-1199"},
            "orders_to_redact": [299938, 280263],
        }
    ).encode()


class Recording:
    """A handler that remembers what it was asked, and refuses as often as it is told to."""

    def __init__(self, refusing: int = 0) -> None:
        self.asked: list[PrivacyRequest] = []
        self.refusing = refusing

    def handle(self, request: PrivacyRequest) -> Iterable[ErasureRequested]:
        self.asked.append(request)
        if len(self.asked) <= self.refusing:
            raise ConnectionError("anna@example.com")
        return ()


def test_a_person_is_forgotten_with_everything_that_came_before() -> None:
    taking = receiver()
    raw = order(customer={"id": 77, "email": "anna@example.com"})
    push(taking, raw)
    taking.think()
    before = [s.ids.get("customer_ref") for s in signals(taking.memory)]
    asked = redact()
    reply = push(taking, asked, shopify(asked, "customers/redact"))
    taking.think()

    assert before == [ANNA]
    assert reply.status == 200
    # The platform hears of it as well.
    (token,) = {e.token for e in erasures(taking.memory)}
    assert {s.ids["customer_ref"] for s in signals(taking.memory)} == {token}
    assert all(ANNA not in i.json_line() and "anna@" not in i.json_line() for i in inputs(taking.memory))


def test_the_request_and_its_erasure_are_stored_before_the_answer_and_thought_about_later() -> None:
    taking = receiver()
    raw = redact()
    push(taking, raw, shopify(raw, "customers/redact"))

    assert [s.kind for s in signals(taking.memory)] == ["compliance"]
    assert [e.pseudonym for e in erasures(taking.memory)] == [ANNA]
    assert [e.merchant for e in erasures(taking.memory)] == [SHOP]
    assert dispositions(taking.memory) == {"pending": 1}


def test_a_ticket_of_the_same_person_is_found_by_the_address_where_the_key_is_at_hand() -> None:
    own = agent()
    taking = receiver(own, privacy=Erasing(own, pseudonym_key=KEY))
    raw = redact()
    push(taking, raw, shopify(raw, "customers/redact"))

    assert [e.pseudonym for e in erasures(taking.memory)] == [ANNA, pseudonym("requester", "anna@example.com", KEY)]


@pytest.mark.parametrize("topic", ["customers/data_request", "customers/redact", "shop/redact", "customers/delete"])
def test_no_privacy_request_reaches_rules(topic: str) -> None:
    taking = receiver()
    raw = redact()
    reply = push(taking, raw, shopify(raw, topic))
    taking.think()

    assert reply.status == 200
    assert [s.kind for s in signals(taking.memory)] == ["compliance"]
    (entry,) = [e for e in taking.memory.read("journal") if e.disposition is not None]
    assert entry.disposition is not None
    assert entry.disposition.reason.startswith("privacy request")


@pytest.mark.parametrize("topic", ["customers/data_request", "shop/redact"])
def test_what_concerns_no_single_person_is_told_to_the_operator(topic: str) -> None:
    told: list[str] = []
    taking = receiver(notice=told.append)
    raw = redact()
    push(taking, raw, shopify(raw, topic))

    assert erasures(taking.memory) == []
    assert len(told) == 1
    assert topic in told[0]
    assert SHOP in told[0]
    assert "anna" not in told[0]


@pytest.mark.parametrize("topic", ["customers/data_request", "customers/redact", "shop/redact"])
def test_a_forged_privacy_request_is_401_and_erases_nothing(topic: str) -> None:
    handler = Recording()
    taking = receiver(privacy=handler)
    raw = redact()

    assert push(taking, raw, shopify(raw, topic, secret="a guess")).status == 401
    assert push(taking, raw, shopify(raw, topic), "/in/open").status == 401
    assert handler.asked == []
    assert erasures(taking.memory) == []


def test_a_handler_that_stops_is_asked_again_by_the_sender() -> None:
    handler, told = Recording(refusing=1), list[str]()
    taking = receiver(privacy=handler, notice=told.append)
    raw = redact()
    replies = [push(taking, raw, shopify(raw, "customers/redact")) for _ in range(2)]

    assert [r.status for r in replies] == [503, 200]
    assert replies[0].headers["retry-after"] == "30"
    assert [(s.kind, s.attrs.get("ok"), s.attrs.get("reason")) for s in signals(taking.memory)] == [
        ("compliance.handling", False, "ConnectionError"),
        ("compliance", None, None),
        ("compliance.handling", True, None),
    ]
    assert all("anna" not in i.json_line() for i in inputs(taking.memory))
    assert [line for line in told if "anna" in line] == []
    assert "ConnectionError" in told[0]


def test_a_handler_hears_what_is_asked_and_shows_no_body() -> None:
    handler = Recording()
    raw = redact()
    push(receiver(privacy=handler), raw, shopify(raw, "customers/redact"))

    (asked,) = handler.asked
    assert (asked.provider, asked.topic, asked.merchant, asked.pseudonyms) == (
        "shopify",
        "customers/redact",
        SHOP,
        (ANNA,),
    )
    assert asked.redacts
    assert asked.body == raw
    assert "anna" not in repr(asked)


def test_where_nobody_sees_to_privacy_requests_they_are_not_acknowledged() -> None:
    memory, told = VolatileMemory(), list[str]()
    taking = receiver(memory, notice=told.append)
    raw = redact()

    assert push(taking, raw, shopify(raw, "customers/redact")).status == 503
    assert [(s.kind, dict(s.attrs)) for s in signals(memory)] == [
        ("compliance.handling", {"ok": False, "reason": "nobody"})
    ]
    assert len(told) == 1


def test_a_handler_that_keeps_stopping_is_told_to_people_as_an_issue_of_the_shop() -> None:
    clock = FixedClock()
    own = Agent(rules=PACK, memory=VolatileMemory())
    taking = receiver(own, privacy=Recording(refusing=3), clock=clock)
    raw = redact()
    told = []
    for _ in range(4):
        push(taking, raw, shopify(raw, "customers/redact"))
        told.append([d.issue.kind for d in taking.think()])
        clock.advance(timedelta(minutes=10))

    assert told[:3] == [[], [], ["privacy_webhook_failing"]]


def test_a_request_that_comes_twice_changes_nothing_more() -> None:
    taking = receiver()
    raw = redact()
    replies = [push(taking, raw, shopify(raw, "customers/redact")).status for _ in range(2)]
    taking.think()

    assert replies == [200, 200]
    assert len(signals(taking.memory)) == 1
    assert all(ANNA not in i.json_line() for i in inputs(taking.memory))


@pytest.mark.parametrize(
    ("kind", "headers", "body"),
    [
        (
            "woocommerce_webhook",
            {"X-WC-Webhook-Topic": "customer.deleted", "X-WC-Webhook-Source": "https://mugs.example/"},
            {"id": 77},
        ),
        (
            "saleor_webhook",
            {"Saleor-Event": "account_deleted", "Saleor-Domain": "mugs.example"},
            {"user": {"id": "VXNlcjo3Nw=="}},
        ),
        (
            "bigcommerce_webhook",
            {},
            {
                "scope": "store/customer/deleted",
                "store_id": "1025646",
                "producer": "stores/abc",
                "hash": "3f9ea420af83450d7ef9f78b08c8af25b2213637",
                "created_at": 1772352000,
                "data": {"type": "customer", "id": 77},
            },
        ),
        (
            "commercetools_message",
            {},
            {
                "id": "m-1",
                "version": 1,
                "sequenceNumber": 3,
                "type": "CustomerDeleted",
                "projectKey": "mugs",
                "resource": {"typeId": "customer", "id": "c-77"},
                "resourceVersion": 2,
                "createdAt": "2026-03-01T08:00:00Z",
            },
        ),
    ],
    ids=["woocommerce", "saleor", "bigcommerce", "commercetools"],
)
def test_every_platforms_word_for_a_deleted_customer_erases(
    kind: str, headers: dict[str, str], body: dict[str, object]
) -> None:
    endpoint = EndpointSettings(kind=kind, secrets_env=("DESK",), secret_header="X-Migro-Secret")
    taking = receiver(endpoints={"platform": endpoint})
    sent = headers | {"X-Migro-Secret": "in-a-header"}
    reply = push(taking, json.dumps(body).encode(), sent, "/in/platform")
    taking.think()

    assert reply.status == 200
    (stored,) = signals(taking.memory)
    assert stored.kind == "compliance"
    assert stored.ids["customer_ref"] in {e.token for e in erasures(taking.memory)}


def test_an_erasure_that_was_acknowledged_is_done_by_whoever_comes_after_a_crash() -> None:
    memory = VolatileMemory()
    first = receiver(agent(memory))
    bought = order(customer={"id": 77})
    push(first, bought)
    first.think()
    raw = redact()
    push(first, raw, shopify(raw, "customers/redact"))
    receiver(agent(memory)).think()

    assert all(ANNA not in i.json_line() for i in inputs(memory))


def test_a_request_without_a_customer_that_anybody_could_name_is_told_to_the_operator() -> None:
    told: list[str] = []
    own = agent()
    taking = receiver(own, privacy=Erasing(own, pseudonym_key=KEY, notice=told.append))
    raw = json.dumps({"shop_domain": SHOP, "customer": {}}).encode()
    reply = push(taking, raw, shopify(raw, "customers/redact"))

    assert reply.status == 200
    assert erasures(taking.memory) == []
    assert len(told) == 1


def test_a_pseudonym_that_cannot_be_replaced_safely_is_told_to_the_operator() -> None:
    told: list[str] = []
    asked = PrivacyRequest(
        provider="shopify",
        topic="customers/redact",
        merchant=SHOP,
        received_at=START,
        pseudonyms=("short", ANNA),
        body=b"no JSON",
    )
    found = Erasing(agent(), pseudonym_key=KEY, notice=told.append).handle(asked)

    assert [e.pseudonym for e in found] == [ANNA]
    assert len(told) == 1
    assert "cannot be carried out by itself" in told[0]


PLANTED = ("anna.planted@example.com", "+4917155512345", "Plantedstrasse", "4111111111111111", "Annaplanted")


@pytest.mark.parametrize(
    ("topic", "secret"), [("orders/create", "hush"), ("orders/create", "a guess"), ("customers/redact", "hush")]
)
@pytest.mark.parametrize("path", ["/in/shop", "/in/anything", "/in/open"])
def test_nothing_personal_of_a_delivery_lies_in_the_file_or_is_told(
    tmp_path: Path, topic: str, secret: str, path: str
) -> None:
    told: list[str] = []
    email, phone, street, card, name = PLANTED
    person = {"id": 77, "email": email, "phone": phone, "first_name": name, "default_address": {"address1": street}}
    bodies = [
        order(customer=person, note=" ".join(PLANTED), email=email, billing_address={"address1": street, "name": name}),
        json.dumps({"customer": person, "shop_domain": SHOP}).encode(),
        " ".join(PLANTED).encode(),
        json.dumps({name: street, "card": card}).encode(),
    ]
    with SqliteMemory(tmp_path / "journal.db", durability="off") as memory:
        taking = receiver(agent(memory), notice=told.append)
        for raw in bodies:
            headers = shopify(raw, topic, secret=secret, Cookie=email, Authorization=card)
            reply = push(taking, raw, headers, f"{path}?email={email}")
            told.append(reply.body.decode())
        taking.think()
    kept = b"".join(file.read_bytes() for file in tmp_path.iterdir()).decode("latin-1") + " ".join(told)

    assert "signal_received" in kept
    assert [word for word in PLANTED if word in kept] == []
