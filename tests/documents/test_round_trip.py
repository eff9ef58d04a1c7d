"""A rule set and its document say the same, in YAML and in JSON, whatever the rules are."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import attrs
import jsonschema
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

import migro.expressions as expressions
import migro.rules as rules
from migro.documents import document_of, dump, features_in, load, schema
from migro.documents.document import RULE, DocumentForm
from migro.documents.examples import EXAMPLE
from migro.documents.forms import Form
from migro.documents.impacts import IMPACT
from migro.documents.kinds import KIND, RESPONSE, SCALE
from migro.documents.measures import MEASURE, METHOD
from migro.documents.predicates import PREDICATE
from migro.documents.premises import PREMISE
from migro.documents.terms import TERM
from migro.expressions import Node, Term, fact, minutes, operands_of
from migro.expressions.features import Feature, FeatureSet
from migro.models import MerchantId
from migro.packs.headless import RULES
from migro.rules import Example, IssueKind, Measure, Premise, Rule, RuleSet, everything, on, supports
from migro.rules.aggregates import Aggregate
from migro.rules.baselines import Method
from tests.documents.generation import CLASSES, FEATURES, START, Checkout, Page, Shop, ruleset, small
from tests.effort import cases

FORMS: tuple[DocumentForm, DocumentForm] = ("yaml", "json")
SEEDS = st.integers(0, 2**48)


def read(text: str, form: DocumentForm) -> RuleSet:
    return load(text, signals=CLASSES, features=FeatureSet(FEATURES), form=form)


def words(ruleset: RuleSet) -> list[str]:
    return [str(rule) for rule in ruleset]


@settings(max_examples=cases(4000))
@given(SEEDS)
def test_every_premise_comes_back_with_hash_and_words(seed: int) -> None:
    before, form = small(seed), FORMS[seed % 2]
    text = dump(before, form)
    after = read(text, form)

    assert after.version == before.version
    assert words(after) == words(before)
    assert dump(after, form) == text


@settings(max_examples=cases(500))
@given(SEEDS)
def test_a_whole_set_comes_back_from_both_forms(seed: int) -> None:
    before = ruleset(seed)
    for form in FORMS:
        text = dump(before, form)
        after = read(text, form)

        assert after.version == before.version
        assert words(after) == words(before)
        assert [(r.why, r.salience, r.revision, r.lasts) for r in after] == [
            (r.why, r.salience, r.revision, r.lasts) for r in before
        ]
        assert [e for r in after for e in r.examples] == [e for r in before for e in r.examples]
        assert [_prose(k) for k in after.kinds.values()] == [_prose(k) for k in before.kinds.values()]
        assert dump(after, form) == text


def _prose(kind: Any) -> tuple[Any, ...]:
    told = (kind.title, kind.what, kind.harm, kind.human_only, kind.false_positives, kind.related, kind.sources)
    return (kind.document(), told)


def test_the_shipped_rules_come_back_with_their_examples() -> None:
    text = dump(RULES)
    after = load(text, signals=RULES.signals.values(), features=features_in(RULES), require_examples=True)

    assert after.version == RULES.version
    assert words(after) == words(RULES)
    assert after.hosts_about == RULES.hosts_about != {}
    assert [e for r in after for e in r.examples] == [e for r in RULES for e in r.examples]
    assert dump(after) == text
    assert load(dump(RULES, "json", examples=False), generate_signals=True).version == RULES.version


@settings(max_examples=cases(100))
@given(SEEDS)
def test_other_readers_of_yaml_and_json_see_the_same_document(seed: int) -> None:
    before = ruleset(seed)

    assert yaml.safe_load(dump(before, "yaml")) == json.loads(dump(before, "json")) == document_of(before)


def test_the_random_rules_hold_every_construct_of_the_language() -> None:
    wanted = {
        value
        for module in (expressions, rules)
        for value in vars(module).values()
        if isinstance(value, type) and issubclass(value, Node)
    }
    wanted -= {Node, Term, Premise, Measure, Method, Aggregate, expressions.Pred, rules.Timed}
    found = {type(node) for seed in range(400) for node in _all_nodes(small(seed))}

    assert {cls.__name__ for cls in (wanted | {Feature}) - found} == set()


def test_the_table_has_every_field_that_a_node_s_meaning_has() -> None:
    choices = {Premise: PREMISE, Measure: MEASURE, Method: METHOD, expressions.Pred: PREDICATE, Term: TERM}
    for node in (node for seed in range(150) for node in _all_nodes(small(seed))):
        choice = next((c for cls, c in choices.items() if isinstance(node, cls)), None)
        if choice is not None and not isinstance(node, rules.Told):
            form = choice.form_of(node)

            assert form.head == "between" or set(node.document()) <= {f.name for f in form.fields}, node


@pytest.mark.parametrize("form", [RULE, KIND, EXAMPLE, SCALE, IMPACT, RESPONSE], ids=lambda form: form.node.__name__)
def test_the_table_has_every_field_of_what_rules_are_made_of(form: Form) -> None:
    told = {a.name for a in attrs.fields(form.node)} - {"where"}

    assert {f.argument for f in form.fields} == told


def _all_nodes(ruleset: RuleSet) -> Iterator[Any]:
    for rule in ruleset:
        for node in everything(rule.when):
            yield node
            yield from getattr(node, "methods", ())
            yield from getattr(node, "facts", ())
            for pred in getattr(node, "conditions", ()):
                yield from _predicates(pred)
                yield from (part for operand in operands_of(pred) for part in _terms(operand))


def _predicates(pred: Any) -> Iterator[Any]:
    yield pred
    for part in (*getattr(pred, "parts", ()), *([pred.part] if hasattr(pred, "part") else [])):
        yield from _predicates(part)


def _terms(operand: Any) -> Iterator[Any]:
    if isinstance(operand, Node):
        yield operand
        for name in ("left", "right", "term"):
            yield from _terms(getattr(operand, name, None))


@settings(max_examples=cases(150))
@given(SEEDS)
def test_a_document_alone_is_enough_where_no_feature_is_needed(seed: int) -> None:
    before = small(seed)
    if document_of(before).get("features"):
        return
    after = load(dump(before), generate_signals=True)

    assert after.version == before.version
    assert words(after) == words(before)
    assert dump(after) == dump(before)


def test_what_is_left_out_of_a_document_has_the_meaning_of_the_function_s_default() -> None:
    (rule,) = read(
        """
        format: migro-rules/1
        name: defaults
        kinds: [{name: k, category: unknown, per: merchant, severity: {default: SEV3}}]
        rules:
          - id: r.one
            when:
              of: {signal: docs.page, per: merchant}
              without: {signal: docs.checkout, per: merchant}
              within: 5 min
            then: {supports: k, points: 5, family: f}
        """,
        "yaml",
    )
    said = rules.on(Page, per=Page.merchant).without(rules.on(Checkout, per=Checkout.merchant), within=minutes(5))

    assert rule.when.document() == said.document()
    assert rule.lasts is None
    assert rule.revision == 1


@pytest.mark.parametrize("form", FORMS)
def test_examples_can_be_left_out_and_change_no_version(form: DocumentForm) -> None:
    before = next(found for found in map(ruleset, range(100)) if any(r.examples for r in found))
    after = read(dump(before, form, examples=False), form)

    assert after.version == before.version
    assert not any(r.examples for r in after)


@pytest.mark.parametrize("form", FORMS)
def test_only_two_ends_of_one_term_are_written_as_between(form: DocumentForm) -> None:
    two_terms, facts = (Page.code >= 1) & (Page.hits <= 3), (Page.code >= fact(Shop.limit)) & (Page.code <= 3)
    turned, ends = (Page.code <= 3) & (Page.code >= 1), (Page.code >= 1) & (Page.code <= 3)
    kind = IssueKind[MerchantId]("k", category="unknown")
    for pred, between in ((two_terms, False), (facts, False), (turned, False), (ends, True)):
        before = RuleSet("s", Rule("r.one", when=on(Page, pred, per=Page.merchant), then=supports(kind, 5, family="f")))
        text = dump(before, form)
        after = read(text, form)

        assert ("between" in text) is between
        assert (after.version, words(after)) == (before.version, words(before))


def test_equal_signals_of_an_example_are_written_once() -> None:
    signals = tuple(
        Page(id=f"p#{n}", merchant=MerchantId("act_1"), hits=1, ok=True, occurred_at=START + timedelta(seconds=n))
        for n in range(8, 12)
    )
    kind = IssueKind[MerchantId]("k", category="unknown")
    rule = Rule(
        "r.one",
        when=on(Page, per=Page.merchant),
        then=supports(kind, 5, family="f"),
        examples=(Example("four", signals, (("act_1",),)),),
    )
    before = RuleSet("s", rule)
    text = dump(before)

    assert 'id: "p#{n}", repeat: 4, every: 1 s, numbered_from: 8' in text
    assert text.count("docs.page") == 3  # its schema, the premise, the example
    assert read(text, "yaml").rules[0].examples == rule.examples


def test_the_schema_holds_for_generated_documents() -> None:
    validator = jsonschema.Draft202012Validator(schema())

    assert [e.message for seed in range(25) for e in validator.iter_errors(document_of(ruleset(seed)))] == []


def test_what_hosts_are_about_is_written_sorted_and_fits_the_schema() -> None:
    of = RuleSet("shop", *ruleset(1), signals=ruleset(1).signals.values(), hosts_about={"tracking": ("tag", "gtm")})
    written = document_of(of)

    assert written["hosts_about"] == {"tracking": ["gtm", "tag"]}
    assert "hosts_about" not in document_of(ruleset(1))
    assert list(jsonschema.Draft202012Validator(schema()).iter_errors(written)) == []
