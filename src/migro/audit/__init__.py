"""Audits: whether what a memory stores is what was stored, whether anything was lost, whether anything is stuck."""

from .anchors import Anchor, anchor_of, read_anchor
from .conservation import SIGNAL_WORDS, WITHDRAWAL_WORDS
from .erasures import RewrittenPartition, rewritten_by
from .findings import AuditFinding, AuditReport
from .overdue import Overdue, overdue
from .standing import Spoken, Standing, standing
from .verification import verify

__all__ = [
    "SIGNAL_WORDS",
    "WITHDRAWAL_WORDS",
    "Anchor",
    "AuditFinding",
    "AuditReport",
    "Overdue",
    "RewrittenPartition",
    "Spoken",
    "Standing",
    "anchor_of",
    "overdue",
    "read_anchor",
    "rewritten_by",
    "standing",
    "verify",
]
