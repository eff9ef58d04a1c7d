"""Issue kinds: what rules conclude about, with everything a decision needs to know about a failure mode."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import timedelta
from fractions import Fraction
from types import MappingProxyType
from typing import Any, Generic, TypeVar, get_args

import attrs

from ..errors import RuleDefinitionError
from ..expressions import Document, encode, microseconds
from ..models import Category, Risk, Severity
from .impact import ImpactModel

__all__ = ["LOWEST_RISK", "PLACEHOLDERS", "PRIOR", "SAME_ONSET", "IssueKind", "Response", "SeverityScale"]

K = TypeVar("K")

PLACEHOLDERS = frozenset({"issue", "kind", "title", "merchant", "first_seen", "severity", "confidence"})
"""What a response's arguments may name in braces."""

LOWEST_RISK: Mapping[str, Risk] = MappingProxyType(
    {
        **dict.fromkeys(("cancel", "capture", "charge", "delete", "drop", "erase", "pay", "purge"), Risk.R4),
        **dict.fromkeys(("refund", "transfer", "truncate", "void", "wipe"), Risk.R4),
        **dict.fromkeys(("disable", "replay", "restart", "rollback"), Risk.R3),
        **dict.fromkeys(("message", "publish", "reply"), Risk.R2),
    }
)
"""The lowest risk that a verb can be declared with, by its first word: what destroys or pays is never harmless."""

PRIOR = -100
"""Points before any evidence: about 9 % of such suspicions are real."""

SAME_ONSET = 15 * 60 * 1_000_000
"""How far apart cause and consequence may be found, in microseconds, where the cause says no more."""


@attrs.frozen(kw_only=True)
class SeverityScale:
    """
    How bad an issue of a kind is. Confidence never enters.

    Attributes:
        default: Without a known impact.
        by_share: Lowest lost share at which a severity holds, worst first; the first that is reached counts.
        below: Where a share is known and reaches none of `by_share`.
        customer_facing: Whether shoppers meet it: then it is SEV3 at least where nobody knows what it costs.
    """

    default: Severity
    by_share: tuple[tuple[Severity, Fraction], ...] = ()
    below: Severity = Severity.SEV4
    customer_facing: bool = False

    def document(self) -> Document:
        facing: Document = {"customer_facing": True} if self.customer_facing else {}
        return {
            **facing,
            "default": self.default.word,
            "by_share": [[s.word, encode(f)] for s, f in self.by_share],
            "below": self.below.word,
        }


def _risk(value: object) -> Risk:
    if not isinstance(value, Risk):
        raise RuleDefinitionError(f"Response.risk: expected a Risk such as Risk.R1, got {value!r}")
    return value


def _microseconds(value: timedelta | int | None, where: str) -> int:
    length = microseconds(value) if isinstance(value, timedelta) else value
    if type(length) is not int or length <= 0:
        raise RuleDefinitionError(f"{where}: expected a span above 0 such as minutes(10), got {value!r}")
    return length


def _span(value: timedelta | int | None) -> int | None:
    return None if value is None else _microseconds(value, "Response.every")


def _lag(value: timedelta | int) -> int:
    return _microseconds(value, "IssueKind.lag")


def _lead(value: timedelta | int) -> int:
    return _microseconds(value, "IssueKind.lead")


def _several(value: Iterable[str]) -> tuple[str, ...]:
    if isinstance(value, str) or not all(isinstance(word, str) and word for word in value):
        raise RuleDefinitionError(f"IssueKind.causes and .about: expected words such as ('orders',), got {value!r}")
    return tuple(value)


def _pairs(value: Mapping[str, str] | Iterable[tuple[str, str]]) -> tuple[tuple[str, str], ...]:
    return tuple(dict(value).items())


@attrs.frozen
class Response:
    """
    An action that an issue of a kind asks for; policy decides whether it happens.

    Attributes:
        kind: The verb, such as ``notify`` or ``draft_reply``.
        risk: What it can do at worst.
        target: A role such as ``on_call`` or ``merchant_contact``.
        args: Constant words for the actuator, by name. The fields in `PLACEHOLDERS` are filled in: ``{severity}``.
        from_severity: Only proposed from this severity on.
        every: For what looks again: how long after an issue became unclear it is proposed, and how long after that
            again, in microseconds; give a span. It is unclear at medium confidence. None for a response that is
            proposed at once.
        times: How often at most it is proposed for an issue; then a person has to look.

    Raises:
        RuleDefinitionError: For a span that is not positive, or `times` without it or outside 1 to 10.
    """

    kind: str
    risk: Risk = attrs.field(converter=_risk)
    target: str
    args: tuple[tuple[str, str], ...] = attrs.field(kw_only=True, default=(), converter=_pairs)
    from_severity: Severity = attrs.field(kw_only=True, default=Severity.SEV4)
    every: int | None = attrs.field(kw_only=True, default=None, converter=_span)
    times: int = attrs.field(kw_only=True, default=1)

    def __attrs_post_init__(self) -> None:
        if type(self.times) is not int or not 1 <= self.times <= 10 or (self.every is None and self.times > 1):
            raise RuleDefinitionError(f"Response.times: expected 1 to 10, beside every=, got {self.times!r}")

    def numbered(self, attempt: int) -> Response:
        """Return one attempt of a response that looks again, from 1: an action of its own."""
        return attrs.evolve(self, args=(*self.args, ("attempt", f"{attempt} of {self.times}")))

    def document(self) -> Document:
        again = {} if self.every is None else {"every": self.every, "times": self.times}
        return {
            **again,
            "kind": self.kind,
            "risk": self.risk.word,
            "target": self.target,
            "args": dict(self.args),
            "from": self.from_severity.word,
        }


@attrs.frozen(eq=False)
class IssueKind(Generic[K]):
    """
    A failure mode about keys of type `K`: ``IssueKind[MerchantId]("checkout_down", category="checkout")``.

    Attributes:
        name: Stable name in records and reports.
        category: Which desk has to fix it.
        per: Names of the key columns; rules about this kind have to be about the same.
        title: One line for people.
        what: What happens and why, in a sentence or two.
        severity: How bad it is.
        harm: Who loses what by it and what makes it worse: the reason of the scale, in words.
        impact: How to estimate what it costs.
        responses: What to do about it.
        human_only: What stays a person's to do, in words.
        false_positives: What looks like it and is not, and other traps of its signs.
        related: Names of the modes that it is often confused or comes together with.
        sources: Short citations of public documents that show it.
        prior: Points before any evidence.
        systemic: Whether it is about the platform instead of one merchant.
        causes: Names of the kinds that it brings about by itself: an issue of such a kind that shares evidence with
            one of this kind is its consequence.
        lag: For how long after its own onset such a consequence may begin, in microseconds; give a span.
        lead: For how long before its own onset it may have been found: what is known by its consequences alone is
            found after the first of them.
        about: What it concerns, in the words that signals use, such as ``inventory`` or ``payment``: evidence of
            another issue that names one of these is shared.

    Raises:
        RuleDefinitionError: If one of these is no such value; the message says which.
    """

    name: str
    category: Category = attrs.field(kw_only=True)
    per: tuple[str, ...] = attrs.field(kw_only=True, default=("merchant",))
    title: str = attrs.field(kw_only=True, default="")
    what: str = attrs.field(kw_only=True, default="")
    severity: SeverityScale = attrs.field(kw_only=True, default=SeverityScale(default=Severity.SEV3))
    harm: str = attrs.field(kw_only=True, default="")
    impact: ImpactModel | None = attrs.field(kw_only=True, default=None)
    responses: tuple[Response, ...] = attrs.field(kw_only=True, default=())
    human_only: tuple[str, ...] = attrs.field(kw_only=True, default=())
    false_positives: str = attrs.field(kw_only=True, default="")
    related: tuple[str, ...] = attrs.field(kw_only=True, default=())
    sources: tuple[str, ...] = attrs.field(kw_only=True, default=())
    prior: int = attrs.field(kw_only=True, default=PRIOR)
    systemic: bool = attrs.field(kw_only=True, default=False)
    causes: tuple[str, ...] = attrs.field(kw_only=True, default=(), converter=_several)
    lag: int = attrs.field(kw_only=True, default=SAME_ONSET, converter=_lag)
    lead: int = attrs.field(kw_only=True, default=SAME_ONSET, converter=_lead)
    about: tuple[str, ...] = attrs.field(kw_only=True, default=(), converter=_several)

    def follows(self, onset: int, began: int) -> bool:
        """
        Return whether what began then may follow from an issue of this kind, by time alone.

        Args:
            onset: When this issue was found, in microseconds.
            began: When the other one was.
        """
        # Either may be noticed first, where both begin at once.
        return -max(SAME_ONSET, self.lead) <= began - onset <= max(SAME_ONSET, self.lag)

    def __attrs_post_init__(self) -> None:
        if not self.name or not isinstance(self.name, str):
            raise RuleDefinitionError(f"an issue kind needs a name, got {self.name!r}")
        if self.category not in get_args(Category):
            raise RuleDefinitionError(
                f"issue kind {self.name!r}: expected a category of {', '.join(get_args(Category))},"
                f" got {self.category!r}"
            )
        if not self.per or not isinstance(self.per, tuple):
            raise RuleDefinitionError(
                f"issue kind {self.name!r}: per= takes a tuple of key names such as ('merchant',), got {self.per!r}"
            )
        if len({(r.every, r.times) for r in self.rechecks}) > 1:
            raise RuleDefinitionError(
                f"issue kind {self.name!r}: expected responses that look again to agree in every= and times="
            )

    @property
    def rechecks(self) -> tuple[Response, ...]:
        """The responses that look again while an issue is unclear."""
        return tuple([r for r in self.responses if r.every is not None])

    def document(self) -> dict[str, Any]:
        """Return the part of the kind that can change a decision; prose is none."""
        early = {} if self.lead == SAME_ONSET else {"lead": self.lead}
        causing = {} if not self.causes else {"causes": sorted(self.causes), "lag": self.lag, **early}
        about = {} if not self.about else {"about": sorted(self.about)}
        return {
            **causing,
            **about,
            "name": self.name,
            "category": self.category,
            "per": list(self.per),
            "prior": self.prior,
            "systemic": self.systemic,
            "severity": self.severity.document(),
            "impact": self.impact.document() if self.impact else None,
            "responses": [r.document() for r in self.responses],
        }
