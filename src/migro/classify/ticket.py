"""What comes in, and what is said of it."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Final, Literal, NamedTuple

import attrs

from ..models import Band
from .segmentation import Segment

__all__ = [
    "CATEGORIES",
    "SEVERITIES",
    "Category",
    "Classification",
    "Reason",
    "Ticket",
    "TicketSeverity",
    "Where",
    "Worth",
]

Category = Literal[
    "checkout",
    "data_sync",
    "inventory",
    "integration",
    "webhook",
    "performance",
    "frontend_mismatch",
    "auth",
    "docs",
    "other",
    "unknown",
]
"""Which desk would have to fix it; unknown where nothing could be read."""

TicketSeverity = Literal["low", "medium", "high", "critical"]
Where = Literal["title", "body", "technical", "rule"]

CATEGORIES: Final[tuple[Category, ...]] = (
    "inventory",
    "webhook",
    "auth",
    "checkout",
    "performance",
    "data_sync",
    "integration",
    "frontend_mismatch",
    "docs",
    "other",
)
"""The narrower label first: of two with equal points the first one wins."""

SEVERITIES: Final[tuple[TicketSeverity, ...]] = ("low", "medium", "high", "critical")


@attrs.frozen(kw_only=True)
class Ticket:
    """
    A ticket as somebody wrote it.

    Attributes:
        id: Whatever tells it from others; kept as it is.
        title: Its subject; what stands here weighs double.
        body: Its text, HTML and all.
        language: Tag of its language, where the source knows it.
    """

    id: str | None = None
    title: str = ""
    body: str = ""
    language: str | None = None


@attrs.frozen
class Reason:
    """
    One thing that speaks for or against a label.

    Attributes:
        label: A category, or ``nature.*``, ``severity.*`` or ``audience.*``.
        points: What it is worth here.
        where: Title, body, a technical part of the body, or a rule about the whole.
        phrase: The phrase of the lexicon, or the rule; never words of the ticket.
    """

    label: str
    points: int
    where: Where
    phrase: str


class Worth(NamedTuple):
    """
    What a word of a ticket is worth.

    Attributes:
        rows: As category, points, where and word; only categories that it says anything about.
        packed: The same as one number, for adding; `vocabulary.sums_of` takes sums apart.
    """

    rows: tuple[tuple[Category, int, Where, str], ...]
    packed: int


@attrs.frozen(kw_only=True)
class Classification:
    """
    What a ticket is about, how sure that is, and why. It holds no word of the ticket.

    Attributes:
        id: The ticket's.
        category: Which desk would have to fix it.
        category2: A second desk that would be called too; None where nothing much speaks for one.
        clarity: How clearly the category won; `calibration.clarity` says how that is counted.
        confidence: How often such a label is right, in thousandths.
        doubts: Reasons to doubt it that were taken off its clarity, in words; never words of the ticket.
        trusts: Reasons to trust it that were added.
        points: What speaks for each category, most first; only those for which something does.
        severity: Effect on a live shop, as told.
        customer_facing: Whether a shopper would see or feel it.
        language: Tag of the language it was read in, or of the one that no lexicon covers.
        covered: Whether a lexicon covers the language.
        counted: Phrases and rules that counted, as label, points, where and phrase; `because` has everything in order.
        words: Single words that counted besides.
        segments: The parts of the body and what they are; places count characters of the body as it was read.
    """

    id: str | None
    category: Category
    category2: Category | None
    clarity: int
    confidence: int
    points: tuple[tuple[Category, int], ...]
    severity: TicketSeverity
    customer_facing: bool
    language: str
    covered: bool
    counted: tuple[tuple[str, int, Where, str], ...] = attrs.field(repr=False)
    doubts: tuple[str, ...] = attrs.field(default=(), repr=False)
    trusts: tuple[str, ...] = attrs.field(default=(), repr=False)
    words: tuple[Worth, ...] = attrs.field(default=(), repr=False)
    segments: tuple[Segment, ...] = attrs.field(default=(), repr=False)

    @property
    def because(self) -> tuple[Reason, ...]:
        """Everything that counted, the most first."""
        counted = [*self.counted, *(row for word in self.words for row in word.rows)]
        ordered = sorted(counted, key=lambda c: (-abs(c[1]), c[0], c[3], c[2]))
        return tuple(Reason(*one) for one in ordered)

    @property
    def band(self) -> Band:
        """Confidence in three bands."""
        return Band.HIGH if self.confidence >= 800 else Band.MID if self.confidence >= 500 else Band.LOW

    def reasons(self, label: str) -> tuple[Reason, ...]:
        """Return what counted for one label, the most first."""
        return tuple(reason for reason in self.because if reason.label == label)

    def document(self) -> Mapping[str, Any]:
        """Return the JSON form, confidence as a Decimal between 0 and 1."""
        return {
            "id": self.id,
            "category": self.category,
            "category2": self.category2,
            "confidence": Decimal(self.confidence) / 1000,
            "clarity": self.clarity,
            "band": self.band.word,
            "points": dict(self.points).get(self.category, 0),
            "alternatives": [{"category": c, "points": p} for c, p in self.points if c != self.category],
            "severity": self.severity,
            "customer_facing": self.customer_facing,
            "language": self.language,
            "covered": self.covered,
            "doubts": list(self.doubts),
            "trusts": list(self.trusts),
            "because": [attrs.asdict(reason) for reason in self.because],
            "segments": [{"kind": s.kind, "start": s.start, "end": s.end, "says": s.says} for s in self.segments],
        }
