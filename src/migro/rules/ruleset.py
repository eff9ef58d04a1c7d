"""Rule sets: rules that belong together, checked whole, with one version."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from types import MappingProxyType
from typing import Any, cast

from ..errors import Finding, RuleDefinitionError, RuleSetError
from ..expressions import Fact, Feature, Term, columns_of, facts_of, terms_in
from ..models import Signal, canonical_json, digest
from .calendars import During, Given
from .kinds import LOWEST_RISK, PLACEHOLDERS, IssueKind
from .premises import Both, Known, Premise, Recent, Unless, everything, leaves
from .rule import Rule
from .selections import Selection

__all__ = ["MAX_POINTS", "MAX_SPAN", "RuleSet", "fact_uses", "selections"]

MAX_POINTS = 150
"""No single rule may move the odds by more than about thirty times."""

MAX_SPAN = 14 * 24 * 3600 * 1_000_000
"""Longest window, in microseconds: what is looked at has to be kept."""

_NAME = re.compile(r"[a-z][a-z0-9_.-]*\Z")
_LABEL = re.compile(r"[a-z0-9]+\Z")


def selections(premise: Premise[Any]) -> Iterator[Selection[Any, Any]]:
    """Yield the selections that a premise reads."""
    for node in everything(premise):
        if isinstance(node, Selection):
            yield node


def fact_uses(premise: Premise[Any]) -> Iterator[tuple[Fact[Any], tuple[str, ...]]]:
    """Yield the configured facts that a premise reads, each with the names of the key that it is read for."""
    for leaf in leaves(premise):
        yield from _fact_uses(leaf, leaf.key_names)


def _fact_uses(node: Any, key_names: tuple[str, ...]) -> Iterator[tuple[Fact[Any], tuple[str, ...]]]:
    own = node.key_names or key_names  # a constant or a fact is about the key of what it is compared with
    for pred in node.conditions:
        for operand in facts_of(pred):
            yield operand, own
    for term in node.terms:
        for part in terms_in(term):
            if isinstance(part, Fact):
                yield part, own
    for operand in node.facts:
        yield operand, tuple(n for n in own if n != operand.column.name)
    for part in node.inputs:
        yield from _fact_uses(part, own)


class RuleSet:
    """
    Rules, the issue kinds they conclude about, and the signal classes they read.

    Attributes:
        name: Stable name in records.
        rules: In writing order.
        kinds: Issue kinds by name.
        signals: Signal classes by kind.
        hosts_about: By subject, words in the names of hosts and parties by which what browsers say of them is about it.
        strata: Rules in layers: what reads `known(X)` comes after everything that concludes about X.
        version: SHA-256 over rules, kinds and signal columns; the same on every machine.

    Raises:
        RuleSetError: With every mistake at once, each with its place.
    """

    def __init__(
        self,
        name: str,
        *rules: Rule[Any] | RuleSet,
        signals: Iterable[type[Signal]] = (),
        hosts_about: Mapping[str, Iterable[str]] | None = None,
        require_examples: bool = False,
    ) -> None:
        if not isinstance(name, str):
            raise RuleDefinitionError(f"RuleSet() takes its name first, such as RuleSet('shop', rule), got {name!r}")
        flat: list[Rule[Any]] = []
        classes = {c.__signal_kind__: c for c in signals}
        words = {subject: frozenset(of) for subject, of in (hosts_about or {}).items()}
        for item in rules:
            if isinstance(item, RuleSet):
                flat.extend(item.rules)
                classes.update(item.signals)
                for subject, of in item.hosts_about.items():
                    words[subject] = words.get(subject, frozenset()) | of
            elif isinstance(item, Rule):
                flat.append(item)
            else:
                raise RuleDefinitionError(f"RuleSet({name!r}, ...) takes rules one by one, got {item!r}")
        self.name = name
        self.rules: tuple[Rule[Any], ...] = tuple(flat)
        # Of two rules with one id the first, for as long as it takes to refuse them.
        self._by_id: dict[str, Rule[Any]] = {rule.id: rule for rule in reversed(self.rules)}
        findings = [
            *_check_rules(self.rules, require_examples),
            *_check_features(self.rules),
            *_check_kinds(self.rules),
            *_check_responses(self.rules),
            *_check_impacts(self.rules),
            *_check_causes(self.rules),
            *_check_hosts(name, words),
        ]
        classes_found, class_findings = _signal_classes(self.rules, classes)
        findings += class_findings
        self.kinds: Mapping[str, IssueKind[Any]] = MappingProxyType(
            {r.then.kind.name: r.then.kind for r in sorted(self.rules, key=lambda r: r.then.kind.name)}
        )
        self.signals: Mapping[str, type[Signal]] = MappingProxyType(dict(sorted(classes_found.items())))
        self.hosts_about: Mapping[str, frozenset[str]] = MappingProxyType(dict(sorted(words.items())))
        levels, cycle_findings = _levels(self.rules)
        findings += cycle_findings
        if findings:
            raise RuleSetError(findings)
        by_kind: dict[str, list[Rule[Any]]] = {}
        for rule in sorted(self.rules, key=lambda r: r.id):
            by_kind.setdefault(rule.then.kind.name, []).append(rule)
        self._by_kind = {kind: tuple(found) for kind, found in by_kind.items()}
        self._supporters = {k: tuple(r.id for r in v if r.then.effect == "supports") for k, v in by_kind.items()}
        by_level: dict[int, list[Rule[Any]]] = {}
        for rule in self.rules:
            by_level.setdefault(levels[rule.then.kind.name], []).append(rule)
        self.strata: tuple[tuple[Rule[Any], ...], ...] = tuple(
            tuple(sorted(by_level[n], key=lambda r: (-r.salience, r.id))) for n in sorted(by_level)
        )
        self.version = self._digest()

    def _digest(self) -> str:
        # The digest of a list of four or five. The fourth is put together from pieces: a set may have a hundred
        # classes.
        rules = canonical_json(sorted(r.version for r in self.rules))
        kinds = canonical_json([k.document() for k in self.kinds.values()])
        signals = ",".join(f"{canonical_json(k)}:{_columns(cast('Any', c))}" for k, c in self.signals.items())
        # Left out where there are none, so that rule sets of before keep their version.
        about = canonical_json({subject: sorted(of) for subject, of in self.hosts_about.items()})
        hosts = f",{about}" if self.hosts_about else ""
        return hashlib.sha256(f'["migro-ruleset/1",{rules},{kinds},{{{signals}}}{hosts}]'.encode()).hexdigest()

    def rule(self, id: str) -> Rule[Any]:
        """
        Return the rule with that id.

        Raises:
            LookupError: If there is none.
        """
        found = self._by_id.get(id)
        if found is None:
            raise LookupError(f"rule set {self.name!r} has no rule {id!r}")
        return found

    def about(self, kind: str) -> tuple[Rule[Any], ...]:
        """Return the rules that conclude about an issue kind, by id."""
        return self._by_kind.get(kind, ())

    def supporters(self, kind: str) -> tuple[str, ...]:
        """Return the ids of the rules that support an issue kind, sorted."""
        return self._supporters.get(kind, ())

    def typed(self, signal: Signal) -> Signal:
        """
        Return the signal as the class that this rule set has for its kind; unchanged for a kind it does not know.

        Raises:
            InputError: If the signal does not fit the class.
        """
        cls = self.signals.get(signal.kind)
        return signal if cls is None or type(signal) is cls or isinstance(signal, cls) else cls.of(signal)

    def __iter__(self) -> Iterator[Rule[Any]]:
        return iter(self.rules)

    def __len__(self) -> int:
        return len(self.rules)

    def __repr__(self) -> str:
        return f"<RuleSet {self.name}: {len(self.rules)} rules about {len(self.kinds)} kinds @{self.version[:12]}>"


@lru_cache(maxsize=1024)
def _columns(cls: type[Signal]) -> str:
    return canonical_json({n: [t.value.__name__, t.optional, t.key] for n, t in cls.__columns__.items()})


def _check_rules(rules: tuple[Rule[Any], ...], require_examples: bool) -> Iterator[Finding]:
    seen: dict[str, Rule[Any]] = {}
    for rule in rules:

        def finding(code: str, message: str, rule: Rule[Any] = rule) -> Finding:
            return Finding(code, str(rule.id), rule.where, message)

        if not isinstance(rule.id, str) or not _NAME.match(rule.id):
            yield finding("rule-id", f"expected an id such as 'checkout.5xx-share', got {rule.id!r}")
        if rule.id in seen:
            yield finding("duplicate-rule", f"expected one rule of that id; another is at {seen[rule.id].where}")
        seen.setdefault(rule.id, rule)
        then = rule.then
        if then.effect != "vetoes" and (type(then.points) is not int or not 1 <= abs(then.points) <= MAX_POINTS):
            yield finding("points", f"expected 1 to {MAX_POINTS} points, got {then.points!r}")
        elif (then.effect == "supports") != (then.points > 0) and then.effect != "vetoes":
            yield finding("points", f"expected a positive number of points, got {then.points!r} for {then.effect}")
        if not then.family:
            yield finding("family", "expected the name of a family, got an empty string")
        if rule.when.key_names != then.kind.per:
            yield finding(
                "key",
                f"expected premises per {' and '.join(then.kind.per)}, since {then.kind.name} is about that;"
                f" got per {' and '.join(rule.when.key_names)}",
            )
        if rule.lasts_us <= 0:
            yield finding("lasts", f"expected a span above 0, got {rule.lasts!r}")
        if max(rule.when.longest, rule.lasts_us) > MAX_SPAN:
            yield finding("window", "expected windows and lasts of at most 14 days")
        if not _positive(rule.when):
            yield finding(
                "no-signal",
                "expected a premise over signals, a calendar or a known issue that is not negated",
            )
        if require_examples:
            if not any(e.fires_for for e in rule.examples):
                yield finding("example", "expected an example that fires: examples=(fires(...), ...)")
            if all(e.fires_for for e in rule.examples):
                yield finding("example", "expected an example that is silent: examples=(silent(...), ...)")


def _positive(premise: Premise[Any]) -> bool:
    match premise:
        case Known(negated=negated) | During(negated=negated) | Given(negated=negated):
            return not negated
        case Both(parts=parts):
            return any(_positive(p) for p in parts)
        case Unless(of=of) | Recent(of=of):
            return _positive(of)
        case _:
            return True


def _check_features(rules: tuple[Rule[Any], ...]) -> Iterator[Finding]:
    """Find names that stand for two functions: documents and hashes know a feature by its name and version alone."""
    first: dict[tuple[str, int], tuple[Feature[Any, Any], str]] = {}
    for rule in rules:
        for node in everything(rule.when):
            terms = [t for p in node.conditions for t in columns_of(p)]
            terms += [t for term in node.terms for t in terms_in(term) if isinstance(t, Term)]
            for term in terms:
                if not isinstance(term, Feature):
                    continue
                known, where = first.setdefault((term.name, term.version), (term, rule.where))
                if known is not term and known.function is not term.function:
                    yield Finding(
                        "feature",
                        rule.id,
                        rule.where,
                        f"expected one function behind {term.name!r} version {term.version};"
                        f" another is used at {where}",
                    )


def _check_hosts(name: str, words: Mapping[str, frozenset[str]]) -> Iterator[Finding]:
    for subject, of in sorted(words.items()):
        for word in [subject, *sorted(of)]:
            if not _LABEL.match(word):
                yield Finding(
                    "hosts-about",
                    name,
                    "",
                    f"expected words of lower-case letters and digits, as dots and hyphens part the names of hosts;"
                    f" got {word!r} for {subject!r}",
                )
        if not of:
            yield Finding("hosts-about", name, "", f"expected at least one word for {subject!r}, got none")


def _check_kinds(rules: tuple[Rule[Any], ...]) -> Iterator[Finding]:
    documents: dict[str, tuple[str, Rule[Any]]] = {}
    for rule in rules:
        kind = rule.then.kind
        document = digest(kind.document())
        first = documents.setdefault(kind.name, (document, rule))
        if first[0] != document:
            yield Finding(
                "kind",
                kind.name,
                rule.where,
                f"expected one issue kind of that name; {first[1].id} at {first[1].where} has another",
            )


def _check_causes(rules: tuple[Rule[Any], ...]) -> Iterator[Finding]:
    """Find kinds that would be their own consequence."""
    kinds = {r.then.kind.name: (r.then.kind, r) for r in reversed(rules)}
    for name, (_, rule) in sorted(kinds.items()):
        reached, ahead = set[str](), [name]
        while ahead:
            found = kinds.get(ahead.pop())
            new = set(found[0].causes) - reached if found is not None else set()
            reached |= new
            ahead += sorted(new)
        if name in reached:
            yield Finding(
                "causes", name, rule.where, "expected causes that end with other kinds; it is its own consequence"
            )


def _check_responses(rules: tuple[Rule[Any], ...]) -> Iterator[Finding]:
    for kind, rule in {r.then.kind.name: (r.then.kind, r) for r in reversed(rules)}.values():
        for response in kind.responses:
            lowest = LOWEST_RISK.get(re.split(r"[_. -]", response.kind, maxsplit=1)[0].lower())
            if lowest is not None and response.risk < lowest:
                yield Finding(
                    "risk",
                    kind.name,
                    rule.where,
                    f"expected {response.kind!r} at {lowest.word} or riskier, got {response.risk.word}",
                )
            named = {name for _, text in response.args for name in re.findall(r"\{(\w+)\}", text)}
            for name in sorted(named - PLACEHOLDERS):
                known = ", ".join(sorted(PLACEHOLDERS))
                yield Finding(
                    "placeholder", kind.name, rule.where, f"expected one of {known} in braces, got {{{name}}}"
                )


def _signal_classes(
    rules: tuple[Rule[Any], ...], given: dict[str, type[Signal]]
) -> tuple[dict[str, type[Signal]], list[Finding]]:
    classes = dict(given)
    findings = []
    for rule in rules:
        owners = [s.signal for s in selections(rule.when)] + _impact_classes(rule.then.kind)
        for operand, key_names in fact_uses(rule.when):
            owner = operand.column.owner
            owners.append(owner)
            if not any(owner.__columns__.get(n) and owner.__columns__[n].key for n in key_names):
                findings.append(
                    Finding(
                        "fact-key",
                        rule.id,
                        rule.where,
                        f"expected {owner.__name__} to share a key with the premise (per {' and '.join(key_names)})",
                    )
                )
        for cls in owners:
            if not cls.__signal_kind__:
                continue
            if classes.setdefault(cls.__signal_kind__, cls) is not cls:
                findings.append(
                    Finding(
                        "signal-class",
                        rule.id,
                        rule.where,
                        f"expected one class for kind {cls.__signal_kind__!r}, got {cls.__qualname__}"
                        f" and {classes[cls.__signal_kind__].__qualname__}",
                    )
                )
    return classes, findings


def _impact_classes(kind: IssueKind[Any]) -> list[type[Signal]]:
    """Return the signal classes that the impact of a kind is estimated from."""
    model = kind.impact
    if model is None:
        return []
    told = [*model.facts]
    read = [*model.selections]
    for part in (p for m in (*model.measures, *model.calendars) for p in everything(m)):
        told += part.facts
        read += [part] if isinstance(part, Selection) else []
    return [*(s.signal for s in read), *(f.column.owner for f in told)]


def _check_impacts(rules: tuple[Rule[Any], ...]) -> Iterator[Finding]:
    for kind, rule in {r.then.kind.name: (r.then.kind, r) for r in reversed(rules)}.values():
        model = kind.impact
        parts = (*model.measures, *model.selections, *model.calendars) if model is not None else ()
        for part in parts:
            if part.key_names != kind.per:
                yield Finding(
                    "impact-key",
                    kind.name,
                    rule.where,
                    f"expected impact measured per {' and '.join(kind.per)}, since {kind.name} is about that;"
                    f" got per {' and '.join(part.key_names)} in {part}",
                )
            if part.longest > MAX_SPAN:
                yield Finding("impact-window", kind.name, rule.where, "expected windows of at most 14 days")


def _levels(rules: tuple[Rule[Any], ...]) -> tuple[dict[str, int], list[Finding]]:
    """Return the stratum of each issue kind; a cycle through `known` is a finding that prints its path."""
    reads: dict[str, set[str]] = {}
    for rule in rules:
        needed = {leaf.kind.name for leaf in leaves(rule.when) if isinstance(leaf, Known)}
        reads.setdefault(rule.then.kind.name, set()).update(needed)
    levels: dict[str, int] = {}
    findings: list[Finding] = []

    def visit(kind: str, path: tuple[str, ...]) -> int:
        if kind in levels:
            return levels[kind]
        if kind in path:
            cycle = " -> ".join((*path[path.index(kind) :], kind))
            where = next(r.where for r in rules if r.then.kind.name == kind)
            findings.append(Finding("cycle", kind, where, f"expected no cycle through known(), got {cycle}"))
            return 0
        below = [visit(k, (*path, kind)) for k in sorted(reads.get(kind, ()))]
        levels[kind] = 1 + max(below) if below else 0
        return levels[kind]

    for kind in sorted(reads):
        visit(kind, ())
    return levels, findings
