"""
A first rule in a host program: a signal class, a rule, an actuator of one's own, an explained decision.

Install with ``pip install .`` in the repository, run with ``python examples/first_rule.py``.
"""

from datetime import UTC, datetime

from migro import Action, ActionResult, Agent, Attr, IssueKind, MerchantId, Response, Risk, Rule, Signal
from migro import VolatileMemory, minutes, on, supports


class Checkout(Signal, kind="checkout.response"):
    code: Attr[int]


class Pager:
    kinds = frozenset({"notify"})

    def execute(self, action: Action) -> ActionResult:
        print("PAGER:", action.target, action.issue)
        return ActionResult(status="succeeded")


down = IssueKind[MerchantId]("checkout_down", category="checkout", responses=(Response("notify", Risk.R0, "on_call"),))
failing = on(Checkout, Checkout.code >= 500, per=Checkout.merchant).at_least(3, within=minutes(5))
burst = Rule("checkout.5xx-burst", when=failing, then=supports(down, 105, family="http"))
agent = Agent(rules=[burst], memory=VolatileMemory(), actuators=[Pager()], live=True)
for minute in range(3):
    at = datetime(2026, 3, 1, 9, minute, tzinfo=UTC)
    for decision in agent.handle(Checkout(merchant=MerchantId("m_42"), occurred_at=at, code=502)):
        print(decision.explain())
agent.drain()
