"""Access, second part: what the calls themselves say about tokens and scopes, and tokens that expire."""

from __future__ import annotations

from typing import Any

from ...expressions import Pred, days, hours, minutes, percent
from ...models import Severity
from ...models.signal import MerchantId
from ...rules import (
    MEDIUM,
    STRONG,
    WEAK,
    IssueKind,
    Rule,
    SeverityScale,
    during,
    fires,
    holding,
    on,
    refutes,
    silent,
    supports,
)
from .auth import MISSING_SCOPE, TOKEN_REVOKED
from .operations_signals import ApiCalls
from .references import cited
from .responses import draft_reply, operators
from .shop_witnesses import calls, mostly
from .signals import HttpRequest
from .specimens import SHOP, burst
from .specimens import page as view
from .specimens_operations import CALLS, LOG, at, said
from .specimens_shop import SETUP, STOREFRONT_CALLS
from .stakes import impact_on
from .storefront_signals import ShopSetup, StorefrontCalls
from .witnesses import logged

__all__ = ["RULES", "TOKEN_EXPIRED"]

TOKEN_EXPIRED = IssueKind[MerchantId](
    "storefront_token_expired",
    category="auth",
    title="The storefront's token has expired",
    what="The public token that every page needs has reached its end; all of them lose their product data at once.",
    severity=SeverityScale(default=Severity.SEV1),
    impact=impact_on("session", percent(2)),
    responses=(
        *operators("time of expiry, first refused call, what the cache still serves"),
        draft_reply(
            "The token of your storefront has expired. Pages in the cache still work, new ones fail. Please make a new"
            " token and deploy it; leave the cache as it is until then, since it carries the shop."
        ),
    ),
    human_only=("issue a new token", "deploy it", "empty the cache"),
    false_positives="The cache hides the fault page by page, although it begins sharply at the API.",
    related=("env_var_missing_after_deploy", "api_token_revoked", "cors_blocked"),
    harm="Every page that is not cached fails for everybody at once; nothing else in this pack hits as many.",
    sources=cited("BC-AUTHDOC", "BC-CODES"),
    causes=(
        "checkout_server_error_spike",
        "cors_blocked",
    ),
)

_ADMIN: Pred[StorefrontCalls] = StorefrontCalls.api == "admin"
_STOREFRONT: Pred[StorefrontCalls] = StorefrontCalls.api == "storefront"
# A call that went well need not say its status, and was not refused.
_401: Pred[StorefrontCalls] = StorefrontCalls.status.present() & (StorefrontCalls.status == 401)
_PASSED: Pred[StorefrontCalls] = StorefrontCalls.failed == False  # noqa: E712
_DENIED: Pred[StorefrontCalls] = StorefrontCalls.code == "auth.scope"
_ONE_FIELD = on(
    StorefrontCalls,
    _DENIED,
    per=(StorefrontCalls.merchant, StorefrontCalls.field),
    weight=StorefrontCalls.calls,
).at_least(3, within=minutes(30))
_LAST_MINUTE = (
    calls(_STOREFRONT, _401).count(within=minutes(1)).per(calls(_STOREFRONT).count(within=minutes(1)), floor=5)
)
_PAGES = on(
    HttpRequest,
    HttpRequest.route_class.one_of("pdp", "plp"),
    HttpRequest.bot == False,  # noqa: E712
    per=HttpRequest.merchant,
    weight=HttpRequest.requests,
)
# Some platforms have products and categories at the root, where an address does not say what it is.
_ANY_PAGE = on(
    HttpRequest,
    HttpRequest.route_class.one_of("home", "other", "pdp", "plp", "search"),
    HttpRequest.bot == False,  # noqa: E712
    ~HttpRequest.features.has("request.scan"),
    per=HttpRequest.merchant,
    weight=HttpRequest.requests,
)

_ALL_REFUSED = calls(_ADMIN).share(_401, at_least=percent(80), floor=10, within=minutes(10))

_OWN: dict[str, Any] = {"api": "admin", "operation": "orders"}
_NO_SCOPE: dict[str, Any] = {"result": "failed", "code": "auth.scope"}
_NO_KEY: dict[str, Any] = {"result": "failed", "code": "auth.token_invalid"}
_NO: dict[str, Any] = {"status": 401, "failed": True}
_FIELD: dict[str, Any] = {"code": "auth.scope", "field": "menu", "failed": True}


_ENDS = on(ShopSetup, per=ShopSetup.merchant)
_ENDED = during(_ENDS, starts=ShopSetup.storefront_token_ends, ends=ShopSetup.storefront_token_ends, slack=minutes(60))
# A token that was renewed in time: every end that was ever told is remembered, and the newer one is still to come.
_RENEWED = during(_ENDS, starts=ShopSetup.storefront_token_ends, ends=ShopSetup.storefront_token_ends, lead=days(3_660))


_SLUG = view(0, route_class="other", route="/:slug")
_REFUSED = said(LOG, 60, "log.unauthorised", lines=20)


def _ended(seconds: int) -> tuple[ShopSetup, ...]:
    return (said(SETUP, -7_200, storefront_token_ends=at(seconds)),)


RULES: tuple[Rule[Any], ...] = (
    Rule(
        "token.401-share",
        when=_ALL_REFUSED,
        then=supports(TOKEN_REVOKED, STRONG, family="calls"),
        why="At least 80 % of the administrative calls were refused within ten minutes.",
        revision=2,
        examples=(
            fires(
                "80 of 100",
                said(STOREFRONT_CALLS, 0, calls=20, **_OWN),
                said(STOREFRONT_CALLS, 1, calls=80, **_OWN, **_NO),
                for_=SHOP,
            ),
            silent(
                "79 of 100",
                said(STOREFRONT_CALLS, 0, calls=21, **_OWN),
                said(STOREFRONT_CALLS, 1, calls=79, **_OWN, **_NO),
            ),
            silent("nine calls", said(STOREFRONT_CALLS, 1, calls=9, **_OWN, **_NO)),
            silent(
                "a status told only of refusals",
                said(STOREFRONT_CALLS, 0, calls=90, status=None, **_OWN),
                said(STOREFRONT_CALLS, 1, calls=10, **_OWN, **_NO),
            ),
        ),
    ),
    Rule(
        "token.401-for-an-hour",
        when=_ALL_REFUSED.held(minutes(60)),
        then=supports(TOKEN_REVOKED, STRONG, family="calls", severity=Severity.SEV2),
        why="At least 80 % of the administrative calls have been refused for an hour.",
        revision=2,
        examples=(
            fires("an hour", *burst(14, said(STOREFRONT_CALLS, 0, calls=10, **_OWN, **_NO), every=300), for_=SHOP),
            silent("less", *burst(13, said(STOREFRONT_CALLS, 0, calls=10, **_OWN, **_NO), every=300)),
            silent(
                "passed in between",
                *burst(14, said(STOREFRONT_CALLS, 0, calls=10, **_OWN, **_NO), every=300),
                said(STOREFRONT_CALLS, 1_800, calls=30, **_OWN),
            ),
        ),
    ),
    Rule(
        "token.log",
        when=logged("code.auth.token_invalid", lines=3, within=minutes(10)),
        then=supports(TOKEN_REVOKED, STRONG, family="error-tracker"),
        why="A log said three times within ten minutes that the token is invalid.",
        examples=(
            fires("three lines", said(LOG, 0, "code.auth.token_invalid", lines=3), for_=SHOP),
            silent("two lines", said(LOG, 0, "code.auth.token_invalid", lines=2)),
        ),
    ),
    Rule(
        "token.nothing-passes",
        when=calls(_ADMIN, _401).without(calls(_ADMIN, _PASSED), within=minutes(60)),
        then=supports(TOKEN_REVOKED, WEAK, family="boards"),
        why="No administrative call passed for an hour after one was refused: what is shown is old.",
        revision=2,
        examples=(
            fires(
                "an hour",
                said(STOREFRONT_CALLS, 0, **_OWN, **_NO),
                said(STOREFRONT_CALLS, 3_660, **_OWN, **_NO),
                for_=SHOP,
            ),
            silent(
                "one passed",
                said(STOREFRONT_CALLS, 0, **_OWN, **_NO),
                said(STOREFRONT_CALLS, 3_600, **_OWN),
                said(STOREFRONT_CALLS, 3_660, **_OWN, **_NO),
            ),
        ),
    ),
    Rule(
        "scope.one-field",
        when=(holding(_ONE_FIELD, per=StorefrontCalls.merchant, within=minutes(30)) >= 1)
        & calls(_PASSED).at_least(1, within=minutes(30)),
        then=supports(MISSING_SCOPE, STRONG, family="calls"),
        why="One field was denied three times within half an hour while other calls passed.",
        examples=(
            fires("three times", said(STOREFRONT_CALLS, 0), said(STOREFRONT_CALLS, 1, calls=3, **_FIELD), for_=SHOP),
            silent("twice", said(STOREFRONT_CALLS, 0), said(STOREFRONT_CALLS, 1, calls=2, **_FIELD)),
            silent("nothing passes", said(STOREFRONT_CALLS, 1, calls=3, **_FIELD)),
            silent(
                "three fields",
                said(STOREFRONT_CALLS, 0),
                *burst(3, said(STOREFRONT_CALLS, 1, **_FIELD), field="f"),
            ),
        ),
    ),
    Rule(
        "scope.answers",
        when=on(ApiCalls, ApiCalls.code == "auth.scope", per=ApiCalls.merchant, weight=ApiCalls.calls).at_least(
            3, within=minutes(30)
        )
        & on(ApiCalls, ApiCalls.result == "ok", per=ApiCalls.merchant).at_least(1, within=minutes(30)),
        then=supports(MISSING_SCOPE, STRONG, family="calls"),
        why="The API denied something three times within half an hour while other calls passed.",
        examples=(
            fires("three", said(CALLS, 0), said(CALLS, 1, calls=3, **_NO_SCOPE), for_=SHOP),
            silent("two", said(CALLS, 0), said(CALLS, 1, calls=2, **_NO_SCOPE)),
            silent("nothing passes", said(CALLS, 1, calls=3, **_NO_SCOPE)),
            silent("the key itself", said(CALLS, 0), said(CALLS, 1, calls=3, **_NO_KEY)),
        ),
    ),
    Rule(
        "token.answers",
        when=on(ApiCalls, per=ApiCalls.merchant, weight=ApiCalls.calls).share(
            ApiCalls.code.present(),
            ApiCalls.code == "auth.token_invalid",
            at_least=percent(80),
            floor=10,
            within=minutes(10),
        ),
        then=supports(TOKEN_REVOKED, STRONG, family="calls"),
        why="The API refused the key in at least 80 % of the answers of ten minutes.",
        examples=(
            fires("80 of 100", said(CALLS, 0, calls=20), said(CALLS, 1, calls=80, **_NO_KEY), for_=SHOP),
            silent("79 of 100", said(CALLS, 0, calls=21), said(CALLS, 1, calls=79, **_NO_KEY)),
            silent("a scope", said(CALLS, 1, calls=80, **_NO_SCOPE)),
        ),
    ),
    Rule(
        "scope.deleted-things",
        when=mostly(calls(_DENIED), StorefrontCalls.gone == True, at_least=percent(95), floor=3, within=minutes(5)),  # noqa: E712
        then=refutes(MISSING_SCOPE, 60, family="deleted"),
        why="Only things that have been deleted are denied.",
        examples=(
            fires("all of it", said(STOREFRONT_CALLS, 0, calls=3, gone=True, **_FIELD), for_=SHOP),
            silent(
                "94 of 100",
                said(STOREFRONT_CALLS, 0, calls=6, gone=False, **_FIELD),
                said(STOREFRONT_CALLS, 1, calls=94, gone=True, **_FIELD),
            ),
        ),
    ),
    Rule(
        "storefront-token.refused",
        # A step and no slope: a minute that is nearly all refusals comes soon after one with hardly any. How soon is
        # for the share of five minutes to say, which leaves no room for a slope; the sums between may be missing.
        when=calls(_STOREFRONT).share(_401, at_least=percent(90), floor=20, within=minutes(5))
        & (_LAST_MINUTE >= percent(90)).after(_LAST_MINUTE <= percent(10), within=minutes(5)),  # noqa: SIM300
        then=supports(TOKEN_EXPIRED, STRONG, family="calls"),
        why="Within five minutes the storefront's calls turn from hardly any to at least 90 % refused.",
        revision=3,
        examples=(
            fires(
                "all at once",
                said(STOREFRONT_CALLS, 0, calls=10),
                said(STOREFRONT_CALLS, 90, calls=100, **_NO),
                for_=SHOP,
            ),
            silent(
                "89 of 100",
                said(STOREFRONT_CALLS, 0, calls=11),
                said(STOREFRONT_CALLS, 90, calls=89, **_NO),
            ),
            silent(
                "always so", said(STOREFRONT_CALLS, 0, calls=10, **_NO), said(STOREFRONT_CALLS, 90, calls=100, **_NO)
            ),
            fires(
                "no word of the minutes between",
                said(STOREFRONT_CALLS, 0, calls=30),
                *(said(STOREFRONT_CALLS, 240 + 120 * i, calls=30, **_NO) for i in range(2)),
                for_=SHOP,
            ),
            silent(
                "more every minute",
                *(said(STOREFRONT_CALLS, 60 * i, calls=100 - 20 * i) for i in range(5)),
                *(said(STOREFRONT_CALLS, 60 * i, calls=20 * i, **_NO) for i in range(1, 6)),
            ),
            silent("19 calls", said(STOREFRONT_CALLS, 0, calls=5), said(STOREFRONT_CALLS, 301, calls=19, **_NO)),
        ),
    ),
    Rule(
        "storefront-token.expiry",
        when=during(
            on(ShopSetup, per=ShopSetup.merchant),
            starts=ShopSetup.storefront_token_ends,
            ends=ShopSetup.storefront_token_ends,
            lead=minutes(10),
            slack=minutes(10),
        )
        & calls(_STOREFRONT).share(_401, at_least=percent(90), floor=20, within=minutes(5)),
        then=supports(TOKEN_EXPIRED, MEDIUM, family="plan"),
        why="The storefront's calls are refused within ten minutes of the token's end.",
        revision=2,
        examples=(
            fires(
                "ten minutes after",
                said(SETUP, 0, storefront_token_ends=at(0)),
                said(STOREFRONT_CALLS, 600, calls=100, **_NO),
                for_=SHOP,
            ),
            silent(
                "later",
                said(SETUP, 0, storefront_token_ends=at(0)),
                said(STOREFRONT_CALLS, 601, calls=100, **_NO),
            ),
            silent(
                "nothing is refused",
                said(SETUP, 0, storefront_token_ends=at(0)),
                said(STOREFRONT_CALLS, 600, calls=100),
            ),
        ),
    ),
    Rule(
        "storefront-token.pages-fail",
        when=_PAGES.share(HttpRequest.status.between(500, 599), at_least=percent(5), floor=20, within=minutes(5)),
        then=supports(TOKEN_EXPIRED, WEAK, family="http"),
        why="At least 5 % of product and category pages failed within five minutes.",
        examples=(
            fires("5 of 100", *burst(95, view(0)), *burst(5, view(100, 500)), for_=SHOP),
            silent("4 of 100", *burst(96, view(0)), *burst(4, view(100, 500))),
        ),
    ),
    Rule(
        "storefront-token.pages-fail-on-time",
        # Pages that are in the cache go on for a while, so it spreads for an hour. A token that has ended
        # opens nothing: that a few calls pass says enough, where next to all comes out of a cache.
        when=_ANY_PAGE.share(
            HttpRequest.status.between(500, 599), at_least=percent(20), floor=20, within=minutes(5)
        ).unless(mostly(calls(_STOREFRONT), _PASSED, at_least=percent(90), floor=5, within=minutes(5)))
        & _ENDED
        & ~_RENEWED,
        then=supports(TOKEN_EXPIRED, STRONG, family="http"),
        why="A fifth of the pages fails within the hour after the token's end, and calls do not pass.",
        revision=4,
        examples=(
            fires("20 of 100", *_ended(0), *burst(80, view(0)), *burst(20, view(100, 500)), for_=SHOP),
            fires("at the root", *_ended(0), *burst(80, _SLUG), *burst(20, said(_SLUG, 100, status=500)), for_=SHOP),
            silent("19 of 100", *_ended(0), *burst(81, view(0)), *burst(19, view(100, 500))),
            silent("an hour later", *_ended(-3_700), *burst(80, view(0)), *burst(20, view(100, 500))),
            silent("before its end", *_ended(600), *burst(80, view(0)), *burst(20, view(100, 500))),
            silent("nobody knows of an end", *burst(80, view(0)), *burst(20, view(100, 500))),
            silent(
                "its renewal was told",
                *_ended(0),
                said(SETUP, -3_600, storefront_token_ends=at(90 * 86_400)),
                *burst(80, view(0)),
                *burst(20, view(100, 500)),
            ),
            silent(
                "renewed in time",
                *_ended(0),
                *burst(80, view(0)),
                *burst(20, view(100, 500)),
                said(STOREFRONT_CALLS, 130, calls=5),
            ),
        ),
    ),
    Rule(
        # A log tells what was refused and not what passed, so the token's end has to be known.
        "storefront-token.logged-on-time",
        when=logged("log.unauthorised", lines=20, within=minutes(5)).unless(
            mostly(calls(_STOREFRONT), _PASSED, at_least=percent(90), floor=5, within=minutes(5))
        )
        & _ENDED
        & ~_RENEWED,
        then=supports(TOKEN_EXPIRED, STRONG, family="calls"),
        why="A log says twenty times in five minutes that a call is not authorised, within the hour after the end.",
        examples=(
            fires("20 lines", *_ended(0), _REFUSED, for_=SHOP),
            silent("19 lines", *_ended(0), said(_REFUSED, 60, lines=19)),
            silent("another error", *_ended(0), said(LOG, 60, "log.upstream_gone", lines=20)),
            silent("an hour later", *_ended(-3_700), _REFUSED),
            silent("nobody knows of an end", _REFUSED),
            silent("renewed", *_ended(0), said(SETUP, -3_600, storefront_token_ends=at(90 * 86_400)), _REFUSED),
            silent("calls pass", *_ended(0), _REFUSED, said(STOREFRONT_CALLS, 61, calls=5)),
        ),
    ),
    Rule(
        "storefront-token.preview-only",
        when=mostly(
            calls(_STOREFRONT, _401),
            StorefrontCalls.env != "production",
            at_least=percent(95),
            floor=5,
            within=hours(1),
        ),
        then=refutes(TOKEN_EXPIRED, 150, family="preview"),
        why="Nearly all refused calls came from previews.",
        revision=2,
        examples=(
            fires("all of it", said(STOREFRONT_CALLS, 0, calls=5, env="staging", **_NO), for_=SHOP),
            silent(
                "94 of 100",
                said(STOREFRONT_CALLS, 0, calls=6, **_NO),
                said(STOREFRONT_CALLS, 1, calls=94, env="staging", **_NO),
            ),
        ),
    ),
)
