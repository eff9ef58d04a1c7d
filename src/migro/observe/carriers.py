"""
Carriers: the envelopes that queues and buses put around somebody else's event.

Amazon SNS, SQS and EventBridge and Google Pub/Sub carry an event as a member, as JSON inside a string or as base64.
What they add besides are attributes, which stand for headers.

Sources: https://docs.aws.amazon.com/sns/latest/dg/sns-message-and-json-formats.html,
https://docs.aws.amazon.com/lambda/latest/dg/with-sqs.html,
https://docs.aws.amazon.com/eventbridge/latest/ref/overiew-event-structure.html,
https://docs.cloud.google.com/pubsub/docs/push
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

import attrs

from ..errors import InputError
from .claims import from_base64
from .parsing import at, read_json

__all__ = ["Carried", "carried"]

_DEEPEST: Final = 4
"""An SQS message may hold an SNS message that holds an event of EventBridge; deeper means nothing."""


@attrs.frozen(kw_only=True)
class Carried:
    """
    One event out of its carriers.

    Attributes:
        body: The event as JSON, or a text that is none.
        headers: What the carriers said beside it.
        source: What EventBridge calls the source, where it carried the event.
    """

    body: Any
    headers: Mapping[str, str] = attrs.field(factory=dict)
    source: str = ""


def carried(body: Any) -> Iterator[Carried]:
    """Yield the events that a body carries, or the body itself where it is no carrier."""
    yield from _opened(Carried(body=body), 0)


def _opened(outer: Carried, depth: int) -> Iterator[Carried]:
    inner = list(_inside(outer.body)) if depth < _DEEPEST and isinstance(outer.body, Mapping) else []
    if not inner:
        yield outer
    for one in inner:
        known = {**outer.headers, **one.headers}
        yield from _opened(attrs.evolve(one, headers=known, source=one.source or outer.source), depth + 1)


def _inside(body: Mapping[str, Any]) -> Iterator[Carried]:
    for name in ("Records", "Messages", "receivedMessages"):
        if isinstance(body.get(name), list):
            for item in body[name]:
                yield from _message(item)
            return
    yield from _message(body)


def _message(item: Any) -> Iterator[Carried]:
    if not isinstance(item, Mapping):
        return
    notification = item["Sns"] if isinstance(item.get("Sns"), Mapping) else item
    if isinstance(notification.get("Message"), str) and notification.keys() & {"TopicArn", "TopicARN", "MessageId"}:
        yield Carried(body=_json(notification["Message"]), headers=_values(notification.get("MessageAttributes")))
        return
    for name, attributes in (("body", "messageAttributes"), ("Body", "MessageAttributes")):
        if isinstance(item.get(name), str) and item.keys() & {"messageId", "MessageId", "receiptHandle"}:
            yield Carried(body=_json(item[name]), headers=_values(item.get(attributes)))
            return
    data = at(item, "message.data")
    if isinstance(data, str) and item.keys() & {"subscription", "ackId", "deliveryAttempt"}:
        yield Carried(body=_json(_decoded(data)), headers=_values(at(item, "message.attributes")))
    elif isinstance(item.get("detail"), Mapping) and "detail-type" in item:
        source = item.get("source")
        yield Carried(body=item["detail"], source=source if isinstance(source, str) else "")


def _decoded(data: str) -> str:
    return from_base64(data).decode("utf-8", "replace")


def _json(text: str) -> Any:
    try:
        return read_json(text)
    except InputError:
        return text


def _values(attributes: Any) -> dict[str, str]:
    """Return attributes by name; Amazon wraps each value in an object with its type."""
    if not isinstance(attributes, Mapping):
        return {}
    plain = {n: next((v[k] for k in ("Value", "stringValue", "StringValue") if k in v), None)
             if isinstance(v, Mapping) else v for n, v in attributes.items()}  # fmt: skip
    return {n: v for n, v in plain.items() if isinstance(v, str)}
