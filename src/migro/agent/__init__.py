"""The loop: a pure fold, and the shell that recalls, accepts, advances and commits."""

from .agent import Agent, Processed
from .dispatch import DryRun, Hands, Live
from .fold import PLATFORM, UNATTRIBUTED, Fold, Step, partition_of
from .runtime import Runtime, SystemClock
from .state import Held, State

__all__ = [
    "PLATFORM",
    "UNATTRIBUTED",
    "Agent",
    "DryRun",
    "Fold",
    "Hands",
    "Held",
    "Live",
    "Processed",
    "Runtime",
    "State",
    "Step",
    "SystemClock",
    "partition_of",
]
