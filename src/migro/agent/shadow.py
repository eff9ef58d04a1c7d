"""Shadow mode: candidate rules fold the same inputs beside the live ones, and nobody but people reads what they say."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType

from ..errors import InputError, survivable
from ..models import Decision, Input, JournalEntry, Snapshot
from .fold import Fold
from .hypothesis import supposed
from .snapshots import restore, snapshot
from .state import State
from .wording import raised_at

__all__ = ["Shadow"]


class Shadow:
    """
    Candidate rules and a policy, with a state of their own for each partition.

    A candidate can do no harm: it is given the inputs that the live rules are given, its decisions go nowhere, and
    where it raises it is left out of that partition from then on.

    Args:
        fold: The candidate rules and their policy.

    Attributes:
        decided: How many decisions the candidate has made since this was begun, what was recalled left out.
    """

    def __init__(self, fold: Fold) -> None:
        self.fold = fold
        self._states: dict[str, State] = {}
        self._errors: dict[str, str] = {}
        self.decided = 0

    @property
    def errors(self) -> Mapping[str, str]:
        """Where a candidate raised and is left out, by partition: type, file and line, and the number of the input."""
        return MappingProxyType(self._errors)

    def at(self, partition: str) -> int | None:
        """Return the number of the last input that was considered; None where nothing is loaded."""
        state = self._states.get(partition)
        return None if state is None else state.seq

    def recall(self, partition: str, entries: Iterable[JournalEntry]) -> None:
        """
        Go on over what steps have consumed, from the start or from what `restore` gave; never raises.

        Args:
            partition: Whose journal it is.
            entries: The journal behind number ``at(partition)``; what is pending is left alone.
        """
        state = self._states.setdefault(partition, self.fold.start(partition))
        for entry in entries:
            if not entry.done or partition in self._errors:
                break
            if entry.seq <= state.seq:
                continue
            if entry.failed:
                state = self._states[partition] = self.fold.skip(state, entry.seq)
            else:
                self._advance(partition, state, entry.seq, entry.input)
                state = self._states[partition]

    def consider(self, partition: str, seq: int, item: Input) -> tuple[Decision, ...]:
        """
        Return what the candidate decides on an input; nothing where it is left out or has not followed. Never raises.

        Args:
            partition: Where the input came in.
            seq: Its number; the one after ``at(partition)``.
            item: The input, as the live rules are given it.
        """
        state = self._states.get(partition)
        if state is None and seq == 1:
            state = self._states[partition] = self.fold.start(partition)
        if state is None or state.seq != seq - 1 or partition in self._errors:
            return ()
        decisions = self._advance(partition, state, seq, item)
        self.decided += len(decisions)
        return decisions

    def forget(self, partition: str) -> None:
        """Drop a partition's state, as where its step was not stored; `recall` builds it anew."""
        self._states.pop(partition, None)
        self._errors.pop(partition, None)

    def snapshot(self, partition: str) -> Snapshot | None:
        """Return the state of a partition to be kept; None where there is none, or the candidate is left out."""
        state = self._states.get(partition)
        if state is None or partition in self._errors:
            return None
        ruleset, policy = self._versions
        data = snapshot(self.fold.engine, policy, state)
        return Snapshot(partition=partition, seq=state.seq, ruleset=ruleset, policy=policy, data=data)

    def restore(self, kept: Snapshot) -> bool:
        """Take over a kept state, and return whether it is one of these rules and this policy that can be read."""
        if (kept.ruleset, kept.policy) != self._versions:
            return False
        try:
            state = restore(self.fold.engine, kept.policy, kept.data, partition=kept.partition)
        except InputError:
            return False  # the journal has everything, it only takes longer
        self._errors.pop(kept.partition, None)
        self._states[kept.partition] = state
        return True

    @property
    def _versions(self) -> tuple[str, str]:
        # Marked: the state of a candidate is not the one that the same rules reach when they come into force.
        return f"shadow:{self.fold.ruleset.version}", self.fold.policy.version

    def _advance(self, partition: str, state: State, seq: int, item: Input) -> tuple[Decision, ...]:
        try:
            step = self.fold.advance(state, seq, supposed(self.fold, state, item))
        except survivable() as e:  # whatever a candidate does, the live rules go on
            self._errors[partition] = f"{raised_at(e)} on number {seq}"
            return ()
        self._states[partition] = step.state
        return step.record.decisions
