"""From an assessment to actions with outcomes, guards and an explanation."""

from __future__ import annotations

from collections.abc import Collection, Mapping

import attrs

from ..expressions import microseconds
from ..models import (
    Action,
    ActionStatus,
    ActionTrace,
    Attention,
    GuardTrace,
    Outcome,
    RunMode,
    Severity,
    content_id,
    digest,
    from_microseconds,
)
from ..reason import UNKNOWN, Assessment
from ..rules import Response
from .policy import GUARDS, TABLE, GuardName, Policy, attention_of, cell_name, decide, guard_cap, mode_cap

__all__ = ["Ruling", "rule_on"]

_INITIAL = {
    Outcome.FORBID: ActionStatus.FORBIDDEN,
    Outcome.RECORD: ActionStatus.RECORDED,
    Outcome.ESCALATE: ActionStatus.ESCALATED,
    Outcome.APPROVE2: ActionStatus.WAITING,
    Outcome.APPROVE1: ActionStatus.WAITING,
    Outcome.AUTO: ActionStatus.PLANNED,
}

_STOPPED = frozenset({ActionStatus.FORBIDDEN, ActionStatus.RECORDED, ActionStatus.ESCALATED})
_TOLD = frozenset({ActionStatus.PLANNED, ActionStatus.STARTED, ActionStatus.SIMULATED, ActionStatus.SUCCEEDED})

WITHDRAWN = "withdrawn: "
"""How the note of an action begins that policy took back before it began; only such a one is proposed again."""


@attrs.frozen(kw_only=True)
class Ruling:
    """
    What policy makes of an assessment.

    Attributes:
        outcome: The strictest outcome of the actions that is not FORBID; without actions, `escalate` when a person
            is asked to look and `record` otherwise.
        actions: Every proposed action with its own outcome and status.
        evidence: Digest of the evidence that an approval binds.
        withdrawn: Actions that were planned or waiting and may no longer be what they were.
        allowed: Keys of the actions that policy lets run by themselves at this moment.
    """

    severity: Severity
    severity_because: str
    attention: Attention
    guards: tuple[GuardTrace, ...]
    traces: tuple[ActionTrace, ...]
    actions: tuple[Action, ...]
    outcome: Outcome
    evidence: str
    withdrawn: tuple[Action, ...]
    allowed: frozenset[str]


def rule_on(
    assessment: Assessment,
    *,
    policy: Policy,
    mode: RunMode,
    ruleset: str,
    partition: str,
    issue: str,
    decision: str,
    now: int,
    held_severity: Severity | None,
    halted: str,
    suppressed: bool,
    known: Mapping[str, Action],
    approved: Collection[str],
    words: Mapping[str, str],
) -> Ruling:
    """
    Return the ruling on an assessment.

    Args:
        mode: The mode in force, which a person may have lowered below the policy's.
        partition, issue, decision: Whose, about what, and by which decision.
        now: The fold's time in microseconds.
        held_severity: Severity of the open issue; it rises at once and falls only with the issue's end.
        halted: Why automation is halted; empty when it is not.
        suppressed: Whether a declared maintenance window is open.
        known: Actions of this issue so far, by idempotency key: what has begun is not proposed again.
        approved: Keys of actions that enough people have approved.
        words: Fields of the issue that may be filled into an action's arguments.
    """
    severity, because = assessment.severity, assessment.severity_because
    if held_severity is not None and held_severity > severity:
        because = f"held at {held_severity.word} while the issue lasts; now {severity.word}: {because}"
        severity = held_severity
    holding = _holding(assessment, policy, halted, suppressed, now)
    evidence = digest([list(assessment.signals), [[c.rule, c.counted] for c in assessment.score.contributions]])
    at = from_microseconds(now)
    traces: list[ActionTrace] = []
    actions: list[Action] = []
    withdrawn: list[Action] = []
    for response in assessment.kind.responses:
        if severity < response.from_severity:
            continue
        guards: list[GuardName] = [g for g, _ in holding]
        if response.kind not in policy.allow:
            guards.append("not_allowed")
        effective = [g for g in guards if guard_cap(g, response.risk) < Outcome.AUTO]
        outcome = decide(assessment.band, severity, response.risk, mode, guards)
        traces.append(
            ActionTrace(
                kind=response.kind,
                risk=response.risk,
                target=response.target,
                cell=cell_name(assessment.band, severity, response.risk),
                base=TABLE[assessment.band, severity.high][response.risk],
                mode_cap=mode_cap(mode, response.risk),
                guards=tuple(effective),
                outcome=outcome,
            )
        )
        place, existing = _place(response, severity, issue, known)
        args = {n: _filled(text, words) for n, text in response.args}
        proposed = Action(
            kind=response.kind,
            risk=response.risk,
            target=response.target,
            args=args,
            outcome=outcome,
            status=_INITIAL[outcome],
            idempotency_key=place.key(),
            partition=partition,
            issue=issue,
            decision=decision,
            binding=content_id("bind", response.kind, response.target, args, evidence, ruleset, policy.version),
            at=at,
            expires_at=at + policy.approval_lasts if _INITIAL[outcome] is ActionStatus.WAITING else None,
        )
        current, old = _succeed(existing, proposed, place, approved)
        actions.append(current)
        if old is not None:
            withdrawn.append(old)
    attention = attention_of(assessment.band, severity, [g for g, _ in holding])
    outcomes = [t.outcome for t in traces if t.outcome is not Outcome.FORBID]
    fallback = Outcome.RECORD if attention is Attention.NONE else Outcome.ESCALATE
    return Ruling(
        severity=severity,
        severity_because=because,
        attention=attention,
        guards=_guard_traces(holding, actions, policy),
        traces=tuple(traces),
        actions=tuple(actions),
        outcome=min(outcomes, default=fallback),
        evidence=evidence,
        withdrawn=tuple(withdrawn),
        allowed=frozenset(a.idempotency_key for a, t in zip(actions, traces, strict=True) if t.outcome is Outcome.AUTO),
    )


def _holding(
    assessment: Assessment, policy: Policy, halted: str, suppressed: bool, now: int
) -> list[tuple[GuardName, str]]:
    held: list[tuple[GuardName, str]] = []
    if halted:
        held.append(("unhealthy", halted))
    if suppressed:
        held.append(("suppressed", GUARDS["suppressed"][2]))
    if assessment.vetoes:
        held.append(("veto", f"vetoed by {', '.join(assessment.vetoes)}"))
    if assessment.kind.name == UNKNOWN.name or assessment.kind.category == "unknown":
        held.append(("unknown_kind", GUARDS["unknown_kind"][2]))
    age = now - assessment.newest
    if assessment.newest and age > microseconds(policy.stale_after):
        held.append(("stale_evidence", f"the newest signal is {age // 60_000_000} min old"))
    if assessment.kind.systemic:
        held.append(("systemic", GUARDS["systemic"][2]))
    if not assessment.score.disjoint:
        families = ", ".join(assessment.score.families) or "none"
        held.append(("single_family", f"supporting families: {families}; no two rest on entirely different signals"))
    others = sorted(assessment.environments - {"production"})
    if others or not assessment.environments:
        held.append(("environment", f"some signals are from: {', '.join(others) or 'nowhere known'}"))
    return held


def _guard_traces(
    holding: list[tuple[GuardName, str]], actions: list[Action], policy: Policy
) -> tuple[GuardTrace, ...]:
    details = dict(holding)
    outside = sorted({a.kind for a in actions} - policy.allow)
    if outside:
        details["not_allowed"] = f"not on the allow-list: {', '.join(outside)}"
    return tuple(
        GuardTrace(guard=name, holds=name in details, cap=cap, from_risk=risk, detail=details.get(name, meaning))
        for name, (cap, risk, meaning) in GUARDS.items()
    )


@attrs.frozen
class _Place:
    """Where an action stands among all proposals of its kind for an issue; its key is made from it."""

    issue: str
    response: Response
    step: Severity | None
    attempt: int = 0

    def key(self) -> str:
        again = [self.attempt] if self.attempt else []
        r = self.response
        return content_id("act", self.issue, r.kind, r.target, list(r.args), self.step, *again)

    def next(self) -> _Place:
        return attrs.evolve(self, attempt=self.attempt + 1)


def _place(
    response: Response, severity: Severity, issue: str, known: Mapping[str, Action]
) -> tuple[_Place, Action | None]:
    """Return the place to propose at, and the action that has it already."""
    if response.risk != 0:
        return _newest(_Place(issue, response, None), known)
    # Telling operators is repeated when the issue gets worse; everything else is proposed once per issue.
    for worse in sorted((s for s in Severity if s > severity), reverse=True):
        # An issue that comes back milder was told about before, in stronger words.
        place, told = _newest(_Place(issue, response, worse), known)
        if told is not None and told.status in _TOLD:
            return place, told
    return _newest(_Place(issue, response, severity), known)


def _newest(place: _Place, known: Mapping[str, Action]) -> tuple[_Place, Action | None]:
    while True:
        existing = known.get(place.key())
        if existing is None or existing.status is not ActionStatus.EXPIRED or not existing.note.startswith(WITHDRAWN):
            return place, existing
        place = place.next()


def _succeed(
    existing: Action | None, proposed: Action, place: _Place, approved: Collection[str]
) -> tuple[Action, Action | None]:
    """Return the action that stands now, and the one that is withdrawn for it."""
    if existing is None or existing.status in _STOPPED:
        if existing is not None and existing.status is proposed.status and existing.outcome is proposed.outcome:
            return existing, None
        return proposed, None
    if existing.status is ActionStatus.WAITING:
        if proposed.status is ActionStatus.PLANNED:
            return proposed, None
        if proposed.status is ActionStatus.WAITING:
            if existing.binding == proposed.binding and existing.outcome is proposed.outcome:
                return existing, None
            # Asked anew, because the evidence is another; the deadline stays, or silence would never be no.
            return proposed.model_copy(update={"at": existing.at, "expires_at": existing.expires_at}), None
    elif (
        existing.status is not ActionStatus.PLANNED
        or proposed.status is ActionStatus.PLANNED
        or (existing.idempotency_key in approved and proposed.status is ActionStatus.WAITING)
    ):
        return existing, None
    old = withdraw(existing, f"policy now says {proposed.outcome.word}")
    if proposed.status is not ActionStatus.WAITING:
        return old.model_copy(update={"outcome": proposed.outcome}), None
    # Planned, and now a person has to be asked: that is another action, because a stored one never goes back.
    return proposed.model_copy(update={"idempotency_key": place.next().key()}), old


def withdraw(action: Action, why: str) -> Action:
    """Return an action that has not begun as taken back."""
    return action.model_copy(update={"status": ActionStatus.EXPIRED, "note": WITHDRAWN + why})


def _filled(text: str, words: Mapping[str, str]) -> str:
    for name, value in words.items():
        text = text.replace("{" + name + "}", value)
    return text
