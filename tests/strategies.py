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
    CardShown,
    ConfigChanged,
    Decision,
    Disposition,
    DispositionName,
    Erasure,
    ErasureRequested,
    Input,
    Issue,
    IssueChanged,
    IssueStatus,
    PersonActed,
    RunMode,
    Signal,
    SignalReceived,
    Snapshot,
    StepRecord,
    Tick,
    TimerFired,
    canonical_json,
)
from migro.testing import START, sample_action, sample_decision, sample_issue, sample_signal

words = st.text(max_size=12)
names = st.text("abcdefghij_", min_size=1, max_size=8)
keys = st.sampled_from(["act_1", "act_2", "act_3"])
partitions = st.sampled_from(["a", "b", "platform"])
statuses = st.sampled_from(ActionStatus)
pseudonyms = st.sampled_from(["person_7f3a9c02", "person_00c4d1ee", "erased_c5d1e8b4"])
people = words | st.builds("{}{}{}".format, words, pseudonyms, words)
"""Words; often there is a person in them."""


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
        title=people,
        signals=st.integers(1, 9),
        last_seen=times(),
        parent=st.none() | st.just("iss_9"),
    )


def actions() -> st.SearchStrategy[Action]:
    """Actions with few keys, in every status."""
    args = st.dictionaries(names, people, max_size=2)
    return st.builds(sample_action, keys, status=statuses, note=people, args=args, expires_at=st.none() | times())


def decisions(ids: st.SearchStrategy[str] | None = None) -> st.SearchStrategy[Decision]:
    """Decisions; few ids, unless told otherwise."""
    return st.builds(
        sample_decision,
        ids if ids is not None else st.integers(1, 30).map("dec_{}".format),
        because=people,
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
        st.builds(
            CardShown,
            at=at,
            card=keys,
            key=keys,
            since=at,
            role=names,
            state=st.sampled_from(["asked", "shown", "settled"]),
        ),
        st.builds(PersonActed, at=at, verb=st.sampled_from(["approve", "reject"]), by=names, target=keys),
        st.builds(IssueChanged, at=at, issue=issues(), decision=st.sampled_from(["dec_1", "dec_2"])),
        st.builds(ConfigChanged, at=at, ruleset=names, policy=names, mode=st.sampled_from(RunMode)),
        st.builds(ErasureRequested, at=at, merchant=names, pseudonym=pseudonyms, token=pseudonyms, by=names),
    )


def dispositions() -> st.SearchStrategy[Disposition]:
    """What may become of a signal."""
    possible: list[DispositionName] = ["failed", "dropped", "suppressed", "opened", "merged", "recorded"]
    return st.builds(
        Disposition,
        signal=names,
        name=st.sampled_from(possible),
        reason=people,
        issues=st.lists(names, max_size=2).map(tuple),
    )


def timers() -> st.SearchStrategy[TimerFired]:
    """What time alone may bring about."""
    return st.builds(
        TimerFired,
        what=st.sampled_from(["rule", "approval", "maintenance"]),
        name=names,
        key=st.lists(people, max_size=2).map(tuple),
        deadline=times(),
        late_by=st.integers(0, 10**12),
    )


def snapshots(partition: str, seq: int) -> st.SearchStrategy[Snapshot]:
    """Snapshots of few versions, so that old ones are dropped."""
    return st.builds(
        Snapshot,
        partition=st.just(partition),
        seq=st.just(seq),
        ruleset=st.sampled_from(["rules_1", "rules_2"]),
        policy=st.sampled_from(["policy_1", "policy_2"]),
        data=people.map(lambda word: canonical_json({"said": word}).encode("utf-8", "surrogatepass")),
    )


def erasures() -> st.SearchStrategy[Erasure]:
    """Somebody is forgotten; a token may be forgotten in its turn."""
    return st.builds(Erasure, pseudonym=pseudonyms, token=pseudonyms).filter(lambda e: e.pseudonym != e.token)


def steps(seq: int, partition: str = "m") -> st.SearchStrategy[StepRecord]:
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
        timers=st.lists(timers(), max_size=2).map(tuple),
        due=st.none() | times(),
        snapshots=st.lists(snapshots(partition, seq), max_size=2).map(tuple),
        shadow=st.lists(decisions(), max_size=1).map(tuple),
        erasure=st.none() | st.none() | erasures(),
    )


def batches(after: int, partition: str = "m") -> st.SearchStrategy[list[StepRecord]]:
    """What one to three steps behind input `after` may leave behind."""
    return st.integers(1, 3).flatmap(
        lambda count: st.tuples(*(steps(after + n, partition) for n in range(1, count + 1))).map(list)
    )
