"""Rules as nodes of a test run: a rule set holds its examples, and what is missing of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cached_property
from pathlib import Path
from typing import Any

import attrs
import pytest

from ..durable import Conversation, SecondEngine, missing
from ..engine import EngineState, ExampleFailure, ExampleResult, NativeEngine, failure_of, play_example
from ..errors import MigroError, SecondEngineError
from ..plugins.references import imported
from ..rules import Example, Rule, RuleSet
from .coverage import Seen

__all__ = ["RuleSetNode", "check_second", "end_conversation", "referred"]

_CONVERSATION = pytest.StashKey[Conversation]()
"""The process of durable-rules that all rule sets of this run share."""


class Disagreement(Exception):
    """An example did not come out as it says."""


class EnginesDisagree(Exception):
    """The engines say different things of an example."""


class RuleSetNode(pytest.Collector):
    """A rule set; its items are the examples of its rules."""

    ruleset: RuleSet
    seen: Seen

    @classmethod
    def of(cls, parent: pytest.Collector, name: str, found: Rule[Any] | RuleSet, seen: Seen) -> RuleSetNode:
        """Return the node of a rule set, or of a rule alone."""
        node: RuleSetNode = cls.from_parent(parent, name=name)
        node.ruleset = found if isinstance(found, RuleSet) else RuleSet(found.id, found)
        node.seen = seen
        return node

    @cached_property
    def engine(self) -> NativeEngine:
        """The rules, compiled once for all examples."""
        return NativeEngine(self.ruleset)

    @cached_property
    def second(self) -> SecondEngine | None:
        """The same rules on durable-rules; None where nobody has asked for it."""
        if self.config.getoption("migro_engine") == "native":
            return None
        if _CONVERSATION not in self.config.stash:
            self.config.stash[_CONVERSATION] = Conversation()
        return SecondEngine(self.engine, conversation=self.config.stash[_CONVERSATION])

    def collect(self) -> Iterable[pytest.Item]:
        return self.examples()

    def examples(self) -> Iterator[pytest.Item]:
        """Yield an item per example, and one per rule for each kind of example that it lacks."""
        for rule in self.ruleset.rules:
            for example in rule.examples:
                yield ExampleItem.of(self, rule, example)
            for fires, word in ((True, "fires"), (False, "silent")):
                if not any(bool(e.fires_for) is fires for e in rule.examples):
                    yield MissingItem.of(self, rule, word)


class _RuleItem(pytest.Item):
    parent: RuleSetNode
    rule: Rule[Any]

    def reportinfo(self) -> tuple[Path, None, str]:
        # Another text than the name, in which pytest would read the dots of the rule's id as those of a module.
        return self.path, None, self.name.replace("::", ": ")


class ExampleItem(_RuleItem):
    """One example of a rule."""

    example: Example

    @classmethod
    def of(cls, parent: RuleSetNode, rule: Rule[Any], example: Example) -> ExampleItem:
        """Return the item of an example."""
        item: ExampleItem = cls.from_parent(parent, name=f"{rule.id}::{example.name}")
        item.rule, item.example = rule, example
        return item

    def runtest(self) -> None:
        """Play the example; note what it shows of the rule's expressions."""
        played = play_example(self.parent.engine, self.example)
        fired = [key for id, key in played.state.firings if id == self.rule.id]
        differences = ""
        if self.parent.second is not None:
            fired, differences = self._second_opinion(self.parent.second, played.state, fired)
        result: ExampleResult = attrs.evolve(played.result, fired_for=tuple(sorted(fired)))
        self.parent.seen.note(self.parent.engine, self.rule, self.example, played.state)
        failure = failure_of(self.rule, self.example, result)
        if failure is not None:
            raise Disagreement(failure)
        if differences:
            raise EnginesDisagree(differences)

    def _second_opinion(
        self, second: SecondEngine, state: EngineState, native: list[tuple[str, ...]]
    ) -> tuple[list[tuple[str, ...]], str]:
        """Return the keys that the rule is said to fire for, and what the engines disagree in."""
        stands = second.lowering.portability[self.rule.id]
        self.user_properties.append(("migro_second", stands.standing))
        if self.config.getoption("migro_engine") == "both":
            # All rules of the set are compared, also where this one is refused: its signals concern others.
            differences = second.compare(state, stream=self.example.name)
            return native, "\n".join(map(str, differences))
        if stands.standing == "refused":
            pytest.skip(f"durable-rules is not given {self.rule.id}: it {stands.reason}")
        return [key for id, key in second.evaluate(state).firings if id == self.rule.id], ""

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        """Say what was expected and what came, without the way through the plugin."""
        if isinstance(excinfo.value, EnginesDisagree | SecondEngineError):
            return f"{self.rule.where}: {self.rule.id}: example {self.example.name!r}: {excinfo.value}"
        if not isinstance(excinfo.value, Disagreement):
            return super().repr_failure(excinfo, style)
        (failure,) = excinfo.value.args
        assert isinstance(failure, ExampleFailure)
        signals = [f"  {s.received_at:%Y-%m-%d %H:%M:%S} {s.kind} {s.merchant}" for s in self.example.signals[-5:]]
        before = len(self.example.signals) - len(signals)
        said = [f"  {before} signals before"] * bool(before) + signals
        return "\n".join([str(failure), "its last signals:", *said, str(self.rule)])


class MissingItem(_RuleItem):
    """An example that a rule lacks: fails, and says which."""

    word: str

    @classmethod
    def of(cls, parent: RuleSetNode, rule: Rule[Any], word: str) -> MissingItem:
        """Return the item; `word` is the function that makes such an example."""
        item: MissingItem = cls.from_parent(parent, name=f"{rule.id}::has an example: {word}(...)")
        item.rule, item.word = rule, word
        return item

    def runtest(self) -> None:
        """Fail."""
        raise Disagreement(
            f"{self.rule.where}: {self.rule.id}: expected an example that {_SAID[self.word]}:"
            f" examples=({self.word}(...), ...)"
        )

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> str:
        """Say what is missing."""
        return str(excinfo.value)


_SAID = {"fires": "fires", "silent": "is silent"}


def check_second(engine: str) -> None:
    """
    Refuse an engine that cannot be asked here.

    Raises:
        pytest.UsageError: Saying what it lacks.
    """
    if why := missing():
        raise pytest.UsageError(f"--migro-engine={engine}: {why}")


def end_conversation(config: pytest.Config) -> None:
    """End the process of durable-rules where one was started."""
    conversation = config.stash.get(_CONVERSATION, None)
    if conversation is not None:
        conversation.close()


def referred(session: pytest.Session, reference: str, seen: Seen) -> RuleSetNode:
    """
    Return the node of a rule set that is named on the command line.

    Raises:
        pytest.UsageError: If there is none of that name, or it is wrong.
    """
    try:
        ruleset = imported(reference, RuleSet, noun="--migro-rules")
    except MigroError as e:
        raise pytest.UsageError(str(e)) from e
    return RuleSetNode.of(session, reference, ruleset, seen)
