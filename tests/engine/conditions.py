"""Random conditions, terms and selections."""

from __future__ import annotations

from decimal import Decimal
from random import Random
from typing import Any

from migro.expressions import Pred, fact, percent
from migro.models import Signal
from migro.rules import Selection, on

from .profiles import Profile, us
from .vocabulary import PER, A, B, Basket, Names, Shop, heft

__all__ = ["numeric", "predicate", "selection", "valued"]


def predicate(
    r: Random, p: Profile, cls: type[Signal], per: Names, depth: int = 2, *, plain: bool = False
) -> Pred[Any]:
    """Return a condition on a class; a plain one reads nothing but its own signal."""
    if depth and r.random() < 0.25:
        left, right = (predicate(r, p, cls, per, depth - 1, plain=plain) for _ in range(2))
        joined: list[Pred[Any]] = [left & right, left | right, ~left]
        return r.choice(joined)
    if cls is Signal:
        on_any: list[Pred[Any]] = [
            Signal.kind == "test.a",
            Signal.kind.one_of("test.a", "test.shop"),
            Signal.status.missing(),
            Signal.status >= 500,
            Signal.features.has("x"),
            Signal.features == frozenset({"x"}),
        ]
        return r.choice(on_any)
    if cls is Basket:
        on_basket: list[Pred[Any]] = [Basket.limit.present(), Basket.limit >= 2]
        return r.choice(on_basket)
    choices = [_ordinary(r, cls)]
    if cls is A:
        choices.append(_of_a(r))
    if not plain:
        choices.append(_with_history(r, p, cls))
        choices.append(_with_fact(r, cls, per))
    return r.choice(choices)


def _ordinary(r: Random, column: Any) -> Pred[Any]:
    choices = [
        lambda: column.code == r.randrange(3),
        lambda: column.code != r.randrange(3),
        lambda: column.code >= 1,
        lambda: column.code < 2,
        lambda: column.code.between(1, 2),
        lambda: column.code.one_of(0, 2),
        lambda: column.code.present(),
        lambda: column.code.missing(),
        lambda: column.word == r.choice(("x", "y")),
        lambda: column.word.matches("^x|z$"),
        lambda: column.word.one_of("y", "z"),
        lambda: column.code + 1 >= 2,
        lambda: abs(column.code - 1) < 1,
    ]
    return r.choice(choices)()  # type: ignore[no-any-return]  # every choice makes one


def _of_a(r: Random) -> Pred[Any]:
    choices: list[Any] = [
        lambda: A.ok == (r.random() < 0.5),
        lambda: A.amount > Decimal(1),
        lambda: A.amount == Decimal("1.50"),
        lambda: A.amount - Decimal("0.5") <= Decimal("0.5"),
        lambda: A.amount.scaled(percent(50)) < Decimal("0.75"),
        lambda: A.code.scaled(percent(50)) >= 1,
        lambda: A.code + A.size >= 3,
        lambda: A.size <= A.code,
        lambda: A.tags.has("x"),
        lambda: A.tags == frozenset({"x", "y"}),
        lambda: A.tags.covers(A.more),
        lambda: A.tags.lacks(frozenset({"x", "y"})),
        lambda: A.more.overlaps(A.tags),
        lambda: A.end - A.begin >= us(r.choice((1, 2, 3_600_000_000))),
        lambda: A.begin + us(2) > A.end,
        lambda: A.begin <= A.end,
        lambda: heft >= 2,
        lambda: heft.missing(),
        lambda: A.word.among(r.choice((frozenset({"x"}), A.more, A.tags))),
    ]
    return r.choice(choices)()  # type: ignore[no-any-return]  # every choice makes one


def _with_history(r: Random, p: Profile, column: Any) -> Pred[Any]:
    return r.choice((column.code, column.word)).first_seen(horizon=p.span(r))  # type: ignore[no-any-return]


def _with_fact(r: Random, column: Any, per: Names) -> Pred[Any]:
    choices: list[Any] = [
        lambda: column.code > fact(Basket.limit),
        lambda: column.code != fact(Basket.limit, default=2),
    ]
    if "merchant" in per:
        choices += [
            lambda: column.code >= fact(Shop.limit),
            lambda: column.code == fact(Shop.limit, default=1),
            lambda: column.word != fact(Shop.host),
            lambda: column.code + fact(Shop.limit) >= 2,
        ]
        if column is A:
            choices += [lambda: A.tags.overlaps(fact(Shop.tags)), lambda: A.word.among(fact(Shop.tags))]
    return r.choice(choices)()  # type: ignore[no-any-return]  # every choice makes one


def selection(r: Random, p: Profile, per: Names, *, numbers: bool = False, plain: bool = False) -> Selection[Any, Any]:
    """Return a selection; with `numbers` of a class that has some."""
    options: list[type[Signal]] = [A, A, A, B, B]
    if not numbers:
        options.append(Basket)
        if per == ("merchant",):
            options.append(Signal)
    cls = r.choice(options)
    predicates = [predicate(r, p, cls, per, plain=plain) for _ in range(r.choice((0, 0, 0, 0, 1, 1, 2)))]
    weight: Any = None
    if r.random() < 0.2:
        weight = {A: r.choice((A.size, A.size, A.code)), B: B.code, Signal: Signal.status}.get(cls)
    return on(cls, *predicates, per=PER[cls][per], weight=weight)


def numeric(r: Random, chosen: Selection[Any, Any]) -> Any:
    """Return a term that is a number."""
    column: Any = chosen.signal
    terms = [column.code, column.code, column.code + 1]
    if chosen.signal is A:
        terms += [A.amount, A.amount, A.size - A.code, A.code.scaled(percent(50)), heft]
    return r.choice(terms)


def valued(r: Random, chosen: Selection[Any, Any]) -> Any:
    """Return a term with any value."""
    columns: list[Any] = [chosen.signal.merchant, *chosen.per]
    if chosen.signal in (A, B):
        columns += [chosen.signal.c.code, chosen.signal.c.word, chosen.signal.c.word]
    return r.choice(columns)
