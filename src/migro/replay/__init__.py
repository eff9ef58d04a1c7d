"""The journal again: the same fold over the same inputs, and what other rules would have made of them."""

from .comparing import compare
from .comparison import Cause, ComparisonReport, Example, Opened, Run, Side
from .replaying import replay
from .report import Count, Difference, ReplayReport

__all__ = [
    "Cause",
    "ComparisonReport",
    "Count",
    "Difference",
    "Example",
    "Opened",
    "ReplayReport",
    "Run",
    "Side",
    "compare",
    "replay",
]
