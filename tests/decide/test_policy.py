"""The policy, verified by going through all of it."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping
from datetime import timedelta
from functools import cache
from itertools import combinations, permutations, product
from typing import Any

import pytest

from migro.decide import GUARDS, TABLE, Budget, GuardName, Policy, attention_of, cell_name, decide, guard_cap, mode_cap
from migro.errors import ConfigurationError
from migro.models import Attention, Band, Outcome, Risk, RunMode, Severity, canonical_json

Table = Mapping[tuple[Band, bool], tuple[Outcome, ...]]

GOLDEN = "7faf3fa939471ef677e571cfc8d21244"
"""Changes only together with a decision about who may do what."""

GOLDEN_GUARDS = "f61afdefec71a7c8ddbe5bf851bddf12"
"""Changes only together with a decision about what each guard holds back."""

ALIKE: dict[tuple[Outcome, Risk], GuardName] = {(cap, risk): name for name, (cap, risk, _) in GUARDS.items()}
"""One guard of each cap and lowest risk: the others with these are told apart by nothing but their words."""

SUBSETS: list[tuple[GuardName, ...]] = [s for n in range(len(ALIKE) + 1) for s in combinations(ALIKE.values(), n)]


@cache
def cap_of(guards: tuple[GuardName, ...], risk: Risk) -> Outcome:
    return min((guard_cap(g, risk) for g in guards), default=Outcome.AUTO)


def outcome(table: Table, band: Band, severity: Severity, risk: Risk, mode: RunMode, cap: Outcome) -> Outcome:
    return min(table[band, severity.high][risk], mode_cap(mode, risk), cap)


def violations(table: Table) -> Iterator[str]:
    """Yield every promise that a table breaks. Guards enter by the caps that their subsets give for a risk."""
    caps = {r: sorted({cap_of(s, r) for s in SUBSETS}) for r in Risk}
    for band, severity, risk, mode in product(Band, Severity, Risk, RunMode):
        place = f"{band} x {severity} x {risk} x {mode}"
        for cap in caps[risk]:
            found = outcome(table, band, severity, risk, mode, cap)
            if found is Outcome.AUTO:
                told = risk is Risk.R0 and band >= Band.MID
                sure = band is Band.HIGH and risk is Risk.R1 and severity <= Severity.SEV3
                if not (told or sure):
                    yield f"automatic: {place}"
                if mode_cap(mode, risk) < Outcome.AUTO or cap < Outcome.AUTO:
                    yield f"automatic against mode or guard: {place}"
            if band is Band.LOW and found > Outcome.RECORD:
                yield f"low does more than record: {place}"
            if risk is Risk.R4 and found is not Outcome.FORBID:
                yield f"irreversible: {place}"
            if mode <= RunMode.SHADOW and found > Outcome.RECORD:
                yield f"off or shadow: {place}"
            if band is not Band.LOW and found < outcome(table, Band(band - 1), severity, risk, mode, cap):
                yield f"not monotone in confidence: {place}"
            if severity is not Severity.SEV4:
                milder = outcome(table, band, Severity(severity - 1), risk, mode, cap)
                if found > milder:
                    yield f"not monotone in severity: {place}"
            if mode is not RunMode.OFF and found < outcome(table, band, severity, risk, RunMode(mode - 1), cap):
                yield f"not monotone in mode: {place}"
        if risk is not Risk.R0:
            milder_risk = Risk(risk - 1)
            for cap, before in {(cap_of(s, risk), cap_of(s, milder_risk)) for s in SUBSETS}:
                here = outcome(table, band, severity, risk, mode, cap)
                if here > outcome(table, band, severity, milder_risk, mode, before):
                    yield f"more risk, more freedom: {place}"


def golden(table: Table) -> str:
    rows = [[b.word, high, [o.word for o in table[b, high]]] for b, high in sorted(table)]
    return hashlib.sha256(canonical_json(rows).encode()).hexdigest()[:32]


def test_the_table_is_the_one_that_was_agreed() -> None:
    agreed = {
        ("LOW", "SEV1 SEV2 SEV3 SEV4"): "record record record record forbid",
        ("MID", "SEV1 SEV2 SEV3 SEV4"): "auto approve1 approve1 approve2 forbid",
        ("HIGH", "SEV3 SEV4"): "auto auto approve1 approve2 forbid",
        ("HIGH", "SEV1 SEV2"): "auto approve1 approve1 approve2 forbid",
    }
    found = {
        (band, severities): {
            " ".join(o.word for o in TABLE[Band.named(band), Severity.named(s).high]) for s in severities.split()
        }
        for band, severities in agreed
    }

    assert found == {place: {row} for place, row in agreed.items()}


def test_the_table_breaks_no_promise() -> None:
    assert list(violations(TABLE)) == []


def test_the_table_changes_only_on_purpose() -> None:
    assert golden(TABLE) == GOLDEN


def test_every_loosening_of_a_single_cell_is_noticed() -> None:
    mutants = by_promise = 0
    for place, row in TABLE.items():
        for risk, cell in enumerate(row):
            for looser in (o for o in Outcome if o > cell):
                mutant = {**TABLE, place: (*row[:risk], looser, *row[risk + 1 :])}
                mutants += 1
                by_promise += next(violations(mutant), None) is not None
                assert golden(mutant) != GOLDEN

    # HIGH x SEV3, SEV4 x R3 with one person instead of two breaks no promise: only the fingerprint notices.
    assert (mutants, by_promise) == (77, 76)


def test_the_outcome_is_the_strictest_of_table_mode_and_guards_in_every_cell() -> None:
    cells = 0
    every = [*SUBSETS, tuple(GUARDS), *((g,) for g in GUARDS)]
    for guards in every:
        for risk in Risk:
            cap = cap_of(guards, risk)
            for band, severity, mode in product(Band, Severity, RunMode):
                assert decide(band, severity, risk, mode, guards) is outcome(TABLE, band, severity, risk, mode, cap)
                cells += 1

    assert cells == 3 * 4 * 5 * 4 * (2 ** len(ALIKE) + 1 + len(GUARDS))


def test_a_guard_that_is_there_for_its_words_alone_caps_as_the_others_of_its_kind() -> None:
    for name, (cap, risk, _) in GUARDS.items():
        for at in Risk:
            assert guard_cap(name, at) is guard_cap(ALIKE[cap, risk], at)


def golden_guards(guards: Mapping[GuardName, tuple[Outcome, Risk, str]]) -> str:
    rows = [[name, cap.word, risk.word] for name, (cap, risk, _) in sorted(guards.items())]
    return hashlib.sha256(canonical_json(rows).encode()).hexdigest()[:32]


def test_the_guards_change_only_on_purpose() -> None:
    assert golden_guards(GUARDS) == GOLDEN_GUARDS


def test_every_loosening_of_a_guard_is_noticed() -> None:
    mutants = 0
    for name, (cap, risk, words) in GUARDS.items():
        looser = [(Outcome(cap + 1), risk, words), (cap, Risk(risk + 1), words)]
        for mutant in looser:
            assert golden_guards({**GUARDS, name: mutant}) != GOLDEN_GUARDS
            mutants += 1

    assert mutants == 2 * len(GUARDS)


@pytest.mark.parametrize("guard", GUARDS)
def test_a_guard_only_lowers(guard: GuardName) -> None:
    for band, severity, risk, mode in product(Band, Severity, Risk, RunMode):
        for others in SUBSETS[:60]:
            with_it = decide(band, severity, risk, mode, (*others, guard))
            assert with_it <= decide(band, severity, risk, mode, others)


def test_the_order_of_guards_makes_no_difference() -> None:
    for guards in combinations(GUARDS, 3):
        for risk in Risk:
            found = {decide(Band.HIGH, Severity.SEV4, risk, RunMode.AUTO, order) for order in permutations(guards)}
            assert len(found) == 1


def test_what_is_suppressed_halted_vetoed_or_unknown_is_capped() -> None:
    best = (Band.HIGH, Severity.SEV4, Risk.R1, RunMode.AUTO)

    assert {g: decide(*best, [g]).word for g in GUARDS} == {
        "unhealthy": "record",
        "suppressed": "record",
        "consequence": "record",
        "veto": "escalate",
        "not_allowed": "approve1",
        "unknown_kind": "escalate",
        "stale_evidence": "escalate",
        "systemic": "approve2",
        "single_family": "approve1",
        "environment": "approve1",
        "missing_input": "escalate",
        "budget_spent": "approve1",
        "budget_closed": "record",
        "did_not_help": "escalate",
    }


def test_operators_may_still_be_told_where_only_action_is_in_doubt() -> None:
    doubts: list[GuardName] = ["unknown_kind", "stale_evidence", "systemic", "single_family", "environment"]

    assert decide(Band.MID, Severity.SEV1, Risk.R0, RunMode.ASSIST, doubts) is Outcome.AUTO


def test_assist_tells_operators_and_asks_for_everything_else() -> None:
    caps = [mode_cap(RunMode.ASSIST, r) for r in Risk]

    assert caps == [Outcome.AUTO, *[Outcome.APPROVE1] * 4]


def test_attention_follows_confidence_and_severity_and_nothing_else() -> None:
    found = {(b.word, s.word): attention_of(b, s) for b, s in product(Band, Severity)}

    assert {p for p, a in found.items() if a is Attention.PAGE} == set(product(("MID", "HIGH"), ("SEV1", "SEV2")))
    assert {p for p, a in found.items() if a is Attention.NONE} == set(product(("LOW",), (s.word for s in Severity)))
    assert {attention_of(b, s, ["suppressed"]) for b, s in product(Band, Severity)} == {Attention.NONE}


def test_a_cell_is_named_as_people_read_it() -> None:
    assert cell_name(Band.HIGH, Severity.SEV2, Risk.R1) == "HIGH x SEV2 x R1"


def test_the_version_of_a_policy_knows_everything_that_decides(monkeypatch: pytest.MonkeyPatch) -> None:
    plain = Policy().version
    others = {Policy(mode=RunMode.OFF).version, Policy(allow=frozenset({"tag"})).version}
    monkeypatch.setitem(TABLE, (Band.MID, True), (Outcome.AUTO,) * 5)
    others.add(Policy().version)

    assert len({plain, *others}) == 4


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"mode": "reckless"}, "expected one of off, shadow, assist, auto, got 'reckless'"),
        ({"allow": "notify,purge"}, "expected several kinds of action"),
        ({"allow": [1]}, "expected several kinds of action"),
        ({"allow": ["tag -> "]}, "expected KIND, KIND -> TARGET"),
        ({"allow": ["tag @ night"]}, "expected KIND, KIND -> TARGET"),
        ({"budgets": [Budget(name="a", limit=1, within=timedelta(1))] * 2}, "expected each name once"),
        ({"approval_lasts": 4}, "approval_lasts: expected a span above 0"),
        ({"stale_after": timedelta(0)}, "stale_after: expected a span above 0"),
    ],
)
def test_a_wrong_policy_is_refused_when_it_is_written(fields: dict[str, Any], words: str) -> None:
    with pytest.raises(ConfigurationError, match=re.escape(words)):
        Policy(**fields)


def test_a_mode_may_be_given_by_its_word() -> None:
    assert Policy(mode="shadow") == Policy(mode=RunMode.SHADOW)


def test_what_may_run_by_itself_is_named_by_kind_target_and_mode() -> None:
    policy = Policy(allow=frozenset({"notify", "tag -> desk", "refresh_cache @ auto", "report -> ops @ assist"}))
    asked = product(("notify", "tag", "refresh_cache", "report"), ("desk", "ops"), (RunMode.ASSIST, RunMode.AUTO))

    assert {(k, t, m.word) for k, t, m in asked if policy.allows(k, t, m)} == {
        *(("notify", target, mode) for target in ("desk", "ops") for mode in ("assist", "auto")),
        *(("tag", "desk", mode) for mode in ("assist", "auto")),
        *(("refresh_cache", target, "auto") for target in ("desk", "ops")),
        ("report", "ops", "assist"),
    }
    assert policy.kinds == {"notify", "tag", "refresh_cache", "report"}
