"""
Every scenario and variant for many seeds, without loss and with three in ten events lost: ``nox -s scenarios``.

Prints a table for each of the two, over all seeds, and every target that was missed.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor

import attrs

from migro.cli.console import Console
from migro.cli.scenario_plays import evaluate_simulation
from migro.evaluate import TARGETS, TARGETS_UNDER_LOSS, ScenarioScore, Targets, scenario_lines, total_of
from migro.packs.headless import RULES
from migro.simulate import generate, lose, playable

LOST_PERMILLE = 300


@attrs.frozen
class Task:
    """One play; `lost` says how many of 1,000 events get lost."""

    scenario: str
    seed: int
    lost: int = 0


def play(task: Task) -> ScenarioScore:
    """Generate a scenario, play it, and return its score under the name that plays it."""
    simulation = generate(task.scenario, seed=task.seed)
    if task.lost:
        simulation = lose(simulation, permille=task.lost, seed=task.seed)
    return attrs.evolve(evaluate_simulation(simulation, RULES), scenario=task.scenario)


def played(tasks: Sequence[Task], jobs: int) -> Iterator[ScenarioScore]:
    if jobs == 1:
        yield from map(play, tasks)
        return
    with ProcessPoolExecutor(jobs) as pool:
        yield from pool.map(play, tasks)


def reported(title: str, scores: Sequence[ScenarioScore], targets: Targets) -> tuple[str, ...]:
    """Print scores, and return the targets that they missed."""
    print(f"\n{title}\n")
    print("\n".join(scenario_lines(scores)))
    missed = targets.missed(total_of(scores))
    for line in missed:
        print(f"target missed: {line}")
    sys.stdout.flush()
    return missed


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=20, metavar="N", help="seeds 1 to N (default: 20)")
    parser.add_argument("--first", type=int, default=1, metavar="SEED", help="begin with another seed (default: 1)")
    parser.add_argument("--only", nargs="+", metavar="ID", default=list(playable()), help="these scenarios alone")
    parser.add_argument("--jobs", type=int, default=2, metavar="N", help="processes side by side (default: 2)")
    chosen = parser.parse_args(argv)
    seeds = range(chosen.first, chosen.first + chosen.seeds)
    plain = [Task(name, seed) for name in chosen.only for seed in seeds]
    lossy = [attrs.evolve(task, lost=LOST_PERMILLE) for task in plain]
    missed: tuple[str, ...] = ()
    for title, tasks, targets in (
        ("Nothing lost", plain, TARGETS),
        ("30 % of events lost", lossy, TARGETS_UNDER_LOSS),
    ):
        scores: list[ScenarioScore] = []
        with Console().progress(title, len(tasks)) as meter:
            for score in played(tasks, chosen.jobs):
                scores.append(score)
                meter.step(f"{score.scenario} seed {score.seed}")
        missed += reported(title, scores, targets)
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
