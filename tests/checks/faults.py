"""
Seeded faults: what is done to a sound rule, and the codes of which one has to be found at it.

Fixed before the checker was written, and never adapted to it: each operator makes one mistake that people make, on
whatever rule it can be made. `seeded` makes them on all rules of a set, a bounded number of each.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import timedelta
from decimal import Decimal
from typing import Any

import attrs

from migro.comparison.trials import with_what_it_reads
from migro.expressions import UNSET, Attr, Conjunction, Disjunction, Maybe, Pred, days, feature, hours, minutes, percent
from migro.models import Signal
from migro.mutation.mutants import replaced
from migro.rules import (
    WEAK,
    Both,
    Compared,
    Constant,
    Count,
    Counted,
    Distinct,
    Fits,
    IssueKind,
    Known,
    Premise,
    Recent,
    Rule,
    RuleSet,
    Runs,
    Selection,
    Share,
    Timed,
    Unless,
    everything,
    known,
    leaves,
    on,
    refutes,
    supports,
    vetoes,
)
from migro.rules.premises import Part


@attrs.frozen(kw_only=True)
class Seeded:
    """
    Rules with one fault.

    Attributes:
        operator: What was done.
        codes: One of these has to be found.
        at: At one of these rules.
        rules: The whole set, with the fault in it.
    """

    operator: str
    codes: frozenset[str]
    at: frozenset[str]
    rules: tuple[Rule[Any], ...]


Faulty = Iterator[tuple[frozenset[str], Sequence[Rule[Any]]]]
"""Ids of the rules at one of which it has to be found, and what takes the place of the rule."""

Operator = Callable[[Rule[Any]], Faulty]

OPERATORS: dict[str, tuple[frozenset[str], Operator]] = {}


def operator(name: str, *codes: str) -> Callable[[Operator], Operator]:
    """Register what makes a fault, with the codes of which one has to be found."""

    def register(function: Operator) -> Operator:
        OPERATORS[name] = (frozenset(codes), function)
        return function

    return register


def seeded(ruleset: RuleSet, *, most: int, start: int = 0, only: Sequence[str] = ()) -> Iterator[Seeded]:
    """Yield at most so many faulty sets for each operator, made of rules all over the set."""
    rules = ruleset.rules
    step = next(n for n in (97, 89, 83, 79) if len(rules) % n)
    order = [rules[(start + k * step) % len(rules)] for k in range(len(rules))]
    for name, (codes, make) in OPERATORS.items():
        made = most if only and name not in only else 0
        for rule in order:
            if made == most:
                break
            for at, instead in make(rule):
                around = [r for r in surroundings(ruleset, rule) if r.id != rule.id]
                yield Seeded(operator=name, codes=codes, at=at, rules=(*around, *instead))
                made += 1
                break


def surroundings(ruleset: RuleSet, rule: Rule[Any]) -> tuple[Rule[Any], ...]:
    """The rule, what it asks for, and everything that concludes about the same."""
    chosen = {r.id: r for r in with_what_it_reads(ruleset, rule).rules}
    for other in ruleset.about(rule.then.kind.name):
        chosen.update((r.id, r) for r in with_what_it_reads(ruleset, other).rules)
    return tuple(chosen.values())


# --- what operators need ----------------------------------------------------------------------------------------


def changed(rule: Rule[Any], when: Premise[Any], **fields: Any) -> tuple[frozenset[str], list[Rule[Any]]]:
    return frozenset({rule.id}), [attrs.evolve(rule, when=when, **fields)]


def beside(rule: Rule[Any], **fields: Any) -> tuple[frozenset[str], list[Rule[Any]]]:
    other = attrs.evolve(rule, id=rule.id + "-too", **fields)
    return frozenset({rule.id, other.id}), [rule, other]


def needed(rule: Rule[Any]) -> Selection[Any, Any] | None:
    """A selection without whose signals the rule can never fire."""
    waiting: list[Part] = [rule.when]
    while waiting:
        part = waiting.pop(0)
        match part:
            case Selection():
                return part
            case Counted(of=of) | Distinct(of=of) | Share(of=of) | Fits(of=of) | Recent(of=of) | Unless(of=of):
                waiting.append(of)
            case Runs(of=of):
                waiting.append(of)
            case Both(parts=parts):
                waiting.extend(parts)
            case Compared(operator="ge" | "gt", left=Count(of=of), right=Constant(value=value)) if value > 0:
                waiting.append(of)
    return None


def columns(selection: Selection[Any, Any], of: type, *, optional: bool | None = None) -> list[Any]:
    """Columns of its class of a type, those first that it names already."""
    own = {n for n in selection.signal.model_fields if n not in Signal.model_fields}
    return [
        getattr(selection.signal, n)
        for n, t in selection.signal.__columns__.items()
        if t.value is of and n in own and (optional is None or t.optional is optional) and n not in selection.key_names
    ]


def narrowed(rule: Rule[Any], make: Callable[[Selection[Any, Any]], list[Pred[Any]] | None]) -> Faulty:
    """Add predicates to a selection that the rule needs."""
    selection = needed(rule)
    more = make(selection) if selection is not None else None
    if selection is not None and more:
        other = attrs.evolve(selection, predicates=(*selection.predicates, *more))
        yield changed(rule, replaced(rule.when, selection, other))


def evidence(rule: Rule[Any]) -> bool:
    return rule.then.effect == "supports"


def timed(rule: Rule[Any]) -> Timed[Any] | None:
    """The first part of the rule that is satisfied at times and that it cannot do without."""
    when: Any = rule.when
    while isinstance(when, Unless | Recent | Both):
        when = when.parts[0] if isinstance(when, Both) else when.of
    return when if isinstance(when, Timed) else None


# --- never fires ------------------------------------------------------------------------------------------------


@operator("two values at once", "MR101")
def two_values(rule: Rule[Any]) -> Faulty:
    def make(selection: Selection[Any, Any]) -> list[Pred[Any]] | None:
        found = columns(selection, str)
        return [found[0] == "one", found[0] == "other"] if found else None

    yield from narrowed(rule, make)


@operator("an empty range", "MR101")
def empty_range(rule: Rule[Any]) -> Faulty:
    def make(selection: Selection[Any, Any]) -> list[Pred[Any]] | None:
        found = columns(selection, int)
        return [found[0] >= 600, found[0] < 500] if found else None

    yield from narrowed(rule, make)


@operator("an empty range of decimals", "MR101")
def empty_decimals(rule: Rule[Any]) -> Faulty:
    def make(selection: Selection[Any, Any]) -> list[Pred[Any]] | None:
        found = columns(selection, Decimal)
        return [found[0] > Decimal("9.99"), found[0] <= Decimal("9.99")] if found else None

    yield from narrowed(rule, make)


@operator("a condition and its opposite", "MR101")
def opposite(rule: Rule[Any]) -> Faulty:
    yield from narrowed(rule, lambda s: [~Conjunction(s.predicates)] if len(s.predicates) > 1 else None)


@operator("a value where there is none", "MR101")
def absent(rule: Rule[Any]) -> Faulty:
    def make(selection: Selection[Any, Any]) -> list[Pred[Any]] | None:
        found = columns(selection, int, optional=True) or columns(selection, str, optional=True)
        return [found[0].missing(), found[0] == (1 if found[0].column_type.value is int else "x")] if found else None

    yield from narrowed(rule, make)


@operator("none of a list", "MR101")
def none_of(rule: Rule[Any]) -> Faulty:
    def make(selection: Selection[Any, Any]) -> list[Pred[Any]] | None:
        found = columns(selection, str)
        return [found[0].one_of("a", "b"), found[0] != "a", found[0] != "b"] if found else None

    yield from narrowed(rule, make)


@operator("a pattern that the value does not fit", "MR101")
def misfit(rule: Rule[Any]) -> Faulty:
    def make(selection: Selection[Any, Any]) -> list[Pred[Any]] | None:
        found = columns(selection, str)
        return [found[0] == "checkout", found[0].matches("^cart")] if found else None

    yield from narrowed(rule, make)


@operator("another kind than its class has", "MR101")
def other_kind(rule: Rule[Any]) -> Faulty:
    def make(selection: Selection[Any, Any]) -> list[Pred[Any]] | None:
        return [selection.signal.kind == "another.kind"] if selection.signal.__signal_kind__ else None

    yield from narrowed(rule, make)


@operator("taken back by itself", "MR101")
def by_itself(rule: Rule[Any]) -> Faulty:
    part = timed(rule)
    if part is not None:
        yield changed(rule, part.unless(part))


@operator("taken back by any such signal", "MR101")
def by_any(rule: Rule[Any]) -> Faulty:
    selection = needed(rule)
    if isinstance(timed(rule), Selection) and selection is not None and selection.predicates:
        yield changed(rule, selection.unless(attrs.evolve(selection, predicates=())))


@operator("missing what it is itself", "MR101")
def without_itself(rule: Rule[Any]) -> Faulty:
    part = timed(rule)
    if part is not None:
        yield changed(rule, part.without(part, within=minutes(5)))


@operator("known and not known", "MR101")
def known_and_not(rule: Rule[Any]) -> Faulty:
    for leaf in leaves(rule.when):
        if isinstance(leaf, Known) and timed(rule) is not None:
            yield changed(rule, Both((rule.when, ~leaf)))
            return


@operator("more values than there are", "MR101")
def too_many_values(rule: Rule[Any]) -> Faulty:
    selection = needed(rule)
    found = columns(selection, bool) if selection is not None else []
    if selection is not None and found:
        yield changed(rule, selection.distinct(found[0], at_least=3, within=hours(1)))


@operator("more listed values than the list has", "MR101")
def too_many_listed(rule: Rule[Any]) -> Faulty:
    selection = needed(rule)
    found = columns(selection, str, optional=False) if selection is not None else []
    if selection is not None and found:
        two = attrs.evolve(selection, predicates=(found[0].one_of("a", "b"),))
        yield changed(rule, two.distinct(found[0], at_least=3, within=hours(1)))


@operator("a share above everything", "MR101")
def above_all(rule: Rule[Any]) -> Faulty:
    selection = needed(rule)
    if selection is not None and selection.predicates:
        every = attrs.evolve(selection, predicates=())
        share = selection.count(within=hours(1)).per(every.count(within=hours(1)), floor=10)
        yield changed(rule, share > 1)


@operator("a count below nothing", "MR101")
def below_nothing(rule: Rule[Any]) -> Faulty:
    selection = needed(rule)
    if selection is not None:
        yield changed(rule, selection.count(within=hours(1)) < 0)


@operator("a part that can never be", "MR101")
def impossible_part(rule: Rule[Any]) -> Faulty:
    part, selection = timed(rule), needed(rule)
    found = columns(selection, int) if selection is not None else []
    if part is not None and selection is not None and found:
        never = attrs.evolve(selection, predicates=(found[0] > 5, found[0] < 5))
        if part.key_names == never.key_names:
            yield changed(rule, part.after(never, within=minutes(10)))


# --- always true ------------------------------------------------------------------------------------------------


@operator("any value or none", "MR102")
def any_or_none(rule: Rule[Any]) -> Faulty:
    def make(selection: Selection[Any, Any]) -> list[Pred[Any]] | None:
        found = columns(selection, str) or columns(selection, int)
        return [found[0].present() | found[0].missing()] if found else None

    yield from narrowed(rule, make)


@operator("below or not below", "MR102")
def either_side(rule: Rule[Any]) -> Faulty:
    def make(selection: Selection[Any, Any]) -> list[Pred[Any]] | None:
        found = columns(selection, int, optional=False)
        return [(found[0] < 5) | (found[0] >= 5)] if found else None

    yield from narrowed(rule, make)


@operator("the kind of its class", "MR102")
def own_kind(rule: Rule[Any]) -> Faulty:
    def make(selection: Selection[Any, Any]) -> list[Pred[Any]] | None:
        kind = selection.signal.__signal_kind__
        return [selection.signal.kind == kind] if kind else None

    yield from narrowed(rule, make)


@operator("what another condition says already", "MR102")
def said_already(rule: Rule[Any]) -> Faulty:
    def make(selection: Selection[Any, Any]) -> list[Pred[Any]] | None:
        found = columns(selection, int)
        return [found[0] >= 500, found[0] >= 400] if found else None

    yield from narrowed(rule, make)


@operator("a count of nothing or more", "MR102")
def nothing_or_more(rule: Rule[Any]) -> Faulty:
    selection = needed(rule)
    if selection is not None:
        yield changed(rule, selection.count(within=hours(1)) >= 0)


@operator("a share of nothing or more", "MR102")
def any_share(rule: Rule[Any]) -> Faulty:
    selection = needed(rule)
    if selection is not None and selection.predicates:
        every = attrs.evolve(selection, predicates=())
        share = selection.count(within=hours(1)).per(every.count(within=hours(1)), floor=10)
        yield changed(rule, share <= 1)


# --- subsumed and duplicate -------------------------------------------------------------------------------------


@operator("the same for fewer points", "MR103", "MR104")
def fewer_points(rule: Rule[Any]) -> Faulty:
    points = rule.then.points
    if abs(points) > 1 and timed(rule) is not None:
        yield beside(rule, then=attrs.evolve(rule.then, points=points - (1 if points > 0 else -1)))


@operator("more of it for the same points", "MR103")
def more_of_it(rule: Rule[Any]) -> Faulty:
    for part in everything(rule.when):
        if isinstance(part, Counted) and rule.when is part:
            yield beside(rule, when=attrs.evolve(part, n=part.n + 2), lasts=timedelta(microseconds=rule.lasts_us))
            return


@operator("a higher share for the same points", "MR103")
def higher_share(rule: Rule[Any]) -> Faulty:
    if isinstance(rule.when, Share) and rule.when.at_least < 1:
        more = (rule.when.at_least + 1) / 2
        yield beside(rule, when=attrs.evolve(rule.when, at_least=more))


@operator("a further condition for the same points", "MR103")
def further_condition(rule: Rule[Any]) -> Faulty:
    selection = timed(rule)
    found = columns(selection, str) if isinstance(selection, Selection) else []
    if isinstance(selection, Selection) and rule.when is selection and found:
        narrower = attrs.evolve(selection, predicates=(*selection.predicates, found[0] == "special"))
        yield beside(rule, when=narrower)


@operator("a further part for the same points", "MR103")
def further_part(rule: Rule[Any]) -> Faulty:
    selection = needed(rule)
    found = columns(selection, str) if selection is not None else []
    if timed(rule) is not None and selection is not None and found:
        special: Premise[Any] = attrs.evolve(selection, predicates=(found[0] == "special",))
        if special.key_names == rule.when.key_names:
            lasts = timedelta(microseconds=rule.lasts_us)
            yield beside(rule, when=Both((rule.when, special)), lasts=lasts)


@operator("the same under another name", "MR104")
def another_name(rule: Rule[Any]) -> Faulty:
    if timed(rule) is not None:
        yield beside(rule)


@operator("the same in another order", "MR104")
def another_order(rule: Rule[Any]) -> Faulty:
    selection = needed(rule)
    if selection is not None and len(selection.predicates) > 1:
        turned = attrs.evolve(selection, predicates=selection.predicates[::-1])
        yield beside(rule, when=replaced(rule.when, selection, turned))


@operator("the same in other words", "MR104")
def other_words(rule: Rule[Any]) -> Faulty:
    selection = needed(rule)
    if selection is not None and len(selection.predicates) > 1 and rule.when is not selection:
        words = ~Disjunction(tuple(~p for p in selection.predicates))
        if isinstance(rule.when, Counted | Share | Distinct):
            yield beside(rule, when=replaced(rule.when, selection, attrs.evolve(selection, predicates=(words,))))


@operator("at least one of it", "MR104")
def at_least_one(rule: Rule[Any]) -> Faulty:
    if isinstance(rule.when, Selection):
        lasts = timedelta(microseconds=rule.lasts_us)
        yield beside(rule, when=rule.when.at_least(1, within=minutes(1)), lasts=lasts)


# --- unreachable and circular -----------------------------------------------------------------------------------

NOBODY = IssueKind[Any]("nobody_concludes_this", category="checkout")


def _about_merchants(rule: Rule[Any]) -> bool:
    return rule.then.kind.per == ("merchant",)


@operator("waits for what nobody concludes", "MR105")
def nobody(rule: Rule[Any]) -> Faulty:
    if _about_merchants(rule):
        yield changed(rule, Both((rule.when, known(NOBODY))))


@operator("waits for what is only refuted", "MR105")
def only_refuted(rule: Rule[Any]) -> Faulty:
    if _about_merchants(rule):
        against = Rule("seeded.against", when=rule.when, then=refutes(NOBODY, 5, family="a"), examples=rule.examples)
        waiting = attrs.evolve(rule, when=Both((rule.when, known(NOBODY))))
        yield frozenset({rule.id}), [waiting, against]


@operator("waits for more points than there are", "MR105")
def too_sure(rule: Rule[Any]) -> Faulty:
    if _about_merchants(rule):
        first = Rule("seeded.first", when=rule.when, then=supports(NOBODY, 50, family="a"), examples=rule.examples)
        weak = known(NOBODY, at_least_points=51)
        yield frozenset({rule.id}), [attrs.evolve(rule, when=Both((rule.when, weak))), first]


@operator("waits for a rule that never fires", "MR105", "MR101")
def never_before(rule: Rule[Any]) -> Faulty:
    for _, (never,) in two_values(rule):
        if _about_merchants(rule):
            first = attrs.evolve(never, id="seeded.never", then=supports(NOBODY, 50, family="a"))
            yield frozenset({rule.id}), [attrs.evolve(rule, when=Both((rule.when, known(NOBODY)))), first]


@operator("knows itself", "MR106")
def knows_itself(rule: Rule[Any]) -> Faulty:
    yield frozenset({rule.id, rule.then.kind.name}), [attrs.evolve(rule, when=Both((rule.when, known(rule.then.kind))))]


@operator("two that wait for each other", "MR106")
def each_other(rule: Rule[Any]) -> Faulty:
    if _about_merchants(rule):
        back = Rule("seeded.back", when=known(rule.then.kind), then=supports(NOBODY, 5, family="a"))
        there = attrs.evolve(rule, when=Both((rule.when, known(NOBODY))))
        yield frozenset({rule.id, back.id, rule.then.kind.name, NOBODY.name}), [there, back]


# --- for and against, and points --------------------------------------------------------------------------------


@operator("vetoed by its own premise", "MR107")
def own_veto(rule: Rule[Any]) -> Faulty:
    if evidence(rule) and timed(rule) is not None:
        yield beside(rule, then=vetoes(rule.then.kind, family="seeded"))


@operator("vetoed by a weaker premise", "MR107")
def weaker_veto(rule: Rule[Any]) -> Faulty:
    if evidence(rule) and isinstance(rule.when, Counted) and rule.when.n > 1:
        lasts = timedelta(microseconds=rule.lasts_us)
        fewer = attrs.evolve(rule.when, n=rule.when.n - 1)
        yield beside(rule, when=fewer, lasts=lasts, then=vetoes(rule.then.kind, family="seeded"))


@operator("vetoed by a part of its premise", "MR107")
def partial_veto(rule: Rule[Any]) -> Faulty:
    if evidence(rule) and isinstance(rule.when, Both) and isinstance(rule.when.parts[0], Timed):
        lasts = timedelta(microseconds=rule.lasts_us)
        yield beside(rule, when=rule.when.parts[0], lasts=lasts, then=vetoes(rule.then.kind, family="seeded"))


@operator("for and against by one premise", "MR107")
def for_and_against(rule: Rule[Any]) -> Faulty:
    if evidence(rule) and timed(rule) is not None:
        yield beside(rule, then=refutes(rule.then.kind, 60, family="seeded"))


def _of_nobody(rule: Rule[Any]) -> IssueKind[Any]:
    return IssueKind[Any]("seeded_kind", category="checkout", per=rule.then.kind.per)


@operator("against what nothing supports", "MR108")
def against_nothing(rule: Rule[Any]) -> Faulty:
    against = Rule("seeded.against", when=rule.when, then=refutes(_of_nobody(rule), 60, family="a"))
    yield frozenset({against.id}), [rule, attrs.evolve(against, examples=rule.examples)]


@operator("a veto of what nothing supports", "MR108")
def veto_of_nothing(rule: Rule[Any]) -> Faulty:
    veto = Rule("seeded.veto", when=rule.when, then=vetoes(_of_nobody(rule), family="a"))
    yield frozenset({veto.id}), [rule, attrs.evolve(veto, examples=rule.examples)]


@operator("evidence that can never open anything", "MR108")
def never_opens(rule: Rule[Any]) -> Faulty:
    kind = attrs.evolve(_of_nobody(rule), prior=-200)
    weak = Rule("seeded.weak", when=rule.when, then=supports(kind, WEAK, family="a"), examples=rule.examples)
    yield frozenset({weak.id}), [rule, weak]


# --- windows ----------------------------------------------------------------------------------------------------


@operator("a window of a month", "MR109")
def month(rule: Rule[Any]) -> Faulty:
    selection = needed(rule)
    if selection is not None:
        yield changed(rule, selection.at_least(3, within=days(30)))


@operator("evidence that lasts a month", "MR109")
def lasting_month(rule: Rule[Any]) -> Faulty:
    yield changed(rule, rule.when, lasts=days(30))


@operator("recent for longer than it lasts", "MR109")
def recent_too_long(rule: Rule[Any]) -> Faulty:
    if timed(rule) is not None:
        lasts = timedelta(microseconds=rule.lasts_us)
        yield changed(rule, rule.when.within(2 * lasts), lasts=lasts)


# --- evidence ---------------------------------------------------------------------------------------------------


@operator("the same in another family", "MR110", "MR104")
def another_family(rule: Rule[Any]) -> Faulty:
    if evidence(rule) and timed(rule) is not None:
        yield beside(rule, then=attrs.evolve(rule.then, family=rule.then.family + ".seeded"))


@operator("more of it in another family", "MR110")
def more_in_another(rule: Rule[Any]) -> Faulty:
    if evidence(rule) and isinstance(rule.when, Counted):
        then = attrs.evolve(rule.then, family=rule.then.family + ".seeded")
        yield beside(rule, when=attrs.evolve(rule.when, n=rule.when.n + 3), then=then)


@operator("some of it in another family", "MR110")
def some_in_another(rule: Rule[Any]) -> Faulty:
    if evidence(rule) and isinstance(rule.when, Selection):
        found = columns(rule.when, str)
        if found:
            then = attrs.evolve(rule.then, family=rule.then.family + ".seeded")
            narrower = attrs.evolve(rule.when, predicates=(*rule.when.predicates, found[0] == "special"))
            yield beside(rule, when=narrower, then=then)


# --- examples, people, features ---------------------------------------------------------------------------------


@operator("no example that fires", "MR111")
def no_firing(rule: Rule[Any]) -> Faulty:
    yield changed(rule, rule.when, examples=tuple(e for e in rule.examples if not e.fires_for))


@operator("no example that is silent", "MR111")
def no_silent(rule: Rule[Any]) -> Faulty:
    yield changed(rule, rule.when, examples=tuple(e for e in rule.examples if e.fires_for))


@operator("no example", "MR111")
def no_example(rule: Rule[Any]) -> Faulty:
    yield changed(rule, rule.when, examples=())


class Contact(Signal, kind="seeded.contact"):
    """What somebody's own class may hold, and no rule should read."""

    email: Attr[str] = UNSET
    billing_phone: Maybe[str] = UNSET
    firstName: Maybe[str] = UNSET  # noqa: N815  # as a platform calls it
    ip_address: Maybe[str] = UNSET
    iban: Maybe[str] = UNSET
    birthdate: Maybe[str] = UNSET
    street: Maybe[str] = UNSET
    access_token: Maybe[str] = UNSET


def reads_contact(column: str) -> Operator:
    def make(rule: Rule[Any]) -> Faulty:
        if _about_merchants(rule):
            read = on(Contact, getattr(Contact, column) == "x", per=Contact.merchant)
            yield changed(rule, Both((rule.when, read)))

    return make


for _column in Contact.__own_columns__:
    operator(f"reads {_column}", "MR112")(reads_contact(_column))


@operator("counts people by address", "MR112")
def counts_people(rule: Rule[Any]) -> Faulty:
    if _about_merchants(rule):
        people = on(Contact, per=Contact.merchant).distinct(Contact.email, at_least=3, within=hours(1))
        yield changed(rule, Both((rule.when, people)))


@operator("a feature that nobody can import", "MR113")
def hidden_feature(rule: Rule[Any]) -> Faulty:
    @feature("seeded.hidden", version=1)
    def hidden(signal: Signal) -> bool:
        return signal.kind == "x"

    def make(selection: Selection[Any, Any]) -> list[Pred[Any]] | None:
        return [hidden == True]  # noqa: E712

    yield from narrowed(rule, make)


# --- shares -----------------------------------------------------------------------------------------------------


class Answered(Signal, kind="seeded.answered"):
    """What a host may write of its own calls: the flag and the word where there is something to say."""

    lacking: Maybe[bool] = UNSET
    reason: Maybe[str] = UNSET


def shares_untold(column: str, value: object) -> Operator:
    def make(rule: Rule[Any]) -> Faulty:
        if _about_merchants(rule):
            asked = on(Answered, per=Answered.merchant)
            portion = asked.share(getattr(Answered, column) == value, at_least=percent(20), floor=30, within=hours(1))
            yield changed(rule, Both((rule.when, portion)))

    return make


operator("a share of those that tell a flag", "MR114")(shares_untold("lacking", True))
operator("a share of those that tell a word", "MR114")(shares_untold("reason", "stale"))
