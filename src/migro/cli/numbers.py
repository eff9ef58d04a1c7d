"""Numbers of scores in JSON."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

__all__ = ["json_number"]


def json_number(value: Any) -> float:
    """Return what `json.dumps` writes for a value of a score that it does not know."""
    if isinstance(value, Decimal):
        return float(value)
    raise TypeError(f"expected a value of JSON, got {type(value).__name__}")
