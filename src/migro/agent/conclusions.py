"""Conclusions: from what the engine found to issues, decisions and actions."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from functools import partial
from typing import Any

from ..decide import Limit, Policy, propose, rule_on, same_name, withdraw
from ..engine import Evidence, Key, NativeEngine, supported
from ..expressions import Fact, microseconds
from ..models import (
    Action,
    ActionStatus,
    Attention,
    Band,
    Impact,
    Issue,
    IssueStatus,
    Risk,
    RunMode,
    Severity,
    Signal,
    content_id,
    from_microseconds,
    to_microseconds,
)
from ..models.grouping import fingerprint
from ..reason import Assessment, accrued, assess, confidence_of, is_supported
from ..rules import IssueKind, Response, RuleSet
from ..verify import derived_from, in_window, suppressing
from .attending import plan_attention
from .consequences import causal_order, cause_of, told_elsewhere
from .days import opened_on
from .dropping import dropped, withdrawn_with
from .easing import held_severity, level, plan_ease
from .effects import Effects
from .lingering import lingers, opened, unopened
from .merging import lend
from .naming import take_names
from .notices import Tells, tells
from .outbox import adopt, tell_dropped
from .rechecks import plan
from .recording import decision_of
from .spending import limits, plan_free
from .state import PLATFORM, Held, State
from .unheeded import is_alarm
from .verifying import of_no_use
from .wording import why_now

__all__ = ["Conclusions"]


class Conclusions:
    """Draws conclusions with one engine, rule set and policy; everything it changes is in the state it is given."""

    def __init__(self, ruleset: RuleSet, policy: Policy, engine: NativeEngine) -> None:
        self.ruleset = ruleset
        self.policy = policy
        self.engine = engine
        self._kind_of = {rule.id: rule.then.kind.name for rule in ruleset}
        self._versions = (ruleset.version, policy.version)
        self._order = causal_order(ruleset)
        self._caused = frozenset(caused for kind in ruleset.kinds.values() for caused in kind.causes)
        # Where the platform hears nothing, whoever concludes about many merchants concludes alone.
        self._above = "issue.changed" in ruleset.signals

    def infer(
        self, state: State, signal: Signal, effects: Effects, *, alone: bool = False
    ) -> tuple[Evidence, tuple[tuple[str, Key], ...]]:
        """
        Take a signal in, and return what it did and the issues that rest on it.

        Args:
            alone: Whether the step takes in nothing else. Issues that are not held then are of no concern to it: in a
                shop where all is well, signs of health rest on every signal, and nothing is held.
        """
        # An alarm waits for every issue that it is evidence about, even where there is none yet.
        state.engine.attentive = is_alarm(signal)
        try:
            evidence = self.engine.insert(state.engine, signal, state.now)
            self.settle(state, effects)
        finally:
            state.engine.attentive = False
        if alone and not state.held:
            return evidence, ()
        return evidence, supported(self.engine, state.engine, signal, evidence, state.held if alone else None)

    def settle(self, state: State, effects: Effects) -> None:
        """Let the engine evaluate what was touched, and judge every issue that this concerns."""
        changes = self.engine.settle(state.engine)
        if not changes:
            return
        effects.changes.extend(changes)
        # That a rule is left out concerns no key; what it held up before is retracted beside it.
        kinds = {(self._kind_of[c.rule], c.key) for c in changes if c.what != "quarantined"}
        self.reassess(state, self._ordered(kinds), effects)

    def _ordered(self, slots: Collection[tuple[str, Key]]) -> Collection[tuple[str, Key]]:
        """Sort issues so that a cause is judged before what follows from it, and can be named there."""
        if len(slots) < 2:
            return slots
        return sorted(slots, key=lambda slot: (self._order.get(slot[0], 0), *slot))

    def relate(self, state: State, effects: Effects) -> None:
        """Judge anew what may follow from issues that changed, or name something new, in this step."""
        if effects.named or effects.decisions:
            effects.named = False
            open_ = (h.issue for h in state.held.values() if h.issue.status is not IssueStatus.RESOLVED)
            slots = {(i.kind, i.key) for i in open_ if i.kind in self._caused or i.id in state.merges}
            self.reassess(state, self._ordered(slots), effects)

    def judge_kinds(self, state: State, cause: str, effects: Effects) -> None:
        """Judge anew the issues of the kinds that a kind brings about."""
        kind = self.ruleset.kinds.get(cause)
        slots = [slot for slot in state.held if kind is not None and slot[0] in kind.causes]
        self.reassess(state, self._ordered(slots), effects)

    def reassess(self, state: State, slots: Iterable[tuple[str, Key]], effects: Effects) -> None:
        """Judge issues anew, by (kind, key): open, decide, resolve, reopen."""
        for kind, key in slots:
            held = state.held.get((kind, key))
            known = self.ruleset.kinds.get(kind) or _foreign(held)
            if held is None and known.systemic and self._above and state.partition != PLATFORM:
                continue  # what concerns many merchants is concluded where all of them are heard
            opens = held is None or held.issue.status is IssueStatus.RESOLVED
            closed_by_hand = held is not None and held.closed_by != ""
            # In a shop where all is well, signs of health move with every signal and open nothing.
            if opens and (closed_by_hand or not is_supported(self.engine, state.engine, known, key)):
                continue
            assessment = assess(self.engine, state.engine, known, key)
            if held is None:
                held = state.held[kind, key] = self._open(state, assessment)
            if opens:
                effects.opened.add((kind, key))
            self._decide(state, held, assessment, effects)

    def _open(self, state: State, assessment: Assessment) -> Held:
        at = from_microseconds(state.now)
        kind = assessment.kind
        merchant = state.partition.removeprefix("merchant:") if state.partition.startswith("merchant:") else None
        return Held(
            Issue(
                id=content_id("iss", state.partition, kind.name, list(assessment.key), at),
                kind=kind.name,
                category=kind.category,
                title=kind.title or kind.name,
                merchant=merchant,
                scope="platform" if kind.systemic or state.partition == PLATFORM else "merchant",
                key=assessment.key,
                key_names=kind.per,
                status=IssueStatus.WATCHING,
                severity=assessment.severity,
                confidence=confidence_of(assessment.score.total),
                points=assessment.score.total,
                band=assessment.band,
                attention=Attention.NONE,
                impact=assessment.impact,
                first_seen=at,
                last_seen=at,
                signals=len(assessment.signals),
                fingerprint=fingerprint(state.partition, kind.name, dict(zip(kind.per, assessment.key, strict=True))),
            )
        )

    def _decide(self, state: State, held: Held, assessment: Assessment, effects: Effects) -> None:
        mode = self._mode(state)
        take_names(state, held, (id for id in state.named if id in assessment.found))
        if held.issue.status is IssueStatus.RESOLVED and assessment.supported and not held.closed_by:
            held.things, held.cause = {}, None
            take_names(state, held, (id for id in state.named if id in assessment.found))
        if assessment.supported and not held.closed_by:
            sure = assessment.band is not Band.LOW
            held.cause = cause_of(state, self.ruleset.kinds, held, assessment.found, sure=sure)
        elsewhere = told_elsewhere(state, held, held.cause)
        limited: list[Limit] = []
        question = self._question(state, held, assessment, mode, elsewhere)
        if question is not None and question == held.asked:
            return  # most signals of an open issue only move the windows that it rests on
        before = held.issue
        if before.status is IssueStatus.RESOLVED:
            held.reached = ()
        if before.status is IssueStatus.RESOLVED or (held.decisions == 0 and not held.carried):
            opened(held, state.now, assessment.found)
            opened_on(state, (before.kind, before.key))
            held.attempts = 0
        if effects.withdrawal is not None:
            taken = {effects.withdrawal.signal, *derived_from(effects.withdrawal.signal)}
            unopened(state, held, taken, supported=assessment.supported)
        revoked = effects.withdrawal is not None or effects.configured
        waits = lingers(state, held, assessment, effects.calm_since, revoked=revoked)
        ended = bool(held.closed_by) or not (assessment.supported or waits)
        ruling = rule_on(
            assessment,
            policy=self.policy,
            mode=mode,
            issue=before.id,
            now=state.now,
            held_severity=held_severity(held, state.now),
            halted=state.halted,
            suppressing=partial(
                suppressing,
                state.maintenance,
                state.mutes.values(),
                issue=before.id,
                kind=before.kind,
                now=state.now,
                newest=assessment.newest,
            ),
            known=held.actions,
            attempts=held.attempts,
            elsewhere=elsewhere,
            merchant=None if before.scope == "platform" else before.merchant or "",
            limiting=partial(self._limiting, state, before.id, limited),
            told=partial(self._told, state, assessment),
            tried=partial(of_no_use, state, (before.kind, before.key)),
        )
        plan_free(state, held, limited, ended=ended)
        plan(state, held, ruling, ended=ended)
        if not ended:
            level(held, state.now, assessment.severity, assessment.found)
        plan_ease(state, held, ended=ended)
        plan_attention(state, held, self.policy.people, ruling, ended=ended)
        held.allowed = frozenset() if ended else ruling.allowed
        announced = bool(in_window(state.maintenance, now=state.now, newest=assessment.newest))
        status = _status(assessment.band, ended, announced=announced)
        if status is IssueStatus.OPEN and before.status is not IssueStatus.OPEN:
            held.surfaced = state.now
        verdict = (
            status,
            assessment.score.total,
            ruling.severity,
            assessment.score.counted,
            tuple(ruling.holding),
            ruling.outcomes,
            mode,
            ruling.holding.get("suppressed", ""),  # everything that suppresses it is named
            held.cause.issue if held.cause is not None else "",
            "consequence" in ruling.holding,
            state.merges[before.id].into if before.id in state.merges else "",
            tuple(sorted(held.lent)),
            held.attempts,
        )
        if verdict == held.verdict:
            held.asked = question or ()
            return
        decision_id = self._decision_id(state, held, held.decisions + 1)
        words = {
            "issue": before.id,
            "kind": before.kind,
            "title": before.title,
            "merchant": before.merchant or "",
            "first_seen": f"{before.first_seen:%Y-%m-%d %H:%M} UTC",
            "severity": ruling.severity.word,
            "confidence": str(confidence_of(assessment.score.total)),
        }
        held.requesters = () if ended else _with(held.requesters, effects.requester)
        proposals = propose(
            ruling,
            ruleset=self.ruleset.version,
            partition=state.partition,
            decision=decision_id,
            now=state.now,
            answers=held.answers,
            words=words,
            requester=", ".join(held.requesters),
        )
        changed = why_now(held, status, assessment, ruling, effects)
        held.verdict = verdict
        held.evidence = assessment.found
        held.decisions += 1
        held.ended_at = state.now if ended else 0
        at = from_microseconds(state.now)
        goes_on = before.status is not IssueStatus.RESOLVED
        live = assessment.supported and not ended
        measured = assessment.impact if live else _last_measured(before.impact, ended=ended)
        found = len(assessment.found)
        lent = sum(held.lent.values())
        # What a person groups otherwise is no news about what is wrong: taken apart again, it is as it was.
        regrouped = effects.merged is not None
        grown = before.signals + found if self._is_over(state, before) else max(before.signals, found + lent)
        if grown > before.signals:
            effects.counted.add(before.id)
        held.issue = before.model_copy(
            update={
                "status": status,
                "severity": ruling.severity,
                "confidence": confidence_of(assessment.score.total),
                "points": assessment.score.total,
                "band": assessment.band,
                "attention": Attention.NONE if ended else ruling.attention,
                "impact": before.impact if regrouped else accrued(before.impact, measured, at, goes_on=goes_on),
                "last_seen": before.last_seen if ended or waits or regrouped else at,
                "signals": before.signals if ended else grown,
                "parent": held.cause.issue if held.cause is not None else None,
            }
        )
        for other in lend(state, held, held.issue.signals - before.signals):
            effects.issues[other.issue.id] = other.issue
        actions = () if ended else proposals.actions
        if ended:
            gone = (a for a in held.actions.values() if a.status in (ActionStatus.WAITING, ActionStatus.PLANNED))
            withdrawn = tuple(withdraw(a, "the issue has ended") for a in gone)
        else:
            withdrawn = (*proposals.withdrawn, *dropped(held, ruling))
        gone_now = (*withdrawn, *(a for a in actions if a.status is ActionStatus.EXPIRED))
        tell_dropped(state, held, gone_now, self.policy.people, effects, tells=self.tells(state))
        adopt(held, (*withdrawn, *actions), effects)
        taken_back = () if effects.withdrawal is None else (withdrawn_with(held, effects.withdrawal),)
        decision = decision_of(
            state, held, ruling, id=decision_id, changed=changed, actions=actions, withdrawals=taken_back, under=self
        )
        effects.decisions.append(decision)
        effects.issues[held.issue.id] = held.issue

    def _decision_id(self, state: State, held: Held, number: int) -> str:
        # With what decided it: under other rules the journal may be folded again, and the count starts elsewhere.
        versions = (self.ruleset.version, self.policy.version)
        # And with where it was taken over: the same rules may come back, and count anew.
        epoch = [state.epoch] if state.epoch else []
        return content_id("dec", held.issue.id, *versions, number, *epoch)

    def newest_decisions(self, state: State) -> dict[str, str]:
        """Return the id of the last decision about each issue that has one."""
        held = (h for h in state.held.values() if h.decisions)
        return {h.issue.id: self._decision_id(state, h, h.decisions) for h in held}

    def _question(
        self,
        state: State,
        held: Held,
        assessment: Assessment,
        mode: RunMode,
        elsewhere: tuple[tuple[Severity, str], ...],
    ) -> tuple[object, ...] | None:
        """Return everything that a ruling and its verdict follow from; None where it is not asked twice."""
        resting = state.maintenance or state.mutes or not assessment.supported
        if resting or held.issue.status is IssueStatus.RESOLVED:
            return None  # what ends by itself is looked at each time
        score = assessment.score
        stale = bool(assessment.newest) and state.now - assessment.newest > microseconds(self.policy.stale_after)
        return (
            *(
                self._versions,
                held.verdict,
                held_severity(held, state.now),
                held.closed_by,
                held.actions,
                held.actions.changes,
            ),
            *(held.attempts, mode, state.halted, assessment.severity, assessment.band, assessment.vetoes),
            *(score.total, score.counted, score.disjoint, score.families, assessment.environments, stale),
            *(held.cause.issue if held.cause is not None else "", elsewhere, tuple(sorted(held.lent))),
            # What budgets have left only gets less by what is executed; when it gets more, the issue is judged anew.
            *(len(state.spent), tuple(state.closed), state.frees.get((held.issue.kind, held.issue.key))),
            *(hours.until(state.now) is None for hours in self.policy.quiet),
            state.tried.get((held.issue.kind, held.issue.key)),
            tuple(self._told(state, assessment, fact) for guard in self.policy.guards for _, fact in guard.reads),
        )

    def _is_over(self, state: State, issue: Issue) -> bool:
        """Whether what an issue rested on before it ended is out of every window, so that none of it counts again."""
        longest = max((rule.lasts_us for rule in self.ruleset.about(issue.kind)), default=0)
        quiet = state.now - to_microseconds(issue.last_seen)
        return issue.status is IssueStatus.RESOLVED and quiet > longest

    def limits(self, state: State, held: Held, action: Action) -> tuple[Limit, ...]:
        """Return the limits that an action which is planned would go beyond now; telling operators has none."""
        if action.risk == Risk.R0:
            return ()
        key, issue, args = action.idempotency_key, held.issue.id, action.args
        return limits(self.policy, state, key=key, issue=issue, kind=action.kind, target=action.target, args=args)

    def _limiting(
        self, state: State, issue: str, found: list[Limit], response: Response, key: str
    ) -> tuple[Limit, ...]:
        args = dict(response.args)
        now = limits(self.policy, state, key=key, issue=issue, kind=response.kind, target=response.target, args=args)
        found.extend(now)
        return now

    def _told(self, state: State, assessment: Assessment, operand: Fact[Any]) -> Any:
        return self.engine.fact(state.engine, operand, assessment.kind.per, assessment.key)

    def looks(self, state: State) -> bool:
        """Whether an actuator may look whether what it did has helped: a mode that only watches asks nobody."""
        return not state.halted and self._mode(state) >= RunMode.ASSIST

    def tells(self, state: State) -> Tells:
        """Return what says whether a role may be told by itself."""
        return tells(state, self.policy, self._mode(state))

    def _mode(self, state: State) -> RunMode:
        # A person may lower the mode of a running agent; only a person raises it again, never above the policy's.
        told = (state.mode, state.configured_mode)
        return min([self.policy.mode, *(m for m in told if m is not None)])


def _foreign(held: Held | None) -> IssueKind[Any]:
    """Return a kind that no rule in force concludes about; an issue of it, taken over, can only end."""
    if held is None:
        raise LookupError("expected an issue that was taken over, got none")
    issue = held.issue
    return IssueKind(issue.kind, category=issue.category, per=issue.key_names, title=issue.title)


def _with(names: tuple[str, ...], name: str) -> tuple[str, ...]:
    known = {same_name(one) for one in names}
    return names if not name or same_name(name) in known else (*names, name)


def _last_measured(impact: Impact, *, ended: bool) -> Impact:
    note = "as last measured: "
    if ended and impact.projected:
        impact = impact.model_copy(update={"projected": (), "lasts": 0})
    if impact == Impact(method=impact.method) or impact.method.startswith(note):
        return impact
    return impact.model_copy(update={"method": note + impact.method})


def _status(band: Band, ended: bool, *, announced: bool) -> IssueStatus:
    if ended:
        return IssueStatus.RESOLVED
    # What was announced is in front of nobody.
    return IssueStatus.WATCHING if band is Band.LOW or announced else IssueStatus.OPEN
