"""Nothing is lost and nothing counted twice: what became of every input, told from the store alone."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Mapping
from datetime import datetime, timedelta

from ..models import (
    CauseChanged,
    ErasureRequested,
    IssueChanged,
    JournalEntry,
    Link,
    SignalReceived,
    SignalRelayed,
    SignalWithdrawn,
)
from .contents import StepContent, disposition_data, timers_data
from .findings import Found
from .records import Records

__all__ = ["EMITTED", "SIGNAL_WORDS", "WITHDRAWAL_WORDS", "Conservation"]

SIGNAL_WORDS = ("pending", "failed", "dropped", "suppressed", "opened", "merged", "recorded")
"""What may have become of a signal; the counts add up to those that were accepted."""

WITHDRAWAL_WORDS = ("pending", "failed", "withdrawn", "too_late", "recorded")
"""What may have become of taking a signal back."""

_SAME_DELIVERY = timedelta(days=7)
"""For how long another delivery of a signal is known as one; see `migro.ports.Memory.accept`."""

EMITTED = (IssueChanged, CauseChanged, SignalRelayed, SignalWithdrawn, ErasureRequested)
"""Inputs that a step may bring to another partition."""


class Conservation:
    """
    Follows the inputs of one partition from their acceptance to what became of them.

    Attributes:
        signals, withdrawals: How many, by what became of them.
        arrivals: Numbers of the inputs that may have been emitted by a step elsewhere; of changed issues, which a step
            alone emits, with the decision and the merchant.
    """

    def __init__(self, found: Found, records: Records, version: int) -> None:
        self._found = found
        self._records = records
        self._version = version
        self._first: dict[str, tuple[int, datetime]] = {}
        self._unknown: list[tuple[int, str]] = []
        self.signals: Counter[str] = Counter()
        self.withdrawals: Counter[str] = Counter()
        self.arrivals: dict[int, tuple[str, str] | None] = {}

    def consumed(self, entry: JournalEntry, link: Link, content: StepContent | None) -> None:
        """Check an input that a step consumed against what the step's link says, as far as that can be read."""
        if not entry.done and entry.seq <= self._version:
            self._served(entry, link.position, "an input that was consumed", "one that was not")
        if content is not None:
            if (got := disposition_data(entry.disposition)) != content.disposition:
                self._served(entry, link.position, f"disposition {content.disposition}", f"{got}")
            if (timers := timers_data(entry.timers)) != content.timers:
                self._served(entry, link.position, f"timers {content.timers}", f"{timers}")
        word = entry.disposition.name if entry.disposition is not None else ""
        match entry.input:
            case SignalReceived(signal=signal):
                self._became(entry, word, signal.id, SIGNAL_WORDS[1:], self.signals)
            case SignalWithdrawn(signal=id):
                self._became(entry, word, id, WITHDRAWAL_WORDS[1:], self.withdrawals)
            case _ if word not in ("", "failed"):
                self._wrong(entry, "no disposition: neither a signal nor a withdrawal", f"'{word}'")
        if entry.disposition is not None:
            known = self._records.knows
            self._unknown += ((entry.seq, id) for id in entry.disposition.issues if not known("issues", id))
        self._accepted(entry)

    def pending(self, entry: JournalEntry) -> None:
        """Check an input that no step has consumed."""
        if entry.done and entry.seq > self._version:
            self._served(entry, None, "an input that waits", "one that was consumed")
        if entry.disposition is not None or entry.timers:
            self._wrong(entry, "neither disposition nor timers: no step has consumed it", "some")
        if isinstance(entry.input, SignalReceived):
            self.signals["pending"] += 1
        elif isinstance(entry.input, SignalWithdrawn):
            self.withdrawals["pending"] += 1
        self._accepted(entry)

    def finish(self, accepted: Mapping[str, int]) -> None:
        """Check that the issues that dispositions name exist, and that the counts add up."""
        for seq, id in self._unknown:
            if not self._records.knows("issues", id):  # its own step may have written it
                self._found.add(
                    "conservation", "journal", seq=seq, expected="issues that are stored", got=f"issue {id}"
                )
        for name, words, counts in (
            ("signal_received", SIGNAL_WORDS, self.signals),
            ("signal_withdrawn", WITHDRAWAL_WORDS, self.withdrawals),
        ):
            counts["accepted"] = accepted.get(name, 0)
            if counts["accepted"] != (known := sum(counts[w] for w in words)):
                self._found.add(
                    "conservation",
                    "partitions",
                    id=self._found.partition,
                    expected=f"{counts['accepted']} times {name}, as many as were accepted",
                    got=f"{known} of which is known what became of them",
                )

    def _became(
        self, entry: JournalEntry, word: str, signal: str, words: tuple[str, ...], counts: Counter[str]
    ) -> None:
        if word not in words:
            self._wrong(entry, f"one of {', '.join(words)}", f"'{word}'" if word else "no disposition")
            return
        counts[word] += 1
        if entry.disposition is not None and entry.disposition.signal != signal:
            self._wrong(entry, f"the disposition of signal {signal}", f"that of {entry.disposition.signal}")

    def _accepted(self, entry: JournalEntry) -> None:
        if isinstance(entry.input, EMITTED):
            self.arrivals[entry.seq] = None
        if isinstance(entry.input, IssueChanged):
            # Merchants are few and their issues many: one text for each is kept.
            merchant = sys.intern(entry.input.issue.merchant or "no merchant")
            self.arrivals[entry.seq] = (entry.input.decision, merchant)
        if not isinstance(entry.input, SignalReceived):
            return
        signal, first = entry.input.signal.id, entry.input.duplicate_of
        known = self._first.get(signal)
        if first is None:
            if known is not None and entry.input.at - known[1] <= _SAME_DELIVERY:
                self._wrong(entry, f"a second delivery of input {known[0]}", "a first one")
            self._first[signal] = (entry.seq, entry.input.at)
        elif known is None or known[0] != first:
            got = f"a second delivery of input {first}"
            self._wrong(entry, f"the first delivery of this signal, {known[0] if known else 'none'}", got)

    def _served(self, entry: JournalEntry, position: int | None, expected: str, got: str) -> None:
        self._found.add("served", "journal", position=position, seq=entry.seq, expected=expected, got=got)

    def _wrong(self, entry: JournalEntry, expected: str, got: str) -> None:
        self._found.add("conservation", "journal", seq=entry.seq, expected=expected, got=got)
