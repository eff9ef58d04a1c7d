"""The laws of the score."""

from __future__ import annotations

from decimal import Decimal, localcontext
from itertools import product
from typing import Any

import attrs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from migro.models import Auth, Band, PremiseTrace
from migro.reason import HIGH_FROM, MAX_SCORE, Evidence, band_of, confidence_of, score, trust_cap
from tests.effort import cases

PRIOR = -100
AUTHS: dict[Auth, int] = {
    "verified": 150,
    "static_secret": 150,
    "not_applicable": 150,
    "unsigned": 50,
    "unchecked": 50,
    "failed": 0,
}
laws = settings(max_examples=cases(100), deadline=None)


def evidence(rule: str, points: int, family: str = "f", **fields: Any) -> Evidence:
    given = {
        "rule": rule,
        "rule_version": "v",
        "effect": "supports" if points > 0 else "refutes" if points < 0 else "vetoes",
        "family": family,
        "points": points,
        "why": "",
        "premise": lambda: PremiseTrace(text="t", satisfied=True),
        "signals": frozenset({rule}),
        "sources": frozenset({"log"}),
        "auths": frozenset({"verified"}),
        **fields,
    }
    return Evidence(**given)


@st.composite
def bodies(draw: st.DrawFn) -> list[Evidence]:
    return [draw(one(f"r{n}")) for n in range(draw(st.integers(0, 7)))]


def one(rule: str, *, sign: int = 0) -> st.SearchStrategy[Evidence]:
    few = st.sampled_from
    size = few([5, 20, 50, 60, 105, 150])
    signs = st.just(sign) if sign else few([1, 1, 1, -1, 0])
    return st.builds(
        lambda p, s, f, sig, src, auth: evidence(rule, p * s, f, signals=sig, sources=src, auths=auth),
        size,
        signs,
        few(["http", "probe", "ticket"]),
        st.frozensets(few("abcd"), min_size=0, max_size=3),
        st.frozensets(few(["log", "probe"]), min_size=1),
        st.frozensets(few(list(AUTHS)), min_size=1, max_size=2),
    )


@laws
@given(bodies(), st.randoms(use_true_random=False))
def test_the_order_of_evidence_makes_no_difference(body: list[Evidence], random: Any) -> None:
    shuffled = list(body)
    random.shuffle(shuffled)

    assert score(PRIOR, shuffled) == score(PRIOR, body)


@laws
@given(bodies(), one("new", sign=1))
def test_a_supporting_rule_never_lowers_the_score(body: list[Evidence], more: Evidence) -> None:
    assert score(PRIOR, [*body, more]).total >= score(PRIOR, body).total


@laws
@given(bodies(), one("new", sign=-1))
def test_a_refuting_rule_never_raises_the_score(body: list[Evidence], more: Evidence) -> None:
    assert score(PRIOR, [*body, more]).total <= score(PRIOR, body).total


@laws
@given(bodies())
def test_the_same_evidence_under_another_name_changes_no_total(body: list[Evidence]) -> None:
    doubled = [*body, *(attrs.evolve(e, rule=f"z{e.rule}") for e in body)]

    assert score(PRIOR, doubled).total == score(PRIOR, body).total


@laws
@given(bodies(), st.integers(0, 6))
def test_a_weaker_rule_on_no_other_signals_changes_nothing_but_notes(body: list[Evidence], pick: int) -> None:
    strong = [e for e in body if abs(e.points) > 5]
    if not strong:
        return
    of = strong[pick % len(strong)]
    weaker = attrs.evolve(of, rule="weaker", points=5 if of.points > 0 else -5)
    before, after = score(PRIOR, body), score(PRIOR, [*body, weaker])

    assert (after.total, after.adjustments) == (before.total, before.adjustments)
    assert [(c.rule, c.counted) for c in after.contributions if c.rule != "weaker"] == [
        (c.rule, c.counted) for c in before.contributions
    ]


@laws
@given(st.integers(-MAX_SCORE, MAX_SCORE), bodies())
def test_what_counted_adds_up_to_the_score(prior: int, body: list[Evidence]) -> None:
    found = score(prior, body)
    total = prior + sum(c.counted for c in found.contributions)
    for a in found.adjustments:
        assert (a.before, a.after) == (total, a.cap)
        total = a.after

    assert total == found.total
    assert -MAX_SCORE <= total <= MAX_SCORE


@laws
@given(bodies())
def test_nobody_counts_beyond_what_is_proven(body: list[Evidence]) -> None:
    for e, c in zip(sorted(body, key=lambda e: e.rule), score(PRIOR, body).contributions, strict=True):
        assert abs(c.trusted) == min(abs(e.points), *(AUTHS[a] for a in e.auths))
        assert c.counted in (0, c.trusted)
        assert (c.counted == c.points) == (c.note == "") or c.points == 0


@laws
@given(bodies())
def test_one_source_kind_and_no_disjoint_families_cap_the_score(body: list[Evidence]) -> None:
    found = score(PRIOR, body)
    support = [e for e in body if e.effect == "supports" and trust_cap(e.auths)]

    if len(frozenset().union(*(e.sources for e in support))) <= 1:
        assert found.total <= 47
    if not found.disjoint:
        assert found.total <= 60
        assert band_of(found.total) is not Band.HIGH


@laws
@given(bodies())
def test_a_veto_is_no_evidence(body: list[Evidence]) -> None:
    vetoed = score(PRIOR, [*body, evidence("veto", 0, "provider")])

    assert vetoed.total == score(PRIOR, body).total
    assert vetoed.contributions[-1].note == "a veto is no evidence: it caps the outcome"


@pytest.mark.parametrize(("auth", "cap"), AUTHS.items())
def test_trust_caps_what_evidence_may_bring(auth: Auth, cap: int) -> None:
    (contribution,) = score(PRIOR, [evidence("r", 105, auths=frozenset({"verified", auth}))]).contributions

    assert trust_cap(frozenset({auth})) == cap
    assert contribution.counted == min(105, cap)


@pytest.mark.parametrize("sources", list(product(["log", "probe", "ticket"], repeat=3)))
def test_strong_medium_and_weak_stay_in_the_middle_whoever_says_so(sources: tuple[str, str, str]) -> None:
    body = [
        evidence(f"r{n}", points, f"f{n}", sources=frozenset({source}))
        for n, (points, source) in enumerate(zip((105, 50, 5), sources, strict=True))
    ]

    assert band_of(score(PRIOR, body).total) is Band.MID


def two_strong(signals: tuple[str, str], sources: tuple[str, str]) -> int:
    body = [
        evidence(f"r{n}", 105, f"f{n}", signals=frozenset({s}), sources=frozenset({source}))
        for n, (s, source) in enumerate(zip(signals, sources, strict=True))
    ]
    return score(PRIOR, body).total


def test_two_strong_families_need_disjoint_signals_and_two_kinds_of_source_to_be_sure() -> None:
    assert two_strong(("a", "b"), ("log", "probe")) == 110
    assert two_strong(("a", "a"), ("log", "probe")) == 60
    assert two_strong(("a", "b"), ("log", "log")) == 47
    assert two_strong(("a", "a"), ("log", "log")) == 47


def test_one_family_alone_is_never_sure() -> None:
    body = [evidence(f"r{n}", 150, sources=frozenset({f"s{n}"})) for n in range(9)]

    assert score(PRIOR, body).total == 50


def test_a_stronger_rule_of_another_source_takes_nothing_away() -> None:
    body = [
        evidence("a", 105, "http", sources=frozenset({"log"})),
        evidence("b", 105, "probe", sources=frozenset({"probe"})),
    ]
    stronger = evidence("c", 150, "probe", sources=frozenset({"log"}))

    assert score(PRIOR, [*body, stronger]).total == 155


def test_among_equals_the_smaller_id_counts() -> None:
    found = score(PRIOR, [evidence("b", 50), evidence("a", 50)])

    assert [(c.rule, c.counted) for c in found.contributions] == [("a", 50), ("b", 0)]
    assert found.contributions[1].note == "not counted: a of the same family is at least as strong"


def test_the_shown_confidence_is_the_exact_one_rounded_down() -> None:
    with localcontext() as context:
        context.prec = 50
        for points in range(-MAX_SCORE, MAX_SCORE + 1):
            exact = 1 / (1 + Decimal(10) ** (Decimal(-points) / 100))
            assert confidence_of(points) == Decimal(int(exact * 100)) / 100, points
            assert (points >= HIGH_FROM) == (exact >= Decimal("0.8"))
            assert (band_of(points) is Band.LOW) == (exact < Decimal("0.5"))


def test_the_bound_is_never_shown_below_it() -> None:
    assert {p for p in range(-MAX_SCORE, MAX_SCORE + 1) if confidence_of(p) >= Decimal("0.80")} == set(
        range(HIGH_FROM, MAX_SCORE + 1)
    )
