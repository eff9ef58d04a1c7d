"""Listings: what a whole list said at one time, whichever side it is of."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

import attrs

from ..models import Signal
from ..observe.parsing import moment

__all__ = ["Listing", "OrderEntry", "StockEntry", "SubscriptionEntry"]


@attrs.frozen(kw_only=True)
class OrderEntry:
    """
    One order of a side. What nobody knows stays at its default.

    Attributes:
        id: The id that both sides know it by.
        placed_at: When, aware.
        paid: Whether it is paid.
        on_hold: Whether it waits on purpose.
        imported: Whether it came with the migration.
        other_channel: Whether it is meant to stay where it is, as one of a till.
        mails, labels: Mails and shipping labels that are known to have been made because of it since the import.
        test: Whether it is a test order, which neither side has to have.
    """

    id: str
    placed_at: datetime
    paid: bool = False
    on_hold: bool = False
    imported: bool = False
    other_channel: bool = False
    mails: int = 0
    labels: int = 0
    test: bool = False

    @classmethod
    def of(cls, signals: Iterable[Signal]) -> tuple[OrderEntry, ...]:
        """Return the orders among what a poll listed; of one that is listed twice the newest word."""
        found: dict[str, OrderEntry] = {}
        for signal in sorted(signals, key=lambda s: s.occurred_at):
            order_id = signal.ids.get("order_id")
            if signal.topic == "order.polled" and order_id:
                found[order_id] = cls(
                    id=order_id,
                    placed_at=moment(signal.attrs.get("placed_at")) or signal.occurred_at,
                    paid=signal.attrs.get("financial_status") in ("paid", "captured", "partially_refunded"),
                    test=signal.attrs.get("test") is True,
                )
        return tuple(found.values())


@attrs.frozen(kw_only=True)
class StockEntry:
    """
    Stock of one article of a side, over all of its places.

    Attributes:
        pieces: How many; below zero where more was sold than there is.
        reserved: Pieces that open orders explain, where known.
        tracked: Whether stock is counted at all.
        may_go_below: Whether it may be sold ahead.
    """

    sku: str
    pieces: int
    reserved: int | None = None
    tracked: bool = True
    may_go_below: bool = False

    @classmethod
    def of(cls, signals: Iterable[Signal]) -> tuple[StockEntry, ...]:
        """Return the articles among what a poll listed; one that some place says no figure of is left out."""
        found: dict[str, StockEntry] = {}
        unknown: set[str] = set()
        for signal in signals:
            sku, pieces = signal.ids.get("sku"), signal.metrics.get("available")
            if signal.topic != "inventory.polled" or not sku:
                continue
            if not isinstance(pieces, int) or signal.attrs.get("partial") is True:
                # Missing is unknown, never zero.
                unknown.add(sku)
                continue
            before = found.get(sku)
            tracked = signal.attrs.get("tracked") is not False
            total = pieces + (before.pieces if before is not None else 0)
            found[sku] = cls(sku=sku, pieces=total, tracked=tracked and (before is None or before.tracked))
        return tuple(entry for sku, entry in found.items() if sku not in unknown)


@attrs.frozen(kw_only=True)
class SubscriptionEntry:
    """
    One subscription that a platform lists.

    Attributes:
        hook_topic: Canonical topic, such as ``order.created``.
        raw_topic: The platform's own word.
        active: Whether it is switched on and healthy.
        health: The platform's word for that, where it has one.
        destination: Host that it delivers to, where it delivers to one.
        queued: Whether it delivers to a queue.
    """

    hook_topic: str
    raw_topic: str
    active: bool = True
    health: str | None = None
    destination: str | None = None
    queued: bool = False

    @classmethod
    def of(cls, signals: Iterable[Signal]) -> tuple[SubscriptionEntry, ...]:
        """Return the subscriptions among what a poll listed."""
        return tuple(
            cls(
                hook_topic=s.ids["hook_topic"],
                raw_topic=str(s.attrs.get("raw_topic", s.ids["hook_topic"])),
                active=s.attrs.get("active") is True,
                health=_text(s.attrs.get("health")),
                destination=_text(s.attrs.get("destination")),
                queued=s.attrs.get("queued") is True,
            )
            for s in signals
            if s.kind == "poll.subscription" and "hook_topic" in s.ids
        )


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None


@attrs.frozen(kw_only=True)
class Listing:
    """
    What a list said.

    Attributes:
        at: When it was asked for.
        signals: What it listed.
        complete: Whether that is all of it. Of a list that was cut nothing can be missing.
        merchant: Whose list it is.
    """

    at: datetime
    signals: tuple[Signal, ...]
    complete: bool
    merchant: str
