"""Verdicts on single signals."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from migro.models import Hint, IssueChanged, IssueUpdate, Signal, to_microseconds
from migro.testing import START, sample_issue, sample_signal
from migro.verify import (
    MAINTENANCE_LASTS,
    STALE_AFTER,
    derived_from,
    issue_updates,
    maintenance,
    paid_in_test,
    serious,
    signature_failure,
    unexplained,
    verify,
)

NOW = 1_772_355_600_000_000


def verdict(duplicate_of: int | None = None, **fields: Any) -> tuple[str, str]:
    found = verify(sample_signal(**{"env": "production", **fields}), duplicate_of=duplicate_of)
    return found.name, found.reason.split(":")[0]


def test_an_ordinary_signal_is_accepted() -> None:
    assert verdict() == ("accepted", "")


def test_each_reason_has_a_name_of_its_own() -> None:
    late = START + timedelta(hours=25)

    assert verdict(7) == ("dropped", "duplicate")
    assert verdict(auth="failed") == ("dropped", "signature")
    assert verdict(kind="unknown") == ("recorded", "not understood")
    assert verdict(kind="compliance") == ("recorded", "privacy request")
    assert verdict(env="test") == ("suppressed", "test event")
    assert verdict(env="staging") == ("suppressed", "staging environment")
    assert verdict(received_at=late) == ("suppressed", "stale")


def test_a_duplicate_is_one_whatever_else_is_wrong_with_it() -> None:
    assert verdict(7, auth="failed", env="test")[1] == "duplicate"


def test_nothing_is_believed_of_a_signal_with_a_failed_signature() -> None:
    assert verdict(auth="failed", env="test", kind="unknown")[1] == "signature"


@pytest.mark.parametrize("auth", ["verified", "static_secret", "not_applicable", "unsigned", "unchecked"])
def test_a_sender_that_is_not_proven_is_still_heard(auth: str) -> None:
    assert verdict(auth=auth)[0] == "accepted"


def test_a_signal_is_stale_after_a_day_and_not_at_it() -> None:
    day = timedelta(microseconds=STALE_AFTER)

    assert verdict(received_at=START + day)[0] == "accepted"
    assert verdict(received_at=START + day + timedelta(microseconds=1))[0] == "suppressed"


def test_a_clock_that_runs_ahead_makes_nothing_stale() -> None:
    assert verdict(received_at=START - timedelta(days=9))[0] == "accepted"


@pytest.mark.parametrize(
    ("hint", "state", "topic", "answer"),
    [
        ("critical", None, "alert.firing", True),
        ("high", "firing", "alert.firing", True),
        ("high", "RESOLVED", "alert.firing", False),
        ("critical", None, "alert.resolved", False),
        ("medium", None, "alert.firing", False),
        (None, None, "alert.firing", False),
    ],
)
def test_serious_is_what_the_sender_calls_so_and_not_over(
    hint: Hint | None, state: str | None, topic: str, answer: bool
) -> None:
    assert serious(sample_signal(severity_hint=hint, state=state, topic=topic)) is answer


def test_only_a_declared_window_says_something_about_maintenance() -> None:
    def window(**attrs: Any) -> int | None:
        found = maintenance(sample_signal(kind="calendar.maintenance", attrs=attrs), NOW)
        return None if found is None else found.until

    assert (window(active=False), window(), window(active="yes")) == (NOW, NOW, NOW)
    assert maintenance(sample_signal(), NOW) is None
    assert window(active=True) == window(active=True, ends_at="some day") == NOW + MAINTENANCE_LASTS
    assert window(active=True, ends_at="2026-03-01T12:00:00+01:00") == to_microseconds(
        datetime(2026, 3, 1, 11, tzinfo=UTC)
    )


def test_a_begin_that_is_to_come_announces_a_window_and_one_that_has_been_opens_it() -> None:
    def window(kind: str = "maintenance", **attrs: Any) -> tuple[int, int] | None:
        found = maintenance(sample_signal(kind=f"calendar.{kind}", attrs=attrs), NOW)
        return None if found is None else ((found.starts - NOW) // 60_000_000, (found.until - NOW) // 60_000_000)

    soon, later, before = (f"2026-03-01T{at}:00Z" for at in ("09:30", "10:30", "08:30"))

    assert window(starts_at=soon, ends_at=later) == window(active=True, starts_at=soon, ends_at=later) == (30, 90)
    assert window(starts_at=soon) == (30, 270)
    assert window(starts_at=before, ends_at=later) == (-30, 90)
    assert window(active=False, starts_at=soon, ends_at=later) == (30, 0)
    assert window(active=True, starts_at=before) == (-30, 210)
    assert window(starts_at="2026-03-01T09:30:00", ends_at=later) is None
    assert window("interval", what="maintenance", starts_at=soon, ends_at=later) == (30, 90)
    assert window("interval", what="maintenance", starts_at="2026-03-01T07:30:00Z", ends_at=before) is None
    assert window("interval", what="maintenance", starts_at=soon, ends_at=soon) == (30, 0)
    assert window("interval", what="campaign", starts_at=soon, ends_at=later) is None


def test_of_a_forged_delivery_only_its_sender_and_receiver_are_passed_on() -> None:
    forged = sample_signal(auth="failed", provider="shopify", severity_hint="critical", topic="order.created")
    derived = signature_failure(forged, NOW)

    assert (derived.kind, derived.merchant, dict(derived.attrs)) == (
        "delivery.signature_failed",
        "m_1",
        {"sender": "shopify"},
    )
    assert (derived.severity_hint, derived.status, dict(derived.metrics)) == (None, None, {})
    assert derived.topic == derived.kind


def test_derived_signals_have_ids_that_follow_from_their_cause() -> None:
    a, b = (sample_signal(n, auth="failed") for n in (1, 2))

    assert signature_failure(a, NOW).id == signature_failure(a, NOW + 5).id != signature_failure(b, NOW).id


def test_what_nobody_explains_is_one_subject_per_merchant_sender_and_topic() -> None:
    first, second = (sample_signal(n, severity_hint="high", provider="p", topic="t") for n in (1, 2))
    lost = sample_signal(3, merchant=None, severity_hint="critical")
    subjects = [getattr(unexplained(s, NOW), "subject", None) for s in (first, second, lost)]

    assert subjects == ["m_1/p/t", "m_1/p/t", lost.id]


def test_an_issue_that_changed_is_a_signal_for_platform_rules() -> None:
    (update,) = issue_updates(IssueChanged(at=START, issue=sample_issue(), decision="dec_1"))

    assert (update.kind, update.merchant, update.occurred_at) == ("issue.changed", "m_1", START)
    assert dict(update.model_dump()["metrics"]) == {"severity_rank": 3}


def test_an_issue_that_changed_is_told_of_its_platform_and_of_each_other_party_that_it_names() -> None:
    def told(**fields: Any) -> list[tuple[str | None, str | None, bool]]:
        changed = IssueChanged(at=START, issue=sample_issue(), decision="dec_1", **fields)
        updates = issue_updates(changed, wider=True)
        assert len({update.id for update in updates}) == len(updates)
        assert [u.id for u in updates] == [u.id for u in issue_updates(changed)]
        return [(u.platform or None, u.on_platform or None, u.wider) for u in updates if isinstance(u, IssueUpdate)]

    of_platform = ("shopify", None, True)
    assert told(platform="shopify", parties=("shopify", "stripe")) == [of_platform, ("stripe", "shopify", False)]
    assert told(parties=("stripe",)) == [(None, None, True), ("stripe", "m_1", False)]


def payment(**fields: Any) -> Signal:
    given = {"kind": "payment", "topic": "order.paid", "env": "test", "merchant": "m_1", "ids": {"order_id": "1"}}
    return Signal(**{**given, "occurred_at": START, "dedup_key": "p", **fields})


def test_of_a_payment_of_a_test_account_the_order_and_the_cart_are_told() -> None:
    found = paid_in_test(payment(ids={"order_id": "1", "cart_ref": "c", "payment_id": "p"}), NOW)

    assert found is not None
    assert (found.kind, found.merchant, dict(found.ids)) == (
        "payment.test_paid",
        "m_1",
        {"order_id": "1", "cart_ref": "c", "order_number": "1"},
    )
    assert found.id in derived_from(payment(ids={"order_id": "1", "cart_ref": "c", "payment_id": "p"}).id)


def test_the_shop_s_own_reference_is_told_as_the_number_of_the_order() -> None:
    found = paid_in_test(payment(ids={"order_ref": "#1001", "payment_id": "p"}), NOW)

    assert found is not None
    assert dict(found.ids) == {"order_number": "1001"}


@pytest.mark.parametrize(
    "fields",
    [{"env": "production"}, {"topic": "payment.failed"}, {"kind": "order"}, {"ids": {"payment_id": "p"}}],
    ids=str,
)
def test_of_nothing_else_it_is(fields: dict[str, Any]) -> None:
    assert paid_in_test(payment(**fields), NOW) is None
