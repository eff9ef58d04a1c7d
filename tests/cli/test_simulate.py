"""``migro simulate``: what is written, alone and together, whole and with losses, and what is refused."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from migro.cli.main import main

OWN = """
from datetime import timedelta
from migro.simulate import START, GroundTruth, Scenario, Shop, Timeline, load

SHOP = Shop(id="own-demo", name="own", currency="EUR", aov_minor=1, sessions_per_min="1", numbers=76_000)


def play(seed, variant=""):
    onset = START + timedelta(minutes=1)
    timeline = Timeline("own", seed=seed, shop=SHOP, onset=onset, end=START + timedelta(minutes=9))
    load.browsing(timeline, -1, 7, per_min=2 if variant else 1)
    load.order(timeline, timeline.at(1), number=76_001)
    return timeline.finish(
        lambda t: GroundTruth(
            scenario="own", seed=seed, merchants=(SHOP.id,), start=START, onset=timeline.onset, end=timeline.end
        )
    )


SCENARIO = Scenario(id="own", title="One of one's own", play=play, variants={"b": "twice as many"})
NOTHING = 3
"""


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def simulated(capsys: pytest.CaptureFixture[str], *arguments: str) -> list[dict[str, Any]]:
    """Run the command, and return what it says it wrote."""
    assert main(["simulate", *arguments, "--out", "made", "--format", "json"]) == 0

    found: list[dict[str, Any]] = json.loads(capsys.readouterr().out)
    return found


def truth(record: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(Path(record["truth"]).read_text("utf-8"))
    return found


def test_two_scenarios_are_played_as_troubles_of_one_merchant_or_side_by_side(
    capsys: pytest.CaptureFixture[str],
) -> None:
    (one,) = simulated(capsys, "SC01+SC24")
    (two,) = simulated(capsys, "SC01,SC24")

    assert truth(one)["merchants"] == ["larkspur-demo.myshopify.com"]
    assert truth(two)["merchants"] == ["larkspur-demo.myshopify.com", "1000424"]
    assert one["count"] == two["count"] == len(Path(one["envelopes"]).read_text("utf-8").splitlines())


def test_a_loss_takes_its_share_and_the_truth_says_how_many(capsys: pytest.CaptureFixture[str]) -> None:
    (whole,) = simulated(capsys, "SC02")
    events = truth(whole)["events"]
    (left,) = simulated(capsys, "SC02", "--loss", "30")

    assert truth(left)["events"] + left["lost"] == events
    assert 0.2 < left["lost"] / events < 0.4
    assert truth(left)["issues"] == truth(whole)["issues"]


def test_a_scenario_of_ones_own_is_imported_from_here_alone_in_a_variant_and_over_another(
    capsys: pytest.CaptureFixture[str], here: Path
) -> None:
    (here / "story_of_my_own.py").write_text(OWN, "utf-8")
    (alone,) = simulated(capsys, "story_of_my_own:SCENARIO")
    (variant,) = simulated(capsys, "story_of_my_own:SCENARIO:b")
    (over,) = simulated(capsys, "SC24+story_of_my_own:SCENARIO")

    assert truth(alone)["merchants"] == ["own-demo"]
    assert truth(variant)["events"] > truth(alone)["events"]
    assert truth(over)["merchants"] == ["1000424"]


def test_tickets_are_written_with_and_without_their_labels(capsys: pytest.CaptureFixture[str]) -> None:
    (record,) = simulated(capsys, "tickets", "--count", "12")
    plain, labels = (
        [json.loads(line) for line in Path(record[name]).read_text("utf-8").splitlines()]
        for name in ("tickets", "labels")
    )

    assert [t["id"] for t in plain] == [t["id"] for t in labels]
    assert len(plain) == 12
    assert "category" not in plain[0]
    assert labels[0]["category"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("SC01+SC99",), "got 'SC99'"),
        (("tickets",), "expected --count with tickets"),
        (("SC01", "--count", "3"), "expected --count with tickets"),
        (("story_of_mine:SCENARIO",), "scenario 'story_of_mine:SCENARIO': cannot import"),
        (("story_refused:NOTHING",), "scenario 'story_refused:NOTHING': expected a Scenario, got int"),
        (("story_refused:SCENARIO:z",), "expected a variant of b, got 'z'"),
    ],
)
def test_what_cannot_be_played_is_refused_by_name(
    arguments: tuple[str, ...], message: str, capsys: pytest.CaptureFixture[str], here: Path
) -> None:
    (here / "story_refused.py").write_text(OWN, "utf-8")

    assert main(["simulate", *arguments, "--out", "made"]) == 2
    assert message in capsys.readouterr().err


@pytest.mark.parametrize("loss", ["-1", "101", "0.05", "half"])
def test_what_is_no_percentage_is_refused(loss: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="2"):
        main(["simulate", "SC01", f"--loss={loss}", "--out", "made"])

    assert "expected a percentage from 0 to 100 with one digit at most" in capsys.readouterr().err
