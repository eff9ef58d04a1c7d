"""
Scores as pictures: a reliability diagram beside a confusion matrix.

SVG is written by hand, with no library and the same bytes every time; PNG takes matplotlib, which is an extra.
"""

from __future__ import annotations

import importlib
import io
from collections.abc import Callable, Iterator
from html import escape
from pathlib import Path
from typing import Any, Final

from ..errors import ConfigurationError
from .tickets import TicketScores

__all__ = ["empty_figure", "png_bytes", "png_of", "svg_of", "write_picture", "write_plot"]

_SIDE: Final = 320
_LEFT: Final = 60
_TOP: Final = 50
_CELL: Final = 34
_NAMES: Final = 130


def write_plot(found: TicketScores, path: Path) -> None:
    """
    Write a picture; the end of the name says which kind.

    Raises:
        ConfigurationError: For a PNG without matplotlib.
        ValueError: If it ends with neither `.svg` nor `.png`.
    """
    write_picture(path, svg=lambda: svg_of(found), png=lambda: png_of(found))


def write_picture(path: Path, *, svg: Callable[[], str], png: Callable[[], bytes]) -> None:
    """
    Write what one of two ways of drawing gives; the end of the name says which.

    Raises:
        ValueError: If it ends with neither `.svg` nor `.png`.
    """
    match path.suffix.lower():
        case ".svg":
            path.write_text(svg(), encoding="utf-8")
        case ".png":
            path.write_bytes(png())
        case _:
            raise ValueError(f"expected a name that ends with .svg or .png, got {path.name}")


def svg_of(found: TicketScores) -> str:
    """Return both pictures as one SVG document."""
    names = [c.category for c in found.categories]
    second = _LEFT + _SIDE + 60
    width, height = second + _NAMES + len(names) * _CELL + 20, _TOP + max(_SIDE, _NAMES + len(names) * _CELL) + 60
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" viewBox="0 0 {width} {height}"'
        ' font-family="sans-serif" font-size="11">',
        f'<rect width="{width}" height="{height}" fill="#ffffff"/>',
        *_reliability(found),
        *_confusion(found, names, second),
        "</svg>",
    ]
    return "\n".join(lines) + "\n"


def _reliability(found: TicketScores) -> Iterator[str]:
    def across(thousandths: int) -> int:
        return _LEFT + _SIDE * thousandths // 1000

    def up(thousandths: int) -> int:
        return _TOP + _SIDE - _SIDE * thousandths // 1000

    calibrated = found.calibrated
    title = f"Reliability: {found.tickets} tickets, Brier {calibrated.brier}, p {calibrated.p}"
    yield f'<text x="{_LEFT}" y="{_TOP - 18}" font-size="13">{escape(title)}</text>'
    yield f'<rect x="{_LEFT}" y="{_TOP}" width="{_SIDE}" height="{_SIDE}" fill="none" stroke="#888888"/>'
    ends = f'x1="{across(0)}" y1="{up(0)}" x2="{across(1000)}" y2="{up(1000)}"'
    yield f'<line {ends} stroke="#aaaaaa" stroke-dasharray="4"/>'
    for tick in range(0, 1001, 200):
        yield f'<text x="{across(tick) - 8}" y="{up(0) + 16}">{tick / 1000:.1f}</text>'
        yield f'<text x="{_LEFT - 26}" y="{up(tick) + 4}">{tick / 1000:.1f}</text>'
    yield f'<text x="{_LEFT + _SIDE // 2 - 40}" y="{_TOP + _SIDE + 36}">confidence said</text>'
    yield f'<text transform="translate({_LEFT - 40} {_TOP + _SIDE // 2 + 40}) rotate(-90)">share that is right</text>'
    points = [(across(b.said), up(1000 * b.right // b.tickets), b) for b in calibrated.bins]
    if len(points) > 1:
        path = " ".join(f"{x},{y}" for x, y, _ in points)
        yield f'<polyline points="{path}" fill="none" stroke="#1f5fa8" stroke-width="2"/>'
    for x, y, b in points:
        size = 4 + 12 * b.tickets // found.tickets
        tip = f"{b.right} of {b.tickets} right, {b.said / 1000:.2f} said"
        yield f'<circle cx="{x}" cy="{y}" r="{size}" fill="#1f5fa8" fill-opacity="0.7"><title>{tip}</title></circle>'


def _confusion(found: TicketScores, names: list[str], left: int) -> Iterator[str]:
    title = f"Confusion: accuracy {found.accuracy}, macro-F1 {found.macro_f1}"
    yield f'<text x="{left}" y="{_TOP - 18}" font-size="13">{escape(title)}</text>'
    top = _TOP + _NAMES - 30
    for column, name in enumerate(names):
        x = left + _NAMES + column * _CELL + 20
        yield f'<text transform="translate({x} {top - 6}) rotate(-60)">{escape(name)}</text>'
    for row, truth in enumerate(names):
        y = top + row * _CELL
        total = sum(found.confusion.get((truth, said), 0) for said in names)
        yield f'<text x="{left}" y="{y + 21}">{escape(truth)}</text>'
        for column, said in enumerate(names):
            count, x = found.confusion.get((truth, said), 0), left + _NAMES + column * _CELL
            shade = 255 - (200 * count // total if total else 0)
            fill = f"#{shade:02x}{shade:02x}ff" if row == column else f"#ff{shade:02x}{shade:02x}"
            yield f'<rect x="{x}" y="{y}" width="{_CELL}" height="{_CELL}" fill="{fill}" stroke="#cccccc"/>'
            if count:
                yield f'<text x="{x + _CELL // 2}" y="{y + 21}" text-anchor="middle">{count}</text>'


def png_of(found: TicketScores) -> bytes:
    """
    Return both pictures as a PNG.

    Raises:
        ConfigurationError: Without matplotlib.
    """
    names = [c.category for c in found.categories]
    figure = empty_figure(13, 6)
    left, right = figure.subplots(1, 2)
    bins = found.calibrated.bins
    left.plot([0, 1], [0, 1], "--", color="#aaaaaa")
    left.plot([b.said / 1000 for b in bins], [b.right / b.tickets for b in bins], "o-", color="#1f5fa8")
    left.set(xlim=(0, 1), ylim=(0, 1), xlabel="confidence said", ylabel="share that is right")
    left.set_title(f"{found.tickets} tickets, Brier {found.calibrated.brier}, p {found.calibrated.p}")
    counts = [[found.confusion.get((truth, said), 0) for said in names] for truth in names]
    right.imshow(counts, cmap="Blues")
    right.set_xticks(range(len(names)), names, rotation=60, ha="right")
    right.set_yticks(range(len(names)), names)
    right.set_title(f"accuracy {found.accuracy}, macro-F1 {found.macro_f1}")
    for row, line in enumerate(counts):
        for column, count in enumerate(line):
            if count:
                right.text(column, row, str(count), ha="center", va="center")
    return png_bytes(figure)


def empty_figure(width: float, height: float) -> Any:
    """
    Return a figure of matplotlib, sizes in inches; it needs no screen.

    Raises:
        ConfigurationError: Without matplotlib.
    """
    try:
        figures: Any = importlib.import_module("matplotlib.figure")
        canvases: Any = importlib.import_module("matplotlib.backends.backend_agg")
    except ImportError as e:
        raise ConfigurationError("expected matplotlib for a PNG, found none: install the extra `migro[plots]`") from e
    figure = figures.Figure(figsize=(width, height), layout="constrained")
    canvases.FigureCanvasAgg(figure)
    return figure


def png_bytes(figure: Any) -> bytes:
    """Return a figure as a PNG that says nothing about who drew it."""
    written = io.BytesIO()
    figure.canvas.print_png(written, metadata={"Software": None})
    return written.getvalue()
