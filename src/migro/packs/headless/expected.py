"""
Expected events: planned days on which more of everything comes. They raise what counts as usual, and mute nothing.

Only rules that compare a volume with the usual one are made in steps. Shares, times and things that are missing are
judged on such a day as on any other.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import timedelta
from typing import Any

import attrs

from ...expressions import Pred
from ...models.signal import MerchantId, Signal
from ...rules import During, Premise, Rule, during, fires, on, silent
from ...rules.rule import DEFAULT_LASTS
from .planning_signals import Interval
from .specimens import SHOP
from .specimens_operations import INTERVAL, START, said

__all__ = ["EXPECTED_EVENTS", "expected", "raised"]

EXPECTED_EVENTS = ("activation", "campaign", "cutover", "go_live", "import")
"""What the intervals are called in which more than usual is expected."""

_EVENT: Pred[Interval] = Interval.what.one_of(*EXPECTED_EVENTS)
# What the host does not say counts as three times the usual; one that says "as usual" expects nothing.
_MORE: Pred[Interval] = Interval.expected_percent.missing() | (Interval.expected_percent > 100)


def expected(*, slack: timedelta, more_than: int = 100) -> During[MerchantId]:
    """Hold during an expected event, and `slack` after it, for which more than that many per cent are expected."""
    size = _MORE if more_than == 100 else Interval.expected_percent > more_than
    return during(
        on(Interval, _EVENT, size, per=Interval.merchant),
        starts=Interval.starts_at,
        ends=Interval.ends_at,
        slack=slack,
    )


def raised(
    rule: Rule[MerchantId],
    over: Callable[[int], Premise[MerchantId]],
    shown: Callable[[int], Iterable[Signal]],
    edge: int,
) -> tuple[Rule[MerchantId], ...]:
    """
    Return a rule about a volume in three steps: as it is, against three times the usual, against ten times.

    The first rests during an expected event, the second during one that is to bring more than three times the usual.
    The third never rests, so that no word of the host mutes a volume altogether.

    Args:
        rule: About the usual volume, without a thought of events.
        over: Makes its premise for a baseline that is so many times the usual.
        shown: Makes an example out of a volume.
        edge: The least volume for which the rule fires.
    """
    lasts = rule.lasts or timedelta(microseconds=max(DEFAULT_LASTS, over(1).longest))
    # What was seen in the last moment of the event counts as evidence for a while, and was expected.
    calm, threefold = expected(slack=lasts), expected(slack=lasts, more_than=300)
    return (
        attrs.evolve(
            rule,
            when=over(1) & ~calm,
            lasts=lasts,
            examples=(*rule.examples, silent("expected", _event(), *shown(edge))),
        ),
        _step(
            rule,
            "threefold",
            over(3) & ~threefold,
            lasts,
            fires("more than expected", _event(), *shown(3 * edge), for_=SHOP),
            silent("a little less", _event(), *shown(3 * edge - 1)),
            silent("more is expected", _event(expected_percent=301), *shown(3 * edge)),
        ),
        _step(
            rule,
            "tenfold",
            over(10),
            lasts,
            fires("whatever is expected", _event(expected_percent=5_000), *shown(10 * edge), for_=SHOP),
            silent("a little less", _event(expected_percent=1_000), *shown(10 * edge - 1)),
        ),
    )


def _step(
    rule: Rule[MerchantId], name: str, when: Premise[MerchantId], lasts: timedelta, *examples: Any
) -> Rule[MerchantId]:
    why = f"Expected {name}: {rule.why[0].lower()}{rule.why[1:]}"
    return attrs.evolve(rule, id=f"{rule.id}-{name}", when=when, why=why, lasts=lasts, examples=examples)


def _event(**columns: Any) -> Interval:
    begins, ends = START - timedelta(hours=1), START + timedelta(days=2)
    return said(INTERVAL, 0, what="campaign", starts_at=begins, ends_at=ends, **columns)
