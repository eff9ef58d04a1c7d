"""A dry run decides as the live run would, and touches nothing."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

import pytest
from hypothesis import given, settings

from migro.act import RecordingActuator
from migro.agent import Agent
from migro.cli.material import Event
from migro.cli.playing import play
from migro.cli.scenario_plays import simulated
from migro.models import Action, ActionResult, Input, SignalReceived
from migro.packs.headless import RULES as PACK
from migro.ports import Memory
from migro.remember import VolatileMemory
from migro.simulate import generate
from tests.agent.world import RESPONSES, agent, streams
from tests.effort import cases

M1 = "merchant:m_1"
KINDS = frozenset(r.kind for r in RESPONSES)
PACK_KINDS = frozenset(r.kind for kind in PACK.kinds.values() for r in kind.responses)


class Tripwire:
    """Hands that nobody may touch."""

    def __init__(self, kinds: frozenset[str]) -> None:
        self.kinds, self.calls = kinds, 0

    def execute(self, action: Action) -> ActionResult:
        self.calls += 1
        raise AssertionError("touched in a dry run")


def receipts(kinds: Iterable[str]) -> RecordingActuator:
    """Hands that all succeed, each with a receipt of its own."""
    return RecordingActuator(
        kinds, answer=lambda a: ActionResult(status="succeeded", detail=f"receipt of {a.idempotency_key}")
    )


def log(memory: Memory) -> list[Any]:
    """Return decisions and actions without what tells a dry run: that an action was simulated, and its receipt."""
    found = [d.json_line() for d in memory.read("decisions")] + [a.json_line() for a in memory.read("actions")]
    return [_without_receipts(json.loads(line)) for line in found]


def _without_receipts(data: Any) -> Any:
    if isinstance(data, list):
        return [_without_receipts(item) for item in data]
    if isinstance(data, str):
        return data.replace(": simulated", ": succeeded")
    if not isinstance(data, dict):
        return data
    over = data.get("status") in ("simulated", "succeeded") and "idempotency_key" in data
    own = {"status": "over", "note": ""} if over else {}
    return {name: _without_receipts(value) for name, value in {**data, **own}.items()}


@settings(max_examples=cases(60), deadline=None)
@given(streams(size=25))
def test_a_dry_run_and_a_live_run_that_succeeds_decide_the_same(items: list[Input]) -> None:
    wire = Tripwire(KINDS)
    dry, live = VolatileMemory(), VolatileMemory()
    hosts = [agent(dry, actuators=[wire]), agent(live, actuators=[receipts(KINDS)], live=True)]
    for item in items:
        for host in hosts:
            host.handle(item.signal) if isinstance(item, SignalReceived) else host.tell(M1, item)
            host.drain()

    assert log(dry) == log(live)
    assert wire.calls == 0


def played(events: list[Event], **options: Any) -> VolatileMemory:
    memory = VolatileMemory()
    host = Agent(rules=PACK, memory=memory, **options)
    for _ in play(host, events):
        pass
    host.drain()
    return memory


@pytest.mark.parametrize("scenario", ["SC02"])
def test_a_scenario_is_decided_alike_dry_and_live(scenario: str) -> None:
    events = list(simulated(generate(scenario, seed=1)))
    wire, hands = Tripwire(PACK_KINDS), receipts(PACK_KINDS)
    dry, live = played(events, actuators=[wire]), played(events, actuators=[hands], live=True)

    assert log(dry) == log(live)
    assert (wire.calls, len(hands.actions) > 0) == (0, True)
