"""
Implication: proofs that one rule's premise holds only while another one does.

Premises are first brought into one form: a core, how old its anchor may be at most, and what takes it back. There
`p.unless(r).within(s)` and `p.within(s).unless(r)` are the same, and several `unless` have no order.
"""

from __future__ import annotations

from typing import Any

import attrs

from ..expressions import columns_of
from ..rules import Both, During, Given, Known, Premise, Recent, Timed, Unless
from .identity import identity
from .inclusion import included
from .satisfaction import MATCH, NOT_MATCH, impossible
from .selecting import Source, equal, selected_within

__all__ = ["PointOrder", "implies"]


@attrs.frozen
class PointOrder:
    """
    What is proven about the raw points of issue kinds in the rule sets of two premises.

    Attributes:
        risen: Kinds that have, with the second premise's rules, always at least the points of the first's.
        fallen: Kinds that have at most those.
        asked: All kinds that one of the premises asks for.
    """

    risen: frozenset[str] = frozenset()
    fallen: frozenset[str] = frozenset()
    asked: frozenset[str] = frozenset()

    def reversed(self) -> PointOrder:
        """Return the same with first and second exchanged."""
        return PointOrder(self.fallen, self.risen, self.asked)


@attrs.frozen
class _Form:
    """
    A premise in normal form.

    Attributes:
        core: A leaf, or parts that hold together.
        recent: How old the anchor may be at most, in microseconds, besides what `lasts` says.
        recoveries: What takes it back.
    """

    core: Premise[Any] | tuple[_Form, ...]
    recent: int | None = None
    recoveries: tuple[_Form, ...] = ()

    @property
    def anchored(self) -> bool:
        if isinstance(self.core, tuple):
            return any(p.anchored for p in self.core)
        return isinstance(self.core, Timed)

    @property
    def parts(self) -> tuple[_Form, ...]:
        """What has to hold together; a leaf keeps how old it may be."""
        return self.core if isinstance(self.core, tuple) else (_Form(self.core, self.recent),)

    def oldest(self, lasts: int) -> int:
        """Return how old the anchor is at most while it holds; only for what has one."""
        if isinstance(self.core, tuple):
            # The anchor is the newest of the parts' anchors.
            least = min(p.oldest(lasts) for p in self.core if p.anchored)
        else:
            least = lasts
        return least if self.recent is None else min(least, self.recent)


def _form(premise: Premise[Any]) -> _Form:
    match premise:
        case Recent(of=of, length=length):
            form = _form(of)
            if not form.anchored:
                return form
            return attrs.evolve(form, recent=length if form.recent is None else min(form.recent, length))
        case Unless(of=of, recovery=recovery):
            form = _form(of)
            return attrs.evolve(form, recoveries=(*form.recoveries, _form(recovery)))
        case Both(parts=parts):
            flat: list[_Form] = []
            for form in map(_form, parts):
                bare = form.recent is None and not form.recoveries
                flat.extend(form.core if bare and isinstance(form.core, tuple) else (form,))
            return _Form(tuple(flat))
        case _:
            return _Form(premise)


def implies(a: Premise[Any], a_lasts: int, b: Premise[Any], b_lasts: int, points: PointOrder) -> bool:
    """
    Return whether it is proven that `b` holds for every key and at every moment at which `a` does.

    Args:
        a_lasts: How long the evidence of the rule with `a` lasts, in microseconds.
        b_lasts: The same for `b`.
        points: What is proven about the points of other issues.
    """
    return _Proof(a_lasts, b_lasts, points).holds(_form(a), _form(b))


@attrs.frozen
class _Proof:
    a_lasts: int
    b_lasts: int
    points: PointOrder

    def exchanged(self) -> _Proof:
        return _Proof(self.b_lasts, self.a_lasts, self.points.reversed())

    def holds(self, a: _Form, b: _Form, fresh: int | None = None) -> bool:
        """
        Prove that `b` holds while `a` does.

        Args:
            fresh: The anchor of `a` is known to be at most that old.
        """
        if self._never(a):
            return True
        if isinstance(b.core, tuple) and b.recent is None and not b.recoveries:
            return all(self.holds(a, part, fresh) for part in b.core)
        if self._alike(a, b, fresh, anchor=False):
            return True
        # Each part of what holds together holds as well, whatever takes back the whole.
        return isinstance(a.core, tuple) and any(self.holds(part, b) for part in a.core)

    def follows(self, a: _Form, b: _Form, fresh: int | None = None) -> bool:
        """Prove that while `a` holds `b` does, with an anchor that is not older; both have one."""
        if self._never(a):
            return True
        if not (a.anchored and b.anchored):
            return False
        if self._alike(a, b, fresh, anchor=True):
            return True
        return isinstance(a.core, tuple) and all(self.follows(p, b) for p in a.core if p.anchored)

    def _never(self, a: _Form) -> bool:
        """Prove that `a` is taken back whenever it holds."""
        everywhere = frozenset(self.points.asked)
        alone = _Proof(self.a_lasts, self.a_lasts, PointOrder(everywhere, everywhere, everywhere))
        core = attrs.evolve(a, recoveries=())
        return any(
            alone.follows(core, r) if core.anchored and r.anchored else alone.holds(core, r) for r in a.recoveries
        )

    def _alike(self, a: _Form, b: _Form, fresh: int | None, *, anchor: bool) -> bool:
        both = a.anchored and b.anchored
        age = None
        if a.anchored:
            age = a.oldest(self.a_lasts) if fresh is None else min(fresh, a.oldest(self.a_lasts))
        if b.recent is not None and (age is None or age > b.recent):
            return False
        if not all(any(self._undone(s, r, a, b, age) for r in a.recoveries) for s in b.recoveries):
            return False
        if not (anchor or b.recent is not None or (b.recoveries and both)):
            return self._each(a, b, age)
        return (
            both
            and self._each(a, b, age)
            and all(not p.anchored or any(self._newer(a, p, q, age) for q in b.parts) for p in a.parts)
        )

    def _each(self, a: _Form, b: _Form, age: int | None) -> bool:
        if not isinstance(a.core, tuple) and not isinstance(b.core, tuple):
            return self._leaf(a.core, b.core, age)
        fresh = age if len(a.parts) == 1 else None
        mine = a.parts
        return all(any(self.holds(p, _unguarded(q, b), fresh) for p in mine) for q in b.parts)

    def _newer(self, a: _Form, p: _Form, q: _Form, age: int | None) -> bool:
        if not isinstance(a.core, tuple) and not isinstance(q.core, tuple) and not q.recoveries:
            return isinstance(q.core, Timed) and self._leaf(a.core, q.core, age)
        return self.follows(p, q, age if len(a.parts) == 1 else None)

    def _undone(self, s: _Form, r: _Form, a: _Form, b: _Form, age: int | None) -> bool:
        """Prove that `r` takes `a` back whenever `s` takes `b` back, whose anchor is not older than that of `a`."""
        other = self.exchanged()
        if not a.anchored:
            return other.holds(s, r)  # whatever holds takes back what has no anchor
        if not r.anchored:
            return other.holds(s, r)
        return b.anchored and s.anchored and other.follows(s, r, age)

    def _leaf(self, a: Premise[Any], b: Premise[Any], age: int | None) -> bool:
        match a, b:
            case Timed(), Timed():
                return (self.a_lasts if age is None else age) <= self.b_lasts and included(a, b)
            case During(negated=False), During(negated=False):
                return _within_calendar(a, b)
            case During(negated=True), During(negated=True):
                return _within_calendar(b, a)
            case Given(negated=False), Given(negated=False):
                return _given_within(a, b)
            case Given(negated=True), Given(negated=True):
                return _given_within(b, a)
            case Known(negated=False), Known(negated=False):
                same = a.kind.name == b.kind.name and a.kind.name in self.points.risen
                return same and a.at_least_points >= b.at_least_points
            case Known(negated=True), Known(negated=True):
                same = a.kind.name == b.kind.name and a.kind.name in self.points.fallen
                return same and a.at_least_points <= b.at_least_points
            case _:
                return False


def _unguarded(part: _Form, whole: _Form) -> _Form:
    # A leaf's own age and recoveries are looked after where the whole is.
    return part if isinstance(whole.core, tuple) else _Form(part.core)


def _given_within(a: Given[Any], b: Given[Any]) -> bool:
    if equal(attrs.evolve(a, negated=False), attrs.evolve(b, negated=False)):
        return True
    if a.key_names != b.key_names or a.owner.__signal_kind__ != b.owner.__signal_kind__:
        return False
    # Of a key any column may be unknown, also one that each signal has; the cases know only optional ones.
    columns = [c for p in (*a.predicates, *b.predicates) for c in columns_of(p)]
    if not all(c.column_type.optional for c in columns):
        return False
    return impossible(a.owner, (a.predicates, MATCH), (b.predicates, NOT_MATCH))


def _within_calendar(a: During[Any], b: During[Any]) -> bool:
    same = identity(a.starts) == identity(b.starts) and identity(a.ends) == identity(b.ends)
    around = a.lead <= b.lead and a.slack <= b.slack
    return same and around and selected_within(Source(a.of), Source(b.of))
