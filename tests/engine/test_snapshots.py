"""A snapshot holds everything: what is restored from it goes on as if nothing had happened."""

from __future__ import annotations

import json
import re
from collections import Counter
from random import Random
from typing import Any

import attrs
import pytest

from migro.engine import Change, EngineState, NativeEngine, restore, snapshot
from migro.errors import InputError, UnsupportedFormat
from migro.expressions import minutes, percent
from migro.models import MerchantId, from_microseconds
from migro.rules import Rule, RuleSet, on, supports
from tests.engine.playing import apply, say
from tests.engine.profiles import HOURS, SLOW, TINY, Profile
from tests.engine.streams import ruleset, stream
from tests.engine.vocabulary import A, kind_of
from tests.oracle import Step

KIND = kind_of(0, ("merchant",))


def step_by_step(engine: NativeEngine, state: EngineState, step: Step) -> list[tuple[int, tuple[Change, ...]]]:
    changes = []
    while (due := engine.next_due(state)) is not None and due <= step.now:
        engine.pass_time(state, due)
        changes.append((due, engine.settle(state)))
    apply(engine, state, step)
    return [*changes, (step.now, engine.settle(state))]


@pytest.mark.parametrize(("p", "count"), [(TINY, 200), (SLOW, 200), (HOURS, 100)], ids=["tiny", "slow", "hours"])
def test_a_restored_state_is_the_same_bytes_and_goes_on_alike(p: Profile, count: int) -> None:
    r = Random(8)
    changed = fired = 0
    for _ in range(count):
        rules = ruleset(r, p)
        engine, state = NativeEngine(rules), EngineState()
        steps = stream(r, rules, r.choice(p.lengths), p)
        at = r.randrange(len(steps))
        for step in steps[:at]:
            step_by_step(engine, state, step)
            if r.random() < 0.2:
                engine.forget(state, state.now)
        data = snapshot(engine, state)
        fresh = NativeEngine(rules)
        copy = restore(fresh, data)

        assert snapshot(fresh, copy) == data
        assert say(copy) == say(state)
        for step in steps[at:]:
            done = step_by_step(engine, state, step)
            assert step_by_step(fresh, copy, step) == done
            changed += any(c for _, c in done)
        assert say(copy) == say(state)
        assert snapshot(fresh, copy) == snapshot(engine, state)
        fired += bool(state.firings)
    assert changed > count // 4
    assert fired > count // 20


KEPT = frozenset(
    """now streams times last firings facts candidates seen series withdrawn errors quarantined scheduled
    waiting""".split()
)
REBUILT = frozenset({"due", "alarms", "keys", "remembered", "speakers", "current"})
"""What follows from the others: the order of deadlines, sums over windows, and where to look first or again."""
BETWEEN = frozenset({"announced", "dirty", "touched"})
"""What is empty once conclusions are drawn."""
GIVEN = frozenset({"attentive", "issues"})
"""What whoever holds the state says of itself."""


def test_every_field_of_a_state_is_kept_or_follows_from_one_that_is() -> None:
    r = Random(5)
    said: Counter[str] = Counter()
    for number in range(150):
        p = (TINY, SLOW, HOURS)[number % 3]
        rules = ruleset(r, p)
        engine, state = NativeEngine(rules), EngineState()
        for step in stream(r, rules, r.choice(p.lengths), p):
            step_by_step(engine, state, step)
        # Hardly any random rule raises so often, or waits so long for silence.
        state.last.update({(node.number, ("m",)): number for node in engine.network.nodes[:2]})
        state.errors.update({"rule.b": 2, "rule.a": number})
        state.quarantined.update({"rule.d": 7, "rule.c": number})
        copy = restore(NativeEngine(rules), snapshot(engine, state))
        for name in KEPT:
            value = getattr(state, name)
            said[name] += bool(value)
            assert held(getattr(copy, name)) == held(value), name
        # Deadlines that another has replaced are left out; the next one is the same.
        assert engine.next_due(copy) == engine.next_due(state)
        assert sorted(copy.due) == sorted((at, rule, key) for (rule, key), at in state.scheduled.items())
        assert sorted(set(copy.alarms)) == sorted({a for a in state.alarms if state.waiting.get(a[1:]) == a[0]})

    assert {f.name for f in attrs.fields(EngineState)} == KEPT | REBUILT | BETWEEN | GIVEN
    assert {name for name in KEPT if not said[name]} == set(), "no stream has filled these fields"


def held(field: Any) -> Any:
    """Return a field as what can be compared: a stream by its entries, with all they hold."""
    if not isinstance(field, dict):
        return field
    streams = {k: s for k, s in field.items() if hasattr(s, "entries")}
    return {
        **field,
        **{k: [s.pruned, s.ats, s.ids, s.entries] for k, s in streams.items()},
    }


def test_rules_in_another_order_take_a_snapshot_up_as_their_own() -> None:
    of = on(A, per=A.merchant)
    rules = [
        Rule("words", when=of.distinct(A.word, at_least=3, within=minutes(5)), then=supports(KIND, 50, family="w")),
        Rule("codes", when=of.distinct(A.code, at_least=3, within=minutes(5)), then=supports(KIND, 50, family="c")),
        *(
            Rule(f"share-{n}", when=of.share(fits, at_least=percent(60), floor=3, within=minutes(5)), then=then)
            for n, (fits, then) in enumerate(
                [(A.code >= 2, supports(KIND, 50, family="s")), (A.word == "x", supports(KIND, 50, family="x"))]
            )
        ),
    ]
    forward, backward = (NativeEngine(RuleSet("r", *some)) for some in (rules, rules[::-1]))
    state, other = EngineState(), EngineState()

    def tell(engine: NativeEngine, state: EngineState, n: int) -> tuple[Change, ...]:
        at = from_microseconds(n * 1_000_000)
        signal = A(merchant=MerchantId("m"), occurred_at=at, ok=True, code=n, word="xy"[n % 2], dedup_key=str(n))
        engine.insert(state, signal, n * 1_000_000)
        return engine.settle(state)

    for n in range(3):
        tell(forward, state, n)
        tell(backward, other, n)
    data = snapshot(forward, state)
    copy = restore(backward, data)

    assert [s.terms for s in forward.network.sources] != [s.terms for s in backward.network.sources]
    assert snapshot(backward, other) == data
    assert snapshot(backward, copy) == data
    assert [tell(backward, copy, n) for n in range(3, 9)] == [tell(backward, other, n) for n in range(3, 9)]
    assert ("codes", ("m",)) in say(copy)


@pytest.mark.parametrize("field", sorted(BETWEEN))
def test_a_state_whose_conclusions_are_not_drawn_is_refused(field: str) -> None:
    rules = ruleset(Random(1), TINY)
    state = EngineState()
    value: Any = {"announced": ["r"], "dirty": {("r", ("k",))}, "touched": {(0, ("k",)): 1}}[field]
    setattr(state, field, value)

    with pytest.raises(ValueError, match="expected a settled state"):
        snapshot(NativeEngine(rules), state)


def test_a_snapshot_of_other_rules_or_another_form_is_refused() -> None:
    r = Random(2)
    engine = NativeEngine(ruleset(r, TINY))
    data = snapshot(engine, EngineState())
    other = NativeEngine(ruleset(r, TINY))

    with pytest.raises(InputError, match="expected a snapshot of rules"):
        restore(other, data)
    with pytest.raises(UnsupportedFormat, match="expected a snapshot of format 'migro-engine/2', got 'migro-engine/1'"):
        restore(engine, data.replace(b"migro-engine/2", b"migro-engine/1"))
    with pytest.raises(InputError, match="expected a snapshot as JSON"):
        restore(engine, data[:-1])


def test_a_snapshot_of_what_these_rules_do_not_look_at_is_refused() -> None:
    engine = NativeEngine(ruleset(Random(2), TINY))
    data = json.loads(snapshot(engine, EngineState()))
    data["times"] = {"0" * 20: [[["m"], [1]]]}

    with pytest.raises(InputError, match="expected a snapshot of what these rules look at"):
        restore(engine, json.dumps(data).encode())


def test_no_word_of_a_rule_and_every_signal_once_stands_in_a_snapshot() -> None:
    r = Random(3)
    seen = 0
    for _ in range(60):
        rules = ruleset(r, TINY)
        engine, state = NativeEngine(rules), EngineState()
        for step in stream(r, rules, 40, TINY):
            step_by_step(engine, state, step)
        data = json.loads(snapshot(engine, state))
        texts = [json.dumps(s, sort_keys=True) for s in data["signals"]]
        seen += len(texts)

        assert len(set(texts)) == len(texts)
        assert len(texts) <= len({s.id for kept in state.candidates.values() for _, _, s in kept}) + sum(
            map(len, state.facts.values())
        )
        for part in ("streams", "times", "last", "candidates", "seen", "series", "waiting"):
            assert all(re.fullmatch("[0-9a-f]{20}", name) for name in data[part])
    assert seen > 50
