"""What is let rest, by whom, until when, and what breaks through."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from migro.agent import Agent, Fold
from migro.agent.recollection import REACH, disown, forget
from migro.agent.resting import MUTE_LASTS, begin_suppressions, end_suppressions
from migro.agent.resting import mute as mute_or_not
from migro.agent.snapshots import restore, snapshot
from migro.agent.state import State
from migro.agent.windows import declare, reopen
from migro.errors import InputError, NotFound
from migro.models import (
    Attention,
    Decision,
    IssueStatus,
    Outcome,
    PersonActed,
    Severity,
    Signal,
    Tick,
    from_microseconds,
    to_microseconds,
)
from migro.remember import VolatileMemory
from migro.verify import Window, suppressing
from tests.agent.world import M1, OPEN_POLICY, RULES, T0, Run, after, agent, call, handled, received, sure
from tests.effort import cases

FOLD = Fold(RULES, OPEN_POLICY)


def window(n: int, at: int, name: str, ends: int | None) -> Signal:
    """A window of that name until `ends`, in seconds; without an end it is over."""
    told = {} if ends is None else {"ends_at": after(ends).isoformat()}
    return Signal(
        kind="calendar.maintenance", merchant=M1, env="production", occurred_at=after(at), dedup_key=f"w-{n}",
        ids={"window": name} if name else {}, attrs={"active": ends is not None, **told},
    )  # fmt: skip


def mute(at: int, by: str, target: str, ends: int, **fields: Any) -> PersonActed:
    given = {"verb": "mute", "why": "known", **fields}
    return PersonActed(at=after(at), by=by, target=target, until=after(ends), **given)


def unmute(at: int, by: str, target: str) -> PersonActed:
    return PersonActed(at=after(at), verb="unmute", by=by, target=target)


def suppressors(decision: Decision) -> list[str]:
    """Everything that a decision names as suppressing it."""
    (guard,) = [g for g in decision.explanation.guards if g.guard == "suppressed"]
    return guard.detail.split("; ") if guard.holds else []


def opened(run: Run) -> str:
    run.give(*sure())
    return str(run.decisions[-1].issue.id)


@pytest.fixture
def run() -> Run:
    return Run(FOLD)


def test_a_mute_lets_an_issue_rest_and_a_decision_says_by_whom_until_when_and_why(run: Run) -> None:
    issue = opened(run)
    run.give(mute(10, "ann", issue, 3600))
    decision = run.decisions[-1]

    assert (decision.outcome, decision.attention) == (Outcome.RECORD, Attention.NONE)
    assert suppressors(decision) == ["muted by ann until 2026-03-01 10:00:00 UTC: known"]


def test_an_issue_rests_until_the_last_of_those_who_muted_it_has_it_no_more(run: Run) -> None:
    issue = opened(run)
    run.give(mute(10, "ann", issue, 3600), mute(11, "bob", "down", 1800), window(1, 12, "cdn", 900))
    named = [suppressors(d) for d in run.decisions[-3:]]
    run.give(unmute(20, "Ann", issue), *(call(50 + n, 300 * n) for n in range(1, 7)), Tick(at=after(1801)))

    assert [len(n) for n in named] == [1, 2, 3]
    assert [[s.split(" until")[0] for s in suppressors(d)] for d in run.decisions if d.at >= after(20)][:1] == [
        ["maintenance cdn", "muted by bob"]
    ]
    assert suppressors(run.decisions[-1]) == []


def test_an_issue_that_is_still_wrong_when_its_mute_ends_is_told_then(run: Run) -> None:
    issue = opened(run)
    still = [call(50 + n, 60 * n) for n in range(1, 10)]
    run.give(mute(10, "ann", issue, 600, up_to=Severity.SEV1), *still, Tick(at=after(900)))

    assert next(t for s in run.steps for t in s.record.timers if t.what == "mute").deadline == after(600)
    (end,) = [d for d in run.decisions if d.at == after(600)]
    assert suppressors(end) == []
    assert end.attention is not Attention.NONE


def test_what_gets_worse_than_was_known_breaks_through(run: Run) -> None:
    run.give(call(1, 0), call(2, 1), call(3, 2), call(4, 3, 200), call(5, 4, 200), call(6, 5, 200), call(7, 6, 200))
    issue = run.decisions[-1].issue
    run.give(mute(10, "ann", issue.id, 3600, up_to=Severity.SEV3))
    rests = suppressors(run.decisions[-1])
    run.give(*(call(20 + n, 20 + n) for n in range(9)))
    worse = run.decisions[-1]

    assert (bool(rests), worse.issue.severity > Severity.SEV3) == (issue.severity <= Severity.SEV3, True)
    assert (suppressors(worse), worse.attention) == ([], Attention.PAGE)


def test_a_muted_kind_covers_no_other_kind(run: Run) -> None:
    run.give(mute(0, "ann", "forged", 3600), *sure())

    assert suppressors(run.decisions[-1]) == []


def test_a_mute_is_over_after_fourteen_days_whatever_was_asked_for(run: Run) -> None:
    run.give(mute(0, "ann", "down", 10**8))

    assert [m.until - run.state.now for m in run.state.mutes.values()] == [MUTE_LASTS]


def test_a_mute_without_an_end_or_a_target_is_refused() -> None:
    for fields in ({"target": "down"}, {"until": after(9)}):
        with pytest.raises(ValueError, match="a mute with a target and a time at which it ends"):
            PersonActed(at=T0, verb="mute", by="ann", **fields)


def test_an_unnamed_window_and_a_named_one_end_by_their_own_word_only(run: Run) -> None:
    run.give(window(1, 0, "", 3600), window(2, 1, "cdn", 3600), window(3, 2, "", None), *sure(300))

    assert [s.split(" until")[0] for s in suppressors(run.decisions[-1])] == ["maintenance cdn"]


def test_what_a_window_leaves_behind_is_in_front_of_nobody(run: Run) -> None:
    run.give(window(1, 0, "cdn", 600), *sure(590), *(call(20 + n, 837 + n) for n in range(3)), Tick(at=after(1_600)))

    assert {d.attention for d in run.decisions} == {Attention.NONE}
    assert [d.issue.status for d in run.decisions if d.issue.status is not IssueStatus.WATCHING] == [
        IssueStatus.RESOLVED
    ]


def test_what_is_seen_four_minutes_after_a_window_is_new(run: Run) -> None:
    run.give(window(1, 0, "cdn", 600), *sure(590), *(call(20 + n, 837 + n) for n in range(3)))
    before = run.decisions[-1]
    run.give(call(9, 840))

    assert suppressors(before) == ["maintenance cdn until 2026-03-01 09:10:00 UTC"]
    assert (suppressors(run.decisions[-1]), run.decisions[-1].issue.status) == ([], IssueStatus.OPEN)


def test_who_says_over_and_over_that_nothing_is_under_way_silences_nothing(run: Run) -> None:
    run.give(*(window(n, 60 * n, "cdn", None) for n in range(5)), *sure(241))

    assert suppressors(run.decisions[-1]) == []
    assert run.state.maintenance == {}


def test_mutes_and_windows_survive_in_a_snapshot(run: Run) -> None:
    issue = opened(run)
    run.give(mute(10, "ann", issue, 3600, up_to=Severity.SEV1), mute(11, "bob", "down", 90), window(1, 12, "cdn", 900))
    data = snapshot(FOLD.engine, OPEN_POLICY.version, run.state)
    again = restore(FOLD.engine, OPEN_POLICY.version, data, partition="merchant:m_1")

    assert (again.mutes, again.maintenance, again.windows) == (
        run.state.mutes,
        run.state.maintenance,
        run.state.windows,
    )
    assert snapshot(FOLD.engine, OPEN_POLICY.version, again) == data


# --- the oracle ------------------------------------------------------------------------------------------------------

Told = dict[tuple[str, str], tuple[int, Severity]]


def acts(r: random.Random, issue: str) -> Iterator[tuple[int, Any, tuple[str, str], int | None, Severity | None]]:
    """Yield when something is said, what, about which source, until when, and up to how bad; all in seconds."""
    at = 10
    for n in range(r.randrange(1, 14)):
        at += r.choice((1, 7, 60, 240))
        ends = r.choice((None, at + r.choice((1, 30, 61, 300, 900))))
        if r.randrange(2):
            name = r.choice(("", "cdn", "erp"))
            yield at, window(n, at, name, ends), ("", name), ends, None
            continue
        by, target = r.choice(("ann", "bob", "eve")), r.choice((issue, "down", "forged"))
        up_to = r.choice((None, Severity.SEV4, Severity.SEV1))
        said = unmute(at, by, target) if ends is None else mute(at, by, target, ends, up_to=up_to)
        yield at, said, (by, target), ends, up_to


def named(told: Told, t: int, issue: str, severity: Severity) -> list[str]:
    """Everything that was said and has not ended, looked at one by one."""
    found = []
    for (by, what), (ends, limit) in told.items():
        # The newest evidence is as old as the question.
        if not by and ends + 240 > t:
            found.append((f"maintenance {what}".rstrip(), ends, ""))
        if by and ends > t and what in (issue, "down") and severity <= limit:
            found.append((f"muted by {by}", ends, ": known"))
    return sorted(f"{s} until {after(ends):%Y-%m-%d %H:%M:%S} UTC{why}" for s, ends, why in found)


def test_decisions_name_what_was_opened_and_neither_closed_nor_over() -> None:
    seen: set[int] = set()
    for seed in range(cases(300)):
        r, run = random.Random(seed), Run(FOLD)
        issue = opened(run)
        told: Told = {}
        for n, (at, said, source, ends, up_to) in enumerate(acts(r, issue)):
            known = run.state.held["down", ("m_1",)].issue.severity
            run.give(said if isinstance(said, PersonActed) else received(said), call(1000 + n, at))
            known_end = told.pop(source, None)
            if ends is None and not source[0] and known_end is not None:
                told[source] = (min(at, known_end[0]), known_end[1])
            if ends is not None:
                told[source] = (ends, up_to or (known if source[1] == issue else Severity.SEV3))
            last = run.decisions[-1]
            if last.issue.status is IssueStatus.RESOLVED:
                break
            expected = named(told, at, issue, last.issue.severity)
            assert suppressors(last) == expected, (seed, n)
            seen.add(len(expected))
    assert {0, 1, 2} <= seen


def end_of(said: list[tuple[int, int]]) -> int:
    """When a window ends or ended, by everything that was said of it, in order; 0 for one that was never open."""
    for place in range(len(said) - 1, -1, -1):
        at, until = said[place]
        if until > at:
            # What ended it first, of the words after.
            return min([until, *(t for t, _ in said[place + 1 :])])
    return 0


def test_what_rests_is_what_was_said_looked_at_one_by_one_also_where_a_word_is_taken_back() -> None:
    counts: set[int] = set()
    for seed in range(cases(10_000, promised=True)):
        r, state = random.Random(seed), State(partition="merchant:m_1", now=to_microseconds(T0))
        words: dict[str, tuple[str, int, int]] = {}  # what was said about windows, in its order
        mutes: dict[tuple[str, str], int] = {}
        for n in range(r.randrange(1, 25)):
            state.now += r.choice((0, 1, 60, 900, 4000)) * 1_000_000
            end_suppressions(state)
            forget(state)
            until = state.now + r.choice((0, 1, 60, 900, 9000)) * 1_000_000
            match r.randrange(4):
                case 0:
                    by, target = r.choice(("ann", "bob")), r.choice(("down", "forged"))
                    mute_or_not(state, PersonActed(at=from_microseconds(state.now), verb="mute", by=by, target=target,
                                                   until=from_microseconds(until), up_to=Severity.SEV1))  # fmt: skip
                    mutes[by, target] = until
                case 1 if mutes:
                    by, target = r.choice(sorted(mutes))
                    mute_or_not(
                        state, PersonActed(at=from_microseconds(state.now), verb="unmute", by=by, target=target)
                    )
                    del mutes[by, target]
                case 2 if reachable := [i for i, w in state.windows.items() if w[0] >= state.now - REACH]:
                    taken = r.choice(reachable)
                    disown(state, taken)
                    del words[taken]
                case _:
                    name = r.choice(("", "cdn"))
                    declare(state, f"sig_{n:02}", Window(name, state.now, until))
                    words[f"sig_{n:02}"] = (name, state.now, until)
            newest = state.now - r.choice((0, 1, 200, 600)) * 1_000_000
            expected = [
                f"maintenance {name}".rstrip()
                for name in {name for name, _, _ in words.values()}
                if (u := end_of([(at, until) for n, at, until in words.values() if n == name])) > state.now
                or (u > state.now - 900_000_000 and newest < u + 240_000_000)
            ]
            expected += [f"muted by {by}" for (by, t), u in mutes.items() if t == "down" and u > state.now]
            found = suppressing(
                state.maintenance,
                state.mutes.values(),
                issue="i",
                kind="down",
                severity=Severity.SEV2,
                now=state.now,
                newest=newest,
            )
            assert sorted(f.split(" until")[0] for f in found) == sorted(expected), (seed, n)
            counts.add(len(expected))
    assert {0, 1, 2, 3} <= counts


def announced(n: int, at: int, starts: int, ends: int, name: str = "", more: dict[str, bool] | None = None) -> Signal:
    """A window that is announced at a time and lasts from `starts` to `ends`, in seconds."""
    return Signal(
        kind="calendar.maintenance", merchant=M1, env="production", occurred_at=after(at), dedup_key=f"a-{n}",
        ids={"window": name} if name else {},
        attrs={"starts_at": after(starts).isoformat(), "ends_at": after(ends).isoformat(), **(more or {})},
    )  # fmt: skip


@pytest.mark.parametrize("more", [{}, {"active": True}])
def test_an_announced_window_begins_and_ends_by_itself(run: Run, more: dict[str, bool]) -> None:
    run.give(announced(1, 0, 600, 4200, more=more), *sure(10))
    before = suppressors(run.decisions[-1])
    run.give(*(call(50 + n, 100 + 50 * n) for n in range(1, 14)))
    inside = suppressors(run.decisions[-1])
    run.give(*(call(70 + n, 4_300 + 60 * n) for n in range(6)))

    assert (before, suppressors(run.decisions[-1])) == ([], [])
    assert inside == ["maintenance until 2026-03-01 10:10:00 UTC"]
    begun = [t for s in run.steps for t in s.record.timers if t.what == "maintenance"]
    assert begun[0].deadline == after(600)


def test_an_interval_of_maintenance_is_such_a_window_and_another_interval_is_none(run: Run) -> None:
    for n, what in enumerate(("campaign", "maintenance")):
        told = announced(n, n, 600, 4200)
        run.give(told.model_copy(update={"kind": "calendar.interval", "attrs": {**told.attrs, "what": what}}))

    assert list(run.state.planned.values()) == [(to_microseconds(after(600)), to_microseconds(after(4200)))]


def plans(run: Run) -> list[tuple[str, int]]:
    """Names and begins of the windows that are announced."""
    return sorted((name, (starts - to_microseconds(T0)) // 1_000_000) for name, starts in run.state.planned)


def rests(run: Run, at: int) -> bool:
    """Whether what is seen at this time is let rest."""
    run.give(*sure(at))
    return bool(suppressors(run.decisions[-1]))


def test_a_window_with_a_name_is_moved_and_called_off_and_those_without_one_are_many(run: Run) -> None:
    run.give(announced(1, 0, 600, 900, "cdn"), announced(2, 1, 700, 6_000, "cdn"))
    run.give(announced(3, 2, 600, 900), announced(4, 3, 800, 2_500), announced(5, 4, 7_000, 8_000, "db"))
    run.give(window(6, 5, "db", None), window(7, 6, "", None))

    assert plans(run) == [("", 600), ("", 800), ("cdn", 700)]


def test_of_many_windows_of_one_name_each_is_kept_and_called_off_by_its_own_begin(run: Run) -> None:
    run.give(*(announced(n, n, n * 86_400, n * 86_400 + 3600, "erp") for n in (1, 2, 3, 4)))
    run.give(announced(5, 5, 3 * 86_400, 3 * 86_400 + 3600, "erp", {"active": False}))
    run.give(announced(6, 6, 4 * 86_400, 4 * 86_400, "erp"))

    assert plans(run) == [("erp", 86_400), ("erp", 2 * 86_400)]


@pytest.mark.parametrize(
    "first", [[window(1, 0, "erp", 3600)], [window(1, 20, "erp", 3600)], [announced(1, 0, 30, 3600, "erp")]]
)
def test_the_end_of_todays_window_leaves_the_next_one_of_its_name(run: Run, first: list[Signal]) -> None:
    said = [*first, announced(2, 10, 604_800, 608_400, "erp"), *(window(n, 60 * n, "erp", None) for n in (30, 32, 34))]
    run.give(*sorted(said, key=lambda signal: signal.occurred_at))

    assert plans(run) == [("erp", 604_800)]
    assert run.state.maintenance == {"erp": to_microseconds(after(1800))}


def test_a_window_without_a_name_is_called_off_shortened_and_ended_by_its_begin(run: Run) -> None:
    interval = announced(4, 3, 9_000, 9_000)
    interval = interval.model_copy(
        update={"kind": "calendar.interval", "attrs": {**interval.attrs, "what": "maintenance"}}
    )
    run.give(announced(1, 0, 600, 4200), announced(2, 1, 900, 1200), announced(3, 2, 9_000, 9_900), interval)
    before = plans(run)
    run.give(announced(5, 4, 5_000, 6_000), announced(6, 5, 5_000, 6_000, more={"active": False}))
    run.give(announced(7, 1000, 900, 1100), announced(8, 1150, 900, 1200, more={"active": False}))

    assert before == [("", 600), ("", 900)]
    assert (plans(run), run.state.maintenance) == ([], {"": to_microseconds(after(4200))})


@pytest.mark.parametrize(
    "told",
    [
        {"active": True, "starts_at": "2026-03-02T02:00:00", "ends_at": "2026-03-02T03:00:00"},
        {"active": True, "starts_at": "2026-03-02"},
        {"starts_at": "2026-03-02T02:00:00", "ends_at": "2026-03-02T03:00:00"},
        {"starts_at": "tonight"},
    ],
)
def test_a_begin_that_cannot_be_read_opens_and_ends_nothing_and_the_disposition_says_so(
    run: Run, told: dict[str, Any]
) -> None:
    unread = window(2, 10, "erp", None).model_copy(update={"attrs": told})
    run.give(unread)
    opened = dict(run.state.maintenance)
    run.give(window(1, 20, "erp", 7200), unread.model_copy(update={"dedup_key": "w-3", "occurred_at": after(30)}))

    assert opened == {}
    assert run.state.maintenance == {"erp": to_microseconds(after(7200))}
    (first, *_) = [s.record.disposition for s in run.steps if s.record.disposition is not None]
    assert "not understood: starts_at" in first.reason


def test_no_window_lasts_longer_than_what_was_told_and_none_longer_than_two_weeks(run: Run) -> None:
    begun = {"active": True, "starts_at": after(-3 * 3600).isoformat()}
    run.give(*(window(n, 60 * n, "erp", 1).model_copy(update={"attrs": begun}) for n in range(3)))
    run.give(window(4, 200, "", 10 * 365 * 86_400), announced(5, 201, 0, 365 * 86_400, "cdn"))
    two_weeks = 14 * 86_400

    assert run.state.maintenance == {
        "": to_microseconds(after(200 + two_weeks)),
        "cdn": to_microseconds(after(two_weeks)),
        "erp": to_microseconds(after(3600)),
    }
    assert not rests(run, two_weeks + 3600)


def test_a_withdrawn_announcement_opens_no_window_and_brings_back_what_it_moved(run: Run) -> None:
    first, second = announced(1, 0, 600, 900, "cdn"), announced(2, 1, 800, 6_000, "cdn")
    run.give(first, second)
    moved = plans(run)
    disown(run.state, second.id)
    moved_back = plans(run)
    disown(run.state, first.id)

    assert (moved, moved_back) == ([("cdn", 800)], [("cdn", 600)])
    assert (run.state.planned, run.state.windows) == ({}, {})


def test_words_about_windows_that_are_forgotten_would_change_nothing() -> None:
    opened: set[bool] = set()
    for seed in range(cases(1_500, promised=True)):
        r = random.Random(seed)
        state, whole = (State(partition="merchant:m_1", now=to_microseconds(T0)) for _ in range(2))
        for n in range(r.randrange(1, 30)):
            step = r.choice((0, 1, 60, 900, 4000)) * 1_000_000
            starts, lasts = (r.choice((0, 0, 1, 900, 9000, 20_000)) * 1_000_000 for _ in range(2))
            earlier = r.choice((0, 0, 900)) * 1_000_000
            name, reachable = r.choice(("", "cdn")), [i for i, w in state.windows.items() if w[0] >= state.now - REACH]
            taken = r.choice(reachable) if reachable and r.randrange(4) == 0 else None
            for one in (state, whole):
                one.now += step
                end_suppressions(one)
                begin_suppressions(one)
                if taken is not None:
                    disown(one, taken)
                else:
                    begins = one.now + starts
                    # So that some begin at the same time, and some have begun before they are told of.
                    begins -= begins % 900_000_000 if earlier else 0
                    declare(one, f"sig_{n:02}", Window(name, begins, begins + lasts))
            if taken is None:
                forget(state)
                reopen(state)
            assert (state.maintenance, state.planned) == (whole.maintenance, whole.planned), (seed, n)
            opened |= {bool(state.maintenance), bool(state.planned), len(state.windows) < len(whole.windows)}
    assert opened == {True, False}


# --- through the agent ----------------------------------------------------------------------------------------------


def test_people_mute_through_the_agent_and_another_process_knows() -> None:
    memory = VolatileMemory()
    host = agent(memory)
    issue = handled(host, sure())[-1].issue
    (rests,) = host.mute(issue.id, merchant="m_1", until=after(3600), by="ann", why="known")
    again: Agent = agent(memory)
    (out,) = again.unmute(issue.id, merchant="m_1", by="ann")

    assert (len(suppressors(rests)), suppressors(out)) == (1, [])


def test_a_mute_of_nothing_and_one_that_is_over_are_refused() -> None:
    host = agent(VolatileMemory())
    handled(host, sure())
    with pytest.raises(NotFound, match=r"id of an issue of merchant:m_1 or the name of an issue kind"):
        host.mute("iss_unknown", merchant="m_1", until=after(3600), by="ann", why="known")
    with pytest.raises(NotFound, match="m_2"):
        host.mute("down", merchant="m_2", until=after(3600), by="ann", why="known")
    with pytest.raises(InputError, match="expected a mute that ends after"):
        host.mute("down", merchant="m_1", until=after(3600).replace(tzinfo=None), by="ann", why="known")
    with pytest.raises(InputError, match="expected a mute that ends after"):
        host.mute("down", merchant="m_1", until=T0 - timedelta(days=1), by="ann", why="known")
