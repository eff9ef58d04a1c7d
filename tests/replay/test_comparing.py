"""Which past decisions change under other rules, counted and explained."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from migro import Agent
from migro.agent import Fold, State, Step
from migro.decide import Policy
from migro.errors import NotFound
from migro.expressions import minutes
from migro.models import Decision, Input, Risk, Signal, SignalReceived, SignalWithdrawn
from migro.remember import VolatileMemory
from migro.replay import ComparisonReport, compare
from migro.rules import IssueKind, Response, Rule, RuleSet, on, supports
from tests.agent import people
from tests.agent.world import DOWN, OPEN_POLICY, RULES, Call, call, failing, streams, sure
from tests.effort import cases
from tests.replay.journals import M1, STRICTER, choices, fold_of, give, written

few = settings(max_examples=cases(25), deadline=None)

SLOW = IssueKind[Any]("slow", category="performance", responses=(Response("notify", Risk.R0, "on_call"),))
NEVER = Rule("never", when=on(Call, Call.code >= 700, per=Call.merchant), then=supports(SLOW, 105, family="http"))
RENAMED = RuleSet("world", *RULES, NEVER)
"""The rules of the world in another version, which says the same."""

PEOPLE_STRICTER = RuleSet(
    "people",
    *(r for r in people.RULES if r.id != "people.two"),
    Rule(
        "people.two",
        when=people.failing.at_least(3, within=minutes(10)),
        then=supports(people.TROUBLE, 105, family="two"),
    ),
)


def signals_of(items: Iterable[Input]) -> list[Signal]:
    return [i.signal for i in items if isinstance(i, SignalReceived)]


def lived(rules: RuleSet, signals: Iterable[Signal]) -> tuple[VolatileMemory, list[tuple[int, Decision]]]:
    """Return what an agent with these rules decides about signals alone, with the number of the input."""
    memory = VolatileMemory()
    host = Agent(rules=rules, memory=memory, policy=OPEN_POLICY)
    done = [host.process(s) for s in signals]
    return memory, [(p.seq, d) for p in done for d in p.decisions]


def seen(decision: Decision) -> list[Any]:
    """What people see of a decision, taken from its data."""
    data = decision.model_dump(mode="json")
    issue = data["issue"]
    actions = [[a["kind"], a["target"], a["outcome"], a["status"]] for a in data["actions"]]
    return [
        *(issue[name] for name in ("status", "band", "severity", "points")),
        data["outcome"],
        data["attention"],
        actions,
    ]


def counted(a: list[tuple[int, Decision]], b: list[tuple[int, Decision]]) -> Counter[str]:
    """Count by hand what two lives have in common, without what the product counts with."""
    found: Counter[str] = Counter()
    places = {(seq, d.issue.kind, d.issue.key) for seq, d in (*a, *b)}
    for place in places:
        ours, theirs = ([seen(d) for n, d in side if (n, d.issue.kind, d.issue.key) == place] for side in (a, b))
        both = min(len(ours), len(theirs))
        found["equal"] += sum(ours[n] == theirs[n] for n in range(both))
        found["changed"] += sum(ours[n] != theirs[n] for n in range(both))
        found["only_a"] += len(ours) - both
        found["only_b"] += len(theirs) - both
    return found


def counts(report: ComparisonReport) -> Counter[str]:
    names = ("equal", "changed", "only_a", "only_b")
    return Counter({name: getattr(report, name) for name in names if getattr(report, name)})


# --- laws ------------------------------------------------------------------------------------------------------------


@few
@given(streams())
def test_a_changed_threshold_shows_exactly_the_decisions_it_changes(items: list[Input]) -> None:
    signals = signals_of(items)
    memory, a = lived(RULES, signals)
    _, b = lived(STRICTER, signals)
    report = compare(memory, fold_of(RULES), fold_of(STRICTER))

    assert counts(report) == +counted(a, b)
    assert (report.decisions_a, report.decisions_b) == (len(a), len(b))
    assert (report.issues_a, report.issues_b) == tuple(len({d.issue.id for _, d in side}) for side in (a, b))


@few
@given(streams(), choices, st.integers(0, 7))
def test_rules_compared_with_themselves_decide_what_was_decided(
    items: list[Input], picks: list[int], restart_every: int
) -> None:
    memory = written(items, picks, restart_every=restart_every)
    report = compare(memory, fold_of(), fold_of())

    assert not report.differs
    assert report.equal == report.decisions_a == len(list(memory.read("decisions")))
    assert report.issues_a == len(list(memory.read("issues")))
    assert (report.reasons, report.examples, report.opened_only_a, report.runs_only_a) == (0, (), (), ())


@few
@given(streams(), choices)
def test_answers_count_for_the_same_action_under_another_version(items: list[Input], picks: list[int]) -> None:
    report = compare(written(items, picks), fold_of(), fold_of(RENAMED))

    assert not report.differs, report.examples


@few
@given(streams(), choices)
def test_it_does_not_matter_which_is_called_a(items: list[Input], picks: list[int]) -> None:
    memory = written(items, picks)
    one, other = (compare(memory, fold_of(a), fold_of(b)) for a, b in ((RULES, STRICTER), (STRICTER, RULES)))

    assert (one.equal, one.changed, one.fields) == (other.equal, other.changed, other.fields)
    assert (one.only_a, one.only_b) == (other.only_b, other.only_a)
    assert (one.opened_only_a, one.opened_only_b) == (other.opened_only_b, other.opened_only_a)
    assert (one.runs_only_a, one.runs_only_b) == (other.runs_only_b, other.runs_only_a)


@few
@given(people.people())
def test_the_platform_hears_of_the_issues_that_each_version_finds(items: list[Input]) -> None:
    kept = {}
    for name, rules in (("a", people.RULES), ("b", PEOPLE_STRICTER)):
        memory = kept[name] = VolatileMemory()
        host = Agent(rules=rules, memory=memory, policy=OPEN_POLICY)
        for item in items:
            if isinstance(item, SignalReceived | SignalWithdrawn):
                give(host, item)
    folds = Fold(people.RULES, OPEN_POLICY), Fold(PEOPLE_STRICTER, OPEN_POLICY)
    for partition in ("merchant:m_1", "platform"):
        if not list(kept["a"].read("partitions", id=partition)):
            continue
        report = compare(kept["a"], *folds, partition=partition)
        decisions_a = list(kept["a"].read("decisions", partition=partition))
        decisions_b = list(kept["b"].read("decisions", partition=partition))

        assert report.decisions_a == len(decisions_a)
        # Whichever of the two journals is read, the other version finds about the same in it.
        mirrored = compare(kept["b"], *folds, partition=partition)
        assert mirrored.decisions_b == len(decisions_b)
        assert (mirrored.issues_a, mirrored.issues_b) == (report.issues_a, report.issues_b)
        if partition == M1:
            # What comes in at the platform is in the order of the journal; what the other found has only its time.
            assert report.decisions_b == len(decisions_b)


@few
@given(people.people(), st.integers(0, 20))
def test_an_erased_person_makes_no_difference_between_equal_rules(items: list[Input], cut: int) -> None:
    memory = VolatileMemory()
    host = Agent(rules=people.RULES, memory=memory, policy=OPEN_POLICY)
    for n, item in enumerate(items):
        give(host, item)
        if n == cut:
            host.erase(people.ANN, merchant="m_1", by="owner")

    assert not compare(memory, people.fold(), people.fold()).differs


# --- what is told ----------------------------------------------------------------------------------------------------


def noisy() -> VolatileMemory:
    """Three failing calls and a failing probe: enough for the rules of the world, not for the stricter ones."""
    memory = VolatileMemory()
    host = Agent(rules=RULES, memory=memory, policy=OPEN_POLICY)
    for signal in sure():
        host.handle(signal)
    return memory


def test_an_example_says_which_rules_bounds_and_sums_differ() -> None:
    report = compare(noisy(), fold_of(), fold_of(STRICTER))
    last = report.examples[-1]
    causes = {c.name: c for c in last.why}

    assert (last.what, last.kind, last.key, last.seq) == ("changed", "down", ("m_1",), 5)
    assert {"band", "points"} <= set(last.fields)
    assert dict(last.a.rules)["burst"] == 105
    assert "burst" not in dict(last.b.rules)
    assert causes["burst"].a.startswith("+105: needs ")
    assert causes["burst"].b.startswith("does not hold: needs ")
    assert causes["burst"].b.endswith("finds 3")
    assert last.a.arithmetic == "-100 prior +105 burst +105 probe = +110"
    assert last.b.arithmetic.startswith("-100 prior")
    assert last.b.arithmetic.endswith(f"= {last.b.points:+d}")


def test_guards_and_what_becomes_of_actions_are_named() -> None:
    report = compare(noisy(), fold_of(), Fold(RULES, Policy()))
    causes = {c.name: c for c in report.examples[-1].why}

    assert causes["not_allowed"].a == "does not hold"
    assert causes["not_allowed"].b == "holds: not on the allow-list: refund, replay, reply, tag"
    assert causes["tag -> desk"].a.startswith("auto (HIGH x SEV3 x R1: auto")
    assert causes["tag -> desk"].b.startswith("approve1 (HIGH x SEV3 x R1: auto")
    assert [(r.action, r.target, r.kind) for r in report.runs_only_a] == [("tag", "desk", "down")]
    assert report.runs_only_b == ()
    assert report.fields == {"actions": 1}


def test_points_alone_are_a_change() -> None:
    weaker = RuleSet(
        "world",
        *(r for r in RULES if r.id != "probe"),
        Rule("probe", when=RULES.rule("probe").when, then=supports(DOWN, 104, family="probe")),
    )
    report = compare(noisy(), fold_of(), fold_of(weaker))

    assert report.fields == {"points": 1}
    assert (report.changed, report.differs) == (1, True)
    assert [(c.what, c.name) for c in report.examples[0].why] == [("rule", "probe")]


def test_where_one_version_decides_nothing_its_evidence_is_told() -> None:
    fewer = RuleSet("world", *(r for r in RULES if r.id not in ("one", "share")))
    report = compare(noisy(), fold_of(), fold_of(fewer))
    first = report.examples[0]

    assert (first.what, first.b.decided, first.b.status, first.b.outcome) == ("only_a", False, "", "")
    assert first.b.points == -100
    assert {c.name for c in first.why if c.what == "rule"} == {"one"}


def test_a_kind_of_issue_that_one_version_does_not_know_is_said() -> None:
    more = RuleSet("world", *RULES, Rule("calls", when=failing, then=supports(SLOW, 105, family="http")))
    report = compare(noisy(), fold_of(), fold_of(more))

    assert [(o.kind, o.key, o.seq) for o in report.opened_only_b] == [("slow", ("m_1",), 2)]
    assert report.opened_only_a == ()
    example = next(e for e in report.examples if e.kind == "slow")
    assert example.a.points is None
    assert [(c.what, c.a) for c in example.why] == [("kind", "no rule concludes about it")]


def test_an_issue_that_opens_later_is_still_the_same() -> None:
    memory = noisy()
    host = Agent(rules=RULES, memory=memory, policy=OPEN_POLICY)
    for n in range(10, 14):
        host.handle(call(n, n))
    late = RuleSet(
        "world",
        *(r for r in RULES if r.id not in ("burst", "one", "share", "probe")),
        Rule("burst", when=failing.at_least(6, within=minutes(5)), then=supports(DOWN, 105, family="http")),
    )
    report = compare(memory, fold_of(), fold_of(late))

    assert (report.issues_a, report.issues_b) == (1, 1)
    assert report.opened_only_a == report.opened_only_b == ()


def test_reasons_may_differ_where_the_decision_is_the_same() -> None:
    other = RuleSet(
        "world",
        *(r for r in RULES if r.id != "probe"),
        Rule("probe.v2", when=RULES.rule("probe").when, then=RULES.rule("probe").then),
    )
    report = compare(noisy(), fold_of(), fold_of(other))

    assert not report.differs
    assert report.reasons == 1


class Stumbling(Fold):
    """A fold that raises on the fourth input."""

    def advance(self, state: State, seq: int, item: Input) -> Step:
        if seq == 4:
            raise ZeroDivisionError("a text that may hold what a sender wrote")
        return super().advance(state, seq, item)


def test_a_version_that_raises_is_left_out_of_that_partition_from_then_on() -> None:
    memory = noisy()
    Agent(rules=RULES, memory=memory, policy=OPEN_POLICY).handle(call(1, 10, merchant="m_2"))
    report = compare(memory, fold_of(), Stumbling(RULES, OPEN_POLICY))

    assert list(report.raised_b) == [M1]
    assert report.raised_b[M1].startswith("ZeroDivisionError at test_comparing.py:")
    assert report.raised_b[M1].endswith(" on number 4")
    assert report.raised_a == {}
    assert report.differs
    assert "sender" not in str(report)
    assert report.decisions_a == report.decisions_b == report.equal == 2


def test_of_each_sort_only_so_many_are_explained() -> None:
    memory = VolatileMemory()
    host = Agent(rules=RULES, memory=memory, policy=OPEN_POLICY)
    for n in range(5):
        for signal in sure():
            host.handle(signal.model_copy(update={"merchant": f"m_{n}"}))
    report = compare(memory, fold_of(), fold_of(STRICTER), examples=2)
    kept = Counter(e.what for e in report.examples)

    assert (report.changed, kept["changed"]) == (5, 2)
    assert report.only_a == 0 or kept["only_a"] == min(report.only_a, 2)
    assert compare(memory, fold_of(), fold_of(STRICTER), examples=0).examples == ()


def test_failed_inputs_are_skipped_by_both(monkeypatch: pytest.MonkeyPatch) -> None:
    memory = VolatileMemory()
    host = Agent(rules=RULES, memory=memory, policy=OPEN_POLICY, alarm=lambda _: None)
    monkeypatch.setattr(host.fold, "advance", Stumbling(RULES, OPEN_POLICY).advance)
    for signal in sure():
        host.handle(signal)
    report = compare(memory, fold_of(), fold_of(STRICTER))

    assert report.failed == 1
    assert report.decisions_a == len(list(memory.read("decisions")))


def test_a_partition_that_is_not_there_is_refused() -> None:
    with pytest.raises(NotFound, match="expected the name of a partition, found none: 'm_9'"):
        compare(noisy(), fold_of(), fold_of(), partition="m_9")
    assert compare(VolatileMemory(), fold_of(), fold_of()).inputs == 0
