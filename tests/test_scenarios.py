"""Every scenario and variant but the largest, played once from raw payloads and scored beside its truth."""

from __future__ import annotations

from typing import Final

import pytest

from migro.cli.scenario_plays import evaluate_simulation
from migro.evaluate import TARGETS, scenario_lines, total_of
from migro.packs.headless import RULES
from migro.simulate import generate, playable

SEED: Final = 1

LARGE: Final = frozenset({"SC11"})
"""The 120 shops of a platform take a minute of a core: ``nox -s scenarios`` plays them with all others."""


@pytest.mark.parametrize("scenario", [name for name in playable() if name not in LARGE])
def test_a_scenario_is_understood_as_its_truth_has_it(scenario: str) -> None:
    score = evaluate_simulation(generate(scenario, seed=SEED), RULES)

    assert TARGETS.missed(total_of([score])) == (), "\n".join(scenario_lines([score]))
