"""The move itself: import jobs that fail, and an old shop that goes on selling."""

from __future__ import annotations

from typing import Any

from ...expressions import Pred, fact, hours, minutes, percent
from ...models import Severity
from ...models.signal import MerchantId
from ...rules import MEDIUM, STRONG, IssueKind, Rule, SeverityScale, fires, on, refutes, silent, supports
from .inventory import BOTH_SIDES
from .operations_signals import ApiCalls, JobRun, LogLine
from .planning_signals import ShopMove
from .references import cited
from .responses import draft_reply, notify, report
from .specimens import SHOP
from .specimens_operations import CALLS, IMPORT, JOB, LOG, MOVE, OLD_SHOP, START, STOCK_MOVE, TRACE, at, said
from .sync_signals import OldShopCheck, OrderTrace, RecordImport
from .witnesses import anywhere

__all__ = ["BULK_IMPORT", "RULES", "SPLIT_BRAIN"]

BULK_IMPORT = IssueKind[MerchantId](
    "bulk_import_errors",
    category="data_sync",
    title="A migration job fails for many records",
    what="A mapping is wrong, the job is too fast for the target, or parts of its batches fail and nobody looks.",
    severity=SeverityScale(default=Severity.SEV3),
    responses=(
        notify("operators"),
        report("errors grouped by field, records that failed"),
        draft_reply(
            "Many records of your migration were refused. When the same error repeats, a mapping is wrong; please pause"
            " the import until it is corrected. The digest is attached."
        ),
    ),
    human_only=("pause or resume the import", "correct the mapping"),
    false_positives="Single records that do not fit are to be expected.",
    related=("order_import_gap", "api_throttling", "documentation_confusion"),
    harm="Nobody who shops is hit before the shop goes live; the project loses time and records.",
    sources=cited("BC-ERR", "BC-CODES"),
    causes=("order_import_gap",),
    lag=hours(24),
    about=("order",),
)

SPLIT_BRAIN = IssueKind[MerchantId](
    "domain_split_brain",
    category="data_sync",
    title="The old and the new shop both take orders",
    what="Old addresses, bookmarks, apps or feeds still lead to the old platform, which still sells.",
    severity=SeverityScale(default=Severity.SEV2),
    responses=(
        notify("operators"),
        report("orders of the old shop since the cutover"),
        draft_reply(
            "Orders were placed in your old shop after the new one went live. Please close its checkout and process"
            " these orders; the list is attached."
        ),
    ),
    human_only=("close the old checkout", "move orders"),
    false_positives="Drafts and orders by staff, and renewals of subscriptions.",
    related=("oversell_race", "order_import_gap", "dns_tls_cutover_failure"),
    harm="Orders in the old shop are found late or never, and both shops sell the same stock.",
    sources=cited("BC-DELTA", "BC-ORD"),
    causes=(
        "order_import_gap",
        "oversell_race",
    ),
    lag=hours(24),
    about=(
        "inventory",
        "order",
    ),
)

_RECORDS = on(RecordImport, per=RecordImport.merchant, weight=RecordImport.records)
# What was taken need not say with which status.
_INVALID_RECORD: Pred[RecordImport] = RecordImport.status.present() & RecordImport.status.one_of(400, 422)
_CALL_INVALID: Pred[ApiCalls] = ApiCalls.status.present() & ApiCalls.status.one_of(400, 422)
_RETRIED = on(LogLine, LogLine.features.has("import.retry"), per=LogLine.merchant)
_BY_SHOPPERS: Pred[OrderTrace] = (
    OrderTrace.by_staff.missing() | (OrderTrace.by_staff == False)  # noqa: E712
) & ~OrderTrace.env.one_of("staging", "test")
_STRAY: Pred[OrderTrace] = (
    (OrderTrace.platform_side == "old") & (OrderTrace.placed_at > fact(ShopMove.settled_at)) & _BY_SHOPPERS
)
_ELSEWHERE: Pred[OrderTrace] = OrderTrace.other_channel == True  # noqa: E712

_MOVED = said(MOVE, cutover_at=START, settled_at=at(600))
_PART = said(IMPORT, status=207, failed_items=1)
_OLD_ORDER = said(TRACE, 900, platform_side="old", placed_at=at(601))

# The word of its own, or joined to others by a mark: "order_import", "migrate-v2", not "important-widgets".
_IMPORTER = r"(?i)(^|[^a-z])((re)?import(s|er|ers|ing)?|migrat(e|es|ed|or|ors|ing|ion|ions))([^a-z]|$)"
_IMPORT_CALLS = on(ApiCalls, ApiCalls.client.matches(_IMPORTER), per=ApiCalls.merchant, weight=ApiCalls.calls)
_REHEARSAL = on(JobRun, JobRun.job == "import", JobRun.dry_run == True, per=JobRun.merchant)  # noqa: E712
# So long is waited for the word that it was none.
_LATER = minutes(7)
_IMPORTS = said(CALLS, 0, api="admin", client="order_import")
_INVALID: dict[str, Any] = {"status": 422, "result": "failed"}

RULES: tuple[Rule[Any], ...] = (
    Rule(
        "import.refused",
        when=_RECORDS.share(_INVALID_RECORD, at_least=percent(5), floor=200, within=minutes(60)),
        then=supports(BULK_IMPORT, STRONG, family="import-log"),
        why="Of at least two hundred records 5 % were refused as invalid.",
        revision=2,
        examples=(
            fires("10 of 200", said(IMPORT, 0, records=190), said(IMPORT, 60, records=10, status=422), for_=SHOP),
            silent("9 of 200", said(IMPORT, 0, records=191), said(IMPORT, 60, records=9, status=422)),
            silent("10 of 199", said(IMPORT, 0, records=189), said(IMPORT, 60, records=10, status=422)),
            silent(
                "a status told only of refusals",
                said(IMPORT, 0, records=5_000, status=None),
                said(IMPORT, 60, records=200, status=422),
            ),
        ),
    ),
    Rule(
        "import.same-error",
        when=on(RecordImport, RecordImport.in_a_row >= 20, RecordImport.error_key.present(), per=RecordImport.merchant),
        then=supports(BULK_IMPORT, STRONG, family="import-log"),
        why="Twenty records in a row were refused for the same reason.",
        examples=(
            fires("twenty", said(IMPORT, status=422, error_key="price", in_a_row=20), for_=SHOP),
            silent("19", said(IMPORT, status=422, error_key="price", in_a_row=19)),
        ),
    ),
    Rule(
        "import.calls-refused",
        when=_IMPORT_CALLS.share(_CALL_INVALID, at_least=percent(5), floor=200, within=hours(1))
        .without(_REHEARSAL, within=minutes(5), before=hours(2))
        .unless(_REHEARSAL),
        then=supports(BULK_IMPORT, STRONG, family="calls"),
        why="The platform's API found 5 % of at least two hundred calls of an import invalid.",
        revision=4,
        examples=(
            fires(
                "10 of 200",
                said(_IMPORTS, 0, calls=190),
                said(_IMPORTS, 60, calls=10, **_INVALID),
                for_=SHOP,
                after=_LATER,
            ),
            silent("9 of 200", said(_IMPORTS, 0, calls=191), said(_IMPORTS, 60, calls=9, **_INVALID), after=_LATER),
            silent("10 of 199", said(_IMPORTS, 0, calls=189), said(_IMPORTS, 60, calls=10, **_INVALID), after=_LATER),
            silent("another client", said(CALLS, 0, calls=190), said(CALLS, 60, calls=10, **_INVALID), after=_LATER),
            silent(
                "a status told only of refusals",
                said(_IMPORTS, 0, calls=5_000, status=None),
                said(_IMPORTS, 60, calls=200, **_INVALID),
                after=_LATER,
            ),
            silent(
                "part of another word",
                said(_IMPORTS, 0, client="important-widgets", calls=190),
                said(_IMPORTS, 60, client="important-widgets", calls=10, **_INVALID),
                after=_LATER,
            ),
            silent("not at once", said(_IMPORTS, 0, calls=190), said(_IMPORTS, 60, calls=10, **_INVALID)),
            *(
                silent(
                    f"a rehearsal told {name}",
                    said(JOB, second, job="import", dry_run=True),
                    said(_IMPORTS, 0, calls=190),
                    said(_IMPORTS, 60, calls=10, **_INVALID),
                    after=_LATER,
                )
                for name, second in (("before", -3_600), ("afterwards", 61))
            ),
        ),
    ),
    Rule(
        "import.parts-lost",
        when=on(
            RecordImport, RecordImport.status == 207, RecordImport.failed_items >= 1, per=RecordImport.merchant
        ).without(_RETRIED, within=minutes(15)),
        then=supports(BULK_IMPORT, MEDIUM, family="batches"),
        why="Parts of a batch failed and were not tried again within a quarter of an hour.",
        examples=(
            fires("not tried again", _PART, said(IMPORT, 961), for_=SHOP),
            silent("tried again", _PART, said(LOG, 900, "import.retry"), said(IMPORT, 961)),
            silent("not yet", _PART, said(IMPORT, 959)),
            silent("nothing failed", said(_PART, 0, failed_items=0), said(IMPORT, 961)),
        ),
    ),
    Rule(
        "import.throttled",
        when=_RECORDS.share(
            RecordImport.status.present(),
            RecordImport.status == 429,
            at_least=percent(20),
            floor=50,
            within=minutes(15),
        ),
        then=supports(BULK_IMPORT, MEDIUM, family="pace"),
        why="A fifth of the import's records met a rate limit.",
        revision=2,
        examples=(
            fires("20 of 100", said(IMPORT, 0, records=80), said(IMPORT, 60, records=20, status=429), for_=SHOP),
            silent("19 of 100", said(IMPORT, 0, records=81), said(IMPORT, 60, records=19, status=429)),
            silent(
                "a status told only of refusals",
                said(IMPORT, 0, records=500, status=None),
                said(IMPORT, 60, records=50, status=429),
            ),
        ),
    ),
    Rule(
        "import.rehearsal",
        when=on(RecordImport, RecordImport.dry_run == True, per=RecordImport.merchant).unless(  # noqa: E712
            on(RecordImport, RecordImport.dry_run == False, per=RecordImport.merchant)  # noqa: E712
        ),
        then=refutes(BULK_IMPORT, 150, family="rehearsal"),
        why="The import is a rehearsal.",
        # As long as the refused records count: those of a rehearsal that is over are no import's.
        lasts=hours(1),
        revision=2,
        examples=(
            fires("all of it", said(IMPORT, dry_run=True), for_=SHOP),
            silent("over", said(IMPORT, 0, dry_run=True), said(IMPORT, 60)),
        ),
    ),
    Rule(
        "two-shops.stray-orders",
        when=on(OrderTrace, _STRAY, ~_ELSEWHERE, per=OrderTrace.merchant),
        then=supports(SPLIT_BRAIN, STRONG, family="orders"),
        why="An order was placed on the old platform after the old addresses had expired everywhere.",
        lasts=hours(24),
        revision=2,
        examples=(
            fires("a second after", _MOVED, _OLD_ORDER, for_=SHOP),
            silent("by staff", _MOVED, said(_OLD_ORDER, 900, by_staff=True)),
            silent("a test", _MOVED, said(_OLD_ORDER, 900, env="test")),
            silent("at the moment", _MOVED, said(_OLD_ORDER, 900, placed_at=at(600))),
            silent("on the new one", _MOVED, said(_OLD_ORDER, 900, platform_side="new")),
            silent("at a till", _MOVED, said(_OLD_ORDER, 900, other_channel=True)),
        ),
    ),
    Rule(
        "two-shops.stock",
        when=anywhere(BOTH_SIDES, within=hours(24)),
        then=supports(SPLIT_BRAIN, STRONG, family="stock"),
        why="Both systems took pieces of one article from stock since the cutover.",
        examples=(
            fires("both", _MOVED, said(STOCK_MOVE, 60), said(STOCK_MOVE, 90, platform_side="old"), for_=SHOP),
            silent("one", _MOVED, said(STOCK_MOVE, 60), said(STOCK_MOVE, 90)),
        ),
    ),
    Rule(
        "two-shops.open-checkout",
        when=on(
            OldShopCheck,
            OldShopCheck.status == 200,
            OldShopCheck.checkout_open == True,  # noqa: E712
            OldShopCheck.checked_at >= fact(ShopMove.cutover_at),
            per=OldShopCheck.merchant,
        ),
        then=supports(SPLIT_BRAIN, MEDIUM, family="old-host"),
        why="After the cutover the old host still answers without a redirect, and its checkout is open.",
        lasts=hours(2),
        examples=(
            fires("open", _MOVED, OLD_SHOP, for_=SHOP),
            silent("a redirect", _MOVED, said(OLD_SHOP, 60, status=301)),
            silent("closed", _MOVED, said(OLD_SHOP, 60, checkout_open=False)),
            silent("before the cutover", said(MOVE, cutover_at=at(60)), OLD_SHOP),
        ),
    ),
    Rule(
        "two-shops.on-purpose",
        when=on(OrderTrace, _STRAY, per=OrderTrace.merchant)
        .share(_ELSEWHERE, at_least=percent(100), floor=1, within=hours(24), bound="plain")
        .unless(on(OrderTrace, _STRAY, ~_ELSEWHERE, per=OrderTrace.merchant)),
        then=refutes(SPLIT_BRAIN, 150, family="other-channel"),
        why="All orders of the old platform are of a channel that it is meant to serve.",
        revision=2,
        examples=(
            fires("at a till", _MOVED, said(_OLD_ORDER, 900, other_channel=True), for_=SHOP),
            silent("one is not", _MOVED, _OLD_ORDER, said(_OLD_ORDER, 960, other_channel=True)),
            silent("one is not, later", _MOVED, said(_OLD_ORDER, 900, other_channel=True), said(_OLD_ORDER, 960)),
        ),
    ),
)
