"""What migro itself has to say, as signals that rules read: on issues, on clocks of senders, and on deliveries."""

from __future__ import annotations

from ..expressions import UNSET, Attr, Key, Maybe, MaybeKey, preset
from .signal import Signal

__all__ = ["ClockWrong", "DeliverySeen", "IssueAbove", "IssueUpdate", "StepAsked"]


class ClockWrong(Signal, kind="migro.clock_wrong"):
    """
    The clock of a sender is wrong, steadily, and what it says is moved in time by as much.

    Attributes:
        clock_source: Whose clock it is: provider and kind of source.
        behind_s: How far it is behind, in seconds; negative for ahead.
    """

    clock_source: Key[str]
    behind_s: Attr[int]


class DeliverySeen(Signal, kind="migro.delivery"):
    """
    A webhook came in, as the fold itself sees it, where no receiver tells of the sender's deliveries.

    Attributes:
        sender: Who says to have sent it, such as ``shopify``.
        duplicate: Whether the same event has come before.
        inverted: Whether its version is older than one that came of the resource within the hour.
        flipped: Whether the value went back to what it was before the last change, within ten minutes.
        subject: What it is about, such as ``order/1001``.
        deliveries: How many webhooks it stands for; of those that are none of the three, one signal tells a minute.
    """

    sender: Key[str]
    duplicate: Attr[bool] = preset(default=False)
    inverted: Attr[bool] = preset(default=False)
    flipped: Attr[bool] = preset(default=False)
    subject: MaybeKey[str] = UNSET
    deliveries: Attr[int] = preset(default=1)


class IssueAbove(Signal, kind="issue.above"):
    """
    An issue of many merchants changed, which concerns this one by what it has in common with the others.

    Attributes:
        issue_kind: The failure mode.
        issue_status: open, watching or resolved.
    """

    issue_kind: Key[str]
    issue_status: Attr[str]


class IssueUpdate(Signal, kind="issue.changed"):
    """
    An issue of one merchant changed: what platform rules read.

    Attributes:
        own_cause: Whether it follows from something at the merchant itself.
        resting: Whether a declared maintenance or a mute covers it.
        platform: The commerce platform that the merchant is on, as the host says, or else the deliveries; or a party
            outside that the issue's evidence names, such as a payment provider: each is told by a signal of its own.
        on_platform: Where `platform` is such a party, the commerce platform that the merchant is on, or the merchant
            itself where nobody knows one; missing otherwise.
        wider: Whether an issue of a shop on another platform names the same party: then this is no sign that the
            platform itself fails.
    """

    issue_kind: Key[str]
    category: Attr[str]
    issue_status: Attr[str]
    band: Attr[str]
    severity_rank: Attr[int]
    own_cause: Attr[bool] = preset(default=False)
    resting: Attr[bool] = preset(default=False)
    platform: MaybeKey[str] = UNSET
    on_platform: MaybeKey[str] = UNSET
    wider: Attr[bool] = preset(default=False)
    release: Maybe[str] = UNSET


class StepAsked(Signal, kind="migro.step_asked"):
    """
    A merchant without any known fault asks how to do something: all that the platform hears of a ticket.

    Attributes:
        cluster: The documented step, as one of few names.
        ticket: Merchant and number of the ticket.
    """

    cluster: Key[str]
    ticket: Attr[str]
