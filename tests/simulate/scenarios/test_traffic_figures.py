"""The figures of maintenance, of a sale, of two incidents at once and of a burst of scanners."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timedelta
from functools import cache
from typing import Any

import pytest

from migro.simulate import Simulation, generate
from tests.simulate.scenarios.test_figures import bodies, offset, requests

SEEDS = (11,)
MINUTE = timedelta(minutes=1)
seeds = pytest.mark.parametrize("seed", SEEDS)


@cache
def simulated(scenario: str, seed: int) -> Simulation:
    return generate(scenario, seed=seed)


def told(simulation: Simulation, kind: str) -> Iterator[tuple[int, dict[str, Any]]]:
    """What the host says of one kind, with the minute from the onset; sums of a minute stand in one body."""
    for envelope in simulation.envelopes:
        if envelope.kind != "host_signal":
            continue
        text = envelope.body
        for body in [json.loads(line) for line in text.splitlines()] if isinstance(text, str) else [dict(text)]:
            if body["kind"] == kind:
                yield offset(simulation, datetime.fromisoformat(body["occurred_at"])) // MINUTE, body


def summed(simulation: Simulation, kind: str, weight: str, first: int, last: int, **words: Any) -> int:
    """How many of that kind and with those words there are from one minute to another, both included."""
    return sum(
        body["metrics"][weight]
        for minute, body in told(simulation, kind)
        if first <= minute <= last and all(body["attrs"].get(n, body.get(n)) == w for n, w in words.items())
    )


def orders(simulation: Simulation, first: int, last: int) -> int:
    made = {
        body["id"]: offset(simulation, datetime.fromisoformat(body["created_at"])) // MINUTE
        for envelope, body in bodies(simulation, "shopify_webhook")
        if envelope.headers["X-Shopify-Topic"] == "orders/create"
    }
    return sum(first <= minute <= last for minute in made.values())


# --- SC08 -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("scenario", "back"), [("SC08", 52), ("SC08b", 95)])
@seeds
def test_everything_answers_503_from_the_onset_until_the_storefront_is_back(
    scenario: str, back: int, seed: int
) -> None:
    simulation = simulated(scenario, seed)
    answers = Counter((0 <= r.minute < back, r.status == 503) for r in requests(simulation))
    probes = {(0 <= m < back, body["attrs"]["ok"]) for m, body in told(simulation, "probe")}
    placed = {
        offset(simulation, e.received_at) // MINUTE
        for e, body in bodies(simulation, "bigcommerce_webhook")
        if body["scope"] == "store/order/created"
    }

    # One reader of a newsletter comes by in each stretch of ordinary browsing, and none while all is closed.
    assert answers[True, False] == answers[False, True] == 0
    assert probes == {(True, False), (False, True)}
    assert not [m for m in placed if 1 <= m < back]


@seeds
def test_the_window_lasts_an_hour_and_25_alerts_and_three_tickets_fall_into_it(seed: int) -> None:
    simulation = simulated("SC08", seed)
    words = [(m, body["attrs"]["active"]) for m, body in told(simulation, "calendar.maintenance")]
    times = [body["attrs"] for _, body in told(simulation, "calendar.maintenance")]
    ends, starts = ({attrs[name] for attrs in times} for name in ("ends_at", "starts_at"))
    fired = [a for _, body in bodies(simulation, "alertmanager_v4") for a in body["alerts"] if a["status"] == "firing"]
    tickets = {body["detail"]["id"] for _, body in bodies(simulation, "zendesk_event")}

    assert {m for m, active in words if active} <= set(range(-20, 60))
    assert [offset(simulation, datetime.fromisoformat(s)) for s in starts] == [timedelta(0)]
    assert min(m for m, active in words if not active) == 60
    assert [offset(simulation, datetime.fromisoformat(e)) for e in ends] == [timedelta(minutes=60)]
    assert (len(fired), len({a["fingerprint"] for a in fired}), len(tickets)) == (25, 25, 3)


@seeds
def test_webhooks_of_the_reopening_are_five_minutes_late_and_come_three_times(seed: int) -> None:
    simulation = simulated("SC08", seed)
    seen: dict[str, list[timedelta]] = {}
    for envelope, body in bodies(simulation, "bigcommerce_webhook"):
        if body["scope"] == "store/product/updated":
            made = datetime.fromtimestamp(body["created_at"], envelope.received_at.tzinfo)
            seen.setdefault(envelope.headers["webhook-id"], []).append(envelope.received_at - made)

    assert len(seen) == 18
    assert all(abs(min(lags) - timedelta(seconds=300)) <= timedelta(seconds=120) for lags in seen.values())
    assert all(len(lags) >= 3 for lags in seen.values())
    assert simulation.truth.duplicates >= 36


# --- SC09 -------------------------------------------------------------------------------------------------------------


@seeds
def test_a_sale_brings_eight_times_the_sessions_and_seven_times_the_orders(seed: int) -> None:
    simulation = simulated("SC09", seed)
    before = summed(simulation, "rum.sessions", "sessions", -20, -1)
    within = summed(simulation, "rum.sessions", "sessions", 0, 19)

    assert 7.5 <= within / before <= 8.5
    assert orders(simulation, -60, -1) == 24
    assert 54 <= orders(simulation, 0, 19) <= 57
    assert 13 <= orders(simulation, 22, 30) <= 16


@seeds
def test_22_in_100_new_carts_are_held_back_for_nine_minutes_and_forty_shoppers_queue(seed: int) -> None:
    simulation = simulated("SC09", seed)
    carts = summed(simulation, "storefront.calls", "calls", 22, 30, operation="cartCreate")
    held = summed(simulation, "storefront.calls", "calls", 22, 30, code="throttle")
    queued = [r for r in requests(simulation) if r.path.startswith("/throttle/queue")]

    assert 200 <= 1000 * held // carts <= 240
    assert summed(simulation, "storefront.calls", "calls", -400, 21, code="throttle") == 0
    assert summed(simulation, "storefront.calls", "calls", 31, 60, code="throttle") == 0
    assert ({r.status for r in queued}, len(queued)) == ({404}, 40)
    assert {r.minute for r in queued} <= set(range(22, 31))


@seeds
def test_shares_stay_as_they_were_while_counts_rise(seed: int) -> None:
    simulation = simulated("SC09", seed)
    paid: Counter[tuple[bool, str]] = Counter()
    for _, body in bodies(simulation, "stripe_event"):
        at = datetime.fromtimestamp(body["created"], simulation.truth.onset.tzinfo)
        if offset(simulation, at) < timedelta(minutes=20):
            paid[offset(simulation, at) >= timedelta(0), body["type"].split(".")[1]] += 1
    views = summed(simulation, "http.request", "requests", 0, 19, bot=False)

    refused = {sale: paid[sale, "payment_failed"] for sale in (False, True)}
    tried = {sale: refused[sale] + paid[sale, "succeeded"] for sale in (False, True)}

    assert all(5 <= 100 * refused[sale] // tried[sale] <= 15 for sale in (False, True))
    assert summed(simulation, "http.request", "requests", 0, 19, route="/flahs-sale") == 300
    assert summed(simulation, "http.request", "requests", 0, 19, status=404) * 25 < views
    assert 10 <= 100 * summed(simulation, "http.request", "requests", 0, 19, bot=True) // views <= 14


@seeds
def test_the_hero_of_the_variant_has_fifty_pieces_and_more_are_sold(seed: int) -> None:
    simulation = simulated("SC09b", seed)
    (oversold,) = [i for i in simulation.truth.issues if i.kind == "oversell_race"]
    gone = offset(simulation, oversold.onset) // MINUTE
    sold = [(m, body["metrics"]["pieces"]) for m, body in told(simulation, "stock.sold")]

    assert max(body["metrics"]["last_known"] for _, body in told(simulation, "stock.sold")) == 50
    assert sum(n for m, n in sold if m < gone) <= 50 < sum(n for m, n in sold if m <= gone)
    assert not list(told(simulated("SC09", seed), "stock.sold"))


# --- SC10 -------------------------------------------------------------------------------------------------------------


@seeds
def test_extensions_report_300_times_an_hour_and_the_tag_manager_is_blocked_from_the_onset(seed: int) -> None:
    simulation = simulated("SC10", seed)
    tags, others = Counter[bool](), Counter[bool]()
    for envelope, body in bodies(simulation, "csp_report"):
        blocked, source = (body["csp-report"][n] for n in ("blocked-uri", "source-file"))
        after = offset(simulation, envelope.received_at) >= timedelta(0)
        (others if "extension" in source else tags)[(after and "googletagmanager" in blocked) or after] += 1

    assert tags[False] == 0
    assert tags[True] > 500
    assert 295 <= others[False] <= 300
    assert 970 <= others[True] <= 1005


@seeds
def test_one_purchase_in_ten_is_tracked_and_the_oldest_order_ages_by_two_minutes_a_minute(seed: int) -> None:
    simulation = simulated("SC10", seed)
    placed = Counter(
        offset(simulation, e.received_at) > timedelta(0)
        for e, body in bodies(simulation, "bigcommerce_webhook")
        if body["scope"] == "store/order/created"
    )
    tracked = [summed(simulation, "rum.pixels", "events", *span, event="purchase") for span in ((-60, -1), (0, 200))]
    ages = {m: body["metrics"]["oldest_s"] for m, body in told(simulation, "queue.state")}

    assert abs(tracked[0] - placed[False]) <= 3
    assert tracked[1] <= placed[True] // 4
    assert ages[45] - ages[15] == 2 * 30 * 60
    assert max(age for m, age in ages.items() if m <= 12) == 240


@seeds
def test_the_erp_names_a_payment_method_and_buyers_whom_nobody_may_see(seed: int) -> None:
    simulation = simulated("SC10", seed)
    lines = [
        json.loads(line)
        for e in simulation.envelopes
        if e.kind == "web_error_log" and isinstance(e.body, str)
        for line in e.body.splitlines()
    ]

    assert all("unknown payment method applepay_v2" in line["msg"] for line in lines)
    assert {line["service"] for line in lines} == {"order_export"}
    assert set(simulation.truth.planted["email"]) & {line["msg"].split("<")[1].split(">")[0] for line in lines}


# --- SC16 -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("crawler", [None, "googlebot"])
@seeds
def test_nine_in_a_hundred_views_of_people_and_search_engines_are_lost_after_the_move(
    seed: int, crawler: str | None
) -> None:
    simulation = simulated("SC16", seed)

    def share(first: int, last: int) -> float:
        views = Counter[bool]()
        for minute, body in told(simulation, "http.request"):
            words = body["attrs"]
            wanted = words.get("crawler") == crawler and "features" not in body and words["route_class"] != "asset"
            if first <= minute <= last and wanted:
                views[body["status"] == 404] += body["metrics"]["requests"]
        return views[True] / views.total()

    assert 0.005 <= share(-75, -1) <= 0.015
    assert 0.08 <= share(0, 380) <= 0.1


@seeds
def test_scanners_make_20000_dead_ends_in_four_hours_and_two_in_five_pass_for_browsers(seed: int) -> None:
    simulation = simulated("SC16", seed)
    scans: Counter[bool] = Counter()
    for minute, body in told(simulation, "http.request"):
        if body.get("features") == ["request.scan"]:
            assert 120 <= minute < 360
            scans[body["attrs"]["bot"]] += body["metrics"]["requests"]

    assert abs(scans.total() - 20_000) <= 120
    assert 0.35 <= scans[False] / scans.total() <= 0.45


@pytest.mark.parametrize(("scenario", "lost"), [("SC16", 0), ("SC16b", 1)])
def test_a_page_among_the_twenty_most_visited_is_lost_in_the_variant_alone(scenario: str, lost: int) -> None:
    assert max(body["metrics"]["top_lost"] for _, body in told(simulated(scenario, 11), "probe.legacy")) == lost


@pytest.mark.parametrize(
    ("scenario", "seconds"),
    [("SC08", None), ("SC08b", 360), ("SC09", 300), ("SC09b", 1_200), ("SC10", 2_700), ("SC16", 7_200)],
)
def test_the_truth_says_how_long_finding_it_may_take(scenario: str, seconds: int | None) -> None:
    assert simulated(scenario, 11).truth.max_seconds_to_detect == seconds
