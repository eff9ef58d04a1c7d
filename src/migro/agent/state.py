"""What a fold carries from one input to the next, for one partition."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import NamedTuple

import attrs

from ..decide import Spent, enough
from ..engine import EngineState, Key
from ..models import (
    Action,
    ActionStatus,
    Cause,
    Environment,
    Issue,
    Outcome,
    ResourceRef,
    RunMode,
    Severity,
    Signal,
)
from ..verify import Clock, Flapping, Monitor, Suppression, Version
from .texts import Texts

__all__ = [
    "PLATFORM",
    "UNATTRIBUTED",
    "Above",
    "Actions",
    "Alarm",
    "Arrivals",
    "Closed",
    "Cry",
    "Held",
    "Merge",
    "Report",
    "State",
    "Tried",
    "approvers",
    "remind_at",
]

PLATFORM = "platform"
"""The partition that folds what changed about issues of all merchants."""

UNATTRIBUTED = "unattributed"
"""The partition of signals that name no merchant."""


def remind_at(action: Action) -> datetime | None:
    """Return when people are reminded of an action that waits: when four fifths of its time are over."""
    return None if action.expires_at is None else action.at + (action.expires_at - action.at) * 4 // 5


def approvers(action: Action) -> tuple[str, ...]:
    """Return who has approved an action, as its note has it."""
    said = action.note.removeprefix("approved by ")
    return tuple(said.split(", ")) if said != action.note else ()


class Arrivals(NamedTuple):
    """
    What is known of a sender's webhooks.

    Attributes:
        minute: The last minute in which any came, in minutes since 1970.
        came: How many came in it.
        waiting: How many with nothing wrong are still to be told.
        at: When the newest of those came, in microseconds.
        last: Its id.
        env: The environment that all of those say.
    """

    minute: int
    came: int = 0
    waiting: int = 0
    at: int = 0
    last: str = ""
    env: Environment = "unknown"


class Actions(dict[str, Action]):
    """
    Actions by idempotency key; put them in one by one.

    They know when time alone next changes one of them, which is asked with every input and changes with few; and how
    often anything was put in.
    """

    def __init__(self, known: Mapping[str, Action] | None = None) -> None:
        super().__init__(known or {})
        self.changes = 0
        self._lapse: datetime | None = None
        self._looked = False

    def __setitem__(self, key: str, action: Action) -> None:
        super().__setitem__(key, action)
        self.changes += 1
        self._looked = False

    @property
    def lapse(self) -> datetime | None:
        """
        When time alone next changes one: None where it changes none.

        One that waits lapses, and people are reminded of it before; one that people have approved may no longer be
        started; or somebody is to look whether one has helped.
        """
        if not self._looked:
            waiting = [a for a in self.values() if a.status is ActionStatus.WAITING and a.expires_at is not None]
            reminded = {a.about for a in self.values() if a.about} if waiting else set[str]()
            times = [a.expires_at if a.idempotency_key in reminded else remind_at(a) for a in waiting]
            times += [a.expires_at for a in self.values() if a.status is ActionStatus.PLANNED]
            times += [a.verify_at for a in self.values()]
            self._lapse = min((at for at in times if at is not None), default=None)
            self._looked = True
        return self._lapse


@attrs.frozen
class Merge:
    """An issue that counts to another one: which, who says so, why and since when, in microseconds."""

    into: str
    by: str
    why: str
    at: int


@attrs.frozen
class Above:
    """
    An issue of the platform, as a merchant's partition was told of it.

    Attributes:
        kind: What it is.
        is_open: Whether it goes on.
        severity: How bad it is.
        began: When it was opened, in microseconds.
        shared: What the merchant has in common with the others that it concerns.
    """

    kind: str
    is_open: bool
    severity: Severity
    began: int
    shared: tuple[str, ...]


@attrs.frozen
class Closed:
    """A budget of all merchants that the platform says is spent: until when, what is allowed meanwhile, and why."""

    until: int
    beyond: Outcome
    words: str


@attrs.frozen
class Report:
    """
    An open issue of a merchant, as the platform was told of it.

    Attributes:
        partition, merchant: Whose.
        kind: What it is.
        platform: The commerce platform that the merchant is on; empty where nobody says.
        began: When it was opened, in microseconds.
        apart: Whether it has a cause of its own, or rests: then it is no consequence of anything at the platform.
        parties: Parties outside that its evidence names.
    """

    partition: str
    merchant: str
    kind: str
    platform: str
    began: int
    apart: bool
    parties: tuple[str, ...]


@attrs.frozen
class Alarm:
    """
    A critical alarm of which nothing has come yet.

    Attributes:
        since: When it was heard, or was last let wait longer, in microseconds.
        signal: What was heard.
        slots: The issues that it spoke for then, by (kind, key).
    """

    since: int
    signal: Signal
    slots: tuple[tuple[str, Key], ...] = ()


@attrs.frozen
class Cry:
    """
    Something that a monitor called serious and that nothing explained.

    Attributes:
        signal: The derived signal that says so, which rules read.
        alarm: Id of what the monitor said.
        counts: Whether rules read it now: they do until the monitor says that it is over.
    """

    signal: Signal
    alarm: str
    counts: bool


@attrs.frozen
class Tried:
    """What came of an action that was of no use: when in microseconds, what and to whom, and whether it was done."""

    at: int
    kind: str
    target: str
    done: bool


@attrs.define
class Held:
    """
    An issue that is open or has ended a short while ago.

    Attributes:
        issue: As last recorded.
        decisions: How many decisions it has had; numbers the next one.
        verdict: What the last decision rested on; a decision is made when it changes.
        actions: Every action so far, by idempotency key.
        allowed: Keys of the actions that policy lets run by themselves, as of the last assessment.
        closed_by: Who resolved it by hand; empty otherwise.
        answers: Who has approved an action, by idempotency key.
        evidence: Ids of the signals behind the last decision.
        bound: Ids of the signals that an action's binding is made of, by idempotency key.
        reached: Severities by what was known of late: until when in microseconds, 0 for the one that is in force, and
            the ids of the signals behind it.
        told: What the platform was told in the last hour: time in microseconds, id of the signal that platform rules
            read, and ids of the signals behind it.
        carried: Whether it was taken over from the records, and other rules opened it.
        asked: What policy was last asked about, where its answer changed nothing; no part of what is remembered.
        openings: When it was opened of late, in microseconds, and the ids of the signals behind that.
        surfaced: When it last became more than watched, in microseconds; 0 where it has not.
        ended_at: When it last ended, in microseconds; 0 where that is not known.
        attempts: How often it has been looked at again because it was unclear.
        things: What its signals name, such as ``route /cart``, with the ids of the newest of them.
        cause: What it is a consequence of, as far as that is known.
        lent: How many signals each issue that is merged into it brings, by its id.
        taken_up: Who looks after it; empty while nobody has said so.
        overdue: Of what the next role has been told: that nobody took it up, or that whoever did has not solved it.
        requesters: Whose words led to a decision about it since it began; none of them approves what it asks for.
    """

    issue: Issue
    decisions: int = 0
    verdict: tuple[object, ...] = ()
    actions: Actions = attrs.field(factory=Actions, converter=Actions)
    allowed: frozenset[str] = frozenset()
    closed_by: str = ""
    answers: dict[str, tuple[str, ...]] = attrs.Factory(dict)
    evidence: frozenset[str] = frozenset()
    bound: dict[str, frozenset[str]] = attrs.Factory(dict)
    reached: tuple[tuple[int, Severity, frozenset[str]], ...] = ()
    told: tuple[tuple[int, str, frozenset[str]], ...] = ()
    carried: bool = False
    asked: tuple[object, ...] = attrs.field(default=(), eq=False, repr=False)
    openings: tuple[tuple[int, frozenset[str]], ...] = ()
    surfaced: int = 0
    ended_at: int = 0
    attempts: int = 0
    things: dict[str, tuple[str, ...]] = attrs.Factory(dict)
    cause: Cause | None = None
    lent: dict[str, int] = attrs.Factory(dict)
    taken_up: str = ""
    overdue: str = ""
    requesters: tuple[str, ...] = ()

    @property
    def approved(self) -> frozenset[str]:
        """Keys of the actions that enough people have approved: two different ones where policy asks for two."""
        return frozenset(k for k, by in self.answers.items() if enough(self.actions[k].outcome, by))


@attrs.define(on_setattr=attrs.setters.NO_OP)
class State:
    """
    The fold's state; `Fold.advance` takes it over and changes it.

    Attributes:
        partition: A merchant, ``unattributed`` or ``platform``.
        seq: Sequence number of the last consumed input.
        now: The greatest time of receipt or tick so far, in microseconds.
        held: Issues by (kind, key).
        mode: What a person lowered the mode to; None while nobody has.
        configured_mode: The mode of the configuration that was last journaled.
        halted: Why automation is halted; empty when it is not.
        halted_at, resumed_at: When it was last halted and resumed here, in microseconds; a merchant that is halted
            because the platform is has a `halted_at` of 0, since their times cannot be compared.
        resumed_by, mode_by: Who last resumed it and set its mode; empty while nobody has.
        maintenance: When each maintenance window ends or ended, in microseconds, by its name; until its aftermath is
            over too.
        planned: When each announced window begins and ends, in microseconds, by its name and begin.
        windows: What signals said about maintenance in the last hour, and the older words that windows rest on: by
            signal id, when it came, until when the window is to last, in microseconds, its name, and when it begins or
            began; oldest first.
        mutes: What people want to rest, by who wants it and what.
        tidied: How many times the engine would have been tidied since 1970.
        config: Fingerprint of the rules, policy and mode that were last journaled.
        epochs: How many times the journal says that issues were taken over from the records.
        epoch: Which of these is in force, from 1; 0 for none yet, and negative for one the journal does not say yet.
        ruleset: Version of the rules that were last journaled.
        understood: Resources that a rule has read something about, least recent first: ids of the signals with their
            time in microseconds, oldest first; of those older than an hour only the newest.
        texts: Tickets of the last day by the id of their signal.
        clocks: What is known of the clocks of senders, by provider, kind of source, and how far they are proven.
        monitors, flapping: Monitors that have changed of late, by provider, type and id of the alert: those that are
            believed, and those whose recovery has to wait.
        rechecks: When an unclear issue is looked at again, in microseconds, by (kind, key).
        lingering: Until when an issue that keeps coming back is not called resolved, in microseconds, by (kind, key).
        overdue: When the next role is told of an issue, in microseconds, by (kind, key).
        frees: When a limit that holds an action of an issue back ends, in microseconds, by (kind, key).
        spent: What was executed within the longest budget, by idempotency key; at the platform, what merchants claimed.
        closed: Budgets of all merchants that are spent, as the platform said, by name.
        tried: What was of no use about an issue in the last day, by (kind, key), oldest first.
        easing: When the severity of an issue may fall, in microseconds, by (kind, key).
        quarantined: Rules that people have been told about, with the id of the signal that says so.
        versions: What webhooks of the last hour told of resources, by sender, type and id, least recent first: when in
            microseconds, by which signal, and the newest version.
        receivers: When a receiver last told of a sender's deliveries, in microseconds, least recent first.
        arrivals: What is known of each sender's webhooks, by sender, least recent first.
        named: What the newest signals that a rule read name: by the id of the signal, oldest first.
        days: On which of the last days each issue was opened, in days since 1970, by (kind, key).
        merges: Issues that people count to another one, by id.
        above: Issues of the platform that this merchant was told of, by id.
        reports: Open issues of merchants that the platform was told of, by id.
        told: What the platform has told merchants about its own issues: by issue and partition, what was last said.
        traits: What merchants have in common with others, such as the platform they are on, by merchant and name.
        alarms: Critical alarms of watchers that may yet be explained, by monitor or source, oldest first: the first is
            the one that waits, and another one only where it is withdrawn.
        cries: What monitors called serious in the last hour and nothing explained, by monitor and id of the signal that
            says so.
        forgets_at: Before when there is nothing old to forget, in microseconds; no part of what is remembered.
        wakes_at: Before when time alone changes nothing, in microseconds, and 0 where nobody has asked; no part of it
            either.
    """

    partition: str
    seq: int = 0
    now: int = 0
    engine: EngineState = attrs.Factory(EngineState)
    held: dict[tuple[str, Key], Held] = attrs.Factory(dict)
    mode: RunMode | None = None
    configured_mode: RunMode | None = None
    halted: str = ""
    halted_at: int = 0
    resumed_at: int = 0
    resumed_by: str = ""
    mode_by: str = ""
    maintenance: dict[str, int] = attrs.Factory(dict)
    planned: dict[tuple[str, int], tuple[int, int]] = attrs.Factory(dict)
    windows: dict[str, tuple[int, int, str, int]] = attrs.Factory(dict)
    mutes: dict[tuple[str, str], Suppression] = attrs.Factory(dict)
    tidied: int = 0
    config: str = ""
    epochs: int = 0
    epoch: int = 0
    ruleset: str = ""
    understood: dict[ResourceRef, dict[str, int]] = attrs.Factory(dict)
    texts: Texts = attrs.field(factory=Texts, converter=Texts)
    clocks: dict[tuple[str, str, str], Clock] = attrs.Factory(dict)
    monitors: dict[tuple[str, ...], Monitor] = attrs.Factory(dict)
    flapping: Flapping = attrs.field(factory=Flapping, converter=Flapping)
    lingering: dict[tuple[str, Key], int] = attrs.Factory(dict)
    rechecks: dict[tuple[str, Key], int] = attrs.Factory(dict)
    easing: dict[tuple[str, Key], int] = attrs.Factory(dict)
    overdue: dict[tuple[str, Key], int] = attrs.Factory(dict)
    frees: dict[tuple[str, Key], int] = attrs.Factory(dict)
    spent: dict[str, Spent] = attrs.Factory(dict)
    closed: dict[str, Closed] = attrs.Factory(dict)
    tried: dict[tuple[str, Key], tuple[Tried, ...]] = attrs.Factory(dict)
    quarantined: dict[str, str] = attrs.Factory(dict)
    versions: dict[tuple[str, str, str], tuple[int, str, Version]] = attrs.Factory(dict)
    receivers: dict[str, int] = attrs.Factory(dict)
    arrivals: dict[str, Arrivals] = attrs.Factory(dict)
    named: dict[str, tuple[str, ...]] = attrs.Factory(dict)
    days: dict[tuple[str, Key], tuple[int, ...]] = attrs.Factory(dict)
    merges: dict[str, Merge] = attrs.Factory(dict)
    above: dict[str, Above] = attrs.Factory(dict)
    reports: dict[str, Report] = attrs.Factory(dict)
    told: dict[str, dict[str, str]] = attrs.Factory(dict)
    traits: dict[str, dict[str, str]] = attrs.Factory(dict)
    alarms: dict[tuple[str, ...], tuple[Alarm, ...]] = attrs.Factory(dict)
    cries: dict[tuple[str, ...], dict[str, Cry]] = attrs.Factory(dict)
    forgets_at: int = attrs.field(default=0, eq=False, repr=False)
    wakes_at: int = attrs.field(default=0, eq=False, repr=False)

    def __attrs_post_init__(self) -> None:
        self.engine.issues = self.held
