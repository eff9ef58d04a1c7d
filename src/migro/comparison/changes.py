"""Changes: what is different about conclusions, issue kinds and signal classes, and whether more can come of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ..expressions import span
from ..models import Signal
from ..rules import IssueKind, Response, Rule, RuleSet, SeverityScale
from .verdicts import Change, Direction

__all__ = ["changes_of_hosts", "changes_of_kinds", "changes_of_rule", "changes_of_signals"]


def changes_of_rule(old: Rule[Any], new: Rule[Any]) -> tuple[Change, ...]:
    """Return what is different besides the premise."""
    return tuple(_rule(old, new))


def _rule(old: Rule[Any], new: Rule[Any]) -> Iterator[Change]:
    one, other = old.then, new.then
    if one.kind.name != other.kind.name:
        yield Change("kind", one.kind.name, other.kind.name)
    if one.effect != other.effect:
        order = {"vetoes": 0, "refutes": 1, "supports": 2}
        yield Change("effect", one.effect, other.effect, _direction(order[one.effect], order[other.effect]))
    if one.points != other.points:
        yield Change("points", f"{one.points:+d}", f"{other.points:+d}", _direction(one.points, other.points))
    if one.family != other.family:
        yield Change("family", one.family, other.family)
    if one.severity != other.severity:
        words = [s.word if s is not None else "" for s in (one.severity, other.severity)]
        yield Change("severity", words[0], words[1], _direction(int(one.severity or 0), int(other.severity or 0)))
    if old.lasts_us != new.lasts_us:
        more = _direction(old.lasts_us, new.lasts_us)
        if one.effect != "supports":
            more = _direction(new.lasts_us, old.lasts_us)
        yield Change("lasts", span(old.lasts_us), span(new.lasts_us), more)
    if old.author != new.author:
        yield Change("author", old.author or "nobody", new.author or "nobody")
    if old.salience != new.salience:
        yield Change("salience", str(old.salience), str(new.salience))


def _direction(old: int, new: int) -> Direction:
    return "more" if new > old else "less" if new < old else "other"


# --- issue kinds ----------------------------------------------------------------------------------------------------


def changes_of_kinds(old: RuleSet, new: RuleSet) -> Mapping[str, tuple[Change, ...]]:
    """Return what is different about issue kinds, by name; kinds that are the same are left out."""
    found = {name: tuple(_kind(old.kinds.get(name), new.kinds.get(name))) for name in sorted({*old.kinds, *new.kinds})}
    return {name: changes for name, changes in found.items() if changes}


def _kind(old: IssueKind[Any] | None, new: IssueKind[Any] | None) -> Iterator[Change]:
    if old is None or new is None:
        yield Change("kind", "" if old is None else "there", "" if new is None else "there", _presence(old, new))
        return
    if old.category != new.category:
        yield Change("category", old.category, new.category)
    if old.per != new.per:
        yield Change("per", " and ".join(old.per), " and ".join(new.per))
    if old.prior != new.prior:
        yield Change("prior", f"{old.prior:+d}", f"{new.prior:+d}", _direction(old.prior, new.prior))
    if old.systemic is not new.systemic:
        yield Change("systemic", str(old.systemic), str(new.systemic))
    if old.severity.document() != new.severity.document():
        yield Change("severity", _scale(old.severity), _scale(new.severity), _scales(old.severity, new.severity))
    for what in ("causes", "about"):
        one, other = (tuple(sorted(getattr(k, what))) for k in (old, new))
        if one != other:
            yield Change(what, " and ".join(one), " and ".join(other))
    for what in ("lag", "lead") if old.causes and new.causes else ():
        length, longer = getattr(old, what), getattr(new, what)
        if length != longer:
            yield Change(what, span(length), span(longer))
    if _document(old.impact) != _document(new.impact):
        yield Change("impact", str(_document(old.impact) or ""), str(_document(new.impact) or ""))
    yield from _responses(old.responses, new.responses)


def _document(value: Any) -> Any:
    return None if value is None else value.document()


def _presence(old: object, new: object) -> Direction:
    return "more" if old is None else "less" if new is None else "other"


def _scale(scale: SeverityScale) -> str:
    steps = [f"{s.word} from {f}" for s, f in scale.by_share]
    felt = ["felt by customers"] if scale.customer_facing else []
    return ", ".join([f"{scale.default.word} by default", *steps, f"{scale.below.word} below", *felt])


def _scales(old: SeverityScale, new: SeverityScale) -> Direction:
    if old.customer_facing is not new.customer_facing:
        return "other"
    # Compared where they can differ: without a share, at every step of either, and below all of them.
    edges = sorted({f for _, f in (*old.by_share, *new.by_share)})
    pairs = [(int(old.default), int(new.default)), (int(old.below), int(new.below))]
    pairs += [(_at(old, edge), _at(new, edge)) for edge in edges]
    if all(b >= a for a, b in pairs):
        return "more"
    return "less" if all(b <= a for a, b in pairs) else "other"


def _at(scale: SeverityScale, share: Any) -> int:
    return int(next((s for s, f in scale.by_share if share >= f), scale.below))


def _responses(old: tuple[Response, ...], new: tuple[Response, ...]) -> Iterator[Change]:
    before, after = list(old), list(new)
    for response in old:
        if response in after:
            before.remove(response)
            after.remove(response)
    for one in before:
        other = next((r for r in after if (r.kind, r.target) == (one.kind, one.target)), None)
        if other is None:
            yield Change("responses", _response(one), "", "less")
            continue
        after.remove(other)
        risk = _direction(int(one.risk), int(other.risk))
        since = _direction(-one.from_severity, -other.from_severity)
        clear = one.args == other.args and len({risk, since} - {"other"}) == 1
        direction: Direction = "other" if not clear else since if risk == "other" else risk
        yield Change("responses", _response(one), _response(other), direction)
    for other in after:
        yield Change("responses", "", _response(other), "more")


def _response(response: Response) -> str:
    words = "".join(f", {n} {v!r}" for n, v in response.args)
    if response.every is not None:
        words += f", again every {span(response.every)}, {response.times} times"
    return f"{response.kind} to {response.target} ({response.risk.word} from {response.from_severity.word}{words})"


# --- signal classes -------------------------------------------------------------------------------------------------


def changes_of_signals(old: RuleSet, new: RuleSet) -> Mapping[str, tuple[Change, ...]]:
    """Return what is different about signal classes, by kind; those that are the same are left out."""
    found = {
        kind: tuple(_class(old.signals.get(kind), new.signals.get(kind)))
        for kind in sorted({*old.signals, *new.signals})
    }
    return {kind: changes for kind, changes in found.items() if changes}


def _class(old: type[Signal] | None, new: type[Signal] | None) -> Iterator[Change]:
    if old is None or new is None:
        yield Change("class", "" if old is None else "there", "" if new is None else "there", _presence(old, new))
        return
    for name in sorted({*old.__columns__, *new.__columns__}):
        one, other = (_column(c, name) for c in (old, new))
        if one != other:
            yield Change(f"column {name}", one, other)


def changes_of_hosts(old: RuleSet, new: RuleSet) -> Mapping[str, tuple[Change, ...]]:
    """Return which words in the names of hosts are others, by the subject that they are about."""
    found = {}
    for subject in sorted({*old.hosts_about, *new.hosts_about}):
        before, after = (s.hosts_about.get(subject, frozenset()) for s in (old, new))
        if before != after:
            gone, come = (" ".join(sorted(words)) for words in (before - after, after - before))
            found[subject] = (Change("words", gone, come),)
    return found


def _column(cls: type[Signal], name: str) -> str:
    found = cls.__columns__.get(name)
    if found is None:
        return ""
    return f"{'optional ' if found.optional else ''}{found.value.__name__}{' key' if found.key else ''}"
