"""How well a scenario was understood, as values."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

import attrs

from ..models import Severity
from ..models.scales import Named
from ..simulate import ANY_PARENT, ExpectedAction, ExpectedIssue
from .ratios import Ratio
from .survivals import Survival

__all__ = ["CheckedAction", "FalseAlarm", "Finding", "Messages", "Reason", "ScenarioScore"]

Reason = Literal["forbidden", "nothing", "early"]
"""Why an alarm is false."""


@attrs.frozen(kw_only=True)
class Finding:
    """
    What became of one expected issue.

    Attributes:
        seconds: From its onset to the moment it stood in front of a person; None where it never did.
        severity: The gravest it was said to be.
        parents: Failure modes of the issues that it was said to come of.
        cases: How often it was opened.
        due: How often it had to be; None where that does not matter.
        why: For a miss, what there was and what it lacked.
    """

    expected: ExpectedIssue
    seconds: int | None = None
    severity: Severity | None = None
    parents: tuple[str, ...] = ()
    cases: int = 0
    due: int | None = None
    why: tuple[str, ...] = ()

    @property
    def found(self) -> bool:
        return self.seconds is not None

    @property
    def in_time(self) -> bool | None:
        """Whether it was found within its limit; None where it has none."""
        if self.expected.within is None:
            return None
        return self.seconds is not None and self.seconds <= self.expected.within

    @property
    def bands_off(self) -> int | None:
        """How many steps the severity is outside of what is right; None where nothing is said of it."""
        e = self.expected
        if self.severity is None or (e.mildest, e.gravest) == (min(Severity), max(Severity)):
            return None
        return max(e.mildest - self.severity, self.severity - e.gravest, 0)

    @property
    def parent_right(self) -> bool | None:
        """Whether the right issue was named as its cause; None where none is and none was, or it does not matter."""
        wanted = self.expected.parent
        if not self.found or wanted == ANY_PARENT or (wanted is None and not self.parents):
            return None
        return wanted in self.parents

    @property
    def cases_right(self) -> bool | None:
        """Whether it was opened as often as it had to be; None where that does not matter."""
        return None if not self.found or self.due is None else self.cases == self.due


@attrs.frozen(kw_only=True)
class FalseAlarm:
    """
    What stood in front of a person without being true.

    Attributes:
        reason: It is `forbidden`, the truth knows `nothing` of it, or it is true later and came too `early`.
        cases: How often it was opened.
        opened: When it first was.
        paged: Whether it asked somebody to look at once.
        because, rules: Of the decision that opened it.
    """

    kind: str
    merchant: str | None
    reason: Reason
    cases: int
    opened: datetime
    severity: Severity
    paged: bool
    because: str
    rules: tuple[str, ...]


@attrs.frozen(kw_only=True)
class CheckedAction:
    """An action that had to be proposed, and whether it was."""

    expected: ExpectedAction
    proposed: bool


@attrs.frozen(kw_only=True)
class Messages:
    """
    What people were told about one failure mode of one merchant.

    Attributes:
        notifications: How often operators were told.
        pages: How many cases asked somebody to look at once.
        drafts: How many replies were written for a person to send.
    """

    kind: str
    merchant: str | None
    notifications: int
    pages: int
    drafts: int


@attrs.frozen(kw_only=True)
class ScenarioScore:
    """
    How well one scenario was understood.

    Attributes:
        place: Where it was read; empty for one that was made on the spot.
        merchants: How many took part.
        seconds: How long it lasts.
        findings: What became of each expected issue, by onset.
        right: Pairs of merchant and failure mode that were raised and are true.
        alarms: Those that were raised and are not.
        executed: Forbidden verbs that were executed.
        max_messages: How many notifications there may be; None where that does not matter.
        signals, failed, unreadable: Signals that came in, those that broke their step, lines that were no envelope.
    """

    scenario: str
    seed: int
    place: str = ""
    merchants: int = 0
    seconds: int = 0
    findings: tuple[Finding, ...] = ()
    right: int = 0
    alarms: tuple[FalseAlarm, ...] = ()
    actions: tuple[CheckedAction, ...] = ()
    messages: tuple[Messages, ...] = ()
    max_messages: int | None = None
    executed: tuple[str, ...] = ()
    survivals: tuple[Survival, ...] = ()
    signals: int = 0
    failed: int = 0
    unreadable: int = 0

    @property
    def ratios(self) -> dict[str, Ratio]:
        """Return everything that is counted as so many of so many, by name."""
        found = [f for f in self.findings if f.found]
        off = [f.bands_off for f in found if f.bands_off is not None]
        told = sum(m.notifications for m in self.messages)
        return {
            "recall": Ratio(len(found), len(self.findings)),
            "in_time": Ratio.of(f.in_time for f in self.findings),
            "precision": Ratio(self.right, self.right + len(self.alarms)),
            "severity": Ratio.of(steps <= 1 for steps in off),
            "severity_exact": Ratio.of(steps == 0 for steps in off),
            "one_case": Ratio.of(f.cases_right for f in self.findings),
            "parents": Ratio.of(f.parent_right for f in self.findings),
            "actions": Ratio.of(a.proposed for a in self.actions),
            "message_limit": Ratio.of([] if self.max_messages is None else [told <= self.max_messages]),
        }

    @property
    def counts(self) -> dict[str, int]:
        """Return everything that should be as few as possible, and how much there was, by name."""
        return {
            "false_pages": sum(a.paged for a in self.alarms),
            "forbidden_verbs": len(self.executed),
            "survivals": len(self.survivals),
            "failed": self.failed,
            "unreadable": self.unreadable,
            "notifications": sum(m.notifications for m in self.messages),
            "pages": sum(m.pages for m in self.messages),
            "drafts": sum(m.drafts for m in self.messages),
            "signals": self.signals,
            "merchant_seconds": self.merchants * self.seconds,
        }

    def document(self) -> dict[str, Any]:
        """Return the JSON form."""
        beside = {
            "findings": [
                {
                    **_data(f),
                    "found": f.found,
                    "in_time": f.in_time,
                    "bands_off": f.bands_off,
                    "parent_right": f.parent_right,
                    "cases_right": f.cases_right,
                }
                for f in self.findings
            ],
            "actions": [{**_data(a.expected), "proposed": a.proposed} for a in self.actions],
            "ratios": {name: ratio.document() for name, ratio in self.ratios.items()},
            "counts": self.counts,
        }
        return {**_data(self), **beside}


def _data(value: Any) -> dict[str, Any]:
    return attrs.asdict(value, value_serializer=_word)


def _word(owner: Any, field: Any, value: Any) -> Any:
    if isinstance(value, Named):
        return value.word
    return value.isoformat().replace("+00:00", "Z") if isinstance(value, datetime) else value
