"""A rule whose predicate keeps raising is left out, people hear of it, and people let it back."""

from __future__ import annotations

from typing import Any

import pytest

from migro.agent import PLATFORM, Agent, Fold
from migro.decide import recompute
from migro.errors import NotFound
from migro.expressions import Attr, feature, minutes
from migro.models import (
    ActionStatus,
    Attention,
    Band,
    ConfigChanged,
    Decision,
    Input,
    IssueStatus,
    Outcome,
    PersonActed,
    RunMode,
    Signal,
    Tick,
)
from migro.reason import QUARANTINED
from migro.remember import SqliteMemory, VolatileMemory
from migro.rules import Rule, RuleSet, on, supports
from tests.agent.world import DOWN, M1, RULES, Run, after, agent, call, conserved, handled, received, remembered


class Note(Signal, kind="world.note"):
    words: Attr[str]


@feature("world.pieces", version=1)
def pieces(s: Note) -> int:
    if s.words == "odd":
        raise ValueError("what a sender wrote")
    return len(s.words.split())


BRITTLE = Rule(
    "brittle",
    when=on(Note, pieces >= 3, per=Note.merchant).at_least(2, within=minutes(30)),
    then=supports(DOWN, 105, family="notes"),
)
OTHER = Rule("other", when=on(Note, Note.words != "fine", per=Note.merchant), then=supports(DOWN, 50, family="words"))
MIXED = RuleSet("mixed", *RULES.rules, BRITTLE, OTHER)


def note(n: int, at: int = 0, words: str = "odd", **fields: Any) -> Note:
    given = {"merchant": M1, "env": "production", "source_kind": "notes", **fields}
    return Note(occurred_at=after(at), words=words, dedup_key=f"note-{n}", **given)


@pytest.fixture
def run() -> Run:
    return Run(fold=Fold(MIXED))


def odd(count: int, start: int = 0) -> list[Signal]:
    return [note(start + n, start + n) for n in range(count)]


def quarantine(run: Run) -> Any:
    return next((h.issue for (k, _), h in run.state.held.items() if k == QUARANTINED.name), None)


def reason(run: Run, *items: Input | Signal) -> str:
    disposition = run.give(*items).disposition
    assert disposition is not None
    return disposition.reason


def release(at: int, rule: str = "brittle") -> PersonActed:
    return PersonActed(at=after(at), verb="release_rule", by="ann", target=rule, why="corrected the feed")


# --- the record ------------------------------------------------------------------------------------------------------


def test_every_error_is_in_the_record_of_its_step(run: Run) -> None:
    reasons = [reason(run, signal) for signal in odd(3)]

    assert reasons == [
        "evidence; a predicate raised: in brittle (1 in a row)",
        "evidence; a predicate raised: in brittle (2 in a row)",
        "evidence; a predicate raised: in brittle (quarantined)",
    ]


def test_an_error_on_a_signal_that_leads_to_nothing_is_its_reason() -> None:
    run = Run(fold=Fold(RuleSet("alone", BRITTLE)))

    assert reason(run, note(1)) == "a predicate raised: in brittle (1 in a row)"


def test_what_was_raised_is_never_told(run: Run) -> None:
    run.give(*odd(5))

    assert "what a sender wrote" not in "".join(d.json_line() + str(d.explain()) for d in run.decisions)


def test_a_signal_that_it_can_judge_starts_the_count_anew(run: Run) -> None:
    run.give(*odd(2), note(10, 10, "fine"))

    assert reason(run, note(11, 11)).endswith("(1 in a row)")
    assert quarantine(run) is None


# --- people ----------------------------------------------------------------------------------------------------------


def test_a_quarantined_rule_is_an_issue_that_reaches_a_person(run: Run) -> None:
    run.give(*odd(3))
    issue = quarantine(run)
    (decision,) = (d for d in run.decisions if d.issue.id == issue.id)

    assert (issue.key_names, issue.key, issue.merchant, issue.band) == (("rule",), ("brittle",), "m_1", Band.MID)
    assert (decision.attention, decision.outcome) == (Attention.REVIEW, Outcome.AUTO)
    assert [(a.kind, a.risk, a.status) for a in decision.actions] == [("notify", 0, ActionStatus.PLANNED)]
    assert recompute(decision) == ()


def test_the_issue_lasts_as_long_as_the_quarantine(run: Run) -> None:
    run.give(*odd(3), Tick(at=after(40 * 86_400)))

    assert quarantine(run).status is IssueStatus.OPEN


def test_decisions_meanwhile_say_which_rules_are_not_judged(run: Run) -> None:
    run.give(*odd(3), *(call(n, 10 + n) for n in range(3)))
    decision = run.decisions[-1]
    (left_out,) = decision.explanation.unjudged

    assert decision.issue.kind == "down"
    assert (left_out.rule, left_out.since) == ("brittle", after(2))
    assert (
        "Not judged rule brittle, quarantined since 2026-03-01 09:00:02Z"
        " because a predicate of it raised on 3 signals in a row" in decision.explain().text()
    )


def test_decisions_before_say_nothing_of_it(run: Run) -> None:
    run.give(*odd(2))

    assert {d.explanation.unjudged for d in run.decisions} == {()}


def test_a_quarantined_rule_nearly_says_nothing(run: Run) -> None:
    run.give(note(1, 0, "a b c"))
    near = [m.rule for m in run.decisions[-1].explanation.near_misses]
    run.give(*odd(3, 10), *(call(n, 20 + n) for n in range(3)))

    assert "brittle" in near
    assert "brittle" not in [m.rule for m in run.decisions[-1].explanation.near_misses]


def test_what_a_quarantined_rule_said_is_retracted(run: Run) -> None:
    run.give(note(1, 0, "a b c"), note(2, 1, "a b c"))
    firing = [c.rule for c in run.decisions[-1].explanation.contributions]
    run.give(*odd(3, 10))
    last = [d for d in run.decisions if d.issue.kind == "down"][-1]

    assert firing == ["brittle", "other"]
    assert [c.rule for c in last.explanation.contributions] == ["other"]


# --- the way back ----------------------------------------------------------------------------------------------------


def test_a_person_releases_a_rule(run: Run) -> None:
    run.give(*odd(3))
    run.give(release(60))

    assert run.state.engine.quarantined == {}
    assert quarantine(run).status is IssueStatus.RESOLVED
    assert run.decisions[-1].because == ("resolved: no evidence is left; brittle released: by ann, corrected the feed")
    assert run.decisions[-1].explanation.unjudged == ()


def test_a_released_rule_is_judged_on_what_came_meanwhile(run: Run) -> None:
    run.give(*odd(3), note(20, 20, "a b c"), note(21, 21, "a b c"))
    silent_until = {r for r, _ in run.state.engine.firings}
    run.give(release(60))

    assert "brittle" not in silent_until
    assert ("brittle", ("m_1",)) in run.state.engine.firings


def test_a_released_rule_that_goes_on_raising_is_another_issue(run: Run) -> None:
    run.give(*odd(3), release(60))
    first = quarantine(run)
    run.give(*odd(3, 4000))

    assert quarantine(run).id != first.id
    assert quarantine(run).status is IssueStatus.OPEN


def test_a_rule_that_is_quarantined_anew_within_the_hour_is_the_same_issue(run: Run) -> None:
    run.give(*odd(3), release(60))
    first = quarantine(run)
    run.give(*odd(3, 100))

    assert (quarantine(run).id, quarantine(run).status) == (first.id, IssueStatus.OPEN)


def test_releasing_what_is_not_quarantined_changes_nothing(run: Run) -> None:
    run.give(*odd(3))
    step = run.give(release(60, "other"))

    assert (step.decisions, step.issues) == ((), ())
    assert quarantine(run).status is IssueStatus.OPEN


def test_another_version_of_the_rules_lets_everything_back(run: Run) -> None:
    def version(at: int, ruleset: str, mode: RunMode = RunMode.AUTO) -> ConfigChanged:
        return ConfigChanged(at=after(at), ruleset=ruleset, policy="p", mode=mode)

    run.give(version(0, "a"), *odd(3), version(10, "a", RunMode.ASSIST))
    kept = quarantine(run).status
    run.give(version(20, "b"))

    assert (kept, quarantine(run).status) == (IssueStatus.OPEN, IssueStatus.RESOLVED)


# --- the agent -------------------------------------------------------------------------------------------------------


def host(memory: Any, heard: list[str]) -> Agent:
    return agent(memory, rules=MIXED, alarm=heard.append)


def test_the_operator_hears_of_it_once_however_many_merchants_there_are() -> None:
    memory, heard = VolatileMemory(), list[str]()
    loop = host(memory, heard)
    handled(loop, [*odd(6), *(note(n, n, merchant="m_2") for n in range(4))])

    assert heard == [
        "migro: rule brittle is quarantined, first at merchant:m_1: a predicate of it raised on 3 signals in a row;"
        " nobody hears it until it is released"
    ]
    assert {i.merchant for i in memory.read("issues") if i.kind == QUARANTINED.name} == {"m_1", "m_2"}
    conserved(memory)


def test_a_restart_alarms_nobody_and_forgets_nothing(tmp_path: Any) -> None:
    heard: list[str] = []
    with SqliteMemory(tmp_path / "m.db") as memory:
        handled(host(memory, []), odd(3))
        (decision,) = host(memory, heard).handle(call(1, 60))

    assert heard == []
    assert [u.rule for u in decision.explanation.unjudged] == ["brittle"]


def test_a_release_holds_for_every_merchant_and_in_every_process() -> None:
    memory, heard = VolatileMemory(), list[str]()
    loop = host(memory, heard)
    handled(loop, [*odd(3), *(note(n, n, merchant="m_2") for n in range(3))])
    decisions: tuple[Decision, ...] = host(memory, heard).release_rule("brittle", by="ann", why="corrected the feed")
    handled(loop, odd(3, 100))

    assert [(d.merchant, d.issue.status) for d in decisions] == [
        ("m_1", IssueStatus.RESOLVED),
        ("m_2", IssueStatus.RESOLVED),
    ]
    assert len(heard) == 2


def test_a_rule_that_is_not_quarantined_cannot_be_released() -> None:
    with pytest.raises(NotFound, match="expected the id of a quarantined rule, found none: 'brittle'"):
        host(VolatileMemory(), []).release_rule("brittle", by="ann", why="to be sure")


def test_a_quarantine_at_the_platform_is_released_there() -> None:
    memory, heard = VolatileMemory(), list[str]()
    loop = host(memory, heard)
    for signal in odd(3):
        loop.tell(PLATFORM, received(signal))
    (issue,) = (i for i in memory.read("issues") if i.kind == QUARANTINED.name)
    decisions = loop.release_rule("brittle", by="ann", why="corrected the feed")

    assert (issue.scope, issue.merchant) == ("platform", None)
    assert [(d.partition, d.issue.status) for d in decisions] == [(PLATFORM, IssueStatus.RESOLVED)]


def test_two_runs_with_a_quarantine_leave_the_same_bytes_behind() -> None:
    held = []
    for _ in range(2):
        memory = VolatileMemory()
        loop = host(memory, [])
        handled(loop, [*odd(4), note(9, 9, "a b c"), *(call(n, 10 + n) for n in range(3))])
        loop.release_rule("brittle", by="ann", why="corrected the feed")
        held.append(remembered(memory))

    assert held[0] == held[1]
