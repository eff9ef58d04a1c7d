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
        "duplicate_order_or_charge": "the number of carts of one shop, which makes three in an hour worse than one",
        "env_var_missing_after_deploy": "severity by the step that fails without the variable",
        "express_wallet_missing": _DAYS,
        "seo_redirect_404_spike": f"for the visits of search engines {_DAYS}",
    }
)
"""Failure mode to what is missing before its rules can be written, or written better."""

_ONE_SIGN = "one family of strong signs is all that is known of it"
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
            "cart_not_reset_after_order": _ONE_SIGN,
            "collector_fault": _INSIDE,
            "customer_password_migration_lockout": _ONE_SIGN,
            "documentation_confusion": _NO_OPINION,
            "documentation_gap": _INSIDE,
            "env_var_missing_after_deploy": _ONE_SIGN,
            "inventory_location_mapping": _ONE_SIGN,
            "monitoring_blind_spot": _ONE_SIGN,
            "order_import_gap": _ONE_SOURCE,
            "order_import_side_effects": _ONE_SIGN,
            "price_mismatch_storefront_checkout": _ONE_SIGN,
            "privacy_webhook_failing": _ONE_SIGN,
            "shipping_tracking_gap": _ONE_SIGN,
            "third_party_script_failure": _ONE_SIGN,
            "ticket_needs_person": _INSIDE,
            "web_performance_regression": _ONE_SOURCE,
            "webhook_duplicate_delivery": _ONE_SIGN,
            "webhook_out_of_order_write": _ONE_SIGN,
            "webhook_silence": _ONE_SIGN,
            "webhook_subscription_missing": _ONE_SIGN,
        },
        # A contradiction that takes the positive below one half, or a veto.
        "contradiction": {
            "api_throttling": _MEDIUM,
            "cart_not_reset_after_order": _MEDIUM,
            "collector_fault": _NOTHING,
            "currency_market_mismatch": _MEDIUM,
            "dns_tls_cutover_failure": _MEDIUM,
            "documentation_gap": _NOTHING,
            "env_var_missing_after_deploy": _MEDIUM,
            "missing_access_scope": _MEDIUM,
            "privacy_webhook_failing": _NOTHING,
            "product_variant_id_mapping": _MEDIUM,
            "ticket_needs_person": _NOTHING,
            "web_performance_regression": _MEDIUM,
        },
    }
)
"""Cases that a mode cannot be tried with, and why: by case, failure mode and reason."""
