"""Guards of a host: reasons for caution that it adds to those of migro, and that only ever lower."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from types import MappingProxyType
from typing import Any

import attrs

from ..errors import ConfigurationError, survivable
from ..expressions import Fact
from ..models import Band, Outcome, Risk, Severity
from ..models.lines import one_line

__all__ = ["HOSTS", "Guard", "Held", "Proposed", "held_by"]

HOSTS = "host:"
"""How the names of a host's guards begin in records."""

_NAME = re.compile(r"[a-z][a-z0-9_]*")


def _sealed(value: Mapping[str, Any]) -> Mapping[str, Any]:
    # Guards are asked one after the other: none of them changes what the next one is asked about.
    return MappingProxyType(dict(value))


@attrs.frozen(kw_only=True)
class Proposed:
    """
    What a guard of a host is asked about: one action of one issue.

    Attributes:
        kind, target, risk, args: The action, its arguments as the rule has them.
        issue_kind, key, severity, band: The issue.
        merchant: Whose shop it is; empty where nobody knows, or it is nobody's alone.
        facts: What the guard reads, by the names that it gave them; a guard is not asked while one is not known.
    """

    kind: str
    target: str
    risk: Risk
    args: Mapping[str, str] = attrs.field(converter=_sealed)
    issue_kind: str
    key: tuple[str, ...]
    severity: Severity
    band: Band
    merchant: str
    facts: Mapping[str, Any] = attrs.field(converter=_sealed)


def _reads(value: Mapping[str, Fact[Any]]) -> tuple[tuple[str, Fact[Any]], ...]:
    given = dict(value)
    if odd := sorted(name for name, operand in given.items() if not isinstance(operand, Fact)):
        raise ConfigurationError(f"Guard.reads: expected facts such as fact(Shop.frozen), got other things: {odd}")
    return tuple(sorted(given.items()))


def _kinds(value: Iterable[str]) -> frozenset[str]:
    if isinstance(value, str) or not all(isinstance(kind, str) for kind in value):
        raise ConfigurationError(f"Guard.kinds: expected several kinds of action such as {{'tag'}}, got {value!r}")
    return frozenset(value)


def _meaning(value: str) -> str:
    return one_line(value) if isinstance(value, str) else ""


@attrs.frozen(kw_only=True)
class Guard:
    """
    A reason for caution that a host adds.

    It can forbid, record, hand to people, or ask them, and never allow anything: an outcome is a minimum. A replay asks
    it again, so it says the same wherever it is asked the same; what the host knows it reads as facts.

    Attributes:
        name: In records, with `HOSTS` before it: small letters, digits and ``_``.
        holds: Whether it holds for an action: yes or no, or yes in words of why. None is that nobody knows.
        version: Of `holds`; a part of the policy's version. Another one wherever it may say something else.
        meaning: What it means that it holds, in words.
        cap: What is allowed at most where it holds.
        from_risk: The lowest risk that it is about.
        kinds: Kinds of action that it is about; empty for all.
        reads: Facts that it asks for, by name.

    Raises:
        ConfigurationError: For a guard that could loosen or say nothing; the message says which.
    """

    name: str
    holds: Callable[[Proposed], bool | str | None]
    version: str
    meaning: str = attrs.field(converter=_meaning)
    cap: Outcome = Outcome.ESCALATE
    from_risk: Risk = Risk.R1
    kinds: frozenset[str] = attrs.field(default=frozenset(), converter=_kinds)
    reads: tuple[tuple[str, Fact[Any]], ...] = attrs.field(default=(), converter=_reads)

    def __attrs_post_init__(self) -> None:
        if not isinstance(self.name, str) or not _NAME.fullmatch(self.name):
            raise ConfigurationError(f"Guard.name: expected small letters, digits and '_', got {self.name!r}")
        if not callable(self.holds):
            raise ConfigurationError(f"Guard {self.name}: expected something to ask as holds, got {self.holds!r}")
        if not (isinstance(self.version, str) and self.version and isinstance(self.meaning, str) and self.meaning):
            raise ConfigurationError(f"Guard {self.name}: expected a version and a meaning, got none")
        if not isinstance(self.cap, Outcome) or self.cap is Outcome.AUTO:
            raise ConfigurationError(f"Guard {self.name}: expected a cap below auto, got {self.cap!r}")
        if not isinstance(self.from_risk, Risk):
            raise ConfigurationError(f"Guard {self.name}: expected the lowest risk, R0 to R4, got {self.from_risk!r}")

    @property
    def recorded(self) -> str:
        """Its name in records."""
        return HOSTS + self.name

    def is_about(self, kind: str, risk: Risk) -> bool:
        """Whether an action of a kind and risk is its affair."""
        return risk >= self.from_risk and (not self.kinds or kind in self.kinds)

    def document(self) -> list[object]:
        """Return everything that decides."""
        shape: list[object] = [self.cap, self.from_risk, sorted(self.kinds)]
        return [self.name, self.version, *shape, [[name, operand.document()] for name, operand in self.reads]]


@attrs.frozen
class Held:
    """
    A guard of a host that holds for an action.

    Attributes:
        guard: Which.
        why: In words.
        missing: What it holds for because nobody knows it; empty where it says so itself.
    """

    guard: Guard
    why: str = attrs.field(converter=one_line)
    missing: str = attrs.field(default="", converter=one_line)


def held_by(guards: Iterable[Guard], proposed: Proposed, told: Callable[[Fact[Any]], Any]) -> tuple[Held, ...]:
    """
    Return the guards that hold for an action.

    One that lacks an input, says neither yes nor no, or raises, holds as well: what nobody knows allows nothing.

    Args:
        proposed: The action; its facts are filled in for each guard.
        told: Returns what the host knows, None for nothing.
    """
    found = (_held(g, proposed, told) for g in guards if g.is_about(proposed.kind, proposed.risk))
    return tuple(one for one in found if one is not None)


def _held(guard: Guard, proposed: Proposed, told: Callable[[Fact[Any]], Any]) -> Held | None:
    facts = {name: told(operand) for name, operand in guard.reads}
    if unknown := [name for name, value in facts.items() if value is None]:
        return Held(guard, f"not known is {', '.join(unknown)}", missing=", ".join(unknown))
    try:
        said = guard.holds(attrs.evolve(proposed, facts=facts))
    except survivable() as e:  # foreign code; its text may hold personal data
        return Held(guard, f"it raised {type(e).__name__}", missing="its answer")
    if said is False:
        return None
    if said is True:
        return Held(guard, guard.meaning)
    if isinstance(said, str) and (words := one_line(said)):
        return Held(guard, words)
    return Held(guard, "it says neither yes nor no", missing="its answer")
