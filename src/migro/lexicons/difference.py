"""What changed between two lexicons, phrase by phrase."""

from __future__ import annotations

import attrs

from .lexicon import Entry, Lexicon

__all__ = ["LexiconDiff", "PointsChange", "diff_lexicons"]


@attrs.frozen
class PointsChange:
    """
    A phrase that is worth something else for a label.

    Attributes:
        before: Points it had; 0 for none.
        after: Points it has; 0 for none.
    """

    phrase: str
    label: str
    before: int
    after: int


@attrs.frozen(kw_only=True)
class LexiconDiff:
    """
    What changed between two lexicons; nothing for lexicons that read alike.

    Attributes:
        added: Phrases that are new, with their points.
        removed: Phrases that are gone, with their points.
        changed: Points that are others.
        settings: Everything else that readings depend on, as lines such as `negations: + never`.
    """

    added: tuple[Entry, ...] = ()
    removed: tuple[Entry, ...] = ()
    changed: tuple[PointsChange, ...] = ()
    settings: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return self != LexiconDiff()

    def __str__(self) -> str:
        lines = [f"+ {e.phrase} => {_worth(e)}" for e in self.added]
        lines += [f"- {e.phrase} => {_worth(e)}" for e in self.removed]
        lines += [f"~ {c.phrase} => {c.label} {c.before} -> {c.after}" for c in self.changed]
        return "\n".join((*lines, *self.settings))


def diff_lexicons(before: Lexicon, after: Lexicon) -> LexiconDiff:
    """Return what changed from one lexicon to another. Names, versions and examples are no part of it."""
    old = {entry.phrase: entry for entry in before.entries}
    new = {entry.phrase: entry for entry in after.entries}
    return LexiconDiff(
        added=tuple(new[phrase] for phrase in sorted(new.keys() - old.keys())),
        removed=tuple(old[phrase] for phrase in sorted(old.keys() - new.keys())),
        changed=tuple(c for phrase in sorted(old.keys() & new.keys()) for c in _changes(old[phrase], new[phrase])),
        settings=_settings(before, after),
    )


def _changes(before: Entry, after: Entry) -> list[PointsChange]:
    old, new = dict(before.points), dict(after.points)
    return [
        PointsChange(before.phrase, label, old.get(label, 0), new.get(label, 0))
        for label in sorted(old.keys() | new.keys())
        if old.get(label) != new.get(label)
    ]


def _settings(before: Lexicon, after: Lexicon) -> tuple[str, ...]:
    lines = []
    for name in ("language", "reach"):
        old, new = getattr(before, name), getattr(after, name)
        if old != new:
            lines.append(f"{name}: {old} -> {new}")
    for name in ("negations", "ends", "idle"):
        gone, come = (set(getattr(a, name)) - set(getattr(b, name)) for a, b in ((before, after), (after, before)))
        lines += [f"{name}: + {phrase}" for phrase in sorted(come)] + [f"{name}: - {phrase}" for phrase in sorted(gone)]
    return tuple(lines)


def _worth(entry: Entry) -> str:
    return ", ".join(f"{label} {points}" for label, points in entry.points)
