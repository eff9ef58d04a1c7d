"""What migro itself has to say, as signals that rules read: on issues of merchants, and on clocks of senders."""

from __future__ import annotations

from ..expressions import UNSET, Attr, Key, Maybe, MaybeKey, preset
from .signal import Signal

__all__ = ["ClockWrong", "IssueUpdate"]


class ClockWrong(Signal, kind="migro.clock_wrong"):
    """
    The clock of a sender is wrong, steadily, and what it says is moved in time by as much.

    Attributes:
        clock_source: Whose clock it is: provider and kind of source.
        behind_s: How far it is behind, in seconds; negative for ahead.
    """

    clock_source: Key[str]
    behind_s: Attr[int]


class IssueUpdate(Signal, kind="issue.changed"):
    """
    An issue of one merchant changed: what platform rules read.

    Attributes:
        own_cause: Whether it follows from something at the merchant itself.
        resting: Whether a declared maintenance or a mute covers it.
        platform: The commerce platform that the merchant is on, as the host says, or else the deliveries.
    """

    issue_kind: Key[str]
    category: Attr[str]
    issue_status: Attr[str]
    band: Attr[str]
    severity_rank: Attr[int]
    own_cause: Attr[bool] = preset(default=False)
    resting: Attr[bool] = preset(default=False)
    platform: MaybeKey[str] = UNSET
    release: Maybe[str] = UNSET
