"""The wire formats that are understood: one normaliser each, in a file of its own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from . import (
    access_log,
    adobe_commerce,
    adyen,
    alertmanager,
    bigcommerce,
    bigcommerce_poll,
    browser_reports,
    cloudevents,
    cloudwatch,
    commercetools,
    datadog,
    easypost,
    error_log,
    freshdesk,
    front,
    gorgias,
    grafana,
    groove,
    host,
    intercom,
    mail,
    medusa,
    neighbours,
    opsgenie,
    otel,
    pagerduty,
    paypal,
    saleor,
    sentry,
    shipstation,
    shopify,
    shopify_eventbridge,
    shopify_graphql,
    shopify_poll,
    slack,
    statuspage,
    stripe,
    tickets,
    woocommerce,
    zendesk,
    zendesk_audit,
)
from .drafts import Normaliser

__all__ = ["FORMATS", "KINDS", "NORMALISERS", "kind_of"]

FORMATS: Final[tuple[Normaliser, ...]] = (
    shopify_eventbridge.NORMALISER,
    commercetools.NORMALISER,
    cloudevents.NORMALISER,
    adobe_commerce.NORMALISER,
    stripe.NORMALISER,
    adyen.NORMALISER,
    paypal.NORMALISER,
    easypost.NORMALISER,
    shipstation.NORMALISER,
    bigcommerce.NORMALISER,
    bigcommerce_poll.NORMALISER,
    pagerduty.NORMALISER,
    pagerduty.VERSION_2,
    cloudwatch.NORMALISER,
    statuspage.NORMALISER,
    opsgenie.NORMALISER,
    grafana.NORMALISER,
    alertmanager.NORMALISER,
    alertmanager.VERSION_3,
    zendesk.NORMALISER,
    zendesk_audit.NORMALISER,
    intercom.NORMALISER,
    front.NORMALISER,
    freshdesk.NORMALISER,
    groove.NORMALISER,
    gorgias.NORMALISER,
    sentry.NORMALISER,
    datadog.NORMALISER,
    slack.NORMALISER,
    host.NORMALISER,
    shopify.NORMALISER,
    saleor.NORMALISER,
    woocommerce.NORMALISER,
    medusa.NORMALISER,
    shopify_poll.NORMALISER,
    shopify_graphql.NORMALISER,
    mail.NORMALISER,
    otel.NORMALISER,
    browser_reports.CSP,
    browser_reports.VITALS,
    error_log.NORMALISER,
    access_log.NORMALISER,
    neighbours.EVENTS,
    neighbours.AUDIT,
    neighbours.MEMORY,
    tickets.NORMALISER,
)
"""In the order in which an unnamed payload is compared with them."""

NORMALISERS: Final[Mapping[str, Normaliser]] = {n.kind: n for n in sorted(FORMATS, key=lambda n: n.kind)}
"""By the name of the wire format."""

KINDS: Final = tuple(NORMALISERS)
"""The wire formats that are understood; every other becomes a signal of kind ``unknown``."""

_ALIASES: Final = {alias: n.kind for n in FORMATS for alias in n.aliases}


def kind_of(name: str) -> str:
    """Return the wire format that a name stands for."""
    return _ALIASES.get(name, name)
