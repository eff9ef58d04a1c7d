"""Signals that verify itself emits: what it noticed about deliveries and about gaps in the rules."""

from __future__ import annotations

from typing import Any

from ..expressions import Attr, Key
from ..models import (
    CauseChanged,
    ClockWrong,
    DeliverySeen,
    Environment,
    IssueAbove,
    IssueChanged,
    IssueUpdate,
    MerchantId,
    Signal,
    StepAsked,
    from_microseconds,
)
from ..models.assembly import altered
from ..models.canonical import EPOCH, content_id
from ..models.records import read_only

__all__ = [
    "ENDS_WITHIN",
    "HEEDED_WITHIN",
    "ClockWrong",
    "DeliverySeen",
    "IssueAbove",
    "IssueUpdate",
    "StepAsked",
    "Unexplained",
    "Unheeded",
    "clock_wrong",
    "deliveries_seen",
    "delivery_seen",
    "derived_from",
    "issue_above",
    "issue_updates",
    "paid_in_test",
    "shop_reached",
    "signature_failure",
    "step_asked",
    "unexplained",
    "unheeded",
]

ENDS_WITHIN = 5 * 60 * 1_000_000
"""How long an alarm that is called high and that nothing explains has until its monitor says that it is over, in
microseconds."""

HEEDED_WITHIN = 15 * 60 * 1_000_000
"""How long a critical alarm that rules read has until something explains it, in microseconds: signs of one cause begin
as near to each other."""

_VERSION = "verify/2"
_FAILED = "delivery.signature_failed"
_REACHED = "migro.shop_reached"
_TEST_PAID = "payment.test_paid"
_DELIVERY = DeliverySeen(
    sender="",
    occurred_at=EPOCH,
    source_kind="receiver",
    provider="",
    dedup_key="delivery",
    normalizer=_VERSION,
)
"""What all deliveries that are seen have in common."""

_SHOP = Signal(
    kind=_REACHED,
    occurred_at=EPOCH,
    source_kind="migro",
    provider="migro",
    dedup_key="shop",
    normalizer=_VERSION,
)
"""What all shops that are reached have in common."""


class Unexplained(Signal, kind="migro.unexplained"):
    """
    Something its sender calls serious, and no rule reads it.

    Attributes:
        subject: Merchant, provider and topic, for monitors all of them together; or the signal's own id where there is
            no merchant.
        hint: The sender's word, `critical` or `high`.
    """

    subject: Key[str]
    hint: Attr[str]


class Unheeded(Signal, kind="migro.unheeded"):
    """
    An alarm its sender calls critical, which rules read, and of which nothing has come.

    Attributes:
        subject: As of what is unexplained.
    """

    subject: Key[str]


def derived_from(signal: str) -> tuple[str, ...]:
    """Return the ids of what verify may have made of a signal, by its id; so nobody has to remember them."""
    kinds = (_FAILED, _TEST_PAID, *(c.__signal_kind__ for c in (ClockWrong, DeliverySeen, Unexplained, Unheeded)))
    return tuple(_derived_id(kind, signal) for kind in kinds)


def _derived_id(kind: str, signal: str) -> str:
    return content_id("sig", _VERSION, kind, signal)


def unexplained(signal: Signal, at: int, *, unkeyed: bool = False) -> Signal:
    """
    Return the derived signal for a serious event that no rule reads; `at` is the fold's time in microseconds.

    What has no merchant, or lacks the key that rules over it need (`unkeyed`), is an issue by itself.
    """
    return Unexplained(
        merchant=signal.merchant,
        subject=signal.id if unkeyed else _subject(signal),
        hint=signal.severity_hint or "high",
        occurred_at=from_microseconds(at),
        source_kind=signal.source_kind,
        provider=signal.provider,
        topic=signal.topic,
        env=signal.env,
        # That no rule reads it is migro's own observation: an unproven sender is no reason to keep it from people.
        auth="not_applicable",
        dedup_key=signal.id,
        normalizer=_VERSION,
        id=_derived_id(Unexplained.__signal_kind__, signal.id),
    )


def unheeded(signal: Signal, at: int) -> Signal:
    """Return the derived signal for a critical alarm of which nothing has come by `at`, in microseconds."""
    return Unheeded(
        merchant=signal.merchant,
        subject=_subject(signal),
        occurred_at=from_microseconds(at),
        source_kind=signal.source_kind,
        provider=signal.provider,
        topic=signal.topic,
        env=signal.env,
        auth="not_applicable",  # that nothing has come of it is migro's own observation
        dedup_key=signal.id,
        normalizer=_VERSION,
        id=_derived_id(Unheeded.__signal_kind__, signal.id),
    )


def _subject(signal: Signal) -> str:
    # One cause sets off every monitor that a shop has, and one page about it is enough.
    sender = "monitors" if signal.source_kind == "monitor" else signal.provider
    return signal.id if signal.merchant is None else f"{signal.merchant}/{sender}/{signal.topic}"


def signature_failure(signal: Signal, at: int) -> Signal:
    """Return the derived signal for a delivery whose signature does not fit. Nothing of its content is believed."""
    return Signal(
        kind=_FAILED,
        merchant=signal.merchant,
        occurred_at=from_microseconds(at),
        source_kind="receiver",
        provider=signal.provider,
        attrs={"sender": signal.provider},
        env=signal.env,
        dedup_key=signal.id,
        normalizer=_VERSION,
        id=_derived_id(_FAILED, signal.id),
    )


def paid_in_test(signal: Signal, at: int) -> Signal | None:
    """
    Return the derived signal for a payment of a test account that went through and names what it pays; else None.

    A test counts for nothing, but that a live order was paid by one is no test any more. Of its content only the order
    and the cart are told. What the shop wrote into the payment is mostly the number that it shows to people, and not
    the platform's id, so it is told as number too.
    """
    paid: dict[str, str] = {n: id for n, id in signal.ids.items() if n in ("cart_ref", "order_id")}
    number = signal.ids.get("order_ref", paid.get("order_id"))
    if number is not None:
        paid["order_number"] = number.removeprefix("#")
    if signal.env != "test" or (signal.kind, signal.topic) != ("payment", "order.paid") or not paid:
        return None
    return Signal(
        kind=_TEST_PAID,
        merchant=signal.merchant,
        occurred_at=from_microseconds(at),
        source_kind=signal.source_kind,
        provider=signal.provider,
        ids=paid,
        env=signal.env,
        auth=signal.auth,
        dedup_key=signal.id,
        normalizer=_VERSION,
        id=_derived_id(_TEST_PAID, signal.id),
    )


def clock_wrong(signal: Signal, at: int, behind: int) -> Signal:
    """Return the derived signal for a clock that is `behind` microseconds behind, as a delivery made known."""
    kind = ClockWrong.__signal_kind__
    return ClockWrong(
        merchant=signal.merchant,
        clock_source=f"{signal.provider}/{signal.source_kind}",
        behind_s=abs(behind) // 1_000_000 * (1 if behind > 0 else -1),
        occurred_at=from_microseconds(at),
        source_kind="migro",
        provider="migro",
        env=signal.env,
        dedup_key=signal.id,
        normalizer=_VERSION,
        id=_derived_id(kind, signal.id),
    )


def delivery_seen(
    signal: Signal, at: int, seq: int, *, duplicate: bool, inverted: bool = False, flipped: bool = False
) -> Signal:
    """Return the derived signal for a webhook that came in as number `seq` of the journal."""
    # A redelivery is the same signal, and a delivery of its own.
    own = [seq] if duplicate else []
    told: dict[str, Any] = {
        "duplicate": duplicate,
        "inverted": inverted,
        "flipped": flipped,
        "subject": None if signal.resource is None else "/".join(signal.resource),
        "dedup_key": signal.id,
        "id": content_id("sig", _VERSION, DeliverySeen.__signal_kind__, signal.id, *own),
    }
    return _delivered(signal.merchant, signal.provider, signal.env, at, told)


def deliveries_seen(
    merchant: MerchantId | None, sender: str, env: Environment, *, at: int, last: str, many: int
) -> Signal:
    """Return the derived signal for webhooks with nothing wrong, of which the `last` came at `at`."""
    # That one of them is withdrawn does not take back that they all came.
    id = content_id("sig", _VERSION, DeliverySeen.__signal_kind__, "so far", last)
    return _delivered(merchant, sender, env, at, {"deliveries": many, "dedup_key": last, "id": id})


def _delivered(merchant: MerchantId | None, sender: str, env: Environment, at: int, told: dict[str, Any]) -> Signal:
    now = from_microseconds(at)
    given: dict[str, Any] = {
        "merchant": merchant,
        "sender": sender,
        "provider": sender,
        "env": env,
        "occurred_at": now,
        "received_at": now,
        **told,
    }
    # It is made out of what was validated with the webhook; so it is a copy with other values.
    return altered(_DELIVERY, given)


def step_asked(signal: Signal) -> Signal | None:
    """Return what the platform hears of a ticket that asks how to do a documented step; None for any other signal."""
    if signal.kind != "ticket":
        return None
    step, number = signal.ids.get("cluster"), signal.ids.get("ticket_id")
    if signal.merchant is None or step is None or number is None:
        return None
    if "intent.how_to" not in signal.features or signal.attrs.get("author") not in ("end_user", "unknown"):
        return None
    return StepAsked(
        merchant=signal.merchant,
        cluster=step,
        ticket=f"{signal.merchant}/{number}",
        occurred_at=signal.occurred_at,
        received_at=signal.received_at,
        source_kind="ticket",
        provider=signal.provider,
        env=signal.env,
        auth=signal.auth,
        dedup_key=signal.id,
        normalizer=_VERSION,
        id=_derived_id(StepAsked.__signal_kind__, signal.id),
    )


def shop_reached(signal: Signal) -> Signal:
    """Return what the platform hears of the first webhook of a shop: who delivers there, nothing of what it tells."""
    told: dict[str, Any] = {
        "merchant": signal.merchant,
        "ids": read_only({"platform": signal.provider}),
        "occurred_at": signal.occurred_at,
        "received_at": signal.received_at,
        "env": signal.env,
        "auth": signal.auth,
        "dedup_key": signal.id,
        "id": _derived_id(_REACHED, signal.id),
    }
    # It is made out of what was validated with the webhook, as a delivery is.
    return altered(_SHOP, told)


def issue_above(changed: CauseChanged, partition: str) -> Signal:
    """Return what a merchant hears of an issue of many, as the merchant's rules read it."""
    merchant = partition.removeprefix("merchant:") if partition.startswith("merchant:") else None
    return IssueAbove(
        merchant=merchant,  # type: ignore[arg-type]  # a MerchantId once more
        issue_kind=changed.issue.kind,
        issue_status=changed.issue.status.value,
        occurred_at=changed.at,
        source_kind="migro",
        provider="migro",
        env="production",
        dedup_key=changed.decision,
        normalizer=_VERSION,
    )


def issue_updates(changed: IssueChanged, *, wider: bool = False) -> tuple[Signal, ...]:
    """
    Return an issue's change as platform rules read it: of the merchant's platform, and of each party that it names.

    Args:
        wider: Whether shops of other platforms have the same with one of these parties.
    """
    own = changed.platform or changed.issue.merchant
    parties = [party for party in changed.parties if party != changed.platform]
    of_platform = _issue_update(changed, platform=changed.platform, wider=wider)
    return of_platform, *(_issue_update(changed, platform=party, on_platform=own) for party in parties)


def _issue_update(
    changed: IssueChanged, *, platform: str | None, on_platform: str | None = None, wider: bool = False
) -> Signal:
    issue = changed.issue
    return IssueUpdate(
        merchant=issue.merchant,  # type: ignore[arg-type]  # a MerchantId once more
        issue_kind=issue.kind,
        category=issue.category,
        issue_status=issue.status.value,
        band=issue.band.word,
        severity_rank=int(issue.severity),
        own_cause=changed.own_cause,
        resting=changed.resting,
        platform=platform,
        on_platform=on_platform,
        wider=wider,
        occurred_at=changed.at,
        source_kind="migro",
        provider="migro",
        env="production",
        dedup_key=changed.decision if on_platform is None else f"{changed.decision}/{platform}",
        normalizer=_VERSION,
    )
