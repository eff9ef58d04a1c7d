"""What single words are worth, found from labelled tickets: an additive model beside the phrases, in whole points."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from math import exp, log
from operator import mul
from typing import Any, Final

import attrs

from ..classify import CATEGORIES, Category, Classifier, Evidence, TicketRecord, Vocabulary, shares_of, stem_of
from ..errors import InputError
from .minima import minimum
from .tickets import truth_of

__all__ = ["LabelledEvidence", "fit_vocabulary", "fit_words"]

_POINTS: Final = 40
"""Points that make one category e times as likely as another."""


@attrs.frozen(kw_only=True)
class LabelledEvidence:
    """
    A ticket to learn from.

    Attributes:
        evidence: What a classifier sees in it.
        category: Which desk it is for.
        group: Its shop, project or reporter; words of one group alone are left out.
    """

    evidence: Evidence
    category: Category
    group: str = ""


def fit_vocabulary(
    tickets: Iterable[LabelledEvidence], *, least: int = 3, held: int = 20, source: str = ""
) -> Vocabulary:
    """
    Return points for single words that explain labels which phrases and rules do not explain.

    It is a multinomial logistic regression over words that begins with the points of the phrases: what these tell
    already gets no points again. It is rounded to whole points, and the same tickets in the same order always give
    the same ones. Measure it on tickets of groups that it has not seen.

    Args:
        tickets: Labelled tickets; several hundred, of many groups.
        least: In how many groups a word has to be. Names and accidents of few are left out.
        held: How strongly points are held back towards nothing; more for fewer tickets.
        source: How it was made, and from what.

    Raises:
        ValueError: If there are fewer than 100 tickets.
    """
    known = list(tickets)
    if len(known) < 100:
        raise ValueError(f"expected at least 100 labelled tickets, got {len(known)}")
    groups: dict[str, set[str]] = defaultdict(set)
    for number, ticket in enumerate(known):
        for words in ticket.evidence.words:
            for word in filter(None, words):
                # Numbers are versions and amounts, but those of three digits are answers of servers.
                if not word.isdigit() or len(word) == _STATUS:
                    groups[stem_of(word)].add(ticket.group or str(number))
    stems = sorted(stem for stem, among in groups.items() if len(among) >= least)
    weights = _fitted(known, {stem: at for at, stem in enumerate(stems)}, held)
    points = {stem: _whole(weights[at]) for at, stem in enumerate(stems)}
    return Vocabulary(points={stem: worth for stem, worth in points.items() if worth}, source=source)


def fit_words(
    records: Iterable[TicketRecord],
    classifier: Classifier,
    *,
    field: str | None = None,
    group: str | None = None,
    held: int = 20,
    source: str = "",
) -> tuple[str, Vocabulary]:
    """
    Return points for single words from the records of a labelled export, and the language that they are of.

    Tickets of other languages than the most frequent one, and those without a label, are left out.

    Args:
        records: Of an export with labels.
        classifier: Whose phrases and rules the words stand beside.
        field: Name of the field with the category, where it is called otherwise.
        group: Name of the field with the shop, project or reporter; by default the first of some usual names.
        held: As for `fit_vocabulary`.
        source: Name of the export.

    Raises:
        ValueError: If there are fewer than 100 labelled tickets of the language, or none has a word in the group's
            field: each would count as a group of its own, and names of one shop would be learned.
    """
    learned: dict[str, list[LabelledEvidence]] = defaultdict(list)
    for record in records:
        try:
            truth = truth_of(record.record, field=field)
        except InputError:
            continue
        if truth is None or record.ticket is None or truth.category not in CATEGORIES:
            continue
        evidence = classifier.evidence(record.ticket)
        if evidence is not None:
            learned[evidence.language].append(
                LabelledEvidence(evidence=evidence, category=truth.category, group=_group_of(record.record, group))
            )
    counts = Counter({language: len(tickets) for language, tickets in learned.items()})
    language, many = max(counts.items(), key=lambda item: (item[1], item[0]), default=("", 0))
    if group is not None and many and not any(ticket.group for ticket in learned[language]):
        raise ValueError(f"expected a shop, project or reporter in the field {group!r} of a ticket, got none")
    told = f"{many} labelled tickets of {source or 'an export'}; migro evaluate tickets --fit-words"
    return language, fit_vocabulary(learned[language], held=held, source=told)


def _group_of(record: Mapping[str, Any], name: str | None) -> str:
    folded = {str(key).strip().lower(): value for key, value in record.items()}
    found = (folded.get(key) for key in ([name.strip().lower()] if name else _GROUPS))
    return next((str(value) for value in found if isinstance(value, str | int) and value != ""), "")


_GROUPS: Final = (
    "group shop store brand project repo repository organization organisation company requester requester_id"
    " reporter customer author"
).split()
_STATUS: Final = 3


def _whole(weights: Sequence[float]) -> dict[Category, int]:
    rounded: dict[Category, int] = {c: round(w * _POINTS) for c, w in zip(CATEGORIES, weights, strict=True)}
    return {category: points for category, points in rounded.items() if points}


def _fitted(tickets: Sequence[LabelledEvidence], known: dict[str, int], held: int) -> list[list[float]]:
    """Return the weights by word and category that explain the labels best and are held back towards nothing."""
    many = len(CATEGORIES)
    rows = []
    for ticket in tickets:
        shares = [(known[stem] * many, float(share)) for stem, share in shares_of(ticket.evidence.words, known).items()]
        before = [ticket.evidence.points[category] / _POINTS for category in CATEGORIES]
        rows.append((shares, before, CATEGORIES.index(ticket.category)))

    def slope(weights: list[float]) -> tuple[float, list[float]]:
        loss = held / 2 * sum(map(mul, weights, weights))
        down = [held * weight for weight in weights]
        for shares, before, truth in rows:
            scores = before
            for at, share in shares:
                scores = [score + share * weight for score, weight in zip(scores, weights[at : at + many], strict=True)]
            top = max(scores)
            odds = [exp(score - top) for score in scores]
            whole = sum(odds)
            loss += log(whole) + top - scores[truth]
            wrong = [odd / whole for odd in odds]
            wrong[truth] -= 1.0
            for at, share in shares:
                down[at : at + many] = [d + share * miss for d, miss in zip(down[at : at + many], wrong, strict=True)]
        return loss, down

    found = minimum(slope, [0.0] * (len(known) * many))
    return [found[at : at + many] for at in range(0, len(found), many)]
