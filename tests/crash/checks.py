"""What else has to hold of a file after every crash: its chain, its conservation law, its replay."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

from migro.agent import Fold
from migro.audit import verify
from migro.replay import replay

from .stage import CONFIGURATIONS, Stage

__all__ = ["problems_of_ending"]


@cache
def _folds() -> tuple[Fold, ...]:
    return tuple(Fold(rules, policy) for rules, policy in CONFIGURATIONS.values())


def problems_of_ending(stage: Stage, *, turn: int | None = None) -> Iterator[str]:
    """
    Yield what an audit and a replay have to say against the stage's file.

    Args:
        turn: Replays with one of the configurations alone, each in its turn; with all of them where it is None, and
            then every input has to be of one of them.
    """
    memory = stage.memory.memory
    yield from (f"audit: {finding}" for finding in verify(memory).findings)
    folds = _folds()
    reports = [replay(memory, fold) for fold in (folds if turn is None else [folds[turn % len(folds)]])]
    for report in reports:
        yield from (f"replay: {difference}" for difference in report.differences)
    compared = sum(r.compared for r in reports)
    consumed = sum(p.version for p in memory.read("partitions"))
    if compared != consumed and turn is None:
        yield f"replay: {compared} inputs compared, expected {consumed}"
