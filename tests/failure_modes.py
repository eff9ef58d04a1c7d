"""
The page that lists the failure modes of the shipped pack, made from the pack.

``python -m tests.failure_modes > docs/reference/failure-modes.md`` writes it anew.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from typing import Any

from migro.models import Severity
from migro.packs.headless import NOT_YET, RULES
from migro.rules import PRIOR, IssueKind, Response, Rule, RuleSet, SeverityScale

__all__ = ["page"]

_HEAD = """\
# Failure modes

The shipped pack `headless` knows {modes} failure modes in {categories} categories and has {rules} rules about them.
This page is made from the pack; `migro rules show ID` shows the same with every premise in full.

- **Severity** is how bad it is if true; a share is the measured share of what fails.
- **Points** are [evidence](../explanation/confidence.md#what-evidence-is-worth); of one family the strongest counts.
- **Proposed** is what migro asks for; the [policy](../explanation/decisions.md) decides how far it goes.
- **A person's** is what it never proposes.
"""

_TAIL = """\
## What is not said yet

Modes that have rules and would be surer with more:

{partly}
"""


def page(ruleset: RuleSet = RULES) -> str:
    """Return the whole page as Markdown."""
    by_category: dict[str, list[IssueKind[Any]]] = {}
    for kind in sorted(ruleset.kinds.values(), key=lambda k: (k.category, k.name)):
        by_category.setdefault(kind.category, []).append(kind)
    parts = [_HEAD.format(modes=len(ruleset.kinds), categories=len(by_category), rules=len(ruleset))]
    for category, kinds in by_category.items():
        parts.append(f"## Category {category}\n")
        parts += ["\n".join(_mode(kind, ruleset.about(kind.name))) for kind in kinds]
    parts.append(_TAIL.format(partly=_table("Would help", dict(NOT_YET))))
    return "\n".join(parts)


def _mode(kind: IssueKind[Any], rules: tuple[Rule[Any], ...]) -> Iterator[str]:
    yield f"### {kind.name}\n"
    yield f"**{kind.title}.**\n{_lines(kind.what)}\n"
    about = "" if kind.per == ("merchant",) else f" It is about one {' and '.join(kind.per)} each."
    prior = "" if kind.prior == PRIOR else f" Its prior is {kind.prior:+d} points."
    yield f"Severity: {_severity(kind.severity)}.{about}{prior}\n"
    yield "| Points | Family | Rule | When |"
    yield "|---:|---|---|---|"
    for rule in sorted(rules, key=lambda r: (-r.then.points, r.id)):
        points = "veto" if rule.then.effect == "vetoes" else f"{rule.then.points:+d}"
        least = "" if rule.then.severity is None else f" At least {rule.then.severity.word}."
        yield f"| {points} | {rule.then.family} | `{rule.id}` | {_cell(rule.why)}{least} |"
    yield f"\nProposed: {', '.join(_response(r) for r in kind.responses)}.\n"
    if kind.human_only:
        yield f"A person's: {'; '.join(kind.human_only)}.\n"
    if kind.false_positives:
        yield f"May mislead: {_lines(kind.false_positives)}\n"


def _severity(scale: SeverityScale) -> str:
    if not scale.by_share:
        return scale.default.word
    bounds = ", ".join(f"{s.word} from {_percent(share)}" for s, share in scale.by_share)
    return f"{bounds}, {scale.below.word} below; {scale.default.word} where no share is measured"


def _percent(share: Fraction) -> str:
    return f"{100 * share.numerator / share.denominator:g} %"


def _response(response: Response) -> str:
    since = "" if response.from_severity is Severity.SEV4 else f" from {response.from_severity.word} on"
    return f"`{response.kind}` to {response.target} ({response.risk.word}){since}"


def _table(head: str, rows: dict[str, str]) -> str:
    return "\n".join([f"| Mode | {head} |", "|---|---|", *(f"| `{n}` | {_cell(t)} |" for n, t in sorted(rows.items()))])


def _lines(text: str) -> str:
    """One sentence a line, as everywhere in the documentation."""
    return text.replace(". ", ".\n")


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


if __name__ == "__main__":
    print(page(), end="")
