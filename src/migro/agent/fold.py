"""
The fold: one input in, one step out. Pure: no clock, no I/O, no randomness.

Live, replay, test and cluster run this one function. `advance` takes over the state it is given; whoever needs the
state before the step keeps the journal, not a copy.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

import attrs

from ..decide import Policy, same_name
from ..engine import Change, NativeEngine
from ..engine.retention import FOR_EVER
from ..models import (
    Action,
    ActionDue,
    ActionFinished,
    ActionResult,
    ActionStarted,
    ActionStatus,
    CardShown,
    CauseChanged,
    ConfigChanged,
    Disposition,
    DispositionName,
    Erasure,
    ErasureRequested,
    Input,
    Issue,
    IssueChanged,
    IssueStatus,
    OpenIssue,
    Outcome,
    PersonActed,
    Signal,
    SignalReceived,
    SignalRelayed,
    SignalWithdrawn,
    StepRecord,
    Tick,
    from_microseconds,
    to_microseconds,
)
from ..models.canonical import EPOCH
from ..reason import CORE
from ..rules import RuleSet
from ..rules.ruleset import selections
from ..verify import (
    DeliverySeen,
    IssueAbove,
    StepAsked,
    clock_wrong,
    in_window,
    issue_above,
    issue_updates,
    maintenance,
    monitor_of,
    paid_in_test,
    repeats,
    serious,
    shop_reached,
    signature_failure,
    step_asked,
    unexplained,
    unread_window,
    verify,
)
from .arrivals import hear_receiver, seen
from .conclusions import Conclusions
from .effects import Effects
from .emitting import emitted
from .merging import carry_relations, lend
from .naming import hear_names, take_names
from .noticing import dated, silent, watch
from .outbox import check_due, move, of_action, stands
from .persons import act_on
from .quarantines import notice, release
from .recollection import understand
from .snapshots import renamed
from .spending import claim, close, spend, unspend
from .state import PLATFORM, UNATTRIBUTED, Held, State
from .systemic import (
    beyond_platform,
    hear_above,
    hear_platform,
    hear_report,
    hear_traits,
    in_trouble,
    read_above,
)
from .texts import same_text
from .timers import fire_timers, lapses, next_timer, tidy
from .unexplained import cry, fall_silent
from .unheeded import hear_alarm, why_calm
from .verifying import carry_tried, found, is_look, look_later, note_failure
from .windows import declare
from .withdrawals import take_back
from .wording import why_raised, why_recorded

__all__ = ["PLATFORM", "UNATTRIBUTED", "Fold", "Step", "partition_of", "partition_of_issue"]


def partition_of(signal: Signal) -> str:
    """Return the partition that a signal belongs to: its merchant's."""
    return f"merchant:{signal.merchant}" if signal.merchant is not None else UNATTRIBUTED


def partition_of_issue(issue: Issue) -> str:
    """Return the partition that holds an issue."""
    if issue.scope == "platform":
        return PLATFORM
    return f"merchant:{issue.merchant}" if issue.merchant is not None else UNATTRIBUTED


@attrs.frozen(kw_only=True, slots=False)
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


def _requesters(one: OpenIssue) -> tuple[str, ...]:
    """Return who has asked for anything about an issue that goes on under other rules."""
    if one.issue.status is IssueStatus.RESOLVED:
        return ()
    names = [name for action in one.actions for name in action.requester.split(", ") if name]
    return tuple({same_name(name): name for name in reversed(names)}.values())[::-1]


_EXECUTED = frozenset({ActionStatus.STARTED, ActionStatus.SIMULATED, ActionStatus.SUCCEEDED, ActionStatus.UNKNOWN})


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
        asked = tuple(fact for guard in self.policy.guards for _, fact in guard.reads)
        self.engine = NativeEngine(self.ruleset, asked)
        self._conclusions = Conclusions(self.ruleset, self.policy, self.engine)
        self._read_kinds = frozenset(s.signal.__signal_kind__ for r in self.ruleset for s in selections(r.when))
        self._reads_deliveries = DeliverySeen.__signal_kind__ in self._read_kinds
        self._reads_above = IssueAbove.__signal_kind__ in self._read_kinds
        self._platform_reads = "issue.changed" in self.ruleset.signals
        many = (k for k in self.ruleset.kinds.values() if k.systemic)
        self._asks_platform = self._platform_reads and any("platform" in kind.per for kind in many)
        self._read_above = read_above(self.ruleset) if self._platform_reads else frozenset[str]()
        self._asks_steps = StepAsked.__signal_kind__ in self._read_above

    def in_force(self, at: datetime) -> ConfigChanged:
        """Return what the journal has to say when these rules and this policy come into force."""
        return ConfigChanged(at=at, ruleset=self.ruleset.version, policy=self.policy.version, mode=self.policy.mode)

    def start(self, partition: str) -> State:
        """Return the state before the first input."""
        return State(partition=partition)

    def skip(self, state: State, seq: int) -> State:
        """Return the state after an input that failed: it counts as consumed, and automation is halted."""
        state.seq, state.wakes_at = seq, 0
        if not state.halted:
            state.halted = f"internal error at number {seq}"
            # The platform is halted before that is stored, and by its own time: a merchant goes on when it does.
            state.halted_at = state.now if state.partition == PLATFORM else 0
        return state

    def next_due(self, state: State) -> datetime | None:
        """Return when time alone next changes something; a tick at or after it makes it happen."""
        at = next_timer(self.engine, state)
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
        now = to_microseconds(item.at)
        if now < state.now:
            now = state.now
        takes_over = isinstance(item, ConfigChanged) and item.carried is not None and item.counts(seq)
        # What these rules would have made of the time before they came into force is not what happened.
        passing = Effects() if takes_over else effects
        while now >= state.wakes_at and (due := next_timer(self.engine, state)) is not None and due <= now:
            state.now = max(state.now, due)
            tidy(self.engine, self.policy, state)
            fire_timers(self._conclusions, state, passing, late_by=now - state.now)
            effects.begin()
        state.now = now
        # Before the input, so that a tick in between makes no difference to what an issue is remembered for.
        tidy(self.engine, self.policy, state)
        disposition = self._consume(state, seq, item, effects)
        notice(self._conclusions, state, effects)
        self._conclusions.relate(state, effects)
        state.seq = seq
        erasure = None
        if isinstance(item, ErasureRequested):
            erasure = Erasure(pseudonym=item.pseudonym, token=item.token)
            state = renamed(self.engine, state, item.pseudonym, item.token)
        due = next_timer(self.engine, state)
        state.wakes_at = FOR_EVER if due is None else due
        record = StepRecord(
            seq=seq,
            disposition=disposition,
            issues=tuple(effects.issues.values()),
            decisions=tuple(effects.decisions),
            actions=tuple(effects.actions.values()),
            emitted=emitted(self._conclusions, state, item, effects, heard=self._platform_reads),
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
                for update in issue_updates(item, wider=beyond_platform(state, item)):
                    self._conclusions.infer(state, update, effects)
            case SignalRelayed(signal=signal):
                hear_traits(state, signal)
                self._conclusions.infer(state, signal, effects)
            case CauseChanged():
                hear_above(state, item)
                self._conclusions.judge_kinds(state, item.issue.kind, effects)
                if self._reads_above:
                    self._conclusions.infer(state, issue_above(item, state.partition), effects)
            case Tick() | CardShown():
                pass  # time has passed above
            case ErasureRequested():
                if state.partition != PLATFORM:
                    effects.emitted.append(item)
            case ConfigChanged():
                if item.counts(seq):
                    self._configure(state, item, effects)
            case ActionDue(action=Action() as action):
                if not claim(self.policy, state, action):
                    spend(state, action)
            case ActionDue():
                self._check_due(state, item.key, item, effects)
            case ActionStarted(key=key, action=action):
                # Once more: whoever starts it may never have asked.
                self._check_due(state, key, None, effects)
                if not state.halted and stands(state, key) is ActionStatus.PLANNED:
                    move(state, key, ActionStatus.STARTED, "", effects)
                    spend(state, effects.actions[key])
                elif action is not None and stands(state, key) is None and not state.halted:
                    # Under the rules of that time it was there; these have made nothing of it.
                    spend(state, action)
            case ActionFinished(key=key, result=result):
                before = stands(state, key)
                # At the platform, and under rules that made nothing of it, only what was spent is known.
                if result.status == "failed" and before in (ActionStatus.STARTED, None):
                    unspend(state, key)
                if before is ActionStatus.STARTED:
                    move(state, key, ActionStatus(result.status), result.detail, effects)
                    self._finished(state, key, result, effects)
            case PersonActed():
                act_on(self._conclusions, state, item, effects)
        return None

    def _check_due(self, state: State, key: str, item: ActionDue | None, effects: Effects) -> None:
        held = of_action(state, key)
        if held is None or held.actions[key].status is not ActionStatus.PLANNED:
            return
        slot = [(held.issue.kind, held.issue.key)]
        people, tells = self.policy.people, self._conclusions.tells(state)
        if not state.halted:
            # What guards ask may have changed without a signal of the issue: by what the host says, or by time alone.
            held.asked = ()
            self._conclusions.reassess(state, slot, effects)
        action = held.actions[key]
        if action.status is not ActionStatus.PLANNED:
            held.verdict = ()
            self._conclusions.reassess(state, slot, effects)
            return
        found = self._conclusions.limits(state, held, action)
        # Whom people have allowed more than policy goes by what nobody may go beyond alone.
        hard = [limit for limit in found if key not in held.approved or limit.beyond is Outcome.RECORD]
        beyond = "; ".join(limit.words for limit in hard)
        if item is not None and item.refused:
            close(state, held, item)
            beyond = beyond or item.refused
        looks = self._conclusions.looks(state)
        if check_due(state, held, action, people, effects, beyond=beyond, tells=tells, looks=looks) and beyond:
            # Whoever may allow it all the same is asked; where nobody may, it is looked at when the limit ends.
            held.verdict = ()
            self._conclusions.reassess(state, slot, effects)

    def _finished(self, state: State, key: str, result: ActionResult, effects: Effects) -> None:
        held = of_action(state, key)
        if held is None:
            return
        action = held.actions[key]
        if is_look(action):
            people, tells = self.policy.people, self._conclusions.tells(state)
            of_no_use = found(state, held, action, result, people, effects, tells=tells)
        else:
            look_later(state, held, key, result, effects)
            of_no_use = result.status == "failed" and note_failure(state, held, action)
        if of_no_use:
            self._conclusions.reassess(state, [(held.issue.kind, held.issue.key)], effects)

    def _configure(self, state: State, item: ConfigChanged, effects: Effects) -> None:
        effects.configured = bool(state.config) and state.config != item.fingerprint
        state.configured_mode = item.mode
        if item.carried is not None:
            state.epochs += 1
            self.carry(state, item.carried, state.epochs)
            effects.timers += lapses(self._conclusions, state, effects, to_microseconds(item.at))
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
        state.epoch, state.wakes_at = epoch, 0
        state.lingering, state.rechecks, state.easing = {}, {}, {}
        state.overdue, state.frees = {}, {}
        ordered = sorted(carried, key=lambda one: (one.issue.kind, one.issue.key, one.issue.first_seen))
        state.held = {
            (one.issue.kind, one.issue.key): Held(
                one.issue,
                actions={a.idempotency_key: a for a in one.actions},
                closed_by=one.closed_by,
                reached=((state.now, one.issue.severity, frozenset()),),
                carried=True,
                cause=one.cause,
                requesters=_requesters(one),
            )
            for one in ordered
        }
        self.engine.take_over(state.engine, state.held)
        carry_relations(state, ordered)
        # From the records alone: whoever takes over knows no more than these, and all have to find the same.
        state.tried = {}
        for held in state.held.values():
            carry_tried(state, held)
        for one in ordered:
            for action in one.actions:
                # These rules may have made none of it; what was executed is spent all the same.
                if action.status in _EXECUTED and action.idempotency_key not in state.spent:
                    spend(state, action)

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
            if verdict.name == "suppressed" and (tested := paid_in_test(signal, state.now)) is not None:
                self._conclusions.infer(state, tested, effects)
            if signal.auth != "failed" and duplicate_of is not None:
                self._tell_delivery(state, seq, signal, effects, duplicate=True)
            return Disposition(signal=signal.id, name=verdict.name, reason=verdict.reason)
        signal, notes, behind = dated(state, signal)
        waits = watch(state, signal)
        if waits:
            return Disposition(signal=signal.id, name="suppressed", reason="; ".join([waits, *notes]))
        window = maintenance(signal, state.now)
        if window is not None:
            declare(state, signal.id, window)
            self._conclusions.reassess(state, sorted(state.held), effects)
        if unread := unread_window(signal):
            notes = [*notes, unread]
        if state.partition != PLATFORM and signal.kind in self._read_above:
            hear_traits(state, signal)
            effects.emitted.append(SignalRelayed.of(signal, from_microseconds(state.now)))
        if hear_platform(state, signal) and self._asks_platform and state.partition != PLATFORM:
            effects.emitted.append(SignalRelayed.of(shop_reached(signal), from_microseconds(state.now)))
        hear_names(state, signal, self.ruleset.hosts_about)
        hear_receiver(state, signal)
        grave = serious(signal)
        evidence, touched = self._conclusions.infer(state, signal, effects, alone=not (grave or behind))
        if not evidence.matched:
            state.named.pop(signal.id, None)
        raised = why_raised(state, evidence)
        if evidence.matched and signal.resource is not None:
            understand(state, signal.resource, signal.id)
        odd = grave and (evidence.unkeyed or not evidence.matched) and signal.resource not in state.understood
        if odd and (calm := why_calm(state, signal, unkeyed=bool(evidence.unkeyed))):
            notes = [*notes, calm]
        elif odd:
            found = unexplained(signal, state.now, unkeyed=bool(evidence.unkeyed))
            touched = (*touched, *cry(self._conclusions, state, signal, found, effects))
            if silent(state, monitor_of(signal)):
                notes = [*notes, "its monitor has said since then that it is over"]
            if in_window(state.maintenance, now=state.now, newest=state.now):
                hear_alarm(state, signal, touched)  # the window may last longer than what rules hear
        elif grave:
            hear_alarm(state, signal, touched)
        elif fall_silent(self._conclusions, state, monitor_of(signal), effects):
            notes = [*notes, "what its monitor called serious counts no more"]
        self._tell_delivery(state, seq, signal, effects, duplicate=False)
        self._tell_question(state, signal, effects)
        if behind:
            self._conclusions.infer(state, clock_wrong(signal, state.now, behind), effects)
        if not touched:
            why = why_recorded(signal, evidence, raised, self._read_kinds)
            reason = "; ".join([why, *notes]) if notes else why
            return Disposition(signal=signal.id, name="recorded", reason=reason)
        supported = [state.held[t].issue.id for t in touched if t in state.held]
        opened = [state.held[t].issue.id for t in touched if t in effects.opened]
        name: DispositionName = "opened" if opened else "merged" if supported else "recorded"
        for t in touched:
            if t in state.held:
                effects.named = take_names(state, state.held[t], (signal.id,)) or effects.named
            if t in state.held and t not in effects.opened:
                self._merge(state, state.held[t], effects)
        recorded = name == "recorded"
        words = [why_recorded(signal, evidence, raised, self._read_kinds)] if recorded else ["evidence", *raised]
        reason = "; ".join([*words, *notes])
        return Disposition(signal=signal.id, name=name, reason=reason, issues=tuple(sorted(set(opened or supported))))

    def _tell_delivery(self, state: State, seq: int, signal: Signal, effects: Effects, *, duplicate: bool) -> None:
        # It is evidence about deliveries alone, and none of what the delivery tells.
        for told in seen(state, signal, seq, duplicate=duplicate) if self._reads_deliveries else ():
            self._conclusions.infer(state, told, effects, alone=True)

    def _tell_question(self, state: State, signal: Signal, effects: Effects) -> None:
        found = step_asked(signal) if self._asks_steps and state.partition != PLATFORM else None
        if found is not None and not in_trouble(state):
            hear_traits(state, found)
            effects.emitted.append(SignalRelayed.of(found, from_microseconds(state.now)))

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
