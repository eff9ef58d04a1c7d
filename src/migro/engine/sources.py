"""Sources: where streams come from, and what is kept of each signal."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, NamedTuple

import attrs

from ..expressions import Col, Fact, FirstSeen, Pred, Term
from ..expressions import Node as Expression
from ..models import Signal, to_microseconds
from ..rules import Selection
from .matching import Matcher, Reader
from .streams import Entry
from .values import HOUR, Need, Value

__all__ = ["HOUR", "Ask", "Grid", "Interval", "SeriesOf", "Source", "fact_key_names", "identity", "newest"]


@attrs.frozen
class Interval:
    """Where a calendar's signals keep start and end, and how far around them it reaches."""

    starts: int
    ends: int
    lead: int
    slack: int

    def of(self, entry: Entry) -> tuple[int, int] | None:
        """Return first and last microsecond of a signal's interval, or None where it declares none."""
        starts, ends = entry.values[self.starts], entry.values[self.ends]
        if starts is None or ends is None:
            return None
        return to_microseconds(starts) - self.lead, to_microseconds(ends) + self.slack


Ask = tuple[int, int, tuple[tuple[int, int, int], ...]]
"""
A node to refresh when a signal has entered a stream: its number, which answer of the signal has to be yes (-1 for
none), and what streams have to hold, as of `Need`; of too few there is never enough. Plain tuples, since nothing is
gone through more often, and Python takes those apart in a third of the time.
"""


class Grid(NamedTuple):
    """
    A node that is looked at by the clock alone, and that a signal only keeps alive.

    Attributes:
        place: The node's number.
        every: At the multiples of how many microseconds it is looked at.
        places: The places of its key in the source's.
    """

    place: int
    every: int
    places: tuple[int, ...]


@attrs.define(eq=False)
class Source:
    """
    Where streams come from: a selection, or (without one) the times of a node for finer keys.

    Attributes:
        captured, reads: Terms that measures read from each signal, and what reads them.
        columns: Names of those of them that are columns.
        tests: Further predicates of shares and the like.
        read_for, tested_for: The rules that name each term and each further predicate.
        retention: How long entries are kept, in microseconds.
        context: Whether what is selected can change later, because of facts or of what was seen before.
        readers: Nodes to refresh when a stream has changed.
        shares: Those of them that look only at what fits a further predicate, with the place of its answer.
        quiet: Those of them that find nothing while streams hold too little, with what these have to hold.
        watchers: Nodes that a signal keeps alive, with the places of their key in the source's.
        series: Series that it is measured by.
        users: Rules that a raising predicate of its selection belongs to, and rules to evaluate for a calendar.
        intervals: What calendars read of it.
        histories: What asks whether a value is new: number, part, and reader of the value.
        inner: The node whose times it holds; -1 for a selection.
        project: Places of its key in the keys of that node.
        remembered: How long the newest forgotten time is still needed after it; None for ever.
        weight_column: The column that says for how many a signal counts; empty for none, and for what is no column.
        reads_columns: Whether what it keeps of a signal is in columns alone, apart from its further predicates.
        keeps_more: Whether it keeps anything of a signal beside when, what and from whom it is.
        asks: The readers, with what has to be there for each to find anything.
        grids: Those of readers and watchers that are looked at by the clock alone; `asks` is without.
        others: The other watchers.
    """

    number: int
    selection: Selection[Any, Any] | None
    key_names: tuple[str, ...]
    matcher: Matcher | None = None
    weight: Reader | None = None
    terms: dict[str, int] = attrs.Factory(dict)
    reads: list[Reader] = attrs.Factory(list)
    tests: list[tuple[str, Matcher]] = attrs.Factory(list)
    read_for: list[set[str]] = attrs.Factory(list)
    tested_for: list[set[str]] = attrs.Factory(list)
    predicates: list[Pred[Any]] = attrs.Factory(list)
    retention: int = 0
    context: bool = False
    readers: list[int] = attrs.Factory(list)
    shares: list[tuple[int, int]] = attrs.Factory(list)
    quiet: list[tuple[int, tuple[Need, ...]]] = attrs.Factory(list)
    watchers: list[tuple[int, tuple[int, ...]]] = attrs.Factory(list)
    series: list[int] = attrs.Factory(list)
    users: set[str] = attrs.Factory(set)
    intervals: list[Interval] = attrs.Factory(list)
    remembered: int | None = 0
    histories: list[tuple[int, FirstSeen[Any], Reader]] = attrs.Factory(list)
    inner: int = -1
    project: tuple[int, ...] = ()
    captured: list[Term[Any, Any]] = attrs.Factory(list)
    columns: list[str] = attrs.Factory(list)
    weight_column: str = ""
    keeps_more: bool = True
    reads_columns: bool = False
    asks: tuple[Ask, ...] = ()
    grids: tuple[Grid, ...] = ()
    others: tuple[tuple[int, tuple[int, ...]], ...] = ()

    def finish(self, every: Mapping[int, int]) -> None:
        """
        Note what asks and what is read of each signal, once all of it is known.

        Args:
            every: At which multiples each node is looked at that is looked at by the clock alone, by number.
        """
        weight = self.selection.weight if self.selection is not None else None
        self.weight_column = weight.name if isinstance(weight, Col) else ""
        self.keeps_more = bool(weight is not None or self.reads or self.tests)
        plain = weight is None or bool(self.weight_column)
        self.reads_columns = plain and len(self.columns) == len(self.reads)
        shares = dict(self.shares)
        quiet = dict(self.quiet)
        asking = [place for place in self.readers if place not in every]
        needs = {place: tuple((n.source, n.length, n.least) for n in found) for place, found in quiet.items()}
        self.asks = tuple((place, shares.get(place, -1), needs.get(place, ())) for place in asking)
        whole = tuple(range(len(self.key_names)))
        alive = {**dict.fromkeys(self.readers, whole), **dict(self.watchers)}
        self.grids = tuple(Grid(place, every[place], places) for place, places in alive.items() if place in every)
        self.others = tuple((place, places) for place, places in self.watchers if place not in every)


@attrs.define(eq=False)
class SeriesOf:
    """
    Hours of one measure.

    Attributes:
        hours: How far back its baseline looks.
        sources: Streams that it measures.
    """

    number: int
    value: Value
    sources: tuple[int, ...]
    hours: int
    readers: list[int] = attrs.Factory(list)


def identity(node: Expression) -> str:
    """Return equal text for nodes of equal meaning."""
    return json.dumps(node.document(), sort_keys=True)


def fact_key_names(key_names: tuple[str, ...], owner: type[Signal]) -> tuple[str, ...]:
    """Return the names of the key columns that a fact is known by."""
    return tuple(k for k in key_names if k in owner.__columns__ and owner.__columns__[k].key)


def newest(held: list[tuple[int, str, Signal]], operand: Fact[Any], end: int) -> Any:
    """Return the newest value among the first `end` facts, or the default."""
    for _, _, signal in reversed(held[:end]):
        value = getattr(signal, operand.column.name, None)
        if value is not None:
            return value
    return operand.default
