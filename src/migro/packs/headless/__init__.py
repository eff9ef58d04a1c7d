"""The shipped pack for moves from hosted shops to headless storefronts: signal kinds, failure modes, rules."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

from .gaps import NOT_YET

if TYPE_CHECKING:
    from ...rules import RuleSet

    RULES: RuleSet
    """Every rule of the pack."""

__all__ = ["NOT_YET", "RULES"]


@cache
def _rules() -> RuleSet:
    from ...rules import RuleSet
    from . import (
        access,
        analytics,
        api_versions,
        arrival,
        auth,
        blind_spots,
        bot_protection,
        browser,
        card_testing,
        cart,
        cart_updates,
        charges,
        checkout,
        clocks,
        clusters,
        codes,
        contents,
        customers,
        cutover,
        data_sync,
        deliveries,
        delivery,
        documentation,
        duplicates,
        frontend,
        guests,
        handoff,
        hosts,
        integration,
        inventory,
        journeys,
        log_codes,
        mail_links,
        notices,
        occurrences,
        order_flow,
        order_import,
        orders,
        payment_returns,
        payment_webhook,
        payments,
        performance,
        platform,
        policies,
        prices,
        privacy,
        proofs,
        releases,
        scripts,
        search,
        search_engines,
        speed,
        stock_levels,
        subscriptions,
        surges,
        sync_apps,
        tickets,
        tills,
        webhook,
        webhook_silence,
    )
    from .signals import VOCABULARY

    modules = (
        checkout,
        handoff,
        orders,
        cart,
        cart_updates,
        codes,
        arrival,
        payments,
        card_testing,
        payment_returns,
        charges,
        duplicates,
        delivery,
        auth,
        access,
        customers,
        guests,
        webhook,
        payment_webhook,
        subscriptions,
        webhook_silence,
        deliveries,
        privacy,
        inventory,
        stock_levels,
        data_sync,
        prices,
        order_import,
        search,
        cutover,
        order_flow,
        integration,
        bot_protection,
        api_versions,
        sync_apps,
        mail_links,
        clocks,
        frontend,
        releases,
        browser,
        policies,
        scripts,
        search_engines,
        contents,
        analytics,
        hosts,
        occurrences,
        performance,
        speed,
        surges,
        clusters,
        documentation,
        blind_spots,
        platform,
        tickets,
        journeys,
        notices,
        tills,
        proofs,
        log_codes,
    )
    rules = tuple(rule for module in modules for rule in module.RULES)
    return RuleSet(
        "headless",
        *rules,
        *documentation.faults(rules),
        signals=VOCABULARY,
        hosts_about={"tracking": analytics.MEASURES_VISITORS},
        require_examples=True,
    )


def __getattr__(name: str) -> Any:
    # Who only reads the vocabulary, as the observers do, does not pay for rules and their examples.
    if name == "RULES":
        return _rules()
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
