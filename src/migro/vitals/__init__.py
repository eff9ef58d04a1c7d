"""Vital signs of an agent: the numbers that show whether it keeps up, and what is wrong where it does not."""

from .health import Check, Health, Limits, examined
from .vitals import Number, Vitals, taken

__all__ = ["Check", "Health", "Limits", "Number", "Vitals", "examined", "taken"]
