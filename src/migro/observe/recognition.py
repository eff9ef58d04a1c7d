"""Which wire format a payload has, where nobody says: told by headers and by shape."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from ..errors import InputError
from .parsing import read_json

__all__ = ["guess_kind"]

_LOG_LINE: Final = re.compile(r'^\S+.{0,200}\[\d{1,2}/\w{3}/\d{4}:\d\d:\d\d:\d\d [+-]\d{4}\] "', re.MULTILINE)


def guess_kind(headers: Mapping[str, str], body: Any) -> str:
    """Return the wire format that headers and the shape of the body tell, or ``unknown``."""
    names = {n.lower() for n in headers}
    for start, kind in (
        ("x-shopify-", "shopify_webhook"),
        ("shopify-", "shopify_webhook"),
        ("stripe-signature", "stripe_event"),
        ("sentry-hook-", "sentry_webhook"),
        ("x-zendesk-webhook-", "zendesk_event"),
    ):
        if any(n.startswith(start) for n in names):
            return kind
    if isinstance(body, str):
        return _guess_text(body)
    return _guess_object(body) if isinstance(body, Mapping) else "unknown"


def _guess_text(text: str) -> str:
    if _LOG_LINE.search(text[:4000]):
        return "web_access_log"
    try:
        body = read_json(text)
    except InputError:
        first = text.removeprefix("\ufeff").strip().split("\n", 1)[0]
        try:
            body = read_json(first)
        except InputError:
            return "unknown"
        if isinstance(body, Mapping) and {"id", "title"} <= body.keys():
            return "ticket"
    if isinstance(body, list) and body:
        body = body[0]
    return _guess_object(body) if isinstance(body, Mapping) else "unknown"


def _guess_object(body: Mapping[str, Any]) -> str:
    names = body.keys()
    if body.get("object") in ("event", "v2.core.event") and {"type", "created"} <= names:
        return "stripe_event"
    if isinstance(body.get("scope"), str) and str(body["scope"]).startswith("store/"):
        return "bigcommerce_webhook"
    if str(body.get("version")) == "4" and isinstance(body.get("alerts"), list) and names & {"receiver", "groupKey"}:
        return "alertmanager_v4"
    if str(body.get("type", "")).startswith("zen:event-type:"):
        return "zendesk_event"
    if {"action", "data", "installation"} <= names and isinstance(body.get("data"), Mapping):
        return "sentry_webhook"
    if {"event", "project_slug", "culprit"} <= names:
        return "sentry_webhook"
    if {"kind", "occurred_at", "source_kind"} <= names:
        return "host_signal"
    gid = body.get("admin_graphql_api_id")
    if isinstance(gid, str) and gid.startswith("gid://shopify/"):
        return "shopify_webhook"
    if {"id", "title"} <= names and ("body" in names or "body_excerpt" in names):
        return "ticket"
    return "unknown"
