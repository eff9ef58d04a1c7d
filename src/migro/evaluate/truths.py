"""
Truth as a file has it, read with care: somebody else may have written it, and may have said little.

Only `issues` has to be there. What a file leaves out is either filled in from the material or not judged.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Annotated, Any

from pydantic import AwareDatetime, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from ..errors import InputError
from ..models import Severity
from ..models.validation import explain_validation
from ..simulate import (
    ANY_PARENT,
    NEVER,
    OF_PLATFORM,
    AllowedIssue,
    ExpectedAction,
    ExpectedIssue,
    ForbiddenIssue,
    GroundTruth,
)

__all__ = ["TruthDocument", "read_truth"]

_Count = Annotated[int, Field(ge=0, strict=True)]
_Word = Annotated[str, Field(min_length=1)]


def _many(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value


def _named(value: Any) -> Any:
    return {"kind": value} if isinstance(value, str) else value


def _of_platform(value: Any) -> Any:
    return None if value == OF_PLATFORM else value


_Words = Annotated[tuple[_Word, ...], BeforeValidator(_many)]
_Merchant = Annotated[_Word | None, BeforeValidator(_of_platform)]


class _Part(BaseModel):
    # Fields that nobody here knows are told, not refused: their writer may judge by more than this.
    model_config = ConfigDict(extra="allow", frozen=True)

    def unknown(self, place: str = "") -> Iterator[str]:
        """Yield the places of fields that mean nothing here."""
        yield from (f"{place}{name}" for name in self.model_extra or {})


class _Issue(_Part):
    kind: _Word
    merchant: _Merchant
    onset: AwareDatetime | None = None
    mildest: Severity = Severity.SEV4
    gravest: Severity = Severity.SEV1
    parent: _Word | None = ANY_PARENT
    within: _Count | None = None
    cases: _Count | None = 1
    instead: _Words = ()


class _Forbidden(_Part):
    kind: _Word
    merchant: _Merchant = None


class _Allowed(_Part):
    kind: _Word
    merchant: _Word | None = None


class _Action(_Part):
    kind: _Word
    merchant: _Merchant = None
    issue: _Word | None = None


class TruthDocument(_Part):
    """What a file says is true; fields as in `migro.simulate.GroundTruth`, and all but `issues` may be left out."""

    issues: Annotated[tuple[_Issue, ...], BeforeValidator(_many)]
    scenario: _Word | None = None
    seed: int = 0
    merchants: _Words = ()
    start: AwareDatetime | None = None
    onset: AwareDatetime | None = None
    end: AwareDatetime | None = None
    forbidden: Annotated[tuple[_Forbidden, ...], BeforeValidator(_many)] = ()
    allowed: Annotated[tuple[Annotated[_Allowed, BeforeValidator(_named)], ...], BeforeValidator(_many)] = ()
    actions: Annotated[tuple[_Action, ...], BeforeValidator(_many)] = ()
    forbidden_verbs: _Words = NEVER
    max_messages: _Count | None = None
    envelopes: _Count = 0
    events: _Count = 0
    duplicates: _Count = 0
    lost: _Count = 0
    planted: dict[str, _Words] = {}
    max_seconds_to_detect: _Count | None = None

    def unknown(self, place: str = "") -> Iterator[str]:
        """Yield the places of fields that mean nothing here, such as ``issues.0.witin``."""
        yield from super().unknown(place)
        parts: tuple[tuple[str, Sequence[_Part]], ...] = (
            ("issues", self.issues),
            ("forbidden", self.forbidden),
            ("allowed", self.allowed),
            ("actions", self.actions),
        )
        for name, inside in parts:
            for number, part in enumerate(inside):
                yield from part.unknown(f"{place}{name}.{number}.")

    def completed(self, *, scenario: str, first: datetime, last: datetime, merchants: Sequence[str]) -> GroundTruth:
        """
        Return the whole truth.

        Args:
            scenario: Its name, where the file does not say it.
            first: When the first delivery came.
            last: When the last one came.
            merchants: Who took part, where the file does not say it.

        Raises:
            InputError: If a severity interval is empty.
        """
        start = self.start or first
        onset = self.onset or min((i.onset for i in self.issues if i.onset), default=start)
        return GroundTruth(
            scenario=self.scenario or scenario,
            seed=self.seed,
            merchants=self.merchants or tuple(merchants),
            start=start,
            onset=onset,
            end=self.end or last,
            issues=tuple(_expected(i, onset) for i in self.issues),
            forbidden=tuple(ForbiddenIssue(kind=f.kind, merchant=f.merchant) for f in self.forbidden),
            allowed=[AllowedIssue(kind=a.kind, merchant=a.merchant) for a in self.allowed],
            actions=tuple(ExpectedAction(kind=a.kind, merchant=a.merchant, issue=a.issue) for a in self.actions),
            forbidden_verbs=self.forbidden_verbs,
            max_messages=self.max_messages,
            envelopes=self.envelopes,
            events=self.events,
            duplicates=self.duplicates,
            lost=self.lost,
            planted=self.planted,
        )


def _expected(issue: _Issue, onset: datetime) -> ExpectedIssue:
    told: dict[str, Any] = {name: getattr(issue, name) for name in _Issue.model_fields}
    return ExpectedIssue(**{**told, "onset": issue.onset or onset})


def read_truth(text: str | bytes, *, where: str) -> TruthDocument:
    """
    Return what a file says is true.

    Args:
        where: The file's name, for messages.

    Raises:
        InputError: If it is no JSON or no truth; the message names file and field, what was expected and what came.
    """
    try:
        found = TruthDocument.model_validate_json(text)
    except ValidationError as e:
        raise InputError(f"{explain_validation(e, quoting=True)} - at {where}") from e
    for number, issue in enumerate(found.issues):
        if issue.gravest < issue.mildest:
            raise InputError(
                f"issues.{number}: expected a severity interval from mildest to gravest, got {issue.mildest.word} to"
                f" {issue.gravest.word} - at {where}"
            )
    return found
