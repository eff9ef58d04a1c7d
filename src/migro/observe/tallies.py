"""Tallies: which signals can be added up by the minute, and what each of these sums keeps apart."""

from __future__ import annotations

from typing import Final

import attrs

__all__ = ["BROWSER", "LOG_LINES", "REQUESTS", "Tally"]


@attrs.frozen(kw_only=True)
class Tally:
    """
    How signals of one kind are added up.

    Attributes:
        kind: The kind.
        weight: The metric that says for how many a signal stands; 1 where it has none. The sum has it too.
        into: The kind of the sum; the same unless set.
        by: Words that are kept apart, beside merchant, sender, environment, trust, status, hint and features.
        foreign: Those of them that strangers choose: beyond the limit on combinations they become ``other``.
        numbers: Numbers that are kept apart, such as the upper end of a class of speed.
        sums: Numbers that are added up.
        once: Name of an id that counts once in a minute and combination, such as a session.
    """

    kind: str
    weight: str
    into: str = ""
    by: tuple[str, ...] = ()
    foreign: tuple[str, ...] = ()
    numbers: tuple[str, ...] = ()
    sums: tuple[str, ...] = ()
    once: str | None = None


BROWSER: Final = (
    Tally(
        kind="rum.csp",
        weight="sessions",
        by=("host", "report_only", "foreign"),
        foreign=("host",),
        once="session",
    ),
    Tally(
        kind="rum.timings",
        weight="views",
        by=("region",),
        numbers=("ttfb_ms", "lcp_ms", "inp_ms"),
        once="view",
    ),
)
"""What browsers report; the shipped rules read these sums."""

LOG_LINES: Final = Tally(
    kind="log.line",
    weight="lines",
    by=("worker", "level", "route_class", "payer", "live"),
    foreign=("worker",),
)
"""Lines of error logs and of OpenTelemetry; the shipped rules read these sums."""

REQUESTS: Final = Tally(
    kind="http.request",
    weight="requests",
    by=("method", "route_class", "route", "handoff", "bot", "host", "pop", "crawler", "legacy"),
    foreign=("route", "host"),
    sums=("bytes",),
)
"""Lines of access logs; the shipped rules read these sums. Visitors, networks and user agents are gone in them."""
