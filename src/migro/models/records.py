"""What every model that crosses a border shares."""

from __future__ import annotations

import json
import types
from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Annotated, Any, Final, Self

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    PlainSerializer,
    ValidationError,
)

from ..errors import InputError
from ..expressions.quantities import exact_decimal
from .canonical import plain_json
from .validation import explain_validation

__all__ = ["ExactDecimal", "Record", "UtcTime", "Words", "model_json", "read_only"]


def _parse_time(value: Any) -> Any:
    if isinstance(value, str):
        try:
            return datetime.fromisoformat(value)
        except ValueError as e:
            raise ValueError("expected an ISO 8601 time with a zone, such as 2026-03-01T09:00:03Z") from e
    return value


_NOTHING: Final = types.MappingProxyType[str, Any]({})


def _in_utc(value: datetime) -> datetime:
    return value if value.tzinfo is UTC else value.astimezone(UTC)


def read_only(value: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return a sorted copy that nobody can change."""
    if not value:
        return _NOTHING
    return types.MappingProxyType(dict(sorted(value.items())))


def _copied(value: Any) -> Any:
    # Most are empty, and asking what is a mapping takes longer than the rest.
    return dict(value) if type(value) is dict or isinstance(value, Mapping) else value


UtcTime = Annotated[AwareDatetime, BeforeValidator(_parse_time), AfterValidator(_in_utc)]
"""An aware time, kept in UTC."""

ExactDecimal = Annotated[Decimal, BeforeValidator(exact_decimal), PlainSerializer(str)]
"""A Decimal whose JSON form is a string, so that no reader turns it into a float."""

Words = Annotated[dict[str, str], BeforeValidator(_copied), AfterValidator(read_only), PlainSerializer(dict)]
"""Strings by name."""


class Record(BaseModel):
    """A frozen, strict model with a canonical JSON form; ``R.from_json(r.json_line()) == r``."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    def json_line(self) -> str:
        """Return the record as one line of canonical JSON."""
        return model_json(self)

    @classmethod
    def from_json(cls, text: str | bytes, *, where: str = "") -> Self:
        """
        Read a record from JSON.

        Raises:
            InputError: If it does not fit; the message says what was expected, what came, and where.
        """
        try:
            return cls.model_validate(json.loads(text, parse_float=Decimal))
        except ValidationError as e:
            raise InputError(explain_validation(e), where=where) from e
        except RecursionError:
            raise InputError(f"expected {cls.__name__} as JSON, got too many levels", where=where) from None
        except ValueError as e:
            raise InputError(f"expected {cls.__name__} as JSON, got something else: {e}", where=where) from e


def model_json(model: BaseModel) -> str:
    """Return the canonical JSON of a model: that of its plain data, by a shorter way."""
    # pydantic has already made every value a JSON one.
    return plain_json(model.model_dump(mode="json"))
