"""The figures of new passwords, of pages renewed too early and of two shops that both sell: SC15, SC17 and SC20."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timedelta
from functools import cache
from typing import Any

import pytest

from migro.packs.headless import RULES
from migro.simulate import Simulation, generate
from tests.simulate.scenarios.test_figures import bodies, offset

MINUTE = timedelta(minutes=1)
DAY = 1_440
ATTACK = 4 * DAY + 17 * 60
seeds = pytest.mark.parametrize("seed", [11])


@cache
def simulated(scenario: str, seed: int) -> Simulation:
    return generate(scenario, seed=seed)


def told(simulation: Simulation, kind: str) -> Iterator[tuple[int, dict[str, Any]]]:
    """What the host says of one kind, with the minute from the onset."""
    for _, body in bodies(simulation, "host_signal"):
        if body["kind"] == kind:
            yield minute(simulation, body["occurred_at"]), body


def minute(simulation: Simulation, at: str) -> int:
    return offset(simulation, datetime.fromisoformat(at)) // MINUTE


# --- SC15 -------------------------------------------------------------------------------------------------------------


@seeds
def test_sc15_fails_eight_times_as_many_logins_and_asks_for_twelve_times_as_many_resets(seed: int) -> None:
    simulation = simulated("SC15", seed)
    failed = [at for at, b in told(simulation, "login.attempt") if not b["attrs"]["ok"] and at < ATTACK]
    resets = [at for at, _ in told(simulation, "login.resets")]
    before, after = 49 * 60, ATTACK

    for found, times in ((failed, 8), (resets, 12)):
        usual = sum(at < 0 for at in found) * 1_000 // before
        now = sum(at >= 0 for at in found) * 1_000 // after
        # A few a day are told before the move, so that chance moves them.
        assert usual * times // 2 <= now <= usual * times * 2 + 1


@seeds
def test_sc15_has_no_day_before_the_attack_on_which_a_quarter_of_all_logins_fail(seed: int) -> None:
    days = Counter[tuple[int, bool]]()
    for at, body in told(simulated("SC15", seed), "login.attempt"):
        days[at // DAY, body["attrs"]["ok"]] += at < ATTACK

    assert all(4 * days[day, False] < days[day, True] + days[day, False] for day in range(-2, 4))


@seeds
def test_sc15_tries_nine_thousand_accounts_from_three_networks_in_forty_minutes(seed: int) -> None:
    simulation = simulated("SC15", seed)
    tried = [(at, body) for at, body in told(simulation, "login.attempt") if body["ids"]["network"].startswith("as")]

    # Every fifteenth account is told.
    assert 15 * len({body["ids"]["account"] for _, body in tried}) == 9_000
    assert len({body["ids"]["network"] for _, body in tried}) == 3
    assert {at // 10 for at, _ in tried} == {ATTACK // 10 + i for i in range(4)}
    assert simulation.truth.issues[1].onset.hour == 3
    assert not [at for at, _ in told(simulation, "login.resets") if at >= ATTACK - 60]


@seeds
def test_sc15_gets_sixty_letters_a_day_and_one_mail_in_twenty_back(seed: int) -> None:
    simulation = simulated("SC15", seed)
    written = [
        minute(simulation, body["created_at"])
        for _, body in bodies(simulation, "ticket")
        if "log in" in str(body) or "reset" in str(body)
    ]
    mails = [body["metrics"] for _, body in told(simulation, "mail.activation")]

    assert 45 <= sum(0 <= at < 4 * DAY for at in written) // 4 <= 75
    assert sum(m["sent"] for m in mails) == 60_000
    assert sum(m["delivered"] for m in mails) == 57_000
    assert sum(b["metrics"]["imported"] for _, b in told(simulation, "import.customers")) == 60_000


def test_whoever_guards_accounts_is_told_of_stolen_passwords_and_not_of_every_crawler() -> None:
    kind = next(r.then.kind for r in RULES.rules if r.id == "bots.stuffing")
    told_of = {r.target: r.from_severity.word for r in kind.responses if r.kind == "notify"}

    assert told_of == {"operators": "SEV4", "security": "SEV3"}


# --- SC17 -------------------------------------------------------------------------------------------------------------


@seeds
def test_sc17_changes_200_prices_within_12_seconds_and_renews_every_page(seed: int) -> None:
    simulation = simulated("SC17", seed)
    changed = {
        body["id"]: offset(simulation, datetime.fromisoformat(body["updated_at"]))
        for envelope, body in bodies(simulation, "shopify_webhook")
        if envelope.headers["X-Shopify-Topic"] == "products/update"
    }
    at_once = [at for at in changed.values() if at < MINUTE]
    renewed = {int(body["ids"]["product_id"]) for at, body in told(simulation, "cache.revalidation") if at < 10}

    assert len(at_once) == 200
    assert max(at_once) < timedelta(seconds=12)
    assert {at // MINUTE for at in changed.values()} == {0, 5}
    assert renewed == set(changed)


@seeds
def test_sc17_finds_a_third_of_a_hundred_pages_old_until_they_are_refreshed(seed: int) -> None:
    old = Counter[int]()
    pages = Counter[int]()
    for at, body in told(simulated("SC17", seed), "probe.page_value"):
        pages[at // 15] += 1
        old[at // 15] += not body["attrs"]["same"]
        assert body["attrs"]["same"] or body["metrics"]["behind_s"] < body["metrics"]["ttl_s"] == 86_400

    assert set(pages.values()) == {100}
    assert [old[run] for run in range(-3, 1)] == [0] * 4
    assert {old[run] for run in range(1, 5)} == {35}
    assert all(old[run] <= 3 for run in range(6, 8))


@seeds
def test_sc17_charges_more_than_it_shows_and_refreshes_fifty_pages_at_once_at_most(seed: int) -> None:
    simulation = simulated("SC17", seed)
    prices = [b["metrics"] for _, b in told(simulation, "poll.price")]
    refreshed = Counter(at for at, _ in told(simulation, "cache.revalidation") if at > 10)

    assert {m["charged_minor"] - m["shown_minor"] for m in prices} == {0, 300}
    assert refreshed == {62: 50, 77: 20}


# --- SC20 -------------------------------------------------------------------------------------------------------------


@seeds
def test_sc20_places_eleven_orders_in_the_old_shop_beside_two_of_staff_and_its_till(seed: int) -> None:
    simulation = simulated("SC20", seed)
    placed = Counter(
        body["created_via"]
        for _, body in bodies(simulation, "woocommerce_webhook")
        if minute(simulation, f"{body['date_created_gmt']}+00:00") >= 0
    )
    strays = {
        minute(simulation, body["attrs"]["placed_at"])
        for _, body in told(simulation, "poll.order")
        if not body["attrs"]["by_staff"] and not body["attrs"]["other_channel"]
    }

    assert placed["checkout"] == 11
    assert placed["admin"] == 2
    assert placed["pos"] >= 12
    assert len(strays) == 11
    assert sorted(strays)[:2] == [4, 25]


@seeds
def test_sc20_sells_one_article_in_both_shops_and_counts_less_than_none_of_it_from_420_on(seed: int) -> None:
    simulation = simulated("SC20", seed)
    sides: dict[str, dict[str, int]] = {}
    for at, body in told(simulation, "stock.sold"):
        sides.setdefault(body["ids"]["sku"], {}).setdefault(body["attrs"]["platform_side"], at)
    below = [(at, b["ids"]["sku"]) for at, b in told(simulation, "poll.stock_item") if b["metrics"]["shop"] < 0]

    assert {sku: s for sku, s in sides.items() if len(s) == 2} == {"oak-stool": {"new": 200, "old": 200}}
    assert {sku for _, sku in below} == {"oak-stool"}
    assert min(at for at, _ in below) == 420
