"""Where the sample payloads are, and an observer to read them with."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from migro.models import Signal
from migro.observe import Envelope, Observation, Observer, ObserveSettings, payload_envelopes

PAYLOADS = Path(__file__).parent.parent / "data" / "payloads"
NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
KEY = b"a key for tests, and only tests"


def observer(settings: ObserveSettings | None = None, **secrets: str) -> Observer:
    return Observer(settings, secrets=secrets, pseudonym_key=KEY)


def observed(kind: str, body: Any, headers: dict[str, str] | None = None, **more: Any) -> Observation:
    envelope = Envelope(**{"received_at": NOW, "kind": kind, "body": body, "headers": headers or {}, **more})
    return observer().observe(envelope)


def one(kind: str, body: Any, headers: dict[str, str] | None = None, **more: Any) -> Signal:
    (signal,) = observed(kind, body, headers, **more).signals
    return signal


def from_file(name: str) -> tuple[Signal, ...]:
    (envelope,) = payload_envelopes(PAYLOADS / name)
    assert isinstance(envelope, Envelope)
    return observer().observe(envelope, now=NOW).signals
