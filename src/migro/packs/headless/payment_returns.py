"""Ways to pay: shoppers who come back without their session, and wallets that vanish."""

from __future__ import annotations

from typing import Any

from ...expressions import Pred, hours, minutes, percent
from ...models import Severity
from ...models.signal import MerchantId
from ...rules import (
    MEDIUM,
    STRONG,
    WEAK,
    IssueKind,
    Rule,
    SeverityScale,
    fires,
    holding,
    on,
    refutes,
    silent,
    supports,
    vetoes,
)
from .check_signals import CookieCheck, WalletFile
from .references import cited
from .responses import dashboard, draft_reply, notify, operators, report
from .shop_witnesses import before_cutover, mostly
from .signals import Cart, Payment
from .specimens import SHOP, burst, payment, ticket
from .specimens_operations import said
from .specimens_shop import CART, COOKIE, RETURNS, WALLET_FILE
from .stakes import impact_on
from .storefront_signals import PaymentReturns
from .witnesses import REAL_MONEY, tickets

__all__ = ["RETURN_LOST", "RULES", "WALLET_MISSING"]

RETURN_LOST = IssueKind[MerchantId](
    "samesite_payment_return_loss",
    category="checkout",
    title="Shoppers come back from the bank without their session",
    what="Cookies that do not travel across sites are missing on the way back, so who has paid meets an empty cart.",
    severity=SeverityScale(default=Severity.SEV2),
    impact=impact_on("payment", percent(80)),
    responses=(
        *operators("flags of the session cookie, pseudonyms of payments whose order is missing"),
        notify("finance"),
        draft_reply(
            "Some shoppers come back from their bank without their session, so the order is not completed although the"
            " bank has agreed. Please neither capture nor refund these payments before they are reconciled."
        ),
    ),
    human_only=("change the cookies", "write to the payers", "capture or void"),
    false_positives="Who closes the bank's page looks the same, unless the provider says how far it went.",
    related=("payment_captured_no_order", "duplicate_order_or_charge", "cart_lost_at_checkout"),
    harm=(
        "Those who pay through a bank or wallet are charged without an order, which brings refunds and second payments."
    ),
    sources=cited("CRAFT-2737", "BC-SDKJS-717"),
    causes=("payment_captured_no_order",),
    lag=hours(1),
    about=("payment",),
)

WALLET_MISSING = IssueKind[MerchantId](
    "express_wallet_missing",
    category="checkout",
    title="Buttons of wallets are gone",
    what="The file by which a wallet knows the shop is missing on the new host, or the host is not registered.",
    severity=SeverityScale(default=Severity.SEV3),
    responses=(
        notify("operators"),
        report("address, status and content type of the file"),
        dashboard(),
        draft_reply(
            "A wallet cannot verify your new storefront: its file is missing or redirected. It has to be served over"
            " HTTPS without a redirect; the address is in the report."
        ),
    ),
    human_only=("upload the file", "register the domain with the provider"),
    false_positives="Wallets show on some devices only; a check without a device can judge the file and nothing else.",
    related=("payment_decline_surge", "seo_redirect_404_spike", "csp_blocking_scripts"),
    harm="Only those who pay by wallet are hit, and about half of them pay another way.",
    sources=cited("AP-678", "AP-1442", "AP-DODO"),
)

_RETURNS = on(PaymentReturns, per=PaymentReturns.merchant, weight=PaymentReturns.returns)
_AGREED = on(
    Payment,
    Payment.state.one_of("requires_capture", "authorized", "succeeded"),
    per=(Payment.merchant, Payment.cart_ref),
)
_AGREED_CARTS = on(
    Payment, Payment.state.one_of("requires_capture", "authorized", "succeeded"), per=Payment.merchant
).different(Payment.cart_ref, within=minutes(60))
_AGAIN = on(Cart, Cart.topic == "cart.checkout_started", per=(Cart.merchant, Cart.cart_ref))
_SESSION_COOKIE = on(
    CookieCheck, CookieCheck.purpose == "session", CookieCheck.env == "production", per=CookieCheck.merchant
)
_PAID = on(Payment, Payment.topic == "order.paid", REAL_MONEY, per=Payment.merchant)
_BY_WALLET = on(
    Payment,
    Payment.topic == "order.paid",
    REAL_MONEY,
    Payment.method.one_of("apple_pay", "google_pay"),
    per=Payment.merchant,
)
_WALLET_SHARE = _BY_WALLET.count(within=hours(24)).per(_PAID.count(within=hours(24)), floor=50)
_FILES = on(WalletFile, WalletFile.expected == True, per=(WalletFile.merchant, WalletFile.host))  # noqa: E712
_NO_FILE: Pred[WalletFile] = (WalletFile.status != 200) | (WalletFile.redirected == True)  # noqa: E712
_NO_FILE_TWICE = _FILES.fits(_NO_FILE).runs(2, of=2, within=hours(2))

_BANK: dict[str, Any] = {"state": "requires_capture"}


def _paid(at: int, wallets: int) -> tuple[Payment, ...]:
    return (
        *burst(wallets, payment(at, method="apple_pay"), payment_id="w"),
        *burst(100 - wallets, payment(at + 200, method="card"), payment_id="p"),
    )


def _agreed(n: int) -> tuple[Payment, ...]:
    return burst(n, payment(0, "payment.updated", **_BANK), cart_ref="c")


def _anew(n: int) -> tuple[Cart, ...]:
    return burst(n, said(CART, 160, topic="cart.checkout_started"), cart_ref="c")


RULES: tuple[Rule[Any], ...] = (
    Rule(
        "return.no-session",
        when=_RETURNS.share(PaymentReturns.with_session == False, at_least=percent(10), floor=10, within=minutes(30)),  # noqa: E712
        then=supports(RETURN_LOST, STRONG, family="returns"),
        why="At least 10 % of shoppers came back from payment without their session within half an hour.",
        examples=(
            fires(
                "10 of 100", said(RETURNS, 0, returns=90), said(RETURNS, 1, returns=10, with_session=False), for_=SHOP
            ),
            silent("9 of 100", said(RETURNS, 0, returns=91), said(RETURNS, 1, returns=9, with_session=False)),
            silent("nine returns", said(RETURNS, 0, returns=9, with_session=False)),
        ),
    ),
    Rule(
        "return.starts-again",
        when=holding(_AGAIN.after(_AGREED, within=minutes(5)), per=Cart.merchant, within=minutes(60)) >= 5,
        then=supports(RETURN_LOST, MEDIUM, family="payments"),
        why="Five carts began checkout anew within five minutes after their bank had agreed.",
        examples=(
            fires(
                "five carts",
                *burst(5, payment(0, "payment.updated", **_BANK), cart_ref="c"),
                *burst(5, said(CART, 60, topic="cart.checkout_started"), cart_ref="c"),
                for_=SHOP,
            ),
            silent(
                "four carts",
                *burst(5, payment(0, "payment.updated", **_BANK), cart_ref="c"),
                *burst(4, said(CART, 60, topic="cart.checkout_started"), cart_ref="c"),
            ),
            silent(
                "the bank did not agree",
                *burst(5, payment(0, "payment.updated", state="requires_action"), cart_ref="c"),
                *burst(5, said(CART, 60, topic="cart.checkout_started"), cart_ref="c"),
            ),
        ),
    ),
    Rule(
        "return.many-start-again",
        # The provider's word leaves out those who closed the page of their bank.
        when=holding(_AGAIN.after(_AGREED, within=minutes(5)), per=Cart.merchant, within=minutes(60)).per(
            _AGREED_CARTS, floor=20, bound="wilson"
        )
        >= percent(10),
        then=supports(RETURN_LOST, STRONG, family="payments"),
        why="A tenth of the carts whose bank agreed began checkout anew within five minutes.",
        examples=(
            fires("10 of 100", *_agreed(100), *_anew(10), for_=SHOP),
            silent("9 of 100", *_agreed(100), *_anew(9)),
            silent("19 carts", *_agreed(19), *_anew(19)),
            silent("another cart", *_agreed(100), *burst(10, said(CART, 160, topic="cart.checkout_started"))),
        ),
    ),
    Rule(
        "return.strict-cookie",
        when=_SESSION_COOKIE.fits(CookieCheck.same_site == "Strict"),
        then=supports(RETURN_LOST, MEDIUM, family="probe"),
        why="Production sets its session cookie so that it never crosses sites.",
        lasts=hours(24),
        examples=(
            fires("strict", said(COOKIE, 0, same_site="Strict"), for_=SHOP),
            silent("lax", said(COOKIE, 0)),
            silent("another cookie", said(COOKIE, 0, purpose="consent", same_site="Strict")),
        ),
    ),
    Rule(
        "return.tickets",
        when=tickets("mentions.lost_after_bank", people=1, within=hours(24)),
        then=supports(RETURN_LOST, WEAK, family="tickets"),
        why="Somebody wrote of losing the cart after the bank.",
        examples=(
            fires("one", ticket(0, "mentions.lost_after_bank"), for_=SHOP),
            silent("another matter", ticket(0, "intent.how_to")),
        ),
    ),
    Rule(
        "return.with-session",
        when=mostly(_RETURNS, PaymentReturns.with_session == True, at_least=percent(98), floor=10, within=minutes(5)),  # noqa: E712
        then=refutes(RETURN_LOST, 150, family="returns-ok"),
        why="Nearly everybody who came back in the last five minutes had the session.",
        examples=(
            fires(
                "98 of 100", said(RETURNS, 0, returns=2, with_session=False), said(RETURNS, 1, returns=98), for_=SHOP
            ),
            silent("97 of 100", said(RETURNS, 0, returns=3, with_session=False), said(RETURNS, 1, returns=97)),
        ),
    ),
    Rule(
        "return.abandoned",
        when=mostly(
            on(Payment, REAL_MONEY, Payment.topic == "payment.updated", per=Payment.merchant),
            Payment.state.one_of("abandoned", "canceled"),
            at_least=percent(50),
            floor=5,
            within=minutes(30),
        ),
        then=refutes(RETURN_LOST, 60, family="abandoned"),
        why="The provider says that most shoppers gave up before their bank asked them.",
        examples=(
            fires(
                "3 of 6",
                *burst(3, payment(0, "payment.updated", state="requires_capture")),
                *burst(3, payment(9, "payment.updated", state="abandoned")),
                for_=SHOP,
            ),
            silent(
                "2 of 5",
                *burst(3, payment(0, "payment.updated", state="requires_capture")),
                *burst(2, payment(9, "payment.updated", state="abandoned")),
            ),
        ),
    ),
    Rule(
        "wallet.file",
        when=holding(_NO_FILE_TWICE, per=WalletFile.merchant, within=hours(2)) >= 1,
        then=supports(WALLET_MISSING, STRONG, family="probe"),
        why="The file of a wallet was missing or redirected twice in a row.",
        examples=(
            fires("twice", said(WALLET_FILE, 0, status=404), said(WALLET_FILE, 600, status=404), for_=SHOP),
            fires(
                "redirected", said(WALLET_FILE, 0, redirected=True), said(WALLET_FILE, 600, redirected=True), for_=SHOP
            ),
            silent("once", said(WALLET_FILE, 0), said(WALLET_FILE, 600, status=404)),
            silent("two hosts", said(WALLET_FILE, 0, status=404), said(WALLET_FILE, 600, status=404, host="b.example")),
            silent(
                "no wallet expected",
                said(WALLET_FILE, 0, status=404, expected=False),
                said(WALLET_FILE, 600, status=404, expected=False),
            ),
        ),
    ),
    Rule(
        "wallet.share",
        when=_WALLET_SHARE <= percent(20) * before_cutover(_WALLET_SHARE),  # noqa: SIM300
        then=supports(WALLET_MISSING, MEDIUM, family="payments"),
        why="Wallets pay at most a fifth of the share that they paid before.",
        examples=(
            fires("4 for 20 of 100", *_paid(-90_000, 20), *_paid(0, 4), for_=SHOP),
            silent("5 for 20 of 100", *_paid(-90_000, 20), *_paid(0, 5)),
        ),
    ),
    Rule(
        "wallet.tickets",
        when=tickets("mentions.wallet_missing", people=1, within=hours(24)),
        then=supports(WALLET_MISSING, WEAK, family="tickets"),
        why="Somebody wrote that a wallet's button is missing.",
        examples=(
            fires("one", ticket(0, "mentions.wallet_missing"), for_=SHOP),
            silent("another matter", ticket(0, "intent.how_to")),
        ),
    ),
    Rule(
        "wallet.switched-off",
        when=on(WalletFile, WalletFile.switched_off == True, per=WalletFile.merchant),  # noqa: E712
        then=vetoes(WALLET_MISSING, family="setup"),
        why="The merchant has switched the wallet off.",
        lasts=hours(24),
        examples=(
            fires("off", said(WALLET_FILE, 0, status=404, switched_off=True), for_=SHOP),
            silent("on", said(WALLET_FILE, 0, status=404)),
        ),
    ),
)
