"""How far a delivery is proven at an endpoint that has secrets."""

from __future__ import annotations

from datetime import UTC, datetime

from migro.models import Auth
from migro.observe import EndpointSettings, Envelope, ObserveSettings
from tests.observe.payloads import observer

RAW = b'{"id":1001,"total_price":"59.90","currency":"EUR"}'
STAMP = 1_700_000_000
AT = datetime.fromtimestamp(STAMP, UTC)
SECRET = "migro_test_secret"
SECURED = ObserveSettings(endpoints={"shop": EndpointSettings(secrets_env=("NEW", "OLD"))})


def auth(
    kind: str,
    headers: dict[str, str],
    *,
    raw: bytes | None = RAW,
    at: datetime | None = AT,
    settings: ObserveSettings = SECURED,
    **secrets: str,
) -> Auth:
    envelope = Envelope(received_at=at, kind=kind, endpoint="shop", headers=headers, body={}, raw=raw)
    found = observer(settings, **(secrets or {"OLD": SECRET, "NEW": "another"})).observe(envelope)
    assert {signal.auth for signal in found.signals} == {found.signals[0].auth}
    return found.signals[0].auth
