"""Polling: asks what is due, stores what it reads together with how far it read, and says what could not be asked."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from typing import Final

from ..agent import Agent, partition_of
from ..errors import ConfigurationError, StoreUnavailable, survivable
from ..models import Decision, Input, Signal, SignalReceived
from ..observe import Envelope, Observer
from ..observe.polled import POLLED_AT
from ..ports import Memory
from ..receive.acceptance import Acceptance
from ..receive.thinking import think_about
from .asking import Answer, Judged, Page, Position, Trouble
from .hearing import Hearing
from .listing import Listing
from .positions import newest_position
from .sources import Conclusion, Reading, Resource, Run, Source, account_of

__all__ = ["Polling"]

_KEPT_HEADERS: Final = ("date", "x-request-id", "x-shopify-api-version")
"""Headers of answers that their readers know; nothing else of them is kept."""
_CURSORS: Final = ("after", "next", "page")
_MARKS: Final = ("etag", "modified")


class Polling:
    """
    Polls resources for an agent or for the memory of one.

    Nothing here has a thread or a clock: call `poll_once` with the time, or let `Background` do it. How far a source
    was read is stored with what was read, in one transaction; whoever dies in between reads it again, and what comes
    twice is known by its key.

    Args:
        to: The agent, or the memory of one.
        observer: Reads the answers; its endpoints say whose they are.
        resources: What is polled.
        pause: Waits so many seconds between two pages, where the platform's quota wants it.
        notice: Called with one line when a source stops answering, and one when it answers again. Default: the
            warning level of the logger ``migro``.

    Raises:
        ConfigurationError: If two resources of one merchant have the same source, or one has a part that its poller
            has no use for.
    """

    def __init__(
        self,
        to: Agent | Memory,
        observer: Observer,
        resources: Iterable[Resource],
        *,
        pause: Callable[[float], None] = time.sleep,
        notice: Callable[[str], None] | None = None,
    ) -> None:
        self.agent = to if isinstance(to, Agent) else None
        self.memory: Memory = to.memory if isinstance(to, Agent) else to
        self._observer = observer
        self._pause = pause
        self._notice = notice or logging.getLogger("migro").warning
        self._acceptance = Acceptance(
            self.memory,
            limit=observer.settings.receive.queue,
            patience_s=observer.settings.receive.patience_s,
            config=self.agent.fold.in_force if self.agent is not None else None,
        )
        self._sources = tuple(Source(resource=r, account=account_of(r, observer)) for r in resources)
        self._hearings = {
            id(s): Hearing(self.memory, s.partition, s.account.source, s.resource.webhooks)
            for s in self._sources
            if s.resource.webhooks is not None
        }
        _check(self._sources)

    def due(self) -> datetime | None:
        """Return when the next resource is due; None while one was never asked, or there is none."""
        times = [s.next_at for s in self._sources]
        return None if None in times else min((t for t in times if t is not None), default=None)

    def poll_once(self, now: datetime) -> tuple[Run, ...]:
        """Ask every resource that is due, and return what each run came to; nothing is raised for any of them."""
        return tuple(self._run(s, now) for s in self._sources if s.next_at is None or s.next_at <= now)

    def ask_again(self, merchant: str | None, what: str) -> tuple[str, ...]:
        """
        Let the sources of a merchant that have a word in their name be due at once; return their names.

        Args:
            merchant: Whose; the next `poll_once` asks them.
            what: Such as ``orders``, which stands in ``shopify_orders``.
        """
        found = [s for s in self._sources if s.account.merchant == merchant and what in s.poller.source.split("_")]
        for source in found:
            source.next_at = None
        return tuple(s.poller.source for s in found)

    def think(self, now: datetime) -> tuple[Decision, ...]:
        """
        Think about what was read and waits, let time pass, and return the decisions this led to.

        Raises:
            ConfigurationError: If there is a memory alone.
            StoreUnavailable: If the memory failed; nothing is lost.
        """
        if self.agent is None:
            raise ConfigurationError("expected polling for an agent, got one for a memory: it only takes in")
        return think_about(self.agent, now)

    # --- one run ------------------------------------------------------------------------------------------------

    def _run(self, source: Source, now: datetime) -> Run:
        reading = Reading(source=source, now=now)
        try:
            self._read(reading)
        except StoreUnavailable as e:
            reading.end("store", str(e))
        except survivable() as e:  # a host's poller or conclusion; its text may quote what was read
            reading.end("failed", f"expected a poller that reads on, got {type(e).__name__}")
        try:
            calls = source.account.calls(now, reading.tries)
            self._accepted(calls if reading.result in ("ok", "unchanged") else [*calls, source.account.alive(now)])
        except StoreUnavailable as e:
            reading.end("store", str(e))
        run = reading.run()
        source.next_at = run.next_at
        source.restarted = reading.restarted and reading.cut
        if run.well and source.told:
            self._notice(f"migro: {run.source} of {source.account.merchant} answers again")
        elif not run.well and source.told != run.result:
            self._notice(f"migro: {run.source} of {source.account.merchant} could not be polled: {run.reason}")
        source.told = "" if run.well else run.result
        return run

    def _read(self, reading: Reading) -> None:
        source = reading.source
        position = self._position(source, reading.now)
        if not source.expected:
            self._expect(source, reading.now, position)
        while (following := self._page(reading, position)) is not None:
            position = following
        if source.resource.then is not None and reading.pages and reading.result in ("ok", "unchanged"):
            self._conclude(reading, source.resource.then)
        hearing = self._hearings.get(id(source))
        if hearing is not None and reading.result == "ok":
            self._accepted(hearing.judge(reading.now))

    def _expect(self, source: Source, now: datetime, position: Position) -> None:
        # With where the first run of all began: should it fail, nothing since then is passed over.
        began = source.poller.kept(position) if source.new else None
        fact = source.account.expected(now, every_s=source.resource.every_s, position=began)
        source.expected = self._accepted([fact])

    def _position(self, source: Source, now: datetime) -> Position:
        if source.position is None:
            stored = newest_position(self.memory, source.partition, source.account.source)
            source.new = stored is None
            source.position = stored if stored is not None else source.poller.start(now)
        if source.resource.then is not None:
            # A whole list begins at its beginning; what the last one said of itself stays.
            return {n: v for n, v in source.position.items() if n in _MARKS}
        return source.position

    def _page(self, reading: Reading, position: Position) -> Position | None:
        """Ask for a page and keep what it lists; return where to go on, None where the run is over."""
        source = reading.source
        if reading.pages >= source.resource.most_pages:
            reading.cut = True
            return None
        if reading.pause_ms:
            self._pause(reading.pause_ms / 1000)
        answer, page, trouble = self._asked(reading, position)
        if trouble is not None or answer is None or page is None:
            return self._troubled(reading, position, answer, trouble)
        reading.pages += 1
        reading.pause_ms = page.pause_ms
        reading.position = page.position
        if answer.status == 304:
            reading.result = "unchanged"
        found = self._observed(reading, answer, source.poller.kind) if page.items else ()
        if source.resource.then is not None:
            reading.listed += found
        elif not self._fed(reading, found):
            return None
        return page.position if page.more else None

    def _asked(self, reading: Reading, position: Position) -> tuple[Answer | None, Page | None, Trouble | None]:
        poller = reading.source.poller
        pages: list[Page | None] = [None]

        def judge(answer: Answer) -> Judged:
            judged, pages[0] = poller.judge(position, answer, reading.now)
            return judged

        called = reading.source.resource.via.call(poller.ask(position), judge)
        reading.tries += called.tries
        return called.answer, pages[0], called.trouble

    def _troubled(
        self, reading: Reading, position: Position, answer: Answer | None, trouble: Trouble | None
    ) -> Position | None:
        trouble = trouble or Trouble(result="failed", reason="expected an answer, got none")
        if answer is not None and trouble.kind is not None:
            # What the platform says of its refusal is evidence too; it moves no position.
            said = self._observed(reading, answer, trouble.kind)
            if self._accepted(said):
                reading.signals += len(said)
                if any(s.kind == "api.calls" for s in said):
                    reading.tries.pop()  # it is counted there
        again = {n: v for n, v in position.items() if n not in _CURSORS}
        if trouble.restart and not (reading.restarted or reading.source.restarted) and again != position:
            # The cursor has expired; the time that is kept beside it says where to begin again. Once a run, and not
            # in a run that goes on at once from one that did: whose cursors never hold would be asked for ever.
            reading.restarted = True
            reading.listed.clear()
            return again
        reading.wait_ms = trouble.wait_ms or 0
        reading.end(trouble.result, trouble.reason)
        return None

    def _observed(self, reading: Reading, answer: Answer, kind: str) -> tuple[Signal, ...]:
        poller = reading.source.poller
        kept = {n: answer.headers[n] for n in _KEPT_HEADERS if n in answer.headers}
        envelope = Envelope(
            received_at=reading.now,
            kind=kind,
            endpoint=poller.endpoint,
            headers={**kept, **poller.headers(), POLLED_AT: reading.now.isoformat()},
            body=answer.raw.decode("utf-8-sig", "replace"),
            raw=answer.raw,
            auth="not_applicable",
        )
        return self._observer.observe(envelope, now=reading.now).signals

    # --- storing ------------------------------------------------------------------------------------------------

    def _fed(self, reading: Reading, found: Sequence[Signal]) -> bool:
        """Store what a page has that is not known."""
        source = reading.source
        values = {_name(s): _value(s) for s in found}
        fresh = [s for s in found if source.known.get(_name(s)) != values[_name(s)]]
        if not self._stored(reading, fresh, reading.position, heard=len(found if source.poller.snapshot else fresh)):
            return False
        source.remember(values)
        return True

    def _conclude(self, reading: Reading, then: Conclusion) -> None:
        """Store what a whole list comes to."""
        fresh: Sequence[Signal] = ()
        # Where nothing was sent, because nothing has changed, there is no list to conclude from.
        if reading.result != "unchanged":
            listing = Listing(
                at=reading.now,
                signals=tuple(reading.listed),
                complete=not reading.cut,
                merchant=reading.source.account.merchant,
            )
            fresh = tuple(then(listing))
        self._stored(reading, fresh, {} if reading.cut else reading.position, heard=len(reading.listed))

    def _stored(self, reading: Reading, signals: Sequence[Signal], position: Position, *, heard: int) -> bool:
        """Store signals and the position behind them, in one transaction where they are of one merchant."""
        source = reading.source
        # Of a list that was not sent again as much is heard as of the last one: less would look like a thin source.
        heard = source.heard if reading.result == "unchanged" else heard
        beat = source.account.heartbeat(reading.now, events=heard, position=source.poller.kept(position))
        # The position last: where another merchant's signals are stored and it is not, they are read again.
        elsewhere = [s for s in signals if partition_of(s) != source.partition]
        own = [s for s in signals if partition_of(s) == source.partition]
        if not self._accepted([*elsewhere, *own, beat]):
            reading.end("full", "expected room for what was read, got none")
            return False
        source.position = position
        source.heard = heard if source.poller.snapshot else 0
        reading.signals += len(signals)
        return True

    def _accepted(self, signals: Sequence[Signal]) -> bool:
        inputs: dict[str, list[Input]] = {}
        for signal in signals:
            inputs.setdefault(partition_of(signal), []).append(SignalReceived(at=signal.received_at, signal=signal))
        return not inputs or self._acceptance.put(inputs) == "accepted"


def _check(sources: Sequence[Source]) -> None:
    names = [(s.account.merchant, s.account.source) for s in sources]
    wrong = [
        f"{source!r} twice for {merchant!r}" for merchant, source in sorted({n for n in names if names.count(n) > 1})
    ]
    wrong += [
        f"{s.account.source!r} with a conclusion, though it lists changes"
        for s in sources
        if s.resource.then is not None and not s.poller.snapshot
    ]
    wrong += [
        f"{s.account.source!r} with webhooks, though it lists no changes"
        for s in sources
        if s.resource.webhooks is not None and s.poller.snapshot
    ]
    if wrong:
        raise ConfigurationError(f"expected resources that fit together, got {'; '.join(wrong)}")


def _name(signal: Signal) -> str:
    """Return what a listed thing is called; what has no name of its own is new each time."""
    if signal.kind != "inventory":
        return signal.id
    return "|".join(f"{n}={v}" for n, v in sorted(signal.ids.items()))


def _value(signal: Signal) -> str:
    if signal.kind != "inventory":
        return ""
    return f"{signal.metrics.get('available')}|{signal.attrs.get('changed_at')}|{signal.attrs.get('tracked')}"
