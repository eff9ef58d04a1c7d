"""
The shell around the fold: recall, accept, advance, commit.

Accepting and committing are two transactions on purpose: whatever thinking does, an accepted signal is stored.
"""

from __future__ import annotations

import logging
import threading
import traceback
from collections import deque
from collections.abc import Callable, Iterable
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

import attrs

from ..decide import Policy
from ..errors import Conflict, InputError, NotFound
from ..models import (
    Accepted,
    Action,
    ActionDue,
    ActionFinished,
    ActionResult,
    ActionStarted,
    ActionStatus,
    ConfigChanged,
    Decision,
    Disposition,
    Input,
    IssueStatus,
    PersonActed,
    RunMode,
    Signal,
    SignalReceived,
    SignalWithdrawn,
    StepRecord,
    Tick,
    from_microseconds,
)
from ..ports import Actuator, Alarm, Memory, Source
from ..reason import QUARANTINED
from ..rules import Rule, RuleSet
from .dispatch import DryRun, Hands, Live
from .fold import PLATFORM, Fold, Step, partition_of, partition_of_issue
from .journal import about, first_delivery, halts, known_withdrawal
from .state import State
from .wording import WHY_QUARANTINED

__all__ = ["Agent", "Processed"]

_OPEN = frozenset({ActionStatus.WAITING, ActionStatus.PLANNED, ActionStatus.STARTED})

_Records = list[tuple[str, StepRecord]]
"""What steps left behind, with their partitions."""


@attrs.frozen(kw_only=True)
class Processed:
    """
    What became of one signal, or of its withdrawal.

    Attributes:
        partition, seq: The place in the journal, of the signal or of its withdrawal.
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
        alarm: Called with one line when automation halts, and once when a rule is quarantined; needs neither memory nor
            actuators. Default: the critical
            level of the logger ``migro``, which Python prints to standard error unless it is told otherwise.
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
        self._hands: Hands = Live(actuators) if live else DryRun()
        self._alarm: Alarm = alarm or logging.getLogger("migro").critical
        self._now = now
        self._states: dict[str, State] = {}
        self._quarantined: set[str] = set()
        self._planned: deque[str] | None = None
        self._loaded_open = False
        self._lock = threading.RLock()
        self._draining = threading.RLock()

    # --- signals ------------------------------------------------------------------------------------------------

    def handle(self, signal: Signal) -> tuple[Decision, ...]:
        """
        Take a signal in and return the decisions it led to: none for most signals.

        When this returns, the signal and everything decided about it is stored. Nothing waits on the network;
        call `drain` to execute what was planned.

        Raises:
            StoreUnavailable: If the memory failed. Offer the signal again: what was stored of it is then known as
                a first delivery, and its decisions are returned.
        """
        return self.process(signal).decisions

    def process(self, signal: Signal) -> Processed:
        """Do what `handle` does, and return the signal's place and disposition as well."""
        if not isinstance(signal, Signal):
            raise InputError(f"expected a Signal, got {type(signal).__name__}: Signal.from_data(...) reads parsed JSON")
        partition = partition_of(signal)
        with self._lock:
            seq, records = self._take(partition, SignalReceived(at=signal.received_at, signal=signal))
            own = next((r for where, r in records if where == partition and r.seq == seq), None)
            return Processed(
                partition=partition,
                seq=seq,
                signal=signal,
                disposition=own.disposition if own else None,
                decisions=_decisions(records),
            )

    def withdraw(self, signal: str, *, by: str, reason: str) -> Processed:
        """
        Take a signal back, by its id: what rests on it is judged anew, as if it had never come.

        Nothing that has happened is undone; the decisions this leads to say what rested on the signal. A signal
        can be withdrawn for 60 minutes from its receipt: `disposition` then says `too_late` and nothing changes.
        The same withdrawal twice is one.

        Args:
            by: Role or name of the person.
            reason: Why, for everybody who reads a decision that changed by it.

        Raises:
            NotFound: If the memory has no such signal; nothing is stored then.
        """
        with self._lock:
            partition, received, stored = first_delivery(self.memory, signal)
            at = self._time(partition)
            item = SignalWithdrawn(at=at, signal=signal, by=by, reason=reason, received_at=received.at)
            seq, records = self._take(partition, item)
            own = next((r.disposition for where, r in records if (where, r.seq) == (partition, seq)), None)
            if not seq:
                seq, own = known_withdrawal(self.memory, partition, item)
            decisions = _decisions(records)
            return Processed(partition=partition, seq=seq, signal=stored, disposition=own, decisions=decisions)

    def release_rule(self, rule: str, *, by: str, why: str) -> tuple[Decision, ...]:
        """
        Let a quarantined rule be judged again for every merchant, and return the decisions this led to.

        It is quarantined anew when its predicates go on raising.

        Raises:
            NotFound: If no rule of that id is quarantined.
        """
        decisions: list[Decision] = []
        with self._lock:
            self._load_what_is_open()
            told = [i for i in self.memory.read("issues") if i.kind == QUARANTINED.name and i.key == (rule,)]
            partitions = sorted({partition_of_issue(i) for i in told})
            for partition in partitions:
                self._catch_up(partition)
            waiting = [p for p in partitions if rule in self._state(p).engine.quarantined]
            if not waiting:
                raise NotFound(f"expected the id of a quarantined rule, found none: {rule!r}")
            for partition in waiting:
                at = self._later(partition)
                said = PersonActed(at=at, verb="release_rule", by=by, target=rule, why=why)
                decisions += self.tell(partition, said)
        return tuple(decisions)

    def run(self, source: Source | Iterable[Signal]) -> tuple[Decision, ...]:
        """
        Handle every signal of a source in order, with time passing for all merchants and actions done as they fall due.

        Returns every decision made, in order.
        """
        decisions: list[Decision] = []
        for signal in source.signals() if isinstance(source, Source) else source:
            made = (*self.tick(signal.received_at), *self.handle(signal))
            decisions += made
            if any(a.status is ActionStatus.PLANNED for d in made for a in d.actions):
                self.drain()
        self.drain()
        return tuple(decisions)

    def tick(self, at: datetime) -> tuple[Decision, ...]:
        """Let time pass: fire what is due at or before `at`, for every merchant with an open issue."""
        decisions: list[Decision] = []
        with self._lock:
            self._load_what_is_open()
            for partition in sorted(self._states):
                due = self.fold.next_due(self._state(partition))
                if due is not None and due <= at:
                    _, records = self._take(partition, Tick(at=at))
                    decisions += _decisions(records)
        return tuple(sorted(decisions, key=lambda d: (d.at, d.partition)))

    def tell(self, partition: str, item: Input) -> tuple[Decision, ...]:
        """Give the fold an input that is no signal, such as what a person did, and return the decisions it led to."""
        with self._lock:
            _, records = self._take(partition, item)
            return _decisions(records)

    # --- actions ------------------------------------------------------------------------------------------------

    @property
    def live(self) -> bool:
        """Whether actions are executed; false in dry run."""
        return self._hands.live

    @property
    def halted(self) -> str:
        """Why automation is halted; empty when it is not."""
        with self._lock:
            self._catch_up(PLATFORM)
            return self._state(PLATFORM).halted

    def drain(self) -> tuple[Action, ...]:
        """
        Execute what is planned and return the actions that were tried, with their results as status.

        In dry run they end as `simulated`. While automation is halted nothing is tried. Other threads go on handling
        signals while an actuator works.
        """
        tried: list[Action] = []
        with self._draining:
            try:
                self._catch_up(PLATFORM)
                while (key := self._next_planned()) is not None:
                    action = self._begin(key)
                    if action is not None:
                        tried.append(self._finish(action, self._hands.execute(action)))
            except BaseException:
                self._planned = None  # something is between two steps: read anew from the memory what is
                raise
        return tuple(tried)

    def _next_planned(self) -> str | None:
        with self._lock:
            if self._planned is None:
                begun = (ActionStatus.PLANNED, ActionStatus.STARTED)
                self._planned = deque(a.idempotency_key for a in self.memory.read("actions") if a.status in begun)
            return self._planned.popleft() if self._planned and not self._state(PLATFORM).halted else None

    def _begin(self, key: str) -> Action | None:
        """Ask the fold whether an action may start, and return it once its start is stored."""
        with self._lock:
            action = self._stored(key)
            if action is not None and action.status is ActionStatus.PLANNED:
                for step in (ActionDue, ActionStarted):
                    self.tell(action.partition, step(at=self._time(action.partition), key=key))
                action = self._stored(key)
            # What was started before a crash is tried again: the receiver knows it by its key.
            return action if action is not None and action.status is ActionStatus.STARTED else None

    def _finish(self, action: Action, result: ActionResult) -> Action:
        with self._lock:
            at = self._time(action.partition)
            self.tell(action.partition, ActionFinished(at=at, key=action.idempotency_key, result=result))
            return self._stored(action.idempotency_key) or action

    def _stored(self, key: str) -> Action | None:
        return next(iter(self.memory.read("actions", id=key)), None)

    def halt(self, *, by: str, why: str) -> None:
        """Stop automation for every merchant: nothing acts, and decisions say so, until a person resumes."""
        self._person_acted("halt", by=by, why=why)

    def set_mode(self, mode: RunMode | None, *, by: str, why: str) -> None:
        """
        Let automation go no further than `mode` for every merchant; None takes that back.

        It never goes further than the policy's mode, whatever is set here, and survives restarts.
        """
        self._person_acted("set_mode", by=by, why=why, mode=mode)

    def resume(self, *, by: str, why: str) -> None:
        """Let automation go on after a halt, wherever it was halted; who and why are recorded."""
        with self._lock:
            stopped = {e.partition for e in self.memory.read("journal") if e.failed or halts(e.input)} - {PLATFORM}
            # The platform comes after the merchants: until then nothing acts, even if this is interrupted. Then the
            # merchants once more: another process may have passed the halt on in between.
            for partition in (*sorted(stopped), PLATFORM, *sorted(stopped)):
                self._catch_up(partition)
                if self._state(partition).halted:
                    self.tell(partition, PersonActed(at=self._later(partition), verb="resume", by=by, why=why))
            self._planned = None

    def _person_acted(self, verb: Literal["halt", "set_mode"], **fields: Any) -> None:
        with self._lock:
            self._load_what_is_open()
            self.tell(PLATFORM, PersonActed(at=self._later(PLATFORM), verb=verb, **fields))
            for partition in sorted(self._states.keys() - {PLATFORM}):
                self._inherit(partition, self._later(partition))

    def _load_what_is_open(self) -> None:
        """Load what an earlier process left: its deadlines pass and people's words hold, whatever comes in."""
        if self._loaded_open:
            return
        left = {partition_of_issue(i) for i in self.memory.read("issues") if i.status is not IssueStatus.RESOLVED}
        left |= {a.partition for a in self.memory.read("actions") if a.status in _OPEN}
        for partition in sorted(left):
            self._state(partition)
        self._loaded_open = True

    def _later(self, partition: str) -> datetime:
        """Return a time after everything before, or a second equal act of a person would look like the first."""
        return max(self._time(partition), from_microseconds(self._state(partition).now + 1))

    # --- the loop -----------------------------------------------------------------------------------------------

    def _take(self, partition: str, item: Input) -> tuple[int, _Records]:
        """Accept an input, consume everything pending up to it, and return its number and what the steps left."""
        records = self._configure(partition, item.at)
        records += self._inherit(partition, item.at)
        accepted = self.memory.accept(partition, (item,))
        records += self._catch_up(partition, accepted)
        return accepted[-1].seq if accepted else 0, records

    def _configure(self, partition: str, at: datetime) -> _Records:
        """Journal the rules and policy in force, once for each change."""
        fold = self.fold
        state = self._state(partition)
        current = ConfigChanged(at=at, ruleset=fold.ruleset.version, policy=fold.policy.version, mode=fold.policy.mode)
        if state.config == current.fingerprint:
            return []
        return self._catch_up(partition, self.memory.accept(partition, (current,)))

    def _inherit(self, partition: str, at: datetime) -> _Records:
        """Journal what a person said to the platform, which is meant for every merchant: a halt, a lowered mode."""
        if partition == PLATFORM:
            return []
        self._catch_up(PLATFORM)
        above, state = self._state(PLATFORM), self._state(partition)
        said: list[PersonActed] = []
        if above.halted and not state.halted:
            said.append(PersonActed(at=at, verb="halt", by="migro", why=above.halted))
        if above.mode is not state.mode:
            said.append(PersonActed(at=at, verb="set_mode", by="migro", why="as told to the platform", mode=above.mode))
        return self._catch_up(partition, self.memory.accept(partition, said)) if said else []

    def _catch_up(self, partition: str, accepted: tuple[Accepted, ...] = ()) -> _Records:
        """
        Consume what is pending in a partition, then in the platform's where that is concerned.

        Args:
            accepted: What was accepted just now; without it the journal is asked.
        """
        with self._lock:
            records = self._consume(partition, accepted)
            if any(r.emitted or (r.disposition is not None and r.disposition.name == "failed") for _, r in records):
                records += self._consume(PLATFORM, ())
            return records

    def _consume(self, partition: str, accepted: tuple[Accepted, ...]) -> _Records:
        records: _Records = []
        while True:
            state = self._state(partition)
            if not accepted or accepted[0].seq != state.seq + 1:
                # Somebody else's inputs may be in between: take the whole rest from the journal.
                journal = self.memory.load(partition, state.seq)
                accepted = tuple(Accepted(seq=e.seq, input=e.input) for e in journal)
            try:
                records += [(partition, self._step(partition, one)) for one in accepted]
                return records
            except Conflict as e:
                if self._state(partition).seq <= e.expected:
                    raise  # nobody was first: the memory contradicts itself
                # Another writer consumed it first; its step stands, and what it has planned is read anew.
                accepted = ()

    def _step(self, partition: str, accepted: Accepted) -> StepRecord:
        state = self._state(partition)
        expected = state.seq
        try:
            step = self.fold.advance(state, accepted.seq, accepted.input)
        except Exception as e:  # an internal error stops automation; it never stops accepting
            return self._fail(partition, accepted, expected, e)
        record = step.record
        self._commit(partition, expected, record)
        for rule in self._newly_quarantined(step):
            found = f"rule {rule} is quarantined, first at {partition}: {WHY_QUARANTINED}"
            self._alarm(f"migro: {found}; nobody hears it until it is released")
        if self._planned is not None:
            self._planned.extend(a.idempotency_key for a in record.actions if a.status is ActionStatus.PLANNED)
        return record

    def _commit(self, partition: str, expected: int, record: StepRecord) -> None:
        try:
            self.memory.commit(partition, expected, record)
        except BaseException:
            # The state has moved on and the store perhaps has not: forget the state, the journal has everything.
            self._states.pop(partition, None)
            self._planned = None
            raise

    def _fail(self, partition: str, accepted: Accepted, expected: int, error: Exception) -> StepRecord:
        """Record that an input could not be thought about; automation halts with the same transaction."""
        self._states.pop(partition, None)
        why = f"internal error at {partition} number {accepted.seq}: {type(error).__name__} at {_raised_at(error)}"
        signal = about(accepted.input)
        record = StepRecord(seq=accepted.seq, disposition=Disposition(signal=signal, name="failed", reason=why))
        self._halt(accepted.input, why, lambda: self._commit(partition, expected, record))
        return record

    def _halt(self, item: Input, why: str, record: Callable[[], None]) -> None:
        """Halt automation everywhere, then record why; the operator is told whatever the memory does."""
        try:
            # First the halt: whatever happens after it, nothing acts any more.
            if not halts(item):
                self.memory.accept(PLATFORM, (PersonActed(at=item.at, verb="halt", by="migro", why=why),))
            record()
        finally:
            self._alarm(f"migro: automation is halted: {why}")

    # --- recall -------------------------------------------------------------------------------------------------

    def _state(self, partition: str) -> State:
        """Return the partition's state, folding what steps have consumed when this agent has not loaded it yet."""
        if partition not in self._states:
            self._states[partition] = self._recall(partition)
        return self._states[partition]

    def _recall(self, partition: str) -> State:
        skipped: set[int] = set()
        while True:
            state = self.fold.start(partition)
            for entry in self.memory.load(partition):
                if not entry.done:
                    return state
                if entry.failed or entry.seq in skipped:
                    state = self.fold.skip(state, entry.seq)
                    continue
                try:
                    step = self.fold.advance(state, entry.seq, entry.input)
                except Exception as e:  # other rules may stumble over what was fine; see `_step`
                    skipped.add(entry.seq)
                    kind = f"{type(e).__name__} at {_raised_at(e)}"
                    why = f"internal error at {partition} number {entry.seq} on recall: {kind}"
                    self._halt(entry.input, why, lambda: None)
                    break
                state = step.state
                self._newly_quarantined(step)
            else:
                return state

    def _newly_quarantined(self, step: Step) -> list[str]:
        """Return the rules that the operator has to hear of: what is broken is broken for every merchant."""
        self._quarantined.difference_update(step.released)
        new = [rule for rule in step.quarantined if rule not in self._quarantined]
        self._quarantined.update(new)
        return new

    def _time(self, partition: str) -> datetime:
        return self._now() if self._now is not None else from_microseconds(self._state(partition).now)


def _decisions(records: _Records) -> tuple[Decision, ...]:
    return tuple(d for _, r in records for d in r.decisions)


def _raised_at(error: Exception) -> str:
    """Return file and line of an error, never its text: that may hold what a sender wrote."""
    frames = traceback.extract_tb(error.__traceback__)
    return f"{Path(frames[-1].filename).name}:{frames[-1].lineno}" if frames else "an unknown place"
