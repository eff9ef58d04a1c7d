"""
The fold: one input in, one step out. Pure: no clock, no I/O, no randomness.

Live, replay, test and cluster run this one function. `advance` takes over the state it is given; whoever needs the
state before the step keeps the journal, not a copy.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

import attrs

from ..decide import Policy
from ..engine import Change, NativeEngine
from ..models import (
    ActionDue,
    ActionFinished,
    ActionStarted,
    ActionStatus,
    CauseChanged,
    ConfigChanged,
    Decision,
    Disposition,
    DispositionName,
    Emitted,
    Erasure,
    ErasureRequested,
    Input,
    Issue,
    IssueChanged,
    IssueStatus,
    OpenIssue,
    PersonActed,
    Signal,
    SignalReceived,
    SignalRelayed,
    SignalWithdrawn,
    StepRecord,
    Tick,
    TimerFired,
    from_microseconds,
    to_microseconds,
)
from ..models.canonical import EPOCH
from ..reason import CORE
from ..rules import RuleSet
from ..rules.ruleset import selections
from ..verify import (
    AFTERMATH,
    DeliverySeen,
    IssueAbove,
    StepAsked,
    clock_wrong,
    issue_above,
    issue_update,
    maintenance,
    repeats,
    serious,
    signature_failure,
    step_asked,
    unexplained,
    verify,
)
from .arrivals import hear_receiver, seen
from .conclusions import Conclusions
from .consequences import onset
from .days import forget_days
from .easing import ease
from .effects import Effects
from .lingering import end_lingering
from .merging import carry_relations, forget_merges, lend, merge, unmerge
from .naming import hear_names, take_names
from .noticing import calm, dated, forget_monitors, watch
from .outbox import answer, check_due, lapse, move, next_lapse, stands
from .quarantines import notice, release
from .rechecks import look_again
from .recollection import REACH, declare, forget, understand
from .resting import end_suppressions, mute
from .snapshots import renamed
from .state import PLATFORM, UNATTRIBUTED, Held, State
from .systemic import (
    forget_above,
    hear_above,
    hear_platform,
    hear_report,
    hear_traits,
    in_trouble,
    platform_of,
    read_above,
    tell,
)
from .texts import same_text
from .withdrawals import take_back
from .wording import why_halted, why_raised, why_recorded

__all__ = ["PLATFORM", "UNATTRIBUTED", "Fold", "Step", "partition_of", "partition_of_issue"]

TIDY_EVERY = 10 * 60 * 1_000_000
"""How often the engine drops what no window can need, in microseconds of the fold's time."""


def partition_of(signal: Signal) -> str:
    """Return the partition that a signal belongs to: its merchant's."""
    return f"merchant:{signal.merchant}" if signal.merchant is not None else UNATTRIBUTED


def partition_of_issue(issue: Issue) -> str:
    """Return the partition that holds an issue."""
    if issue.scope == "platform":
        return PLATFORM
    return f"merchant:{issue.merchant}" if issue.merchant is not None else UNATTRIBUTED


@attrs.frozen(kw_only=True)
class Step:
    """
    What consuming one input gave.

    Attributes:
        state: The state after it.
        record: What has to be committed.
        changes: The trace of the agenda: which rules fired, moved or were retracted, in order.
        quarantined: Rules that this step began to leave out, because a predicate of theirs kept raising.
        released: Rules that it lets be judged again.
    """

    state: State
    record: StepRecord
    changes: tuple[Change, ...]
    quarantined: tuple[str, ...] = ()
    released: tuple[str, ...] = ()


class Fold:
    """
    Rules and policy, compiled.

    Attributes:
        ruleset: The host's rules and migro's own.
        policy: The policy.
        fingerprint: Equal for equal rules, policy and mode.
    """

    def __init__(self, ruleset: RuleSet, policy: Policy | None = None) -> None:
        self.ruleset = RuleSet(ruleset.name, ruleset, CORE)
        self.policy = policy or Policy()
        self.fingerprint = self.in_force(EPOCH).fingerprint
        self.engine = NativeEngine(self.ruleset)
        self._conclusions = Conclusions(self.ruleset, self.policy, self.engine)
        self._read_kinds = frozenset(s.signal.__signal_kind__ for r in self.ruleset for s in selections(r.when))
        self._reads_deliveries = DeliverySeen.__signal_kind__ in self._read_kinds
        self._reads_above = IssueAbove.__signal_kind__ in self._read_kinds
        self._platform_reads = "issue.changed" in self.ruleset.signals
        self._read_above = read_above(self.ruleset) if self._platform_reads else frozenset[str]()

    def in_force(self, at: datetime) -> ConfigChanged:
        """Return what the journal has to say when these rules and this policy come into force."""
        return ConfigChanged(at=at, ruleset=self.ruleset.version, policy=self.policy.version, mode=self.policy.mode)

    def start(self, partition: str) -> State:
        """Return the state before the first input."""
        return State(partition=partition)

    def skip(self, state: State, seq: int) -> State:
        """Return the state after an input that failed: it counts as consumed, and automation is halted."""
        state.seq = seq
        if not state.halted:
            state.halted, state.halted_at = f"internal error at number {seq}", state.now
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
        effects = Effects()
        now = max(state.now, to_microseconds(item.at))
        takes_over = isinstance(item, ConfigChanged) and item.carried is not None and item.counts(seq)
        # What these rules would have made of the time before they came into force is not what happened.
        passing = Effects() if takes_over else effects
        while (due := self._next_timer(state)) is not None and due <= now:
            state.now = max(state.now, due)
            self._tidy(state)
            self._fire_timers(state, passing, late_by=now - state.now)
        state.now = now
        # Before the input, so that a tick in between makes no difference to what an issue is remembered for.
        self._tidy(state)
        disposition = self._consume(state, seq, item, effects)
        notice(self._conclusions, state, effects)
        self._conclusions.relate(state, effects)
        state.seq = seq
        erasure = None
        if isinstance(item, ErasureRequested):
            erasure = Erasure(pseudonym=item.pseudonym, token=item.token)
            state = renamed(self.engine, state, item.pseudonym, item.token)
        due = self._next_timer(state)
        record = StepRecord(
            seq=seq,
            disposition=disposition,
            issues=tuple(effects.issues.values()),
            decisions=tuple(effects.decisions),
            actions=tuple(effects.actions.values()),
            emitted=self._emitted(state, item, effects),
            timers=tuple(effects.timers),
            due=None if due is None else from_microseconds(due),
            erasure=erasure,
        )
        return Step(
            state=state,
            record=record,
            changes=tuple(effects.changes),
            quarantined=tuple(effects.quarantined),
            released=effects.released,
        )

    # --- inputs -------------------------------------------------------------------------------------------------

    def _consume(self, state: State, seq: int, item: Input, effects: Effects) -> Disposition | None:
        match item:
            case SignalReceived(signal=signal, duplicate_of=duplicate_of):
                return self._receive(state, seq, signal, duplicate_of, effects)
            case SignalWithdrawn():
                return take_back(self._conclusions, state, item, effects)
            case IssueChanged():
                hear_report(state, item, partition_of_issue(item.issue))
                self._conclusions.infer(state, issue_update(item), effects)
            case SignalRelayed(signal=signal):
                hear_traits(state, signal)
                self._conclusions.infer(state, signal, effects)
            case CauseChanged():
                hear_above(state, item)
                self._conclusions.judge_kinds(state, item.issue.kind, effects)
                if self._reads_above:
                    self._conclusions.infer(state, issue_above(item, state.partition), effects)
            case Tick():
                pass  # time has passed above
            case ErasureRequested():
                if state.partition != PLATFORM:
                    effects.emitted.append(item)
            case ConfigChanged():
                if item.counts(seq):
                    self._configure(state, item, effects)
            case ActionDue(key=key):
                check_due(state, key, effects)
            case ActionStarted(key=key):
                if not state.halted and stands(state, key) is ActionStatus.PLANNED:
                    move(state, key, ActionStatus.STARTED, "", effects)
            case ActionFinished(key=key, result=result):
                if stands(state, key) is ActionStatus.STARTED:
                    move(state, key, ActionStatus(result.status), result.detail, effects)
            case PersonActed():
                self._person(state, item, effects)
        return None

    def _configure(self, state: State, item: ConfigChanged, effects: Effects) -> None:
        effects.configured = bool(state.config) and state.config != item.fingerprint
        state.configured_mode = item.mode
        if item.carried is not None:
            state.epochs += 1
            self.carry(state, item.carried, state.epochs)
            effects.timers += self._lapse(state, effects, to_microseconds(item.at))
        elif effects.configured:
            # What is open was judged, and its actions were bound, under something else.
            for held in state.held.values():
                held.verdict = ()
                effects.actions.update(held.actions)
        state.config = item.fingerprint
        if state.ruleset and state.ruleset != item.ruleset:
            why = "other rules are in force"
            release(self._conclusions, state, tuple(state.engine.quarantined), why, effects)
        state.ruleset = item.ruleset
        seen = {(self.ruleset.rule(rule).then.kind.name, key) for rule, key in state.engine.firings}
        self._conclusions.reassess(state, sorted(seen | state.held.keys()), effects)

    def carry(self, state: State, carried: Iterable[OpenIssue], epoch: int) -> None:
        """
        Let the issues of the records take the place of what these rules would have opened, told and done.

        Args:
            epoch: A number that no earlier carrying in this partition had; decisions count anew from there.
        """
        state.epoch = epoch
        state.lingering, state.rechecks, state.easing = {}, {}, {}
        ordered = sorted(carried, key=lambda one: (one.issue.kind, one.issue.key, one.issue.first_seen))
        state.held = {
            (one.issue.kind, one.issue.key): Held(
                one.issue,
                actions={a.idempotency_key: a for a in one.actions},
                closed_by=one.closed_by,
                reached=((state.now, one.issue.severity, frozenset()),),
                carried=True,
                cause=one.cause,
            )
            for one in ordered
        }
        carry_relations(state, ordered)

    def _receive(
        self, state: State, seq: int, signal: Signal, duplicate_of: int | None, effects: Effects
    ) -> Disposition:
        verdict = verify(signal, duplicate_of=duplicate_of)
        if verdict.name == "accepted":
            # What does not count cannot take the place of what does, so this is asked last.
            same, nearly = same_text(state.texts, signal, seq, state.now)
            verdict = repeats(same, nearly) or verdict
        if verdict.name != "accepted":
            if signal.auth == "failed" and duplicate_of is None:
                self._conclusions.infer(state, signature_failure(signal, state.now), effects)
            if signal.auth != "failed" and duplicate_of is not None:
                self._tell_delivery(state, seq, signal, effects, duplicate=True)
            return Disposition(signal=signal.id, name=verdict.name, reason=verdict.reason)
        signal, notes, behind = dated(state, signal)
        waits = watch(state, signal)
        if waits:
            return Disposition(signal=signal.id, name="suppressed", reason="; ".join([waits, *notes]))
        window = maintenance(signal, state.now)
        if window is not None:
            declare(state, signal.id, *window)
            self._conclusions.reassess(state, sorted(state.held), effects)
        if state.partition != PLATFORM and signal.kind in self._read_above:
            hear_traits(state, signal)
            effects.emitted.append(SignalRelayed(at=from_microseconds(state.now), signal=signal))
        hear_platform(state, signal)
        hear_names(state, signal)
        hear_receiver(state, signal)
        grave = serious(signal)
        evidence, touched = self._conclusions.infer(state, signal, effects, alone=not (grave or behind))
        if not evidence.matched:
            state.named.pop(signal.id, None)
        raised = why_raised(state, evidence)
        if evidence.matched and signal.resource is not None:
            understand(state, signal.resource, signal.id)
        if grave and (evidence.unkeyed or not evidence.matched) and signal.resource not in state.understood:
            found = unexplained(signal, state.now, unkeyed=bool(evidence.unkeyed))
            more = self._conclusions.infer(state, found, effects)[1]
            touched = (*touched, *more)
        self._tell_delivery(state, seq, signal, effects, duplicate=False)
        self._tell_question(state, signal, effects)
        if behind:
            self._conclusions.infer(state, clock_wrong(signal, state.now, behind), effects)
        supported = [state.held[t].issue.id for t in touched if t in state.held]
        opened = [state.held[t].issue.id for t in touched if t in effects.opened]
        name: DispositionName = "opened" if opened else "merged" if supported else "recorded"
        for t in touched:
            if t in state.held:
                effects.named = take_names(state, state.held[t], (signal.id,)) or effects.named
            if t in state.held and t not in effects.opened:
                self._merge(state, state.held[t], effects)
        recorded = name == "recorded"
        why = [why_recorded(signal, evidence, raised, self._read_kinds)] if recorded else ["evidence", *raised]
        reason = "; ".join([*why, *notes])
        return Disposition(signal=signal.id, name=name, reason=reason, issues=tuple(sorted(set(opened or supported))))

    def _tell_delivery(self, state: State, seq: int, signal: Signal, effects: Effects, *, duplicate: bool) -> None:
        # It is evidence about deliveries alone, and none of what the delivery tells.
        found = seen(state, signal, seq, duplicate=duplicate) if self._reads_deliveries else None
        if found is not None:
            self._conclusions.infer(state, found, effects, alone=True)

    def _tell_question(self, state: State, signal: Signal, effects: Effects) -> None:
        if StepAsked.__signal_kind__ not in self._read_above or state.partition == PLATFORM:
            return
        found = step_asked(signal)
        if found is not None and not in_trouble(state):
            hear_traits(state, found)
            effects.emitted.append(SignalRelayed(at=from_microseconds(state.now), signal=found))

    def _merge(self, state: State, held: Held, effects: Effects) -> None:
        at = from_microseconds(state.now)
        before = held.issue.signals
        signals = before + (held.issue.id not in effects.counted)
        # An issue closed by hand is not kept closed by what goes on: an hour later it is opened anew.
        last_seen = held.issue.last_seen if held.closed_by else at
        held.issue = held.issue.model_copy(update={"last_seen": last_seen, "signals": signals})
        effects.issues[held.issue.id] = held.issue
        for other in lend(state, held, signals - before):
            effects.issues[other.issue.id] = other.issue

    def _person(self, state: State, item: PersonActed, effects: Effects) -> None:
        match item.verb:
            case "halt":
                state.halted, state.halted_at = why_halted(by=item.by, why=item.why), state.now
                self._conclusions.reassess(state, sorted(state.held), effects)
            case "resume":
                state.halted, state.resumed_at = "", state.now
                self._conclusions.reassess(state, sorted(state.held), effects)
            case "set_mode":
                state.mode = item.mode
                self._conclusions.reassess(state, sorted(state.held), effects)
            case "approve" | "reject":
                answer(state, item, effects)
            case "mute" | "unmute":
                mute(state, item)
                self._conclusions.reassess(state, sorted(state.held), effects)
            case "merge" | "unmerge":
                concerned = merge(state, item) if item.verb == "merge" else unmerge(state, item)
                effects.issues.update({held.issue.id: held.issue for held in concerned})
                effects.merged = item
                self._conclusions.reassess(state, [(h.issue.kind, h.issue.key) for h in concerned], effects)
            case "release_rule":
                why = f"by {item.by}, {item.why}" if item.why else f"by {item.by}"
                release(self._conclusions, state, (item.target,), why, effects)
            case "resolve":
                for slot, held in sorted(state.held.items()):
                    if held.issue.id == item.target and held.issue.status is not IssueStatus.RESOLVED:
                        held.closed_by = item.by
                        self._conclusions.reassess(state, [slot], effects)

    # --- time ---------------------------------------------------------------------------------------------------

    def _next_timer(self, state: State) -> int | None:
        due, lapse = self.engine.next_due(state.engine), next_lapse(state) if state.held else None
        times = [t for t in (due, lapse) if t is not None]
        if state.maintenance or state.mutes:
            times += (end + AFTERMATH for end in state.maintenance.values())
            times += (m.until for m in state.mutes.values())
        if state.flapping or state.lingering or state.rechecks or state.easing:
            calm_at = state.flapping.calm_at
            times += [*([] if calm_at is None else [calm_at]), *state.lingering.values(), *state.rechecks.values()]
            times += state.easing.values()
        return min(times) if times else None

    def _fire_timers(self, state: State, effects: Effects, *, late_by: int) -> None:
        deadline = from_microseconds(state.now)
        fired = self._lapse(state, effects, state.now + late_by)
        over = end_suppressions(state)
        if over:
            fired += [
                TimerFired(what=what, name=name, key=key, deadline=deadline, late_by=late_by)
                for what, name, key in over
            ]
            self._conclusions.reassess(state, sorted(state.held), effects)
        for name, recovery in calm(state):
            fired.append(TimerFired(what="monitor", name=name, key=(), deadline=deadline, late_by=late_by))
            if recovery is not None:
                self._conclusions.infer(state, recovery, effects)
        stayed_away = end_lingering(state)
        fired += [
            TimerFired(what="issue", name=kind, key=key, deadline=deadline, late_by=late_by)
            for kind, key in stayed_away
        ]
        self._conclusions.reassess(state, stayed_away, effects)
        for slot in stayed_away:
            state.lingering.pop(slot, None)
        before = len(effects.changes)
        self.engine.pass_time(state.engine, state.now)
        self._conclusions.settle(state, effects)
        # After what time alone changes: an issue that has just ended, or become clear, is not looked at again.
        unclear = look_again(state)
        fired += [
            TimerFired(what="recheck", name=kind, key=key, deadline=deadline, late_by=late_by) for kind, key in unclear
        ]
        self._conclusions.reassess(state, unclear, effects)
        milder = ease(state)
        fired += [
            TimerFired(what="severity", name=kind, key=key, deadline=deadline, late_by=late_by) for kind, key in milder
        ]
        self._conclusions.reassess(state, milder, effects)
        self._conclusions.relate(state, effects)
        # A rule that moves twice at one time, as where it is retracted and holds anew, was due once.
        rules = dict.fromkeys((c.rule, c.key) for c in effects.changes[before:])
        fired += [
            TimerFired(what="rule", name=rule, key=key, deadline=deadline, late_by=late_by) for rule, key in rules
        ]
        effects.timers += fired

    def _lapse(self, state: State, effects: Effects, now: int) -> list[TimerFired]:
        return [
            TimerFired(
                what="approval",
                name=a.kind,
                key=(a.idempotency_key,),
                deadline=a.expires_at,
                late_by=now - to_microseconds(a.expires_at),
            )
            for a in lapse(state, effects)
            if a.expires_at is not None
        ]

    def _tidy(self, state: State) -> None:
        """Forget what nothing needs any more, at fixed times, so that extra ticks make no difference."""
        forget(state)
        forget_days(state)
        if state.merges:
            forget_merges(state)
        if state.above:
            forget_above(state)
        times = state.now // TIDY_EVERY
        if times > state.tidied:
            state.tidied = times
            forget_monitors(state, times * TIDY_EVERY)
            self.engine.forget(state.engine, times * TIDY_EVERY)

    def _emitted(self, state: State, item: Input, effects: Effects) -> tuple[tuple[str, Emitted], ...]:
        if state.partition == PLATFORM:
            told = tell(state, self.ruleset.kinds, self._conclusions.newest_decisions(state))
            return tuple(told)
        if not self._platform_reads:
            # It may have been told of issues under other rules.
            return tuple((PLATFORM, given) for given in effects.emitted if isinstance(given, ErasureRequested))
        decisions = effects.decisions
        if isinstance(item, CauseChanged):
            # That an issue follows from one of the platform, the platform knows; not that one was opened on its word.
            decisions = [d for d in decisions if (d.issue.kind, d.issue.key) in effects.opened]
        changed = [self._changed(state, d) for d in decisions]
        for one in changed:
            held = state.held.get((one.issue.kind, one.issue.key))
            if held is not None:
                # With what stands behind it, so that it can be taken back at the platform as well.
                told_before = [t for t in held.told if t[0] >= state.now - REACH]
                held.told = (*told_before, (state.now, issue_update(one).id, held.evidence))
        emitted: list[Emitted] = [*effects.emitted, *changed]
        return tuple((PLATFORM, given) for given in emitted)

    def _changed(self, state: State, decision: Decision) -> IssueChanged:
        held = state.held.get((decision.issue.kind, decision.issue.key))
        cause = decision.explanation.cause
        return IssueChanged(
            at=decision.at,
            issue=decision.issue,
            decision=decision.id,
            own_cause=cause is not None and cause.scope == "merchant",
            resting=any(g.holds and g.guard == "suppressed" for g in decision.explanation.guards),
            began=None if held is None else from_microseconds(onset(held)),
            platform=platform_of(state, decision.merchant),
        )
