"""Diagnostics: what the memory knows about an action's issue, in lines for people."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final

from ..models import Action, Decision, PremiseTrace, SignalReceived, SignalRef
from ..ports import Memory

__all__ = ["Diagnostics"]


_TICKETS: Final = ("ticket", "conversation")


class Diagnostics:
    """
    Reads the decision that an action stands for, and says it in lines.

    A draft of a reply gets what its reader may know: since when, how sure, and what was counted. Everybody else gets
    the whole explanation.

    Args:
        redact: Every line goes through it.

    Attributes:
        memory: Where the decisions are; set it when it is there, since actuators are made before a memory is opened.
    """

    def __init__(self, memory: Memory | None = None, *, redact: Callable[[str], str]) -> None:
        self.memory = memory
        self._redact = redact

    def __call__(self, action: Action) -> tuple[str, ...]:
        """Return the lines; none where the memory does not have the decision."""
        found = self._decision(action)
        if found is None:
            return ()
        lines = _outside(found) if action.kind == "draft_reply" else found.explain().text().splitlines()
        return tuple(self._redact(line) for line in lines)

    def ticket(self, action: Action) -> str:
        """Return the id of the newest ticket that the action's decision rests on; empty where it rests on none."""
        found = self._decision(action)
        if found is None or self.memory is None:
            return ""
        traces = [c.premise for c in found.explanation.contributions if c.counted]
        tickets = sorted({(s.at, s.id) for t in traces for s in _signals(t) if s.kind == "ticket"})
        for _, id in reversed(tickets):
            for entry in self.memory.read("journal", id=id, partition=action.partition):
                if isinstance(entry.input, SignalReceived):
                    kind, ticket = entry.input.signal.resource or ("", "")
                    if kind in _TICKETS:
                        return ticket
        return ""

    def _decision(self, action: Action) -> Decision | None:
        if self.memory is None:
            return None
        return next(iter(self.memory.read("decisions", id=action.decision)), None)


def _signals(trace: PremiseTrace) -> Iterator[SignalRef]:
    yield from trace.signals
    for part in trace.parts:
        yield from _signals(part)


def _outside(decision: Decision) -> list[str]:
    issue, explanation = decision.issue, decision.explain()
    seen = [f"- {c.why}" for c in explanation.contributions if c.counted > 0 and c.why]
    human = [f"- {words}" for words in explanation.human_only]
    return [
        f"{issue.title}, first seen at {issue.first_seen:%Y-%m-%d %H:%M} UTC.",
        *(["What we saw:", *dict.fromkeys(seen)] if seen else []),
        *(["What only a person does:", *human] if human else []),
    ]
