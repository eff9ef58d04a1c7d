"""From an assessment to a ruling: what may become of every response, which guards hold, and why."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Protocol, get_args

import attrs

from ..expressions import Fact, microseconds
from ..models import (
    Action,
    ActionStatus,
    ActionTrace,
    Attention,
    Band,
    Category,
    GuardTrace,
    Outcome,
    RunMode,
    Severity,
)
from ..reason import UNKNOWN, Assessment
from ..rules import Response
from .budgets import Limit
from .guards import Held, Proposed, held_by
from .places import Place, placed
from .policy import GUARDS, PAGED, TABLE, GuardName, Policy, attention_of, cell_name, decide, guard_cap, mode_cap

__all__ = ["Ruled", "Ruling", "rule_on"]

_DESKS = frozenset(get_args(Category)) - {"unknown"}

_OVER = frozenset(
    {
        ActionStatus.STARTED,
        ActionStatus.SIMULATED,
        ActionStatus.SUCCEEDED,
        ActionStatus.FAILED,
        ActionStatus.REJECTED,
        ActionStatus.UNKNOWN,
    }
)


class Suppressing(Protocol):
    """Says what suppresses an issue."""

    def __call__(self, *, severity: Severity) -> Sequence[str]:
        """Return everything that does, in words; nothing for an issue that is not suppressed."""
        ...


class Limiting(Protocol):
    """Says which limits an action would go beyond."""

    def __call__(self, response: Response, key: str) -> Sequence[Limit] | None:
        """Return them, for a response whose action has that idempotency key; None where nobody knows."""
        ...


Told = Callable[[Fact[Any]], Any]
"""Returns what the host knows about an issue's key, None where it is not known."""

Tried = Callable[[Response], str | None]
"""Says why there is no use in a response once more, empty for none; None where nobody knows what came of it."""


def _nothing_known(operand: Fact[Any]) -> Any:
    return None


def _never_tried(response: Response) -> str:
    return ""


@attrs.frozen
class Ruled:
    """
    A response that an issue asks for, and what may become of it.

    Attributes:
        guards: Those that hold and lower its outcome, by their names in records.
        place: Where its action stands among all proposals of its kind.
        existing: The action that stands there already.
    """

    response: Response
    guards: tuple[str, ...]
    outcome: Outcome
    place: Place
    existing: Action | None


@attrs.frozen(kw_only=True)
class Ruling:
    """
    What policy makes of an assessment.

    Attributes:
        holding: The guards that hold, by their names in records, each with why.
        ruled: Every response that is asked for, with its own outcome.
        outcome: The strictest outcome of the actions that is not FORBID; without actions, `escalate` when a person
            is asked to look and `record` otherwise.
        allowed: Keys of the actions that policy lets run by themselves at this moment.
    """

    assessment: Assessment
    policy: Policy
    mode: RunMode
    severity: Severity
    severity_because: str
    attention: Attention
    holding: Mapping[str, str]
    ruled: tuple[Ruled, ...]
    outcome: Outcome
    allowed: frozenset[str]

    @property
    def outcomes(self) -> tuple[tuple[str, str, Outcome], ...]:
        """Kind, target and outcome of every proposed action."""
        return tuple([(r.response.kind, r.response.target, r.outcome) for r in self.ruled])

    @property
    def guards(self) -> tuple[GuardTrace, ...]:
        """The records of all guards, whether they hold or not."""
        return tuple(
            GuardTrace(
                guard=name, holds=name in self.holding, cap=cap, from_risk=risk, detail=self.holding.get(name, meaning)
            )
            for name, (cap, risk, meaning) in (
                *GUARDS.items(),
                *((g.recorded, (g.cap, g.from_risk, g.meaning)) for g in self.policy.guards),
            )
        )

    @property
    def traces(self) -> tuple[ActionTrace, ...]:
        """The records of how each action got its outcome."""
        band = self.assessment.band
        return tuple(
            ActionTrace(
                kind=r.response.kind,
                risk=r.response.risk,
                target=r.response.target,
                cell=cell_name(band, self.severity, r.response.risk),
                base=TABLE[band, self.severity.high][r.response.risk],
                mode_cap=mode_cap(self.mode, r.response.risk),
                guards=r.guards,
                outcome=r.outcome,
            )
            for r in self.ruled
        )


def rule_on(
    assessment: Assessment,
    *,
    policy: Policy,
    mode: RunMode,
    issue: str,
    now: int,
    held_severity: Severity | None,
    halted: str,
    suppressing: Suppressing,
    known: Mapping[str, Action],
    attempts: int = 0,
    elsewhere: Sequence[tuple[Severity, str]] = (),
    merchant: str | None = None,
    limiting: Limiting | None = None,
    told: Told = _nothing_known,
    tried: Tried = _never_tried,
) -> Ruling:
    """
    Return the ruling on an assessment.

    Args:
        mode: The mode in force, which a person may have lowered below the policy's.
        issue: About which issue.
        now: The fold's time in microseconds.
        held_severity: Worst severity that the issue has had of late; it rises at once and falls late.
        halted: Why automation is halted; empty when it is not.
        suppressing: Returns everything that suppresses an issue of a severity, in words.
        known: Actions of this issue so far, by idempotency key: what has begun is not proposed again.
        elsewhere: The open issues under which it is told, each with how bad it is and in words: while one of them is at
            least as bad, nobody is woken up for this one.
        merchant: Whose the issue is; empty where it should be known and is not, None where it is nobody's alone.
        limiting: Returns the limits that an action would go beyond now; without it there are none.
        told: What guards of the host are told that they read.
        tried: Says why there is no use in a response once more.
    """
    severity, because = assessment.severity, assessment.severity_because
    if held_severity is not None and held_severity > severity:
        because = f"held at {held_severity.word} until it has been milder for 10 min; now {severity.word}: {because}"
        severity = held_severity
    suppressed = suppressing(severity=severity)
    unknown = _unknown(assessment, halted, suppressed, elsewhere)
    holding = _holding(assessment, policy, halted or "", suppressed or (), now)
    causes = [words for above, words in elsewhere or () if above >= severity]
    if causes:
        holding.append(("consequence", "; ".join(causes)))
    attention = attention_of(assessment.band, severity, [g for g, _ in holding])
    ruled: list[Ruled] = []
    own: dict[str, list[str]] = {}
    for response in assessment.kind.responses:
        if severity < response.from_severity:
            continue
        if response.every is not None:
            if attempts == 0 or assessment.band is not Band.MID:
                continue
            response = response.numbered(min(attempts, response.times))
        guards: list[GuardName] = [g for g, _ in holding if g != "consequence" or response.target == PAGED]
        place, existing = placed(response, severity, issue, known)
        hosts = _of_host(response, existing, policy, assessment, severity, merchant, told)
        missing = [*unknown, *(f"{one.missing} for the guard {one.guard.name}" for one in hosts if one.missing)]
        useless = tried(response)
        if useless is None:
            missing.append("whether it has helped before")
        for guard, why in _own(response, place, existing, policy, mode, missing, merchant, limiting, useless):
            guards.append(guard)
            own.setdefault(guard, []).append(why)
        for one in hosts:
            own.setdefault(one.guard.recorded, []).append(f"{response.kind}: {one.why}")
        guards = list(dict.fromkeys(guards))
        effective = [g for g in guards if guard_cap(g, response.risk) < Outcome.AUTO]
        named = (*effective, *(one.guard.recorded for one in hosts))
        outcome = decide(assessment.band, severity, response.risk, mode, guards, [one.guard for one in hosts])
        ruled.append(Ruled(response, named, outcome, place, existing))
    details: dict[str, str] = dict(holding)
    for name, reasons in own.items():
        said = "; ".join(sorted(set(reasons))) if name != "not_allowed" else ", ".join(sorted(set(reasons)))
        details[name] = f"not on the allow-list: {said}" if name == "not_allowed" else said
    outcomes = [r.outcome for r in ruled if r.outcome is not Outcome.FORBID]
    fallback = Outcome.RECORD if attention is Attention.NONE else Outcome.ESCALATE
    return Ruling(
        assessment=assessment,
        policy=policy,
        mode=mode,
        severity=severity,
        severity_because=because,
        attention=attention,
        holding={n: details[n] for n in (*GUARDS, *(g.recorded for g in policy.guards)) if n in details},
        ruled=tuple(ruled),
        outcome=min(outcomes, default=fallback),
        # What policy lets run is proposed at its own place, whatever stands there.
        allowed=frozenset([r.place.key() for r in ruled if r.outcome is Outcome.AUTO]),
    )


def _own(
    response: Response,
    place: Place,
    existing: Action | None,
    policy: Policy,
    mode: RunMode,
    unknown: Sequence[str],
    merchant: str | None,
    limiting: Limiting | None,
    useless: str | None,
) -> Iterator[tuple[GuardName, str]]:
    """Yield the guards that hold for one action alone, each with why."""
    if not policy.allows(response.kind, response.target, mode):
        named = any(entry.split(" ")[0] == response.kind for entry in policy.allow)
        yield "not_allowed", f"{response.kind} -> {response.target}" if named else response.kind
    if response.risk != 0 and useless:
        yield "did_not_help", useless
    if response.risk == 0 or (existing is not None and existing.status in _OVER):
        return  # operators are always told, and what has begun is held back by nothing
    missing = list(unknown)
    if merchant == "" or (merchant is None and any("{merchant}" in text for _, text in response.args)):
        missing.append("whose shop it is")
    given = dict(response.args)
    weights = {b.weight for b in policy.budgets if b.weight and b.is_about(response.kind, response.target)}
    missing += [f"the number {name}" for name in sorted(weights) if not given.get(name, "").isdigit()]
    found = () if limiting is None else limiting(response, place.key())
    if found is None:
        missing.append("what budgets have left")
    if missing:
        yield "missing_input", f"{response.kind}: not known is {', '.join(missing)}"
    for limit in found or ():
        yield (
            ("budget_spent" if limit.beyond is Outcome.APPROVE1 else "budget_closed"),
            f"{response.kind}: {limit.words}",
        )


def _of_host(
    response: Response,
    existing: Action | None,
    policy: Policy,
    assessment: Assessment,
    severity: Severity,
    merchant: str | None,
    told: Told,
) -> tuple[Held, ...]:
    """Return the guards of the host that hold for one action; what has begun is held back by nothing."""
    if not policy.guards or (existing is not None and existing.status in _OVER):
        return ()
    proposed = Proposed(
        kind=response.kind,
        target=response.target,
        risk=response.risk,
        args=dict(response.args),
        issue_kind=assessment.kind.name,
        key=assessment.key,
        severity=severity,
        band=assessment.band,
        merchant=merchant or "",
        facts={},
    )
    return held_by(policy.guards, proposed, told)


def _unknown(
    assessment: Assessment, halted: str | None, suppressed: Sequence[str] | None, elsewhere: object
) -> list[str]:
    """
    Return in words which inputs of guards nobody knows.

    Their types allow no such thing; whoever passes none all the same must not be taken for one who says that all is
    well.
    """
    asked = {
        "whether automation is halted": halted,
        "what suppresses it": suppressed,
        "what it is told under": elsewhere,
        "what explains it away": assessment.vetoes,
        "how old the evidence is": assessment.newest,
        "whether many merchants are concerned": assessment.kind.systemic,
    }
    return [words for words, value in asked.items() if value is None]


def _holding(
    assessment: Assessment, policy: Policy, halted: str, suppressed: Sequence[str], now: int
) -> list[tuple[GuardName, str]]:
    held: list[tuple[GuardName, str]] = []
    if halted:
        held.append(("unhealthy", halted))
    if suppressed:
        held.append(("suppressed", "; ".join(suppressed)))
    if assessment.vetoes:
        held.append(("veto", f"vetoed by {', '.join(assessment.vetoes)}"))
    if assessment.kind.name == UNKNOWN.name or assessment.kind.category not in _DESKS:
        held.append(("unknown_kind", GUARDS["unknown_kind"][2]))
    age = now - assessment.newest if assessment.newest else 0
    if age > microseconds(policy.stale_after):
        held.append(("stale_evidence", f"the newest signal is {age // 60_000_000} min old"))
    if assessment.kind.systemic:
        held.append(("systemic", GUARDS["systemic"][2]))
    if not assessment.score.disjoint:
        families = ", ".join(assessment.score.families) or "none"
        held.append(("single_family", f"supporting families: {families}; no two rest on entirely different signals"))
    others = sorted((assessment.environments or frozenset()) - {"production"})
    if others or not assessment.environments:
        held.append(("environment", f"some signals are from: {', '.join(others) or 'nowhere known'}"))
    return held
