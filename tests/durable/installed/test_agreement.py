"""Both engines say the same: of every example of the shipped rules, and over 10,000 random streams."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from random import Random
from typing import Any

import pytest

from migro.durable import Conversation, Disagreement, SecondEngine
from migro.durable.disagreements import disagreements
from migro.engine import EngineState, NativeEngine, play_example
from migro.packs.headless import RULES
from tests.durable.joining import joined_rules
from tests.effort import cases
from tests.engine.playing import play
from tests.engine.profiles import HOURS, SLOW, TINY, Profile
from tests.engine.streams import ruleset, stream

CHUNKS = [(joined_rules, TINY, 8, 1000), (ruleset, TINY, 1, 600), (ruleset, SLOW, 1, 800), (ruleset, HOURS, 1, 600)]
"""What makes the rules, the scale of time, chunks, and streams in each: 10,000 streams."""

STREAMS_PER_RULESET = 8

tally: Counter[str] = Counter()


@pytest.fixture(scope="module")
def conversation() -> Iterator[Conversation]:
    with Conversation() as conversation:
        yield conversation


def test_both_engines_agree_on_every_example_of_the_shipped_rules(conversation: Conversation) -> None:
    second = SecondEngine(NativeEngine(RULES), conversation=conversation)
    found: list[Disagreement] = []
    fired = Counter[str]()
    for rule in RULES.rules:
        for example in rule.examples:
            state = play_example(second.engine, example).state
            found += second.compare(state, stream=f"{rule.id}::{example.name}")
            fired.update({second.lowering.portability[id].standing for id, _ in state.firings})

    assert [str(one) for one in found] == []
    assert sum(len(rule.examples) for rule in RULES.rules) > 1_900
    assert fired["lowered"] > 500


@pytest.mark.parametrize(
    ("make", "p", "chunk", "size"),
    [
        pytest.param(make, p, n, size, id=f"{make.__name__}-{p.name}-{n}")
        for make, p, chunks, size in CHUNKS
        for n in range(chunks)
    ],
)
def test_both_engines_agree_over_random_streams(
    conversation: Conversation, make: Any, p: Profile, chunk: int, size: int
) -> None:
    for number in range(cases(size, promised=True) // STREAMS_PER_RULESET):
        seed = chunk * 1_000_000 + number
        r = Random(seed)
        rules = make(r) if make is joined_rules else make(r, p)
        second = SecondEngine(NativeEngine(rules), conversation=conversation)
        tally.update(one.standing for one in second.lowering.portability.values())
        for _ in range(STREAMS_PER_RULESET):
            state = EngineState()
            for _ in play(second.engine, stream(r, rules, r.choice(p.lengths), p), state, Random(seed), p):
                if r.random() < 0.05:
                    compare(second, state, seed)
            compare(second, state, seed)
            tally["streams"] += 1


def compare(second: SecondEngine, state: EngineState, seed: int) -> None:
    outcome = second.evaluate(state)
    for rule, _ in outcome.firings:
        tally[f"fired {second.lowering.portability[rule].standing}"] += 1
    tally["fallback"] += sum(firing.lowered for firing in state.firings.values())
    tally["points"] += len(outcome.points)
    found = disagreements(second.lowering, second.engine, state, outcome.firings, outcome.points, stream=f"seed {seed}")
    assert [str(one) for one in found] == []


def test_the_streams_made_rules_of_every_standing_fire() -> None:
    # A law that was only ever tried on nothing proves nothing. Runs after the streams, in the same process.
    streams = sum(cases(size, promised=True) // STREAMS_PER_RULESET * chunks for _, _, chunks, size in CHUNKS)
    if tally["streams"] < streams * STREAMS_PER_RULESET:
        return

    assert tally["fired lowered"] > streams, tally
    assert tally["fired native"] > streams, tally
    assert tally["points"] > streams, tally
    assert tally["fallback"] > 0, tally
    assert tally["refused"] > 0, tally
