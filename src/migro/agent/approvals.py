"""Approvals: the card that a person decides by, and what becomes of an answer."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Annotated, Literal

from pydantic import BeforeValidator

from ..decide import People, barred, same_name
from ..errors import NotFound
from ..models import (
    Action,
    ActionStatus,
    Decision,
    Explanation,
    Issue,
    Outcome,
    PremiseTrace,
    SignalRef,
    content_id,
)
from ..models.explanation import many
from ..models.records import Record, UtcTime
from ..ports import Memory
from ..rules import RuleSet
from .state import approvers, remind_at

__all__ = ["Answer", "Card", "card_id", "card_of", "cards", "find_action", "told_back"]

Lines = Annotated[tuple[str, ...], BeforeValidator(many)]

_SHOWN = 5
"""How many signals a card names."""

_FORMS = {Outcome.APPROVE1: 1, Outcome.APPROVE2: 2}


class Card(Record):
    """
    One action that waits for people, with everything that is needed to decide; nothing on it is empty.

    Attributes:
        id: Made from the action and its binding: an answer to this card counts for what the card shows alone.
        action: What waits.
        issue: What it is about, as it stands now.
        confidence: Confidence, band and points, in words.
        terms: How the points come about, a line each.
        evidence: The newest signals behind it, a line each.
        effect: Exactly what would be done.
        preview: What its actuator says it would do.
        guards: Why a person is asked: the table's cell, the mode, and every guard that holds.
        also_waiting: What else waits about the same issue.
        needs: How many different people have to approve it.
        approved_by: Who has already.
        may_answer, may_not: Who may approve it, and who may not and why.
        refused: Answers that did not count.
        reminded_at, until: When people are reminded, and when its time is over.
        unanswered: What happens if nobody answers.
    """

    id: str
    action: Action
    issue: Issue
    confidence: str
    terms: Lines
    evidence: Lines
    impact: str
    effect: str
    preview: str
    guards: Lines
    also_waiting: Lines
    needs: int
    approved_by: Lines
    may_answer: Lines
    may_not: Lines
    refused: Lines
    asked_at: UtcTime
    reminded_at: UtcTime
    until: UtcTime
    unanswered: str

    def text(self) -> str:
        """Return the card as a person reads it."""
        # What people and senders wrote must not reach past its line, nor steer a terminal.
        return "\n".join("".join(c if c.isprintable() else " " for c in line) for line in _lines(self))

    def __str__(self) -> str:
        return self.text()


class Answer(Record):
    """
    What became of what a person said.

    Attributes:
        counted: Whether it changed anything.
        words: What stands now, or why it did not count.
        action: The action as it stands, for an answer to a card.
    """

    counted: bool
    words: str
    action: Action | None = None


def card_id(action: Action) -> str:
    """Return the id of the card of an action as it is bound now."""
    return card_of(action.idempotency_key, action.binding)


def card_of(key: str, binding: str) -> str:
    """Return the id of the card of an action by its idempotency key, as it is or was bound."""
    return content_id("card", key, binding)


def cards(
    memory: Memory, ruleset: RuleSet, people: People, preview: Callable[[Action], str], *, id: str | None = None
) -> Iterator[Card]:
    """
    Yield the card of everything that waits, what lapses first coming first.

    Args:
        preview: What an actuator says it would do; empty where none says anything.
        id: The one card that is asked for.
    """
    waiting = [a for a in memory.read("actions", pending=True) if a.status is ActionStatus.WAITING]
    for action in sorted(waiting, key=lambda a: (a.expires_at or a.at, a.idempotency_key)):
        if id is not None and card_id(action) != id:
            continue
        issue = next(iter(memory.read("issues", id=action.issue)), None)
        decision = next(iter(memory.read("decisions", id=action.decision)), None)
        if issue is None or decision is None:
            continue  # stored in one transaction with it; without them nobody could decide
        beside = [a for a in waiting if a.issue == action.issue and a is not action]
        others = barred(ruleset.about(issue.kind), action)
        yield _card(action, issue, decision, beside, people, others, preview(action))


def find_action(memory: Memory, card: str) -> Action:
    """
    Return the action of a card, also where it waits no more.

    Raises:
        NotFound: If there is none, or people were asked anew since.
    """
    for pending in (True, False):
        for action in memory.read("actions", pending=pending):
            if card_id(action) == card:
                return action
    raise NotFound(
        f"expected the id of a card that waits, found none: {card!r}; on other evidence, or under other rules, people"
        " are asked anew by another card"
    )


def told_back(before: Action, action: Action, verb: Literal["approve", "reject"], by: str, halted: str) -> Answer:
    """
    Return what became of an answer: who was first has decided, and everybody else hears what was decided.

    Args:
        before, action: As it stood before the answer and after it.
        halted: Why automation is halted; empty where it is not.
    """
    # Asked anew meanwhile, it has heard none of the answers yet.
    new = action.refused if action.refused != before.refused and action.binding == before.binding else ()
    if new and f" {by}: " in new[-1]:
        return Answer(counted=False, words=new[-1].partition(f" {by}: ")[2], action=action)
    mine = action.note == f"rejected by {by}" if verb == "reject" else same_name(by) in approvers(action)
    if mine or action.status is not ActionStatus.WAITING:
        return Answer(counted=mine, words=_stands(action), action=action)
    why = f"automation is halted: {halted}" if halted else "it was asked for anew, on other evidence or rules"
    return Answer(counted=False, words=why, action=action)


def _stands(action: Action) -> str:
    note = f": {action.note}" if action.note else ""
    return f"{action.kind} -> {action.target} is {action.status.value}{note}"


# --- what is on a card -----------------------------------------------------------------------------------------------


def _card(
    action: Action,
    issue: Issue,
    decision: Decision,
    beside: Iterable[Action],
    people: People,
    others: Mapping[str, str],
    preview: str,
) -> Card:
    e = decision.explanation
    known = dict(others)
    roles = " or ".join(people.roles_for(action.risk))
    needs = _FORMS.get(action.outcome, 1)
    until = action.expires_at or action.at
    able = [str(p) for p in people.able(action.risk, known)]
    anybody = "anybody who says who it is: no people are listed" if not people.persons else f"nobody has {roles}"
    return Card(
        id=card_id(action),
        action=action,
        issue=issue,
        confidence=f"{e.confidence} {e.band.word}: {e.score:+d} points",
        terms=tuple(_terms(e)),
        evidence=tuple(_evidence(e)),
        impact=e.impact.method or "value not known",
        effect=_effect(action),
        preview=preview or "its actuator shows none: exactly the effect above",
        guards=tuple(_guards(e, action)),
        also_waiting=tuple(f"{_effect(a)} [{card_id(a)}]" for a in beside) or ("nothing else about this issue",),
        needs=needs,
        approved_by=approvers(action) or ("nobody yet",),
        may_answer=tuple(able) or (anybody,),
        may_not=tuple(f"{name}: {why}" for name, why in sorted(known.items())) or ("nobody is left out",),
        refused=action.refused or ("none",),
        asked_at=action.at,
        reminded_at=remind_at(action) or until,
        until=until,
        unanswered=f"at {until:%Y-%m-%d %H:%M} UTC it lapses: it is not done, and"
        f" {people.next_role(people.roles_for(action.risk)[0])} is told",
    )


def _effect(action: Action) -> str:
    given = ", ".join(f"{name}={value}" for name, value in action.args.items()) or "no arguments"
    return f"{action.kind} -> {action.target} ({action.risk.word}) with {given}"


def _terms(e: Explanation) -> Iterator[str]:
    yield f"{e.prior:+d} before any evidence"
    for c in e.contributions:
        note = f" - {c.note}" if c.note else ""
        why = f": {c.why}" if c.why else ""
        yield f"{c.counted:+d} {c.rule} ({c.effect}){why}; {_found(c.premise)}{note}"
    for a in e.adjustments:
        yield f"{a.after - a.before:+d} {a.name}: {a.why}"
    yield f"{e.score:+d} in all"


def _found(premise: PremiseTrace) -> str:
    if premise.parts:
        return "; ".join(_found(part) for part in premise.parts)
    needed = f", needed {premise.needed}" if premise.needed else ""
    return f"found {premise.found or 'it'}{needed}"


def _refs(premise: PremiseTrace) -> Iterator[SignalRef]:
    yield from premise.signals
    for part in premise.parts:
        yield from _refs(part)


def _evidence(e: Explanation) -> Iterator[str]:
    found = {ref.id: ref for c in e.contributions for ref in _refs(c.premise)}
    newest = sorted(found.values(), key=lambda ref: (ref.at, ref.id), reverse=True)
    for ref in newest[:_SHOWN]:
        yield f"{ref.at:%Y-%m-%d %H:%M:%S} UTC {ref.kind} from {ref.source_kind}, sender {ref.auth} [{ref.id}]"
    if len(newest) > _SHOWN:
        yield f"and {len(newest) - _SHOWN} more that are named by the decision"
    if not newest:
        yield "no signal is named: the absence of signals is what speaks"


def _guards(e: Explanation, action: Action) -> Iterator[str]:
    for trace in e.actions:
        if (trace.kind, trace.target) == (action.kind, action.target):
            yield f"table {trace.cell}: {trace.base.word}"
            yield f"mode {e.mode.word}: {trace.mode_cap.word}"
            for guard in e.guards:
                if guard.guard in trace.guards:
                    yield f"guard {guard.guard}: {guard.cap.word}, {guard.detail}"
            if not trace.guards:
                yield "no guard holds"
            return
    yield f"policy said {action.outcome.word} when it was asked for"


def _lines(card: Card) -> Iterator[str]:
    issue, action = card.issue, card.action
    yield f"Card       {card.id}"
    yield f"Do         {card.effect}"
    yield f"           {card.preview}"
    yield f"About      {issue.severity.word} {issue.kind} - {issue.title}, {issue.status.value} [{issue.id}]"
    where = f"{issue.merchant or issue.scope}: {', '.join(issue.key)}"
    yield f"           {where}; since {issue.first_seen:%Y-%m-%d %H:%M} UTC"
    yield f"Confidence {card.confidence}"
    for name, lines in (
        ("", card.terms),
        ("Evidence", card.evidence),
        ("Impact", (card.impact,)),
        ("Why asked", card.guards),
        ("Also waits", card.also_waiting),
        ("Needs", (f"{card.needs} of these, each a different person" if card.needs > 1 else "one of these",)),
        ("May answer", card.may_answer),
        ("May not", card.may_not),
        ("Approved", (", ".join(card.approved_by),)),
        ("Refused", card.refused),
    ):
        for number, line in enumerate(lines):
            yield f"{name if number == 0 else '':<10} {line}"
    yield f"Asked      {card.asked_at:%Y-%m-%d %H:%M} UTC; reminder {card.reminded_at:%Y-%m-%d %H:%M} UTC"
    asked = f", asked for by {action.requester}" if action.requester else ""
    yield f"Unanswered {card.unanswered}{asked}"
    yield f"Decision   {action.decision}"
