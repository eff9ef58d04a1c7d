"""Card testing, and what else payments say: how many succeed, and why the others do not."""

from __future__ import annotations

from typing import Any

from ...expressions import Pred, fact, hours, minutes, percent
from ...models import Severity
from ...models.signal import MerchantId, Signal
from ...rules import (
    MEDIUM,
    STRONG,
    WEAK,
    IssueKind,
    Premise,
    Rule,
    SeverityScale,
    Timed,
    fires,
    greatest,
    known,
    on,
    refutes,
    silent,
    supports,
)
from .expected import raised
from .payments import DECLINES, TRIFLES
from .planning_signals import StatusPage
from .references import cited
from .responses import draft_reply, notify, report
from .shop_witnesses import campaign, risen, short_of, still
from .signals import Dispute, HttpRequest, Payment, ShopProfile
from .specimens import SHOP, burst, payment, profile, request
from .specimens import page as view
from .specimens_operations import STATUS, said
from .specimens_shop import ATTEMPT, CAMPAIGN, DISPUTE, weekly
from .storefront_signals import PaymentAttempt
from .witnesses import INCIDENT_OVER, REAL_MONEY, usual_of

__all__ = ["CARD_TESTING", "RULES"]

CARD_TESTING = IssueKind[MerchantId](
    "card_testing_attack",
    category="checkout",
    title="Stolen cards are tried out",
    what="Somebody uses the open cart and payment API to see which stolen cards work: many small attempts, few pass.",
    severity=SeverityScale(default=Severity.SEV2),
    responses=(
        notify("security"),
        report("attempts, share that succeeded, truncated networks"),
        draft_reply(
            "The traffic on your payment API looks like somebody trying out stolen cards. Please call the fraud team of"
            " your payment provider, and consider a limit or a captcha for the addresses in the report."
        ),
    ),
    human_only=("limit or block", "ask for captchas", "change the provider's rules"),
    false_positives="A flash sale brings many attempts too, but most of them succeed; one shopper may try often.",
    related=("payment_decline_surge", "bot_scraping_load", "api_throttling"),
    harm=(
        "Fees and later disputes rather than lost orders; a matter for whoever is in charge of security,"
        " whatever the revenue."
    ),
    sources=cited("ADB-RL", "STRIPE-DECL"),
    causes=("payment_decline_surge",),
    about=("payment",),
)

_W = minutes(15)
_ATTEMPTS = on(PaymentAttempt, per=PaymentAttempt.merchant)
_COUNT = _ATTEMPTS.count(within=_W)
_WENT_THROUGH = on(PaymentAttempt, PaymentAttempt.ok == True, per=PaymentAttempt.merchant).count(within=_W)  # noqa: E712
_SUCCESS = _WENT_THROUGH.per(_COUNT, floor=50)
_ENDPOINT = on(
    HttpRequest,
    HttpRequest.route.matches("(?i)payment-?information|cart-?complete|place-?order"),
    per=HttpRequest.merchant,
    weight=HttpRequest.requests,
).count(within=_W)
_PRODUCT_VIEWS = on(
    HttpRequest, HttpRequest.route_class == "pdp", per=HttpRequest.merchant, weight=HttpRequest.requests
).count(within=_W)
# Somebody who tries out cards begins few sessions; when a provider is down, everybody is refused.
_FEW_SESSIONS = _ATTEMPTS.different(PaymentAttempt.session, within=_W).per(_COUNT, floor=50) <= percent(20)
_DISPUTES = on(Dispute, Dispute.topic.one_of("dispute.created", "fraud.warning"), per=Dispute.merchant).count(
    within=hours(24)
)

_ENDED: Pred[Payment] = Payment.topic.one_of("order.paid", "payment.failed")
_H = minutes(30)
_TRIED = on(Payment, REAL_MONEY, _ENDED, per=Payment.merchant).different(Payment.payment_id, within=_H)
_PAID = on(Payment, REAL_MONEY, Payment.topic == "order.paid", per=Payment.merchant).different(
    Payment.payment_id, within=_H
)
_PAID_SHARE = _PAID.per(_TRIED, floor=30)
# Those of the last half hour are among them, which makes a fall look smaller and never greater.
_LATELY = hours(3)
_PAID_LATELY = (
    on(Payment, REAL_MONEY, Payment.topic == "order.paid", per=Payment.merchant)
    .different(Payment.payment_id, within=_LATELY)
    .per(on(Payment, REAL_MONEY, _ENDED, per=Payment.merchant).different(Payment.payment_id, within=_LATELY), floor=60)
)
# That the provider, the acquirer or the bank's system failed, or a bank that gives no reason: in the words of Stripe,
# of Adyen, and in the numbers of PayPal (do not honour; system, communication and network; retry).
_AT_THE_BANK: Pred[Payment] = Payment.decline_code.one_of(
    "processing_error", "try_again_later", "do_not_honor",
    "Acquirer Error", "Issuer Unavailable", "Refused",
    "0500", "8000", "8100", "8110", "8220", "9100", "PPNT",
)  # fmt: skip
_PROVIDER = on(
    Payment,
    REAL_MONEY,
    Payment.topic == "payment.failed",
    _AT_THE_BANK,
    per=Payment.merchant,
).count(within=_H)
_ADYEN_TRIED = on(
    Payment, REAL_MONEY, Payment.provider == "adyen", Payment.raw_topic == "AUTHORISATION", per=Payment.merchant
).count(within=_H)
_ADYEN_REFUSED = on(
    Payment,
    REAL_MONEY,
    Payment.provider == "adyen",
    Payment.raw_topic == "AUTHORISATION",
    Payment.topic == "payment.failed",
    per=Payment.merchant,
).count(within=_H)
_ADYEN = _ADYEN_REFUSED.per(_ADYEN_TRIED, floor=30)

# 40 attempts an hour are usual: ten in a quarter of one.
_BEFORE = weekly(*burst(40, said(ATTEMPT, 0), session="s"))
_API: dict[str, Any] = {"route_class": "payment", "route": "/carts/:id/payment-information"}
_ADYEN_SAYS: dict[str, Any] = {"provider": "adyen", "raw_topic": "AUTHORISATION"}


def _mix(at: int, good: int, bad: int, **columns: Any) -> tuple[Payment, ...]:
    return (
        *burst(good, payment(at, **columns), payment_id="g"),
        *burst(bad, payment(at + 200, "payment.failed", **columns), payment_id="b"),
    )


def _later(good: int, bad: int, **columns: Any) -> tuple[Payment, ...]:
    return (
        *burst(good, payment(7_000, **columns), payment_id="h"),
        *burst(bad, payment(7_200, "payment.failed", **columns), payment_id="c"),
    )


def _tries(times: int) -> Premise[MerchantId]:
    return (
        risen(_COUNT, 5 * times)
        & (_SUCCESS <= percent(20))  # noqa: SIM300
        & (_ATTEMPTS.different(PaymentAttempt.session, within=_W) <= percent(20) * _COUNT)
    )


def _tried(n: int) -> tuple[Signal, ...]:
    return (*_BEFORE, *burst(n, said(ATTEMPT, 0), every=0))


def _paying(times: int) -> Premise[MerchantId]:
    return risen(_ENDPOINT, 5 * times) & short_of(_PRODUCT_VIEWS, 2 * times)


def _paid_for(n: int) -> tuple[Signal, ...]:
    before = weekly(request(0, requests=40, **_API), view(0, requests=40))
    return (*before, view(0, requests=10), request(10, requests=n, **_API))


def _disputes(times: int) -> Timed[MerchantId]:
    return _DISPUTES >= greatest(3, 2 * times * usual_of(_DISPUTES))  # noqa: SIM300


def _disputed(n: int) -> tuple[Signal, ...]:
    return (*weekly(said(DISPUTE, 0)), *burst(n, said(DISPUTE, 0)))


def _refusals(times: int) -> Premise[MerchantId]:
    return (_PROVIDER >= greatest(1, 3 * times * usual_of(_PROVIDER))) & (_TRIED >= 30)  # noqa: SIM300


def _refused(n: int) -> tuple[Signal, ...]:
    # 20 in an hour are ten in half of one.
    code = {"decline_code": "processing_error"}
    return (*weekly(*_mix(0, 10, 20, **code)), *_mix(0, 10, n, **code))


RULES: tuple[Rule[Any], ...] = (
    *raised(
        Rule(
            "card-testing.attempts",
            when=_tries(1),
            then=supports(CARD_TESTING, STRONG, family="attempts"),
            why="Five times the usual attempts to pay came from few sessions, and at most 20 % of them succeeded.",
            examples=(
                fires("50 for 10", *_BEFORE, *burst(50, said(ATTEMPT, 0)), for_=SHOP),
                silent("49 for 10", *_BEFORE, *burst(49, said(ATTEMPT, 0))),
                silent("many sessions", *_BEFORE, *burst(50, said(ATTEMPT, 0), session="s")),
                silent("they succeed", *_BEFORE, *burst(11, said(ATTEMPT, 0, ok=True)), *burst(39, said(ATTEMPT, 20))),
            ),
        ),
        _tries,
        _tried,
        edge=50,
    ),
    Rule(
        "card-testing.small-amounts",
        when=(
            _ATTEMPTS.quantile(percent(50), PaymentAttempt.amount_minor, within=_W).per(fact(ShopProfile.aov_minor))
            <= percent(30)
        )
        & (_ATTEMPTS.top(PaymentAttempt.sku, within=_W).per(_COUNT, floor=50) >= percent(60)),
        then=supports(CARD_TESTING, MEDIUM, family="attempts"),
        why="Attempts are for small amounts, and most of them for one article.",
        examples=(
            # An order is usually worth 70.00.
            fires("21.00 for 70.00", profile(-60), *burst(50, said(ATTEMPT, 0, amount_minor=2_100)), for_=SHOP),
            silent("21.01 for 70.00", profile(-60), *burst(50, said(ATTEMPT, 0, amount_minor=2_101))),
            silent("many articles", profile(-60), *burst(50, said(ATTEMPT, 0, amount_minor=2_100), sku="s")),
        ),
    ),
    *raised(
        Rule(
            "card-testing.endpoint",
            when=_paying(1),
            then=supports(CARD_TESTING, MEDIUM, family="http"),
            why="Five times the usual requests reach the payment API, and product pages are hardly asked for more.",
            examples=(
                fires(
                    "50 for 10",
                    *weekly(*burst(40, request(0, **_API)), *burst(40, view(0))),
                    *burst(10, view(0)),
                    *burst(50, request(10, **_API)),
                    for_=SHOP,
                ),
                silent(
                    "49 for 10",
                    *weekly(*burst(40, request(0, **_API)), *burst(40, view(0))),
                    *burst(10, view(0)),
                    *burst(49, request(10, **_API)),
                ),
            ),
        ),
        _paying,
        _paid_for,
        edge=50,
    ),
    *raised(
        Rule(
            "card-testing.disputes",
            when=_disputes(1),
            then=supports(CARD_TESTING, WEAK, family="disputes"),
            why="Disputes and fraud warnings of a day are at least twice the usual number.",
            examples=(
                fires("48 for 24", *weekly(said(DISPUTE, 0)), *burst(48, said(DISPUTE, 0)), for_=SHOP),
                silent("47 for 24", *weekly(said(DISPUTE, 0)), *burst(47, said(DISPUTE, 0))),
                silent("one", said(DISPUTE, 0)),
            ),
        ),
        _disputes,
        _disputed,
        edge=48,
    ),
    Rule(
        "card-testing.sale",
        when=still(_SUCCESS >= percent(80) * usual_of(_SUCCESS)) & campaign(),  # noqa: SIM300
        then=refutes(CARD_TESTING, 150, family="campaign"),
        why="A campaign is on, and as many attempts as usual succeed.",
        examples=(
            fires(
                "as usual",
                *weekly(*burst(50, said(ATTEMPT, 0, ok=True))),
                said(CAMPAIGN, 0),
                *burst(40, said(ATTEMPT, 1, ok=True)),
                *burst(10, said(ATTEMPT, 60)),
                for_=SHOP,
            ),
            silent(
                "fewer than usual",
                *weekly(*burst(50, said(ATTEMPT, 0, ok=True))),
                said(CAMPAIGN, 0),
                *burst(11, said(ATTEMPT, 60)),
                *burst(39, said(ATTEMPT, 1, ok=True)),
            ),
        ),
    ),
    Rule(
        "payment.success-fell",
        when=_PAID_SHARE < percent(60) * usual_of(_PAID_SHARE),  # noqa: SIM300
        then=supports(DECLINES, STRONG, family="payments"),
        why="Fewer than 60 % of the usual share of payments go through within half an hour.",
        examples=(
            fires("59 for 100 of 100", *weekly(*_mix(0, 100, 0)), *_mix(0, 59, 41), for_=SHOP),
            silent("60 for 100 of 100", *weekly(*_mix(0, 100, 0)), *_mix(0, 60, 40)),
        ),
    ),
    Rule(
        "payment.success-dropped",
        when=(_PAID_SHARE.differs(_PAID_LATELY, z=3) & (_PAID_SHARE < percent(60) * _PAID_LATELY)).unless(TRIFLES),  # noqa: SIM300
        then=supports(DECLINES, STRONG, family="payments"),
        why="Fewer than 60 % of the share of the last three hours go through within half an hour, and not by chance.",
        lasts=_H,
        examples=(
            fires("10 of 30 after 80 of 80", *_mix(0, 80, 0), *_later(10, 20), for_=SHOP),
            silent("a shop that is new", *_later(10, 20)),
            silent("as before", *_mix(0, 40, 40), *_later(15, 15)),
            silent("too few to tell", *_mix(0, 80, 0), *_later(9, 20)),
            silent("sums that nobody orders for", profile(0), *_mix(0, 80, 0), *_later(10, 20, amount_minor=100)),
        ),
    ),
    *raised(
        Rule(
            "payment.provider-codes",
            when=_refusals(1),
            then=supports(DECLINES, MEDIUM, family="payments"),
            why="Three times as many payments as usual fail at the provider or the bank's system.",
            examples=(
                # 20 in an hour are ten in half of one.
                fires(
                    "30 for 10",
                    *weekly(*_mix(0, 10, 20, decline_code="processing_error")),
                    *_mix(0, 10, 30, decline_code="processing_error"),
                    for_=SHOP,
                ),
                silent(
                    "29 for 10",
                    *weekly(*_mix(0, 10, 20, decline_code="processing_error")),
                    *_mix(0, 10, 29, decline_code="processing_error"),
                ),
                *(
                    fires(
                        f"in the words of {of}",
                        *weekly(*_mix(0, 10, 20, provider=of, decline_code=code)),
                        *_mix(0, 10, 30, provider=of, decline_code=code),
                        for_=SHOP,
                    )
                    for of, code in (("adyen", "Acquirer Error"), ("paypal", "9100"))
                ),
                silent("no money", *_mix(0, 10, 30, decline_code="Not enough balance")),
            ),
        ),
        _refusals,
        _refused,
        edge=30,
    ),
    Rule(
        "payment.adyen",
        when=risen(_ADYEN, 2) & (_ADYEN_REFUSED >= 1),
        then=supports(DECLINES, MEDIUM, family="payments"),
        why="Adyen refuses at least twice the usual share of authorisations.",
        examples=(
            fires(
                "40 for 20 of 100",
                *weekly(*_mix(0, 80, 20, **_ADYEN_SAYS)),
                *_mix(0, 60, 40, **_ADYEN_SAYS),
                for_=SHOP,
            ),
            silent("39 for 20 of 100", *weekly(*_mix(0, 80, 20, **_ADYEN_SAYS)), *_mix(0, 61, 39, **_ADYEN_SAYS)),
        ),
    ),
    Rule(
        "payment.card-testing",
        # Refused payments are the very fault that this speaks against, so they alone do not prove what excuses them.
        when=known(CARD_TESTING, at_least_points=STRONG) & _FEW_SESSIONS,
        then=refutes(DECLINES, 150, family="card-testing"),
        why="Somebody tries out stolen cards in few sessions: that they are refused is right.",
        revision=2,
        examples=(
            fires("testing", *_BEFORE, *burst(50, said(ATTEMPT, 0)), for_=SHOP),
            silent("none", *_BEFORE, *burst(49, said(ATTEMPT, 0))),
            silent("many sessions", *_paid_for(500), *burst(50, said(ATTEMPT, 0), session="s")),
        ),
    ),
    Rule(
        "payment.provider-incident",
        when=on(
            StatusPage,
            StatusPage.platform.one_of("stripe", "adyen", "paypal", "braintree", "klarna"),
            StatusPage.component_used == True,  # noqa: E712
            ~INCIDENT_OVER,
            per=StatusPage.merchant,
        ).unless(on(StatusPage, INCIDENT_OVER, per=StatusPage.merchant)),
        then=refutes(DECLINES, 150, family="status-page"),
        why="The payment provider's status page tells of an incident that explains it.",
        lasts=hours(4),
        examples=(
            fires("open", said(STATUS, 0, platform="stripe"), for_=SHOP),
            silent("over", said(STATUS, 0, platform="stripe"), said(STATUS, 60, platform="stripe", state="resolved")),
            silent("another provider", said(STATUS, 0, platform="shopify")),
        ),
    ),
)
