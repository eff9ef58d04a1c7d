"""The engine against the oracle: the same firings at every moment, whatever arrives in whatever order."""

from __future__ import annotations

from random import Random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from migro.engine import EngineState, NativeEngine
from tests.engine.streams import difference, play, ruleset, stream

CHUNKS, RULESETS, STREAMS = 10, 100, 10
"""10 x 100 x 10 = 10,000 streams."""


@pytest.mark.parametrize("seed", range(CHUNKS))
def test_engine_and_oracle_agree_on_random_streams(seed: int) -> None:
    r = Random(seed)
    compared = fired = 0
    for _ in range(RULESETS):
        rules = ruleset(r)
        engine = NativeEngine(rules)
        for _ in range(STREAMS):
            signals = stream(r, rules, r.randint(1, 14))
            moments = list(play(engine, signals, EngineState(), r))
            for moment in (moments[-1], *r.choices(moments, k=3)):
                compared += 1
                fired += bool(moment.found)
                found = difference(rules, signals, moment)
                assert not found, found

    assert compared == 4 * RULESETS * STREAMS
    # Streams in which nothing ever fires would prove nothing.
    assert fired > compared // 8


@given(st.randoms(use_true_random=False))
@settings(max_examples=200, suppress_health_check=list(HealthCheck))
def test_engine_and_oracle_agree_at_every_moment_of_a_stream(r: Random) -> None:
    rules = ruleset(r)
    signals = stream(r, rules, r.randint(1, 8))
    for moment in play(NativeEngine(rules), signals, EngineState(), r):
        found = difference(rules, signals, moment)
        assert not found, found
