"""
The agent: what a host says to migro, and what comes back.

Accepting and committing are two transactions on purpose: whatever thinking does, an accepted signal is stored.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from datetime import datetime
from typing import TYPE_CHECKING, Any

import attrs

from ..decide import Policy
from ..errors import ConfigurationError, InputError, NotFound
from ..models import (
    Action,
    ActionStatus,
    ConfigChanged,
    Decision,
    Disposition,
    Signal,
    SignalReceived,
    SignalWithdrawn,
)
from ..ports import Actuator, Alarm, Memory, Source
from ..reason import QUARANTINED
from ..rules import Rule, RuleSet
from .attended import Attended, decisions_of, said
from .breaker import sturdy
from .dispatch import Dispatcher
from .erasing import erasure_request, known_partition
from .fold import Fold, partition_of, partition_of_issue
from .hands import DryRun, Hands, Live, declared
from .journal import first_delivery, known_withdrawal
from .loop import BATCH, SNAPSHOT_EVERY, Loop, Records
from .opinions import Opinion, second_opinion, why_disagreeing
from .shadow import Shadow

if TYPE_CHECKING:
    from ..durable import SecondEngine

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


class Agent(Attended):
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
            logger ``migro``, which Python prints to standard error unless it is told otherwise; there stands as well
            what an alarm that raises was to say.
        now: The time for inputs that migro itself writes. Default: the time of the partition's newest input.
        shadow: Candidate rules, folded beside the others over the same inputs. What they would have decided is stored
            apart (``memory.read("shadow")``) and changes nothing, also where they raise.
        shadow_policy: The policy for them; default: `policy`.
        halt_on_outage: Whether automation halts, until a person resumes, when the memory fails. False is
            for tests of what is stored; nothing is ever done that is not stored first.
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
        halt_on_outage: bool = True,
    ) -> None:
        if snapshot_every < 1:
            raise ConfigurationError(f"expected snapshot_every to be 1 or more, got {snapshot_every}")
        self.shadow = None if shadow is None else Shadow(Fold(_ruleset(shadow), shadow_policy or policy))
        alarm = logging.getLogger("migro").critical if alarm is None else sturdy(alarm)
        given = tuple(actuators)
        hands: Hands = Live(given) if live else DryRun(declared(given))
        loop = Loop(
            Fold(_ruleset(rules), policy),
            memory,
            alarm=alarm,
            now=now,
            shadow=self.shadow,
            snapshot_every=snapshot_every,
            halt_on_outage=halt_on_outage,
        )
        super().__init__(memory, loop, hands)
        if isinstance(hands, Live):
            hands.fit(loop.fold.ruleset)
        self._dispatcher = Dispatcher(loop, hands, self._lock, alarm)

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
            return decisions_of([r for _, records in self._offer(list(signals)) for r in records])

    def process_all(self, signals: Iterable[Signal]) -> tuple[Processed, ...]:
        """Do what `handle_all` does, and return what became of each signal, in their order."""
        given = list(signals)
        found: dict[int, Processed] = {}
        with self._lock:
            for taken, records in self._offer(given):
                own = {(where, r.seq): r for where, r in records}
                decisions = decisions_of(records)
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
                items = [SignalReceived.of(signals[p]) for p in some]
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
            decisions = decisions_of(records)
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
                words = said(at=at, verb="release_rule", by=by, target=rule, why=why)
                decisions += self.tell(partition, words)
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
        with self._lock, self._loop.breaker.reading():
            for partition in self._loop.due(at):
                decisions += decisions_of(self._loop.pass_time(partition, at))
        return tuple(sorted(decisions, key=lambda d: (d.at, d.partition)))

    def second_opinion(self, second: SecondEngine) -> Opinion:
        """
        Let a second engine judge what fires in every loaded partition; where it disagrees, automation halts.

        Nothing that either engine said counts as right then: nothing acts until a person resumes, and the alarm tells.
        Where the second engine has no answer, such as after a crash of its process, nothing changes.

        Args:
            second: ``SecondEngine(agent.fold.engine)`` of `migro.durable`. This takes as long as it takes, so ask now
                and then, and from one thread.

        Raises:
            ConfigurationError: If it is beside another engine than this agent's.
        """
        with self._lock:
            opinion = second_opinion(self._loop, second)
            if opinion.disagreements and not self.halted:
                self.trip(why_disagreeing(opinion))
        return opinion

    # --- actions ------------------------------------------------------------------------------------------------

    @property
    def live(self) -> bool:
        """Whether actions are executed; false in dry run."""
        return self._hands.live

    def drain(self, *, within: float | None = None, stopping: Callable[[], bool] = lambda: False) -> tuple[Action, ...]:
        """
        Execute what is planned and return the actions that were tried, with their results as status.

        In dry run they end as `simulated`. While automation is halted nothing is tried. Other threads go on handling
        signals while an actuator works; what another process is working on is left to it.

        Args:
            within: After how many seconds no other action is begun: what is left stays planned, for the next drain.
                The one that is being executed is not cut short. None for as long as it takes.
            stopping: Asked before each action; where it says yes, the rest stays planned as well.
        """
        return self._dispatcher.drain(within=within, stopping=stopping)


def _ruleset(rules: RuleSet | Iterable[Rule[Any]]) -> RuleSet:
    return rules if isinstance(rules, RuleSet) else RuleSet("host", *rules)
