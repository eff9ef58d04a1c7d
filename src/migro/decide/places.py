"""Where an action stands among all proposals of its kind for an issue: what is proposed once is proposed once."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

import attrs

from ..models import Action, ActionStatus, Severity, content_id
from ..rules import Response

__all__ = ["WITHDRAWN", "Place", "placed"]

_TOLD = frozenset({ActionStatus.PLANNED, ActionStatus.STARTED, ActionStatus.SIMULATED, ActionStatus.SUCCEEDED})

WITHDRAWN = "withdrawn: "
"""How the note of an action begins that policy took back before it began; only such a one is proposed again."""


@attrs.frozen
class Place:
    """Where an action stands among all proposals of its kind for an issue; its key is made from it."""

    issue: str
    response: Response
    step: Severity | None
    attempt: int = 0

    def key(self) -> str:
        r = self.response
        return _key(self.issue, r.kind, r.target, r.args, self.step, self.attempt)

    def next(self) -> Place:
        return attrs.evolve(self, attempt=self.attempt + 1)


@lru_cache(maxsize=4096)
def _key(
    issue: str, kind: str, target: str, args: tuple[tuple[str, str], ...], step: Severity | None, attempt: int
) -> str:
    # An issue is judged with every signal that it rests on, and each time its actions are looked up by these.
    again = [attempt] if attempt else []
    return content_id("act", issue, kind, target, list(args), step, *again)


def placed(
    response: Response, severity: Severity, issue: str, known: Mapping[str, Action]
) -> tuple[Place, Action | None]:
    """Return the place to propose at, and the action that has it already."""
    if response.risk != 0:
        return _newest(Place(issue, response, None), known)
    # Telling operators is repeated when the issue gets worse; everything else is proposed once per issue.
    for worse in sorted((s for s in Severity if s > severity), reverse=True):
        # An issue that comes back milder was told about before, in stronger words.
        place, told = _newest(Place(issue, response, worse), known)
        if told is not None and told.status in _TOLD:
            return place, told
    return _newest(Place(issue, response, severity), known)


def _newest(place: Place, known: Mapping[str, Action]) -> tuple[Place, Action | None]:
    while True:
        existing = known.get(place.key())
        if existing is None or existing.status is not ActionStatus.EXPIRED or not existing.note.startswith(WITHDRAWN):
            return place, existing
        place = place.next()
