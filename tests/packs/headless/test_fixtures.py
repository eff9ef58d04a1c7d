"""The fixtures of every mode: what its rules' own examples come to, together, too small and contradicted."""

from __future__ import annotations

from datetime import timedelta
from functools import cache

import attrs
import pytest

from migro.evaluate.fixtures import CONTEXT, Fixture, ModeFixtures, fixtures_of
from migro.evaluate.judging import Bench
from migro.models import Band
from migro.packs.headless import RULES
from migro.packs.headless.gaps import NO_CASE
from migro.packs.headless.specimens import SHOP, alert, error
from migro.rules import STRONG

_KINDS = pytest.mark.parametrize("kind", sorted(RULES.kinds))


@cache
def _bench() -> Bench:
    return Bench(RULES)


@cache
def _mode(kind: str) -> ModeFixtures:
    return fixtures_of(_bench(), kind)


def _faults(fixture: Fixture) -> tuple[str, ...]:
    # By the whole pack; they were made with the mode's own rules alone.
    return fixture.faults(_bench().judge(fixture.kind, fixture.key, fixture.signals, fixture.at))


@_KINDS
def test_a_strong_and_a_medium_sign_of_two_sources_are_suspected(kind: str) -> None:
    found = _mode(kind).positive
    if kind in NO_CASE["positive"]:
        assert found is None
        return

    assert found is not None
    assert len({s.source_kind for s in found.signals}) >= 2
    assert found.lowest is Band.MID
    assert _faults(found) == ()


@_KINDS
def test_two_strong_signs_without_a_common_witness_are_sure(kind: str) -> None:
    found = _mode(kind).sure
    if kind in NO_CASE["sure"]:
        assert found is None
        return

    assert found is not None
    assert {RULES.rule(r).then.points for r in found.rules} == {STRONG}
    assert len({s.source_kind for s in found.signals} - CONTEXT) >= 2
    assert found.lowest is Band.HIGH
    assert _faults(found) == ()


@_KINDS
def test_the_least_bit_too_little_of_both_signs_is_nothing(kind: str) -> None:
    found = _mode(kind).near_miss
    if kind in NO_CASE["positive"]:
        assert found is None
        return

    assert found is not None
    assert found.highest is Band.LOW
    assert _faults(found) == ()


@_KINDS
def test_what_contradicts_a_suspicion_takes_it_back_or_lowers_it(kind: str) -> None:
    mode = _mode(kind)
    strong = [f for f in mode.contradictions if f.name in ("contradicted", "vetoed")]

    assert kind in NO_CASE["positive"] or mode.untried == ()
    assert bool(strong) is (kind not in {*NO_CASE["contradiction"], *NO_CASE["positive"]})
    assert [_faults(f) for f in mode.contradictions] == [()] * len(mode.contradictions)


def test_a_reason_stands_for_modes_that_exist_only() -> None:
    assert all(set(modes) <= set(RULES.kinds) for modes in NO_CASE.values())
    assert all(reason for modes in NO_CASE.values() for reason in modes.values())


def test_a_fixture_says_what_is_not_as_it_has_to_be() -> None:
    found = _bench().judge(
        "api_token_revoked", (SHOP,), [error(code="auth.token_invalid", events=3)], alert().occurred_at
    )
    wrong = Fixture(
        name="near-miss",
        kind="api_token_revoked",
        key=(SHOP,),
        rules=("token.refused",),
        signals=(),
        at=alert().occurred_at,
        lowest=Band.HIGH,
        fewer_than=0,
        silent=("token.refused",),
        vetoed_by="token.alert",
    )

    assert wrong.faults(found) == (
        "expected HIGH to HIGH, got MID (5)",
        "expected fewer than 0 points, got 5",
        "expected token.refused to be silent",
        "expected a veto of token.alert",
    )


def test_a_mode_that_a_rule_set_does_not_have_is_named() -> None:
    with pytest.raises(LookupError, match="rule set 'headless' has no failure mode 'none'"):
        fixtures_of(_bench(), "none")


def test_a_mode_alone_is_judged_as_the_whole_pack_judges_it() -> None:
    positive = _mode("checkout_server_error_spike").positive
    assert positive is not None
    later = attrs.evolve(positive, at=positive.at + timedelta(minutes=1))

    assert all(
        _bench().narrowed(f.kind).judge(f.kind, f.key, f.signals, f.at)
        == _bench().judge(f.kind, f.key, f.signals, f.at)
        for f in (positive, later)
    )
