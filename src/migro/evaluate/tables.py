"""Scores as text for people."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from fractions import Fraction
from typing import Final

from .reliability import lower_bound, share
from .tickets import TicketScores

__all__ = ["lines_of"]

_REJECTS: Final = Decimal("0.05")


def lines_of(found: TicketScores) -> Iterator[str]:
    """Yield the lines of a report."""
    yield f"{found.tickets} tickets"
    yield ""
    yield f"  accuracy             {found.accuracy}  (one-sided 95 % bound {lower_bound(found.right, found.tickets)})"
    yield f"  with the second desk {found.lenient_accuracy}"
    yield f"  macro-F1             {found.macro_f1}"
    if found.sure is not None and found.sure[0]:
        yield f"  where people are sure {_of(*reversed(found.sure))}"
    if found.severity is not None:
        tickets, exact, near = found.severity
        yield f"  severity             {_of(exact, tickets)}, within one step {_of(near, tickets)}"
    if found.customer_facing is not None:
        yield f"  customer-facing      {_of(*reversed(found.customer_facing))}"
    yield ""
    yield from _confidence(found)
    yield ""
    yield from _by_category(found)
    yield ""
    yield from _matrix(found)
    if found.worst:
        yield ""
        yield from _confusions(found)


def _of(part: int, whole: int) -> str:
    return f"{share(Fraction(part, whole)) if whole else '-'} ({part} of {whole})"


def _confidence(found: TicketScores) -> Iterator[str]:
    many, right = found.high
    yield "Confidence"
    yield f"  at least 0.8         {_of(many, found.tickets)} of all tickets"
    yield f"    of these right     {_of(right, many)}, one-sided 95 % bound {lower_bound(right, many)}"
    calibrated = found.calibrated
    yield f"  Brier {calibrated.brier}, expected error {calibrated.expected_error}"
    if calibrated.p is None:
        yield "  Spiegelhalter: cannot be computed"
    else:
        verdict = "rejected" if calibrated.p < _REJECTS else "not rejected"
        yield f"  Spiegelhalter z {calibrated.z}, p {calibrated.p}: calibration {verdict} at 0.05"
    for b in calibrated.bins:
        bar, right_share = "#" * (20 * b.right // b.tickets), _of(b.right, b.tickets)
        yield f"  {b.low / 1000:.1f}-{b.high / 1000:.1f}  said {b.said / 1000:.2f}  right {right_share:24} {bar}"


def _by_category(found: TicketScores) -> Iterator[str]:
    yield f"  {'category':18}{'tickets':>8}{'precision':>11}{'recall':>8}{'F1':>8}"
    for c in found.categories:
        yield f"  {c.category:18}{c.tickets:8}{c.precision:11}{c.recall:8}{c.f1:8}"


def _matrix(found: TicketScores) -> Iterator[str]:
    names = [c.category for c in found.categories]
    yield "Confusion: a row is what tickets are, a column what they were said to be"
    yield f"  {'':18}" + "".join(f"{name[:7]:>8}" for name in names)
    for truth in names:
        yield f"  {truth:18}" + "".join(f"{found.confusion.get((truth, said), 0) or '.':>8}" for said in names)


def _confusions(found: TicketScores) -> Iterator[str]:
    yield "Worst confusions, with the phrases that misled"
    for w in found.worst:
        yield f"  {w.tickets} x {w.truth} taken for {w.said}: {', '.join(w.ids[:5])}"
        for phrase, tickets in w.phrases[:3]:
            yield f"      {tickets} x {phrase[:90]}"
