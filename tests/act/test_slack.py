"""Slack over the true shapes of its Web API, on the loopback."""

from __future__ import annotations

import hmac
import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

import pytest
from pydantic import ValidationError

from migro.act.settings import SlackSettings
from migro.act.slack import Slack
from migro.act.slack_blocks import APPROVE, card, pressed
from migro.errors import ActionDelayed, ActionRefused, ActionUnclear, ConfigurationError
from migro.models import Action, Outcome, Risk
from migro.observe import Envelope, Observer, ObserveSettings, scrub
from migro.ports import Actuator
from migro.testing import START, DeclaringActuatorContract, sample_action, sample_signal
from tests.act.receiver import Receiver, receiving, trickling
from tests.act.slack_api import CHANNEL, TOKEN, slack


@pytest.fixture(scope="module")
def served() -> Iterator[tuple[Receiver, str]]:
    receiver = Receiver(slack)
    receiver.reads = ("conversations.",)
    with receiving(receiver) as address:
        yield receiver, address


@pytest.fixture
def receiver(served: tuple[Receiver, str]) -> Receiver:
    served[0].reset()
    return served[0]


@pytest.fixture
def address(served: tuple[Receiver, str]) -> str:
    return f"{served[1]}/api/"


def hands(address: str, **options: Any) -> Slack:
    known: dict[str, Any] = {
        "channels": {"on_call": CHANNEL},
        "redact": scrub,
        "kinds": ("draft_reply", "notify", "report", "update_dashboard"),
        "timeout_ms": 10_000,
    }
    return Slack(TOKEN, address=address, **{**known, **options})


def note(key: str, text: str = "SEV2 Checkout is down", **fields: Any) -> Action:
    return sample_action(key, args={"text": text}, **fields)


class TestSlack(DeclaringActuatorContract):
    @pytest.fixture
    def actuator(self, receiver: Receiver, address: str) -> Slack:
        self.receiver, self.address = receiver, address
        return hands(address)

    def effects(self, actuator: Actuator) -> int:
        return len(self.receiver.kept)

    def an_action(self, actuator: Actuator, key: str) -> Action:
        return note(key)

    def forgotten(self, actuator: Actuator) -> Actuator:
        return hands(self.address)


def test_the_first_message_begins_a_thread_and_later_ones_reply_and_bring_it_up_to_date(
    receiver: Receiver, address: str
) -> None:
    told = hands(address)
    told.execute(note("k1"))
    told.execute(note("k2", "SEV1 Checkout is down"))
    told.execute(note("k3", issue="iss_2"))
    first, reply, other = receiver.kept.values()

    assert [m.get("thread_ts") for m in (first, reply, other)] == [None, first["ts"], None]
    assert [m["text"] for m in (first, reply, other)] == [
        "SEV1 Checkout is down",
        "SEV1 Checkout is down",
        "SEV2 Checkout is down",
    ]


def test_a_dashboard_is_the_first_message_and_is_changed_instead_of_repeated(receiver: Receiver, address: str) -> None:
    told = hands(address)
    told.execute(note("k1", kind="update_dashboard"))
    done = told.execute(note("k2", "resolved", kind="update_dashboard"))

    assert done.detail == f"slack {CHANNEL} 1772355600.000001 updated"
    assert [m["text"] for m in receiver.kept.values()] == ["resolved"]


def test_after_a_restart_the_thread_is_found_again(receiver: Receiver, address: str) -> None:
    for n in range(7):
        hands(address).execute(note(f"k{n}", issue=f"iss_{n}"))
    again = hands(address)
    again.execute(note("later", issue="iss_0"))

    assert receiver.kept["1772355600.000008"]["thread_ts"] == "1772355600.000001"
    assert [again.check(note(k, issue="iss_0")) for k in ("k0", "later", "never")] == ["done", "done", "not_done"]
    assert again.check(note("k1", issue="iss_9")) == "not_done"


def test_nobody_knows_of_a_message_that_may_stand_further_back_than_is_read(receiver: Receiver, address: str) -> None:
    told = hands(address)
    for n in range(16):
        told.execute(note(f"k{n}", issue=f"iss_{n}"))

    assert [hands(address).check(note(k, issue="iss_0")) for k in ("k0", "never")] == ["unknown", "unknown"]
    assert hands(address).check(note("k15", issue="iss_15")) == "done"
    assert hands(address).execute(note("later", issue="iss_99")).status == "succeeded"


def test_a_reply_is_found_in_a_thread_that_is_long(receiver: Receiver, address: str) -> None:
    told = hands(address)
    told.execute(note("k0"))
    for n in range(1, 18):
        told.execute(note(f"k{n}"))
    for ts, message in list(receiver.kept.items())[1:17]:
        message["ts"] = f"{float(ts) - 86_400:.6f}"  # of the day before

    assert hands(address).check(note("k17")) == "done"


def test_what_is_shown_is_plain_text_that_mentions_nobody(receiver: Receiver, address: str) -> None:
    hands(address, redact=str).execute(note("k1", "<!channel> *down* <https://evil.example|here>"))
    (message,) = receiver.kept.values()

    assert {b["text"]["type"] for b in message["blocks"] if "text" in b} == {"plain_text"}
    assert message["text"] == "&lt;!channel&gt; *down* &lt;https://evil.example|here&gt;"


@pytest.mark.parametrize(
    ("fault", "error", "told"),
    [
        ("429", ActionDelayed, "ratelimited"),
        ("500", ActionUnclear, "500"),
        ("cut", ActionUnclear, "Connection"),
        ("malformed", ActionUnclear, "Slack answered"),
        ("timeout", ActionUnclear, "imeout"),
    ],
)
def test_what_goes_wrong_is_told_apart(
    fault: str, error: type[Exception], told: str, receiver: Receiver, address: str
) -> None:
    receiver.faults = [fault]
    with pytest.raises(error, match=told):
        hands(address, timeout_ms=600 if fault == "timeout" else 10_000).execute(note("k1"))
    receiver.hold.set()

    taken = {"429": 0, "500": 0}.get(fault, 1)
    assert (len(receiver.kept), hands(address).check(note("k1"))) == (taken, "done" if taken else "not_done")


def test_how_long_slack_wants_to_be_left_alone_is_read(receiver: Receiver, address: str) -> None:
    receiver.retry_after, receiver.faults = "30", ["429"]
    with pytest.raises(ActionDelayed) as found:
        hands(address).execute(note("k1"))

    assert found.value.wait_ms == 30_000


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"channels": {"on_call": "C0GONE"}}, "channel_not_found"),
        ({"channels": {}}, "no channel is known for the role"),
    ],
)
def test_a_channel_that_is_not_there_is_final(
    options: dict[str, Any], told: str, receiver: Receiver, address: str
) -> None:
    with pytest.raises(ActionRefused, match=told):
        hands(address, **options).execute(note("k1"))


def test_the_token_goes_where_it_was_told_and_nowhere_else(
    receiver: Receiver, address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    monkeypatch.delenv("no_proxy", raising=False)
    elsewhere = address.replace("127.0.0.1", "localhost")
    receiver._answer = lambda _, __: (302, {"Location": f"{elsewhere}chat.postMessage"}, b"")
    try:
        with pytest.raises(ActionRefused, match="302, and redirects are not followed"):
            hands(address).execute(note("k1"))
    finally:
        receiver._answer = slack

    assert {a.headers["host"].partition(":")[0] for a in receiver.asked} == {"127.0.0.1"}


@pytest.mark.parametrize("address", ["http://slack.example/api/", "slack.example", "ftp://127.0.0.1/"])
def test_an_open_address_is_for_this_machine_alone(address: str) -> None:
    with pytest.raises(ConfigurationError, match="expected an address of Slack with https"):
        hands(address)
    with pytest.raises(ValidationError, match="expected an address of Slack with https"):
        SlackSettings(token_env="T", address=address)


def test_nobody_listening_means_later() -> None:
    with pytest.raises(ActionDelayed, match="Slack was not reached: ConnectionRefusedError"):
        hands("http://127.0.0.1:1/api/").execute(note("k1"))


def waiting() -> Action:
    # With digits in them that pass the check of a card.
    key, bound = "act_81fc15f6852309377636b4bc5968a9bf", "bind_1522032955439acf0e87d9c708271b2f"
    return sample_action(
        key, kind="refresh_cache", target="storefront_cache", risk=Risk.R1, binding=bound, expires_at=START,
        args={"scope": "pages", "max_paths": "50"}, outcome=Outcome.APPROVE1,
    )  # fmt: skip


def test_a_card_says_what_why_until_when_and_what_silence_means(receiver: Receiver, address: str) -> None:
    asked = hands(address)
    where = asked.ask(waiting(), "on_call", ["Confidence 0.83", "call +49 170 1234567"])
    (message,) = receiver.kept.values()
    shown = json.dumps(message["blocks"])

    assert where == f"slack {CHANNEL} 1772355600.000001"
    for words in (
        "refresh_cache -> storefront_cache max_paths=50 scope=pages",
        "(R1)",
        "Confidence 0.83",
        "one person may allow it, until 2026-03-01 09:00 UTC; if nobody answers, nothing is done",
    ):
        assert words in shown
    assert "1234567" not in shown
    assert asked.ask(waiting(), "on_call", []) == where
    asked.execute(note("k1"))
    assert "Approval wanted" in message["text"]
    assert all(len(b["value"]) <= 80 for b in message["blocks"][-1]["elements"])


def test_a_card_is_posted_where_the_issue_is_told_and_loses_its_buttons_when_answered(
    receiver: Receiver, address: str
) -> None:
    asked = hands(address)
    asked.execute(note("k1"))
    where = asked.ask(waiting(), "on_call", [])
    ts = where.split()[2]
    assert receiver.kept[ts]["thread_ts"] == "1772355600.000001"
    asked.answered(waiting(), where, "approved by Ada")

    assert [b["type"] for b in receiver.kept[ts]["blocks"]] == ["header", "section", "context"]


def test_a_pressed_button_says_who_said_what_about_which_action() -> None:
    ids = {"action_id": APPROVE, "user_id": "U1", "channel_id": CHANNEL, "message_ts": "1.2"}
    answer = card(waiting(), [])[-1]["elements"][0]["value"]
    told: dict[str, Any] = {"kind": "platform.event", "provider": "slack", "source_kind": "person"}
    held: dict[str, Any] = {"auth": "verified", "ids": ids, "attrs": {"answer": [answer]}}
    signal = sample_signal(**told, **held)
    found = pressed(signal)

    assert found is not None
    assert (found.verb, found.key, found.binding, found.by) == (
        "approve",
        waiting().idempotency_key,
        waiting().binding,
        "U1",
    )
    assert pressed(signal.model_copy(update={"auth": "unsigned"})) is None
    assert pressed(sample_signal()) is None
    for other in ({"kind": "ticket.opened"}, {"provider": "zendesk"}, {"source_kind": "helpdesk"}):
        assert pressed(sample_signal(**{**told, **other}, **held)) is None


def test_a_wrong_kind_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="expected kinds of"):
        hands("http://127.0.0.1:1/", kinds=("refund",))


def test_a_button_of_a_posted_card_comes_back_as_an_answer(receiver: Receiver, address: str) -> None:
    hands(address).ask(waiting(), "on_call", [])
    (message,) = receiver.kept.values()
    button = message["blocks"][-1]["elements"][0]
    payload = {
        "type": "block_actions",
        "user": {"id": "U1", "team_id": "T1"},
        "trigger_id": "12.34.ab",
        "container": {"type": "message", "message_ts": message["ts"], "channel_id": CHANNEL},
        "channel": {"id": CHANNEL},
        "actions": [{n: button[n] for n in ("action_id", "value", "type")} | {"action_ts": "1772355660.000001"}],
    }
    body = urlencode({"payload": json.dumps(payload)})
    stamp = str(int(START.timestamp()) + 60)
    signature = hmac.digest(b"shh", f"v0:{stamp}:{body}".encode(), "sha256").hex()
    settings = ObserveSettings.model_validate({"endpoints": {"slack": {"secrets_env": ["SLACK_SECRET"]}}})
    observer = Observer(settings, secrets={"SLACK_SECRET": "shh"}, pseudonym_key=b"0123456789abcdef")
    envelope = Envelope(
        received_at=START + timedelta(seconds=61),
        kind="slack_interactive",
        endpoint="slack",
        headers={"X-Slack-Request-Timestamp": stamp, "X-Slack-Signature": f"v0={signature}"},
        body=body,
    )
    (signal,) = observer.observe(envelope).signals
    found = pressed(signal)

    assert found is not None
    assert (found.verb, found.key, found.binding) == ("approve", waiting().idempotency_key, waiting().binding)
    assert (found.by, found.channel, found.ts) == ("U1", CHANNEL, message["ts"])


@pytest.mark.parametrize("first", [b"HTTP/1.1 200 OK\r\nX-A: ", b"HTTP/1.1 200 OK\r\nContent-Length: 9999\r\n\r\n"])
def test_an_answer_that_trickles_ends_with_the_time_for_all_of_it(first: bytes) -> None:
    with trickling(first) as port, pytest.raises(ActionUnclear, match="Slack did not answer: TimeoutError"):
        hands(f"http://127.0.0.1:{port}/", timeout_ms=50).execute(note("k1"))


def test_a_card_that_may_stand_already_is_looked_for_before_it_is_posted(receiver: Receiver, address: str) -> None:
    where = hands(address).ask(waiting(), "on_call", [])

    assert hands(address).ask(waiting(), "on_call", [], again=True) == where
    assert len(receiver.kept) == 1
    assert (
        hands(address).ask(waiting().model_copy(update={"at": START + timedelta(1)}), "on_call", [], again=True)
        != where
    )


def test_a_card_is_found_in_a_channel_that_is_full_of_older_messages(receiver: Receiver, address: str) -> None:
    old = START.timestamp() - 86_400
    chatter = {f"{old + i:.6f}": {"type": "message", "text": "chatter", "ts": f"{old + i:.6f}"} for i in range(20)}
    receiver.kept.update(chatter)

    assert hands(address).ask(waiting(), "on_call", [], again=True).startswith("slack ")
    assert len(receiver.kept) == len(chatter) + 1


def test_a_card_whose_place_nobody_knows_is_found_and_no_other_is_posted(receiver: Receiver, address: str) -> None:
    assert hands(address).found(waiting(), "on_call") == ""
    where = hands(address).ask(waiting(), "on_call", [])

    assert hands(address).found(waiting(), "on_call") == where
    assert len(receiver.kept) == 1


def test_a_card_shows_what_is_known_by_now_with_buttons_for_that(receiver: Receiver, address: str) -> None:
    asked = hands(address)
    where = asked.ask(waiting(), "on_call", ["Confidence 0.70"])
    asked.changed(waiting().model_copy(update={"binding": "bind_other"}), where, ["Confidence 0.83"])
    (message,) = receiver.kept.values()

    assert "Confidence 0.83" in json.dumps(message["blocks"])
    assert {e["value"].partition(":")[2] for e in message["blocks"][-1]["elements"]} == {"bind_other"}


def test_a_card_of_another_channel_is_refused(address: str) -> None:
    with pytest.raises(ActionRefused, match="expected where a card stands in Slack"):
        hands(address).answered(waiting(), "on_call told before", "approved")
