"""What observers make of deliveries is what the rules ask for."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pytest

from migro.engine import EngineState, NativeEngine
from migro.models import Signal, to_microseconds
from migro.packs.headless import RULES
from migro.packs.headless.signals import Dispute, Fulfilment, Payment
from migro.rules import RuleSet
from tests.observe.payloads import observed
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
