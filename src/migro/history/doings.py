"""What people, dispatchers and time did to actions and issues, as the journal has it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Literal

import attrs

from ..models.inputs import ActionFinished, PersonActed
from ..ports import Memory

__all__ = ["Doing", "Done", "doings"]

Done = Literal[
    "approved",
    "rejected",
    "closed",
    "acknowledged",
    "assigned",
    "overdue",
    "reminded",
    "simulated",
    "succeeded",
    "failed",
    "unknown",
    "lapsed",
]
"""What can be done to an action or an issue."""

_BY_PEOPLE: Mapping[str, Done] = {
    "approve": "approved",
    "reject": "rejected",
    "resolve": "closed",
    "acknowledge": "acknowledged",
    "assign": "assigned",
}

_BY_TIME: Mapping[str, Done] = {"approval": "lapsed", "reminder": "reminded", "overdue": "overdue"}


@attrs.frozen(kw_only=True)
class Doing:
    """
    Something that was done to an action or an issue.

    Attributes:
        at: By the time of the fold, which never runs backwards.
        what: A person `approved` or `rejected` an action, or `closed`, `acknowledged` or `assigned` an issue; an action
            was `simulated`, `succeeded` or `failed`, is `unknown`, people were `reminded` of it, or it `lapsed` because
            nobody approved it in time; nobody took up or solved an issue in time, so it is `overdue`.
        target: Idempotency key of the action, or id of the issue.
        by: Role or name of the person; empty for the others.
        text: The person's reason, or one line of the actuator.
        binding: What the person saw; empty for the others.
    """

    at: datetime
    what: Done
    target: str
    by: str = ""
    text: str = ""
    binding: str = ""


def doings(memory: Memory, partition: str) -> Iterator[Doing]:
    """Yield what steps have consumed of it, in order; reads the whole journal of the partition."""
    now: datetime | None = None
    for entry in memory.read("journal", partition=partition):
        if not entry.done:
            return
        if entry.failed:
            continue
        item = entry.input
        now = item.at if now is None else max(now, item.at)
        for timer in entry.timers:
            if timer.what in _BY_TIME:
                yield Doing(at=timer.deadline, what=_BY_TIME[timer.what], target=timer.key[0])
        match item:
            case PersonActed() if item.verb in _BY_PEOPLE:
                what = _BY_PEOPLE[item.verb]
                text = "; ".join(filter(None, (f"to {item.to}" if item.to else "", item.why)))
                yield Doing(at=now, what=what, target=item.target, by=item.by, text=text, binding=item.binding)
            case ActionFinished():
                yield Doing(at=now, what=item.result.status, target=item.key, text=item.result.detail)
            case _:
                pass
