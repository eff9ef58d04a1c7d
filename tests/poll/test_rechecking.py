"""An unclear issue has its source asked again, before the source would have been due."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from migro import Agent
from migro.expressions import minutes
from migro.models import Action, ActionStatus, Band, MerchantId, Risk, Signal
from migro.packs.headless.signals import Order
from migro.poll import Polling, Recheck, Resource, ShopifyOrders, ShopifySubscriptions
from migro.remember import VolatileMemory
from migro.rules import IssueKind, Response, Rule, RuleSet, on, supports
from migro.testing.samples import sample_action
from tests.poll.platform import NOW, Platform
from tests.poll.shop import SHOP, observer, shopify

MISSING = IssueKind[Any](
    "orders_missing",
    category="data_sync",
    responses=(Response("recheck", Risk.R0, "orders", every=minutes(10), times=3),),
)
RULES = RuleSet(
    "missing",
    Rule("said", when=on(Signal, Signal.kind == "shop.word", per=Signal.merchant),
         then=supports(MISSING, 105, family="words"), lasts=minutes(300)),
    Rule("seen", when=on(Order, Order.topic == "order.polled", per=Order.merchant),
         then=supports(MISSING, 105, family="orders"), lasts=minutes(300)),
)  # fmt: skip


def resources(address: str) -> list[Resource]:
    orders = ShopifyOrders(endpoint="mugs", shop=SHOP, size=3, lookback_s=3600)
    hooks = ShopifySubscriptions(endpoint="mugs", shop=SHOP)
    return [Resource(poller=p, via=shopify(address), every_s=86_400) for p in (orders, hooks)]


def merchant_of(polling: Polling) -> str:
    (partition,) = [p.name for p in polling.memory.read("partitions") if p.name.startswith("merchant:")]
    return partition.removeprefix("merchant:")


def test_an_unclear_issue_is_settled_by_what_its_source_says(platform: Platform, address: str) -> None:
    recheck = Recheck()
    agent = Agent(rules=RULES, memory=VolatileMemory(), actuators=[recheck], live=True)
    recheck.polling = Polling(agent, observer(), resources(address), pause=lambda _: None)
    recheck.polling.poll_once(NOW)
    recheck.polling.think(NOW)
    word = Signal(kind="shop.word", merchant=MerchantId(merchant_of(recheck.polling)), occurred_at=NOW)
    (unclear,) = agent.handle(word)
    platform.place(1, 60)
    later = NOW + timedelta(minutes=10)
    (again,) = agent.tick(later)
    (action,) = agent.drain()
    (run,) = recheck.polling.poll_once(later + timedelta(seconds=1))
    (sure,) = recheck.polling.think(later + timedelta(seconds=2))

    assert unclear.issue.band is Band.MID
    assert again.because == "not clear: looked at again, 1 of 3"
    assert (action.status, action.note) == (ActionStatus.SUCCEEDED, "asked again: shopify_orders")
    assert (run.source, run.signals) == ("shopify_orders", 1)
    assert sure.issue.band is Band.HIGH


def test_without_anything_that_polls_it_fails_and_says_so() -> None:
    result = Recheck().execute(sample_action(kind="recheck"))

    assert (result.status, result.detail) == ("failed", "nothing that is polled here is about 'on_call'")


def test_only_what_is_about_the_target_is_due_now(platform: Platform, address: str) -> None:
    polling = Polling(VolatileMemory(), observer(), resources(address), pause=lambda _: None)
    polling.poll_once(NOW)
    assert polling.poll_once(NOW + timedelta(minutes=1)) == ()
    action = asked(polling, "orders")

    assert Recheck(polling).execute(action).detail == "asked again: shopify_orders"
    assert [r.source for r in polling.poll_once(NOW + timedelta(minutes=2))] == ["shopify_orders"]


@pytest.mark.parametrize(("target", "merchant"), [("stock", None), ("orders", "other-shop"), ("order", None)])
def test_what_nothing_is_polled_about_is_a_failure_that_says_so(
    platform: Platform, address: str, target: str, merchant: str | None
) -> None:
    polling = Polling(VolatileMemory(), observer(), resources(address), pause=lambda _: None)
    polling.poll_once(NOW)
    result = Recheck(polling).execute(asked(polling, target, merchant))

    assert (result.status, result.detail) == ("failed", f"nothing that is polled here is about {target!r}")


def asked(polling: Polling, target: str, merchant: str | None = None) -> Action:
    partition = f"merchant:{merchant or merchant_of(polling)}"
    return sample_action("k", kind="recheck", status=ActionStatus.STARTED).model_copy(
        update={"target": target, "partition": partition}
    )
