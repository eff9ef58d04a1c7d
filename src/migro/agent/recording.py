"""What is written down of a decision: all that it rested on, in the words of its explanation."""

from __future__ import annotations

from typing import Protocol

from ..decide import Policy, Ruling
from ..engine import NativeEngine
from ..models import Action, Decision, Explanation, IssueStatus, Outcome, Unjudged, Withdrawal, from_microseconds
from ..rules import RuleSet
from .consequences import onset
from .days import days_open
from .merging import merged
from .state import Held, State
from .systemic import children
from .wording import WHY_QUARANTINED

__all__ = ["Judging", "decision_of"]


class Judging(Protocol):
    """Under what is decided."""

    ruleset: RuleSet
    policy: Policy
    engine: NativeEngine


def decision_of(
    state: State,
    held: Held,
    ruling: Ruling,
    *,
    id: str,
    changed: str,
    actions: tuple[Action, ...],
    withdrawals: tuple[Withdrawal, ...],
    under: Judging,
) -> Decision:
    """
    Return the decision that a ruling leads to, about an issue as it stands after it.

    Args:
        id: What the decision is called.
        changed: Why it is made now.
        actions: What is proposed.
        withdrawals: What was taken back of what it rested on.
        under: The rules, policy and engine in force.
    """
    issue, assessment = held.issue, ruling.assessment
    at = from_microseconds(state.now)
    ended = issue.status is IssueStatus.RESOLVED
    outcome = Outcome.RECORD if ended else ruling.outcome
    told = ruling.holding.get("consequence", "")
    cause = held.cause
    if cause is not None and told and not ended:
        cause = cause.model_copy(update={"told": told})
    explanation = Explanation(
        issue=issue.id,
        issue_kind=issue.kind,
        title=issue.title,
        category=issue.category,
        key=issue.key,
        key_names=issue.key_names,
        as_of=at,
        ruleset=under.ruleset.version,
        policy=under.policy.version,
        engine=under.engine.name,
        changed=changed,
        prior=assessment.score.prior,
        contributions=assessment.score.contributions,
        adjustments=assessment.score.adjustments,
        score=assessment.score.total,
        confidence=issue.confidence,
        band=assessment.band,
        severity=ruling.severity,
        severity_because="as it was; the issue has ended" if ended else ruling.severity_because,
        impact=issue.impact,
        attention=issue.attention,
        mode=ruling.mode,
        guards=ruling.guards,
        actions=() if ended else ruling.traces,
        outcome=outcome,
        near_misses=assessment.near_misses,
        human_only=assessment.kind.human_only,
        withdrawals=withdrawals,
        unjudged=tuple(
            Unjudged(rule=rule, since=from_microseconds(since), because=WHY_QUARANTINED)
            for rule, since in sorted(state.engine.quarantined.items())
        ),
        cause=cause,
        children=tuple(child for child, _ in children(state, under.ruleset.kinds, issue, onset(held))),
        merged=merged(state, held),
        recurring=days_open(state, (issue.kind, issue.key)),
    )
    return Decision(
        id=id,
        at=at,
        partition=state.partition,
        merchant=issue.merchant,
        scope=issue.scope,
        issue=issue,
        outcome=outcome,
        attention=issue.attention,
        actions=actions,
        because=changed,
        ruleset=under.ruleset.version,
        policy=under.policy.version,
        mode=ruling.mode,
        explanation=explanation,
    )
