"""The order in which open issues are looked at: by what is at risk and who is affected, and by nothing else."""

from __future__ import annotations

from datetime import timedelta
from fractions import Fraction
from random import Random
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from migro.agent import Agent
from migro.history import priorities, unmatched
from migro.models import Affected, Estimate, Impact, Issue, MerchantId, Severity, Signal
from migro.remember import VolatileMemory
from migro.testing import START, sample_issue

from ..agent.world import RULES, call, stranger
from ..effort import cases


def impact(
    high: int | None = None, *, low: int = 0, share: str | None = None, people: int = 0, **fields: Any
) -> Impact:
    who = (Affected(role="anyone", low=people, high=people, method="counted"),) if people else ()
    money = {} if high is None else {"revenue_low": 0, "revenue_high": high, "currency": "EUR"}
    return Impact(share_lost=share, customers=who, **{**money, **fields})


def issue(n: int, given: Impact, **fields: Any) -> Issue:
    first = START + timedelta(minutes=n)
    return sample_issue().model_copy(update={"id": f"iss_{n:03}", "impact": given, "first_seen": first, **fields})


def order(*issues: Issue) -> list[str]:
    return [p.issue.id for p in priorities(issues)]


def test_the_larger_share_of_its_usual_revenue_stands_first_whatever_the_currency() -> None:
    yen = issue(1, impact(9_000, currency="JPY", usual_revenue="90000", share="1/2"))
    euro = issue(2, impact(300, usual_revenue="1000", share="1/10"))

    assert order(yen, euro) == ["iss_002", "iss_001"]
    assert priorities([euro])[0].because == (
        "30.0 % of usual revenue at risk; 0.00 EUR to 3.00 EUR per minute; people affected unknown"
    )


def test_at_equal_shares_money_then_people_then_age_decide() -> None:
    rich, poor = issue(1, impact(10, share="1/2")), issue(2, impact(900, share="1/2"))
    few, many = issue(3, impact(share="1/4", people=2)), issue(4, impact(share="1/4", people=9))
    young, old = issue(6, impact(share="1/8")), issue(5, impact(share="1/8"))

    assert order(young, old, few, many, rich, poor) == [f"iss_00{n}" for n in (2, 1, 4, 3, 5, 6)]


def test_what_is_known_by_amount_alone_stands_behind_and_what_is_unknown_last() -> None:
    taken = Estimate(method="charged again", per="once", currency="EUR", amount="7000", factors=())
    stake = issue(1, impact(exposures=(taken,)))
    nothing, share = issue(2, Impact()), issue(3, impact(share="1/100"))

    assert order(nothing, stake, share) == ["iss_003", "iss_001", "iss_002"]
    assert priorities([nothing])[0].because == "no share known; value unknown; people affected unknown"
    assert "charged again 70.00 EUR" in priorities([stake])[0].because


IMPACTS = st.builds(
    lambda high, share, people, usual: impact(high, share=share, people=people, usual_revenue=usual),
    st.none() | st.integers(0, 99),
    st.none() | st.sampled_from(("0/1", "1/10", "1/2", "1/1")),
    st.integers(0, 3),
    st.none() | st.sampled_from(("50", "100")),
)


@settings(max_examples=cases(60))
@given(st.lists(IMPACTS, min_size=2, max_size=8), st.randoms(use_true_random=False))
def test_the_order_is_total_and_reads_nothing_but_impact_and_age(impacts: list[Impact], r: Random) -> None:
    issues = [issue(n, given) for n, given in enumerate(impacts)]
    shuffled = r.sample(issues, len(issues))
    worse = [i.model_copy(update={"severity": r.choice(list(Severity)), "points": r.randrange(99)}) for i in shuffled]

    assert order(*issues) == order(*shuffled) == order(*worse)
    shares = [p.share for p in priorities(issues)]
    assert shares == sorted(shares, key=lambda s: (s is None, -(s or Fraction(0))))


def test_signals_that_no_rule_has_read_are_counted_by_what_they_are() -> None:
    memory = VolatileMemory()
    agent = Agent(rules=RULES, memory=memory)
    odd: dict[str, Any] = {"merchant": MerchantId("m_1"), "env": "production", "kind": "unknown", "provider": "acme"}
    for n in range(3):
        agent.handle(Signal(occurred_at=START, dedup_key=f"u{n}", attrs={"reason": "expected JSON, got text"}, **odd))
    newest = Signal(
        occurred_at=START + timedelta(minutes=9), dedup_key="p", kind="parcel.moved", topic="parcel", env="production"
    )
    agent.handle(newest)
    agent.handle(stranger(1, 60))
    agent.handle(call(1, 61))
    found = unmatched(memory)

    assert [(u.kind, u.provider, u.topic, u.count, u.serious, u.merchants) for u in found] == [
        ("unknown", "acme", "unknown", 3, 0, 1),
        ("parcel.moved", "host", "parcel", 1, 0, 0),
        ("world.strange", "host", "world.strange", 1, 1, 1),
    ]
    assert found[0].reason == "not understood: expected JSON, got text"
    assert found[2].reason == "no rule explains it, and it looks serious"
    assert (found[1].first, found[1].last) == (newest.received_at, newest.received_at)
    assert unmatched(memory, since=START + timedelta(days=900)) == ()
