"""Error texts and what they mean: one canonical code per known message, first match wins."""

from __future__ import annotations

from typing import Final

from ..expressions.patterns import compile_pattern

__all__ = ["CODES", "SAYINGS", "error_code", "log_features"]

_UNSET = (
    r"(missing|undefined|required|not set|not defined)[^\n]{0,40}\benv(ironment)? (variable|var\b)"
    r"|\bmissing (required )?env\b"
    r"|\benv(ironment)? (variables?|vars?) [^\n]{0,80}(missing|not set|not defined|undefined|required|unset|not found)"
    r"|\bprocess\.env\.[A-Z0-9_]+ (is )?(missing|not set|not defined|undefined|required|unset)"
)

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
        r"SHIPPING_METHOD_NOT_(SET|APPLICABLE)|INVALID_SHIPPING_METHOD|DELIVERY_METHOD_NOT_APPLICABLE"
        r"|\bno (valid |available |applicable )?(shipping|delivery|carrier) (methods?|rates?|options?|quotes?)\b"
        r"|\b(shipping|delivery|carrier) (methods?|rates?|options?|quotes?)[^.\n]{0,40}"
        r"\b(empty|unavailable|none (found|returned)|not (found|available|returned))\b"
        r"|\bcarrier\b[^.\n]{0,60}\b(authenticat\w+|unauthori[sz]ed|credentials?|timed out|time-?out)\b",
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
    ("env.missing", _UNSET),
)
"""Canonical code and RE2 pattern, in order; matched without regard to case."""


def error_code(text: str) -> str | None:
    """Return the canonical code of an error text, or None where no pattern knows it."""
    for code, pattern in CODES:
        if compile_pattern(f"(?i){pattern}").found_in(text):
            return code
    return None


_OLDER = r"(stale|older|outdated|out[- ]of[- ](order|date))"
_WROTE = r"(applied|applying|wrote|overwrote|overwriting|saved|stored|persisted)"
_TOLD_BY = r"([a-z]+ )?(webhooks?|events?|updates?|payloads?|versions?|messages?)\b"

SAYINGS: Final[tuple[tuple[str, str], ...]] = (
    ("code.test_key", r"\b[prs]k_test_|a similar object exists in test mode|a test mode key was used"),
    ("log.mapping_missing", r"\bunmapped\b|\b(no|missing) mapping\b|mapping (is )?(missing|not found)|not mapped"
     r"|\bunknown (sku|article|(payment|shipping|delivery) (method|type|code))\b"),
    ("write.stale_discarded", rf"\b(discard|skip|ignor|drop|reject)\w* [^.\n]{{0,30}}\b{_OLDER} {_TOLD_BY}"
     rf"|{_TOLD_BY}[^.\n]{{0,40}}\b{_OLDER}\b[^.\n]{{0,40}}\b(discarded|skipped|ignored|dropped|rejected)\b"),
    *((f"write.stale_{what}", rf"\b{_WROTE} [^.\n]{{0,40}}\b{_OLDER} {_TOLD_BY} [^.\n]{{0,30}}\b{named}\b"
       rf"|\b{named}\b[^.\n]{{0,60}}\b(overwritten|replaced) (by|with) [^.\n]{{0,20}}\b{_OLDER} {_TOLD_BY}"
       rf"|\b{_OLDER} {_TOLD_BY} [^.\n]{{0,20}}\b(overwrote|replaced) [^.\n]{{0,30}}\b{named}\b")
      for what, named in (("inventory", "(inventory|stock)( level)?s?"), ("price", "prices?"), ("order", "orders?"))),
    ("log.upstream_refused", r"connection refused|ECONNREFUSED"),
    ("log.upstream_timeout", r"upstream timed out|ETIMEDOUT|ESOCKETTIMEDOUT|gateway time-?out|AH01102|proxy timeout"
     r"|operation timed out|timeout (of \d+ ?ms )?exceeded|context deadline exceeded"),
    ("log.upstream_gone", r"no live upstreams|prematurely closed connection|ECONNRESET|socket hang up"
     r"|connection reset by peer|host is unreachable|EHOSTUNREACH|AH0089[45]|AH01114"),
    ("log.name_unknown", r"could not be resolved|host not found|ENOTFOUND|EAI_AGAIN|name or service not known"
     r"|temporary failure in name resolution"),
    ("log.tls_failed", r"SSL_do_handshake|certificate (has expired|verify failed)|CERT_HAS_EXPIRED"
     r"|UNABLE_TO_VERIFY_LEAF_SIGNATURE|self.signed certificate|ERR_TLS"),
    ("log.unauthorised", r"\b401\b\W{0,5}unauthori[sz]ed|unauthori[sz]ed[^\n]{0,20}\b401\b"
     r"|status ?code[^\n]{0,4}\b401\b|\b(jwt|(access|bearer|storefront|api) token) (is |has )?expired"),
    ("log.exhausted", r"too many open files|EMFILE|worker_connections are not enough|no space left on device|ENOSPC"
     r"|max_children|MaxRequestWorkers|cannot allocate memory|too many connections|remaining connection slots"),
    ("log.out_of_memory", r"heap out of memory|out of memory|allowed memory size|OOM.?kill|ERR_WORKER_OUT_OF_MEMORY"),
    ("log.too_slow", r"maximum execution time|script .{0,80} executing too slow|slow query|statement timeout"),
    ("log.refused_by_rule", r"access forbidden by rule|client denied by server configuration|limiting requests"
     r"|limiting connections|modsecurity: access denied"),
    ("log.file_missing", r"no such file or directory|ENOENT|file does not exist|primary script unknown"),
    ("log.restarted", r"signal process started|exited on signal|resuming normal operations|graceful shutdown"
     r"|received SIG(TERM|INT)|worker process \d+ exited"),
)  # fmt: skip
"""Feature and RE2 pattern of what programs write into their logs; every one that fits counts."""


def log_features(text: str) -> frozenset[str]:
    """Return what a text of a log says: ``code.<canonical code>`` and ``log.<what>``; nothing of the text itself."""
    found = {name for name, pattern in SAYINGS if compile_pattern(f"(?i){pattern}").found_in(text)}
    code = error_code(text)
    if code is not None:
        found.add(f"code.{code}")
    return frozenset(found)
