"""
Fixtures: signals for each failure mode with the band that they have to come to, made from its rules' own examples.

Nothing is written by hand: what fires a rule is one of its examples, so a mode's fixtures follow its rules. Which
examples go together, and how they are laid in time, is searched in a fixed order, since what fires one rule may
silence another.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from functools import cached_property
from itertools import islice, product
from typing import Any, Literal

import attrs

from ..engine import Key
from ..models import Band, Signal
from ..rules import MEDIUM, STRONG, Example, Rule, RuleSet
from .judging import Bench, Finding, moved
from .small_steps import small_steps

Signals = tuple[Signal, ...]

__all__ = ["CONTEXT", "Fixture", "FixtureName", "ModeFixtures", "fixtures_of"]

FixtureName = Literal["positive", "sure", "near-miss", "contradicted", "lowered", "vetoed"]

CONTEXT = frozenset({"calendar", "change_event", "host"})
"""Source kinds that tell what is meant or known and witness no fault themselves."""

_AGAINST = 150
"""Points of a strong contradiction."""

_DELAYS = tuple(timedelta(seconds=s) for s in (1, 300, 600, 900, 1800, 3600))
"""How long after the evidence a contradiction is tried, beside its own time and the same end."""

_TRIED = 4
"""Positives that a contradiction is tried with."""

_FEW = 50
"""Signals that a contradiction may have to be laid over the evidence ten times."""

_SMALLER = 6
"""Steps of each sign that a near miss is put together from."""


@attrs.frozen(kw_only=True)
class Fixture:
    """
    Signals about one issue, and what they have to come to.

    Attributes:
        name: ``positive``: a strong and a medium sign of two kinds of witnesses. ``sure``: two strong signs without a
            witness in common. ``near-miss``: the signs of the positive, each the least bit too small. ``contradicted``,
            ``lowered``, ``vetoed``: the positive, and a strong contradiction, a weaker one, or a veto.
        kind: The failure mode.
        key: Whom it is about.
        rules: The rules whose examples it is made of.
        signals: In order of receipt.
        at: When it is judged; later than the last signal where absence takes time.
        lowest, highest: The bands that it may come to.
        fewer_than: The score has to be below this; None for no such bound.
        silent: Rules that must not hold.
        vetoed_by: The rule that has to veto it, or none.
    """

    name: FixtureName
    kind: str
    key: Key
    rules: tuple[str, ...]
    signals: tuple[Signal, ...]
    at: datetime
    lowest: Band = Band.LOW
    highest: Band = Band.HIGH
    fewer_than: int | None = None
    silent: tuple[str, ...] = ()
    vetoed_by: str | None = None

    def faults(self, found: Finding) -> tuple[str, ...]:
        """Return in words what is not as it has to be; nothing where all is well."""
        said = []
        if not self.lowest <= found.band <= self.highest:
            said.append(f"expected {self.lowest.word} to {self.highest.word}, got {found.band.word} ({found.points})")
        if self.fewer_than is not None and found.points >= self.fewer_than:
            said.append(f"expected fewer than {self.fewer_than} points, got {found.points}")
        said += [f"expected {rule} to be silent" for rule in self.silent if rule in found.counted]
        if self.vetoed_by is not None and self.vetoed_by not in found.vetoes:
            said.append(f"expected a veto of {self.vetoed_by}")
        return tuple(said)


@attrs.frozen
class _Laid:
    """Examples of some rules, laid in time so that they hold together."""

    rules: tuple[Rule[Any], ...]
    parts: tuple[tuple[Signal, ...], ...]
    key: Key
    at: datetime
    found: Finding

    @property
    def signals(self) -> tuple[Signal, ...]:
        return _together(*self.parts)

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(r.id for r in self.rules)


class ModeFixtures:
    """
    The fixtures of one failure mode; what does not exist is None or empty.

    Attributes:
        kind: The failure mode.
    """

    def __init__(self, bench: Bench, kind: str) -> None:
        self.kind = kind
        self._bench = bench = bench.narrowed(kind)
        about = bench.ruleset.about(kind)
        supporting = sorted((r for r in about if r.then.effect == "supports"), key=_cheapest_first)
        self._strong = tuple(r for r in supporting if r.then.points >= STRONG)
        self._medium = tuple(r for r in supporting if MEDIUM <= r.then.points < STRONG)
        self._against = tuple(r for r in about if r.then.effect != "supports")

    def __iter__(self) -> Iterator[Fixture]:
        single = (self.positive, self.sure, self.near_miss)
        yield from (f for f in single if f is not None)
        yield from self.contradictions

    @cached_property
    def positive(self) -> Fixture | None:
        """A strong and a medium sign, of two kinds of witnesses, at the smallest values that their examples have."""
        laid = next(iter(self._positives), None)
        return None if laid is None else self._fixture("positive", laid, lowest=Band.MID)

    @cached_property
    def sure(self) -> Fixture | None:
        """Two strong signs of different families that have no kind of witness in common."""
        pairs = self._pairs(self._strong, self._strong, apart=True)
        laid = next((p for p in pairs if p.found.band is Band.HIGH), None)
        return None if laid is None else self._fixture("sure", laid, lowest=Band.HIGH)

    @cached_property
    def near_miss(self) -> Fixture | None:
        """The signs of the positive, each smaller by the least step that silences it."""
        for laid in self._positives[:1]:
            # What is too little for one rule may be enough for another, so it can take another step.
            for steps in (1, _SMALLER):
                smaller = [
                    self._missed(r, p, laid.key, laid.at, steps) for r, p in zip(laid.rules, laid.parts, strict=True)
                ]
                for missed in product(*smaller):
                    fixture = Fixture(
                        name="near-miss",
                        kind=self.kind,
                        key=laid.key,
                        rules=laid.names,
                        signals=_together(*missed),
                        at=laid.at,
                        highest=Band.LOW,
                        silent=laid.names,
                    )
                    if fixture.signals and not fixture.faults(self._judge(fixture)):
                        return fixture
        return None

    def _judge(self, fixture: Fixture) -> Finding:
        return self._bench.judge(self.kind, fixture.key, fixture.signals, fixture.at)

    @cached_property
    def contradictions(self) -> tuple[Fixture, ...]:
        """The positive with one more sign, against it; one fixture for each family that speaks against the mode."""
        made = {}
        for rule in self._against:
            slot = (rule.then.effect, rule.then.family, rule.then.points)
            if slot not in made and (fixture := self._contradicted(rule)) is not None:
                made[slot] = fixture
        return tuple(made.values())

    @cached_property
    def untried(self) -> tuple[str, ...]:
        """Rules against the mode for whose family no contradiction could be laid over any positive."""
        done = {(f.name, self._bench.ruleset.rule(f.rules[-1]).then.family) for f in self.contradictions}
        return tuple(r.id for r in self._against if (_name_of(r), r.then.family) not in done)

    @cached_property
    def _positives(self) -> tuple[_Laid, ...]:
        """The first few positives; before all those whose points count in full, without fallback or cap."""
        enough = self._bench.ruleset.kinds[self.kind].prior + STRONG + MEDIUM
        full: list[_Laid] = []
        less: list[_Laid] = []
        for laid in self._pairs(self._strong, self._medium, apart=False):
            if laid.found.band >= Band.MID:
                (full if laid.found.points >= enough else less).append(laid)
            if len(full) == _TRIED:
                break
        return tuple((*full, *less)[:_TRIED])

    def _pairs(self, left: tuple[Rule[Any], ...], right: tuple[Rule[Any], ...], *, apart: bool) -> Iterator[_Laid]:
        """Yield pairs of signs that hold together: apart before those with a common witness, small before large."""
        pairs: list[tuple[tuple[bool, bool, int], int, Rule[Any], Example, Rule[Any], Example]] = []
        for a in left:
            for b in right:
                if a.then.family == b.then.family or (left is right and a.id >= b.id):
                    continue
                for x in _firing(a):
                    for y in _firing(b):
                        shared = not _apart(x, y)
                        if x.fires_for == y.fires_for and not (shared if apart else _one_source(x, y)):
                            cost = (shared, bool(x.after or y.after), len(x.signals) + len(y.signals))
                            pairs.append((cost, len(pairs), a, x, b, y))
        done = set()
        for _, _, a, x, b, y in sorted(pairs, key=lambda p: p[:2]):
            if (a.id, b.id) not in done and (laid := self._laid(a, x, b, y)) is not None:
                done.add((a.id, b.id))
                yield laid

    def _laid(self, a: Rule[Any], x: Example, b: Rule[Any], y: Example) -> _Laid | None:
        key = x.fires_for[0]
        for parts, at in _alignments(x, y):
            found = self._bench.judge(self.kind, key, _together(*parts), at)
            if a.id in found.counted and b.id in found.counted:
                return _Laid((a, b), parts, key, at, found)
        return None

    def _missed(self, rule: Rule[Any], part: Signals, key: Key, at: datetime, steps: int) -> tuple[Signals, ...]:
        silent = (s for s in small_steps(part) if not self._bench.fires(rule.id, key, s, at))
        found = tuple(islice(silent, steps))
        if found or len(part) > 1:
            return found
        # One event has no less of it: then the rule's own examples of something that looks alike, or nothing at all.
        others = (e.signals for e in rule.examples if not e.fires_for)
        alike = (moved(o, _end(part) - _end(o)) for o in others)
        return (*(o for o in alike if not self._bench.fires(rule.id, key, o, at)), ())

    def _contradicted(self, rule: Rule[Any]) -> Fixture | None:
        weaker: Fixture | None = None
        for laid in self._positives:
            for example in _firing(rule):
                if example.fires_for[0] != laid.key:
                    continue
                for signals, at in _contradictions(laid, example):
                    fixture = self._against_it(rule, laid, signals, at)
                    found = self._judge(fixture)
                    if rule.id not in found.counted or fixture.faults(found):
                        continue
                    if all(name in found.counted for name in laid.names):
                        return fixture
                    # What speaks against it also took its evidence away: the next best.
                    weaker = weaker or fixture
            if weaker is not None:
                return weaker
        return None

    def _against_it(self, rule: Rule[Any], laid: _Laid, signals: tuple[Signal, ...], at: datetime) -> Fixture:
        name = _name_of(rule)
        return Fixture(
            name=name,
            kind=self.kind,
            key=laid.key,
            rules=(*laid.names, rule.id),
            signals=signals,
            at=at,
            highest=Band.LOW if name == "contradicted" else Band.HIGH,
            fewer_than=None if name == "vetoed" else laid.found.points,
            vetoed_by=rule.id if name == "vetoed" else None,
        )

    def _fixture(self, name: FixtureName, laid: _Laid, *, lowest: Band) -> Fixture:
        return Fixture(
            name=name,
            kind=self.kind,
            key=laid.key,
            rules=laid.names,
            signals=laid.signals,
            at=laid.at,
            lowest=lowest,
        )


def fixtures_of(ruleset: RuleSet | Bench, kind: str) -> ModeFixtures:
    """
    Return the fixtures of a failure mode; pass a `Bench` to compile the rules once for many modes.

    Raises:
        LookupError: If the rule set has no such mode.
    """
    bench = ruleset if isinstance(ruleset, Bench) else Bench(ruleset)
    if kind not in bench.ruleset.kinds:
        raise LookupError(f"rule set {bench.ruleset.name!r} has no failure mode {kind!r}")
    return ModeFixtures(bench, kind)


def _name_of(rule: Rule[Any]) -> FixtureName:
    if rule.then.effect == "vetoes":
        return "vetoed"
    return "contradicted" if -rule.then.points >= _AGAINST else "lowered"


def _firing(rule: Rule[Any]) -> tuple[Example, ...]:
    return tuple(sorted((e for e in rule.examples if e.fires_for), key=lambda e: (bool(e.after), len(e.signals))))


def _cheapest_first(rule: Rule[Any]) -> tuple[bool, int, str]:
    found = _firing(rule)
    return (True, 0, rule.id) if not found else (bool(found[0].after), len(found[0].signals), rule.id)


def _witnesses(signals: tuple[Signal, ...]) -> frozenset[str]:
    return frozenset(s.source_kind for s in signals) - CONTEXT


def _apart(x: Example, y: Example) -> bool:
    """Return whether two examples have witnesses, and none in common."""
    of_x, of_y = _witnesses(x.signals), _witnesses(y.signals)
    return bool(of_x and of_y) and not of_x & of_y


def _one_source(x: Example, y: Example) -> bool:
    return len({s.source_kind for s in (*x.signals, *y.signals)}) < 2


def _together(*parts: tuple[Signal, ...]) -> tuple[Signal, ...]:
    """Signals of several examples, each event once, in order of receipt."""
    once = {s.id: s for part in parts for s in part}
    return tuple(sorted(once.values(), key=lambda s: s.received_at))


def _end(signals: tuple[Signal, ...]) -> datetime:
    return max(s.received_at for s in signals)


def _alignments(x: Example, y: Example) -> Iterator[tuple[tuple[tuple[Signal, ...], tuple[Signal, ...]], datetime]]:
    """Yield two examples as they are, then with the second moved to end with the first, then the other way round."""
    of_x, of_y = _end(x.signals) + x.after, _end(y.signals) + y.after
    yield (x.signals, y.signals), max(of_x, of_y)
    if of_x != of_y:
        yield (x.signals, moved(y.signals, of_x - of_y)), of_x
        yield (moved(x.signals, of_y - of_x), y.signals), of_y


def _contradictions(laid: _Laid, against: Example) -> Iterator[tuple[tuple[Signal, ...], datetime]]:
    """Yield a contradiction laid over the evidence: at several times, once or ten times over, and painted on it."""
    begin, end = min(s.received_at for s in against.signals), _end(against.signals) + against.after
    shifts = (timedelta(0), laid.at - end, *(laid.at - begin + d for d in _DELAYS))
    for paint in (None, *_paints(laid.signals, against.signals)):
        held = laid.signals if paint is None else tuple(_painted(s, *paint) for s in laid.signals)
        for times in (1, 10) if len(against.signals) <= _FEW else (1,):
            for by in shifts:
                said = tuple(s for i in range(times) for s in _again(moved(against.signals, by), i))
                at = max(laid.at, end + by)
                if _end(said) <= at:
                    yield _together(held, said), at


def _again(signals: tuple[Signal, ...], number: int) -> tuple[Signal, ...]:
    if not number:
        return signals
    return tuple(
        s.model_copy(update={"id": f"{s.id}~{number}", "dedup_key": f"{s.dedup_key}~{number}"}) for s in signals
    )


def _paints(held: tuple[Signal, ...], against: tuple[Signal, ...]) -> Iterator[tuple[type[Signal], str, Any]]:
    """Yield columns in which the contradiction's signals differ from the evidence's of the same class."""
    for cls in dict.fromkeys(type(s) for s in against if type(s) in {type(h) for h in held}):
        for name, column in cls.__columns__.items():
            own = name in cls.__own_columns__ or name == "env"
            said = [getattr(s, name) for s in against if type(s) is cls]
            for value in sorted(set(said) - {None}, key=lambda v: (-said.count(v), str(v))) if own else ():
                if not column.key and any(getattr(s, name) != value for s in held if type(s) is cls):
                    yield cls, name, value


def _painted(signal: Signal, cls: type[Signal], name: str, value: Any) -> Signal:
    if type(signal) is not cls:
        return signal
    mark = f"{name}={value}"
    return signal.model_copy(
        update={name: value, "id": f"{signal.id}!{mark}", "dedup_key": f"{signal.dedup_key}!{mark}"}
    )
