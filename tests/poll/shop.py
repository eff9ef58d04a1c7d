"""A shop that is polled: its resources, its memory, and what has to be in it afterwards."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from migro.models import Signal, SignalReceived
from migro.observe import EndpointSettings, Observer, ObserveSettings
from migro.poll import Caller, Polling, Resource
from migro.ports import Memory
from migro.remember import VolatileMemory

SHOP = "mugs.myshopify.com"
STORE = "k1n4"
TOKEN = "shpat_0123456789abcdef"
SETTINGS = ObserveSettings(
    endpoints={"mugs": EndpointSettings(env="production"), "cups": EndpointSettings(merchant="cups", env="production")}
)


def observer() -> Observer:
    return Observer(SETTINGS, pseudonym_key=b"a key of at least 16 bytes")


_CALLERS: dict[tuple[str, str, frozenset[tuple[str, Any]]], Caller] = {}


def _caller(base: str, header: str, more: dict[str, Any]) -> Caller:
    key = (base, header, frozenset(more.items()))
    if key not in _CALLERS:
        _CALLERS[key] = Caller(base, headers={header: TOKEN}, **{"first_wait_ms": 1, "timeout_s": 5, **more})
    return _CALLERS[key]


def shopify(address: str, **more: Any) -> Caller:
    """One caller for each address and limits; `hang_up` closes them."""
    return _caller(f"{address}/admin/api/2026-07", "X-Shopify-Access-Token", {"version": "2026-07", **more})


def bigcommerce(address: str, **more: Any) -> Caller:
    return _caller(f"{address}/stores/{STORE}", "X-Auth-Token", more)


def hang_up() -> None:
    for caller in _CALLERS.values():
        caller.close()
    _CALLERS.clear()


def polling(
    *resources: Resource,
    to: Any = None,
    pause: Callable[[float], None] = lambda _: None,
    notice: Callable[[str], None] = lambda _: None,
) -> Polling:
    return Polling(to if to is not None else VolatileMemory(), observer(), resources, pause=pause, notice=notice)


def stored(memory: Memory, *kinds: str) -> list[Signal]:
    """What was stored, second deliveries left out; of these kinds alone, where some are named."""
    found = [
        e.input.signal
        for e in memory.read("journal")
        if isinstance(e.input, SignalReceived) and e.input.duplicate_of is None
    ]
    return [s for s in found if not kinds or s.kind in kinds]


def numbers(signals: Iterable[Signal]) -> list[int]:
    """The numbers of orders, as the platform counts them."""
    return [int(s.ids["order_id"]) % 1_000_000 for s in signals if s.topic == "order.polled"]
