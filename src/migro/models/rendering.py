"""How an explanation reads: plain text for operators."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .explanation import Contribution, Explanation, Impact, PremiseTrace

__all__ = ["explanation_text", "money"]

# ISO 4217 currencies whose minor unit is not a hundredth.
_EXPONENTS = {"JPY": 0, "KRW": 0, "VND": 0, "CLP": 0, "ISK": 0, "BHD": 3, "KWD": 3, "OMR": 3, "TND": 3, "JOD": 3}


def money(minor: int, currency: str) -> str:
    """
    Return an amount of minor units as people write it.

    >>> money(12850, "EUR"), money(500, "JPY")
    ('128.50 EUR', '500 JPY')
    """
    exponent = _EXPONENTS.get(currency, 2)
    if exponent == 0:
        return f"{minor} {currency}"
    whole, part = divmod(abs(minor), 10**exponent)
    return f"{'-' if minor < 0 else ''}{whole}.{part:0{exponent}d} {currency}"


def explanation_text(e: Explanation) -> str:
    """Return the explanation as an operator reads it, one fact a line."""
    return "\n".join(_lines(e))


def _lines(e: Explanation) -> Iterator[str]:
    key = ", ".join(f"{n} {k}" for n, k in zip(e.key_names, e.key, strict=True))
    yield f"Issue      {e.issue_kind} - {e.title}"
    yield f"           {key}; category {e.category}; as of {e.as_of:%Y-%m-%d %H:%M:%S}Z; {e.issue}"
    yield f"Why now    {e.changed}"
    for w in e.withdrawals:
        yield f"Withdrawn  {w.signal} by {w.by}: {w.reason}"
        for action in w.actions:
            yield f"           {action}; it rested on that signal and is not undone"
    yield f"Confidence {e.confidence} {e.band.word}: score {e.score:+d} points ({_bounds(e.score)})"
    yield f"  {e.prior:+5d}  prior: how rare this is before any evidence"
    counted = [c for c in e.contributions if c.counted]
    for c in counted:
        yield from _contribution(c, f"{c.counted:+5d}")
    for a in e.adjustments:
        yield f"  {a.after - a.before:+5d}  capped at {a.cap:+d}, {a.name}: {a.why}"
    yield f"  {e.score:+5d}  score"
    ignored = [c for c in e.contributions if not c.counted]
    if ignored:
        yield "Not counted"
        for c in ignored:
            yield from _contribution(c, f"({c.points:+d})")
    for n in e.near_misses:
        yield f"Nearly     {n.rule} ({n.would_add:+d}): needs {n.needed}, found {n.found}"
    for u in e.unjudged:
        yield f"Not judged rule {u.rule}, quarantined since {u.since:%Y-%m-%d %H:%M:%S}Z because {u.because}"
    yield f"Severity   {e.severity.word}: {e.severity_because}"
    yield from _impact(e.impact)
    yield f"Attention  {e.attention.word}"
    yield f"Mode       {e.mode.word}"
    held = [g for g in e.guards if g.holds]
    for g in held:
        yield f"Guard      {g.guard} caps {g.from_risk.word} and riskier at {g.cap.word}: {g.detail}"
    if not held:
        yield "Guard      none holds"
    for t in e.actions:
        guards = f", guards {', '.join(t.guards)}" if t.guards else ""
        yield (
            f"Action     {t.kind} -> {t.target}: {t.outcome.word}"
            f" = min(table {t.cell} {t.base.word}, mode {t.mode_cap.word}{guards})"
        )
    if not e.actions:
        yield "Action     none is proposed"
    yield f"Outcome    {e.outcome.word}"
    if e.human_only:
        yield f"A person's {'; '.join(e.human_only)}"
    yield f"Rule set {e.ruleset[:12]}, policy {e.policy[:12]}, engine {e.engine}"


def _bounds(score: int) -> str:
    if score < 0:
        return "below 0, where a person starts to look"
    if score < 61:
        return f"a person reviews; {61 - score} more reach 0.8"
    return "0.8 and above starts at +61"


def _contribution(c: Contribution, points: str) -> Iterator[str]:
    note = f" - {c.note}" if c.note else ""
    yield f"  {points:>5}  {c.rule} ({c.effect}, family {c.family}){note}"
    if c.why:
        yield f"         {c.why}"
    yield from _premise(c.premise, "         ")


def _premise(p: PremiseTrace, indent: str) -> Iterator[str]:
    if p.parts:
        for part in p.parts:
            yield from _premise(part, indent)
        return
    window = f", {p.since:%H:%M:%S} to {p.until:%H:%M:%S}" if p.since and p.until else ""
    needed = f" (needed {p.needed})" if p.needed else ""
    yield f"{indent}{'' if p.satisfied else 'NOT '}found {p.found or 'it'}{needed}{window}"
    yield from textwrap.wrap(
        p.text, width=110, initial_indent=f"{indent}  ", subsequent_indent=f"{indent}    ", break_long_words=False
    )
    if p.signals:
        shown = " ".join(s.id for s in p.signals[:2])
        more = f" and {p.total - 2} more" if p.total > 2 else ""
        yield f"{indent}  signals {shown}{more}"


def _impact(i: Impact) -> Iterator[str]:
    parts = []
    if i.share_lost is not None:
        numerator, _, denominator = i.share_lost.partition("/")
        parts.append(f"share lost {100 * int(numerator) // int(denominator or 1)} %")
    if i.revenue_low is not None and i.revenue_high is not None and i.currency:
        low, high = money(i.revenue_low, i.currency), money(i.revenue_high, i.currency)
        parts.append(f"revenue at risk {low if low == high else f'{low} to {high}'} per minute")
    yield f"Impact     {'; '.join(parts) if parts else 'not known'}" + (f" ({i.method})" if i.method else "")
    for a in i.assumptions:
        yield f"           {a.name} = {a.value} [{a.source}]"
