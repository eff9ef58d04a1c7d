"""Everybody at once, at a tenth of the size; ``python -m tests.crash races`` runs all of it."""

from __future__ import annotations

from pathlib import Path

from migro.models import IssueStatus

from .races import Race, processes, threads


def settled(race: Race) -> None:
    """Check that a race ended as if everybody had come one after the other."""
    assert [(i.status, i.signals) for i in race.issues] == [(IssueStatus.OPEN, race.signals)]
    assert race.stored == (race.signals, race.deliveries - race.signals)
    assert set(race.executed.values()) == {1}
    assert race.redecided


def test_signals_of_one_key_from_many_threads_are_one_issue_with_an_exact_count(tmp_path: Path) -> None:
    settled(threads(tmp_path, runners=32, count=100))


def test_signals_of_one_key_from_many_processes_are_one_issue_with_an_exact_count(tmp_path: Path) -> None:
    settled(processes(tmp_path, runners=4, count=100))
