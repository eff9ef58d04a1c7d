"""Scores of scenarios as pictures: recall and precision of each, beside the time to detect as a part of its limit."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from html import escape
from pathlib import Path
from typing import Final

import attrs

from .drawing import empty_figure, png_bytes, write_picture
from .findings import ScenarioScore
from .totals import Total, total_of

__all__ = ["scenario_png", "scenario_svg", "write_scenario_plot"]

_ROW: Final = 34
_TOP: Final = 64
_NAMES: Final = 90
_MODES: Final = 330
_WIDE: Final = 300
_RECALL: Final = "#1f5fa8"
_PRECISION: Final = "#7fb0dd"
_LATE: Final = "#c0392b"

_MOST: Final = 150
"""Where the axis of times ends, in per cent of the limit; what took longer stands at its end."""


@attrs.frozen(kw_only=True)
class _Times:
    """How long one failure mode of one scenario took in all plays, in per cent of its limit, and how often never."""

    name: str
    limit: int
    shares: tuple[int, ...]
    missed: int


def write_scenario_plot(scores: Sequence[ScenarioScore], path: Path) -> None:
    """
    Write a picture; the end of the name says which kind.

    Raises:
        ConfigurationError: For a PNG without matplotlib.
        ValueError: If it ends with neither `.svg` nor `.png`.
    """
    write_picture(path, svg=lambda: scenario_svg(scores), png=lambda: scenario_png(scores))


def _totals(scores: Sequence[ScenarioScore]) -> list[tuple[str, Total]]:
    names = sorted({s.scenario for s in scores})
    return [(name, total_of([s for s in scores if s.scenario == name])) for name in names]


def _times(scores: Sequence[ScenarioScore]) -> list[_Times]:
    found: dict[tuple[str, str], tuple[int, list[int], int]] = {}
    for score in scores:
        for finding in score.findings:
            limit = finding.expected.within
            if limit:
                key = score.scenario, finding.expected.kind
                longest, shares, missed = found.get(key, (0, [], 0))
                if finding.seconds is not None:
                    shares = [*shares, 100 * finding.seconds // limit]
                found[key] = max(limit, longest), shares, missed + (finding.seconds is None)
    return [
        _Times(name=f"{scenario} {kind}", limit=limit, shares=tuple(shares), missed=missed)
        for (scenario, kind), (limit, shares, missed) in sorted(found.items())
    ]


def _minutes(seconds: int) -> str:
    return f"{seconds // 60} min" if seconds < 7200 else f"{seconds // 3600} h"


# --- SVG ------------------------------------------------------------------------------------------------------------


def scenario_svg(scores: Sequence[ScenarioScore]) -> str:
    """Return both pictures as one SVG document, the same bytes every time."""
    totals, times = _totals(scores), _times(scores)
    second = 20 + _NAMES + _WIDE + 70
    width, height = second + _MODES + _WIDE + 60, _TOP + _ROW * max(len(totals), len(times), 1) + 50
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" viewBox="0 0 {width} {height}"'
        ' font-family="sans-serif" font-size="11">',
        f'<rect width="{width}" height="{height}" fill="#ffffff"/>',
        *_shares_svg(totals),
        *_times_svg(times, second),
        "</svg>",
    ]
    return "\n".join(lines) + "\n"


def _shares_svg(totals: Sequence[tuple[str, Total]]) -> Iterator[str]:
    left, bottom = 20 + _NAMES, _TOP + _ROW * len(totals)
    yield f'<text x="20" y="24" font-size="13">{_title(totals)}</text>'
    for place, (word, color) in enumerate((("recall", _RECALL), ("precision", _PRECISION))):
        x = left + 90 * place
        yield f'<rect x="{x}" y="36" width="10" height="10" fill="{color}"/><text x="{x + 15}" y="45">{word}</text>'
    yield from _axis(left, bottom, [(0, "0"), (_WIDE // 2, "0.5"), (_WIDE, "1")])
    for row, (name, total) in enumerate(totals):
        y = _TOP + _ROW * row
        yield f'<text x="{left - 8}" y="{y + 20}" text-anchor="end">{escape(name)}</text>'
        for place, (word, color) in enumerate((("recall", _RECALL), ("precision", _PRECISION))):
            ratio, top = total.ratios[word], y + 5 + 12 * place
            if ratio.all:
                long = _WIDE * ratio.right // ratio.all
                yield f'<rect x="{left}" y="{top}" width="{long}" height="11" fill="{color}"/>'
            # Right of the axis, so that no bar hides it.
            yield f'<text x="{left + _WIDE + 8}" y="{top + 10}">{ratio}</text>'


def _title(totals: Sequence[tuple[str, Total]]) -> str:
    plays = sum(t.plays for _, t in totals)
    return f"Recall and precision: {plays} {'play' if plays == 1 else 'plays'}"


def _times_svg(times: Sequence[_Times], left: int) -> Iterator[str]:
    start, bottom = left + _MODES, _TOP + _ROW * len(times)

    def across(percent: int) -> int:
        return start + _WIDE * min(percent, _MOST) // _MOST

    yield f'<text x="{left}" y="24" font-size="13">Time to detect, in per cent of the limit</text>'
    ticks = [(across(p) - start, f"{p} %") for p in (0, 50, 100)]
    yield from _axis(start, bottom, [*ticks, (_WIDE, f"{_MOST} %+")])
    yield f'<line x1="{across(100)}" y1="{_TOP}" x2="{across(100)}" y2="{bottom}" stroke="{_LATE}"/>'
    for row, one in enumerate(times):
        y = _TOP + _ROW * row
        yield f'<text x="{start - 8}" y="{y + 14}" text-anchor="end">{escape(one.name)}</text>'
        missed = f", {one.missed} not found" if one.missed else ""
        note = f"limit {_minutes(one.limit)}{missed}"
        color = f' fill="{_LATE}"' if one.missed else ' fill="#777777"'
        yield f'<text x="{start - 8}" y="{y + 27}" text-anchor="end" font-size="10"{color}>{note}</text>'
        for percent in one.shares:
            fill = _LATE if percent > 100 else _RECALL
            yield f'<circle cx="{across(percent)}" cy="{y + 17}" r="4" fill="{fill}" fill-opacity="0.6"/>'


def _axis(left: int, bottom: int, ticks: Sequence[tuple[int, str]]) -> Iterator[str]:
    for x, word in ticks:
        yield f'<line x1="{left + x}" y1="{_TOP}" x2="{left + x}" y2="{bottom}" stroke="#dddddd"/>'
        yield f'<text x="{left + x}" y="{bottom + 16}" text-anchor="middle">{word}</text>'


# --- PNG ------------------------------------------------------------------------------------------------------------


def scenario_png(scores: Sequence[ScenarioScore]) -> bytes:
    """
    Return both pictures as a PNG.

    Raises:
        ConfigurationError: Without matplotlib.
    """
    totals, times = _totals(scores), _times(scores)
    figure = empty_figure(14, 2 + 0.4 * max(len(totals), len(times), 1))
    left, right = figure.subplots(1, 2)
    names = [name for name, _ in totals]
    for place, (word, color) in enumerate((("recall", _RECALL), ("precision", _PRECISION))):
        ratios = [total.ratios[word] for _, total in totals]
        at = [row + 0.2 * (2 * place - 1) for row in range(len(totals))]
        left.barh(at, [float(r.exact or 0) for r in ratios], height=0.38, color=color, label=word)
        for y, ratio in zip(at, ratios, strict=True):
            left.text(1.02, y, str(ratio), va="center", fontsize=8)
    left.set_yticks(range(len(totals)), names)
    left.set(xlim=(0, 1.12), ylim=(max(len(totals), 1) - 0.5, -0.5), xlabel="share")
    figure.legend(*left.get_legend_handles_labels(), loc="outside lower left", ncols=2, frameon=False)
    left.set_title(_title(totals))
    for row, one in enumerate(times):
        shown = [min(p, _MOST) for p in one.shares]
        right.scatter(shown, [row] * len(shown), c=[_LATE if p > 100 else _RECALL for p in one.shares], alpha=0.6)
        if one.missed:
            right.text(_MOST, row, f"{one.missed} not found", va="center", ha="right", color=_LATE)
    right.axvline(100, color=_LATE)
    right.set_yticks(range(len(times)), [f"{one.name} ({_minutes(one.limit)})" for one in times], fontsize=8)
    right.set(xlim=(0, _MOST + 5), ylim=(max(len(times), 1) - 0.5, -0.5))
    right.set_xlabel("time to detect, in per cent of the limit")
    return png_bytes(figure)
