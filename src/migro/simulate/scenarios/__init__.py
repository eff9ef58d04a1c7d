"""The scenarios, one module each, by id."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from ..scenario import Scenario
from . import (
    morning,
    quiet,
    sc01,
    sc02,
    sc03,
    sc04,
    sc06,
    sc07,
    sc08,
    sc09,
    sc10,
    sc11,
    sc13,
    sc15,
    sc16,
    sc17,
    sc19,
    sc20,
    sc22,
    sc24,
)

__all__ = ["SCENARIOS"]

_MODULES = (
    sc01,
    sc02,
    sc03,
    sc04,
    sc06,
    sc07,
    sc08,
    sc09,
    sc10,
    sc11,
    sc13,
    sc15,
    sc16,
    sc17,
    sc19,
    sc20,
    sc22,
    sc24,
    morning,
    quiet,
)

SCENARIOS: Mapping[str, Scenario] = MappingProxyType({m.SCENARIO.id: m.SCENARIO for m in _MODULES})
"""Every scenario by its id, without variants."""
