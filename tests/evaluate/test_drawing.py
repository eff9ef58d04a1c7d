"""Pictures: well-formed, the same every time, and a PNG only with what draws it."""

from __future__ import annotations

import importlib.util
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from migro.classify import Ticket, TicketRecord, standard_classifier
from migro.errors import ConfigurationError
from migro.evaluate import Judged, TicketScores, judge, png_of, score, svg_of, write_plot


@pytest.fixture(scope="module")
def scores() -> TicketScores:
    titles = {"Cart is empty": "checkout", "Login fails": "auth", "Webhook is late": "webhook", "Slow page": "docs"}
    records = [TicketRecord(t, Ticket(title=t), {"category": c}) for t, c in titles.items()]
    return score([j for j in judge(records, standard_classifier()) if isinstance(j, Judged)])


def test_an_svg_is_well_formed_and_shows_every_count(scores: TicketScores) -> None:
    root = ET.fromstring(svg_of(scores))
    texts = [element.text for element in root.iter() if element.text]

    assert root.tag.endswith("svg")
    assert {"checkout", "auth", "webhook", "docs"} <= set(texts)
    assert len([e for e in root.iter() if e.tag.endswith("circle")]) == len(scores.calibrated.bins)


def test_an_svg_is_the_same_bytes_every_time(scores: TicketScores) -> None:
    assert svg_of(scores) == svg_of(scores)


def test_the_end_of_the_name_says_which_picture(scores: TicketScores, tmp_path: Path) -> None:
    write_plot(scores, tmp_path / "a.svg")

    assert (tmp_path / "a.svg").read_text("utf-8") == svg_of(scores)
    with pytest.raises(ValueError, match=r"expected a name that ends with \.svg or \.png, got a\.gif"):
        write_plot(scores, tmp_path / "a.gif")


def test_a_png_is_drawn_or_what_is_missing_is_said(scores: TicketScores) -> None:
    if importlib.util.find_spec("matplotlib") is None:
        with pytest.raises(ConfigurationError, match=r"install the extra `migro\[plots\]`"):
            png_of(scores)
    else:
        assert png_of(scores).startswith(b"\x89PNG")
