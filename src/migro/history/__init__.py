"""Looking back: what a memory's records say about one issue, and about many over days."""

from .confidence import ConfidenceDay
from .digest import Case, Digest
from .doings import Doing
from .history import History, Trends
from .occurrences import Occurrence
from .outcomes import ActionOutcomes
from .patterns import Link, Recurrence, Spread
from .priority import Priority, priorities
from .story import Event, Story
from .unmatched import Unmatched, unmatched

__all__ = [
    "ActionOutcomes",
    "Case",
    "ConfidenceDay",
    "Digest",
    "Doing",
    "Event",
    "History",
    "Link",
    "Occurrence",
    "Priority",
    "Recurrence",
    "Spread",
    "Story",
    "Trends",
    "Unmatched",
    "priorities",
    "unmatched",
]
