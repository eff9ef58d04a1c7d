"""The workloads in migro's own language."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from migro import Attr, IssueKind, Key, Rule, RuleSet, Signal, known, on, supports
from migro.engine import EngineState, NativeEngine
from migro.expressions import Pred
from migro.models import to_microseconds

from ..workloads import Event, Firing, Workload

_START = datetime(2026, 3, 1, 9, tzinfo=UTC)
_FIRED = ("fired", "moved")


class Told(Signal, kind="peers.told"):
    what: Attr[str]
    code: Attr[int]
    path: Attr[str]
    key: Key[str]


def told(event: Event) -> dict[str, Any]:
    """Return an event as what a host program has at hand: the words, the number and the time that make a signal."""
    return {
        "occurred_at": _START + timedelta(milliseconds=int(event["at"])),
        "dedup_key": str(event["n"]),
        "what": event["kind"],
        "code": event["code"],
        "path": event["path"],
        "key": event["key"],
    }


class Engine:
    """The native engine with the rules of a workload; `ready` events are signals before the time is taken."""

    ready = False
    warm_up = 1

    def __init__(self, workload: Workload) -> None:
        self.engine = NativeEngine(RuleSet("peers", *_rules(workload), signals=[Told]))
        self.state = EngineState()
        # A conclusion of its own that only says that a key is blocked is no firing of the workload.
        self.hidden = frozenset(r.id for r in self.engine.ruleset if r.id.startswith("blocked"))

    def prepared(self, events: Sequence[Event]) -> Sequence[Any]:
        found = list(map(told, events))
        return [Told(**e) for e in found] if self.ready else found

    def run(self, events: Sequence[Any]) -> list[Firing]:
        """Take in one event after the other, and return what fired."""
        engine, state, hidden = self.engine, self.state, self.hidden
        firings: list[Firing] = []
        for number, event in enumerate(events):
            signal = event if self.ready else Told(**event)
            now = to_microseconds(signal.received_at)
            while (due := engine.next_due(state)) is not None and due <= now:
                engine.pass_time(state, due)
                engine.settle(state)
            engine.insert(state, signal, now)
            firings += [
                (number, change.rule, change.key[0])
                for change in engine.settle(state)
                if change.what in _FIRED and change.rule not in hidden
            ]
        return firings


class ReadyEngine(Engine):
    ready = True


def _rules(workload: Workload) -> list[Rule[Any]]:
    match workload.shape:
        case "alpha":
            kind = _issue("found")
            return [_rule(c.rule, _on(_fits(c)), kind) for c in workload.conditions]
        case "chain":
            kinds = [_issue(f"level_{n}") for n in range(workload.depth)]
            follow = [known(kind) for kind in kinds[:-1]]
            premises = [_on((Told.what == "start",)), *follow]
            return [_rule(f"level_{n}", when, kinds[n]) for n, when in enumerate(premises)]
        case "join":
            return [_rule(f"pair_{n}", _told("a", n) & _told("b", n), _issue("pair")) for n in range(workload.pairs)]
        case "negation":
            found = []
            for n in range(workload.pairs):
                blocked = _issue(f"blocked_{n}")
                found.append(_rule(f"blocked_{n}", _told("c", n), blocked))
                found.append(_rule(f"pair_{n}", _told("a", n) & _told("b", n) & ~known(blocked), _issue("pair")))
            return found
        case "windows":
            failed = _on((Told.code >= 500,))
            return [
                _rule(w.rule, failed.at_least(w.many, within=timedelta(milliseconds=w.within_ms)), _issue("failing"))
                for w in workload.windows
            ]
        case _:
            raise ValueError(f"expected a shape of workloads, got {workload.shape!r}")


def _fits(condition: Any) -> tuple[Pred[Any], ...]:
    asked: list[Pred[Any]] = [Told.what == condition.kind, Told.code >= condition.code]
    if condition.prefix:
        asked.append(Told.path.matches(f"^{condition.prefix}"))
    return tuple(asked)


def _on(conditions: Sequence[Pred[Any]]) -> Any:
    return on(Told, *conditions, per=Told.key)


def _told(letter: str, pair: int) -> Any:
    return _on((Told.what == f"{letter}_{pair}",))


def _issue(name: str) -> IssueKind[Any]:
    return IssueKind[Any](name, category="unknown", per=("key",))


def _rule(name: str, when: Any, kind: IssueKind[Any]) -> Rule[Any]:
    return Rule(name, when=when, then=supports(kind, 50, family="peers"))
