"""
The fold: one input in, one step out. Pure: no clock, no I/O, no randomness.

Live, replay, test and cluster run this one function. `advance` takes over the state it is given; whoever needs the
state before the step keeps the journal, not a copy.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

import attrs

from ..decide import Policy, Ruling, rule_on, withdraw
from ..engine import Change, Evidence, Key, NativeEngine
from ..models import (
    Action,
    ActionDue,
    ActionFinished,
    ActionStarted,
    ActionStatus,
    Attention,
    Band,
    ConfigChanged,
    Decision,
    Disposition,
    DispositionName,
    ErasureRequested,
    Explanation,
    Input,
    Issue,
    IssueChanged,
    IssueStatus,
    Outcome,
    PersonActed,
    RunMode,
    Signal,
    SignalReceived,
    StepRecord,
    Tick,
    content_id,
    from_microseconds,
    to_microseconds,
)
from ..reason import CORE, Assessment, assess, confidence_of
from ..rules import RuleSet
from ..verify import issue_update, maintenance, serious, signature_failure, unexplained, verify
from .state import Held, State

__all__ = ["PLATFORM", "UNATTRIBUTED", "Fold", "Step", "partition_of"]

PLATFORM = "platform"
"""The partition that folds what changed about issues of all merchants."""

UNATTRIBUTED = "unattributed"
"""The partition of signals that name no merchant."""

REOPEN_WITHIN = 60 * 60 * 1_000_000
"""An issue that comes back this soon, in microseconds, is the same issue; so nobody is told twice."""


DAY = 24 * 60 * 60 * 1_000_000
"""How long texts and resources are remembered, in microseconds."""


def partition_of(signal: Signal) -> str:
    """Return the partition that a signal belongs to: its merchant's."""
    return f"merchant:{signal.merchant}" if signal.merchant is not None else UNATTRIBUTED


@attrs.frozen(kw_only=True)
class Step:
    """
    What consuming one input gave.

    Attributes:
        state: The state after it.
        record: What has to be committed.
        changes: The trace of the agenda: which rules fired, moved or were retracted, in order.
    """

    state: State
    record: StepRecord
    changes: tuple[Change, ...]


@attrs.define
class _Effects:
    """What a step collects while it runs."""

    issues: dict[str, Issue] = attrs.Factory(dict)
    decisions: list[Decision] = attrs.Factory(list)
    actions: dict[str, Action] = attrs.Factory(dict)
    changes: list[Change] = attrs.Factory(list)
    opened: set[tuple[str, Key]] = attrs.Factory(set)
    counted: set[str] = attrs.Factory(set)


class Fold:
    """
    Rules and policy, compiled.

    Attributes:
        ruleset: The host's rules and migro's own.
        policy: The policy.
    """

    def __init__(self, ruleset: RuleSet, policy: Policy | None = None) -> None:
        self.ruleset = RuleSet(ruleset.name, ruleset, CORE)
        self.policy = policy or Policy()
        self._policy_version = self.policy.version
        self._engine = NativeEngine(self.ruleset)
        self._platform_reads = "issue.changed" in self.ruleset.signals

    def start(self, partition: str) -> State:
        """Return the state before the first input."""
        return State(partition=partition)

    def skip(self, state: State, seq: int) -> State:
        """Return the state after an input that failed: it counts as consumed, and automation is halted."""
        state.seq = seq
        state.halted = state.halted or f"internal error at number {seq}"
        return state

    def next_due(self, state: State) -> datetime | None:
        """Return when time alone next changes something; a tick at or after it makes it happen."""
        at = self._next_timer(state)
        return None if at is None else from_microseconds(at)

    def advance(self, state: State, seq: int, item: Input) -> Step:
        """
        Consume one input.

        Timers that are due at or before it fire first, in order, each at its own time.

        Args:
            state: Taken over; do not use it afterwards.
            seq: The input's place in the partition's journal.
            item: The input.
        """
        effects = _Effects()
        now = max(state.now, to_microseconds(item.at))
        while (due := self._next_timer(state)) is not None and due <= now:
            state.now = max(state.now, due)
            self._forget(state)
            self._fire_timers(state, effects)
        state.now = now
        # Before the input, so that a tick in between makes no difference to what an issue is remembered for.
        self._forget(state)
        disposition = self._consume(state, seq, item, effects)
        state.seq = seq
        record = StepRecord(
            seq=seq,
            disposition=disposition,
            issues=tuple(effects.issues.values()),
            decisions=tuple(effects.decisions),
            actions=tuple(effects.actions.values()),
            emitted=self._emitted(state, effects.decisions),
        )
        return Step(state=state, record=record, changes=tuple(effects.changes))

    # --- inputs -------------------------------------------------------------------------------------------------

    def _consume(self, state: State, seq: int, item: Input, effects: _Effects) -> Disposition | None:
        match item:
            case SignalReceived(signal=signal, duplicate_of=duplicate_of):
                return self._receive(state, seq, signal, duplicate_of, effects)
            case IssueChanged():
                self._infer(state, issue_update(item), effects)
            case Tick() | ErasureRequested():
                pass  # time has passed above; the state holds ids and numbers, nothing that a pseudonym leads to
            case ConfigChanged(mode=mode):
                state.mode = mode
                if state.config and state.config != item.fingerprint:
                    # What is open was judged, and its actions were bound, under something else.
                    for held in state.held.values():
                        held.verdict = ()
                        effects.actions.update(held.actions)
                state.config = item.fingerprint
                self._reassess(state, sorted(state.held), effects)
            case ActionDue(key=key):
                self._check_due(state, key, effects)
            case ActionStarted(key=key):
                if not state.halted and self._stands(state, key) is ActionStatus.PLANNED:
                    self._move(state, key, ActionStatus.STARTED, "", effects)
            case ActionFinished(key=key, result=result):
                if self._stands(state, key) is ActionStatus.STARTED:
                    self._move(state, key, ActionStatus(result.status), result.detail, effects)
            case PersonActed():
                self._person(state, item, effects)
        return None

    def _receive(
        self, state: State, seq: int, signal: Signal, duplicate_of: int | None, effects: _Effects
    ) -> Disposition:
        verdict = verify(signal, duplicate_of=duplicate_of, same_text=self._same_text(state, signal, seq))
        if verdict.name != "accepted":
            if signal.auth == "failed" and duplicate_of is None:
                self._infer(state, signature_failure(signal, state.now), effects)
            return Disposition(signal=signal.id, name=verdict.name, reason=verdict.reason)
        window = maintenance(signal)
        if window is not None:
            state.maintenance = window
            self._reassess(state, sorted(state.held), effects)
        evidence, touched = self._infer(state, signal, effects)
        if evidence.matched and signal.resource is not None:
            state.understood[signal.resource] = state.now
        if serious(signal) and (evidence.unkeyed or not evidence.matched) and signal.resource not in state.understood:
            _, more = self._infer(state, unexplained(signal, state.now), effects)
            touched = (*touched, *more)
        supported = [state.held[t].issue.id for t in touched if t in state.held]
        opened = [state.held[t].issue.id for t in touched if t in effects.opened]
        name: DispositionName = "opened" if opened else "merged" if supported else "recorded"
        for t in touched:
            if t in state.held and t not in effects.opened:
                self._merge(state.held[t], state.now, effects)
        return Disposition(
            signal=signal.id,
            name=name,
            reason=_reason(evidence) if name == "recorded" else "evidence",
            issues=tuple(sorted(set(opened or supported))),
        )

    def _same_text(self, state: State, signal: Signal, seq: int) -> int | None:
        """Return the number of an earlier ticket with the same text from nobody else, and remember this one."""
        text = signal.attrs.get("text_ref")
        if signal.kind != "ticket" or not isinstance(text, str):
            return None
        requester = signal.ids.get("requester")
        known = state.texts.get(text)
        if known is not None:
            provider, earlier, number, _ = known
            # Two help desks name one person differently; inside one desk, another person is another complaint.
            if provider != signal.provider or requester is None or earlier in (None, requester):
                return number
        state.texts[text] = (signal.provider, requester, seq, state.now)
        return None

    def _infer(
        self, state: State, signal: Signal, effects: _Effects
    ) -> tuple[Evidence, tuple[tuple[str, Key], ...]]:
        evidence = self._engine.insert(state.engine, signal, state.now)
        self._settle(state, effects)
        return evidence, self._engine.supported(state.engine, signal, evidence)

    def _merge(self, held: Held, now: int, effects: _Effects) -> None:
        at = from_microseconds(now)
        signals = held.issue.signals + (held.issue.id not in effects.counted)
        # An issue closed by hand is not kept closed by what goes on: an hour later it is opened anew.
        last_seen = held.issue.last_seen if held.closed_by else at
        held.issue = held.issue.model_copy(update={"last_seen": last_seen, "signals": signals})
        effects.issues[held.issue.id] = held.issue

    def _person(self, state: State, item: PersonActed, effects: _Effects) -> None:
        match item.verb:
            case "halt":
                state.halted = item.why or f"halted by {item.by}"
                self._reassess(state, sorted(state.held), effects)
            case "resume":
                state.halted = ""
                self._reassess(state, sorted(state.held), effects)
            case "approve" | "reject":
                self._answer(state, item, effects)
            case "resolve":
                for slot, held in sorted(state.held.items()):
                    if held.issue.id == item.target and held.issue.status is not IssueStatus.RESOLVED:
                        held.closed_by = item.by
                        self._reassess(state, [slot], effects)

    def _answer(self, state: State, item: PersonActed, effects: _Effects) -> None:
        action = self._action(state, item.target)
        # What was approved has to be what waits: the same action on the same evidence, under the same rules.
        if action is None or action.status is not ActionStatus.WAITING or action.binding != item.binding:
            return
        if item.verb == "reject":
            self._move(state, item.target, ActionStatus.REJECTED, f"rejected by {item.by}", effects)
        elif not state.halted:
            held = next(h for h in state.held.values() if item.target in h.actions)
            answers = tuple(sorted({*held.answers.get(item.target, ()), item.by}))
            held.answers[item.target] = answers
            status = ActionStatus.PLANNED if item.target in held.approved else ActionStatus.WAITING
            self._move(state, item.target, status, f"approved by {', '.join(answers)}", effects)

    def _check_due(self, state: State, key: str, effects: _Effects) -> None:
        for held in state.held.values():
            action = held.actions.get(key)
            if action is None or action.status is not ActionStatus.PLANNED:
                continue
            if not (state.halted or key in held.approved or key in held.allowed):
                effects.actions[key] = held.actions[key] = withdraw(action, "no longer allowed when due")

    # --- time ---------------------------------------------------------------------------------------------------

    def _next_timer(self, state: State) -> int | None:
        times = [t for t in (self._engine.next_due(state.engine),) if t is not None]
        times += [to_microseconds(a.expires_at) for a in self._waiting(state) if a.expires_at is not None]
        return min(times, default=None)

    def _waiting(self, state: State) -> Iterable[Action]:
        return (a for h in state.held.values() for a in h.actions.values() if a.status is ActionStatus.WAITING)

    def _fire_timers(self, state: State, effects: _Effects) -> None:
        lapsed = [a for a in self._waiting(state) if a.expires_at and to_microseconds(a.expires_at) <= state.now]
        for action in sorted(lapsed, key=lambda a: a.idempotency_key):
            self._move(state, action.idempotency_key, ActionStatus.EXPIRED, "nobody approved it in time", effects)
        self._engine.pass_time(state.engine, state.now)
        self._settle(state, effects)

    def _forget(self, state: State) -> None:
        oldest = state.now - REOPEN_WITHIN
        ended = [
            slot
            for slot, held in state.held.items()
            if held.issue.status is IssueStatus.RESOLVED
            and to_microseconds(held.issue.last_seen) < oldest
            and not any(a.status is ActionStatus.STARTED for a in held.actions.values())
        ]
        for slot in ended:
            del state.held[slot]
        yesterday = state.now - DAY
        if state.texts and min(seen[3] for seen in state.texts.values()) < yesterday:
            state.texts = {t: seen for t, seen in state.texts.items() if seen[3] >= yesterday}
        if state.understood and min(state.understood.values()) < yesterday:
            state.understood = {r: at for r, at in state.understood.items() if at >= yesterday}

    # --- conclusions --------------------------------------------------------------------------------------------

    def _settle(self, state: State, effects: _Effects) -> None:
        changes = self._engine.settle(state.engine)
        effects.changes.extend(changes)
        kinds = {(self.ruleset.rule(c.rule).then.kind.name, c.key) for c in changes}
        self._reassess(state, sorted(kinds), effects)

    def _reassess(self, state: State, slots: Iterable[tuple[str, Key]], effects: _Effects) -> None:
        for kind, key in slots:
            assessment = assess(self._engine, state.engine, self.ruleset.kinds[kind], key)
            held = state.held.get((kind, key))
            if held is None and not assessment.supported:
                continue
            if held is None:
                held = self._open(state, assessment)
                state.held[kind, key] = held
                effects.opened.add((kind, key))
            elif held.issue.status is IssueStatus.RESOLVED:
                if not assessment.supported or held.closed_by:
                    continue
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
                scope="platform" if kind.systemic else "merchant",
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
            )
        )

    def _decide(self, state: State, held: Held, assessment: Assessment, effects: _Effects) -> None:
        mode = self._mode(state)
        before = held.issue
        ended = not assessment.supported or bool(held.closed_by)
        lasting = before.status is not IssueStatus.RESOLVED and held.decisions > 0
        # With what decided it: under other rules the journal may be folded again, and the count starts elsewhere.
        versions = (self.ruleset.version, self._policy_version)
        decision_id = content_id("dec", before.id, *versions, held.decisions + 1)
        words = {
            "issue": before.id,
            "kind": before.kind,
            "title": before.title,
            "merchant": before.merchant or "",
            "first_seen": f"{before.first_seen:%Y-%m-%d %H:%M} UTC",
            "severity": max(assessment.severity, before.severity).word if lasting else assessment.severity.word,
            "confidence": str(confidence_of(assessment.score.total)),
        }
        ruling = rule_on(
            assessment,
            policy=self.policy,
            mode=mode,
            ruleset=self.ruleset.version,
            partition=state.partition,
            issue=before.id,
            decision=decision_id,
            now=state.now,
            held_severity=before.severity if lasting else None,
            halted=state.halted,
            suppressed=state.maintenance,
            known=held.actions,
            approved=held.approved,
            words=words,
        )
        held.allowed = frozenset() if ended else ruling.allowed
        status = _status(assessment.band, ended)
        verdict = (
            status,
            assessment.score.total,
            ruling.severity,
            tuple((c.rule, c.counted) for c in assessment.score.contributions),
            tuple(g.guard for g in ruling.guards if g.holds),
            tuple((t.kind, t.target, t.outcome) for t in ruling.traces),
            mode,
        )
        if verdict == held.verdict:
            return
        changed = _changed(held, status, assessment, ruling)
        held.verdict = verdict
        held.decisions += 1
        at = from_microseconds(state.now)
        grown = max(before.signals, len(assessment.signals))
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
                "impact": before.impact if ended else assessment.impact,
                "last_seen": before.last_seen if ended else at,
                "signals": before.signals if ended else grown,
            }
        )
        actions = () if ended else ruling.actions
        if ended:
            gone = (a for a in held.actions.values() if a.status in (ActionStatus.WAITING, ActionStatus.PLANNED))
            withdrawn = tuple(withdraw(a, "the issue has ended") for a in gone)
        else:
            withdrawn = ruling.withdrawn
        for action in (*withdrawn, *actions):
            before_it = held.actions.get(action.idempotency_key)
            if before_it != action:
                if before_it is not None and before_it.binding != action.binding:
                    held.answers.pop(action.idempotency_key, None)
                held.actions[action.idempotency_key] = action
                effects.actions[action.idempotency_key] = action
        decision = self._decision(state, held, assessment, ruling, decision_id, changed, actions, mode)
        effects.decisions.append(decision)
        effects.issues[held.issue.id] = held.issue

    def _decision(
        self,
        state: State,
        held: Held,
        assessment: Assessment,
        ruling: Ruling,
        decision_id: str,
        changed: str,
        actions: tuple[Action, ...],
        mode: RunMode,
    ) -> Decision:
        issue = held.issue
        at = from_microseconds(state.now)
        ended = issue.status is IssueStatus.RESOLVED
        outcome = Outcome.RECORD if ended else ruling.outcome
        explanation = Explanation(
            issue=issue.id,
            issue_kind=issue.kind,
            title=issue.title,
            category=issue.category,
            key=issue.key,
            key_names=issue.key_names,
            as_of=at,
            ruleset=self.ruleset.version,
            policy=self._policy_version,
            engine=self._engine.name,
            changed=changed,
            prior=assessment.score.prior,
            contributions=assessment.score.contributions,
            adjustments=assessment.score.adjustments,
            score=assessment.score.total,
            confidence=issue.confidence,
            band=assessment.band,
            severity=ruling.severity,
            severity_because=ruling.severity_because,
            impact=issue.impact,
            attention=issue.attention,
            mode=mode,
            guards=ruling.guards,
            actions=() if ended else ruling.traces,
            outcome=outcome,
            near_misses=assessment.near_misses,
            human_only=assessment.kind.human_only,
        )
        return Decision(
            id=decision_id,
            at=at,
            partition=state.partition,
            merchant=issue.merchant,
            scope=issue.scope,
            issue=issue,
            outcome=outcome,
            attention=issue.attention,
            actions=actions,
            because=changed,
            ruleset=self.ruleset.version,
            policy=self._policy_version,
            mode=mode,
            explanation=explanation,
        )

    # --- actions ------------------------------------------------------------------------------------------------

    def _action(self, state: State, key: str) -> Action | None:
        return next((h.actions[key] for h in state.held.values() if key in h.actions), None)

    def _stands(self, state: State, key: str) -> ActionStatus | None:
        action = self._action(state, key)
        return action.status if action is not None else None

    def _move(self, state: State, key: str, status: ActionStatus, note: str, effects: _Effects) -> None:
        for held in state.held.values():
            if key in held.actions:
                moved = held.actions[key].model_copy(
                    update={"status": status, "note": note or held.actions[key].note}
                )
                held.actions[key] = moved
                effects.actions[key] = moved

    def _mode(self, state: State) -> RunMode:
        # A person may lower the mode of a running agent; nobody raises it above the policy's.
        return self.policy.mode if state.mode is None else min(state.mode, self.policy.mode)

    def _emitted(self, state: State, decisions: list[Decision]) -> tuple[tuple[str, IssueChanged], ...]:
        if not self._platform_reads or state.partition == PLATFORM:
            return ()
        return tuple((PLATFORM, IssueChanged(at=d.at, issue=d.issue, decision=d.id)) for d in decisions)


def _status(band: Band, ended: bool) -> IssueStatus:
    if ended:
        return IssueStatus.RESOLVED
    return IssueStatus.WATCHING if band is Band.LOW else IssueStatus.OPEN


def _changed(held: Held, status: IssueStatus, assessment: Assessment, ruling: Ruling) -> str:
    """Return in one line why a decision is made now."""
    before = held.issue
    confidence = confidence_of(assessment.score.total)
    rules = [c.rule for c in assessment.score.contributions if c.counted > 0]
    named = ", ".join(rules) or "no rule"
    if status is IssueStatus.RESOLVED:
        return f"resolved by {held.closed_by}" if held.closed_by else "resolved: no evidence is left"
    if held.decisions == 0:
        return f"opened at {confidence} by {named}"
    if before.status is IssueStatus.RESOLVED:
        return f"reopened at {confidence} by {named}"
    if ruling.severity > before.severity:
        return f"severity rose from {before.severity.word} to {ruling.severity.word}: {ruling.severity_because}"
    if assessment.band != before.band:
        way = "rose" if assessment.band > before.band else "fell"
        return f"confidence {way} from {before.confidence} to {confidence}: {named}"
    if assessment.score.total != before.points:
        return f"score went from {before.points:+d} to {assessment.score.total:+d}: {named}"
    return f"the evidence or what policy makes of it changed: {named}"


def _reason(evidence: Evidence) -> str:
    if evidence.unreadable:
        return f"does not fit its class: {evidence.unreadable}"
    if evidence.errors:
        return f"a predicate raised in {', '.join(evidence.errors)}"
    if evidence.unkeyed:
        return f"unkeyed: no key for rules over {', '.join(evidence.unkeyed)}"
    if evidence.late:
        return "too late: older than every window that reads it"
    return "no rule fired on it" if evidence.matched else "no rule reads it"
