"""
The shell around the fold: recall, accept, advance, commit.

Accepting and committing are two transactions on purpose: whatever thinking does, an accepted signal is stored.
"""

from __future__ import annotations

import threading
import traceback
from collections import deque
from collections.abc import Callable, Iterable
from datetime import datetime
from pathlib import Path
from typing import Any

import attrs

from ..decide import Policy
from ..errors import Conflict
from ..models import (
    Accepted,
    Action,
    ActionDue,
    ActionFinished,
    ActionStarted,
    ActionStatus,
    ConfigChanged,
    Decision,
    Disposition,
    Input,
    PersonActed,
    Signal,
    SignalReceived,
    StepRecord,
    Tick,
    from_microseconds,
)
from ..ports import Actuator, Alarm, Memory, Source
from ..rules import Rule, RuleSet
from .dispatch import DryRun, Hands, Live
from .fold import PLATFORM, Fold, Step, partition_of
from .state import State

__all__ = ["Agent", "Processed"]


@attrs.frozen(kw_only=True)
class Processed:
    """
    What became of one signal.

    Attributes:
        partition, seq: Its place in the journal.
        disposition: Its one disposition; None when another writer consumed it.
        decisions: Every decision that its step made.
    """

    partition: str
    seq: int
    signal: Signal
    disposition: Disposition | None
    decisions: tuple[Decision, ...]


class Agent:
    """
    Observe, verify, reason, decide, act, remember; one object per process and memory.

    Args:
        rules: A rule set, or rules.
        memory: Where everything is kept. There is no default: forgetting silently is none.
        actuators: Hands; used only when `live`.
        policy: Modes, allow-list and times; the default is safe.
        live: Whether actions are executed. False is dry run: they end as `simulated`.
        alarm: Called with one line when automation halts; needs neither memory nor actuators.
        now: The time for inputs that migro itself writes. Default: the time of the partition's newest input.

    Safe to use from several threads; they take turns.
    """

    def __init__(
        self,
        *,
        rules: RuleSet | Iterable[Rule[Any]],
        memory: Memory,
        actuators: Iterable[Actuator] = (),
        policy: Policy | None = None,
        live: bool = False,
        alarm: Alarm | None = None,
        now: Callable[[], datetime] | None = None,
    ) -> None:
        ruleset = rules if isinstance(rules, RuleSet) else RuleSet("host", *rules)
        self.fold = Fold(ruleset, policy)
        self.memory = memory
        self._actuators = tuple(actuators)
        self._hands: Hands = Live(self._actuators) if live else DryRun()
        self._alarm = alarm
        self._now = now
        self._states: dict[str, State] = {}
        self._planned: deque[str] | None = None
        self._lock = threading.RLock()

    # --- signals ------------------------------------------------------------------------------------------------

    def handle(self, signal: Signal) -> tuple[Decision, ...]:
        """
        Take a signal in and return the decisions it led to: none for most signals.

        When this returns, the signal and everything decided about it is stored. Nothing waits on the network;
        call `drain` to execute what was planned.

        Raises:
            StoreUnavailable: If the memory could not take it. Nothing of it is stored then, so offer it again.
        """
        return self.process(signal).decisions

    def process(self, signal: Signal) -> Processed:
        """Do what `handle` does, and return the signal's place and disposition as well."""
        partition = partition_of(signal)
        with self._lock:
            item = SignalReceived(at=signal.received_at, signal=signal)
            accepted, records = self._take(partition, item)
            own = next((r for r in records if r.seq == accepted.seq), None)
            return Processed(
                partition=partition,
                seq=accepted.seq,
                signal=signal,
                disposition=own.disposition if own else None,
                decisions=tuple(d for r in records for d in r.decisions),
            )

    def run(self, source: Source | Iterable[Signal]) -> tuple[Decision, ...]:
        """
        Handle every signal of a source in order, with time passing for all merchants, then `drain`.

        Returns every decision made, in order.
        """
        decisions: list[Decision] = []
        for signal in source.signals() if isinstance(source, Source) else source:
            decisions += self.tick(signal.received_at)
            decisions += self.handle(signal)
        self.drain()
        return tuple(decisions)

    def tick(self, at: datetime) -> tuple[Decision, ...]:
        """Let time pass: fire what is due at or before `at` in the partitions this agent has loaded."""
        decisions: list[Decision] = []
        with self._lock:
            for partition in sorted(self._states):
                due = self.fold.next_due(self._states[partition])
                if due is not None and due <= at:
                    _, records = self._take(partition, Tick(at=at))
                    decisions += [d for r in records for d in r.decisions]
        return tuple(decisions)

    def tell(self, partition: str, item: Input) -> tuple[Decision, ...]:
        """Give the fold an input that is no signal, such as what a person did, and return the decisions it led to."""
        with self._lock:
            _, records = self._take(partition, item)
            return tuple(d for r in records for d in r.decisions)

    # --- actions ------------------------------------------------------------------------------------------------

    @property
    def live(self) -> bool:
        """Whether actions are executed; false in dry run."""
        return self._hands.live

    @property
    def halted(self) -> str:
        """Why automation is halted; empty when it is not."""
        with self._lock:
            return self._state(PLATFORM).halted

    def drain(self) -> tuple[Action, ...]:
        """
        Execute what is planned and return the actions that were tried, with their results as status.

        In dry run they end as `simulated`. While automation is halted nothing is tried.
        """
        done: list[Action] = []
        with self._lock:
            if self._planned is None:
                begun = (ActionStatus.PLANNED, ActionStatus.STARTED)
                self._planned = deque(a.idempotency_key for a in self.memory.read("actions") if a.status in begun)
            while self._planned and not self.halted:
                key = self._planned.popleft()
                action = next(iter(self.memory.read("actions", id=key)), None)
                if action is not None and (tried := self._execute(action)) is not None:
                    done.append(tried)
        return tuple(done)

    def _execute(self, action: Action) -> Action | None:
        partition, key = action.partition, action.idempotency_key
        if action.status is ActionStatus.PLANNED:
            self.tell(partition, ActionDue(at=self._time(partition), key=key))
            if self._status(key) is not ActionStatus.PLANNED:
                return None
            self.tell(partition, ActionStarted(at=self._time(partition), key=key))
        # What was started before a crash is tried again: the receiver knows it by its key.
        if self._status(key) is not ActionStatus.STARTED:
            return None
        result = self._hands.execute(action)
        self.tell(partition, ActionFinished(at=self._time(partition), key=key, result=result))
        return next(iter(self.memory.read("actions", id=key)), None)

    def _status(self, key: str) -> ActionStatus | None:
        return next((a.status for a in self.memory.read("actions", id=key)), None)

    def resume(self, *, by: str, why: str) -> None:
        """Let automation go on after a halt; who and why are recorded."""
        with self._lock:
            for partition in sorted({PLATFORM, *(p for p, s in self._states.items() if s.halted)}):
                self.tell(partition, PersonActed(at=self._time(partition), verb="resume", by=by, why=why))

    # --- the loop -----------------------------------------------------------------------------------------------

    def _take(self, partition: str, item: Input) -> tuple[Accepted, list[StepRecord]]:
        """Accept an input, consume everything pending up to it, and return what the steps left behind."""
        self._configure(partition, item.at)
        accepted = self.memory.accept(partition, (item,))
        if not accepted:
            return Accepted(seq=0, input=item), []
        return accepted[-1], self._consume(partition, accepted)

    def _consume(self, partition: str, accepted: tuple[Accepted, ...]) -> list[StepRecord]:
        records: list[StepRecord] = []
        state = self._state(partition)
        if accepted[0].seq != state.seq + 1:
            # Somebody else's inputs are in between: take the whole rest from the journal.
            accepted = tuple(
                Accepted(seq=e.seq, input=e.input) for e in self.memory.load(partition) if e.seq > state.seq
            )
        for one in accepted:
            try:
                records += self._step(partition, one)
            except Conflict:
                # Another writer consumed it first; its step stands, and the state is recalled from the journal.
                del self._states[partition]
                self._state(partition)
        return records

    def _step(self, partition: str, accepted: Accepted) -> list[StepRecord]:
        state = self._state(partition)
        expected = state.seq
        try:
            step = self.fold.advance(state, accepted.seq, accepted.input)
        except Exception as e:  # noqa: BLE001  # an internal error stops automation; it never stops accepting
            return self._fail(partition, accepted, expected, e)
        try:
            self.memory.commit(partition, expected, step.record)
        except BaseException:
            # The state has moved on and the store has not: forget the state, the journal has everything.
            self._states.pop(partition, None)
            raise
        self._after(step)
        return [step.record]

    def _after(self, step: Step) -> None:
        if self._planned is not None:
            self._planned.extend(
                a.idempotency_key for a in step.record.actions if a.status is ActionStatus.PLANNED
            )
        if step.record.emitted:
            self._consume_pending(PLATFORM)

    def _consume_pending(self, partition: str) -> None:
        state = self._state(partition)
        pending = tuple(
            Accepted(seq=e.seq, input=e.input) for e in self.memory.load(partition) if e.seq > state.seq
        )
        if pending:
            self._consume(partition, pending)

    def _fail(self, partition: str, accepted: Accepted, expected: int, error: Exception) -> list[StepRecord]:
        """Record that an input could not be thought about, halt automation and tell the operator."""
        why = f"internal error at {partition} number {accepted.seq}: {type(error).__name__} in {_place(error)}"
        self._states.pop(partition, None)
        signal = accepted.input.signal.id if isinstance(accepted.input, SignalReceived) else ""
        record = StepRecord(
            seq=accepted.seq,
            disposition=Disposition(signal=signal, name="failed", reason=why),
        )
        self.memory.commit(partition, expected, record)
        if self._alarm is not None:
            self._alarm(f"migro: automation is halted: {why}")
        records = [record]
        halt = PersonActed(at=accepted.input.at, verb="halt", by="migro", why=why)
        if not (isinstance(accepted.input, PersonActed) and accepted.input.by == "migro"):
            for where in (partition, PLATFORM) if partition != PLATFORM else (PLATFORM,):
                for one in self.memory.accept(where, (halt,)):
                    records += self._consume(where, (one,))
        return records

    # --- recall -------------------------------------------------------------------------------------------------

    def _state(self, partition: str) -> State:
        """Return the partition's state, folding its journal when this agent has not loaded it yet."""
        if partition in self._states:
            return self._states[partition]
        state = self.fold.start(partition)
        for entry in self.memory.load(partition):
            if not entry.done:
                break
            if entry.failed:
                state = self.fold.skip(state, entry.seq)
            else:
                state = self.fold.advance(state, entry.seq, entry.input).state
        self._states[partition] = state
        self._consume_pending(partition)
        return self._states[partition]

    def _configure(self, partition: str, at: datetime) -> None:
        """Journal the rules and policy in force, once for each change."""
        fold = self.fold
        state = self._state(partition)
        current = ConfigChanged(
            at=at, ruleset=fold.ruleset.version, policy=fold.policy.version, mode=fold.policy.mode
        )
        if state.config != current.fingerprint:
            for one in self.memory.accept(partition, (current,)):
                self._consume(partition, (one,))

    def _time(self, partition: str) -> datetime:
        return self._now() if self._now is not None else from_microseconds(self._state(partition).now)


def _place(error: Exception) -> str:
    """Return file and line where an error was raised: no text of it, which could quote a payload."""
    frames = traceback.extract_tb(error.__traceback__)
    return f"{Path(frames[-1].filename).name}:{frames[-1].lineno}" if frames else "an unknown place"
