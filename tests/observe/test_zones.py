"""Times without a zone: UTC is assumed, or what the endpoint says, and the signal tells which."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from migro.models import Signal
from migro.observe import EndpointSettings, Envelope, ObserveSettings
from tests.observe.payloads import NOW, observer

BERLIN = EndpointSettings(assumed_zone="Europe/Berlin")


def log(line: str, endpoint: EndpointSettings = BERLIN) -> Signal:
    envelope = Envelope(received_at=NOW, kind="web_error_log", endpoint="web", body=line)
    (signal,) = observer(ObserveSettings(endpoints={"web": endpoint})).observe(envelope).signals
    return signal


@pytest.mark.parametrize(
    ("told", "meant"),
    [
        ("2026/01/10 09:00:00", "2026-01-10T08:00:00+00:00"),
        ("2026/07/10 09:00:00", "2026-07-10T07:00:00+00:00"),
        # Clocks showed this hour twice; the first time is meant.
        ("2026/10/25 02:30:00", "2026-10-25T00:30:00+00:00"),
    ],
)
def test_a_time_without_a_zone_is_meant_where_the_endpoint_says(told: str, meant: str) -> None:
    signal = log(f"{told} [error] 12#12: *3 upstream refused")

    assert signal.occurred_at.isoformat() == meant
    assert (signal.attrs["time_zone"], signal.attrs["assumed_zone"]) == ("assumed", "Europe/Berlin")


def test_a_time_with_a_zone_stays_where_it_is() -> None:
    signal = log("[10-Jan-2026 09:00:00 UTC] PHP Fatal error: x")

    assert signal.occurred_at.isoformat() == "2026-01-10T09:00:00+00:00"
    assert "assumed_zone" not in signal.attrs


def test_the_time_of_receipt_is_no_time_to_be_moved() -> None:
    assert log("TypeError: x is null").occurred_at == NOW


def test_without_the_setting_it_is_utc_and_says_so() -> None:
    signal = log("2026/01/10 09:00:00 [error] 12#12: *3 upstream refused", EndpointSettings())

    assert signal.occurred_at.isoformat() == "2026-01-10T09:00:00+00:00"
    assert signal.attrs["time_zone"] == "unknown"


def test_a_zone_that_nobody_knows_is_refused_when_it_is_configured() -> None:
    with pytest.raises(ValidationError, match="expected a time zone such as Europe/Berlin, got 'Middle/Earth'"):
        EndpointSettings(assumed_zone="Middle/Earth")


def test_a_setting_that_is_not_made_is_not_part_of_the_configuration() -> None:
    assert "assumed_zone" not in EndpointSettings().model_dump(mode="json")
    assert BERLIN.model_dump(mode="json")["assumed_zone"] == "Europe/Berlin"
