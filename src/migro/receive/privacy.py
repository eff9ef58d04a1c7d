"""Privacy requests: what a platform demands in a person's name goes to a handler, and never to rules."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from typing import Final, Protocol

import attrs
import re2

from ..agent import Agent
from ..agent.erasing import erasure_request
from ..errors import InputError
from ..models import ErasureRequested, Signal
from ..models.canonical import content_id, to_microseconds
from ..observe import pseudonym
from ..observe.parsing import at, read_json, word

__all__ = ["Erasing", "PrivacyHandler", "PrivacyRequest", "as_compliance", "handling_of", "is_private", "request_of"]

_REDACTS: Final = frozenset(
    {
        "customers.redact", "customers.delete",  # Shopify
        "account.deleted", "customer.deleted",  # Saleor; the second WooCommerce too
        "store.customer.deleted",  # BigCommerce
        # commercetools says CustomerDeleted, which is spelt like Saleor's.
    }
)  # fmt: skip
"""Topics by which one person is to be forgotten, as `_plain` spells them."""

_PEOPLE: Final = ("customer_ref", "person_ref", "requester")
"""Names of ids that are pseudonyms of persons."""

_HUMP: Final = re2.compile(r"([a-z])([A-Z])")
_PSEUDONYM: Final = re2.compile(r"[a-z2-7]{20}")


@attrs.frozen(kw_only=True)
class PrivacyRequest:
    """
    What a platform asks for in the name of a person or a shop.

    Attributes:
        provider: The platform.
        topic: Its word for the request, such as ``customers/redact``.
        merchant: Whose shop; None where neither payload nor endpoint says.
        received_at: When it came.
        pseudonyms: What stands for the person in the merchant's signals; empty where the request is about a shop.
        body: The request as it came, with personal data: never keep or print it.
    """

    provider: str
    topic: str
    merchant: str | None
    received_at: datetime
    pseudonyms: tuple[str, ...]
    body: bytes = attrs.field(repr=False)

    @property
    def redacts(self) -> bool:
        """Whether one person is to be forgotten."""
        return _plain(self.topic) in _REDACTS


class PrivacyHandler(Protocol):
    """Who sees to privacy requests, while their sender waits for the answer."""

    def handle(self, request: PrivacyRequest) -> Iterable[ErasureRequested]:
        """
        See to a request, within a second or two, and return what has to be erased from the memory.

        That is stored together with the note that the request came, and only then is it acknowledged. The same request
        may come again. What is raised here refuses it, and its sender comes again.
        """
        ...


class Erasing:
    """
    Erases people by pseudonym: journals what `Agent.erase` journals, to be done when the agent next thinks.

    What concerns no single person, such as ``shop/redact`` and ``customers/data_request``, is told to the operator.

    Args:
        agent: Who erases.
        pseudonym_key: The observer's key. With it tickets are found too: their requesters stand under e-mail addresses.
        notice: Called with one line for what a person has to do; it names no person. Default: the warning level of
            the logger ``migro``.
    """

    def __init__(
        self, agent: Agent, *, pseudonym_key: bytes | None = None, notice: Callable[[str], None] | None = None
    ) -> None:
        self._agent = agent
        self._key = pseudonym_key
        self._notice = notice or logging.getLogger("migro").warning

    def handle(self, request: PrivacyRequest) -> Iterable[ErasureRequested]:
        """Return one erasure for each pseudonym of the person; see `PrivacyHandler.handle`."""
        found = tuple(self._pseudonyms(request)) if request.redacts else ()
        if not found:
            self._notice(
                f"migro: {request.provider} sent the privacy request {request.topic} for {request.merchant}:"
                " a person has to see to it"
            )
        return tuple(e for word_ in found if (e := self._erasure(request, word_)) is not None)

    def _pseudonyms(self, request: PrivacyRequest) -> Iterator[str]:
        yield from request.pseudonyms
        email = _email(request.body)
        if self._key is not None and email is not None:
            yield pseudonym("requester", email, self._key)

    def _erasure(self, request: PrivacyRequest, found: str) -> ErasureRequested | None:
        try:
            return erasure_request(
                self._agent.fold.engine,
                at=request.received_at,
                merchant=request.merchant,
                pseudonym=found,
                by=request.provider,
                why=f"privacy request {request.topic}",
            )
        except InputError as e:
            self._notice(f"migro: a privacy request of {request.provider} cannot be carried out by itself: {e}")
            return None


def is_private(signal: Signal) -> bool:
    """Return whether a signal is a privacy request."""
    return signal.kind == "compliance" or _plain(_topic(signal)) in _REDACTS


def as_compliance(signal: Signal) -> Signal:
    """Return a privacy request as the kind that never reaches rules, whatever its platform's topic belongs to."""
    if signal.kind == "compliance":
        return signal
    return Signal.from_data({**signal.model_dump(), "kind": "compliance", "topic": "compliance", "id": ""})


def handling_of(signal: Signal, *, failed: str | None) -> Signal:
    """
    Return what rules may know about a privacy request: whether somebody saw to it.

    Args:
        signal: The request, of which nothing is kept but whose shop it is about and who asked.
        failed: Why nobody did; None where somebody did.
    """
    at = signal.received_at
    return Signal(
        kind="compliance.handling",
        merchant=signal.merchant,
        occurred_at=at,
        received_at=at,
        source_kind="receiver",
        provider=signal.provider,
        # The sender comes again with the same request, and each time is one more that it was not seen to.
        dedup_key=content_id("dk-compliance", signal.dedup_key, to_microseconds(at), failed is None),
        env=signal.env,
        attrs={"ok": failed is None, **({"reason": failed} if failed is not None else {})},
        normalizer="receiver/1",
    )


def request_of(signal: Signal, body: bytes) -> PrivacyRequest:
    """Return what a signal asks for."""
    people = (signal.ids.get(name, "") for name in _PEOPLE)
    return PrivacyRequest(
        provider=signal.provider,
        topic=_topic(signal),
        merchant=signal.merchant,
        received_at=signal.received_at,
        pseudonyms=tuple(dict.fromkeys(p for p in people if _PSEUDONYM.fullmatch(p))),
        body=body,
    )


def _topic(signal: Signal) -> str:
    told = signal.attrs.get("raw_topic")
    return told if isinstance(told, str) else signal.topic


def _plain(topic: str) -> str:
    return str(_HUMP.sub(r"\1.\2", topic)).lower().replace("/", ".").replace("_", ".")


def _email(body: bytes) -> str | None:
    try:
        return word(at(read_json(body.decode("utf-8", "replace")), "customer.email"))
    except InputError:
        return None
