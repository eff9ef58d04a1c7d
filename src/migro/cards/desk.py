"""The desk: puts cards in front of approvers, keeps them true, and takes the buttons off what is over."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from functools import partial

import attrs

from ..act.asking import Asker, Askers
from ..agent import Agent, Card
from ..agent.approvals import card_id
from ..errors import ActionDelayed, ActionError, ActionRefused, ActionUnclear
from ..models import Action, ActionStatus
from ..ports import Alarm, Leases
from ..processes import this_process
from .book import Book, Place, words_of

__all__ = ["Desk"]

_LOG = logging.getLogger("migro.approvals")

_LEASE_SECONDS = 300
_LONGEST_WAIT_S = 300
_SILENT_S = 1
"""From how many seconds on a call that came to nothing keeps all else waiting."""
_MOST_LOOKS = 20
"""How often a card is looked for that nothing waits behind any more: for about an hour."""


@attrs.define
class _Trouble:
    """What did not work: how often, and from when on it is tried again, in seconds."""

    times: int = 0
    again_at: float = 0

    def add(self, now: float, error: ActionError) -> None:
        """Wait longer each time, and as long as the receiver wants to be left alone."""
        self.times += 1
        wanted = (error.wait_ms or 0) / 1000 if isinstance(error, ActionDelayed) else 0
        self.again_at = now + max(min(2**self.times, _LONGEST_WAIT_S), wanted)


class _LeftAlone(Exception):
    """Nothing is tried where nobody answered a moment ago."""


class Desk:
    """
    Shows the card of everything that waits for people to the first of its approvers' roles that has a channel.

    That a card is about to be posted is journaled before, and where it stands after: a crash in between looks for it
    before it is posted again. Each card is worked on by one process at a time. What goes wrong is tried again, with
    waits that grow up to five minutes; a channel that does not answer is left alone for as long, with all its cards.

    Args:
        agent: Whose cards.
        askers: Who shows them.
        alarm: Called with one line, once, for a card that could not be shown or taken away; people still find it by
            ``migro approvals``.
        seconds: A clock that never goes back, for the waits.
    """

    def __init__(
        self, agent: Agent, askers: Askers, *, alarm: Alarm, seconds: Callable[[], float] = time.monotonic
    ) -> None:
        self._agent, self._askers, self._alarm, self._seconds = agent, askers, alarm, seconds
        self.book = Book(agent)
        self._told: set[str] = set()
        self._troubles: dict[tuple[str, datetime], _Trouble] = {}
        self._silent: dict[int, _Trouble] = {}

    def round(self, *, within: float | None = None, stopping: Callable[[], bool] = lambda: False) -> int:
        """
        Show what waits anew or has changed, settle what waits no more, and return how many cards that concerned.

        Args:
            within: After how many seconds no other card is begun: the next round has the rest; None for never.
            stopping: Asked before each card whether somebody wants it to stop.
        """
        begun = self._seconds()
        self.book.read()
        pending = self._agent.memory.read("actions", pending=True)
        waiting = {(a.idempotency_key, a.at): a for a in pending if a.status is ActionStatus.WAITING}
        over = [(p.key, p.since) for p in self.book.open if (p.key, p.since) not in waiting]
        work: dict[tuple[str, datetime], Callable[[], bool]] = {one: partial(self._settle, *one) for one in over}
        work |= {one: partial(self._show, a) for one, a in waiting.items() if not self._stands(a)}
        self._troubles = {one: trouble for one, trouble in self._troubles.items() if one in work}
        done = 0
        # What never works comes last: its channel is left alone then, and the others of it have had their turn.
        for one in sorted(work, key=lambda one: self._troubles[one].times if one in self._troubles else 0):
            if stopping() or (within is not None and self._seconds() - begun >= within):
                break
            done += self._try(one, work[one])
        return done

    def _stands(self, action: Action) -> bool:
        place = self.book.place(action.idempotency_key, action.at)
        return place is not None and place.state == "shown" and place.shows == words_of(action)

    # --- showing ------------------------------------------------------------------------------------------------

    def _show(self, action: Action) -> bool:
        place = self.book.place(action.idempotency_key, action.at)
        roles = self._agent.fold.policy.people.roles_for(action.risk)
        found = self._asker((place.role,) if place is not None else roles)
        card = next(iter(self._agent.approvals(card_id(action))), None) if found is not None else None
        if found is None or card is None or self._stands(action):
            return False
        role, asker = found
        where = place.where if place is not None else ""
        begun = place or self.book.asked(card, role, action.at)
        if not where:
            where = self._ask(asker, action, _lines(card), begun, again=place is not None)
            _LOG.info("card shown", extra={"card": card.id, "kind": action.kind, "role": role})
        if place is not None:
            with self._heard(asker):
                asker.changed(action, where, _lines(card))  # also where it was found after a crash
        self.book.shown(begun, card, where, action.at)
        return True

    def _ask(self, asker: Asker, action: Action, lines: Sequence[str], begun: Place, *, again: bool) -> str:
        try:
            with self._heard(asker):
                return asker.ask(action, begun.role, lines, again=again)
        except (ActionDelayed, ActionRefused):
            if not again:
                # It surely does not stand, so that nobody has to look for it; what may stand from before still may.
                self.book.settled(begun, action.at)
            raise

    # --- settling -----------------------------------------------------------------------------------------------

    def _settle(self, key: str, since: datetime) -> bool:
        place = self.book.place(key, since)
        if place is None:
            return False
        action = next(iter(self._agent.memory.read("actions", id=key)), None)
        found = self._asker((place.role,))
        if action is not None and found is not None:
            waited = action.model_copy(update={"at": since})
            tries = self._troubles[key, since].times if (key, since) in self._troubles else 0
            try:
                with self._heard(found[1]):
                    # A post that was cut off may have buttons all the same.
                    where = place.where or found[1].found(waited, place.role)
                    if where:
                        found[1].answered(waited, where, outcome(action, since))
            except (ActionRefused, ActionUnclear) as e:
                if isinstance(e, ActionUnclear) and (place.where or tries < _MOST_LOOKS):
                    raise
                self._alarm(f"migro: a card stays as it is, and answers to it count for nothing: {e}")
        self.book.settled(place, since)
        _LOG.info("card settled", extra={"card": place.card, "role": place.role})
        return True

    # --- both ---------------------------------------------------------------------------------------------------

    def _try(self, one: tuple[str, datetime], work: Callable[[], bool]) -> bool:
        """Do something about a card, unless another process is at it, or it went wrong a moment ago."""
        trouble = self._troubles.get(one)
        if trouble is not None and self._seconds() < trouble.again_at:
            return False
        memory, name, holder = self._agent.memory, f"card:{one[0]}", f"{this_process()}#cards"
        if isinstance(memory, Leases) and not memory.acquire(name, holder, _LEASE_SECONDS):
            return False
        try:
            self.book.read()  # whoever had it before may have done it
            done = work()
            self._troubles.pop(one, None)
            return done
        except _LeftAlone:
            return False
        except ActionError as e:
            self._stumbled(self._troubles.setdefault(one, _Trouble()), e)
            return False
        finally:
            if isinstance(memory, Leases):
                memory.release(name, holder)

    def _asker(self, roles: Sequence[str]) -> tuple[str, Asker] | None:
        """
        Return who asks one of several roles.

        Raises:
            _LeftAlone: If they did not answer a moment ago.
        """
        found = self._askers.first(roles)
        silent = self._silent.get(id(found[1])) if found is not None else None
        if silent is not None and self._seconds() < silent.again_at:
            raise _LeftAlone
        return found

    @contextmanager
    def _heard(self, asker: Asker) -> Iterator[None]:
        """Notice whether a channel answers: whoever says at once that something cannot be told does."""
        begun, silent = self._seconds(), False
        try:
            yield
        except ActionError as e:
            now = self._seconds()
            silent = isinstance(e, ActionDelayed) or (isinstance(e, ActionUnclear) and now - begun >= _SILENT_S)
            if silent:
                self._silent.setdefault(id(asker), _Trouble()).add(now, e)
            raise
        finally:
            if not silent:
                self._silent.pop(id(asker), None)

    def _stumbled(self, trouble: _Trouble, error: ActionError) -> None:
        trouble.add(self._seconds(), error)
        told = f"migro: a card could not be shown or settled: {error}; migro approvals has what waits"
        if told not in self._told:
            self._told.add(told)
            self._alarm(told)


_SAID = (ActionStatus.PLANNED, ActionStatus.REJECTED, ActionStatus.EXPIRED)
"""Where the note of an action says what people, or time, have made of it."""


def outcome(action: Action, since: datetime) -> str:
    """Return in words what became of what a card asked, that waited since a time."""
    what = f"{action.kind} -> {action.target}"
    if action.at != since:
        return f"{what} waited no more, and was asked for anew"
    if action.status in _SAID and action.note:
        return f"{what}: {action.note}"
    note = f": {action.note}" if action.note else ""
    return f"{what} is {action.status.value}{note}"


def _lines(card: Card) -> list[str]:
    return [*card.text().splitlines(), "Answer     migro approvals list shows it, approve and reject answer it"]
