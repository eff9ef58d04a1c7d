"""Texts that patterns find, and patterns that find what others do."""

from __future__ import annotations

import pytest

from migro.comparison.texts import implied_patterns, texts_for
from migro.expressions import PatternMatch, compile_pattern, operands_of
from migro.packs.headless import RULES
from migro.rules import everything


@pytest.mark.parametrize(
    "text", ["a|b", "(?i)check-?_?out|cart", r"^(charge|invoice)\.", "52[0-6]", "x{2,3}y", "[^a]b$"]
)
def test_a_text_that_the_pattern_finds_is_made(text: str) -> None:
    pattern = compile_pattern(text)

    assert any(pattern.found_in(t) for t in texts_for([pattern]))


def test_a_text_is_made_for_every_pattern_of_the_shipped_rules() -> None:
    patterns = {
        atom.pattern.text: atom.pattern
        for rule in RULES
        for node in everything(rule.when)
        for predicate in getattr(node, "conditions", ())
        for atom in operands_of(predicate, whole=True)
        if isinstance(atom, PatternMatch)
    }

    assert [p.text for p in patterns.values() if not list(texts_for([p]))] == []


@pytest.mark.parametrize(
    ("narrow", "wide", "implied"),
    [
        ("a|b", "c|b|a", True),
        ("(?i)a", "(?i)a|b", True),
        ("(?i)a", "a|b", False),
        ("a(b|c)", "a(b|c)|d", True),
        ("[a|b]", "[a|b]|c", True),
        (r"a\|b", "a", False),
        ("a|(?i)b", "a|(?i)b|c", False),
        ("[]|]", "[]|]|c", True),
        ("ab", "a", False),
    ],
)
def test_a_pattern_implies_one_with_more_alternatives(narrow: str, wide: str, implied: bool) -> None:
    found = implied_patterns({"narrow": compile_pattern(narrow), "wide": compile_pattern(wide)})

    assert (("narrow", "wide") in found) is implied
