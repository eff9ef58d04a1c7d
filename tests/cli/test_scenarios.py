"""``migro evaluate scenarios`` on envelopes and truths that somebody wrote by hand, with rules of their own."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from migro import Agent, VolatileMemory
from migro.cli import main
from migro.cli.material import line_events
from migro.cli.playing import play
from migro.cli.surroundings import load_rules
from migro.observe import Observer, ObserveSettings

Run = Callable[..., tuple[int, str, str]]

RULES = """
from migro import IssueKind, MerchantId, Response, Risk, Rule, RuleSet, Signal, minutes, on, supports


class Checkout(Signal, kind="checkout.response"):
    pass


def rule(name, code):
    told = (Response("notify", Risk.R0, "on_call"),)
    kind = IssueKind[MerchantId](name, category="checkout", responses=told)
    failing = on(Checkout, Checkout.status == code, per=Checkout.merchant).at_least(3, within=minutes(5))
    return Rule(f"{name}.burst", when=failing, then=supports(kind, 105, family="http"))


RULES = RuleSet("own", rule("down", 502), rule("slow", 504))
"""
ANN = "ann.example@mail.example"


def envelope(minute: int, code: int, merchant: str = "m1") -> dict[str, Any]:
    at = f"2026-03-01T09:{minute:02}:00Z"
    told = {"kind": "checkout.response", "merchant": merchant, "occurred_at": at, "env": "production"}
    body = {**told, "status": code}
    return {"received_at": at, "kind": "host_signal", "endpoint": merchant, "body": body}


FAILING = [envelope(n, 200) for n in range(5)] + [envelope(n, 502) for n in range(5, 10)]
TRUTH: dict[str, Any] = {
    "issues": [{"kind": "down", "merchant": "m1", "onset": "2026-03-01T09:05:00Z", "within": 180, "parent": None}],
    "actions": [{"kind": "notify", "merchant": "m1", "issue": "down"}],
    "planted": {"email": [ANN]},
}


def written(directory: Path, envelopes: list[dict[str, Any]] = FAILING, truth: Mapping[str, Any] | str = TRUTH) -> Path:
    directory.mkdir(parents=True)
    (directory / "envelopes.jsonl").write_text("".join(json.dumps(e) + "\n" for e in envelopes), "utf-8")
    (directory / "truth.json").write_text(truth if isinstance(truth, str) else json.dumps(truth), "utf-8")
    return directory


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    monkeypatch.chdir(tmp_path)
    name = f"rules_of_{tmp_path.name.replace('-', '_')}"
    (tmp_path / f"{name}.py").write_text(RULES, "utf-8")

    def run(*arguments: str) -> tuple[int, str, str]:
        code = main(["evaluate", "scenarios", "--rules", f"{name}:RULES", *arguments])
        said = capsys.readouterr()
        return code, said.out, said.err

    return run


def test_a_scenario_that_is_understood_misses_no_target(run: Run, tmp_path: Path) -> None:
    written(tmp_path / "mine")
    code, out, err = run("mine")

    assert (code, err) == (0, "")
    assert out.splitlines()[1].split()[:5] == ["mine", "1", "1/1", "1/1", "1/1"]
    assert "down                                            1      1      0  2:00 min, 2:00 min" in out


def test_many_scenarios_are_found_in_any_depth_and_told_in_any_form(run: Run, tmp_path: Path) -> None:
    written(tmp_path / "all" / "a")
    written(tmp_path / "all" / "deep" / "b", truth={**TRUTH, "seed": 4})
    code, out, _ = run("all", "--format", "json", "--out", "scores.json", "--plot", "scores.svg")
    lines = [json.loads(line) for line in run("all", "--format", "jsonl", "--jobs", "2")[1].splitlines()]
    found = json.loads(out)

    assert code == 0
    assert [(s["scenario"], s["seed"], s["place"]) for s in found["scenarios"]] == [
        ("a", 0, "all/a"),
        ("b", 4, "all/deep/b"),
    ]
    assert found["total"]["ratios"]["recall"] == {"right": 2, "all": 2, "share": 1.0}
    assert json.loads((tmp_path / "scores.json").read_text("utf-8")) == found
    assert (tmp_path / "scores.svg").read_text("utf-8").startswith("<svg")
    assert [line.pop("record") for line in lines] == ["scenario", "scenario", "total"]
    assert lines[:2] == found["scenarios"]


def test_a_miss_says_what_its_rules_needed_and_found_when_it_was_due(run: Run, tmp_path: Path) -> None:
    two_in_time = [envelope(5, 504), envelope(6, 504), *FAILING[5:], envelope(30, 504), envelope(31, 200)]
    slow = {"kind": "slow", "merchant": "m1", "onset": "2026-03-01T09:05:00Z", "within": 240}
    nothing = {"kind": "slow", "merchant": "m2"}
    other = {"kind": "unheard_of", "merchant": "m1"}
    truth = {**TRUTH, "issues": [*TRUTH["issues"], slow, nothing, other]}
    code, out, err = run(str(written(tmp_path / "mine", two_in_time, truth)))

    assert code == 1
    assert "slow of m1 was not found" in out, out
    assert "slow.burst (+105) needs 3 in 5 min, finds 2" in out
    assert "nothing came in for merchant:m2" in out
    assert "no rule concludes about unheard_of" in out
    assert "target missed: recall: expected at least 1.0000, got 0.2500 (1 of 4)" in err


def test_targets_are_what_one_asks_for(run: Run, tmp_path: Path) -> None:
    issues = [*TRUTH["issues"], {"kind": "slow", "merchant": "m1"}]
    written(tmp_path / "mine", truth={**TRUTH, "issues": issues})

    assert run("mine", "--recall", "0.5")[0] == 0
    assert run("mine", "--recall", "0.51")[0] == 1


def test_a_false_alarm_is_told_with_the_rules_that_raised_it(run: Run, tmp_path: Path) -> None:
    written(tmp_path / "mine", truth={"issues": [], "forbidden": [{"kind": "down"}]})
    code, out, err = run("mine")

    assert code == 1
    assert "false alarm: down of m1 was raised first at 2026-03-01 09:07:00Z" in out
    assert "the truth forbids it" in out
    assert "+105 down.burst" in out
    assert "target missed: precision" in err


def test_planted_data_that_is_kept_is_found(run: Run, tmp_path: Path) -> None:
    # A merchant is an id, and ids of merchants are kept.
    named = [envelope(n, 502, merchant="nightingale") for n in range(3)]
    code, out, _ = run(str(written(tmp_path / "mine", named, {"issues": [], "planted": {"name": ["nightingale"]}})))

    assert code == 1
    assert "name ni... (11) survives in" in out
    assert "of the journal" in out
    assert "of the decisions" in out
    assert "of the explanations" in out


def test_endpoints_and_secrets_lie_beside_the_envelopes(run: Run, tmp_path: Path) -> None:
    raw = json.dumps({"id": 7, "created_at": "2026-03-01T09:00:00Z", "total_price": "5.00", "currency": "EUR"})
    proof = base64.b64encode(hmac.new(b"own", raw.encode(), hashlib.sha256).digest()).decode()
    order = {
        "received_at": "2026-03-01T09:00:00Z",
        "kind": "shopify_webhook",
        "endpoint": "shop-hooks",
        "headers": {"X-Shopify-Topic": "orders/create", "X-Shopify-Hmac-SHA256": proof},
        "body": raw,
    }
    place = written(tmp_path / "mine", [order, *FAILING])
    lines = ("[observe.endpoints.shop-hooks]", 'merchant = "m9"', 'secrets_env = ["OWN_SECRET"]', "")
    (place / "migro.toml").write_text("\n".join(lines), "utf-8")
    (place / "secrets.env").write_text("# made up\nexport OWN_SECRET='own'\n", "utf-8")
    code, out, _ = run("mine", "--format", "json")
    unproven = json.loads(out)["scenarios"][0]

    assert code == 0
    assert (unproven["merchants"], unproven["signals"]) == (2, 11)
    (place / "secrets.env").write_text("no equals sign", "utf-8")
    code, _, err = run("mine")
    assert (code, "secrets.env, line 1" in err, "no equals sign" in err) == (2, True, False)


def test_lines_that_are_no_envelopes_and_fields_that_mean_nothing_are_told(run: Run, tmp_path: Path) -> None:
    place = written(tmp_path / "mine", truth={**TRUTH, "isues": 1})
    with (place / "envelopes.jsonl").open("a", encoding="utf-8") as file:
        file.write("{no json\n")
    code, out, err = run("mine")

    assert code == 1
    assert "mine/truth.json: isues is no field of a truth" in err
    assert "mine/envelopes.jsonl:11: " in err
    assert "1 lines were no envelopes" in out


def test_playing_is_what_the_agent_does_with_the_same_signals(run: Run, tmp_path: Path) -> None:
    del run
    place = written(tmp_path / "mine", [*FAILING, envelope(40, 502), *[envelope(n, 502) for n in range(41, 44)]])
    (rules,) = (load_rules([f"{path.stem}:RULES"]) for path in tmp_path.glob("rules_of_*.py"))
    observer = Observer(ObserveSettings(), secrets={}, pseudonym_key=b"a key that only tests use")
    events = list(line_events(place / "envelopes.jsonl", observer))
    agent, other = (Agent(rules=rules, memory=VolatileMemory()) for _ in range(2))
    played = [d.json_line() for turn in play(agent, events) for d in turn.decisions]
    agent.drain()

    assert len(played) > 2
    assert played == [d.json_line() for d in other.run(e.signal for e in events if e.signal is not None)]
    assert list(agent.memory.read("actions")) == list(other.memory.read("actions"))


@pytest.mark.parametrize(
    ("truth", "arguments", "code", "message"),
    [
        ("{", (), 1, "invalid json"),
        ({"issues": [{"kind": "a"}]}, (), 1, "issues.0.merchant: field required, got none - at mine/truth.json"),
        (TRUTH, ("--plot", "a.gif"), 2, "expected a name that ends with .svg or .png"),
        (TRUTH, ("--recall", "2"), 2, "expected a share from 0 to 1, got '2'"),
        (TRUTH, ("--jobs", "0"), 2, "expected a number from 1, got '0'"),
        (TRUTH, ("--out", "nowhere/x.json"), 2, "--out: expected a file that can be written"),
    ],
)
def test_wrong_usage_and_wrong_truths_are_told_in_words(
    run: Run,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    truth: Any,
    arguments: tuple[str, ...],
    code: int,
    message: str,
) -> None:
    written(tmp_path / "mine", truth=truth)
    try:
        got, _, err = run("mine", *arguments)
    except SystemExit as e:
        got, err = int(str(e.code)), capsys.readouterr().err

    assert (got, message in err) == (code, True), err


def test_a_directory_without_scenarios_or_with_half_of_one_is_told(run: Run, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    half = written(tmp_path / "half" / "a")
    (half / "truth.json").unlink()
    lines = [run(name)[::2] for name in ("nowhere", "empty", "half")]

    assert [code for code, _ in lines] == [2, 2, 2]
    for (_, err), part in zip(lines, ("found nothing", "found none", "a/truth.json is missing"), strict=True):
        assert part in err
    nothing = written(tmp_path / "nothing", [])
    assert "expected at least one envelope, got none" in run(str(nothing))[2]
