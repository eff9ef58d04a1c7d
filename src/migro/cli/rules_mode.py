"""What ``migro rules show MODE`` says: everything about a failure mode, for people and as data."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterator, Mapping
from fractions import Fraction
from typing import Any

from ..decide import Policy, decide
from ..decide.policy import GuardName
from ..expressions import span
from ..models import Band, Outcome, RunMode, Severity
from ..packs.headless.gaps import NO_CASE, NOT_YET
from ..rules import PRIOR, ImpactModel, IssueKind, Response, Rule, RuleSet
from ..rules.abbreviation import abbreviated

__all__ = ["CELLS", "bounds", "costs", "described", "ladder", "mode_lines"]

CELLS: Mapping[str, tuple[Band, Severity]] = {
    "LOW": (Band.LOW, Severity.SEV3),
    "MID": (Band.MID, Severity.SEV3),
    "HIGH": (Band.HIGH, Severity.SEV3),
    "HIGH and grave": (Band.HIGH, Severity.SEV2),
}
"""The rows of the policy's table, by band; grave is SEV1 and SEV2."""

_OUTCOMES: Mapping[Outcome, str] = {
    Outcome.FORBID: "never",
    Outcome.RECORD: "only recorded",
    Outcome.ESCALATE: "a person looks",
    Outcome.APPROVE2: "two people approve",
    Outcome.APPROVE1: "one person approves",
    Outcome.AUTO: "done",
}
_SELECTION = re.compile(r"(?P<open>\[|^)(?P<signal>[A-Z]\w+): ", re.MULTILINE)
_KEY = re.compile(r" per \w+(?: and \w+)*(?:, weighted by [\w.]+)?")
_CASES: Mapping[str, str] = {
    "positive": "a strong and a medium sign of two sources",
    "sure": "two strong signs without a common witness",
    "contradiction": "a strong contradiction",
}


def described(ruleset: RuleSet, kind: IssueKind[Any]) -> dict[str, Any]:
    """Return a mode as data: what decides, what is told, its rules in words, and what policy makes of its responses."""
    about = ruleset.about(kind.name)
    return {
        **kind.document(),
        "title": kind.title,
        "what": kind.what,
        "harm": kind.harm,
        "severity_ladder": list(ladder(kind, about)),
        "costs": list(costs(kind.impact)),
        "evidence_for": [_evidence(r) for r in _ordered(about) if r.then.effect == "supports"],
        "evidence_against": [_evidence(r) for r in _ordered(about) if r.then.effect != "supports"],
        "policy": [_policy(r) for r in kind.responses],
        "human_only": list(kind.human_only),
        "replies": [text for r in kind.responses for text in _reply(r)],
        "false_positives": kind.false_positives,
        "related": list(kind.related),
        "sources": list(kind.sources),
        "gaps": list(_gaps(kind)),
    }


def ladder(kind: IssueKind[Any], rules: tuple[Rule[Any], ...]) -> Iterator[str]:
    """Yield in words what makes it how bad, worst first: the lost share, then rules that name a severity."""
    scale = kind.severity
    for severity, share in scale.by_share:
        yield f"{severity.word} from {_percent(share)} lost"
    if scale.by_share:
        yield f"{scale.below.word} below that, {scale.default.word} where no share is measured"
    else:
        yield f"{scale.default.word}, whatever the share"
    floors = [(r.then.severity, r) for r in rules if r.then.severity is not None]
    for severity, rule in sorted(floors, key=lambda f: (-f[0], f[1].id)):
        yield f"at least {severity.word} while {rule.id} counts: {_sentence(rule.why)}"


def costs(model: ImpactModel | None) -> Iterator[str]:
    """Yield in words how an impact model says what is at stake; nothing without one."""
    if model is None:
        return
    if model.conversion is not None:
        told = ", unless the host tells its own" if model.told is not None else ""
        step = f" of {model.step}" if model.step else ""
        yield f"Lost orders: {_percent(model.conversion)}{step} would have ordered, which is an assumption{told}."
    if model.failed is not None:
        yield f"The carts that failed, added up{' in full, since they are paid' if model.paid else ''}."
    if model.orders is not None:
        yield "Orders missing from what is usual, where so few are improbable."
    for part in model.exposures:
        yield f"At stake beside that: {part.name.replace('_', ' ')}."
    if model.people:
        yield f"People, counted apart: {', '.join(p.role for p in model.people)}."
    if model.order_value is not None:
        yield "Money is said only where the host told the order value."


def mode_lines(ruleset: RuleSet, kind: IssueKind[Any]) -> Iterator[str]:
    """Yield a mode as lines for people."""
    said = described(ruleset, kind)
    yield f"{kind.name}: {kind.title}"
    systemic = ", about the platform instead of one merchant" if kind.systemic else ""
    prior = "" if kind.prior == PRIOR else f", prior {kind.prior:+d} points"
    yield f"{kind.category}, one issue per {' and '.join(kind.per)}{systemic}{prior}"
    yield from _part("What it is", [kind.what])
    yield from _part("How bad it is", [kind.harm, *said["severity_ladder"]])
    yield from _part("What it costs", said["costs"])
    yield from _rules("What speaks for it", said["evidence_for"])
    yield from _rules("What speaks against it", said["evidence_against"])
    yield "\n(migro rules show RULE prints what stands for each [...] in full.)"
    yield from _part("What is proposed", [_proposal(p) for p in said["policy"]])
    yield from _part("What stays a person's", said["human_only"])
    yield from _part("Reply to draft", said["replies"])
    yield from _part("What may mislead", [kind.false_positives])
    yield from _part("Related modes", [", ".join(kind.related)])
    yield from _part("Where it is shown", said["sources"])
    yield from _part("What is missing", said["gaps"])


def _ordered(rules: tuple[Rule[Any], ...]) -> list[Rule[Any]]:
    return sorted(rules, key=lambda r: (r.then.effect == "vetoes", -abs(r.then.points), r.then.family, r.id))


def _evidence(rule: Rule[Any]) -> dict[str, Any]:
    return {
        "rule": rule.id,
        "effect": rule.then.effect,
        "points": rule.then.points,
        "family": rule.then.family,
        "why": rule.why,
        "when": str(rule.when),
        "bounds": abbreviated(bounds(str(rule.when))),
        "lasts": span(rule.lasts_us),
    }


def _policy(response: Response) -> dict[str, Any]:
    # With everything switched on and nothing against it: modes and guards can only make it stricter.
    guards: tuple[GuardName, ...] = (
        () if Policy().allows(response.kind, response.target, RunMode.AUTO) else ("not_allowed",)
    )
    outcomes = {
        name: decide(band, severity, response.risk, RunMode.AUTO, guards).word
        for name, (band, severity) in CELLS.items()
    }
    again = {} if response.every is None else {"every": span(response.every), "times": response.times}
    return {
        "kind": response.kind,
        "target": response.target,
        "risk": response.risk.word,
        "from": response.from_severity.word,
        "args": {n: v for n, v in response.args if n not in ("template", "text")},
        "outcomes": outcomes,
        **again,
    }


def _proposal(said: Mapping[str, Any]) -> str:
    about = "; ".join(f"{n} {v}" if n != "content" else v for n, v in said["args"].items())
    since = "" if said["from"] == Severity.SEV4.word else f", from {said['from']} on"
    again = f", every {said['every']} and at most {said['times']} times" if "every" in said else ""
    told = f": {about}" if about else ""
    return f"{said['kind']} to {said['target']} ({said['risk']}{since}{again}){told}. {_by_band(said['outcomes'])}."


def _by_band(outcomes: Mapping[str, str]) -> str:
    low, mid, mild, grave = (_OUTCOMES[Outcome.named(word)] for word in outcomes.values())
    if mid == mild == grave:
        return f"LOW: {low}; from MID on: {mid}"
    if mild == grave:
        return f"LOW: {low}; MID: {mid}; HIGH: {mild}"
    return f"LOW: {low}; MID: {mid}; HIGH: {mild}, at SEV1 and SEV2 {grave}"


def _reply(response: Response) -> Iterator[str]:
    yield from (text for name, text in response.args if name == "template")


def _gaps(kind: IssueKind[Any]) -> Iterator[str]:
    if kind.name in NOT_YET:
        yield f"It would be surer with {NOT_YET[kind.name]}."
    for case, modes in NO_CASE.items():
        if kind.name in modes:
            yield f"There is no fixture with {_CASES[case]}: {modes[kind.name]}."


def _part(head: str, texts: list[str]) -> Iterator[str]:
    held = [text for text in texts if text]
    if held:
        yield f"\n{head}"
    for text in held:
        yield from _wrapped(text, "  ", "  " if len(held) == 1 else "    ")


def _rules(head: str, said: list[dict[str, Any]]) -> Iterator[str]:
    if said:
        yield f"\n{head}"
    for rule in said:
        points = "veto" if rule["effect"] == "vetoes" else f"{rule['points']:+d}"
        yield f"  {points:>5}  {rule['rule']} (family {rule['family']}, lasts {rule['lasts']})"
        yield from _wrapped(rule["why"], " " * 9, " " * 9)
        for number, line in enumerate(rule["bounds"].splitlines()):
            yield from _wrapped(line.strip(), " " * 9 + ("when " if not number else "     "), " " * 14)


def _wrapped(text: str, first: str, then: str) -> list[str]:
    return textwrap.wrap(text, width=110, initial_indent=first, subsequent_indent=then, break_on_hyphens=False)


def bounds(premise: str) -> str:
    """
    Return a premise in words with its windows and bounds, and of each selection only what kind of signal it counts.

    >>> bounds("at least 3 x [Probe: Probe.ok == False per merchant] within 10 min, and no [Probe: any per a]")
    'at least 3 x [Probe] within 10 min, and no [Probe]'
    >>> bounds("Alert: Alert.topic == 'alert.firing' per merchant, and since then no [Alert: Alert.ok per merchant]")
    'Alert, and since then no [Alert]'
    """
    said, at = "", 0
    for begin in _SELECTION.finditer(premise):
        if begin.start() < at:
            continue
        said += premise[at : begin.start()] + begin["open"] + begin["signal"]
        at = _close(premise, begin.end()) if begin["open"] else _key_end(premise, begin.end())
    return said + premise[at:]


def _close(text: str, at: int) -> int:
    """Return where the bracket closes that was opened before; one within quotes is none."""
    depth, quoted = 1, ""
    for i, letter in enumerate(text[at:], start=at):
        if quoted:
            quoted = "" if letter == quoted else quoted
        elif letter in "'\"":
            quoted = letter
        else:
            depth += (letter == "[") - (letter == "]")
        if not depth:
            return i
    return len(text)


def _key_end(text: str, at: int) -> int:
    found = _KEY.search(text, at)
    return len(text) if found is None else found.end()


def _sentence(text: str) -> str:
    return text[:1].lower() + text[1:].removesuffix(".") if text else "it says so"


def _percent(share: Fraction) -> str:
    return f"{100 * share.numerator / share.denominator:g} %"
