"""Severity that rises at once and falls late, against what was the worst in every ten minutes."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from migro.agent.easing import held_severity, level
from migro.agent.state import Held
from migro.models import IssueStatus, PersonActed, Severity, Tick
from migro.reason import assess

from ..effort import cases
from .world import DOWN, M1, Run, after, call, milder, probe

MINUTE = 60_000_000
TEN_MINUTES = 10 * MINUTE


def worst(levels: list[tuple[int, Severity]], now: int) -> Severity:
    """Return the worst of the levels that were in force at any time in ``(now - 10 min, now]``."""
    ends = [*(later for (_, _), (later, _) in pairwise(levels)), now + 1]
    return max(s for (_, s), end in zip(levels, ends, strict=True) if end > now - TEN_MINUTES)


@settings(max_examples=cases(60))
@given(st.lists(st.tuples(st.integers(1, 8 * MINUTE), st.sampled_from(Severity)), min_size=1, max_size=30))
def test_what_is_held_is_the_worst_of_ten_minutes(moves: list[tuple[int, Severity]]) -> None:
    held = Held(issue=None)  # type: ignore[arg-type]  # what it is about makes no difference here
    now, levels = 0, list[tuple[int, Severity]]()
    for pause, severity in moves:
        now += pause
        levels.append((now, severity))
        level(held, now, severity, frozenset())
        for later in (now, now + pause):
            assert held_severity(held, later) is worst(levels, later)


def test_of_the_past_no_more_is_kept_than_can_matter() -> None:
    held = Held(issue=None)  # type: ignore[arg-type]  # what it is about makes no difference here
    for n in range(500):
        level(held, n * MINUTE, Severity.SEV1 if n % 2 else Severity.SEV3, frozenset())

    assert len(held.reached) <= 11


@settings(max_examples=cases(40))
@given(st.lists(st.tuples(st.integers(1, 400), st.booleans()), min_size=5, max_size=30))
def test_an_open_issue_is_as_bad_as_it_was_at_the_worst_time_of_ten_minutes(stream: list[tuple[int, bool]]) -> None:
    run, at = Run(), 0
    slot = ("down", (str(M1),))
    levels: list[tuple[int, Severity]] = []
    for n, (pause, fails) in enumerate(stream):
        at += pause
        # What time alone changes is seen at its own time.
        while (due := run.fold.next_due(run.state)) is not None and due < after(at):
            run.give(Tick(at=due))
            _look(run, slot, levels)
        run.give(probe(n, at) if n == 0 else call(n, at, code=500 if fails else 200))
        _look(run, slot, levels)


def _look(run: Run, slot: tuple[str, tuple[str, ...]], levels: list[tuple[int, Severity]]) -> None:
    held = run.state.held.get(slot)
    if held is None or held.issue.status is IssueStatus.RESOLVED:
        levels.clear()
        return
    found = assess(run.fold.engine, run.state.engine, DOWN, slot[1]).severity
    levels.append((run.state.now, found))

    assert held.issue.severity is worst(levels, run.state.now)


def test_an_issue_that_ends_is_not_eased() -> None:
    run = Run()
    run.give(*(call(n, n) for n in range(4)))
    at = milder(run)
    ended = run.decisions[-1].issue.id
    run.give(PersonActed(at=after(at), by="ann", verb="resolve", target=ended))

    assert run.decisions[-1].issue.id == ended
    assert run.decisions[-1].issue.status is IssueStatus.RESOLVED
    assert not run.state.easing
