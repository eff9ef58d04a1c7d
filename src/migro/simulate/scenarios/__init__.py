"""The scenarios, one module each, by id."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

from ..timeline import Simulation
from . import morning, sc01, sc02, sc24

__all__ = ["SCENARIOS"]

SCENARIOS: Mapping[str, Callable[[int], Simulation]] = MappingProxyType(
    {"SC01": sc01.play, "SC02": sc02.play, "SC24": sc24.play, "morning": morning.play}
)
"""Every scenario by its id; each takes a seed."""
