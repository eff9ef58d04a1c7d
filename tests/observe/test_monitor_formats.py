"""What holds for every delivery of a monitor, whoever sends it."""

from __future__ import annotations

import json
import re
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, unquote_plus

import pytest
from hypothesis import given
from hypothesis import strategies as st

from migro.models import Signal
from migro.observe import Envelope, guess_kind
from migro.observe.formats import NORMALISERS
from migro.packs.headless.signals import VOCABULARY
from tests.observe.monitor_payloads import PLANTED, SAMPLES, as_form
from tests.observe.payloads import NOW, observed, observer

CLASSES = {cls.__signal_kind__: cls for cls in VOCABULARY}
NAMES = [f"{kind}-{place}" for place, (kind, _) in enumerate(SAMPLES)]
JUNK: tuple[Any, ...] = (
    None,
    True,
    0,
    -1,
    10**30,
    0.5,
    "",
    "$ALERT_ID",
    "\ud800",
    "x" * 3000,
    [],
    [[]],
    {},
    {"id": {}},
)


def paths(value: Any, at: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Return the places of all values inside a JSON value."""
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [at, *(path for name, held in inner for path in paths(held, (*at, name)))]


def replaced(value: Any, path: tuple[Any, ...], junk: Any) -> Any:
    """Return a JSON value with another one at a place."""
    if not path:
        return junk
    copy = value.copy()
    copy[path[0]] = replaced(value[path[0]], path[1:], junk)
    return copy


def body_of(text: str) -> Any:
    return json.loads(text) if text.startswith("{") else text


@pytest.mark.parametrize(("kind", "text"), SAMPLES, ids=NAMES)
def test_every_delivery_is_recognised_by_its_shape_alone(kind: str, text: str) -> None:
    assert guess_kind({}, text) == kind
    assert guess_kind({}, body_of(text)) in (kind, "unknown" if isinstance(body_of(text), str) else kind)


@pytest.mark.parametrize(("kind", "text"), SAMPLES, ids=NAMES)
def test_no_other_format_claims_its_shape(kind: str, text: str) -> None:
    body = body_of(text)
    if isinstance(body, str):
        claiming = {n.kind for n in NORMALISERS.values() if n.fits_text is not None and n.fits_text(body)}
    else:
        claiming = {n.kind for n in NORMALISERS.values() if n.fits(body)}

    # Anything with an id, a title and a body may be a ticket, which is why that is asked last.
    assert claiming - {"ticket"} == {kind}


@pytest.mark.parametrize(("kind", "text"), SAMPLES, ids=NAMES)
def test_nothing_planted_is_found_in_its_signals(kind: str, text: str) -> None:
    assert [word for word in PLANTED if word in unquote_plus(text)]

    lines = "\n".join(signal.json_line() for signal in observed(kind, text).signals)

    assert [word for word in PLANTED if word.lower() in lines.lower()] == []


@pytest.mark.parametrize(("kind", "text"), SAMPLES, ids=NAMES)
def test_the_vocabulary_reads_its_signals(kind: str, text: str) -> None:
    for signal in observed(kind, text).signals:
        assert signal.kind != "unknown", signal.attrs
        if signal.kind != "platform.event":
            assert CLASSES[signal.kind].from_data(signal.model_dump()).id == signal.id


@pytest.mark.parametrize(("kind", "text"), SAMPLES, ids=NAMES)
def test_a_redelivery_an_hour_later_is_the_same_event(kind: str, text: str) -> None:
    first, second = (
        observer().observe(Envelope(kind=kind, body=text, received_at=at)).signals
        for at in (NOW, NOW + timedelta(hours=1))
    )

    assert [(s.dedup_key, s.id) for s in first] == [(s.dedup_key, s.id) for s in second]
    assert len({s.dedup_key for s in first}) == len(first)


@pytest.mark.parametrize(("kind", "text"), SAMPLES, ids=NAMES)
def test_a_byte_order_mark_changes_nothing(kind: str, text: str) -> None:
    plain, marked = (observed(kind, body).signals for body in (text, f"\ufeff{text}"))

    assert [s.id for s in plain] == [s.id for s in marked]


@pytest.mark.parametrize(("kind", "text"), SAMPLES, ids=NAMES)
def test_a_time_without_a_zone_is_taken_as_utc_and_said_so(kind: str, text: str) -> None:
    bare = re.sub(r"(T\d\d:\d\d:\d\d(?:\.\d+)?)(?:Z|\+0000)", r"\1", text)

    zoned, zoneless = (observed(kind, body).signals for body in (text, bare))

    # Pages and confirmations say nothing that a rule would time; the others sent no time in words.
    timed = [s for s in zoneless if s.kind != "platform.event" and s.topic != "status.page"] if bare != text else []
    assert all(s.attrs["time_zone"] == "unknown" for s in timed)
    assert [s.occurred_at for s in zoneless] == [s.occurred_at for s in zoned]
    assert not [s for s in zoned if "time_zone" in s.attrs]


def test_different_deliveries_are_different_events() -> None:
    # The summary lists the incident that a notification told as well: that is one event.
    told = [s for kind, text in SAMPLES for s in observed(kind, text).signals if s.topic != "status.incident"]

    assert len({s.dedup_key for s in told}) == len(told)


@given(st.sampled_from(SAMPLES), st.data())
def test_whatever_stands_in_one_place_of_a_delivery_it_gives_signals(
    sample: tuple[str, str], data: st.DataObject
) -> None:
    kind, text = sample
    body = body_of(text)
    if isinstance(body, str):
        return
    path = data.draw(st.sampled_from(paths(body)))
    changed = replaced(body, path, data.draw(st.sampled_from(JUNK)))

    found = observed(kind, json.dumps(changed)).signals

    assert found
    for signal in found:
        assert Signal.from_json(signal.json_line()) == signal
        assert "stopped with" not in str(signal.attrs.get("reason"))
        assert "could not be completed" not in str(signal.attrs.get("reason"))


@given(st.data())
def test_whatever_stands_in_one_place_of_an_interaction_it_gives_signals(data: st.DataObject) -> None:
    text = data.draw(st.sampled_from([t for k, t in SAMPLES if k == "slack_interactive" and t.startswith("payload")]))
    body = json.loads(parse_qs(text)["payload"][0])
    path = data.draw(st.sampled_from(paths(body)))
    changed = replaced(body, path, data.draw(st.sampled_from(JUNK)))

    for signal in observed("slack_interactive", as_form(changed) if isinstance(changed, dict) else "payload=").signals:
        assert signal.kind in ("platform.event", "unknown")
        assert "stopped with" not in str(signal.attrs.get("reason"))
