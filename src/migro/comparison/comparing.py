"""Comparing: how the rules of two rule sets stand to each other, by proof and by witness."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ..errors import MigroError
from ..expressions import Fact, Term, columns_of, facts_of, terms_in
from ..rules import Given, Rule, RuleSet, Selection, everything
from .changes import changes_of_hosts, changes_of_kinds, changes_of_rule, changes_of_signals
from .implication import implies
from .points import Points
from .search import Effort, Found, printed, search
from .trials import Judge, run_in_engine
from .verdicts import Relation, RuleComparison, RuleSetComparison, Witness
from .wording import describe, edits

__all__ = ["Contradiction", "compare"]


class Contradiction(MigroError, AssertionError):
    """A proof and a witness that cannot both be right: one of the laws is wrong, or the engine is."""


def compare(
    old: RuleSet, new: RuleSet, *, effort: Effort | None = None, judge: Judge | None = None
) -> RuleSetComparison:
    """
    Return how two rule sets stand to each other, rule by rule and by id.

    Args:
        effort: How long to search for witnesses.
        judge: What runs the rules; the engine, unless another evaluator is to be asked.

    Raises:
        Contradiction: If a stream shows what is proven impossible; this is a fault of migro.
    """
    points = Points(old, new)
    before, after = ({r.id: r for r in s.rules} for s in (old, new))
    compared = []
    for id in sorted({*before, *after}):
        if id not in before or id not in after:
            relation: Relation = "added" if id in after else "removed"
            rule = after.get(id) or before[id]
            text = f"{describe(id, relation, (), (), (), '')} It {rule.then}, when {rule.when}."
            compared.append(RuleComparison(id=id, relation=relation, text=text))
        else:
            compared.append(_Pair(old, new, before[id], after[id], points, effort or Effort(), judge).compared())
    return RuleSetComparison(
        old=old.version,
        new=new.version,
        rules=tuple(compared),
        kinds=changes_of_kinds(old, new),
        signals=changes_of_signals(old, new),
        hosts=changes_of_hosts(old, new),
    )


class _Pair:
    def __init__(
        self,
        old_set: RuleSet,
        new_set: RuleSet,
        old: Rule[Any],
        new: Rule[Any],
        points: Points,
        effort: Effort,
        judge: Judge | None,
    ) -> None:
        self.old_set, self.new_set, self.old, self.new = old_set, new_set, old, new
        self.points, self.effort, self.judge = points, effort, judge

    def compared(self) -> RuleComparison:
        before, after = dict(_reads(self.old)), dict(_reads(self.new))
        moved = sorted(
            name for name in {*before, *after} if before.get(name, after.get(name)) != after.get(name, before.get(name))
        )
        order = self.points.order(self.old, self.new)
        old_in_new = not moved and self._implied(self.old, self.new, order)
        new_in_old = not moved and self._implied(self.new, self.old, order.reversed())
        sides = [side for side, proven in ((0, old_in_new), (1, new_in_old)) if not proven]
        found: tuple[Found | None, Found | None, int] = (None, None, 0)
        if sides:
            found = search(
                (self.old_set, self.old), (self.new_set, self.new), effort=self.effort, judge=self.judge, sides=sides
            )
        old_alone, new_alone = self._witness(found[0], "old"), self._witness(found[1], "new")
        if (old_in_new and old_alone) or (new_in_old and new_alone):
            raise Contradiction(f"rule {self.new.id!r}: expected no such stream, since it is proven, got one")
        relation = _relation(old_in_new, new_in_old, old_alone is not None, new_alone is not None)
        written, changes = edits(self.old, self.new), changes_of_rule(self.old, self.new)
        note = _note(relation, old_in_new, new_in_old, found[2], moved)
        witnesses = [w for w in (new_alone, old_alone) if w is not None]
        columns = frozenset(name.rpartition(".")[2] for name in {*before, *after}) - set(self.new.when.key_names)
        return RuleComparison(
            id=self.new.id,
            relation=relation,
            old_alone=old_alone,
            new_alone=new_alone,
            new_within_old=new_in_old,
            old_within_new=old_in_new,
            edits=written,
            changes=changes,
            streams=found[2],
            note=note,
            text=describe(self.new.id, relation, written, changes, witnesses, note, columns),
        )

    def _implied(self, a: Rule[Any], b: Rule[Any], order: Any) -> bool:
        return implies(a.when, a.lasts_us, b.when, b.lasts_us, order)

    def _witness(self, found: Found | None, fires: Any) -> Witness | None:
        """Return the witness, once both rule sets as a whole have confirmed it."""
        if found is None:
            return None
        signals = printed(found)
        judge = self.judge or run_in_engine
        old = found.key in judge(self.old_set, self.old.id, signals, [found.moment])[0]
        new = found.key in judge(self.new_set, self.new.id, signals, [found.moment])[0]
        if (old, new) != (fires == "old", fires == "new"):
            return None
        return Witness(fires, signals, found.moment, found.key)


def _relation(old_in_new: bool, new_in_old: bool, old_alone: bool, new_alone: bool) -> Relation:
    if old_in_new and new_in_old:
        return "equivalent"
    if old_alone and new_alone:
        return "incomparable"
    if new_in_old and old_alone:
        return "stricter"
    if old_in_new and new_alone:
        return "looser"
    return "undecided"


def _note(relation: Relation, old_in_new: bool, new_in_old: bool, streams: int, moved: list[str]) -> str:
    if relation != "undecided":
        return ""
    said = []
    if moved:
        said.append(f"The type of {', '.join(moved)} changed, so nothing is proven.")
    if new_in_old:
        said.append("It is proven that the new rule fires only where the old one does.")
    elif old_in_new:
        said.append("It is proven that the old rule fires only where the new one does.")
    else:
        said.append("No law covers either direction in full.")
    said.append(f"{streams} streams were tried for the rest.")
    return " ".join(said)


def _reads(rule: Rule[Any]) -> Iterator[tuple[str, str]]:
    """Yield the columns that a rule reads, each with what its signal class says of it."""
    for node in everything(rule.when):
        terms: list[Any] = [t for p in node.conditions for t in (*columns_of(p), *facts_of(p))]
        terms += [*node.terms, *node.facts]
        if isinstance(node, Selection | Given):
            terms += node.per
        terms += [t for name in ("weight", "column", "starts", "ends") if (t := getattr(node, name, None)) is not None]
        for term in terms:
            for part in terms_in(term):
                column = part.column if isinstance(part, Fact) else part
                if isinstance(column, Term) and (name := getattr(column, "name", "")) in column.owner.__columns__:
                    yield f"{column.owner.__signal_kind__ or 'signal'}.{name}", str(column.column_type)
