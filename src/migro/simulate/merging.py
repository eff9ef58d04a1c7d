"""Several simulations on one time line: what is delivered, and what is true about all of it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TypeVar

import attrs

from ..errors import ConfigurationError
from .envelopes import Endpoint
from .people import Planted
from .timeline import Simulation
from .truth import ExpectedIssue, ForbiddenIssue, GroundTruth

__all__ = ["merged"]

T = TypeVar("T")


def merged(simulations: Sequence[Simulation], *, scenario: str, seed: int) -> Simulation:
    """
    Return several simulations as one; each delivers what it delivers alone.

    Two that expect the same issue of one merchant expect it once: from the earlier onset on, within the wider
    interval of severities, as often as it comes. What one forbids and another expects is not forbidden.

    Args:
        simulations: At least one. Those of one merchant share its endpoints; endpoints of one name have to be equal.
        scenario, seed: What the truth calls the whole.

    Raises:
        ConfigurationError: If there is none, or two endpoints of one name differ.
    """
    if not simulations:
        raise ConfigurationError("expected at least one simulation to merge, got none")
    delivered = tuple(sorted((e for s in simulations for e in s.envelopes), key=lambda e: e.received_at))
    truths = tuple(s.truth for s in simulations)
    planted = Planted()
    for truth in truths:
        for kind, values in truth.planted.items():
            planted.add(kind, *values)
    issues = _issues(truths)
    return Simulation(
        envelopes=delivered,
        truth=GroundTruth(
            scenario=scenario,
            seed=seed,
            merchants=_once(m for t in truths for m in t.merchants),
            start=min(t.start for t in truths),
            onset=min(t.onset for t in truths),
            end=max(t.end for t in truths),
            issues=issues,
            forbidden=_forbidden(truths, issues),
            allowed=tuple(sorted({a for t in truths for a in t.allowed})),
            actions=_once(a for t in truths for a in t.actions),
            forbidden_verbs=_once(v for t in truths for v in t.forbidden_verbs),
            max_messages=_together([t.max_messages for t in truths]),
            envelopes=len(delivered),
            events=sum(t.events for t in truths),
            duplicates=sum(t.duplicates for t in truths),
            lost=sum(t.lost for t in truths),
            planted=planted.values(),
        ),
        endpoints=_endpoints(simulations),
        shops=_once(shop for s in simulations for shop in s.shops),
    )


def _once(values: Iterable[T]) -> tuple[T, ...]:
    return tuple(dict.fromkeys(values))


def _together(limits: Sequence[int | None]) -> int | None:
    """Return the sum of limits; None where one of them is open."""
    stated = [n for n in limits if n is not None]
    return sum(stated) if len(stated) == len(limits) else None


def _issues(truths: Sequence[GroundTruth]) -> tuple[ExpectedIssue, ...]:
    found: dict[tuple[str | None, str], ExpectedIssue] = {}
    for issue in (i for t in truths for i in t.issues):
        key = (issue.merchant, issue.kind)
        other = found.get(key)
        found[key] = issue if other is None else _either(other, issue)
    return tuple(found.values())


def _either(one: ExpectedIssue, other: ExpectedIssue) -> ExpectedIssue:
    first, second = sorted((one, other), key=lambda i: i.onset)
    return attrs.evolve(
        first,
        mildest=min(first.mildest, second.mildest),
        gravest=max(first.gravest, second.gravest),
        parent=first.parent or second.parent,
        cases=None,
        instead=_once((*first.instead, *second.instead)),
    )


def _forbidden(truths: Sequence[GroundTruth], issues: tuple[ExpectedIssue, ...]) -> tuple[ForbiddenIssue, ...]:
    expected = {(i.kind, i.merchant) for i in issues}
    stated = tuple(f for t in truths for f in _of_its_own(t, everybody=len(truths) == 1))
    allowed = {(a.kind, m) for t in truths for a in t.allowed for m in t.merchants if a.merchant in (None, m)}
    return _once(f for f in stated if (f.kind, f.merchant) not in expected | allowed)


def _of_its_own(truth: GroundTruth, *, everybody: bool) -> Iterable[ForbiddenIssue]:
    """Return what a truth forbids; what is wrong for everybody in it is wrong for its own merchants only."""
    for forbidden in truth.forbidden:
        if forbidden.merchant is None and not everybody:
            yield from (attrs.evolve(forbidden, merchant=m) for m in truth.merchants)
        else:
            yield forbidden


def _endpoints(simulations: Sequence[Simulation]) -> tuple[Endpoint, ...]:
    found: dict[str, Endpoint] = {}
    for endpoint in (e for s in simulations for e in s.endpoints):
        if found.setdefault(endpoint.name, endpoint) != endpoint:
            raise ConfigurationError(
                f"expected endpoints of one name to be equal, got two that differ - at {endpoint.name}"
            )
    return tuple(found.values())
