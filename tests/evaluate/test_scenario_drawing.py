"""Pictures of scenarios: well-formed, the same every time, with everything that was found and missed."""

from __future__ import annotations

import importlib.util
import xml.etree.ElementTree as ET
from pathlib import Path

import attrs
import pytest

from migro.errors import ConfigurationError
from migro.evaluate import Finding, scenario_png, scenario_svg, write_scenario_plot
from tests.evaluate.test_totals import BAD, FOUND, GOOD, ISSUE

LATE = attrs.evolve(GOOD, seed=2, findings=(attrs.evolve(FOUND, seconds=600), Finding(expected=ISSUE)))
SCORES = (GOOD, BAD, LATE)


def test_an_svg_shows_every_scenario_and_every_time_to_detect() -> None:
    root = ET.fromstring(scenario_svg(SCORES))
    texts = [element.text for element in root.iter() if element.text]
    circles = [e.attrib for e in root.iter() if e.tag.endswith("circle")]

    assert {"S1", "S2", "S1 spike", "S2 drift", "2/3", "1/2", "limit 1 min, 1 not found"} <= set(texts)
    assert len(circles) == 3
    # What took ten times its limit stands at the end of the axis, inside of the picture.
    assert max(int(c["cx"]) for c in circles) < int(root.attrib["width"])


def test_an_svg_is_the_same_bytes_whatever_the_order_of_scenarios() -> None:
    assert scenario_svg(SCORES) == scenario_svg([BAD, GOOD, LATE])


def test_nothing_is_a_picture_too() -> None:
    assert ET.fromstring(scenario_svg(())).tag.endswith("svg")


def test_the_end_of_the_name_says_which_picture(tmp_path: Path) -> None:
    write_scenario_plot(SCORES, tmp_path / "a.svg")

    assert (tmp_path / "a.svg").read_text("utf-8") == scenario_svg(SCORES)
    with pytest.raises(ValueError, match=r"expected a name that ends with \.svg or \.png, got a\.gif"):
        write_scenario_plot(SCORES, tmp_path / "a.gif")


def test_a_png_is_drawn_or_what_is_missing_is_said() -> None:
    if importlib.util.find_spec("matplotlib") is None:
        with pytest.raises(ConfigurationError, match=r"install the extra `migro\[plots\]`"):
            scenario_png(SCORES)
    else:
        assert scenario_png(SCORES).startswith(b"\x89PNG")
        assert scenario_png(()).startswith(b"\x89PNG")
