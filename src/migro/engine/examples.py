"""The inline examples of rules, run: every rule shows when it fires and when it stays silent."""

from __future__ import annotations

from typing import Any

import attrs

from ..expressions import microseconds
from ..models import to_microseconds
from ..rules import Example, Rule, RuleSet
from .native import NativeEngine
from .state import EngineState, Key

__all__ = [
    "ExampleFailure",
    "ExampleResult",
    "PlayedExample",
    "check_examples",
    "failure_of",
    "pass_until",
    "play_example",
    "run_example",
]


@attrs.frozen(kw_only=True)
class ExampleResult:
    """
    What a rule does with one of its examples.

    Attributes:
        fired_for: Keys that the rule holds for at the end, sorted.
        unreadable: Why signals do not fit the class of their kind; empty when all do.
        errors: Rules in which a predicate raised.
    """

    fired_for: tuple[Key, ...]
    unreadable: tuple[str, ...] = ()
    errors: tuple[str, ...] = ()


@attrs.frozen(kw_only=True)
class ExampleFailure:
    """
    An example that does not come out as it says.

    Attributes:
        rule: Id of the rule.
        example: Name of the example.
        where: File and line where the rule was written.
        expected: Keys that the rule should fire for; none for a silent example.
        result: What came out.
    """

    rule: str
    example: str
    where: str
    expected: tuple[Key, ...]
    result: ExampleResult

    def __str__(self) -> str:
        got = "; ".join((_keys(self.result.fired_for), *self.result.unreadable, *_raised(self.result.errors)))
        return f"{self.where}: {self.rule}: example {self.example!r}: expected {_keys(self.expected)}, got {got}"


def run_example(engine: NativeEngine, rule: Rule[Any], example: Example) -> ExampleResult:
    """
    Return what a rule does with an example.

    The signals arrive in order of `received_at`, equal ones as written, and time passes between them; the rule is
    judged `after` the greatest. All rules of the engine's set take part, since the rule may need what others conclude.
    """
    played = play_example(engine, example)
    fired = sorted(key for rule_id, key in played.state.firings if rule_id == rule.id)
    return attrs.evolve(played.result, fired_for=tuple(fired))


@attrs.frozen(kw_only=True)
class PlayedExample:
    """
    An example that has been played to its end.

    Attributes:
        state: What the engine holds then.
        result: What went wrong on the way; no keys yet, which depend on the rule.
    """

    state: EngineState
    result: ExampleResult


def play_example(engine: NativeEngine, example: Example) -> PlayedExample:
    """Play an example to the moment at which its rule is judged; see `run_example`."""
    state = EngineState()
    unreadable: list[str] = []
    errors: set[str] = set()
    now = 0
    for signal in sorted(example.signals, key=lambda s: s.received_at):
        now = to_microseconds(signal.received_at)
        pass_until(engine, state, now)
        evidence = engine.insert(state, signal, now)
        if evidence.unreadable:
            unreadable.append(evidence.unreadable)
        errors.update(evidence.errors)
    engine.settle(state)
    pass_until(engine, state, now + microseconds(example.after))
    return PlayedExample(
        state=state,
        result=ExampleResult(fired_for=(), unreadable=tuple(unreadable), errors=tuple(sorted(errors))),
    )


def pass_until(engine: NativeEngine, state: EngineState, now: int) -> None:
    """Let time pass up to `now` (microseconds), with a conclusion at everything that is due on the way."""
    while (due := engine.next_due(state)) is not None and due <= now:
        engine.pass_time(state, due)
        engine.settle(state)
    engine.pass_time(state, now)
    engine.settle(state)


def check_examples(ruleset: RuleSet) -> tuple[ExampleFailure, ...]:
    """Return the examples of a rule set that do not come out as they say, in the order of the rules."""
    engine = NativeEngine(ruleset)
    failures = []
    for rule in ruleset.rules:
        for example in rule.examples:
            failure = failure_of(rule, example, run_example(engine, rule, example))
            if failure is not None:
                failures.append(failure)
    return tuple(failures)


def failure_of(rule: Rule[Any], example: Example, result: ExampleResult) -> ExampleFailure | None:
    """Return what is wrong with how an example came out; None if nothing is."""
    expected = tuple(sorted(example.fires_for))
    if result == ExampleResult(fired_for=expected):
        return None
    return ExampleFailure(rule=rule.id, example=example.name, where=rule.where, expected=expected, result=result)


def _keys(keys: tuple[Key, ...]) -> str:
    return "firing for " + ", ".join("/".join(k) for k in keys) if keys else "silence"


def _raised(rules: tuple[str, ...]) -> tuple[str, ...]:
    return (f"a predicate raised in {', '.join(rules)}",) if rules else ()
