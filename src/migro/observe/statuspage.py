"""
Statuspage: notifications of components, incidents and maintenances, and the summary that anybody may poll.

It is somebody else's page: what it says of a maintenance mutes nothing here.

Sources: https://support.atlassian.com/statuspage/docs/enable-webhook-notifications/ and the page ``/api`` of any
status page
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

import re2
from attrs import evolve, frozen

from ..errors import InputError
from .drafts import Draft, Normaliser, Refused, Scope
from .envelope import Envelope
from .hints import STATUS_PAGE, eased, severity_hint
from .parsing import at, exact_id, moment, word
from .privacy import holds_secret
from .zones import unsaid_zone

__all__ = ["NORMALISER", "part_of"]

_IMPACTS: Final[Mapping[str, str]] = {
    "operational": "none",
    "degraded_performance": "minor",
    "partial_outage": "major",
    "major_outage": "critical",
    "under_maintenance": "maintenance",
}
"""What a state of a component means in words for incidents."""

_PARTS: Final = tuple(
    (part, re2.compile(rf"(?i)\b({words})"))
    for part, words in (
        ("checkout", r"check-?_? ?outs?\b|carts?\b|baskets?\b"),
        ("payments", r"payments?\b|payment|pay\b|wallets?\b|cards?\b|charges?\b|transactions?\b|payouts?\b"),
        ("webhooks", r"web-? ?hooks?\b|event delivery|notifications?\b"),
        ("storefront", r"store ?fronts?\b|online stores?\b|shops?\b|themes?\b|websites?\b|pages\b|hosting\b|sites?\b"),
        ("api", r"apis?\b|graphql\b|rest\b"),
        ("inventory", r"inventor(y|ies)\b|stock\b|catalog(ue)?s?\b|products?\b"),
        ("orders", r"orders?\b|fulfil(l)?ments?\b"),
        ("carrier", r"shipping\b|carriers?\b|tracking\b|labels?\b|shipments?\b"),
        ("login", r"log-?ins?\b|auth\w*|identity\b|accounts?\b|sso\b|sign-?ins?\b"),
        ("search", r"search\b"),
        ("cdn", r"cdn\b|edge\b|dns\b|cache\b|network\b|ssl\b|tls\b|functions?\b|builds?\b|deploy\w*"),
    )
)
"""Parts of a platform that a headless shop depends on, by what pages call them."""


def part_of(name: str | None) -> str | None:
    """Return which part of a platform the name of a component means, or None for one that no shop depends on."""
    return next((part for part, pattern in _PARTS if pattern.search(name)), None) if name else None


def _platform(page: Mapping[str, Any], body: Mapping[str, Any]) -> str | None:
    """Return a name of the page that people use too: its own, else that of its address, else its id."""
    told = word(page.get("name"))
    if told and holds_secret(told):
        told = None  # without its signs an address would pass as a name
    if told:
        told = re2.sub(r"(?i)[^a-z0-9]+", "-", told).strip("-").lower().removesuffix("-status")
    if not told:
        for address in (page.get("url"), at(body, "meta.unsubscribe")):
            match = re2.search(r"^https?://([a-z0-9-]+)\.statuspage\.io(?:[/:?]|$)", word(address) or "")
            told = told or (match.group(1) if match else None)
    return told or exact_id(page.get("id"))


@frozen(kw_only=True)
class _Page:
    id: str | None
    platform: str | None
    indicator: str | None
    updated: str | None

    def ids(self, **more: str | None) -> dict[str, str | None]:
        return {"platform": self.platform, "page_id": self.id, **more}


def _page_of(body: Mapping[str, Any]) -> _Page:
    held = body.get("page")
    page: Mapping[str, Any] = held if isinstance(held, Mapping) else {}
    return _Page(
        id=exact_id(page.get("id")),
        platform=_platform(page, body),
        indicator=word(page.get("status_indicator")) or word(at(body, "status.indicator")),
        updated=word(page.get("updated_at")),
    )


def _incident(page: _Page, incident: Mapping[str, Any]) -> Iterator[Draft]:
    """Yield the incident once for each part of the platform that it concerns, since each has an end of its own."""
    updates = incident.get("incident_updates")
    newest = updates[0] if isinstance(updates, list) and updates else None
    listed = incident.get("components")
    components = [c for c in listed if isinstance(c, Mapping)] if isinstance(listed, list) else []
    parts = [part_of(word(c.get("name"))) for c in components]
    known = list(dict.fromkeys(part for part in parts if part))
    only = exact_id(components[0].get("id")) if len(components) == 1 else None
    planned = incident.get("scheduled_for") is not None
    impact = word(incident.get("impact_override")) or word(incident.get("impact")) or "none"
    state = word(incident.get("status")) or word(at(newest, "status")) or "unknown"
    incident_id, update_id = exact_id(incident.get("id")), exact_id(at(newest, "id"))
    told = (at(newest, "created_at"), incident.get("updated_at"), incident.get("created_at"))
    occurred = next((t for value in told if (t := moment(value))), None)
    over = state in ("resolved", "completed", "postmortem")
    starts, ends = moment(incident.get("scheduled_for")), moment(incident.get("scheduled_until"))
    key = ("statuspage", page.id, incident_id, update_id or word(incident.get("updated_at")), state)
    whole = Draft(
        kind="status.incident",
        topic="status.maintenance" if planned else "status.incident",
        raw_topic=f"{'maintenance' if planned else 'incident'}.{state}",
        merchant=page.id,
        occurred_at=occurred,
        dedup=key,
        resource=("incident", incident_id),
        ids=page.ids(incident_id=incident_id, update_id=update_id, component_id=only),
        hint=eased(severity_hint(impact, STATUS_PAGE), over=over),
        state=state,
        attrs={
            "impact": impact,
            "component": known[0] if known else None,
            "components": known or None,
            # An incident that names no component concerns the platform.
            "component_used": bool(known) or not components,
            "starts_at": starts.isoformat() if starts else None,
            "ends_at": ends.isoformat() if ends else None,
            "time_zone": unsaid_zone(next((value for value in told if moment(value)), None)),
        },
    )
    yield whole
    for part in known[1:]:
        yield evolve(whole, dedup=(*key, part), attrs={**whole.attrs, "component": part})


def _component(page: _Page, component: Mapping[str, Any], update: Mapping[str, Any]) -> Draft:
    state = word(update.get("new_status")) or word(component.get("status")) or "unknown"
    component_id = exact_id(component.get("id")) or exact_id(update.get("component_id"))
    update_id = exact_id(update.get("id"))
    changed = word(update.get("created_at")) or word(component.get("updated_at"))
    part = part_of(word(component.get("name")))
    return Draft(
        kind="status.incident",
        topic="status.component",
        raw_topic=f"component.{state}",
        merchant=page.id,
        occurred_at=moment(changed),
        dedup=("statuspage", page.id, component_id, update_id or changed, state),
        resource=("component", component_id),
        ids=page.ids(component_id=component_id, update_id=update_id),
        hint=severity_hint(state, STATUS_PAGE) or severity_hint(page.indicator, STATUS_PAGE),
        state=state,
        attrs={
            "impact": _IMPACTS.get(state, "none"),
            "component": part,
            "component_used": part is not None,
            "changed_from": word(update.get("old_status")),
            "time_zone": unsaid_zone(changed),
        },
    )


def _whole(page: _Page) -> Draft:
    indicator = page.indicator or "unknown"
    return Draft(
        kind="status.incident",
        topic="status.page",
        raw_topic=f"page.{indicator}",
        merchant=page.id,
        occurred_at=moment(page.updated),
        dedup=("statuspage", page.id, "page", indicator, page.updated),
        resource=("page", page.id),
        ids=page.ids(),
        hint=severity_hint(indicator, STATUS_PAGE),
        state=indicator,
        # It sums up what its incidents and components say: counted beside them it would be one witness twice.
        attrs={"impact": indicator, "component_used": False},
    )


def _listed(body: Mapping[str, Any], name: str) -> Iterator[Mapping[str, Any] | Refused]:
    held = body.get(name)
    for place, item in enumerate(held if isinstance(held, list) else []):
        if isinstance(item, Mapping):
            yield item
        else:
            reason = f"expected a JSON object, got {type(item).__name__} at {name}.{place}"
            yield Refused(reason=reason, content=item, ordinal=place)


def _summary(page: _Page, body: Mapping[str, Any]) -> Iterator[Draft | Refused]:
    """Yield the page, what is open on it, and the components that do not work; what works is said by the page."""
    yield _whole(page)
    for name in ("incidents", "scheduled_maintenances"):
        for incident in _listed(body, name):
            if isinstance(incident, Refused):
                yield incident
            else:
                yield from _incident(page, incident)
    for component in _listed(body, "components"):
        if isinstance(component, Refused):
            yield component
        elif component.get("group") is not True and component.get("status") != "operational":
            yield _component(page, component, {})


def _read(envelope: Envelope, _: Scope) -> Iterator[Draft | Refused]:
    body = envelope.value()
    if not isinstance(body, Mapping):
        raise InputError(f"expected a Statuspage message as a JSON object, got {type(body).__name__}")
    page = _page_of(body)
    if page.platform is None:
        raise InputError("expected a Statuspage message with a page that has an id or a name, got none")
    component, update, incident = (body.get(n) for n in ("component", "component_update", "incident"))
    if isinstance(incident, Mapping):
        yield from _incident(page, incident)
    elif isinstance(component, Mapping) or isinstance(update, Mapping):
        yield _component(
            page,
            component if isinstance(component, Mapping) else {},
            update if isinstance(update, Mapping) else {},
        )
    elif isinstance(at(body, "status.indicator"), str):
        yield from _summary(page, body)
    else:
        raise InputError("expected an incident, a component or a status, got none of them")


def _fits(body: Mapping[str, Any]) -> bool:
    page = body.get("page")
    if not isinstance(page, Mapping):
        return False
    told = {"component_update", "incident"} & body.keys() and ("status_indicator" in page or "meta" in body)
    return bool(told) or isinstance(at(body, "status.indicator"), str)


NORMALISER: Final = Normaliser(
    kind="statuspage_webhook",
    aliases=("statuspage_summary",),
    provider="statuspage",
    source_kind="status_page",
    version=3,
    read=_read,
    fits=_fits,
)
