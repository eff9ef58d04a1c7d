"""What evidence adds up to: two witnesses are enough, one never is, and what speaks against counts."""

from __future__ import annotations

from fractions import Fraction
from itertools import combinations
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from migro.evaluate.judging import moved
from migro.expressions import minutes
from migro.models import Band, Severity, Signal
from migro.packs.headless import RULES
from migro.packs.headless.specimens import (
    SHOP,
    alert,
    burst,
    deploy,
    error,
    maintenance,
    order,
    payment,
    probes,
    profile,
    request,
    signature_failure,
    ticket,
)
from migro.rules import STRONG, Baseline, Example, Known, Rule, everything, leaves
from tests.packs.headless.evidence import judged

HANDOFF: dict[str, Any] = {"method": "GET", "route_class": "checkout", "route": "/cart/c/:slug", "handoff": True}
SPIKE = (*burst(17, request()), *burst(3, request(30, 500)))
LOST = burst(5, request(0, 404, **HANDOFF), every=100)
# Every intent a ticket can have, from three people at once.
EVERYTHING = tuple(
    s
    for feature in ("asks.refund", "asks.destructive", "mentions.checkout", "mentions.404", "intent.cannot_checkout")
    for s in burst(3, ticket(0, feature), requester="p")
)


def _strong(kind: str) -> dict[str, Rule[Any]]:
    """Return one strong rule of each supporting family."""
    strong = [r for r in RULES.about(kind) if r.then.effect == "supports" and r.then.points == STRONG]
    # Of a family the one whose example is over first, so that it is still new when the other one ends.
    strong.sort(key=lambda r: max(s.received_at for s in _firing(r)), reverse=True)
    return {r.then.family: r for r in strong if not _by_fallback(r)}


def _by_fallback(rule: Rule[Any]) -> bool:
    """An example has no weeks behind it, so what rests on them counts one class lower there."""
    return any(isinstance(node, Baseline) for leaf in leaves(rule.when) for node in everything(leaf))


def _example(rule: Rule[Any]) -> Example:
    return next(e for e in rule.examples if e.fires_for)


def _firing(rule: Rule[Any]) -> tuple[Signal, ...]:
    return _example(rule).signals


def _near(rule: Rule[Any]) -> tuple[Signal, ...]:
    """Return a near miss that is none of another rule's hits; nothing where all of them are."""
    misses = (e.signals for e in rule.examples if not e.fires_for and not e.after)
    return next((m for m in misses if not judged(rule.then.kind.name, *m, key=_key(rule)).supported), ())


def _key(rule: Rule[Any]) -> tuple[str, ...]:
    return _example(rule).fires_for[0]


def _witnesses(rule: Rule[Any]) -> set[str]:
    return {s.source_kind for s in _firing(rule)} - {"host", "calendar", "change_event"}


def _at_once(*rules: Rule[Any]) -> tuple[Signal, ...]:
    """Return hits of rules, those that are long over moved to where the last of them ends."""
    ends = [max(s.received_at for s in _firing(r)) for r in rules]
    late = [max(ends) - end for end in ends]
    return tuple(
        s
        for rule, by in zip(rules, late, strict=True)
        for s in (moved(_firing(rule), by) if by > minutes(10) else _firing(rule))
    )


def _pair(kind: str) -> tuple[Rule[Any], Rule[Any]] | None:
    """Return two strong rules of different families that rest on different kinds of witnesses."""
    strong = [r for r in _strong(kind).values() if not _example(r).after]
    return next(((a, b) for a, b in combinations(strong, 2) if not _witnesses(a) & _witnesses(b)), None)


# A release is behind both families of a regression, so its witnesses are never entirely different.
TWO_STRONG = sorted(k for k in RULES.kinds if _pair(k) and k != "deploy_regression")


def test_several_modes_have_two_strong_witnesses() -> None:
    assert {
        "api_throttling",
        "cdn_origin_unreachable",
        "checkout_handoff_404",
        "checkout_throttled",
        "duplicate_order_or_charge",
        "image_host_blocked",
        "payment_webhook_signature_mismatch",
    } <= set(TWO_STRONG)


@pytest.mark.parametrize("kind", TWO_STRONG)
def test_two_strong_witnesses_with_signals_of_their_own_make_it_sure(kind: str) -> None:
    pair = _pair(kind)
    assert pair is not None
    found = judged(kind, *_at_once(*pair), key=_key(pair[0]))

    assert found.score.total >= RULES.kinds[kind].prior + 2 * STRONG
    assert found.band is Band.HIGH


@pytest.mark.parametrize("kind", TWO_STRONG)
def test_two_near_misses_make_nothing(kind: str) -> None:
    pair = _pair(kind)
    assert pair is not None
    near = (*_near(pair[0]), *_near(pair[1]))

    assert not near or judged(kind, *near, key=_key(pair[0])).band is Band.LOW


@pytest.mark.parametrize("rule", [r for r in RULES.rules if r.then.effect == "supports"], ids=lambda r: r.id)
def test_one_witness_alone_never_makes_it_sure(rule: Rule[Any]) -> None:
    found = judged(rule.then.kind.name, *_firing(rule), key=_key(rule), after=_example(rule).after)

    assert found.supported
    assert found.band < Band.HIGH


@pytest.mark.parametrize(
    "rule",
    [r for r in RULES.rules if r.then.effect == "refutes" and not any(isinstance(p, Known) for p in leaves(r.when))],
    ids=lambda r: r.id,
)
def test_what_speaks_against_is_counted(rule: Rule[Any]) -> None:
    found = judged(rule.then.kind.name, *_firing(rule), key=_key(rule), after=_example(rule).after)
    said = [c for c in found.score.contributions if c.rule == rule.id]

    assert [c.points for c in said] == [rule.then.points] or _by_fallback(rule)
    assert min(c.counted for c in found.score.contributions if c.family == rule.then.family) <= said[0].points


def test_questions_about_a_fault_are_no_confusion() -> None:
    asked = burst(2, ticket(0, "intent.how_to", cluster="checkout_domain"), ticket_id="t")

    assert judged("documentation_confusion", *asked).band is Band.MID
    assert judged("documentation_confusion", *asked, *SPIKE).band is Band.LOW
    assert judged("documentation_confusion", *asked, *LOST).band is Band.LOW


@pytest.mark.parametrize(("kind", "signals"), [("checkout_server_error_spike", SPIKE), ("checkout_handoff_404", LOST)])
def test_a_maintenance_window_vetoes_and_leaves_the_score_alone(kind: str, signals: tuple[Signal, ...]) -> None:
    plain, inside = judged(kind, *signals), judged(kind, maintenance(), *signals)

    assert plain.vetoes == ()
    assert len(inside.vetoes) == 1
    assert inside.score.total == plain.score.total


@pytest.mark.parametrize("kind", sorted(set(RULES.kinds) - {"ticket_needs_person", "documentation_confusion"}))
def test_tickets_alone_open_no_failure_mode(kind: str) -> None:
    features = sorted({f for r in RULES.about(kind) for e in r.examples for s in e.signals for f in s.features})
    said = [s for f in features for s in burst(5, ticket(0, *features, f), requester="p")]

    key = (SHOP, *("x" for _ in RULES.kinds[kind].per[1:]))
    assert judged(kind, *EVERYTHING, *said, key=key).band is Band.LOW


@pytest.mark.parametrize("auth", ["verified", "unsigned", "unchecked"])
def test_a_ticket_that_asks_for_money_reaches_a_person_however_it_came(auth: str) -> None:
    found = judged("ticket_needs_person", ticket(0, "asks.refund", auth=auth))

    assert found.band is Band.MID


def test_no_number_of_tickets_makes_their_wishes_sure() -> None:
    found = judged("ticket_needs_person", *burst(200, ticket(0, "asks.refund", "asks.destructive"), requester="p"))

    assert found.band is Band.MID


def test_a_ticket_whose_signature_does_not_fit_asks_for_nothing() -> None:
    assert judged("ticket_needs_person", ticket(0, "asks.refund", auth="failed")).band is Band.LOW


def test_a_release_before_failing_requests_and_a_new_error_is_suspected() -> None:
    found = judged("deploy_regression", deploy(-60), *SPIKE, error(60, route_class="cart", users=14))

    assert found.score.total == 60
    assert found.band is Band.MID


def test_a_release_and_one_symptom_are_a_coincidence() -> None:
    assert judged("deploy_regression", deploy(-60), *SPIKE).band is Band.LOW


@pytest.mark.parametrize(
    ("failed", "severity"),
    [(5, Severity.SEV3), (14, Severity.SEV3), (15, Severity.SEV2), (49, Severity.SEV2), (50, Severity.SEV1)],
)
def test_severity_of_failing_checkout_follows_the_lost_share(failed: int, severity: Severity) -> None:
    signals = (*burst(100 - failed, request()), *burst(failed, request(120, 500)))

    assert judged("checkout_server_error_spike", *signals).severity is severity


def test_failing_checks_without_a_measured_share_are_grave() -> None:
    assert judged("checkout_server_error_spike", *probes(0, False)).severity is Severity.SEV2


def test_all_lost_handoffs_are_as_bad_as_it_gets() -> None:
    assert judged("checkout_handoff_404", *LOST).severity is Severity.SEV1


def test_the_cost_of_failing_checkout_is_known_with_the_order_value_only() -> None:
    without = judged("checkout_server_error_spike", *SPIKE).impact
    known = judged("checkout_server_error_spike", profile(-60), *SPIKE).impact

    assert without.revenue_high is None
    assert known.currency == "EUR"
    # 20 requests in 5 min x 0.45 x 70.00 EUR x 3/20
    assert known.revenue_high == 4 * 45 * 7000 * 3 // (100 * 20)


def test_many_failed_payments_with_an_alert_are_sure() -> None:
    failed = (*burst(6, payment()), *burst(24, payment(60, "payment.failed")))

    assert judged("payment_decline_surge", *failed).band is Band.MID
    both = judged("payment_decline_surge", *failed, alert(90, alertname="PaymentFailures"), error(
        95, code="checkout.payment", events=30))  # fmt: skip

    assert both.band is Band.HIGH


def test_forged_deliveries_beside_good_ones_are_no_wrong_secret() -> None:
    forged, good = burst(20, signature_failure()), burst(3, order(5))

    assert judged("webhook_signature_mismatch", *forged).band is Band.MID
    assert judged("webhook_signature_mismatch", *forged, *good).band is Band.LOW


def test_another_shops_failures_say_nothing_about_this_one() -> None:
    found = judged("checkout_server_error_spike", *burst(40, request(0, 500, merchant="shop-2")))

    assert SHOP != "shop-2"
    assert not found.supported


@given(good=st.integers(0, 120), bad=st.integers(0, 40))
def test_the_share_of_failing_requests_follows_the_score_interval(good: int, bad: int) -> None:
    found = judged("checkout_server_error_spike", *burst(good, request()), *burst(bad, request(130, 500)), order(200))
    n, share = good + bad, Fraction(1, 20)
    excess = bad - share * n
    beyond_chance = n >= 100 or excess**2 >= Fraction(38416, 10_000) * share * (1 - share) * n

    assert found.supported is (n >= 20 and bad > 0 and excess >= 0 and beyond_chance)
