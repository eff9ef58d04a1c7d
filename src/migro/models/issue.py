"""Issues: what is wrong, for whom, how sure and how bad."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BeforeValidator

from .explanation import Impact, many
from .records import ExactDecimal, Record, UtcTime
from .scales import Attention, Band, Category, IssueStatus, Scope, Severity

__all__ = ["Issue"]


def _status(value: Any) -> Any:
    return IssueStatus(value) if isinstance(value, str) else value


class Issue(Record):
    """
    The record of one issue; rules conclude about its kind and never subclass it.

    Attributes:
        id: Made from partition, kind, key and the time it was first seen.
        kind: The failure mode.
        key, key_names: What the issue is about, such as ``("m_42",)`` by ``("merchant",)``.
        confidence: Probability in two digits, rounded down, so that 0.80 is never shown below the bound.
        points: The score the confidence is made from, in hundredths of a ban.
        parent: Id of the issue this one is a consequence of.
        signals: Number of distinct signals that contributed so far, with those of issues that a person counts to it.
        fingerprint: What it is grouped by, with the version of grouping; it never changes.
    """

    id: str
    kind: str
    category: Category
    title: str
    merchant: str | None
    scope: Scope
    key: Annotated[tuple[str, ...], BeforeValidator(many)]
    key_names: Annotated[tuple[str, ...], BeforeValidator(many)]
    status: Annotated[IssueStatus, BeforeValidator(_status)]
    severity: Severity
    confidence: ExactDecimal
    points: int
    band: Band
    attention: Attention
    impact: Impact
    first_seen: UtcTime
    last_seen: UtcTime
    signals: int
    parent: str | None = None
    fingerprint: str = ""
