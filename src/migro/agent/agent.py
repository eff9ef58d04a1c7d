"""
The agent: what a host says to migro, and what comes back.

Accepting and committing are two transactions on purpose: whatever thinking does, an accepted signal is stored.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any, Literal

import attrs
from pydantic import ValidationError

from ..decide import Policy
from ..errors import ConfigurationError, InputError, NotFound
from ..models import (
    Action,
    ActionStatus,
    ConfigChanged,
    Decision,
    Disposition,
    Input,
    PersonActed,
    RunMode,
    Severity,
    Signal,
    SignalReceived,
    SignalWithdrawn,
)
from ..models.validation import explain_validation
from ..ports import Actuator, Alarm, Memory, Source
from ..reason import QUARANTINED
from ..rules import Rule, RuleSet
from .approvals import Answer, Card, cards, find_action, told_back
from .attending import unheard
from .dispatch import Dispatcher
from .erasing import erasure_request, known_partition
from .fold import PLATFORM, Fold, partition_of, partition_of_issue
from .hands import DryRun, Hands, Live, declared
from .journal import first_delivery, known_withdrawal, one_issue
from .loop import BATCH, SNAPSHOT_EVERY, Loop, Records
from .merging import root
from .shadow import Shadow
from .wording import why_halted

__all__ = ["Agent", "Erased", "Processed"]


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


@attrs.frozen(kw_only=True)
class Erased:
    """
    Where a person was forgotten.

    Attributes:
        partition, seq: The place in the journal of what asked for it.
        token: What stands in the place of the pseudonym from now on.
    """

    partition: str
    seq: int
    token: str


class Agent:
    """
    Observe, verify, reason, decide, act, remember; one object per process and memory.

    Args:
        rules: A rule set, or rules.
        memory: Where everything is kept. There is no default: forgetting silently is none.
        actuators: Hands; used only when `live`.
        policy: Modes, allow-list and times; the default is safe.
        live: Whether actions are executed. False is dry run: they end as `simulated`.
        alarm: Called with one line when automation halts, once when a rule is quarantined, and when an action failed or
            nobody knows whether it happened; needs neither memory nor actuators. Default: the critical level of the
            logger ``migro``, which Python prints to standard error unless it is told otherwise.
        now: The time for inputs that migro itself writes. Default: the time of the partition's newest input.
        shadow: Candidate rules, folded beside the others over the same inputs. What they would have decided is stored
            apart (``memory.read("shadow")``) and changes nothing, also where they raise.
        shadow_policy: The policy for them; default: `policy`.
        snapshot_every: How many inputs are folded at least before a partition's state is stored again; a restart folds
            about so many.

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
        shadow: RuleSet | Iterable[Rule[Any]] | None = None,
        shadow_policy: Policy | None = None,
        snapshot_every: int = SNAPSHOT_EVERY,
    ) -> None:
        if snapshot_every < 1:
            raise ConfigurationError(f"expected snapshot_every to be 1 or more, got {snapshot_every}")
        self.memory = memory
        self.shadow = None if shadow is None else Shadow(Fold(_ruleset(shadow), shadow_policy or policy))
        alarm = alarm or logging.getLogger("migro").critical
        given = tuple(actuators)
        self._hands: Hands = Live(given) if live else DryRun(declared(given))
        self._lock = threading.RLock()
        self._loop = Loop(
            Fold(_ruleset(rules), policy),
            memory,
            alarm=alarm,
            now=now,
            shadow=self.shadow,
            snapshot_every=snapshot_every,
        )
        if isinstance(self._hands, Live):
            self._hands.fit(self._loop.fold.ruleset)
        self._dispatcher = Dispatcher(self._loop, self._hands, self._lock, alarm)

    @property
    def fold(self) -> Fold:
        """The rules and the policy, compiled."""
        return self._loop.fold

    def decides_as(self, other: ConfigChanged) -> bool:
        """Whether these are the rules, the policy and the mode that an input of the journal puts in force."""
        return self.fold.fingerprint == other.fingerprint

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
        return self.process_all([signal])[0]

    def handle_all(self, signals: Iterable[Signal]) -> tuple[Decision, ...]:
        """
        Take many signals in at once, and return the decisions they led to, by partition.

        They are accepted and committed in batches: far fewer transactions, the same decisions, and still nothing of a
        batch is stored in part. Time passes only with the signals' own partitions; call `tick` for the others.

        Raises:
            StoreUnavailable: If the memory failed. Offer the signals again, as with `handle`.
        """
        with self._lock:
            return _decisions([r for _, records in self._offer(list(signals)) for r in records])

    def process_all(self, signals: Iterable[Signal]) -> tuple[Processed, ...]:
        """Do what `handle_all` does, and return what became of each signal, in their order."""
        given = list(signals)
        found: dict[int, Processed] = {}
        with self._lock:
            for taken, records in self._offer(given):
                own = {(where, r.seq): r for where, r in records}
                decisions = _decisions(records)
                for place, partition, seq in taken:
                    record = own.get((partition, seq))
                    found[place] = Processed(
                        partition=partition,
                        seq=seq,
                        signal=given[place],
                        disposition=record.disposition if record else None,
                        decisions=decisions if len(taken) == 1 else record.decisions if record else (),
                    )
        return tuple(found[place] for place in range(len(given)))

    def _offer(self, signals: list[Signal]) -> Iterable[tuple[list[tuple[int, str, int]], Records]]:
        """Take signals in by partition and batch; yields where each went and what the steps left."""
        by_partition: dict[str, list[int]] = {}
        for place, signal in enumerate(signals):
            if not isinstance(signal, Signal):
                raise InputError(
                    f"expected a Signal, got {type(signal).__name__}: Signal.from_data(...) reads parsed JSON"
                )
            by_partition.setdefault(partition_of(signal), []).append(place)
        for partition, places in by_partition.items():
            for some in (places[n : n + BATCH] for n in range(0, len(places), BATCH)):
                items = [SignalReceived(at=signals[p].received_at, signal=signals[p]) for p in some]
                accepted, records = self._loop.take(partition, items)
                yield [(p, partition, a.seq) for p, a in zip(some, accepted, strict=True)], records

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
            at = self._loop.time(partition)
            item = SignalWithdrawn(at=at, signal=signal, by=by, reason=reason, received_at=received.at)
            accepted, records = self._loop.take(partition, (item,))
            seq = accepted[-1].seq if accepted else 0
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
            told = [i for i in self.memory.read("issues") if i.kind == QUARANTINED.name and i.key == (rule,)]
            partitions = sorted({partition_of_issue(i) for i in told})
            for partition in partitions:
                self._loop.catch_up(partition)
            waiting = [p for p in partitions if rule in self._loop.state(p).engine.quarantined]
            if not waiting:
                raise NotFound(f"expected the id of a quarantined rule, found none: {rule!r}")
            for partition in waiting:
                at = self._loop.later(partition)
                said = _said(at=at, verb="release_rule", by=by, target=rule, why=why)
                decisions += self.tell(partition, said)
        return tuple(decisions)

    def erase(self, pseudonym: str, *, merchant: str | None, by: str, why: str = "") -> Erased:
        """
        Forget a person: the pseudonym gives way to a random token in everything stored for a merchant.

        The hash chain stays valid and what was decided stays decided. The stretch of the journal that named the person
        can be verified but not recomputed: a replay says so.

        Args:
            pseudonym: What stands for the person in the merchant's signals.
            merchant: Whose shop; None for signals that name none.
            by: Role or name of the person who asks for it.

        Raises:
            InputError: If the pseudonym is too short to be replaced safely, or a word that records or rules need.
            NotFound: If the memory has nothing of that merchant.
        """
        with self._lock:
            partition = known_partition(self.memory, merchant)
            at = self._loop.later(partition)
            item = erasure_request(self.fold.engine, at=at, merchant=merchant, pseudonym=pseudonym, by=by, why=why)
            accepted, _ = self._loop.take(partition, (item,))
            return Erased(partition=partition, seq=accepted[0].seq, token=item.token)

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
        """Let time pass: fire what is due at or before `at`, in every partition where something is."""
        decisions: list[Decision] = []
        with self._lock:
            for partition in self._loop.due(at):
                decisions += _decisions(self._loop.pass_time(partition, at))
        return tuple(sorted(decisions, key=lambda d: (d.at, d.partition)))

    def tell(self, partition: str, item: Input) -> tuple[Decision, ...]:
        """Give the fold an input that is no signal, such as what a person did, and return the decisions it led to."""
        with self._lock:
            return _decisions(self._loop.take(partition, (item,))[1])

    # --- actions ------------------------------------------------------------------------------------------------

    @property
    def live(self) -> bool:
        """Whether actions are executed; false in dry run."""
        return self._hands.live

    @property
    def halted(self) -> str:
        """Why automation is halted; empty when it is not."""
        with self._lock:
            self._loop.catch_up(PLATFORM)
            return self._loop.state(PLATFORM).halted

    def drain(self) -> tuple[Action, ...]:
        """
        Execute what is planned and return the actions that were tried, with their results as status.

        In dry run they end as `simulated`. While automation is halted nothing is tried. Other threads go on handling
        signals while an actuator works; what another process is working on is left to it.
        """
        return self._dispatcher.drain()

    def approvals(self, card: str | None = None) -> tuple[Card, ...]:
        """Return the card of everything that waits for people, what lapses first coming first, or the one card."""
        fold = self.fold
        with self._lock:
            return tuple(cards(self.memory, fold.ruleset, fold.policy.people, self._hands.preview, id=card))

    def answer(self, card: str, verb: Literal["approve", "reject"], *, by: str, why: str) -> Answer:
        """
        Give a person's answer to a card, and return what became of it.

        An answer counts once, and for what the card shows alone. One that does not count is recorded and changes
        nothing; its words say why, and what was decided where somebody was first.

        Args:
            card: Its id, as on the card.
            by: Name of the person; that it is true is the host's to ensure.

        Raises:
            InputError: If `by` or `why` is empty.
            NotFound: If there is no such card, or people were asked anew since.
        """
        if not why.strip():
            raise InputError("expected why, for an answer, got nothing")
        with self._lock:
            before = find_action(self.memory, card)
            at = self._loop.later(before.partition)
            key, binding = before.idempotency_key, before.binding
            said = _said(at=at, verb=verb, by=by, why=why, target=key, binding=binding)
            self.tell(before.partition, said)
            action = next(iter(self.memory.read("actions", id=key)), before)
            return told_back(before, action, verb, said.by, self._loop.state(before.partition).halted)

    def acknowledge(self, issue: str, *, by: str, why: str = "") -> Answer:
        """
        Say that somebody looks after an issue: the next role is told only if it is not solved in time.

        Raises:
            NotFound: If there is no such issue.
        """
        return self._attend("acknowledge", issue, by=by, why=why)

    def assign(self, issue: str, to: str, *, by: str, why: str = "") -> Answer:
        """
        Say who looks after an issue from now on.

        Raises:
            NotFound: If there is no such issue.
        """
        return self._attend("assign", issue, by=by, why=why, to=to)

    def resolve(self, issue: str, *, by: str, why: str = "") -> Answer:
        """
        Say that an issue is over: it stays closed while the same evidence goes on.

        Raises:
            NotFound: If there is no such issue.
        """
        return self._attend("resolve", issue, by=by, why=why)

    def _attend(self, verb: Literal["acknowledge", "assign", "resolve"], issue: str, **fields: Any) -> Answer:
        with self._lock:
            partition = partition_of_issue(one_issue(self.memory, issue))
            at = self._loop.later(partition)
            said = _said(at=at, verb=verb, target=issue, **fields)
            self._loop.prepare(partition, at)
            self._loop.catch_up(partition)
            held = next((h for h in self._loop.state(partition).held.values() if h.issue.id == issue), None)
            why = unheard(self.fold.policy.people, said, held.issue if held is not None else None)
            # Also what does not count is said, so that the journal has it.
            self.tell(partition, said)
            done = {"acknowledge": f"{said.by} looks after it", "assign": f"{said.to} looks after it"}
            return Answer(counted=not why, words=why or done.get(verb, f"resolved by {said.by}"))

    def halt(self, *, by: str, why: str) -> None:
        """
        Stop automation for every merchant: nothing acts, and decisions say so, until a person resumes.

        The same words again while that halt stands are one act, so a host may say them again after a crash.
        """
        self._person_acted("halt", by=by, why=why)

    def set_mode(self, mode: RunMode | None, *, by: str, why: str) -> None:
        """
        Let automation go no further than `mode` for every merchant; None takes that back.

        It never goes further than the policy's mode, whatever is set here, and survives restarts.
        """
        self._person_acted("set_mode", by=by, why=why, mode=mode)

    def mute(
        self, target: str, *, merchant: str | None, until: datetime, by: str, why: str, up_to: Severity | None = None
    ) -> tuple[Decision, ...]:
        """
        Let an issue rest, or every issue of a kind: nothing acts on it and nobody is asked, and decisions say why.

        It ends at `until`, when somebody who muted it says `unmute`, and where the issue gets worse than was known.
        While several people mute something, it rests until the last of them has it no more.

        Args:
            target: Id of an issue, or the name of an issue kind of the rules.
            merchant: Whose; None for issues of signals that name none.
            until: At most 14 days ahead; a later end is brought forward.
            up_to: The worst severity that is muted. Default: how bad the issue is now; for a kind SEV3.

        Raises:
            InputError: If `until` is not ahead or has no zone, or `by` is empty.
            NotFound: If the merchant has no such issue and the rules have no such kind, or the memory no such merchant.
        """
        with self._lock:
            partition = self._muted(target, merchant)
            at = self._loop.later(partition)
            if until.tzinfo is None or until <= at:
                raise InputError(
                    f"expected a mute that ends after {at:%Y-%m-%d %H:%M:%S} UTC, as a time with a zone, got {until}"
                )
            said = _said(at=at, verb="mute", by=by, why=why, target=target, until=until, up_to=up_to)
            return self.tell(partition, said)

    def unmute(self, target: str, *, merchant: str | None, by: str, why: str = "") -> tuple[Decision, ...]:
        """
        End what a person muted; what others mute rests on.

        Raises:
            NotFound: As with `mute`.
        """
        with self._lock:
            partition = self._muted(target, merchant)
            said = _said(at=self._loop.later(partition), verb="unmute", by=by, target=target, why=why)
            return self.tell(partition, said)

    def merge(self, issue: str, into: str, *, by: str, why: str) -> tuple[Decision, ...]:
        """
        Count an issue to another one of the same merchant: a person knows that both are one.

        Its signals count to the other, and while that one is open and at least as bad, nobody is woken up for this one.
        `unmerge` undoes it exactly.

        Raises:
            InputError: If both are the same, of two merchants, or merged already, or `by` or `why` is empty.
            NotFound: If one of them is not there any more.
        """
        with self._lock:
            partition = partition_of_issue(one_issue(self.memory, issue))
            other = partition_of_issue(one_issue(self.memory, into))
            if partition != other or issue == into:
                raise InputError(f"expected two issues of one merchant, got {issue} of {partition}, {into} of {other}")
            self._loop.catch_up(partition)
            state = self._loop.state(partition)
            here = {held.issue.id for held in state.held.values()}
            if not {issue, into} <= here:
                gone = ", ".join(sorted({issue, into} - here))
                raise NotFound(f"expected two issues that are open, or were within the hour; it is over with {gone}")
            if issue in state.merges or root(state, into) == issue:
                known = state.merges[issue].into if issue in state.merges else issue
                raise InputError(f"expected an issue that counts to none yet: {issue}, {into}; it counts to {known}")
            at = self._loop.later(partition)
            return self.tell(partition, _said(at=at, verb="merge", by=by, why=why, target=issue, into=into))

    def unmerge(self, issue: str, *, by: str, why: str) -> tuple[Decision, ...]:
        """
        Take an issue out of the one that it was merged into, as if it had never been.

        Raises:
            InputError: If it is not merged into another, or `by` or `why` is empty.
            NotFound: If there is no such issue.
        """
        with self._lock:
            partition = partition_of_issue(one_issue(self.memory, issue))
            self._loop.catch_up(partition)
            if issue not in self._loop.state(partition).merges:
                raise InputError(f"expected an issue that is merged into another, got one that is not: {issue}")
            at = self._loop.later(partition)
            return self.tell(partition, _said(at=at, verb="unmerge", by=by, why=why, target=issue))

    def _muted(self, target: str, merchant: str | None) -> str:
        partition = known_partition(self.memory, merchant)
        held = any(partition_of_issue(i) == partition for i in self.memory.read("issues", id=target))
        if not held and target not in self.fold.ruleset.kinds:
            raise NotFound(
                f"expected the id of an issue of {partition} or the name of an issue kind, found none: {target!r}"
            )
        return partition

    def resume(self, *, by: str, why: str) -> None:
        """Let automation go on after a halt, wherever it was halted; who and why are recorded."""
        self._person_acted("resume", by=by, why=why)

    def _person_acted(self, verb: Literal["halt", "resume", "set_mode"], **fields: Any) -> None:
        with self._lock:
            self._loop.catch_up(PLATFORM)
            concerned = self._concerned()
            if self._stands(verb, concerned, **fields):
                # Said again, as after a crash: it moves no clock, and the same words at one time are one act.
                at = self._loop.newest(PLATFORM)
            else:
                # Later than everything that was said before, so that it is the last word everywhere.
                at = max(self._loop.later(p) for p in (PLATFORM, *concerned))
            self.tell(PLATFORM, _said(at=at, verb=verb, **fields))
            for partition in concerned:
                self._loop.prepare(partition, self._loop.later(partition))

    def _stands(self, verb: str, concerned: list[str], *, by: str, why: str, mode: RunMode | None = None) -> bool:
        """Whether what a person says is what holds already."""
        above = self._loop.state(PLATFORM)
        if verb == "halt":
            return above.halted == why_halted(by=by, why=why)
        if verb == "set_mode":
            return above.mode is mode
        below = [self._loop.state(p) for p in concerned]
        return not above.halted and all(not s.halted or s.halted_at < above.resumed_at for s in below)

    def _concerned(self) -> list[str]:
        """Return the merchants that people's words have to reach now; the others hear them with their next input."""
        left = {partition_of_issue(i) for i in self.memory.read("issues", pending=True)}
        left |= {a.partition for a in self.memory.read("actions", pending=True)}
        return sorted((left | set(self._loop.loaded)) - {PLATFORM})


def _ruleset(rules: RuleSet | Iterable[Rule[Any]]) -> RuleSet:
    return rules if isinstance(rules, RuleSet) else RuleSet("host", *rules)


def _said(**fields: Any) -> PersonActed:
    try:
        return PersonActed(**fields)
    except ValidationError as e:
        raise InputError(explain_validation(e)) from e


def _decisions(records: Records) -> tuple[Decision, ...]:
    return tuple(d for _, r in records for d in r.decisions)
