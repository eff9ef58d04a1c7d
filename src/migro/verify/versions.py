"""Versions of what webhooks are about: which delivery is older than one that came, and which value went back."""

from __future__ import annotations

from typing import Final, NamedTuple

from ..models import Signal, to_microseconds

__all__ = ["Version", "dated_by_sender", "version_of"]

_FLIPS: Final = 10 * 60 * 1_000_000
"""Within how many microseconds a value has to go back to what it was, to have gone back and forth."""


class Version(NamedTuple):
    """
    What was last known of a resource, by the sender's own times, in microseconds.

    Attributes:
        at: The time of its newest version.
        value: That version's value.
        before: The value before the last change.
        changed_at: When the last change was.
    """

    at: int
    value: str
    before: str
    changed_at: int

    def inverts(self, newer: Version) -> bool:
        """Whether a version that comes now is older than this one."""
        return newer.at < self.at

    def flips(self, newer: Version) -> bool:
        """Whether a version takes the value back to what it was before its last change, a short while ago."""
        back = newer.value != self.value and newer.value == self.before
        return back and not self.inverts(newer) and newer.at - self.changed_at <= _FLIPS

    def then(self, newer: Version) -> Version:
        """Return what is known once another version has come."""
        if self.inverts(newer):
            return self
        if newer.value == self.value:
            return self._replace(at=newer.at)
        return newer._replace(before=self.value)


def dated_by_sender(signal: Signal) -> bool:
    """Return whether its time is the sender's word: that of receipt says nothing about versions."""
    return "time_source" not in signal.attrs


def version_of(signal: Signal) -> Version | None:
    """Return the version of its resource that a signal tells, or None where it names no resource or time."""
    if signal.resource is None or not dated_by_sender(signal):
        return None
    at, value = to_microseconds(signal.occurred_at), f"{signal.state}|{signal.metrics.get('available')}"
    return Version(at, value, value, at)
