"""The rules do what their examples say, alone and beside the shipped pack."""

from __future__ import annotations

from migro_returns.rules import RULES

from migro import RuleSet
from migro.engine import check_examples
from migro.packs.headless import RULES as HEADLESS


def test_every_rule_does_what_its_examples_say() -> None:
    assert check_examples(RULES) == ()


def test_the_rules_go_together_with_the_shipped_ones() -> None:
    both = RuleSet("both", HEADLESS, RULES)

    assert len(both) == len(HEADLESS) + len(RULES)
