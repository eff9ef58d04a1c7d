"""Gaps: what the pack covers in part, what is missing for more, and which cases a mode cannot be tried with."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

__all__ = ["NOT_YET", "NO_CASE"]

_DAYS = "the same day of earlier weeks to compare with; the day before or the time before the cutover stands in for it"

NOT_YET: Mapping[str, str] = MappingProxyType(
    {
        # Every mode has rules; these would be surer or better graded with more.
        "currency_market_mismatch": "the whole mix of currencies; the share of the most frequent one stands in for it",
        "inventory_drift": "products of two columns, for what stock above the source is worth; the host tells the sum",
        "monitoring_blind_spot": "which source fell silent, in what the platform's own partition is told",
        "platform_incident_systemic": "facts and status pages in the platform's own partition, which is told of issues",
        "customer_password_migration_lockout": _DAYS,
        "deploy_regression": "whether symptom and release touch the same routes; severity taken over from the symptom",
        "discount_giftcard_rejected": _DAYS,
        "env_var_missing_after_deploy": "severity by the step that fails without the variable",
        "express_wallet_missing": _DAYS,
        "seo_redirect_404_spike": f"for the visits of search engines {_DAYS}",
    }
)
"""Failure mode to what is missing before its rules can be written, or written better."""

_ONE_SOURCE = "all its strong signs are read by the same kind of source"
_INSIDE = "one rule of its own decides it: a count that migro makes, or the wish of a ticket"
_NO_OPINION = "no single sign of it is strong: that somebody is confused shows in several together"
_MEDIUM = "what may explain it away is no more than a medium contradiction"
_NOTHING = "it states what happened, and nothing speaks against that"

NO_CASE: Mapping[str, Mapping[str, str]] = MappingProxyType(
    {
        # A strong and a medium sign of two kinds of sources.
        "positive": {
            "app_build_incident": _INSIDE,
            "collector_fault": _INSIDE,
            "documentation_gap": _INSIDE,
            "ticket_needs_person": _INSIDE,
        },
        # Two strong signs without a witness in common.
        "sure": {
            "app_build_incident": _INSIDE,
            "collector_fault": _INSIDE,
            "documentation_confusion": _NO_OPINION,
            "documentation_gap": _INSIDE,
            "monitoring_blind_spot": "only a missed heartbeat is strong; a thin stream may be a quiet day",
            "order_import_gap": _ONE_SOURCE,
            "order_import_side_effects": "an order that a mail or label names proves it; many at once may be a sale",
            "privacy_webhook_failing": "only the receiver knows how a request ended; the platform writes that it waits",
            "shipping_tracking_gap": "carriers seldom name orders in their messages, so only a comparison is strong",
            "third_party_script_failure": "only browsers see it; a check may miss a widget for other reasons",
            "ticket_needs_person": _INSIDE,
            "webhook_duplicate_delivery": "only the receiver counts repeats; effects may double for other reasons",
            "webhook_out_of_order_write": "only who wrote the older version knows; deliveries out of order are common",
            "webhook_signature_mismatch": "only who receives them sees it; anybody may post what it then refuses",
            "webhook_silence": "payments without word of their orders may have no orders, so only a poll is strong",
            "webhook_subscription_missing": "only the platform's list proves that something is not there",
        },
        # A contradiction that takes the positive below one half, or a veto.
        "contradiction": {
            "api_throttling": _MEDIUM,
            "cart_not_reset_after_order": _MEDIUM,
            "collector_fault": _NOTHING,
            "currency_market_mismatch": _MEDIUM,
            "customer_token_expiry_loop": _MEDIUM,
            "dns_tls_cutover_failure": _MEDIUM,
            "documentation_gap": _NOTHING,
            "env_var_missing_after_deploy": _MEDIUM,
            "indexer_stuck": _MEDIUM,
            "missing_access_scope": _MEDIUM,
            "privacy_webhook_failing": _NOTHING,
            "product_variant_id_mapping": _MEDIUM,
            "search_index_lag": _MEDIUM,
            "ticket_needs_person": _NOTHING,
            "web_performance_regression": _MEDIUM,
        },
    }
)
"""Cases that a mode cannot be tried with, and why: by case, failure mode and reason."""
