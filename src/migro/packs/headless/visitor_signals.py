"""The vocabulary of visitors: who signs in, who came along with the move, and who is no person."""

from __future__ import annotations

from ...expressions import UNSET, Attr, Key, Maybe, MaybeKey
from ...models.signal import Signal

__all__ = [
    "VISITORS",
    "ActivationMails",
    "CustomerImport",
    "EdgeViews",
    "LoginAttempt",
    "PeerReport",
    "ResetRequests",
    "TrafficCluster",
]


class LoginAttempt(Signal, kind="login.attempt"):
    """
    Somebody tried to sign in.

    Attributes:
        reason: Why it failed, such as ``invalid_credentials``.
        account: Pseudonym of the account.
        network: Network that it came from, truncated.
    """

    ok: Attr[bool]
    reason: Maybe[str] = UNSET
    account: MaybeKey[str] = UNSET
    network: MaybeKey[str] = UNSET


class ResetRequests(Signal, kind="login.resets"):
    """Requests for a new password in one minute."""

    requests: Attr[int]


class CustomerImport(Signal, kind="import.customers"):
    """Customers that an import brought, and how many of them cannot sign in: disabled, invited or without password."""

    imported: Attr[int]
    locked_out: Attr[int]


class ActivationMails(Signal, kind="mail.activation"):
    """Mails that ask customers to set a password: how many were sent, how many arrived."""

    sent: Attr[int]
    delivered: Attr[int]


class EdgeViews(Signal, kind="edge.views"):
    """Views of pages in one minute, and whether the files of the page were loaded with them."""

    views: Attr[int]
    with_assets: Attr[bool]


class TrafficCluster(Signal, kind="edge.cluster"):
    """
    Requests of one network or user agent in one minute, and how many there were of all.

    Attributes:
        cluster: Name of the network or pseudonym of the agent.
        conversions: Orders that came from it in the last hour.
    """

    cluster: Key[str]
    requests: Attr[int]
    of_all: Attr[int]
    conversions: Attr[int]


class PeerReport(Signal, kind="fleet.peers"):
    """How many other merchants show the same symptoms, and how many of those have not the release."""

    release: Key[str]
    with_symptom: Attr[int]
    without_release: Attr[int]


VISITORS: tuple[type[Signal], ...] = (
    ActivationMails,
    CustomerImport,
    EdgeViews,
    LoginAttempt,
    PeerReport,
    ResetRequests,
    TrafficCluster,
)
"""Signal classes of visitors."""
