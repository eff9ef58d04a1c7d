"""Disagreements: where two engines, over the same signals, do not say the same."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

import attrs

from ..engine import EngineState, Key, NativeEngine
from ..models import from_microseconds
from .lowering import Lowering

__all__ = ["Disagreement", "disagreements"]


@attrs.frozen(kw_only=True, order=True)
class Disagreement:
    """
    One difference between the native engine and durable-rules.

    Attributes:
        what: Whether it is about a rule's firing, or about the points of an issue.
        name: Id of the rule; of an issue's points the name of its kind.
        key: For which key.
        stream: What was played: a partition, an example, a seed.
        at: The moment, in microseconds.
        native: Points that the rule brings or the issue has by the native engine; None for silence.
        durable: The same by durable-rules.
    """

    what: Literal["firing", "points"]
    name: str
    key: Key
    stream: str
    at: int
    native: int | None = attrs.field(order=False)
    durable: int | None = attrs.field(order=False)

    def __str__(self) -> str:
        where = f" in {self.stream}" if self.stream else ""
        return (
            f"{self.name} for {'/'.join(self.key)} at {from_microseconds(self.at):%Y-%m-%d %H:%M:%S.%f}{where}:"
            f" native {_said(self.native)}, durable-rules {_said(self.durable)}"
        )

    def document(self) -> dict[str, Any]:
        """Return it as JSON has it."""
        return {**attrs.asdict(self), "key": list(self.key)}


def _said(points: int | None) -> str:
    return "silent" if points is None else f"{points:+d} points"


def disagreements(
    lowering: Lowering,
    engine: NativeEngine,
    state: EngineState,
    firings: Mapping[tuple[str, Key], int],
    points: Mapping[tuple[str, Key], int],
    *,
    stream: str = "",
) -> tuple[Disagreement, ...]:
    """
    Return where an outcome differs from what the native engine holds, sorted.

    Rules that are refused are left out, and so are the points of issues that such a rule concludes about; and so is
    what only speaks against an issue that there is not, which the native engine may leave alone.
    """
    taken = {rule.id for rule in lowering.ruleset.rules if lowering.takes(rule)}
    native = {place: engine.points_of(firing) for place, firing in state.firings.items() if place[0] in taken}
    native = {place: points for place, points in native.items() if engine.asks(state, *place)}
    firings = {place: points for place, points in firings.items() if engine.asks(state, *place)}
    keys = {
        (lowering.ruleset.rule(rule).then.kind.name, key)
        for rule, key in {**native, **firings}
        if lowering.ruleset.rule(rule).then.kind.name in lowering.closed
    }
    scores = {place: engine.points(state, *place) for place in keys | points.keys()}
    found = [
        *(("firing", place, native.get(place), firings.get(place)) for place in native.keys() | firings.keys()),
        *(("points", place, score, points.get(place)) for place, score in scores.items()),
    ]
    return tuple(
        sorted(
            Disagreement(what=what, name=name, key=key, stream=stream, at=state.now, native=one, durable=other)  # type: ignore[arg-type]
            for what, (name, key), one, other in found
            if one != other
        )
    )
