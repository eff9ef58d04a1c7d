"""Verdicts: how two versions of a rule stand to each other, and the streams that show it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

import attrs

from ..engine import Key
from ..models import Signal
from ..models.canonical import from_microseconds

__all__ = ["Change", "Direction", "Relation", "RuleComparison", "RuleSetComparison", "Witness"]

Relation = Literal["added", "removed", "equivalent", "stricter", "looser", "incomparable", "undecided"]
"""
What a new rule is, seen from the old one.

``stricter``: whenever the new one fires the old one does, and not the reverse; ``looser``: the other way round;
``incomparable``: each fires where the other does not; ``undecided``: nobody found out.
"""

Direction = Literal["more", "less", "other"]
"""Whether more can come of it than before: points, severity, actions, risk; or less; or neither can be said."""


@attrs.frozen
class Change:
    """
    Something besides the premise that is not what it was.

    Attributes:
        what: Name of it, such as ``points`` or ``responses``.
        old: What it was, in words; empty for what was not there.
        new: What it is.
        direction: Whether more can come of it.
    """

    what: str
    old: str
    new: str
    direction: Direction = "other"

    def document(self) -> dict[str, Any]:
        """Return the change for programs."""
        return {"what": self.what, "old": self.old, "new": self.new, "direction": self.direction}

    def __str__(self) -> str:
        more = {"more": " (more can happen)", "less": " (less can happen)", "other": ""}[self.direction]
        return f"{self.what}: {self.old or 'nothing'} -> {self.new or 'nothing'}{more}"


@attrs.frozen
class Witness:
    """
    A stream for which one of two rules fires and the other does not.

    Attributes:
        fires: Whose rule fires.
        signals: In order of arrival; each is received when it happens.
        at: Moment of evaluation, in microseconds; time passes up to it after the last signal.
        key: What the one rule fires for.
    """

    fires: Literal["old", "new"]
    signals: tuple[Signal, ...]
    at: int
    key: Key

    def document(self) -> dict[str, Any]:
        """Return the witness for programs: signals as JSON, and what they show."""
        return {
            "fires": self.fires,
            "silent": "new" if self.fires == "old" else "old",
            "key": list(self.key),
            "at": from_microseconds(self.at),
            "signals": [_written(s) for s in self.signals],
        }


def _written(signal: Signal) -> dict[str, Any]:
    # What is empty says nothing, and a person reads this.
    return {n: v for n, v in signal.model_dump(mode="json").items() if v not in (None, {}, [])}


@attrs.frozen(kw_only=True)
class RuleComparison:
    """
    A rule in two rule sets.

    Attributes:
        relation: How the premises stand to each other, with how long the evidence lasts.
        old_alone: A stream for which only the old one fires.
        new_alone: A stream for which only the new one fires.
        new_within_old: Whether it is proven that the old one fires whenever the new one does.
        old_within_new: The reverse.
        edits: What is written differently in the premise, in words.
        changes: What else is different.
        streams: How many streams were run in search of witnesses.
        note: What stood in the way, where something did.
        text: A paragraph for people.
    """

    id: str
    relation: Relation
    old_alone: Witness | None = None
    new_alone: Witness | None = None
    new_within_old: bool = False
    old_within_new: bool = False
    edits: tuple[str, ...] = ()
    changes: tuple[Change, ...] = ()
    streams: int = 0
    note: str = ""
    text: str = ""

    @property
    def same(self) -> bool:
        """Whether nothing is different that could change a decision."""
        return self.relation == "equivalent" and not self.changes

    def document(self) -> dict[str, Any]:
        """Return the comparison for programs."""
        return {
            "id": self.id,
            "relation": self.relation,
            "proven": {"new_within_old": self.new_within_old, "old_within_new": self.old_within_new},
            "witnesses": [w.document() for w in (self.old_alone, self.new_alone) if w is not None],
            "edits": list(self.edits),
            "changes": [c.document() for c in self.changes],
            "streams": self.streams,
            "note": self.note,
            "text": self.text,
        }


@attrs.frozen(kw_only=True)
class RuleSetComparison:
    """
    Two rule sets.

    Attributes:
        rules: Every rule of either, by id.
        kinds: Changes of issue kinds, by name.
        signals: Changes of signal classes, by kind.
        hosts: Words in the names of hosts that are gone or new, by the subject that they are about.
    """

    old: str
    new: str
    rules: tuple[RuleComparison, ...]
    kinds: Mapping[str, tuple[Change, ...]]
    signals: Mapping[str, tuple[Change, ...]]
    hosts: Mapping[str, tuple[Change, ...]] = attrs.field(factory=dict)

    @property
    def same(self) -> bool:
        """Whether the two decide alike, as far as rules, kinds, signal classes and words of hosts go."""
        return all(r.same for r in self.rules) and not (self.kinds or self.signals or self.hosts)

    @property
    def undecided(self) -> tuple[str, ...]:
        """Ids of the rules about which nobody found out."""
        return tuple(r.id for r in self.rules if r.relation == "undecided")

    def document(self) -> dict[str, Any]:
        """Return the comparison for programs; rules that are the same are left out."""
        return {
            "format": "migro-rule-diff/1",
            "old": self.old,
            "new": self.new,
            "same": self.same,
            "unchanged": sum(r.same for r in self.rules),
            "rules": [r.document() for r in self.rules if not r.same],
            "kinds": {k: [c.document() for c in changes] for k, changes in self.kinds.items()},
            "signals": {k: [c.document() for c in changes] for k, changes in self.signals.items()},
            "hosts": {k: [c.document() for c in changes] for k, changes in self.hosts.items()},
        }
