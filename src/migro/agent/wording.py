"""How a step says why: on one line, in words that make sense in a list."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from ..decide import Ruling
from ..engine import Evidence
from ..engine.native import ERRORS_IN_A_ROW
from ..models import IssueStatus, Signal
from ..reason import UNKNOWN, Assessment, confidence_of
from .effects import Effects
from .lingering import OFTEN
from .state import Held, State

__all__ = ["WHY_QUARANTINED", "raised_at", "why_halted", "why_now", "why_raised", "why_recorded"]

_HOLDING = 4
"""Where the names of the guards that held stand in a verdict."""

WHY_QUARANTINED = f"a predicate of it raised on {ERRORS_IN_A_ROW} signals in a row"


def raised_at(error: BaseException) -> str:
    """Return type, file and line of an error, never its text: that may hold what a sender wrote."""
    place, trace = "an unknown place", error.__traceback__
    while trace is not None:
        file = trace.tb_frame.f_code.co_filename.replace("\\", "/").rpartition("/")[2]
        place = f"{file}:{trace.tb_lineno}"
        trace = trace.tb_next
    return f"{type(error).__name__} at {place}"


def why_halted(*, by: str, why: str) -> str:
    """Return why automation is halted where a person halted it."""
    return why or f"halted by {by}"


def why_raised(state: State, evidence: Evidence) -> list[str]:
    """Return in which rules a predicate raised, and on how many signals in a row by now; nothing for none."""
    if not evidence.errors:
        return []
    engine = state.engine
    named = [
        f"{rule} (quarantined)" if rule in engine.quarantined else f"{rule} ({engine.errors.get(rule, 0)} in a row)"
        for rule in evidence.errors
    ]
    return [f"a predicate raised: in {', '.join(named)}"]


def why_recorded(signal: Signal, evidence: Evidence, raised: Sequence[str], read: Collection[str]) -> str:
    """Return why a signal led to nothing; `read` are the kinds that some rule reads."""
    if evidence.unreadable:
        return f"does not fit its class: {evidence.unreadable}"
    if raised:
        return "; ".join(raised)
    if evidence.unkeyed:
        return f"unkeyed: no key for rules over {', '.join(evidence.unkeyed)}"
    if evidence.late:
        return "too late: older than every window that reads it"
    if evidence.matched:
        return "no rule fired on it"
    return "no rule's condition fits it" if signal.kind in read else "no rule reads its kind"


def why_now(held: Held, status: IssueStatus, assessment: Assessment, ruling: Ruling, effects: Effects) -> str:
    """Return in one line why a decision is made now."""
    because = _because(held, status, assessment, ruling, configured=effects.configured)
    if effects.merged is not None:
        said = effects.merged
        way = f"merged {said.target} into {said.into}" if said.verb == "merge" else f"took {said.target} apart again"
        return f"{said.by} {way}: {said.why}"
    if effects.withdrawal is not None:
        return f"{because}; {effects.withdrawal.by} withdrew a signal: {effects.withdrawal.reason}"
    if effects.recovered and held.issue.kind == UNKNOWN.name:
        return f"{because}; {effects.recovered} says that it is over"
    return f"{because}; {', '.join(effects.released)} released: {effects.release}" if effects.released else because


def _because(held: Held, status: IssueStatus, assessment: Assessment, ruling: Ruling, *, configured: bool) -> str:
    before = held.issue
    confidence = confidence_of(assessment.score.total)
    rules = [c.rule for c in assessment.score.contributions if c.counted > 0]
    named = ", ".join(rules) or "no rule"
    if status is IssueStatus.RESOLVED and configured and not held.closed_by:
        return "resolved: no evidence is left under the rules in force now"
    if status is IssueStatus.RESOLVED:
        return f"resolved by {held.closed_by}" if held.closed_by else "resolved: no evidence is left"
    if held.decisions == 0 and not held.carried:
        return "; ".join([f"opened at {confidence} by {named}", *filter(None, [_follows(held)])])
    if before.status is IssueStatus.RESOLVED:
        return "; ".join([f"reopened at {confidence} by {named}", *filter(None, [_follows(held)])])
    follows = _follows(held)
    if follows:
        return follows
    if not assessment.supported:
        times = len(held.openings)
        if times < OFTEN:
            return "no evidence is left in the instant in which it opened; it is resolved when time moves on"
        return f"no evidence is left; it came back {times - 1} times of late, so it is watched for a while"
    if held.attempts and held.verdict and held.verdict[-1] != held.attempts:
        return _looked_again(held, assessment)
    useless = ruling.holding.get("did_not_help", "")
    if useless and (not held.verdict or "did_not_help" not in _held_before(held)):
        return f"{useless}: it is not proposed again, and a person has to look"
    if ruling.severity < before.severity:
        return f"severity fell from {before.severity.word} to {ruling.severity.word}: {ruling.severity_because}"
    if ruling.severity > before.severity:
        return f"severity rose from {before.severity.word} to {ruling.severity.word}: {ruling.severity_because}"
    if assessment.band != before.band:
        way = "rose" if assessment.band > before.band else "fell"
        return f"confidence {way} from {before.confidence} to {confidence}: {named}"
    if assessment.score.total != before.points:
        return f"score went from {before.points:+d} to {assessment.score.total:+d}: {named}"
    return f"the evidence or what policy makes of it changed: {named}"


def _held_before(held: Held) -> tuple[object, ...]:
    """Return the guards that held at the last decision."""
    names = held.verdict[_HOLDING]
    return names if isinstance(names, tuple) else ()


def _follows(held: Held) -> str:
    """Say what an issue is found to follow from, or no longer; nothing where that is as it was."""
    cause, parent = held.cause, held.issue.parent
    if (None if cause is None else cause.issue) == parent:
        return ""
    if cause is None:
        return f"nothing that is left says that it follows from {parent}"
    return f"follows from {cause.kind}: both name {', '.join(cause.shared)}"


def _looked_again(held: Held, assessment: Assessment) -> str:
    times = assessment.kind.rechecks[0].times
    if held.attempts > times:
        return f"looked at again {times} times, and it is still not clear: a person has to look"
    return f"not clear: looked at again, {held.attempts} of {times}"
