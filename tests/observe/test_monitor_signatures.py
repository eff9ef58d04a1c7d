"""The senders of alerts and answers prove themselves by recipes of their own, each against a known vector."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from migro.models import Auth
from migro.observe import EndpointSettings, Envelope, ObserveSettings, sns
from tests.observe.monitor_payloads import SNS, SNS_SUBSCRIPTION
from tests.observe.payloads import observer

RAW = b'{"id":1001,"total_price":"59.90","currency":"EUR"}'
STAMP = 1_700_000_000
AT = datetime.fromtimestamp(STAMP, UTC)
BARE = "d7fcd42ef188caf36241681ea0c7c0c8b1758ac27c63660791148865e59e0b36"
TIMED = "889d78dfbf8cda53408945cb3e4e7ae226ea3416de04a1c164c711cbbc1e8f64"
SLACK = "48bc95b5e9daa9594cc71ad4938c8e6ea50d4767fb1bea7116cc3d69b93892ce"
SETTINGS = ObserveSettings(endpoints={"hook": EndpointSettings(secrets_env=("NEW", "OLD"))})
VECTORS = [
    ("pagerduty_v3", {"X-PagerDuty-Signature": f"v1={'0' * 64},v1={BARE}"}),
    ("pagerduty_v3", {"x-pagerduty-signature": f"v1={BARE}"}),
    ("grafana_alert", {"X-Grafana-Alerting-Signature": BARE}),
    ("grafana_alert", {"X-Grafana-Alerting-Signature": TIMED, "X-Grafana-Alerting-Timestamp": str(STAMP)}),
    ("grafana_alert", {"X-Grafana-Alerting-Signature": TIMED, "X-My-Timestamp": str(STAMP)}),
    ("slack_interactive", {"X-Slack-Signature": f"v0={SLACK}", "X-Slack-Request-Timestamp": str(STAMP)}),
]
STAMPED = [VECTORS[3], VECTORS[5]]


def auth(
    kind: str,
    headers: dict[str, str],
    raw: bytes = RAW,
    *,
    at: datetime | None = AT,
    settings: ObserveSettings = SETTINGS,
    **secrets: str,
) -> Auth:
    envelope = Envelope(received_at=at, kind=kind, endpoint="hook", headers=headers, body=raw.decode(), raw=raw)
    found = observer(settings, **(secrets or {"OLD": "migro_test_secret", "NEW": "another"})).observe(envelope)
    return found.signals[0].auth


@pytest.mark.parametrize(("kind", "headers"), VECTORS)
def test_the_vector_is_verified_and_nothing_near_it_is(kind: str, headers: dict[str, str]) -> None:
    assert auth(kind, headers) == "verified"
    assert auth(kind, headers, RAW + b" ") == "failed"
    assert auth(kind, headers, RAW.replace(b"1001", b"1002")) == "failed"
    assert auth(kind, headers, OLD="wrong") == "failed"
    assert auth(kind, {}) == "failed"
    assert auth(kind, dict.fromkeys(headers, "junk")) == "failed"
    assert auth(kind, headers, settings=ObserveSettings()) == "unchecked"


@pytest.mark.parametrize(("kind", "headers"), STAMPED)
@pytest.mark.parametrize(
    ("seconds", "expected"), [(300, "verified"), (-300, "verified"), (301, "failed"), (-301, "failed")]
)
def test_an_old_stamp_is_a_replay_although_the_signature_is_right(
    kind: str, headers: dict[str, str], seconds: int, expected: Auth
) -> None:
    assert auth(kind, headers, at=AT + timedelta(seconds=seconds)) == expected


@pytest.mark.parametrize(("kind", "headers"), STAMPED)
def test_a_stamp_that_is_left_out_or_moved_fails(kind: str, headers: dict[str, str]) -> None:
    without = {n: v for n, v in headers.items() if "Timestamp" not in n}
    moved = {n: str(STAMP + 1) if "Timestamp" in n else v for n, v in headers.items()}

    assert (auth(kind, without), auth(kind, moved)) == ("failed", "failed")


def test_a_recipe_of_another_version_proves_nothing() -> None:
    assert auth("pagerduty_v3", {"X-PagerDuty-Signature": f"v2={BARE}"}) == "failed"
    assert auth("slack_interactive", {**VECTORS[5][1], "X-Slack-Signature": f"v1={SLACK}"}) == "failed"


@pytest.mark.parametrize("kind", ["alertmanager_v3", "alertmanager_v4", "datadog_webhook", "opsgenie_webhook",
                                  "pagerduty_v2", "statuspage_webhook"])  # fmt: skip
def test_senders_without_signatures_are_unsigned_unless_a_header_carries_a_secret(kind: str) -> None:
    settings = ObserveSettings(
        endpoints={"hook": EndpointSettings(secrets_env=("OLD",), secret_header="X-Migro-Secret")}
    )

    assert auth(kind, {}, settings=ObserveSettings()) == "unsigned"
    assert auth(kind, {"X-Migro-Secret": "migro_test_secret"}, settings=settings) == "static_secret"
    assert auth(kind, {"X-Migro-Secret": "wrong"}, settings=settings) == "failed"


KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
OTHER_KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)


def certificate(key: rsa.RSAPrivateKey) -> str:
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "sns.amazonaws.com")])
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(AT)
        .not_valid_after(AT + timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    return made.public_bytes(Encoding.PEM).decode()


CERTIFICATE = certificate(KEY)


def signed(body: dict[str, Any], names: str, version: str) -> dict[str, Any]:
    """Return a message as SNS would sign it: name and value of each field on a line of its own."""
    text = "".join(f"{name}\n{body[name]}\n" for name in names.split())
    algorithm: hashes.HashAlgorithm = hashes.SHA1() if version == "1" else hashes.SHA256()
    signature = KEY.sign(text.encode(), padding.PKCS1v15(), algorithm)
    return {**body, "SignatureVersion": version, "Signature": base64.b64encode(signature).decode()}


NOTIFICATION = "Message MessageId Subject Timestamp TopicArn Type"
CONFIRMATION = "Message MessageId SubscribeURL Timestamp Token TopicArn Type"


def sns_auth(body: dict[str, Any], secret: str = CERTIFICATE, at: datetime | None = AT) -> Auth:
    return auth(
        "cloudwatch_sns", {}, json.dumps(body, indent=1).encode(), at=at, OLD=secret, NEW=certificate(OTHER_KEY)
    )


@pytest.mark.parametrize("version", ["1", "2"])
@pytest.mark.parametrize(
    ("body", "names"),
    [
        (SNS, NOTIFICATION),
        ({name: value for name, value in SNS.items() if name != "Subject"}, NOTIFICATION.replace("Subject ", "")),
        (SNS_SUBSCRIPTION, CONFIRMATION),
    ],
)
def test_a_message_of_sns_is_verified_with_the_certificate_that_was_given(
    body: dict[str, Any], names: str, version: str
) -> None:
    message = signed(body, names, version)

    assert sns_auth(message) == "verified"
    assert sns_auth(message, certificate(OTHER_KEY)) == "failed"
    for name in names.split():
        assert sns_auth({**message, name: f"{message[name]}."}) == "failed"


@pytest.mark.parametrize(
    "change",
    [
        lambda m: {**m, "SigningCertURL": "https://sns.eu-central-1.amazonaws.com.evil.example/SimpleNotificationService-0.pem"},
        lambda m: {**m, "SigningCertURL": "http://sns.eu-central-1.amazonaws.com/SimpleNotificationService-0.pem"},
        lambda m: {**m, "SigningCertURL": "https://evil.example/sns.eu-central-1.amazonaws.com/SimpleNotificationService-0.pem"},
        lambda m: {**m, "SigningCertURL": "https://s3.amazonaws.com/bucket/SimpleNotificationService-0.pem"},
        lambda m: {**m, "SigningCertURL": None},
        lambda m: {**m, "SignatureVersion": "2"},
        lambda m: {**m, "SignatureVersion": "3"},
        lambda m: {**m, "Signature": "not base64"},
        lambda m: {**m, "Signature": None},
        lambda m: {**m, "Type": "SubscriptionConfirmation"},
    ],
)  # fmt: skip
def test_another_host_version_or_type_proves_nothing(change: Callable[[dict[str, Any]], dict[str, Any]]) -> None:
    assert sns_auth(change(signed(SNS, NOTIFICATION, "1"))) == "failed"


def test_without_the_package_a_signature_of_sns_is_unchecked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sns, "installed", lambda: False)

    assert sns_auth(signed(SNS, NOTIFICATION, "1")) == "unchecked"


def test_what_is_no_json_claims_nothing() -> None:
    assert auth("cloudwatch_sns", {}, b"Type=Notification") == "failed"
