"""Snapshots of the fold's state: everything is in them, what is restored goes on alike, and people go out of them."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import attrs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import migro
from migro.agent import Fold
from migro.agent.snapshots import renamed, restore, snapshot
from migro.agent.state import Above, Actions, Alarm, Arrivals, Closed, Cry, Held, Merge, Report, State, Tried
from migro.agent.texts import Said
from migro.decide import Spent
from migro.errors import InputError, UnsupportedFormat
from migro.models import (
    ActionStatus,
    Cause,
    Input,
    IssueStatus,
    Outcome,
    RunMode,
    Severity,
    Signal,
    Tick,
    to_microseconds,
)
from migro.verify import Clock, Monitor, Suppression, Version, unexplained, unheeded
from tests.agent import people, world
from tests.agent.people import ANN, NOBODY, named_anew
from tests.agent.world import T0, Run, after, call, react, received, stranger, sure
from tests.effort import cases

ROOT = Path(__file__).parents[2]

MEANING = "d32d7795e7d6c5e89b89c59e280edb9a8ac671426439949dfdcd70cae76a6273"
"""SHA-256 of the snapshots after every input of a fixed stream, the same on every Python and hash seed."""

few = settings(max_examples=cases(60), deadline=None)
choices = st.lists(st.integers(0, 20), min_size=30, max_size=30)
worlds = st.one_of(
    st.tuples(st.just(lambda: Fold(world.RULES, world.OPEN_POLICY)), world.streams()),
    st.tuples(st.just(people.fold), people.people()),
)


def taken(run: Run) -> bytes:
    return snapshot(run.fold.engine, run.fold.policy.version, run.state)


def again(fold: Fold, data: bytes) -> State:
    return restore(fold.engine, fold.policy.version, data)


def answered(run: Run, items: list[Input], picks: list[int], then: Callable[[], None] = lambda: None) -> Run:
    """Give the inputs, with answers to what waits, and do something after each."""
    for item, choice in zip(items, picks, strict=False):
        run.give(item)
        then()
        answer = react(run, choice) if choice else None
        if answer is not None:
            run.give(answer)
            then()
    return run


def everything(run: Run, since: int = 0) -> list[str]:
    """Return all that steps left behind, as text; nothing in it is without order."""
    return [repr((s.record, s.changes, s.quarantined, s.released)) for s in run.steps[since:]]


# --- what is in it ---------------------------------------------------------------------------------------------------


def full() -> State:
    """Return a state in which every field says something, in an order that is not that of the alphabet."""
    run = Run()
    run.give(*sure(), stranger(1, 5), stranger(2, 6, severity_hint="high", topic="odd"))
    state, now = run.state, to_microseconds(T0)
    state.mode, state.configured_mode = RunMode.SHADOW, RunMode.ASSIST
    state.halted_at, state.resumed_at = 1772355604000000, 1772355605000000
    state.resumed_by, state.mode_by = "ann", "bob"
    state.halted, state.config, state.ruleset = "halted by op", "cfg_1", "r"
    state.maintenance = {"b": now + 1, "": now + 2}
    state.mutes = {("bob", "down"): Suppression("muted by bob", now + 9, "down", Severity.SEV2, "known")}
    state.mutes["ann", "x"] = Suppression("muted by Ann", now + 8, "x")
    state.tidied, state.epoch, state.epochs = state.tidied + 3, -1, 2
    state.planned = {("b", now + 3): (now + 3, now + 4), ("", now + 2): (now + 2, now + 4)}
    state.windows = {"sig_b": (now, now + 5, "", now), "sig_a": (now + 1, now + 1, "cdn", now + 1)}
    state.understood = {("order", "b"): {"sig_2": now, "sig_1": now + 1}, ("cart", "a"): {"sig_3": now}}
    state.texts["sig_b"] = Said("t_b", "zendesk", None, 3, now, "high", ("b", "a"))
    state.texts["sig_a"] = Said("t_a", "desk", "ann", 4, now)
    state.clocks = {("z", "monitor", "verified"): Clock(now, -31, now - 1, [(now, -31)])}
    state.clocks["a", "app_log", "unsigned"] = Clock()
    waiting = stranger(3, 7, kind="alert", state="resolved")
    said = (("sig_1", False), ("sig_2", True))
    state.monitors = {("z", "alert", "1"): Monitor(now, now, said), ("a", "alert", "2"): Monitor(now, now, ())}
    state.flapping["b", "alert", "1"] = Monitor(now, now, said, True, (waiting, stranger(4, 8)))
    state.flapping["a", "alert", "1"] = Monitor(now, now, said[::-1], True)
    state.lingering = {("up", ("m_1",)): now + 3, ("down", ("m_1", "x")): now + 2}
    state.overdue = {("up", ("m_1",)): now + 5, ("down", ("m_1", "x")): now + 4}
    state.frees = {("up", ("m_1",)): now + 7, ("down", ("m_1", "x")): now + 6}
    state.spent = {
        "act_b": Spent(now, "tag", "desk", "iss_b", "merchant:b", (("pages", 3), ("lines", 2))),
        "act_a": Spent(now + 1, "tag", "desk", "iss_a", "merchant:a"),
    }
    state.closed = {"z": Closed(now + 2, Outcome.APPROVE1, "so"), "a": Closed(now + 1, Outcome.RECORD, "so too")}
    state.tried = {
        ("up", ("m_1",)): (Tried(now, "tag", "desk", False), Tried(now + 1, "draft", "desk", True)),
        ("down", ("m_1", "x")): (Tried(now, "tag", "owner", True),),
    }
    state.easing = {("up", ("m_1",)): now + 3, ("down", ("m_1", "x")): now + 2}
    state.rechecks = {("up", ("m_1",)): now + 5, ("down", ("m_1", "x")): now + 4}
    state.quarantined = {"rule.b": "sig_e", "rule.a": "sig_f"}
    state.named = {"sig_2": ("route /b", "about a"), "sig_1": ()}
    state.versions = {("shopify", "order", "b"): (now, "sig_h", Version(3, "b|2", "a|1", 2))}
    state.versions["shopify", "order", "a"] = (now + 1, "sig_g", Version(1, "x|None", "x|None", 1))
    state.receivers = {"stripe": now, "shopify": now + 1}
    state.arrivals = {
        "woocommerce": Arrivals(29_000_000, 2, 1, now, "sig_k", "production"),
        "paypal": Arrivals(29_000_001),
    }
    state.days = {("up", ("m_1",)): (2, 3), ("down", ("m_1", "x")): (1,)}
    state.merges = {"iss_b": Merge("iss_c", "bob", "same", now), "iss_a": Merge("iss_b", "ann", "also", now + 1)}
    state.above = {"iss_q": Above("k", True, Severity.SEV1, now, ("z", "a"))}
    state.above["iss_p"] = Above("k", False, Severity.SEV4, 1, ())
    state.reports = {"iss_r": Report("merchant:b", "b", "k", "shopify", now, True, ("stripe", "taxes"))}
    state.reports["iss_o"] = Report("merchant:a", "a", "j", "", now, False, ())
    state.told = {"iss_q": {"merchant:b": "True/SEV1", "merchant:a": "False/SEV2"}, "iss_p": {}}
    waits = Alarm(now + 1, stranger(5, 9), (("up", ("m_1", "x")), ("down", ("m_1",))))
    state.alarms = {("b", "alert", "1"): (waits, Alarm(now, stranger(7, 9)))}
    state.alarms["a", "alert", "2"] = (Alarm(now, stranger(6, 9)),)
    serious = [unexplained(stranger(8, 9), now), unheeded(stranger(9, 9), now), unexplained(stranger(10, 9), now)]
    cries = [Cry(derived, f"sig_{n}", n == 1) for n, derived in enumerate(serious)]
    state.cries = {("b", "alert", "1"): {one.signal.id: one for one in cries[:2]}}
    state.cries["a", "alert", "2"] = {cries[2].signal.id: cries[2]}
    state.traits = {"b": {"platform": "z", "agency": "a"}, "a": {}}
    held = state.held["down", ("m_1",)]
    first, second = sorted(held.actions)[:2]  # and each time the second one comes first
    held.actions = Actions({k: held.actions[k] for k in sorted(held.actions, reverse=True)})
    held.verdict = (
        IssueStatus.OPEN, 110, Severity.SEV2, (("burst", 105),), ("guard",),
        (("notify", "on_call", Outcome.AUTO),), RunMode.AUTO, None, True, ActionStatus.WAITING,
    )  # fmt: skip
    held.closed_by, held.carried, held.attempts = "ann", True, 2
    held.openings = ((now, frozenset({"sig_5", "sig_4"})), (now + 1, frozenset()))
    held.ended_at = now + 7
    held.answers = {second: ("eve", "bob"), first: ()}
    held.bound = {second: frozenset({"sig_2", "sig_1"}), first: frozenset()}
    held.allowed = frozenset({second, first})
    held.reached = ((now, Severity.SEV1, frozenset({"sig_9", "sig_8"})), (0, Severity.SEV3, frozenset()))
    held.things = {"route /cart": ("sig_2", "sig_1"), "about order": ("sig_3",)}
    held.cause = Cause(
        issue="iss_p", kind="cause", scope="platform", shared=("z", "a"), began=T0, cause_began=T0, lag_s=9, told="so"
    )
    held.lent = {"iss_b": 2, "iss_a": 1}
    held.taken_up, held.overdue = "ann", "unsolved"
    held.requesters = ("bob", "ann")
    held.told = ((now, "sig_u", frozenset({"sig_9", "sig_8"})), (now + 1, "sig_v", frozenset()))
    state.held = {slot: state.held[slot] for slot in sorted(state.held, reverse=True)}
    return state


# What does not take part in comparisons is made anew when it is needed.
KEPT = [f.name for f in attrs.fields(Held) if f.eq]


def ordered(value: Any) -> Any:
    """Return a value as one that compares with its order and its types."""
    match value:
        case dict():
            return [dict, *((ordered(k), ordered(v)) for k, v in value.items())]
        case list() | tuple():
            return [type(value), *(ordered(v) for v in value)]
        case Held():
            return [ordered(getattr(value, name)) for name in KEPT]
        case Above() | Alarm() | Closed() | Spent() | Clock() | Merge() | Monitor() | Report() | Said() | Tried():
            return [ordered(getattr(value, f.name)) for f in attrs.fields(type(value))]
        case Signal():
            return value.json_line()
        case _:
            return (type(value), value)


@pytest.mark.parametrize("name", [f.name for f in attrs.fields(State) if f.name != "engine" and f.eq])
def test_every_field_of_a_state_is_kept_in_its_order(name: str) -> None:
    state, run = full(), Run()
    copy = again(run.fold, taken(Run(state=state)))

    assert getattr(state, name) != getattr(State("other"), name), "the example leaves this field as it begins"
    assert ordered(getattr(copy, name)) == ordered(getattr(state, name))


@pytest.mark.parametrize("name", KEPT)
def test_every_field_of_an_issue_is_kept_in_its_order(name: str) -> None:
    state, slot = full(), ("down", ("m_1",))
    copy = again(Run().fold, taken(Run(state=state)))
    blank = Held(next(h.issue for s, h in state.held.items() if s != slot))

    assert getattr(state.held[slot], name) != getattr(blank, name), "the example leaves this field as it begins"
    assert ordered(getattr(copy.held[slot], name)) == ordered(getattr(state.held[slot], name))


def test_a_field_that_nobody_thought_of_is_refused_and_not_left_out() -> None:
    run = Run()
    run.state.halted = frozenset({"a type without a form"})  # type: ignore[assignment]

    with pytest.raises(TypeError, match=re.escape("expected a form for State.halted, got none")):
        taken(run)


# --- what is refused -------------------------------------------------------------------------------------------------


def changed(data: bytes, **fields: Any) -> bytes:
    return json.dumps({**json.loads(data), **fields}).encode()


@pytest.mark.parametrize(
    ("fields", "error", "words"),
    [
        ({"format": "migro-fold/12"}, UnsupportedFormat, "of format 'migro-fold/11', got 'migro-fold/12'"),
        ({"ruleset": "f" * 64}, InputError, "of rules ffffffffffff"),
        ({"policy": "f" * 64}, InputError, "of policy ffffffffffff"),
        ({"policy": None}, InputError, "of policy None"),
        ({"state": {}}, InputError, "expected a snapshot of a state, got one that cannot be read: KeyError"),
        ({"state": None}, InputError, "expected a snapshot of a state, got one that cannot be read: AttributeError"),
    ],
    ids=["format", "rules", "policy", "no policy", "no state", "nothing"],
)  # fmt: skip
def test_what_does_not_fit_is_refused_in_words(fields: dict[str, Any], error: type[Exception], words: str) -> None:
    run = Run()
    run.give(*sure())

    with pytest.raises(error, match=re.escape(words)):
        again(run.fold, changed(taken(run), **fields))


def test_a_snapshot_of_another_partition_is_refused() -> None:
    run = Run()
    run.give(*sure())
    engine, policy, data = run.fold.engine, run.fold.policy.version, taken(run)

    assert restore(engine, policy, data, partition="merchant:m_1").partition == "merchant:m_1"
    with pytest.raises(InputError, match=r"expected a snapshot of partition 'merchant:m_2', got one of 'merchant:m_1'"):
        restore(engine, policy, data, partition="merchant:m_2")


@pytest.mark.parametrize("data", [b"", b"[]", b"{", b'"migro-fold/4"', b"\xff"])
def test_what_is_no_snapshot_is_refused(data: bytes) -> None:
    with pytest.raises(InputError, match="expected a snapshot"):
        again(Run().fold, data)


def test_what_a_sender_wrote_is_in_no_refusal() -> None:
    run = Run()
    run.give(call(1), call(2, topic="secret-word"))
    broken = json.loads(taken(run))
    broken["state"]["held"][0][2]["issue"]["status"] = "secret-word"

    with pytest.raises(InputError) as refused:
        again(run.fold, json.dumps(broken).encode())
    assert "secret-word" not in str(refused.value)


# --- laws ------------------------------------------------------------------------------------------------------------


@few
@given(worlds, choices)
def test_a_state_restored_at_every_cut_goes_on_as_the_one_that_never_was(
    world: tuple[Callable[[], Fold], list[Input]], picks: list[int]
) -> None:
    make, items = world
    whole, cut = Run(fold=make()), Run(fold=make())
    steps: list[bytes] = []
    answered(whole, items, picks, lambda: steps.append(taken(whole)))
    cuts: list[bytes] = []

    def restart() -> None:
        cuts.append(taken(cut))
        due = cut.fold.next_due(cut.state)
        cut.fold = make()
        cut.state = again(cut.fold, cuts[-1])

        assert taken(cut) == cuts[-1]
        assert cut.fold.next_due(cut.state) == due

    # What is restored before every input and never differs could have been restored at any of them alone.
    answered(cut, items, picks, restart)

    assert everything(cut) == everything(whole)
    assert cuts == steps


@few
@given(worlds, choices, st.integers(0, 30))
def test_a_state_restored_once_goes_on_alike(
    world: tuple[Callable[[], Fold], list[Input]], picks: list[int], at: int
) -> None:
    make, items = world
    run = answered(Run(fold=make()), items[:at], picks)
    twin = Run(fold=make())
    twin.state = again(twin.fold, taken(run))
    seen = len(run.steps)
    answered(run, items[at:], picks[at:])
    answered(twin, items[at:], picks[at:])

    assert everything(twin) == everything(run, seen)
    assert taken(twin) == taken(run)


def test_the_same_bytes_on_every_python_and_under_every_hash_seed() -> None:
    package = Path(migro.__file__).parent.parent
    runs = [
        subprocess.Popen(
            [sys.executable, "-m", "tests.agent.snapshot_process"],
            stdout=subprocess.PIPE,
            cwd=ROOT,
            env={"PATH": os.environ["PATH"], "PYTHONPATH": f"{package}{os.pathsep}{ROOT}", "PYTHONHASHSEED": seed},
        )
        for seed in ("0", "1", "4711")
    ]
    outputs = [run.communicate(timeout=120)[0].decode().split() for run in runs]

    assert [run.returncode for run in runs] == [0, 0, 0]
    assert outputs[0] == outputs[1] == outputs[2]
    assert int(outputs[0][0]) > 100_000, "hardly anything was in them"
    # Another digest after a change of rules, of the stream or of the form is expected; after any other it is a mistake.
    assert outputs[0][1] == MEANING


# --- people ----------------------------------------------------------------------------------------------------------


def anew(run: Run, pseudonym: str = ANN, token: str = NOBODY) -> Run:
    return Run(fold=run.fold, state=renamed(run.fold.engine, run.state, pseudonym, token))


@few
@given(people.people(), choices)
def test_a_person_who_was_renamed_is_nowhere_and_nothing_else_has_changed(items: list[Input], picks: list[int]) -> None:
    run = answered(Run(fold=people.fold()), items, picks)
    before = taken(run)
    late = anew(run)

    assert ANN.encode() not in taken(late)
    assert (NOBODY.encode() in taken(late)) == (ANN.encode() in before)
    assert taken(anew(late, NOBODY, ANN)) == before
    assert taken(anew(run, "somebody-who-never-came", NOBODY)) == before
    assert taken(anew(run, NOBODY, NOBODY)) == before
    assert taken(run) == before, "the given state has changed"


@few
@given(people.people(), choices, st.integers(0, 25))
def test_a_state_in_which_a_person_was_renamed_goes_on_as_if_the_name_had_always_been_that(
    items: list[Input], picks: list[int], at: int
) -> None:
    run = answered(Run(fold=people.fold()), items[:at], picks)
    late = anew(run)
    seen = len(run.steps)
    answered(run, items[at:], picks[at:])
    answered(late, [named_anew(i) for i in items[at:]], picks[at:])
    always = answered(Run(fold=people.fold()), [named_anew(i) for i in items], picks)

    # Issues of her that are opened later have other ids, since ids are made from content.
    plain = [text.replace(ANN, NOBODY) for text in everything(run, seen)]
    assert without_ids(everything(late)) == without_ids(plain)
    assert without_ids(everything(late)) == without_ids(everything(always, seen))
    assert with_ids(late) == with_ids(always, seen)


_MADE = re.compile(r"\b(iss|dec|act|bind|sig|fp1)[_:][0-9a-f]{32}")


def without_ids(texts: Iterable[str]) -> list[str]:
    """Return texts without ids that are made from content."""
    return [_MADE.sub(r"\1", text) for text in texts]


def with_ids(run: Run, since: int = 0) -> list[Any]:
    """Return which issue each decision is about and which decision each action follows, by place."""
    order: dict[str, int] = {}
    records = [s.record for s in run.steps[since:]]
    return [
        [(d.issue.kind, order.setdefault(d.issue.id, len(order))) for d in r.decisions]
        + [(a.kind, order.setdefault(a.issue, len(order)), a.status) for a in r.actions]
        for r in records
    ]


def test_what_came_before_counts_together_with_what_comes_under_the_token() -> None:
    run = Run(fold=people.fold())
    run.give(people.visit(1, 1, ANN, 500), people.vip(2, 2, ANN, 500), people.ticket(3, 3, ANN, 1))
    late = anew(run)
    seen = len(run.steps)
    signals = [people.visit(4, 4, ANN, 500, ANN), people.ticket(5, 5, ANN, 1)]
    items: list[Input] = [*map(received, signals), Tick(at=after(9000))]
    run.give(*items)
    late.give(*map(named_anew, items))

    assert [d.issue.kind for d in late.decisions].count("trouble") > 1
    assert without_ids(everything(late)) == without_ids(t.replace(ANN, NOBODY) for t in everything(run, seen))


def test_ids_that_were_made_from_content_stay_what_they_are() -> None:
    run = Run(fold=people.fold())
    run.give(*(people.visit(n, n, ANN, 503, ANN) for n in range(3)))
    after_it = anew(run)
    made = _ids(taken(run))

    assert len(made) > 10
    assert _ids(taken(after_it)) == made
    assert {key for kind, key in after_it.state.held if kind == "trouble"} == {("m_1", NOBODY)}


def _ids(data: bytes) -> set[str]:
    return {found.group() for found in _MADE.finditer(data.decode())}


@pytest.mark.parametrize(
    "word", ["not_applicable", "idempotency_key", "merchant_contact", "people.visit", "people.many", "merchant:m_1"]
)
def test_a_word_that_rules_or_records_need_is_refused(word: str) -> None:
    run = Run(fold=people.fold())
    run.give(people.visit(1, 1, ANN, 503))

    with pytest.raises(InputError, match="expected the pseudonym of a person, got a word that rules or records need"):
        anew(run, word, NOBODY)
