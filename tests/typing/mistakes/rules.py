"""Mistakes that people make when they write rules, one in a line. Checked, never run; each line names its mistake."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import NewType

from migro.expressions import Attr, Key, fact, hours, minutes, percent
from migro.expressions.features import feature
from migro.models import MerchantId, Signal
from migro.rules import IssueKind, Rule, before, during, given, greatest, holding, known, on, silence, supports, together

ReleaseId = NewType("ReleaseId", str)


class Checkout(Signal, kind="checkout.response"):
    release: Key[ReleaseId]
    code: Attr[int]
    route: Attr[str]
    amount: Attr[Decimal]
    ok: Attr[bool]
    tags: Attr[frozenset[str]]
    started: Attr[datetime]


class Webhook(Signal, kind="webhook.delivery"):
    ok: Attr[bool]
    host: Attr[str]
    size: Attr[int]
    at: Attr[datetime]


@feature("mistakes.length", version=1)
def length(signal: Webhook) -> int:
    return len(signal.host)


DOWN = IssueKind[MerchantId]("down", category="checkout")
SYSTEMIC = IssueKind[ReleaseId]("systemic", category="checkout", per=("release",))
errors = on(Checkout, Checkout.code >= 500, per=Checkout.merchant)
by_release = on(Checkout, Checkout.code >= 500, per=Checkout.release)
by_both = on(Checkout, per=(Checkout.merchant, Checkout.release))
hooks = on(Webhook, per=Webhook.merchant)
W = minutes(5)
count = errors.count(within=W)
many = count >= 3
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
Checkout(release=ReleaseId("r"), code="500", route="/", amount=Decimal(1), ok=True, tags=frozenset(), started=datetime.now(UTC), occurred_at=datetime.now(UTC))  # constructor-type
errors.at_least(3, within=5)  # span-type
errors.share(server, at_least=0.05, floor=20, within=minutes(5))  # float
Checkout.code > fact(Webhook.host)  # fact-type
IssueKind[MerchantId]("x", category="chekout")  # category
if server: percent(5)  # if
Checkout.route.one_of("a", 1)  # one-of-type
Checkout.code - Webhook.size  # term-of-other-class
Checkout.amount - Checkout.code  # int-and-decimal
Checkout.started + 5  # time-plus-number
Checkout.code.scaled(0.9)  # scaled-float
Checkout.code.among(frozenset({"a"}))  # among-type
Checkout.tags.covers("a")  # set-and-text
on(Webhook, length == "3", per=Webhook.merchant)  # feature-type
on(Checkout, length >= 3, per=Checkout.merchant)  # foreign-feature
on(Checkout, per=Checkout.merchant, weight=Checkout.route)  # weight-type
on(Checkout, per=Checkout.merchant, weight=Webhook.size)  # foreign-weight
errors.fits(Webhook.ok == True)  # fits-foreign
errors.distinct(Webhook.host, at_least=2, within=W)  # distinct-foreign
errors.after(by_release, within=W)  # after-of-other-key
errors.after(known(DOWN), within=W)  # after-a-state
errors.without(hooks.within(W), within=W)  # without-of-no-times
errors.unless(count)  # unless-a-measure
together(errors, by_release, within=W)  # together-of-other-keys
silence(errors, expected=errors.at_least(3, within=W), longer_than=W)  # roster-of-counts
errors.via(Webhook.host)  # via-no-key
holding(errors, per=Checkout.merchant, within=W)  # holding-nothing-finer
holding(by_both & by_both, per=Checkout.merchant, within=W)  # holding-no-times
errors.total(Checkout.route, within=W)  # total-of-text
errors.total(Webhook.size, within=W)  # total-foreign
errors.latest(Checkout.ok, max_age=W)  # latest-of-bool
errors.quantile(percent(95), Checkout.route, within=W)  # quantile-of-text
errors.quantile(95, Checkout.code, within=W)  # quantile-of-a-number
errors.top(Webhook.host, within=W)  # top-foreign
errors.standout(Checkout.route, against=hooks, at_most=percent(40), within=W)  # standout-of-other-class
count - by_release.count(within=W)  # difference-of-other-keys
count >= by_release.count(within=W)  # comparison-of-other-keys
count.per(by_both.count(within=W))  # share-of-other-keys
greatest(count, by_release.count(within=W))  # greatest-of-other-keys
count * count  # product
count >= 0.5  # measure-and-float
count >= fact(Webhook.host)  # measure-and-text
count.baseline(hours(24))  # baseline-of-a-span
before(known(DOWN), within=W)  # before-a-state
count.drop(count, p=0.01, every=W)  # drop-float
count.differs(by_release.count(within=W))  # differs-of-other-keys
Rule("x", when=count, then=supports(DOWN, 5, family="f"))  # measure-as-premise
during(hooks, starts=Webhook.at, ends=Webhook.size)  # during-no-time
during(hooks, starts=Webhook.at, ends=Checkout.started)  # during-foreign
given(Checkout, Webhook.ok == True, per=Checkout.merchant)  # given-foreign
errors & given(Checkout, Checkout.code >= 500, per=Checkout.release)  # given-of-other-key
if many: percent(5)  # if-measure
