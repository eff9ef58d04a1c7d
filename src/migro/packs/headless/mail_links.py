"""Links in mails and in the hosted checkout that lead nowhere."""

from __future__ import annotations

from typing import Any

from ...expressions import Pred, fact, hours, minutes, percent
from ...models import Severity
from ...models.signal import MerchantId
from ...rules import MEDIUM, STRONG, WEAK, IssueKind, Rule, SeverityScale, fires, holding, on, refutes, silent, supports
from .operations_signals import LinkCheck
from .planning_signals import ShopMove
from .references import cited
from .responses import draft_reply, notify, report
from .signals import HttpRequest
from .specimens import SHOP, burst, page, ticket
from .specimens_operations import LINK, MOVE, said
from .stakes import impact_on
from .witnesses import tickets

__all__ = ["MAIL_LINKS", "RULES"]

MAIL_LINKS = IssueKind[MerchantId](
    "email_links_old_domain",
    category="integration",
    title="Links in mails or checkout lead to an old or dead address",
    what="Templates of mails and of the hosted checkout still name the old domain, a preview, or a route that is gone.",
    severity=SeverityScale(default=Severity.SEV3),
    impact=impact_on("cart", percent(6)),
    responses=(
        notify("operators"),
        report("templates and addresses, without their tokens"),
        draft_reply(
            "Links in some of your templates lead to an address that does not answer. Please change the storefront's"
            " address in the settings of notifications and of the channel; the list is attached."
        ),
    ),
    human_only=("change templates and settings", "add redirects"),
    false_positives="Scanners follow the links of mails before people do: look at how many different agents there are.",
    related=("customer_password_migration_lockout", "checkout_handoff_404", "seo_redirect_404_spike"),
    harm="Readers of mails end nowhere: carts are not taken up again and passwords not reset.",
    sources=cited("HYD-1390", "HYD-1203", "PW-SME"),
    causes=(
        "customer_password_migration_lockout",
        "seo_redirect_404_spike",
    ),
    lag=hours(24),
)

_SHOPPER: Pred[HttpRequest] = HttpRequest.bot == False  # noqa: E712
_DEAD: Pred[HttpRequest] = HttpRequest.status.one_of(404, 410)
_UNSERVED: Pred[HttpRequest] = HttpRequest.status.one_of(404, 410, 530)
_FROM_MAIL = on(
    HttpRequest,
    _SHOPPER,
    HttpRequest.features.has("link.from_mail"),
    per=HttpRequest.merchant,
    weight=HttpRequest.requests,
)
_DEAD_MAIL = on(
    HttpRequest,
    _SHOPPER,
    HttpRequest.features.has("link.from_mail"),
    _DEAD,
    per=HttpRequest.merchant,
    weight=HttpRequest.requests,
)
_BACK = on(
    HttpRequest,
    _SHOPPER,
    HttpRequest.features.has("link.from_checkout"),
    per=HttpRequest.merchant,
    weight=HttpRequest.requests,
)
_BACK_DEAD = on(
    HttpRequest,
    _SHOPPER,
    HttpRequest.features.has("link.from_checkout"),
    _UNSERVED,
    per=HttpRequest.merchant,
    weight=HttpRequest.requests,
)

_BY_TEMPLATE = on(LinkCheck, per=(LinkCheck.merchant, LinkCheck.template))
_AT_HOME: Pred[LinkCheck] = LinkCheck.status.between(200, 299) & LinkCheck.target_host.among(
    fact(ShopMove.storefront_hosts)
)
_ARRIVES = on(LinkCheck, _AT_HOME, per=LinkCheck.merchant)

_ELSEWHERE: dict[str, Any] = {"target_host": "old.example.org"}
_MAIL = page(0, features=frozenset({"link.from_mail"}))
_MAIL_404 = page(60, 404, features=frozenset({"link.from_mail"}))
_RETURN = page(0, features=frozenset({"link.from_checkout"}))
_RETURN_530 = page(60, 530, features=frozenset({"link.from_checkout"}))
_OLD_MAIL = page(60, 301, features=frozenset({"link.before_cutover", "link.from_mail"}))
_HOSTS = said(MOVE, storefront_hosts=frozenset({"shop.example.org", "www.example.org"}))

RULES: tuple[Rule[Any], ...] = (
    Rule(
        "mail-links.dead",
        when=_DEAD_MAIL.at_least(10, within=minutes(60))
        & _FROM_MAIL.share(_DEAD, at_least=percent(20), floor=10, within=minutes(60)),
        then=supports(MAIL_LINKS, STRONG, family="http"),
        why="Ten links of mails, and a fifth of them, lead to a page that does not exist.",
        examples=(
            fires("20 of 100", *burst(80, _MAIL), *burst(20, page(90, 404, features=_MAIL.features)), for_=SHOP),
            fires("10 of 20", *burst(10, _MAIL), *burst(10, _MAIL_404), for_=SHOP),
            silent("19 of 100", *burst(81, _MAIL), *burst(19, page(90, 404, features=_MAIL.features))),
            silent("9 of 18", *burst(9, _MAIL), *burst(9, _MAIL_404)),
            silent("other pages", *burst(20, page(60, 404))),
        ),
    ),
    Rule(
        "mail-links.back-from-checkout",
        when=_BACK_DEAD.at_least(10, within=minutes(60))
        & _BACK.share(_UNSERVED, at_least=percent(20), floor=10, within=minutes(60)),
        then=supports(MAIL_LINKS, STRONG, family="returns"),
        why="Ten ways back from checkout, and a fifth of them, lead nowhere.",
        examples=(
            fires("10 of 20", *burst(10, _RETURN), *burst(10, _RETURN_530), for_=SHOP),
            silent("9 of 18", *burst(9, _RETURN), *burst(9, _RETURN_530)),
            silent("10 of 60", *burst(50, _RETURN), *burst(10, _RETURN_530)),
        ),
    ),
    Rule(
        "mail-links.templates",
        when=on(LinkCheck, ~LinkCheck.target_host.among(fact(ShopMove.storefront_hosts)), per=LinkCheck.merchant),
        then=supports(MAIL_LINKS, MEDIUM, family="templates"),
        why="A template names a host that is none of the storefront's.",
        lasts=hours(24),
        examples=(
            fires("the old host", _HOSTS, said(LINK, 60, target_host="old.example.org"), for_=SHOP),
            silent("the storefront", _HOSTS, said(LINK, 60)),
            silent("nobody said which", said(LINK, 60, target_host="old.example.org")),
        ),
    ),
    Rule(
        "mail-links.dead-template",
        when=holding(
            _BY_TEMPLATE.fits(LinkCheck.status.one_of(404, 410, 530)).runs(2, of=2, within=hours(24)),
            per=LinkCheck.merchant,
            within=hours(24),
        )
        >= 1,
        then=supports(MAIL_LINKS, STRONG, family="templates"),
        why="A link in a template of mails or of checkout was followed twice in a row and leads to no page.",
        lasts=hours(24),
        examples=(
            fires("twice", said(LINK, 0, status=404), said(LINK, 900, status=404), for_=SHOP),
            silent("once", said(LINK, 0, status=404)),
            silent("mended", said(LINK, 0, status=404), said(LINK, 900)),
            silent("two templates", said(LINK, 0, status=404), said(LINK, 900, status=404, template="reset")),
            silent("a wall stopped the check", said(LINK, 0, status=403), said(LINK, 900, status=403)),
        ),
    ),
    Rule(
        "mail-links.ticket",
        when=tickets("mentions.bad_link", people=1, within=hours(24)),
        then=supports(MAIL_LINKS, WEAK, family="tickets"),
        why="Somebody wrote that a link does not work or leads to the old site.",
        examples=(
            fires("says so", ticket(0, "mentions.bad_link"), for_=SHOP),
            silent("something else", ticket(0, "intent.login")),
        ),
    ),
    Rule(
        "mail-links.all-arrive",
        # Then it is old mails that people open, and their links are a matter of redirects.
        when=_ARRIVES.distinct(LinkCheck.template, at_least=3, within=hours(24)).unless(
            on(LinkCheck, ~_AT_HOME, per=LinkCheck.merchant)
        ),
        then=refutes(MAIL_LINKS, 150, family="templates-ok"),
        why="The links of three templates and of every other that was tried arrive on the storefront.",
        lasts=hours(2),
        examples=(
            fires("three", _HOSTS, *burst(3, said(LINK, 60), template="t"), for_=SHOP),
            silent("two", _HOSTS, *burst(2, said(LINK, 60), template="t")),
            silent("one fails", _HOSTS, *burst(3, said(LINK, 60), template="t"), said(LINK, 90, status=404)),
            silent("one is elsewhere", _HOSTS, *burst(3, said(LINK, 60), template="t"), said(LINK, 90, **_ELSEWHERE)),
            silent("nobody said which hosts", *burst(3, said(LINK, 60), template="t")),
        ),
    ),
    Rule(
        "mail-links.redirected",
        when=_FROM_MAIL.share(
            HttpRequest.status.between(300, 399),
            HttpRequest.features.has("link.before_cutover"),
            at_least=percent(90),
            floor=5,
            within=minutes(60),
            bound="plain",
        ),
        then=refutes(MAIL_LINKS, 60, family="redirects"),
        why="The links are older than the cutover, and a redirect takes them on.",
        examples=(
            fires("9 of 10", _MAIL_404, *burst(9, page(90, 301, features=_OLD_MAIL.features)), for_=SHOP),
            silent("8 of 9", _MAIL_404, *burst(8, page(90, 301, features=_OLD_MAIL.features))),
        ),
    ),
)
