"""People: who is known, in which roles, who is asked for what, and whose answer does not count."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import Any

import attrs

from ..errors import ConfigurationError
from ..expressions import microseconds
from ..models import Action, Attention, Risk
from ..models.inputs import plain_name
from ..rules import Rule

__all__ = ["APPROVERS", "People", "Person", "barred", "refusal", "same_name"]

APPROVERS: Mapping[Risk, tuple[str, ...]] = {
    Risk.R0: ("on_call", "owner"),
    Risk.R1: ("on_call", "owner"),
    Risk.R2: ("on_call", "owner"),
    Risk.R3: ("owner", "security", "finance"),
}
"""Which roles may answer for a risk unless a host says otherwise; the first is the one that is reminded."""


def same_name(name: str) -> str:
    """Return a name as it is compared: spellings that differ in case, blanks or invisible signs are one person."""
    # Once more, because small letters may have to be composed again.
    return plain_name("".join(c for c in plain_name(name) if unicodedata.category(c) != "Cc").casefold())


def _set(value: Iterable[str]) -> frozenset[str]:
    return frozenset(_words(value))


def _words(value: Iterable[str]) -> tuple[str, ...]:
    if isinstance(value, str) or not all(isinstance(word, str) and word for word in value):
        raise ConfigurationError(f"expected roles such as ('on_call', 'owner'), got {value!r}")
    return tuple(value)


@attrs.frozen(kw_only=True)
class Person:
    """
    Somebody who may be asked.

    Attributes:
        name: Under which answers are given.
        roles: Such as ``on_call`` and ``owner``.
        contact: How to reach the person; shown on a card, read by no rule.
    """

    name: str
    roles: frozenset[str] = attrs.field(converter=_set)
    contact: str = ""

    def __str__(self) -> str:
        reached = f", {self.contact}" if self.contact else ""
        return f"{self.name} ({', '.join(sorted(self.roles))}{reached})"


def _persons(value: Iterable[Person]) -> tuple[Person, ...]:
    return tuple(value)


def _by_risk(
    value: Mapping[Risk, Iterable[str]] | Iterable[tuple[Risk, Iterable[str]]],
) -> tuple[tuple[Risk, tuple[str, ...]], ...]:
    asked: dict[Risk, Iterable[str]] = dict(value)
    if Risk.R4 in asked:
        raise ConfigurationError("People.approvers: expected R0 to R3, got R4, which nobody may approve")
    given = {**APPROVERS, **{risk: _words(roles) for risk, roles in asked.items()}}
    if empty := [risk.word for risk, roles in given.items() if not roles]:
        raise ConfigurationError(f"People.approvers: expected at least one role for {', '.join(empty)}, got none")
    return tuple(sorted(given.items()))


def _span(_: object, field: attrs.Attribute[timedelta], value: timedelta) -> None:
    if not isinstance(value, timedelta) or value <= timedelta(0):
        raise ConfigurationError(f"People.{field.name}: expected a span above 0, got {value!r}")


@attrs.frozen(kw_only=True)
class People:
    """
    Who may answer, and who is told next where nobody does.

    Where nobody is listed, whoever has a name may answer: that the name is true is the host's to ensure.

    Attributes:
        persons: Everybody who may be asked.
        approvers: Roles that may answer for a risk; the first is the one that is reminded.
        escalation: Roles in the order in which they are told of what nobody has answered.
        page_within, review_within: How long an issue that pages, or wants a look, may wait until somebody takes it up.
        solve_within: How long whoever took it up has until the next role is told.

    Raises:
        ConfigurationError: For two persons of one name, a name that cannot stand in a list, a risk without a role, or a
            span that is not above 0.
    """

    persons: tuple[Person, ...] = attrs.field(default=(), converter=_persons)
    approvers: tuple[tuple[Risk, tuple[str, ...]], ...] = attrs.field(default=(), converter=_by_risk)
    escalation: tuple[str, ...] = attrs.field(default=("on_call", "owner"), converter=_words)
    page_within: timedelta = attrs.field(default=timedelta(minutes=15), validator=_span)
    review_within: timedelta = attrs.field(default=timedelta(hours=4), validator=_span)
    solve_within: timedelta = attrs.field(default=timedelta(hours=8), validator=_span)

    def __attrs_post_init__(self) -> None:
        names = [same_name(p.name) for p in self.persons]
        if "" in names or len(set(names)) < len(names):
            raise ConfigurationError(f"People.persons: expected each name once and none empty, got {sorted(names)}")
        shown = [plain_name(p.name) for p in self.persons]
        if odd := sorted(name for name in shown if not name.isprintable() or ", " in name):
            raise ConfigurationError(f"People.persons: expected names without control signs and commas, got {odd}")
        if not self.escalation:
            raise ConfigurationError("People.escalation: expected at least one role, got none")

    def person(self, name: str) -> Person | None:
        """Return the person of a name; None for a stranger."""
        return next((p for p in self.persons if same_name(p.name) == same_name(name)), None)

    def roles_for(self, risk: Risk) -> tuple[str, ...]:
        """Return the roles that may answer for a risk, the one that is reminded first."""
        return dict(self.approvers).get(risk, ())

    def able(self, risk: Risk, barred: Mapping[str, str]) -> tuple[Person, ...]:
        """Return who may approve at a risk, without those who are barred, by their names as they are compared."""
        roles = set(self.roles_for(risk))
        return tuple(p for p in self.persons if roles & p.roles and same_name(p.name) not in barred)

    def next_role(self, role: str) -> str:
        """Return who is told where a role has not answered; the last role is told again."""
        if role not in self.escalation:
            return self.escalation[0]
        place = self.escalation.index(role) + 1
        return self.escalation[min(place, len(self.escalation) - 1)]

    def within(self, attention: Attention, *, taken_up: bool) -> int:
        """Return how long an issue may rest before the next role is told, in microseconds."""
        if taken_up:
            return microseconds(self.solve_within)
        return microseconds(self.page_within if attention is Attention.PAGE else self.review_within)

    def document(self) -> list[object]:
        """Return what can change a decision; how to reach somebody is none of it."""
        return [
            sorted([same_name(p.name), sorted(p.roles)] for p in self.persons),
            [[risk, list(roles)] for risk, roles in self.approvers],
            list(self.escalation),
            *(microseconds(span) for span in (self.page_within, self.review_within, self.solve_within)),
        ]


def barred(rules: Iterable[Rule[Any]], action: Action) -> Mapping[str, str]:
    """
    Return who may not approve an action, by name as it is compared, and why.

    Args:
        rules: Those about the action's issue.
    """
    authors = {same_name(rule.author): f"wrote rule {rule.id}" for rule in rules if rule.author}
    asked = {same_name(name): "asked for it" for name in action.requester.split(", ") if name}
    return {**authors, **asked}


def refusal(
    people: People, action: Action, verb: str, by: str, *, barred: Mapping[str, str], given: Iterable[str]
) -> str:
    """
    Return in words why an answer does not count; empty where it does.

    Args:
        barred: Who may not approve it, by name as it is compared, and why.
        given: Names of those who have approved it already, as they are compared.
    """
    person, roles = people.person(by), people.roles_for(action.risk)
    if people.persons and person is None:
        return f"expected one of the people who are listed, got {by}"
    if person is not None and not person.roles.intersection(roles):
        held = ", ".join(sorted(person.roles)) or "none"
        return f"expected one of the roles {', '.join(roles)} for {action.risk.word}, {by} has {held}"
    if verb == "approve" and same_name(by) in barred:
        return f"expected somebody else: {by} {barred[same_name(by)]}"
    if verb == "approve" and same_name(by) in set(given):
        return f"expected a second person, {by} has approved it already"
    return ""
