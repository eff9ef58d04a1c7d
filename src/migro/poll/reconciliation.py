"""
Reconciliation: two sides held against each other, as signals with exact counts and a few samples.

Everything here is a pure function of two bounded lists and the time at which they were read. A side that was not read
as a whole has nothing missing: what is not known is not said.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta, tzinfo
from typing import Any, Final, Literal

import attrs

from ..models import MerchantId, Signal
from ..models.scales import Environment
from .listing import OrderEntry, StockEntry, SubscriptionEntry

__all__ = ["Reconciliation", "Required"]

_VERSION: Final = "reconciliation/1"
_DRIFT_PIECES: Final = 2
_DRIFT_PERCENT: Final = 5
Side = Literal["new", "old"]


@attrs.frozen(kw_only=True)
class Required:
    """
    A subscription that the shop needs.

    Attributes:
        hook_topic: Canonical topic; several of a platform's own topics may come under one.
        raw_topic: The platform's own word where just that one is needed, such as ``orders/cancelled``.
        host: Host that it has to deliver to; None for any.
        queued: Whether it is meant to arrive by a queue.
    """

    hook_topic: str
    raw_topic: str | None = None
    host: str | None = None
    queued: bool = False

    def met_by(self, entry: SubscriptionEntry) -> bool:
        """Return whether a subscription is the one that is needed."""
        return (
            entry.hook_topic == self.hook_topic
            and entry.queued == self.queued
            and (self.raw_topic is None or _covers(entry.raw_topic, self.raw_topic))
            and (self.host is None or entry.destination == self.host.lower())
        )


def _covers(told: str, needed: str) -> bool:
    return told == needed or (told.endswith("/*") and needed.startswith(told.removesuffix("*")))


@attrs.frozen(kw_only=True)
class Reconciliation:
    """
    Whose sides these are, and how patient the comparison is.

    Attributes:
        settle_s: How long a thing may be on one side alone, in seconds: a younger order is not missing yet.
        samples: How many single things are named at most, the oldest or largest first; the counts are over all.
    """

    merchant: str
    env: Environment = "unknown"
    settle_s: int = 900
    samples: int = 20

    # --- orders -------------------------------------------------------------------------------------------------

    def orders(
        self,
        source: Sequence[OrderEntry],
        target: Sequence[OrderEntry],
        *,
        at: datetime,
        side: Side = "new",
        zone: tzinfo | None = None,
        complete: bool = True,
        import_over: bool = True,
    ) -> tuple[Signal, ...]:
        """
        Return how many orders of each day the target has, and the oldest that it lacks.

        Of each day one ``poll.orders``; of each sample one ``poll.order``. Test orders and those of other channels
        count as left out by rule.

        Args:
            source: Orders where they were placed.
            target: Orders of the system that has to have them, over at least the same time.
            at: When both were read.
            side: Which shop the source is: the new one or the old one.
            zone: The shop's time zone, for its days; UTC where none is given.
            complete: Whether the target was read as a whole; if not, nothing is said.
            import_over: Whether the target is meant to be complete by now.
        """
        if not complete:
            return ()
        limit = at - timedelta(seconds=self.settle_s)
        known = {entry.id for entry in target}
        settled = [e for e in {e.id: e for e in source}.values() if e.placed_at <= limit]
        days: dict[date, list[OrderEntry]] = {}
        for entry in settled:
            days.setdefault(entry.placed_at.astimezone(zone or at.tzinfo).date(), []).append(entry)
        counts = [
            self._signal(
                "poll.orders",
                at,
                ids={"resource_type": "orders", "day": day.isoformat()},
                metrics={
                    "in_source": len(entries),
                    "in_target": sum(e.id in known for e in entries),
                    "excluded": sum(e.id not in known and (e.test or e.other_channel) for e in entries),
                },
                attrs={"complete": import_over, "platform_side": side},
            )
            for day, entries in sorted(days.items())
        ]
        missing = sorted((e for e in settled if e.id not in known and not e.test), key=lambda e: (e.placed_at, e.id))[
            : self.samples
        ]
        return (*counts, *(self._order(e, at, side) for e in missing))

    def _order(self, entry: OrderEntry, at: datetime, side: Side) -> Signal:
        return self._signal(
            "poll.order",
            at,
            ids={"order_id": entry.id},
            metrics={"mails": entry.mails, "labels": entry.labels},
            attrs={
                "placed_at": _text(entry.placed_at),
                "platform_side": side,
                "in_target": False,
                "imported": entry.imported,
                "paid": entry.paid,
                "exported": False,
                "on_hold": entry.on_hold,
                "other_channel": entry.other_channel,
                "polled_at": _text(at),
            },
        )

    # --- stock --------------------------------------------------------------------------------------------------

    def stock(
        self,
        shop: Sequence[StockEntry],
        source: Sequence[StockEntry],
        *,
        at: datetime,
        since: Mapping[str, datetime] | None = None,
    ) -> tuple[Signal, ...]:
        """
        Return how many articles differ, and those that differ most.

        Compared are articles that both sides have; one ``poll.stock`` for the run, one ``poll.stock_item`` a sample.
        An article drifts when it differs by more than two pieces and by more than 5 % of the source.

        Args:
            shop: What the shop offers.
            source: What the source of truth has.
            at: When both were read.
            since: Since when an article has differed, where the caller knows: those that differ for less than the
                settle time are compared and do not count as drifted yet.
        """
        there = {entry.sku: entry for entry in source}
        pairs = [(mine, there[mine.sku]) for mine in shop if mine.sku in there and mine.tracked]
        limit = at - timedelta(seconds=self.settle_s)
        drifted = [
            (mine, true) for mine, true in pairs if _drifts(mine, true) and (since or {}).get(mine.sku, limit) <= limit
        ]
        drifted.sort(key=lambda pair: (-abs(pair[0].pieces - pair[1].pieces), pair[0].sku))
        explained = [
            true.reserved is not None and abs(mine.pieces - true.pieces) <= true.reserved for mine, true in drifted
        ]
        run = self._signal(
            "poll.stock",
            at,
            metrics={
                "sampled": len(pairs),
                "drifted": len(drifted),
                "drifted_per_10000": len(drifted) * 10_000 // len(pairs) if pairs else 0,
                "explained": sum(explained),
            },
        )
        return (run, *(self._item(mine, true, at) for mine, true in drifted[: self.samples]))

    def _item(self, mine: StockEntry, true: StockEntry, at: datetime) -> Signal:
        return self._signal(
            "poll.stock_item",
            at,
            ids={"sku": mine.sku},
            metrics={
                "shop": mine.pieces,
                "source": true.pieces,
                **({"reserved": true.reserved} if true.reserved is not None else {}),
            },
            attrs={"tracked": mine.tracked, "may_go_below": mine.may_go_below},
        )

    # --- subscriptions ------------------------------------------------------------------------------------------

    def subscriptions(
        self,
        required: Iterable[Required],
        present: Sequence[SubscriptionEntry],
        *,
        at: datetime,
        complete: bool = True,
    ) -> tuple[Signal, ...]:
        """
        Return for each required canonical topic whether the platform lists what is needed, one ``poll.subscription``.

        Where several of a platform's topics come under one canonical topic, it is listed when all of them are, and
        active when all of them are.

        Args:
            required: What the shop needs.
            present: What the platform lists.
            at: When the list was read.
            complete: Whether all of it was read; if not, only what is there is said.
        """
        by_topic: dict[str, list[Required]] = {}
        for need in required:
            by_topic.setdefault(need.hook_topic, []).append(need)
        found = [self._subscription(topic, needs, present, at) for topic, needs in sorted(by_topic.items())]
        return tuple(s for s in found if complete or s.attrs["listed"] is True)

    def _subscription(
        self, topic: str, needs: Sequence[Required], present: Sequence[SubscriptionEntry], at: datetime
    ) -> Signal:
        met = [[e for e in present if need.met_by(e)] for need in needs]
        listed = all(met)
        # Of two subscriptions for one need, one that works is enough.
        active = listed and all(any(e.active for e in entries) for entries in met)
        sick = next((e.health for entries in met for e in entries if not e.active and e.health), None)
        hosts = sorted({e.destination for entries in met for e in entries if e.destination})
        elsewhere = sorted({e.destination for e in present if e.hook_topic == topic and e.destination})
        host = next(iter(hosts or elsewhere), None)
        return self._signal(
            "poll.subscription",
            at,
            ids={"hook_topic": topic},
            attrs={
                "listed": listed,
                "active": active,
                **({"health": sick} if sick and not active else {}),
                **({"destination": host} if host else {}),
                "queued": all(n.queued for n in needs),
                "polled_at": _text(at),
            },
        )

    # --- webhooks -----------------------------------------------------------------------------------------------

    def unheard(
        self, resource_type: str, changed: Mapping[str, datetime], heard: Mapping[str, datetime], *, at: datetime
    ) -> tuple[Signal, ...]:
        """
        Return how many changes that a poll found no webhook had told, as one ``poll.resource``.

        Changes within the settle time count neither way.

        Args:
            resource_type: orders, inventory, products and so on.
            changed: When each thing changed, by its id.
            heard: When the newest webhook about each thing came, by its id.
            at: When it was polled.
        """
        limit = at - timedelta(seconds=self.settle_s)
        settled = {name: when for name, when in changed.items() if when <= limit}
        # A webhook may be stamped a moment before the change that it tells of is listed.
        slack = timedelta(seconds=60)
        unseen = sum(name not in heard or heard[name] < when - slack for name, when in settled.items())
        return (
            self._signal(
                "poll.resource",
                at,
                ids={"resource_type": resource_type},
                metrics={"changed": len(settled), "unseen": unseen},
            ),
        )

    def _signal(self, kind: str, at: datetime, **more: Any) -> Signal:
        return Signal(
            kind=kind,
            merchant=MerchantId(self.merchant),
            occurred_at=at,
            received_at=at,
            source_kind="api_poll",
            provider="migro",
            env=self.env,
            normalizer=_VERSION,
            **more,
        )


def _drifts(mine: StockEntry, true: StockEntry) -> bool:
    apart = abs(mine.pieces - true.pieces)
    return apart > _DRIFT_PIECES and apart * 100 > true.pieces * _DRIFT_PERCENT


def _text(at: datetime) -> str:
    return at.isoformat().replace("+00:00", "Z")
