"""
Prometheus Alertmanager, webhook versions 3 and 4: one delivery is a group of alerts, and every alert is a signal.

Version 3 has a number for the key of the group, and neither fingerprints nor a count of what was left out.

Source: https://prometheus.io/docs/alerting/latest/configuration/#webhook_config
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from ..errors import InputError
from ..models import content_id
from .drafts import Draft, Normaliser, Refused, Scope, environment
from .envelope import Envelope
from .hints import recovered, severity_hint
from .labels import environment_of, label_ids, label_words, labels_in, merchant_of, severity_of
from .parsing import moment, whole, word
from .zones import unsaid_zone

__all__ = ["NORMALISER", "VERSION_3", "alert_draft", "alerts_of", "is_group", "missing"]


def missing(body: Mapping[str, Any]) -> int | None:
    """Return how many alerts of the group the sender left out for length, or None where it says none."""
    count = whole(body.get("truncatedAlerts"))
    return count if count is not None and count > 0 else None


def alerts_of(envelope: Envelope, sender: str) -> Iterator[tuple[Mapping[str, Any], Mapping[str, Any]] | Refused]:
    """
    Yield the group and each of its alerts; a broken one is refused and stops no other.

    Raises:
        InputError: If there is no list of alerts.
    """
    body = envelope.value()
    if not isinstance(body, Mapping):
        raise InputError(f"expected {sender} message as a JSON object, got {type(body).__name__}")
    alerts = body.get("alerts")
    if not isinstance(alerts, list) or not alerts:
        raise InputError(f"expected {sender} message with a list of alerts, got none")
    for place, alert in enumerate(alerts):
        if isinstance(alert, Mapping):
            yield body, alert
        else:
            reason = f"expected an alert as a JSON object, got {type(alert).__name__} at alerts.{place}"
            yield Refused(reason=reason, content=alert, ordinal=place)


def alert_draft(body: Mapping[str, Any], alert: Mapping[str, Any], provider: str) -> Draft | Refused:
    """Return what one alert of a group says."""
    labels = labels_in(body.get("groupLabels"), body.get("commonLabels"), alert.get("labels"))
    state = word(alert.get("status")) or word(body.get("status"))
    if state is None:
        return Refused(reason="expected an alert with a status, got none", content=alert)
    starts, ends = moment(alert.get("startsAt")), moment(alert.get("endsAt"))
    over = recovered(state)
    name = labels.get("alertname") or "unnamed"
    fingerprint = word(alert.get("fingerprint"))
    left_out = missing(body)
    return Draft(
        kind="alert",
        topic="alert.resolved" if over else "alert.firing",
        raw_topic=state,
        merchant=merchant_of(labels),
        # A firing alert may carry the end that it will have if nobody repeats it.
        occurred_at=(ends or starts) if over else starts,
        dedup=(provider, fingerprint or sorted(labels.items()), word(alert.get("startsAt")), state),
        resource=("alert", fingerprint),
        ids={"alertname": name, "fingerprint": fingerprint, **label_ids(labels)},
        hint=severity_hint(severity_of(labels)),
        state=state,
        env=environment(environment_of(labels)),
        metrics={"alerts_missing": left_out},
        attrs={
            "alertname": name,
            "incomplete": True if left_out else None,
            "time_zone": unsaid_zone(alert.get("endsAt" if over and ends else "startsAt")),
            **label_words(labels),
            **_group(body, provider),
        },
    )


def _group(body: Mapping[str, Any], provider: str) -> dict[str, Any]:
    """Return which group an alert is one of, and whether all of that is over: a group fires while one of it does."""
    key = body.get("groupKey")
    if not isinstance(key, str | int) or isinstance(key, bool):
        return {}
    over = recovered(word(body.get("status")) or "")
    return {"group": content_id("grp", provider, str(key)), "group_over": True if over else None}


def _read(envelope: Envelope, _: Scope) -> Iterator[Draft | Refused]:
    for found in alerts_of(envelope, "an Alertmanager"):
        yield found if isinstance(found, Refused) else alert_draft(*found, "alertmanager")


def is_group(body: Mapping[str, Any]) -> bool:
    """Return whether a body has the shape that Alertmanager and those who copied it send."""
    return isinstance(body.get("alerts"), list) and bool(body.keys() & {"receiver", "groupKey"})


def _of_version(version: str) -> Normaliser:
    def fits(body: Mapping[str, Any]) -> bool:
        return is_group(body) and str(body.get("version")) == version

    return Normaliser(
        kind=f"alertmanager_v{version}",
        provider="alertmanager",
        source_kind="monitor",
        version=4,
        read=_read,
        fits=fits,
    )


NORMALISER: Final = _of_version("4")
VERSION_3: Final = _of_version("3")
