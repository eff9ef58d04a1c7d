"""
The page on what a host may write itself, made from the vocabulary and its specimens.

``python -m tests.host_signals > docs/reference/sources/host-signals.md``
"""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from migro.models import Signal
from migro.models.signal import MerchantId
from migro.packs.headless import specimens, specimens_operations, specimens_shop
from migro.packs.headless.planning_signals import ShopMoney, ShopMove
from migro.packs.headless.signals import VOCABULARY, Compliance, Customer, Refund
from migro.packs.headless.storefront_signals import ShopSetup

_SHOP = MerchantId("mugs")
_AT = datetime(2026, 3, 1, 9, 0, tzinfo=UTC)
_OWN: tuple[Signal, ...] = (
    Compliance(merchant=_SHOP, occurred_at=_AT, request="customers/redact"),
    Customer(merchant=_SHOP, occurred_at=_AT, topic="customer.changed", customer_ref="a4n5fft3rhl5ez7phpwa"),
    Refund(merchant=_SHOP, occurred_at=_AT, topic="refund.created", order_id="1001", amount_minor=5990, currency="EUR"),
    ShopMove(
        merchant=_SHOP,
        occurred_at=_AT,
        platform="shopify",
        release_train="tuesdays",
        cutover_at=_AT,
        settled_at=_AT + timedelta(hours=2),
        daily_revenue_minor=500_000,
        receiver_hosts=frozenset({"hooks.mugs.example"}),
        storefront_hosts=frozenset({"mugs.example", "www.mugs.example"}),
    ),
    ShopMoney(
        merchant=_SHOP,
        occurred_at=_AT,
        orders_per_checkout=Decimal("0.52"),
        sev1_minor_per_min=20_000,
        ads_minor_per_day=30_000,
    ),
    ShopSetup(
        merchant=_SHOP,
        occurred_at=_AT,
        guest_only=False,
        required_hosts=frozenset({"js.pay.example"}),
        api_hosts=frozenset({"api.mugs.example"}),
        home_country="DE",
        served_countries=frozenset(
            "AT BE BG CY CZ DE DK EE ES FI FR GR HR HU IE IT LT LU LV MT NL PL PT RO SE SI SK".split()
        ),
        taxed_countries=frozenset({"AT", "DE"}),
    ),
)
"""Of the classes that no rule looks at there is no specimen, and specimens of facts say little."""

_HEAD = """\
# What your own program may write

<!-- Made by `python -m tests.host_signals`; change the vocabulary or its specimens instead. -->

A host that knows something writes it as a `host_signal`: probes, deploys, calendars, heartbeats, polls and facts.
The kind says what it is, and the columns of the kind lie under `ids`, `metrics` and `attrs`.
A column in brackets may be left out.
Times are ISO 8601 with a zone, sets are lists, and amounts of money are whole minor units.

Words pass the scrubber, as everything does.
An id that holds an address, a token or a card number becomes a pseudonym, which is equal for equal ids.
The addresses in `records` of `probe.dns` and `plan.dns` are those of the shop and stay.

"""


def examples() -> tuple[Signal, ...]:
    """Return one signal of every class of the vocabulary, by kind."""
    found: dict[str, Signal] = {s.kind: s for s in _OWN}
    for module in (specimens, specimens_operations, specimens_shop):
        for value in vars(module).values():
            if isinstance(value, Signal):
                found.setdefault(value.kind, value)
    return tuple(found[kind] for kind in sorted(cls.__signal_kind__ for cls in VOCABULARY))


def line(signal: Signal) -> str:
    """Return a signal as a host would write it: without what migro makes, and without what is empty."""
    data = json.loads(signal.json_line())
    for name in ("auth", "dedup_key", "id", "normalizer", "received_at"):
        del data[name]
    if data["topic"] == data["kind"]:
        del data["topic"]
    return json.dumps({n: v for n, v in data.items() if v not in (None, {}, [])})


def _what(cls: type[Signal]) -> str:
    text = " ".join((cls.__doc__ or "").split())
    return re.split(r"(?<=[a-z)])[.:;] ", text, maxsplit=1)[0].rstrip(".").replace("|", "\\|")


def _columns(cls: type[Signal], place: str) -> str:
    names = [n for n, p in cls.__own_columns__.items() if p == place]
    return ", ".join(f"`{n}`" if cls.model_fields[n].is_required() else f"[`{n}`]" for n in names)


def page() -> str:
    """Return the page as Markdown."""
    places = ("ids", "metrics", "attrs")
    rows = [
        f"| `{cls.__signal_kind__}` | {_what(cls)} | {' | '.join(_columns(cls, p) for p in places)} |"
        for cls in sorted(VOCABULARY, key=lambda c: c.__signal_kind__)
    ]
    table = "\n".join(["| Kind | What | ids | metrics | attrs |", "|---|---|---|---|---|", *rows])
    lines = "\n".join(map(line, examples()))
    return f"{_HEAD}{table}\n\n## One of each\n\n```json\n{lines}\n```\n"


if __name__ == "__main__":
    print(page(), end="")
