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
from migro.errors import InputError, StoreUnavailable
from migro.models import Accepted, Input, JournalEntry, PersonActed, SignalReceived, StepRecord
from migro.remember import VolatileMemory
from migro.replay import replay
from tests.agent.world import OPEN_POLICY, RULES, after, call, sure


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


@pytest.mark.parametrize(
    ("clock", "words"),
    [
        (_no_answer, "the clock has no answer but OSError"),
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
