"""Questions of several merchants: one gap in the documentation, and an issue at each merchant who asked."""

from __future__ import annotations

from collections.abc import Iterable

from migro import Agent, IssueKind, Rule, RuleSet, VolatileMemory, on, supports
from migro.agent.fold import Fold
from migro.models import Band, IssueStatus, Severity, Signal, SignalRelayed, StepAsked
from migro.packs.headless import RULES
from migro.packs.headless.specimens import ticket
from migro.replay import replay
from tests.agent import related

FOLD = Fold(RULES)
_DAY = 86_400


def asks(shop: str, at: int = 0, step: str = "checkout_domain", **fields: object) -> Signal:
    return ticket(at, "intent.how_to", cluster=step, merchant=shop, ticket_id=f"t-{at}", **fields)


def opened(signals: Iterable[Signal]) -> dict[tuple[str, str | None], Severity]:
    """Return what is open in the end about documentation, by kind and merchant."""
    memory = VolatileMemory()
    host = Agent(rules=RULES, memory=memory)
    for signal in signals:
        host.tick(signal.received_at)
        host.handle(signal)
    assert replay(memory, FOLD).different == 0
    found = [i for i in memory.read("issues") if i.category == "docs" and i.status is IssueStatus.OPEN]
    assert all(i.band is Band.MID for i in found)
    return {(i.kind, i.merchant): i.severity for i in found}


def test_one_letter_each_of_three_merchants_is_found_at_each_and_at_one_who_asks_later() -> None:
    letters = [asks("a"), asks("b", _DAY), asks("c", _DAY + 60), asks("d", 3 * _DAY), asks("e", 3 * _DAY, "webhooks")]

    found: dict[tuple[str, str | None], Severity] = {("documentation_gap", None): Severity.SEV4}
    found |= {("documentation_confusion", shop): Severity.SEV4 for shop in "abcd"}
    assert opened(letters) == found


def test_two_letters_or_three_about_different_steps_or_of_different_weeks_are_none() -> None:
    two = [asks("a"), asks("b", 60)]
    others = [asks("c", 90, "webhooks"), asks("c", 95, author="agent"), asks("c", 8 * _DAY)]

    assert opened([*two, *others]) == {}


def test_who_asks_while_something_is_broken_asks_about_that() -> None:
    asked = IssueKind[str]("asked", category="docs", per=("cluster",), systemic=True)
    heard = Rule("asked", when=on(StepAsked, per=StepAsked.cluster), then=supports(asked, 140, family="a"))
    memory = VolatileMemory()
    host = Agent(rules=RuleSet("asking", related.RULES, heard), memory=memory)
    for shop in ("m_1", "m_2"):
        letter = asks(shop, 90 - _DAY)
        host.handle_all([*([related.failure(0, shop)] if shop == "m_1" else []), letter])

    relayed = [e.input.signal for e in memory.read("journal") if isinstance(e.input, SignalRelayed)]
    assert [(s.kind, s.merchant, dict(s.ids)) for s in relayed] == [
        ("migro.step_asked", "m_2", {"cluster": "checkout_domain"})
    ]
