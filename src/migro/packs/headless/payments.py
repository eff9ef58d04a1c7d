"""Checkout, third part: payments that are refused."""

from __future__ import annotations

from typing import Any

from ...expressions import Pred, fact, minutes, percent
from ...models import Severity
from ...models.signal import MerchantId, Signal
from ...rules import MEDIUM, STRONG, WEAK, Amounts, IssueKind, Rule, SeverityScale, fires, on, silent, supports
from .references import cited
from .responses import draft_reply, operators
from .signals import Payment, ShopProfile
from .specimens import SHOP, alert, burst, error, payment, profile, ticket
from .stakes import impact_on
from .witnesses import REAL_MONEY, alerting, coded_error, tickets

__all__ = ["DECLINES", "RULES", "SAME_CURRENCY", "TRIFLES"]

DECLINES = IssueKind[MerchantId](
    "payment_decline_surge",
    category="checkout",
    title="Many payments fail",
    what="Credentials, currency, risk rules or the acquirer do not fit the new checkout, so payments are refused.",
    severity=SeverityScale(
        default=Severity.SEV2, by_share=((Severity.SEV1, percent(70)), (Severity.SEV2, percent(40)))
    ),
    impact=impact_on(
        "payment",
        percent(80),
        failed=Amounts(
            of=on(Payment, Payment.topic == "payment.failed", REAL_MONEY, per=Payment.merchant),
            amount=Payment.amount_minor,
            currency=Payment.currency,
            each=Payment.cart_ref,
            within=minutes(30),
        ),
    ),
    responses=(
        *operators("failures by code, method and currency, as totals"),
        draft_reply(
            "Many payments in your shop fail since {first_seen}. Please compare gateway keys, currency and risk rules"
            " with the settings in the report; we change none of them."
        ),
    ),
    human_only=("change gateway settings", "change risk rules", "replace credentials"),
    false_positives=(
        "One shopper who tries again and again counts several times; small shops swing widely; a card without funds"
        " is the issuer's word and no fault of the shop."
    ),
    related=("card_testing_attack", "test_mode_in_production", "platform_incident_systemic", "express_wallet_missing"),
    harm=(
        "Whoever tries to pay may fail, and the orders of that step are lost; graver the fewer payments still succeed."
    ),
    sources=cited("STRIPE-DECL", "STRIPE-ERR", "ADYEN-HANDLE"),
    about=("payment",),
)

_FAILED: Pred[Payment] = Payment.topic == "payment.failed"
# Stripe tells one attempt by its intent, and again by its charge, session or invoice; PayPal by its capture, and again
# by its checkout. Adyen tells it once.
_ATTEMPT: Pred[Payment] = Payment.raw_topic.missing() | ~Payment.raw_topic.matches(r"(?i)^(charge|checkout|invoice)\.")
# Codes that name the shop's own set-up, not the card: of Stripe in small letters, of Adyen in words, of PayPal in
# capitals or numbers.
_SET_UP: Pred[Payment] = Payment.decline_code.one_of(
    "8020",  # configuration error
    "8030",  # unsupported operation
    "Authentication required",
    "INTERNATIONAL_WITHDRAWAL",
    "Invalid Amount",
    "Not Submitted",
    "PPCE",  # registration of the shop is incomplete
    "RECEIVING_PREFERENCE_MANDATES_MANUAL_ACTION",
    "UNILATERAL",
    "VERIFICATION_REQUIRED",
    "account_invalid",
    "api_key_expired",
    "authentication_required",
    "currency_not_supported",
    "invalid_account",
    "invalid_api_key",
    "invalid_request",
    "merchant_blacklist",
    "testmode_decline",
)
# A sum in another currency than the usual order's cannot be held against it.
SAME_CURRENCY: Pred[Payment] = Payment.currency.missing() | (Payment.currency == fact(ShopProfile.currency))
_TRIED = on(Payment, Payment.topic.one_of("order.paid", "payment.failed"), REAL_MONEY, _ATTEMPT, per=Payment.merchant)

# Who tries out stolen cards is refused, and pays next to nothing: that no shopper can pay does not follow.
TRIFLES = (
    on(Payment, _FAILED, REAL_MONEY, Payment.amount_minor.present(), SAME_CURRENCY, per=Payment.merchant)
    .quantile(percent(50), Payment.amount_minor, within=minutes(30))
    .per(fact(ShopProfile.aov_minor))
) <= percent(20)

_OTHERS = (
    ("adyen", "AUTHORISATION", "Not Submitted"),
    ("paypal", "PAYMENT.CAPTURE.DENIED", "RECEIVING_PREFERENCE_MANDATES_MANUAL_ACTION"),
)


def _small(amount_minor: int) -> tuple[Signal, ...]:
    # An order is usually worth 70.00.
    return (profile(-60), *burst(30, payment(60, "payment.failed", amount_minor=amount_minor)))


def _failed(provider: str, raw_topic: str, code: str) -> Payment:
    return payment(0, "payment.failed", provider=provider, raw_topic=raw_topic, decline_code=code)


RULES: tuple[Rule[Any], ...] = (
    Rule(
        "payment.declines",
        when=_TRIED.share(_FAILED, at_least=percent(40), floor=30, within=minutes(30)).unless(TRIFLES),
        then=supports(DECLINES, MEDIUM, family="payments"),
        why="At least 40 % of payments failed within half an hour.",
        revision=2,
        examples=(
            fires("18 of 30", *burst(12, payment()), *burst(18, payment(60, "payment.failed")), for_=SHOP),
            silent("17 of 30 can be chance", *burst(13, payment()), *burst(17, payment(60, "payment.failed"))),
            silent("one payment too few", *burst(11, payment()), *burst(18, payment(60, "payment.failed"))),
            silent("a test account", *burst(30, payment(0, "payment.failed", livemode=False))),
            silent("sums that nobody orders for", *_small(1_400)),
            silent(
                "one attempt told twice",
                *burst(15, payment()),
                *burst(15, payment(60, "payment.failed", raw_topic="payment_intent.payment_failed")),
                *burst(15, payment(60, "payment.failed", raw_topic="charge.failed")),
            ),
        ),
    ),
    Rule(
        "payment.most-decline",
        when=_TRIED.share(_FAILED, at_least=percent(60), floor=30, within=minutes(30)).unless(TRIFLES),
        then=supports(DECLINES, STRONG, family="payments"),
        why="At least 60 % of payments failed within half an hour, which no card mix explains.",
        revision=2,
        examples=(
            fires("24 of 30", *burst(6, payment()), *burst(24, payment(60, "payment.failed")), for_=SHOP),
            silent("23 of 30 can be chance", *burst(7, payment()), *burst(23, payment(60, "payment.failed"))),
            silent("one payment too few", *burst(29, payment(60, "payment.failed"))),
            silent("sums that nobody orders for", *_small(1_400)),
            fires("14.01 for 70.00", *_small(1_401), for_=SHOP),
        ),
    ),
    Rule(
        "payment.set-up-code",
        when=on(Payment, _FAILED, REAL_MONEY, _ATTEMPT, _SET_UP, per=Payment.merchant)
        .top(Payment.decline_code, within=minutes(30))
        .per(on(Payment, _FAILED, REAL_MONEY, _ATTEMPT, per=Payment.merchant).count(within=minutes(30)), floor=5)
        >= percent(80),
        then=supports(DECLINES, STRONG, family="payments"),
        why="At least 80 % of five failed payments or more failed for one reason that names the shop's own set-up.",
        examples=(
            fires("five", *burst(5, payment(0, "payment.failed", decline_code="invalid_api_key")), for_=SHOP),
            *(fires(f"five of {of}", *burst(5, _failed(of, topic, code)), for_=SHOP) for of, topic, code in _OTHERS),
            silent("PayPal tells it again", *burst(5, _failed("paypal", "CHECKOUT.ORDER.DECLINED", "UNILATERAL"))),
            silent("no money at PayPal", *burst(5, _failed("paypal", "PAYMENT.CAPTURE.DENIED", "INSUFFICIENT_FUNDS"))),
            silent("no money at Adyen", *burst(5, _failed("adyen", "AUTHORISATION", "Not enough balance"))),
            silent("four", *burst(4, payment(0, "payment.failed", decline_code="invalid_api_key"))),
            silent(
                "3 of 5",
                *burst(2, payment(0, "payment.failed", decline_code="insufficient_funds")),
                *burst(3, payment(9, "payment.failed", decline_code="invalid_api_key")),
            ),
            silent("cards without funds", *burst(5, payment(0, "payment.failed", decline_code="insufficient_funds"))),
        ),
    ),
    Rule(
        "payment.error",
        when=coded_error("checkout.payment", events=10, users=5),
        then=supports(DECLINES, MEDIUM, family="error-tracker"),
        why="The storefront reports payment errors, at least ten.",
        examples=(
            fires("ten", error(0, code="checkout.payment", events=10), for_=SHOP),
            silent("nine", error(0, code="checkout.payment", events=9, users=4)),
        ),
    ),
    Rule(
        "payment.alert",
        when=alerting("(?i)payment.*(fail|declin|error|success)|(declin|authori[sz]ation).*rate"),
        then=supports(DECLINES, MEDIUM, family="alerts"),
        why="A monitor's alert about payments is firing.",
        examples=(
            fires("by its name", alert(0, alertname="PaymentSuccessRateLow"), for_=SHOP),
            silent("something else", alert(0, alertname="DiskFull")),
        ),
    ),
    Rule(
        "payment.tickets",
        when=tickets("intent.payment_declined", people=3, within=minutes(60)),
        then=supports(DECLINES, WEAK, family="tickets"),
        why="Three people wrote that their payment was refused.",
        examples=(
            fires("three", *burst(3, ticket(0, "intent.payment_declined"), requester="p"), for_=SHOP),
            silent("two", *burst(2, ticket(0, "intent.payment_declined"), requester="p")),
        ),
    ),
)
