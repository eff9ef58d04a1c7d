"""The version of rules depends on what they mean, and on nothing else."""

from __future__ import annotations

import json
import random
import re
from collections.abc import Iterator
from typing import Any

import pytest
import yaml

from migro.documents import document_of, dump, load
from migro.errors import MigroError
from migro.expressions.features import FeatureSet
from migro.rules import RuleSet
from tests.documents.generation import CLASSES, FEATURES, small

TOP = """
format: migro-rules/1
name: shop
kinds: [{name: k, category: checkout, per: merchant, severity: {default: SEV2}}]
rules:
  - id: r.one
    then: {supports: k, points: 50, family: f}
    when:
"""

SPELLINGS = (
    (
        "37cb15ae",
        "{count: {signal: docs.page, where: [{ge: [code, 500]}, {le: [code, 599]}], per: merchant},"
        " at_least: 3, within: 5 min}",
        "{within: 300 s, at_least: 3, count: {per: [merchant], where: [{le: [code, 599]}, {ge: [code, 500]}],"
        " signal: docs.page}}",
        "{within: {microseconds: 300000000}, at_least: 3, count: {per: [merchant],"
        ' where: [{ge: [{column: ["docs.page", code]}, 500]}, {le: [{column: code}, 599]}], signal: docs.page}}',
    ),
    (
        "a17a578f",
        "{share: {signal: docs.page, per: merchant}, where: [{between: [code, 500, 599]}], at_least: 2.5 %, floor: 20,"
        " bound: wilson, within: 90 s}",
        "{share: {signal: docs.page, per: merchant, where: []}, where: [{all: [{le: [code, 599]}, {ge: [code, 500]}]}],"
        " at_least: 1/40, floor: 20, bound: wilson, within: 90000 ms}",
        "{share: {signal: docs.page, per: merchant}, where: [{all: [{all: [{ge: [code, 500]}, {le: [code, 599]}]}]}],"
        ' at_least: {ratio: "2/80"}, floor: 20, bound: wilson, within: 90000000 us}',
    ),
    (
        "85a6c469",
        "{compare: ge, left: {age_of: {signal: docs.page, per: merchant}, horizon: 14 d}, right: 2 h}",
        "{compare: ge, left: {age_of: {signal: docs.page, per: merchant}, horizon: 336 h}, right: 7200000000}",
        "{compare: ge, right: {number: 7200000000}, left: {horizon: 14d, age_of: {per: merchant, signal: docs.page}}}",
    ),
    (
        "61fa92e4",
        '{signal: docs.page, where: [{eq: [price, {decimal: "1.5"}]}], per: merchant}',
        '{signal: docs.page, where: [{eq: [price, {decimal: "1.50"}]}], per: merchant}',
        '{signal: docs.page, where: [{eq: [price, {decimal: "15E-1"}]}], per: merchant}',
    ),
)
"""The beginning of a golden hash, and spellings that mean the same."""


def read(text: str) -> RuleSet:
    return load(text, signals=CLASSES, features=FeatureSet(FEATURES))


def of_premise(text: str) -> str:
    return read(TOP + " " * 6 + text).rules[0].version


@pytest.mark.parametrize(("golden", "spellings"), [(s[0], s[1:]) for s in SPELLINGS], ids=range(len(SPELLINGS)))
def test_every_spelling_of_a_rule_has_the_one_golden_hash(golden: str, spellings: tuple[str, ...]) -> None:
    hashes = {of_premise(spelling) for spelling in spellings}

    assert len(hashes) == 1
    assert hashes.pop()[:8] == golden


def _shuffled(value: Any, r: random.Random, name: str = "") -> Any:
    """Return a document with its fields, and the operands whose order says nothing, in another order."""
    if isinstance(value, dict):
        return {k: _shuffled(value[k], r, k) for k in r.sample(list(value), len(value))}
    if isinstance(value, list):
        # Among the rules and kinds of a set the order is told apart elsewhere: it is no part of the version either.
        free = name in ("all", "any", "where", "kinds", "greatest", "least")
        items = [_shuffled(v, r) for v in value]
        return r.sample(items, len(items)) if free else items
    return value


class _Quoting(yaml.SafeDumper):
    """Quotes every text: what PyYAML leaves bare may be a number to other readers, and is refused."""


_Quoting.add_representer(str, lambda dumper, text: dumper.represent_scalar("tag:yaml.org,2002:str", text, style='"'))


def test_the_order_of_fields_and_operands_changes_no_version() -> None:
    for seed in range(150):
        before = small(seed)
        written = _shuffled(document_of(before), random.Random(seed))

        assert read(json.dumps(written)).version == before.version, dump(before)
        assert read(yaml.dump(written, Dumper=_Quoting, sort_keys=False)).version == before.version, dump(before)


def test_comments_and_blanks_change_no_version() -> None:
    before = small(7)
    text = dump(before)
    commented = "# About shops\n\n" + text.replace("\nrules:", "\n\n# All of them\nrules:   # here\n")
    packed = json.dumps(document_of(before), separators=(",", ":"))
    spread = json.dumps(document_of(before), indent=7)

    assert {read(t).version for t in (text, commented, packed, spread)} == {before.version}


def test_prose_examples_and_revisions_are_no_part_of_the_version() -> None:
    plain = read(TOP + "      {signal: docs.page, per: merchant}")
    told = read(
        TOP.replace(
            "severity:",
            "title: T, what: W, harm: H, false_positives: F, human_only: [h], related: [r], sources: [s], severity:",
        )
        + "      {signal: docs.page, per: merchant}\n    why: Because.\n    revision: 7\n"
        + "    examples: [{name: none, signals: []}]"
    )

    assert told.version == plain.version


def _places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[tuple[Any, ...], Any]]:
    if isinstance(value, dict):
        for k, v in value.items():
            yield from _places(v, (*path, k))
    elif isinstance(value, list):
        for i, v in enumerate(value):
            yield from _places(v, (*path, i))
    else:
        yield path, value


COLUMNS = ("code", "word", "price", "due", "ok", "tags", "limit", "host", "fee", "ends", "starts", "merchant", "cart")
WORDS = {
    "bound": ("plain", "wilson"),
    "compare": ("ge", "lt"),
    "signal": ("docs.checkout", "docs.page"),
    "given": ("docs.sale",),
    "supports": (),
    "id": ("rule.two",),
}


def _others(path: tuple[Any, ...], value: Any) -> list[Any]:
    """Return other values that may be allowed in the place of one."""
    name = next(p for p in reversed(path) if isinstance(p, str))
    if isinstance(value, bool):
        return [not value]
    if isinstance(value, int):
        return [value + 1, value - 1]
    if re.fullmatch(r"-?[0-9]+ [a-z]+", value):
        return ["7 min", "7 h"]
    if "%" in value or "/" in value:
        return ["7 %"]
    if name == "decimal":
        return ["2.5"]
    if name == "time":
        return ["2027-01-01T00:00:00+00:00"]
    return [w for w in WORDS.get(name, (f"{value}+", *COLUMNS)) if w != value]


def _replaced(value: Any, path: tuple[Any, ...], new: Any) -> Any:
    if not path:
        return new
    if isinstance(value, dict):
        return {k: _replaced(v, path[1:], new) if k == path[0] else v for k, v in value.items()}
    return [_replaced(v, path[1:], new) if i == path[0] else v for i, v in enumerate(value)]


def test_a_change_of_any_value_in_a_rule_changes_its_hash() -> None:
    changed, moved, names = 0, 0, set()
    for seed in RICH:
        before = document_of(small(seed))
        version = read(json.dumps(before)).rules[0].version
        for path, value in _places(before["rules"][0]):
            for other in _others(path, value):
                after = {**before, "rules": [_replaced(before["rules"][0], path, other)]}
                try:
                    found = read(json.dumps(after)).rules[0]
                except MigroError:
                    continue
                changed += 1
                same = _same_meaning(path, value, other, before["rules"][0])
                assert same or found.version != version, (path, value, other, dump(small(seed)))
                moved += found.version != version
                names.add(next(p for p in reversed(path) if isinstance(p, str)))
                break

    assert changed > 150
    assert moved > changed * 0.97
    assert names >= {
        *("eq", "ge", "between", "one_of", "matches", "within", "at_least", "floor", "bound", "compare"),
        *("points", "family", "lateness", "horizon", "for", "every", "of", "samples", "z", "p", "trailing"),
        *("q", "by", "lead", "weight", "column", "default", "hour_of_week", "has", "covers"),
    }


RICH = (43, 29, 58, 113, 95, 11, 82, 54, 127, 119, 45, 61, 41, 131, 27, 86, 98, 133, 7)
"""Seeds of rules that hold most fields between them and are not long."""


def _same_meaning(path: tuple[Any, ...], value: Any, other: Any, rule: Any) -> bool:
    """Return whether the new value may say what the old one said: the same set with one value less, for example."""
    if "revision" in path:
        return True
    holder = rule
    for step in path[:-1]:
        holder = holder[step]
    # A value that stands twice among others, a decimal number or span that is spelled in two ways.
    return isinstance(holder, list) and holder.count(other) > 0
