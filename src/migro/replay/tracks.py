"""What one version leaves behind while it is compared: when its issues lived, and what would have run by itself."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

import attrs

from ..models import Decision, IssueStatus, Outcome
from .comparison import Opened, Run

__all__ = ["Track", "opened_only", "runs_only"]

Slot = tuple[str, str, tuple[str, ...]]
"""Partition, kind and key."""


@attrs.define
class _Span:
    start: datetime
    end: datetime | None = None

    def meets(self, other: _Span) -> bool:
        return (other.end is None or self.start <= other.end) and (self.end is None or other.start <= self.end)


@attrs.define
class _Life:
    opened: Opened
    spans: list[_Span] = attrs.Factory(list)

    def meets(self, other: _Life) -> bool:
        return any(one.meets(another) for one in self.spans for another in other.spans)


@attrs.define
class Track:
    """
    The issues and actions of one version.

    Attributes:
        lives: When each issue was open, by id.
        slots: Ids of issues, by what they are about.
        runs: The first time that each action would have run by itself.
        decisions: How many decisions there were.
    """

    lives: dict[str, _Life] = attrs.Factory(dict)
    slots: dict[Slot, list[str]] = attrs.Factory(dict)
    runs: dict[tuple[Slot, str, str], Run] = attrs.Factory(dict)
    decisions: int = 0

    def note(self, partition: str, seq: int, decision: Decision) -> None:
        """Take a decision into account."""
        self.decisions += 1
        slot = (partition, decision.issue.kind, decision.issue.key)
        self._live(slot, seq, decision)
        for action in decision.actions:
            name = (slot, action.kind, action.target)
            if action.outcome is Outcome.AUTO and name not in self.runs:
                self.runs[name] = Run(
                    partition=partition,
                    seq=seq,
                    at=decision.at,
                    kind=decision.issue.kind,
                    key=decision.issue.key,
                    action=action.kind,
                    target=action.target,
                )

    def _live(self, slot: Slot, seq: int, decision: Decision) -> None:
        issue = decision.issue
        if issue.id not in self.lives:
            self.slots.setdefault(slot, []).append(issue.id)
            opened = Opened(
                partition=slot[0],
                seq=seq,
                at=decision.at,
                kind=issue.kind,
                key=issue.key,
                severity=issue.severity.word,
                band=issue.band.word,
            )
            self.lives[issue.id] = _Life(opened)
        spans = self.lives[issue.id].spans
        lasts = bool(spans) and spans[-1].end is None
        if issue.status is IssueStatus.RESOLVED and lasts:
            spans[-1].end = decision.at
        elif issue.status is not IssueStatus.RESOLVED and not lasts:
            spans.append(_Span(decision.at))


def opened_only(track: Track, other: Track) -> Iterator[Opened]:
    """Yield the issues during which the other held none of that kind and key."""
    for slot, ids in track.slots.items():
        theirs = [other.lives[id] for id in other.slots.get(slot, ())]
        for id in ids:
            life = track.lives[id]
            if not any(life.meets(one) for one in theirs):
                yield life.opened


def runs_only(track: Track, other: Track) -> Iterator[Run]:
    """Yield the actions that only the first would have let run by themselves."""
    return (run for name, run in track.runs.items() if name not in other.runs)
