"""What browsers send by themselves: reports of a security policy that blocked something."""

from __future__ import annotations

from datetime import datetime

from .envelopes import RawEnvelope
from .timeline import Timeline

__all__ = ["csp_report"]


def csp_report(
    timeline: Timeline, at: datetime, *, path: str, blocked: str, source: str, directive: str = "script-src-elem"
) -> None:
    """
    Deliver the report of one visit to one page.

    Args:
        path: The page, whose query may say too much.
        blocked: What was blocked.
        source: What wanted it: a script of the page, or an extension.
    """
    ip, agent = timeline.visitors.visitor()
    timeline.planted.add("ip", ip)
    page = f"https://{timeline.shop.host}{path}"
    body = {
        "csp-report": {
            "blocked-uri": blocked,
            "disposition": "enforce",
            "document-uri": page,
            "effective-directive": directive,
            "line-number": 1,
            "original-policy": f"default-src 'self'; {directive} 'self' 'nonce-d3m0'; report-uri /csp",
            "referrer": "",
            "script-sample": "",
            "source-file": source,
            "status-code": 200,
            "violated-directive": directive,
        }
    }
    timeline.add(
        RawEnvelope(
            received_at=timeline.received(at),
            kind="csp_report",
            endpoint=timeline.shop.plain().name,
            headers={"Content-Type": "application/csp-report", "User-Agent": agent, "X-Forwarded-For": ip},
            body=body,
        )
    )
