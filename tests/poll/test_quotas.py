"""Whatever a vendor calls its quota, it is read as one."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from email.utils import format_datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from migro.poll.quotas import Quota, cost_of, quota_of, retry_after_ms
from tests.poll.platform import NOW


@pytest.mark.parametrize(
    ("headers", "wait_ms"),
    [
        ({}, None),
        ({"retry-after": "2"}, 2_000),
        ({"retry-after": "2.0"}, 2_000),
        ({"retry-after": "0.2501"}, 251),
        ({"retry-after": "0"}, 0),
        ({"retry-after": "-5"}, None),
        ({"retry-after": "soon"}, None),
        ({"retry-after": "9999999"}, 86_400_000),
        ({"retry-after": format_datetime(NOW + timedelta(seconds=90), usegmt=True)}, 90_000),
        ({"retry-after": format_datetime(NOW - timedelta(seconds=90), usegmt=True)}, 0),
        # The other side's clock is five minutes ahead.
        (
            {
                "retry-after": format_datetime(NOW + timedelta(seconds=330)),
                "date": format_datetime(NOW + timedelta(seconds=300)),
            },
            30_000,
        ),
        # The longer of the two counts.
        ({"x-retry-after": "3", "x-rate-limit-time-reset-ms": "5000"}, 5_000),
        ({"x-retry-after": "7", "x-rate-limit-time-reset-ms": "5000"}, 7_000),
        ({"x-rate-limit-requests-left": "0", "x-rate-limit-time-reset-ms": "5000"}, 5_000),
        ({"x-rate-limit-requests-left": "9", "x-rate-limit-time-reset-ms": "5000"}, None),
    ],
)
def test_how_long_to_stay_away_is_read_in_every_spelling(headers: dict[str, str], wait_ms: int | None) -> None:
    assert retry_after_ms(headers, NOW) == wait_ms


@pytest.mark.parametrize(
    ("headers", "quota"),
    [
        ({}, None),
        ({"x-shopify-shop-api-call-limit": "32/40"}, Quota(used_permille=800, size=40, pause_ms=0)),
        ({"x-shopify-shop-api-call-limit": "39/40"}, Quota(used_permille=975, size=40, pause_ms=500)),
        ({"x-shopify-shop-api-call-limit": "40 / 40"}, Quota(used_permille=1000, size=40, pause_ms=500)),
        ({"x-shopify-shop-api-call-limit": "1/0"}, None),
        ({"x-shopify-shop-api-call-limit": "many"}, None),
        (
            {"x-rate-limit-requests-left": "149", "x-rate-limit-requests-quota": "150"},
            Quota(used_permille=6, size=150, pause_ms=0),
        ),
        (
            {
                "x-rate-limit-requests-left": "0",
                "x-rate-limit-requests-quota": "150",
                "x-rate-limit-time-reset-ms": "1500",
            },
            Quota(used_permille=1000, size=150, pause_ms=1500),
        ),
    ],
)
def test_what_is_left_is_read_from_headers(headers: dict[str, str], quota: Quota | None) -> None:
    assert quota_of(headers) == quota


def cost(asked: Any, left: Any, rate: Any = Decimal("50.0")) -> Any:
    status = {"maximumAvailable": Decimal("1000.0"), "currentlyAvailable": left, "restoreRate": rate}
    return {"extensions": {"cost": {"requestedQueryCost": asked, "throttleStatus": status}}}


@pytest.mark.parametrize(
    ("body", "quota"),
    [
        (cost(42, 958), Quota(used_permille=42, size=1000, pause_ms=0)),
        (cost(42, 22), Quota(used_permille=978, size=1000, pause_ms=400)),
        (cost(42, 0, 0), Quota(used_permille=1000, size=1000, pause_ms=0)),
        (cost(None, 0), Quota(used_permille=1000, size=1000, pause_ms=0)),
        (cost(42, "958"), None),
        ({}, None),
    ],
)
def test_what_is_left_is_read_from_the_cost_of_a_query(body: Any, quota: Quota | None) -> None:
    assert cost_of(body) == quota


@given(st.dictionaries(st.sampled_from(["retry-after", "date", "x-rate-limit-requests-left",
       "x-rate-limit-requests-quota", "x-rate-limit-time-reset-ms", "x-shopify-shop-api-call-limit"]),
       st.text(max_size=12) | st.integers().map(str)))  # fmt: skip
def test_no_header_makes_it_raise(headers: dict[str, str]) -> None:
    wait_ms, quota = retry_after_ms(headers, NOW), quota_of(headers)

    assert wait_ms is None or 0 <= wait_ms <= 86_400_000
    assert quota is None or (0 <= quota.used_permille <= 1000 and 0 <= quota.pause_ms <= 86_400_000)
