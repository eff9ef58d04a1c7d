"""What people say to an agent: answers, mutes, merges, halts and modes."""

from __future__ import annotations

import threading
import unicodedata
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Literal

from pydantic import ValidationError

from ..errors import InputError, NotFound
from ..models import Decision, Input, PersonActed, RunMode, Severity, from_microseconds
from ..models.canonical import EPOCH
from ..models.inputs import plain_name
from ..models.validation import explain_validation
from ..ports import Memory
from .approvals import Answer, Card, cards, find_action, told_back
from .attending import stranger, unheard
from .erasing import known_partition
from .fold import PLATFORM, Fold, partition_of_issue
from .hands import Hands
from .journal import one_issue
from .loop import Loop, Records
from .merging import root
from .wording import why_halted

__all__ = ["Attended", "decisions_of", "is_legible", "said"]

_BLANKS = frozenset("\u115f\u1160\u2800\u3164\uffa0")
"""Letters and signs that are drawn as nothing."""


def said(**fields: Any) -> PersonActed:
    """
    Return what a person says as an input.

    Raises:
        InputError: If it lacks a name, a reason or a target, or is said in migro's own name.
    """
    if isinstance(by := fields.get("by"), str) and plain_name(by).casefold() == "migro":
        raise InputError(f"expected the name of a person, got {by!r}: so migro calls itself")
    if fields.get("verb") == "halt" and fields.get("why") and not is_legible(fields["why"]):
        raise InputError("expected why, for a halt, got nothing that can be read")
    try:
        return PersonActed(**fields)
    except ValidationError as e:
        raise InputError(explain_validation(e)) from e


def is_legible(why: str) -> bool:
    """Return whether somebody who reads a reason sees something: a letter, a digit or a sign."""
    return any(unicodedata.category(c)[0] in "LNPS" and c not in _BLANKS for c in why)


def decisions_of(records: Records) -> tuple[Decision, ...]:
    """Return the decisions of steps, in their order."""
    return tuple(d for _, r in records for d in r.decisions)


class Attended:
    """
    An agent as far as people deal with it; what they say is an input like any other, and stands in the journal.

    Attributes:
        memory: Where everything is kept.
    """

    def __init__(self, memory: Memory, loop: Loop, hands: Hands) -> None:
        self.memory = memory
        self._loop = loop
        self._hands = hands
        self._lock = threading.RLock()

    @property
    def fold(self) -> Fold:
        """The rules and the policy, compiled."""
        return self._loop.fold

    @property
    def halted(self) -> str:
        """Why automation is halted; empty when it is not."""
        with self._lock:
            if self._loop.breaker.tripped:
                return self._loop.breaker.tripped
            self._loop.catch_up(PLATFORM)
            return self._loop.state(PLATFORM).halted

    def halts(self) -> Mapping[str, str]:
        """
        Return why automation is halted, by partition, as far as inputs are consumed; nothing is written.

        Of partitions that this process has not looked at, only the platform, which every halt reaches.
        """
        with self._lock:
            states = {name: self._loop.state(name).halted for name in {PLATFORM, *self._loop.loaded}}
            states |= self._loop.stuck
        return {name: why for name, why in sorted(states.items()) if why}

    def tell(self, partition: str, item: Input) -> tuple[Decision, ...]:
        """Give the fold an input that is no signal, such as what a person did, and return the decisions it led to."""
        with self._lock:
            return decisions_of(self._loop.take(partition, (item,))[1])

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
            words = said(at=at, verb=verb, by=by, why=why, target=key, binding=binding)
            self.tell(before.partition, words)
            action = next(iter(self.memory.read("actions", id=key)), before)
            return told_back(before, action, verb, words.by, self._loop.state(before.partition).halted)

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
            words = said(at=at, verb=verb, target=issue, **fields)
            self._loop.prepare(partition, at)
            self._loop.catch_up(partition)
            held = next((h for h in self._loop.state(partition).held.values() if h.issue.id == issue), None)
            why = unheard(self.fold.policy.people, words, held.issue if held is not None else None)
            # Also what does not count is said, so that the journal has it.
            self.tell(partition, words)
            done = {"acknowledge": f"{words.by} looks after it", "assign": f"{words.to} looks after it"}
            return Answer(counted=not why, words=why or done.get(verb, f"resolved by {words.by}"))

    def halt(self, *, by: str, why: str) -> None:
        """
        Stop automation for every merchant: nothing acts, and decisions say so, until a person resumes.

        The same words again while that halt stands are one act, so a host may say them again after a crash.
        """
        self._person_acted("halt", by=by, why=why)

    @property
    def newest(self) -> datetime:
        """The newest time of all inputs of the partitions at hand; the beginning of 1970 where there are none."""
        with self._lock:
            return max((from_microseconds(self._loop.state(p).now) for p in self._loop.loaded), default=EPOCH)

    def accepted(self) -> datetime:
        """
        Return a time that has passed by what the memory has accepted everywhere; the beginning of 1970 for nothing.

        One look at each partition's last input; what was dated wrongly counts as well.

        Raises:
            StoreUnavailable: If the memory failed.
        """
        with self._lock:
            last = [(p.name, p.accepted - 1) for p in self.memory.read("partitions") if p.accepted]
            found = (next(iter(self.memory.load(name, before)), None) for name, before in last)
            return max((entry.input.at for entry in found if entry is not None), default=EPOCH)

    def resumed_after(self, words: str) -> bool:
        """Whether migro halted automation in words that begin so, and a person has let it go on since."""
        with self._lock:
            said = [e.input for e in self.memory.read("journal", partition=PLATFORM)]
        spoken = [s for s in said if isinstance(s, PersonActed) and s.verb in ("halt", "resume")]
        halted = [n for n, s in enumerate(spoken) if s.by == "migro" and s.why.startswith(words)]
        return bool(halted) and any(s.verb == "resume" for s in spoken[halted[-1] :])

    def times(self) -> Mapping[str, datetime]:
        """Return what time it is in the partitions at hand: no input that they have consumed has a later one."""
        with self._lock:
            return {p: from_microseconds(self._loop.state(p).now) for p in self._loop.loaded}

    def trip(self, why: str) -> None:
        """
        Stop automation because something is found that cannot be: engines that disagree, a clock that is wrong.

        As `halt`, said by migro itself: the alarm is called, also where nothing can be stored any more, signals are
        still accepted, and a person has to resume. Said again while that halt stands, it is one.

        Raises:
            InputError: If `why` is empty.
            StoreUnavailable: If the journal could not say so; nothing acts in this process all the same.
        """
        if not why.strip():
            raise InputError("expected why, for a halt, got nothing")
        with self._lock:
            self._loop.trip(" ".join(why.split()))
            for partition in self._concerned():
                self._loop.prepare(partition, self._loop.later(partition))

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
            words = said(at=at, verb="mute", by=by, why=why, target=target, until=until, up_to=up_to)
            return self.tell(partition, words)

    def unmute(self, target: str, *, merchant: str | None, by: str, why: str = "") -> tuple[Decision, ...]:
        """
        End what a person muted; what others mute rests on.

        Raises:
            NotFound: As with `mute`.
        """
        with self._lock:
            partition = self._muted(target, merchant)
            words = said(at=self._loop.later(partition), verb="unmute", by=by, target=target, why=why)
            return self.tell(partition, words)

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
            return self.tell(partition, said(at=at, verb="merge", by=by, why=why, target=issue, into=into))

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
            return self.tell(partition, said(at=at, verb="unmerge", by=by, why=why, target=issue))

    def _muted(self, target: str, merchant: str | None) -> str:
        partition = known_partition(self.memory, merchant)
        held = any(partition_of_issue(i) == partition for i in self.memory.read("issues", id=target))
        if not held and target not in self.fold.ruleset.kinds:
            raise NotFound(
                f"expected the id of an issue of {partition} or the name of an issue kind, found none: {target!r}"
            )
        return partition

    def resume(self, *, by: str, why: str) -> None:
        """
        Let automation go on after a halt, wherever it was halted; who and why are recorded.

        Raises:
            InputError: If the policy lists people and `by` is none of them, or `by` or `why` is empty.
        """
        if not is_legible(why):
            raise InputError("expected why, to resume, got nothing that can be read")
        if told := stranger(self.fold.policy.people, by):
            raise InputError(told)
        self._person_acted("resume", by=by, why=why)

    def _person_acted(self, verb: Literal["halt", "resume", "set_mode"], **fields: Any) -> None:
        with self._lock:
            self._loop.catch_up(PLATFORM)
            self._loop.journal_halt()
            concerned = self._concerned()
            if self._stands(verb, concerned, **fields):
                # Said again, as after a crash: it moves no clock, and the same words at one time are one act.
                at = self._loop.newest(PLATFORM)
            else:
                at = self._last_word(verb, concerned)
            self.tell(PLATFORM, said(at=at, verb=verb, **fields))
            for partition in concerned:
                self._loop.prepare(partition, self._loop.later(partition))

    def _last_word(self, verb: str, concerned: list[str]) -> datetime:
        """Return a time for words to the platform, which are not dated by a merchant's clock unless they have to be."""
        at = self._loop.later(PLATFORM)
        if verb != "resume":
            return at
        # Where a merchant was halted by itself, it goes on by what is said after that.
        halted = [s.halted_at for s in (self._loop.state(p) for p in concerned) if s.halted]
        return max(at, from_microseconds(1 + max(halted, default=0)))

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
