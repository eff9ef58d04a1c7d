"""Wording: what is different about two rules, and what a witness shows, in sentences."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from fractions import Fraction
from typing import Any

import attrs

from ..expressions import Node, Pred, span
from ..models import Signal
from ..rules import Both, Rule
from .selecting import equal
from .verdicts import Change, Relation, Witness

__all__ = ["describe", "edits", "tell"]

_NAMES = {
    "n": "number",
    "k": "at least",
    "length": "span",
    "at_least": "share",
    "at_least_points": "points",
    "q": "quantile",
    "by": "factor",
    "p": "probability",
    "z": "standard errors",
}
_SPANS = frozenset({"length", "every", "lateness", "lead", "slack", "horizon"})
_SAID: dict[Relation, str] = {
    "equivalent": "The premise means the same.",
    "stricter": "It fires in fewer situations: whenever the new rule fires the old one does, but not the reverse.",
    "looser": "It fires in more situations: whenever the old rule fires the new one does, but not the reverse.",
    "incomparable": "Neither covers the other: each fires where the other is silent.",
    "undecided": "It is not decided how the two stand to each other.",
    "added": "The rule is new.",
    "removed": "The rule is gone.",
}


def describe(
    id: str,
    relation: Relation,
    edits: Iterable[str],
    changes: Iterable[Change],
    witnesses: Iterable[Witness],
    note: str,
    columns: frozenset[str] = frozenset(),
) -> str:
    """
    Return one paragraph about a rule.

    Args:
        columns: What the rule reads; witnesses are told with these.
    """
    sentences = [f"{id}: {_SAID[relation]}"]
    written = list(edits)
    if written:
        sentences.append(f"Changed in the premise: {'; '.join(written)}.")
    sentences += [tell(w, columns) for w in witnesses]
    others = [str(c) for c in changes]
    if others:
        sentences.append(f"Changed besides: {'; '.join(others)}.")
    if note:
        sentences.append(note)
    return " ".join(sentences)


# --- witnesses ------------------------------------------------------------------------------------------------------


def tell(witness: Witness, columns: frozenset[str]) -> str:
    """Return what a witness shows, in a sentence that names those columns."""
    start = min(s.effective_at for s in witness.signals)
    told = ", ".join(_crowds(witness.signals, start, columns))
    silent = "old" if witness.fires == "new" else "new"
    when = _since(witness.at - start)
    key = "/".join(witness.key)
    return f"With {told}, the {witness.fires} rule fires for {key} {when}, and the {silent} one does not."


def _crowds(signals: tuple[Signal, ...], start: int, columns: frozenset[str]) -> Iterator[str]:
    crowds: dict[str, list[int]] = {}
    for signal in signals:
        crowds.setdefault(_looks(signal, columns), []).append(signal.effective_at - start)
    for looks, times in crowds.items():
        times.sort()
        at = _since(times[0]) if times[0] == times[-1] else f"from {_clock(times[0])} to {_clock(times[-1])}"
        yield f"{len(times)} x {looks} {at}"


def _looks(signal: Signal, columns: frozenset[str]) -> str:
    shown = []
    for name in type(signal).__columns__:
        value = getattr(signal, name)
        if name in columns and value is not None:
            words = "{" + ", ".join(sorted(value)) + "}" if isinstance(value, frozenset) else str(value)
            shown.append(f"{name} {words}")
    return f"{signal.kind} ({', '.join(shown)})" if shown else signal.kind


def _since(us: int) -> str:
    return "at the start" if us == 0 else f"at {_clock(us)}"


def _clock(us: int) -> str:
    if us % 1_000_000 == 0 or us < 1_000_000:
        return f"+{span(us)}"
    whole, rest = divmod(us, 1_000_000)
    # Half a second before a full one is read more easily from there.
    return (
        f"+{span(whole * 1_000_000)} {rest} us"
        if rest < 500_000
        else f"+{span((whole + 1) * 1_000_000)} -{1_000_000 - rest} us"
    )


# --- edits ----------------------------------------------------------------------------------------------------------


def edits(old: Rule[Any], new: Rule[Any]) -> tuple[str, ...]:
    """Return what is written differently in the premises; empty where nothing is."""
    return tuple(dict.fromkeys(_edits(old.when, new.when)))


def _edits(old: Any, new: Any) -> Iterator[str]:
    if equal(old, new):
        return
    around = list(_around(old, new))
    if around:
        yield from around
        return
    if isinstance(old, Both) is not isinstance(new, Both):
        yield from _lists("parts", *(n.parts if isinstance(n, Both) else (n,) for n in (old, new)))
        return
    if type(old) is not type(new) or not attrs.has(type(old)):
        yield f"`{old}` became `{new}`"
        return
    for field in attrs.fields(type(old)):
        before, after = getattr(old, field.name), getattr(new, field.name)
        if isinstance(before, Node) and isinstance(after, Node) and not isinstance(before, Pred):
            yield from _edits(before, after)
        elif isinstance(before, tuple) and isinstance(after, tuple):
            yield from _lists(field.name, before, after)
        elif not _alike(before, after):
            yield _edit(field.name, before, after, new)


def _around(old: Any, new: Any) -> Iterator[str]:
    """Say what was wrapped around a premise, or taken off it."""
    for outer, inner, word in ((old, new, "gone"), (new, old, "new")):
        if attrs.has(type(outer)) and isinstance(of := getattr(outer, "of", None), Node) and equal(of, inner):
            yield f"`{str(outer).replace(str(of), '...', 1)}` is {word}"
            return


def _lists(name: str, before: tuple[Any, ...], after: tuple[Any, ...]) -> Iterator[str]:
    gone = [b for b in before if not any(_alike(b, a) for a in after)]
    come = [a for a in after if not any(_alike(a, b) for b in before)]
    if name in ("parts", "methods") and len(gone) == len(come):
        for b, a in zip(gone, come, strict=True):
            yield from _edits(b, a)
        return
    if len(gone) == len(come) == 1:
        yield f"`{gone[0]}` became `{come[0]}`"
        return
    for b in gone:
        yield f"`{b}` is gone"
    for a in come:
        yield f"`{a}` is new"


def _alike(one: Any, other: Any) -> bool:
    if isinstance(one, Node) and isinstance(other, Node):
        return equal(one, other)
    return type(one) is type(other) and bool(one == other)


def _edit(name: str, before: Any, after: Any, node: Any) -> str:
    where = type(node).__name__
    return f"{_NAMES.get(name, name)} of {where} {_said(name, before)} -> {_said(name, after)}"


def _said(name: str, value: Any) -> str:
    if name in _SPANS and isinstance(value, int):
        return span(value)
    if isinstance(value, Fraction) and name == "at_least":
        return f"{100 * value} %" if (100 * value).denominator == 1 else str(value)
    return getattr(value, "__name__", None) or ("nothing" if value is None else str(value))
