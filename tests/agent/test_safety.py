"""Safety: whatever happens in whatever order, nothing forbidden and nothing unapproved is executed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from datetime import timedelta
from typing import Any, ClassVar

import attrs
import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule

from migro.agent import Agent
from migro.decide import Budget, Guard, People, Person, same_name
from migro.errors import StoreUnavailable
from migro.expressions import UNSET, Maybe, fact
from migro.models import (
    Accepted,
    Action,
    ActionResult,
    ActionStatus,
    Capability,
    Effect,
    Input,
    MerchantId,
    Outcome,
    Parameters,
    PersonActed,
    Risk,
    RunMode,
    Signal,
    SignalReceived,
    Standing,
    StepRecord,
)
from migro.remember import VolatileMemory
from migro.rules import RuleSet
from tests.agent.world import OPEN_POLICY, RULES, after, call, outage, probe
from tests.effort import cases

LASTING = RuleSet(
    "safety",
    *(
        attrs.evolve(r, lasts=timedelta(minutes=40), author="Ben" if r.id == "probe" else "")
        for r in RULES
        if r.then.kind.name == "down"
    ),
)
PEOPLE = People(
    persons=(
        Person(name="Ada", roles={"on_call", "owner"}),
        Person(name="Ben", roles={"on_call", "owner"}),
        Person(name="Cem", roles={"desk"}),
        Person(name="Dora", roles={"owner"}),
        Person(name="Emil", roles={"finance"}),
    )
)
LIMIT = Budget(name="tags", limit=2, within=timedelta(minutes=10), kinds=frozenset({"tag"}), per="everywhere")
ONE_SHOP = Budget(name="tags of a shop", limit=1, within=timedelta(minutes=10), kinds=frozenset({"tag"}))


class Freeze(Signal, kind="safety.freeze"):
    """Whether the host lets anything be changed in a shop."""

    frozen: Maybe[bool] = UNSET


FREEZE = Guard(
    name="freeze",
    holds=lambda asked: asked.facts["frozen"],
    version="1",
    meaning="nothing may be changed",
    cap=Outcome.RECORD,
    reads={"frozen": fact(Freeze.frozen, default=False)},
)
POLICY = attrs.evolve(
    OPEN_POLICY,
    people=PEOPLE,
    budgets=(LIMIT, ONE_SHOP),
    approval_lasts=timedelta(minutes=20),
    execution_lasts=timedelta(minutes=10),
    guards=(FREEZE,),
)
SHOPS = ("m_1", "m_2", "m_3")
DAY = 24 * 3600
NAMES = ("Ada", "ada ", "Ben", "Cem", "Dora", "Emil", "Eve")
MAY: dict[Risk, frozenset[str]] = {
    Risk.R1: frozenset({"ada", "dora"}),
    Risk.R2: frozenset({"ada", "dora"}),
    Risk.R3: frozenset({"ada", "dora", "emil"}),
}
"""Who may approve, written down apart from the code that says so: Ben wrote a rule."""


class Nothing(Parameters):
    """No arguments."""


class Words(Parameters):
    text: str = ""


class Crash(BaseException):
    """What ends a process while its actuator works."""


class Disk(VolatileMemory):
    """A memory that refuses to store as often as it is told to."""

    refuses = 0

    def _refuse(self) -> None:
        if self.refuses:
            self.refuses -= 1
            raise StoreUnavailable("expected room on the disk, got none")

    def accept(self, partition: str, inputs: Sequence[Input]) -> tuple[Accepted, ...]:
        self._refuse()
        return super().accept(partition, inputs)

    def commit(self, partition: str, expected: int, steps: Sequence[StepRecord]) -> None:
        self._refuse()
        super().commit(partition, expected, steps)


class Hands:
    """Hands that ask before they do anything; a receiver that honours keys, and can be asked."""

    def __init__(self, look: Callable[[Action], ActionResult], helps: Callable[[Action], Effect]) -> None:
        self._look, self._helps = look, helps
        self.done: set[str] = set()

    @property
    def capabilities(self) -> dict[str, Capability]:
        risks = {"notify": Risk.R0, "tag": Risk.R1, "reply": Risk.R2, "replay": Risk.R3, "refund": Risk.R4}
        return {
            kind: Capability(
                kind=kind,
                risk=risk,
                parameters=Words if kind == "notify" else Nothing,
                idempotency="check",
                reversible=True,
                verify_after=timedelta(minutes=2) if kind == "tag" else None,
            )
            for kind, risk in risks.items()
        }

    @property
    def kinds(self) -> frozenset[str]:
        return frozenset(self.capabilities)

    def execute(self, action: Action) -> ActionResult:
        result = self._look(action)
        if result.status == "succeeded":
            self.done.add(action.idempotency_key)
        return result

    def check(self, action: Action) -> Standing:
        return "done" if action.idempotency_key in self.done else "not_done"

    def verify(self, action: Action) -> Effect:
        return self._helps(action)


class Safety(RuleBasedStateMachine):
    """A shop with people, a clock of its own, and an actuator that looks at everything it is told to do."""

    shops: ClassVar[tuple[str, ...]] = SHOPS
    executed: ClassVar[Counter[str]] = Counter()
    stepped: ClassVar[Counter[str]] = Counter()

    @initialize(eager=st.booleans())
    def begin(self, eager: bool) -> None:
        self.eager = eager
        self.at, self.skew, self.number = 0, 0, 0
        self.broken = self.useless = self.crashes = False
        self.halted, self.mode = "", RunMode.AUTO
        self.given: dict[tuple[str, str], set[str]] = {}
        self.enough: dict[tuple[str, str], int] = {}
        self.refused: set[str] = set()
        self.begun: set[str] = set()
        self.frozen: set[str] = set()
        self.of_no_use: dict[str, int] = {}
        self.tags: list[tuple[int, str]] = []
        self.wrong: list[str] = []
        self.memory = Disk()
        self.hands = Hands(self.look, self.helps)
        self.agents = [self.start(), self.start()]
        for shop in self.shops:
            self.fails(shop)

    @property
    def agent(self) -> Agent:
        """Each of two processes in turn."""
        self.agents.reverse()
        return self.agents[0]

    def start(self) -> Agent:
        return Agent(
            rules=LASTING,
            memory=self.memory,
            policy=POLICY,
            actuators=[self.hands],
            live=True,
            alarm=lambda text: None,
            now=lambda: after(self.at + self.skew),
        )

    def look(self, action: Action) -> ActionResult:
        """Note what is about to be done against what was said; what an actuator raises would be a failure of it."""
        self.wrong.extend(f"{action.kind}: {wrong}" for wrong in self.mistakes(action))
        self.begun.add(action.idempotency_key)
        if self.crashes:
            self.crashes = False
            raise Crash
        if action.kind == "tag" and not self.broken:
            self.tags.append((self.at, action.partition))
        self.executed[action.kind] += 1
        return ActionResult(status="failed" if self.broken else "succeeded")

    def helps(self, action: Action) -> Effect:
        self.stepped["looks whether it has helped"] += 1
        if not self.useless:
            return "helped"
        self.of_no_use[action.partition] = self.at
        return "did_not_help"

    def mistakes(self, action: Action) -> Iterator[str]:
        place = action.idempotency_key, action.binding
        by = self.given.get(place, set())
        asked = action.risk >= Risk.R2 or (self.mode is RunMode.ASSIST and action.risk > Risk.R0)
        if self.halted:
            yield f"automation is halted: {self.halted}"
        if action.risk is Risk.R4:
            yield "what is irreversible is never done"
        if action.idempotency_key in self.hands.done:
            yield "it was done before"
        if action.idempotency_key in self.begun:
            return  # its process ended while it was done; what held then has let it begin
        if self.mode < RunMode.ASSIST:
            yield "automation is in the shadow"
        if action.idempotency_key in self.refused:
            yield "somebody refused it"
        if asked and len(by) < (2 if action.risk is Risk.R3 else 1):
            yield f"approved by {by or 'nobody'}"
        if asked and self.enough.get(place, self.at) <= self.at - 600:
            yield "approved too long ago"
        if action.risk > Risk.R0 and action.partition in self.frozen:
            yield "the host has frozen the shop"
        if action.kind == "tag" and self.of_no_use.get(action.partition, -DAY) > self.at - DAY:
            yield "it did not help"
        recent = [shop for at, shop in self.tags if at > self.at - 600]
        if action.kind == "tag" and not by and (len(recent) >= 2 or action.partition in recent):
            yield f"beyond its budget: {recent}"

    def waiting(self) -> list[Action]:
        found = self.memory.read("actions", pending=True)
        return sorted((a for a in found if a.status is ActionStatus.WAITING), key=lambda a: a.idempotency_key)

    def fails(self, shop: str) -> None:
        for _ in range(3):
            self.number += 1
            self.agent.handle(call(self.number, self.at, merchant=shop))
        self.agent.handle(probe(self.number, self.at, merchant=shop))

    @rule(shop=st.sampled_from(SHOPS))
    def something_fails(self, shop: str) -> None:
        self.fails(shop)
        self.act()

    @rule(good=st.booleans())
    def something_else_is_seen(self, good: bool) -> None:
        self.number += 1
        signal = probe(self.number, self.at, ok=True) if good else outage(self.number, self.at)
        self.agent.handle(signal)
        self.act()

    @rule(shop=st.sampled_from(SHOPS), frozen=st.booleans())
    def the_host_freezes_a_shop(self, shop: str, frozen: bool) -> None:
        self.number += 1
        told = Freeze(
            merchant=MerchantId(shop),
            env="production",
            # Of what is told of one microsecond the greatest id counts, and not what came last.
            occurred_at=after(self.at) + timedelta(microseconds=self.number),
            frozen=frozen,
            dedup_key=f"freeze-{self.number}",
        )
        self.agent.handle(told)
        (self.frozen.add if frozen else self.frozen.discard)(f"merchant:{shop}")
        self.act()

    @rule(seconds=st.sampled_from([1, 60, 300, 599, 600, 960, 1200, 2401, 4000]))
    def time_passes(self, seconds: int) -> None:
        self.at += seconds
        self.agent.tick(after(self.at))
        self.act()

    @rule(by=st.sampled_from(NAMES), kinds=st.sets(st.sampled_from(["tag", "reply", "replay"]), min_size=1))
    def somebody_approves(self, by: str, kinds: set[str]) -> None:
        for action in self.waiting():
            if action.kind in kinds:
                self.says(action, "approve", by, action.binding)
        self.act()

    @rule(by=st.sampled_from(NAMES), kind=st.sampled_from(["tag", "reply", "replay"]))
    def two_approve(self, by: str, kind: str) -> None:
        for action in self.waiting():
            if action.kind == kind:
                self.says(action, "approve", "Dora", action.binding)
                self.says(action, "approve", by, action.binding)
        self.act()

    @rule(by=st.sampled_from(NAMES), pick=st.integers(0, 9))
    def somebody_rejects(self, by: str, pick: int) -> None:
        for action in self.waiting()[pick : pick + 1]:
            self.says(action, "reject", by, action.binding)
        self.act()

    @rule(by=st.sampled_from(["Ada of yesterday", "Ben", "Cem", "Eve"]))
    def whoever_may_not_approves_everything(self, by: str) -> None:
        name, _, old = by.partition(" of ")
        for action in self.waiting():
            self.says(action, "approve", name, "bind_of_yesterday" if old else action.binding)
        self.act()

    def act(self) -> None:
        self.stepped["steps"] += 1
        if self.eager:
            self.drains()
        assert self.wrong == []

    def drains(self) -> None:
        try:
            self.agent.drain()
        except Crash:
            self.stepped["processes that end while an actuator works"] += 1
            self.agents[0] = self.start()

    def says(self, action: Action, verb: Any, by: str, binding: str) -> None:
        self.number += 1
        key = action.idempotency_key
        late = action.expires_at is not None and after(self.at) >= action.expires_at
        said = PersonActed(
            at=after(self.at), verb=verb, by=by, target=key, binding=binding, why=f"answer {self.number}"
        )
        self.agent.tell(action.partition, said)
        if late or same_name(by) not in MAY[action.risk] or binding != action.binding:
            return
        if verb == "reject":
            self.refused.add(key)
        elif not self.halted:
            given = self.given.setdefault((key, binding), set())
            given.add(same_name(by))
            if len(given) >= (2 if action.outcome is Outcome.APPROVE2 else 1):
                self.enough.setdefault((key, binding), self.at)

    @rule(what=st.sampled_from(["halt", "resume", "shadow", "assist", "auto"]))
    def an_operator_acts(self, what: str) -> None:
        self.number += 1
        why = f"{what} {self.number}"
        if what == "halt":
            self.agent.halt(by="Ada", why=why)
            self.halted = what
        elif what == "resume":
            self.agent.resume(by="Ada", why=why)
            self.halted = ""
        else:
            self.mode = RunMode.named(what)
            self.agent.set_mode(self.mode, by="Ada", why=why)
        self.act()

    @rule(how=st.sampled_from(["well", "failing", "crashing", "in vain"]))
    def what_is_planned_is_done(self, how: str) -> None:
        self.broken, self.crashes, self.useless = how == "failing", how == "crashing", how == "in vain"
        self.drains()
        self.broken = self.crashes = False
        assert self.wrong == []

    @rule(what=st.sampled_from(["engines", "store", "clock", "error"]))
    def something_cannot_be(self, what: str) -> None:
        self.number += 1
        self.stepped[f"halts by {what}"] += 1
        signal, agent = call(self.number, self.at), self.agent
        if what == "engines":
            agent.trip(f"engines disagree at {self.number}")
        elif what == "store":
            self.memory.refuses = 1
            with pytest.raises(StoreUnavailable):
                agent.handle(signal)
        elif what == "clock":
            agent.handle(signal)
            self.number, self.skew = self.number + 1, -86_400
            agent.handle(call(self.number, self.at))
            self.skew = 0
        else:
            self.stumble(agent, signal)
        self.halted = self.halted or what
        assert agent.halted
        # Where the journal does not say so yet, this process knows, and its next input tells the other.
        agent.handle(call(self.number, self.at))
        self.act()

    def stumble(self, agent: Agent, signal: Signal) -> None:
        advance = agent.fold.advance

        def stumbling(state: Any, seq: int, item: Input) -> Any:
            if isinstance(item, SignalReceived) and item.signal.id == signal.id:
                raise LookupError("nobody foresaw this")
            return advance(state, seq, item)

        agent.fold.advance = stumbling  # type: ignore[method-assign]
        agent.handle(signal)
        agent.fold.advance = advance  # type: ignore[method-assign]

    @rule()
    def a_process_is_started_anew(self) -> None:
        self.agents[0] = self.start()
        self.act()

    @rule()
    def all_is_well_with_the_loop(self) -> None:
        """Let automation go on as it should: otherwise most walks end in a halt."""
        self.an_operator_acts("resume")
        self.an_operator_acts("auto")


def test_no_path_executes_what_is_forbidden_or_unapproved() -> None:
    Safety.executed.clear()
    Safety.stepped.clear()
    Safety.TestCase.settings = settings(max_examples=cases(30), stateful_step_count=20, deadline=None)
    Safety.TestCase("runTest").runTest()

    assert Safety.executed["refund"] == 0
    assert Safety.executed["notify"] > 0


def test_what_is_allowed_and_approved_is_done() -> None:
    walk = Safety()
    Safety.executed.clear()
    walk.begin(eager=True)
    walk.act()
    walk.two_approve(by="Ada", kind="replay")
    walk.somebody_approves(by="Ada", kinds={"reply", "tag"})

    assert Safety.executed == {"notify": 3, "tag": 3, "reply": 3, "replay": 3}
