"""The shell: errors, writers, outages, actuators and threads."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import attrs
import pytest

from migro.agent import PLATFORM, Agent, DryRun, Fold, Live, Step
from migro.decide import Policy
from migro.errors import ConfigurationError, InputError, StoreUnavailable
from migro.models import (
    Action,
    ActionDue,
    ActionResult,
    ActionStarted,
    ActionStatus,
    Input,
    IssueStatus,
    Outcome,
    PersonActed,
    RunMode,
    Signal,
    SignalReceived,
)
from migro.ports import Memory
from migro.remember import VolatileMemory
from migro.rules import Response, Rule, RuleSet
from tests.agent.world import (
    OPEN_POLICY,
    RULES,
    after,
    agent,
    call,
    conserved,
    handled,
    probe,
    remembered,
    stranger,
    sure,
)

KINDS = frozenset({"notify", "tag", "reply", "replay", "refund"})


@attrs.define
class Hand:
    """An actuator that counts; receivers know an action by its key."""

    kinds: frozenset[str] = KINDS
    calls: list[str] = attrs.Factory(list)
    done: set[str] = attrs.Factory(set)
    before: Callable[[Action], None] = lambda _: None

    def execute(self, action: Action) -> ActionResult:
        self.calls.append(action.idempotency_key)
        self.before(action)
        self.done.add(action.idempotency_key)
        return ActionResult(status="succeeded")


class Poisoned(Fold):
    """A fold that stumbles over one signal."""

    poison = "poison"

    def advance(self, state: Any, seq: int, item: Input) -> Step:
        if isinstance(item, SignalReceived) and item.signal.topic == self.poison:
            state.held.clear()  # half done, as real mistakes are
            raise KeyError("personal data")
        return super().advance(state, seq, item)


def poisoned(memory: Memory, **options: Any) -> Agent:
    host = agent(memory, **options)
    host._loop.fold = Poisoned(RULES, OPEN_POLICY)
    return host


def poison(n: int = 1, at: int = 50, merchant: str = "m_1") -> Signal:
    return call(900 + n, at, topic="poison", merchant=merchant)


def statuses(memory: Memory) -> dict[str, str]:
    return {a.kind: a.status.value for a in memory.read("actions")}


# --- internal errors -------------------------------------------------------------------------------------------------


def test_an_internal_error_fails_one_signal_and_halts_automation(memory: Memory) -> None:
    told: list[str] = []
    hand = Hand()
    host = poisoned(memory, alarm=told.append, live=True, actuators=[hand])
    handled(host, sure())
    failed = host.process(poison())

    assert failed.disposition is not None
    assert failed.disposition.name == "failed"
    assert len(told) == 1
    assert "personal data" not in told[0] + failed.disposition.reason
    assert host.halted
    assert host.drain() == ()
    assert hand.calls == []


def test_signals_are_accepted_while_automation_is_halted(memory: Memory) -> None:
    host = poisoned(memory)
    host.handle(poison())
    later = host.process(call(1, 60))
    other = host.process(call(2, 60, merchant="m_2"))

    assert later.disposition is not None
    assert other.disposition is not None
    assert conserved(memory) == {"accepted": 3, "failed": 1, "opened": 2}


def test_after_resuming_automation_goes_on(memory: Memory) -> None:
    hand = Hand()
    host = poisoned(memory, live=True, actuators=[hand])
    host.handle(poison(at=0))
    handled(host, sure(1))
    assert host.drain() == ()
    host.resume(by="ann", why="looked at it")

    assert host.halted == ""
    assert {a.kind for a in host.drain()} == {"notify", "tag"}


def test_automation_can_be_resumed_as_often_as_it_was_halted(memory: Memory) -> None:
    host = poisoned(memory)
    for n in range(3):
        host.handle(poison(n))
        assert host.halted
        host.resume(by="ann", why="same reason")
        assert host.halted == ""


def test_a_restarted_agent_knows_that_automation_is_halted_and_resumes_everywhere(memory: Memory) -> None:
    host = poisoned(memory)
    handled(host, sure())
    host.handle(poison())
    again = poisoned(memory)
    assert again.halted
    again.resume(by="ann", why="looked at it")

    (decision,) = again.handle(call(5, 70, received_at=after(70), env="unknown"))
    assert "unhealthy" not in [g.guard for g in decision.explanation.guards if g.holds]


def test_deadlines_of_a_silent_merchant_pass_after_a_restart(memory: Memory) -> None:
    handled(agent(memory), sure())
    decisions = agent(memory).tick(after(3600))

    assert [d.issue.status for d in decisions][-1] is IssueStatus.RESOLVED


def test_a_replay_of_a_failure_ends_in_the_same_state(memory: Memory) -> None:
    live = poisoned(memory)
    handled(live, sure())
    live.handle(poison())
    live.handle(call(4, 60))
    states = {p: live._loop.state(p) for p in ("merchant:m_1", PLATFORM)}
    again = poisoned(memory)

    for partition, state in states.items():
        assert again._loop.state(partition).halted == state.halted
        assert {k: h.issue for k, h in again._loop.state(partition).held.items()} == {
            k: h.issue for k, h in state.held.items()
        }


def test_a_fold_that_stumbles_on_recall_still_accepts(memory: Memory) -> None:
    handled(agent(memory), [call(1), poison(at=1)])
    told: list[str] = []
    host = poisoned(memory, alarm=told.append)
    later = host.process(call(2, 60))

    assert later.disposition is not None
    assert len(told) == 1
    assert host.halted
    host.resume(by="ann", why="looked at it")
    assert host.halted == ""
    assert poisoned(memory).halted == ""


# --- two writers -----------------------------------------------------------------------------------------------------


def test_two_agents_on_one_memory_lose_and_repeat_nothing(memory: Memory) -> None:
    hosts = [agent(memory), agent(memory)]
    decisions: list[Any] = []
    for n in range(20):
        decisions += hosts[n % 2].handle(call(n, n * 5))
        decisions += hosts[(n // 3) % 2].handle(probe(n, n * 5))
    alone = VolatileMemory()
    expected = handled(agent(alone), [s for n in range(20) for s in (call(n, n * 5), probe(n, n * 5))])

    assert [d.json_line() for d in decisions] == [d.json_line() for d in expected]
    assert [d.id for d in memory.read("decisions")] == [d.id for d in expected]
    assert conserved(memory)["accepted"] == 40


def test_two_writers_at_the_same_time_lose_and_repeat_nothing(memory: Memory) -> None:
    hosts = [agent(memory), agent(memory)]
    threads = [
        threading.Thread(target=handled, args=(h, [call(1000 * i + n, n) for n in range(15)]))
        for i, h in enumerate(hosts)
    ]
    for t in threads:
        t.start()
    for t in threads:
        t.join()

    assert conserved(memory)["accepted"] == 30
    assert conserved(memory)["pending"] == 0
    ids = [d.id for d in memory.read("decisions")]
    assert len(ids) == len(set(ids))


def test_what_another_agent_planned_is_done_as_well(memory: Memory) -> None:
    hand = Hand()
    first, second = agent(memory, live=True, actuators=[hand]), agent(memory)
    first.handle(call(0))
    first.drain()
    handled(second, sure(1))
    first.handle(stranger(1, 10, severity_hint="low"))
    first.drain()

    assert len(hand.calls) == 2


def test_a_halt_written_by_another_process_stops_a_running_agent(memory: Memory) -> None:
    host = agent(memory, live=True, actuators=[Hand()])
    handled(host, sure())
    host.drain()
    memory.accept(PLATFORM, [PersonActed(at=after(9), verb="halt", by="ann", why="stop")])
    handled(host, [call(n, 400 + n) for n in range(9)])

    assert host.drain() == ()
    assert host.halted == "stop"


def test_a_mode_that_a_person_lowered_stays_lowered_for_everybody_and_through_a_restart(memory: Memory) -> None:
    host = agent(memory)
    host.set_mode(RunMode.SHADOW, by="ann", why="first week")
    decisions = handled(host, sure())
    decisions += handled(agent(memory, policy=attrs.evolve(OPEN_POLICY, configuration="another")), sure(600))
    decisions += handled(host, [probe(9, 900, merchant="m_2")])

    assert {d.mode for d in decisions} == {RunMode.SHADOW}
    assert {d.outcome for d in decisions} <= {Outcome.RECORD}


def test_only_a_person_raises_the_mode_again_and_never_above_the_policy(memory: Memory) -> None:
    host = agent(memory, policy=attrs.evolve(OPEN_POLICY, mode="assist"))
    host.set_mode(RunMode.OFF, by="ann", why="stop")
    handled(host, sure())
    host.set_mode(RunMode.AUTO, by="ann", why="go on")

    assert {d.mode for d in handled(host, sure(600))} <= {RunMode.ASSIST}


def test_a_halt_is_in_force_for_every_merchant_and_resuming_starts_from_the_evidence_of_then(memory: Memory) -> None:
    hand = Hand()
    host = agent(memory, actuators=[hand], live=True)
    host.halt(by="ann", why="looking into it")
    halted = handled(host, sure())
    host.drain()
    assert {d.outcome for d in halted} <= {Outcome.RECORD}
    assert all("unhealthy" in {g.guard for g in d.explanation.guards if g.holds} for d in halted)
    assert hand.calls == []

    host.resume(by="ann", why="found it")
    host.drain()
    assert len(hand.calls) > 0


def words(memory: Memory) -> list[PersonActed]:
    """What people told the platform."""
    items = [e.input for e in memory.read("journal", partition=PLATFORM)]
    return [i for i in items if isinstance(i, PersonActed)]


@pytest.mark.parametrize("verb", ["halt", "resume", "set_mode"])
def test_a_word_said_again_while_it_stands_is_one_act_and_moves_no_clock(memory: Memory, verb: str) -> None:
    host = agent(memory)
    handled(host, sure())
    host.halt(by="ann", why="looking into it")
    if verb != "halt":
        host.resume(by="ann", why="found it")
    extra = {"mode": RunMode.ASSIST} if verb == "set_mode" else {}
    said = {"by": "ann", "why": "looking into it" if verb == "halt" else "found it", **extra}
    getattr(host, verb)(**said)
    once = words(memory)
    for again in (host, agent(memory)):
        getattr(again, verb)(**said)

    assert words(memory) == once


@pytest.mark.parametrize("verb", ["halt", "resume", "set_mode"])
def test_nobody_says_nothing_in_words(memory: Memory, verb: str) -> None:
    extra = {"mode": RunMode.ASSIST} if verb == "set_mode" else {}
    with pytest.raises(InputError, match="expected who did it, got"):
        getattr(agent(memory), verb)(by=" ", why="enough", **extra)


def test_a_halt_by_another_person_is_recorded_beside_the_one_that_stands(memory: Memory) -> None:
    host = agent(memory)
    for who in ("ann", "bob"):
        host.halt(by=who, why="looking into it")

    assert [w.by for w in words(memory)] == ["ann", "bob"]


def test_a_halt_after_a_resumption_counts_also_in_the_same_words(memory: Memory) -> None:
    host = agent(memory, now=lambda: after(9))
    for _ in range(2):
        host.halt(by="ann", why="looking into it")
        assert host.halted
        host.resume(by="ann", why="found it")
        assert not host.halted

    assert [w.verb for w in words(memory)] == ["halt", "resume", "halt", "resume"]


def test_what_was_planned_before_a_halt_is_withdrawn_by_it(memory: Memory) -> None:
    host = agent(memory)
    handled(host, sure())
    host.halt(by="ann", why="looking into it")

    assert not [a for a in memory.read("actions") if a.status is ActionStatus.PLANNED]


def test_other_rules_take_over_a_memory_in_the_middle_of_an_issue(memory: Memory) -> None:
    handled(agent(memory), sure())
    fewer = RuleSet("fewer", *(r for r in RULES.rules if r.id != "one"))
    decisions = handled(agent(memory, rules=fewer), [call(50, 10), call(51, 11)])

    assert {d.ruleset for d in decisions} == {agent(memory, rules=fewer).fold.ruleset.version}


def test_a_decision_under_other_rules_never_takes_the_id_of_an_older_one(memory: Memory) -> None:
    handled(agent(memory), sure())
    before = [d.id for d in memory.read("decisions")]
    # Without the probe the same journal gives one decision less, so the next one has the number of an older one.
    fewer = RuleSet("fewer", *(r for r in RULES.rules if r.id != "probe"))
    agent(memory, rules=fewer).handle(call(50, 10))
    after_it = [d.id for d in memory.read("decisions")]

    assert after_it[: len(before)] == before
    assert len(set(after_it)) == len(after_it) > len(before)


def test_an_issue_that_only_new_rules_see_is_told_about(memory: Memory) -> None:
    none = RuleSet("none", *(r for r in RULES.rules if r.id == "forgery"))
    handled(agent(memory, rules=none), sure())
    assert list(memory.read("decisions")) == []
    hand = Hand()
    host = agent(memory, live=True, actuators=[hand])
    host.handle(stranger(1, 10, severity_hint="low"))

    assert {a.kind for a in host.drain()} == {"notify", "tag"}


# --- outages ---------------------------------------------------------------------------------------------------------


class Failing:
    """A memory whose n-th call fails, before or after it has done its work."""

    def __init__(self, memory: Memory, at: int, *, late: bool) -> None:
        self.memory, self.left, self.late = memory, at, late

    def __getattr__(self, name: str) -> Any:
        target = getattr(self.memory, name)

        def called(*args: Any, **kwargs: Any) -> Any:
            self.left -= 1
            if self.left != 0:
                return target(*args, **kwargs)
            if self.late:
                target(*args, **kwargs)
            raise StoreUnavailable("the disk is full")

        return called


def life(host: Agent, offered: list[Signal], *, patient: bool = False) -> None:
    for signal in offered:
        for _ in range(3):
            try:
                host.handle(signal)
                host.drain()
                break
            except StoreUnavailable:
                assert patient


@pytest.mark.parametrize("late", [False, True])
def test_an_outage_at_any_call_leaves_nothing_half_done(late: bool) -> None:
    offered = [*sure(), call(7, 20), probe(8, 30, ok=True)]
    calm = VolatileMemory()
    hand = Hand()
    life(agent(calm, live=True, actuators=[hand]), offered)
    calls = 1
    while True:
        held, other = VolatileMemory(), Hand()
        failing: Any = Failing(held, calls, late=late)
        life(agent(failing, live=True, actuators=[other], halt_on_outage=False), offered, patient=True)
        assert conserved(held)["pending"] == 0
        assert sorted(d.json_line() for d in held.read("decisions")) == remembered(calm)["decisions"]
        assert other.done == hand.done
        assert statuses(held) == statuses(calm)
        if failing.left > 0:
            break
        calls += 1
    assert calls > 40


def test_a_signal_offered_again_after_an_outage_returns_its_decisions() -> None:
    held = VolatileMemory()
    host = agent(held, halt_on_outage=False)
    host.handle(call(100, -5, code=200))
    failing: Any = Failing(held, 2, late=False)
    host._loop.memory = failing
    with pytest.raises(StoreUnavailable):
        host.handle(call(1))

    assert [d.because for d in host.handle(call(1))] == ["opened at 0.10 by one"]


# --- acting ----------------------------------------------------------------------------------------------------------


def test_a_dry_run_simulates_and_holds_no_hands(memory: Memory) -> None:
    hand = Hand()
    host = agent(memory, actuators=[hand])
    handled(host, sure())

    assert {a.status for a in host.drain()} == {ActionStatus.SIMULATED}
    assert hand.calls == []
    assert isinstance(host._hands, DryRun)
    assert hand not in vars(host).values()


def test_a_live_agent_executes_once(memory: Memory) -> None:
    hand = Hand()
    host = agent(memory, actuators=[hand], live=True)
    handled(host, sure())
    host.drain()
    host.drain()
    agent(memory, actuators=[hand], live=True).drain()

    assert len(hand.calls) == len(set(hand.calls)) == 2


def test_an_actuator_that_raises_is_a_failure_and_automation_goes_on(memory: Memory) -> None:
    def broken(action: Action) -> None:
        if action.kind == "notify":
            raise RuntimeError("ann@example.com is away")

    host = agent(memory, actuators=[Hand(before=broken)], live=True)
    handled(host, sure())
    tried = {a.kind: a for a in host.drain()}

    assert {k: a.status.value for k, a in tried.items()} == {"notify": "failed", "tag": "succeeded"}
    assert tried["notify"].note == "Hand raised RuntimeError"
    assert host.halted == ""


def test_an_action_without_an_actuator_fails_by_name(memory: Memory) -> None:
    host = agent(memory, actuators=[Hand(kinds=frozenset({"notify"}))], live=True)
    handled(host, sure())

    assert {a.kind: a.note for a in host.drain()}["tag"] == "no actuator for 'tag'"


def test_two_actuators_for_one_kind_are_refused() -> None:
    with pytest.raises(ConfigurationError, match="expected one actuator for 'notify', got Hand and Hand"):
        Live([Hand(kinds=frozenset({"notify"})), Hand(kinds=frozenset({"notify"}))])


def test_what_a_guard_stops_before_it_began_is_not_executed(memory: Memory) -> None:
    hand = Hand()
    host = agent(memory, actuators=[hand], live=True)
    handled(host, sure())
    host.tell("merchant:m_1", PersonActed(at=after(9), verb="halt", by="ann", why="stop"))

    assert host.drain() == ()
    assert hand.calls == []
    assert statuses(memory)["notify"] == "expired"


def test_what_was_started_before_a_crash_is_tried_again_with_the_same_key(memory: Memory) -> None:
    class Crash(BaseException):
        pass

    def crash(action: Action) -> None:
        raise Crash

    hand = Hand(before=crash)
    host = agent(memory, actuators=[hand], live=True)
    handled(host, sure())
    with pytest.raises(Crash):
        host.drain()
    (started,) = [a for a in memory.read("actions") if a.status is ActionStatus.STARTED]
    again = Hand()
    agent(memory, actuators=[again], live=True).drain()

    assert started.idempotency_key in again.done
    assert set(statuses(memory).values()) == {"succeeded", "waiting", "forbidden"}


def test_an_agent_that_survives_the_crash_tries_again_itself(memory: Memory) -> None:
    class Crash(BaseException):
        pass

    def crash_once(action: Action) -> None:
        if len(hand.calls) == 1:
            raise Crash

    hand = Hand(before=crash_once)
    host = agent(memory, actuators=[hand], live=True)
    handled(host, sure())
    with pytest.raises(Crash):
        host.drain()
    host.drain()

    assert len(hand.done) == 2


def test_a_run_does_what_is_due_on_the_way(memory: Memory) -> None:
    hand = Hand()
    agent(memory, actuators=[hand], live=True).run([*sure(), call(50, 20_000, code=200)])

    assert len(hand.done) == 2


def test_an_approved_reply_is_executed(memory: Memory) -> None:
    hand = Hand()
    host = agent(memory, actuators=[hand], live=True)
    handled(host, sure())
    reply = next(a for a in memory.read("actions") if a.kind == "reply")
    told: dict[str, Any] = {"target": reply.idempotency_key, "binding": reply.binding}
    host.tell("merchant:m_1", PersonActed(at=after(9), verb="approve", by="ann", **told))

    assert "reply" in {a.kind for a in host.drain()}


# --- threads ---------------------------------------------------------------------------------------------------------


def in_threads(host: Agent, batches: list[list[Signal]]) -> None:
    threads = [threading.Thread(target=handled, args=(host, batch)) for batch in batches]
    for t in threads:
        t.start()
    for t in threads:
        t.join()


@pytest.mark.parametrize("merchants", [1, 8])
def test_eight_threads_lose_and_repeat_nothing(memory: Memory, merchants: int) -> None:
    host = agent(memory)
    in_threads(host, [[call(100 * i + n, n, merchant=f"m_{i % merchants}") for n in range(6)] for i in range(8)])

    assert conserved(memory)["accepted"] == 48
    assert {d.merchant for d in memory.read("decisions")} == {f"m_{i}" for i in range(merchants)}
    seqs = [(e.partition, e.seq) for e in memory.read("journal")]
    assert len(seqs) == len(set(seqs))


def test_signals_are_handled_while_an_actuator_works(memory: Memory) -> None:
    host: Agent

    def work(action: Action) -> None:
        other = threading.Thread(target=host.handle, args=(call(500 + len(hand.calls), 30),))
        other.start()
        other.join(10)
        assert not other.is_alive()

    hand = Hand(before=work)
    host = agent(memory, actuators=[hand], live=True)
    handled(host, sure())

    assert {a.status for a in host.drain()} == {ActionStatus.SUCCEEDED}


def test_an_input_of_a_person_that_comes_twice_counts_once(memory: Memory) -> None:
    host = agent(memory)
    handled(host, sure())
    said = PersonActed(at=after(9), verb="halt", by="ann", why="stop")
    host.tell("merchant:m_1", said)

    assert host.tell("merchant:m_1", said) == ()


def test_actions_that_are_asked_for_by_a_stranger_do_not_exist(memory: Memory) -> None:
    host = agent(memory)
    handled(host, sure())

    assert host.tell("merchant:m_1", ActionDue(at=after(9), key="act_none")) == ()
    assert host.tell("merchant:m_1", ActionStarted(at=after(9), key="act_none")) == ()


def test_the_default_policy_lets_only_operators_be_told(memory: Memory) -> None:
    host = agent(memory, policy=Policy())
    handled(host, sure())

    assert {a.kind for a in host.drain()} == {"notify"}


def test_rules_may_be_given_one_by_one() -> None:
    rule = RULES.rules[0]
    host = Agent(rules=[rule], memory=VolatileMemory())
    assert isinstance(rule, Rule)
    assert isinstance(rule.then.kind.responses[0], Response)

    assert "burst" in {r.id for r in host.fold.ruleset.rules}


def test_a_halt_by_a_process_that_has_just_started_withdraws_what_an_earlier_one_planned(memory: Memory) -> None:
    hand = Hand()
    handled(agent(memory), sure())
    agent(memory).halt(by="ann", why="looking into it")
    during = {a.status for a in memory.read("actions")}
    host = agent(memory, actuators=[hand], live=True)
    host.resume(by="ann", why="found it")
    host.drain()

    assert ActionStatus.PLANNED not in during
    assert len(hand.calls) == len(set(hand.calls)) > 0


def test_a_tick_returns_the_decisions_of_all_merchants_in_order_of_time(memory: Memory) -> None:
    host = agent(memory)
    handled(host, [*sure(), *(call(10 + n, 600 + n, merchant="m_0") for n in range(3))])
    times = [d.at for d in host.tick(after(7200))]

    assert len(times) >= 2
    assert times == sorted(times)
