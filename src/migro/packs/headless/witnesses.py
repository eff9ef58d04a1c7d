"""Witnesses: premises that several failure modes share, each named for who says it."""

from __future__ import annotations

from datetime import timedelta
from functools import reduce
from operator import and_
from typing import Any, TypeVar

from ...expressions import KeyCol, Pred, hours, minutes
from ...models.signal import MerchantId, Signal
from ...rules import Measure, Premise, Selection, Timed, holding, hour_of_week, on, trailing
from .operations_signals import Change, JobRun, LogLine
from .planning_signals import StatusPage
from .signals import Alert, Deploy, ErrorIssue, Maintenance, Order, Payment, Probe, Ticket

__all__ = [
    "INCIDENT_OVER",
    "LIVE_ERROR",
    "REAL_MONEY",
    "REAL_ORDER",
    "TEST_ORDER",
    "alerting",
    "anywhere",
    "brought_by",
    "changed",
    "coded_error",
    "deploy_within",
    "failing_probes",
    "green_probes",
    "in_maintenance",
    "job_runs",
    "logged",
    "tickets",
    "usual_of",
]

K = TypeVar("K")

LIVE_ERROR: Pred[ErrorIssue] = ~ErrorIssue.action.one_of("resolved", "ignored", "archived")
"""The tracker counts the error as going on."""

REAL_MONEY: Pred[Payment] = (
    Payment.livemode.missing() | (Payment.livemode == True)  # noqa: E712
) & ~Payment.env.one_of("staging", "test")
"""The payment moves money, as far as anybody says."""

TEST_ORDER: Pred[Order] = (
    Order.test.present() & (Order.test == True)  # noqa: E712
) | Order.env.one_of("staging", "test")
"""The order is marked as a test, or was placed where tests are made."""

REAL_ORDER: Pred[Order] = (Order.test.missing() | (Order.test == False)) & ~Order.env.one_of("staging", "test")  # noqa: E712
"""The order is none."""

INCIDENT_OVER: Pred[StatusPage] = StatusPage.state.one_of("completed", "operational", "postmortem", "resolved")
"""An incident or a maintenance of a status page is over, or a component of it works again."""

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


def brought_by(
    change: Selection[Any, MerchantId], *symptoms: Timed[MerchantId], within: timedelta
) -> Premise[MerchantId]:
    """
    Hold for that long after a change, unless a symptom was there in the quarter of an hour before it already.

    A cause comes first. Of several changes one is enough: what repairs the first one takes no blame off it.

    Args:
        symptoms: At least one; each is asked for itself, so one that was there before clears the change.
    """
    moment = timedelta(microseconds=1)
    after_calm = (change.without(s, within=moment, before=minutes(15)).within(within) for s in symptoms)
    return reduce(and_, after_calm)


def in_maintenance() -> Premise[MerchantId]:
    """
    Hold inside a maintenance window of which nobody has said when it ends, for four hours at most.

    One with a begin or an end of its own lets everything rest from then until then, and speaks against nothing else.
    """
    begun = on(
        Maintenance,
        Maintenance.active == True,  # noqa: E712
        Maintenance.starts_at.missing(),
        Maintenance.ends_at.missing(),
        per=Maintenance.merchant,
    )
    ended = on(Maintenance, Maintenance.active == False, per=Maintenance.merchant)  # noqa: E712
    return begun.unless(ended).within(hours(4))


def anywhere(premise: Timed[Any], *, within: timedelta) -> Timed[MerchantId]:
    """Hold when a premise about finer keys was satisfied for any of the merchant's."""
    merchant: KeyCol[Any, MerchantId] = Signal.merchant
    return holding(premise, per=merchant, within=within) >= 1


def changed(*what: str) -> Timed[MerchantId]:
    """Hold when an audit log says that somebody changed one of these on purpose."""
    return on(Change, Change.what.one_of(*what), per=Change.merchant)


def job_runs(*jobs: str, within: timedelta) -> Premise[MerchantId]:
    """Hold while one of these jobs runs; one that was not heard of for `within` counts as over."""
    named = JobRun.job.one_of(*jobs)
    begun = on(JobRun, named, JobRun.running == True, per=JobRun.merchant)  # noqa: E712
    return begun.unless(on(JobRun, named, JobRun.running == False, per=JobRun.merchant)).within(within)  # noqa: E712


def logged(*features: str, lines: int, within: timedelta, where: Pred[LogLine] | None = None) -> Timed[MerchantId]:
    """Hold when logs have that many lines with one of the features."""
    said = LogLine.features.overlaps(frozenset(features))
    extra = () if where is None else (where,)
    return on(LogLine, said, *extra, per=LogLine.merchant, weight=LogLine.lines).at_least(lines, within=within)


def usual_of(measure: Measure[K]) -> Measure[K]:
    """Return what a measure usually is: at this hour of the last four weeks, else in the last day."""
    return measure.baseline(hour_of_week(weeks=4), trailing(hours(24)))
