"""The signals, features and issue kinds that random rules are about."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any

from migro.expressions import UNSET, Attr, Maybe, MaybeKey
from migro.expressions.features import feature
from migro.models import Signal
from migro.rules import IssueKind

__all__ = ["CLASSES", "KINDS", "LEVELS", "PER", "A", "B", "Basket", "Owner", "Shop", "brittle", "heft", "kind_of"]

Names = tuple[str, ...]


class A(Signal, kind="test.a"):
    cart: MaybeKey[str] = UNSET
    code: Maybe[int] = UNSET
    ok: Attr[bool]
    word: Maybe[str] = UNSET
    amount: Maybe[Decimal] = UNSET
    tags: Maybe[frozenset[str]] = UNSET
    more: Maybe[frozenset[str]] = UNSET
    size: Maybe[int] = UNSET
    begin: Maybe[datetime] = UNSET
    end: Maybe[datetime] = UNSET


class B(Signal, kind="test.b"):
    cart: MaybeKey[str] = UNSET
    code: Maybe[int] = UNSET
    word: Maybe[str] = UNSET


class Shop(Signal, kind="test.shop"):
    """A fact about a merchant."""

    limit: Maybe[int] = UNSET
    host: Maybe[str] = UNSET
    tags: Maybe[frozenset[str]] = UNSET


class Basket(Signal, kind="test.basket"):
    """A fact about a cart of a merchant."""

    cart: MaybeKey[str] = UNSET
    limit: Maybe[int] = UNSET


class Owner(Signal, kind="test.owner"):
    """A fact about a merchant that leads to another key."""

    org: MaybeKey[str] = UNSET


@feature("test.heft", version=1)
def heft(signal: A) -> int | None:
    return None if signal.code is None or signal.word is None else signal.code + len(signal.word)


@feature("test.brittle", version=1)
def brittle(signal: A) -> bool:
    if signal.word == "z":
        raise ValueError("expected another word")
    return signal.ok


CLASSES: tuple[type[Signal], ...] = (A, B, Shop, Basket, Owner)
PER: dict[type[Signal], dict[Names, Any]] = {
    A: {("merchant",): A.merchant, ("merchant", "cart"): (A.merchant, A.cart), ("cart",): A.cart},
    B: {("merchant",): B.merchant, ("merchant", "cart"): (B.merchant, B.cart), ("cart",): B.cart},
    Basket: {
        ("merchant",): Basket.merchant,
        ("merchant", "cart"): (Basket.merchant, Basket.cart),
        ("cart",): Basket.cart,
    },
    Signal: {("merchant",): Signal.merchant},
}
"""What signals can be grouped by."""

LEVELS = 3
KINDS: dict[tuple[int, Names], IssueKind[Any]] = {
    (level, per): IssueKind[Any](f"k{level}-{'-'.join(per)}", category="unknown", per=per)
    for level in range(LEVELS)
    for per in (("merchant",), ("merchant", "cart"), ("cart",), ("merchant", "org"), ("org",))
}


def kind_of(level: int, per: Names) -> IssueKind[Any]:
    return KINDS[level, per]
