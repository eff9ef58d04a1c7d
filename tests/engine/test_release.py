"""A rule that was left out is judged again on everything that is still held, whatever its premise is made of."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from migro.engine import EngineState, NativeEngine
from migro.engine.release import release
from migro.expressions import Attr, feature, minutes
from migro.models import MerchantId, Signal, to_microseconds
from migro.rules import IssueKind, Premise, Rule, RuleSet, during, given, known, on, supports

NOW = datetime(2026, 3, 1, 9, 0, tzinfo=UTC)


class Page(Signal, kind="release.page"):
    words: Attr[str]


class Window(Signal, kind="release.window"):
    starts: Attr[datetime]
    ends: Attr[datetime]


class Plan(Signal, kind="release.plan"):
    name: Attr[str]


@feature("release.length", version=1)
def length(s: Page) -> int:
    if s.words == "odd":
        raise ValueError
    return len(s.words)


BROKEN = IssueKind[Any]("broken", category="unknown")
LOWER = IssueKind[Any]("lower", category="unknown")
RAISING = on(Page, length > 0, per=Page.merchant)
INSIDE = during(on(Window, per=Window.merchant), starts=Window.starts, ends=Window.ends)
BIG = given(Plan, Plan.name == "big", per=Plan.merchant)

CALM = on(Page, Page.words == "calm", per=Page.merchant)

PREMISES: dict[str, Premise[Any]] = {
    "timed": CALM.at_least(2, within=minutes(5)),
    "calendar": INSIDE,
    "setting": BIG,
    "chain": known(LOWER),
    "all": CALM & INSIDE & BIG & known(LOWER),
}


def fed(when: Premise[Any]) -> tuple[NativeEngine, EngineState]:
    lower = Rule("lower", when=CALM, then=supports(LOWER, 50, family="f"))
    rule = Rule("rule", when=when, then=supports(BROKEN, 50, family="f"))
    engine, state = NativeEngine(RuleSet("r", lower, rule)), EngineState()
    state.quarantined["rule"] = to_microseconds(NOW)
    m1 = MerchantId("m1")
    signals = [
        Window(merchant=m1, starts=NOW, ends=NOW + timedelta(hours=1), occurred_at=NOW),
        Plan(merchant=m1, name="big", occurred_at=NOW),
        *(Page(merchant=m1, words="calm", occurred_at=NOW + timedelta(seconds=n)) for n in range(2)),
    ]
    for signal in signals:
        engine.insert(state, signal, to_microseconds(signal.received_at))
        engine.settle(state)
    return engine, state


@pytest.mark.parametrize("name", PREMISES)
def test_a_released_rule_says_what_it_would_have_said(name: str) -> None:
    engine, state = fed(PREMISES[name])
    before = ("rule", ("m1",)) in state.firings
    released = release(engine, state, "rule", state.now)
    changes = engine.settle(state)

    assert (before, released) == (False, True)
    assert [(c.what, c.rule) for c in changes] == [("fired", "rule")]
    assert "rule" not in state.quarantined


def test_releasing_a_rule_that_is_judged_changes_nothing() -> None:
    engine, state = fed(CALM)

    assert release(engine, state, "lower", state.now) is False
    assert engine.settle(state) == ()


def test_the_count_of_errors_starts_anew() -> None:
    rule = Rule("rule", when=RAISING, then=supports(BROKEN, 50, family="f"))
    engine, state = NativeEngine(RuleSet("r", rule)), EngineState()
    for n in range(5):
        odd = Page(merchant=MerchantId("m1"), words="odd", occurred_at=NOW + timedelta(seconds=n))
        engine.insert(state, odd, to_microseconds(odd.received_at))
        engine.settle(state)
        if n == 2:
            assert list(state.quarantined) == ["rule"]
            release(engine, state, "rule", state.now)

    assert (state.quarantined, state.errors) == ({}, {"rule": 2})
