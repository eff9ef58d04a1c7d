"""What transport does to deliveries: which are lost, come again and overtake each other, and what is left true."""

from __future__ import annotations

import json
from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from migro.errors import ConfigurationError
from migro.simulate import RawEnvelope, Simulation, generate, lose, reorder, repeat
from migro.simulate.transport import ONE_BY_ONE
from tests.effort import cases

MORNING = generate("morning", seed=1)
LONG = timedelta(minutes=90)


def text(envelope: RawEnvelope) -> str:
    return envelope.body if isinstance(envelope.body, str) else json.dumps(dict(envelope.body), ensure_ascii=False)


def events(simulation: Simulation) -> Counter[str]:
    """Every event by its text; the lines of a log one by one."""
    return Counter(
        line
        for e in simulation.envelopes
        for line in (text(e).splitlines() if e.kind == "web_access_log" else [f"{e.endpoint} {text(e)}"])
    )


@settings(max_examples=cases(20), deadline=None)
@given(permille=st.integers(0, 1000), seed=st.integers())
def test_a_loss_only_takes_away_and_counts_what_it_took(permille: int, seed: int) -> None:
    left = lose(MORNING, permille=permille, seed=seed)

    assert events(left) <= events(MORNING)
    assert left.truth.events == sum(e.events for e in left.envelopes)
    assert left.truth.events + left.truth.lost == MORNING.truth.events
    assert left.truth.envelopes == len(left.envelopes)
    assert left.truth.issues == MORNING.truth.issues
    assert [e.received_at for e in left.envelopes] == sorted(e.received_at for e in left.envelopes)


def test_the_share_that_is_lost_is_the_one_that_was_asked_for_of_lines_and_of_webhooks() -> None:
    lost = [lose(MORNING, permille=300, seed=seed) for seed in range(1, 9)]

    def share(batched: bool) -> float:
        def count(simulation: Simulation) -> int:
            return sum(e.events for e in simulation.envelopes if (e.kind == "web_access_log") == batched)

        return 1 - sum(map(count, lost)) / (len(lost) * count(MORNING))

    assert 0.27 < share(True) < 0.33
    assert 0.25 < share(False) < 0.35


def test_nothing_is_lost_of_nothing_and_everything_of_everything() -> None:
    gone = lose(MORNING, permille=1000, seed=1)

    assert lose(MORNING, permille=0, seed=1) == MORNING
    assert (gone.envelopes, dict(gone.truth.planted), gone.truth.lost) == ((), {}, MORNING.truth.events)


def test_the_same_seed_loses_the_same_and_another_seed_others() -> None:
    assert lose(MORNING, permille=300, seed=1) == lose(MORNING, permille=300, seed=1)
    assert lose(MORNING, permille=300, seed=1).envelopes != lose(MORNING, permille=300, seed=2).envelopes


def test_what_is_left_of_the_planted_data_is_in_what_is_left() -> None:
    left = lose(MORNING, permille=600, seed=1)
    raw = "\n".join(map(text, left.envelopes))
    kept = {v for values in left.truth.planted.values() for v in values}

    assert kept == {v for values in MORNING.truth.planted.values() for v in values if v in raw}


def test_of_a_batch_single_alerts_are_lost_and_of_what_is_signed_nothing_is_changed() -> None:
    storm = generate("SC07", seed=1)
    left = lose(storm, permille=500, seed=1)
    whole = {text(e) for e in storm.envelopes}
    signed = {e.name for e in storm.endpoints if e.secret}

    assert all(text(e) in whole for e in left.envelopes if e.endpoint in signed)
    assert any(e.events > 1 and text(e) not in whole for e in left.envelopes if e.kind == "alertmanager_v4")


@pytest.mark.parametrize("permille", [-1, 1001])
def test_what_is_no_share_is_refused(permille: int) -> None:
    with pytest.raises(ConfigurationError, match=f"a share of 0 to 1000 in 1,000 events, got {permille}"):
        lose(MORNING, permille=permille, seed=1)


def test_repeats_have_the_same_body_and_ids_and_are_counted() -> None:
    again = repeat(MORNING, permille=400, seed=1, copies=(1, 4), late=LONG)
    more = len(again.envelopes) - len(MORNING.envelopes)

    assert set(events(again)) == set(events(MORNING))
    assert again.truth.duplicates == MORNING.truth.duplicates + more
    assert more > 20
    assert again.envelopes[-1].received_at == MORNING.envelopes[-1].received_at


def test_held_up_deliveries_are_the_same_in_another_order() -> None:
    late = reorder(MORNING, permille=300, seed=1, within=timedelta(minutes=10))

    assert events(late) == events(MORNING)
    assert [text(e) for e in late.envelopes] != [text(e) for e in MORNING.envelopes]
    assert [e.received_at for e in late.envelopes] == sorted(e.received_at for e in late.envelopes)
    assert late.truth.duplicates == MORNING.truth.duplicates


def test_whoever_sends_later_signs_later() -> None:
    for simulation in (repeat(MORNING, permille=900, seed=1, late=LONG), reorder(MORNING, permille=900, seed=1)):
        stamps = [
            (e.received_at, datetime.fromtimestamp(int(e.headers["Stripe-Signature"].split(",")[0][2:]), UTC))
            for e in simulation.envelopes
            if e.kind == "stripe_event" and text(e).endswith("}")
        ]

        assert stamps
        assert all(timedelta(0) <= at - stamp < timedelta(seconds=300) for at, stamp in stamps)


def test_only_what_arrives_in_a_spell_is_touched() -> None:
    begin = MORNING.truth.onset + timedelta(minutes=10)
    spell = (begin, begin + timedelta(minutes=5))
    left = lose(MORNING, permille=1000, seed=1, kinds=ONE_BY_ONE, during=spell)
    gone = [e for e in MORNING.envelopes if e not in left.envelopes]

    assert gone
    assert all(e.kind in ONE_BY_ONE and spell[0] <= e.received_at < spell[1] for e in gone)
