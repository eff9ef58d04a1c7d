"""Mistakes that people make when they write rules, one in a line. Checked, never run; each line names its mistake."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import NewType

from migro.expressions import Attr, Key, fact, minutes, percent
from migro.models import MerchantId, Signal
from migro.rules import IssueKind, Rule, on, supports

ReleaseId = NewType("ReleaseId", str)


class Checkout(Signal, kind="checkout.response"):
    release: Key[ReleaseId]
    code: Attr[int]
    route: Attr[str]


class Webhook(Signal, kind="webhook.delivery"):
    ok: Attr[bool]
    host: Attr[str]


DOWN = IssueKind[MerchantId]("down", category="checkout")
SYSTEMIC = IssueKind[ReleaseId]("systemic", category="checkout", per=("release",))
errors = on(Checkout, Checkout.code >= 500, per=Checkout.merchant)
by_release = on(Checkout, Checkout.code >= 500, per=Checkout.release)
server = Checkout.code >= 500
cart = Checkout.route == "/cart"

Checkout.cod  # unknown-column
on(Checkout, Checkout.code == "500", per=Checkout.merchant)  # equality-type
Checkout.code >= "500"  # order-type
Checkout.code.matches("5..")  # pattern-on-int
Checkout.route.between("a", "b")  # between-on-str
on(Checkout, Webhook.ok == True, per=Checkout.merchant)  # foreign-predicate
on(Checkout, per=Checkout.code)  # no-key
errors & by_release  # join-of-other-keys
Rule("x", when=errors, then=supports(SYSTEMIC, 5, family="f"))  # issue-of-other-key
server and cart  # and
not server  # not
500 <= Checkout.code < 600  # chained-comparison
Checkout.code in (500, 502)  # in
Checkout(release=ReleaseId("r"), code="500", route="/", occurred_at=datetime.now(UTC))  # constructor-type
errors.at_least(3, within=5)  # span-type
errors.share(server, at_least=0.05, floor=20, within=minutes(5))  # float
Checkout.code > fact(Webhook.host)  # fact-type
IssueKind[MerchantId]("x", category="chekout")  # category
if server: percent(5)  # if
Checkout.route.one_of("a", 1)  # one-of-type
