"""
Amazon SNS: the wrapper around what a topic delivers by HTTP, and what signs it.

Only fields of the wrapper are signed, in a fixed order, so the exact bytes do not matter. The certificate is never
fetched from the address in the message: it is given as the endpoint's secret, and the address is only looked at.

Source: https://docs.aws.amazon.com/sns/latest/dg/sns-verify-signature-of-message.html
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import re2

from ..errors import InputError
from .claims import Claim, from_base64
from .envelope import Envelope
from .public_keys import installed, rsa_fits

__all__ = ["CONFIRMATIONS", "claim", "is_wrapper", "topic_parts"]

CONFIRMATIONS: Final = ("SubscriptionConfirmation", "UnsubscribeConfirmation")
_SIGNED: Final = ("Message", "MessageId", "Subject", "Timestamp", "TopicArn", "Type")
_SIGNED_CONFIRMATION: Final = ("Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type")
_CERTIFICATE: Final = re2.compile(
    r"^https://sns\.[a-z0-9-]{3,40}\.amazonaws\.com(?:\.cn)?/SimpleNotificationService-[A-Za-z0-9]{1,64}\.pem$"
)
_TOPIC: Final = re2.compile(r"^arn:aws[a-z-]{0,10}:sns:([a-z0-9-]{1,30}):([0-9]{1,20}):([A-Za-z0-9_.-]{1,260})$")


def is_wrapper(body: object) -> bool:
    """Return whether a body is a message as SNS wraps it."""
    return isinstance(body, Mapping) and {"Type", "MessageId", "TopicArn", "Message"} <= body.keys()


def topic_parts(arn: object) -> tuple[str | None, str | None, str | None]:
    """Return region, account and name of a topic; three times None for what is no topic."""
    match = _TOPIC.match(arn) if isinstance(arn, str) else None
    return (match.group(1), match.group(2), match.group(3)) if match is not None else (None, None, None)


def _message(body: Mapping[str, Any]) -> bytes:
    names = _SIGNED_CONFIRMATION if body.get("Type") in CONFIRMATIONS else _SIGNED
    held = [(name, body[name]) for name in names if isinstance(body.get(name), str)]
    return "".join(f"{name}\n{value}\n" for name, value in held).encode("utf-8", "surrogatepass")


def claim(envelope: Envelope, _: bytes) -> Claim | None:
    """Return what a wrapped message claims, or None where it carries no signature; for `Normaliser.claim`."""
    try:
        body = envelope.value()
    except InputError:
        return None
    if not is_wrapper(body) or not isinstance(body.get("Signature"), str):
        return None
    signature, message = from_base64(body["Signature"]), _message(body)
    # Version 1 is SHA-1, and still what a topic signs with unless somebody changed it.
    digest = {"1": "sha1", "2": "sha256"}.get(str(body.get("SignatureVersion")))
    address = body.get("SigningCertURL") or body.get("SigningCertUrl")
    pinned = isinstance(address, str) and _CERTIFICATE.match(address) is not None

    def proves(secret: str) -> bool:
        if not pinned or digest is None:
            return False
        return rsa_fits(secret, (signature,), message, digest="sha1" if digest == "sha1" else "sha256")

    return Claim(proves=proves, checkable=installed())
