"""Truth from files: everything a simulation says comes back, little is enough, and mistakes are named."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import attrs
import pytest

from migro.errors import InputError
from migro.evaluate import TruthDocument, read_truth
from migro.models import Severity
from migro.simulate import ANY_PARENT, NEVER, ExpectedIssue, ForbiddenIssue, GroundTruth, generate

FIRST, LAST = datetime(2026, 3, 1, 8, 0, tzinfo=UTC), datetime(2026, 3, 1, 9, 0, tzinfo=UTC)
ONSET = datetime(2026, 3, 1, 8, 20, tzinfo=UTC)


def read(value: Any) -> Any:
    return read_truth(json.dumps(value), where="truth.json")


def test_what_a_simulation_writes_is_read_as_it_was() -> None:
    truth = generate("SC01", seed=3).truth
    document = read_truth(truth.json_text(), where="truth.json")

    assert document.completed(scenario="x", first=FIRST, last=LAST, merchants=("y",)) == truth
    assert list(document.unknown()) == []


def test_every_field_of_a_truth_can_be_read() -> None:
    own = {f.name for f in attrs.fields(GroundTruth)}

    assert set(TruthDocument.model_fields) - own == {"max_seconds_to_detect"}
    assert own <= set(TruthDocument.model_fields)


def test_issues_and_what_is_forbidden_are_enough() -> None:
    document = read(
        {
            "issues": [{"kind": "a", "merchant": "m1"}, {"kind": "b", "merchant": "platform", "mildest": "SEV2"}],
            "forbidden": [{"kind": "c"}],
        }
    )
    truth = document.completed(scenario="mine", first=FIRST, last=LAST, merchants=("m1", "m2"))

    assert (truth.scenario, truth.merchants, truth.start, truth.end) == ("mine", ("m1", "m2"), FIRST, LAST)
    assert truth.issues == (
        ExpectedIssue(kind="a", merchant="m1", onset=FIRST, parent=ANY_PARENT),
        ExpectedIssue(kind="b", merchant=None, onset=FIRST, mildest=Severity.SEV2, parent=ANY_PARENT),
    )
    assert (truth.forbidden, truth.forbidden_verbs) == ((ForbiddenIssue(kind="c"),), NEVER)


def test_what_is_allowed_is_of_anybody_or_of_whom_it_names_and_is_written_as_it_was() -> None:
    told = ["a", {"kind": "b", "merchant": "m1"}, {"kind": "c", "merchant": "platform"}, {"kind": "d"}]
    document = read({"issues": [], "allowed": told})
    truth = document.completed(scenario="mine", first=FIRST, last=LAST, merchants=("m1", "m2"))
    known = [(kind, merchant) for kind in "abcde" for merchant in ("m1", "m2", None) if truth.allows(kind, merchant)]

    assert known == [
        *(("a", m) for m in ("m1", "m2", None)),
        ("b", "m1"),
        ("c", None),
        *(("d", m) for m in ("m1", "m2", None)),
    ]
    assert truth.data()["allowed"] == [*told[:3], "d"]
    again = read(truth.data()).completed(scenario="", first=FIRST, last=LAST, merchants=())
    assert again == truth
    assert list(read({"issues": [], "allowed": [{"kind": "a", "merchnt": "m"}]}).unknown()) == ["allowed.0.merchnt"]


def test_an_issue_without_an_onset_begins_with_the_scenario() -> None:
    document = read({"onset": ONSET.isoformat(), "issues": [{"kind": "a", "merchant": "m"}]})

    assert document.completed(scenario="", first=FIRST, last=LAST, merchants=()).issues[0].onset == ONSET


def test_a_scenario_without_an_onset_begins_with_its_first_issue() -> None:
    document = read({"issues": [{"kind": "a", "merchant": "m", "onset": ONSET.isoformat()}]})

    assert document.completed(scenario="", first=FIRST, last=LAST, merchants=()).onset == ONSET


def test_fields_that_mean_nothing_are_told_by_place() -> None:
    document = read(
        {"issues": [{"kind": "a", "merchant": "m", "witin": 3}], "notes": "x", "forbidden": [{"kind": "b", "who": 1}]}
    )

    assert list(document.unknown()) == ["notes", "issues.0.witin", "forbidden.0.who"]


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ([], r"the whole value: expected an object, got \[\] - at truth.json"),
        ({}, "issues: field required, got none - at truth.json"),
        ({"issues": [{"kind": "a"}]}, "issues.0.merchant: field required, got none"),
        ({"issues": [{"kind": 3, "merchant": "m"}]}, "issues.0.kind: expected a valid string, got 3"),
        (
            {"issues": [{"kind": "a", "merchant": "m", "mildest": "SEV9"}]},
            "issues.0.mildest: expected one of SEV4, SEV3, SEV2, SEV1, got 'SEV9'",
        ),
        (
            {"issues": [{"kind": "a", "merchant": "m", "mildest": "SEV1", "gravest": "SEV3"}]},
            "issues.0: expected a severity interval from mildest to gravest, got SEV1 to SEV3 - at truth.json",
        ),
        ({"issues": [{"kind": "a", "merchant": "m", "onset": "2026-03-01T08:00:00"}]}, "issues.0.onset: .*timezone"),
        ({"issues": [{"kind": "a", "merchant": "m", "within": "60"}]}, "issues.0.within: expected .*integer, got '60'"),
        ({"issues": [], "allowed": [3]}, "allowed.0: expected .*, got 3"),
        ({"issues": [], "forbidden": "a"}, "forbidden: expected .*array, got 'a'"),
        ({"issues": [{}], "planted": {"email": 3}}, "issues.0.kind: .*; issues.0.merchant: .*; planted.email: "),
    ],
)
def test_a_mistake_is_told_with_its_file_and_field_all_at_once(value: Any, message: str) -> None:
    with pytest.raises(InputError, match=message):
        read(value)


def test_what_is_no_json_is_told() -> None:
    with pytest.raises(InputError, match=r"invalid json.* - at here/truth.json"):
        read_truth("{", where="here/truth.json")
