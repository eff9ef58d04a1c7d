"""Search and indexes: what shoppers find is older than the catalogue."""

from __future__ import annotations

from typing import Any

from ...expressions import Pred, hours, minutes, percent
from ...models import Severity
from ...models.signal import MerchantId
from ...rules import MEDIUM, STRONG, WEAK, IssueKind, Measure, Rule, SeverityScale, fires, on, refutes, silent, supports
from .catalogue_signals import IndexerState, IndexItem, IndexRun
from .operations_signals import JobRun, LogLine
from .references import cited
from .responses import draft_reply, notify, refresh_cache, report
from .shop_witnesses import newest, two_polls
from .signals import HttpRequest
from .specimens import SHOP, alert, burst, error, page, ticket
from .specimens_operations import CHANGE, INDEX_ITEM, INDEX_RUN, INDEXER_STATE, JOB, LOG, NOW, at, said, usual
from .stakes import impact_on
from .witnesses import alerting, changed, coded_error, job_runs, tickets, usual_of

__all__ = ["INDEXER", "RULES", "SEARCH_LAG"]

INDEXER = IssueKind[MerchantId](
    "indexer_stuck",
    category="data_sync",
    title="The platform's indexers stand still",
    what="Indexers stay invalid, so the storefront serves old prices, stock and search results.",
    severity=SeverityScale(default=Severity.SEV3),
    responses=(
        notify("operators"),
        report("indexers and since when they are invalid"),
        draft_reply(
            "The indexers of your platform stand still since {first_seen}, so the storefront shows older data. Please"
            " have cron and indexers looked at."
        ),
    ),
    human_only=("run an index", "repair cron"),
    false_positives="An indexer may call itself valid and still be hours behind.",
    related=("search_index_lag", "price_mismatch_storefront_checkout"),
    harm="Pages show old prices and stock; graver while a campaign relies on new ones.",
    sources=cited("MAG-14817", "MAG-36471", "MAG-39636", "MAG-16485"),
    causes=(
        "price_mismatch_storefront_checkout",
        "search_index_lag",
    ),
    lag=hours(4),
    about=("product",),
)

SEARCH_LAG = IssueKind[MerchantId](
    "search_index_lag",
    category="data_sync",
    title="The search index is behind the catalogue",
    what="The index is not told of changes, or told of half of them, so prices are old and deleted products are found.",
    severity=SeverityScale(default=Severity.SEV3),
    impact=impact_on("search", percent(2)),
    responses=(
        notify("operators"),
        report("products that differ, lag of the index, documents against products"),
        refresh_cache("listing pages"),
        draft_reply(
            "Your search index is behind your catalogue since {first_seen}: some of the products found show an old"
            " price or stock. We recommend to index them again."
        ),
    ),
    human_only=("index again",),
    false_positives="An index that works by a queue is always a little late, and hidden products are left out of it.",
    related=("indexer_stuck", "stale_page_cache", "catalogue_not_published_to_channel"),
    harm="Those who search find too little or see old prices; the others notice nothing.",
    sources=cited("ALG-662", "MEI-31", "SALAPP-1129", "MED-4721", "ALG-1059"),
    about=("product",),
)

_SAMPLE = on(IndexItem, per=IndexItem.merchant)
_LATE: Pred[IndexItem] = IndexItem.catalogue_at - IndexItem.index_at > minutes(30)
_DIFFERS: Pred[IndexItem] = IndexItem.same_offer == False  # noqa: E712
_SHOPPER: Pred[HttpRequest] = HttpRequest.bot == False  # noqa: E712


def _no_results(floor: int) -> Measure[MerchantId]:
    """Return the share of searches that find nothing."""
    search: Pred[HttpRequest] = HttpRequest.route_class == "search"
    empty = on(
        HttpRequest,
        search,
        _SHOPPER,
        HttpRequest.features.has("page.no_results"),
        per=HttpRequest.merchant,
        weight=HttpRequest.requests,
    )
    searches = on(HttpRequest, search, _SHOPPER, per=HttpRequest.merchant, weight=HttpRequest.requests)
    return empty.count(within=hours(2)).per(searches.count(within=hours(2)), floor=floor)


_WAITS = on(
    IndexerState,
    # As people call them, or by their ids, such as catalog_product_price.
    IndexerState.indexer.matches("(?i)search|price|stock|inventory"),
    IndexerState.state.one_of("invalid", "working"),
    IndexerState.since_s > 3_600,
    per=IndexerState.merchant,
)

_OLD = said(INDEX_ITEM, 100, catalogue_at=at(1_801))
_OTHER = said(INDEX_ITEM, 100, same_offer=False)
_STUCK = said(INDEXER_STATE, state="invalid", since_s=3_601)
_SEARCH = page(0, route_class="search", route="/search")
_NOTHING = page(9, route_class="search", route="/search", features=frozenset({"page.no_results"}))


def _twice(few: int, many: int, odd: IndexItem, apart: int = 900) -> tuple[IndexItem | IndexRun, ...]:
    late = int((odd.occurred_at - INDEX_ITEM.occurred_at).total_seconds())
    first = (*burst(many, said(INDEX_ITEM, 30), sku="s"), *burst(few, odd, sku="o"))
    then = (*burst(many, said(INDEX_ITEM, apart + 30), sku="s"), *burst(few, said(odd, apart + late), sku="o"))
    return (*first, *then, said(INDEX_RUN, 2 * apart + 60))


def _searched(empty: int) -> tuple[Any, ...]:
    # A search in ten finds nothing, as a rule.
    now = burst(100 - empty, page(NOW + 7_300, route_class="search"))
    found = burst(empty, page(NOW + 7_500, route_class="search", features=frozenset({"page.no_results"})))
    return (*usual(27, _SEARCH), *usual(3, _NOTHING), *now, *found)


def _says_invalid(quarters: int) -> tuple[LogLine, ...]:
    return tuple(said(LOG, 60 - 900 * i, "code.indexer") for i in range(quarters, 0, -1))


RULES: tuple[Rule[Any], ...] = (
    Rule(
        "search-lag.late",
        when=two_polls(_SAMPLE, _LATE, at_least=percent(20), floor=20),
        then=supports(SEARCH_LAG, STRONG, family="comparison"),
        why="In two polls the index was half an hour behind for a fifth of the products that changed.",
        revision=2,
        examples=(
            fires("20 of 100", *_twice(20, 80, _OLD), for_=SHOP),
            fires("those that are late are read first", *_twice(20, 80, said(_OLD, 20)), for_=SHOP),
            silent("19 of 100", *_twice(19, 81, _OLD)),
            silent("half an hour exactly", *_twice(20, 80, said(_OLD, 100, catalogue_at=at(1_800)))),
        ),
    ),
    Rule(
        "search-lag.differs",
        when=two_polls(_SAMPLE, _DIFFERS, at_least=percent(5), floor=20),
        then=supports(SEARCH_LAG, STRONG, family="comparison"),
        why="In two polls price or availability in the index was wrong for 5 % of the products that changed.",
        revision=2,
        examples=(
            fires("5 of 100", *_twice(5, 95, _OTHER), for_=SHOP),
            silent("4 of 100", *_twice(4, 96, _OTHER)),
            silent("2 of 20 can be chance", *_twice(2, 18, _OTHER)),
        ),
    ),
    Rule(
        "search-lag.late-half-hourly",
        when=two_polls(_SAMPLE, _LATE, at_least=percent(20), floor=20, every=minutes(30)),
        then=supports(SEARCH_LAG, STRONG, family="comparison"),
        why="In two polls half an hour apart the index was half an hour behind for a fifth of the changed products.",
        examples=(
            fires("20 of 100", *_twice(20, 80, _OLD, apart=1_800), for_=SHOP),
            silent("19 of 100", *_twice(19, 81, _OLD, apart=1_800)),
            silent("once", *_twice(20, 80, _OLD, apart=1_800)[:100], said(INDEX_RUN, 3_660)),
        ),
    ),
    Rule(
        "search-lag.differs-half-hourly",
        when=two_polls(_SAMPLE, _DIFFERS, at_least=percent(5), floor=20, every=minutes(30)),
        then=supports(SEARCH_LAG, STRONG, family="comparison"),
        why="In two polls half an hour apart price or availability in the index was wrong for 5 % of the products.",
        examples=(
            fires("5 of 100", *_twice(5, 95, _OTHER, apart=1_800), for_=SHOP),
            silent("4 of 100", *_twice(4, 96, _OTHER, apart=1_800)),
        ),
    ),
    Rule(
        "search-lag.late-hourly",
        when=two_polls(_SAMPLE, _LATE, at_least=percent(20), floor=20, every=hours(1)),
        then=supports(SEARCH_LAG, STRONG, family="comparison"),
        why="In two polls an hour apart the index was half an hour behind for a fifth of the products that changed.",
        examples=(
            fires("20 of 100", *_twice(20, 80, _OLD, apart=3_600), for_=SHOP),
            silent("19 of 100", *_twice(19, 81, _OLD, apart=3_600)),
            silent("once", *_twice(20, 80, _OLD, apart=3_600)[:100], said(INDEX_RUN, 7_260)),
        ),
    ),
    Rule(
        "search-lag.differs-hourly",
        when=two_polls(_SAMPLE, _DIFFERS, at_least=percent(5), floor=20, every=hours(1)),
        then=supports(SEARCH_LAG, STRONG, family="comparison"),
        why="In two polls an hour apart price or availability in the index was wrong for 5 % of the products.",
        examples=(
            fires("5 of 100", *_twice(5, 95, _OTHER, apart=3_600), for_=SHOP),
            silent("4 of 100", *_twice(4, 96, _OTHER, apart=3_600)),
        ),
    ),
    Rule(
        "search-lag.finds-nothing",
        when=_no_results(100) >= 2 * usual_of(_no_results(20)),
        then=supports(SEARCH_LAG, MEDIUM, family="searches"),
        why="Twice as many searches as usual find nothing.",
        examples=(
            fires("20 of 100 for 10", *_searched(20), for_=SHOP),
            silent("19 of 100 for 10", *_searched(19)),
        ),
    ),
    Rule(
        "search-lag.documents",
        when=on(
            IndexRun,
            abs(IndexRun.documents - IndexRun.published) >= IndexRun.published.scaled(percent(2)),
            per=IndexRun.merchant,
        ),
        then=supports(SEARCH_LAG, MEDIUM, family="documents"),
        why="The index holds 2 % more or fewer documents than there are products.",
        lasts=hours(2),
        examples=(
            fires("98 of 100", said(INDEX_RUN, documents=98), for_=SHOP),
            fires("102 of 100", said(INDEX_RUN, documents=102), for_=SHOP),
            silent("99 of 100", said(INDEX_RUN, documents=99)),
        ),
    ),
    Rule(
        "search-lag.ticket",
        when=tickets("intent.search", people=1, within=hours(24)),
        then=supports(SEARCH_LAG, WEAK, family="tickets"),
        why="Somebody wrote that the search does not find what is there.",
        examples=(
            fires("says so", ticket(0, "intent.search"), for_=SHOP),
            silent("something else", ticket(0, "intent.login")),
        ),
    ),
    Rule(
        "search-lag.reindex-runs",
        when=job_runs("reindex", within=hours(6)),
        then=refutes(SEARCH_LAG, 60, family="job"),
        why="The whole index is being made anew.",
        examples=(
            fires("runs", said(JOB, job="reindex"), for_=SHOP),
            silent("is done", said(JOB, job="reindex"), said(JOB, 60, job="reindex", running=False)),
        ),
    ),
    Rule(
        "search-lag.reindexed",
        when=on(JobRun, JobRun.job == "reindex", JobRun.running == False, per=JobRun.merchant),  # noqa: E712
        then=refutes(SEARCH_LAG, 60, family="job"),
        why="The whole index was being made anew until just now, so polls of the last half hour saw it half done.",
        # Two polls lie within half an hour.
        lasts=minutes(30),
        examples=(
            fires("is done", said(JOB, job="reindex"), said(JOB, 60, job="reindex", running=False), for_=SHOP),
            silent("runs", said(JOB, job="reindex")),
            silent("another job", said(JOB, running=False)),
        ),
    ),
    Rule(
        "search-lag.replica",
        when=newest(on(IndexRun, per=IndexRun.merchant), IndexRun.replica_delay_s.between(1, 299)),
        then=refutes(SEARCH_LAG, 60, family="replica"),
        why="The replica that was asked is less than five minutes behind its primary.",
        # As long as what a run finds; the next run ends it.
        lasts=hours(2),
        revision=2,
        examples=(
            fires("299 s", said(INDEX_RUN, replica_delay_s=299), for_=SHOP),
            silent("five minutes", said(INDEX_RUN, replica_delay_s=300)),
            silent("none", said(INDEX_RUN, replica_delay_s=0)),
        ),
    ),
    Rule(
        "indexer.waits",
        when=_WAITS,
        then=supports(INDEXER, STRONG, family="poll"),
        why="An indexer of prices, stock or search has been invalid or at work for more than an hour.",
        revision=2,
        lasts=hours(1),
        examples=(
            fires("invalid", _STUCK, for_=SHOP),
            fires("by its id", said(_STUCK, 0, indexer="catalog_product_price"), for_=SHOP),
            silent("an hour", said(_STUCK, 0, since_s=3_600)),
            silent("valid", said(_STUCK, 0, state="valid")),
            silent("another indexer", said(_STUCK, 0, indexer="design")),
        ),
    ),
    Rule(
        "indexer.waits-in-campaign",
        when=_WAITS & changed("promotion").within(hours(24)),
        then=supports(INDEXER, STRONG, family="poll", severity=Severity.SEV2),
        why="An indexer has waited for more than an hour on the day of a promotion.",
        revision=2,
        lasts=hours(24),
        examples=(
            fires("on the day", said(CHANGE, what="promotion"), said(_STUCK, 60), for_=SHOP),
            silent("no promotion", _STUCK),
        ),
    ),
    Rule(
        "indexer.log",
        when=on(LogLine, LogLine.features.has("code.indexer"), per=LogLine.merchant).holds(2, of=2, every=minutes(15)),
        then=supports(INDEXER, MEDIUM, family="logs"),
        why="In two quarters of an hour in a row the log said that an index is invalid.",
        examples=(
            fires("twice", *(said(LOG, t, "code.indexer") for t in (60, 960)), said(LOG, 1_860), for_=SHOP),
            silent("once", said(LOG, 960, "code.indexer"), said(LOG, 1_860)),
        ),
    ),
    Rule(
        "indexer.log-for-hours",
        # Cron works on indexes every minute, so what is still invalid after two hours is not being worked on.
        when=on(LogLine, LogLine.features.has("code.indexer"), per=LogLine.merchant).holds(8, of=8, every=minutes(15)),
        then=supports(INDEXER, STRONG, family="logs"),
        why="In every quarter of an hour for two hours the log said that an index is invalid.",
        examples=(
            fires("two hours", *_says_invalid(8), said(LOG, 60), for_=SHOP),
            silent("less", *_says_invalid(7), said(LOG, 60)),
        ),
    ),
    Rule(
        "indexer.cron",
        when=on(IndexerState, IndexerState.indexer == "cron", IndexerState.since_s > 900, per=IndexerState.merchant),
        then=supports(INDEXER, MEDIUM, family="cron"),
        why="The platform's cron has not succeeded for more than a quarter of an hour.",
        examples=(
            fires("901 s", said(INDEXER_STATE, indexer="cron", since_s=901), for_=SHOP),
            silent("900 s", said(INDEXER_STATE, indexer="cron", since_s=900)),
        ),
    ),
    Rule(
        "indexer.progress",
        when=on(
            IndexerState,
            IndexerState.state == "working",
            IndexerState.since_s < 3_600,
            IndexerState.progressed == True,  # noqa: E712
            per=IndexerState.merchant,
        ).unless(_WAITS),
        then=refutes(INDEXER, 60, family="progress"),
        why="An index began to be made anew less than an hour ago and gets on, and since then none has waited longer.",
        # As long as what it explains, whatever the pause between two polls.
        lasts=hours(1),
        revision=2,
        examples=(
            fires("gets on", said(INDEXER_STATE, state="working", since_s=3_599), for_=SHOP),
            fires("after it had waited", _STUCK, said(INDEXER_STATE, 60, state="working", since_s=1), for_=SHOP),
            silent("waits again", said(INDEXER_STATE, 0, state="working", since_s=1), said(_STUCK, 60)),
            silent("an hour", said(INDEXER_STATE, state="working", since_s=3_600)),
            silent("stands still", said(INDEXER_STATE, state="working", progressed=False)),
        ),
    ),
    Rule(
        "indexer.error",
        when=coded_error("indexer", events=2, users=2),
        then=supports(INDEXER, MEDIUM, family="error-tracker"),
        why="The platform said twice that an index is invalid.",
        examples=(
            fires("twice", error(0, code="indexer", events=2), for_=SHOP),
            silent("once", error(0, code="indexer", events=1)),
        ),
    ),
    Rule(
        "indexer.alert",
        when=alerting("(?i)index(er)?.*(invalid|stuck|backlog|lag)|cron.*(stuck|missed|fail)"),
        then=supports(INDEXER, MEDIUM, family="alerts"),
        why="A monitor's alert about indexers or cron is firing.",
        examples=(
            fires("by its name", alert(0, alertname="IndexerBacklog"), for_=SHOP),
            silent("something else", alert(0, alertname="DiskFull")),
        ),
    ),
)
