"""durable-rules as a second engine: an independent opinion on what fires, from a guarded process."""

from .child import Child
from .conversation import Conversation, missing, version
from .disagreements import Disagreement
from .fragment import Portability, Standing, portability
from .second import Outcome, SecondEngine

__all__ = [
    "Child",
    "Conversation",
    "Disagreement",
    "Outcome",
    "Portability",
    "SecondEngine",
    "Standing",
    "missing",
    "portability",
    "version",
]
