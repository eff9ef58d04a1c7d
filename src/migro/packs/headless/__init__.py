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
        auth,
        browser,
        cart,
        checkout,
        data_sync,
        documentation,
        frontend,
        handoff,
        integration,
        inventory,
        occurrences,
        payments,
        performance,
        tickets,
        webhook,
    )
    from .signals import VOCABULARY

    modules = (
        checkout,
        handoff,
        cart,
        payments,
        auth,
        webhook,
        inventory,
        data_sync,
        integration,
        frontend,
        browser,
        occurrences,
        performance,
        documentation,
        tickets,
    )
    rules = (rule for module in modules for rule in module.RULES)
    return RuleSet("headless", *rules, signals=VOCABULARY, require_examples=True)


def __getattr__(name: str) -> Any:
    # Who only reads the vocabulary, as the observers do, does not pay for rules and their examples.
    if name == "RULES":
        return _rules()
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
