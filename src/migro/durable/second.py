"""
The second engine: what fires, and how many points issues have, by durable-rules instead of migro's own matcher.

Both engines see the same conditions. What the second one repeats is everything above them: which keys are looked at
when, which conditions are joined, which rule reads which issue, what fires, and what it all adds up to. A condition
that the native engine has not noticed, a timer that it missed, or a rule that it left standing shows as a difference.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType, TracebackType
from typing import Any

import attrs

from ..engine import Candidates, EngineState, Key, NativeEngine, kept_up, lowered_points
from ..errors import SecondEngineRefused
from ..rules import Known
from .conversation import Conversation
from .disagreements import Disagreement, disagreements
from .limits import Fact
from .lowering import Condition, Lowering, Shard, Tokens

__all__ = ["Outcome", "SecondEngine"]

_UNSETTLED = "expected a settled state, got one with conclusions to be drawn"
_BATCH = 4_000
"""Facts in one request; keys do not concern each other, so more of them are told in turns."""


@attrs.frozen(kw_only=True)
class Outcome:
    """
    What the second engine says at one moment.

    Attributes:
        firings: The rules that fire, with the points that each brings.
        points: Raw points of the issues that are supported, by kind and key; only kinds that no refused rule concludes
            about.
    """

    firings: Mapping[tuple[str, Key], int]
    points: Mapping[tuple[str, Key], int]


class SecondEngine:
    """
    A rule set on durable-rules, beside the native engine.

    Not safe to use from several threads at once. Close it, or use it in a ``with``.

    Args:
        engine: The native engine, which evaluates the conditions. Its rules outside the fragment are left to it alone.
        conversation: The child to talk to; default: one of its own. Rule sets may share one.

    Attributes:
        engine: The native engine.
        lowering: Its rules as durable-rules has them, and how each stands.
    """

    def __init__(self, engine: NativeEngine, *, conversation: Conversation | None = None) -> None:
        self.engine = engine
        self.lowering = Lowering(engine.ruleset)
        self._conversation = conversation or Conversation()

    def evaluate(self, state: EngineState) -> Outcome:
        """
        Return what fires just now.

        Args:
            state: The native engine's state, settled.

        Raises:
            SecondEngineError: If there is no answer this time: see its subclasses. Ask again with the next state.
        """
        if state.dirty or state.touched:
            raise SecondEngineRefused([_UNSETTLED])
        return _Evaluation(self.lowering, self._conversation, self.engine, state).outcome()

    def compare(self, state: EngineState, *, stream: str = "") -> tuple[Disagreement, ...]:
        """
        Return where the two engines disagree just now, sorted; none where they agree.

        What only speaks against an issue that there is not is left out. Where the native engine leaves alone what does
        not matter yet, the second one looks at a copy that has it, so what is wrongly left alone shows.

        Args:
            state: As for `evaluate`.
            stream: What the state comes from, such as a partition: passed on.

        Raises:
            SecondEngineError: As for `evaluate`: then nothing is known, which is no disagreement.
        """
        if state.dirty or state.touched:
            raise SecondEngineRefused([_UNSETTLED])
        outcome = self.evaluate(state if state.issues is None else kept_up(self.engine, state))
        return disagreements(self.lowering, self.engine, state, outcome.firings, outcome.points, stream=stream)

    def close(self) -> None:
        """End the child; the next evaluation starts another."""
        self._conversation.close()

    def __enter__(self) -> SecondEngine:
        return self

    def __exit__(self, kind: type[BaseException] | None, e: BaseException | None, at: TracebackType | None) -> None:
        self.close()


class _Evaluation:
    """One moment: stratum by stratum, what fires below is known above."""

    def __init__(
        self, lowering: Lowering, conversation: Conversation, engine: NativeEngine, state: EngineState
    ) -> None:
        self._lowering = lowering
        self._conversation = conversation
        self._engine = engine
        self._state = state
        self._candidates = Candidates(engine, state)
        self._firings: dict[tuple[str, Key], int] = {}
        self._points: dict[tuple[str, Key], int] = {}
        self._answers: dict[tuple[str, Key], tuple[bool, bool]] = {}

    def outcome(self) -> Outcome:
        for shards in self._lowering.strata:
            concluded = set()
            for shard in shards:
                self._fire(shard)
                concluded |= {one.rule.then.kind.name for one in shard.rules}
            for kind in concluded:
                self._add_up(kind)
        points = {(kind, key): n for (kind, key), n in self._points.items() if kind in self._lowering.closed}
        return Outcome(firings=MappingProxyType(self._firings), points=MappingProxyType(points))

    def _fire(self, shard: Shard) -> None:
        by_key: dict[Key, dict[str, None]] = {}
        for one in shard.rules:
            for key in self._candidates.of(one.rule):
                for condition in one.conditions:
                    if self._answer(condition, key)[0]:
                        by_key.setdefault(key, {})[condition.token] = None
        rules = {one.token: one for one in shard.rules}
        for batch in _batches(by_key):
            keys, ids = Tokens("k"), Tokens("f")
            facts: list[Fact] = [
                (token, keys.of(key), ids.of((token, key))) for key, tokens in batch for token in tokens
            ]
            named = keys.values()
            for token, key_token in self._conversation.fired(shard.name, shard.program, facts):
                one, key = rules[token], named[key_token]
                if one.rule.id in self._state.quarantined:
                    continue  # it is left out, whatever holds
                lowered = any(self._answer(condition, key)[1] for condition in one.conditions)
                self._firings[one.rule.id, key] = lowered_points(one.rule) if lowered else one.rule.then.points

    def _answer(self, condition: Condition, key: Key) -> tuple[bool, bool]:
        """Return whether a condition holds for a key, and whether it rests on a fallback there."""
        if (condition.token, key) not in self._answers:
            self._answers[condition.token, key] = self._judged(condition, key)
        return self._answers[condition.token, key]

    def _judged(self, condition: Condition, key: Key) -> tuple[bool, bool]:
        premise: Any = condition.premise
        if isinstance(premise, Known):
            points = self._points.get((premise.kind.name, key))
            return (points is not None and points >= premise.at_least_points) is not premise.negated, False
        holds, _, _, lowered = self._engine.answer(self._state, premise, key, condition.lasts)
        return holds, lowered

    def _add_up(self, kind: str) -> None:
        """Add up an issue's points for every key: of each family the most for it and the most against it."""
        told: dict[Key, list[tuple[str, str, int]]] = {}
        for rule in self._engine.ruleset.about(kind):
            for key in self._candidates.of(rule):
                points = self._firings.get((rule.id, key))
                if points is not None:
                    told.setdefault(key, []).append((rule.then.family, rule.then.effect, points))
        for key, said in told.items():
            if not any(effect == "supports" for _, effect, _ in said):
                continue
            total = 0
            for family in {family for family, _, _ in said}:
                own = [points for name, _, points in said if name == family]
                total += max(0, *own) + min(0, *own)
            self._points[kind, key] = total


def _batches(facts: Mapping[Key, Iterable[str]]) -> Iterable[list[tuple[Key, list[str]]]]:
    held: list[tuple[Key, list[str]]] = []
    size = 0
    for key in sorted(facts):
        tokens = sorted(facts[key])
        if held and size + len(tokens) > _BATCH:
            yield held
            held, size = [], 0
        held.append((key, tokens))
        size += len(tokens)
    if held:
        yield held
