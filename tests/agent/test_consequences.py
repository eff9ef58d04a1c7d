"""What follows from what: within a merchant, from the platform to its merchants, and by a person's word."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import attrs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from migro import Agent
from migro.agent.naming import HostsAbout, parties_of, things_of
from migro.agent.state import Held, Report, State
from migro.agent.systemic import beyond_platform
from migro.decide import recompute
from migro.errors import InputError, NotFound
from migro.expressions import minutes
from migro.models import (
    Attention,
    CauseChanged,
    Decision,
    Issue,
    IssueChanged,
    MerchantId,
    Outcome,
    PersonActed,
    Severity,
    Signal,
)
from migro.packs.headless import RULES as HEADLESS
from migro.remember import VolatileMemory
from migro.replay import replay
from migro.testing.samples import sample_issue
from tests.agent.related import SYSTEMIC, T0, after, agent, delay, delivery, doubt, failure, lost, mismatch, release
from tests.agent.world import Run, conserved
from tests.effort import cases

few = settings(max_examples=cases(10), deadline=None)
SHOPS = ("m_1", "m_2", "m_3", "m_4")


def newest(decisions: list[Decision], kind: str, shop: str | None = "m_1") -> Decision:
    return [d for d in decisions if d.issue.kind == kind and d.merchant == shop][-1]


def play(*signals: Signal, on: Agent | None = None) -> list[Decision]:
    chosen = on or agent()
    return [d for s in signals for d in (*chosen.tick(s.received_at), *chosen.handle(s))]


def pages(decisions: list[Decision], kind: str) -> list[Any]:
    actions = [a for d in decisions if d.issue.kind == kind for a in d.actions]
    return [a for a in actions if a.target == "on_call" and a.outcome is Outcome.AUTO]


# --- within a merchant -----------------------------------------------------------------------------------------------


def test_what_follows_names_its_cause_and_what_both_share_and_wakes_nobody_again() -> None:
    decisions = play(release(0), failure(60))
    cause, child = newest(decisions, "bad_release"), newest(decisions, "down")
    found = child.explanation.cause

    assert found is not None
    assert child.issue.parent == cause.issue.id == found.issue
    assert found.shared == ("route /cart",)
    assert (cause.attention, child.attention) == (Attention.PAGE, Attention.REVIEW)
    assert len(pages(decisions, "bad_release")) == 1
    assert pages(decisions, "down") == []
    assert [a.outcome for a in child.actions if a.target == "merchant_contact"] == [Outcome.APPROVE1]
    assert f"Follows    bad_release {cause.issue.id}: both name route /cart" in child.explain().text()
    assert "it is told under bad_release" in child.explain().text()
    assert [recompute(d) for d in decisions] == [()] * len(decisions)


def test_a_record_whose_parent_does_not_follow_from_it_is_found_out() -> None:
    child = newest(play(release(0), failure(60)), "down")
    cause = child.explanation.cause
    assert cause is not None

    def changed(**fields: Any) -> tuple[str, ...]:
        explanation = child.explanation.model_copy(update={"cause": cause.model_copy(update=fields)})
        return recompute(child.model_copy(update={"explanation": explanation}))

    assert any(w.startswith("parent:") for w in changed(issue="iss_other"))
    assert any("both name" in w for w in changed(shared=()))
    assert any("before" in w for w in changed(cause_began=cause.began - timedelta(hours=2)))


def test_what_names_nothing_in_common_is_a_coincidence() -> None:
    decisions = play(release(0, route="/search"), failure(60), delay(70))

    assert newest(decisions, "down").issue.parent is None
    assert newest(decisions, "slow").issue.parent is None
    assert len(pages(decisions, "down")) == 1


@pytest.mark.parametrize(
    ("provider", "follows"), [("stripe", False), ("paypal", True), ("", True)], ids=["another", "the same", "unnamed"]
)
def test_what_one_provider_does_wrong_accounts_for_nothing_of_another(provider: str, follows: bool) -> None:
    child = newest(play(mismatch(0, "paypal"), lost(60, provider)), "payment_lost")

    assert (child.issue.parent is not None) is follows
    assert (child.attention is Attention.PAGE) is not follows


def test_what_comes_long_after_is_no_consequence() -> None:
    shared = [release(at, n=at) for at in range(0, 901, 300)]

    assert newest(play(*shared, failure(900, n=9)), "down").issue.parent is not None
    assert newest(play(*shared, failure(901)), "down").issue.parent is None


def test_what_was_only_watched_before_its_cause_follows_from_it_once_it_is_sure() -> None:
    decisions = play(doubt(0), release(1800), failure(1860))
    cause = newest(decisions, "down").explanation.cause

    assert decisions[0].issue.status.value == "watching"
    assert newest(decisions, "down").issue.parent == newest(decisions, "bad_release").issue.id
    assert cause is not None
    assert cause.began == after(1860)
    assert [recompute(d) for d in decisions] == [()] * len(decisions)


def test_what_was_told_before_its_cause_does_not_follow_from_it() -> None:
    again = [failure(at, n=at) for at in range(0, 1801, 600)]

    assert newest(play(*again, release(1860), failure(1900)), "down").issue.parent is None


@pytest.mark.parametrize(
    ("host", "measures"),
    [
        ("www.googletagmanager.com", True),
        ("gtm.shop.example", True),
        ("region1.google-analytics.com", True),
        ("pay.example", False),
        ("stage.example", False),
        ("", False),
    ],
)
def test_a_host_that_measures_visitors_is_about_tracking_where_a_browser_speaks_of_it(
    host: str, measures: bool
) -> None:
    def named(kind: str, hosts_about: HostsAbout = HEADLESS.hosts_about) -> tuple[str, ...]:
        said = Signal(
            kind=kind,
            merchant=MerchantId("m_1"),
            env="production",
            occurred_at=T0,
            source_kind="rum",
            attrs={"host": host},
        )
        return things_of(said, hosts_about)

    assert ("about tracking" in named("rum.csp")) is measures
    assert "about tracking" not in named("http.request")
    assert "about tracking" not in named("rum.csp", {})


def test_rules_say_what_hosts_are_about() -> None:
    said = Signal(
        kind="rum.csp",
        merchant=MerchantId("m_1"),
        env="production",
        occurred_at=T0,
        source_kind="rum",
        attrs={"host": "Js.Stripe.com"},
        ids={"party": "stripe-tags"},
    )
    hosts_about = {"payment": frozenset({"stripe"}), "stock": frozenset({"erp"}), "tracking": frozenset({"tags"})}

    assert [t for t in things_of(said, hosts_about) if t.startswith("about ")] == ["about payment", "about tracking"]


def test_a_cause_that_is_found_later_is_named_as_soon_as_it_is_open() -> None:
    decisions = play(failure(0), release(30))
    first, last = (d for d in decisions if d.issue.kind == "down")

    assert (first.issue.parent, first.attention) == (None, Attention.PAGE)
    assert last.issue.parent == newest(decisions, "bad_release").issue.id
    assert last.attention is Attention.REVIEW
    assert last.because == "follows from bad_release: both name route /cart"


def test_what_gets_worse_than_its_cause_is_told_by_itself() -> None:
    decisions = play(release(0), failure(60), failure(120, grave=True))
    last = newest(decisions, "down")

    assert last.issue.parent is not None
    assert (last.issue.severity, last.attention) == (Severity.SEV1, Attention.PAGE)
    assert len(pages(decisions, "down")) == 1


def test_when_the_cause_is_over_the_rest_is_told_by_itself_and_still_says_what_it_came_from() -> None:
    decisions = play(release(0), *(failure(at, n=at) for at in range(60, 960, 100)), release(500, bad=False))
    last = newest(decisions, "down")

    assert newest(decisions, "bad_release").attention is Attention.NONE
    assert last.attention is Attention.PAGE
    assert last.issue.parent == newest(decisions, "bad_release").issue.id


def test_with_the_evidence_that_both_named_the_link_ends() -> None:
    chosen, shared = agent(), failure(60)
    decisions = play(release(0), failure(50, route="/search", n=9), shared, on=chosen)
    before = newest(decisions, "down")
    decisions += chosen.withdraw(shared.id, by="ann", reason="a test order").decisions

    assert before.issue.parent is not None
    assert newest(decisions, "down").issue.parent is None


# --- of many merchants -----------------------------------------------------------------------------------------------


def many(chosen: Agent, *more: Signal) -> list[Decision]:
    """Three shops of one platform fail; others follow."""
    known = [delivery(n, shop) for n, shop in enumerate(SHOPS)]
    return play(*known, *(failure(60 + n, shop) for n, shop in enumerate(SHOPS[:3])), *more, on=chosen)


def test_what_many_share_is_one_issue_and_each_of_theirs_follows_from_it() -> None:
    chosen = agent()
    decisions = many(chosen, delay(80, "m_4"), failure(90, "m_4"))
    above = newest(decisions, "many_down", None)
    children = [newest(decisions, "down", shop) for shop in SHOPS]

    assert (above.scope, above.partition, above.attention) == ("platform", "platform", Attention.PAGE)
    assert {c.issue.parent for c in children} == {above.issue.id}
    assert {c.attention for c in children} == {Attention.REVIEW}
    assert [d.attention for d in decisions if d.merchant == "m_4" and d.issue.kind == "down"] == [Attention.REVIEW]
    assert all(
        c.explanation.cause is not None and c.explanation.cause.shared == ("platform shopify",) for c in children
    )
    assert len(pages(decisions, "many_down")) == 1
    assert [recompute(d) for d in decisions] == [()] * len(decisions)


def test_a_shop_of_which_nothing_but_one_webhook_is_known_is_told_before_it_fails() -> None:
    chosen = agent()
    decisions = many(chosen, delivery(70, "m_9"), failure(300, "m_9"))

    assert [d.attention for d in decisions if d.merchant == "m_9"] == [Attention.REVIEW]


PLATFORMS = {"m_1": "shopify", "m_2": "saleor", "m_3": "medusa", "m_4": "shopify"}


def of_platforms(*failures: Signal) -> list[Decision]:
    return play(*(delivery(n, shop, name) for n, (shop, name) in enumerate(PLATFORMS.items())), *failures)


def test_what_shops_of_several_platforms_name_alike_is_one_issue_of_that_party() -> None:
    decisions = of_platforms(*(failure(60 + n, shop, status=522) for n, shop in enumerate(SHOPS)))
    above = newest(decisions, "many_down", None)
    causes = [newest(decisions, "down", shop).explanation.cause for shop in SHOPS]

    assert above.issue.key == ("cloudflare",)
    assert [(c.issue, c.shared) for c in causes if c is not None] == [(above.issue.id, ("party cloudflare",))] * 4
    assert [d.attention for d in decisions if d.merchant == "m_4" and d.issue.kind == "down"][-1] is Attention.REVIEW
    assert [recompute(d) for d in decisions] == [()] * len(decisions)


def test_what_shops_of_several_platforms_have_each_by_itself_has_nothing_above_it() -> None:
    decisions = of_platforms(*(failure(60 + n, shop, status=500) for n, shop in enumerate(SHOPS)))

    assert [d for d in decisions if d.issue.kind == "many_down"] == []
    assert {newest(decisions, "down", shop).issue.parent for shop in SHOPS} == {None}


def test_a_party_that_fails_at_shops_of_other_platforms_too_says_nothing_of_one_platform() -> None:
    here = Report("merchant:m_1", "m_1", "down", "shopify", 0, apart=False, parties=("cloudflare", "stripe"))
    said = IssueChanged(at=T0, issue=sample_issue(kind="down"), decision="dec_1")

    def beyond(*, beside: int = 0, **other: Any) -> bool:
        state = State(partition="platform")
        there = Report("merchant:m_2", "m_2", "down", "saleor", 0, apart=False, parties=("cloudflare",))
        others = {f"iss_here_{n}": attrs.evolve(here, merchant=f"m_here_{n}") for n in range(beside)}
        state.reports = {said.issue.id: here, "iss_2": attrs.evolve(there, **other), **others}
        return beyond_platform(state, said)

    assert (beyond(), beyond(platform="")) == (True, True)
    assert not beyond(platform="shopify")
    assert not beyond(parties=("fastly",))
    assert not beyond(kind="slow")
    assert not beyond(apart=True)
    assert not beyond(began=601_000_000)
    assert not beyond(merchant="m_1")
    assert beyond(beside=9)
    assert not beyond(beside=10)


def test_who_speaks_for_a_shop_and_what_is_inside_it_is_no_party() -> None:
    issue = sample_issue()
    things = ("provider stripe", "provider host", "app taxes", "edge cloudflare", "route /cart", "service checkout")
    held = Held(issue=issue, things=dict.fromkeys(things, ("sig_1",)))

    assert parties_of(held) == ("cloudflare", "stripe", "taxes")


def test_what_is_known_by_its_consequences_alone_is_found_after_them() -> None:
    kind = attrs.evolve(SYSTEMIC, lead=minutes(60))
    minute = 60_000_000

    assert [SYSTEMIC.follows(0, at * minute) for at in (-16, -15, 60, 61)] == [False, True, True, False]
    assert [kind.follows(0, at * minute) for at in (-61, -60, 60, 61)] == [False, True, True, False]
    assert kind.document() != SYSTEMIC.document()


def test_what_has_a_cause_of_its_own_or_is_in_maintenance_stays_apart() -> None:
    chosen = agent()
    resting = Signal(
        kind="calendar.maintenance",
        merchant="m_4",  # type: ignore[arg-type]
        env="production",
        occurred_at=after(5),
        attrs={"active": True},
    )
    decisions = many(chosen, resting, release(70, "m_5"), failure(80, "m_5"), delivery(81, "m_5"), failure(90, "m_4"))

    assert newest(decisions, "down", "m_5").issue.parent == newest(decisions, "bad_release", "m_5").issue.id
    assert newest(decisions, "down", "m_4").issue.parent is None


def test_two_with_causes_of_their_own_are_no_many() -> None:
    chosen = agent()
    own = [s for n, shop in enumerate(SHOPS[:2]) for s in (release(60 + n, shop), failure(65 + n, shop))]
    decisions = play(*(delivery(n, s) for n, s in enumerate(SHOPS)), *own, failure(80, "m_3"), on=chosen)

    assert [d for d in decisions if d.issue.kind == "many_down"] == []


def test_when_the_issue_of_many_is_over_whoever_still_fails_is_told_of_by_itself() -> None:
    chosen = agent()
    late = [failure(60 + 60 * n, "m_1", n=7) for n in range(40)]
    decisions = many(chosen, *late)

    assert newest(decisions, "many_down", None).issue.status.value == "resolved"
    assert newest(decisions, "down").attention is Attention.PAGE
    assert newest(decisions, "down").issue.parent == newest(decisions, "many_down", None).issue.id


def test_every_merchant_hears_once_and_replay_and_restart_find_the_same() -> None:
    memory = VolatileMemory()
    signals = [*(delivery(n, s) for n, s in enumerate(SHOPS)), *(failure(60 + n, s) for n, s in enumerate(SHOPS))]
    for signal in signals:
        play(signal, on=agent(memory))  # a new agent for each: nothing is known but what is stored
    at_once, together = VolatileMemory(), agent()
    play(*signals, on=together)
    play(*signals, on=agent(at_once))
    told = [e.partition for e in memory.read("journal") if type(e.input).__name__ == "CauseChanged"]

    assert sorted(told) == sorted(f"merchant:{shop}" for shop in SHOPS)
    assert _related(memory) == _related(at_once)
    assert replay(memory, agent().fold).differences == ()
    conserved(memory)


def test_what_time_alone_ends_is_told_above_whatever_else_the_step_is_about() -> None:
    run = Run(agent().fold)
    run.give(*(failure(60 + n, "m_1", n=n) for n in range(3)))
    (held,) = [h for (kind, _), h in run.state.held.items() if kind == "down"]
    above = held.issue.model_copy(update={"id": "iss_p", "kind": "many_down"})
    run.give(CauseChanged(at=after(5 * 3600), issue=above, decision="dec_p", began=held.issue.first_seen, shared=()))
    told = [given for _, given in run.steps[-1].record.emitted if isinstance(given, IssueChanged)]

    assert [one.issue.status.value for one in told] == ["resolved"]


def _related(memory: VolatileMemory) -> dict[str, tuple[str | None, str]]:
    return {i.id: (i.parent, i.status.value) for i in memory.read("issues")}


steps = st.lists(
    st.tuples(st.sampled_from(["release", "failure", "grave", "delay", "mend"]), st.integers(0, 400)), max_size=9
)


def _signals(chosen: list[tuple[str, int]], shop: str = "m_1") -> list[Signal]:
    at, made = 0, []
    for n, (what, gap) in enumerate(chosen):
        at += gap
        match what:
            case "release":
                made.append(release(at, shop, n=n))
            case "mend":
                made.append(release(at, shop, bad=False, n=n))
            case "delay":
                made.append(delay(at, shop, n=n))
            case _:
                made.append(failure(at, shop, grave=what == "grave", n=n))
    return made


@few
@given(steps)
def test_a_consequence_wakes_nobody_while_its_cause_is_open_and_as_bad(chosen: list[tuple[str, int]]) -> None:
    known: dict[str, Issue] = {}
    for decision in play(*_signals(chosen)):
        known[decision.issue.id] = decision.issue
        assert recompute(decision) == ()
        above = known.get(decision.issue.parent or "")
        if above is not None and above.status.value == "open" and above.severity >= decision.issue.severity:
            assert decision.attention is not Attention.PAGE
            assert all(a.outcome is not Outcome.AUTO for a in decision.actions if a.target == "on_call")


@few
@given(steps, st.integers(0, 11))
def test_a_restart_at_any_point_gives_the_same_parents(chosen: list[tuple[str, int]], cut: int) -> None:
    whole, broken = VolatileMemory(), VolatileMemory()
    signals = _signals(chosen)
    first = agent(broken, snapshot_every=3)
    play(*signals[:cut], on=first)
    play(*signals[cut:], on=agent(broken, snapshot_every=3))
    play(*signals, on=agent(whole))

    assert _related(whole) == _related(broken)


@few
@given(steps, steps)
def test_what_happens_at_another_merchant_changes_no_parent(
    here: list[tuple[str, int]], there: list[tuple[str, int]]
) -> None:
    alone, beside = VolatileMemory(), VolatileMemory()
    play(*_signals(here), on=agent(alone))
    mixed = sorted([*_signals(here), *_signals(there, "m_2")], key=lambda s: (s.received_at, str(s.merchant)))
    play(*mixed, on=agent(beside))
    for memory in (alone, beside):
        agent(memory).tick(after(100_000))

    assert _related(alone).items() <= _related(beside).items()


# --- by a person's word ----------------------------------------------------------------------------------------------


def test_what_a_person_merges_counts_to_the_other_and_wakes_nobody() -> None:
    chosen = agent()
    decisions = play(failure(0), delay(10), on=chosen)
    down, slow = newest(decisions, "down").issue, newest(decisions, "slow").issue
    decisions += chosen.merge(slow.id, down.id, by="ann", why="the same host")
    counted = newest(decisions, "down")
    more = play(delay(60), on=chosen)

    assert counted.issue.signals == down.signals + slow.signals
    assert counted.because == f"ann merged {slow.id} into {down.id}: the same host"
    assert [(m.issue, m.into, m.signals) for m in counted.explanation.merged] == [(slow.id, False, 1)]
    assert "ann merged it into down" in next(g.detail for g in newest(decisions, "slow").explanation.guards if g.holds)
    assert more == []
    assert {i.kind: i.signals for i in chosen.memory.read("issues")} == {"down": 3, "slow": 2}


def test_what_cannot_be_merged_is_refused_and_says_why() -> None:
    chosen = agent()
    decisions = play(failure(0), delay(10), failure(20, "m_2"), on=chosen)
    down, slow = newest(decisions, "down").issue.id, newest(decisions, "slow").issue.id
    other = newest(decisions, "down", "m_2").issue.id

    with pytest.raises(InputError, match="expected two issues of one merchant"):
        chosen.merge(down, down, by="ann", why="x")
    with pytest.raises(InputError, match="expected two issues of one merchant"):
        chosen.merge(down, other, by="ann", why="x")
    with pytest.raises(NotFound, match="expected the id of an issue"):
        chosen.merge(down, "iss_none", by="ann", why="x")
    with pytest.raises(InputError, match="expected why"):
        chosen.merge(slow, down, by="ann", why=" ")
    chosen.merge(slow, down, by="ann", why="x")
    with pytest.raises(InputError, match="counts to none yet"):
        chosen.merge(down, slow, by="ann", why="x")
    with pytest.raises(InputError, match="merged into another"):
        chosen.unmerge(down, by="ann", why="x")


@few
@given(steps, st.integers(0, 12), st.booleans())
def test_to_take_apart_what_was_merged_leaves_what_was_there(
    chosen: list[tuple[str, int]], cut: int, there: bool
) -> None:
    # What a person says takes a moment, and what comes afterwards is later than it.
    later = [(what, gap + (n == cut)) for n, (what, gap) in enumerate(chosen)]
    signals = _signals(later)
    apart, merged = agent(VolatileMemory()), agent(VolatileMemory())
    play(*signals[:cut], on=apart)
    play(*signals[:cut], on=merged)
    here = [i.id for i in merged.memory.read("issues", partition="merchant:m_1") if i.status.value != "resolved"]
    if len(here) >= 2:
        merged.merge(here[0], here[1], by="ann", why="one")
        if there:  # and a restart in between
            merged = agent(merged.memory)
        play(*signals[cut:], on=merged)
        known = [i.id for i in merged.memory.read("issues")]
        if here[0] in merged._loop.state("merchant:m_1").merges:
            merged.unmerge(here[0], by="ann", why="two")
        assert here[0] in known
    else:
        play(*signals[cut:], on=merged)
    play(*signals[cut:], on=apart)

    assert _plain(apart) == _plain(merged)


def _plain(chosen: Agent) -> list[Any]:
    return sorted(i.json_line() for i in chosen.memory.read("issues"))


def test_a_merge_without_two_issues_is_no_input() -> None:
    with pytest.raises(ValueError, match="expected a merge of one issue into another"):
        PersonActed(at=T0, verb="merge", by="ann", why="x", target="iss_1", into="iss_1")


# --- day after day ---------------------------------------------------------------------------------------------------


def test_an_issue_that_comes_back_on_three_days_says_so_and_is_no_surer_for_it() -> None:
    day = 24 * 3600
    decisions = play(*(failure(day * n) for n in (0, 1, 1 + 14)), failure(day * 16), failure(day * 17))
    opened = [d for d in decisions if d.because.startswith(("opened", "reopened"))]

    assert [d.explanation.recurring for d in opened] == [0, 0, 0, 0, 3]
    assert len({d.issue.points for d in opened}) == 1
    assert "on 3 days of the last 14" in opened[-1].explain().text()
