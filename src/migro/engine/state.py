"""What the engine hands out and what it holds while it runs."""

from __future__ import annotations

from typing import Any, Literal

import attrs

from ..models import Signal
from ..rules import Premise
from .matching import Matcher
from .windows import Anchor, Window

__all__ = ["Change", "EngineState", "Evidence", "Firing", "Key", "Leaf"]

Key = tuple[str, ...]


@attrs.frozen
class Firing:
    """
    A rule that holds for a key.

    Attributes:
        at: Its anchor in microseconds, or the time of evaluation when only known issues hold it up.
    """

    rule: str
    key: Key
    at: int


@attrs.frozen
class Change:
    """What happened to a firing in one step: the trace of the agenda, in firing order."""

    what: Literal["fired", "moved", "retracted"]
    rule: str
    key: Key


@attrs.frozen
class Evidence:
    """
    What inserting one signal did.

    Attributes:
        matched: Whether any selection matched it.
        unkeyed: Signal class names of the selections that matched but whose key the signal lacks, where none
            matched with a key.
        late: Whether it came after the retention of every window it matched.
        errors: Rules in which a predicate raised.
        unreadable: Why it does not fit the class of its kind; empty when it does.
        measured: Windows that it entered as evidence, by leaf number and key.
    """

    matched: bool
    unkeyed: tuple[str, ...] = ()
    late: bool = False
    errors: tuple[str, ...] = ()
    unreadable: str = ""
    measured: tuple[tuple[int, Key], ...] = ()


@attrs.frozen(eq=False)
class Leaf:
    """
    A measuring premise, shared by all rules that name it.

    Attributes:
        selection: Number of the selection it measures.
        numerator: Compiled predicates of a share.
        rules: Rules to evaluate when it changes.
        lasts: The longest any of them lets evidence last, in microseconds.
        retention: How long entries are kept.
    """

    number: int
    premise: Premise[Any]
    selection: int
    numerator: Matcher | None
    rules: tuple[str, ...]
    lasts: int
    retention: int


@attrs.define
class EngineState:
    """
    What the engine holds while it runs, for one partition.

    Attributes:
        now: Time of the last evaluation, in microseconds.
        windows: Entries by (leaf, key).
        anchors: Where each leaf is satisfied last.
        firings: Rules that hold now.
        facts: Fact signals by (kind, key names, key), oldest first.
        candidates: Signals of selections that read facts, kept because a fact may change what they are.
        scheduled: When a rule has to be looked at again because time alone changes it.
    """

    now: int = 0
    windows: dict[tuple[int, Key], Window] = attrs.Factory(dict)
    anchors: dict[tuple[int, Key], Anchor] = attrs.Factory(dict)
    firings: dict[tuple[str, Key], Firing] = attrs.Factory(dict)
    facts: dict[tuple[str, tuple[str, ...], Key], list[tuple[int, str, Signal]]] = attrs.Factory(dict)
    candidates: dict[tuple[int, Key], list[tuple[int, str, Signal]]] = attrs.Factory(dict)
    scheduled: dict[tuple[str, Key], int] = attrs.Factory(dict)
    due: list[tuple[int, str, Key]] = attrs.Factory(list)
    dirty: set[tuple[str, Key]] = attrs.Factory(set)
