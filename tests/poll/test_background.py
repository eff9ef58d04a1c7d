"""A thread polls what is due and goes on whatever goes wrong."""

from __future__ import annotations

import threading
from datetime import datetime, timedelta

from migro.errors import StoreUnavailable
from migro.models import Decision
from migro.poll import Background, Resource, Run, ShopifyOrders
from migro.remember import VolatileMemory
from migro.testing import FixedClock
from tests.poll.platform import NOW, Platform
from tests.poll.shop import SHOP, numbers, polling, shopify, stored
from tests.receive.shop import agent


def resource(address: str) -> Resource:
    return Resource(poller=ShopifyOrders(endpoint="mugs", shop=SHOP), via=shopify(address), every_s=1)


def test_it_polls_and_thinks_until_it_is_left(platform: Platform, address: str) -> None:
    platform.place(1, -60)
    memory = VolatileMemory()
    asking = polling(resource(address), to=agent(memory))
    done = threading.Event()
    runs: list[Run] = []

    def hear(run: Run) -> None:
        runs.append(run)
        done.set()

    with Background(asking, clock=FixedClock(NOW), on_run=hear) as going:
        assert going.start() is going
        assert done.wait(60)

    assert [r.result for r in runs] == ["ok"]
    assert numbers(stored(memory)) == [1]
    assert list(memory.read("journal", pending=True)) == []


def test_it_goes_on_after_a_round_that_failed(platform: Platform, address: str) -> None:
    said: list[str] = []
    twice = threading.Event()
    calls: list[int] = []

    def hear(_: Run) -> None:
        calls.append(1)
        if len(calls) > 1:
            twice.set()
        raise StoreUnavailable("out of order")

    class Hurried(FixedClock):
        def now(self) -> datetime:
            return self.advance(timedelta(seconds=30))

    with Background(polling(resource(address)), clock=Hurried(NOW), on_run=hear, notice=said.append):
        assert twice.wait(60)

    assert said == ["migro: polling stopped with StoreUnavailable and is tried again: out of order"]


def test_what_is_thought_is_told(platform: Platform, address: str) -> None:
    made: list[Decision] = []
    asking = polling(resource(address), to=agent())

    with Background(asking, clock=FixedClock(NOW), on_decision=made.append):
        pass

    assert made == []
