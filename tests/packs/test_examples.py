"""The inline examples of the shipped rules: each fires or stays silent as it says."""

from __future__ import annotations

from typing import Any

import pytest

from migro.engine.examples import check_examples
from migro.models import Signal
from migro.packs.headless import RULES
from migro.rules import Rule, RuleSet

_RULES = pytest.mark.parametrize("rule", RULES.rules, ids=lambda rule: rule.id)


def test_every_example_of_the_headless_pack_comes_out_as_it_says() -> None:
    assert [str(f) for f in check_examples(RULES)] == []


def test_an_example_that_does_not_come_out_is_found() -> None:
    wrong = [r for r in RULES.rules if r.id == "checkout.probe-fails"]
    silent, firing = ([e for e in wrong[0].examples if bool(e.fires_for) is fires] for fires in (False, True))
    swapped = Rule(
        "swapped",
        when=wrong[0].when,
        then=wrong[0].then,
        examples=(
            type(firing[0])(firing[0].name, firing[0].signals, ()),
            type(silent[0])(silent[0].name, silent[0].signals, firing[0].fires_for),
        ),
    )

    assert len(check_examples(RuleSet("swapped", swapped, signals=RULES.signals.values()))) == 2


@_RULES
def test_a_rule_says_why_in_one_short_sentence(rule: Rule[Any]) -> None:
    assert rule.why.endswith(".")
    assert rule.why.count(". ") == 0
    assert len(rule.why) <= 120


@_RULES
def test_examples_hold_signals_that_a_source_could_send(rule: Rule[Any]) -> None:
    signals: dict[str, Signal] = {s.id: s for e in rule.examples for s in e.signals}

    # The specimens are copied and not checked one by one; this checks a few of each example.
    for example in rule.examples:
        for signal in (*example.signals[:2], *example.signals[-2:]):
            assert type(signal).from_data(signal.model_dump()) == signal
            assert str(signal.merchant).startswith("shop-")
    assert all(s.received_at == s.occurred_at for s in signals.values())
