"""How an explanation reads: plain text for operators."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from fractions import Fraction
from typing import TYPE_CHECKING

from ..expressions import span

if TYPE_CHECKING:
    from .explanation import Contribution, Estimate, Explanation, Impact, MoneyRange, PremiseTrace

__all__ = ["explanation_text", "money", "range_text"]

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
    yield from _related(e)
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


def _related(e: Explanation) -> Iterator[str]:
    """Say what the issue belongs to, and what belongs to it."""
    if e.cause is not None:
        c = e.cause
        yield f"Follows    {c.kind} {c.issue}: both name {', '.join(c.shared)}"
        began = f"found {c.began:%Y-%m-%d %H:%M:%S}Z, its cause {c.cause_began:%Y-%m-%d %H:%M:%S}Z"
        yield f"           {began}; it may come up to {span(c.lag_s * 1_000_000)} later"
        if c.told:
            yield f"           {c.told}"
    for m in e.merged:
        way = "counts to" if m.into else f"{m.signals} signals of"
        yield f"Merged     {way} {m.kind} {m.issue}, by {m.by} at {m.at:%Y-%m-%d %H:%M:%S}Z: {m.why}"
    if e.children:
        named = [*e.children[:5], *(["and so on"] if len(e.children) > 5 else [])]
        yield f"Leads to   {len(e.children)} issues of merchants: {', '.join(named)}"
    if e.recurring:
        yield f"Recurring  opened on {e.recurring} days of the last 14: what ended it did not mend it"


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
    parts += [f"revenue at risk {range_text(r)} per minute" for r in i.rates]
    yield f"Impact     {'; '.join(parts) if parts else 'value not known'}" + (f" ({i.method})" if i.method else "")
    for estimate in (*i.estimates, *i.exposures):
        yield from _estimate(estimate)
    for loss in i.losses:
        if loss.high:
            yield f"           lost so far {_between(loss.low, loss.high, loss.currency)}"
    for r in i.projected:
        yield f"           may still be lost {range_text(r)}, if it lasts {i.lasts} min more [assumed]"
    for who in i.customers:
        count = f"{who.low}" if who.low == who.high else f"{who.low} to {who.high}"
        yield f"           affected: {count} {who.role} ({who.method})"
    for a in i.assumptions:
        yield f"           {a.name} = {a.value} [{a.source}]"


def range_text(r: MoneyRange) -> str:
    """Return money between two bounds as people write it."""
    return _between(r.low, r.high, r.currency)


def _between(low: int, high: int, currency: str) -> str:
    return money(low, currency) if low == high else f"{money(low, currency)} to {money(high, currency)}"


def _estimate(e: Estimate) -> Iterator[str]:
    """Yield an amount and the product that it is, so that a reader can do the sum again."""
    per = "" if e.per == "once" else f" per {e.per}"
    amount = Fraction(e.amount)
    about = "" if amount.denominator == 1 else "about "
    yield f"           {e.method} = {about}{money(int(amount), e.currency)}{per}"
    factors = [f"{f.value} {f.name} [{f.source}]" for f in e.factors]
    # Factors are in minor units, as the amount is.
    text = " x ".join(factors) + f" = {e.amount} minor units"
    yield from textwrap.wrap(text, width=110, initial_indent=" " * 13, subsequent_indent=" " * 15)
