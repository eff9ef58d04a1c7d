"""The report: a table for the page, and a plot beside it."""

from __future__ import annotations

import os
import platform
from collections.abc import Sequence
from pathlib import Path

from .environments import MIGRO, Peer
from .measuring import Cell, Figures
from .workloads import WORKLOADS

__all__ = ["BEGIN", "END", "machine", "plot", "replaced", "table"]

BEGIN, END = "<!-- measured -->", "<!-- end of what was measured -->"


def machine() -> str:
    """Return what the figures were measured on."""
    model = platform.machine()
    about = Path("/proc/cpuinfo")
    if about.exists():
        lines = about.read_text(encoding="utf-8").splitlines()
        model = next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), model)
    return f"{os.cpu_count()} cores, {model}, {platform.system()}"


def table(figures: Figures, peers: Sequence[Peer], *, rounds: int, seed: int, load: tuple[float, float]) -> str:
    """Return the figures as Markdown."""
    lines = [
        "| Workload | Events | Firings | " + " | ".join(p.name for p in peers) + " |",
        "|---|--:|--:|" + "--:|" * len(peers),
    ]
    notes: dict[str, str] = {}
    for name, cells in figures.cells.items():
        mine = cells[MIGRO.name]
        row = [WORKLOADS[name][0], f"{mine.events:,}", f"{mine.firings:,}"]
        for peer in peers:
            cell = cells[peer.name]
            row.append(f"not run: {cell.reason}" if cell.reason else _cell(cell, mine))
        lines.append("| " + " | ".join(row) + " |")
    lines += ["", f"Measured on {machine()}."]
    lines += [f"Load at the beginning and at the end: {load[0]:.1f} and {load[1]:.1f}; {rounds} rounds, seed {seed}."]
    lines += [f"Versions: {'; '.join(dict.fromkeys(figures.versions.values()))}."]
    lines += [f"{name} was not run: {reason}." for name, reason in figures.missing.items()]
    return "\n".join([*lines, *notes.values()])


def _cell(cell: Cell, mine: Cell) -> str:
    if cell is mine or mine.reason:
        return f"{cell.rate:,.0f}"
    return f"{cell.rate:,.0f} ({cell.ratio(mine):.2f})"


def replaced(page: str, text: str) -> str:
    """Return a page with what stands between the two marks replaced."""
    before, begin, rest = page.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise ValueError(f"expected a page with {BEGIN} and {END}, got one without")
    return f"{before}{BEGIN}\n\n{text}\n\n{END}{after}"


def plot(figures: Figures, peers: Sequence[Peer], path: Path) -> None:
    """Draw the rates side by side, on a logarithmic scale, as SVG."""
    import matplotlib

    matplotlib.use("svg")
    from matplotlib import pyplot
    from matplotlib.ticker import FuncFormatter

    # Equal figures make an equal file.
    pyplot.rcParams.update({"svg.hashsalt": "peers", "svg.fonttype": "none", "font.family": "sans-serif"})
    figure, axes = pyplot.subplots(figsize=(9, 5))
    width = 0.8 / len(peers)
    names = list(figures.cells)
    for place, peer in enumerate(peers):
        done = [(n, c) for n, name in enumerate(names) if not (c := figures.cells[name][peer.name]).reason]
        left = [n - 0.4 + (place + 0.5) * width for n, _ in done]
        axes.bar(left, [c.rate for _, c in done], width, label=peer.name)
    axes.set_yscale("log")
    axes.set_ylabel("events a second of processor time")
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.0f}"))
    axes.set_xticks(range(len(names)), [name.replace("_", " ") for name in names])
    axes.grid(axis="y", alpha=0.3)
    axes.set_axisbelow(True)
    axes.legend(ncols=3, frameon=False, loc="upper center", bbox_to_anchor=(0.5, 1.16))
    figure.tight_layout()
    figure.savefig(path, metadata={"Date": None})
    pyplot.close(figure)
