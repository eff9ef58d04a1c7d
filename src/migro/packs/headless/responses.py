"""What the pack proposes to do: tell people, keep the dashboard true, draft a reply, refresh a few cached pages."""

from __future__ import annotations

from ...expressions import minutes
from ...models import Risk, Severity
from ...rules import Response

__all__ = [
    "dashboard",
    "draft_reply",
    "notify",
    "operators",
    "page",
    "recheck",
    "refresh_cache",
    "report",
]

_LINE = ("text", "{severity} {title} at {merchant}")


def page() -> Response:
    """Tell whoever is on call."""
    return Response(kind="notify", risk=Risk.R0, target="on_call", args=(_LINE,))


def notify(role: str, *, from_severity: Severity = Severity.SEV4) -> Response:
    """Tell a role that is not on call, such as ``finance``; a graver issue only, where a severity is given."""
    return Response(kind="notify", risk=Risk.R0, target=role, args=(_LINE,), from_severity=from_severity)


def report(content: str) -> Response:
    """Write a read-only report for operators; `content` names what belongs into it."""
    return Response(kind="report", risk=Risk.R0, target="operators", args=(("content", content),))


def dashboard() -> Response:
    """Show the state on the status dashboard."""
    return Response(kind="update_dashboard", risk=Risk.R0, target="operators", args=(_LINE,))


def operators(content: str) -> tuple[Response, ...]:
    """Return what every technical mode asks for: a page, a report and a true dashboard."""
    return (page(), report(content), dashboard())


def draft_reply(template: str, *, from_severity: Severity = Severity.SEV4) -> Response:
    """Draft a reply to the merchant, for a person to send."""
    return Response(
        kind="draft_reply",
        risk=Risk.R2,
        target="merchant_contact",
        args=(("template", template),),
        from_severity=from_severity,
    )


def refresh_cache(scope: str) -> Response:
    """Refresh at most fifty cached pages of a scope; never cart, checkout or account."""
    return Response(
        kind="refresh_cache", risk=Risk.R1, target="storefront_cache", args=(("max_paths", "50"), ("scope", scope))
    )


def recheck(what: str) -> Response:
    """Ask a source again, by reading alone, while it is not clear: after ten minutes, and three times at most."""
    return Response(kind="recheck", risk=Risk.R0, target=what, every=minutes(10), times=3)
