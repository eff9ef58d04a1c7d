"""The law of conservation, looked at after every step of every test: each input has one end, and nothing vanishes."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import pytest

from migro.agent import Fold, State, Step
from migro.agent.loop import Loop
from migro.models import Input, IssueStatus, SignalReceived, SignalWithdrawn, StepRecord

__all__ = ["conserving", "kept"]

ENDS = {"opened", "merged", "recorded", "suppressed", "dropped"}
"""What can become of a signal that was thought about; `failed` is written by the loop, which thinks no more then."""

TAKEN_BACK = {"withdrawn", "recorded", "too_late"}
"""What can become of a withdrawal."""


class NotConserved(AssertionError):
    """A step lost something, or did it twice."""


def kept(item: Input, seq: int, step: Step) -> None:
    """
    See that a step accounts for its input.

    Raises:
        NotConserved: If it does not.
    """
    record = step.record
    found = record.disposition

    def expect(right: bool, what: str) -> None:
        if not right:
            raise NotConserved(f"input {seq} ({item.input}): {what}, got {record.seq} and {found}")

    expect(record.seq == seq == step.state.seq, "expected a step that consumes it and nothing else")
    match item:
        case SignalReceived(signal=signal):
            expect(found is not None and found.signal == signal.id, "expected a disposition of this signal")
            expect(found is not None and found.name in ENDS, f"expected one of {sorted(ENDS)}")
            expect(found is not None and found.reason != "", "expected a reason")
            named = found is not None and found.name in ("opened", "merged")
            expect(bool(found is not None and found.issues) == named, "expected issues just where it is evidence")
        case SignalWithdrawn(signal=id):
            expect(found is not None and found.signal == id and found.name in TAKEN_BACK, "expected what became of it")
        case _:
            expect(found is None, "expected no disposition")
    told = {i.id for i in record.issues}
    expect(all(d.issue.id in told for d in record.decisions), "expected every issue that was decided on")
    held = {h.issue.id for h in step.state.held.values()}
    ended = {i.id for i in record.issues if i.status is IssueStatus.RESOLVED}  # it may be forgotten by now
    expect(told <= held | ended, "expected every issue that changed to be held")
    for decision in record.decisions:
        expect(all(a.issue == decision.issue.id for a in decision.actions), "expected actions about the issue alone")


@pytest.fixture(autouse=True, scope="session")
def conserving() -> Iterator[None]:
    """Check every step of every fold in this process, and that a loop commits one step for each input, without gaps."""
    patch = pytest.MonkeyPatch()
    advance: Callable[[Fold, State, int, Input], Step] = Fold.advance
    commit: Callable[[Loop, str, int, Sequence[StepRecord]], None] = Loop._commit

    def checked(fold: Fold, state: State, seq: int, item: Input) -> Step:
        step = advance(fold, state, seq, item)
        kept(item, seq, step)
        return step

    def counted(loop: Loop, partition: str, expected: int, records: Any) -> None:
        numbers = [r.seq for r in records]
        if numbers != list(range(expected + 1, expected + 1 + len(numbers))):
            raise NotConserved(f"{partition}: expected steps from {expected + 1} on without a gap, got {numbers}")
        commit(loop, partition, expected, records)

    patch.setattr(Fold, "advance", checked)
    patch.setattr(Loop, "_commit", counted)
    try:
        yield
    finally:
        patch.undo()
