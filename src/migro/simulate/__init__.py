"""Simulated migrations: raw deliveries as senders write them, and the truth about what went wrong."""

from .envelopes import RawEnvelope
from .generation import generate, playable, write
from .merging import merged
from .overlaying import beside, overlay
from .recasting import namesake, recast
from .scenario import Scenario
from .scenarios import SCENARIOS
from .shops import Shop
from .tickets import Inbox, LabelledTicket, tickets, write_tickets
from .timeline import START, Simulation, Timeline
from .transport import lose, reorder, repeat
from .truth import (
    ANY_PARENT,
    NEVER,
    OF_PLATFORM,
    AllowedIssue,
    ExpectedAction,
    ExpectedIssue,
    ForbiddenIssue,
    GroundTruth,
)

__all__ = [
    "ANY_PARENT",
    "NEVER",
    "OF_PLATFORM",
    "SCENARIOS",
    "START",
    "AllowedIssue",
    "ExpectedAction",
    "ExpectedIssue",
    "ForbiddenIssue",
    "GroundTruth",
    "Inbox",
    "LabelledTicket",
    "RawEnvelope",
    "Scenario",
    "Shop",
    "Simulation",
    "Timeline",
    "beside",
    "generate",
    "lose",
    "merged",
    "namesake",
    "overlay",
    "playable",
    "recast",
    "reorder",
    "repeat",
    "tickets",
    "write",
    "write_tickets",
]
