"""Gaps: failure modes that the pack leaves out or covers in part, and what is missing to cover them."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

__all__ = ["NOT_YET"]

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
