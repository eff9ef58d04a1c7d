"""A signal that is taken back: what rests on it, what does not, and what the record says."""

from __future__ import annotations

from typing import Any

import attrs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from migro.agent import PLATFORM, Agent, Fold
from migro.decide import recompute
from migro.errors import NotFound
from migro.models import (
    ActionDue,
    ActionFinished,
    ActionResult,
    ActionStarted,
    ActionStatus,
    Attention,
    Input,
    IssueStatus,
    PersonActed,
    Risk,
    RunMode,
    Severity,
    Signal,
    SignalReceived,
    SignalWithdrawn,
    Tick,
)
from migro.remember import VolatileMemory
from migro.remember.forms import ACTION_RANK
from migro.rules import IssueKind, Response, Rule, RuleSet, on, supports
from migro.verify import IssueUpdate
from tests.agent.world import (
    DOWN,
    M1,
    RULES,
    Run,
    after,
    agent,
    call,
    conserved,
    handled,
    maintenance,
    milder,
    outage,
    probe,
    react,
    received,
    remembered,
    stranger,
    streams,
    sure,
    withdrawn,
)
from tests.effort import cases


@pytest.fixture
def run() -> Run:
    return Run()


def issue(run: Run, kind: str = "down") -> Any:
    return next(h for (k, _), h in run.state.held.items() if k == kind).issue


def became(run: Run, *items: Input | Signal) -> tuple[str, str]:
    disposition = run.give(*items).disposition
    assert disposition is not None
    return disposition.name, disposition.reason


def executed(action: Any, at: int) -> list[Input]:
    key = action.idempotency_key
    finished = ActionFinished(at=after(at), key=key, result=ActionResult(status="succeeded"))
    return [ActionDue(at=after(at), key=key), ActionStarted(at=after(at), key=key), finished]


# --- conclusions -----------------------------------------------------------------------------------------------------


def test_an_issue_that_rests_on_one_signal_ends_with_it(run: Run) -> None:
    run.give(probe(1))
    opened = issue(run)
    name = became(run, withdrawn(probe(1), 60))

    assert name == ("withdrawn", "by ann: wrong import")
    assert run.steps[-1].record.disposition.issues == (opened.id,)  # type: ignore[union-attr]
    assert (issue(run).status, issue(run).attention) == (IssueStatus.RESOLVED, Attention.NONE)
    assert run.decisions[-1].because == "resolved: no evidence is left; ann withdrew a signal: wrong import"


def test_the_score_falls_to_what_is_left(run: Run) -> None:
    signals = sure()
    run.give(*signals)
    run.give(withdrawn(signals[-1], 30))
    alone = Run()
    alone.give(*signals[:-1])

    assert (issue(run).points, issue(run).band) == (issue(alone).points, issue(alone).band)


def test_taking_back_what_speaks_against_it_lets_the_score_rise_again(run: Run) -> None:
    run.give(*sure())
    before = issue(run).points
    run.give(probe(5, 10, ok=True))
    lowered = issue(run).points
    run.give(withdrawn(probe(5, 10, ok=True), 20))

    assert lowered < before == issue(run).points


def test_taking_back_a_veto_lets_actions_run_again(run: Run) -> None:
    run.give(*sure(), outage(1, 10))
    vetoed = run.action("tag").status
    run.give(withdrawn(outage(1, 10), 20))

    assert (vetoed, run.action("tag").status) == (ActionStatus.EXPIRED, ActionStatus.PLANNED)
    assert run.action("tag").requester == "ann"


def test_severity_falls_to_the_worst_that_other_signals_made_of_it(run: Run) -> None:
    run.give(*(call(n, n) for n in range(3)))
    mild = issue(run).severity
    run.give(call(3, 3))
    worst = issue(run).severity
    run.give(withdrawn(call(3, 3), 10))

    assert (mild, worst, issue(run).severity) == (Severity.SEV3, Severity.SEV1, Severity.SEV3)
    assert run.decisions[-1].because.startswith("severity fell from SEV1 to SEV3: ")


def test_what_is_proposed_only_when_it_is_worse_is_withdrawn_when_severity_falls() -> None:
    worst = Response("switch", Risk.R2, "storefront", from_severity=Severity.SEV1)
    kind = attrs.evolve(DOWN, responses=(*DOWN.responses, worst))
    rules = [attrs.evolve(r, then=attrs.evolve(r.then, kind=kind)) if r.then.kind is DOWN else r for r in RULES.rules]
    run = Run(fold=Fold(RuleSet("worse", *rules)))
    run.give(*(call(n, n) for n in range(4)))
    waiting = run.action("switch")
    run.give(withdrawn(call(3, 3), 10))
    after_it = run.state.held["down", ("m_1",)].actions[waiting.idempotency_key]

    assert waiting.status is ActionStatus.WAITING
    assert (after_it.status, after_it.note) == (ActionStatus.EXPIRED, "withdrawn: it is not proposed any more")


def test_severity_that_other_signals_reached_before_is_held(run: Run) -> None:
    run.give(*(call(n, n) for n in range(4)))
    at = milder(run)
    run.give(probe(1, at + 1), withdrawn(probe(1, at + 1), at + 2))

    assert issue(run).severity is Severity.SEV1
    assert "held at SEV1" in run.decisions[-1].explanation.severity_because


def test_what_severity_rested_on_holds_it_no_longer_once_it_is_withdrawn(run: Run) -> None:
    run.give(*(call(n, n) for n in range(4)))
    at = milder(run)
    run.give(withdrawn(call(0, 0), at + 1))

    assert issue(run).severity < Severity.SEV1
    assert not run.state.easing


def test_the_same_score_on_other_evidence_is_another_decision(run: Run) -> None:
    run.give(*(call(n, n) for n in range(4)), call(4, 5))
    resting = [c for c in run.decisions[-1].explanation.contributions if c.counted]
    before = issue(run)
    run.give(withdrawn(call(0, 0), 20))
    last = run.decisions[-1]

    assert resting
    assert last.issue.points == before.points
    assert last.because.startswith("the evidence or what policy makes of it changed")


def test_a_withdrawn_declaration_of_maintenance_silences_nothing(run: Run) -> None:
    run.give(maintenance(1, 0, True), *sure(1))
    silent = issue(run).attention
    name, _ = became(run, withdrawn(maintenance(1, 0, True), 30))

    assert name == "withdrawn"
    assert silent is Attention.NONE
    assert issue(run).attention is not Attention.NONE


def test_an_earlier_declaration_counts_again_when_its_end_is_withdrawn(run: Run) -> None:
    run.give(maintenance(1, 0, True), maintenance(2, 10, False), *sure(250))
    loud = issue(run).attention
    run.give(withdrawn(maintenance(2, 10, False), 260))

    assert loud is not Attention.NONE
    assert issue(run).attention is Attention.NONE


def test_what_was_unexplained_goes_with_the_signal_that_nothing_explained(run: Run) -> None:
    run.give(stranger(1))
    run.give(withdrawn(stranger(1), 60))

    assert issue(run, "unknown").status is IssueStatus.RESOLVED


def test_signatures_that_did_not_fit_can_be_withdrawn_too(run: Run) -> None:
    run.give(*(call(n, n, auth="failed") for n in range(2)))
    run.give(withdrawn(call(0, 0, auth="failed"), 60))

    assert issue(run, "forged").status is IssueStatus.RESOLVED


def test_a_resource_is_understood_only_as_long_as_something_said_so(run: Run) -> None:
    order = ("order", "1001")
    run.give(call(1, resource=order), stranger(1, 1, resource=order))
    assert ("unknown" in {k for k, _ in run.state.held}) is False
    run.give(withdrawn(call(1, resource=order), 10), stranger(2, 20, resource=order))

    assert "unknown" in {k for k, _ in run.state.held}


def test_the_text_of_a_withdrawn_ticket_is_free_again(run: Run) -> None:
    def ticket(n: int, at: int) -> Signal:
        return Signal(
            kind="ticket", merchant=M1, occurred_at=after(at), attrs={"text_ref": "t"}, dedup_key=f"ticket-{n}"
        )

    run.give(ticket(1, 0))
    run.give(withdrawn(ticket(1, 0), 1), SignalReceived(at=after(2), signal=ticket(1, 0), duplicate_of=1))

    assert became(run, ticket(2, 3))[0] == "recorded"
    assert became(run, ticket(3, 4))[0] == "dropped"


def test_a_withdrawn_signal_is_not_taken_in_again(run: Run) -> None:
    run.give(probe(1), withdrawn(probe(1), 60))
    run.give(SignalReceived(at=after(61), signal=probe(1), duplicate_of=1), received(probe(1)))

    assert issue(run).status is IssueStatus.RESOLVED


# --- reach -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("at", "name"), [(3600, "withdrawn"), (3601, "too_late")])
def test_a_withdrawal_reaches_back_an_hour(run: Run, at: int, name: str) -> None:
    run.give(stranger(1))

    assert became(run, Tick(at=after(at)), withdrawn(stranger(1), at))[0] == name


def test_what_came_too_late_changes_nothing(run: Run) -> None:
    run.give(*sure())
    decisions, held = len(run.decisions), {k: h.issue for k, h in run.state.held.items()}
    step = run.give(withdrawn(probe(1, 3), 60, received_at=after(-3601)))

    assert step.disposition is not None
    assert step.disposition.name == "too_late"
    assert (len(run.decisions), {k: h.issue for k, h in run.state.held.items()}) == (decisions, held)


def test_an_unknown_id_is_called_unknown(run: Run) -> None:
    nothing = SignalWithdrawn(at=after(1), signal="sig_0", by="ann", reason="gone")

    assert became(run, nothing) == ("recorded", "unknown: no such signal has come in")


def test_what_nothing_rests_on_and_what_was_withdrawn_before_say_so(run: Run) -> None:
    run.give(call(1, code=200, env="test"), probe(1))

    assert became(run, withdrawn(call(1, code=200, env="test"), 1)) == ("recorded", "nothing rests on it")
    assert became(run, withdrawn(probe(1), 2))[0] == "withdrawn"
    assert became(run, withdrawn(probe(1), 3, by="bob")) == ("recorded", "withdrawn before")


# --- actions ---------------------------------------------------------------------------------------------------------


def approve(run: Run, kind: str, at: int, by: str = "ann") -> PersonActed:
    action = run.action(kind)
    given = {"target": action.idempotency_key, "binding": action.binding}
    return PersonActed(at=after(at), verb="approve", by=by, **given)


def test_an_approval_of_evidence_that_is_gone_is_void(run: Run) -> None:
    run.give(*sure())
    one_of_two = approve(run, "replay", 10)
    run.give(one_of_two)
    run.give(withdrawn(call(0, 0), 20))
    run.give(approve(run, "replay", 30, by="bob"))

    assert one_of_two.binding != run.action("replay").binding
    assert (run.action("replay").status, run.action("replay").note) == (ActionStatus.WAITING, "approved by bob")


def test_an_approved_action_that_has_not_begun_is_asked_for_anew(run: Run) -> None:
    run.give(*sure())
    run.give(approve(run, "reply", 10))
    planned = run.action("reply")
    run.give(withdrawn(call(0, 0), 20))
    old = run.state.held["down", ("m_1",)].actions[planned.idempotency_key]

    assert planned.status is ActionStatus.PLANNED
    assert (old.status, old.note) == (ActionStatus.EXPIRED, "withdrawn: a signal that it was approved on is gone")
    assert (run.action("reply").status, run.action("reply").binding) != (ActionStatus.PLANNED, planned.binding)


def test_an_approval_that_rests_on_other_signals_stays(run: Run) -> None:
    run.give(*(call(n, n) for n in range(3)))
    run.give(approve(run, "reply", 4), probe(1, 5))
    approved = run.action("reply")
    run.give(withdrawn(probe(1, 5), 20))

    assert approved.status is ActionStatus.PLANNED
    assert run.action("reply") == approved


def test_what_has_happened_is_not_undone_and_the_new_decision_says_what_it_rested_on(run: Run) -> None:
    run.give(probe(1))
    told = run.action("notify")
    run.give(*executed(told, 10), withdrawn(probe(1), 20))
    (taken,) = run.decisions[-1].explanation.withdrawals
    text = run.decisions[-1].explain().text()

    assert run.state.held["down", ("m_1",)].actions[told.idempotency_key].status is ActionStatus.SUCCEEDED
    assert (taken.signal, taken.by, taken.reason, taken.at) == (probe(1).id, "ann", "wrong import", after(20))
    assert taken.actions == ("notify -> on_call: succeeded",)
    assert f"Withdrawn  {probe(1).id} by ann: wrong import" in text
    assert "notify -> on_call: succeeded; it rested on that signal and is not undone" in text


def test_what_rested_on_other_signals_is_not_named(run: Run) -> None:
    run.give(probe(1))
    run.give(*executed(run.action("notify"), 10), call(1, 11), withdrawn(call(1, 11), 20))

    assert run.decisions[-1].explanation.withdrawals[0].actions == ()


def test_only_the_decision_of_a_withdrawal_speaks_of_it(run: Run) -> None:
    run.give(*sure(), withdrawn(probe(1, 3), 20), probe(2, 30))

    assert [len(d.explanation.withdrawals) for d in run.decisions[-2:]] == [1, 0]


def test_a_withdrawal_and_what_comes_back_notify_once(run: Run) -> None:
    run.give(*(call(n, n) for n in range(3)))
    told = run.action("notify")
    run.give(*executed(told, 5), *(withdrawn(call(n, n), 10) for n in range(3)))
    assert issue(run).status is IssueStatus.RESOLVED
    run.give(*(call(10 + n, 20 + n) for n in range(3)))
    notified = [a for a in run.state.held["down", ("m_1",)].actions.values() if a.kind == "notify"]

    assert issue(run).severity is Severity.SEV3
    assert [a.status for a in notified] == [ActionStatus.SUCCEEDED]


def test_what_was_planned_is_withdrawn_with_the_issue(run: Run) -> None:
    run.give(probe(1), withdrawn(probe(1), 20))

    actions = run.state.held["down", ("m_1",)].actions.values()
    assert {a.status for a in actions} <= {ActionStatus.EXPIRED, ActionStatus.FORBIDDEN}


# --- the platform ----------------------------------------------------------------------------------------------------


STORM = IssueKind[Any]("storm", category="integration", per=("issue_kind",), systemic=True)
BOTH = RuleSet(
    "both",
    *RULES.rules,
    Rule(
        "many",
        when=on(IssueUpdate, IssueUpdate.band == "MID", per=IssueUpdate.issue_kind),
        then=supports(STORM, 105, family="shops"),
    ),
)


def test_what_the_platform_concluded_from_it_is_taken_back_too() -> None:
    memory = VolatileMemory()
    host = agent(memory, rules=BOTH)
    (opened, storm) = host.handle(probe(1))
    taken = host.withdraw(probe(1).id, by="ann", reason="wrong import")
    after_it = {d.issue.kind: d for d in taken.decisions}

    assert (opened.issue.kind, storm.partition, storm.issue.kind) == ("down", PLATFORM, "storm")
    assert after_it["storm"].issue.status is IssueStatus.RESOLVED
    assert after_it["storm"].explanation.withdrawals[0].by == "ann"


# --- the agent -------------------------------------------------------------------------------------------------------


def test_an_agent_withdraws_by_id_alone() -> None:
    memory = VolatileMemory()
    host = agent(memory)
    handled(host, [probe(1), probe(1, merchant="m_2")])
    done = host.withdraw(probe(1, merchant="m_2").id, by="ann", reason="wrong import")

    assert (done.partition, done.signal) == ("merchant:m_2", Signal.from_json(probe(1, merchant="m_2").json_line()))
    assert done.disposition is not None
    assert (done.disposition.name, len(done.decisions)) == ("withdrawn", 1)
    assert {i.merchant: i.status for i in memory.read("issues")} == {
        "m_1": IssueStatus.OPEN,
        "m_2": IssueStatus.RESOLVED,
    }
    conserved(memory)


def test_the_same_withdrawal_twice_is_one() -> None:
    memory = VolatileMemory()
    host = agent(memory)
    handled(host, [probe(1)])
    first = host.withdraw(probe(1).id, by="ann", reason="wrong import")
    again = host.withdraw(probe(1).id, by="Ann", reason="wrong  import")

    assert (again.seq, again.disposition, again.decisions) == (first.seq, first.disposition, ())
    assert [e.input.input for e in memory.read("journal", partition="merchant:m_1")].count("signal_withdrawn") == 1


def test_a_withdrawal_counts_from_the_first_delivery() -> None:
    memory = VolatileMemory()
    host = agent(memory)
    handled(host, [probe(1), probe(1, received_at=after(0)), *(call(n, 1800 * n, 200) for n in range(1, 4))])
    handled(host, [probe(1, 0, received_at=after(5400))])
    done = host.withdraw(probe(1).id, by="ann", reason="wrong import")

    assert done.disposition is not None
    assert done.disposition.name == "too_late"


def test_an_id_that_nobody_has_seen_is_refused_and_nothing_is_stored() -> None:
    memory = VolatileMemory()
    host = agent(memory)
    with pytest.raises(NotFound, match="expected the id of a signal that has come in, found none: 'sig_0'"):
        host.withdraw("sig_0", by="ann", reason="wrong import")

    assert list(memory.read("journal")) == []


def test_another_process_takes_up_where_the_withdrawal_left_off() -> None:
    memory = VolatileMemory()
    handled(agent(memory), sure())
    agent(memory).withdraw(probe(1, 3).id, by="ann", reason="wrong import")
    host = agent(memory)
    alone = Run()
    alone.give(*sure()[:-1], call(9, 9))
    host.handle(call(9, 9))
    (held,) = memory.read("issues")

    assert held.points == issue(alone).points


# --- laws ------------------------------------------------------------------------------------------------------------

few = settings(max_examples=cases(40), deadline=None)

Plan = list[tuple[int, int]]
"""Which signal is withdrawn, and how many inputs later."""

plans = st.lists(st.tuples(st.integers(0, 19), st.integers(0, 8)), max_size=8)


def played(items: list[Input], plan: Plan, *, without: frozenset[str] = frozenset()) -> tuple[Agent, VolatileMemory]:
    """Give an agent the signals except some, and withdraw as planned."""
    memory = VolatileMemory()
    host = agent(memory)
    due: dict[int, list[Signal]] = {}
    for which, later in plan:
        if which < len(items):
            item = items[which]
            assert isinstance(item, SignalReceived)
            due.setdefault(min(which + later, len(items) - 1), []).append(item.signal)
    end = after(0)
    for n, item in enumerate(items):
        assert isinstance(item, SignalReceived)
        host.tick(item.at)
        end = max(end, item.at)
        if item.signal.id not in without:
            host.process(item.signal)
        for signal in due.get(n, []):
            if signal.id not in without:
                host.withdraw(signal.id, by="ann", reason="wrong import")
    host.tick(end)
    # Whatever is open is judged once more, so that both are of the same moment.
    host.set_mode(RunMode.SHADOW, by="ann", why="the end")
    return host, memory


def still_open(memory: VolatileMemory) -> dict[Any, Any]:
    return {
        (i.kind, i.key): (i.points, i.band, i.status)
        for i in memory.read("issues")
        if i.status is not IssueStatus.RESOLVED
    }


def gone(memory: VolatileMemory) -> frozenset[str]:
    """Return the signals whose withdrawal was in time."""
    return frozenset(
        e.input.signal
        for e in memory.read("journal")
        if isinstance(e.input, SignalWithdrawn) and e.disposition is not None and e.disposition.name != "too_late"
    )


@few
@given(streams(signals_only=True, size=20), plans)
def test_what_is_open_in_the_end_is_what_it_would_be_without_the_withdrawn(items: list[Input], plan: Plan) -> None:
    _, memory = played(items, plan)
    _, without = played(items, plan, without=gone(memory))

    assert still_open(memory) == still_open(without)


@few
@given(streams(signals_only=True, size=20), plans)
def test_every_decision_about_a_withdrawal_follows_from_its_own_record(items: list[Input], plan: Plan) -> None:
    _, memory = played(items, plan)

    for decision in memory.read("decisions"):
        assert recompute(decision) == (), decision.explain().text()
    conserved(memory)


@few
@given(streams(signals_only=True, size=20), plans)
def test_the_same_withdrawals_leave_the_same_bytes_behind(items: list[Input], plan: Plan) -> None:
    assert remembered(played(items, plan)[1]) == remembered(played(items, plan)[1])


@settings(max_examples=cases(25), deadline=None)
@given(streams(signals_only=True, size=20), plans)
def test_replaying_the_journal_with_its_withdrawals_gives_the_same_decisions(items: list[Input], plan: Plan) -> None:
    _, memory = played(items, plan)
    fold = agent(VolatileMemory()).fold
    for partition in {e.partition for e in memory.read("journal")}:
        assert [d.json_line() for d in memory.read("decisions", partition=partition)] == replayed(
            fold, memory, partition
        )


def replayed(fold: Fold, memory: VolatileMemory, partition: str) -> list[str]:
    state = fold.start(partition)
    decisions = []
    for entry in memory.load(partition):
        step = fold.advance(state, entry.seq, entry.input)
        state = step.state
        decisions += [d.json_line() for d in step.record.decisions]
    return decisions


def answered(items: list[Input], plan: Plan, choices: list[int]) -> Run:
    """Give a fold everything, with people and dispatchers answering, and withdraw as planned."""
    run = Run()
    taken_back: set[str] = set()
    for n, item in enumerate(items):
        run.give(item)
        given = react(run, choices[n]) if choices[n] else None
        if given is not None:
            run.give(given)
        for signal in [items[which] for which, later in plan if min(which + later, len(items) - 1) == n]:
            if isinstance(signal, SignalReceived):
                # The fold's time goes on; that of the input does not have to.
                disposition = run.give(withdrawn(signal.signal, 0, received_at=signal.at)).disposition
                assert disposition is not None
                taken_back |= {signal.signal.id} if disposition.name == "withdrawn" else set()
        for held in run.state.held.values():
            for key, signals in held.bound.items():
                open_ = held.actions[key].status in (ActionStatus.WAITING, ActionStatus.PLANNED)
                assert not open_ or key in held.allowed or taken_back.isdisjoint(signals)
    return run


@few
@given(streams(size=20), plans, st.lists(st.integers(0, 20), min_size=20, max_size=20))
def test_nothing_open_rests_on_a_withdrawn_signal_and_no_action_goes_back(
    items: list[Input], plan: Plan, choices: list[int]
) -> None:
    run = answered(items, [(w, n) for w, n in plan if w < len(items)], choices)
    reached: dict[str, int] = {}
    for action in (a for s in run.steps for a in s.record.actions):
        assert ACTION_RANK[action.status] >= reached.get(action.idempotency_key, 0), action
        reached[action.idempotency_key] = ACTION_RANK[action.status]

    assert [d.id for d in run.decisions if recompute(d)] == []
    assert len({d.id for d in run.decisions}) == len(run.decisions)


def test_a_partition_keeps_no_more_of_the_past_than_a_withdrawal_can_reach(run: Run) -> None:
    for n in range(60):
        run.give(maintenance(n, 600 * n, n % 2 == 0), stranger(n, 600 * n + 1, topic=f"t{n}"))
        run.give(call(n, 600 * n + 2, resource=("order", "1")))
    state = run.state

    assert len(state.windows) <= 8
    assert len(state.understood["order", "1"]) <= 8
