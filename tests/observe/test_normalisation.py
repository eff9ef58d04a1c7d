from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from migro.errors import InputError
from migro.models import Signal
from migro.observe import KINDS, EndpointSettings, Envelope, Observer, ObserveSettings, payload_envelopes
from migro.observe.formats import NORMALISERS
from migro.packs.headless.signals import VOCABULARY
from tests.observe.payloads import KEY, NOW, PAYLOADS, from_file, observed, observer, one

ENVELOPES = [e for e in payload_envelopes(PAYLOADS) if isinstance(e, Envelope)]
CLASSES = {cls.__signal_kind__: cls for cls in VOCABULARY}

SCALARS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.text(max_size=20)
    | st.decimals()
    | st.sampled_from(
        [
            "created",
            "store/order/created",
            "zen:event-type:ticket.created",
            "event",
            "4",
            10**400,
            "\ud800",
            "2026-03-01T09:00:00Z",
        ]
    )
)
NAMES = st.sampled_from(
    "id type data object action issue event error project alerts labels status scope created detail account_id time "
    "ticket_id title body tags kind occurred_at ids attrs metrics created_at currency total_price charge "
    "notificationItems NotificationRequestItem eventCode amount event_type resource description result "
    "resource_url resource_type "
    "messages incident alert alertId ruleId state orgId Message Type TopicArn AlarmName NewStateValue page component "
    "component_update indicator incidents components payload command actions user team view tags org "
    "topic app_id item conversation ticket ticket_part target number links agent_response note from_agent "
    "freshdesk_webhook triggered_event emitted_at source_type audit_logs decision issue_frequency tickets "
    "specversion source name event_id order resource typeId projectKey notificationType sequenceNumber meta "
    "notify_event errors extensions cost throttleStatus detail detail-type metadata Records ids value "
    "orders nodes edges node inventoryItems inventory_levels webhookSubscriptions webhooks identity locations "
    "destination inventoryLevels quantities date_created date_modified status_id sku address endpoint callbackUrl "
    "resourceLogs scopeLogs logRecords attributes body severityNumber request method uri ts msg csp-report".split()
) | st.text(max_size=5)
BODIES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(NAMES, inner, max_size=6), max_leaves=25
)


def test_every_kind_has_a_normaliser() -> None:
    assert sorted(NORMALISERS) == sorted(KINDS)


@given(st.sampled_from([*KINDS, "unknown", "x"]), BODIES, st.dictionaries(NAMES, st.text(max_size=10), max_size=3))
def test_no_json_body_makes_the_observer_raise(kind: str, body: Any, headers: dict[str, str]) -> None:
    for signal in observed(kind, body, headers).signals:
        assert Signal.from_json(signal.json_line()) == signal


@given(st.sampled_from(KINDS), st.binary(max_size=200))
def test_no_bytes_make_the_observer_raise(kind: str, raw: bytes) -> None:
    for signal in observed(kind, raw.decode("utf-8", "replace"), raw=raw).signals:
        assert signal.json_line()


@pytest.mark.parametrize("envelope", ENVELOPES, ids=lambda e: e.where)
def test_the_vocabulary_reads_every_signal_back(envelope: Envelope) -> None:
    for signal in observer().observe(envelope, now=NOW).signals:
        if signal.kind == "unknown":
            continue
        read = CLASSES[signal.kind].from_data(signal.model_dump())
        assert read.id == signal.id


@pytest.mark.parametrize("envelope", ENVELOPES, ids=lambda e: e.where)
def test_a_redelivery_has_the_same_dedup_keys_and_ids(envelope: Envelope) -> None:
    later = envelope.model_copy(update={"received_at": NOW + timedelta(hours=1)})
    first, second = (observer().observe(e, now=NOW).signals for e in (envelope, later))

    assert [(s.dedup_key, s.id) for s in first] == [(s.dedup_key, s.id) for s in second]
    assert len({s.dedup_key for s in first}) == len(first)


def test_what_is_not_understood_is_one_unknown_signal_with_its_reason() -> None:
    for kind, body, reason in (
        ("unheard_of", {"a": 1}, "expected a known kind, got 'unheard_of'; known are adobe_event"),
        ("stripe_event", '{"a": }', "expected JSON, got something else: expecting value in line 1, column 7"),
        ("stripe_event", [1], "expected a Stripe event as a JSON object, got list"),
        ("alertmanager_v4", {"alerts": []}, "expected an Alertmanager message with a list of alerts, got none"),
        ("bigcommerce_webhook", {"a": 1}, "expected a BigCommerce callback with a scope, got none"),
        ("sentry_webhook", {"action": "created"}, "an action and a data object"),
        ("zendesk_event", {"type": "x"}, "starts with zen:event-type:"),
        ("shopify_webhook", {"id": 1}, "expected a topic in header X-Shopify-Topic"),
        ("web_access_log", "\n \n", "expected at least one event, got none"),
    ):
        found = observed(kind, body)
        (signal,) = found.signals
        assert (signal.kind, signal.attrs["raw_kind"]) == ("unknown", kind)
        assert reason in str(signal.attrs["reason"])
        assert len(str(signal.attrs["digest"])) == 64
        assert [f.reason for f in found.failures] == [signal.attrs["reason"]]


def test_two_different_unknown_payloads_are_two_events() -> None:
    assert one("x", {"a": 1}).dedup_key != one("x", {"a": 2}).dedup_key


def test_a_normaliser_that_stumbles_gives_the_name_of_its_error_only() -> None:
    class Odd(dict[str, Any]):
        def get(self, *_: Any) -> Any:
            raise ZeroDivisionError("jo@mail.example")

    envelope = Envelope(received_at=NOW, kind="stripe_event").model_copy(update={"body": Odd()})
    (signal,) = observer().observe(envelope).signals

    assert signal.attrs["reason"] == "the normaliser stopped with ZeroDivisionError"


def test_the_merchant_is_the_configured_one_then_the_payloads_then_the_endpoint_then_none() -> None:
    fixed = ObserveSettings(endpoints={"am": EndpointSettings(merchant="mugs", env="staging")})
    body = {"alerts": [{"status": "firing", "labels": {"shop": "cups"}}]}
    bare = {"alerts": [{"status": "firing", "labels": {}}]}

    def merchant(body: Any, endpoint: str | None) -> str | None:
        envelope = Envelope(received_at=NOW, kind="alertmanager_v4", endpoint=endpoint, body=body)
        return observer(fixed).observe(envelope).signals[0].merchant

    assert [merchant(body, "am"), merchant(body, "x"), merchant(bare, "x"), merchant(bare, None)] == [
        "mugs",
        "cups",
        "x",
        None,
    ]


def test_an_event_without_a_time_happened_when_it_was_received() -> None:
    body = {"alerts": [{"status": "firing"}]}
    timed, timeless = one("alertmanager_v4", body), one("alertmanager_v4", body, received_at=None)

    assert (timed.occurred_at, timed.attrs["time_source"]) == (NOW, "receipt")
    assert (timeless.occurred_at, timeless.attrs["time_source"]) == (datetime(1970, 1, 1, tzinfo=UTC), "none")


def test_a_payload_without_a_time_of_receipt_takes_the_events_own() -> None:
    signal = one("stripe_event", {"type": "x", "created": 1772355600, "id": "evt_1"}, received_at=None)

    assert signal.received_at == signal.occurred_at == datetime(2026, 3, 1, 9, 0, tzinfo=UTC)


def test_the_endpoint_names_kind_and_environment_where_nothing_else_does() -> None:
    settings = ObserveSettings(endpoints={"am": EndpointSettings(kind="alertmanager_v4", env="production")})
    envelope = Envelope(received_at=NOW, endpoint="am", body={"alerts": [{"status": "firing"}]})

    (signal,) = observer(settings).observe(envelope).signals

    assert (signal.kind, signal.env) == ("alert", "production")


def test_ids_are_exact_even_where_they_look_like_a_card_number() -> None:
    signal = one("shopify_webhook", {"id": 4111111111111111}, {"X-Shopify-Topic": "orders/delete"})

    assert signal.ids["order_id"] == "4111111111111111"


def test_an_id_that_is_an_address_becomes_a_pseudonym() -> None:
    signal = one("ticket", {"id": "jo@mail.example", "title": "x"})

    assert len(signal.ids["ticket_id"]) == 20
    assert "jo@mail" not in signal.json_line()


def test_names_of_ids_from_a_payload_are_plain_words() -> None:
    signal = one("bigcommerce_webhook", {"scope": "store/x/y", "data": {"type": "Ada P.", "id": 5, "jo@x.org_id": 6}})

    assert dict(signal.ids) == {}


def test_a_short_key_is_refused() -> None:
    with pytest.raises(InputError, match="at least 16 bytes, got 5"):
        Observer(pseudonym_key=KEY[:5])


def test_a_host_signal_passes_whole_and_its_unknown_fields_are_refused() -> None:
    deploy, refused = from_file("host_signal__deploy.json")

    assert (deploy.kind, deploy.merchant, deploy.auth, deploy.ids["release"]) == (
        "change.deploy",
        "mugs",
        "not_applicable",
        "r41",
    )
    assert deploy.attrs["note"] == "by <email>, <phone>, <ip>, <card>"
    assert refused.attrs["reason"] == "author: extra inputs are not permitted"


@pytest.mark.parametrize("name", ["ids", "attrs", "metrics"])
def test_a_host_signal_with_a_list_for_an_object_says_where(name: str) -> None:
    body = {"kind": "x", "occurred_at": "2026-03-01T00:00:00Z", name: 5}

    assert one("host_signal", body).attrs["reason"] == f"{name}: expected a JSON object, got int"


def test_a_shop_profile_keeps_exact_numbers() -> None:
    body = {
        "kind": "shop.profile",
        "occurred_at": "2026-03-01T00:00:00Z",
        "merchant": "mugs",
        "metrics": {"aov_minor": 5990, "sessions_per_min": Decimal("12.5")},
        "attrs": {"currency": "EUR"},
    }

    assert dict(one("host_signal", body).metrics) == {"aov_minor": 5990, "sessions_per_min": Decimal("12.5")}


def test_a_topic_made_of_a_word_that_had_to_be_scrubbed_is_not_kept() -> None:
    signal = one("shopify_webhook", {"id": 5}, {"X-Shopify-Topic": "shpat_deadbeefdeadbe</b>efdeadbeef"})

    assert (signal.topic, signal.attrs["raw_topic"]) == ("platform.event", "<key>")
    assert "deadbe" not in signal.json_line()


@pytest.mark.parametrize(
    "number", ["+49 170 5550 1234", "＋４９ １７０ ５５５０ １２３４", "call +1 (212) 555-0100 now"]
)
def test_an_id_that_is_a_number_to_be_dialled_becomes_a_pseudonym(number: str) -> None:
    signal = one("ticket", {"id": number, "title": "x", "merchant": number})

    assert len(signal.ids["ticket_id"]) == len(str(signal.merchant)) == 20


@pytest.mark.parametrize("number", ["4917055501234", "2026-03-01T09:00:00+0100", "web+1234567", "a+b"])
def test_an_id_that_only_has_digits_or_a_sign_stays(number: str) -> None:
    assert one("ticket", {"id": number, "title": "x"}).ids["ticket_id"] == number


def test_a_secret_names_neither_an_id_nor_a_feature() -> None:
    token = "shpat_deadbeefdeadbeefdeadbeef"
    named = one("bigcommerce_webhook", {"scope": "store/x/y", "data": {"type": token, "id": 5}})
    featured = one("agent_events", {"merchant_id": "m", "event_type": "api_error", "error": token})

    assert token not in named.json_line() + featured.json_line()
