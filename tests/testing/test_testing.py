"""What ships for testing works without pytest, and the contracts notice what is wrong."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import UTC, datetime, timedelta, timezone
from types import SimpleNamespace
from typing import Any

import attrs
import pytest

from migro.act import RecordingActuator
from migro.errors import ConfigurationError
from migro.models import (
    Action,
    ActionResult,
    Capability,
    Decision,
    Input,
    Issue,
    JournalEntry,
    Link,
    Parameters,
    Risk,
    SignalReceived,
    Standing,
    StepRecord,
)
from migro.models.steps import Accepted
from migro.ports import Actuator, Clock, Memory
from migro.remember import VolatileMemory
from migro.testing import (
    START,
    ActuatorContract,
    DeclaringActuatorContract,
    FixedClock,
    LeasesContract,
    LedgerContract,
    MemoryContract,
    sample_action,
    sample_decision,
    sample_explanation,
    sample_issue,
    sample_signal,
    sample_step,
)
from tests.conftest import RunPython


def test_it_is_imported_without_any_test_tool(run_python: RunPython) -> None:
    program = "import sys, migro.testing; print(sorted({'pytest', 'hypothesis', '_pytest'} & set(sys.modules)))"

    assert run_python("-c", program).stdout == "[]\n"


# clock


def test_a_fixed_clock_stands_still_until_it_is_moved() -> None:
    clock = FixedClock(START)

    assert isinstance(clock, Clock)
    assert [clock.now(), clock.now()] == [START, START]
    assert clock.advance(timedelta(minutes=5)) == clock.now() == START + timedelta(minutes=5)


def test_a_fixed_clock_shows_utc() -> None:
    east = datetime(2026, 3, 1, 10, tzinfo=timezone(timedelta(hours=1)))

    assert FixedClock(east).now().tzinfo is UTC
    assert FixedClock(east).now() == START


def test_a_clock_without_a_zone_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="expected a time with a zone"):
        FixedClock(START.replace(tzinfo=None))


def test_a_clock_does_not_run_backwards() -> None:
    with pytest.raises(ConfigurationError, match="expected a time to come"):
        FixedClock().advance(timedelta(seconds=-1))


# samples


@pytest.mark.parametrize("make", [sample_action, sample_decision, sample_explanation, sample_issue])
def test_a_sample_is_a_complete_record(make: Callable[[], Any]) -> None:
    record = make()

    assert type(record).from_json(record.json_line()) == record


def test_another_number_is_another_signal() -> None:
    assert sample_signal(1) == sample_signal(1)
    assert sample_signal(1).id != sample_signal(2).id


def test_a_sample_takes_the_fields_that_matter() -> None:
    assert sample_issue(points=99).points == 99
    assert sample_step(3, decisions=()) == attrs.evolve(sample_step(3), decisions=())


# contracts


def passes(test: Callable[..., None], subject: object) -> bool:
    try:
        test(subject)
    except AssertionError:
        return False
    return True


def methods_of(contract: object) -> dict[str, Callable[..., None]]:
    return {n: m for n, m in inspect.getmembers(contract, inspect.ismethod) if n.startswith("test_")}


class Altered:
    """A memory that does its work, but for one flaw."""

    def __init__(self) -> None:
        self.inner = VolatileMemory()

    def accept(self, partition: str, inputs: Sequence[Input]) -> tuple[Accepted, ...]:
        return self.inner.accept(partition, inputs)

    def load(self, partition: str, after: int = 0) -> Iterator[JournalEntry]:
        return self.inner.load(partition, after)

    def commit(self, partition: str, expected: int, steps: Sequence[StepRecord]) -> None:
        self.inner.commit(partition, expected, steps)

    def read(self, what: Any, **narrow: Any) -> Any:
        return self.inner.read(what, **narrow)


class Forgetful(Altered):
    def commit(self, partition: str, expected: int, steps: Sequence[StepRecord]) -> None:
        super().commit(partition, expected, [attrs.evolve(s, emitted=()) for s in steps])


class BlindToVersions(Altered):
    def commit(self, partition: str, expected: int, steps: Sequence[StepRecord]) -> None:
        super().commit(partition, sum(e.done for e in self.inner.load(partition)), steps)


class OneByOne(Altered):
    def commit(self, partition: str, expected: int, steps: Sequence[StepRecord]) -> None:
        for n, step in enumerate(steps):
            super().commit(partition, expected + n, [step])


class Unforgetting(Altered):
    def commit(self, partition: str, expected: int, steps: Sequence[StepRecord]) -> None:
        super().commit(partition, expected, [attrs.evolve(s, erasure=None) for s in steps])


class BlindToWhatIsOver(Altered):
    def read(self, what: Any, **narrow: Any) -> Any:
        return super().read(what, **narrow | {"pending": False})


class BlindToDuplicates(Altered):
    def accept(self, partition: str, inputs: Sequence[Input]) -> tuple[Accepted, ...]:
        taken = super().accept(partition, inputs)
        return tuple(
            attrs.evolve(a, input=a.input.model_copy(update={"duplicate_of": None}))
            if isinstance(a.input, SignalReceived)
            else a
            for a in taken
        )


class Disorderly(Altered):
    def read(self, what: Any, **narrow: Any) -> Any:
        return iter(list(super().read(what, **narrow))[::-1])


@pytest.mark.parametrize(
    "flawed", [Forgetful, BlindToVersions, OneByOne, Unforgetting, BlindToWhatIsOver, BlindToDuplicates, Disorderly]
)
def test_the_memory_contract_notices_a_flaw(flawed: type[Altered]) -> None:
    verdicts = {name: passes(test, flawed()) for name, test in methods_of(MemoryContract()).items()}

    assert verdicts["test_it_keeps_the_port"]
    assert not all(verdicts.values())


def test_the_memory_contract_is_kept_by_a_memory_without_a_flaw() -> None:
    assert all(passes(test, Altered()) for test in methods_of(MemoryContract()).values())
    assert isinstance(Altered(), Memory)


class WithLedger(VolatileMemory):
    """A memory whose chain has one flaw."""

    def __init__(self, flaw: Callable[[list[Link]], Iterable[Link]]) -> None:
        super().__init__()
        self.flaw = flaw

    def links(self, partition: str) -> Iterator[Link]:
        return iter(self.flaw(list(super().links(partition))))


@pytest.mark.parametrize(
    "flaw",
    [
        lambda links: links[::-1],
        lambda links: links[1:],
        lambda links: [k for k in links if k.what != "step"],
        lambda links: [attrs.evolve(k, payload=(k.payload or b"") + b" ") for k in links],
        lambda links: [attrs.evolve(k, salt="00" * 16) for k in links],
        lambda links: [attrs.evolve(k, seq=k.seq + 1) for k in links],
    ],
)
def test_the_ledgers_contract_notices_a_flaw(flaw: Callable[[list[Link]], Iterable[Link]]) -> None:
    assert not all(passes(test, WithLedger(flaw)) for test in methods_of(LedgerContract()).values())


def test_the_ledgers_contract_is_kept_by_a_memory_without_a_flaw() -> None:
    assert all(passes(test, WithLedger(lambda links: links)) for test in methods_of(LedgerContract()).values())


class Generous(VolatileMemory):
    def acquire(self, name: str, holder: str, seconds: int) -> bool:
        return super().acquire(name, holder, seconds) or True


class Mean(VolatileMemory):
    def release(self, name: str, holder: str) -> None:
        """Keep it."""


@pytest.mark.parametrize(("leases", "right"), [(Generous, False), (Mean, False), (VolatileMemory, True)])
def test_the_contract_of_leases_notices_a_flaw(leases: type[VolatileMemory], right: bool) -> None:
    assert all(passes(test, leases()) for test in methods_of(LeasesContract()).values()) is right


class RecordingContract(ActuatorContract):
    def effects(self, actuator: Actuator) -> int:
        assert isinstance(actuator, Forward)
        return actuator.count


class Forward:
    """An actuator that counts, and forgets what it did if it was told to."""

    def __init__(self, *, forgets: bool) -> None:
        self.count, self.forgets, self.known = 0, forgets, set[str]()

    @property
    def kinds(self) -> frozenset[str]:
        return frozenset({"notify"})

    def execute(self, action: Action) -> ActionResult:
        if self.forgets or action.idempotency_key not in self.known:
            self.count += 1
            self.known.add(action.idempotency_key)
        return ActionResult(status="succeeded")


def test_the_actuator_contract_notices_who_acts_twice() -> None:
    verdicts = {n: passes(t, Forward(forgets=True)) for n, t in methods_of(RecordingContract()).items()}

    assert {n for n, passed in verdicts.items() if not passed} == {"test_the_same_key_never_acts_twice"}


def test_the_actuator_contract_is_kept_by_who_acts_once() -> None:
    assert all(passes(t, Forward(forgets=False)) for t in methods_of(RecordingContract()).values())


def test_the_actuator_contract_asks_how_effects_are_counted() -> None:
    with pytest.raises(NotImplementedError, match="has to say how effects are counted"):
        ActuatorContract().effects(RecordingActuator(["notify"]))


def test_records_are_what_they_say() -> None:
    step = sample_step(2)

    assert isinstance(step.issues[0], Issue)
    assert isinstance(step.decisions[0], Decision)
    assert step.actions[0].decision == step.decisions[0].id


class Looking:
    """Hands that declare one kind, and look whether what they did has helped, with one flaw or none."""

    kinds = frozenset({"notify"})

    def __init__(self, flaw: str) -> None:
        self.flaw, self.acted, self.done = flaw, 0, set[str]()

    @property
    def capabilities(self) -> dict[str, Capability]:
        one = Capability(
            kind="notify",
            risk=Risk.R0,
            parameters=Text,
            idempotency="check",
            reversible=True,
            verify_after=timedelta(minutes=5),
        )
        return {"notify": one}

    def execute(self, action: Action) -> ActionResult:
        if problem := self.capabilities["notify"].problem(action):
            return ActionResult(status="failed", detail=problem)
        self.acted += action.idempotency_key not in self.done
        self.done.add(action.idempotency_key)
        return ActionResult(status="succeeded")

    def check(self, action: Action) -> Standing:
        return "done" if action.idempotency_key in self.done else "not_done"

    def verify(self, action: Action) -> Any:
        self.acted += self.flaw == "acts" or (self.flaw == "acts later" and bool(self.done))
        return "yes" if self.flaw == "own words" else "helped"


class Text(Parameters):
    text: str = ""


class LookingContract(DeclaringActuatorContract):
    def effects(self, actuator: Any) -> int:
        return int(actuator.acted)


@pytest.mark.parametrize(("flaw", "noticed"), [("", False), ("acts", True), ("acts later", True), ("own words", True)])
def test_looks_that_act_or_speak_in_words_of_their_own_are_noticed(flaw: str, noticed: bool) -> None:
    failed = [name for name, test in methods_of(LookingContract()).items() if not passes(test, Looking(flaw))]

    look = "test_a_look_whether_it_has_helped_changes_nothing_and_answers_in_known_words"
    assert failed == ([look] if noticed else [])


def test_an_actuator_that_asks_to_be_looked_at_and_cannot_look_is_noticed() -> None:
    hands = Looking("")
    blind = SimpleNamespace(
        kinds=hands.kinds, capabilities=hands.capabilities, execute=hands.execute, check=hands.check, acted=0
    )

    assert not passes(LookingContract().test_who_is_to_look_whether_it_has_helped_can, blind)
    assert passes(LookingContract().test_who_is_to_look_whether_it_has_helped_can, hands)
