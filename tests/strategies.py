"""Hypothesis strategies for migro's records; they grow with each feature."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal

from hypothesis import strategies as st

from migro.models import (
    Action,
    ActionDue,
    ActionFinished,
    ActionResult,
    ActionStarted,
    ActionStatus,
    ConfigChanged,
    Decision,
    Disposition,
    DispositionName,
    ErasureRequested,
    Input,
    Issue,
    IssueChanged,
    IssueStatus,
    PersonActed,
    RunMode,
    Signal,
    SignalReceived,
    StepRecord,
    Tick,
)
from migro.testing import START, sample_action, sample_decision, sample_issue, sample_signal

words = st.text(max_size=12)
names = st.text("abcdefghij_", min_size=1, max_size=8)
keys = st.sampled_from(["act_1", "act_2", "act_3"])
partitions = st.sampled_from(["a", "b", "platform"])
statuses = st.sampled_from(ActionStatus)


def times(*, days: int = 20) -> st.SearchStrategy[datetime]:
    """Aware times from the start on; whole days and their neighbours come often, because windows end there."""
    whole = st.integers(0, days).map(lambda d: timedelta(days=d))
    beside = st.sampled_from([timedelta(), timedelta(microseconds=1), timedelta(microseconds=-1)])
    anywhere = st.integers(0, days * 86_400_000_000).map(lambda us: timedelta(microseconds=us))
    return st.one_of(st.builds(lambda a, b: START + a + b, whole, beside), anywhere.map(lambda a: START + a))


def signals() -> st.SearchStrategy[Signal]:
    """Signals with every kind of content that the shape allows."""
    decimals = st.decimals(allow_nan=False, allow_infinity=False)
    metrics: st.SearchStrategy[int | Decimal] = st.integers() | decimals
    attrs: st.SearchStrategy[bool | str | tuple[str, ...]] = (
        st.booleans() | words | st.lists(words, max_size=3).map(tuple)
    )
    return st.builds(
        sample_signal,
        st.integers(1, 1000),
        kind=names,
        merchant=st.none() | words,
        occurred_at=times(),
        received_at=times(),
        resource=st.none() | st.tuples(words, words),
        ids=st.dictionaries(names, words, max_size=2),
        severity_hint=st.sampled_from([None, "critical", "high", "medium", "low", "info"]),
        state=st.none() | words,
        status=st.none() | st.integers(100, 599),
        env=st.sampled_from(["production", "staging", "test", "unknown"]),
        metrics=st.dictionaries(names, metrics, max_size=3),
        attrs=st.dictionaries(names, attrs, max_size=3),
        features=st.frozensets(names, max_size=3),
    )


def few_signals() -> st.SearchStrategy[Signal]:
    """Three signals, so that redeliveries happen."""
    return st.integers(1, 3).map(sample_signal)


def issues(ids: st.SearchStrategy[str] | None = None) -> st.SearchStrategy[Issue]:
    """Issues with few ids, so that they change."""
    return st.builds(
        sample_issue,
        ids if ids is not None else st.sampled_from(["iss_1", "iss_2", "iss_3"]),
        status=st.sampled_from(IssueStatus),
        title=words,
        signals=st.integers(1, 9),
        last_seen=times(),
        parent=st.none() | st.just("iss_9"),
    )


def actions() -> st.SearchStrategy[Action]:
    """Actions with few keys, in every status."""
    args = st.dictionaries(names, words, max_size=2)
    return st.builds(sample_action, keys, status=statuses, note=words, args=args, expires_at=st.none() | times())


def decisions(ids: st.SearchStrategy[str] | None = None) -> st.SearchStrategy[Decision]:
    """Decisions; few ids, unless told otherwise."""
    return st.builds(
        sample_decision,
        ids if ids is not None else st.integers(1, 30).map("dec_{}".format),
        because=words,
        issue=issues(),
        actions=st.lists(actions(), max_size=2).map(tuple),
    )


def inputs(received: st.SearchStrategy[Signal] | None = None) -> st.SearchStrategy[Input]:
    """Every kind of input."""
    at = times()
    results = st.builds(ActionResult, status=st.sampled_from(["simulated", "succeeded", "failed"]), detail=words)
    return st.one_of(
        st.builds(SignalReceived, at=at, signal=signals() if received is None else received),
        st.builds(Tick, at=at),
        st.builds(ActionDue, at=at, key=keys),
        st.builds(ActionStarted, at=at, key=keys),
        st.builds(ActionFinished, at=at, key=keys, result=results),
        st.builds(PersonActed, at=at, verb=st.sampled_from(["approve", "reject"]), by=names, target=keys),
        st.builds(IssueChanged, at=at, issue=issues(), decision=st.sampled_from(["dec_1", "dec_2"])),
        st.builds(ConfigChanged, at=at, ruleset=names, policy=names, mode=st.sampled_from(RunMode)),
        st.builds(ErasureRequested, at=at, merchant=names, pseudonym=names),
    )


def dispositions() -> st.SearchStrategy[Disposition]:
    """What may become of a signal."""
    possible: list[DispositionName] = ["failed", "dropped", "suppressed", "opened", "merged", "recorded"]
    return st.builds(
        Disposition,
        signal=names,
        name=st.sampled_from(possible),
        reason=words,
        issues=st.lists(names, max_size=2).map(tuple),
    )


def steps(seq: int) -> st.SearchStrategy[StepRecord]:
    """What a step that consumes input `seq` may leave behind."""
    changed = st.builds(IssueChanged, at=times(), issue=issues(), decision=st.sampled_from(["dec_1", "dec_2"]))
    return st.builds(
        StepRecord,
        seq=st.just(seq),
        disposition=st.none() | dispositions(),
        issues=st.lists(issues(), max_size=2).map(tuple),
        decisions=st.lists(decisions(), max_size=2).map(tuple),
        actions=st.lists(actions(), max_size=3).map(tuple),
        emitted=st.lists(st.tuples(partitions, changed), max_size=2).map(tuple),
    )
