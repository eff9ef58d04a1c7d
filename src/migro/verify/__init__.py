"""Judgement on a single signal: is it genuine, fresh, meant for production, and seen before?"""

from .derived import IssueUpdate, Unexplained, derived_from, issue_update, signature_failure, unexplained
from .suppression import Suppression, suppressing
from .verification import MAINTENANCE_LASTS, STALE_AFTER, Verdict, maintenance, serious, verify

__all__ = [
    "MAINTENANCE_LASTS",
    "STALE_AFTER",
    "IssueUpdate",
    "Suppression",
    "Unexplained",
    "Verdict",
    "derived_from",
    "issue_update",
    "maintenance",
    "serious",
    "signature_failure",
    "suppressing",
    "unexplained",
    "verify",
]
