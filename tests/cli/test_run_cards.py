"""``migro run --live --listen``: a card in Slack, a pressed button, and what comes of it, over real HTTP."""

from __future__ import annotations

import hmac
import http.client
import json
import signal
import socket
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest

from migro.cli import main
from migro.remember import SqliteMemory
from tests.act.receiver import Receiver, receiving
from tests.act.slack_api import CHANNEL, TOKEN, slack

RULES = """
from migro import IssueKind, MerchantId, Response, Risk, Rule, RuleSet, Severity, SeverityScale, Signal, on, supports

DOWN = IssueKind[MerchantId](
    "down",
    category="checkout",
    title="Checkout is down",
    severity=SeverityScale(default=Severity.SEV3),
    responses=(Response("draft_reply", Risk.R2, "merchant_contact", args=(("template", "It is known."),)),),
)
failing = on(Signal, Signal.status >= 500, per=Signal.merchant)
RULES = RuleSet("cards", Rule("one", when=failing, then=supports(DOWN, 150, family="http"), why="It failed."))
"""
SECRET = "shh"
ADA, EVE = "U1ADA", "U2EVE"


@pytest.fixture
def chat() -> Iterator[tuple[Receiver, str]]:
    receiver = Receiver(slack)
    receiver.reads = ("conversations.",)
    with receiving(receiver) as address:
        yield receiver, address


@pytest.fixture
def place(tmp_path: Path, chat: tuple[Receiver, str], monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "card_rules.py").write_text(RULES, encoding="utf-8")
    (tmp_path / "migro.toml").write_text(
        f"""
roles = {{ on_call = "slack:{CHANNEL}", merchant_contact = "slack:{CHANNEL}" }}

[memory]
url = "sqlite:///m.db"

[rules]
sets = ["card_rules:RULES"]

[people]
Ada = {{ roles = ["on_call"], slack = "{ADA}" }}

[actuators.slack]
token_env = "SLACK_TOKEN"
address = "{chat[1]}/api/"

[observe.endpoints.shop]
kind = "host_signal"
static_secret = true

[observe.endpoints.buttons]
kind = "slack_interactive"
merchant = "ops"
secrets_env = ["SLACK_SIGNING_SECRET"]
""",
        encoding="utf-8",
    )
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setenv("SLACK_TOKEN", TOKEN)
    monkeypatch.setenv("SLACK_SIGNING_SECRET", SECRET)
    return tmp_path


def failed(key: str = "k1") -> dict[str, Any]:
    now = datetime.now(UTC).isoformat()
    told = {
        "kind": "checkout.response",
        "occurred_at": now,
        "received_at": now,
        "merchant": "mugs",
        "env": "production",
    }
    return {**told, "status": 503, "dedup_key": key}


def pressed(message: dict[str, Any], verb: int, user: str) -> tuple[bytes, dict[str, str]]:
    """Return the body and headers with which Slack tells that somebody pressed a button of a message."""
    button = message["blocks"][-1]["elements"][verb]
    payload = {
        "type": "block_actions",
        "user": {"id": user, "team_id": "T1"},
        "trigger_id": f"12.34.{user.lower()}{verb}",
        "container": {"type": "message", "message_ts": message["ts"], "channel_id": CHANNEL},
        "channel": {"id": CHANNEL},
        "actions": [{n: button[n] for n in ("action_id", "value", "type")} | {"action_ts": f"{time.time():.6f}"}],
    }
    body = urlencode({"payload": json.dumps(payload)}).encode()
    stamp = str(int(time.time()))
    signature = hmac.digest(SECRET.encode(), f"v0:{stamp}:".encode() + body, "sha256").hex()
    headers = {"X-Slack-Request-Timestamp": stamp, "X-Slack-Signature": f"v0={signature}"}
    return body, {**headers, "Content-Type": "application/x-www-form-urlencoded"}


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


class Shop:
    """Somebody outside: delivers, looks, presses, and ends the run."""

    def __init__(self, chat: Receiver) -> None:
        self.chat, self.deliveries, self.metrics = chat, free_port(), free_port()

    def ask(self, port: int, method: str, path: str, body: bytes = b"", headers: dict[str, str] | None = None) -> Any:
        line = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
        try:
            line.request(method, path, body, headers or {})
            answer = line.getresponse()
            return answer.status, answer.read().decode()
        finally:
            line.close()

    def until(self, found: Callable[[], Any]) -> Any:
        pause, end = threading.Event(), time.monotonic() + 60
        while time.monotonic() < end:
            try:
                if told := found():
                    return told
            except OSError:
                pass  # it is not there yet
            pause.wait(0.02)
        raise AssertionError("expected it within a minute")

    def cards(self) -> list[dict[str, Any]]:
        with self.chat.lock:
            shown = list(self.chat.kept.values())
        return [m for m in shown if m["blocks"][-1]["type"] == "actions"]

    def deliver(self, signal: dict[str, Any]) -> int:
        body = json.dumps(signal).encode()
        return int(self.until(lambda: self.ask(self.deliveries, "POST", "/in/shop", body))[0])

    def press(self, message: dict[str, Any], verb: int, user: str) -> int:
        return int(self.ask(self.deliveries, "POST", "/in/buttons", *pressed(message, verb, user))[0])


def run(shop: Shop, during: Callable[[Shop], None], *more: str) -> int:
    """Run the command in this thread while somebody does something in another, and end it then."""
    wrong: list[BaseException] = []

    def act() -> None:
        try:
            during(shop)
        except BaseException as e:
            wrong.append(e)
        finally:
            signal.raise_signal(signal.SIGTERM)

    # Where the command has ended early, nobody but this hears what is meant to end it.
    before = signal.signal(signal.SIGTERM, lambda *_: None)
    thread = threading.Thread(target=act)
    at = [f"127.0.0.1:{port}" for port in (shop.deliveries, shop.metrics)]
    thread.start()
    try:
        return main(["run", "--live", "--listen", at[0], "--metrics", at[1], *more])
    finally:
        thread.join()
        signal.signal(signal.SIGTERM, before)
        if wrong:
            raise wrong[0]


def test_what_waits_is_a_card_and_a_listed_persons_press_is_the_answer(
    place: Path, chat: tuple[Receiver, str], capsys: pytest.CaptureFixture[str]
) -> None:
    seen: dict[str, Any] = {}

    def during(shop: Shop) -> None:
        seen["delivered"] = shop.deliver(failed())
        (card,) = shop.until(shop.cards)
        seen["metrics"] = shop.ask(shop.metrics, "GET", "/metrics")[1]
        seen["health"] = shop.ask(shop.metrics, "GET", "/healthz")
        seen["stranger"] = shop.press(card, 0, EVE)
        shop.until(lambda: chat[0].whispered)
        seen["pressed"] = shop.press(card, 0, ADA)
        shop.until(lambda: not shop.cards())
        shop.until(lambda: [m for m in chat[0].kept.values() if "It is known." in m["text"]])

    code = run(Shop(chat[0]), during)

    assert (code, seen["delivered"], seen["stranger"], seen["pressed"]) == (0, 202, 200, 200)
    assert "migro_approvals_waiting 1.0" in seen["metrics"]
    assert 'migro_deliveries_total{status="202"} 1.0' in seen["metrics"]
    assert seen["health"][0] == 200
    assert chat[0].whispered == [(EVE, "it did not count: you are not one of the people who are listed")]
    with SqliteMemory(place / "m.db") as memory:
        (action,) = (a for a in memory.read("actions") if a.kind == "draft_reply")
    assert action.status.value == "succeeded"
    texts = [m["text"] for m in chat[0].kept.values()]
    assert texts[0] == "draft_reply -&gt; merchant_contact: approved by ada"
    assert "answer     approve:" in capsys.readouterr().out
