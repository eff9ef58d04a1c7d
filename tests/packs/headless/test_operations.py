"""The operations half of the pack: what its rules make of histories, and what they need to be told first."""

from __future__ import annotations

from typing import Any

import attrs
import pytest

from migro import Agent, VolatileMemory
from migro.engine import EngineState, NativeEngine, run_example
from migro.models import Band, IssueUpdate, Severity, Signal, to_microseconds
from migro.packs.headless import RULES
from migro.packs.headless.planning_signals import Fleet, ShopMove
from migro.packs.headless.specimens import burst, order
from migro.packs.headless.specimens_operations import (
    APP_CALLS,
    CHECKOUT_CALLS,
    DELIVERY,
    FLEET,
    IMPORT,
    ISSUE,
    MOVE,
    NOW,
    TRACE,
    at,
    said,
)
from migro.rules import Example, Rule, RuleSet, fact_uses
from tests.packs.headless.evidence import judged, later

MODES = {
    "webhook": 8,
    "inventory": 3,
    "data_sync": 10,
    "integration": 9,
    "docs": 1,
    "checkout": 16,
    "auth": 6,
    "frontend_mismatch": 12,
    "performance": 4,
}
# Kinds beside the seventy modes of the catalogue.
OTHERS = {
    "app_build_incident",
    "collector_fault",
    "documentation_gap",
    "privacy_webhook_failing",
    "ticket_needs_person",
}


@pytest.mark.parametrize(("category", "modes"), MODES.items())
def test_every_mode_of_a_category_has_rules(category: str, modes: int) -> None:
    kinds = {k.name for k in RULES.kinds.values() if k.category == category} - OTHERS

    assert len(kinds) == modes


def _proofs() -> list[Any]:
    told = []
    for rule in RULES.rules:
        # What is told has no default, so without it nothing follows; a currency only leaves out sums in other ones.
        told_facts = (f for f, _ in fact_uses(rule.when) if f.default is None)
        owners = {f.column.owner for f in told_facts if f.column.name != "currency"}
        example = next(e for e in rule.examples if e.fires_for)
        if owners and any(isinstance(s, tuple(owners)) for s in example.signals):
            told.append(pytest.param(rule, example, owners, id=rule.id))
    return told


def _untold(signal: Signal, owners: set[type[Signal]]) -> Signal:
    """Return what would have come of a signal: an issue is of a platform only where the host told of the shop."""
    return said(signal, platform=None) if ShopMove in owners and isinstance(signal, IssueUpdate) else signal


@pytest.mark.parametrize(("rule", "example", "owners"), _proofs())
def test_what_the_host_has_not_said_proves_nothing(
    rule: Rule[Any], example: Example, owners: set[type[Signal]]
) -> None:
    signals = tuple(_untold(s, owners) for s in example.signals if not isinstance(s, tuple(owners)))
    engine = NativeEngine(RuleSet("one", rule, signals=RULES.signals.values()))

    assert run_example(engine, rule, attrs.evolve(example, signals=signals)).fired_for == ()


def test_many_rules_rest_on_what_the_host_has_said() -> None:
    assert len(_proofs()) >= 10


def _lowered(rule: str, *signals: Signal) -> bool:
    engine = NativeEngine(RuleSet("one", RULES.rule(rule), signals=RULES.signals.values()))
    state = EngineState()
    for signal in sorted(signals, key=lambda s: s.received_at):
        now = to_microseconds(signal.received_at)
        engine.pass_time(state, now)
        engine.insert(state, signal, now)
        engine.settle(state)
    return state.firings[rule, ("shop-1",)].lowered


def _calls(latency_ms: int, week: int, hours: int) -> tuple[Signal, ...]:
    """Two calls an hour for some hours of one weekday, some weeks later."""
    return later(week * 604_800, burst(2 * hours, said(CHECKOUT_CALLS, 0, latency_ms=latency_ms), every=1_800))


def test_what_is_slow_against_a_day_counts_one_class_lower_than_against_three_weeks() -> None:
    slow = later(4 * 604_800, burst(5, said(CHECKOUT_CALLS, NOW, latency_ms=900)))
    today = _calls(300, 4, 6)
    weeks = tuple(s for week in (1, 2, 3) for s in _calls(300, week, 8))

    assert _lowered("sync-app.checkout-slow", *today, *slow)
    assert not _lowered("sync-app.checkout-slow", *weeks, *today, *slow)


def test_repeats_after_genuine_deliveries_are_believed() -> None:
    found = judged(
        "webhook_duplicate_delivery", *burst(80, said(DELIVERY)), *burst(20, said(DELIVERY, 90, duplicate=True))
    )

    assert found.score.total > 0


def test_a_rehearsal_says_nothing_about_the_import_that_follows_it() -> None:
    refused: dict[str, Any] = {"records": 40, "status": 422}
    rehearsed = said(IMPORT, 0, dry_run=True, records=200)

    alone = judged("bulk_import_errors", said(IMPORT, 60, records=190), said(IMPORT, 90, **refused))
    after = judged("bulk_import_errors", rehearsed, said(IMPORT, 60, records=190), said(IMPORT, 90, **refused))

    assert after.score.total == alone.score.total > 0


def test_a_till_of_the_old_shop_does_not_excuse_a_stray_order() -> None:
    moved = said(MOVE, settled_at=at(0))
    till = said(TRACE, 60, platform_side="old", placed_at=at(30), other_channel=True)
    stray = said(TRACE, 90, platform_side="old", placed_at=at(40), order_id="1002")

    assert judged("domain_split_brain", moved, till).score.total < 0
    assert judged("domain_split_brain", moved, till, stray).score.total > 0


def test_lateness_that_comes_back_is_no_recovery() -> None:
    listed = RULES.rule("webhook-silence.recovers").examples[0].signals
    again = said(DELIVERY, 1_900, arrived_at=at(120))
    rule = RULES.rule("webhook-silence.recovers")
    engine = NativeEngine(RuleSet("one", rule, signals=RULES.signals.values()))

    assert run_example(engine, rule, Example("", listed, ())).fired_for == (("shop-1",),)
    assert run_example(engine, rule, Example("", (*listed, again), ())).fired_for == ()


def test_old_mails_and_a_shipment_are_graver_than_old_mails() -> None:
    mail = said(TRACE, 60, imported=True, mails=1)
    label = said(TRACE, 61, imported=True, labels=1)

    assert judged("order_import_side_effects", mail).severity is Severity.SEV2
    assert judged("order_import_side_effects", mail, label).severity is Severity.SEV1


def _shop(n: int, platform: str) -> tuple[ShopMove | IssueUpdate, ...]:
    merchant = f"shop-{n}"
    return (said(MOVE, 0, platform=platform, merchant=merchant), said(ISSUE, 60, merchant=merchant, platform=platform))


def _fleet(platform: str, merchants: int) -> Fleet:
    return said(FLEET, 0, platform=platform, merchants=merchants)


def test_merchants_of_two_platforms_are_no_incident_of_either() -> None:
    fleets = (_fleet("shopify", 40), _fleet("saleor", 40))
    five = [s for n in range(5) for s in _shop(n, "shopify")]
    mixed = [s for n in range(5) for s in _shop(n, "shopify" if n % 2 else "saleor")]

    assert judged("platform_incident_systemic", *fleets, *five, key=("shopify",)).supported
    assert not judged("platform_incident_systemic", *fleets, *mixed, key=("shopify",)).supported
    assert not judged("platform_incident_systemic", *fleets, *mixed, key=("saleor",)).supported


def test_a_large_platform_needs_more_merchants() -> None:
    shops = [s for n in range(9) for s in _shop(n, "shopify")]
    rule = RULES.rule("platform.same-mode")
    engine = NativeEngine(RuleSet("one", rule, signals=RULES.signals.values()))

    def fired(merchants: int) -> bool:
        return bool(run_example(engine, rule, Example("", (_fleet("shopify", merchants), *shops), ())).fired_for)

    assert fired(180)
    assert not fired(181)


def test_a_status_page_and_five_merchants_are_sure() -> None:
    status = next(e for e in RULES.rule("platform.status-page").examples if e.fires_for).signals
    shops = [s for n in range(5) for s in _shop(n, "shopify")]

    found = judged("platform_incident_systemic", _fleet("shopify", 40), *shops, *status, key=("shopify",))

    assert found.band is Band.HIGH


def test_ten_times_the_orders_are_a_sale_when_they_are_paid() -> None:
    rule = RULES.rule("order-effects.many-orders")
    example = next(e for e in rule.examples if e.fires_for)
    engine = NativeEngine(RuleSet("one", rule, signals=RULES.signals.values()))
    more = burst(40, order(NOW + 3_700))

    assert set(more) <= set(example.signals)
    assert run_example(engine, rule, example).fired_for
    assert not run_example(engine, rule, next(e for e in rule.examples if e.name == "all are paid")).fired_for


def test_a_question_is_about_the_fault_where_strong_evidence_needs_no_weeks_of_history() -> None:
    ids = {r.id for r in RULES}
    technical = [k for k in RULES.kinds.values() if k.per == ("merchant",) and k.category not in ("docs", "unknown")]

    assert {k.name for k in technical if f"docs.{k.name}" not in ids} == {"traffic_surge_capacity"}


@pytest.mark.parametrize(
    ("kind", "logged", "counted"),
    [
        ("api_throttling", "logs.api_throttling", "api-throttled.calls"),
        ("customer_token_expiry_loop", "logs.customer_token_expiry_loop", "login-loop.token-age"),
        ("missing_access_scope", "logs.missing_access_scope", "scope.answers"),
        ("tax_calculation_failure", "logs.tax_calculation_failure", "tax.app-fails"),
    ],
)
def test_refused_calls_that_are_logged_and_counted_are_one_witness(kind: str, logged: str, counted: str) -> None:
    told = [next(e for e in RULES.rule(id).examples if e.fires_for).signals for id in (logged, counted)]
    points = {w.evidence.rule: w.counted for w in judged(kind, *told[0], *told[1]).score.weighed}

    assert {logged, counted} <= points.keys()
    assert sorted((points[logged], points[counted])) == [0, RULES.rule(counted).then.points]


@pytest.mark.parametrize(("others", "opens"), [(180, False), (0, True)], ids=["with the others", "alone"])
def test_calls_of_one_minute_are_judged_when_all_of_its_sums_are_there(others: int, opens: bool) -> None:
    host = Agent(rules=RULES, memory=VolatileMemory())
    slow = [said(APP_CALLS, 59, calls=17), said(APP_CALLS, 59, calls=3, latency_ms=5_000)]
    told = [*slow, *([said(APP_CALLS, 59, calls=others)] if others else []), said(APP_CALLS, 119, calls=1)]
    decisions = [d for signal in told for d in host.handle(signal)]

    assert {d.issue.kind for d in decisions} == ({"sync_app_timeout_or_circuit_open"} if opens else set())
