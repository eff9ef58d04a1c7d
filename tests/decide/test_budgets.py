"""Budgets: sliding limits and quiet hours, compared with plain counting."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from migro.configuration import quiet_hours, read_configuration
from migro.decide import BUDGETS, Asked, Budget, Policy, QuietHours, Spent, numbers, over
from migro.errors import ConfigurationError
from migro.models import Outcome, from_microseconds, to_microseconds
from tests.effort import cases

MINUTE = 60_000_000


def asked(n: int = 0, **fields: Any) -> Asked:
    given = {"kind": "tag", "target": "desk", "issue": "iss_1", "partition": "merchant:m_1", "args": {}, **fields}
    return Asked(key=f"act_{n}", **given)


def done(at: int, kind: str = "tag", issue: str = "iss_1", shop: str = "merchant:m_1", amount: int = 1) -> Spent:
    return Spent(at * MINUTE, kind, "desk", issue, shop, (("pages", amount),))


@st.composite
def histories(draw: st.DrawFn) -> tuple[Budget, dict[str, Spent], Asked, int]:
    shape = draw(st.sampled_from(["issue", "merchant", "everywhere", "merchants", "pages"]))
    budget = Budget(
        name="b",
        limit=draw(st.integers(0, 4)),
        within=timedelta(minutes=draw(st.integers(1, 5))),
        kinds=draw(st.sampled_from([frozenset(), frozenset({"tag"}), frozenset({"draft"})])),
        per="everywhere" if shape == "merchants" else "merchant" if shape == "pages" else shape,  # type: ignore[arg-type]
        counts="merchants" if shape == "merchants" else "actions",
        weight="pages" if shape == "pages" else "",
    )
    one = st.builds(
        done,
        st.integers(0, 9),
        st.sampled_from(["tag", "draft"]),
        st.sampled_from(["iss_1", "iss_2"]),
        st.sampled_from(["merchant:m_1", "merchant:m_2", "merchant:m_3"]),
        st.integers(1, 3),
    )
    spent = {f"act_{n}": s for n, s in enumerate(draw(st.lists(one, max_size=8)))}
    mine = asked(draw(st.integers(0, 9)), args={"pages": str(draw(st.integers(1, 3)))})
    return budget, spent, mine, draw(st.integers(9, 12)) * MINUTE


def fits(budget: Budget, spent: dict[str, Spent], mine: Asked, now: int) -> bool:
    """Whether an action fits, counted plainly."""
    if budget.kinds and mine.kind not in budget.kinds:
        return True
    kept = [
        s
        for key, s in spent.items()
        if key != mine.key
        and now - s.at < budget.within // timedelta(microseconds=1)
        and (not budget.kinds or s.kind in budget.kinds)
        and (budget.per == "everywhere" or s.partition == mine.partition)
        and (budget.per != "issue" or s.issue == mine.issue)
    ]
    if budget.counts == "merchants":
        shops = {s.partition for s in kept}
        return mine.partition in shops or len(shops) < budget.limit
    if budget.weight:
        return sum(dict(s.numbers)["pages"] for s in kept) + int(mine.args["pages"]) <= budget.limit
    return len(kept) < budget.limit


@given(histories())
@settings(max_examples=cases(300), deadline=None)
def test_a_limit_is_what_plain_counting_says_and_ends_exactly_when_it_says(
    history: tuple[Budget, dict[str, Spent], Asked, int],
) -> None:
    budget, spent, mine, now = history
    found = over([budget], [], spent, mine, now)

    assert (found == ()) == fits(budget, spent, mine, now)
    for limit in found:
        assert limit.name in limit.words
        if limit.until is None:
            assert not fits(budget, {}, mine, now)
        else:
            assert limit.until > now
            assert fits(budget, spent, mine, limit.until)
            assert not fits(budget, spent, mine, limit.until - 1)


def test_a_limit_is_told_in_words() -> None:
    budget = Budget(name="cache", limit=50, within=timedelta(minutes=15), weight="pages")
    (limit,) = over([budget], [], {"act_9": done(0, amount=30)}, asked(args={"pages": "30"}), MINUTE)

    assert limit.words == "budget cache: 30 of 50 pages in 15 min are used"
    assert limit.until == 15 * MINUTE


def test_only_whole_numbers_are_numbers() -> None:
    assert numbers({"b": "50", "a": "-1", "c": "4.5", "d": "x", "e": "²"}) == (("b", 50),)


# --- quiet hours -----------------------------------------------------------------------------------------------------

BERLIN = quiet_hours("Europe/Berlin", "22:00", "07:00")
NEW_YORK = quiet_hours("America/New_York", "22:00", "02:00")
KOLKATA = quiet_hours("Asia/Kolkata", "12:00", "13:00")


def at(text: str) -> int:
    return to_microseconds(datetime.fromisoformat(text).replace(tzinfo=UTC))


@pytest.mark.parametrize(
    ("hours", "now", "until"),
    [
        (BERLIN, "2026-01-10T20:59:59", None),
        (BERLIN, "2026-01-10T21:00:00", "2026-01-11T06:00:00"),
        (BERLIN, "2026-01-11T05:59:59", "2026-01-11T06:00:00"),
        (BERLIN, "2026-01-11T06:00:00", None),
        # The clocks go forward in that night, and back in the other.
        (BERLIN, "2026-03-28T21:00:00", "2026-03-29T05:00:00"),
        (BERLIN, "2026-10-24T20:00:00", "2026-10-25T06:00:00"),
        (BERLIN, "2026-07-01T19:59:59", None),
        # Two o'clock is not shown in that night, and one o'clock twice in the other.
        (NEW_YORK, "2027-03-14T05:00:00", "2027-03-14T07:00:00"),
        (NEW_YORK, "2027-03-14T06:59:59", "2027-03-14T07:00:00"),
        (NEW_YORK, "2027-03-14T07:00:00", None),
        (NEW_YORK, "2026-11-01T05:30:00", "2026-11-01T07:00:00"),
        (KOLKATA, "2026-05-01T06:30:00", "2026-05-01T07:30:00"),
        (KOLKATA, "2026-05-01T07:30:00", None),
    ],
)
def test_quiet_hours_are_those_of_the_clock_on_the_wall(hours: QuietHours, now: str, until: str | None) -> None:
    assert hours.until(at(now)) == (None if until is None else at(until))


@given(st.integers(0, 365 * 24 * 60 - 1))
@settings(max_examples=cases(200), deadline=None)
def test_quiet_hours_agree_with_the_zone_in_every_minute_of_a_year(minute: int) -> None:
    from zoneinfo import ZoneInfo

    now = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=minute)
    local = now.astimezone(ZoneInfo("Europe/Berlin")).time()
    until = BERLIN.until(to_microseconds(now))

    assert (until is not None) == (local.hour >= 22 or local.hour < 7)
    if until is not None:
        assert from_microseconds(until).astimezone(ZoneInfo("Europe/Berlin")).strftime("%H:%M") == "07:00"


@given(st.integers(0, 47), st.integers(1, 47), st.integers(0, 3 * 48), st.sampled_from([(3, 13), (10, 31)]))
@settings(max_examples=cases(200), deadline=None)
def test_quiet_hours_end_at_the_first_moment_that_is_not_quiet(
    begins: int, length: int, half_hours: int, day: tuple[int, int]
) -> None:
    shown = [f"{half % 48 // 2:02}:{half % 2 * 30:02}" for half in (begins, begins + length)]
    hours = quiet_hours("America/New_York", *shown)
    now = to_microseconds(datetime(2027, *day, tzinfo=UTC)) + half_hours * 30 * MINUTE
    until = hours.until(now)

    later = [now + n * 30 * MINUTE for n in range(100)]
    assert until == (None if hours.until(now) is None else next(t for t in later if hours.until(t) is None))


def test_other_tables_of_a_zone_are_another_policy() -> None:
    moved = QuietHours(zone="Europe/Berlin", begins=1320, ends=420, offsets=((0, 3600),))

    assert Policy(quiet=(BERLIN,)).version != Policy(quiet=(moved,)).version


# --- what is refused -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: Budget(name="", limit=1, within=timedelta(1)), "expected a name"),
        (lambda: Budget(name="a", limit=-1, within=timedelta(1)), "a limit from 0"),
        (lambda: Budget(name="a", limit=1, within=timedelta(0)), "a span above 0"),
        (lambda: Budget(name="a", limit=1, within=timedelta(1), kinds="tag"), "several kinds of action"),
        (lambda: Budget(name="a", limit=1, within=timedelta(1), per="shop"), "per and counts"),  # type: ignore[arg-type]
        (lambda: Budget(name="a", limit=1, within=timedelta(1), counts="merchants"), "counted everywhere"),
        (lambda: Budget(name="a", limit=1, within=timedelta(1), beyond=Outcome.AUTO), "approve1 or record"),
        (lambda: QuietHours(zone="UTC", begins=5, ends=5, offsets=((0, 0),)), "two different times"),
        (lambda: QuietHours(zone="UTC", begins=5, ends=6, offsets=()), "offsets of UTC"),
        (lambda: quiet_hours("Europe/Atlantis", "22:00", "07:00"), "expected a time zone"),
        (lambda: quiet_hours("UTC", "late", "07:00"), "expected a time of day"),
    ],
)
def test_a_budget_that_could_limit_nothing_is_refused(make: Any, words: str) -> None:
    with pytest.raises(ConfigurationError, match=words):
        make()


def test_the_file_adds_budgets_and_makes_shipped_ones_stricter(tmp_path: Any) -> None:
    path = tmp_path / "migro.toml"
    path.write_text(
        '[budgets.cache]\nlimit = 10\nminutes = 30\nkinds = ["refresh_cache"]\nweight = "max_paths"\n'
        'beyond = "record"\n[budgets.tags]\nlimit = 2\nminutes = 5\nkinds = ["tag"]\nper = "issue"\n'
        '[[quiet]]\nzone = "Europe/Berlin"\nbegins = "22:00"\nends = "07:00"\nbeyond = "record"\n'
    )
    policy = read_configuration(path).to_policy()

    assert [(b.name, b.limit) for b in policy.budgets] == [
        ("cache", 10), *((b.name, b.limit) for b in BUDGETS[1:]), ("tags", 2)
    ]  # fmt: skip
    assert policy.quiet[0].until(at("2026-01-10T21:00:00")) == at("2026-01-11T06:00:00")


@pytest.mark.parametrize(
    "looser",
    [
        'limit = 51\nminutes = 15\nkinds = ["refresh_cache"]\nweight = "max_paths"',
        'limit = 50\nminutes = 14\nkinds = ["refresh_cache"]\nweight = "max_paths"',
        'limit = 1\nminutes = 15\nkinds = ["tag"]\nweight = "max_paths"',
        'limit = 50\nminutes = 15\nkinds = ["refresh_cache"]',
        'limit = 50\nminutes = 15\nkinds = ["refresh_cache"]\nweight = "max_paths"\nbeyond = "approve1"',
    ],
)
def test_the_file_loosens_no_shipped_budget(looser: str, tmp_path: Any) -> None:
    path = tmp_path / "migro.toml"
    beyond = "" if "beyond" in looser else 'beyond = "record"'
    path.write_text(f"[budgets.cache]\n{looser}\n{beyond}\n")

    with pytest.raises(ConfigurationError, match="at least as strict as the shipped one"):
        read_configuration(path)
