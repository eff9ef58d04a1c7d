from __future__ import annotations

import json
from collections import Counter
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from migro.errors import InputError
from migro.models import Signal
from migro.observe.aggregation import BROWSER, LOG_LINES, REQUESTS, MinuteAggregator, Tally
from migro.packs.headless.browser_signals import CspReports, PageTimings
from tests.observe.payloads import observed

BEGIN = datetime(2026, 3, 1, 9, 0, tzinfo=UTC)
ALL = (*BROWSER, LOG_LINES, REQUESTS)


def report(second: int = 0, host: str = "pay.example", **more: Any) -> Signal:
    """One report of a browser."""
    at = BEGIN + timedelta(seconds=second)
    data: dict[str, Any] = {
        "kind": "rum.csp",
        "merchant": "mugs",
        "source_kind": "rum",
        "provider": "browser",
        "occurred_at": at,
        "received_at": at,
        "dedup_key": f"{second}/{host}/{more}",
        "metrics": {"sessions": 1},
        "attrs": {"host": host, "report_only": False, "foreign": False},
    }
    return Signal.from_data(data | more)


def summed(signals: list[Signal], **more: Any) -> list[Signal]:
    aggregator = MinuteAggregator(ALL, **more)
    return [s for signal in signals for s in aggregator.take(signal)] + list(aggregator.close())


def test_a_minutes_reports_become_one_with_their_number() -> None:
    (total,) = summed([report(s) for s in (5, 0, 59)])

    assert CspReports.of(total).sessions == 3
    assert (total.merchant, total.occurred_at, total.received_at) == (
        "mugs", BEGIN + timedelta(seconds=59), BEGIN + timedelta(seconds=59),
    )  # fmt: skip
    assert total.attrs["minute"] == "2026-03-01T09:00:00Z"
    assert len(total.attrs["samples"]) == 3  # type: ignore[arg-type]


def test_what_differs_in_a_word_that_counts_stays_apart() -> None:
    found = summed(
        [
            report(),
            report(host="chat.example"),
            report(merchant="cups"),
            report(env="staging"),
            report(auth="failed"),
            report(features=frozenset({"a"})),
            report(attrs={"host": "pay.example", "report_only": True, "foreign": False}),
            report(60),
        ]
    )

    assert [s.metrics["sessions"] for s in found] == [1] * 8


def test_a_minute_is_over_when_its_lateness_has_passed() -> None:
    aggregator = MinuteAggregator(lateness=30)
    early = [*aggregator.take(report(0)), *aggregator.take(report(60)), *aggregator.take(report(89))]
    late = aggregator.take(report(120))

    assert early == []
    assert [(s.attrs["minute"], s.metrics["sessions"]) for s in late] == [("2026-03-01T09:00:00Z", 1)]


def test_the_callers_clock_closes_minutes_too() -> None:
    aggregator = MinuteAggregator(lateness=30)
    aggregator.take(report(0))

    assert aggregator.close(BEGIN + timedelta(seconds=89)) == ()
    assert len(aggregator.close(BEGIN + timedelta(seconds=90))) == 1
    assert aggregator.close() == ()


def test_what_comes_after_its_minute_is_another_sum_of_that_minute() -> None:
    aggregator = MinuteAggregator(lateness=0)
    found = [s for second in (0, 60, 1, 2, 120) for s in aggregator.take(report(second))]

    assert [(s.attrs["minute"], s.metrics["sessions"]) for s in found] == [
        ("2026-03-01T09:00:00Z", 1),
        ("2026-03-01T09:00:00Z", 2),
        ("2026-03-01T09:01:00Z", 1),
    ]
    assert len({s.id for s in found}) == 3


def test_sums_of_a_minute_stand_at_its_end_and_those_that_were_closed_early_at_the_newest_signal() -> None:
    aggregator = MinuteAggregator(lateness=0)
    found = [s for second in (0, 5, 61) for s in aggregator.take(report(second, host=f"h{second}.example"))]
    end = BEGIN + timedelta(seconds=60) - timedelta(microseconds=1)

    assert [(s.occurred_at, s.received_at) for s in found] == [(end, end)] * 2
    assert [s.occurred_at for s in aggregator.close()] == [BEGIN + timedelta(seconds=61)]


def test_failures_of_a_minute_come_after_what_went_well() -> None:
    statuses = (503, None, 404, 200)
    found = summed([report(n, status=s, severity_hint="high" if s == 503 else None) for n, s in enumerate(statuses)])

    assert [s.status for s in found] == [None, 200, 404, 503]


def test_a_session_counts_once_a_minute() -> None:
    ids: tuple[dict[str, str], ...] = ({"session": "a"}, {"session": "a"}, {"session": "b"}, {})
    (total,) = summed([report(n, ids=i) for n, i in enumerate(ids)])

    assert total.metrics["sessions"] == 3


def test_sums_are_added_up_again_by_their_weight() -> None:
    (total,) = summed([report(metrics={"sessions": 40}), report(1, metrics={"sessions": 2})])

    assert total.metrics["sessions"] == 42


def test_words_of_strangers_become_other_beyond_the_limit_and_the_count_stays_exact() -> None:
    found = summed([report(n % 60, host=f"h{n}.example") for n in range(500)], groups=10)

    assert len(found) == 11
    assert Counter(str(s.attrs["host"]) for s in found)["other"] == 1
    assert sum(int(s.metrics["sessions"]) for s in found) == 500


def test_a_kind_without_a_tally_passes_as_it_is() -> None:
    signal = report(kind="alert")

    assert MinuteAggregator().take(signal) == (signal,)


def test_classes_of_the_vocabulary_add_up_as_plain_signals_do() -> None:
    plain = [report(n) for n in range(3)]
    typed: list[Signal] = [CspReports.of(s) for s in plain]

    assert summed(plain) == summed(typed)


def test_times_of_one_class_add_up_and_a_view_counts_once() -> None:
    body = [{"name": "LCP", "value": v, "id": i} for v, i in ((2400, "a"), (2450, "b"), (2450, "b"), (9000, "c"))] + [
        {"name": "TTFB", "value": 2400, "id": "a"}
    ]
    found = summed(list(observed("web_vitals", body).signals))

    assert sorted((t.lcp_ms or 0, t.ttfb_ms or 0, t.views) for t in map(PageTimings.of, found)) == [
        (0, 2500, 1), (2500, 0, 2), (10_000, 0, 1),
    ]  # fmt: skip


def test_requests_add_up_to_requests() -> None:
    line = '203.0.113.9 - - [01/Mar/2026:09:00:0{} +0000] "GET /products/{} HTTP/1.1" {} 10 "-" "Firefox/131.0"'
    text = "\n".join(line.format(n, n, 502 if n % 2 else 200) for n in range(9))
    found = summed(list(observed("web_access_log", text).signals))

    assert sorted((s.kind, s.status, s.metrics["requests"], s.metrics["bytes"]) for s in found) == [
        ("http.request", 200, 5, 50), ("http.request", 502, 4, 40),
    ]  # fmt: skip
    assert {s.attrs["route"] for s in found} == {"/products/:id"}
    assert all(not s.ids for s in found)


def test_numbers_with_a_fraction_stay_exact() -> None:
    tally = Tally(kind="rum.csp", weight="sessions", sums=("cost",), numbers=("step",))
    aggregator = MinuteAggregator((tally,))
    for n in range(3):
        aggregator.take(report(n, metrics={"sessions": 1, "cost": Decimal("0.1"), "step": Decimal("2.5")}))
    aggregator.restore(aggregator.snapshot())
    (total,) = aggregator.close()

    assert dict(total.metrics) == {"cost": Decimal("0.3"), "sessions": 3, "step": Decimal("2.5")}


SIGNALS = st.lists(
    st.builds(
        report,
        st.integers(0, 200),
        st.sampled_from(["pay.example", "chat.example"]),
        metrics=st.builds(lambda n: {"sessions": n}, st.integers(0, 5)),
        merchant=st.sampled_from(["mugs", "cups", None]),
        ids=st.sampled_from([{}, {"session": "a"}]),
    ),
    max_size=30,
    unique_by=lambda s: s.id,
)


@given(SIGNALS, st.integers(0, 120))
def test_whatever_goes_in_counts_in_exactly_one_sum(signals: list[Signal], lateness: int) -> None:
    once = [s for s in signals if not s.ids]

    assert sum(int(s.metrics["sessions"]) for s in summed(once, lateness=lateness)) == sum(
        int(s.metrics["sessions"]) for s in once
    )


@given(SIGNALS, st.randoms(use_true_random=False))
def test_the_order_changes_nothing_while_the_minutes_are_open(signals: list[Signal], random: Any) -> None:
    signals = [s for s in signals if not s.ids]
    other = list(signals)
    random.shuffle(other)

    assert summed(signals, lateness=1_000) == summed(other, lateness=1_000)


@given(SIGNALS, st.integers(0, 30), st.integers(0, 60))
def test_going_on_from_a_snapshot_is_going_on(signals: list[Signal], cut: int, lateness: int) -> None:
    whole = summed(signals, lateness=lateness)
    first, second = (MinuteAggregator(ALL, lateness=lateness) for _ in "ab")
    found = [s for signal in signals[:cut] for s in first.take(signal)]
    second.restore(first.snapshot())
    found += [s for signal in signals[cut:] for s in second.take(signal)]

    assert found + list(second.close()) == whole


@given(SIGNALS)
def test_reading_the_same_again_gives_redeliveries(signals: list[Signal]) -> None:
    assert [s.id for s in summed(signals)] == [s.id for s in summed(signals)]
    assert len({s.id for s in summed(signals)}) == len(summed(signals))


@given(SIGNALS)
def test_a_sum_comes_back_from_its_json(signals: list[Signal]) -> None:
    for found in summed(signals):
        assert Signal.from_json(found.json_line()) == found


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("x", "expected a snapshot of minutes, got something else"),
        ("[]", "expected a snapshot of minutes, got something else"),
        (json.dumps({"format": "x", "latest": {}, "open": []}), "expected a snapshot of format migro-minutes/1"),
        (
            json.dumps({"format": "migro-minutes/1", "latest": {"alert": 1}, "open": []}),
            "expected kinds with a tally, got alert",
        ),
    ],
)
def test_what_is_no_snapshot_is_refused(text: str, reason: str) -> None:
    with pytest.raises(InputError, match=reason):
        MinuteAggregator().restore(text)


def test_two_tallies_of_one_kind_and_negative_numbers_are_refused() -> None:
    with pytest.raises(InputError, match="one tally for each kind"):
        MinuteAggregator((REQUESTS, REQUESTS))
    with pytest.raises(InputError, match="at least 0"):
        MinuteAggregator(lateness=-1)
