"""Patterns over days are what counting one by one gives."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta

import attrs
from hypothesis import given
from hypothesis import strategies as st

from migro.history import History, Occurrence
from migro.models import Action, ActionStatus, IssueStatus, Outcome, Severity
from migro.remember import VolatileMemory
from migro.testing import START
from tests.history.past import EDGES, KINDS, MINUTES, NEXT, Past, Turn, past, pasts

DAYS = st.sampled_from([1, 2, 7, 10**7])
SECOND = timedelta(seconds=1)


def history(of: Past) -> History:
    memory = VolatileMemory()
    of.store(memory)
    return History(memory)


def naive_occurrences(of: Past, since: datetime, until: datetime, watching: bool) -> list[Occurrence]:
    """Each start is a decision that leaves an issue alive which was not; the end is the next that does not."""
    found = []
    for issue in of.issues:
        told = [d for d in of.decisions if d.issue.id == issue.id and d.at <= until]
        alive = [d.issue.status is not IssueStatus.RESOLVED for d in told]
        for n, decision in enumerate(told):
            if not alive[n] or (n > 0 and alive[n - 1]) or decision.at < since:
                continue
            end = next((m for m in range(n, len(told)) if not alive[m]), len(told))
            opened = any(d.issue.status is IssueStatus.OPEN for d in told[n:end])
            if opened or watching:
                found.append(
                    Occurrence(
                        issue=issue.id,
                        kind=issue.kind,
                        merchant=issue.merchant,
                        scope=issue.scope,
                        key=issue.key,
                        began=decision.at,
                        ended=told[end].at if end < len(told) else None,
                        opened=opened,
                    )
                )
    return sorted(found, key=lambda o: (o.began, o.issue))


def newest(of: Past) -> datetime:
    ends = {name: [item.at for item, _ in steps] for name, steps in of.steps.items()}
    return max([d.at for d in of.decisions] + [at for times in ends.values() for at in times[-1:]])


def span(of: Past, days: int) -> tuple[datetime, datetime]:
    until = newest(of)
    return (until - timedelta(days=days) if days < 1000 else datetime.min.replace(tzinfo=UTC)), until


def quiet(group: list[Occurrence], until: datetime) -> int:
    """Look at every end: how long was nothing there from it on?"""
    longest = timedelta()
    for end in (o.ended for o in group if o.ended is not None):
        if any(o.began <= end and (o.ended is None or o.ended > end) for o in group):
            continue
        following = [o.began for o in group if o.began > end]
        longest = max(longest, min(following, default=until) - end)
    return longest // SECOND


@given(pasts(most=40).filter(lambda p: bool(p.decisions)), DAYS, st.integers(1, 4), st.booleans())
def test_what_recurs_is_what_one_counts_by_hand(of: Past, days: int, at_least: int, watching: bool) -> None:
    since, until = span(of, days)
    told = naive_occurrences(of, since, until, watching)
    places = Counter((o.scope, o.merchant, o.kind, o.key) for o in told)

    found = history(of).recurring(days=days, at_least=at_least, watching=watching)

    assert {(r.scope, r.merchant, r.kind, r.key) for r in found} == {p for p, n in places.items() if n >= at_least}
    assert [len(r.occurrences) for r in found] == sorted((n for n in places.values() if n >= at_least), reverse=True)
    for r in found:
        group = [o for o in told if (o.scope, o.merchant, o.kind, o.key) == (r.scope, r.merchant, r.kind, r.key)]
        assert list(r.occurrences) == group
        assert sum(r.gaps) <= (group[-1].began - group[0].began) // SECOND < sum(r.gaps) + len(group)
        assert all(gap >= 0 for gap in r.gaps)
        assert r.longest_quiet == quiet(group, until)
        alive = any(o.ended is None for o in group)
        assert r.quiet_since == (None if alive else max(o.ended for o in group if o.ended is not None))


@given(pasts(most=40).filter(lambda p: bool(p.decisions)), DAYS, st.sampled_from(EDGES), st.integers(1, 3))
def test_links_are_what_one_counts_by_hand(of: Past, days: int, within: timedelta, at_least: int) -> None:
    told = [o for o in naive_occurrences(of, *span(of, days), watching=True) if o.merchant is not None]

    found = {
        (p.kind, p.other): p for p in history(of).linked(days=days, within=within, at_least=at_least, watching=True)
    }

    for a in KINDS:
        for b in KINDS:
            if a >= b:
                assert (a, b) not in found
                continue
            near = {
                x: [o for o in told if o.kind == x and any(_near(o, p, within) for p in told if p.kind == y)]
                for x, y in ((a, b), (b, a))
            }
            if min(len(near[a]), len(near[b])) < at_least:
                assert (a, b) not in found
                continue
            link = found[a, b]
            totals = Counter(o.kind for o in told)
            assert (link.kind_with, link.other_with) == (len(near[a]), len(near[b]))
            assert (link.kind_alone, link.other_alone) == (totals[a] - len(near[a]), totals[b] - len(near[b]))
            assert link.merchants == len({o.merchant for o in near[a]})
            order = Counter(_way(o, [p for p in told if p.kind == b and p.merchant == o.merchant]) for o in near[a])
            assert (link.kind_first, link.other_first, link.at_once) == (order[1], order[-1], order[0])


def _near(one: Occurrence, other: Occurrence, within: timedelta) -> bool:
    return one.merchant == other.merchant and abs(one.began - other.began) <= within


def _way(one: Occurrence, others: list[Occurrence]) -> int:
    nearest = min(abs(o.began - one.began) for o in others)
    earliest = min(o.began for o in others if abs(o.began - one.began) == nearest)
    return (earliest > one.began) - (earliest < one.began)


@given(pasts(most=40).filter(lambda p: bool(p.decisions)), DAYS, st.integers(1, 3), st.sampled_from(EDGES))
def test_what_spreads_is_what_one_counts_by_hand(of: Past, days: int, merchants: int, within: timedelta) -> None:
    told = [o for o in naive_occurrences(of, *span(of, days), watching=False) if o.merchant is not None]
    expected = []
    for kind in KINDS:
        left = [o for o in told if o.kind == kind]
        while left:
            near = [o for o in left if o.began <= left[0].began + within]
            if len({o.merchant for o in near}) < merchants:
                left = left[1:]
                continue
            expected.append((near[0].began, kind, near[-1].began, {o.merchant for o in near}, {o.issue for o in near}))
            left = left[len(near) :]

    found = history(of).systemic(days=days, merchants=merchants, within=within)

    assert [(s.first, s.kind, s.last, set(s.merchants), set(s.issues)) for s in found] == sorted(
        expected, key=lambda e: e[:2]
    )


@given(pasts(most=40).filter(lambda p: bool(p.decisions)), DAYS, st.none() | st.sampled_from(KINDS))
def test_confidence_by_day_is_what_one_counts_by_hand(of: Past, days: int, kind: str | None) -> None:
    since, until = span(of, days)
    told = [d for d in of.decisions if since <= d.at <= until and d.issue.status is not IssueStatus.RESOLVED]
    told = [d for d in told if kind is None or d.issue.kind == kind]

    found = history(of).confidence_trend(kind, days=days)

    assert [(c.kind, c.day) for c in found] == sorted({(d.issue.kind, d.at.date()) for d in told})
    for c in found:
        points = sorted(d.issue.points for d in told if (d.issue.kind, d.at.date()) == (c.kind, c.day))
        bands = Counter(d.issue.band.word for d in told if (d.issue.kind, d.at.date()) == (c.kind, c.day))
        assert (c.decisions, c.lowest, c.highest) == (len(points), points[0], points[-1])
        assert c.median == points[(len(points) - 1) // 2]
        assert (c.low, c.mid, c.high) == (bands["LOW"], bands["MID"], bands["HIGH"])


@given(pasts(most=40).filter(lambda p: bool(p.decisions)), DAYS, st.sampled_from(EDGES))
def test_what_became_of_actions_is_what_one_counts_by_hand(of: Past, days: int, within: timedelta) -> None:
    since, until = span(of, days)
    kinds = {i.id: i.kind for i in of.issues}
    replies = [item for item in of.inputs if item.input == "person_acted"]
    ended: dict[str, list[datetime]] = {}
    for o in naive_occurrences(of, datetime.min.replace(tzinfo=UTC), until, watching=True):
        if o.ended is not None:
            ended.setdefault(o.issue, []).append(o.ended)

    found = history(of).outcomes(days=days, within=within)

    for row in found:
        told = [a for a in of.actions if since <= a.at <= until and (kinds[a.issue], a.kind) == (row.kind, row.action)]
        counts = Counter(a.status for a in told)
        assert row.proposed == len(told) == sum(getattr(row, s.value) for s in ActionStatus)
        assert all(getattr(row, s.value) == counts[s] for s in ActionStatus)
        assert row.approved == sum(
            any(r.verb == "approve" and (r.target, r.binding) == (a.idempotency_key, a.binding) for r in replies)
            for a in told
        )
        soon = [
            a
            for a in told
            for over in [_over(of, a)]
            if any(over <= end <= over + within for end in ended.get(a.issue, []))
        ]
        assert row.ended_after_success == sum(a.status is ActionStatus.SUCCEEDED for a in soon)
        assert row.ended_after_simulation == sum(a.status is ActionStatus.SIMULATED for a in soon)
    assert sum(row.proposed for row in found) == sum(since <= a.at <= until for a in of.actions)
    assert [(row.kind, row.action) for row in found] == sorted((row.kind, row.action) for row in found)


def _over(of: Past, action: Action) -> datetime:
    """The fold's time never runs backwards, so a result is no earlier than what came before it."""
    items = [item for item, _ in of.steps[action.partition]]
    for n, item in enumerate(items):
        if item.input == "action_finished" and item.key == action.idempotency_key:
            return max(i.at for i in items[: n + 1])
    return action.at


def turn(
    after: timedelta, kind: str = "cart_down", merchant: str = "m_1", status: IssueStatus = IssueStatus.OPEN
) -> Turn:
    return Turn(
        merchant=merchant,
        kind=kind,
        after=after,
        status=status,
        severity=Severity.SEV2,
        points=5,
        outcome=Outcome.AUTO,
        another=False,
        verb=None,
        action=ActionStatus.PLANNED,
        reply="none",
        result=None,
    )


def test_near_ends_exactly_where_it_is_said_to_end() -> None:
    for apart, expected in ((15 * MINUTES, 1), (15 * MINUTES + NEXT, 0)):
        asked = history(past([turn(timedelta()), turn(apart, "probe_red")]))

        assert len(asked.linked(days=1, within=15 * MINUTES, at_least=1)) == expected


def test_a_span_and_a_period_hold_their_ends() -> None:
    two = history(past([turn(timedelta()), turn(60 * MINUTES, merchant="m_2")]))
    late = history(past([turn(timedelta()), turn(60 * MINUTES + NEXT, merchant="m_2")]))
    edge = history(past([turn(timedelta()), turn(timedelta(days=1), "probe_red")]))

    assert len(two.systemic(days=1, merchants=2)) == 1
    assert late.systemic(days=1, merchants=2) == ()
    assert {r.kind for r in edge.recurring(days=1, at_least=1)} == {"cart_down", "probe_red"}
    assert edge.recurring(days=1, at_least=1, until=START - NEXT) == ()


def test_an_issue_that_is_reopened_recurs() -> None:
    ends = IssueStatus.RESOLVED
    turns = [turn(timedelta()), turn(5 * MINUTES, status=ends), turn(30 * MINUTES), turn(MINUTES, status=ends)]

    (found,) = history(past(turns)).recurring(days=1)

    assert [o.began - START for o in found.occurrences] == [timedelta(), 35 * MINUTES]
    assert (found.gaps, found.longest_quiet) == ((2100,), 1800)
    assert found.quiet_since == START + 36 * MINUTES


def test_the_quiet_after_the_last_end_counts_up_to_the_end_of_the_period() -> None:
    ended = past([turn(timedelta()), turn(5 * MINUTES, status=IssueStatus.RESOLVED)])

    (found,) = history(ended).recurring(days=1, at_least=1, until=START + 65 * MINUTES)

    assert found.longest_quiet == 3600


def test_of_two_beginnings_as_near_the_earlier_says_which_came_first() -> None:
    three = [turn(timedelta(), "probe_red"), turn(5 * MINUTES), turn(5 * MINUTES, "probe_red")]
    ended = attrs.evolve(three[0], after=MINUTES, status=IssueStatus.RESOLVED)

    (link,) = history(past([three[0], ended, attrs.evolve(three[1], after=4 * MINUTES), three[2]])).linked(
        days=1, at_least=1
    )

    assert (link.kind, link.kind_with, link.kind_first, link.other_first) == ("cart_down", 1, 0, 1)


def test_an_end_counts_from_the_result_of_an_action_not_from_its_proposal() -> None:
    acted = attrs.evolve(turn(timedelta()), verb="notify", action=ActionStatus.SUCCEEDED, result="succeeded")
    # The result comes a minute after the proposal.
    for after, expected in ((61 * MINUTES, 1), (61 * MINUTES + NEXT, 0), (30 * MINUTES / 60, 0)):
        asked = history(past([acted, turn(after, status=IssueStatus.RESOLVED)]))

        assert [row.ended_after_success for row in asked.outcomes(days=1)] == [expected]


def test_what_was_open_at_any_time_counts_and_what_was_only_watched_does_not() -> None:
    watched = turn(timedelta(), status=IssueStatus.WATCHING)
    both = history(past([watched, turn(MINUTES)]))
    never = history(past([watched]))

    assert len(both.recurring(days=1, at_least=1)) == 1
    assert never.recurring(days=1, at_least=1) == ()
    assert len(never.recurring(days=1, at_least=1, watching=True)) == 1


def test_what_came_after_the_end_of_the_period_is_as_if_it_had_not_been() -> None:
    ended = past([turn(timedelta()), turn(5 * MINUTES, status=IssueStatus.RESOLVED)])

    (found,) = history(ended).recurring(days=1, at_least=1, until=START + MINUTES)

    assert found.occurrences[0].ended is None
