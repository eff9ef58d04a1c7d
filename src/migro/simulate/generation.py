"""Generating a scenario, and writing it to files."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from functools import reduce
from os import PathLike
from pathlib import Path

from ..errors import ConfigurationError
from .overlaying import beside, overlay
from .scenario import Scenario
from .scenarios import SCENARIOS
from .timeline import Simulation

__all__ = ["generate", "playable", "write"]


def playable() -> dict[str, tuple[Scenario, str]]:
    """Return every scenario and variant by the name that plays it, such as ``SC08`` and ``SC08b``."""
    return {
        f"{scenario.id}{variant}": (scenario, variant)
        for scenario in SCENARIOS.values()
        for variant in ("", *scenario.variants)
    }


def generate(
    scenario_id: str, *, seed: int, variant: str = "", own: Callable[[str], Scenario] | None = None
) -> Simulation:
    """
    Play a scenario, or several at once, and return the deliveries and the truth about them.

    The same id, variant and seed give the same bytes in every process, on every machine.

    Args:
        scenario_id: The scenario; with its variant, as in ``SC08b``, or without. ``SC01+SC10`` plays the second on
            the merchant of the first, ``SC01,SC02`` plays them side by side. A scenario that is named again is played
            with the next seed.
        seed: Source of all chance.
        variant: Name of a variant, where the id does not name it.
        own: Finds a scenario that is not shipped, where the name has a colon in it; a variant stands behind a second
            colon.

    Raises:
        ConfigurationError: If there is no such scenario or variant; the message lists those there are.
    """
    times: Counter[str] = Counter()

    def played(name: str) -> Simulation:
        scenario, chosen = _found(name, own)
        times[name] += 1
        return scenario.play(seed + times[name] - 1, chosen)

    groups = [group.split("+") for group in f"{scenario_id}{variant}".split(",")]
    return reduce(beside, (reduce(overlay, map(played, group)) for group in groups))


def _found(name: str, own: Callable[[str], Scenario] | None) -> tuple[Scenario, str]:
    if own is not None and ":" in name:
        reference, _, variant = name.partition(":")[2].partition(":")
        scenario = own(f"{name.partition(':')[0]}:{reference}")
        if variant and variant not in scenario.variants:
            there = ", ".join(scenario.variants) or "none"
            raise ConfigurationError(f"expected a variant of {there}, got {variant!r} - at {name}")
        return scenario, variant
    known = playable()
    if name not in known:
        raise ConfigurationError(f"expected a scenario of {', '.join(known)}, got {name!r}")
    return known[name]


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
