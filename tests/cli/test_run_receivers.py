"""``migro run --live`` with receivers: from a payload to mails, calls and events on the loopback."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from migro.cli import main
from migro.models import SignalReceived
from migro.remember import SqliteMemory
from tests.act.cases import honouring
from tests.act.receiver import Receiver, receiving
from tests.act.slack_api import CHANNEL, TOKEN, slack

RULES = """
from migro import IssueKind, MerchantId, Response, Risk, Rule, RuleSet, Severity, SeverityScale, Signal, on, supports

DOWN = IssueKind[MerchantId](
    "down",
    category="checkout",
    title="Checkout is down",
    severity=SeverityScale(default=Severity.SEV3),
    responses=(
        Response("notify", Risk.R0, "on_call", args=(("text", "{severity} {title} at {merchant}"),)),
        Response("report", Risk.R0, "operators", args=(("content", "answers by status"),)),
    ),
)
failing = on(Signal, Signal.status >= 500, per=Signal.merchant)
WHY = "It answered with an error."
RULES = RuleSet("down", Rule("one", when=failing, then=supports(DOWN, 150, family="http"), why=WHY))
"""

SIGNAL = {
    "kind": "checkout.response",
    "occurred_at": "2026-03-01T09:00:00Z",
    "received_at": "2026-03-01T09:00:01Z",
    "merchant": "mugs",
    "status": 503,
    "dedup_key": "k1",
}


@pytest.fixture
def chat() -> Iterator[tuple[Receiver, str]]:
    receiver = Receiver(slack)
    receiver.reads = ("conversations.",)
    with receiving(receiver) as address:
        yield receiver, address


@pytest.fixture
def hook() -> Iterator[tuple[Receiver, str]]:
    receiver = Receiver(lambda r, a: honouring(r, a) if "idempotency-key" in a.headers else (204, {}, b""))
    with receiving(receiver) as address:
        yield receiver, address


@pytest.fixture
def place(
    tmp_path: Path, chat: tuple[Receiver, str], hook: tuple[Receiver, str], monkeypatch: pytest.MonkeyPatch
) -> Path:
    (tmp_path / "receiver_rules.py").write_text(RULES, encoding="utf-8")
    (tmp_path / "signals.jsonl").write_text(json.dumps(SIGNAL) + "\n", encoding="utf-8")
    settings = f"""
roles = {{ on_call = "slack:{CHANNEL}" }}

[memory]
url = "sqlite:///m.db"

[rules]
sets = ["receiver_rules:RULES"]

[actuators.slack]
token_env = "SLACK_TOKEN"
address = "{chat[1]}/api/"

[actuators.http.report]
url = "{hook[1]}/report"
risk = "R0"
idempotency = "receiver"
private = true

[actuators.events]
url = "{hook[1]}/decisions"
private = true
"""
    (tmp_path / "migro.toml").write_text(settings, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setenv("SLACK_TOKEN", TOKEN)
    return tmp_path


def actions(place: Path) -> dict[str, str]:
    with SqliteMemory(place / "m.db") as memory:
        return {a.kind: f"{a.status.value}: {a.note}" for a in memory.read("actions")}


def test_a_live_run_tells_whom_it_should_and_calls_what_is_listed(
    place: Path, chat: tuple[Receiver, str], hook: tuple[Receiver, str]
) -> None:
    assert main(["run", "--live", "signals.jsonl"]) == 0

    (message,) = chat[0].kept.values()
    assert message["text"] == "SEV3 Checkout is down at mugs"
    assert "It answered with an error." in json.dumps(message["blocks"])
    report = next(a for a in hook[0].asked if a.path == "/report")
    assert report.body["args"] == {"content": "answers by status"}
    assert any("Checkout is down" in line for line in report.body["lines"])
    event = next(a for a in hook[0].asked if a.path == "/decisions")
    assert (event.body["type"], event.body["data"]["dry_run"]) == ("migro.decision", False)
    assert actions(place) == {
        "notify": f"succeeded: slack {CHANNEL} 1772355600.000001",
        "report": "succeeded: POST report: 202",
    }


def test_a_dry_run_says_what_it_would_do_and_calls_nobody(
    place: Path, chat: tuple[Receiver, str], hook: tuple[Receiver, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SLACK_TOKEN")

    assert main(["run", "signals.jsonl"]) == 0
    assert chat[0].asked == []
    assert [a.path for a in hook[0].asked] == ["/decisions"]
    told = actions(place)
    assert "slack to on_call" in told["notify"]
    assert told["report"].startswith("simulated: dry run: POST to the address listed for report")


def test_a_secret_that_is_missing_stops_a_live_run_before_anything(
    place: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("SLACK_TOKEN")

    assert main(["run", "--live", "signals.jsonl"]) == 2
    assert "expected secrets in the environment, got none: SLACK_TOKEN" in capsys.readouterr().err
    assert not (place / "m.db").exists()


def test_what_is_lost_is_told(
    place: Path, chat: tuple[Receiver, str], hook: tuple[Receiver, str], capsys: pytest.CaptureFixture[str]
) -> None:
    chat[0]._answer = lambda _, __: (200, {}, b'{"ok":false,"error":"channel_not_found"}')
    hook[0]._answer = lambda _, __: (404, {}, b"")

    assert main(["run", "--live", "signals.jsonl"]) == 0
    told = capsys.readouterr().err
    assert "notify -> on_call" in told
    assert "failed: Slack answered channel_not_found; a person has to see to it" in told
    assert "decisions that did not reach [actuators.events]: 1 of 1; the receiver answered 404" in told


def test_a_live_run_refuses_what_says_it_was_received_in_the_future_and_keeps_why(
    place: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    soon = {**SIGNAL, "occurred_at": "2026-03-01T09:00:02Z", "received_at": "2026-03-01T09:00:02Z", "dedup_key": "k3"}
    lines = [SIGNAL, {**SIGNAL, "received_at": "9026-03-01T09:00:01Z", "dedup_key": "k2"}, soon]
    (place / "signals.jsonl").write_text("\n".join(map(json.dumps, lines)), encoding="utf-8")

    assert main(["run", "--live", "signals.jsonl"]) == 1
    said = capsys.readouterr().err
    with SqliteMemory(place / "m.db") as memory:
        kept = [e.input for e in memory.read("journal")]
    signals = [i.signal for i in kept if isinstance(i, SignalReceived)]
    (refused,) = [s for s in signals if s.kind == "unknown"]

    assert "signals.jsonl:2: received_at: expected at most " in said
    assert ", got 9026-03-01 09:00:01 UTC" in said
    assert max(i.at for i in kept).year == 2026
    assert str(refused.attrs["reason"]).startswith("received_at: expected at most ")
    assert len([s for s in signals if s.merchant == "mugs"]) == 2


def test_a_dry_run_is_about_any_time(place: Path) -> None:
    (place / "signals.jsonl").write_text(json.dumps({**SIGNAL, "received_at": "2126-03-01T09:00:01Z"}))

    assert main(["run", "signals.jsonl"]) == 0
    with SqliteMemory(place / "m.db") as memory:
        assert max(e.input.at for e in memory.read("journal")).year == 2126
