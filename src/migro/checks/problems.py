"""Problems: what a check finds, under codes that stay."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import attrs

from ..rules import Rule

__all__ = ["CODES", "Problem"]

CODES: Mapping[str, str] = MappingProxyType(
    {
        "MR100": "does not load",
        "MR101": "never fires",
        "MR102": "always true",
        "MR103": "subsumed",
        "MR104": "duplicate",
        "MR105": "unreachable",
        "MR106": "cycle",
        "MR107": "for and against",
        "MR108": "points that cannot matter",
        "MR109": "window beyond retention",
        "MR110": "shared evidence",
        "MR111": "missing example",
        "MR112": "personal data",
        "MR113": "feature that cannot be imported",
        "MR114": "share of those that say so",
    }
)
"""What each code stands for; docs/reference/rule-checks.md says more."""


@attrs.frozen(kw_only=True)
class Problem:
    """
    One mistake of a rule.

    Attributes:
        code: One of `CODES`.
        rule: Id of the rule; the name of an issue kind for what concerns a kind.
        where: File and line where the rule was written.
        message: What was expected and what was found.
        witness: What shows it: values, conditions that exclude each other, or an example.
        other: Id of the rule that it collides with, or empty.
    """

    code: str
    rule: str
    where: str
    message: str
    witness: str = ""
    other: str = ""

    @classmethod
    def of(cls, rule: Rule[Any], code: str, message: str, *, witness: str = "", other: str = "") -> Problem:
        """Return a mistake of a rule, at the place where it was written."""
        return cls(code=code, rule=rule.id, where=rule.where, message=message, witness=witness, other=other)

    def __str__(self) -> str:
        return f"{self.where}: {self.code} {self.rule}: {self.message} [{CODES[self.code]}]"

    def document(self) -> dict[str, Any]:
        """Return it as plain values."""
        return {**attrs.asdict(self), "name": CODES[self.code]}
