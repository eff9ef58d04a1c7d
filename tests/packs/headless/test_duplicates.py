"""Carts that came to more than one order or charge: one case of the shop, whatever their number."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, cast

import pytest

from migro.engine import EngineState
from migro.engine.impacts import measured_amounts
from migro.models import Band, Severity, Signal, to_microseconds
from migro.packs.headless.duplicates import DUPLICATE
from migro.packs.headless.specimens import SHOP, order, payment
from migro.rules import Exposure

from .evidence import ENGINE, judged

_KIND = DUPLICATE.name
_LATER = order(900, order_id="9009", cart_ref="c9")


def _twice(*carts: str) -> Iterable[Signal]:
    for cart in carts:
        yield order(0, order_id=f"{cart}-1", cart_ref=cart)
        yield order(60, order_id=f"{cart}-2", cart_ref=cart)


def _charge(at: int, id: str, minor: int, **columns: Any) -> Signal:
    return payment(at, payment_id=id, amount_minor=minor, currency="EUR", **columns)


@pytest.mark.parametrize(("carts", "gravest"), [(2, Severity.SEV2), (3, Severity.SEV1)])
def test_three_carts_within_an_hour_are_graver_than_two(carts: int, gravest: Severity) -> None:
    found = judged(_KIND, *_twice(*(f"c{n}" for n in range(carts))), _LATER)

    assert (found.band >= Band.MID, found.severity) == (True, gravest)


def test_a_cart_that_was_made_one_again_hides_no_other() -> None:
    charged = [_charge(n, f"{cart}-{n}", 700, cart_ref=cart) for cart in ("c1", "c2") for n in (0, 60)]
    back = _charge(1_000, "c1-60", 700, cart_ref="c1", topic="payment.updated", state="voided")
    both = _charge(1_100, "c2-60", 700, cart_ref="c2", topic="payment.updated", state="reversed")

    assert judged(_KIND, *charged, _LATER, back).band >= Band.MID
    assert judged(_KIND, *charged, _LATER, back, both).band is Band.LOW


def test_what_was_charged_again_is_counted_for_each_cart_by_itself() -> None:
    state = EngineState()
    for signal in (
        _charge(0, "once", 5_000, cart_ref="c0"),
        *(_charge(n, f"a{n}", 1_000, cart_ref="c1") for n in (1, 2, 3)),
        *(_charge(n, f"b{n}", 200, cart_ref="c2") for n in (4, 5)),
        # Parts of one sum, one that was taken back, and charges of no cart that anybody names.
        *(_charge(n, f"p{n}", n, cart_ref="c3") for n in (6, 7)),
        *(_charge(n, f"v{n}", 40, cart_ref="c4") for n in (8, 9)),
        _charge(10, "v9", 40, cart_ref="c4", topic="payment.updated", state="voided"),
        *(_charge(n, f"n{n}", 3) for n in (11, 12)),
    ):
        ENGINE.insert(state, signal, to_microseconds(signal.received_at))
        ENGINE.settle(state)
    assert DUPLICATE.impact is not None
    stake = cast(Exposure, DUPLICATE.impact.exposures[0])
    found = measured_amounts(ENGINE, state, stake.amounts, DUPLICATE.per, (SHOP,))

    assert [(a.currency, int(a.minor), a.things) for a in found] == [("EUR", 2_200, 3)]
