"""Whatever somebody sends as a document, the answer is a message: no crash, no endless work, no large value."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from migro.documents import dump, load
from migro.documents.document import DocumentForm
from migro.documents.parts import MAX_FINDINGS, MAX_PARTS, MAX_TEXT
from migro.errors import MigroError, RuleSetError
from migro.expressions.features import FeatureSet
from tests.documents.generation import CLASSES, FEATURES, small


def message(text: str, form: DocumentForm | None = None) -> str:
    with pytest.raises(RuleSetError) as caught:
        load(text, signals=CLASSES, form=form)
    return str(caught.value)


def test_a_text_of_a_hundred_million_characters_is_refused_unread() -> None:
    assert f"expected at most {MAX_TEXT} characters, got 100000000" in message("x" * 100_000_000)


@pytest.mark.parametrize("start", ["[", '{"a":', "[{", "{a: ", "- ", "? ", "a:\n "])
@pytest.mark.parametrize("form", ["json", "yaml"])
def test_ten_thousand_levels_end_in_a_message(start: str, form: DocumentForm) -> None:
    assert "mistake" in message(start * 10_000, form)


@pytest.mark.parametrize("form", ["json", "yaml"])
def test_depth_is_told_where_it_becomes_too_much(form: DocumentForm) -> None:
    assert "expected at most 100 levels" in message("[" * 10_000 + "]" * 10_000, form)


def test_millions_of_values_are_refused_before_all_of_them_are_built() -> None:
    assert f"expected at most {MAX_PARTS} values" in message("[" + "1," * 2_000_000 + "1]", "json")


def test_no_more_mistakes_are_told_than_a_person_reads() -> None:
    lines = message("{" + ",".join(f'"f{n}": 1.5' for n in range(5000)) + "}").splitlines()

    assert len(lines) == MAX_FINDINGS + 2
    assert "9904 more mistakes" in lines[-1]


@pytest.mark.parametrize(
    "literal",
    [
        '{"decimal": "1E999999999"}',
        '{"decimal": "NaN"}',
        '{"decimal": "Infinity"}',
        '{"microseconds": 1%s}' % ("0" * 900),
    ],
)
def test_numbers_that_would_never_end_are_refused(literal: str) -> None:
    document = {
        "format": "migro-rules/1",
        "name": "a",
        "kinds": [{"name": "k", "category": "unknown", "per": "merchant", "severity": {"default": "SEV4"}}],
        "rules": [
            {
                "id": "r.one",
                "when": {"signal": "docs.page", "where": [{"ge": ["price", "HERE"]}], "per": "merchant"},
                "then": {"vetoes": "k", "family": "f"},
            }
        ],
    }
    assert "$.rules[0].when.where[0].ge[1]" in message(json.dumps(document).replace('"HERE"', literal))


def test_a_thousand_repetitions_cost_no_more_than_a_document_may() -> None:
    signal = '{kind: docs.page, occurred_at: "2026-03-02T09:00:00Z", hits: 1, ok: true, repeat: 90000}'
    text = f"""
format: migro-rules/1
name: a
kinds: [{{name: k, category: unknown, per: merchant, severity: {{default: SEV4}}}}]
rules:
  - id: r.one
    when: {{signal: docs.page, per: merchant}}
    then: {{vetoes: k, family: f}}
    examples: [{{name: many, signals: [{signal.replace("90000", "100001")}, {signal.replace("90000", "0")}]}}]
"""
    assert message(text).count("expected 1 to 100000 signals") == 2


TEXTS = [dump(small(seed), form) for seed in range(6) for form in ("yaml", "json")]
MARKS = ["{", "}", "[", "]", ": ", "\n", "- ", '"', "*a", "&a ", "1.5", "\t", "#"]
NAMES = [
    *("format", "name", "signals", "parents", "features", "kinds", "rules", "id", "when", "then", "all", "signal"),
    *("per", "where", "eq", "examples", "columns", "category", "severity", "then", "supports"),
]
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(NAMES), inner, max_size=5),
)


def told(text: str, form: DocumentForm, *, generate_signals: bool = False) -> str:
    """Return what is said about a text, which names a place in it. Any other exception fails the test."""
    features = FeatureSet(FEATURES)
    try:
        load(text, signals=CLASSES, features=features, form=form, generate_signals=generate_signals)
    except MigroError as e:
        return str(e)
    return "read to the last line"


@settings(max_examples=400)
@given(st.sampled_from(TEXTS), st.floats(0, 1), st.integers(0, 12), st.text(max_size=4) | st.sampled_from(MARKS))
def test_any_small_damage_is_read_or_told(text: str, at: float, cut: int, new: str) -> None:
    place = int(at * len(text))
    damaged = text[:place] + new + text[place + cut :]

    assert "line" in told(damaged, "yaml")
    assert "line" in told(damaged, "json")


@settings(max_examples=200)
@given(VALUES)
def test_any_json_is_read_or_told(value: object) -> None:
    assert "line" in told(json.dumps(value), "json")
    assert "line" in told(json.dumps(value), "json", generate_signals=True)
