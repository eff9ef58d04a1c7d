"""What single words are worth, found from labelled tickets: an additive model beside the phrases, in whole points."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from math import exp, sqrt
from typing import Final

import attrs

from ..classify import CATEGORIES, Category, Evidence, Vocabulary, shares_of, stem_of

__all__ = ["LabelledEvidence", "fit_vocabulary"]

_POINTS: Final = 40
"""Points that make one category e times as likely as another."""

_ROUNDS: Final = 40
_STEP: Final = 0.3


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


_STATUS: Final = 3


def _whole(weights: Sequence[float]) -> dict[Category, int]:
    rounded: dict[Category, int] = {c: round(w * _POINTS) for c, w in zip(CATEGORIES, weights, strict=True)}
    return {category: points for category, points in rounded.items() if points}


def _fitted(tickets: Sequence[LabelledEvidence], known: dict[str, int], held: int) -> list[list[float]]:
    """Return weights by word and category: steps down the gradient, ticket after ticket, each word at its pace."""
    rows = []
    often = [0] * len(known)
    for ticket in tickets:
        shares = [(known[stem], float(share)) for stem, share in shares_of(ticket.evidence.words, known).items()]
        for word, _ in shares:
            often[word] += 1
        before = [ticket.evidence.points[category] / _POINTS for category in CATEGORIES]
        rows.append((shares, before, CATEGORIES.index(ticket.category)))
    back = [held / n if n else 0.0 for n in often]
    weights = [[0.0] * len(CATEGORIES) for _ in known]
    paces = [[1e-2] * len(CATEGORIES) for _ in known]
    total = [[0.0] * len(CATEGORIES) for _ in known]
    for turn in range(_ROUNDS):
        for shares, before, truth in rows:
            scores = list(before)
            for word, share in shares:
                for at, weight in enumerate(weights[word]):
                    scores[at] += weight * share
            top = max(scores)
            odds = [exp(score - top) for score in scores]
            whole = sum(odds)
            wrong = [odd / whole for odd in odds]
            wrong[truth] -= 1.0
            for word, share in shares:
                row, pace = weights[word], paces[word]
                for at, miss in enumerate(wrong):
                    slope = miss * share + back[word] * row[at]
                    pace[at] += slope * slope
                    row[at] -= _STEP * slope / sqrt(pace[at])
        if turn >= _ROUNDS // 2:
            for mine, now in zip(total, weights, strict=True):
                for at, weight in enumerate(now):
                    mine[at] += weight
    # The mean of the later rounds: single steps swing around the best weights.
    turns = _ROUNDS - _ROUNDS // 2
    return [[weight / turns for weight in mine] for mine in total]
