"""Diagnostics: what the memory knows about an action's issue, in lines for people."""

from __future__ import annotations

from collections.abc import Callable

from ..models import Action, Decision
from ..ports import Memory

__all__ = ["Diagnostics"]


class Diagnostics:
    """
    Reads the decision that an action stands for, and says it in lines.

    A draft of a reply gets what its reader may know: since when, how sure, and what was counted. Everybody else gets
    the whole explanation.

    Args:
        memory: Where the decisions are.
        redact: Every line goes through it.
    """

    def __init__(self, memory: Memory, *, redact: Callable[[str], str]) -> None:
        self._memory = memory
        self._redact = redact

    def __call__(self, action: Action) -> tuple[str, ...]:
        """Return the lines; none where the memory does not have the decision."""
        found = next(iter(self._memory.read("decisions", id=action.decision)), None)
        if found is None:
            return ()
        lines = _outside(found) if action.kind == "draft_reply" else found.explain().text().splitlines()
        return tuple(self._redact(line) for line in lines)


def _outside(decision: Decision) -> list[str]:
    issue, explanation = decision.issue, decision.explain()
    seen = [f"- {c.why}" for c in explanation.contributions if c.counted > 0 and c.why]
    human = [f"- {words}" for words in explanation.human_only]
    return [
        f"{issue.title}, first seen at {issue.first_seen:%Y-%m-%d %H:%M} UTC.",
        *(["What we saw:", *dict.fromkeys(seen)] if seen else []),
        *(["What only a person does:", *human] if human else []),
    ]
