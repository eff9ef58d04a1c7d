"""The vital signs: numbers that are true, for whoever watches, and a health that says what is wrong."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterator, Sequence
from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
from opentelemetry.metrics import CallbackOptions, Meter, MeterProvider, NoOpMeter, NoOpMeterProvider

from migro import Agent, Attr, IssueKind, MerchantId, Response, Risk, Rule, Signal, VolatileMemory, on, supports
from migro.act import RecordingActuator
from migro.act.metrics import Metrics
from migro.agent import partition_of
from migro.errors import StoreUnavailable
from migro.models import SignalReceived
from migro.testing import START
from migro.vitals import Limits, Vitals, examined, taken
from migro.vitals.logs import log_to
from migro.vitals.prometheus import expose
from migro.vitals.telemetry import Telemetry


class Beat(Signal, kind="vitals.beat"):
    code: Attr[int]


DOWN = IssueKind[MerchantId](
    "down",
    category="checkout",
    responses=(Response("draft_reply", Risk.R2, "merchant"), Response("notify", Risk.R0, "on_call")),
)
RULES = (Rule("fails", when=on(Beat, Beat.code >= 500, per=Beat.merchant), then=supports(DOWN, 150, family="a")),)


def beat(second: int = 0, code: int = 502) -> Beat:
    return Beat(merchant=MerchantId("m_1"), occurred_at=START + timedelta(seconds=second), code=code)


@pytest.fixture
def agent() -> Agent:
    hands = RecordingActuator(["notify", "draft_reply"])
    return Agent(rules=RULES, memory=VolatileMemory(), actuators=[hands], live=True, alarm=lambda _: None)


def at(second: int) -> Any:
    return START + timedelta(seconds=second)


def numbers(vitals: Vitals) -> dict[str, int]:
    return {n.name.removeprefix("migro_"): n.value for n in vitals.numbers if n.value}


def test_everything_is_counted_where_it_stands(agent: Agent) -> None:
    agent.handle(beat())
    late = beat(5)
    agent.memory.accept(partition_of(late), [SignalReceived(at=late.received_at, signal=late)])

    assert numbers(taken(agent, at(65))) == {
        "partitions": 2,
        "inputs_total": 4,
        "inputs_waiting": 1,
        "lag_seconds": 60,
        "outbox_planned": 1,
        "outbox_age_seconds": 65,
        "approvals_waiting": 1,
        "approvals_age_seconds": 65,
    }


def test_to_look_changes_nothing(agent: Agent) -> None:
    late = beat()
    agent.memory.accept(partition_of(late), [SignalReceived(at=late.received_at, signal=late)])
    before = list(agent.memory.read("journal"))
    examined(agent, at(10))

    assert list(agent.memory.read("journal")) == before


def test_a_halt_is_seen_everywhere_it_holds(agent: Agent) -> None:
    agent.handle(beat())
    agent.halt(by="Ada", why="cutover")
    found = taken(agent, at(1))

    assert found.halts == dict.fromkeys(("merchant:m_1", "platform"), "cutover")
    assert (numbers(found)["halted"], numbers(found)["partitions_halted"]) == (1, 2)


def wrong(agent: Agent, second: int, limits: Limits | None = None) -> dict[str, str]:
    return {c.name: c.why for c in examined(agent, at(second), limits=limits).checks if not c.ok}


def test_an_agent_that_keeps_up_is_well(agent: Agent) -> None:
    agent.handle(beat())
    agent.drain()
    found = examined(agent, at(1))

    assert found.ok
    assert [c.name for c in found.checks] == ["store", "breaker", "lag", "time", "outbox", "approvals"]
    assert found.lines()[0].startswith("ok      store      read and written: ")
    assert found.checks[-1].why == "1 actions wait for people, the oldest for 1 s; the first lapses in 14399 s"


@pytest.mark.parametrize(
    ("limits", "name", "why"),
    [
        (Limits(lag_s=59), "lag", "1 inputs wait, the oldest for 60 s; expected at most 59 s"),
        (Limits(outbox_s=64), "outbox", "1 actions planned, 0 started, the oldest for 65 s; expected at most 64 s"),
    ],
)
def test_what_is_late_is_named_with_what_was_expected(agent: Agent, limits: Limits, name: str, why: str) -> None:
    agent.handle(beat())
    late = beat(5)
    agent.memory.accept(partition_of(late), [SignalReceived(at=late.received_at, signal=late)])

    assert wrong(agent, 65, limits) == {name: why}
    assert wrong(agent, 65, Limits(lag_s=60, outbox_s=65)) == {}


def test_time_that_nobody_lets_pass_is_noticed(agent: Agent) -> None:
    agent.handle(beat())
    agent.drain()

    assert list(wrong(agent, 3600)) == ["time"]


@pytest.mark.parametrize("consumed", [True, False])
@pytest.mark.parametrize("again", [True, False])
def test_a_merchant_whose_time_is_ahead_of_the_clock_is_not_well(agent: Agent, consumed: bool, again: bool) -> None:
    one = Agent(rules=RULES, memory=agent.memory) if again else agent
    assert wrong(one, 0) == {}
    ahead = beat(864_000)
    if consumed:
        for signal in (ahead, *(beat(second, code=200) for second in range(3))):
            agent.handle(signal)
        agent.drain()
    else:
        agent.memory.accept(partition_of(ahead), [SignalReceived.of(ahead)])

    why = "the time of merchant:m_1 is 863990 s ahead of the clock; expected at most 300 s"
    assert wrong(one, 10)["time"] == why
    assert "time" not in wrong(one, 864_000 - 300)
    assert "time" in wrong(one, 864_000 - 300, Limits(ahead_s=299))


def test_what_a_snapshot_says_of_time_is_believed_under_any_rules() -> None:
    memory = VolatileMemory()
    writing = Agent(rules=RULES, memory=memory, snapshot_every=2)
    for second in (864_000, *range(5)):
        writing.handle(beat(second, code=200))

    assert list(memory.read("snapshots", partition="merchant:m_1"))
    assert list(wrong(Agent(rules=(), memory=memory), 10)) == ["time"]


def test_a_halt_is_not_well(agent: Agent) -> None:
    agent.halt(by="Ada", why="cutover")

    assert wrong(agent, 0) == {"breaker": "automation is halted by Ada: platform: cutover"}


def test_why_somebody_halted_it_steers_no_terminal(agent: Agent) -> None:
    agent.halt(by="Ada", why="cut\x1b[31m\nok      breaker    automation goes on")
    (line,) = [line for line in examined(agent, at(0)).lines() if " breaker " in line]

    assert line == "NOT OK  breaker    automation is halted by Ada: platform: cut [31m ok breaker automation goes on"


def test_a_halt_that_no_person_called_is_named_as_such(agent: Agent) -> None:
    agent.trip("engines disagree")

    assert wrong(agent, 0) == {"breaker": "automation is halted by migro: platform: engines disagree"}


class Broken(VolatileMemory):
    def read(self, *_: Any, **__: Any) -> Any:
        raise StoreUnavailable("the disk is full")


def test_a_store_that_does_not_answer_is_all_that_is_known() -> None:
    agent = Agent(rules=RULES, memory=Broken())
    found = examined(agent, START)

    assert found.data()["checks"] == [{"name": "store", "ok": False, "why": "StoreUnavailable: the disk is full"}]
    assert "migro_up 0.0" in expose(Metrics(), lambda: taken(agent, START)).text()


# --- for whom -----------------------------------------------------------------------------------------------------


def test_prometheus_gets_every_number_of_the_moment(agent: Agent) -> None:
    metrics = expose(Metrics(), lambda: taken(agent, at(7)), answers=lambda: {202: 3, 401: 1})
    agent.handle(beat())
    text = metrics.text().splitlines()

    for number in taken(agent, at(7)).numbers:
        assert f"{number.name} {number.value}.0" in text
    assert 'migro_deliveries_total{status="401"} 1.0' in text
    assert "migro_up 1.0" in text


def test_open_issues_are_those_of_the_memory_whoever_opened_or_ended_them(agent: Agent) -> None:
    def shown() -> list[str]:
        text = expose(Metrics(), lambda: taken(agent, at(7))).text()
        return [line for line in text.splitlines() if line.startswith("migro_issue_severity{")]

    other = Agent(rules=RULES, memory=agent.memory, alarm=lambda _: None)
    (decision, *_) = other.handle(beat())
    assert shown() == ['migro_issue_severity{kind="down",merchant="m_1"} 2.0']
    other.resolve(decision.issue.id, by="Ada", why="it is back")

    assert shown() == []


def test_a_merchant_is_shown_without_personal_data(agent: Agent) -> None:
    agent.handle(Beat(merchant=MerchantId("jo@mail.example"), occurred_at=START, code=502))
    text = expose(Metrics(), lambda: taken(agent, at(7))).text()

    assert 'migro_issue_severity{kind="down",merchant="<email>#' in text
    assert "jo@mail" not in text


class Recording(NoOpMeter):
    """A meter that keeps what it is asked to make."""

    def __init__(self) -> None:
        super().__init__("migro")
        self.made: dict[str, tuple[str, str, Sequence[Callable[..., Any]]]] = {}

    def create_observable_gauge(self, name: str, callbacks: Any = None, unit: str = "", description: str = "") -> Any:
        self.made[name] = ("gauge", unit, callbacks)

    def create_observable_counter(self, name: str, callbacks: Any = None, unit: str = "", description: str = "") -> Any:
        self.made[name] = ("counter", unit, callbacks)


class Provider(NoOpMeterProvider):
    def __init__(self) -> None:
        self.meter = Recording()

    def get_meter(self, *_: Any, **__: Any) -> Meter:
        return self.meter


def test_opentelemetry_gets_the_same_numbers_by_one_look(agent: Agent) -> None:
    agent.handle(beat())
    looks: list[Vitals] = []

    def look() -> Vitals:
        looks.append(taken(agent, at(9)))
        return looks[-1]

    provider = Provider()
    assert isinstance(provider, MeterProvider)
    Telemetry(look, like=taken(agent, at(0)), provider=provider, seconds=lambda: 1.0)
    made = provider.meter.made
    found = {n: [o.value for call in calls for o in call(CallbackOptions())] for n, (_, _, calls) in made.items()}

    assert list(found.values()) == [[n.value] for n in taken(agent, at(9)).numbers]
    assert len(looks) == 1
    assert made["migro.inputs"][:2] == ("counter", "1")
    assert made["migro.lag"][:2] == ("gauge", "s")


# --- logs -----------------------------------------------------------------------------------------------------------


@pytest.fixture
def logged() -> Iterator[StringIO]:
    stream = StringIO()
    logger = logging.getLogger("migro")
    before = (logger.level, logger.propagate)
    handler = log_to(stream, "json", logging.DEBUG)
    yield stream
    logger.removeHandler(handler)
    logger.setLevel(before[0])
    logger.propagate = before[1]


def test_what_is_logged_is_ids_and_numbers_one_object_a_line(agent: Agent, logged: StringIO) -> None:
    made = agent.handle(beat())
    agent.drain()
    lines = [json.loads(line) for line in logged.getvalue().splitlines()]
    by_logger = {line["logger"]: line for line in lines}

    assert set(by_logger) == {"migro.inputs", "migro.decisions", "migro.actions"}
    decided = by_logger["migro.decisions"]
    assert (decided["message"], decided["level"], decided["decision"]) == ("decided", "info", made[0].id)
    assert (decided["kind"], decided["severity"], decided["outcome"]) == ("down", "SEV3", "approve1")
    assert by_logger["migro.actions"]["status"] == "succeeded"
    assert by_logger["migro.inputs"]["disposition"] in ("", "opened")


def test_the_text_of_an_exception_is_not_logged(logged: StringIO) -> None:
    try:
        raise ValueError("jo@mail.example wrote")
    except ValueError:
        logging.getLogger("migro.x").exception("it failed")

    assert json.loads(logged.getvalue())["exception"] == "ValueError"
    assert "jo@" not in logged.getvalue()


def test_a_line_for_people_has_its_fields_behind_and_steers_no_terminal() -> None:
    stream = StringIO()
    handler = log_to(stream, "text")
    try:
        logging.getLogger("migro.x").warning("a\x1b[31m", extra={"card": "card_1"})
    finally:
        logging.getLogger("migro").removeHandler(handler)
        logging.getLogger("migro").propagate = True
        logging.getLogger("migro").setLevel(logging.NOTSET)

    assert stream.getvalue().rstrip("\n").endswith("Z warning  migro.x: a [31m card=card_1")


def test_who_listens_to_nothing_pays_for_nothing_and_importing_sets_nothing_up() -> None:
    assert logging.getLogger("migro").handlers == []
