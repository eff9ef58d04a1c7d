"""
Prometheus Alertmanager, webhook version 4: one delivery is a group of alerts, and every alert is a signal.

Source: https://prometheus.io/docs/alerting/latest/configuration/#webhook_config
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from ..errors import InputError
from .drafts import Draft, Normaliser, Refused, Scope, environment
from .envelope import Envelope
from .hints import severity_hint
from .parsing import exact_id, moment, word

__all__ = ["NORMALISER"]

_WORDS: Final = ("service", "component", "journey", "region", "route_class", "severity", "team")
_IDS: Final = ("host", "instance", "job", "namespace", "pod", "cluster", "node", "deployment", "release", "service")
_MERCHANT: Final = ("merchant", "merchant_id", "shop", "shop_domain", "shop_id", "store", "store_id", "tenant")


def _labels(body: Mapping[str, Any], alert: Mapping[str, Any]) -> dict[str, str]:
    found: dict[str, str] = {}
    for holder in (body.get("groupLabels"), body.get("commonLabels"), alert.get("labels")):
        if isinstance(holder, Mapping):
            found |= {n: text for n, v in holder.items() if (text := exact_id(v)) is not None}
    return found


def _first(labels: Mapping[str, str], names: tuple[str, ...]) -> str | None:
    return next((labels[n] for n in names if n in labels), None)


def _alert(body: Mapping[str, Any], alert: Mapping[str, Any]) -> Draft | Refused:
    labels = _labels(body, alert)
    state = word(alert.get("status")) or word(body.get("status"))
    if state is None:
        return Refused(reason="expected an alert with a status, got none", content=alert)
    starts, ends = moment(alert.get("startsAt")), moment(alert.get("endsAt"))
    resolved = state.lower() in ("resolved", "ok", "inactive")
    name = labels.get("alertname") or "unnamed"
    fingerprint = word(alert.get("fingerprint"))
    return Draft(
        kind="alert",
        topic="alert.resolved" if resolved else "alert.firing",
        raw_topic=state,
        merchant=_first(labels, _MERCHANT),
        occurred_at=(ends or starts) if resolved else starts,
        dedup=("alertmanager", fingerprint or sorted(labels.items()), word(alert.get("startsAt")), state),
        resource=("alert", fingerprint),
        ids={"alertname": name, "fingerprint": fingerprint, **{n: labels.get(n) for n in _IDS}},
        hint=severity_hint(_first(labels, ("severity", "priority", "level"))),
        state=state,
        env=environment(_first(labels, ("environment", "env", "stage", "deployment_environment"))),
        attrs={"alertname": name, **{n: labels.get(n) for n in _WORDS}},
    )


def _read(envelope: Envelope, _: Scope) -> Iterator[Draft | Refused]:
    body = envelope.value()
    if not isinstance(body, Mapping):
        raise InputError(f"expected an Alertmanager message as a JSON object, got {type(body).__name__}")
    alerts = body.get("alerts")
    if not isinstance(alerts, list) or not alerts:
        raise InputError("expected an Alertmanager message with a list of alerts, got none")
    for place, alert in enumerate(alerts):
        if isinstance(alert, Mapping):
            yield _alert(body, alert)
        else:
            reason = f"expected an alert as a JSON object, got {type(alert).__name__} at alerts.{place}"
            yield Refused(reason=reason, content=alert, ordinal=place)


def _fits(body: Mapping[str, Any]) -> bool:
    alerts = isinstance(body.get("alerts"), list) and bool(body.keys() & {"receiver", "groupKey"})
    return alerts and str(body.get("version")) == "4"


NORMALISER: Final = Normaliser(
    kind="alertmanager_v4", provider="alertmanager", source_kind="monitor", version=2, read=_read, fits=_fits
)
