"""Slack: what people answer is evidence, and nothing else."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl, urlencode

import pytest

from migro.models import Signal
from migro.observe import guess_kind
from migro.packs.headless.signals import VOCABULARY
from tests.observe.monitor_payloads import SLACK_ACTIONS, SLACK_COMMAND, SLACK_VIEW, as_form
from tests.observe.payloads import NOW, observed, one

STAMP = {"X-Slack-Request-Timestamp": "1772359200"}
BUTTON = SLACK_ACTIONS["actions"][0]


def actions(*held: Any, **changes: Any) -> tuple[Signal, ...]:
    return observed("slack_interactive", as_form({**SLACK_ACTIONS, "actions": list(held), **changes}), STAMP).signals


def test_a_slash_command_is_dated_by_the_signed_time_and_keeps_no_word_of_the_person() -> None:
    signal = one("slack_interactive", SLACK_COMMAND, STAMP)

    assert (signal.topic, signal.attrs["raw_topic"], signal.merchant, signal.source_kind) == (
        "person.slash_command", "slash_command", "T0SHOP", "person",
    )  # fmt: skip
    assert signal.occurred_at == datetime(2026, 3, 1, 10, 0, tzinfo=UTC)
    assert {n: signal.ids[n] for n in ("command", "user_id", "channel_id")} == {
        "command": "/migro", "user_id": "U0ADA", "channel_id": "C0OPS",
    }  # fmt: skip
    assert len(str(signal.attrs["text_ref"])) == 20
    assert "approve" not in signal.json_line()


@pytest.mark.parametrize("body", [SLACK_COMMAND, as_form(SLACK_ACTIONS), as_form(SLACK_VIEW)])
def test_no_answer_is_of_a_kind_that_a_rule_or_an_approval_could_take_for_more(body: str) -> None:
    kinds = {cls.__signal_kind__ for cls in VOCABULARY}

    for signal in observed("slack_interactive", body).signals:
        assert signal.kind == "platform.event"
        assert signal.kind not in kinds
        assert (signal.severity_hint, signal.state, signal.features) == (None, None, frozenset())


def test_a_button_says_what_the_app_wrote_on_it() -> None:
    (signal,) = actions(BUTTON)

    assert (signal.topic, signal.attrs["answer"], signal.attrs["element"]) == (
        "person.block_actions", ("act_0011",), "button",
    )  # fmt: skip
    assert (signal.ids["action_id"], signal.ids["user_id"], signal.ids["message_ts"]) == (
        "approve", "U0ADA", "1772359100.000200",
    )  # fmt: skip
    assert signal.occurred_at == datetime(2026, 3, 1, 10, 0, 0, 125_000, tzinfo=UTC)


@pytest.mark.parametrize(
    ("action", "answer"),
    [
        ({"type": "static_select", "selected_option": {"value": "later"}}, ("later",)),
        ({"type": "checkboxes", "selected_options": [{"value": "a"}, {"value": "b"}, 5]}, ("a", "b")),
        ({"type": "plain_text_input", "value": "secret"}, None),
        ({"type": "users_select", "selected_user": "U0ADA"}, None),
        ({"type": "button", "value": "two words"}, None),
        ({"type": "button", "value": '{"mail": "ada@shopper.example"}'}, None),
        ({"type": "button", "value": 5}, None),
    ],
)
def test_only_answers_that_the_app_wrote_are_kept(action: dict[str, Any], answer: tuple[str, ...] | None) -> None:
    (signal,) = actions(action)

    assert signal.attrs.get("answer") == answer


def test_every_action_of_a_delivery_is_an_event_and_a_broken_one_stops_no_other() -> None:
    found = actions(BUTTON, 5, {**BUTTON, "action_id": "reject"})

    assert [s.kind for s in found] == ["platform.event", "unknown", "platform.event"]
    assert len({s.dedup_key for s in found}) == 3


def test_a_form_is_an_event_without_what_was_typed() -> None:
    signal = one("slack_interactive", as_form(SLACK_VIEW), STAMP)

    assert (signal.topic, signal.ids["callback_id"], signal.resource) == (
        "person.view_submission", "explain", ("view", "V0VIEW"),
    )  # fmt: skip


def test_a_press_is_told_from_another_and_a_redelivery_is_not() -> None:
    def key(**changes: Any) -> str:
        return actions(BUTTON, **changes)[0].dedup_key

    assert key() == key(response_url="https://hooks.slack.com/other")
    assert len({key(), key(trigger_id="2.2.2"), key(user={"id": "U0BOB"})}) == 3


def test_a_command_without_a_trigger_is_told_by_who_said_what_when() -> None:
    fields = [(n, v) for n, v in parse_qsl(SLACK_COMMAND) if n != "trigger_id"]
    first = one("slack_interactive", urlencode(fields), STAMP)
    later = one("slack_interactive", urlencode(fields), {"X-Slack-Request-Timestamp": "1772359260"})
    other = one("slack_interactive", urlencode([(n, "x" if n == "text" else v) for n, v in fields]), STAMP)

    assert len({first.dedup_key, later.dedup_key, other.dedup_key}) == 3
    assert first.dedup_key == one("slack_interactive", urlencode(fields), STAMP).dedup_key


def test_without_the_header_an_answer_is_dated_by_its_receipt() -> None:
    signal = one("slack_interactive", SLACK_COMMAND)

    assert (signal.occurred_at, signal.attrs["time_source"]) == (NOW, "receipt")


@pytest.mark.parametrize(
    ("body", "topic"),
    [
        ({"type": "url_verification", "token": "xoxp", "challenge": "3eZbrw1a"}, "slack.url_verification"),
        ({"type": "event_callback", "token": "x", "team_id": "T0SHOP", "event_id": "Ev1", "event_time": 1772359200,
          "event": {"type": "app_mention", "user": "U0ADA", "text": "Ada Planted", "event_ts": "1772359200.000100"}},
         "slack.app_mention"),
        ("ssl_check=1&token=x", "slack.ssl_check"),
    ],
)  # fmt: skip
def test_what_slack_itself_says_is_an_event_without_words_or_tokens(body: Any, topic: str) -> None:
    signal = one("slack_interactive", body)

    assert (signal.kind, signal.topic) == ("platform.event", topic)
    assert not [word for word in ("xoxp", "3eZbrw1a", "Planted") if word in signal.json_line()]


def test_a_shortcut_of_an_organisation_without_a_team_belongs_to_the_organisation() -> None:
    body = {"type": "shortcut", "team": None, "enterprise": {"id": "E0"}, "user": {"id": "U"}, "trigger_id": "1",
            "callback_id": "open"}  # fmt: skip
    signal = one("slack_interactive", body)

    assert (signal.merchant, signal.topic, signal.ids["callback_id"]) == ("E0", "person.shortcut", "open")


def test_interactions_are_recognised_by_header_and_by_shape() -> None:
    assert guess_kind({"X-Slack-Signature": "v0=0"}, "anything") == "slack_interactive"
    assert guess_kind({}, "\ufeff" + SLACK_COMMAND) == "slack_interactive"
    assert guess_kind({}, as_form(SLACK_VIEW)) == "slack_interactive"
    assert guess_kind({}, json.dumps(SLACK_ACTIONS)) == "slack_interactive"
    assert guess_kind({}, dict(parse_qsl(SLACK_COMMAND))) == "slack_interactive"
    assert guess_kind({}, {"type": "url_verification", "token": "x", "challenge": "y"}) == "slack_interactive"
    assert guess_kind({}, "payload=%7B%7D") == "unknown"
    assert guess_kind({}, "webhook_id=5") != "slack_interactive"


def test_what_is_neither_is_refused() -> None:
    for body in ("payload=%5B1%5D", "payload=x", "a=1", {"a": 1}, [1], "&".join(f"a{n}=1" for n in range(200))):
        assert observed("slack_interactive", body).signals[0].kind == "unknown"
