"""The guard: what is known to crash, hang or mislead durable-rules is refused before it is told of anything."""

from __future__ import annotations

from typing import Any

import pytest

from migro.durable.limits import (
    MAX_CONDITIONS,
    MAX_FACTS,
    MAX_PREMISES,
    MAX_RULES,
    MAX_SHARED,
    check_facts,
    check_rules,
    hashed,
)
from migro.durable.lowering import Tokens
from migro.errors import MigroError, SecondEngineRefused

FACT = ("p0", "k0", "f0")

NINE = {
    "a rule reads the id that an event lacks": ({"r0": ["id"]}, [FACT], "expected a premise's token such as 'p7'"),
    "the 1,025th state": ({"r0": ["p0"]}, [("p0", "k0", "f0", f"shop-{n}") for n in range(1025)], "a premise, a key"),
    "a state is deleted where no action ran": ({"r0": ["p0"]}, [("p0", "k0", "f0", "shop")], "a premise, a key"),
    "a state is deleted beside threads": ({"$timer": ["p0"]}, [FACT], "expected a rule's token such as 'r7'"),
    "256 rules with one condition": ({f"r{n}": ["p0"] for n in range(256)}, [FACT], "60 rules to share a premise"),
    "513 tests of one property": ({f"r{n}": [f"p{n}"] for n in range(513)}, [FACT], "at most 400 different premises"),
    "a pattern that its builder never ends": ({"r0": ["([^a]|[ab])((.)?)*"]}, [FACT], "premise's token such as 'p7'"),
    "200,000 nested brackets": ({"r0": ["p0"]}, [("p0", "[" * 200_000, "f0")], "expected a key such as 'k7'"),
    "an id of 9 MB": ({"r0": ["p0"]}, [("p0", "k0", "f" + "0" * 9_000_000)], "expected a fact's id such as 'f7'"),
}
"""What crashes or hangs durable-rules, in the shape that it would have here, and what is said of it."""


def offer(rules: Any, facts: Any) -> None:
    check_rules(rules)
    check_facts(facts)


@pytest.mark.parametrize("name", NINE)
def test_what_is_known_to_crash_or_hang_is_refused_before_it_is_told(name: str) -> None:
    rules, facts, said = NINE[name]
    with pytest.raises(SecondEngineRefused, match=said) as caught:
        offer(rules, facts)

    assert isinstance(caught.value, MigroError | ValueError)
    assert len(str(caught.value)) < 300


def test_as_much_as_the_limits_say_is_taken() -> None:
    offer({f"r{n}": [f"p{2 * n}", f"p{2 * n + 1}"] for n in range(MAX_RULES)}, [FACT])
    offer({"r0": [f"p{n}" for n in range(MAX_CONDITIONS)]}, [])
    offer({f"r{n}": ["p0", f"p{n + 1}"] for n in range(MAX_SHARED)}, [])
    tokens = Tokens("f")
    check_facts(
        [
            ("p0", f"k{n // 100}", tokens.of(n)) if n % 100 == 0 else (f"p{n % 100}", f"k{n // 100}", tokens.of(n))
            for n in range(MAX_FACTS)
        ]
    )


@pytest.mark.parametrize(
    ("rules", "said"),
    [
        ({"r0": [f"p{n}" for n in range(MAX_CONDITIONS + 1)]}, "expected 1 to 16 conditions, got 17 in 'r0'"),
        ({"r0": []}, "expected 1 to 16 conditions, got 0 in 'r0'"),
        ({"r0": ["p1", "p1"]}, "expected every condition once"),
        ({f"r{n}": [f"p{n}"] for n in range(MAX_RULES + 1)}, "expected at most 200 rules, got 201"),
        ({f"r{n}": ["p0", f"p{n + 1}"] for n in range(MAX_SHARED + 1)}, "60 rules to share a premise, got 61"),
        ({"r0": [7]}, "expected a premise's token such as 'p7', got '7'"),
    ],
)
def test_one_more_than_the_limits_say_is_refused(rules: Any, said: str) -> None:
    with pytest.raises(SecondEngineRefused, match=said):
        check_rules(rules)


@pytest.mark.parametrize(
    ("facts", "said"),
    [
        ([FACT] * (MAX_FACTS + 1), "expected at most 20000 facts at once, got 20001"),
        ([FACT, ("p0", "k0", "f1")], "expected every fact once"),
        ([FACT, ("p1", "k0", "f0")], "expected ids that durable-rules can tell apart, got 'f0' and 'f0'"),
        ([("p\ud800", "k0", "f0")], "expected a premise such as 'p7'"),
    ],
)
def test_facts_that_could_be_mixed_up_are_refused(facts: Any, said: str) -> None:
    with pytest.raises(SecondEngineRefused, match=said):
        check_facts(facts)


def test_all_mistakes_are_said_at_once() -> None:
    with pytest.raises(SecondEngineRefused) as caught:
        check_rules({"x": [f"p{n}" for n in range(MAX_PREMISES + 1)], "r1": []})

    assert len(caught.value.mistakes) == 4


def test_the_hash_is_the_one_that_is_published_as_fnv_1a() -> None:
    # From the algorithm's own list of test vectors.
    assert [hashed(text) for text in ("", "a", "foobar")] == [0x811C9DC5, 0xE40C292C, 0xBF9CF968]


def test_two_shops_whose_names_have_one_hash_get_tokens_that_differ_in_theirs() -> None:
    assert hashed("shop-492873") == hashed("shop-1592400")

    tokens = Tokens("k")
    made = [tokens.of(name) for name in ("shop-492873", "shop-1592400", *range(2_000))]
    assert len({hashed(token) for token in made}) == len(made)
    assert tokens.of("shop-492873") == made[0]
    assert tokens.values()[made[1]] == "shop-1592400"
