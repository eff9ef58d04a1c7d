"""Loosening mutants of the decision and of the way to an executed action, and the walks that notice each of them."""

from __future__ import annotations

import inspect
import textwrap
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from itertools import product
from typing import Any, ClassVar

import attrs

from migro.agent import attended, breaker, fold, outbox, persons, spending, verifying
from migro.agent.state import Held
from migro.decide import (
    GUARDS,
    TABLE,
    Guard,
    budgets,
    decide,
    guard_cap,
    guards,
    mode_cap,
    people,
    policy,
    proposing,
    ruling,
)
from migro.models import Action, ActionStarted, ActionStatus, Band, Outcome, Risk, RunMode, Severity
from tests.agent.test_safety import Safety
from tests.agent.test_spending import newest, sent, tags, two_issues
from tests.agent.test_spending import policy as policy_with
from tests.agent.world import after
from tests.decide.test_guards import TABLE as INPUTS
from tests.decide.test_guards import Situation, planned

__all__ = ["MUTANTS", "WALKS", "Mutant", "mutated"]


@attrs.frozen
class Mutant:
    """
    One change of the source that would let more happen.

    Attributes:
        function: What is changed.
        old, new: The words of it that give way, and what stands in their place.
        noticed_by: Name of the walk that has to fail.
        beside: Another change that is made with it, where a second line would hold what the first lets go.
    """

    function: Callable[..., Any]
    old: str
    new: str
    noticed_by: str
    beside: tuple[Callable[..., Any], str, str] | None = None

    def __str__(self) -> str:
        return f"{self.function.__qualname__}: {self.old!r} -> {self.new!r}"


@contextmanager
def mutated(mutant: Mutant) -> Iterator[None]:
    """Let functions do what their changed source says, wherever they were imported to."""
    changes = [(mutant.function, mutant.old, mutant.new), *([mutant.beside] if mutant.beside else [])]
    sources: dict[Any, str] = {}
    for function, old, new in changes:
        source = sources.get(function) or textwrap.dedent(inspect.getsource(function))
        if source.count(old) != 1:
            raise ValueError(f"expected {old!r} once in {function.__qualname__}, got {source.count(old)}")
        sources[function] = source.replace(old, new)
    before = {function: function.__code__ for function in sources}
    for function, source in sources.items():
        # A decorator stands before the function that it changes, and only the function is looked for.
        text = "from __future__ import annotations\n" + source[source.index("def ") :]
        made: dict[str, Any] = {}
        exec(compile(text, "<mutant>", "exec"), function.__globals__, made)  # noqa: S102
        function.__code__ = made[function.__name__].__code__
    try:
        yield
    finally:
        for function, code in before.items():
            function.__code__ = code


# --- walks -----------------------------------------------------------------------------------------------------------


class OneShop(Safety):
    """The same with one shop, where one is enough."""

    shops: ClassVar[tuple[str, ...]] = ("m_1",)


def shop(*, eager: bool = False, shops: int = 1) -> Safety:
    walk = OneShop() if shops == 1 else Safety()
    walk.begin(eager=eager)
    return walk


def done(walk: Safety) -> None:
    """Do what is planned, and look at each of it."""
    walk.what_is_planned_is_done(how="well")


def action(walk: Safety, kind: str) -> Action:
    return [a for a in walk.memory.read("actions") if a.kind == kind][-1]


def at(walk: Safety, one: Action) -> Action:
    """Return an action as the fold has it."""
    loop = walk.agent._loop
    loop.catch_up(one.partition)
    return next(
        h.actions[one.idempotency_key] for h in loop.state(one.partition).held.values() if one.issue == h.issue.id
    )


def cells() -> None:
    """Every cell is no more than what its parts allow."""
    capped = Guard(name="g", holds=lambda asked: True, version="1", meaning="m", cap=Outcome.RECORD, from_risk=Risk.R1)
    for band, severity, risk, mode in product(Band, Severity, Risk, RunMode):
        free = decide(band, severity, risk, mode)
        assert free <= TABLE[band, severity.high][risk]
        assert mode > RunMode.SHADOW or free <= Outcome.RECORD
        assert mode > RunMode.ASSIST or risk is Risk.R0 or free <= Outcome.APPROVE1
        assert decide(band, severity, risk, mode, added=[capped]) <= (Outcome.RECORD if risk else Outcome.AUTO)
        for guard, (cap, from_risk, _) in GUARDS.items():
            assert risk < from_risk or decide(band, severity, risk, mode, [guard]) <= cap


def guard(name: str, given: str) -> Callable[[], None]:
    def walk() -> None:
        inputs: Any = INPUTS
        guarded = "notify" if name == "consequence" else "tag"
        found = planned(Situation(**inputs[name][given]).actions())
        # Where an input is missing operators are told all the same, and nothing is done.
        assert found[guarded if given == "fails" else "tag"] is False

    return walk


def held_severity() -> None:
    """What was grave a moment ago is not done by itself now."""
    assert planned(Situation(held=Severity.SEV1).actions())["tag"] is False


def missing_weight() -> None:
    """What a budget counts by has to be known."""
    weighed = budgets.Budget(name="w", limit=9, within=timedelta(1), kinds={"tag"}, weight="pages")
    situation = Situation(args=(("pages", "many"),), budgets=(weighed,))
    assert planned(situation.actions())["tag"] is False


def unapproved() -> None:
    walk = shop()
    done(walk)
    walk.an_operator_acts("halt")
    walk.an_operator_acts("resume")
    done(walk)
    walk.an_operator_acts("shadow")
    walk.fails("m_1")
    done(walk)


def stranger() -> None:
    """Strangers, people without the role, and authors approve; nothing of it counts."""
    walk = shop()
    for name in ("Eve", "Cem", "Ben"):
        walk.somebody_approves(by=name, kinds={"reply", "replay"})
        done(walk)


def alone() -> None:
    """One person does not make two, however the name is spelled."""
    walk = shop()
    for name in ("Ada", "ada ", "Ada"):
        walk.somebody_approves(by=name, kinds={"replay"})
        assert action(walk, "replay").status is ActionStatus.WAITING
        done(walk)


def forged() -> None:
    """What was approved has to be what waits."""
    walk = shop()
    walk.whoever_may_not_approves_everything(by="Ada of yesterday")
    walk.whoever_may_not_approves_everything(by="Dora of yesterday")
    done(walk)


def new_evidence() -> None:
    """Half of an approval on other evidence is none."""
    walk = shop()
    walk.somebody_approves(by="Ada", kinds={"replay"})
    walk.time_passes(seconds=60)
    walk.something_else_is_seen(good=True)
    walk.fails("m_1")
    walk.somebody_approves(by="Dora", kinds={"replay"})
    done(walk)


def refused() -> None:
    """What somebody has refused is not approved any more."""
    walk = shop()
    waiting = walk.waiting()
    for one in waiting:
        walk.says(one, "reject", "Ada", one.binding)
    for one in waiting:
        walk.says(one, "approve", "Dora", one.binding)
        walk.says(one, "approve", "Ada", one.binding)
    # The memory moves nothing back; the fold has to know it by itself.
    assert {at(walk, one).status for one in waiting} == {ActionStatus.REJECTED}
    done(walk)


def late() -> None:
    """Silence is no, at the very moment at which it is."""
    walk = shop()
    waiting = walk.waiting()
    walk.time_passes(seconds=1200)
    assert not {one.idempotency_key for one in waiting} & {one.idempotency_key for one in walk.waiting()}
    for one in waiting:
        walk.says(one, "approve", "Ada", one.binding)
        walk.says(one, "approve", "Dora", one.binding)
    done(walk)


def too_late() -> None:
    """What was approved is begun in time, at the very moment at which its time is over as well."""
    walk = shop()
    walk.two_approve(by="Ada", kind="reply")
    walk.two_approve(by="Ada", kind="replay")
    walk.at += 600
    done(walk)


def forgotten_too_late() -> None:
    """The same where nobody looked in between."""
    walk = shop()
    walk.two_approve(by="Ada", kind="replay")
    walk.time_passes(seconds=960)
    done(walk)


def beyond() -> None:
    """Three shops want what two may have; and one wants twice what it may have once."""
    walk = shop(shops=3)
    done(walk)


def within() -> None:
    """What was done exactly so long ago counts no more, and a moment before it does."""
    walk = shop()
    done(walk)
    loop = walk.agent._loop
    loop.catch_up("merchant:m_1")
    state, budget = loop.state("merchant:m_1"), loop.fold.policy.budgets[1]
    asked = budgets.Asked(key="k", kind="tag", target="desk", issue="i", partition="merchant:m_1", args={})
    assert state.spent
    began = max(one.at for one in state.spent.values())
    assert budgets.over([budget], (), state.spent, asked, began + budget.within_us - 1) != ()
    given: Any = {"key": "k", "issue": "i", "kind": "tag", "target": "desk", "args": {}}
    assert spending.limits(loop.fold.policy, state, **given) != ()


def frozen() -> None:
    """What the host says between the decision and the deed counts."""
    walk = shop()
    walk.two_approve(by="Ada", kind="reply")
    walk.the_host_freezes_a_shop(shop="m_1", frozen=True)
    done(walk)


def unasked() -> None:
    """What is begun by somebody who never asked whether it may is not begun, where it may not."""
    walk = shop()
    walk.two_approve(by="Ada", kind="reply")
    reply = action(walk, "reply")
    walk.the_host_freezes_a_shop(shop="m_1", frozen=True)
    loop = walk.agent._loop
    loop.take(reply.partition, (ActionStarted(at=after(walk.at), key=reply.idempotency_key),))
    assert at(walk, reply).status is not ActionStatus.STARTED


def twice() -> None:
    """Of two issues of a shop that want what it may have once, one gets it."""
    run, one, other = two_issues(policy_with(tags()))
    run.give(*sent(one.idempotency_key, 10), *sent(other.idempotency_key, 20))
    assert newest(run, one.issue).status is ActionStatus.SUCCEEDED
    assert newest(run, other.issue).status is not ActionStatus.SUCCEEDED


def useless() -> None:
    """What did not help is not done again within a day, also where the trouble comes back as another issue."""
    walk = shop()
    done(walk)
    walk.useless = True
    walk.time_passes(seconds=300)
    walk.what_is_planned_is_done(how="in vain")
    assert walk.of_no_use
    for one in list(walk.memory.read("issues", pending=True)):
        walk.agent.resolve(one.id, by="Ada")
    walk.time_passes(seconds=4000)
    walk.time_passes(seconds=4000)
    walk.fails("m_1")
    done(walk)


def halted() -> None:
    """Nothing that cannot be lets anything go on, and no answer counts meanwhile."""
    for what in ("engines", "store", "clock", "error"):
        walk = shop()
        walk.something_cannot_be(what=what)
        walk.somebody_approves(by="Ada", kinds={"reply"})
        done(walk)


def told_to_halt() -> None:
    walk = shop()
    walk.an_operator_acts("halt")
    assert walk.agents[0]._loop.state("merchant:m_1").halted
    done(walk)


def ended() -> None:
    """What was planned for an issue that has ended is not done, and what is not asked for any more neither."""
    walk = shop()
    walk.two_approve(by="Ada", kind="reply")
    for one in list(walk.memory.read("issues", pending=True)):
        walk.agent.resolve(one.id, by="Ada")
    left = [a for a in walk.memory.read("actions", pending=True) if not a.about]
    assert not any(a.status is ActionStatus.PLANNED for a in left)


def withdrawn_from() -> None:
    """What policy takes back after people have approved it is not done, whatever they have said."""
    walk = shop()
    walk.two_approve(by="Ada", kind="reply")
    walk.an_operator_acts("shadow")
    done(walk)
    assert action(walk, "reply").status is not ActionStatus.SUCCEEDED


WALKS: dict[str, Callable[[], None]] = {
    one.__name__: one
    for one in (
        cells, held_severity, missing_weight, unapproved, stranger, alone, forged, new_evidence, refused, late,
        too_late, forgotten_too_late, beyond, within, frozen, unasked, twice, useless, halted, told_to_halt, ended,
        withdrawn_from,
    )
}  # fmt: skip
WALKS |= {f"{name} {given}": guard(name, given) for name in GUARDS for given in ("fails", "missing")}

_approved: Any = Held.approved
_halting: Any = attended.Attended.halted

JUDGED = (fold.Fold._check_due, "if not state.halted:", "if False:")
"""That an issue is judged anew when an action is due: one of two lines that hold what budgets refuse."""

MUTANTS = (
    # The minimum.
    Mutant(decide, "return min(", "return max(", "cells"),
    Mutant(decide, "TABLE[band, severity.high][risk]", "Outcome.AUTO", "cells"),
    Mutant(decide, "mode_cap(mode, risk)", "Outcome.AUTO", "cells"),
    Mutant(decide, ", *caps)", ")", "cells"),
    Mutant(decide, "risk >= g.from_risk", "risk > g.from_risk", "cells"),
    Mutant(guard_cap, "risk >= from_risk", "risk > from_risk", "cells"),
    Mutant(mode_cap, "return Outcome.RECORD", "return Outcome.AUTO", "cells"),
    Mutant(mode_cap, "risk is Risk.R0", "risk <= Risk.R1", "cells"),
    Mutant(mode_cap, "else Outcome.APPROVE1", "else Outcome.AUTO", "cells"),
    # Guards that are dropped, or hold later.
    Mutant(ruling._holding, "if halted:", "if False:", "unhealthy fails"),
    Mutant(ruling._holding, "if suppressed:", "if False:", "suppressed fails"),
    Mutant(ruling._holding, "if assessment.vetoes:", "if False:", "veto fails"),
    Mutant(ruling._holding, "or assessment.kind.category not in _DESKS", "", "unknown_kind fails"),
    Mutant(ruling._holding, "age > microseconds", "age > 9 * microseconds", "stale_evidence fails"),
    Mutant(ruling._holding, "if assessment.kind.systemic:", "if False:", "systemic fails"),
    Mutant(ruling._holding, "if not assessment.score.disjoint:", "if False:", "single_family fails"),
    Mutant(ruling._holding, "if others or", "if", "environment fails"),
    Mutant(ruling._holding, " or not assessment.environments:", ":", "environment missing"),
    Mutant(ruling.rule_on, "    if causes:", "    if False:", "consequence fails"),
    Mutant(ruling.rule_on, "held_severity > severity", "held_severity < severity", "held_severity"),
    Mutant(ruling.rule_on, "mode, guards, [one.guard", "mode, (), [one.guard", "veto fails"),
    Mutant(ruling.rule_on, "[one.guard for one in hosts]", "()", "frozen"),
    Mutant(ruling.rule_on, "if useless is None:", "if False:", "did_not_help missing"),
    Mutant(ruling._unknown, "if value is None", "if False", "veto missing"),
    Mutant(ruling._own, "if not policy.allows(", "if False and policy.allows(", "not_allowed fails"),
    Mutant(ruling._own, "if response.risk != 0 and useless:", "if False:", "did_not_help fails"),
    Mutant(ruling._own, 'if merchant == ""', "if False", "missing_input fails"),
    Mutant(ruling._own, "(merchant is None and any", "(False and any", "missing_input missing"),
    Mutant(ruling._own, 'if not given.get(name, "").isdigit()', "if False", "missing_weight"),
    Mutant(ruling._own, "if found is None:", "if False:", "budget_spent missing"),
    Mutant(ruling._own, "    if missing:", "    if False:", "stale_evidence missing"),
    Mutant(ruling._own, "for limit in found or ():", "for limit in ():", "budget_closed fails"),
    Mutant(ruling._of_host, "return held_by(", "return () and held_by(", "frozen"),
    Mutant(guards._held, "if said is False:", "if said is not None:", "frozen"),
    Mutant(policy.Policy.allows, "return not self", "return True or self", "not_allowed fails"),
    # What an approval is, and whose it may be.
    Mutant(people.refusal, "if people.persons and person is None:", "if False:", "stranger"),
    Mutant(people.refusal, "not person.roles.intersection(roles)", "False", "stranger"),
    Mutant(people.refusal, "same_name(by) in barred:", "False:", "stranger"),
    Mutant(people.barred, "for rule in rules if rule.author", "for rule in rules if False", "stranger"),
    Mutant(_approved.fget, "enough(self.actions[k].outcome, by)", "by", "alone"),
    Mutant(outbox.answer, "if action.binding != item.binding:", "if False:", "forged"),
    Mutant(outbox.answer, " or held.actions[item.target].status is not ActionStatus.WAITING:", ":", "refused"),
    Mutant(outbox.answer, "if why:", "if False:", "stranger"),
    Mutant(outbox.answer, "if enough else ActionStatus.WAITING", "", "alone"),
    Mutant(outbox.answer, "+ policy.execution_lasts", "+ 9 * policy.execution_lasts", "too_late"),
    Mutant(proposing.propose, "if status is ActionStatus.WAITING else None", "if False else None", "late"),
    Mutant(outbox.adopt, "known.binding != action.binding", "False", "new_evidence"),
    # Between the decision and the deed.
    Mutant(fold.Fold._check_due, "if not state.halted:", "if False:", "frozen"),
    Mutant(fold.Fold._consume, "self._check_due(state, key, None, effects)", "pass", "unasked"),
    Mutant(fold.Fold._check_due, 'beyond = "; ".join(limit.words for limit in hard)', 'beyond = ""', "twice", JUDGED),
    Mutant(outbox.check_due, "(allowed and not beyond)", "allowed", "beyond", JUDGED),
    Mutant(outbox.check_due, "if state.halted or (", "if True or (", "twice", JUDGED),
    Mutant(
        proposing._succeed,
        "enough(proposed.outcome, answers.get(existing.idempotency_key, ()))",
        "True or True",
        "withdrawn_from",
    ),
    Mutant(persons.act_on, "state.halted = why_halted(by=item.by, why=item.why)", "state.halted = ''", "told_to_halt"),
    Mutant(breaker.Breaker._outage, "self.tripped = why", "pass", "halted"),
    Mutant(breaker.Breaker.clock_wrong, "now >= before - BACKWARDS", "True", "halted"),
    # What may be done in a while, and what is of no use.
    Mutant(spending.limits, "return (*found, *shut)", "return ()", "within"),
    Mutant(spending.spend, "if action.risk == Risk.R0:", "if True:", "within"),
    Mutant(spending.claim, "found = over(shared", "found = () and over(shared", "beyond"),
    Mutant(budgets._over, "if excess <= 0:", "if excess <= 1:", "within"),
    Mutant(budgets._counts, "one.at <= now - budget.within_us", "one.at <= now - budget.within_us + 1", "within"),
    Mutant(verifying.found, 'if result.effect != "did_not_help":', "if True:", "useless"),
    Mutant(verifying._why, "if one.done:", "if False:", "useless"),
    Mutant(verifying.look_later, "and result.verify_after_s", "and False", "useless"),
)
