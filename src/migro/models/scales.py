"""The closed scales that decisions are made of."""

from __future__ import annotations

from enum import Enum, IntEnum
from typing import Any, Literal, Self

from pydantic_core import core_schema

__all__ = [
    "ActionStatus",
    "Attention",
    "Auth",
    "Band",
    "Category",
    "Environment",
    "Hint",
    "IssueStatus",
    "Named",
    "Outcome",
    "Risk",
    "RunMode",
    "Scope",
    "Severity",
]


class Named(IntEnum):
    """An ordered scale: compared by rank, written down by name."""

    @property
    def word(self) -> str:
        """The name in JSON: `SEV1`, `HIGH`, `R0`, but `escalate`, `shadow`, `page`."""
        return self.name

    @classmethod
    def named(cls, word: str) -> Self:
        """
        Return the member with that name in JSON.

        Raises:
            ValueError: If there is none; the message lists those there are.
        """
        for member in cls:
            if member.word == word:
                return member
        raise ValueError(f"expected one of {', '.join(m.word for m in cls)}, got {word!r}")

    def __str__(self) -> str:
        return self.word

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: Any) -> core_schema.CoreSchema:
        members = {m.word: m for m in cls}
        words = core_schema.literal_schema(list(members))
        from_word = core_schema.no_info_after_validator_function(members.__getitem__, words)
        return core_schema.json_or_python_schema(
            json_schema=from_word,
            python_schema=core_schema.union_schema([core_schema.is_instance_schema(cls), from_word]),
            serialization=core_schema.plain_serializer_function_ser_schema(
                lambda m: m.word, return_schema=core_schema.str_schema()
            ),
        )


class _Worded(Named):
    @property
    def word(self) -> str:
        return self.name.lower()


class Severity(Named):
    """How bad it is; SEV1 is the worst. Ordered by badness: SEV4 < SEV3 < SEV2 < SEV1."""

    SEV4 = 1
    SEV3 = 2
    SEV2 = 3
    SEV1 = 4

    @property
    def high(self) -> bool:
        """SEV1 and SEV2: these go to a person and buy no autonomy."""
        return self >= Severity.SEV2


class Band(Named):
    """Confidence in three bands: below 0.5, from 0.5, from 0.8."""

    LOW = 0
    MID = 1
    HIGH = 2


class Risk(Named):
    """
    What an action can do at worst.

    R0 tells operators, R1 is reversible and internal, R2 is seen by merchant or shopper, R3 is hard to reverse,
    R4 is irreversible or touches databases, money or configuration.
    """

    R0 = 0
    R1 = 1
    R2 = 2
    R3 = 3
    R4 = 4


class Outcome(_Worded):
    """What policy allows; ordered, so that the strictest of several is their minimum."""

    FORBID = 0
    RECORD = 1
    ESCALATE = 2
    APPROVE2 = 3
    APPROVE1 = 4
    AUTO = 5


class RunMode(_Worded):
    """How far automation may go at all. Dry run is not a mode: it belongs to the dispatcher."""

    OFF = 0
    SHADOW = 1
    ASSIST = 2
    AUTO = 3


class Attention(_Worded):
    """What is asked of people: nothing, a look, or a look now."""

    NONE = 0
    REVIEW = 1
    PAGE = 2


class IssueStatus(Enum):
    """`watching` is below 0.5; `open` is in front of a person; `resolved` has no live evidence any more."""

    WATCHING = "watching"
    OPEN = "open"
    RESOLVED = "resolved"


class ActionStatus(Enum):
    """
    Where an action stands. Only the dispatcher moves it past `planned`.

    `unknown` may have happened: nobody could find out, it is not tried again, and a person has to look.
    """

    FORBIDDEN = "forbidden"
    RECORDED = "recorded"
    ESCALATED = "escalated"
    WAITING = "waiting"
    PLANNED = "planned"
    REJECTED = "rejected"
    EXPIRED = "expired"
    STARTED = "started"
    SIMULATED = "simulated"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    UNKNOWN = "unknown"


Auth = Literal["verified", "static_secret", "not_applicable", "unsigned", "unchecked", "failed"]
"""How far the sender was proven. Host-made signals are `not_applicable`."""

Environment = Literal["production", "staging", "test", "unknown"]
"""Where the event happened; only `production` decides without a guard."""

Hint = Literal["critical", "high", "medium", "low", "info"]
"""The sender's own idea of severity, in five words."""

Category = Literal[
    "checkout",
    "data_sync",
    "inventory",
    "integration",
    "webhook",
    "performance",
    "frontend_mismatch",
    "auth",
    "docs",
    "unknown",
]
"""Which desk has to fix it."""

Scope = Literal["merchant", "platform"]
"""Whom an issue is about."""
