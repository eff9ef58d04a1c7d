"""Drafts: what a normaliser has read, before it is scrubbed, authenticated and becomes a signal."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from attrs import field, frozen

from ..models.scales import Auth, Environment, Hint
from ..models.signal import Signal
from .claims import Claim
from .envelope import Envelope
from .settings import EndpointSettings

__all__ = ["Draft", "Normaliser", "Refused", "Scope", "environment"]


# Without slots: a frozen class is made in two thirds of the time, and every event makes one.
@frozen(kw_only=True, slots=False)
class Draft:
    """
    One event as read from a payload; None values are left out of the signal.

    Attributes:
        dedup: What makes a redelivery equal and another event different.
        ids: Business ids, kept exact.
        people: Ids of persons by name; they become pseudonyms among the ids.
        sealed: Words by name that become pseudonyms among the attrs.
        exact: Words of our own making, which the scrubber would only damage.
        provider, source_kind: Where they differ from the normaliser's.
    """

    kind: str
    topic: str
    dedup: tuple[Any, ...]
    raw_topic: str | None = None
    merchant: str | None = None
    occurred_at: datetime | None = None
    resource: tuple[str, str | None] | None = None
    ids: Mapping[str, str | None] = field(factory=dict)
    people: Mapping[str, str | None] = field(factory=dict)
    sealed: Mapping[str, str | None] = field(factory=dict)
    exact: Mapping[str, str] = field(factory=dict)
    hint: Hint | None = None
    state: str | None = None
    status: int | None = None
    env: Environment | None = None
    metrics: Mapping[str, Any] = field(factory=dict)
    attrs: Mapping[str, Any] = field(factory=dict)
    features: frozenset[str] = frozenset()
    provider: str | None = None
    source_kind: str | None = None


@frozen(kw_only=True)
class Refused:
    """
    A payload, or an item of one, that is not understood.

    Attributes:
        reason: What was expected and what came; never the content.
        content: What the digest is made of.
        ordinal: Place among equal items of one delivery.
    """

    reason: str
    content: Any
    raw_topic: str | None = None
    ordinal: int = 0


@frozen(kw_only=True, slots=False)
class Scope:
    """What a normaliser may know besides the envelope."""

    endpoint: EndpointSettings
    received_at: datetime


def _never(_: Mapping[str, Any]) -> bool:
    return False


@frozen(kw_only=True)
class Normaliser:
    """
    How one wire format is read, told from others, and proven.

    Attributes:
        kind: Name of the wire format, such as ``shopify_webhook``.
        aliases: Other names of it.
        provider, source_kind: Who sends it, and what kind of witness that is.
        version: Rises when the same payload gives another signal.
        read: Yields one draft per contained event; pure.
        claim: What a delivery says to prove its sender, one claim or one for each item; None where it says nothing.
        without_claim: What a format without signatures counts as.
        headers: How the names of headers begin that only this sender uses, in small letters.
        fits: Whether a JSON object has the shape of this format and of no other.
        fits_text: Whether a text that is no JSON has it.
        many: Whether `read` itself looks for several events in one body.
        may_be_empty: Whether a body without any event is fine.
    """

    kind: str
    aliases: tuple[str, ...] = ()
    provider: str
    source_kind: str
    version: int
    read: Callable[[Envelope, Scope], Iterator[Draft | Refused | Signal]]
    claim: Callable[[Envelope, bytes], Claim | Sequence[Claim] | None] | None = None
    without_claim: Auth = "unsigned"
    headers: tuple[str, ...] = ()
    fits: Callable[[Mapping[str, Any]], bool] = _never
    fits_text: Callable[[str], bool] | None = None
    many: bool = False
    may_be_empty: bool = False


_ENVIRONMENTS: Mapping[str, Environment] = {
    **dict.fromkeys(("production", "prod", "prd", "live"), "production"),
    **dict.fromkeys(("staging", "stage", "stg", "preprod", "pre-production", "uat", "preview"), "staging"),
    **dict.fromkeys(("test", "testing", "qa", "dev", "development", "local", "sandbox", "ci"), "test"),
}


def environment(word: object) -> Environment | None:
    """Return the environment that a sender's word such as ``prod`` means; None where it said nothing."""
    return _ENVIRONMENTS.get(word.strip().lower(), "unknown") if isinstance(word, str) and word.strip() else None
