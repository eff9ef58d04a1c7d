"""Sources: what is polled and how often, what one run came to, and what a process remembers in between."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta
from typing import Final, Literal

import attrs

from ..models import Signal
from ..observe import Observer
from .accounts import Account
from .asking import CallResult, Position, Try
from .caller import Caller
from .listing import Listing
from .poller import Poller
from .reconciliation import Reconciliation

__all__ = ["Conclusion", "Reading", "Resource", "Run", "RunResult", "Source", "account_of"]

_KNOWN: Final = 20_000
"""How many things of a source are remembered, so that what has not changed is not offered again."""

RunResult = Literal["unchanged", "full", "store"] | CallResult

Conclusion = Callable[[Listing], Iterable[Signal]]
"""Makes signals of a whole list."""


@attrs.frozen(kw_only=True)
class Resource:
    """
    Something that is polled.

    Attributes:
        poller: How it is asked for.
        via: Whom to ask.
        every_s: How often, in seconds; also what is expected of the source.
        most_pages: How many pages one run reads; the next run goes on from there at once.
        then: What to make of a whole list, in the place of what it lists; for pollers of snapshots alone. A list with
            more pages is then known in part, and the next run begins at its beginning.
        webhooks: Where webhooks should have told of every change that is polled: says of how many none did.
    """

    poller: Poller
    via: Caller
    every_s: int = attrs.field(default=300, validator=attrs.validators.ge(1))
    most_pages: int = attrs.field(default=20, validator=attrs.validators.ge(1))
    then: Conclusion | None = None
    webhooks: Reconciliation | None = None


@attrs.frozen(kw_only=True)
class Run:
    """
    What one run came to.

    Attributes:
        source: Name of the source.
        result: ``ok`` and ``unchanged`` have read everything that was there, or as much as one run reads. ``full`` and
            ``store`` could ask and not store. With any other the platform gave no list.
        pages, signals: How many were read, and how many signals were stored.
        reason: Why it ended early.
        next_at: When it is due again.
    """

    source: str
    result: RunResult
    pages: int
    signals: int
    reason: str
    next_at: datetime

    @property
    def well(self) -> bool:
        """Whether it could ask and store."""
        return self.result in ("ok", "unchanged")


@attrs.define(kw_only=True, eq=False)
class Source:
    """
    A resource, and what this process knows of it.

    Attributes:
        position: How far it is read; None until the memory was asked.
        next_at: When it is due; None for at once.
        new: Whether the memory had no position of it.
        expected: Whether it was said that it is to be heard from.
        told: With which result it stopped answering; empty while it answers.
        restarted: Whether its last run began again, and has not reached the end since.
        known: What was stored of it, by name.
        heard: How much the last page of a snapshot listed.
    """

    resource: Resource
    account: Account
    position: Position | None = None
    next_at: datetime | None = None
    new: bool = False
    expected: bool = False
    told: str = ""
    restarted: bool = False
    known: OrderedDict[str, str] = attrs.field(factory=OrderedDict)
    heard: int = 0

    @property
    def poller(self) -> Poller:
        return self.resource.poller

    @property
    def partition(self) -> str:
        return f"merchant:{self.account.merchant}"

    def remember(self, values: Mapping[str, str]) -> None:
        """Note what is stored now, and forget the oldest."""
        for name, value in values.items():
            self.known[name] = value
            self.known.move_to_end(name)
        while len(self.known) > max(_KNOWN, len(values)):
            self.known.popitem(last=False)


@attrs.define(kw_only=True, eq=False)
class Reading:
    """
    One run while it goes on.

    Attributes:
        pause_ms: How long to wait before the next page, in milliseconds.
        wait_ms: How long the platform wants to be left alone, in milliseconds.
        cut: Whether there is more than one run reads.
        restarted: Whether it began again because its cursor had expired.
        position: Behind the last page.
        listed: What a list that is concluded from had so far.
        tries: Every request.
    """

    source: Source
    now: datetime
    result: RunResult = "ok"
    reason: str = ""
    pages: int = 0
    signals: int = 0
    pause_ms: int = 0
    wait_ms: int = 0
    cut: bool = False
    restarted: bool = False
    position: Position = attrs.field(factory=dict)
    listed: list[Signal] = attrs.field(factory=list)
    tries: list[Try] = attrs.field(factory=list)

    def end(self, result: RunResult, reason: str) -> None:
        """Note why it is over."""
        self.result, self.reason = result, reason

    def run(self) -> Run:
        """Return what it came to."""
        on = self.result == "ok" and self.cut and self.source.resource.then is None
        every = timedelta(seconds=self.source.resource.every_s)
        return Run(
            source=self.source.account.source,
            result=self.result,
            pages=self.pages,
            signals=self.signals,
            reason=self.reason or (f"cut after {self.pages} pages" if self.cut else ""),
            next_at=self.now + (timedelta() if on else max(every, timedelta(milliseconds=self.wait_ms))),
        )


def account_of(resource: Resource, observer: Observer) -> Account:
    """Return whose account the runs over a resource go to."""
    poller = resource.poller
    endpoint = observer.settings.endpoint(poller.endpoint)
    return Account(
        merchant=endpoint.merchant or poller.merchant or poller.endpoint,
        env=endpoint.env,
        source=poller.source,
        api=poller.api,
        version=resource.via.version,
    )
