"""Simulated migrations: raw deliveries as senders write them, and the truth about what went wrong."""

from .envelopes import RawEnvelope
from .generation import generate, playable, write
from .scenario import Scenario
from .scenarios import SCENARIOS
from .timeline import Simulation
from .truth import ANY_PARENT, NEVER, ExpectedAction, ExpectedIssue, ForbiddenIssue, GroundTruth

__all__ = [
    "ANY_PARENT",
    "NEVER",
    "SCENARIOS",
    "ExpectedAction",
    "ExpectedIssue",
    "ForbiddenIssue",
    "GroundTruth",
    "RawEnvelope",
    "Scenario",
    "Simulation",
    "generate",
    "playable",
    "write",
]
