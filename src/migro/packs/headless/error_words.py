"""What canonical codes of errors say, in words for whoever reads why an issue is open."""

from __future__ import annotations

from typing import Final

__all__ = ["SAYS"]

SAYS: Final[dict[str, str]] = {
    "auth.customer": "a customer's session is not accepted",
    "auth.scope": "an access right is lacking",
    "auth.token_invalid": "a token is not accepted",
    "bot_block": "calls are stopped as those of a bot",
    "cart.conflict": "two changes of one cart met",
    "cart.empty_at_checkout": "a checkout was begun with an empty cart",
    "cart.variant_missing": "a cart asks for a product variant that is not there",
    "channel.unpublished": "a product is not published to the sales channel",
    "checkout.payment": "a payment failed at checkout",
    "checkout.tax": "taxes could not be calculated at checkout",
    "cors": "a browser refused a call to another origin (CORS)",
    "csp": "a page's content security policy (CSP) blocked something",
    "hydration": "a page of the server differs from the browser's (hydration)",
    "indexer": "an index is invalid",
    "promo.invalid": "a discount code or gift card is not valid",
    "redirect.lookup": "redirects could not be looked up",
    "sig.mismatch": "a signature does not fit",
    "stock.insufficient": "more was asked for than is in stock",
    "throttle": "calls come too often and are refused",
    "tls_failed": "an encrypted connection (TLS) could not be made",
}
"""By the code, what completes "it says that"."""
