"""What observers make of deliveries is what the rules ask for."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import timedelta
from typing import Any

import pytest

from migro import Agent, VolatileMemory
from migro.engine import EngineState, NativeEngine
from migro.models import Severity, Signal, to_microseconds
from migro.observe import EndpointSettings, Envelope, ObserveSettings
from migro.observe.codes import CODES, SAYINGS
from migro.observe.intents import FEATURES
from migro.packs.headless import RULES
from migro.packs.headless.signals import Dispute, Fulfilment, Payment
from migro.packs.headless.specimens import order
from migro.packs.headless.specimens_operations import START
from migro.rules import RuleSet, everything
from tests.observe.payloads import observed, observer
from tests.observe.test_adyen import read as adyen
from tests.observe.test_paypal import CAPTURE
from tests.observe.test_paypal import read as paypal
from tests.observe.test_statuspage import component, incident

_ASKED = ("payment.set-up-code", "platform.status-page")
ENGINE = NativeEngine(
    RuleSet("asked", *(r for r in RULES if r.id.startswith(_ASKED)), signals=RULES.signals.values()),
)


def fired(*signals: Signal) -> set[str]:
    state = EngineState()
    for signal in signals:
        now = to_microseconds(signal.received_at)
        ENGINE.pass_time(state, now)
        assert ENGINE.insert(state, signal, now).unreadable == ""
        ENGINE.settle(state)
    return {rule for rule, _ in state.firings}


def apart(signals: Iterable[Signal]) -> list[Signal]:
    """The same failure met by several shoppers, and told at once."""
    return [
        s.model_copy(update={"id": f"{s.id}{n}", "dedup_key": f"{n}", "received_at": s.occurred_at})
        for n, s in enumerate(signals)
    ]


def denied(**why: Any) -> Signal:
    return paypal("PAYMENT.CAPTURE.DENIED", {**CAPTURE, "status": "DECLINED", **why})


@pytest.mark.parametrize(
    ("signal", "of_the_shop"),
    [
        (denied(status_details={"reason": "RECEIVING_PREFERENCE_MANDATES_MANUAL_ACTION"}), True),
        (denied(processor_response={"response_code": "8020"}), True),
        (denied(status_details={"reason": "INSUFFICIENT_FUNDS"}), False),
        (denied(processor_response={"response_code": "0500"}), False),
        (adyen(success="false", reason="Not Submitted"), True),
        (adyen(success="false", reason="Invalid Amount"), True),
        (adyen(success="false", reason="Not enough balance"), False),
        (adyen(success="false", reason="Not Submitted", live="false"), False),
    ],
)
def test_failures_that_name_the_shops_set_up_are_known_in_each_providers_words(
    signal: Signal, of_the_shop: bool
) -> None:
    assert fired(*apart([signal] * 5)) == ({"payment.set-up-code"} if of_the_shop else set())


def test_a_component_that_fails_and_works_again_begins_and_ends_an_incident_of_its_part() -> None:
    down, up = component("major_outage"), component("operational")
    later = up.model_copy(update={"id": "up", "received_at": down.received_at, "occurred_at": down.received_at})
    part = str(down.attrs["component"])

    assert fired(down) == {f"platform.status-page-{part}"}
    assert fired(down, later) == set()


def test_an_incident_that_is_over_leaves_others_open() -> None:
    named = incident(components=[{"name": "Payments"}])
    other = incident(id="i2", components=[])
    over = incident(id="i2", components=[], status="resolved").model_copy(update={"id": "over"})

    assert fired(named, other) == {"platform.status-page", "platform.status-page-payments"}
    assert fired(named, other, over) == {"platform.status-page-payments"}


def test_why_and_by_whom_are_columns() -> None:
    refused = Payment.of(adyen(success="false", reason="Not enough balance"))
    dispute = Dispute.of(
        adyen(
            "CHARGEBACK",
            reason="Fraud",
            additionalData={"chargebackReasonCode": "10.4", "chargebackSchemeCode": "visa"},
        )
    )
    tracked = observed(
        "easypost_webhook",
        {
            "object": "Event",
            "id": "evt_1",
            "description": "tracker.updated",
            "created_at": "2026-03-01T10:00:00Z",
            "mode": "production",
            "result": {"object": "Tracker", "id": "trk_1", "status": "failure", "carrier": "USPS"},
        },
    ).signals

    assert (refused.reason, dispute.reason, dispute.reason_code, dispute.scheme) == (
        "Not enough balance", "Fraud", "10.4", "visa",
    )  # fmt: skip
    assert [Fulfilment.of(s).carrier for s in tracked] == ["USPS"]


TOLD_BY_HOSTS = {
    "link.before_cutover": "only the host knows when a mail was written",
    "page.known_handle": "a log does not know the catalogue",
    "page.no_results": "a log does not know what a page shows",
    "page.sold_out": "a log does not know what a page shows",
    "effect.duplicate": "a consumer's own word for what it has done twice",
    "effect.duplicate_charge": "a consumer's own word for what it has done twice",
    "feedback.docs_negative": "the word of whoever publishes the documentation",
    "import.filtered": "the word of an import",
    "import.retry": "the word of an import",
    "write.stale_stock_raised": "a text does not say what the figure was before",
    "notice.domain_broken": "whoever reads a platform's mails or console",
    "notice.hook_disabled": "whoever reads a platform's mails or console",
    "notice.hook_failing": "whoever reads a platform's mails or console",
    "notice.not_indexed": "whoever reads a platform's mails or console",
    "notice.privacy_failing": "whoever reads a platform's mails or console",
    "notice.version_ended": "whoever reads a platform's mails or console",
    "link.docs_dead": "whoever knows which pages the documentation has",
    "link.docs_deprecated": "whoever knows which pages the documentation has",
}
"""Features that rules ask for and no delivery says by itself, each with who does."""

_OF_REQUESTS = {"request.scan", "link.from_checkout", "link.from_mail", "link.legacy_id"}


def test_whatever_features_rules_ask_for_are_said_by_deliveries_or_by_a_host_of_whom_it_is_known() -> None:
    parts = [part for rule in RULES for part in everything(rule.when)]
    texts = [str(p) for part in parts for p in part.conditions if ".features." in str(p)]
    asked = {name for text in texts for name in re.findall(r"'([a-z]+[.][a-z0-9_.]+)'", text)}
    said = {f"code.{code}" for code, _ in CODES} | {name for name, _ in SAYINGS} | FEATURES | _OF_REQUESTS

    assert asked - said == set(TOLD_BY_HOSTS)


def test_live_orders_that_test_payments_paid_are_found_although_tests_count_for_nothing() -> None:
    paid = {"object": "payment_intent", "status": "succeeded", "amount": 5_990, "currency": "eur"}
    made = to_microseconds(START) // 1_000_000
    events = [
        {"id": f"evt_{n}", "object": "event", "type": "payment_intent.succeeded", "created": made, "livemode": False,
         "data": {"object": {**paid, "id": f"pi_{n}", "metadata": {"order_id": f"o-{n}"}}}}
        for n in (1, 2)
    ]  # fmt: skip
    endpoint = ObserveSettings(endpoints={"mugs": EndpointSettings(merchant="shop-1", env="production")})
    later = START + timedelta(minutes=1)
    envelopes = [Envelope(received_at=later, kind="stripe_event", endpoint="mugs", body=event) for event in events]
    told = [s for e in envelopes for s in observer(endpoint).observe(e).signals]
    host = Agent(rules=RULES, memory=VolatileMemory())
    orders = [order(0, order_id=f"o-{n}") for n in (1, 2)]
    decisions = [d for s in (*orders, *told) for d in host.handle(s)]

    assert {s.env for s in told} == {"test"}
    assert {d.issue.kind for d in decisions} == {"test_mode_in_production"}
    assert max(d.issue.severity for d in decisions) is Severity.SEV1
