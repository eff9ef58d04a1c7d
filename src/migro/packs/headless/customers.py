"""Customers: who cannot sign in after the move, and who is signed out again and again."""

from __future__ import annotations

from typing import Any

from ...expressions import UNSET, Pred, days, hours, minutes, percent
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
    holding,
    on,
    refutes,
    silent,
    supports,
)
from .browser_signals import LoginRedirect
from .expected import raised
from .references import cited
from .responses import draft_reply, notify, report
from .shop_witnesses import after_cutover, before_cutover, calls, mostly, still
from .signals import HttpRequest, Ticket
from .specimens import SHOP, burst, page, ticket
from .specimens_operations import MOVE, at, said
from .specimens_shop import CUSTOMERS, LOGIN, LOGIN_REDIRECT, MAILS, RESETS, STOREFRONT_CALLS
from .storefront_signals import StorefrontCalls
from .visitor_signals import ActivationMails, CustomerImport, LoginAttempt, ResetRequests
from .witnesses import tickets

__all__ = ["LOCKED_OUT", "LOGIN_LOOP", "RULES"]

LOCKED_OUT = IssueKind[MerchantId](
    "customer_password_migration_lockout",
    category="auth",
    title="Customers cannot sign in after the move",
    what="Passwords do not move between platforms; accounts came without one, or mails about a new one are lost.",
    severity=SeverityScale(default=Severity.SEV3),
    responses=(
        notify("operators"),
        report("share of customers that have set a new password, by day"),
        draft_reply(
            "Passwords cannot be carried over between platforms, so returning customers have to set a new one. A"
            " message for them is attached; we suggest that you send it soon."
        ),
    ),
    human_only=("invite customers in bulk", "write to customers", "switch to signing in without passwords"),
    false_positives="For a week or two many failures are expected where customers were told to set a new password.",
    related=(
        "email_links_old_domain",
        "documentation_confusion",
        "customer_token_expiry_loop",
        "bot_scraping_load",
    ),
    harm=(
        "Customers who come back cannot sign in and the desk has several times its tickets; grave when a"
        " quarter of all logins fails for a day."
    ),
    sources=cited("PW-FLUX", "PW-SME", "PW-LIT", "PW-MPRO"),
)

LOGIN_LOOP = IssueKind[MerchantId](
    "customer_token_expiry_loop",
    category="auth",
    title="Shoppers are signed out by tokens that end early",
    what="Tokens of a headless storefront end sooner than sessions used to, and nothing renews them.",
    severity=SeverityScale(default=Severity.SEV3),
    responses=(
        notify("operators"),
        report("refused calls by age of the token"),
        draft_reply(
            "Sessions of your customers end early because the storefront does not renew their token. A note for your"
            " developer is attached."
        ),
    ),
    human_only=("renew tokens in the storefront", "change their lifetime"),
    false_positives="BigCommerce answers 401 to every GraphQL error, whatever the cause.",
    related=("session_not_carried_to_checkout",),
    harm="Signed-in shoppers are thrown out over and over; those without an account notice nothing.",
    sources=cited("ADB-TOK", "ADB-GQL", "SFCC-TOK", "BC-CODES"),
)

_DAY = hours(24)
_WRONG: Pred[LoginAttempt] = (LoginAttempt.ok == False) & (LoginAttempt.reason == "invalid_credentials")  # noqa: E712
_FAILING = on(LoginAttempt, _WRONG, per=LoginAttempt.merchant)
_FAILURES = _FAILING.count(within=_DAY)
_ACCOUNTS = _FAILING.different(LoginAttempt.account, within=_DAY)
_PLACED = on(LoginAttempt, _WRONG, LoginAttempt.network.present(), per=LoginAttempt.merchant)
# Customers come from about as many networks as they are; five accounts for each network leave room for offices.
_CROWDED = _PLACED.different(LoginAttempt.account, within=_DAY) - 5 * _PLACED.different(
    LoginAttempt.network, within=_DAY
)
_ALL_LOGINS = on(LoginAttempt, per=LoginAttempt.merchant)
_RESETS = on(ResetRequests, per=ResetRequests.merchant, weight=ResetRequests.requests).count(within=_DAY)
_TICKETS = on(
    Ticket, Ticket.author.one_of("end_user", "unknown"), Ticket.features.has("intent.login"), per=Ticket.merchant
).count(within=_DAY)
_IMPORTS = on(CustomerImport, per=CustomerImport.merchant)
_MAILS = on(ActivationMails, per=ActivationMails.merchant)

_REFUSED: Pred[StorefrontCalls] = (StorefrontCalls.status == 401) | (StorefrontCalls.code == "auth.customer")
_REFUSED_CALLS = calls(_REFUSED, StorefrontCalls.customer == True)  # noqa: E712
# A quarter of a minute early or a few minutes late: the next call after the end is the one that is refused.
_AT_THE_END: Pred[StorefrontCalls] = (StorefrontCalls.token_age_s >= StorefrontCalls.token_ttl_s - 60) & (
    StorefrontCalls.token_age_s <= StorefrontCalls.token_ttl_s + 300
)
_LOOPING = on(LoginRedirect, per=(LoginRedirect.merchant, LoginRedirect.session)).at_least(3, within=minutes(60))

# To the login and back is two redirects; who signs in sees one or two of them.
_BOUNCED = on(
    HttpRequest,
    HttpRequest.route_class == "account",
    HttpRequest.method == "GET",
    HttpRequest.status.one_of(302, 303, 307),
    HttpRequest.bot == False,  # noqa: E712
    per=(HttpRequest.merchant, HttpRequest.visitor),
    weight=HttpRequest.requests,
).at_least(6, within=minutes(10))

_CUTOVER = said(MOVE, -200_000, cutover_at=at(-180_000))
_OLD_CUTOVER = said(MOVE, -200_000, cutover_at=at(-15 * 86_400))
_END: dict[str, Any] = {"status": 401, "failed": True, "customer": True, "token_ttl_s": 3_600}


def _failures(at: int, n: int) -> tuple[LoginAttempt, ...]:
    return burst(n, said(LOGIN, at), account="a", network="n")


def _placed(accounts: int, networks: int | None) -> tuple[LoginAttempt, ...]:
    """Return failures of so many accounts, spread over so many networks."""
    return tuple(
        said(LOGIN, 90 + i, account=f"a{i}", **({"network": f"n{i % networks}"} if networks else {"network": UNSET}))
        for i in range(accounts)
    )


def _quarter(failed: tuple[LoginAttempt, ...]) -> tuple[LoginAttempt, ...]:
    """Return these failures among a hundred logins of an hour, and one more of each of the next two hours."""
    fine = burst(100 - len(failed), said(LOGIN, 0, ok=True))
    # Three of four fail, so that the share stays what it was.
    later = (said(failed[0], 3_700), said(LOGIN, 7_300, ok=True))
    return (*fine, *failed, *later)


def _failing(times: int) -> Premise[MerchantId]:
    return (
        (_FAILURES >= greatest(1, 5 * times * before_cutover(_FAILURES)))  # noqa: SIM300
        & _FAILING.distinct(LoginAttempt.account, at_least=20, within=_DAY)
        & after_cutover(days(14))
    )


def _failed(n: int) -> tuple[Signal, ...]:
    return (_CUTOVER, *_failures(-90_000, 4), *_failures(0, n))


def _resetting(times: int) -> Timed[MerchantId]:
    return _RESETS >= greatest(5, 5 * times * before_cutover(_RESETS))  # noqa: SIM300


def _reset(n: int) -> tuple[Signal, ...]:
    return (said(RESETS, -90_000, requests=10), said(RESETS, 0, requests=n))


def _writing(times: int) -> Timed[MerchantId]:
    return _TICKETS >= greatest(3, 3 * times * before_cutover(_TICKETS))  # noqa: SIM300


def _written(n: int) -> tuple[Signal, ...]:
    before = burst(2, ticket(-90_000, "intent.login"), requester="p")
    return (*before, *burst(n, ticket(0, "intent.login"), requester="p"))


def _bounces(visitors: int, times: int) -> tuple[HttpRequest, ...]:
    sent = [page(30 * n, 302, route_class="account") for n in range(times)]
    return tuple(s for one in sent for s in burst(visitors, one, visitor="v"))


RULES: tuple[Rule[Any], ...] = (
    *raised(
        Rule(
            "lockout.failures",
            when=_failing(1),
            then=supports(LOCKED_OUT, STRONG, family="logins"),
            why="After the move five times as many logins as before fail, of twenty accounts or more.",
            lasts=_DAY,
            examples=(
                fires("20 for 4", _CUTOVER, *_failures(-90_000, 4), *_failures(0, 20), for_=SHOP),
                silent("20 for 5", _CUTOVER, *_failures(-90_000, 5), *_failures(0, 20)),
                silent("19 accounts", _CUTOVER, *_failures(0, 19)),
                silent("more than two weeks ago", _OLD_CUTOVER, *_failures(0, 20)),
            ),
        ),
        _failing,
        _failed,
        edge=20,
    ),
    Rule(
        "lockout.a-quarter",
        # What a day's logins do is not decided by one bad hour of them.
        when=_ALL_LOGINS.share(_WRONG, at_least=percent(25), floor=100, within=_DAY).holds(2, of=3, every=hours(1))
        & still(percent(50) * _ACCOUNTS > _CROWDED)
        & after_cutover(days(14)),
        then=supports(LOCKED_OUT, STRONG, family="logins", severity=Severity.SEV2),
        why="In the two weeks after the move a quarter of a day's logins fail for hours, and not from few networks.",
        lasts=_DAY,
        revision=2,
        examples=(
            fires("25 of 100", _CUTOVER, *_quarter(_failures(90, 25)), for_=SHOP),
            fires("networks untold", _CUTOVER, *_quarter(_placed(25, None)), for_=SHOP),
            silent("24 of 100", _CUTOVER, *_quarter(_failures(90, 24))),
            silent("from two networks", _CUTOVER, *_quarter(_placed(25, 2))),
            silent("for an hour", _CUTOVER, *_quarter(_failures(90, 25))[:-1]),
        ),
    ),
    *raised(
        Rule(
            "lockout.resets",
            when=_resetting(1),
            then=supports(LOCKED_OUT, MEDIUM, family="resets"),
            why="Five times as many customers as before ask for a new password.",
            examples=(
                fires("50 for 10", said(RESETS, -90_000, requests=10), said(RESETS, 0, requests=50), for_=SHOP),
                silent("49 for 10", said(RESETS, -90_000, requests=10), said(RESETS, 0, requests=49)),
            ),
        ),
        _resetting,
        _reset,
        edge=50,
    ),
    *raised(
        Rule(
            "lockout.tickets",
            when=_writing(1),
            then=supports(LOCKED_OUT, MEDIUM, family="tickets"),
            why="Three times as many tickets as before are about signing in.",
            examples=(
                fires(
                    "6 for 2",
                    *burst(2, ticket(-90_000, "intent.login"), requester="p"),
                    *burst(6, ticket(0, "intent.login"), requester="p"),
                    for_=SHOP,
                ),
                silent(
                    "5 for 2",
                    *burst(2, ticket(-90_000, "intent.login"), requester="p"),
                    *burst(5, ticket(0, "intent.login"), requester="p"),
                ),
            ),
        ),
        _writing,
        _written,
        edge=6,
    ),
    Rule(
        "lockout.imported",
        when=_IMPORTS.total(CustomerImport.locked_out, within=days(14)).per(
            _IMPORTS.total(CustomerImport.imported, within=days(14)), floor=20
        )
        >= percent(50),
        then=supports(LOCKED_OUT, MEDIUM, family="import"),
        why="At least half of the imported customers cannot sign in: disabled, invited or without a password.",
        examples=(
            fires("50 of 100", said(CUSTOMERS, 0, locked_out=50), for_=SHOP),
            silent("49 of 100", said(CUSTOMERS, 0, locked_out=49)),
        ),
    ),
    Rule(
        "lockout.mails",
        when=_MAILS.total(ActivationMails.delivered, within=days(7)).per(
            _MAILS.total(ActivationMails.sent, within=days(7)), floor=20
        )
        < percent(90),
        then=supports(LOCKED_OUT, WEAK, family="mails"),
        why="Fewer than 90 % of the mails that ask for a new password arrived.",
        examples=(
            fires("89 of 100", said(MAILS, 0, delivered=89), for_=SHOP),
            silent("90 of 100", said(MAILS, 0, delivered=90)),
        ),
    ),
    Rule(
        "lockout.stuffing",
        when=_FAILING.distinct(LoginAttempt.account, at_least=20, within=_DAY)
        & still(_FAILING.top(LoginAttempt.network, within=_DAY).per(_FAILURES, floor=20) >= percent(50)),
        then=refutes(LOCKED_OUT, 150, family="networks"),
        why="Half of the failures come from one network over many accounts: somebody tries stolen passwords.",
        examples=(
            fires("20 of 40", *_failures(0, 20), *burst(20, said(LOGIN, 60), account="b"), for_=SHOP),
            silent("19 of 40", *_failures(0, 21), *burst(19, said(LOGIN, 60), account="b")),
        ),
    ),
    Rule(
        "lockout.few-networks",
        when=still(greatest(20, percent(50) * _ACCOUNTS) <= _CROWDED),
        then=refutes(LOCKED_OUT, 150, family="networks"),
        why="Most accounts that failed were tried from few networks: somebody tries stolen passwords.",
        examples=(
            fires("35 accounts from 3 networks", *_placed(35, 3), for_=SHOP),
            silent("34 accounts", *_placed(34, 3)),
            silent("seven networks", *_placed(35, 7)),
            silent("networks untold", *_placed(35, None)),
            silent("a part of many", *_placed(35, 3), *_failures(200, 40)),
        ),
    ),
    Rule(
        "login-loop.token-age",
        when=calls(_REFUSED, StorefrontCalls.customer == True, _AT_THE_END).at_least(20, within=minutes(60))  # noqa: E712
        & _REFUSED_CALLS.share(_AT_THE_END, at_least=percent(50), floor=20, within=minutes(60)),
        then=supports(LOGIN_LOOP, STRONG, family="graphql"),
        why="Twenty calls of customers were refused within an hour, most of them just when their token had ended.",
        examples=(
            fires("twenty", said(STOREFRONT_CALLS, 0, calls=20, token_age_s=3_540, **_END), for_=SHOP),
            silent("nineteen", said(STOREFRONT_CALLS, 0, calls=19, token_age_s=3_540, **_END)),
            silent("too early", said(STOREFRONT_CALLS, 0, calls=20, token_age_s=3_539, **_END)),
            silent("too late", said(STOREFRONT_CALLS, 0, calls=20, token_age_s=3_901, **_END)),
        ),
    ),
    Rule(
        "login-loop.redirects",
        when=holding(_LOOPING, per=LoginRedirect.merchant, within=minutes(60)) >= 5,
        then=supports(LOGIN_LOOP, MEDIUM, family="browser"),
        why="Five sessions were sent back to the login three times within an hour.",
        examples=(
            fires(
                "five sessions",
                *(s for i in range(3) for s in burst(5, said(LOGIN_REDIRECT, 10 * i), session="s")),
                for_=SHOP,
            ),
            silent(
                "four sessions", *(s for i in range(3) for s in burst(4, said(LOGIN_REDIRECT, 10 * i), session="s"))
            ),
            silent("twice each", *(s for i in range(2) for s in burst(5, said(LOGIN_REDIRECT, 10 * i), session="s"))),
        ),
    ),
    Rule(
        "login-loop.log",
        when=holding(_BOUNCED, per=HttpRequest.merchant, within=minutes(60)) >= 5,
        then=supports(LOGIN_LOOP, MEDIUM, family="http"),
        why="Five visitors were sent to and fro between account and login three times within ten minutes.",
        examples=(
            fires("five visitors", *_bounces(5, 6), for_=SHOP),
            silent("four visitors", *_bounces(4, 6)),
            silent("they sign in", *_bounces(5, 5)),
        ),
    ),
    Rule(
        "login-loop.tickets",
        when=tickets("mentions.logged_out", people=1, within=_DAY),
        then=supports(LOGIN_LOOP, WEAK, family="tickets"),
        why="Somebody wrote of being signed out again and again.",
        examples=(
            fires("one", ticket(0, "mentions.logged_out"), for_=SHOP),
            silent("another matter", ticket(0, "intent.how_to")),
        ),
    ),
    Rule(
        "login-loop.anonymous",
        when=mostly(
            calls(_REFUSED),
            StorefrontCalls.customer == False,  # noqa: E712
            at_least=percent(95),
            floor=20,
            within=minutes(15),
        ),
        then=refutes(LOGIN_LOOP, 60, family="anonymous"),
        why="Nearly all refused calls of the last quarter of an hour came from nobody who is signed in.",
        examples=(
            fires(
                "19 of 20",
                said(STOREFRONT_CALLS, 0, calls=1, **_END),
                said(STOREFRONT_CALLS, 1, calls=19, **{**_END, "customer": False}),
                for_=SHOP,
            ),
            silent(
                "18 of 20",
                said(STOREFRONT_CALLS, 0, calls=2, **_END),
                said(STOREFRONT_CALLS, 1, calls=18, **{**_END, "customer": False}),
            ),
        ),
    ),
)
