"""How well tickets are labelled, beside what people labelled them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from fractions import Fraction
from typing import Any, Final, get_args

import attrs

from ..classify import CATEGORIES, SEVERITIES, Category, Classification, Classifier, TicketRecord
from ..errors import InputError
from .reliability import Calibrated, assess, lower_bound, share

__all__ = ["CategoryScore", "Confusion", "Judged", "TicketScores", "Truth", "judge", "score", "truth_of"]

_CATEGORY: Final = ("category", "label", "expected", "expected_category", "gold", "desk", "class")
_CATEGORY2: Final = ("category2", "second_category", "category_2")
_KNOWN: Final = frozenset(get_args(Category))
_MISLEADS: Final = 10
"""Points from which on a phrase is named as what misled; single words are worth less and stand in every ticket."""

_YES: Final = frozenset(("true", "yes", "1", "y"))
_NO: Final = frozenset(("false", "no", "0", "n"))


@attrs.frozen(kw_only=True)
class Truth:
    """
    What people say of a ticket. None for what they do not say.

    Attributes:
        category: Which desk would have to fix it.
        category2: A second desk that would clearly be called too.
        severity: Effect on a live shop.
        customer_facing: Whether a shopper would feel it.
        sure: Whether a second reader would say the same.
    """

    category: str
    category2: str | None = None
    severity: str | None = None
    customer_facing: bool | None = None
    sure: bool | None = None


@attrs.frozen(kw_only=True)
class Judged:
    """A ticket with what was said of it and what is true of it."""

    place: str
    truth: Truth
    said: Classification

    @property
    def right(self) -> bool:
        return self.said.category == self.truth.category

    @property
    def nearly(self) -> bool:
        """Right, or the second desk."""
        return self.said.category in (self.truth.category, self.truth.category2)


@attrs.frozen(kw_only=True)
class CategoryScore:
    """
    How well one category is told.

    Attributes:
        tickets: How many are of it.
        said: How many were said to be.
        right: How many were said to be and are.
    """

    category: str
    tickets: int
    said: int
    right: int

    @property
    def precision(self) -> Decimal:
        return share(Fraction(self.right, self.said)) if self.said else Decimal(0)

    @property
    def recall(self) -> Decimal:
        return share(Fraction(self.right, self.tickets)) if self.tickets else Decimal(0)

    @property
    def f1(self) -> Decimal:
        return share(self.exact_f1)

    @property
    def exact_f1(self) -> Fraction:
        return Fraction(2 * self.right, self.tickets + self.said) if self.tickets + self.said else Fraction(0)


@attrs.frozen(kw_only=True)
class Confusion:
    """
    One category taken for another.

    Attributes:
        truth: What the tickets are.
        said: What they were said to be.
        tickets: How many.
        ids: Theirs, the first ten.
        phrases: What misled most: phrases for the wrong category with the tickets they are in, most first.
    """

    truth: str
    said: str
    tickets: int
    ids: tuple[str, ...]
    phrases: tuple[tuple[str, int], ...]


@attrs.frozen(kw_only=True)
class TicketScores:
    """
    How well tickets are labelled.

    Attributes:
        tickets: How many.
        right: With the right category.
        nearly: With the right category or the second desk.
        sure: Tickets whose labeller was sure, and how many of them are right; None where nobody says.
        macro_f1: Mean of F1 over all categories that the tickets are of.
        categories: Scores by category.
        confusion: How many tickets of the first category were said to be of the second.
        worst: The most frequent confusions.
        severity: Tickets with a true severity, those exactly right, and those at most one step off.
        customer_facing: Tickets for which it is known, and those that are right.
        calibrated: Whether confidence means what it says.
        high: Labels with a confidence of at least 0.8, and how many of them are right.
        languages: Tickets by language.
    """

    tickets: int
    right: int
    nearly: int
    sure: tuple[int, int] | None
    macro_f1: Decimal
    categories: tuple[CategoryScore, ...]
    confusion: Mapping[tuple[str, str], int]
    worst: tuple[Confusion, ...]
    severity: tuple[int, int, int] | None
    customer_facing: tuple[int, int] | None
    calibrated: Calibrated
    high: tuple[int, int]
    languages: Mapping[str, int]

    @property
    def accuracy(self) -> Decimal:
        return share(Fraction(self.right, self.tickets))

    @property
    def lenient_accuracy(self) -> Decimal:
        return share(Fraction(self.nearly, self.tickets))

    def document(self) -> dict[str, Any]:
        """Return the JSON form."""
        many, right = self.high
        return {
            "tickets": self.tickets,
            "accuracy": self.accuracy,
            "accuracy_lower_bound": lower_bound(self.right, self.tickets),
            "lenient_accuracy": self.lenient_accuracy,
            "macro_f1": self.macro_f1,
            "sure": None if self.sure is None else _of(*self.sure),
            "categories": [
                {**attrs.asdict(c), "precision": c.precision, "recall": c.recall, "f1": c.f1} for c in self.categories
            ],
            "confusion": [{"truth": t, "said": s, "tickets": n} for (t, s), n in sorted(self.confusion.items())],
            "worst": [
                {**attrs.asdict(w), "phrases": [{"phrase": p, "tickets": n} for p, n in w.phrases]} for w in self.worst
            ],
            "severity": None if self.severity is None else _severity(*self.severity),
            "customer_facing": None if self.customer_facing is None else _of(*self.customer_facing),
            "calibration": attrs.asdict(self.calibrated),
            "confidence_high": {
                "tickets": many,
                "coverage": share(Fraction(many, self.tickets)),
                "accuracy": share(Fraction(right, many)) if many else None,
                "lower_bound": lower_bound(right, many),
            },
            "languages": dict(self.languages),
        }


def _of(tickets: int, right: int) -> dict[str, Any]:
    return {"tickets": tickets, "right": right, "accuracy": share(Fraction(right, tickets)) if tickets else None}


def _severity(tickets: int, exact: int, near: int) -> dict[str, Any]:
    return {
        "tickets": tickets,
        "exact": share(Fraction(exact, tickets)),
        "within_one_step": share(Fraction(near, tickets)),
    }


def truth_of(record: Mapping[str, Any], *, field: str | None = None) -> Truth | None:
    """
    Return what people say of a ticket, or None where a record says nothing.

    Args:
        record: A record of an export, with fields such as `category`, `category2` and `severity`.
        field: Name of the field with the category, where it is called otherwise. Dots go into objects, and into lists
            of objects with an id and a value, such as the custom fields of a help desk; of a list of words the
            category among them counts.

    Raises:
        InputError: If a category is none of those there are.
    """
    folded = {str(name).strip().lower().replace(" ", "_"): value for name, value in record.items()}
    if field is None:
        category = _word(next((folded[n] for n in _CATEGORY if folded.get(n) not in (None, "")), None))
    else:
        category = _named(record, field)
    if not category:
        return None
    if category not in _KNOWN:
        raise InputError(f"expected a category, one of {', '.join(sorted(_KNOWN))}, got {category[:40]!r}")
    severity = _word(folded.get("severity"))
    told = _word(folded.get("confidence"))
    return Truth(
        category=category,
        category2=_word(next((folded[n] for n in _CATEGORY2 if folded.get(n)), None)) or None,
        severity=severity if severity in SEVERITIES else None,
        customer_facing=_yes(folded.get("customer_facing")),
        sure={"sure": True, "unsure": False}.get(told),
    )


def _named(record: Mapping[str, Any], path: str) -> str:
    """Return the word in a field of a record, its name as it is or with dots that go inside."""
    value = {str(name).strip().lower(): inside for name, inside in record.items()}.get(path.strip().lower())
    if value is None and "." in path:
        outer, inner = path.split(".", 1)
        found = record.get(outer)
        if isinstance(found, Mapping):
            return _named(found, inner)
        if isinstance(found, list):
            value = next((_value(one) for one in found if isinstance(one, Mapping) and _called(one, inner)), None)
    if isinstance(value, list):
        return next((word for word in map(_word, value) if word in _KNOWN), "")
    return _word(value)


def _called(one: Mapping[str, Any], name: str) -> bool:
    return name in (str(one.get(key)) for key in ("id", "name", "title", "key"))


def _value(one: Mapping[str, Any]) -> Any:
    return one.get("value")


def _word(value: Any) -> str:
    return value.strip().lower().replace(" ", "_").replace("-", "_") if isinstance(value, str) else ""


def _yes(value: Any) -> bool | None:
    if isinstance(value, bool):
        return value
    told = str(value).strip().lower()
    return True if told in _YES else False if told in _NO else None


def judge(
    records: Iterable[TicketRecord], classifier: Classifier, *, field: str | None = None, titles_only: bool = False
) -> Iterator[Judged | TicketRecord]:
    """
    Yield labelled tickets with what the classifier says of them, and other records with what is wrong with them.

    Such are those without a ticket, without a label, and with a label that is no category.

    Args:
        records: Of an export with labels.
        classifier: Who reads them.
        field: Name of the field with the category, where it is called otherwise.
        titles_only: Whether the texts are left out.
    """
    for record in records:
        try:
            truth = truth_of(record.record, field=field)
        except InputError as e:
            yield attrs.evolve(record, problem=record.problem or str(e))
            continue
        if record.ticket is None or truth is None:
            yield attrs.evolve(record, problem=record.problem or _unlabelled(record, field))
        else:
            ticket = attrs.evolve(record.ticket, body="") if titles_only else record.ticket
            yield Judged(place=record.place, truth=truth, said=classifier.classify(ticket))


def _unlabelled(record: TicketRecord, field: str | None) -> str:
    if field is not None:
        return f"expected a category in the field {field!r}, got none"
    names = ", ".join(str(name)[:40] for name in list(record.record)[:12]) or "none"
    return f"expected a category in a field called category or label, got the fields {names}"


def score(judged: Sequence[Judged], *, bins: int = 10) -> TicketScores:
    """
    Return how well tickets are labelled.

    Raises:
        InputError: If there are none.
    """
    if not judged:
        raise InputError("expected at least one labelled ticket, got none")
    confusion = Counter((j.truth.category, str(j.said.category)) for j in judged)
    categories = tuple(_category_scores(confusion))
    told = [c for c in categories if c.tickets]
    severe = [
        (SEVERITIES.index(j.said.severity), [str(s) for s in SEVERITIES].index(j.truth.severity))
        for j in judged
        if j.truth.severity is not None
    ]
    facing = [j.said.customer_facing == j.truth.customer_facing for j in judged if j.truth.customer_facing is not None]
    sure = [j.right for j in judged if j.truth.sure]
    high = [j.right for j in judged if j.said.confidence >= 800]
    return TicketScores(
        tickets=len(judged),
        right=sum(j.right for j in judged),
        nearly=sum(j.nearly for j in judged),
        sure=(len(sure), sum(sure)) if any(j.truth.sure is not None for j in judged) else None,
        macro_f1=share(sum((c.exact_f1 for c in told), Fraction(0)) / len(told)),
        categories=categories,
        confusion=confusion,
        worst=tuple(_worst(judged)),
        severity=(
            (len(severe), sum(a == b for a, b in severe), sum(abs(a - b) <= 1 for a, b in severe)) if severe else None
        ),
        customer_facing=(len(facing), sum(facing)) if facing else None,
        calibrated=assess([(j.said.confidence, j.right) for j in judged], bins=bins),
        high=(len(high), sum(high)),
        languages=dict(sorted(Counter(j.said.language for j in judged).items())),
    )


def _category_scores(confusion: Mapping[tuple[str, str], int]) -> Iterator[CategoryScore]:
    names = [*CATEGORIES, "unknown"]
    for name in names:
        tickets = sum(n for (truth, _), n in confusion.items() if truth == name)
        said = sum(n for (_, told), n in confusion.items() if told == name)
        if tickets or said:
            yield CategoryScore(category=name, tickets=tickets, said=said, right=confusion.get((name, name), 0))


def _worst(judged: Sequence[Judged], most: int = 10, phrases: int = 5) -> Iterator[Confusion]:
    wrong: dict[tuple[str, str], list[Judged]] = {}
    for j in judged:
        if not j.right:
            wrong.setdefault((j.truth.category, str(j.said.category)), []).append(j)
    for (truth, said), tickets in sorted(wrong.items(), key=lambda item: (-len(item[1]), item[0]))[:most]:
        misled = Counter(r.phrase for j in tickets for r in j.said.reasons(said) if r.points >= _MISLEADS)
        yield Confusion(
            truth=truth,
            said=said,
            tickets=len(tickets),
            ids=tuple((j.said.id or j.place)[:60] for j in tickets[:10]),
            phrases=tuple(sorted(misled.items(), key=lambda item: (-item[1], item[0]))[:phrases]),
        )
