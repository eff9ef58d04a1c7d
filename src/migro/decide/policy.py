"""
The policy: a minimum over a table, a mode and guards, so that nothing downstream can loosen it.

``outcome = min(TABLE[band, severity][risk], mode, every guard that holds)``
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import timedelta
from functools import cached_property
from typing import Literal

import attrs

from ..errors import ConfigurationError
from ..expressions import microseconds
from ..models import Attention, Band, Outcome, Risk, RunMode, Severity, digest
from .budgets import BUDGETS, Budget, QuietHours
from .guards import Guard
from .people import People

__all__ = [
    "GUARDS",
    "OF_ACTIONS",
    "PAGED",
    "TABLE",
    "GuardName",
    "Policy",
    "attention_of",
    "cell_name",
    "decide",
    "guard_cap",
    "mode_cap",
]

_F, _R, _E, _A2, _A1, _AUTO = Outcome

TABLE: dict[tuple[Band, bool], tuple[Outcome, ...]] = {
    # band, high severity:      R0     R1     R2   R3   R4
    (Band.LOW, False): (_R, _R, _R, _R, _F),
    (Band.LOW, True): (_R, _R, _R, _R, _F),
    (Band.MID, False): (_AUTO, _A1, _A1, _A2, _F),
    (Band.MID, True): (_AUTO, _A1, _A1, _A2, _F),
    (Band.HIGH, False): (_AUTO, _AUTO, _A1, _A2, _F),
    (Band.HIGH, True): (_AUTO, _A1, _A1, _A2, _F),
}
"""What confidence, severity and risk allow; SEV1 and SEV2 are the high severities."""

GuardName = Literal[
    "unhealthy",
    "suppressed",
    "consequence",
    "veto",
    "not_allowed",
    "unknown_kind",
    "stale_evidence",
    "systemic",
    "single_family",
    "environment",
    "missing_input",
    "budget_spent",
    "budget_closed",
    "did_not_help",
]

OF_ACTIONS: frozenset[GuardName] = frozenset(
    {"not_allowed", "missing_input", "budget_spent", "budget_closed", "did_not_help"}
)
"""Guards that hold for some of an issue's actions and not for others."""


GUARDS: dict[GuardName, tuple[Outcome, Risk, str]] = {
    "unhealthy": (_R, Risk.R0, "automation is halted"),
    "suppressed": (_R, Risk.R0, "a declared maintenance window or a mute covers it"),
    "consequence": (_R, Risk.R0, "it is told under an open issue that is at least as bad"),
    "veto": (_E, Risk.R1, "something explains everything"),
    "not_allowed": (_A1, Risk.R0, "the action is not on the allow-list"),
    "unknown_kind": (_E, Risk.R1, "what is unknown goes to a person"),
    "stale_evidence": (_E, Risk.R1, "the newest evidence is old"),
    "systemic": (_A2, Risk.R1, "it concerns many merchants"),
    "single_family": (_A1, Risk.R1, "fewer than two families with disjoint signals"),
    "environment": (_A1, Risk.R1, "not every signal is known to be from production"),
    "missing_input": (_E, Risk.R1, "something that has to be known is not"),
    "budget_spent": (_A1, Risk.R1, "more than may be done by itself for now"),
    "budget_closed": (_R, Risk.R1, "more than may be done at all for now"),
    "did_not_help": (_E, Risk.R1, "it was done and did not help, or has failed twice"),
}
"""Each guard's cap, the lowest risk it applies to, and what it means. Guards commute: all of them only lower."""


PAGED = "on_call"
"""The target that is woken up; who is told of a cause is not woken up again for what follows from it."""

_ALLOWED = re.compile(r"([^\s@]+)(?: -> ([^\s@]+))?(?: @ ([a-z]+))?")

_HARMLESS = frozenset({"notify", "recheck", "report", "update_dashboard"})


def _mode(value: RunMode | str) -> RunMode:
    if isinstance(value, RunMode):
        return value
    try:
        return RunMode.named(value)
    except ValueError as e:
        raise ConfigurationError(f"Policy.mode: {e}") from e


def _kinds(value: Iterable[str]) -> frozenset[str]:
    if isinstance(value, str) or not all(isinstance(kind, str) for kind in value):
        raise ConfigurationError(f"Policy.allow: expected several kinds of action such as {{'notify'}}, got {value!r}")
    for entry in value:
        found = _ALLOWED.fullmatch(entry)
        if found is None or found[3] not in (None, *(mode.word for mode in RunMode)):
            raise ConfigurationError(
                f"Policy.allow: expected KIND, KIND -> TARGET, or either with @ MODE behind it, got {entry!r}"
            )
    return frozenset(value)


def _one(value: Iterable[Budget]) -> tuple[Budget, ...]:
    budgets = tuple(value)
    names = [b.name for b in budgets]
    if len(set(names)) < len(names):
        raise ConfigurationError(f"Policy.budgets: expected each name once, got {', '.join(sorted(names))}")
    return budgets


def _all(value: Iterable[QuietHours]) -> tuple[QuietHours, ...]:
    return tuple(value)


def _guards(value: Iterable[Guard]) -> tuple[Guard, ...]:
    guards = tuple(value)
    if odd := [g for g in guards if not isinstance(g, Guard)]:
        raise ConfigurationError(f"Policy.guards: expected guards, got {odd!r}")
    names = [g.name for g in guards]
    if len(set(names)) < len(names):
        raise ConfigurationError(f"Policy.guards: expected each name once, got {', '.join(sorted(names))}")
    return guards


def _positive(_: object, field: attrs.Attribute[timedelta], value: timedelta) -> None:
    if not isinstance(value, timedelta) or value <= timedelta(0):
        raise ConfigurationError(f"Policy.{field.name}: expected a span above 0, got {value!r}")


@attrs.frozen(kw_only=True)
class Policy:
    """
    What a host sets; everything has a safe default.

    Attributes:
        mode: How far automation may go at all.
        allow: What may run by itself: a kind of action, ``refresh_cache -> storefront`` for one target alone, and with
            ``@ auto`` behind either in that mode alone. The default only tells operators, and looks again.
        budgets: How much may be done by itself in a while.
        quiet: Hours at which only operators are told.
        approval_lasts: How long an action waits for a person; then silence is no.
        execution_lasts: How long after people have approved an action it may still be started.
        stale_after: How old the newest evidence may be for anything beyond telling operators.
        people: Who may answer, and who is told next where nobody does.
        guards: Reasons for caution that the host adds.
        configuration: Hash of the host's configuration file, so that it stands in every decision.

    Raises:
        ConfigurationError: For a value of another kind; a mode may be given by its word, such as ``"shadow"``.
    """

    mode: RunMode = attrs.field(default=RunMode.AUTO, converter=_mode)
    allow: frozenset[str] = attrs.field(default=_HARMLESS, converter=_kinds)
    approval_lasts: timedelta = attrs.field(default=timedelta(hours=4), validator=_positive)
    execution_lasts: timedelta = attrs.field(default=timedelta(minutes=15), validator=_positive)
    stale_after: timedelta = attrs.field(default=timedelta(minutes=30), validator=_positive)
    budgets: tuple[Budget, ...] = attrs.field(default=BUDGETS, converter=_one)
    quiet: tuple[QuietHours, ...] = attrs.field(default=(), converter=_all)
    people: People = attrs.field(factory=People)
    guards: tuple[Guard, ...] = attrs.field(default=(), converter=_guards)
    configuration: str = ""

    @cached_property
    def version(self) -> str:
        """SHA-256 of everything that decides: this value, the table and the guards."""
        return digest(
            [
                "migro-policy/3",
                self.mode,
                self.allow,
                microseconds(self.approval_lasts),
                microseconds(self.execution_lasts),
                microseconds(self.stale_after),
                [budget.document() for budget in self.budgets],
                [hours.document() for hours in self.quiet],
                self.people.document(),
                [guard.document() for guard in self.guards],
                self.configuration,
                [[b, h, list(row)] for (b, h), row in sorted(TABLE.items())],
                {n: [cap, risk] for n, (cap, risk, _) in GUARDS.items()},
            ]
        )

    def allows(self, kind: str, target: str, mode: RunMode) -> bool:
        """Whether an action of a kind and target may run by itself in a mode."""
        return not self.allow.isdisjoint(
            (kind, f"{kind} -> {target}", f"{kind} @ {mode.word}", f"{kind} -> {target} @ {mode.word}")
        )

    @property
    def kinds(self) -> frozenset[str]:
        """Kinds of action that may run by themselves, at least somewhere."""
        return frozenset(entry.split(" ")[0] for entry in self.allow)


def mode_cap(mode: RunMode, risk: Risk) -> Outcome:
    """Return what a mode allows: OFF and SHADOW only record; ASSIST tells operators and asks for everything else."""
    match mode:
        case RunMode.OFF | RunMode.SHADOW:
            return Outcome.RECORD
        case RunMode.ASSIST:
            return Outcome.AUTO if risk is Risk.R0 else Outcome.APPROVE1
        case RunMode.AUTO:
            return Outcome.AUTO


def guard_cap(guard: GuardName, risk: Risk) -> Outcome:
    """Return what a guard that holds allows for a risk."""
    cap, from_risk, _ = GUARDS[guard]
    return cap if risk >= from_risk else Outcome.AUTO


def decide(
    band: Band,
    severity: Severity,
    risk: Risk,
    mode: RunMode,
    guards: Iterable[GuardName] = (),
    added: Iterable[Guard] = (),
) -> Outcome:
    """Return what may happen: the strictest of table, mode, guards, and the guards that a host adds."""
    caps = [guard_cap(g, risk) for g in guards]
    caps += [g.cap for g in added if risk >= g.from_risk]
    return min(TABLE[band, severity.high][risk], mode_cap(mode, risk), *caps)


def cell_name(band: Band, severity: Severity, risk: Risk) -> str:
    """Return the table cell in words, such as ``HIGH x SEV2 x R1``."""
    return f"{band.word} x {severity.word} x {risk.word}"


def attention_of(band: Band, severity: Severity, guards: Iterable[str] = ()) -> Attention:
    """Return what is asked of people. Urgency pages people; it never buys autonomy. Suppressed issues ask nothing."""
    if band is Band.LOW or "suppressed" in guards:
        return Attention.NONE
    return Attention.PAGE if severity.high and "consequence" not in guards else Attention.REVIEW
