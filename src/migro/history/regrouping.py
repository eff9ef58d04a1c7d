"""Regrouping: which open issues other rules would split or put together; nothing is moved."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

import attrs

from ..models import Issue, IssueStatus
from ..models.grouping import GROUPING, fingerprint
from ..rules import RuleSet

__all__ = ["Regrouping", "regroup"]


@attrs.frozen(kw_only=True)
class Regrouping:
    """
    What another grouping would do to open issues of one kind.

    Attributes:
        what: They would be `merged` into one, one would be `split`, or nothing would open it any more (`gone`).
        kind: The failure mode.
        issues: Their ids.
        before, after: Names of the key that they are grouped by, and would be.
        fingerprint: Of the issue that they would be; empty where that is not one.
    """

    what: Literal["merged", "split", "gone"]
    kind: str
    issues: tuple[str, ...]
    before: tuple[str, ...]
    after: tuple[str, ...]
    fingerprint: str = ""


def regroup(issues: Iterable[Issue], ruleset: RuleSet) -> tuple[Regrouping, ...]:
    """
    Return what would become of issues if they were grouped as these rules group them.

    Issues that are over stay what they were. Of an issue that would be split nobody knows into how many: the signals
    behind it name what the new key asks for.
    """
    found: list[Regrouping] = []
    together: dict[tuple[str, str], list[Issue]] = {}
    for issue in sorted(issues, key=lambda i: (i.kind, i.id)):
        kind = ruleset.kinds.get(issue.kind)
        if issue.status is IssueStatus.RESOLVED:
            continue
        if kind is None:
            found.append(_one("gone", issue, ()))
        elif set(kind.per) - set(issue.key_names):
            found.append(_one("split", issue, kind.per))
        elif set(kind.per) != set(issue.key_names):
            key = dict(zip(issue.key_names, issue.key, strict=True))
            print_ = fingerprint(_partition(issue), issue.kind, {name: key[name] for name in kind.per})
            together.setdefault((issue.kind, print_), []).append(issue)
    for (kind_name, print_), group in together.items():
        if len(group) > 1:
            found.append(
                Regrouping(
                    what="merged",
                    kind=kind_name,
                    issues=tuple(i.id for i in group),
                    before=group[0].key_names,
                    after=ruleset.kinds[kind_name].per,
                    fingerprint=print_,
                )
            )
    return tuple(sorted(found, key=lambda r: (r.kind, r.issues)))


def versions(issues: Iterable[Issue]) -> tuple[str, ...]:
    """Return the versions of grouping that issues were opened with; the present one where none says so."""
    return tuple(sorted({i.fingerprint.partition(":")[0] or GROUPING for i in issues}))


def _partition(issue: Issue) -> str:
    return f"merchant:{issue.merchant}" if issue.merchant is not None else issue.scope


def _one(what: Literal["split", "gone"], issue: Issue, after: tuple[str, ...]) -> Regrouping:
    return Regrouping(what=what, kind=issue.kind, issues=(issue.id,), before=issue.key_names, after=after)
