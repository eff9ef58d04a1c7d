"""Decisions as CloudEvents: read by the package of those who specify them, and lost without harm."""

from __future__ import annotations

import json

import pytest
from cloudevents.core.bindings.http import HTTPMessage, from_http_event

from migro.act.events import DecisionEvents, decision_event
from migro.act.metrics import Metrics
from migro.act.sending import Sender
from migro.models import ActionStatus
from migro.observe import scrub
from migro.testing import sample_action, sample_decision
from tests.act.cases import HURRIED_MS, PATIENT_MS, World, limits
from tests.act.receiver import FAULTS


def events(world: World, timeout_ms: int = PATIENT_MS) -> DecisionEvents:
    return DecisionEvents(Sender(f"{world.address}/hook", **limits(timeout_ms)), redact=scrub)


def test_a_decision_is_an_event_that_others_can_read(world: World) -> None:
    world.begin("http, neither")
    told = events(world)

    assert told.tell(sample_decision())
    (asked,) = world.receiver.asked
    event = from_http_event(HTTPMessage(headers=asked.headers, body=asked.raw))
    assert (event.get_id(), event.get_type(), event.get_subject()) == ("dec_1", "migro.decision", "iss_1")
    data = event.get_data()
    assert isinstance(data, dict)
    assert (data["outcome"], data["issue"]["severity"], data["dry_run"]) == ("auto", "SEV2", False)
    assert "explanation" not in data


def test_words_of_people_leave_redacted_wherever_they_stand() -> None:
    mail = "jane.doe@example.com"
    action = sample_action(note=f"by {mail}", requester=mail, refused=(f"at 9 {mail} was too late",))
    decision = sample_decision(actions=(action,), because=f"said {mail}")
    event = json.dumps(decision_event(decision, source="migro", redact=scrub, dry_run=False))

    assert mail not in event
    assert action.idempotency_key in event


@pytest.mark.parametrize("fault", [f for f in FAULTS if f != "malformed"])
def test_an_event_that_is_lost_is_counted_and_disturbs_nobody(fault: str, world: World) -> None:
    world.begin("http, neither")
    world.receiver.faults = [fault]
    told = events(world, HURRIED_MS if fault == "timeout" else PATIENT_MS)

    assert [told.tell(sample_decision()), told.tell(sample_decision("dec_2"))] == [False, True]
    assert (told.sent, told.lost, bool(told.why)) == (1, 1, True)


def test_metrics_count_decisions_and_actions() -> None:
    metrics = Metrics()
    metrics.decided(sample_decision())
    metrics.tried(sample_action(status=ActionStatus.UNKNOWN))
    text = metrics.text()

    for line in (
        'migro_decisions_total{kind="checkout_server_error_spike",outcome="auto",severity="SEV2"} 1.0',
        'migro_actions_total{kind="notify",status="unknown"} 1.0',
    ):
        assert line in text
