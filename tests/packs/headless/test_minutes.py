"""Requests that are added up by the minute say to every rule what the single lines say."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from typing import Any

import attrs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from migro.engine import EngineState, NativeEngine
from migro.engine.examples import run_example
from migro.models import Signal, to_microseconds
from migro.observe.aggregation import BROWSER, LOG_LINES, REQUESTS, MinuteAggregator
from migro.packs.headless import RULES
from migro.packs.headless.signals import HttpRequest
from migro.packs.headless.specimens import request
from migro.rules import Rule, RuleSet, Selection, everything
from tests.effort import cases

_WEIGHTS = {t.kind: t.weight for t in (*BROWSER, LOG_LINES, REQUESTS)}
_OF_LINES_ONLY = {
    "checkout.one-agent",
    "checkout.one-network",
    "handoff.scanners",
    "id-mapping.log-few-carts",
    "login-loop.log",
    "speed.served",
    "webhook-removed.receiver-fails",
}
"""Six ask for a column that no sum has; one asks how many came in a row, and sums make a shorter row."""
_MINUTE = 60_000_000
_SHORT = 200
"""Examples with more signals than these have the same form, and weeks of history before it."""


def _selections(rule: Rule[Any]) -> list[Selection[Any, Any]]:
    return [p for p in everything(rule.when) if isinstance(p, Selection)]


def _over_requests(rule: Rule[Any]) -> bool:
    return any(s.signal is HttpRequest for s in _selections(rule))


_READERS = tuple(r for r in RULES if _over_requests(r))
_LAWFUL = tuple(r for r in _READERS if r.id not in _OF_LINES_ONLY)
_ENGINE = NativeEngine(RuleSet("requests", *_LAWFUL, signals=RULES.signals.values()))


def _without_the_time_in_the_minute(signal: HttpRequest) -> HttpRequest:
    end = signal.effective_at // _MINUTE * _MINUTE + _MINUTE - 1
    moved = signal.occurred_at + timedelta(microseconds=end - to_microseconds(signal.occurred_at))
    return signal.model_copy(update={"occurred_at": moved, "received_at": moved})


def _lines(signals: Iterable[Signal]) -> tuple[Signal, ...]:
    return tuple(_without_the_time_in_the_minute(s) if isinstance(s, HttpRequest) else s for s in signals)


def _sums(signals: Iterable[Signal]) -> tuple[Signal, ...]:
    aggregator = MinuteAggregator((REQUESTS,), lateness=10_000_000)
    passed = [s for signal in _lines(signals) for s in aggregator.take(signal)]
    return (*passed, *(HttpRequest.of(s) for s in aggregator.close()))


def test_every_rule_that_counts_adds_up_what_a_signal_stands_for() -> None:
    weights = {
        (rule.id, w, str(getattr(s.weight, "name", None)))
        for rule in RULES
        for s in _selections(rule)
        if (w := _WEIGHTS.get(s.signal.__signal_kind__))
    }

    # These ask whether there is any line at all, which does not depend on how many.
    assert {rule for rule, wanted, got in weights if got != wanted} == {
        "import.parts-lost",
        "indexer.log",
        "indexer.log-for-hours",
    }


@pytest.mark.parametrize("rule", _READERS, ids=lambda r: r.id)
def test_an_example_comes_out_the_same_for_sums(rule: Rule[Any]) -> None:
    engine = NativeEngine(RuleSet("one", *_needed(rule), signals=RULES.signals.values()))
    for example in (e for e in rule.examples if len(e.signals) <= _SHORT):
        lines, sums = (attrs.evolve(example, signals=of(example.signals)) for of in (_lines, _sums))

        if rule.id in _OF_LINES_ONLY:
            assert run_example(engine, rule, sums).fired_for == ()
        else:
            assert run_example(engine, rule, sums) == run_example(engine, rule, lines)


def _needed(rule: Rule[Any]) -> tuple[Rule[Any], ...]:
    return (rule,) if not any(type(p).__name__ == "Known" for p in everything(rule.when)) else RULES.rules


_ROUTES = st.sampled_from(
    [
        ("GET", "pdp", "/products/:slug"), ("POST", "cart", "/cart"), ("POST", "checkout", "/checkout"),
        ("GET", "search", "/search"), ("POST", "webhook", "/webhooks/stripe"), ("OPTIONS", "api", "/api/graphql"),
        ("GET", "other", "/login/token/:x"), ("GET", "other", "/_next/image"), ("GET", "cart", "/throttle/queue"),
        ("POST", "payment", "/payment-information"),
    ]
)  # fmt: skip
_FEATURES = ["page.no_results", "page.sold_out", "link.from_mail", "link.from_checkout", "link.legacy_id"]


@st.composite
def _alike(draw: st.DrawFn) -> tuple[dict[str, Any], list[int]]:
    """Draw what one to eighty requests have in common, and in which seconds they came."""
    method, route_class, route = draw(_ROUTES)
    columns: dict[str, Any] = {"method": method, "route_class": route_class, "route": route}
    columns["status"] = draw(st.sampled_from([200, 200, 200, 301, 401, 404, 409, 429, 430, 500, 503, 522]))
    columns["bot"] = draw(st.booleans()) and draw(st.booleans())
    columns["handoff"] = route_class == "checkout" and draw(st.booleans())
    columns["features"] = frozenset(draw(st.sets(st.sampled_from(_FEATURES), max_size=1)))
    columns["pop"] = draw(st.sampled_from([None, "FRA", "AMS"]))
    columns["crawler"] = draw(st.sampled_from([None, "googlebot", "monitor"])) if columns["bot"] else None
    columns["legacy"] = draw(st.sampled_from([None, False, True]))
    minutes = draw(st.sets(st.integers(0, 5), min_size=1, max_size=4))
    of_each = draw(st.sampled_from([1, 3, 8, 20, 80]))
    return columns, [minute * 60 + n * 7 % 60 for minute in sorted(minutes) for n in range(of_each)]


_STREAMS = st.lists(_alike(), min_size=1, max_size=8)


def _requests(stream: list[tuple[dict[str, Any], list[int]]]) -> list[HttpRequest]:
    made = []
    for group, (columns, seconds) in enumerate(stream):
        for n, second in enumerate(seconds):
            one = request(second, **columns)
            made.append(one.model_copy(update={"id": f"{group}/{n}", "dedup_key": f"{group}/{n}"}))
    return made


def _fired(signals: Iterable[Signal]) -> list[list[tuple[str, tuple[str, ...]]]]:
    """Return what fires at the end of each minute."""
    state = EngineState()
    found = []
    waiting = sorted(signals, key=lambda s: s.received_at)
    start = to_microseconds(request(0).occurred_at)
    for minute in range(1, 7):
        end = start + minute * _MINUTE - 1
        while waiting and to_microseconds(waiting[0].received_at) <= end:
            signal = waiting.pop(0)
            now = to_microseconds(signal.received_at)
            _ENGINE.pass_time(state, now)
            _ENGINE.insert(state, signal, now)
        _ENGINE.pass_time(state, end)
        _ENGINE.settle(state)
        found.append(sorted((rule, tuple(map(str, key))) for key, rule in ((k, r) for r, k in state.firings)))
    return found


@given(_STREAMS)
@settings(max_examples=cases(25))
def test_sums_of_random_requests_fire_at_a_minutes_end_what_their_lines_do(
    stream: list[tuple[dict[str, Any], list[int]]],
) -> None:
    requests = _requests(stream)

    assert _fired(_sums(requests)) == _fired(_lines(requests))


def test_a_hundred_and_twenty_requests_of_one_minute_count_as_a_hundred_and_twenty() -> None:
    spike = _requests([({"status": 200}, [n % 60 for n in range(60)]), ({"status": 500}, [n % 60 for n in range(60)])])
    sums = _sums(spike)

    assert [s.metrics if not isinstance(s, HttpRequest) else s.requests for s in sums] == [60, 60]
    assert "checkout.5xx-share" in {rule for rule, _ in _fired(sums)[0]}


def test_a_request_stands_for_one_unless_it_says_so() -> None:
    assert request().requests == 1
    assert HttpRequest.of(Signal.from_data({**request().model_dump(), "metrics": {}})).requests == 1
