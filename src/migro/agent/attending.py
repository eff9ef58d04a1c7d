"""Attending: who has taken up an issue, and what happens where nobody does, or nobody solves it in time."""

from __future__ import annotations

from ..decide import People, Ruling, same_name
from ..models import Attention, Issue, IssueStatus, PersonActed, Risk
from .effects import Effects
from .notices import Tells, retire, tell
from .state import Held, State

__all__ = ["attend", "overdue", "plan_attention", "refuse", "stranger", "unheard"]

Slot = tuple[str, tuple[str, ...]]


def stranger(people: People, by: str) -> str:
    """Return in words that somebody is none of the people who are listed; empty where somebody is, or nobody is."""
    known = not people.persons or people.person(by) is not None
    return "" if known else f"expected one of the people who are listed, got {by}"


def unheard(people: People, item: PersonActed, issue: Issue | None) -> str:
    """Return in words why what somebody says about an issue does not count; empty where it does."""
    if told := stranger(people, item.by):
        return told
    if item.verb == "assign" and people.persons and people.person(item.to or "") is None:
        return f"expected to assign it to one of the people who are listed, got {item.to}"
    if issue is None or issue.status is IssueStatus.RESOLVED:
        return "expected an issue that goes on, got one that has ended, or none"
    return ""


def refuse(state: State, held: Held, item: PersonActed, why: str, effects: Effects) -> None:
    """Record that what somebody says about an issue does not count, and why; nobody is told."""
    what, role = f"refused {item.verb} {state.seq + 1}", "on_call"
    text = f"{item.by}: {why}"
    tell(state, held, effects, about=held.issue.id, what=what, role=role, text=text, allowed=False)


def plan_attention(state: State, held: Held, people: People, ruling: Ruling, *, ended: bool) -> None:
    """See to it that the next role is told in time of an issue that people are asked to look at."""
    slot = (held.issue.kind, held.issue.key)
    if ended or ruling.attention is Attention.NONE:
        state.overdue.pop(slot, None)
        if ended:
            held.taken_up, held.overdue = "", ""
        return
    # Where nobody is listed, nobody could say that he looks at it.
    if not people.persons or held.overdue:
        return
    if held.taken_up:
        # While it rested nobody was late with it.
        state.overdue.setdefault(slot, state.now + people.within(ruling.attention, taken_up=True))
        return
    at = state.now + people.within(ruling.attention, taken_up=False)
    state.overdue[slot] = min(at, state.overdue.get(slot, at))


def attend(state: State, slot: Slot, item: PersonActed, people: People, effects: Effects) -> None:
    """Take down who looks after an issue from now on; that gives as long to solve it as policy says."""
    held = state.held[slot]
    who = (item.to or item.by) if item.verb == "assign" else item.by
    if same_name(held.taken_up) == same_name(who):
        return
    held.taken_up, held.overdue = who, ""
    retire(held, held.issue.id, "somebody has taken it up", effects)
    if people.persons and held.issue.attention is not Attention.NONE:
        state.overdue[slot] = state.now + people.within(held.issue.attention, taken_up=True)


def overdue(state: State, people: People, effects: Effects, *, tells: Tells) -> list[Issue]:
    """Tell the next role of every issue that nobody has taken up or solved in time, once, and return these."""
    due = [slot for slot, at in sorted(state.overdue.items()) if at <= state.now]
    for slot in due:
        del state.overdue[slot]
        held = state.held[slot]
        issue = held.issue
        held.overdue = "unsolved" if held.taken_up else "untaken"
        role = people.next_role(_asked(held, people))
        said = f"{held.taken_up} took it up and it goes on" if held.taken_up else "nobody has taken it up"
        tell(
            state,
            held,
            effects,
            about=issue.id,
            what=f"{held.overdue} {held.decisions}",
            role=role,
            text=f"overdue: {issue.severity.word} {issue.title}: {said}",
            allowed=tells(role),
        )
    return [state.held[slot].issue for slot in due]


def _asked(held: Held, people: People) -> str:
    """Return the role that was told of an issue, or that whoever took it up has."""
    person = people.person(held.taken_up)
    if person is not None:
        mine = [role for role in people.escalation if role in person.roles]
        return mine[0] if mine else people.escalation[0]
    told = sorted(a.target for a in held.actions.values() if a.risk is Risk.R0 and a.kind == "notify" and not a.about)
    known = [role for role in people.escalation if role in told]
    return known[0] if known else told[0] if told else people.escalation[0]
