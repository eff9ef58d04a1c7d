"""
Grafana: groups of alerts of unified alerting (since 8), and single alerts of the alerting before it.

The former look like Alertmanager's, with an organisation, a state and a title of their own.

Source: https://grafana.com/docs/grafana/latest/alerting/configure-notifications/manage-contact-points/integrations/webhook-notifier/
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any, Final

import re2
from attrs import evolve

from ..errors import InputError
from .alertmanager import alert_draft, alerts_of, is_group
from .claims import Claim, from_hex, seconds
from .drafts import Draft, Normaliser, Refused, Scope, environment
from .envelope import Envelope
from .hints import recovered, severity_hint
from .labels import environment_of, label_ids, label_words, labels_in, merchant_of, severity_of
from .parsing import exact_id, word

__all__ = ["NORMALISER"]

_REFERENCE: Final = re2.compile(r"^[A-Za-z][A-Za-z0-9_]{0,15}$")
_TITLE: Final = re2.compile(r"^\[[A-Za-z _]{2,12}(?::\d+)?\]\s*")
_OWN: Final = ("silenceURL", "dashboardURL", "panelURL", "valueString")
_LEGACY_TOPICS: Final[Mapping[str, str]] = {
    "alerting": "alert.firing",
    "no_data": "alert.no_data",
    "nodata": "alert.no_data",
    "pending": "alert.pending",
    "paused": "alert.paused",
}


def _values(alert: Mapping[str, Any]) -> dict[str, int | Decimal]:
    held = alert.get("values")
    if not isinstance(held, Mapping):
        return {}
    # The name of a query is a letter or a word somebody chose for it; nothing longer is one.
    return {
        f"value_{name.lower()}": value
        for name, value in held.items()
        if isinstance(value, int | Decimal) and not isinstance(value, bool) and _REFERENCE.match(name)
    }


def _is_test(labels: Mapping[str, str]) -> bool:
    # What the button "Test" of a contact point sends carries these two labels, and no rule of one's own does.
    return labels.get("alertname") == "TestAlert" and labels.get("instance") == "Grafana"


def _unified(body: Mapping[str, Any], alert: Mapping[str, Any]) -> Draft | Refused:
    draft = alert_draft(body, alert, "grafana")
    if isinstance(draft, Refused):
        return draft
    labels = labels_in(body.get("groupLabels"), body.get("commonLabels"), alert.get("labels"))
    organisation = exact_id(alert.get("orgId")) or exact_id(body.get("orgId"))
    test = _is_test(labels)
    return evolve(
        draft,
        merchant=draft.merchant or organisation,
        raw_topic=f"alert.{draft.state}",
        dedup=(*draft.dedup, organisation),
        ids={
            **draft.ids,
            "organization_id": organisation,
            "rule_uid": labels.get("__alert_rule_uid__") or labels.get("rule_uid"),
        },
        env="test" if test else draft.env,
        metrics={**draft.metrics, **_values(alert)},
        attrs={
            **draft.attrs,
            "folder": labels.get("grafana_folder"),
            "no_data": True if labels.get("alertname") == "DatasourceNoData" else None,
            "test": True if test else None,
        },
    )


def _legacy(body: Mapping[str, Any]) -> Draft:
    state = word(body.get("state")) or "unknown"
    labels = labels_in(body.get("tags"))
    organisation, rule = exact_id(body.get("orgId")), exact_id(body.get("ruleId"))
    title = word(body.get("title"))
    name = word(body.get("ruleName")) or (_TITLE.sub("", title) if title else None) or "unnamed"
    over = recovered(state)
    # Rules are numbered from one: the button "Send Test" makes one up, numbered zero.
    test = rule == "0"
    matches = body.get("evalMatches")
    only = matches[0] if isinstance(matches, list) and len(matches) == 1 else None
    return Draft(
        kind="alert",
        topic="alert.resolved" if over else _LEGACY_TOPICS.get(state.lower(), f"alert.{state.lower()}"),
        raw_topic=f"alert.{state}",
        merchant=merchant_of(labels) or organisation,
        # This format has no time: the same state an hour later is told by its values and its picture, or not at all.
        dedup=("grafana-legacy", organisation, rule, name, state, repr(matches), word(body.get("imageUrl"))),
        resource=("rule", rule),
        ids={
            "rule_id": rule,
            "alertname": name,
            "organization_id": organisation,
            "dashboard_id": exact_id(body.get("dashboardId")),
            "panel_id": exact_id(body.get("panelId")),
            "fingerprint": f"grafana:{organisation}:{rule}" if rule else None,
            **label_ids(labels),
        },
        hint=severity_hint(severity_of(labels)),
        state=state,
        env="test" if test else environment(environment_of(labels)),
        metrics={"value": only.get("value") if isinstance(only, Mapping) else None},
        attrs={"alertname": name, "test": True if test else None, **label_words(labels)},
    )


def _read(envelope: Envelope, _: Scope) -> Iterator[Draft | Refused]:
    body = envelope.value()
    if isinstance(body, Mapping) and "alerts" not in body:
        if not body.keys() & {"ruleId", "ruleName"} or word(body.get("state")) is None:
            raise InputError("expected a Grafana message with alerts, or with a rule and a state, got one without")
        yield _legacy(body)
        return
    for found in alerts_of(envelope, "a Grafana"):
        yield found if isinstance(found, Refused) else _unified(*found)


def _stamp(envelope: Envelope) -> str | None:
    """Return the signed time, whose header has no name of its own: each installation chooses one."""
    told = {n.lower(): v.strip() for n, v in envelope.headers.items() if "timestamp" in n.lower()}
    named = sorted(told, key=lambda n: ("grafana" not in n, n))
    return next((told[n] for n in named if seconds(told[n]) is not None), None)


def _claim(envelope: Envelope, raw: bytes) -> Claim | None:
    signature = envelope.header("X-Grafana-Alerting-Signature")
    if not signature:
        return None
    stamp = _stamp(envelope)
    if stamp is None:
        return Claim(signatures=(from_hex(signature),), message=raw)
    return Claim(
        signatures=(from_hex(signature),),
        message=f"{stamp}:".encode() + raw,
        stamp=seconds(stamp),
        timed=True,
    )


def _fits(body: Mapping[str, Any]) -> bool:
    if {"ruleName", "state"} <= body.keys() and body.keys() & {"ruleId", "evalMatches", "ruleUrl"}:
        return True
    alerts = body.get("alerts")
    if not isinstance(alerts, list) or str(body.get("version")) in ("3", "4"):
        return False
    ours = any(isinstance(a, Mapping) and any(n in a for n in _OWN) for a in alerts)
    return "orgId" in body or ours or (is_group(body) and str(body.get("version")) == "1")


NORMALISER: Final = Normaliser(
    kind="grafana_alert",
    aliases=("grafana_webhook",),
    provider="grafana",
    source_kind="monitor",
    version=1,
    read=_read,
    claim=_claim,
    headers=("x-grafana-alerting-",),
    fits=_fits,
)
