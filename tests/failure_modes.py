"""
The pages about the failure modes of the shipped pack, made from the pack: one for each mode, and one that lists them.

``python -m tests.failure_modes > docs/reference/failure-modes.md`` writes all of them anew.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from migro.cli.rules_mode import described
from migro.models import Severity
from migro.packs.headless import NOT_YET, RULES
from migro.rules import PRIOR, IssueKind, RuleSet

__all__ = ["DIRECTORY", "mode_pages", "page"]

DIRECTORY = Path(__file__).parents[1] / "docs" / "reference" / "failure-modes"

_HEAD = """\
# Failure modes

The shipped pack `headless` knows {modes} failure modes in {categories} categories and has {rules} rules about them.
Each has a page of its own; these pages are made from the pack, and `migro rules show MODE` says the same.
What a page says:

- **How bad it is** tells the severity if it is true; a share is the measured share of what fails.
- **What speaks for and against it** gives each rule's [points]({points}); of one family the strongest counts.
- **What is proposed** is what migro asks for; the [policy](../explanation/decisions.md) decides how far it goes.
- **What stays a person's** is what it never proposes.
"""

_TAIL = """\
## What is not said yet

Modes that have rules and would be surer with more:

{partly}
"""

_POINTS = "../explanation/confidence.md#what-evidence-is-worth"
_MADE = "<!-- Made by `python -m tests.failure_modes`; change the pack instead. -->"


def page(ruleset: RuleSet = RULES) -> str:
    """Return the page that lists the modes, as Markdown."""
    by_category: dict[str, list[IssueKind[Any]]] = {}
    for kind in sorted(ruleset.kinds.values(), key=lambda k: (k.category, k.name)):
        by_category.setdefault(kind.category, []).append(kind)
    counts = {"modes": len(ruleset.kinds), "categories": len(by_category), "rules": len(ruleset)}
    parts = [_HEAD.format(**counts, points=_POINTS)]
    for category, kinds in by_category.items():
        rows = [f"| [`{k.name}`](failure-modes/{k.name}.md) | {_cell(k.title)} | {_range(ruleset, k)} |" for k in kinds]
        parts.append("\n".join([f"## Category {category}\n", "| Mode | What | Severity |", "|---|---|---|", *rows, ""]))
    gaps = [f"| [`{n}`](failure-modes/{n}.md) | {_cell(t)} |" for n, t in sorted(NOT_YET.items())]
    parts.append(_TAIL.format(partly="\n".join(["| Mode | Would help |", "|---|---|", *gaps])))
    return "\n".join(parts)


def mode_pages(ruleset: RuleSet = RULES) -> Mapping[str, str]:
    """Return the page of each mode as Markdown, by the name of its file."""
    return {f"{name}.md": "\n".join(_mode(ruleset, kind)) for name, kind in sorted(ruleset.kinds.items())}


def _range(ruleset: RuleSet, kind: IssueKind[Any]) -> str:
    scale = kind.severity
    held = {scale.default, *(s for s, _ in scale.by_share)}
    held |= {r.then.severity for r in ruleset.about(kind.name) if r.then.severity is not None}
    if scale.by_share:
        held.add(scale.below)
    mildest, gravest = min(held), max(held)
    return mildest.word if mildest == gravest else f"{mildest.word} to {gravest.word}"


def _mode(ruleset: RuleSet, kind: IssueKind[Any]) -> Iterator[str]:
    said = described(ruleset, kind)
    yield f"# {kind.title}\n"
    yield f"{_MADE}\n"
    prior = "" if kind.prior == PRIOR else f"\nIts prior is {kind.prior:+d} points."
    systemic = "\nIt is about the platform instead of one merchant." if kind.systemic else ""
    yield (
        f"`{kind.name}`, category [{kind.category}](../failure-modes.md#category-{kind.category}),"
        f" one issue per {' and '.join(kind.per)}.{systemic}{prior}\n"
    )
    yield f"{_lines(kind.what)}\n"
    yield "## How bad it is\n"
    yield f"{_lines(kind.harm)}\n"
    yield from _list(said["severity_ladder"])
    if said["costs"]:
        yield "## What it costs\n"
        yield from _list(said["costs"])
    yield from _evidence("What speaks for it", said["evidence_for"])
    yield from _evidence("What speaks against it", said["evidence_against"])
    yield "## What is proposed\n"
    yield "| Action | To | Risk | LOW | MID | HIGH | HIGH at SEV1, SEV2 |"
    yield "|---|---|---|---|---|---|---|"
    for response in said["policy"]:
        since = "" if response["from"] == Severity.SEV4.word else f", from {response['from']} on"
        about = "; ".join(f"{n} {v}" if n != "content" else v for n, v in response["args"].items())
        cells = " | ".join(response["outcomes"].values())
        told = f": {about}" if about else ""
        risk = response["risk"]
        yield f"| `{response['kind']}`{_cell(told)}{since} | {response['target']} | {risk} | {cells} |"
    yield ""
    yield "## What stays a person's\n"
    yield from _list(said["human_only"])
    for text in said["replies"]:
        yield "## Reply to draft\n"
        yield "\n".join(f"> {line}" for line in _lines(text).splitlines())
        yield ""
    yield "## What may mislead\n"
    yield f"{_lines(kind.false_positives)}\n"
    if kind.related:
        yield "## Related modes\n"
        yield from _list([f"[{ruleset.kinds[n].title}]({n}.md)" for n in kind.related])
    yield "## Where it is shown\n"
    yield "Bounds and points are judgement; these show that it happens and how its signs read.\n"
    yield from _list([f"<{s}>" if s.startswith("https://") and " " not in s else _cell(s) for s in kind.sources])
    if said["gaps"]:
        yield "## What is missing\n"
        yield from _list(said["gaps"])


def _evidence(head: str, rules: list[dict[str, Any]]) -> Iterator[str]:
    if not rules:
        return
    yield f"## {head}\n"
    yield "| Points | Family | Rule | Windows and bounds | Lasts |"
    yield "|---:|---|---|---|---|"
    for rule in rules:
        points = "veto" if rule["effect"] == "vetoes" else f"{rule['points']:+d}"
        bounds = " ".join(line.strip() for line in rule["bounds"].splitlines())
        what = f"`{rule['rule']}`<br>{_cell(rule['why'])}"
        yield f"| {points} | {rule['family']} | {what} | {_code(bounds)} | {rule['lasts']} |"
    yield ""


def _list(texts: list[str]) -> Iterator[str]:
    yield from (f"- {_lines(text)}" for text in texts)
    yield ""


def _lines(text: str) -> str:
    """One sentence a line, as everywhere in the documentation."""
    return text.replace(". ", ".\n")


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


def _code(text: str) -> str:
    # Within code a table's bar cannot be escaped in every reader, so it is written as what it means.
    return f"`{text.replace(' | ', ' or ').replace('|', '/')}`"


if __name__ == "__main__":
    DIRECTORY.mkdir(exist_ok=True)
    wanted = mode_pages()
    for old in set(DIRECTORY.glob("*.md")) - {DIRECTORY / name for name in wanted}:
        old.unlink()
    for name, text in wanted.items():
        (DIRECTORY / name).write_text(text, "utf-8")
    print(page(), end="")
