"""What waited for people at a moment: answers to anything else count for nothing."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from ..models.action import Action

__all__ = ["Offers"]


class Offers:
    """The bindings under which actions were put in front of people, in the order of decisions."""

    def __init__(self) -> None:
        self._made: dict[str, list[tuple[datetime, str]]] = {}

    def add(self, at: datetime, key: str, binding: str) -> None:
        """Take in how a decision bound an action."""
        self._made.setdefault(key, []).append((at, binding))

    def complete(self, actions: Iterable[Action]) -> None:
        """Take in actions that no decision is kept for."""
        for action in actions:
            self._made.setdefault(action.idempotency_key, [(action.at, action.binding)])

    def stood(self, key: str, binding: str, at: datetime) -> bool:
        """Whether the action was bound so at that moment; a decision of that very moment may come before or after."""
        made = self._made.get(key, [])
        before = [bound for when, bound in made if when < at]
        return binding in before[-1:] or (at, binding) in made
