"""The journal folded again gives what is stored, and says where it does not."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any

import attrs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from migro import Agent
from migro.agent import Fold, State, Step
from migro.errors import NotFound
from migro.models import Input, SignalReceived
from migro.packs import headless
from migro.remember import SqliteMemory, VolatileMemory
from migro.replay import ReplayReport, replay
from migro.replay.report import LISTED, first_difference
from tests.agent import people
from tests.agent.world import OPEN_POLICY, RULES, after, agent, call, handled, probe, received, streams, sure
from tests.effort import cases
from tests.replay.journals import M1, STRICTER, WithoutLedger, choices, fold_of, give, written
from tests.test_first_light import morning

few = settings(max_examples=cases(25), deadline=None)


def clean(report: ReplayReport) -> bool:
    """Whether nothing differs; the first difference is shown where a test fails."""
    assert report.differences == ()
    assert report.different == 0
    return True


def busy() -> list[Input]:
    """Inputs that open, merge, resolve and reopen, with everything else between."""
    signals = [*sure(), *(call(50 + n, 400 + 20 * n) for n in range(8)), probe(60, 600, True), *sure(9_000)]
    return [received(s) for s in signals]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "m.db"
    with SqliteMemory(path, durability="normal") as memory:
        written(busy(), [1, 2, 3, 4, 5] * 6, memory=memory)
    return path


def changed(path: Path, statement: str, *values: Any) -> ReplayReport:
    """Return what a replay finds after somebody has changed the file behind migro's back."""
    with closing(sqlite3.connect(path)) as connection, connection:
        assert connection.execute(statement, values).rowcount == 1
    with SqliteMemory(path) as memory:
        return replay(memory, fold_of())


# --- what has to be equal --------------------------------------------------------------------------------------------


@few
@given(streams(), choices, st.integers(0, 7))
def test_what_an_agent_has_written_comes_out_again(items: list[Input], picks: list[int], restart_every: int) -> None:
    memory = written(items, picks, restart_every=restart_every)
    report = replay(memory, fold_of())

    assert clean(report)
    assert report.by_others == 0
    assert report.inputs == sum(e.done for e in memory.read("journal"))
    assert report.records.get("decisions", None) is None or report.records["decisions"].equal == len(
        list(memory.read("decisions"))
    )


@few
@given(streams(), choices, st.integers(0, 7))
def test_a_replay_from_any_number_or_snapshot_finds_the_same(items: list[Input], picks: list[int], since: int) -> None:
    memory = written(items, picks)
    last = max((e.seq for e in memory.read("journal")), default=0)

    assert clean(replay(memory, fold_of(), since="snapshot"))
    for number in range(since, last + 2, 7):
        assert clean(replay(memory, fold_of(), since=number))


@few
@given(streams(), choices, st.integers(2, 5), st.integers(0, 7))
def test_each_version_answers_for_its_own_stretches(
    items: list[Input], picks: list[int], turns: int, restart_every: int
) -> None:
    rules = [RULES if n % 2 == 0 else STRICTER for n in range(turns)]
    memory = written(items, picks, rules=rules, restart_every=restart_every)
    reports = [replay(memory, fold_of(r)) for r in (RULES, STRICTER)]

    for report in reports:
        assert clean(report)
        assert clean(replay(memory, fold_of(RULES), since="snapshot"))
    assert sum(r.compared for r in reports) == sum(e.done for e in memory.read("journal"))
    equal = sum(r.records["decisions"].equal for r in reports if "decisions" in r.records)
    assert equal == len(list(memory.read("decisions")))


@few
@given(people.people(), st.integers(0, 25), st.booleans())
def test_a_replay_after_an_erasure_differs_only_where_the_person_was(
    items: list[Input], cut: int, restart: bool
) -> None:
    memory = VolatileMemory()
    host = Agent(rules=people.RULES, memory=memory, policy=OPEN_POLICY)
    for n, item in enumerate(items):
        give(host, item)
        if n == cut:
            host.erase(people.ANN, merchant="m_1", by="owner")
            if restart:
                host = Agent(rules=people.RULES, memory=memory, policy=OPEN_POLICY)
    fold = people.fold()

    assert clean(replay(memory, fold))
    assert clean(replay(memory, fold, since="snapshot"))
    # Without the person there is nothing that could not be made again.
    named = any(people.ANN in i.json_line() for i in items[: cut + 1])
    assert named or replay(memory, fold).erased == 0


def test_what_cannot_be_made_again_is_counted_apart() -> None:
    memory = VolatileMemory()
    host = Agent(rules=people.RULES, memory=memory, policy=OPEN_POLICY)
    for n in range(3):
        host.handle(people.visit(n, n, people.ANN, 500))
    other = people.OTHERS[0]
    for n in range(3):
        host.handle(people.visit(n, n + 5, other, 500))
    before = replay(memory, people.fold())
    host.erase(people.ANN, merchant="m_1", by="owner")
    report = replay(memory, people.fold())

    assert clean(before)
    assert before.erased == 0
    assert clean(report)
    assert 0 < report.records["decisions"].erased < before.records["decisions"].equal
    assert report.records["decisions"].equal > 0


def test_an_approval_about_an_erased_person_that_lapses_cannot_be_made_again() -> None:
    policy = attrs.evolve(OPEN_POLICY, approval_lasts=timedelta(minutes=1))
    memory = VolatileMemory()
    host = Agent(rules=people.RULES, memory=memory, policy=policy)
    for n in range(3):
        host.handle(people.visit(n, n, people.ANN, 500))
    host.erase(people.ANN, merchant="m_1", by="owner")
    host.tick(after(100))
    lapsed = [t for e in memory.read("journal") for t in e.timers if t.what == "approval"]
    report = replay(memory, Fold(people.RULES, policy))

    assert lapsed
    assert clean(report)
    assert report.records["timers"].erased > 0


def test_an_erasure_explains_nothing_about_others(tmp_path: Path) -> None:
    path, fold = tmp_path / "m.db", people.fold()
    with SqliteMemory(path, durability="off") as memory:
        host = Agent(rules=people.RULES, memory=memory, policy=OPEN_POLICY)
        for who in (people.ANN, people.OTHERS[0]):
            for n in range(3):
                host.handle(people.visit(n, n, who, 500))
        host.erase(people.ANN, merchant="m_1", by="owner")
        other = next(d for d in memory.read("decisions") if people.OTHERS[0] in d.issue.key)
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute(
            "UPDATE decisions SET body = replace(body, '\"SEV3\"', '\"SEV2\"') WHERE id = ?", (other.id,)
        )
    with SqliteMemory(path) as memory:
        report = replay(memory, fold)

    assert [(d.what, d.id) for d in report.differences] == [("decisions", other.id)]
    assert report.records["decisions"].erased > 0


def test_the_morning_of_the_demo_comes_out_again() -> None:
    _, decisions, memory, _ = morning()
    fold = Fold(headless.RULES)
    report = replay(memory, fold)

    assert clean(report)
    assert report.records["decisions"].equal == len(list(memory.read("decisions"))) >= len(decisions) > 0
    assert report.records["issues"].equal == len(list(memory.read("issues"))) > 0
    assert (report.compared, report.by_others) == (len(list(memory.read("journal"))), 0)
    assert clean(replay(memory, fold, since="snapshot"))


def test_a_memory_without_a_ledger_is_replayed_like_any_other() -> None:
    memory = written(busy())

    bare: Any = WithoutLedger(memory)

    assert replay(bare, fold_of()) == replay(memory, fold_of())


def test_snapshots_are_compared_too() -> None:
    report = replay(written(busy(), snapshot_every=3), fold_of())

    assert report.records["snapshots"].equal == 2
    assert clean(report)


def test_what_is_pending_is_left_alone() -> None:
    memory = written(busy())
    before = replay(memory, fold_of())
    memory.accept(M1, [received(call(900, 300_000))])

    assert replay(memory, fold_of()) == before


def test_one_partition_can_be_replayed_alone() -> None:
    memory = written(busy())
    Agent(rules=RULES, memory=memory, policy=OPEN_POLICY).handle(call(1, merchant="m_2"))
    alone = replay(memory, fold_of(), partition="merchant:m_2")

    assert (alone.partitions, alone.inputs) == (1, 2)
    assert replay(memory, fold_of()).partitions == len(list(memory.read("partitions"))) > 1
    with pytest.raises(NotFound, match="expected the name of a partition, found none: 'm_2'"):
        replay(memory, fold_of(), partition="m_2")


def test_rules_that_were_never_in_force_have_nothing_to_answer_for() -> None:
    memory = written(busy())
    report = replay(memory, fold_of(STRICTER))

    assert clean(report)
    assert (report.compared, report.by_others) == (0, report.inputs)
    assert report.others == ((fold_of().ruleset.version, OPEN_POLICY.version),)


def test_what_waited_when_other_rules_came_is_theirs_and_no_difference() -> None:
    memory = VolatileMemory()
    first, second = agent(memory), agent(memory, rules=STRICTER)
    handled(first, sure())
    first.drain()
    waiting = [received(call(60 + n, 10 + n)) for n in range(6)]
    memory.accept(M1, waiting)
    handled(second, [call(70, 30)])
    second.drain()
    fired = {(e.seq, t.name) for e in memory.load(M1) for t in e.timers if t.what == "rules"}
    old, new = replay(memory, first.fold), replay(memory, second.fold)

    begin = next(e.seq for e in memory.load(M1) if e.input == waiting[0])
    assert fired == {(begin + n, second.fold.ruleset.version) for n in range(6)}
    assert clean(old)
    assert clean(new)
    assert old.compared + new.compared == old.inputs - 6
    assert old.others == ((second.fold.ruleset.version, OPEN_POLICY.version),)


# --- what has to be found --------------------------------------------------------------------------------------------


def test_a_changed_decision_is_found_with_its_place(file: Path) -> None:
    with SqliteMemory(file) as memory:
        decision = next(d for d in memory.read("decisions") if d.issue.points == 110)
    text = decision.json_line()
    forged = text.replace('"points":110', '"points":109', 1)
    report = changed(file, "UPDATE decisions SET body = ? WHERE id = ?", forged, decision.id)

    (found,) = report.differences
    assert found.seq == 8
    assert (found.what, found.id, found.path) == ("decisions", decision.id, "issue.points")
    assert (found.stored, found.replayed) == ("109", "110")
    assert report.records["decisions"].different == 1


def test_the_same_content_written_another_way_is_found(file: Path) -> None:
    with SqliteMemory(file) as memory:
        decision = next(iter(memory.read("decisions")))
    spaced = json.dumps(json.loads(decision.json_line()), sort_keys=True, ensure_ascii=False)
    (found,) = changed(file, "UPDATE decisions SET body = ? WHERE id = ?", spaced, decision.id).differences

    assert (found.id, found.path) == (decision.id, "text")


def test_a_text_that_nobody_can_read_is_found(file: Path) -> None:
    with SqliteMemory(file) as memory:
        decision = next(iter(memory.read("decisions")))
    (found,) = changed(file, "UPDATE decisions SET body = '{' WHERE id = ?", decision.id).differences

    assert (found.id, found.path, found.stored) == (decision.id, "", "{")


def test_a_missing_decision_and_one_too_many_are_found(file: Path) -> None:
    with SqliteMemory(file) as memory:
        decision = next(iter(memory.read("decisions")))
    report = changed(file, "UPDATE decisions SET id = 'dec_x' WHERE id = ?", decision.id)

    assert {(d.id, d.stored is None, d.replayed is None) for d in report.differences} == {
        (decision.id, True, False),
        ("dec_x", False, True),
    }


@pytest.mark.parametrize(
    ("statement", "what", "path"),
    [
        (
            "UPDATE journal SET disposition = replace(disposition, 'merged', 'opened') WHERE seq = 4",
            "dispositions",
            "name",
        ),
        (
            "UPDATE issues SET body = replace(body, '\"signals\":', '\"signals\":1')"
            " WHERE id = (SELECT min(id) FROM issues)",
            "issues",
            "signals",
        ),
        (
            'UPDATE actions SET body = replace(body, \'"target":"desk"\', \'"target":"dusk"\')'
            " WHERE id = (SELECT min(id) FROM actions WHERE body LIKE '%desk%')",
            "actions",
            "target",
        ),
        (
            "UPDATE journal SET timers = replace(timers, 'burst', 'bursts') WHERE seq ="
            " (SELECT min(seq) FROM journal WHERE timers LIKE '%burst%')",
            "timers",
            ".name",
        ),
    ],
)
def test_every_other_changed_record_is_found(file: Path, statement: str, what: str, path: str) -> None:
    report = changed(file, statement)

    assert [d.what for d in report.differences] == [what]
    assert report.differences[0].path.endswith(path)


def test_a_changed_snapshot_is_found(file: Path) -> None:
    with SqliteMemory(file) as memory:
        kept = list(memory.read("snapshots"))[-1]
        fold = Forgetful(RULES, OPEN_POLICY)
        report = replay(memory, fold)

    assert any(d.what == "snapshots" and d.seq == kept.seq for d in report.differences)


class Forgetful(Fold):
    """A fold that is no longer the one that wrote the journal, as after a mistake in a change of the code."""

    def advance(self, state: State, seq: int, item: Input) -> Step:
        state.tidied += 1
        return super().advance(state, seq, item)


class Stumbling(Fold):
    """A fold that raises on some inputs."""

    on: Callable[[int], bool] = staticmethod(lambda seq: seq in (4, 6))

    def advance(self, state: State, seq: int, item: Input) -> Step:
        step = super().advance(state, seq, item)
        if self.on(seq):
            raise RuntimeError("a text that may hold what a sender wrote")
        return step


def test_rules_that_raise_on_what_they_have_consumed_are_found() -> None:
    report = replay(written(busy()), Stumbling(RULES, OPEN_POLICY))
    raised = [d for d in report.differences if d.what == "inputs"]

    assert [d.seq for d in raised] == [4, 6]
    assert all(d.replayed is not None and d.replayed.startswith("raised RuntimeError at test_rep") for d in raised)
    assert "sender" not in str(report)


def test_a_failed_input_is_skipped_as_the_agent_skips_it(monkeypatch: pytest.MonkeyPatch) -> None:
    memory = VolatileMemory()
    host = Agent(rules=RULES, memory=memory, policy=OPEN_POLICY, alarm=lambda _: None)
    with monkeypatch.context() as patch:
        patch.setattr(host.fold, "advance", Stumbling(RULES, OPEN_POLICY).advance)
        for item in busy()[:6]:
            assert isinstance(item, SignalReceived)
            host.handle(item.signal)
    for item in busy()[6:]:
        assert isinstance(item, SignalReceived)
        host.handle(item.signal)
    report = replay(memory, fold_of())

    assert clean(report)
    assert report.failed == 2


def test_all_differences_are_counted_and_the_first_are_listed() -> None:
    memory = written([received(call(n, n, code=200)) for n in range(LISTED + 20)])
    report = replay(memory, Renaming(RULES, OPEN_POLICY))

    assert report.records["dispositions"].different == LISTED + 20
    assert len(report.differences) == LISTED


class Renaming(Fold):
    """A fold that gives another reason than the one that wrote the journal."""

    def advance(self, state: State, seq: int, item: Input) -> Step:
        step = super().advance(state, seq, item)
        found = step.record.disposition
        if found is None:
            return step
        return attrs.evolve(step, record=attrs.evolve(step.record, disposition=attrs.evolve(found, reason="other")))


@pytest.mark.parametrize(
    ("stored", "replayed", "path", "values"),
    [
        ('{"a":1,"b":[1,2]}', '{"a":1,"b":[1,3]}', "b[1]", ("2", "3")),
        ('{"a":1}', '{"a":1,"b":2}', "b", (None, "2")),
        ('{"a":[1]}', '{"a":[]}', "a[0]", ("1", None)),
        ('{"a":null}', "{}", "a", ("null", None)),
        ('{"a":1}', '{"a":true}', "a", ("1", "true")),
        ('{"a":{"b":"x"}}', '{"a":"x"}', "a", ('{"b": "x"}', "x")),
        ("no json", "{}", "", ("no json", "{}")),
    ],
)
def test_the_first_difference_is_named_by_its_path(
    stored: str, replayed: str, path: str, values: tuple[str | None, str | None]
) -> None:
    assert first_difference(stored, replayed) == (path, *values)


def test_long_values_are_shortened() -> None:
    _, stored, _ = first_difference('{"a":"' + "x" * 500 + '"}', '{"a":1}')

    assert stored is not None
    assert len(stored) == 120


@pytest.mark.parametrize("seq", [1, 3, 12])
def test_an_input_that_is_gone_is_a_difference(file: Path, seq: int) -> None:
    report = changed(file, "DELETE FROM journal WHERE partition = ? AND seq = ?", M1, seq)

    assert ("inputs", seq) in [(d.what, d.seq) for d in report.differences]


def test_the_end_of_a_journal_that_is_gone_is_a_difference(file: Path) -> None:
    with SqliteMemory(file) as memory:
        (stands,) = memory.read("partitions", id=M1)
    report = changed(file, "DELETE FROM journal WHERE partition = ? AND seq = ?", M1, stands.version)

    assert ("inputs", stands.version) in [(d.what, d.seq) for d in report.differences]
