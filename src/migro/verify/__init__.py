"""Judgement on a single signal: is it genuine, fresh, meant for production, and seen before?"""

from .derived import IssueUpdate, Unexplained, issue_update, signature_failure, unexplained
from .verification import MAINTENANCE_LASTS, STALE_AFTER, Verdict, maintenance, serious, verify

__all__ = [
    "MAINTENANCE_LASTS",
    "STALE_AFTER",
    "IssueUpdate",
    "Unexplained",
    "Verdict",
    "issue_update",
    "maintenance",
    "serious",
    "signature_failure",
    "unexplained",
    "verify",
]
