"""What holds for the deliveries of every help desk."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from migro.classify import classify
from migro.models import Auth, Signal
from migro.observe import EndpointSettings, Envelope, ObserveSettings, guess_kind
from migro.packs.headless.signals import VOCABULARY
from tests.observe.payloads import NOW, observed, observer
from tests.observe.test_normalisation import SCALARS
from tests.observe.ticket_payloads import FRESHDESK, INTERCOM_TALK, PLANTED, SAMPLES

KINDS = sorted({kind for kind, _, _ in SAMPLES} | {"zendesk_event"})
CLASSES = {cls.__signal_kind__: cls for cls in VOCABULARY}
NAMES = st.sampled_from(
    "id type data item topic app_id conversation conversation_parts ticket ticket_parts ticket_part part_type author "
    "source target _meta _links self payload authorization message messages first_message from_agent created_datetime "
    "updated_datetime ticket_id freshdesk_webhook triggered_event ticket_url ticket_description number links href note "
    "agent_response customer app_url state tags name created_at updated_at emitted_at is_inbound recipients handle "
    "audit_logs action source_type actor_id change_description event_type error details decision analysis reasoning "
    "issue_frequency timestamp status issue body title account domain contacts user recipient".split()
)
# Halves of surrogate pairs do not get past the reading of JSON.
WORDS = SCALARS.filter(lambda value: value != "\ud800") | st.sampled_from(
    ["conversation.user.replied", "ticket.note.created", "inbound", "comment", "{priority:{from:1,to:4}}", "note",
     "{note_type:private}", "https://mugs.groovehq.com/tickets/4", "2026-03-01 08:59:26 UTC", "user", "update",
     1772355600]
)  # fmt: skip
BODIES = st.recursive(
    WORDS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=8), max_leaves=30
)
TITLE = "Webhooks are delivered twice"
TEXT = "The cart page is slow for shoppers since the update, and it takes minutes to load."
SHAPES = [body for _, body, _ in SAMPLES if isinstance(body, dict)]


def ids(sample: Any) -> str | None:
    return sample if isinstance(sample, str) and len(sample) < 40 and "\n" not in sample else None


def signals(kind: str, body: Any, headers: Mapping[str, str], **more: Any) -> tuple[Signal, ...]:
    return observed(kind, body, dict(headers), **more).signals


@pytest.mark.parametrize(("kind", "body", "headers"), SAMPLES, ids=ids)
def test_a_delivery_is_recognised_by_its_shape(kind: str, body: Any, headers: dict[str, str]) -> None:
    text = body if isinstance(body, str) else json.dumps(body)

    assert guess_kind(headers, text) == kind


@pytest.mark.parametrize(("kind", "body", "headers"), SAMPLES, ids=ids)
def test_nothing_planted_survives(kind: str, body: Any, headers: dict[str, str]) -> None:
    found = signals(kind, body, headers)
    lines = "\n".join(s.json_line() for s in found).lower()

    assert "unknown" not in {s.kind for s in found}
    assert [word for word in PLANTED if word.lower() in lines] == []


@pytest.mark.parametrize(("kind", "body", "headers"), SAMPLES, ids=ids)
def test_a_redelivery_is_the_same_event(kind: str, body: Any, headers: dict[str, str]) -> None:
    first = signals(kind, body, headers)
    again = signals(kind, body, headers, received_at=NOW + timedelta(hours=1))

    assert [(s.dedup_key, s.id) for s in first] == [(s.dedup_key, s.id) for s in again]
    assert len({s.dedup_key for s in first}) == len(first)


@pytest.mark.parametrize(("kind", "body", "headers"), SAMPLES, ids=ids)
def test_the_vocabulary_reads_it_back(kind: str, body: Any, headers: dict[str, str]) -> None:
    for signal in signals(kind, body, headers):
        if signal.kind != "platform.event":
            assert CLASSES[signal.kind].from_data(signal.model_dump()).id == signal.id


@pytest.mark.parametrize(("kind", "body", "headers"), SAMPLES, ids=ids)
def test_a_byte_order_mark_changes_nothing(kind: str, body: Any, headers: dict[str, str]) -> None:
    text = body if isinstance(body, str) else json.dumps(body)

    assert [s.kind for s in signals(kind, f"\ufeff{text}", headers)] == [s.kind for s in signals(kind, body, headers)]


@pytest.mark.parametrize(("kind", "body", "headers"), [s for s in SAMPLES if isinstance(s[1], dict)], ids=ids)
def test_a_list_of_events_gives_each_and_a_broken_one_stops_none(
    kind: str, body: dict[str, Any], headers: dict[str, str]
) -> None:
    alone = len(signals(kind, body, headers))

    found = signals(kind, [body, {"nothing": 1}, body], headers)

    assert [s.kind for s in found].count("unknown") == 1
    assert len(found) == 2 * alone + 1


@pytest.mark.parametrize("kind", KINDS)
def test_what_has_another_shape_is_refused_with_a_reason(kind: str) -> None:
    bodies: tuple[Any, ...] = ({}, 5, "", None, {"id": None}, {"data": []}, {"freshdesk_webhook": "x"}, "{")
    for body in bodies:
        (signal,) = signals(kind, body, {})
        assert signal.kind == "unknown"
        assert "stopped with" not in str(signal.attrs["reason"])


@given(st.sampled_from(KINDS), BODIES)
def test_no_body_stops_a_normaliser(kind: str, body: Any) -> None:
    for signal in signals(kind, body, {}):
        assert "stopped with" not in str(signal.attrs.get("reason"))
        assert Signal.from_json(signal.json_line()) == signal


@given(st.sampled_from(KINDS), st.sampled_from(SHAPES), st.data())
def test_no_part_of_a_body_that_is_missing_or_of_another_type_stops_a_normaliser(
    kind: str, body: dict[str, Any], data: st.DataObject
) -> None:
    broken = json.loads(json.dumps(body))
    for _ in range(data.draw(st.integers(1, 4))):
        holder, place = broken, data.draw(st.sampled_from(sorted(broken)))
        while isinstance(holder[place], dict) and holder[place] and data.draw(st.booleans()):
            holder = holder[place]
            place = data.draw(st.sampled_from(sorted(holder)))
        holder[place] = data.draw(WORDS | st.lists(WORDS, max_size=2) | st.just({}))

    for signal in signals(kind, broken, {}):
        assert "stopped with" not in str(signal.attrs.get("reason"))


def test_only_listed_tags_pass() -> None:
    settings = ObserveSettings(endpoints={"desk": EndpointSettings(tags_allowed=("vip",))})
    for kind, body, headers in SAMPLES:
        if isinstance(body, dict) and "vip" in json.dumps(body):
            envelope = Envelope(received_at=NOW, kind=kind, endpoint="desk", headers=headers, body=body)
            (signal,) = observer(settings).observe(envelope).signals
            if signal.attrs["author"] is not None and "tags" in signal.attrs:
                assert signal.attrs["tags"] == ("vip",)
    assert "tags" not in signals("intercom_webhook", INTERCOM_TALK, {})[0].attrs


RAW = b'{"id":1001,"total_price":"59.90","currency":"EUR"}'
AT = NOW.fromtimestamp(1_700_000_000, NOW.tzinfo)
INTERCOM = {"X-Hub-Signature": "sha1=419a9f11b2dddc983b7ddfcbb68139eec36333b4"}
FRONT_RULE = {"X-Front-Signature": "QZqfEbLd3Jg7fd/LtoE57sNjM7Q="}
FRONT_APP = {
    "X-Front-Signature": "TDq20GYOQESBIhEkdwqMkLf61/jTekVjAcBvRThtU88=",
    "X-Front-Request-Timestamp": "1700000000123",
}
SIGNED = [("intercom_webhook", INTERCOM), ("front_webhook", FRONT_RULE), ("front_webhook", FRONT_APP)]


def auth(
    kind: str, headers: dict[str, str], raw: bytes = RAW, *, after: int = 0, secret: str = "migro_test_secret"
) -> Auth:
    settings = ObserveSettings(endpoints={"desk": EndpointSettings(secrets_env=("NEW", "OLD"))})
    envelope = Envelope(
        received_at=AT + timedelta(seconds=after), kind=kind, endpoint="desk", headers=headers, body={}, raw=raw
    )
    return observer(settings, OLD=secret, NEW="another").observe(envelope).signals[0].auth


@pytest.mark.parametrize(("kind", "headers"), SIGNED)
def test_signatures_are_checked_over_the_raw_bytes(kind: str, headers: dict[str, str]) -> None:
    assert auth(kind, headers) == "verified"
    assert auth(kind, headers, b"[" + RAW[1:]) == "failed"
    assert auth(kind, headers, secret="wrong") == "failed"
    assert auth(kind, {}) == "failed"


def test_an_application_of_front_signs_the_time_and_a_rule_does_not() -> None:
    late = 301

    assert (auth("front_webhook", FRONT_APP, after=late), auth("front_webhook", FRONT_RULE, after=late)) == (
        "failed",
        "verified",
    )
    assert auth("front_webhook", {**FRONT_APP, "X-Front-Request-Timestamp": "1700000000124"}) == "failed"
    assert auth("front_webhook", {**FRONT_APP, "X-Front-Request-Timestamp": "soon"}) == "failed"
    assert auth("front_webhook", {"X-Front-Signature": FRONT_APP["X-Front-Signature"]}) == "failed"


@pytest.mark.parametrize("kind", ["gorgias_ticket", "freshdesk_webhook", "groove_webhook"])
def test_a_desk_without_signatures_is_proven_by_a_header_of_ones_own(kind: str) -> None:
    settings = ObserveSettings(
        endpoints={"desk": EndpointSettings(secrets_env=("WORD",), secret_header="Authorization")}
    )

    def told(word: str) -> Auth:
        envelope = Envelope(
            received_at=NOW, kind=kind, endpoint="desk", headers={"authorization": word}, body=FRESHDESK
        )
        return observer(settings, WORD="Basic YTpi").observe(envelope).signals[0].auth

    assert (told("Basic YTpi"), told("Basic YTpj")) == ("static_secret", "failed")


LABELS = ("label_category", "label_severity", "label_customer_facing")


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("ticket", {"id": "1", "subject": TITLE, "body": TEXT}),
        ("ticket_eml", f"From: kim@shop.example\nSubject: {TITLE}\nMessage-ID: <a@b>\n\n{TEXT}\n"),
        ("freshdesk_webhook", {"freshdesk_webhook": {"ticket_id": 4, "ticket_subject": TITLE,
                                                     "ticket_description": f"<p>{TEXT}</p>"}}),
        ("zendesk_event", {"type": "zen:event-type:ticket.created", "id": "e", "subject": "zen:ticket:4", "event": {},
                           "detail": {"id": "4", "subject": TITLE, "description": TEXT}}),
    ],
)  # fmt: skip
def test_a_ticket_is_labelled_as_its_text_is_whoever_delivers_it(kind: str, body: Any) -> None:
    (signal,) = observed(kind, body).signals
    found = classify(TITLE, TEXT)

    assert {name: signal.attrs[name] for name in LABELS} == {
        "label_category": found.category,
        "label_severity": found.severity,
        "label_customer_facing": found.customer_facing,
    }
    assert signal.metrics["label_confidence"] == found.confidence
    # The title counts for more, so it was not read as any other line.
    assert found.severity != classify("", f"{TITLE}\n{TEXT}").severity


def test_what_agents_write_and_what_brings_no_words_is_not_labelled() -> None:
    reply = {"type": "zen:event-type:ticket.comment_added", "id": "e", "subject": "zen:ticket:4", "detail": {"id": "4"},
             "event": {"comment": {"body": TEXT, "author": {"is_staff": True}}}}  # fmt: skip
    for body in (reply, {**reply, "event": {}}):
        (signal,) = observed("zendesk_event", body).signals

        assert not [name for name in signal.attrs if name.startswith("label_")]
        assert "label_confidence" not in signal.metrics
