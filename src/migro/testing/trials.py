"""What the contracts need to put something on trial without pytest."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import timedelta

from ..models.inputs import SignalReceived, Tick
from .samples import START, sample_signal

__all__ = ["at_once", "received", "refused", "tick"]


def received(number: int = 1, *, after: timedelta = timedelta()) -> SignalReceived:
    """Return the receipt of one signal, `after` the start."""
    return SignalReceived(at=START + after, signal=sample_signal(number))


def tick(after: timedelta = timedelta()) -> Tick:
    """Return a tick, `after` the start."""
    return Tick(at=START + after)


def refused(error: type[Exception], call: Callable[[], object]) -> Exception:
    """Return the error that `call` raises; pytest stays optional."""
    try:
        call()
    except error as e:
        return e
    raise AssertionError(f"expected {error.__name__}, but nothing was raised")


def at_once(work: Callable[[int], None]) -> None:
    """Run `work` in four threads that start together."""
    together = threading.Barrier(4)

    def run(worker: int) -> None:
        together.wait()
        work(worker)

    threads = [threading.Thread(target=run, args=(w,)) for w in range(4)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
