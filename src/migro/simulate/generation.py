"""Generating a scenario, and writing it to files."""

from __future__ import annotations

from os import PathLike
from pathlib import Path

from ..errors import ConfigurationError
from .scenarios import SCENARIOS
from .timeline import Simulation

__all__ = ["generate", "write"]


def generate(scenario_id: str, *, seed: int) -> Simulation:
    """
    Play a scenario and return its deliveries and the truth about them.

    The same id and seed give the same bytes in every process, on every machine.

    Raises:
        ConfigurationError: If there is no scenario with that id; the message lists those there are.
    """
    play = SCENARIOS.get(scenario_id)
    if play is None:
        raise ConfigurationError(f"expected a scenario of {', '.join(SCENARIOS)}, got {scenario_id!r}")
    return play(seed)


def write(simulation: Simulation, directory: str | PathLike[str]) -> tuple[Path, Path]:
    """
    Write ``envelopes.jsonl`` and ``truth.json`` into a directory, which is made if it is missing.

    Returns:
        The two paths, in this order.
    """
    where = Path(directory)
    where.mkdir(parents=True, exist_ok=True)
    lines, truth = where / "envelopes.jsonl", where / "truth.json"
    lines.write_text("".join(f"{e.json_line()}\n" for e in simulation.envelopes), encoding="utf-8", newline="\n")
    truth.write_text(simulation.truth.json_text() + "\n", encoding="utf-8", newline="\n")
    return lines, truth
