"""What the fold does with each kind of input."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import attrs
import pytest

from migro.agent import Fold
from migro.decide import Policy
from migro.models import (
    Action,
    ActionDue,
    ActionFinished,
    ActionResult,
    ActionStarted,
    ActionStatus,
    Attention,
    Band,
    ConfigChanged,
    ErasureRequested,
    IssueChanged,
    IssueStatus,
    Outcome,
    PersonActed,
    RunMode,
    Severity,
    Signal,
    SignalReceived,
    Tick,
    from_microseconds,
)
from migro.rules import IssueKind, Rule, RuleSet, on, supports
from migro.verify import IssueUpdate
from tests.agent.world import (
    M1,
    OPEN_POLICY,
    RULES,
    Call,
    Run,
    Shop,
    after,
    call,
    maintenance,
    milder,
    outage,
    probe,
    stranger,
    sure,
)


@pytest.fixture
def run() -> Run:
    return Run()


def person(verb: Any, action: Action | None = None, at: int = 10, by: str = "ann", **fields: Any) -> PersonActed:
    told = {"target": action.idempotency_key, "binding": action.binding} if action else {}
    return PersonActed(at=after(at), verb=verb, by=by, **{**told, **fields})


def done(key: str, at: int) -> list[Any]:
    finished = ActionFinished(at=after(at), key=key, result=ActionResult(status="succeeded"))
    return [ActionDue(at=after(at), key=key), ActionStarted(at=after(at), key=key), finished]


def issue(run: Run) -> Any:
    return next(iter(run.state.held.values())).issue


# --- signals ---------------------------------------------------------------------------------------------------------


def test_a_signal_that_supports_a_new_issue_opens_it(run: Run) -> None:
    disposition = run.give(call(1)).disposition

    assert disposition is not None
    assert (disposition.name, disposition.issues) == ("opened", (issue(run).id,))


def test_a_signal_that_supports_a_known_issue_merges_into_it(run: Run) -> None:
    disposition = run.give(call(1), call(2, 1)).disposition

    assert disposition is not None
    assert (disposition.name, disposition.issues) == ("merged", (issue(run).id,))


def test_a_signal_that_supports_nothing_is_recorded(run: Run) -> None:
    disposition = run.give(call(1, code=200)).disposition

    assert disposition is not None
    assert (disposition.name, disposition.reason) == ("recorded", "no rule fired on it")


def test_every_distinct_signal_is_counted_once(run: Run) -> None:
    run.give(*(call(n, n) for n in range(7)))

    assert issue(run).signals == 7


def test_a_redelivery_is_dropped(run: Run) -> None:
    run.give(call(1))
    disposition = run.give(SignalReceived(at=after(1), signal=call(1), duplicate_of=1)).disposition

    assert disposition is not None
    assert disposition.name == "dropped"
    assert issue(run).signals == 1


@pytest.mark.parametrize("env", ["test", "staging"])
def test_what_is_not_from_production_by_name_is_suppressed(run: Run, env: str) -> None:
    disposition = run.give(call(1, env=env)).disposition

    assert disposition is not None
    assert disposition.name == "suppressed"
    assert not run.state.held


def test_what_happened_more_than_a_day_before_receipt_is_suppressed(run: Run) -> None:
    day = 86_400
    exactly = run.give(call(1, -day, received_at=after(0))).disposition
    older = run.give(call(2, -day, received_at=after(0) + timedelta(microseconds=1))).disposition

    assert exactly is not None
    assert older is not None
    assert (exactly.name, older.name) == ("recorded", "suppressed")


def test_failed_signatures_feed_only_evidence_about_signatures(run: Run) -> None:
    run.give(*(call(n, n, auth="failed") for n in range(9)))

    assert [k for k, _ in run.state.held] == ["forged"]
    assert [s.record.disposition.name for s in run.steps if s.record.disposition] == ["dropped"] * 9


def test_a_redelivered_failed_signature_is_no_further_evidence(run: Run) -> None:
    run.give(call(1, auth="failed"))
    for n in range(5):
        run.give(SignalReceived(at=after(n), signal=call(1, auth="failed"), duplicate_of=1))

    assert not run.state.held


@pytest.mark.parametrize("hint", ["critical", "high"])
def test_something_serious_that_no_rule_reads_opens_an_unknown_issue(run: Run, hint: str) -> None:
    disposition = run.give(stranger(1, severity_hint=hint)).disposition

    assert disposition is not None
    assert disposition.name == "opened"
    assert (issue(run).kind, issue(run).band, issue(run).merchant) == ("unknown", Band.MID, "m_1")


def test_something_serious_without_the_key_of_its_rule_opens_an_unknown_issue_of_its_own() -> None:
    run = Run(state=Fold(RULES).start("unattributed"))
    for n in (1, 2):
        run.give(call(n, merchant=None, severity_hint="critical"))

    assert sorted(k for k, _ in run.state.held) == ["unknown", "unknown"]
    assert len({key for _, key in run.state.held}) == 2


def test_the_unknown_never_gets_beyond_telling_operators(run: Run) -> None:
    run.give(*(stranger(n, n) for n in range(5)))

    assert {a.kind for d in run.decisions for a in d.actions} == {"notify"}


@pytest.mark.parametrize("source_kind", ["monitor", "app_log", "access_log", "rum"])
def test_what_watches_a_shop_is_taken_for_a_sign_of_the_fault_that_is_open(run: Run, source_kind: str) -> None:
    run.give(*sure(1))
    known = issue(run).kind
    disposition = run.give(stranger(1, 30, severity_hint="high", source_kind=source_kind)).disposition

    assert disposition is not None
    assert disposition.name == "recorded"
    assert disposition.reason.endswith(f"taken for a sign of {known}")
    assert {kind for kind, _ in run.state.held} == {known}


@pytest.mark.parametrize(
    "fields",
    [
        {"source_kind": "payment_webhook"},
        {"source_kind": "monitor", "merchant": None},
    ],
)
def test_what_is_no_watcher_of_this_shop_is_no_sign_of_its_fault(run: Run, fields: dict[str, Any]) -> None:
    run.give(*sure(1), stranger(1, 30, severity_hint="high", **fields))

    assert "unknown" in {kind for kind, _ in run.state.held}


@pytest.mark.parametrize(("seconds", "hidden"), [(3_600, True), (3_601, False)])
def test_a_fault_that_nothing_has_spoken_for_in_an_hour_hides_no_alarm(seconds: int, hidden: bool) -> None:
    lasting = RuleSet("lasting", *(attrs.evolve(rule, lasts=timedelta(hours=30)) for rule in RULES))
    run = Run(fold=Fold(lasting))
    run.give(*sure(1))
    spoken = int((issue(run).last_seen - after(0)).total_seconds())
    run.give(stranger(1, spoken + seconds, severity_hint="high", source_kind="monitor"))

    assert ("unknown" in {kind for kind, _ in run.state.held}) is not hidden


def test_a_milder_fault_hides_no_critical_alarm() -> None:
    run = Run()
    run.give(*sure(1))
    assert issue(run).severity < Severity.SEV2

    run.give(stranger(1, 30, source_kind="monitor"))

    assert "unknown" in {kind for kind, _ in run.state.held}


@pytest.mark.parametrize("topic", ["app.fault", "log.line"])
def test_one_line_of_level_error_is_nobodys_alarm_and_twenty_in_ten_minutes_are(run: Run, topic: str) -> None:
    line: dict[str, Any] = {"severity_hint": "high", "source_kind": "app_log", "topic": topic}
    run.give(*(stranger(n, 30 * n, **line) for n in range(19)))
    few = set(run.state.held)
    run.give(stranger(19, 600, **line))

    assert few == set()
    assert {kind for kind, _ in run.state.held} == {"unknown"}


def test_a_line_that_is_critical_needs_no_second_one(run: Run) -> None:
    run.give(stranger(1, source_kind="app_log", topic="log.line"))

    assert issue(run).kind == "unknown"


def test_something_serious_that_is_over_opens_nothing(run: Run) -> None:
    run.give(stranger(1, state="Resolved"))

    assert not run.state.held


# --- maintenance, vetoes ---------------------------------------------------------------------------------------------


def test_a_maintenance_window_caps_at_record_and_asks_nobody(run: Run) -> None:
    run.give(maintenance(1, 0, True), *sure(1))

    assert issue(run).attention is Attention.NONE
    assert {a.status for d in run.decisions for a in d.actions} <= {ActionStatus.RECORDED, ActionStatus.FORBIDDEN}


def test_the_end_of_a_maintenance_window_lets_what_is_still_wrong_out(run: Run) -> None:
    run.give(maintenance(1, 0, True), *sure(1), maintenance(2, 60, False))
    run.give(*(call(20 + n, 300 + n) for n in range(3)))

    assert run.action("notify").status is ActionStatus.PLANNED


def test_a_window_that_nobody_ends_is_over_after_four_hours(run: Run) -> None:
    still_wrong = [s for hour in range(5) for s in sure(3600 * hour + 300)]
    run.give(maintenance(1, 0, True), *still_wrong[:16])
    inside = issue(run).attention
    run.give(*still_wrong[16:])

    assert inside is Attention.NONE
    assert issue(run).attention is not Attention.NONE


def test_what_was_planned_is_withdrawn_when_a_window_opens_and_planned_anew_afterwards(run: Run) -> None:
    run.give(*sure())
    first = run.action("notify")
    run.give(maintenance(1, 10, True))
    withdrawn = run.action("notify")
    run.give(maintenance(2, 20, False), *(call(20 + n, 260 + n) for n in range(3)))
    second = run.action("notify")

    assert (withdrawn.idempotency_key, withdrawn.status) == (first.idempotency_key, ActionStatus.EXPIRED)
    assert second.status is ActionStatus.PLANNED
    assert second.idempotency_key != first.idempotency_key


def test_a_veto_leaves_the_score_alone_and_lets_nothing_but_telling_operators_run(run: Run) -> None:
    run.give(*sure())
    score = issue(run).points
    run.give(outage(1, 10))

    assert issue(run).points == score
    assert run.decisions[-1].outcome is Outcome.ESCALATE
    assert run.action("notify").status is ActionStatus.PLANNED
    assert run.action("tag").status is ActionStatus.EXPIRED


# --- people ----------------------------------------------------------------------------------------------------------


def test_an_approval_plans_what_waits(run: Run) -> None:
    run.give(*sure())
    run.give(person("approve", run.action("reply")))

    assert (run.action("reply").status, run.action("reply").note) == (ActionStatus.PLANNED, "approved by ann")


def test_an_approval_of_something_else_does_nothing(run: Run) -> None:
    run.give(*sure())
    step = run.give(person("approve", run.action("reply"), binding="b" * 64))

    assert step.actions == ()
    assert run.action("reply").status is ActionStatus.WAITING


def test_an_approval_given_on_older_evidence_does_nothing(run: Run) -> None:
    run.give(*(call(n, n) for n in range(3)))
    seen = run.action("reply")
    run.give(probe(1, 4))

    assert run.action("reply").idempotency_key == seen.idempotency_key
    assert run.give(person("approve", seen)).actions == ()


def test_an_approval_is_used_once(run: Run) -> None:
    run.give(*sure())
    waiting = run.action("reply")
    run.give(person("approve", waiting))
    key = waiting.idempotency_key
    run.give(ActionDue(at=after(20), key=key), ActionStarted(at=after(20), key=key))
    run.give(ActionFinished(at=after(20), key=key, result=ActionResult(status="succeeded")))

    assert run.give(person("approve", waiting, 30)).actions == ()
    assert run.action("reply").status is ActionStatus.SUCCEEDED


def test_two_different_people_have_to_approve_what_is_hard_to_reverse(run: Run) -> None:
    run.give(*sure())
    run.give(person("approve", run.action("replay"), by="ann"))
    run.give(person("approve", run.action("replay"), 11, by=" Ann "))
    after_one = run.action("replay").status
    run.give(person("approve", run.action("replay"), 12, by="bob"))

    assert (after_one, run.action("replay").status) == (ActionStatus.WAITING, ActionStatus.PLANNED)


def test_silence_is_no(run: Run) -> None:
    run.give(*(call(n, n) for n in range(3)))
    waiting = run.action("reply")
    assert waiting.expires_at == waiting.at + timedelta(hours=4)
    # The issue goes on, or it would end first.
    for turn in range(1, 50):
        run.give(*(call(turn * 10 + n, turn * 300 + n) for n in range(3)))

    expired = run.state.held["down", ("m_1",)].actions[waiting.idempotency_key]
    assert (expired.status, expired.note) == (ActionStatus.EXPIRED, "nobody approved it in time")
    assert run.give(person("approve", waiting, 15_000)).actions == ()


def test_a_deadline_comes_before_an_input_of_the_same_moment(run: Run) -> None:
    short = Policy(allow=OPEN_POLICY.allow, approval_lasts=timedelta(minutes=1))
    run = Run(fold=Fold(RULES, short))
    run.give(*(call(n) for n in range(3)))

    assert run.give(person("approve", run.action("reply"), 60)).actions[0].status is ActionStatus.EXPIRED


def test_a_rejection_is_final(run: Run) -> None:
    run.give(*sure())
    run.give(person("reject", run.action("reply")))
    run.give(person("approve", run.action("reply"), 11), *sure(20))

    assert run.action("reply").status is ActionStatus.REJECTED


def test_an_approval_while_halted_does_nothing(run: Run) -> None:
    run.give(*(call(n, n) for n in range(3)))
    waiting = run.action("reply")
    run.give(person("halt", why="look"))
    run.give(person("approve", waiting))

    assert run.action("reply").status is not ActionStatus.PLANNED


def test_while_halted_nothing_starts(run: Run) -> None:
    run.give(*sure())
    key = run.action("notify").idempotency_key
    run.state.halted = "as if a decision had not been made again yet"
    run.give(ActionDue(at=after(20), key=key), ActionStarted(at=after(20), key=key))

    assert run.state.held["down", ("m_1",)].actions[key].status is ActionStatus.PLANNED


def test_halting_withdraws_what_was_planned_and_resuming_plans_it_anew(run: Run) -> None:
    run.give(*sure(), person("halt", why="look"))
    halted = run.action("notify").status
    run.give(person("resume", at=11))

    assert (halted, run.action("notify").status) == (ActionStatus.EXPIRED, ActionStatus.PLANNED)


def test_a_person_can_end_an_issue(run: Run) -> None:
    run.give(*sure())
    run.give(person("resolve", target=issue(run).id))

    assert issue(run).status is IssueStatus.RESOLVED
    assert run.decisions[-1].because == "resolved by ann"


def test_what_a_person_ended_is_silent_for_an_hour_and_no_longer(run: Run) -> None:
    run.give(*sure())
    first = issue(run).id
    run.give(person("resolve", target=first))
    count = len(run.decisions)
    run.give(*(call(100 + n, 60 * n) for n in range(1, 60)))
    assert len(run.decisions) == count
    run.give(*(call(200 + n, 3700 + n) for n in range(3)))

    assert issue(run).status is IssueStatus.OPEN
    assert issue(run).id != first


# --- the other inputs ------------------------------------------------------------------------------------------------


def test_a_person_may_lower_the_mode(run: Run) -> None:
    run.give(*sure(), ConfigChanged(at=after(5), ruleset="r", policy="p", mode=RunMode.OFF))

    assert run.decisions[-1].mode is RunMode.OFF
    assert run.decisions[-1].outcome is Outcome.RECORD


def test_nobody_raises_the_mode_above_the_policy() -> None:
    run = Run(fold=Fold(RULES, Policy(mode=RunMode.SHADOW)))
    run.give(ConfigChanged(at=after(0), ruleset="r", policy="p", mode=RunMode.AUTO), *sure())

    assert {d.mode for d in run.decisions} == {RunMode.SHADOW}


def test_other_rules_decide_anew_about_what_is_open(run: Run) -> None:
    run.give(ConfigChanged(at=after(0), ruleset="a", policy="p", mode=RunMode.AUTO), *sure())
    before = len(run.decisions)
    step = run.give(ConfigChanged(at=after(5), ruleset="b", policy="p", mode=RunMode.AUTO))

    assert len(step.decisions) == 1
    assert len(run.decisions) == before + 1
    assert {a.kind for a in step.actions} == {"notify", "tag", "reply", "replay", "refund"}


def test_a_tick_or_an_erasure_alone_leaves_nothing_behind(run: Run) -> None:
    run.give(*sure())
    tick = run.give(Tick(at=after(5)))
    erasure = run.give(ErasureRequested(at=after(6), merchant="m_1", pseudonym="p" * 20, token="t" * 20, by="owner"))

    assert (tick.decisions, tick.issues, tick.actions, tick.disposition) == ((), (), (), None)
    assert (erasure.decisions, erasure.issues, erasure.actions) == ((), (), ())


def test_an_action_runs_through_due_started_finished(run: Run) -> None:
    run.give(*sure())
    key = run.action("notify").idempotency_key
    due = run.give(ActionDue(at=after(10), key=key))
    started = run.give(ActionStarted(at=after(10), key=key))
    result = ActionResult(status="failed", detail="no answer")
    finished = run.give(ActionFinished(at=after(11), key=key, result=result))

    assert due.actions == ()
    assert started.actions[0].status is ActionStatus.STARTED
    assert (finished.actions[0].status, finished.actions[0].note) == (ActionStatus.FAILED, "no answer")


@pytest.mark.parametrize("status", ["waiting", "forbidden"])
def test_only_what_is_planned_can_start(run: Run, status: str) -> None:
    run.give(*sure())
    action = run.action("reply" if status == "waiting" else "refund")
    assert action.status.value == status

    assert run.give(ActionStarted(at=after(10), key=action.idempotency_key)).actions == ()


def test_only_what_has_started_can_finish(run: Run) -> None:
    run.give(*sure())
    key = run.action("notify").idempotency_key

    result = ActionResult(status="succeeded")
    assert run.give(ActionFinished(at=after(10), key=key, result=result)).actions == ()


def test_what_is_no_longer_allowed_when_due_expires(run: Run) -> None:
    run.give(*sure())
    key = run.action("notify").idempotency_key
    run.state.mode = RunMode.SHADOW  # nobody said so, so nothing was judged anew

    withdrawn_by_it = {a.idempotency_key: a for a in run.give(ActionDue(at=after(10), key=key)).actions}
    assert withdrawn_by_it[key].status is ActionStatus.EXPIRED


def test_platform_rules_read_what_changed_about_issues_of_merchants() -> None:
    storm = IssueKind[Any]("storm", category="integration", per=("issue_kind",), systemic=True)
    rule = Rule(
        "many",
        when=on(IssueUpdate, IssueUpdate.band == "MID", per=IssueUpdate.issue_kind),
        then=supports(storm, 105, family="shops"),
    )
    merchant = Run(fold=Fold(RuleSet("both", *RULES.rules, rule)))
    merchant.give(*(call(n, n) for n in range(3)))
    emitted = [e for s in merchant.steps for e in s.record.emitted]
    assert {to for to, _ in emitted} == {"platform"}
    platform = Run(fold=merchant.fold, state=merchant.fold.start("platform"))
    platform.give(*(given for _, given in emitted))

    assert [type(given) for _, given in emitted] == [IssueChanged] * len(emitted)
    assert (platform.decisions[0].issue.kind, platform.decisions[0].scope) == ("storm", "platform")
    assert [s.record.emitted for s in platform.steps] == [()] * len(emitted)


# --- the life of an issue --------------------------------------------------------------------------------------------


def test_an_issue_is_watched_then_open_then_resolved(run: Run) -> None:
    run.give(*sure(), Tick(at=after(10_000)))

    assert [d.issue.status for d in run.decisions] == [
        IssueStatus.WATCHING,
        IssueStatus.OPEN,
        IssueStatus.OPEN,
        *[d.issue.status for d in run.decisions[3:-1]],
        IssueStatus.RESOLVED,
    ]
    assert run.decisions[-1].attention is Attention.NONE


def test_what_never_began_ends_with_the_issue(run: Run) -> None:
    run.give(*sure(), Tick(at=after(10_000)))

    last = {a.idempotency_key: a.status for s in run.steps for a in s.record.actions}
    assert set(last.values()) <= {ActionStatus.EXPIRED, ActionStatus.FORBIDDEN}


def test_an_issue_that_comes_back_within_an_hour_is_the_same_and_nobody_is_told_twice(run: Run) -> None:
    run.give(*(call(n) for n in range(3)))
    first, key = issue(run).id, run.action("notify").idempotency_key
    run.give(*done(key, 1), Tick(at=after(3500)))
    assert issue(run).status is IssueStatus.RESOLVED
    run.give(*(call(10 + n, 3599) for n in range(3)))

    assert (issue(run).id, issue(run).status) == (first, IssueStatus.OPEN)
    assert "reopened" in [d.because.split()[0] for d in run.decisions]
    assert run.action("notify").idempotency_key == key


def test_an_issue_that_comes_back_milder_tells_nobody_again(run: Run) -> None:
    run.give(*(call(n) for n in range(4)))
    worst = run.action("notify")
    run.give(*done(worst.idempotency_key, 1), Tick(at=after(3500)), *(call(10 + n, 3599) for n in range(3)))

    assert (worst.args["text"], issue(run).severity) == ("SEV1 down", Severity.SEV3)
    assert run.decisions[-1].actions[0].idempotency_key == worst.idempotency_key
    assert all(a.status is not ActionStatus.PLANNED for a in run.decisions[-1].actions)


def test_being_asked_anew_prolongs_no_deadline(run: Run) -> None:
    run.give(*(call(n) for n in range(3)))
    first = run.action("reply")
    run.give(probe(1, 60))
    second = run.action("reply")

    assert second.binding != first.binding
    assert (second.at, second.expires_at) == (first.at, first.expires_at)


@pytest.mark.parametrize("lasted", [0, 5_000], ids=["a short one", "one that lasted for longer than that"])
def test_an_issue_that_comes_back_more_than_an_hour_after_its_end_is_another_one(run: Run, lasted: int) -> None:
    run.give(*(call(n, 500 * n) for n in range(lasted // 500 + 3)))
    first = issue(run).id
    run.give(Tick(at=after(lasted + 4_000)))
    ended = int((run.decisions[-1].at - after(0)).total_seconds())
    assert run.decisions[-1].issue.status is IssueStatus.RESOLVED
    run.give(call(100, ended + 3_600))
    assert issue(run).id == first
    run.give(Tick(at=after(ended + 8_000)))
    again = int((run.decisions[-1].at - after(0)).total_seconds())
    run.give(call(101, again + 3_601))

    assert issue(run).id != first


def test_severity_rises_at_once_and_falls_after_ten_minutes_below_it(run: Run) -> None:
    run.give(*(call(n, n) for n in range(4)))
    worst = issue(run).severity
    at = milder(run)
    run.give(probe(1, at + 1))
    held = run.decisions[-1].explanation.severity_because
    fallen = run.state.easing["down", ("m_1",)]
    run.give(Tick(at=from_microseconds(fallen - 1)))
    before = issue(run).severity
    run.give(Tick(at=from_microseconds(fallen)))

    assert (worst, before, issue(run).severity) == (Severity.SEV1, Severity.SEV1, Severity.SEV3)
    assert held.startswith("held at SEV1 until it has been milder for 10 min; now SEV")
    assert run.decisions[-1].because.startswith("severity fell from SEV1 to SEV")
    assert [t.what for t in run.steps[-1].record.timers] == ["severity"]
    assert not run.state.easing


def test_operators_are_told_again_when_it_gets_worse(run: Run) -> None:
    run.give(*(call(n, n) for n in range(3)))
    mild = run.action("notify").idempotency_key
    run.give(call(3, 3))

    assert run.action("notify").idempotency_key != mild
    assert run.action("notify").args["text"] == "SEV1 down"


def test_money_follows_from_a_share_and_a_fact(run: Run) -> None:
    run.give(Shop(merchant=M1, value=8200, money="EUR", occurred_at=after(0), env="production"))
    run.give(*(call(n, n) for n in range(5)))

    impact = issue(run).impact
    assert (impact.currency, impact.share_lost) == ("EUR", "1/1")
    # Decided at the fourth call: 4 in 5 minutes, 45 % of them orders, 82.00 each.
    assert impact.revenue_high == 4 * 45 * 8200 // 100 // 5
    assert 0 < impact.revenue_low < impact.revenue_high


def test_the_newest_deadline_is_what_is_due_next(run: Run) -> None:
    assert run.fold.next_due(run.state) is None
    run.give(Call(merchant=M1, occurred_at=after(0), code=500, env="production"))

    assert run.fold.next_due(run.state) is not None


def test_before_what_is_due_next_nobody_asks_for_it_again(run: Run) -> None:
    for n in range(3):
        run.give(call(n, n))
        due = run.fold.next_due(run.state)
        assert due is not None
        assert from_microseconds(run.state.wakes_at) == due

    # What failed half-way may have left anything due.
    assert run.fold.skip(run.state, 4).wakes_at == 0


def ticket(n: int, at: int = 0, **fields: Any) -> Signal:
    given = {"kind": "ticket", "merchant": "m_1", "env": "production", "attrs": {"text_ref": "same"}, **fields}
    return Signal(occurred_at=after(at), dedup_key=f"ticket-{n}", **given)


def test_a_ticket_with_the_text_of_an_earlier_one_is_dropped(run: Run) -> None:
    run.give(ticket(1))
    disposition = run.give(ticket(2, 5)).disposition

    assert disposition is not None
    assert (disposition.name, disposition.reason) == ("dropped", "duplicate: the same text as number 1")


@pytest.mark.parametrize("fields", [{"auth": "failed"}, {"env": "test"}])
def test_a_ticket_that_does_not_count_hides_no_later_one(run: Run, fields: dict[str, Any]) -> None:
    run.give(ticket(1, **fields))
    disposition = run.give(ticket(2, 5)).disposition

    assert disposition is not None
    assert disposition.name == "recorded"


def test_an_issue_that_comes_back_counts_the_signals_of_both_times(run: Run) -> None:
    run.give(*(call(n, n) for n in range(6)))
    run.give(Tick(at=after(3000)))
    (first,) = {s.record.issues[-1].status for s in run.steps[-1:] if s.record.issues}
    run.give(*(call(50 + n, 3100 + n) for n in range(3)))
    issue = run.state.held["down", ("m_1",)].issue

    assert first is IssueStatus.RESOLVED
    assert issue.status is not IssueStatus.RESOLVED
    assert issue.signals == 9
