"""Wrong documents fail when they are loaded: every mistake at once, each with its place."""

from __future__ import annotations

import json
import sys
from typing import Any

import pytest
import yaml

from migro.documents import dump, load
from migro.errors import ConfigurationError, Finding, RuleSetError, UnsupportedFormat
from migro.expressions.features import FeatureSet
from tests.documents.generation import CLASSES, FEATURES

TOP = """\
format: migro-rules/1
name: shop
kinds:
  - {name: k, category: checkout, per: merchant, severity: {default: SEV2}}
rules:
  - id: r.one
    then: {supports: k, points: 50, family: f}
    when:
"""


def findings(text: str, **options: Any) -> tuple[Finding, ...]:
    options = {"signals": CLASSES, "features": FeatureSet(FEATURES), "where": "shop.yaml", **options}
    with pytest.raises(RuleSetError) as caught:
        load(text, **options)
    return caught.value.findings


def in_premise(premise: str) -> tuple[Finding, ...]:
    return findings(TOP + f"      {premise}\n")


PREMISES = {
    "{signal: docs.pge, per: merchant}": ("9:16", ".signal", "unknown-signal", "did you mean 'docs.page'"),
    "{signal: docs.page, per: code}": ("9:32", ".per", "key", "key column of Page (cart, merchant), got 'code'"),
    "{signal: docs.page, per: merchnt}": ("9:32", ".per", "unknown-column", "did you mean 'merchant'?"),
    "{signal: docs.page}": ("9:7", "", "missing-field", "expected the field 'per', got none"),
    "{signal: docs.page, per: merchant, were: []}": ("9:42", ".were", "unknown-field", "did you mean 'where'?"),
    "{signl: docs.page, per: merchant}": ("9:7", "", "form", "did you mean 'signal'?"),
    "{signal: docs.page, per: merchant, count: 3}": ("9:7", "", "form", "several at once: 'signal', 'count'"),
    "[docs.page]": ("9:7", "", "type", "expected a premise, got a list of 1"),
    "{known: j}": ("9:15", ".known", "unknown-kind", "got 'j'"),
    "{signal: docs.page, where: [{eq: [code, '5']}], per: merchant}": (
        "9:47",
        ".where[0].eq[1]",
        "type",
        "expected a whole number, got '5'",
    ),
    "{signal: docs.page, where: [{eq: [ok, 1]}], per: merchant}": (
        "9:45",
        ".where[0].eq[1]",
        "type",
        "expected true or false, got 1",
    ),
    "{signal: docs.page, where: [{eq: [word, 5]}], per: merchant}": (
        "9:47",
        ".where[0].eq[1]",
        "type",
        "expected a string, got 5",
    ),
    "{signal: docs.page, where: [{ge: [price, 5]}], per: merchant}": (
        "9:48",
        ".where[0].ge[1]",
        "type",
        'expected a decimal number such as {decimal: "19.99"}, got 5',
    ),
    '{signal: docs.page, where: [{ge: [due, {time: "2026-03-01T09:00:00"}]}], per: merchant}': (
        "9:53",
        ".where[0].ge[1].time",
        "type",
        "expected a time with a zone",
    ),
    "{signal: docs.page, where: [{gt: [ok, true]}], per: merchant}": (
        "9:35",
        ".where[0]",
        "definition",
        "only numbers, times and spans have an order",
    ),
    "{signal: docs.page, where: [{matches: [word, '(?=x)']}], per: merchant}": (
        "9:35",
        ".where[0]",
        "definition",
        "RE2 syntax",
    ),
    "{signal: docs.page, where: [{eq: [{feature: [docs.mentons, 2]}, true]}], per: merchant}": (
        "9:51",
        ".where[0].eq[0].feature",
        "unknown-feature",
        "did you mean 'docs.mentions'?",
    ),
    "{signal: docs.page, where: [{eq: [{feature: [docs.mentions, 3]}, true]}], per: merchant}": (
        "9:51",
        ".where[0].eq[0].feature",
        "unknown-feature",
        "got 3",
    ),
    "{signal: docs.page, where: [{eq: [word, {fact: [docs.shop, hst]}]}], per: merchant}": (
        "9:66",
        ".where[0].eq[1].fact",
        "unknown-column",
        "did you mean 'host'",
    ),
    "{signal: docs.page, where: [{eq: [word, {fact: [docs.shop, host], default: 3}]}], per: merchant}": (
        "9:82",
        ".where[0].eq[1].default",
        "type",
        "expected a string, got 3",
    ),
    "{count: {signal: docs.page, per: merchant}, at_least: 0, within: 5 min}": (
        "9:7",
        "",
        "definition",
        "whole number from 1, got 0",
    ),
    "{count: {signal: docs.page, per: merchant}, at_least: 3, within: 5 minutes}": (
        "9:72",
        ".within",
        "type",
        "expected a span such as `5 min`",
    ),
    "{count: {signal: docs.page, per: merchant}, at_least: 3, within: 99999999999 d}": (
        "9:72",
        ".within",
        "value",
        "expected a span of at most",
    ),
    "{count: {signal: docs.page, per: merchant}, at_least: 3, within: 0 s}": (
        "9:7",
        "",
        "definition",
        "a span above 0",
    ),
    "{compare: gee, left: 5, right: {count_of: {signal: docs.page, per: merchant}, within: 5 min}}": (
        "9:17",
        ".compare",
        "value",
        "did you mean 'ge'",
    ),
    "{compare: ge, left: true, right: {count_of: {signal: docs.page, per: merchant}, within: 5 min}}": (
        "9:27",
        ".left",
        "type",
        "expected a measure",
    ),
    "{compare: ge, left: {count_of: {recent: 3}, within: 5 min}, right: 5}": (
        "9:38",
        ".left.count_of",
        "form",
        "expected a selection with one field of signal",
    ),
    "{held: {known: k}, for: 5 min}": ("9:14", ".held", "form", "satisfied at definite times"),
    "{share: {signal: docs.page, per: merchant}, where: [], at_least: 5, floor: 1, bound: plain, within: 5 s}": (
        "9:7",
        "",
        "definition",
        "at most 1",
    ),
    "{signal: docs.page, where: [{all: []}], per: merchant}": ("9:41", ".where[0].all", "type", "a list of 1 or more"),
}


@pytest.mark.parametrize("premise", PREMISES)
def test_a_mistake_in_a_premise_is_told_with_its_place(premise: str) -> None:
    place, path, code, words = PREMISES[premise]
    (found,) = in_premise(premise)

    assert found.where == f"shop.yaml:{place}"
    assert found.rule == f"$.rules[0].when{path}"
    assert found.code == code
    assert words in found.message


TRAPS = {
    "yes": "truth value",
    "No": "truth value",
    "on": "truth value",
    "OFF": "truth value",
    "y": "truth value",
    "True": "truth value",
    "10:30": "base of 60",
    "190:20:30": "base of 60",
    "2026-03-01": "for a time",
    "2026-03-01T09:00:00Z": "for a time",
    "2026-03-01 09:00:00": "for a time",
    "010": "decimal digits",
    "0o17": "decimal digits",
    "0x1F": "decimal digits",
    "0b11": "decimal digits",
    "1_000": "decimal digits",
    "+5": "decimal digits",
    "<<": "meaning of its own",
    "1.5": "no floats",
    ".5": "no floats",
    "1e3": "no floats",
    "-1.5E+3": "no floats",
    ".inf": "no floats",
    ".NaN": "no floats",
    "9" * 2000: "digits",
    "&a x": "no anchors",
    "!!str x": "no tags",
    "!x z": "no tags",
}


@pytest.mark.parametrize("word", TRAPS, ids=lambda w: w[:24])
def test_a_word_that_readers_of_yaml_take_for_different_things_is_refused(word: str) -> None:
    (found,) = in_premise(f"{{signal: docs.page, where: [{{eq: [word, {word}]}}], per: merchant}}")

    assert TRAPS[word] in found.message
    assert found.where == "shop.yaml:9:47"
    assert found.rule == "$.rules[0].when.where[0].eq[1]"


@pytest.mark.parametrize("word", [w for w in TRAPS if w[0] not in "&!"], ids=lambda w: w[:24])
def test_the_same_word_in_quotes_is_text(word: str) -> None:
    rules = load(
        TOP + f'      {{signal: docs.page, where: [{{eq: [word, "{word}"]}}], per: merchant}}', signals=CLASSES
    )

    assert rules.rules[0].when.document()["where"] == [{"eq": [{"column": ["docs.page", "word"]}, word]}]


def test_without_pyyaml_json_is_read_and_yaml_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    text = json.dumps(yaml.safe_load(TOP + "      {signal: docs.page, per: merchant}"))
    monkeypatch.setitem(sys.modules, "yaml", None)

    assert load(dump(load(text, signals=CLASSES), "json"), signals=CLASSES).version
    with pytest.raises(ConfigurationError, match=r"install the extra `migro\[yaml\]`"):
        load("name: shop")


def test_aliases_are_refused_so_that_no_small_text_becomes_a_large_value() -> None:
    bomb = "a: &a [x, x]\nb: &b [*a, *a]\nc: &c [*b, *b]\n"
    messages = [f.message for f in findings(bomb)]

    assert any("got the alias *a" in m for m in messages)
    assert any("got &a" in m for m in messages)


def test_all_mistakes_are_told_at_once_in_the_order_of_the_text() -> None:
    text = (
        TOP.replace("k, points: 50", "kk, points: 5.5").replace("SEV2", "SEV9")
        + """\
      all:
        - {signal: docs.page, where: [{eq: [cod, 5]}, {eq: [ok, yes]}], per: merchnt}
        - {count: {signal: docs.pag, where: [{eq: [nothing, here]}], per: x}, at_least: two}
  - id: Bad Id
    when: {signal: docs.page, per: cart}
    then: {supports: k, points: 500, family: ""}
  - nothing
"""
    )
    found = findings(text)
    places = [tuple(map(int, f.where.split(":")[1:])) for f in found]

    assert [f.code for f in found] == [
        *("value", "unknown-kind", "float", "unknown-column", "yaml", "unknown-column", "missing-field"),
        *("unknown-signal", "type", "type", "rule-id", "points", "family", "key"),
    ]
    assert places[:10] == sorted(places[:10])
    assert {f.where for f in found[10:]} == {"shop.yaml:12:5"}


def test_a_second_field_of_one_name_is_a_mistake_in_both_forms() -> None:
    twice = '{"format": "migro-rules/1", "name": "a", "kinds": [], "rules": [],\n "name": "b"}'
    for form in ("json", "yaml"):
        (found,) = findings(twice, form=form)

        assert (found.code, found.rule, found.where) == ("duplicate-field", "$.name", "shop.yaml:2:2")
        assert found.message == "expected once, got another at shop.yaml:1:29"


def test_json_has_its_places_too() -> None:
    text = json.dumps(yaml.safe_load(TOP + "      {signal: docs.page, per: merchnt}"), indent=2)
    (found,) = findings(text)
    line = text.splitlines().index('        "per": "merchnt"') + 1

    assert found.where == f"shop.yaml:{line}:16"
    assert found.rule == "$.rules[0].when.per"


SYNTAX = {
    "{": "1:2",
    '{"a" 1}': "1:6",
    '{"a": 1,}': "1:9",
    '{"a": 01}': "1:7",
    '{"a": .5}': "1:7",
    '{"a": NaN}': "1:7",
    '{"a": tru}': "1:7",
    '{"a": "x\n"}': "1:7",
    '{"a": "\\q"}': "1:7",
    '{"a": "\\ud800"}': "1:7",
    "{'a': 1}": "1:2",
    '{"a": 1} x': "1:10",
    '{"a": 1 "b": 2}': "1:9",
    '{"a": 1, // no\n}': "1:10",
    "": "1:1",
    "a: [1": "",
    "a: 'x": "",
    "a:\n\t- b": "2:1",
    "a: b: c": "1:5",
    "\x00": "",
    "a: *": "",
    "--- a\n--- b": "2:1",
    "? [a]\n: b": "1:3",
    "just words": "1:1",
    "- a": "1:1",
}


@pytest.mark.parametrize("text", SYNTAX)
def test_what_is_no_document_is_told_with_its_place(text: str) -> None:
    (found, *_) = findings(text)

    assert found.where.startswith("shop.yaml:" + SYNTAX[text])


def test_half_a_character_is_refused_before_anything_else() -> None:
    (found,) = findings("name: a\nwhy: \ud800")

    assert found.where == "shop.yaml:2:6"


def test_a_document_of_a_newer_migro_is_told_apart_from_a_wrong_one() -> None:
    with pytest.raises(UnsupportedFormat, match=r"newer migro - at shop\.yaml:1:9"):
        load("format: migro-rules/2\nanything: [else]\n", where="shop.yaml")

    assert [f.code for f in findings("format: migro-rules/x\nname: a\nkinds: []\nrules: []")] == ["format"]
    assert [f.code for f in findings("name: a\nkinds: []\nrules: []")] == ["missing-field"]


def test_a_class_that_lacks_what_a_document_was_written_for_is_a_mistake() -> None:
    schema = """\
format: migro-rules/1
name: shop
signals:
  docs.page:
    columns:
      code: {type: str, optional: true}
      cod: {type: int, optional: true}
      ok: {type: bool}
  docs.nothing: {columns: {}}
  docs.shop: {columns: {limit: {type: float}}}
kinds: []
rules: []
"""
    found = findings(schema)

    assert [(f.rule, f.code) for f in found] == [
        ("$.signals.docs.page.columns.code", "signal-schema"),
        ("$.signals.docs.page.columns.cod", "signal-schema"),
        ("$.signals.docs.nothing", "unknown-signal"),
        ("$.signals.docs.shop.columns.limit.type", "value"),
    ]
    assert found[0].message == "expected str, optional in Page, got int, optional"
    assert "did you mean 'code'" in found[1].message


CLASS_MISTAKES = {
    "{x: {columns: {id: {type: str}}}}": "no other use for",
    "{x: {columns: {model_config: {type: str}}}}": "no other use for",
    "{x: {columns: {__class__: {type: str}}}}": "no other use for",
    "{x: {columns: {'a b': {type: str}}}}": "no other use for",
    "{x: {columns: {a: {type: int, key: true}}}}": "keys are strings",
    "{x: {class: 'a b', columns: {}}}": "the name of a class",
    "{x: {}}": "'columns'",
    "{x: {extends: z, columns: {}}}": "a kind of this document",
    "{x: {extends: z, columns: {}}, z: {extends: x, columns: {}}}": "no circle of parents",
    "{'': {columns: {}}}": "the kind of a signal",
}


@pytest.mark.parametrize("schemas", CLASS_MISTAKES)
def test_a_class_that_cannot_be_made_is_a_mistake(schemas: str) -> None:
    found = findings(f"format: migro-rules/1\nname: a\nsignals: {schemas}\nkinds: []\nrules: []", generate_signals=True)

    assert CLASS_MISTAKES[schemas] in found[0].message
    assert found[0].where.startswith("shop.yaml:3:")


def test_a_wrong_example_says_what_is_wrong_with_its_signal() -> None:
    found = findings(
        TOP
        + """\
      {signal: docs.page, per: merchant}
    examples:
      - name: one
        fires_for: [act_1, 5]
        signals:
          - {kind: docs.page, occurred_at: "2026-03-02T09:00:00Z", hits: many, ok: true}
          - {kind: docs.page, occurred_at: "2026-03-02T09:00:00Z", hits: 1, ok: true, repeat: 1000000}
          - [3]
"""
    )

    assert [(f.where, f.code) for f in found] == [
        ("shop.yaml:12:28", "type"),
        ("shop.yaml:14:13", "example"),
        ("shop.yaml:15:13", "example"),
        ("shop.yaml:16:13", "type"),
    ]
    assert "hits" in found[1].message


def test_two_kinds_of_one_name_are_a_mistake() -> None:
    again = "  - {name: k, category: auth, per: merchant, severity: {default: SEV1}}\nrules:"
    (found,) = findings(TOP.replace("rules:", again) + "      {signal: docs.page, per: merchant}")

    assert (found.code, found.rule, found.where) == ("kind", "$.kinds[1]", "shop.yaml:5:5")


def test_what_migro_needs_of_a_rule_set_is_checked_as_everywhere() -> None:
    text = TOP + "      {signal: docs.page, per: merchant}\n"

    assert [f.code for f in findings(text, require_examples=True)] == ["example", "example"]
    assert [f.where for f in findings(text, require_examples=True)] == ["shop.yaml:6:5"] * 2


@pytest.mark.parametrize(
    ("hosts", "path", "said"),
    [
        ("[gtm]", "$.hosts_about", "expected a table of subjects"),
        ("{tracking: gtm}", "$.hosts_about.tracking", "expected a list"),
        ("{tracking: []}", "$.hosts_about.tracking", "expected a list of 1 or more"),
        ("{tracking: [3]}", "$.hosts_about.tracking[0]", "expected a string"),
    ],
)
def test_what_hosts_are_about_is_read_as_carefully(hosts: str, path: str, said: str) -> None:
    (found,) = findings(f"{TOP}      {{signal: docs.page, per: merchant}}\nhosts_about: {hosts}\n")

    assert found.rule == path
    assert said in found.message
