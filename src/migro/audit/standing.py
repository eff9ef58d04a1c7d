"""How automation stands, as the journal says it: whether it is halted, by whom and why, and what waits meanwhile."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import attrs

from ..models import ActionStatus, ConfigChanged, PersonActed, RunMode
from ..ports import Memory

__all__ = ["Spoken", "Standing", "standing"]

_SHOWN = 10
"""How many words of the past are shown."""

_VERBS = ("halt", "resume", "set_mode")


@attrs.frozen(kw_only=True)
class Spoken:
    """What halted automation, let it go on, or set its mode: by whom and why; an internal error says nothing more."""

    at: datetime
    verb: str
    by: str
    why: str
    mode: str = ""


@attrs.frozen(kw_only=True)
class Standing:
    """
    How automation stands.

    Attributes:
        halted: Why it is halted; empty where it is not.
        by, since: Who halted it and when; ``migro`` where it did so itself.
        mode: How far it may go: what the policy says, or a person has lowered it to; empty where nobody has said.
        pending: Inputs that are accepted and not consumed.
        waiting, planned, started: Actions that wait for people, or are to be done, or are being done.
        open_issues: Issues that are not resolved.
        spoken: The newest words about it, oldest first.
    """

    halted: str
    by: str
    since: datetime | None
    mode: str
    pending: int
    waiting: int
    planned: int
    started: int
    open_issues: int
    spoken: tuple[Spoken, ...]

    def data(self) -> dict[str, Any]:
        """Return it as JSON data."""
        return attrs.asdict(self)


def standing(memory: Memory, *, platform: str = "platform") -> Standing:
    """
    Return how automation stands; nothing is written.

    Args:
        platform: The partition whose inputs halt automation for everybody.

    Raises:
        StoreError: If the memory cannot be reached.
    """
    spoken: list[Spoken] = []
    halt: Spoken | None = None
    policy: RunMode | None = None
    lowered: RunMode | None = None
    for entry in memory.read("journal", partition=platform):
        item = entry.input
        if isinstance(item, ConfigChanged):
            policy = item.mode
        said = _spoken(item) if isinstance(item, PersonActed) and item.verb in _VERBS else None
        if said is not None:
            spoken.append(said)
            lowered = item.mode if said.verb == "set_mode" and isinstance(item, PersonActed) else lowered
            halt = said if said.verb == "halt" else None if said.verb == "resume" else halt
        elif entry.failed and halt is None:
            halt = Spoken(at=item.at, verb="halt", by="migro", why=f"internal error at number {entry.seq}")
            spoken.append(halt)
    pending = sum(p.accepted - p.version for p in memory.read("partitions", pending=True))
    left = [a.status for a in memory.read("actions", pending=True)]
    modes = [mode for mode in (policy, lowered) if mode is not None]
    return Standing(
        halted="" if halt is None else halt.why or f"halted by {halt.by}",
        by="" if halt is None else halt.by,
        since=None if halt is None else halt.at,
        mode=min(modes).word if modes else "",
        pending=pending,
        waiting=left.count(ActionStatus.WAITING),
        planned=left.count(ActionStatus.PLANNED),
        started=left.count(ActionStatus.STARTED),
        open_issues=sum(1 for _ in memory.read("issues", pending=True)),
        spoken=tuple(spoken[-_SHOWN:]),
    )


def _spoken(item: PersonActed) -> Spoken:
    mode = item.mode.word if item.mode is not None else ""
    return Spoken(at=item.at, verb=item.verb, by=item.by, why=item.why, mode=mode)
