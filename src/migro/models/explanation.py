"""The explanation: the bookkeeping of one decision, as data and as text."""

from __future__ import annotations

import html
from typing import Annotated, Literal

from pydantic import BeforeValidator

from .records import ExactDecimal, Record, UtcTime
from .rendering import explanation_text
from .scales import Attention, Auth, Band, Outcome, Risk, RunMode, Scope, Severity

__all__ = [
    "ActionTrace",
    "Adjustment",
    "Affected",
    "Assumption",
    "Cause",
    "Contribution",
    "Estimate",
    "Explanation",
    "GuardTrace",
    "Impact",
    "LossSoFar",
    "Merged",
    "MoneyRange",
    "NearMiss",
    "PremiseTrace",
    "SignalRef",
    "Unjudged",
    "Withdrawal",
    "many",
]

Effect = Literal["supports", "refutes", "vetoes"]


def many(value: object) -> object:
    """Let strict models read a JSON list where they keep a tuple."""
    return tuple(value) if isinstance(value, list) else value


class SignalRef(Record):
    """A signal behind a decision: enough to find it, nothing of what it said."""

    id: str
    kind: str
    at: UtcTime
    source_kind: str
    auth: Auth


class PremiseTrace(Record):
    """
    What one premise needed and what it found.

    Attributes:
        text: The premise in words.
        satisfied: Whether it held.
        needed: The bound, in words.
        found: The measured value, in words.
        since, until: The window that was looked at, both ends included.
        total: Number of signals that contribute.
        signals: The newest of them, at most `SIGNALS_SHOWN`.
        digest: SHA-256 of all their ids, sorted, so that those not shown are pinned too.
        hits, size: Numerator and denominator of a share, for the impact estimate.
        parts: The parts of a compound premise.
    """

    text: str
    satisfied: bool
    needed: str = ""
    found: str = ""
    since: UtcTime | None = None
    until: UtcTime | None = None
    total: int = 0
    signals: Annotated[tuple[SignalRef, ...], BeforeValidator(many)] = ()
    digest: str = ""
    hits: int | None = None
    size: int | None = None
    parts: Annotated[tuple[PremiseTrace, ...], BeforeValidator(many)] = ()


class Contribution(Record):
    """
    What one fired rule brings.

    Attributes:
        points: Points the rule declares, or one class lower on a fallback baseline; negative for `refutes`, 0 for
            `vetoes`.
        trusted: The same after the cap for how far its senders were proven.
        counted: What entered the sum; 0 when it did not count.
        note: Why `counted` differs from `points`; empty when it does not.
    """

    rule: str
    rule_version: str
    effect: Effect
    family: str
    points: int
    trusted: int
    counted: int
    note: str = ""
    why: str = ""
    premise: PremiseTrace


class Adjustment(Record):
    """A cap that lowered the sum: its name, the bound, and the sum before and after."""

    name: str
    cap: int
    before: int
    after: int
    why: str


class NearMiss(Record):
    """A rule about this issue that did not fire, and how far off it was."""

    rule: str
    would_add: int
    needed: str
    found: str


class Assumption(Record):
    """An input of the impact estimate and where it is from: `measured`, a `fact` of the host, or `assumed`."""

    name: str
    value: str
    source: Literal["measured", "fact", "assumed"]


class Estimate(Record):
    """
    An amount of money and the factors that it is the product of.

    Attributes:
        method: Which formula, such as ``R_step``, or the name of what is at stake.
        per: Whether it is lost each ``minute``, each ``day``, or ``once``.
        currency: ISO 4217 code.
        amount: In minor units, as an exact number or ratio such as ``12852`` or ``1/3``.
        factors: What it is the product of, exact, each with its source.
    """

    method: str
    per: Literal["minute", "day", "once"]
    currency: str
    amount: str
    factors: Annotated[tuple[Assumption, ...], BeforeValidator(many)]


class MoneyRange(Record):
    """Money between two bounds, in minor units of one currency."""

    currency: str
    low: int
    high: int


class LossSoFar(Record):
    """
    What an issue has cost since it began: the rates that were in force, each for as long as it was.

    Attributes:
        low, high: In minor units of `currency`, all in all.
        low_before, high_before: Of that, until the last time it was measured.
        low_rate, high_rate: What was lost each minute since then.
        minutes: How long that is, as an exact ratio.
    """

    currency: str
    low: int
    high: int
    low_before: int = 0
    high_before: int = 0
    low_rate: int = 0
    high_rate: int = 0
    minutes: str = "0"


class Affected(Record):
    """
    How many people are affected, by role.

    Attributes:
        low, high: Between how many and how many.
        method: How they are counted, in words.
    """

    role: str
    low: int
    high: int
    method: str


class Impact(Record):
    """
    What the issue costs, as far as is known. Currencies stand side by side; nothing is converted or added up.

    Attributes:
        share_lost: Lost share of the affected step, as an exact ratio such as ``7/20``; None when unknown.
        revenue_low, revenue_high: Revenue at risk per minute, in minor units of `currency`; None when unknown.
        currency: ISO 4217 code.
        method: Which methods gave it, in words.
        assumptions: Every input with its source.
        revenue: The one figure that severity reads, per minute: what was observed, else the estimate within the cap.
        usual_revenue: What the shop usually takes per minute, as an exact ratio; None when unknown.
        estimates: Every method that its inputs allow; the range is that of their amounts.
        also: Revenue at risk per minute in other currencies.
        exposures: What is at stake beside it, once or each day.
        customers: Who is affected.
        measured_at: When.
        losses: What has been lost since the issue began, by currency.
        projected: What may still be lost, by currency.
        lasts: For how many more minutes that is reckoned.
    """

    share_lost: str | None = None
    revenue_low: int | None = None
    revenue_high: int | None = None
    currency: str | None = None
    method: str = ""
    assumptions: Annotated[tuple[Assumption, ...], BeforeValidator(many)] = ()
    revenue: int | None = None
    usual_revenue: str | None = None
    estimates: Annotated[tuple[Estimate, ...], BeforeValidator(many)] = ()
    also: Annotated[tuple[MoneyRange, ...], BeforeValidator(many)] = ()
    exposures: Annotated[tuple[Estimate, ...], BeforeValidator(many)] = ()
    customers: Annotated[tuple[Affected, ...], BeforeValidator(many)] = ()
    measured_at: UtcTime | None = None
    losses: Annotated[tuple[LossSoFar, ...], BeforeValidator(many)] = ()
    projected: Annotated[tuple[MoneyRange, ...], BeforeValidator(many)] = ()
    lasts: int = 0

    @property
    def rates(self) -> tuple[MoneyRange, ...]:
        """Revenue at risk per minute in every currency that it is known in."""
        if self.revenue_low is None or self.revenue_high is None or self.currency is None:
            return self.also
        return (MoneyRange(currency=self.currency, low=self.revenue_low, high=self.revenue_high), *self.also)


class GuardTrace(Record):
    """A guard, whether it holds, what it caps outcomes at, from which risk on, and why."""

    guard: str
    holds: bool
    cap: Outcome
    from_risk: Risk
    detail: str


class ActionTrace(Record):
    """How one action got its outcome: table cell, mode, guards, minimum."""

    kind: str
    risk: Risk
    target: str
    cell: str
    base: Outcome
    mode_cap: Outcome
    guards: Annotated[tuple[str, ...], BeforeValidator(many)]
    outcome: Outcome


class Cause(Record):
    """
    The open issue that an issue is a consequence of, and how that is known.

    Attributes:
        issue, kind: What causes it.
        scope: Whether the cause lies with the merchant itself or with the platform that many merchants are on.
        shared: What the evidence of both names, in words such as ``route /cart``; equal sides are named once.
        began, cause_began: When both were found.
        lag_s: How many seconds after its cause a consequence of this kind of cause may be found.
        told: Why the issue is told under its cause and pages nobody by itself; empty where it does page.
    """

    issue: str
    kind: str
    scope: Scope
    shared: Annotated[tuple[str, ...], BeforeValidator(many)]
    began: UtcTime
    cause_began: UtcTime
    lag_s: int
    told: str = ""


class Merged(Record):
    """
    Another issue that a person counts to this one, or this one to another.

    Attributes:
        issue, kind: The other one.
        into: Whether this one counts to the other.
        by, why: Who merged them, and why.
        at: When.
        signals: How many signals the merged issue brings.
    """

    issue: str
    kind: str
    into: bool
    by: str
    why: str
    at: UtcTime
    signals: int


class Withdrawal(Record):
    """
    A signal that was taken back, and what had come of it.

    Attributes:
        signal: Its id.
        by, reason: Who took it back, and why.
        at: The fold's time when it was taken back.
        actions: Actions of the issue that had begun on it, with their status; what has happened is not undone.
    """

    signal: str
    by: str
    reason: str
    at: UtcTime
    actions: Annotated[tuple[str, ...], BeforeValidator(many)] = ()


class Unjudged(Record):
    """A rule that nothing is heard of: since when, and why it is left out."""

    rule: str
    since: UtcTime
    because: str


class Explanation(Record):
    """
    Why a decision is what it is; `migro.decide.recompute` derives the decision from it again.

    Attributes:
        prior: Points before any evidence.
        contributions: Every rule that fired about the issue, counted or not.
        adjustments: Caps on the sum, in order.
        score: ``prior + sum(counted)``, after adjustments, within [-300, 300].
        severity_because: Which bound gave the severity.
        near_misses: At most five rules that nearly fired.
        withdrawals: Signals whose withdrawal led to this decision.
        unjudged: Rules that are left out, because a predicate of theirs kept raising.
        cause: The issue that this one is a consequence of; None where none is known.
        children: Ids of the open issues of merchants that are consequences of this one, for issues of the platform.
        merged: Issues that a person counts to this one, or the one that this counts to.
        recurring: On how many days of the last fourteen it was opened, where these are three or more.
        changed: Why a decision was made now.
    """

    format: Literal[1] = 1
    issue: str
    issue_kind: str
    title: str
    category: str
    key: Annotated[tuple[str, ...], BeforeValidator(many)]
    key_names: Annotated[tuple[str, ...], BeforeValidator(many)]
    as_of: UtcTime
    ruleset: str
    policy: str
    engine: str
    changed: str
    prior: int
    contributions: Annotated[tuple[Contribution, ...], BeforeValidator(many)]
    adjustments: Annotated[tuple[Adjustment, ...], BeforeValidator(many)]
    score: int
    confidence: ExactDecimal
    band: Band
    severity: Severity
    severity_because: str
    impact: Impact
    attention: Attention
    mode: RunMode
    guards: Annotated[tuple[GuardTrace, ...], BeforeValidator(many)]
    actions: Annotated[tuple[ActionTrace, ...], BeforeValidator(many)]
    outcome: Outcome
    near_misses: Annotated[tuple[NearMiss, ...], BeforeValidator(many)] = ()
    human_only: Annotated[tuple[str, ...], BeforeValidator(many)] = ()
    withdrawals: Annotated[tuple[Withdrawal, ...], BeforeValidator(many)] = ()
    unjudged: Annotated[tuple[Unjudged, ...], BeforeValidator(many)] = ()
    cause: Cause | None = None
    children: Annotated[tuple[str, ...], BeforeValidator(many)] = ()
    merged: Annotated[tuple[Merged, ...], BeforeValidator(many)] = ()
    recurring: int = 0

    def text(self) -> str:
        """Return the explanation as an operator reads it."""
        return explanation_text(self)

    def __str__(self) -> str:
        return self.text()

    def _repr_html_(self) -> str:
        return f"<pre>{html.escape(self.text())}</pre>"
