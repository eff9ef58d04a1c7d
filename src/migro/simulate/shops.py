"""The shops of the simulation and the endpoints that they deliver to."""

from __future__ import annotations

import attrs

from .envelopes import Endpoint

__all__ = ["FERNWOOD", "LARKSPUR", "QUILLON", "Shop"]


@attrs.frozen(kw_only=True)
class Shop:
    """
    One invented merchant.

    Attributes:
        id: The merchant, as the commerce platform knows it.
        name: Short name for endpoints, hosts and variables.
        currency: ISO 4217 code.
        aov_minor: Average order value in minor units.
        sessions_per_min: Sessions per minute, as a decimal in text.
        numbers: First numbers of orders, tickets and error issues, so that ids of two shops differ.
        buying: How many of 1,000 sessions end in an order.
        failing: How many of 10,000 requests fail on an ordinary day.
        vhost: Whether the access log begins with the host that was asked.
        senders: Who signs deliveries for this shop.
        unsigned: Monitors beside Alertmanager that sign nothing and deliver to a secret address.
    """

    id: str
    name: str
    currency: str
    aov_minor: int
    sessions_per_min: str
    numbers: int
    buying: int = 20
    failing: int = 50
    vhost: bool = False
    senders: tuple[str, ...] = ("shopify", "sentry", "zendesk")
    unsigned: tuple[str, ...] = ()

    @property
    def host(self) -> str:
        """Where the headless storefront is."""
        return f"www.{self.name}.example"

    @property
    def checkout_host(self) -> str:
        """Where checkout is meant to be."""
        return f"checkout.{self.name}.example"

    def plain(self) -> Endpoint:
        """Return the endpoint of what carries no signature: logs, tickets, host signals."""
        return Endpoint(name=self.id, merchant=self.id)

    def alerts(self) -> Endpoint:
        """Return the endpoint of the monitor, whose address is a secret."""
        return Endpoint(name=f"{self.name}-alerts", merchant=self.id, kind="alertmanager_v4", static_secret=True)

    def static(self, sender: str) -> Endpoint:
        """Return the endpoint of a sender that signs nothing, such as ``datadog``; its address is a secret."""
        return Endpoint(name=f"{self.name}-{sender}", merchant=self.id, kind=_KINDS[sender], static_secret=True)

    def signed(self, sender: str) -> Endpoint:
        """Return the endpoint of a sender that signs, such as ``shopify``."""
        variable = f"MIGRO_DEMO_{self.name}_{sender}".upper()
        return Endpoint(
            name=f"{self.name}-{sender}",
            merchant=self.id,
            kind=_KINDS[sender],
            secret_env=variable,
            secret=f"demo-only-{self.name}-{sender}",
        )

    def endpoints(self) -> tuple[Endpoint, ...]:
        static, signed = map(self.static, self.unsigned), map(self.signed, self.senders)
        return (self.plain(), self.alerts(), *static, *signed)


_KINDS = {
    "bigcommerce": "bigcommerce_webhook",
    "datadog": "datadog_webhook",
    "grafana": "grafana_alert",
    "medusa": "medusa_event",
    "pagerduty": "pagerduty_v3",
    "saleor": "saleor_webhook",
    "sentry": "sentry_webhook",
    "shopify": "shopify_webhook",
    "stripe": "stripe_event",
    "woocommerce": "woocommerce_webhook",
    "zendesk": "zendesk_event",
}

LARKSPUR = Shop(
    id="larkspur-demo.myshopify.com",
    name="larkspur",
    currency="EUR",
    aov_minor=7_000,
    sessions_per_min="40",
    numbers=41_000,
)
"""A Hydrogen storefront on Shopify."""

FERNWOOD = Shop(
    id="fernwood-demo.myshopify.com",
    name="fernwood",
    currency="GBP",
    aov_minor=5_500,
    sessions_per_min="20",
    numbers=52_000,
    vhost=True,
)
"""A Next.js storefront on Shopify."""

QUILLON = Shop(
    id="1000424",
    name="quillon",
    currency="USD",
    aov_minor=6_200,
    sessions_per_min="6",
    numbers=63_000,
    senders=("bigcommerce", "stripe", "zendesk"),
)
"""A small headless shop on BigCommerce that takes cards through Stripe."""
