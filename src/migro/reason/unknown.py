"""What nothing explains but its sender calls serious: an issue of its own, which reaches a person."""

from __future__ import annotations

from ..expressions import minutes
from ..models import Risk, Severity
from ..rules import IssueKind, Response, Rule, RuleSet, SeverityScale, on, supports
from ..verify import Unexplained, Unheeded
from .quarantined import QUARANTINED_RULE

__all__ = ["CORE", "UNKNOWN"]

UNKNOWN = IssueKind[str](
    "unknown",
    category="unknown",
    per=("subject",),
    title="Something serious that no rule explains",
    what="A sender calls an event critical or high, and no rule reads it or nothing comes of it.",
    # The sender's word is no measurement, so it never makes an issue worse than SEV2 by itself.
    severity=SeverityScale(default=Severity.SEV3),
    responses=(Response(kind="notify", risk=Risk.R0, target="on_call"),),
    human_only=("find out what it is", "write a rule for it, or mute it"),
)

_LINE = Unexplained.topic.one_of("app.fault", "log.line")

CORE = RuleSet(
    "core",
    Rule(
        "unknown.critical-unexplained",
        when=on(Unexplained, Unexplained.hint == "critical", per=Unexplained.subject),
        then=supports(UNKNOWN, 140, family="sender", severity=Severity.SEV2),
        why="The sender calls it critical, and no rule reads it.",
        lasts=minutes(60),
    ),
    Rule(
        "unknown.high-unexplained",
        when=on(Unexplained, Unexplained.hint == "high", ~_LINE, per=Unexplained.subject),
        then=supports(UNKNOWN, 110, family="sender"),
        why="The sender calls it high, and no rule reads it.",
        lasts=minutes(60),
    ),
    Rule(
        "unknown.lines-unexplained",
        # Every program writes lines of level error, and one of them is nobody's alarm.
        when=on(Unexplained, Unexplained.hint == "high", _LINE, per=Unexplained.subject).at_least(
            20, within=minutes(10)
        ),
        then=supports(UNKNOWN, 110, family="sender"),
        why="A log has twenty lines of level error in ten minutes that no rule reads.",
        lasts=minutes(60),
    ),
    Rule(
        "unknown.critical-unheeded",
        when=on(Unheeded, per=Unheeded.subject),
        then=supports(UNKNOWN, 110, family="sender", severity=Severity.SEV2),
        why="A watcher called it critical a quarter of an hour ago, and nothing that rules read explains it.",
        lasts=minutes(60),
    ),
    QUARANTINED_RULE,
)
"""Rules that every agent has."""
