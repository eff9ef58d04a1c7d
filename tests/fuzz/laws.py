"""What holds for everything that is observed, however broken it came."""

from __future__ import annotations

import traceback
from collections.abc import Iterable
from pathlib import Path

from migro.errors import InputError
from migro.models import Signal
from migro.observe import Failure
from migro.packs.headless.signals import VOCABULARY

from .planting import SHAPED, leaks

__all__ = ["Broken", "check_failures", "check_signals", "place_of"]

_CLASSES = {cls.__signal_kind__: cls for cls in VOCABULARY}
_STOPPED = ("the normaliser stopped with", "the event could not be completed")
_EACH = 20_000
"""Characters that one signal may take: names and words are cut, so that many of them make it large, never one."""


class Broken(AssertionError):
    """
    A law that does not hold.

    Attributes:
        law: A few words that are equal for the same fault.
    """

    def __init__(self, law: str, detail: str = "") -> None:
        self.law = law
        super().__init__(f"{law}: {detail}" if detail else law)


def place_of(error: BaseException) -> str:
    """Return the type of an error and where in migro it came from."""
    frames = [f for f in traceback.extract_tb(error.__traceback__) if "/migro/" in f.filename]
    where = f"{Path(frames[-1].filename).stem}.{frames[-1].name}:{frames[-1].lineno}" if frames else "?"
    return f"{type(error).__name__} in {where}"


def check_signals(signals: Iterable[Signal], planted: Iterable[str], size: int) -> None:
    """
    Check that signals are canonical, fit their class, are small, and carry nothing that was planted.

    Raises:
        Broken: If one of these does not hold.
    """
    planted = tuple(planted)
    total = 0
    for signal in signals:
        line = signal.json_line()
        total += len(line)
        try:
            read = Signal.from_json(line)
        except InputError as e:
            raise Broken("a signal can be read back", str(e)[:300]) from e
        if read != signal or read.json_line() != line:
            raise Broken("a signal is canonical", line[:300])
        if (which := leaks(_without_numbers(signal, line), _kept_out(signal, planted))) is not None:
            raise Broken(f"{which} stays out of signals of {signal.kind} by {signal.normalizer}", line[:2000])
        if signal.kind == "unknown":
            reason = str(signal.attrs.get("reason", ""))
            if reason.startswith(_STOPPED):
                raise Broken("a refusal has a reason", reason)
            if not reason:
                raise Broken("a refusal has some reason", line)
        elif not signal.normalizer.startswith("host/") and (cls := _CLASSES.get(signal.kind)) is not None:
            try:
                typed = cls.of(signal)
            except InputError as e:
                raise Broken(f"a signal fits its class {signal.kind} by {signal.normalizer}", str(e)[:300]) from e
            if typed.id != signal.id:
                raise Broken("a class keeps the id", signal.kind)
        if len(line) > _EACH:
            raise Broken("a signal is small", f"{signal.kind} {len(line)}")
    if total > 50_000 + 400 * size:
        raise Broken("little comes out of little", f"{total} characters of {size} bytes")


def _without_numbers(signal: Signal, line: str) -> str:
    """Return the line without ids that are digits alone: every one of them could be somebody's number, and is an id."""
    for value in {*signal.ids.values(), signal.merchant, *(signal.resource or ())}:
        if value is not None and value.isdecimal():
            line = line.replace(f'"{value}"', '""')
    return line


def _kept_out(signal: Signal, planted: tuple[str, ...]) -> tuple[str, ...]:
    # What a host writes about itself passes when it is scrubbed; a name has nothing that could be.
    return tuple(p for p in planted if p in SHAPED) if signal.normalizer.startswith("host/") else planted


def check_failures(failures: Iterable[Failure], planted: Iterable[str]) -> None:
    """
    Check that messages carry nothing that was planted.

    Raises:
        Broken: If one does.
    """
    for failure in failures:
        if (which := leaks(str(failure), planted)) is not None:
            raise Broken(f"{which} stays out of messages", str(failure)[:300])
