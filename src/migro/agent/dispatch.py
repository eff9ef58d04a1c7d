"""Dispatch: the outbox is drained, one action at a time, each by one process."""

from __future__ import annotations

import itertools
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from ..errors import StoreUnavailable
from ..models import (
    Action,
    ActionDue,
    ActionFinished,
    ActionResult,
    ActionStarted,
    ActionStatus,
    from_microseconds,
)
from ..ports import Alarm, Leases
from ..processes import this_process
from .fold import PLATFORM
from .hands import Hands
from .logs import log_action
from .loop import Loop
from .spending import claim
from .verifying import is_look

__all__ = ["ACTING_SECONDS", "LEASE_SECONDS", "Dispatcher"]

ACTING_SECONDS = 10
"""How long the actions of one round may take, where another round comes: then what came in meanwhile has its turn."""

LEASE_SECONDS = 300
"""How long a dispatcher has an action to itself; it says again that it works, or its process is taken for dead."""


_BEGUN = frozenset({ActionStatus.PLANNED, ActionStatus.STARTED})

_numbers = itertools.count(1)


class Dispatcher:
    """
    Executes what is planned.

    Args:
        loop: The states, changed only while `lock` is held.
        hands: What executes.
        lock: Free while an actuator works, so that other threads go on handling signals.
        alarm: Told of every action that failed, or of which nobody knows: both are left to a person.
        seconds: A clock that never goes back, for how long a drain takes; no decision depends on it.
    """

    def __init__(
        self,
        loop: Loop,
        hands: Hands,
        lock: threading.RLock,
        alarm: Alarm,
        *,
        seconds: Callable[[], float] = time.monotonic,
    ) -> None:
        self._loop = loop
        self._alarm = alarm
        self._seconds = seconds
        self._hands = hands
        self._lock = lock
        self._draining = threading.RLock()
        self._number = next(_numbers)

    def drain(self, *, within: float | None = None, stopping: Callable[[], bool] = lambda: False) -> tuple[Action, ...]:
        """
        Execute what is planned and return the actions that were tried, with their results as status.

        Args:
            within: After how many seconds no other action is begun; None for never.
            stopping: Asked before each action whether somebody wants no other to begin.
        """
        tried: list[Action] = []
        seen: set[str] = set()
        began = self._seconds()
        # Another thread that drains may be at what takes long: then the rest is its affair.
        if not self._draining.acquire(timeout=-1 if within is None else min(max(within, 0), threading.TIMEOUT_MAX)):
            return ()
        try:
            # Asked again until nothing is new: other threads and processes plan actions meanwhile.
            while waiting := [key for key in self._waiting() if key not in seen]:
                seen.update(waiting)
                for key in waiting:
                    if stopping() or (within is not None and self._seconds() - began >= within):
                        return tuple(tried)
                    begun = self._begin(key)
                    if begun is not None:
                        tried.append(self._execute(*begun))
        finally:
            self._draining.release()
        return tuple(tried)

    def _waiting(self) -> list[str]:
        with self._lock, self._loop.breaker.reading():
            found = self._loop.memory.read("actions", pending=True)
            return [a.idempotency_key for a in found if a.status in _BEGUN]

    def _begin(self, key: str) -> tuple[Action, bool] | None:
        """
        Return the action once its start is stored, and whether somebody had started it before.

        None where it is over, or another process has it.
        """
        with self._lock, self._loop.breaker.reading():
            if self._loop.breaker.tripped:
                return None  # the journal does not say so yet; the next input does
            self._loop.catch_up(PLATFORM)
            if self._loop.state(PLATFORM).halted:
                return None
            action = self._stored(key)
            if action is None or action.status not in _BEGUN or action.partition in self._loop.stuck:
                return None
            if not self._loop.breaker.writing(lambda: self._acquire(key)):
                return None
            action = self._stored(key)
            found = action is not None and action.status is ActionStatus.STARTED
            if action is not None and action.status is ActionStatus.PLANNED:
                planned, at = action, self._loop.time(action.partition)
                due = ActionDue(at=at, key=key, **self._refused(action))
                self._loop.take(action.partition, (due,))
                started = ActionStarted(at=at, key=key, action=action if action.risk else None)
                self._loop.take(action.partition, (started,))
                action = self._stored(key)
                if action is None or action.status is not ActionStatus.STARTED:
                    self._give_back(planned)
            if action is not None and action.status is ActionStatus.STARTED:
                return action, found
            self._release(key)
            return None

    def _refused(self, action: Action) -> dict[str, Any]:
        """Claim an action's part of what all merchants share; where nothing is left, return why and until when."""
        if not self._shared(action):
            return {}
        at = max(self._loop.newest(PLATFORM), self._loop.time(action.partition))
        self._loop.take(PLATFORM, (ActionDue(at=at, key=action.idempotency_key, action=action),))
        state = self._loop.state(PLATFORM)
        found = () if action.idempotency_key in state.spent else claim(self._loop.fold.policy, state, action)
        if not found:
            return {}
        first = found[0]
        until = None
        if first.until is not None:
            # A partition whose time is ahead of the platform's has as long to wait: by its own time the limit may have
            # ended, and it would ask again at once, and for ever.
            ahead = max(0, self._loop.state(action.partition).now - state.now)
            until = from_microseconds(first.until + ahead)
        return {"refused": first.words, "budget": first.name, "beyond": first.beyond, "until": until}

    def _shared(self, action: Action) -> bool:
        budgets = self._loop.fold.policy.budgets
        about = (b for b in budgets if b.per == "everywhere" and b.is_about(action.kind, action.target))
        return bool(action.risk) and any(about)

    def _give_back(self, action: Action) -> None:
        if self._shared(action) and action.partition != PLATFORM:
            at = self._loop.newest(PLATFORM)
            result = ActionResult(status="failed", detail="it was not executed")
            self._loop.take(PLATFORM, (ActionFinished(at=at, key=action.idempotency_key, result=result),))

    def _execute(self, action: Action, found: bool) -> Action:
        try:
            with self._held(action.idempotency_key):
                # What was started before a crash may have happened: its actuator looks before it acts.
                result = self._look(action) if is_look(action) else self._act(action, found)
            return self._finish(action, result)
        finally:
            # Also where this was interrupted: whoever comes next takes it up.
            self._release(action.idempotency_key)

    def _act(self, action: Action, found: bool) -> ActionResult:
        return self._hands.take_up(action) if found else self._hands.execute(action)

    def _look(self, look: Action) -> ActionResult:
        """Let the actuator of an action look whether it has helped."""
        with self._lock:
            action = self._stored(look.about)
        if action is None:
            return ActionResult(status="succeeded", detail="unknown: nobody knows the action", effect="unknown")
        return self._hands.verify(action)

    def _finish(self, action: Action, result: ActionResult) -> Action:
        key = action.idempotency_key
        if result.status in ("failed", "unknown"):
            # Before it is stored: who is killed in between tells it again, where it would never be told after.
            told = f"{action.kind} -> {action.target} for {action.issue}"
            what = "failed" if result.status == "failed" else "may or may not have happened"
            self._alarm(f"migro: {told} {what}: {result.detail}; a person has to see to it")
        with self._lock:
            at = self._loop.time(action.partition)
            self._loop.take(action.partition, (ActionFinished(at=at, key=key, result=result),))
            finished = self._stored(key) or action
            # What somebody else has finished stays as it is, and so does what it has spent.
            if result.status == "failed" and finished.status in (ActionStatus.FAILED, ActionStatus.STARTED):
                self._give_back(action)
        log_action(action, result)
        return finished

    @property
    def _holder(self) -> str:
        # Asked each time: a process that was forked off is another one.
        return f"{this_process()}#{self._number}"

    def _acquire(self, key: str) -> bool:
        memory = self._loop.memory
        return not isinstance(memory, Leases) or memory.acquire(f"action:{key}", self._holder, LEASE_SECONDS)

    @contextmanager
    def _held(self, key: str) -> Iterator[None]:
        """Renew the lease on an action for as long as its actuator works, however slow the other side is."""
        over = threading.Event()

        def renew() -> None:
            while not over.wait(LEASE_SECONDS / 3):
                # Who waits for the end of this may have the lock.
                if self._lock.acquire(timeout=0.1):
                    try:
                        if over.is_set() or not self._acquire(key):
                            return
                    except StoreUnavailable:
                        continue  # it is tried again well before the lease ends
                    finally:
                        self._lock.release()

        thread = threading.Thread(target=renew, name="migro-lease", daemon=True)
        thread.start()
        try:
            yield
        finally:
            over.set()
            thread.join()

    def _release(self, key: str) -> None:
        memory = self._loop.memory
        if isinstance(memory, Leases):
            memory.release(f"action:{key}", self._holder)

    def _stored(self, key: str) -> Action | None:
        return next(iter(self._loop.memory.read("actions", id=key)), None)
