"""Gaps: failure modes that the pack leaves out or covers in part, and what is missing to cover them."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

__all__ = ["NOT_YET"]

_BASELINE = "a ratio to the same hour of earlier weeks"
_POLL = "polled read-only checks of the shop's own data"
_BROWSER = "telemetry from browsers with a number of sessions"
_PROBE = "probe results with certificates, DNS answers, headers or page content"

NOT_YET: Mapping[str, str] = MappingProxyType(
    {
        # Modes with rules, and the measure that those rules do without.
        "api_throttling": f"quota headers of outgoing calls; {_BASELINE}",
        "bot_scraping_load": f"concentration in one network or agent; {_BASELINE}",
        "cart_lost_at_checkout": "the number of checkouts that open, and how many of them empty",
        "cart_version_conflict": "retries that succeed within two seconds: a sequence per cart",
        "catalogue_not_published_to_channel": f"{_POLL}: products published and not visible",
        "checkout_handoff_404": "order drought, a Poisson bound; chains of redirects from probes",
        "checkout_server_error_spike": f"order drought, a Poisson bound; {_BASELINE}; concentration in one agent",
        "csp_blocking_scripts": f"{_BROWSER}; a configured list of hosts that the shop needs",
        "deploy_regression": "whether a symptom began before the release; severity taken over from the symptom",
        "documentation_confusion": "the same question from several merchants within seven days",
        "duplicate_order_or_charge": "split tender: a sum against the order's total; tickets joined to carts",
        "hydration_mismatch": f"{_BROWSER}, and clicks that lead to a request",
        "indexer_stuck": f"{_POLL}: age of an indexer's state",
        "oversell_race": "orders against the last known stock; a flag for articles that may be sold ahead",
        "payment_decline_surge": f"attempts counted once per payment; {_BASELINE}",
        "payment_webhook_signature_mismatch": "severity by duration; payments that wait for their confirmation",
        "product_variant_id_mapping": f"{_POLL}: articles without a mapping",
        "seo_redirect_404_spike": f"{_BASELINE}; a list of the old addresses most asked for",
        "webhook_signature_mismatch": "refused against all deliveries of one endpoint, as one share",
        "webhook_subscription_removed": f"{_POLL}: the list of subscriptions",
        # Modes without rules.
        "api_version_fall_forward": "response headers of outgoing calls",
        "bulk_import_errors": "reports of import jobs",
        "card_testing_attack": f"{_BASELINE}; truncated networks of payment attempts",
        "cart_not_reset_after_order": "where a checkout redirects to",
        "clock_skew": "the median and spread of receipt minus occurrence, which verify has to emit",
        "currency_market_mismatch": f"{_BROWSER}, and the currency of page, cart and checkout",
        "customer_password_migration_lockout": f"{_BASELINE}; distinct pseudonyms of failed logins",
        "customer_token_expiry_loop": "the age of a customer's token",
        "discount_giftcard_rejected": "codes that are valid at their source",
        "dns_tls_cutover_failure": _PROBE,
        "domain_split_brain": "which of two platforms took an order, and the time of the cutover",
        "email_links_old_domain": "the words of account and order paths, which route templates leave out",
        "env_var_missing_after_deploy": "a canonical code for a missing variable",
        "express_wallet_missing": _PROBE,
        "indexing_directives_wrong": _PROBE,
        "inventory_drift": f"{_POLL}: stock of shop and source side by side",
        "inventory_location_mapping": f"{_POLL}: stock by location and channel",
        "monitoring_blind_spot": "a roster of expected sources, and silence as a premise",
        "order_export_stalled": f"{_POLL}: orders without a reference of the next system; age of the oldest",
        "order_import_gap": f"{_POLL}: orders of source and target by day",
        "order_import_side_effects": "whether an order was imported, and what was sent because of it",
        "payment_captured_no_order": "a payment without an order within fifteen minutes: absence of a match",
        "platform_incident_systemic": "a share of merchants, on the platform's own partition",
        "price_mismatch_storefront_checkout": f"{_POLL}: price on the page, in the cart and at checkout",
        "samesite_payment_return_loss": "whether a return from payment carried its session",
        "search_index_lag": f"{_POLL}: index against catalogue",
        "session_not_carried_to_checkout": "whether a shopper was signed in on both sides",
        "shipping_methods_missing": "the number of delivery steps, and how many offered no method",
        "shipping_tracking_gap": f"{_POLL}: shipments without a fulfilment",
        "stale_page_cache": "page values against API values, from probes",
        "storefront_token_expired": "statuses of outgoing calls to the storefront API",
        "sync_app_timeout_or_circuit_open": "error share and latency of synchronous apps",
        "tax_calculation_failure": "taxes and destinations of orders",
        "test_mode_in_production": "a test payment joined to the order that it paid",
        "third_party_script_failure": _BROWSER,
        "traffic_surge_capacity": f"{_BASELINE} of sessions",
        "web_performance_regression": "response times",
        "webhook_duplicate_delivery": "a share of duplicates, which verify has to emit",
        "webhook_out_of_order_write": "versions applied by the consumer",
        "webhook_silence": f"{_POLL}; the number of events to expect",
        "webhook_subscription_missing": f"{_POLL}: the list of subscriptions",
    }
)
"""Failure mode to what is missing before its rules can be written, or written better."""
