"""The audit: every partition's chain, what it names, what readers get, and that nothing is lost."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator

from ..errors import ConfigurationError
from ..models import JournalEntry, Link, Partition, to_microseconds
from ..ports import Ledger, Memory, SelfCheck
from .anchors import Anchor
from .conservation import SIGNAL_WORDS, WITHDRAWAL_WORDS, Conservation
from .contents import StepContent, step_content
from .emissions import Arrived, Emitted, check_arrivals, check_origins
from .findings import AuditReport, Found
from .linkage import Linkage
from .reading import read_journal, read_links, read_partition, read_stored
from .records import Records
from .snapshots import Snapshots

__all__ = ["verify"]

_LOOKS = 5
"""How often a partition that somebody writes to is looked at before a finding is believed."""

_STORE = "all"
"""What stands for the partition where the store as a whole is concerned."""


def verify(memory: Memory, *, partitions: Iterable[str] | None = None, anchor: Anchor | None = None) -> AuditReport:
    """
    Return what does not hold in a memory, told from what it stores alone.

    Every record is looked at, whatever is wrong with others. A partition that somebody writes to meanwhile is looked
    at again: what does not hold has to be there each time.

    Args:
        memory: Has to offer its chain (`migro.ports.Ledger`) as well.
        partitions: Only these; all of them by default.
        anchor: Counts and heads exported earlier: without them nobody can tell that the newest records are missing.

    Raises:
        ConfigurationError: If the memory offers no chain.
        StoreUnavailable: If it cannot be reached.
    """
    if not isinstance(memory, Ledger):
        raise ConfigurationError(
            f"expected a memory that shows its chain (migro.ports.Ledger), got {type(memory).__name__}"
        )
    if partitions is None:
        names = {*memory.partitions(), *(() if anchor is None else anchor.heads)}
    else:
        names = set(partitions)
    store = Found(_STORE)
    for line in memory.damage() if isinstance(memory, SelfCheck) else ():
        store.add("served", "store", expected="a store whose parts fit together", got=line)
    looks = [_settled(memory, memory, name, anchor) for name in sorted(names)]
    arrived = {k.found.partition: Arrived(found=k.found, inputs=k.conservation.arrivals) for k in looks}
    check_arrivals(memory, (e for look in looks for e in look.emitted), arrived)
    check_origins(memory, (e for look in looks for e in look.emitted), arrived.values())
    return AuditReport(
        findings=(*store.findings, *(f for look in looks for f in look.found.findings)),
        partitions=len(looks),
        links=sum(look.linkage.links for look in looks),
        inputs=sum(look.inputs.total() for look in looks),
        signals=_total(SIGNAL_WORDS, (look.conservation.signals for look in looks)),
        withdrawals=_total(WITHDRAWAL_WORDS, (look.conservation.withdrawals for look in looks)),
        rewritten=sum(look.linkage.rewritten for look in looks),
        dropped=sum(look.linkage.dropped for look in looks),
        anchored=None if anchor is None else anchor.at,
    )


def _total(words: Iterable[str], counts: Iterable[Counter[str]]) -> dict[str, int]:
    total = sum(counts, Counter[str]())
    return {word: total[word] for word in ("accepted", *words)}


def _settled(memory: Memory, ledger: Ledger, name: str, anchor: Anchor | None) -> _Look:
    """Look at a partition; again while somebody writes to it, for then its parts may be of different moments."""
    look = _Look(memory, ledger, name, anchor).run()
    for _ in range(_LOOKS - 1):
        if not look.found.findings or read_partition(memory, Found(name)) == look.record:
            break
        before = frozenset(look.found.findings)
        look = _Look(memory, ledger, name, anchor).run()
        look.found.findings[:] = [f for f in look.found.findings if f in before]
    return look


class _Look:
    """One look at one partition."""

    def __init__(self, memory: Memory, ledger: Ledger, name: str, anchor: Anchor | None) -> None:
        self.found = Found(name)
        self.record = read_partition(memory, self.found)
        self.inputs: Counter[str] = Counter()
        self.emitted: list[Emitted] = []
        self._memory = memory
        self._ledger = ledger
        self._accepted = self._version = 0
        self._due: int | None = None
        self._anchored = (0, "") if anchor is None else anchor.heads.get(name, (0, ""))
        self.linkage = Linkage(self.found, self._anchored[0])
        self._records = Records(self.found)
        version = 0 if self.record is None else self.record.version
        self.conservation = Conservation(self.found, self._records, version)
        self._snapshots = Snapshots(self.found)
        # A memory serves no journal of a partition whose record is gone; its links still say what it was.
        self._journal = _Journal(iter(()) if self.record is None else read_journal(memory, self.found))

    def run(self) -> _Look:
        """Check everything, and return this look."""
        self._follow()
        if self.record is not None:
            self._check_rest()
            self._check_record(self.record)
            self.conservation.finish(self.inputs)
        self._records.check_stored(read_stored(self._ledger, self.found))
        self._records.check_served(self._memory)
        self._snapshots.check(self._memory)
        self._check_anchor(*self._anchored)
        return self

    def _follow(self) -> None:
        for link, erasure in self.linkage.walk(read_links(self._ledger, self.found)):
            match link.what:
                case "input":
                    self._accepted = self._number(link, self._accepted)
                    self.inputs[_kind(link)] += 1
                case "step":
                    self._version = self._number(link, self._version)
                    self._step(link, self._version)
                case "snapshot":
                    self._snapshots.stored(link)
                case "erasure":
                    self._snapshots.erased(link.position)
                    if erasure is not None:
                        self._records.rewrote(link.position, erasure)

    def _number(self, link: Link, before: int) -> int:
        """Return which input a link is about: the next one, unless links are missing in front of it."""
        if link.seq != before + 1:
            self._chain(link, f"the {link.what} of input {before + 1} next", f"that of input {link.seq}")
        return link.seq if before < link.seq <= before + 1 + self.linkage.missing else before + 1

    def _step(self, link: Link, seq: int) -> None:
        if seq > self._accepted:
            self._chain(link, "a step of an input that was accepted before it", "none")
        content = self._content(link)
        there, entry = (True, None) if self.record is None else self._journal.take(seq)
        if not there:
            self._gone(seq, "nothing")
        if entry is not None:
            self.conservation.consumed(entry, link, content)
        if content is None:
            return
        self._due = content.due
        self._records.wrote(link.position, seq, content)
        self._snapshots.announced(link, content)
        self.emitted += (Emitted(to=to, seq=n, link=link, found=self.found) for to, n in content.emitted)

    def _gone(self, seq: int, got: str) -> None:
        self.found.add("chain", "journal", seq=seq, expected="an input, since its link is there", got=got)

    def _content(self, link: Link) -> StepContent | None:
        if link.payload is None:
            return None  # already a finding
        try:
            return step_content(link.payload)
        except (ValueError, TypeError, RecursionError) as e:
            self.found.add(
                "payload",
                "links",
                position=link.position,
                seq=link.seq,
                expected="what a step left behind",
                got=f"{type(e).__name__}: {e}",
            )
            return None

    def _check_rest(self) -> None:
        """Check what no step has consumed; whatever numbers there are, nothing is counted up to them."""
        expected = self._version + 1
        for seq, entry in self._journal.rest():
            if seq > self._accepted:
                self.found.add("chain", "journal", seq=seq, expected="inputs that have a link", got="one that has none")
                continue
            if seq != expected:
                self._gone(expected, f"none before input {seq}")
            expected = seq + 1
            if entry is not None:
                self.conservation.pending(entry)
        if expected <= self._accepted:
            self._gone(expected, f"none up to input {self._accepted}")

    def _check_record(self, record: Partition) -> None:
        self.linkage.finish(record)
        due = None if record.due is None else to_microseconds(record.due)
        for name, expected, got in (
            ("version", self._version, record.version),
            ("accepted", self._accepted, record.accepted),
            ("due", self._due, due),
        ):
            if expected != got:
                self.found.add(
                    "served", "partitions", id=record.name, expected=f"{name} {expected}", got=f"{name} {got}"
                )

    def _check_anchor(self, links: int, head: str) -> None:
        found = self.linkage.anchored
        if links and found != head:
            got = f"hash {found}" if found else f"only {self.linkage.links} links"
            self.found.add(
                "anchor", "links", position=links, expected=f"hash {head}, as it was when it was exported", got=got
            )

    def _chain(self, link: Link, expected: str, got: str) -> None:
        self.found.add("chain", "links", position=link.position, seq=link.seq, expected=expected, got=got)


class _Journal:
    """The journal beside the chain: both are in order, so neither has to be kept."""

    def __init__(self, entries: Iterator[tuple[int, JournalEntry | None]]) -> None:
        self._entries = entries
        self._ahead = next(entries, None)

    def take(self, seq: int) -> tuple[bool, JournalEntry | None]:
        """Return whether there is an entry with that number, and the entry if it can be read."""
        while self._ahead is not None and self._ahead[0] < seq:
            self._ahead = next(self._entries, None)
        if self._ahead is None or self._ahead[0] != seq:
            return False, None
        entry = self._ahead[1]
        self._ahead = next(self._entries, None)
        return True, entry

    def rest(self) -> Iterator[tuple[int, JournalEntry | None]]:
        """Yield the entries behind, with their numbers."""
        while self._ahead is not None:
            yield self._ahead
            self._ahead = next(self._entries, None)


def _kind(link: Link) -> str:
    """Return the kind of input that a link hashes, from where it stands in the payload."""
    parts = (link.payload or b"").split(b'"', 2)
    return parts[1].decode("utf-8", "backslashreplace") if len(parts) == 3 else ""
