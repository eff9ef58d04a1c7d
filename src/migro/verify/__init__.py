"""Judgement on a single signal: is it genuine, fresh, meant for production, and seen before?"""

from .clocks import Clock, clock_of
from .derived import (
    ClockWrong,
    DeliverySeen,
    IssueAbove,
    IssueUpdate,
    StepAsked,
    Unexplained,
    clock_wrong,
    delivery_seen,
    derived_from,
    issue_above,
    issue_update,
    signature_failure,
    step_asked,
    unexplained,
)
from .flapping import Flapping, Monitor, monitor_of
from .suppression import AFTERMATH, ANEW, Suppression, in_window, suppressing
from .verification import MAINTENANCE_LASTS, STALE_AFTER, Verdict, maintenance, repeats, says_over, serious, verify
from .versions import Version, dated_by_sender, version_of

__all__ = [
    "AFTERMATH",
    "ANEW",
    "MAINTENANCE_LASTS",
    "STALE_AFTER",
    "Clock",
    "ClockWrong",
    "DeliverySeen",
    "Flapping",
    "IssueAbove",
    "IssueUpdate",
    "Monitor",
    "StepAsked",
    "Suppression",
    "Unexplained",
    "Verdict",
    "Version",
    "clock_of",
    "clock_wrong",
    "dated_by_sender",
    "delivery_seen",
    "derived_from",
    "in_window",
    "issue_above",
    "issue_update",
    "maintenance",
    "monitor_of",
    "repeats",
    "says_over",
    "serious",
    "signature_failure",
    "step_asked",
    "suppressing",
    "unexplained",
    "verify",
    "version_of",
]
