"""What vendors ask before they deliver, and what they want to hear afterwards."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json

import pytest

from migro.observe import EndpointSettings, Envelope
from migro.receive.customs import acknowledged, retryable, said_challenge, subscription
from migro.receive.reply import Reply
from migro.testing import FixedClock
from tests.receive.shop import inputs, push, receiver

ANY = EndpointSettings()


# --- Adobe I/O -------------------------------------------------------------------------------------------------------


def test_a_challenge_by_get_is_echoed_as_plain_text() -> None:
    reply = receiver().receive("GET", "/in/open?challenge=8ec8d794-e0ab-42df-9017-e3dada8e84f7", {}, b"")

    assert (reply.status, reply.body) == (200, b"8ec8d794-e0ab-42df-9017-e3dada8e84f7")
    assert reply.headers["content-type"].startswith("text/plain")
    assert reply.headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize(
    "path",
    [
        "/in/open",
        "/in/open?challenge=",
        "/in/open?challenge=%3Cscript%3E",
        "/in/open?challenge=" + "a" * 501,
        "/in/shop?challenge=abc",
    ],
)
def test_nothing_else_is_echoed(path: str) -> None:
    assert receiver().receive("GET", path, {}, b"").status == 405


# --- Slack -----------------------------------------------------------------------------------------------------------


def slack(body: object, signature: bool = True) -> Envelope:
    headers = {"X-Slack-Signature": "v0=00", "X-Slack-Request-Timestamp": "1"} if signature else {}
    return Envelope(kind="slack_interactive" if signature else "ticket", headers=headers, body=json.dumps(body))


def test_the_verification_of_an_address_is_answered_with_its_challenge() -> None:
    reply = said_challenge(slack({"type": "url_verification", "token": "t", "challenge": "3eZbrw1aB"}))

    assert reply is not None
    assert (reply.status, reply.body) == (200, b"3eZbrw1aB")


@pytest.mark.parametrize(
    "body",
    [
        {"type": "url_verification"},
        {"type": "event_callback", "challenge": "abc"},
        {"type": "url_verification", "challenge": "<b>"},
        {"type": "url_verification", "challenge": 5},
        [],
        "text",
    ],
)
def test_other_messages_are_no_challenge(body: object) -> None:
    assert said_challenge(slack(body)) is None


def test_what_is_no_json_is_no_challenge() -> None:
    assert said_challenge(Envelope(kind="slack_interactive", body="payload=%7B%7D")) is None


def test_who_is_not_slack_hears_nothing_back() -> None:
    assert said_challenge(slack({"type": "url_verification", "challenge": "abc"}, signature=False)) is None


def test_a_challenge_is_answered_only_to_who_signed_it() -> None:
    endpoints = {"chat": EndpointSettings(kind="slack_interactive", secrets_env=("CHAT",))}
    clock = FixedClock()
    stamp = str(int(clock.now().timestamp()))
    raw = json.dumps({"type": "url_verification", "challenge": "3eZbrw1aB"}).encode()
    message = b"v0:" + stamp.encode() + b":" + raw
    signed = "v0=" + hmac.digest(b"signing", message, hashlib.sha256).hex()
    taking = receiver(endpoints=endpoints, clock=clock)
    headers = {"X-Slack-Signature": signed, "X-Slack-Request-Timestamp": stamp, "Content-Type": "application/json"}
    right = push(taking, raw, headers, "/in/chat")
    kept = inputs(taking.memory)
    wrong = push(taking, raw, headers | {"X-Slack-Signature": "v0=" + "0" * 64}, "/in/chat")

    assert (right.status, right.body) == (200, b"3eZbrw1aB")
    assert kept == []
    assert (wrong.status, b"3eZ" in wrong.body) == (401, False)


# --- WooCommerce -----------------------------------------------------------------------------------------------------


def test_the_first_ping_of_a_hook_is_answered_200_and_forgotten() -> None:
    taking = receiver()
    reply = push(taking, b"webhook_id=17", {"Content-Type": "application/x-www-form-urlencoded"}, "/in/open")

    assert reply.status == 200
    assert inputs(taking.memory) == []


@pytest.mark.parametrize("raw", [b"webhook_id=17&x=1", b"webhook_id=", b"webhook_id=a", b"xwebhook_id=1"])
def test_what_only_looks_like_a_ping_is_none(raw: bytes) -> None:
    taking = receiver()

    assert push(taking, raw, {}, "/in/open").status == 202
    assert len(inputs(taking.memory)) == 2


# --- Amazon SNS ------------------------------------------------------------------------------------------------------

CONFIRM = "https://sns.eu-central-1.amazonaws.com/?Action=ConfirmSubscription&TopicArn=arn:aws:sns:x&Token=abc"


def sns(url: str = CONFIRM, kind: str = "SubscriptionConfirmation") -> tuple[bytes, dict[str, str]]:
    raw = json.dumps({"Type": kind, "TopicArn": "arn:aws:sns:x", "Token": "abc", "SubscribeURL": url}).encode()
    return raw, {"x-amz-sns-message-type": kind}


def test_a_subscription_is_confirmed_by_a_person_and_never_by_itself() -> None:
    told: list[str] = []
    endpoints = {"aws": EndpointSettings(secrets_env=("PATH",), secret_in_path=True)}
    taking = receiver(endpoints=endpoints, notice=told.append)
    reply = push(taking, *sns(), "/in/aws/in-the-path")

    # The tests' network is blocked: had anything been fetched, this would have failed.
    assert reply.status == 202
    assert [CONFIRM in line for line in told] == [True]


def test_an_unproven_subscription_is_not_put_before_a_person() -> None:
    told: list[str] = []
    taking = receiver(notice=told.append)
    push(taking, *sns(), "/in/open")

    assert told == []


@pytest.mark.parametrize(
    "url",
    ["https://evil.example/?x=1", "http://sns.eu.amazonaws.com/?x=1", "https://sns.eu.amazonaws.com.evil.example/?"],
)
def test_an_address_outside_of_amazon_is_never_shown(url: str) -> None:
    raw, headers = sns(url)

    assert subscription(Envelope(headers=headers, body=raw.decode())) is None


# --- what is answered ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "status", "body"),
    [
        ("shopify_webhook", 202, b""),
        ("adyen_notification", 202, b"[accepted]"),
        ("slack_interactive", 200, b""),
        ("unknown", 202, b""),
    ],
)
def test_each_sender_hears_what_it_takes_for_an_acknowledgement(kind: str, status: int, body: bytes) -> None:
    reply = acknowledged(kind)

    assert isinstance(reply, Reply)
    assert (reply.status, reply.body) == (status, body)


@pytest.mark.parametrize(
    ("kind", "busy", "full"),
    [
        ("shopify_webhook", 409, 429),
        ("stripe_event", 409, 429),
        ("zendesk_event", 409, 429),
        ("saleor_webhook", 503, 503),
        ("alertmanager_v4", 503, 503),
        ("adobe_commerce", 503, 429),
        ("cloudwatch_sns", 503, 429),
    ],
)
def test_no_sender_takes_a_refusal_for_the_last_word(kind: str, busy: int, full: int) -> None:
    assert (retryable(409, kind, ANY), retryable(429, kind, ANY), retryable(503, kind, ANY)) == (busy, full, 503)


# --- Front and Intercom ----------------------------------------------------------------------------------------------


def front(body: object, challenge: str = "b7c2f0", kind: str = "front_webhook") -> Envelope:
    return Envelope(kind=kind, headers={"X-Front-Challenge": challenge}, body=json.dumps(body))


def test_front_hears_its_challenge_when_an_address_is_saved() -> None:
    reply = said_challenge(front({"type": "sync", "authorization": {"id": "cmp_abc"}}))

    assert reply is not None
    assert (reply.status, reply.body) == (200, b"b7c2f0")
    assert reply.headers["content-type"].startswith("text/plain")


def test_front_hears_nothing_else() -> None:
    sync = {"type": "sync"}

    assert said_challenge(front({"type": "inbound_received"})) is None
    assert said_challenge(front(sync, challenge="<b>")) is None
    assert said_challenge(front(sync, kind="ticket")) is None


def test_a_signed_challenge_of_front_is_echoed_and_a_forged_one_is_refused() -> None:
    raw = b'{"type":"sync","authorization":{"id":"cmp_abc"}}'
    clock = FixedClock()
    stamp = str(int(clock.now().timestamp()) * 1000)
    signed = base64.b64encode(hmac.digest(b"hush", f"{stamp}:".encode() + raw, hashlib.sha256)).decode()
    endpoints = {"desk": EndpointSettings(kind="front_webhook", secrets_env=("SHOP",))}
    taking = receiver(endpoints=endpoints, clock=clock)
    headers = {"X-Front-Signature": signed, "X-Front-Request-Timestamp": stamp, "X-Front-Challenge": "b7c2f0"}

    assert taking.receive("POST", "/in/desk", headers, raw).body == b"b7c2f0"
    assert taking.receive("POST", "/in/desk", {**headers, "X-Front-Signature": "AAAA"}, raw).status == 401


def test_intercom_may_ask_whether_an_address_is_there() -> None:
    endpoints = {"desk": EndpointSettings(kind="intercom_webhook"), "shop": EndpointSettings(kind="shopify_webhook")}
    taking = receiver(endpoints=endpoints)

    assert [taking.receive("HEAD", f"/in/{name}", {}, b"").status for name in ("desk", "shop", "nobody")] == [
        200,
        405,
        404,
    ]
