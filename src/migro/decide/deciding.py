"""From an assessment to actions with outcomes, guards and an explanation."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from functools import lru_cache
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
    content_id,
    digest,
    from_microseconds,
)
from ..reason import UNKNOWN, Assessment
from ..rules import Response
from .budgets import Limit
from .guards import Held, Proposed, held_by
from .policy import GUARDS, PAGED, TABLE, GuardName, Policy, attention_of, cell_name, decide, guard_cap, mode_cap

__all__ = ["Proposals", "Ruled", "Ruling", "propose", "rule_on"]

_INITIAL = {
    Outcome.FORBID: ActionStatus.FORBIDDEN,
    Outcome.RECORD: ActionStatus.RECORDED,
    Outcome.ESCALATE: ActionStatus.ESCALATED,
    Outcome.APPROVE2: ActionStatus.WAITING,
    Outcome.APPROVE1: ActionStatus.WAITING,
    Outcome.AUTO: ActionStatus.PLANNED,
}

_DESKS = frozenset(get_args(Category)) - {"unknown"}

_STOPPED = frozenset({ActionStatus.FORBIDDEN, ActionStatus.RECORDED, ActionStatus.ESCALATED})
_TOLD = frozenset({ActionStatus.PLANNED, ActionStatus.STARTED, ActionStatus.SIMULATED, ActionStatus.SUCCEEDED})

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

WITHDRAWN = "withdrawn: "
"""How the note of an action begins that policy took back before it began; only such a one is proposed again."""


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
    place: _Place
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


@attrs.frozen
class Proposals:
    """
    Actions as a ruling leaves them.

    Attributes:
        actions: Every proposed action with its own outcome and status.
        withdrawn: Actions that were planned or waiting and may no longer be what they were.
    """

    actions: tuple[Action, ...]
    withdrawn: tuple[Action, ...]


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
        place, existing = _place(response, severity, issue, known)
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
    place: _Place,
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


def propose(
    ruling: Ruling,
    *,
    ruleset: str,
    partition: str,
    decision: str,
    now: int,
    approved: Collection[str],
    words: Mapping[str, str],
    requester: str = "",
) -> Proposals:
    """
    Return the actions that a ruling leads to.

    Args:
        partition, decision: Whose, and by which decision.
        now: The fold's time in microseconds.
        approved: Keys of actions that enough people have approved.
        words: Fields of the issue that may be filled into an action's arguments.
        requester: The persons whose words led to the ruling, with commas between; empty where evidence alone did.
    """
    assessment, policy, at = ruling.assessment, ruling.policy, from_microseconds(now)
    evidence = digest([list(assessment.signals), [list(pair) for pair in assessment.score.counted]])
    actions: list[Action] = []
    withdrawn: list[Action] = []
    for r in ruling.ruled:
        response, status = r.response, _INITIAL[r.outcome]
        args = {n: _filled(text, words) for n, text in response.args}
        proposed = Action(
            kind=response.kind,
            risk=response.risk,
            target=response.target,
            args=args,
            outcome=r.outcome,
            status=status,
            idempotency_key=r.place.key(),
            partition=partition,
            issue=r.place.issue,
            decision=decision,
            binding=content_id("bind", response.kind, response.target, args, evidence, ruleset, policy.version),
            at=at,
            expires_at=at + policy.approval_lasts if status is ActionStatus.WAITING else None,
            requester=requester,
        )
        current, old = _succeed(r.existing, proposed, r.place, approved)
        actions.append(current)
        if old is not None:
            withdrawn.append(old)
    return Proposals(tuple(actions), tuple(withdrawn))


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


@attrs.frozen
class _Place:
    """Where an action stands among all proposals of its kind for an issue; its key is made from it."""

    issue: str
    response: Response
    step: Severity | None
    attempt: int = 0

    def key(self) -> str:
        r = self.response
        return _key(self.issue, r.kind, r.target, r.args, self.step, self.attempt)

    def next(self) -> _Place:
        return attrs.evolve(self, attempt=self.attempt + 1)


@lru_cache(maxsize=4096)
def _key(
    issue: str, kind: str, target: str, args: tuple[tuple[str, str], ...], step: Severity | None, attempt: int
) -> str:
    # An issue is judged with every signal that it rests on, and each time its actions are looked up by these.
    again = [attempt] if attempt else []
    return content_id("act", issue, kind, target, list(args), step, *again)


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
