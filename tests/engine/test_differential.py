"""
The engine against the oracle: the same firings at every moment, whatever arrives in whatever order.

``MIGRO_STREAMS=20`` plays twenty times as many streams, other ones each.
"""

from __future__ import annotations

import os
from random import Random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from migro.engine import EngineState, NativeEngine
from tests.effort import cases
from tests.engine.playing import difference, expected, play
from tests.engine.profiles import HOURS, PROFILES, SLOW, TINY, Profile
from tests.engine.shrinking import shrunk
from tests.engine.streams import ruleset, stream
from tests.engine.tally import Tally

TIMES = int(os.environ.get("MIGRO_STREAMS", "1"))
CHUNKS = [(TINY, 6, 1000), (SLOW, 4, 1000), (HOURS, 2, 520)]
"""Profile, chunks and streams in each: 11,040 streams, where random laws are played in full."""

STREAMS_PER_RULESET = 8

TIMED = """Counted Distinct Share Fits Compared Differs Rising Drop After Together Without Held Holds Runs
    Via Silence During Given Known Both Unless Recent""".split()
MEASURES = """Age Latest Quantile Smoothed Standout Ratio Sum Times Absolute Extreme Told Baseline Previous Before
    Trailing HourOfWeek""".split()
TERMS = "FirstSeen covers lacks overlaps among Fact Feature Arithmetic Scaled weight".split()
ALWAYS_KNOWN = "Selection Count Total Different Top Holding".split()

tallies: dict[str, Tally] = {}
played: list[int] = []


@pytest.mark.parametrize(
    ("p", "chunk", "size"),
    [pytest.param(p, n, size, id=f"{p.name}-{n}") for p, chunks, size in CHUNKS for n in range(chunks * TIMES)],
)
def test_engine_and_oracle_agree_on_random_streams(p: Profile, chunk: int, size: int) -> None:
    tally = tallies.setdefault(p.name, Tally())
    for number in range(cases(size) // STREAMS_PER_RULESET):
        seed = chunk * 1_000_000 + number
        r = Random(seed)
        rules = ruleset(r, p)
        engine = NativeEngine(rules)
        for _ in range(STREAMS_PER_RULESET):
            steps = stream(r, rules, r.choice(p.lengths), p)
            moments = list(play(engine, steps, EngineState(), Random(seed), p))
            for moment in (moments[-1], *r.choices(moments, k=2)):
                world = expected(rules, steps, moment)
                assert not difference(rules, steps, moment, world), shrunk(rules, steps, seed, p)
                if r.random() < 0.2:
                    tally.note(world)
            if r.random() < (0.6 if p.hourly else 0.25):
                tally.note_late(rules, steps)
            played.append(seed)


@given(st.randoms(use_true_random=False), st.sampled_from(sorted(PROFILES)))
@settings(max_examples=cases(200), deadline=None, suppress_health_check=list(HealthCheck))
def test_engine_and_oracle_agree_at_every_moment_of_a_stream(r: Random, name: str) -> None:
    p = PROFILES[name]
    rules = ruleset(r, p)
    steps = stream(r, rules, r.randint(1, 8), p)
    for moment in play(NativeEngine(rules), steps, EngineState(), r, p):
        found = difference(rules, steps, moment)
        assert not found, found


def test_the_streams_made_every_construct_say_yes_and_no_and_change_its_mind() -> None:
    # A law that was only ever tried on nothing proves nothing. Runs after the streams, in the same process.
    if len(played) < sum(chunks * size for _, chunks, size in CHUNKS):
        return
    everything = Tally()
    for tally in tallies.values():
        everything.add(tally)

    assert not everything.missing([*TIMED, *MEASURES, *TERMS], least=10, moved=3), everything.table()
    assert all(everything.yes[name] > 200 for name in ALWAYS_KNOWN), everything.table()
    assert everything.yes["lowered"] > 3, everything.table()
    assert everything.yes["firing"] > len(played) // 20, everything.table()
