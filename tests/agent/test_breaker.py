"""The breaker: what cannot be right halts automation at once, tells the operator, and waits for a person."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any

import pytest

from migro.act import RecordingActuator
from migro.agent import Agent, Runtime, State, Step
from migro.agent.breaker import UNREADABLE, UNWRITABLE
from migro.agent.clocks import AHEAD
from migro.agent.fold import Fold
from migro.audit import overdue
from migro.errors import InputError, StoreUnavailable
from migro.models import Accepted, ActionFinished, Input, JournalEntry, PersonActed, SignalReceived, StepRecord
from migro.receive.thinking import think_about
from migro.remember import VolatileMemory
from migro.replay import replay
from migro.vitals import examined
from tests.agent.world import OPEN_POLICY, RULES, after, call, probe, sure


class Disk(VolatileMemory):
    """A memory whose disk may be full: it can be read, and not written; or gone: then its journal cannot be read."""

    full = gone = False

    def acquire(self, name: str, holder: str, seconds: int) -> bool:
        if self.full:
            raise StoreUnavailable("expected room on the disk, got none")
        return super().acquire(name, holder, seconds)

    def load(self, partition: str, after: int = 0) -> Iterator[JournalEntry]:
        if self.gone:
            raise StoreUnavailable("expected a disk, got none")
        return super().load(partition, after)

    def accept(self, partition: str, inputs: Sequence[Input]) -> tuple[Accepted, ...]:
        if self.full:
            raise StoreUnavailable("expected room on the disk, got none")
        return super().accept(partition, inputs)

    def commit(self, partition: str, expected: int, steps: Sequence[StepRecord]) -> None:
        if self.full:
            raise StoreUnavailable("expected room on the disk, got none")
        super().commit(partition, expected, steps)


class Shop:
    """An agent with a clock and a disk, in a shop where something is planned and something waits."""

    def __init__(self) -> None:
        self.seconds, self.alarms = 10, list[str]()
        self.memory, self.hands = Disk(), RecordingActuator(["notify", "tag", "reply"])
        self.agent = self.start()
        for signal in sure():
            self.agent.handle(signal)

    def start(self) -> Agent:
        return Agent(
            rules=RULES,
            memory=self.memory,
            policy=OPEN_POLICY,
            actuators=[self.hands],
            live=True,
            alarm=self.alarms.append,
            now=self.now,
        )

    def now(self) -> datetime:
        return after(self.seconds)

    def fill(self) -> None:
        self.memory.full = True
        with pytest.raises(StoreUnavailable):
            self.agent.handle(call(50, 12))

    def disagree(self) -> None:
        self.agent.trip("engines disagree about burst at merchant:m_1 number 4")

    def turn_back(self) -> None:
        self.seconds -= 3600
        self.agent.handle(call(50, 12))

    def stumble(self) -> None:
        advance = self.agent.fold.advance

        def stumbling(state: State, seq: int, item: Input) -> Step:
            if isinstance(item, SignalReceived) and item.signal.id == call(50, 12).id:
                raise LookupError("what a sender wrote")
            return advance(state, seq, item)

        self.agent.fold.advance = stumbling  # type: ignore[method-assign]
        self.agent.handle(call(50, 12))
        self.agent.fold.advance = advance  # type: ignore[method-assign]


TRIGGERS: dict[str, tuple[Callable[[Shop], None], str]] = {
    "an error in the loop": (Shop.stumble, "internal error at merchant:m_1 number"),
    "engines that disagree": (Shop.disagree, "engines disagree about burst at merchant:m_1 number 4"),
    "an unwritable store": (Shop.fill, UNWRITABLE),
    "a wrong clock": (Shop.turn_back, "the clock went back from 2026-03-01 09:00:10 to 2026-03-01 08:00:10 UTC"),
}


@pytest.fixture(params=TRIGGERS)
def tripped(request: Any) -> tuple[Shop, str]:
    shop = Shop()
    trigger, why = TRIGGERS[request.param]
    trigger(shop)
    return shop, why


def test_it_halts_at_once_and_calls_the_operator_once(tripped: tuple[Shop, str]) -> None:
    shop, why = tripped

    assert shop.agent.halted.startswith(why)
    assert len(shop.alarms) == 1
    assert shop.alarms[0].startswith(f"migro: automation is halted: {why}")


def test_nothing_acts_any_more_and_signals_are_still_taken_in(tripped: tuple[Shop, str]) -> None:
    shop, _ = tripped
    shop.agent.drain()
    shop.memory.full = False
    before = len(list(shop.memory.read("journal")))
    for n in range(3):
        shop.agent.handle(call(60 + n, 20 + n))
    shop.agent.drain()

    assert shop.hands.actions == ()
    assert len(list(shop.memory.read("journal"))) > before
    assert all(entry.done for entry in shop.memory.read("journal"))


def test_only_a_person_with_a_name_and_a_reason_lets_it_go_on(tripped: tuple[Shop, str]) -> None:
    shop, why = tripped
    shop.memory.full = False
    for by, reason in (("", "seen"), ("Ada", " ")):
        with pytest.raises(InputError):
            shop.agent.resume(by=by, why=reason)
    shop.agent.handle(call(70, 30))
    assert shop.agent.halted.startswith(why)

    shop.agent.resume(by="Ada", why="seen to")
    shop.agent.handle(call(71, 31))
    shop.agent.drain()

    assert shop.agent.halted == ""
    assert "tag" in {a.kind for a in shop.hands.actions} or "notify" in {a.kind for a in shop.hands.actions}
    assert len(shop.alarms) == 1


def test_it_stands_in_the_journal_and_outlives_the_process(tripped: tuple[Shop, str]) -> None:
    shop, why = tripped
    shop.memory.full = False
    shop.agent.handle(call(70, 30))
    said = [e.input for e in shop.memory.read("journal", partition="platform") if isinstance(e.input, PersonActed)]

    assert [(s.verb, s.by) for s in said] == [("halt", "migro")]
    assert said[0].why.startswith(why)
    assert shop.start().halted.startswith(why)
    if "internal error" not in why:
        assert replay(shop.memory, shop.agent.fold).differences == ()


def test_the_same_found_again_while_it_stands_is_one_halt() -> None:
    shop = Shop()
    for _ in range(3):
        shop.disagree()

    assert len(shop.alarms) == 1
    shop.agent.resume(by="Ada", why="the other engine is mended")
    shop.disagree()
    assert len(shop.alarms) == 2
    assert shop.agent.halted != ""


def test_whoever_trips_it_says_why() -> None:
    with pytest.raises(InputError, match="expected why, for a halt, got nothing"):
        Shop().agent.trip(" ")


def test_it_trips_also_where_the_journal_cannot_say_so() -> None:
    shop = Shop()
    shop.memory.full = True
    with pytest.raises(StoreUnavailable):
        shop.disagree()
    shop.agent.drain()

    assert shop.agent.halted.startswith("engines disagree")
    assert shop.hands.actions == ()
    shop.memory.full = False
    shop.agent.handle(call(70, 30))
    assert shop.agent.halted.startswith("engines disagree")


def test_a_clock_that_is_set_back_by_a_little_is_no_wrong_clock() -> None:
    shop = Shop()
    shop.seconds -= 59
    shop.agent.handle(call(50, 12))

    assert shop.agent.halted == ""


# --- the runtime -----------------------------------------------------------------------------------------------------


class Given:
    """A clock that says what it is told."""

    def __init__(self, *seconds: int) -> None:
        self.left = list(seconds)

    def now(self) -> datetime:
        return after(self.left.pop(0) if len(self.left) > 1 else self.left[0])


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        ((20, 30, 40, 50), ""),
        ((20, 30, -3600), "the clock went back from 2026-03-01 09:00:30 to 2026-03-01 08:00:00 UTC"),
        ((3 - int(AHEAD.total_seconds()), 20), ""),
        ((-3600, -3600), "inputs are dated 2026-03-01 09:00:03, the clock says 2026-03-01 08:00:00 UTC"),
    ],
)
def test_the_runtime_halts_by_a_clock_that_cannot_be_right(seconds: tuple[int, ...], words: str) -> None:
    shop = Shop()
    runtime = Runtime(shop.agent, clock=Given(*seconds))
    for _ in range(2):
        runtime.round()

    assert shop.agent.halted == words
    assert timedelta(minutes=5) == AHEAD


# --- another process, and a memory that cannot be read ---------------------------------------------------------------


def test_what_is_found_again_after_another_process_resumed_halts_again() -> None:
    shop = Shop()
    shop.disagree()
    shop.seconds += 10
    shop.start().resume(by="Ada", why="the other engine is mended")
    shop.seconds += 10
    shop.disagree()
    shop.agent.drain()

    assert shop.agent.halted.startswith("engines disagree")
    assert shop.start().halted.startswith("engines disagree")
    assert len(shop.alarms) == 2
    assert shop.hands.actions == ()


def test_what_is_found_where_nothing_can_be_read_stops_this_process_and_is_told() -> None:
    shop = Shop()
    shop.agent = shop.start()
    shop.memory.gone = shop.memory.full = True
    with pytest.raises(StoreUnavailable):
        shop.disagree()
    assert shop.alarms == ["migro: automation is halted: engines disagree about burst at merchant:m_1 number 4"]

    shop.memory.gone = shop.memory.full = False
    shop.agent.drain()
    assert shop.hands.actions == ()
    shop.agent.handle(call(70, 30))
    assert shop.start().halted.startswith("engines disagree")
    assert len(shop.alarms) == 1


def test_an_input_that_is_refused_because_nothing_can_be_read_halts_and_is_told_once() -> None:
    shop = Shop()
    shop.agent = shop.start()
    shop.memory.gone = True
    for _ in range(2):
        with pytest.raises(StoreUnavailable):
            shop.agent.handle(call(50, 12))
    assert shop.alarms == [f"migro: automation is halted: {UNREADABLE}: expected a disk, got none"]

    shop.memory.gone = False
    shop.agent.handle(call(50, 12))
    shop.agent.drain()
    assert shop.hands.actions == ()
    assert shop.start().halted == UNREADABLE


@pytest.mark.parametrize("trigger", [Shop.disagree, Shop.stumble])
def test_a_merchant_whose_time_is_ahead_of_the_platform_goes_on_when_that_does(trigger: Callable[[Shop], None]) -> None:
    shop = Shop()
    shop.agent.handle(call(40, 250))
    trigger(shop)
    shop.agent.handle(call(41, 251))
    assert set(shop.agent.halts()) == {"platform", "merchant:m_1"}

    shop.seconds += 20
    other = Agent(rules=RULES, memory=shop.memory, policy=OPEN_POLICY, now=shop.now)
    other.tell("platform", PersonActed(at=shop.now(), verb="resume", by="Ada", why="seen to"))
    shop.agent.handle(call(42, 252))

    assert shop.agent.halts() == {}
    assert shop.start().halted == ""


def test_a_recall_that_stumbles_again_after_a_resumption_halts_again(monkeypatch: pytest.MonkeyPatch) -> None:
    shop = Shop()
    advance = Fold.advance

    def stumbling(self: Fold, state: State, seq: int, item: Input) -> Step:
        if isinstance(item, SignalReceived) and item.signal.id == sure()[1].id:
            raise LookupError("what a sender wrote")
        return advance(self, state, seq, item)

    monkeypatch.setattr(Fold, "advance", stumbling)
    for n in range(2):
        agent = shop.start()
        # A restart while it stands is the same halt.
        for k in range(2):
            agent = shop.start()
            agent.handle(call(60 + 2 * n + k, 20 + 2 * n + k))
            agent.drain()
            assert "on recall" in agent.halted
        agent.resume(by="Ada", why=f"seen to {n}")
        assert agent.halted == ""

    assert shop.hands.actions == ()
    said = [e.input for e in shop.memory.read("journal", partition="platform") if isinstance(e.input, PersonActed)]
    assert [s.verb for s in said] == ["halt", "resume"] * 2


# --- clocks ----------------------------------------------------------------------------------------------------------


def _no_answer() -> datetime:
    raise OSError("no answer")


def _leaving() -> datetime:
    raise SystemExit("no clock")


@pytest.mark.parametrize(
    ("clock", "words"),
    [
        (_no_answer, "the clock has no answer but OSError"),
        (_leaving, "the clock has no answer but SystemExit"),
        (lambda: after(0).replace(tzinfo=None), "the clock gives no time with a zone"),
    ],
)
def test_a_clock_without_an_answer_halts_and_keeps_no_input_out(clock: Callable[[], datetime], words: str) -> None:
    shop = Shop()
    told: list[Callable[[], datetime]] = [shop.now]
    shop.agent = Agent(
        rules=RULES,
        memory=shop.memory,
        policy=OPEN_POLICY,
        actuators=[shop.hands],
        live=True,
        alarm=shop.alarms.append,
        now=lambda: told[0](),
    )
    told[0] = clock
    for n in range(2):
        shop.agent.handle(call(50 + n, 12 + n))
        assert list(shop.memory.read("journal", id=call(50 + n, 12 + n).id))
    shop.agent.drain()
    assert shop.hands.actions == ()
    assert shop.alarms == [f"migro: automation is halted: {words}"]

    told[0] = shop.now
    shop.agent.resume(by="Ada", why="it answers again")
    shop.agent.handle(call(60, 20))
    assert shop.agent.halted == ""


def test_a_clock_that_creeps_back_has_gone_back() -> None:
    shop = Shop()
    for n in range(9):
        shop.seconds -= 40 * bool(n)
        shop.agent.handle(call(50 + n, 12 + n))

    assert len(shop.alarms) == 1
    assert shop.agent.halted == "the clock went back from 2026-03-01 09:00:10 to 2026-03-01 08:58:50 UTC"


@pytest.mark.parametrize(
    ("by", "why"), [("Ada", "\u200b"), ("Ada", "\x00"), ("Ada", "\u3164 "), ("migro", "seen to"), ("MI\u200bGRO", "x")]
)
def test_nothing_that_can_be_read_is_no_reason_and_migro_is_no_person(by: str, why: str) -> None:
    shop = Shop()
    with pytest.raises(InputError, match="expected"):
        shop.agent.halt(by=by, why=why)
    assert shop.agent.halted == ""
    shop.disagree()
    with pytest.raises(InputError, match="expected"):
        shop.agent.resume(by=by, why=why)
    assert shop.agent.halted != ""


def test_a_person_resumes_past_an_input_that_is_dated_ahead_until_another_one_is() -> None:
    shop = Shop()
    clock = Given(10)
    runtime = Runtime(shop.agent, clock=clock)
    shop.agent.handle(call(50, 86_400))
    for n in range(3):
        runtime.round()
        assert shop.agent.halted.startswith("inputs are dated") is (n == 0)
        shop.seconds += 60
        shop.agent.resume(by="Ada", why=f"seen to {n}")
    assert len(shop.alarms) == 1

    shop.agent.handle(call(51, 2 * 86_400))
    runtime.round()
    assert shop.agent.halted.startswith("inputs are dated")
    assert len(shop.alarms) == 2


def test_a_store_that_refuses_a_lease_halts_and_is_told() -> None:
    shop = Shop()
    shop.memory.full = True
    with pytest.raises(StoreUnavailable):
        shop.agent.drain()

    assert shop.agent.halted == UNWRITABLE
    assert len(shop.alarms) == 1
    assert shop.hands.actions == ()


# --- inputs that cannot be thought about -----------------------------------------------------------------------------


def stumble(monkeypatch: pytest.MonkeyPatch, over: str, error: BaseException) -> None:
    """Let the fold raise over one signal."""
    advance = Fold.advance

    def stumbling(self: Fold, state: State, seq: int, item: Input) -> Step:
        if isinstance(item, SignalReceived) and item.signal.id == over:
            raise error
        return advance(self, state, seq, item)

    monkeypatch.setattr(Fold, "advance", stumbling)


def halts(shop: Shop) -> list[PersonActed]:
    said = (e.input for e in shop.memory.read("journal", partition="platform"))
    return [s for s in said if isinstance(s, PersonActed) and s.verb == "halt"]


def test_code_that_leaves_while_migro_thinks_halts_and_ends_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    shop, signal = Shop(), call(70, 20)
    stumble(monkeypatch, signal.id, SystemExit("bye"))

    assert shop.agent.handle(signal) == ()
    assert "internal error at merchant:m_1" in shop.agent.halted
    assert [e.failed for e in shop.memory.read("journal", id=signal.id)] == [True]


def test_a_halt_for_an_input_that_is_dated_ahead_takes_the_platform_nowhere(monkeypatch: pytest.MonkeyPatch) -> None:
    shop = Shop()
    shop.agent = Agent(rules=RULES, memory=shop.memory, policy=OPEN_POLICY, alarm=shop.alarms.append)
    ahead = call(70, 400 * 86_400, merchant="m_9")
    stumble(monkeypatch, ahead.id, LookupError())
    shop.agent.handle(call(69, 20))
    before = shop.agent.times()["platform"]
    shop.agent.handle(ahead)

    assert shop.agent.halted
    assert shop.agent.times()["platform"] - before < timedelta(seconds=1)


def test_a_person_who_halts_dates_nothing_by_a_merchant_that_is_ahead() -> None:
    agent = Agent(rules=RULES, memory=Disk(), policy=OPEN_POLICY)
    agent.handle(call(1, 20))
    agent.handle(call(2, 400 * 86_400, merchant="m_9"))
    before = agent.times()["platform"]
    agent.halt(by="Ada", why="cutover")
    agent.set_mode(None, by="Ada", why="as before")
    agent.resume(by="Ada", why="done")

    assert agent.times()["platform"] - before < timedelta(seconds=1)
    assert (agent.halted, agent.halts()) == ("", {})


def test_an_input_that_fails_again_after_a_resumption_halts_again(monkeypatch: pytest.MonkeyPatch) -> None:
    class Refusing(Disk):
        refuses = 0

        def commit(self, partition: str, expected: int, steps: Sequence[StepRecord]) -> None:
            if self.refuses and partition != "platform":
                self.refuses -= 1
                raise StoreUnavailable("expected a disk, got none")
            super().commit(partition, expected, steps)

    shop, signal = Shop(), call(70, 20)
    shop.memory = memory = Refusing()
    shop.agent = Agent(
        rules=RULES, memory=memory, policy=OPEN_POLICY, alarm=lambda text: None, now=shop.now, halt_on_outage=False
    )
    shop.agent.handle(call(69, 20))
    stumble(monkeypatch, signal.id, LookupError())
    memory.refuses = 2
    for n in range(2):
        with pytest.raises(StoreUnavailable):
            shop.agent.handle(signal) if n == 0 else shop.agent.handle(call(71, 21))
        assert len(halts(shop)) == 1, "while it stands it is one halt"
    shop.agent.resume(by="Ada", why="the disk is there")
    shop.agent.handle(call(72, 22))

    assert "internal error" in shop.agent.halted
    assert len(halts(shop)) == 2


# --- decisions that these rules would not have made -------------------------------------------------------------------


def contradicted(monkeypatch: pytest.MonkeyPatch) -> Shop:
    """A shop in which code that stumbles over what it once decided by has been started."""
    shop = Shop()
    shop.seconds = 30
    stumble(monkeypatch, sure()[3].id, LookupError())
    shop.agent = shop.start()
    shop.agent.handle(call(60, 30))
    shop.agent.handle(probe(61, 31))
    return shop


def test_a_partition_whose_records_say_otherwise_stays_halted_and_says_why(monkeypatch: pytest.MonkeyPatch) -> None:
    shop = contradicted(monkeypatch)
    (why,) = [text for text in shop.alarms if "not what stands in the memory" in text]

    assert "what is decided at merchant:m_1 after number " in why
    assert "expected decisions with new ids, got one that is stored" in why
    assert shop.agent.halts()["merchant:m_1"] in why
    assert shop.agent.halted
    found = {c.name: c for c in examined(shop.agent, after(40)).checks}
    assert not found["breaker"].ok
    assert "merchant:m_1: what is decided at merchant:m_1" in found["breaker"].why
    stuck = overdue(shop.memory, now=after(3600), older_than=timedelta(minutes=5))
    assert ("input", "merchant:m_1") in {(one.what, one.partition) for one in stuck}
    assert [one for one in stuck if one.what == "halt" and "merchant:m_1" in one.why]


def test_others_go_on_and_nothing_of_what_comes_in_is_lost_where_records_say_otherwise(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    shop = contradicted(monkeypatch)
    shop.agent.resume(by="Ada", why="it is known; the others shall go on")
    kept = len(list(shop.memory.read("journal", partition="merchant:m_1")))
    for n in range(3):
        shop.agent.tick(after(40 + n))
        think_about(shop.agent, after(40 + n))
        assert shop.agent.process(call(80 + n, 40 + n)).disposition is None
    others = [*(call(90 + n, 50 + n, merchant="m_2") for n in range(3)), probe(95, 53, merchant="m_2")]
    decided = [d for s in others for d in shop.agent.handle(s)]
    done = shop.agent.drain()

    assert shop.agent.halted == ""
    assert {d.partition for d in decided} == {"merchant:m_2"}
    assert {a.partition for a in done} == {"merchant:m_2"}
    assert len(list(shop.memory.read("journal", partition="merchant:m_1"))) == kept + 3, "time alone is not kept"


def test_what_was_kept_is_thought_about_when_the_code_is_mended(monkeypatch: pytest.MonkeyPatch) -> None:
    shop = contradicted(monkeypatch)
    monkeypatch.undo()
    shop.agent = shop.start()
    shop.agent.resume(by="Ada", why="mended")
    shop.agent.tick(after(120))

    assert not [e for e in shop.memory.read("journal", partition="merchant:m_1") if not e.done]
    assert shop.agent.halts() == {}
    assert replay(shop.memory, Fold(RULES, OPEN_POLICY)).differences == ()


# --- an alarm that is out of order -----------------------------------------------------------------------------------


@pytest.mark.parametrize("error", [OSError("no network"), SystemExit()])
def test_an_alarm_that_raises_ends_nothing_and_its_line_is_logged(
    error: BaseException, caplog: pytest.LogCaptureFixture
) -> None:
    def alarm(text: str) -> None:
        raise error

    hands = RecordingActuator(["tag"])
    agent = Agent(rules=RULES, memory=Disk(), policy=OPEN_POLICY, actuators=[hands], live=True, alarm=alarm)
    for signal in sure():
        agent.handle(signal)
    assert {a.kind: a.status.value for a in agent.drain()} == {"notify": "failed", "tag": "succeeded"}
    agent.trip("engines disagree")

    assert agent.halted == "engines disagree"
    critical = [r.getMessage() for r in caplog.records if r.levelname == "CRITICAL"]
    assert [text for text in critical if "automation is halted: engines disagree" in text]
    assert [text for text in critical if "no actuator for 'notify'" in text]


class Killed(BaseException):
    """What ends a process between two statements."""


class Last(VolatileMemory):
    """A memory after whose next word of a kind the process is killed."""

    after: Callable[[Input], bool] = staticmethod(lambda item: False)

    def accept(self, partition: str, inputs: Sequence[Input]) -> tuple[Accepted, ...]:
        accepted = super().accept(partition, inputs)
        if any(self.after(item) for item in inputs):
            raise Killed
        return accepted


def test_whoever_is_killed_when_a_result_or_a_halt_is_stored_has_told_it_before() -> None:
    alarms, memory = list[str](), Last()
    hands = RecordingActuator(["tag"])
    agent = Agent(rules=RULES, memory=memory, policy=OPEN_POLICY, actuators=[hands], live=True, alarm=alarms.append)
    for signal in sure():
        agent.handle(signal)
    memory.after = lambda item: isinstance(item, ActionFinished) and item.result.status == "failed"
    with pytest.raises(Killed):
        agent.drain()
    assert [text for text in alarms if "no actuator for 'notify'; a person has to see to it" in text]

    memory.after = lambda item: isinstance(item, PersonActed)
    with pytest.raises(Killed):
        agent.trip("engines disagree")
    assert alarms[-1] == "migro: automation is halted: engines disagree"
