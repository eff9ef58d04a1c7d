"""Drafts: signals before they are written down, cheap to vary and to move in time."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

import attrs

from ..errors import MigroError
from ..models import Signal
from ..models.canonical import from_microseconds

__all__ = ["Draft", "Printer"]

_PLAIN: Mapping[type, Any] = {
    str: "x",
    int: 1,
    bool: False,
    Decimal: Decimal(1),
    datetime: from_microseconds(1_772_000_000_000_000),
    frozenset: frozenset(),
}


@attrs.frozen(eq=False)
class Draft:
    """
    A signal to be.

    Attributes:
        at: When it happens and arrives, in microseconds.
        columns: Values of the columns that matter; the others are plain or missing.
    """

    signal: type[Signal]
    at: int
    columns: Mapping[str, Any]

    def with_columns(self, **columns: Any) -> Draft:
        """Return the draft with other values."""
        return attrs.evolve(self, columns={**self.columns, **columns})


class Printer:
    """Turns drafts into signals; a checked signal is copied for every further one of its kind."""

    def __init__(self) -> None:
        self._checked: dict[Any, Signal | None] = {}

    def signals(self, drafts: Iterable[Draft]) -> tuple[Signal, ...] | None:
        """Return the signals in order of time, ``w-0001`` first; None where a class does not take the values."""
        made: list[Signal] = []
        for number, draft in enumerate(sorted(drafts, key=lambda d: d.at), start=1):
            base = self._base(draft)
            if base is None:
                return None
            moment, name = from_microseconds(draft.at), f"w-{number:04d}"
            made.append(
                base.model_copy(update={"occurred_at": moment, "received_at": moment, "id": name, "dedup_key": name})
            )
        return tuple(made)

    def _base(self, draft: Draft) -> Signal | None:
        shape = (draft.signal, tuple(sorted((n, repr(v)) for n, v in draft.columns.items())))
        if shape not in self._checked:
            self._checked[shape] = _write(draft)
        return self._checked[shape]


def _write(draft: Draft) -> Signal | None:
    cls = draft.signal
    values: dict[str, Any] = {"occurred_at": from_microseconds(draft.at), "id": "w", "dedup_key": "w"}
    if not cls.__signal_kind__:
        values["kind"] = "any"
    for name, field in cls.model_fields.items():
        if field.is_required() and name not in values and name in cls.__columns__:
            values[name] = _PLAIN[cls.__columns__[name].value]
    values.update({n: v for n, v in draft.columns.items() if v is not None})
    try:
        return cls.model_validate(values)
    except (MigroError, ValueError, TypeError):
        return None
