"""Error texts and what they mean: one canonical code per known message, first match wins."""

from __future__ import annotations

from typing import Final

from ..expressions.patterns import compile_pattern

__all__ = ["CODES", "error_code"]

CODES: Final[tuple[tuple[str, str], ...]] = (
    (
        "sig.mismatch",
        r"no signatures found matching the expected signature|signature (verification )?(failed|invalid|mismatch)"
        r"|invalid signature",
    ),
    ("sig.stale", r"timestamp outside the tolerance zone"),
    (
        "auth.token_invalid",
        r"invalid api key or access token|graphql credentials were missing|graphql invalid credentials"
        r"|unrecognized login or wrong password",
    ),
    ("auth.scope", r"access denied for .* field|required access: .* access scope|ACCESS_DENIED"),
    ("auth.customer", r"current customer isn.t authorized|graphql-authorization"),
    ("auth.cart_owner", r"the current user cannot perform operations on cart"),
    ("auth.nonce", r"woocommerce_rest_(missing|invalid)_nonce|missing the (X-WC-Store-API-)?nonce header"),
    ("throttle", r"\bthrottled\b|too many requests|rate limit"),
    ("bot_block", r"your connection needs to be verified|sending large amounts of web requests|cf-mitigated"),
    ("cart.empty_at_checkout", r"cannot start a checkout session with an empty cart"),
    ("cart.conflict", r"version mismatch\. concurrent modification|concurrentmodification"),
    (
        "cart.variant_missing",
        r"variant is invalid|productvariant id not found|contains a variant_id but the variant is missing"
        r"|merchandise.*(invalid|does not exist)",
    ),
    (
        "stock.insufficient",
        r"INSUFFICIENT_STOCK|MERCHANDISE_NOT_ENOUGH_STOCK|MERCHANDISE_OUT_OF_STOCK|QUANTITY_GREATER_THAN_LIMIT",
    ),
    (
        "checkout.shipping",
        r"SHIPPING_METHOD_NOT_(SET|APPLICABLE)|INVALID_SHIPPING_METHOD|DELIVERY_METHOD_NOT_APPLICABLE",
    ),
    ("checkout.tax", r"TAX_ERROR"),
    ("checkout.payment", r"PAYMENT_ERROR|CHECKOUT_NOT_FULLY_PAID|INACTIVE_PAYMENT"),
    (
        "channel.unpublished",
        r"UNAVAILABLE_VARIANT_IN_CHANNEL|PRODUCT_NOT_PUBLISHED|PRODUCT_UNAVAILABLE_FOR_PURCHASE|CHANNEL_INACTIVE",
    ),
    ("promo.invalid", r"VOUCHER_NOT_APPLICABLE|GIFT_CARD_NOT_APPLICABLE|discount code.*(invalid|not found)"),
    (
        "pay.race",
        r"payment_intent\.succeeded handling failed|key \(cart_id\).*already exists"
        r"|could not serialize access due to concurrent update",
    ),
    ("cors", r"blocked by cors policy|access-control-allow-(origin|headers)"),
    ("csp", r"refused to (load|connect|frame|execute)|violates the following content security policy"),
    (
        "hydration",
        r"hydration failed|minified react error #(418|419|421|422|423|425)|error (occurred )?while hydrating"
        r"|switched to client rendering",
    ),
    ("image.host", r"hostname .* is not configured under images"),
    ("redirect.lookup", r"failed to fetch redirects from storefront api for route"),
    (
        "analytics.config",
        r"unable to send shopify analytics: missing shop\.|unable to setup customer privacy api: missing consent\."
        r"|make sure to use the public token",
    ),
    ("indexer", r"one or more indexers are invalid|reindex required"),
)
"""Canonical code and RE2 pattern, in order; matched without regard to case."""


def error_code(text: str) -> str | None:
    """Return the canonical code of an error text, or None where no pattern knows it."""
    for code, pattern in CODES:
        if compile_pattern(f"(?i){pattern}").found_in(text):
            return code
    return None
