"""Witnesses: premises that several failure modes share, each named for who says it."""

from __future__ import annotations

from datetime import timedelta

from ...expressions import Pred, hours, minutes
from ...models.signal import MerchantId
from ...rules import Premise, on
from .signals import Alert, Deploy, ErrorIssue, Maintenance, Probe, Ticket

__all__ = [
    "LIVE_ERROR",
    "alerting",
    "coded_error",
    "deploy_within",
    "failing_probes",
    "green_probes",
    "in_maintenance",
    "tickets",
]

LIVE_ERROR: Pred[ErrorIssue] = ~ErrorIssue.action.one_of("resolved", "ignored", "archived")
"""The tracker counts the error as going on."""

_FROM_OUTSIDE: Pred[Ticket] = Ticket.author.one_of("end_user", "unknown")


def coded_error(*codes: str, events: int, users: int, where: Pred[ErrorIssue] | None = None) -> Premise[MerchantId]:
    """
    Hold while the tracker shows a live error of one of the codes with that many events or users, not resolved since.

    Args:
        where: A further condition, such as a class of routes.
    """
    extra = () if where is None else (where,)
    of_code = ErrorIssue.code.one_of(*codes)
    large = (ErrorIssue.events >= events) | (ErrorIssue.users >= users)
    return on(ErrorIssue, of_code, LIVE_ERROR, large, *extra, per=ErrorIssue.merchant).unless(
        on(ErrorIssue, of_code, ErrorIssue.action == "resolved", *extra, per=ErrorIssue.merchant)
    )


def alerting(name: str, *where: Pred[Alert]) -> Premise[MerchantId]:
    """Hold while a monitor's alert with a name like the pattern fires and has not been resolved since."""
    like = Alert.alertname.matches(name)
    return on(Alert, Alert.topic == "alert.firing", like, *where, per=Alert.merchant).unless(
        on(Alert, Alert.topic == "alert.resolved", like, *where, per=Alert.merchant)
    )


def tickets(*features: str, people: int, within: timedelta) -> Premise[MerchantId]:
    """Hold when that many different people wrote a ticket with all of the features."""
    said = [Ticket.features.has(f) for f in features]
    return on(Ticket, _FROM_OUTSIDE, *said, per=Ticket.merchant).distinct(
        Ticket.requester, at_least=people, within=within
    )


def failing_probes(*journeys: str, where: Pred[Probe] | None = None) -> Premise[MerchantId]:
    """
    Hold when a check failed three times from two regions in ten minutes, and no two regions saw it work since.

    One region that works again proves nothing about the others.
    """
    extra = () if where is None else (where,)
    red = on(Probe, Probe.journey.one_of(*journeys), Probe.ok == False, *extra, per=Probe.merchant)  # noqa: E712
    return (red.at_least(3, within=minutes(10)) & red.distinct(Probe.region, at_least=2, within=minutes(10))).unless(
        green_probes(*journeys)
    )


def green_probes(*journeys: str) -> Premise[MerchantId]:
    """Hold when two regions saw the check work within five minutes."""
    green = on(Probe, Probe.journey.one_of(*journeys), Probe.ok == True, per=Probe.merchant)  # noqa: E712
    return green.distinct(Probe.region, at_least=2, within=minutes(5))


def deploy_within(span: timedelta) -> Premise[MerchantId]:
    """Hold for that long after a release."""
    return on(Deploy, per=Deploy.merchant).within(span)


def in_maintenance() -> Premise[MerchantId]:
    """Hold inside a declared maintenance window; one that nobody ended counts as over after four hours."""
    begun = on(Maintenance, Maintenance.active == True, per=Maintenance.merchant)  # noqa: E712
    ended = on(Maintenance, Maintenance.active == False, per=Maintenance.merchant)  # noqa: E712
    return begun.unless(ended).within(hours(4))
