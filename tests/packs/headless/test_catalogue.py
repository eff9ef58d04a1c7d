"""The catalogue of failure modes: what every kind says, and what the pack does not cover."""

from __future__ import annotations

import re
from typing import Any, get_args

import pytest

from migro.errors import RuleDefinitionError
from migro.models import Category, Issue, Risk, Severity
from migro.packs.headless import NOT_YET, RULES
from migro.packs.headless.references import REFERENCES, cited
from migro.packs.headless.signals import VOCABULARY
from migro.rules import IssueKind
from tests.conftest import RunPython

KINDS = sorted(RULES.kinds.values(), key=lambda k: k.name)
_KINDS = pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
_VERBS = {
    ("notify", Risk.R0),
    ("report", Risk.R0),
    ("update_dashboard", Risk.R0),
    ("recheck", Risk.R0),
    ("refresh_cache", Risk.R1),
    ("draft_reply", Risk.R2),
}


def test_the_pack_covers_many_modes_over_many_categories() -> None:
    assert len(KINDS) >= 71
    assert len({k.category for k in KINDS}) == len(get_args(Category))


def test_every_signal_class_of_the_vocabulary_is_known_to_the_rules() -> None:
    assert set(VOCABULARY) <= set(RULES.signals.values())


def test_loading_the_vocabulary_does_not_load_the_rules(run_python: RunPython) -> None:
    program = (
        "import sys; import migro.packs.headless.signals;"
        "print([m for m in sys.modules if m.startswith('migro.packs.headless.')])"
    )

    loaded = run_python("-c", program).stdout.strip().strip("[]").replace("'", "").split(", ")

    assert "migro.packs.headless.signals" in loaded
    assert {n.rpartition(".")[2].rpartition("_")[2] for n in loaded} == {"gaps", "signals"}


def test_two_processes_agree_on_the_version_of_the_pack(run_python: RunPython) -> None:
    done = run_python("-c", "from migro.packs.headless import RULES; print(RULES.version)")

    assert done.stdout.strip() == RULES.version


@_KINDS
def test_a_kind_says_what_people_need(kind: IssueKind[Any]) -> None:
    assert kind.title
    assert not kind.title.endswith(".")
    assert kind.what.endswith(".")
    assert kind.responses
    assert kind.human_only
    assert kind.false_positives
    assert kind.category in get_args(Category)
    assert kind.systemic or kind.per[0] == "merchant"


_NO_REPLY = {
    "app_build_incident": "its merchants are written to about what the build did to each of them",
    "collector_fault": "a matter of the host's own collector",
    "documentation_gap": "a matter of the host's own documentation",
}
"""Modes that no merchant is written to about."""


@_KINDS
def test_a_kind_says_whom_it_harms_what_to_reply_and_where_it_is_shown(kind: IssueKind[Any]) -> None:
    replies = [text for r in kind.responses if r.kind == "draft_reply" for name, text in r.args if name == "template"]

    assert kind.harm.endswith(".")
    assert kind.sources
    assert set(kind.sources) <= set(REFERENCES.values())
    assert bool(replies) is (kind.name not in _NO_REPLY)
    assert kind.related or kind.systemic or kind.name == "ticket_needs_person"


def test_every_reference_is_cited_and_an_unknown_one_is_named() -> None:
    assert {s for kind in KINDS for s in kind.sources} == set(REFERENCES.values())
    with pytest.raises(RuleDefinitionError, match="expected keys of REFERENCES, got 'NOBODY-1'"):
        cited("J", "NOBODY-1")


@_KINDS
def test_no_response_does_more_than_tell_draft_or_refresh(kind: IssueKind[Any]) -> None:
    assert {(r.kind, r.risk) for r in kind.responses} <= _VERBS
    assert max(r.risk for r in kind.responses) <= Risk.R2


@_KINDS
def test_responses_fill_in_fields_of_an_issue_only(kind: IssueKind[Any]) -> None:
    named = {n for r in kind.responses for _, text in r.args for n in re.findall(r"{(\w+)}", text)}

    assert named <= set(Issue.model_fields)


@_KINDS
def test_somebody_is_told_about_every_kind(kind: IssueKind[Any]) -> None:
    told = {r.kind for r in kind.responses if r.risk is Risk.R0 and r.from_severity is Severity.SEV4}

    assert told & {"notify", "report"}


@_KINDS
def test_what_a_kind_is_related_to_is_a_mode_that_exists(kind: IssueKind[Any]) -> None:
    assert set(kind.related) - {kind.name} <= set(RULES.kinds) | set(NOT_YET)
    assert kind.name not in kind.related


@_KINDS
def test_a_severity_scale_goes_from_worst_to_mildest(kind: IssueKind[Any]) -> None:
    severities = [s for s, _ in kind.severity.by_share]
    bounds = [b for _, b in kind.severity.by_share]

    assert severities == sorted(severities, reverse=True)
    assert bounds == sorted(bounds, reverse=True)
    assert all(kind.severity.below <= s for s in severities)


def test_money_is_estimated_only_with_what_the_host_says_about_it() -> None:
    models = [k.impact for k in KINDS if k.impact is not None]

    assert len(models) >= 4
    assert all(m.order_value is not None and m.order_value.default is None for m in models)
    assert all(m.currency is not None and m.currency.default is None for m in models)


def test_a_gap_says_what_is_missing() -> None:
    assert all(NOT_YET.values())
    assert "ticket_needs_person" not in NOT_YET
    # A mode with rules is listed where a measure of its cannot be said yet.
    assert set(NOT_YET) <= set(RULES.kinds)
