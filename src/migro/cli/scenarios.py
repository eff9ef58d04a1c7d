"""``migro evaluate scenarios``: every scenario of a directory played and scored."""

from __future__ import annotations

import argparse
import json
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from datetime import datetime
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any, Final

import attrs

from ..agent import Agent
from ..configuration import Configuration
from ..errors import ConfigurationError, InputError
from ..evaluate import (
    TARGETS,
    Played,
    ScenarioScore,
    Sighting,
    Survivals,
    Targets,
    TruthDocument,
    check_plot,
    read_truth,
    scenario_lines,
    score_scenario,
    total_of,
    write_scenario_plot,
)
from ..models import Action, Signal
from ..observe import Observer
from ..remember import VolatileMemory
from ..rules import RuleSet
from ..simulate import GroundTruth
from .console import Console
from .equipment import equipped
from .heap import long_lived
from .lacking import lacked
from .material import Event, line_events
from .playing import play
from .surroundings import configuration, secret_values

__all__ = ["Evaluated", "evaluate_scenario", "register", "score_play"]

ENVELOPES: Final = "envelopes.jsonl"
TRUTH: Final = "truth.json"

_KEY: Final = b"a fixed key: nobody in a scenario is real"
