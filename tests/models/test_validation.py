"""How wrong values are told: one finding for a place, and nothing of what a stranger wrote."""

from __future__ import annotations

import pytest

from migro import Attr
from migro.configuration import Configuration
from migro.errors import InputError
from migro.models import Signal
from migro.models.validation import explain_validation


def found(settings: object, *, quoting: bool = True) -> list[str]:
    with pytest.raises(ValueError, match="validation error") as caught:
        Configuration.model_validate(settings)
    return explain_validation(caught.value, quoting=quoting).split("; ")  # type: ignore[arg-type]  # it is pydantic's


def refused(**fields: object) -> str:
    with pytest.raises(InputError) as caught:
        Signal.from_data({"kind": "x", "occurred_at": "2026-03-01T00:00:00Z", **fields})
    return str(caught.value)


def test_the_branches_of_a_union_are_one_finding() -> None:
    assert found({"policy": {"mode": "reckless"}}) == [
        "policy.mode: expected one of off, shadow, assist, auto, got 'reckless'"
    ]
    assert refused(attrs={"q": 3}) == "attrs.q: expected a valid boolean or a valid string or a list, got int"
    assert refused(attrs={"q": [3]}).endswith("or a valid string for each item, got tuple")
    assert refused(metrics={"n": "NaN"}) == "metrics.n: expected a valid integer or a finite number, got Decimal"


def test_a_field_that_is_called_like_a_type_keeps_its_place() -> None:
    assert found({"roles": {"str": 5}}) == ["roles.str: expected a valid string, got 5"]


def test_every_mistake_is_told_at_its_own_place() -> None:
    assert found({"policy": {"approvals": 1, "stale_minutes": 0}, "rules": {"sets": "headless"}}) == [
        "policy.stale_minutes: expected greater than 0, got 0",
        "policy.approvals: extra inputs are not permitted, got 1",
        "rules.sets: expected a list, got 'headless'",
    ]


def test_what_is_missing_is_told_without_its_container() -> None:
    with pytest.raises(InputError) as caught:
        Signal.from_data({"kind": "x"})

    assert str(caught.value).startswith("occurred_at: field required, got none")


@pytest.mark.parametrize(
    "fields",
    [
        {"email": "ada@planted.example"},
        {"ada@planted.example": 1},
        {"status": "ada@planted.example"},
        {"occurred_at": "ada@planted.example"},
        {"attrs": {"ada@planted.example": 1.5}},
        {"metrics": {"x": "ada@planted.example"}},
        {"env": "ada@planted.example"},
    ],
)
def test_what_a_stranger_wrote_is_never_quoted(fields: dict[str, object]) -> None:
    assert "planted" not in refused(**fields)


def test_our_own_words_about_a_value_do_not_quote_it_either() -> None:
    class Shot(Signal, kind="validated.shot"):
        code: Attr[int]

    with pytest.raises(InputError) as caught:
        Shot.from_data({"kind": "ada@planted.example", "code": 5, "occurred_at": "2026-03-01T00:00:00Z"})

    assert str(caught.value) == "the whole value: expected kind 'validated.shot', got dict"
