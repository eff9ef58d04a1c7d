"""What the platform hears of merchants' issues, as signals that rules read."""

from __future__ import annotations

from ..expressions import UNSET, Attr, Key, Maybe
from .signal import Signal

__all__ = ["IssueUpdate"]


class IssueUpdate(Signal, kind="issue.changed"):
    """An issue of one merchant changed: what platform rules read."""

    issue_kind: Key[str]
    category: Attr[str]
    issue_status: Attr[str]
    band: Attr[str]
    severity_rank: Attr[int]
    release: Maybe[str] = UNSET
