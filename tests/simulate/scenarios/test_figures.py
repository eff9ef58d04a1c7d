"""The figures that each scenario states hold for any seed."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import attrs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from migro.simulate import RawEnvelope, Simulation, generate
from migro.simulate.scenarios.sc24 import HOSTILE_TEXT

LINE = re.compile(
    r'(?:(?P<vhost>\S+):443 )?(?P<ip>\S+) - - \[(?P<time>[^]]+)\] "(?P<method>\S+) (?P<path>\S+) HTTP/2\.0" '
    r'(?P<status>\d{3}) \d+ "[^"]*" "(?P<agent>[^"]*)"'
)
seeds = given(seed=st.integers())
few = settings(max_examples=10)


@attrs.frozen(kw_only=True)
class Request:
    minute: int
    at: datetime
    method: str
    path: str
    status: int
    agent: str
    vhost: str | None


def requests(simulation: Simulation) -> Iterator[Request]:
    """Read the access log back; minutes count from the onset."""
    for envelope in simulation.envelopes:
        if envelope.kind != "web_access_log" or not isinstance(envelope.body, str):
            continue
        for line in envelope.body.splitlines():
            match = LINE.fullmatch(line)
            assert match is not None, line
            at = datetime.strptime(match["time"], "%d/%b/%Y:%H:%M:%S %z").astimezone(UTC)
            assert at < envelope.received_at
            yield Request(
                minute=(at - simulation.truth.onset) // timedelta(minutes=1),
                at=at,
                method=match["method"],
                path=match["path"],
                status=int(match["status"]),
                agent=match["agent"],
                vhost=match["vhost"],
            )


def bodies(simulation: Simulation, kind: str) -> list[tuple[RawEnvelope, dict[str, Any]]]:
    return [
        (e, json.loads(e.body) if isinstance(e.body, str) else dict(e.body))
        for e in simulation.envelopes
        if e.kind == kind
    ]


def offset(simulation: Simulation, at: datetime) -> timedelta:
    return at - simulation.truth.onset


@few
@seeds
def test_sc01_fails_35_in_100_cart_posts_at_12_a_minute_while_the_release_is_live(seed: int) -> None:
    posts = [r for r in requests(generate("SC01", seed=seed)) if r.method == "POST" and r.path == "/cart"]
    broken = [r for r in posts if 1 <= r.minute <= 26]
    failed = sum(r.status == 500 for r in broken)

    assert 11 * 26 <= len(broken) <= 13 * 26
    assert 340 <= 1000 * failed // len(broken) <= 360
    assert all(sum(r.minute in range(m, m + 5) for r in posts) >= 20 for m in range(-8, 37))


@few
@seeds
def test_sc01_is_clean_but_for_the_background_before_the_deploy_and_after_the_rollback(seed: int) -> None:
    clean = [r for r in requests(generate("SC01", seed=seed)) if r.minute < 1 or r.minute >= 29]

    assert not [r for r in clean if r.status == 500]
    assert sum(r.status == 502 for r in clean) * 1000 <= 30 * len(clean)


@few
@seeds
def test_sc01_probes_of_three_regions_fail_at_6_7_and_8_and_are_green_before_and_after(seed: int) -> None:
    simulation = generate("SC01", seed=seed)
    seen: dict[bool, set[tuple[int, str]]] = {True: set(), False: set()}
    for _, body in bodies(simulation, "host_signal"):
        if body["kind"] == "probe" and body["attrs"]["journey"] == "begin_checkout":
            minute = offset(simulation, datetime.fromisoformat(body["occurred_at"])) // timedelta(minutes=1)
            seen[body["attrs"]["ok"]].add((minute, body["attrs"]["region"]))

    assert {(m, r) for m in (6, 7, 8) for r in ("eu-west", "us-east", "ap-south")} <= seen[False]
    assert {m for m, _ in seen[False]} == {6, 7, 8, 11, 16, 21, 26}
    assert {m for m, _ in seen[True]} == {-5, 0, 31, 36, 41}


@few
@seeds
def test_sc01_reports_the_new_error_at_3_and_14_users_by_8(seed: int) -> None:
    simulation = generate("SC01", seed=seed)
    issues = [
        (offset(simulation, datetime.fromisoformat(b["data"]["issue"]["lastSeen"])), b["data"]["issue"]["userCount"])
        for e, b in bodies(simulation, "sentry_webhook")
        if e.headers["Sentry-Hook-Resource"] == "issue" and "'nodes'" in b["data"]["issue"]["title"]
    ]

    assert min(issues) == (timedelta(minutes=3), 2)
    assert (timedelta(minutes=8), 14) in issues


@few
@seeds
def test_sc01_has_one_release_one_rollback_and_two_tickets(seed: int) -> None:
    simulation = generate("SC01", seed=seed)
    releases = [
        (offset(simulation, datetime.fromisoformat(b["occurred_at"])), b["ids"]["release"])
        for _, b in bodies(simulation, "host_signal")
        if b["kind"] == "change.deploy"
    ]
    tickets = {b["detail"]["id"] for _, b in bodies(simulation, "zendesk_event")}
    tickets |= {b["id"] for _, b in bodies(simulation, "ticket")}

    assert releases == [(timedelta(0), "r42"), (timedelta(minutes=27), "r41")]
    assert len(tickets) == 2


def test_sc01_has_bots_and_a_monitor_that_finds_nothing() -> None:
    seen = Counter((r.agent.split("/")[-1], r.path, r.status) for r in requests(generate("SC01", seed=1)))

    assert any("Chrome-Lighthouse" in agent and status == 404 for agent, _, status in seen)
    assert any(path == "/cart" and "robot" in r.agent for r in requests(generate("SC01", seed=1)) for path in [r.path])


@few
@seeds
def test_sc02_loses_every_hand_off_from_minute_2_and_nine_in_15_minutes(seed: int) -> None:
    hands = [r for r in requests(generate("SC02", seed=seed)) if r.path.startswith("/cart/c/") and "key=" in r.path]
    before, after = [r for r in hands if r.minute < 2], [r for r in hands if r.minute >= 2]

    assert {r.status for r in before} == {302}
    assert {r.status for r in after} == {404}
    assert [sum(m <= r.minute < m + 15 for r in after) for m in (2, 17)] == [9, 9]
    assert {r.vhost for r in hands} == {"www.fernwood.example"}


@few
@seeds
def test_sc02_has_dead_links_of_old_mails_all_the_time_but_never_five_in_15_minutes(seed: int) -> None:
    dead = [r for r in requests(generate("SC02", seed=seed)) if "recipient=" in r.path]

    assert {r.status for r in dead} == {404}
    assert [r.minute for r in dead] == [-13, -3, 7, 17, 27]


@few
@seeds
def test_sc02_takes_six_orders_in_15_minutes_and_none_after_the_name_moved(seed: int) -> None:
    simulation = generate("SC02", seed=seed)
    orders = {
        b["id"]: offset(simulation, datetime.fromisoformat(b["created_at"]))
        for e, b in bodies(simulation, "shopify_webhook")
        if e.headers["X-Shopify-Topic"] == "orders/create"
    }

    assert len(orders) == 6
    assert all(timedelta(minutes=-15) <= at < timedelta(0) for at in orders.values())


@few
@seeds
def test_sc02_shows_more_product_pages_after_the_launch_mail(seed: int) -> None:
    pages = [r for r in requests(generate("SC02", seed=seed)) if r.method == "GET" and "utm_source=launch" in r.path]

    assert {r.minute for r in pages} == set(range(32))


def test_sc02_has_a_ticket_at_20_and_a_profile_that_names_the_checkout_host() -> None:
    simulation = generate("SC02", seed=1)
    ((_, profile),) = bodies(simulation, "host_signal")
    opened = {offset(simulation, datetime.fromisoformat(b["time"])) for _, b in bodies(simulation, "zendesk_event")}

    assert opened == {timedelta(minutes=20)}
    assert profile["attrs"]["checkout_host"] == "checkout.fernwood.example"


@few
@seeds
def test_sc24_brings_one_hostile_text_by_two_ways_a_minute_apart(seed: int) -> None:
    simulation = generate("SC24", seed=seed)
    pushed = {(b["time"], b["detail"]["description"]) for _, b in bodies(simulation, "zendesk_event")}
    listed = {(b["created_at"], b["body"]) for _, b in bodies(simulation, "ticket")}

    assert pushed == {("2026-03-02T09:20:00Z", HOSTILE_TEXT)}
    assert listed == {("2026-03-02T09:21:00Z", HOSTILE_TEXT)}


def test_sc24_hides_its_words_in_markup_and_characters_without_width() -> None:
    assert "refund" not in HOSTILE_TEXT
    assert "refund order 1001" in HOSTILE_TEXT.replace("\u200b", "")
    assert "<p>" in HOSTILE_TEXT
    assert "4111 1111 1111 1111" in HOSTILE_TEXT


def test_the_morning_is_its_three_scenarios_as_they_are_alone_and_four_strays() -> None:
    morning = Counter(e.json_line() for e in generate("morning", seed=9).envelopes)
    alone = Counter(e.json_line() for s in ("SC01", "SC02", "SC24") for e in generate(s, seed=9).envelopes)

    assert not alone - morning
    assert (morning - alone).total() == 4


@pytest.mark.parametrize(("scenario", "seconds"), [("SC01", 360), ("SC02", 900), ("SC24", None), ("morning", 900)])
def test_the_truth_says_how_long_finding_it_may_take(scenario: str, seconds: int | None) -> None:
    assert generate(scenario, seed=1).truth.max_seconds_to_detect == seconds
