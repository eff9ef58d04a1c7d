"""Contents: what one rule lacks or reads that it should not, without any proof."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from typing import Any

from ..expressions import Col, Fact, Feature, Term, columns_of, facts_of, span, terms_in
from ..rules import Given, Recent, Rule, Selection, everything
from .problems import Problem

__all__ = ["contents"]

_WORDS = frozenset(
    "email mail phone telephone mobile fax street postcode zip zipcode iban bic passport birthdate birthday dob"
    " birth ip ipv4 ipv6 ssn taxid cvv cvc pan".split()
)
"""Words that name what is about one person, wherever they stand in a column's name."""

_SECRETS = frozenset("password passwd passphrase secret token cookie jwt".split())
"""Words that name what opens a door. A text with such a name holds it; a number or a time tells of it."""

_PHRASES = (
    ("first", "name"),
    ("last", "name"),
    ("full", "name"),
    ("family", "name"),
    ("given", "name"),
    ("card", "number"),
    ("card", "holder"),
    ("account", "holder"),
    ("date", "of"),
    ("api", "key"),
    ("private", "key"),
    ("user", "agent"),
    ("home", "address"),
    ("billing", "address"),
    ("shipping", "address"),
)

_HARMLESS = frozenset("verified present missing known valid count counts total number_of share hash kind type".split())
"""With one of these a column tells about such data and does not hold it."""

_PART = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")


def contents(rule: Rule[Any]) -> Iterator[Problem]:
    """Yield what is missing in a rule, or should not be in it."""
    yield from _examples(rule)
    yield from _windows(rule)
    seen: set[str] = set()
    for term in _terms(rule):
        if str(term) in seen:
            continue
        seen.add(str(term))
        if isinstance(term, Feature):
            yield from _feature(rule, term)
        elif isinstance(term, Col) and (word := _personal(term)):
            yield Problem.of(
                rule,
                "MR112",
                f"expected columns without personal data, got {term}",
                witness=f"{term.name!r} names {word!r}",
            )


def _examples(rule: Rule[Any]) -> Iterator[Problem]:
    for fires, word in ((True, "fires"), (False, "silent")):
        if not any(bool(e.fires_for) is fires for e in rule.examples):
            yield Problem.of(
                rule,
                "MR111",
                f"expected an example that {'fires' if fires else 'is silent'}: examples=({word}(...), ...)",
                witness=f"{len(rule.examples)} examples, none of them {word}(...)",
            )


def _windows(rule: Rule[Any]) -> Iterator[Problem]:
    for part in everything(rule.when):
        if isinstance(part, Recent) and part.length > rule.lasts_us:
            yield Problem.of(
                rule,
                "MR109",
                f"expected within= of at most what the evidence lasts, {span(rule.lasts_us)}, got {span(part.length)}",
                witness=f"{span(rule.lasts_us)} after its anchor nothing is left of it, and"
                f" {span(part.length)} are never reached",
            )


def _terms(rule: Rule[Any]) -> Iterator[Term[Any, Any]]:
    for part in everything(rule.when):
        found: list[Any] = [t for p in part.conditions for t in (*columns_of(p), *facts_of(p))]
        found += [*part.terms, *part.facts]
        if isinstance(part, Selection | Given):
            found += part.per
        for term in found:
            for inner in terms_in(term):
                column = inner.column if isinstance(inner, Fact) else inner
                if isinstance(column, Term):
                    yield column


def _feature(rule: Rule[Any], feature: Feature[Any, Any]) -> Iterator[Problem]:
    function = feature.function
    found: Any = sys.modules.get(function.__module__)
    for name in function.__qualname__.split("."):
        found = getattr(found, name, None)
    if found is feature or found is function:
        return
    yield Problem.of(
        rule,
        "MR113",
        f"expected a feature under a name of its module, so that rule documents can be read elsewhere; got {feature}",
        witness=f"{function.__module__} has no {function.__qualname__!r}",
    )


def _personal(column: Col[Any, Any]) -> str:
    """Return the word in a column's name that says whose data it holds, or nothing."""
    words = [w.lower() for w in _PART.findall(column.name)]
    if _HARMLESS & set(words) or column.column_type.value is bool:
        return ""
    for pair in _PHRASES:
        if any(tuple(words[i : i + 2]) == pair for i in range(len(words))):
            return " ".join(pair)
    named = _WORDS | _SECRETS if column.column_type.value is str else _WORDS
    return next((w for w in words if w in named), "")
