"""Of the crash matrix a stride; ``python -m tests.crash`` runs all of it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

import migro
from tests.conftest import ROOT

from .scenario import STEPS

EVERY = 1409
"""A prime, so that the stride meets boundaries of every kind in the course of a step."""


def run(*words: str) -> str:
    """Run a program of this package in a process of its own: pytest's has threads, and forking wants none."""
    source = Path(migro.__file__).parent.parent
    done = subprocess.run(
        [sys.executable, "-m", *words],
        capture_output=True,
        text=True,
        cwd=ROOT,
        env={"PYTHONPATH": f"{source}:{ROOT}"},
        timeout=600,
    )

    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_a_process_may_be_killed_at_any_boundary_and_another_one_goes_on() -> None:
    said = run("tests.crash", "--every", str(EVERY)).splitlines()

    assert said[-1] == "crashes with findings 0, findings 0"
    steps, boundaries, _ = said[-3].split(", ")
    assert steps == f"steps {len(STEPS)}"
    assert int(boundaries.split()[1]) > 10_000
    assert int(said[-2].split(",")[0].split()[1]) >= 7


def test_a_process_may_be_killed_while_it_stores_a_snapshot() -> None:
    said = run("tests.crash", "--among", "snapshots", "--every", "61").splitlines()

    assert said[-1] == "crashes with findings 0, findings 0"
    assert int(said[-2].split(",")[0].split()[1]) >= 2


@pytest.mark.parametrize(
    "trouble",
    [
        "full_disk",
        "locked_file",
        "forbidden_directory",
        "deleted_file",
        "replaced_file",
        "clock_forward",
        "clock_back",
        "two_agents_in_turns",
        "two_agents_at_everything",
    ],
)
def test_an_agent_gets_over(trouble: str) -> None:
    assert f"{trouble} done" in run("tests.crash.troubles", trouble)
