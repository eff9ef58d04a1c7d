"""What the project that specifies CloudEvents writes is read as it was meant; its own package makes the deliveries."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from cloudevents.core.bindings.http import HTTPMessage, to_binary, to_structured
from cloudevents.core.formats.json import JSONFormat
from cloudevents.core.v1.event import CloudEvent
from hypothesis import given
from hypothesis import strategies as st

from migro.models import Signal
from tests.observe.payloads import one

DEPLOY = {"kind": "change.deploy", "merchant": "mugs", "occurred_at": "2026-02-28T09:00:00Z", "ids": {"release": "r41"}}
words = st.text(st.characters(min_codepoint=32, max_codepoint=0x2FFF, exclude_categories=("Cs", "Cc")), min_size=1)


def event(data: Any = None, **more: Any) -> CloudEvent:
    given = {"id": "e-1", "source": "/ci/deploys", "type": "com.example.Something", "specversion": "1.0", **more}
    return CloudEvent(given, data)


def delivered(message: HTTPMessage) -> Signal:
    body = message.body.decode() if isinstance(message.body, bytes) else message.body
    try:
        read = json.loads(body)
    except ValueError:
        read = body
    return one("cloudevents", read, dict(message.headers))


@pytest.mark.parametrize("written", [to_binary, to_structured])
@pytest.mark.parametrize("zone", [UTC, timezone(timedelta(hours=5, minutes=30))])
def test_both_ways_over_http_say_the_same(written: Any, zone: Any) -> None:
    at = datetime(2026, 3, 1, 9, tzinfo=UTC).astimezone(zone)
    signal = delivered(written(event({"total": 12}, time=at, subject="order/1"), JSONFormat()))

    assert (signal.kind, signal.topic) == ("platform.event", "com.example.something")
    assert signal.attrs["raw_topic"] == "com.example.Something"
    assert signal.ids["event_id"] == "e-1"
    assert signal.occurred_at == datetime(2026, 3, 1, 9, tzinfo=UTC)


@pytest.mark.parametrize("written", [to_binary, to_structured])
def test_a_signal_of_a_host_comes_through_either_way(written: Any) -> None:
    signal = delivered(written(event(DEPLOY, type="migro.signal.change.deploy"), JSONFormat()))

    assert (signal.kind, signal.merchant, signal.ids["release"]) == ("change.deploy", "mugs", "r41")


@given(words, words)
def test_an_event_is_the_same_event_whichever_way_it_comes(id: str, source: str) -> None:
    made = event({"a": 1}, id=id, source=source)
    first, second = (delivered(written(made, JSONFormat())) for written in (to_binary, to_structured))

    assert first.id == second.id
    assert first.dedup_key == second.dedup_key
