"""
Everything migro raises on purpose.

::

    MigroError
    ├── RuleDefinitionError (TypeError)          a rule is written wrongly; raised at its line
    │   ├── UnknownAttribute (AttributeError)    a column that the signal class does not have
    │   ├── PatternRefused (ValueError)          a regular expression outside RE2
    │   ├── PhraseRefused                        a phrase of a lexicon that cannot be read
    │   └── LexiconError (ValueError)            all mistakes of a lexicon at once; in `migro.lexicons`
    ├── FeatureError (TypeError)                 a feature returned another type than it says
    ├── RuleSetError (ValueError)                all mistakes of a rule set at once
    ├── ConfigurationError (ValueError)          migro.toml, command line or host arguments
    ├── InputError (ValueError)                  bytes or records from outside that cannot be read
    │   └── UnsupportedFormat                    a record written by a newer migro
    ├── StoreError                               the store
    │   ├── Conflict                             another writer committed first; reload and try again
    │   ├── NotFound (LookupError)               no record with that id
    │   └── StoreUnavailable (OSError)           the store cannot be reached, is locked, or is full
    ├── ActionError                              an actuator could not do what it was asked
    │   ├── ActionRefused                        asked again it would be refused again
    │   ├── ActionDelayed                        it has not happened, and a moment later it may
    │   └── ActionUnclear                        it may have happened: no answer came, or none that can be read
    ├── SecondEngineError                        durable-rules beside the native engine; concerns one evaluation
    │   ├── SecondEngineMissing (ImportError)    the extra is not installed, or cannot be here
    │   ├── SecondEngineRefused (ValueError)     outside its limits; said before it is told anything
    │   ├── SecondEngineCrashed                  its process ended or answered nonsense; the next one is a new one
    │   └── SecondEngineLate (TimeoutError)      it took too long and was ended; the next one is a new one
    └── AutomationHalted                         the breaker is open; a person has to resume
"""

from __future__ import annotations

from collections.abc import Sequence

import attrs

__all__ = [
    "ActionDelayed",
    "ActionError",
    "ActionRefused",
    "ActionUnclear",
    "AutomationHalted",
    "ConfigurationError",
    "Conflict",
    "FeatureError",
    "Finding",
    "InputError",
    "MigroError",
    "NotFound",
    "PatternRefused",
    "PhraseRefused",
    "RuleDefinitionError",
    "RuleSetError",
    "SecondEngineCrashed",
    "SecondEngineError",
    "SecondEngineLate",
    "SecondEngineMissing",
    "SecondEngineRefused",
    "StoreError",
    "StoreUnavailable",
    "UnknownAttribute",
    "UnsupportedFormat",
    "survivable",
]


def survivable() -> tuple[type[BaseException], ...]:
    """
    Return what foreign code may raise and only end itself, for an `except` around it.

    A library that thinks it is the program raises `SystemExit`, and a call that was cancelled in an event loop of its
    own `asyncio.CancelledError`; neither is an `Exception`. A Ctrl-C is a person's, and ends the program.
    """
    # Looked for and not imported: what is asyncio's own cannot be raised where nobody has imported it, and to do so for
    # the sake of one name would slow down every start.
    cancelled = (e for e in BaseException.__subclasses__() if (e.__module__, e.__name__) == _CANCELLED)
    return (Exception, SystemExit, *cancelled)


_CANCELLED = ("asyncio.exceptions", "CancelledError")


class MigroError(Exception):
    """The root of the tree: `except MigroError` catches what migro raises on purpose."""


class RuleDefinitionError(MigroError, TypeError):
    """Raised while a rule is being written down, never while it is evaluated."""


class UnknownAttribute(RuleDefinitionError, AttributeError):
    """
    A column that the signal class does not have.

    Also an `AttributeError`, so that `hasattr` and completion keep working.
    """


class PatternRefused(RuleDefinitionError, ValueError):
    """A regular expression that RE2 does not accept: it could take more than linear time."""


class PhraseRefused(RuleDefinitionError):
    """
    A phrase that cannot be read; a lexicon gives it its place.

    Attributes:
        column: Place in the phrase, counted from 1.
    """

    def __init__(self, message: str, column: int = 1) -> None:
        self.column = column
        super().__init__(message)


class FeatureError(MigroError, TypeError):
    """A feature that returned something else than it says; the condition that asked for it is an ERROR."""


@attrs.frozen
class Finding:
    """
    One mistake in a rule set.

    Attributes:
        code: Stable name of the kind of mistake, such as ``duplicate-rule``.
        rule: Id of the rule, or the name of the issue kind.
        where: File and line where the rule was written.
        message: What was expected and what was found.
    """

    code: str
    rule: str
    where: str
    message: str

    def __str__(self) -> str:
        return f"{self.where}: {self.rule}: {self.message} [{self.code}]"


class RuleSetError(MigroError, ValueError):
    """
    All mistakes of a rule set at once.

    Attributes:
        findings: The mistakes, in the order of the rules.
    """

    def __init__(self, findings: Sequence[Finding]) -> None:
        self.findings = tuple(findings)
        count = len(self.findings)
        noun = "mistake" if count == 1 else "mistakes"
        super().__init__(f"the rule set has {count} {noun}:\n" + "\n".join(f"  {f}" for f in self.findings))


class ConfigurationError(MigroError, ValueError):
    """A setting is wrong; the message says which, what was expected and what came."""


class InputError(MigroError, ValueError):
    """
    Bytes or records from outside that cannot be read.

    Attributes:
        where: File, line or record the trouble is in, or an empty string.
    """

    def __init__(self, message: str, *, where: str = "") -> None:
        self.where = where
        super().__init__(f"{message} - at {where}" if where else message)


class UnsupportedFormat(InputError):
    """A record in a format version that this migro does not know."""


class StoreError(MigroError):
    """Anything that goes wrong in the memory."""


class Conflict(StoreError):
    """
    Another writer committed to the partition first.

    Attributes:
        partition: The partition.
        expected: The version the caller had loaded.
        found: The version that the store holds.
    """

    def __init__(self, partition: str, *, expected: int, found: int) -> None:
        self.partition, self.expected, self.found = partition, expected, found
        super().__init__(
            f"expected version {expected} of partition {partition!r}, found {found}: another writer was first"
        )


class NotFound(StoreError, LookupError):
    """There is no record with that id."""


class StoreUnavailable(StoreError, OSError):
    """The store cannot be reached, is locked by somebody else, or is full."""


class ActionError(MigroError):
    """
    An actuator could not do what it was asked.

    Its message is told to operators and stored, so nothing of what came from outside stands in it.
    """


class ActionRefused(ActionError):
    """It did not happen, and asked again it would be refused again."""


class ActionDelayed(ActionError):
    """
    It did not happen, and a moment later it may.

    Attributes:
        wait_ms: How long the receiver wants to be left alone, in milliseconds; None where it does not say.
    """

    def __init__(self, message: str, *, wait_ms: int | None = None) -> None:
        self.wait_ms = wait_ms
        super().__init__(message)


class ActionUnclear(ActionError):
    """It may have happened: no answer came, or none that can be read."""


class SecondEngineError(MigroError):
    """The second engine has no answer to one evaluation; the native engine and the host are as they were."""


class SecondEngineMissing(SecondEngineError, ImportError):
    """The second engine is not installed, or cannot run on this Python or this system."""


class SecondEngineRefused(SecondEngineError, ValueError):
    """
    Rules or facts outside the limits within which the second engine is exact; it was not told of them.

    Attributes:
        mistakes: All of them, a line each.
    """

    def __init__(self, mistakes: Sequence[str]) -> None:
        self.mistakes = tuple(mistakes)
        super().__init__("durable-rules was told nothing: " + "; ".join(self.mistakes))


class SecondEngineCrashed(SecondEngineError):
    """The process of the second engine ended, or answered what cannot be an answer."""


class SecondEngineLate(SecondEngineError, TimeoutError):
    """The process of the second engine took longer than it was given, and was ended."""


class AutomationHalted(MigroError):
    """The breaker is open: signals are accepted, but nothing acts until a person resumes."""
