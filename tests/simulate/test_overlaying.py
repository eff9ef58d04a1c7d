"""Simulations played together: what is delivered, who plays it, and what is true of both."""

from __future__ import annotations

import json
from datetime import timedelta
from functools import cache

import attrs
import pytest

from migro.errors import ConfigurationError
from migro.models import Severity
from migro.observe import Envelope, Observer, ObserveSettings
from migro.simulate import Simulation, beside, generate, merged, namesake, overlay, recast
from migro.simulate.shops import FERNWOOD, LARKSPUR, QUILLON


@cache
def played(name: str, seed: int = 1) -> Simulation:
    return generate(name, seed=seed)


def observed(simulation: Simulation) -> list[tuple[str | None, str]]:
    """Whom the observer takes each event for, and how its sender is proven."""
    settings = ObserveSettings.model_validate({"endpoints": simulation.settings()})
    observer = Observer(settings, secrets=simulation.secrets, pseudonym_key=b"a key that only tests use")
    found = (observer.observe(Envelope.model_validate(e.data())) for e in simulation.envelopes)
    return [(s.merchant, s.auth) for one in found for s in one.signals]


def test_merged_simulations_deliver_what_each_delivers_alone() -> None:
    one, other = played("SC01"), played("SC02")
    both = merged((one, other), scenario="both", seed=1)

    assert sorted(e.json_line() for e in both.envelopes) == sorted(
        e.json_line() for s in (one, other) for e in s.envelopes
    )
    assert both.truth.events == one.truth.events + other.truth.events
    assert both.truth.merchants == (LARKSPUR.id, FERNWOOD.id)
    assert both.truth.issues == one.truth.issues + other.truth.issues


def test_nothing_cannot_be_merged_and_endpoints_of_one_name_have_to_be_one() -> None:
    other = attrs.evolve(
        played("SC01"), endpoints=tuple(attrs.evolve(e, secret="another") for e in played("SC01").endpoints)
    )

    with pytest.raises(ConfigurationError, match="at least one simulation to merge, got none"):
        merged((), scenario="nothing", seed=1)
    with pytest.raises(ConfigurationError, match="endpoints of one name to be equal, got two that differ"):
        merged((played("SC01"), other), scenario="both", seed=1)


def test_an_overlay_is_two_troubles_of_one_merchant() -> None:
    both = played("SC01+SC24")

    assert both.truth.scenario == "SC01+SC24"
    assert both.truth.merchants == (LARKSPUR.id,)
    assert [s.id for s in both.shops] == [LARKSPUR.id]
    assert {merchant for merchant, _ in observed(both)} == {LARKSPUR.id}
    assert {a.kind for a in both.truth.actions} >= {"notify", "report"}


def test_whoever_plays_another_shop_signs_with_its_secrets() -> None:
    proven = [auth for _, auth in observed(played("SC01+SC24"))]

    assert "failed" not in proven
    assert proven.count("verified") > 20


def test_what_was_forged_or_cut_off_stays_so_when_another_shop_plays_it() -> None:
    morning = played("morning")
    casting = {shop: namesake(shop) for shop in morning.shops}
    failed = [auth for _, auth in observed(morning)].count("failed")

    assert [auth for _, auth in observed(recast(morning, casting))].count("failed") == failed >= 1


def test_two_stories_of_one_shop_keep_their_numbers_apart() -> None:
    twice = played("SC01+SC01")
    orders = [
        json.loads(e.body)["order_number"]
        for e in twice.envelopes
        if isinstance(e.body, str) and e.headers.get("X-Shopify-Topic") == "orders/create"
    ]

    assert {n // 1000 for n in orders} == {41, 81}
    assert len(observed(twice)) == twice.truth.events


def test_two_stories_of_one_shop_expect_an_issue_once_and_in_the_wider_interval() -> None:
    first = played("SC01")
    milder = tuple(
        attrs.evolve(i, mildest=Severity.SEV4, gravest=Severity.SEV3, onset=i.onset + timedelta(minutes=1))
        for i in first.truth.issues
    )
    second = attrs.evolve(first, truth=attrs.evolve(first.truth, issues=milder))
    both = merged((first, second), scenario="twice", seed=1).truth.issues

    assert [(i.kind, i.onset) for i in both] == [(i.kind, i.onset) for i in first.truth.issues]
    assert [(i.mildest, i.gravest) for i in both] == [(Severity.SEV4, i.gravest) for i in first.truth.issues]


def test_what_one_story_forbids_and_another_expects_of_the_same_merchant_is_not_forbidden() -> None:
    both = played("SC02+SC01").truth

    assert "deploy_regression" in {f.kind for f in played("SC02").truth.forbidden}
    assert {i.kind for i in both.issues} >= {"deploy_regression", "checkout_handoff_404"}
    assert {f.kind for f in both.forbidden}.isdisjoint(i.kind for i in both.issues)


def test_side_by_side_a_shop_of_both_has_a_namesake() -> None:
    both = played("SC01,SC01")
    other = namesake(LARKSPUR)

    assert both.truth.merchants == (LARKSPUR.id, other.id)
    assert {m for m, _ in observed(both)} == {LARKSPUR.id, other.id}
    assert {i.merchant for i in both.truth.issues} == {LARKSPUR.id, other.id}
    assert beside(played("SC01"), played("SC01", 2)) == both


def test_a_story_that_is_named_again_is_played_with_the_next_seed() -> None:
    assert overlay(played("SC01"), played("SC01", 2)) == played("SC01+SC01")


def test_the_host_goes_on_saying_of_a_shop_what_it_said() -> None:
    said = [
        e.body
        for e in played("SC01+SC24").envelopes
        if e.kind == "host_signal" and not isinstance(e.body, str) and e.body["kind"] == "shop.profile"
    ]

    assert [b["attrs"]["storefront_host"] for b in said] == [LARKSPUR.host] * 2
    assert {b["metrics"]["aov_minor"] for b in said} == {LARKSPUR.aov_minor}


def test_a_shop_that_does_not_take_part_cannot_be_played_by_another() -> None:
    with pytest.raises(ConfigurationError, match="expected a shop of the simulation, got 1000424"):
        recast(played("SC01"), {QUILLON: FERNWOOD})


def test_planted_data_of_an_overlay_is_in_its_payloads() -> None:
    both = played("SC24+SC02")
    raw = "\n".join(e.json_line() for e in both.envelopes)

    assert [v for values in both.truth.planted.values() for v in values if v not in raw] == []
