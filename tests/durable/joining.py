"""Random rule sets that join many conditions and read each other's issues, and fire often."""

from __future__ import annotations

from datetime import timedelta
from random import Random
from typing import Any

from migro.expressions import seconds
from migro.rules import Known, Premise, Rule, RuleSet, during, given, known, on
from tests.engine.premises import timed
from tests.engine.profiles import TINY
from tests.engine.streams import conclusion
from tests.engine.vocabulary import CLASSES, KINDS, LEVELS, A, B, Shop

__all__ = ["joined_rules"]

_PER = ("merchant",)


def joined_rules(r: Random) -> RuleSet:
    """Return four to twelve rules over a few conditions that they share, in up to three strata."""
    pool = [_condition(r) for _ in range(r.randint(2, 7))]
    rules = [_rule(r, number, min(number // 2, r.randrange(LEVELS)), pool) for number in range(r.randint(4, 12))]
    return RuleSet("joined", *rules, signals=CLASSES)


def _rule(r: Random, number: int, level: int, pool: list[Premise[Any]]) -> Rule[Any]:
    parts = r.sample(pool, min(len(pool), r.choice((1, 2, 2, 3, 4))))
    if level:
        parts += [_known(r, r.randrange(level)) for _ in range(r.choice((0, 1, 1, 2)))]
        if r.random() < 0.2 and any(isinstance(p, Known) and not p.negated for p in parts):
            parts = [p for p in parts if isinstance(p, Known)]
    r.shuffle(parts)
    when = parts[0]
    for part in parts[1:]:
        when = when & part
    lasts: timedelta | None = r.choice((None, None, seconds(2)))
    return Rule(f"r{number}", when=when, then=conclusion(r, KINDS[level, _PER]), lasts=lasts, salience=r.randrange(3))


def _known(r: Random, level: int) -> Premise[Any]:
    below = known(KINDS[level, _PER], at_least_points=r.choice((-30, 0, 1, 30, 50, 60, 105)))
    return ~below if r.random() < 0.3 else below


def _condition(r: Random) -> Premise[Any]:
    per: Any = A.merchant
    made: list[Any] = [
        lambda: on(A, per=per),
        lambda: on(A, A.code == r.randrange(3), per=per),
        lambda: on(A, A.word == r.choice(("x", "y")), per=per),
        lambda: on(B, per=B.merchant),
        lambda: on(B, B.code >= 1, per=B.merchant),
        lambda: on(A, A.ok == True, per=per).unless(on(A, A.ok == False, per=per)),  # noqa: E712
        lambda: on(A, per=per).at_least(2, within=TINY.span(r)),
        lambda: on(A, per=per).within(TINY.span(r)),
        lambda: on(A, per=per).without(on(B, per=B.merchant), within=TINY.span(r)),
        lambda: (on(A, per=per) & on(B, per=B.merchant)).unless(on(A, A.code == 2, per=per)),
        lambda: during(on(A, per=per), starts=A.begin, ends=A.end, slack=TINY.span(r)) & on(B, per=B.merchant),
        lambda: given(Shop, Shop.limit >= 1, per=Shop.merchant) & on(A, per=per),
        lambda: timed(r, TINY, _PER, 1),
        lambda: timed(r, TINY, _PER, 1),
    ]
    condition: Premise[Any] = r.choice(made)()
    return condition
