"""Scenarios of many shops: their figures, and what migro makes of the one that is quickly played."""

from __future__ import annotations

import json
from collections import Counter
from datetime import datetime, timedelta
from typing import Any

import pytest

from migro import Agent
from migro.cli.material import observed
from migro.models import Attention, Decision
from migro.observe import Envelope, Observer, ObserveSettings
from migro.packs.headless import RULES
from migro.remember import VolatileMemory
from migro.simulate import Simulation, generate
from migro.simulate.scenarios.sc11 import AFFECTED, RESTING, SHOPS
from migro.simulate.scenarios.sc19 import PINNED
from migro.simulate.scenarios.sc19 import SHOPS as BUILDS


@pytest.fixture(scope="module", params=[1])
def incident(request: pytest.FixtureRequest) -> Simulation:
    return generate("SC11", seed=request.param)


def signals(simulation: Simulation, kind: str) -> list[dict[str, Any]]:
    held = [e.data()["body"] for e in simulation.envelopes if e.kind == "host_signal"]
    return [body for body in held if body["kind"] == kind]


def minute(simulation: Simulation, body: dict[str, Any]) -> int:
    return (datetime.fromisoformat(body["occurred_at"]) - simulation.truth.onset) // timedelta(minutes=1)


def test_sc11_fails_at_forty_of_a_hundred_and_twenty_within_six_minutes(incident: Simulation) -> None:
    refused: dict[str, int] = {}
    for body in signals(incident, "storefront.calls"):
        if body["status"] == 503:
            refused.setdefault(body["merchant"], minute(incident, body))

    assert len(incident.truth.merchants) == 120
    assert set(refused) == {SHOPS[n].id for n in AFFECTED}
    assert set(refused.values()) <= set(range(7))
    assert refused[SHOPS[0].id] == 0


def test_sc11_has_31_tickets_of_22_shops_nine_shops_of_one_agency_and_a_status_page_that_is_late(
    incident: Simulation,
) -> None:
    tickets = Counter(e.endpoint for e in incident.envelopes if e.kind == "ticket")
    agencies = Counter(m["ids"]["agency"] for m in signals(incident, "shop.move"))
    page = [(minute(incident, s), s["attrs"]["impact"]) for s in signals(incident, "status.incident")]

    assert (tickets.total(), len(tickets)) == (31, 22)
    assert agencies["agency-nine"] == 9
    assert page == [(18, "minor"), (30, "major"), (70, "none")]
    assert {b["merchant"] for b in signals(incident, "calendar.maintenance")} == {SHOPS[n].id for n in RESTING}


def test_the_truth_of_sc11_is_one_parent_with_forty_children_and_two_causes_apart(incident: Simulation) -> None:
    parents = Counter(issue.parent for issue in incident.truth.issues)

    assert parents == {"platform_incident_systemic": 40, "deploy_regression": 1, None: 3}
    assert json.loads(incident.truth.json_text())["max_seconds_to_detect"] == 480


@pytest.fixture(scope="module")
def build() -> tuple[Simulation, list[Decision]]:
    """Return the first quarter of an hour of SC19 and every decision about it."""
    simulation = generate("SC19", seed=1)
    settings = ObserveSettings.model_validate({"endpoints": simulation.settings()})
    watch = Observer(settings, secrets=simulation.secrets, pseudonym_key=b"x" * 40)
    agent = Agent(rules=RULES, memory=VolatileMemory())
    decisions: list[Decision] = []
    for raw in simulation.envelopes:
        if raw.received_at > simulation.truth.onset + timedelta(minutes=15):
            break
        if raw.kind != "host_signal":
            continue  # what shoppers do has no part in it
        for event in observed(Envelope.model_validate(raw.data()), watch):
            if event.signal is not None:
                decisions += agent.handle(event.signal)
    return simulation, decisions


def test_one_build_that_falls_behind_at_six_shops_is_one_issue_with_six_children(
    build: tuple[Simulation, list[Decision]],
) -> None:
    simulation, decisions = build
    (above,) = [d.issue for d in decisions if d.issue.kind == "app_build_incident"]
    newest = {d.merchant: d for d in decisions if d.issue.kind == "api_version_fall_forward"}

    assert above.first_seen - simulation.truth.onset <= timedelta(minutes=30)
    assert above.scope == "platform"
    assert set(newest) == {BUILDS[n].id for n in PINNED}
    assert {d.issue.parent for d in newest.values()} == {above.id}
    assert {c.explanation.cause and c.explanation.cause.shared for c in newest.values()} == {("app version 5.0.2",)}
    assert "platform_incident_systemic" not in {d.issue.kind for d in decisions}
    assert [d.issue.kind for d in decisions if d.attention is Attention.PAGE] == ["app_build_incident"]
