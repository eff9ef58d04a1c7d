"""The loop: a pure fold, and the shell that recalls, accepts, advances and commits."""

from .agent import Agent, Erased, Processed
from .approvals import Answer, Card
from .clocks import SteadyClock, SystemClock
from .fold import PLATFORM, UNATTRIBUTED, Fold, Step, partition_of
from .hands import DryRun, Hands, Live
from .opinions import Opinion
from .runtime import Runtime
from .shadow import Shadow
from .state import Held, State

__all__ = [
    "PLATFORM",
    "UNATTRIBUTED",
    "Agent",
    "Answer",
    "Card",
    "DryRun",
    "Erased",
    "Fold",
    "Hands",
    "Held",
    "Live",
    "Opinion",
    "Processed",
    "Runtime",
    "Shadow",
    "State",
    "SteadyClock",
    "Step",
    "SystemClock",
    "partition_of",
]
