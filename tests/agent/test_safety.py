"""Safety: whatever happens in whatever order, nothing forbidden and nothing unapproved is executed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from typing import Any, ClassVar

import attrs
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule

from migro.act import RecordingActuator
from migro.agent import Agent
from migro.decide import Budget, People, Person, same_name
from migro.models import Action, ActionResult, ActionStatus, PersonActed, Risk, RunMode
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
POLICY = attrs.evolve(
    OPEN_POLICY, people=PEOPLE, budgets=(LIMIT, ONE_SHOP), approval_lasts=timedelta(minutes=20),
)  # fmt: skip
NAMES = ("Ada", "ada ", "Ben", "Cem", "Dora", "Emil", "Eve")
MAY: dict[Risk, frozenset[str]] = {
    Risk.R1: frozenset({"ada", "dora"}),
    Risk.R2: frozenset({"ada", "dora"}),
    Risk.R3: frozenset({"ada", "dora", "emil"}),
}
"""Who may approve, written down apart from the code that says so: Ben wrote a rule."""


class Safety(RuleBasedStateMachine):
    """A shop with people, a clock of its own, and an actuator that looks at everything it is told to do."""

    executed: ClassVar[Counter[str]] = Counter()

    @initialize(eager=st.booleans())
    def begin(self, eager: bool) -> None:
        self.eager = eager
        self.at, self.number, self.broken = 0, 0, False
        self.halted, self.mode = "", RunMode.AUTO
        self.given: dict[tuple[str, str], set[str]] = {}
        self.refused: set[str] = set()
        self.tags: list[tuple[int, str]] = []
        self.wrong: list[str] = []
        self.memory = VolatileMemory()
        self.hands = RecordingActuator(["notify", "tag", "reply", "replay", "refund"], answer=self.look)
        self.agent = Agent(
            rules=LASTING,
            memory=self.memory,
            policy=POLICY,
            actuators=[self.hands],
            live=True,
            now=lambda: after(self.at),
        )
        for shop in ("m_1", "m_2", "m_3"):
            self.fails(shop)

    def look(self, action: Action) -> ActionResult:
        """Note what is about to be done against what was said; what an actuator raises would be a failure of it."""
        self.wrong.extend(f"{action.kind}: {wrong}" for wrong in self.mistakes(action))
        if action.kind == "tag" and not self.broken:
            self.tags.append((self.at, action.partition))
        self.executed[action.kind] += 1
        return ActionResult(status="failed" if self.broken else "succeeded")

    def mistakes(self, action: Action) -> Iterator[str]:
        by = self.given.get((action.idempotency_key, action.binding), set())
        asked = action.risk >= Risk.R2 or (self.mode is RunMode.ASSIST and action.risk > Risk.R0)
        if self.halted or self.mode < RunMode.ASSIST:
            yield "automation is halted, or in the shadow"
        if action.risk is Risk.R4:
            yield "what is irreversible is never done"
        if action.idempotency_key in self.refused:
            yield "somebody refused it"
        if asked and len(by) < (2 if action.risk is Risk.R3 else 1):
            yield f"approved by {by or 'nobody'}"
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

    @rule(shop=st.sampled_from(["m_1", "m_2", "m_3"]))
    def something_fails(self, shop: str) -> None:
        self.fails(shop)
        self.act()

    @rule(good=st.booleans())
    def something_else_is_seen(self, good: bool) -> None:
        self.number += 1
        signal = probe(self.number, self.at, ok=True) if good else outage(self.number, self.at)
        self.agent.handle(signal)
        self.act()

    @rule(seconds=st.sampled_from([1, 60, 300, 599, 600, 960, 1200, 2401]))
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
        if self.eager:
            self.agent.drain()
        assert self.wrong == []

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
            self.given.setdefault((key, binding), set()).add(same_name(by))

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

    @rule(broken=st.booleans())
    def what_is_planned_is_done(self, broken: bool) -> None:
        self.broken = broken
        self.agent.drain()
        self.broken = False
        assert self.wrong == []

    @rule()
    def all_is_well_with_the_loop(self) -> None:
        """Let automation go on as it should: otherwise most walks end in a halt."""
        self.an_operator_acts("resume")
        self.an_operator_acts("auto")


def test_no_path_executes_what_is_forbidden_or_unapproved() -> None:
    Safety.executed.clear()
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
