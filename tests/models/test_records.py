"""Records have one canonical JSON form, however it is made."""

from __future__ import annotations

from hypothesis import given

from migro.models import Decision, Signal, canonical_json
from tests.strategies import decisions, signals


@given(signals())
def test_a_signal_writes_the_canonical_json_of_its_data(signal: Signal) -> None:
    assert signal.json_line() == canonical_json(signal.model_dump())


@given(decisions())
def test_a_decision_writes_the_canonical_json_of_its_data_and_is_read_back(decision: Decision) -> None:
    assert decision.json_line() == canonical_json(decision.model_dump())
    assert Decision.from_json(decision.json_line()) == decision
