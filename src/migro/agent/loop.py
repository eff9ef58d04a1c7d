"""
The loop around the fold: recall, accept, advance, commit, for every partition.

Accepting and committing are two transactions on purpose: whatever thinking does, an accepted input is stored.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from itertools import islice

import attrs

from ..errors import Conflict, NotFound, StoreError, StoreUnavailable, survivable
from ..models import (
    Accepted,
    ConfigChanged,
    Disposition,
    Input,
    JournalEntry,
    PersonActed,
    Snapshot,
    StepRecord,
    Tick,
    TimerFired,
    from_microseconds,
    to_microseconds,
)
from ..ports import Alarm, Memory
from .breaker import Breaker, page
from .fold import PLATFORM, Fold, Step
from .journal import about, halts, open_issues
from .logs import log_halt, log_steps
from .recalling import consumed, newest_state
from .shadow import Shadow
from .snapshots import snapshot
from .state import State
from .wording import WHY_QUARANTINED, raised_at

__all__ = ["BATCH", "SNAPSHOT_EVERY", "Loop", "Records"]

Records = list[tuple[str, StepRecord]]
"""What steps left behind, with their partitions."""

BATCH = 100
"""How many steps are committed in one transaction, where so many inputs wait."""

SNAPSHOT_EVERY = 100
"""How many inputs are folded at least before the state is stored again."""

_BYTES_PER_INPUT = 2_000
"""A state of so many bytes costs about what folding one input costs, so larger ones are stored less often."""

_LOOK_AGAIN = timedelta(minutes=1)
"""How often the loop asks the memory which partitions other processes have left something due in."""


class Loop:
    """
    The states of all partitions, and the only way by which they change.

    Not safe to use from several threads by itself: the agent lets them take turns.

    Attributes:
        stuck: Partitions in which nothing is consumed any more while this process lives, and why: what has been decided
            there is not what these rules, or this code, make of the same journal.
    """

    def __init__(
        self,
        fold: Fold,
        memory: Memory,
        *,
        alarm: Alarm,
        now: Callable[[], datetime] | None = None,
        shadow: Shadow | None = None,
        snapshot_every: int = SNAPSHOT_EVERY,
        halt_on_outage: bool = True,
    ) -> None:
        self.breaker = Breaker(alarm, now, halts=halt_on_outage)
        self.fold = fold
        self.memory = memory
        self._alarm = alarm
        self._shadow = shadow
        self._snapshot_every = snapshot_every
        self._states: dict[str, State] = {}
        self._next_snapshot: dict[str, int] = {}
        self._due: dict[str, int | None] = {}
        self._looked: datetime | None = None
        self._quarantined: set[str] = set()
        self.stuck: dict[str, str] = {}

    # --- states -------------------------------------------------------------------------------------------------

    @property
    def loaded(self) -> tuple[str, ...]:
        """The partitions whose state is at hand, sorted."""
        return tuple(sorted(self._states))

    def state(self, partition: str) -> State:
        """Return the partition's state, recalling it when this loop has not loaded it yet."""
        if partition not in self._states:
            self._states[partition] = self._recall(partition)
            self._due[partition] = self._next_due(partition)
        return self._states[partition]

    def forget(self, partition: str) -> None:
        """Drop a state that may not be what the memory has; the journal has everything."""
        self._states.pop(partition, None)
        if self._shadow is not None:
            self._shadow.forget(partition)

    def time(self, partition: str) -> datetime:
        """Return the time for an input that migro itself writes."""
        now = self.breaker.time()
        return now if now is not None else from_microseconds(self.state(partition).now)

    def newest(self, partition: str) -> datetime:
        """Return a time before nothing that has happened."""
        return max(self.time(partition), from_microseconds(self.state(partition).now))

    def later(self, partition: str) -> datetime:
        """Return a time after everything before, or a second equal act of a person would look like the first."""
        return max(self.time(partition), from_microseconds(self.state(partition).now + 1))

    def due(self, at: datetime) -> tuple[str, ...]:
        """Return the partitions in which time alone may change something at or before `at`, sorted."""
        if self._looked is None or at - self._looked >= _LOOK_AGAIN:
            self._looked = at
            for one in self.memory.read("partitions", pending=True):
                # One with inputs that nobody has consumed is looked at as well: whoever took them may be dead.
                waits = one.version < one.accepted
                self._due[one.name] = 0 if waits else None if one.due is None else to_microseconds(one.due)
        now = to_microseconds(at)
        late = (name for name, due in self._due.items() if due is not None and due <= now)
        return tuple(sorted(name for name in late if name not in self.stuck))

    def pass_time(self, partition: str, at: datetime) -> Records:
        """Consume what is pending in a partition, and let time pass where something is due."""
        records = self.prepare(partition, at)
        records += self.catch_up(partition)
        due = self._due[partition] = self._next_due(partition)
        if due is None or due > to_microseconds(at):
            return records
        return records + self.take(partition, (Tick(at=at),))[1]

    def _next_due(self, partition: str) -> int | None:
        due = self.fold.next_due(self._states[partition])
        return None if due is None else to_microseconds(due)

    # --- inputs -------------------------------------------------------------------------------------------------

    def take(self, partition: str, items: Sequence[Input]) -> tuple[tuple[Accepted, ...], Records]:
        """Accept inputs, consume everything pending up to them, and return both."""
        with self.breaker.reading():
            records = self.prepare(partition, items[0].at)
            if partition in self.stuck:
                items = [item for item in items if not isinstance(item, Tick)]  # time does not pass there
                if not items:
                    return (), records
            accepted = self._accept(partition, items)
            records += self.catch_up(partition, accepted)
            return accepted, records

    def _accept(self, partition: str, items: Sequence[Input]) -> tuple[Accepted, ...]:
        return self.breaker.writing(lambda: self.memory.accept(partition, items))

    def trip(self, why: str) -> None:
        """
        Halt automation at once, whatever the memory does: the operator is told, and a person has to resume.

        Said again while the same halt stands, it is one.
        """
        if self.breaker.tripped == why:
            return
        # First of all nothing acts here: the memory may not even tell how the platform stands.
        before, self.breaker.tripped = self.breaker.tripped, why
        known = False
        try:
            # Others may have resumed meanwhile, and then this is another halt.
            self.catch_up(PLATFORM)
            if known := self.state(PLATFORM).halted == why:
                self.breaker.tripped = before
        finally:
            # Before it is stored: who is killed in between has told once too often, and not too little.
            if not known:
                page(self._alarm, why)
        self.journal_halt()

    def journal_halt(self) -> None:
        """Let the journal say what has tripped, as soon as the memory takes it; until then nothing acts here."""
        if PLATFORM in self.stuck:
            return  # the journal cannot say so, and nothing acts while that is so
        if why := self.breaker.tripped:
            self.catch_up(PLATFORM)
            if self.state(PLATFORM).halted == why:
                self.breaker.tripped = ""
                return
            # Later than everything before: the same words at one time would be one act, and a resumption of it.
            halt = PersonActed(at=self.later(PLATFORM), verb="halt", by="migro", why=why)
            accepted = self._accept(PLATFORM, (halt,))
            self.breaker.tripped = ""
            self.catch_up(PLATFORM, accepted)

    def prepare(self, partition: str, at: datetime) -> Records:
        """See to it that the rules in force are journaled, and what was said to the platform, before anything else."""
        for name in (PLATFORM, partition):
            self.state(name)  # first, because a recall that stumbles halts the platform
        self.journal_halt()
        if wrong := self.breaker.clock_wrong():
            self.catch_up(PLATFORM)
            # While it is halted because of the clock, that is told once, however often the clock says something else.
            if not self.state(PLATFORM).halted.startswith("the clock "):
                self.trip(wrong)
        # The platform before the partition: it is folded by the rules it names when the first word of these comes.
        records = self._configure(PLATFORM, at) if partition != PLATFORM else []
        records += self._configure(partition, at)
        return records + self._inherit(partition, at)

    def _inherit(self, partition: str, at: datetime) -> Records:
        """Journal what was said to the platform, which is meant for every merchant: halt, resume, a lowered mode."""
        if partition == PLATFORM or partition in self.stuck:
            return []
        self.catch_up(PLATFORM)
        above, state = self.state(PLATFORM), self.state(partition)
        when, told = max(at, self.later(partition)), "as told to the platform"
        said: list[PersonActed] = []
        if above.halted and not state.halted:
            said.append(PersonActed(at=when, verb="halt", by="migro", why=above.halted))
        # What was inherited ends as soon as the platform, which was halted first, goes on.
        if state.halted and not above.halted and above.resumed_at > state.halted_at:
            said.append(PersonActed(at=when, verb="resume", by=above.resumed_by or "migro", why=told))
        if above.mode is not state.mode:
            by = above.mode_by or "migro"
            said.append(PersonActed(at=when, verb="set_mode", by=by, why=told, mode=above.mode))
        return self.catch_up(partition, self._accept(partition, said)) if said else []

    def catch_up(self, partition: str, accepted: Sequence[Accepted] = ()) -> Records:
        """
        Consume what is pending in a partition, then in the platform's where that is concerned.

        Args:
            accepted: What was accepted just now; without it the journal is asked.
        """
        records = self._consume(partition, accepted)
        ahead = _concerned(records)
        # What the platform concludes may concern merchants, and what becomes of their issues the platform.
        while ahead:
            more = [r for to in ahead for r in self._consume(to, ())]
            records += more
            ahead = _concerned(more)
        return records

    def _configure(self, partition: str, at: datetime) -> Records:
        """Journal the rules and policy in force, once for each change, with the issues that go on under them."""
        if self.state(partition).config == self.fold.fingerprint or partition in self.stuck:
            return []
        # Others may be there already, or have left inputs that come first.
        records = self.catch_up(partition)
        current, state = self.fold.in_force(at), self.state(partition)
        if state.config == self.fold.fingerprint:
            return records
        if not state.config:
            return records + self.catch_up(partition, self._accept(partition, (current,)))
        while self.state(partition).config != self.fold.fingerprint and partition not in self.stuck:
            # Where another process decides something before this is accepted, it does not count and is said again.
            state = self.state(partition)
            carried = open_issues(self.memory, partition, state.now)
            said = current.model_copy(update={"carried": carried, "after": state.seq})
            records += self.catch_up(partition, self._accept(partition, (said,)))
        return records

    def _consume(self, partition: str, accepted: Sequence[Accepted]) -> Records:
        records: Records = []
        waiting = list(accepted)
        asked = not waiting
        while partition not in self.stuck:
            if asked or waiting[0].seq != self.state(partition).seq + 1:
                # Somebody else's inputs may be in between: take the rest from the journal.
                asked = True
                waiting = self._read_on(partition)
                if not waiting:
                    break
            expected = self.state(partition).seq
            try:
                done = self._steps(partition, expected, waiting[:BATCH])
            except Conflict as e:
                if self.state(partition).seq <= e.expected:
                    raise  # nobody was first: the memory contradicts itself
                # Another writer consumed it first, and its step stands.
                asked = True
                continue
            except (NotFound, StoreUnavailable):
                raise
            except StoreError as e:
                self._stick(partition, expected, e)
                break
            records += [(partition, r) for r in done]
            waiting = waiting[len(done) :]
            if not waiting and not asked:
                break
        return records

    def _read_on(self, partition: str) -> list[Accepted]:
        """Fold what others have consumed since, and return what nobody has, as far as one batch goes."""
        entries = self.memory.load(partition, self.state(partition).seq)
        for entry in entries:
            if not entry.done:
                rest = islice(entries, BATCH - 1)
                return [Accepted(seq=e.seq, input=e.input) for e in (entry, *rest)]
            if not self._follow(partition, entry):
                self.forget(partition)
                return self._read_on(partition)
        return []

    def _follow(self, partition: str, entry: JournalEntry) -> bool:
        """Fold an entry whose step stands already; whether that went well."""
        state = self._states[partition]
        if self._shadow is not None:
            self._shadow.recall(partition, [entry])
        if entry.failed:
            self._states[partition] = self.fold.skip(state, entry.seq)
            return True
        try:
            step = self.fold.advance(state, entry.seq, entry.input)
        except survivable():  # the recall tells whom it concerns
            return False
        self._states[partition] = step.state
        self._newly_quarantined(step)
        return True

    def _steps(self, partition: str, expected: int, inputs: Sequence[Accepted]) -> list[StepRecord]:
        """Advance over inputs and commit what that left behind, in one transaction; stops behind one that failed."""
        records: list[StepRecord] = []
        quarantined: list[str] = []
        failed: BaseException | None = None
        self._recall_shadow(partition)
        for one in inputs:
            early = self._ahead_of_the_journal(partition, one)
            try:
                step = self.fold.advance(self._states[partition], one.seq, one.input)
            except survivable() as e:  # an internal error stops automation; it never stops accepting
                failed = e
                break
            self._states[partition] = step.state
            quarantined += self._newly_quarantined(step)
            record = attrs.evolve(step.record, timers=(*early, *step.record.timers)) if early else step.record
            records.append(self._with_extras(partition, one, record))
        if records:
            self._commit(partition, expected, records)
        for rule in quarantined:
            found = f"rule {rule} is quarantined, first at {partition}: {WHY_QUARANTINED}"
            self._alarm(f"migro: {found}; nobody hears it until it is released")
        if failed is not None:
            failure = self._fail(partition, inputs[len(records)], expected + len(records), failed)
            return [*records, failure]
        return records

    def _ahead_of_the_journal(self, partition: str, one: Accepted) -> tuple[TimerFired, ...]:
        """Return the note that these rules consume an input that waited, before the journal can name them."""
        state, item = self._states[partition], one.input
        if state.config in ("", self.fold.fingerprint):
            return ()
        if isinstance(item, ConfigChanged) and item.fingerprint == self.fold.fingerprint and item.counts(one.seq):
            return ()
        key = (self.fold.policy.version, str(one.seq))
        return (TimerFired(what="rules", name=self.fold.ruleset.version, key=key, deadline=item.at, late_by=0),)

    def _with_extras(self, partition: str, one: Accepted, record: StepRecord) -> StepRecord:
        """Add what no decision depends on: a snapshot where one is due, and what candidate rules would have done."""
        if self._shadow is not None:
            record = attrs.evolve(record, shadow=self._shadow.consider(partition, one.seq, one.input))
        # What was erased cannot be folded again, so the state after it is always kept.
        if record.erasure is None and one.seq < self._next_snapshot.get(partition, 0):
            return record
        data = snapshot(self.fold.engine, self.fold.policy.version, self._states[partition])
        self._plan_snapshot(partition, one.seq, len(data))
        versions = {"ruleset": self.fold.ruleset.version, "policy": self.fold.policy.version}
        taken = Snapshot(partition=partition, seq=one.seq, **versions, data=data)
        beside = self._shadow.snapshot(partition) if self._shadow is not None else None
        return attrs.evolve(record, snapshots=(taken,) if beside is None else (taken, beside))

    def _commit(self, partition: str, expected: int, records: Sequence[StepRecord]) -> None:
        try:
            self.breaker.writing(lambda: self.memory.commit(partition, expected, records))
        except BaseException:
            # The state has moved on and the store perhaps has not.
            self.forget(partition)
            raise
        due = records[-1].due
        self._due[partition] = None if due is None else to_microseconds(due)
        log_steps(partition, records)

    # --- errors -------------------------------------------------------------------------------------------------

    def _fail(self, partition: str, one: Accepted, expected: int, error: BaseException) -> StepRecord:
        """Record that an input could not be thought about; automation halts before that is stored."""
        self.forget(partition)
        why = f"internal error at {partition} number {one.seq}: {raised_at(error)}"
        disposition = Disposition(signal=about(one.input), name="failed", reason=why)
        made: list[StepRecord] = []

        def record() -> None:
            state = self._states[partition] = self.fold.skip(self.state(partition), one.seq)
            made.append(StepRecord(seq=one.seq, disposition=disposition, due=self.fold.next_due(state)))
            self._commit(partition, expected, made)
            if self._shadow is not None:
                self._shadow.forget(partition)  # it has to leave this one out as well

        log_halt(partition)
        self._halt(partition, one.input, why, record)
        return made[0]

    def _stick(self, partition: str, seq: int, error: StoreError) -> None:
        """Leave a partition as it is, with everything that comes in for it: its steps do not fit what is stored."""
        why = (
            f"what is decided at {partition} after number {seq} is not what stands in the memory: {error}; its inputs"
            " are kept, and thought about when migro is started with what it was decided by"
        )
        self.stuck[partition] = why
        self.trip(why)

    def _halt(self, partition: str, item: Input, why: str, record: Callable[[], None]) -> None:
        """Halt automation everywhere, then record why; the operator is told whatever the memory does."""
        try:
            if partition != PLATFORM:
                self._consume(PLATFORM, ())  # others may have resumed meanwhile, and then this is another halt
            # First the halt: whatever happens after it, nothing acts any more.
            if not halts(item) and self.state(PLATFORM).halted != why:
                # By the platform's time: the input's may be that of a wrong clock, and where a person has resumed in
                # between it would be the same halt once more, which counts once.
                self._accept(PLATFORM, (PersonActed(at=self.later(PLATFORM), verb="halt", by="migro", why=why),))
        finally:
            # Before it is recorded: until then the input is thought about again, and this is told again.
            page(self._alarm, why)
        record()

    def _newly_quarantined(self, step: Step) -> list[str]:
        """Return the rules that the operator has to hear of: what is broken is broken for every merchant."""
        self._quarantined.difference_update(step.released)
        new = [rule for rule in step.quarantined if rule not in self._quarantined]
        self._quarantined.update(new)
        return new

    # --- recall -------------------------------------------------------------------------------------------------

    def _recall(self, partition: str) -> State:
        skipped: set[int] = set()
        while True:
            state = newest_state(self.fold, self.memory, partition) or self.fold.start(partition)
            self._plan_snapshot(partition, state.seq, 0)
            for entry in consumed(self.memory, partition, state.seq):
                if entry.failed or entry.seq in skipped:
                    state = self.fold.skip(state, entry.seq)
                    continue
                try:
                    step = self.fold.advance(state, entry.seq, entry.input)
                except survivable() as e:  # other rules may stumble over what was fine; see `_steps`
                    skipped.add(entry.seq)
                    why = f"internal error at {partition} number {entry.seq} on recall: {raised_at(e)}"
                    if partition not in self.stuck:
                        # Journaled when the recall is over, which may be the platform's own; a person may have resumed
                        # since it stumbled here before, and then it is another halt.
                        self.breaker.tripped = self.breaker.tripped or why
                        page(self._alarm, why)
                    break
                state = step.state
                self._newly_quarantined(step)
            else:
                return self._adopted(partition, state)

    def _adopted(self, partition: str, state: State) -> State:
        """Let what other rules have opened, told and done stand, until the journal says that these are in force."""
        if state.config and state.config != self.fold.fingerprint:
            self.fold.carry(state, open_issues(self.memory, partition, state.now), -state.seq)
        return state

    def _recall_shadow(self, partition: str) -> None:
        shadow = self._shadow
        if shadow is None or shadow.at(partition) is not None:
            return
        for kept in reversed(list(self.memory.read("snapshots", partition=partition))):
            if shadow.restore(kept):
                break
        shadow.recall(partition, self.memory.load(partition, shadow.at(partition) or 0))

    def _plan_snapshot(self, partition: str, seq: int, size: int) -> None:
        self._next_snapshot[partition] = seq + max(self._snapshot_every, size // _BYTES_PER_INPUT)


def _concerned(records: Records) -> list[str]:
    """Return the partitions that steps have brought something to, sorted; the platform where automation halted."""
    concerned = {to for _, r in records for to, _ in r.emitted}
    if any(r.disposition is not None and r.disposition.name == "failed" for _, r in records):
        concerned.add(PLATFORM)
    return sorted(concerned)
