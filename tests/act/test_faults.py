"""
Whatever goes wrong at a receiver, nothing is lost and nothing is doubled.

Every shipped actuator that speaks HTTP meets every fault, once and without end, live and after an interruption.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from typing import Any

import attrs
import pytest
import stamina

from migro.act.chat import Chat
from migro.act.dashboards import GrafanaAnnotations, StatuspageIncidents, grafana_sender, statuspage_sender
from migro.act.freshdesk import Freshdesk, freshdesk_sender
from migro.act.gorgias import Gorgias, gorgias_sender
from migro.act.http import Call, HttpCalls
from migro.act.intercom import Intercom, intercom_sender
from migro.act.retrying import Retrying
from migro.act.slack import Slack
from migro.act.zendesk import Zendesk, zendesk_sender
from migro.agent.hands import Live
from migro.models import Action, Capability, Risk
from migro.observe import scrub
from migro.ports import Actuator
from migro.testing import DeclaringActuatorContract, sample_action
from tests.act import vendors
from tests.act.receiver import FAULTS, Asked, Receiver, Reply, receiving
from tests.act.slack_api import CHANNEL, TOKEN, slack
from tests.act.test_http import honouring

# A plugin of apprise imports a module that Python 3.13 does not have any more; earlier ones warn.
pytestmark = pytest.mark.filterwarnings("ignore:'imghdr' is deprecated:DeprecationWarning")

LIMITS: dict[str, Any] = {"private": True, "timeout_ms": 150}
USER = "agent@shop.example"
DRAFT = {"template": "We see it too.", "ticket": "42"}
NOTE = {"text": "SEV2 Checkout is down"}


def call(address: str, **fields: Any) -> HttpCalls:
    known = {"kind": "notify", "url": f"{address}/hook", "risk": Risk.R0, **LIMITS}
    return HttpCalls([Call(**{**known, **fields})], redact=scrub)


@attrs.frozen(kw_only=True)
class Case:
    """An actuator, the receiver that it is for, and an action."""

    serve: Callable[[Receiver, Asked], Reply]
    make: Callable[[str], Actuator]
    action: Action = attrs.field(factory=lambda: sample_action(args=NOTE))


def draft(**fields: Any) -> Action:
    return sample_action(kind="draft_reply", risk=Risk.R2, target="merchant_contact", **{"args": DRAFT, **fields})


CASES = {
    "http, key honoured": Case(serve=honouring, make=lambda a: call(a, idempotency="receiver")),
    "http, status asked": Case(
        serve=honouring, make=lambda a: call(a, idempotency="check", status_url=f"{a}/status/{{key}}")
    ),
    "http, neither": Case(serve=vendors.plain, make=call),
    "slack": Case(
        serve=slack,
        make=lambda a: Slack(TOKEN, channels={"on_call": CHANNEL}, redact=scrub, address=f"{a}/api/", timeout_ms=150),
    ),
    "zendesk": Case(
        serve=vendors.zendesk,
        make=lambda a: Zendesk(zendesk_sender("x", USER, "made-up", address=a, **LIMITS), redact=scrub),
        action=draft(),
    ),
    "freshdesk": Case(
        serve=vendors.freshdesk,
        make=lambda a: Freshdesk(freshdesk_sender("x", "made-up", address=a, **LIMITS), redact=scrub),
        action=draft(),
    ),
    "gorgias": Case(
        serve=vendors.gorgias,
        make=lambda a: Gorgias(gorgias_sender("x", USER, "made-up", address=a, **LIMITS), author=USER, redact=scrub),
        action=draft(),
    ),
    "intercom": Case(
        serve=vendors.intercom,
        make=lambda a: Intercom(intercom_sender("made-up", address=a, **LIMITS), author="7", redact=scrub),
        action=draft(),
    ),
    "grafana": Case(
        serve=vendors.grafana,
        make=lambda a: GrafanaAnnotations(grafana_sender(a, "made-up", **LIMITS), redact=scrub),
        action=sample_action(kind="update_dashboard", args=NOTE),
    ),
    "statuspage": Case(
        serve=vendors.statuspage,
        make=lambda a: StatuspageIncidents(
            statuspage_sender("made-up", address=a, **LIMITS), page="p4g3", redact=scrub
        ),
        action=sample_action(kind="publish_incident", risk=Risk.R2, args=NOTE),
    ),
    "apprise": Case(
        serve=vendors.apprise_hook,
        make=lambda a: Chat({"on_call": [f"{a.replace('http', 'json')}/hook?rto=0.15&cto=0.15"]}, redact=scrub),
    ),
}


class World:
    """One server that answers as the case at hand has it."""

    def __init__(self, receiver: Receiver, address: str) -> None:
        self.receiver, self.address = receiver, address

    def begin(self, name: str) -> Case:
        case = CASES[name]
        self.receiver.reset()
        self.receiver._answer = case.serve
        self.receiver.reads = ("conversations.",) if name == "slack" else ()
        return case


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    receiver = Receiver(honouring)
    with receiving(receiver) as address:
        yield World(receiver, address)


@pytest.fixture(autouse=True)
def hurried() -> Iterator[None]:
    with stamina.set_testing(True, attempts=3, cap=True):
        yield


def capability(actuator: Any, action: Action) -> Capability:
    found: Capability = actuator.capabilities[action.kind]
    return found


@pytest.mark.parametrize(("name", "fault"), list(itertools.product(CASES, FAULTS)))
def test_a_fault_loses_nothing_and_doubles_nothing(name: str, fault: str, world: World) -> None:
    case = world.begin(name)
    world.receiver.faults = [fault]
    actuator = case.make(world.address)
    result = Live([Retrying(actuator)]).execute(case.action)
    world.receiver.hold.set()
    done = len(world.receiver.kept)
    knows = capability(actuator, case.action).idempotency != "none"
    # Apprise tells a refusal from nothing else, and reads no answer.
    told: tuple[str, ...] = ("malformed",) if name == "apprise" else ("429",)
    told += ("malformed",) if name.startswith("http") else ()

    assert result.status == ("succeeded" if knows or fault in told else "unknown")
    assert done == 1 if result.status == "succeeded" else done <= 1
    # Whoever takes it up after a crash, without any memory of it, makes no second one.
    again = Live([case.make(world.address)]).take_up(case.action)
    assert again.status == ("succeeded" if knows else "unknown")
    assert len(world.receiver.kept) == (1 if knows else done)


@pytest.mark.parametrize(("name", "fault"), list(itertools.product(CASES, FAULTS[1:])))
def test_a_fault_without_end_is_told_as_what_it_is(name: str, fault: str, world: World) -> None:
    case = world.begin(name)
    world.receiver.faults = [fault] * 20
    result = Live([Retrying(case.make(world.address))]).execute(case.action)
    done = len(world.receiver.kept)

    assert done <= 1
    assert (result.status, done) in [("succeeded", 1), ("failed", 0), ("unknown", 0), ("unknown", 1)]
    assert result.status != "succeeded" or fault in ("cut", "malformed")


@pytest.mark.parametrize("name", CASES)
def test_what_is_read_of_a_receiver_that_fails_is_not_known(name: str, world: World) -> None:
    case = world.begin(name)
    world.receiver._answer = lambda _, __: (500, {}, b"")
    standing: str = case.make(world.address).check(case.action)  # type: ignore[attr-defined]

    assert standing == "unknown"


class Keeps(DeclaringActuatorContract):
    """The contract, over the receiver of a case."""

    case: str

    @pytest.fixture
    def actuator(self, world: World) -> Actuator:
        self.world = world
        return world.begin(self.case).make(world.address)

    def effects(self, actuator: Actuator) -> int:
        return len(self.world.receiver.kept)

    def an_action(self, actuator: Actuator, key: str) -> Action:
        return CASES[self.case].action.model_copy(update={"idempotency_key": key})

    def forgotten(self, actuator: Actuator) -> Actuator:
        return CASES[self.case].make(self.world.address)


class TestZendesk(Keeps):
    case = "zendesk"


class TestFreshdesk(Keeps):
    case = "freshdesk"


class TestGorgias(Keeps):
    case = "gorgias"


class TestIntercom(Keeps):
    case = "intercom"


class TestGrafana(Keeps):
    case = "grafana"


class TestStatuspage(Keeps):
    case = "statuspage"


class TestApprise(Keeps):
    case = "apprise"
