"""Checks: mistakes of rules that load and run, each proven, and shown by what makes it one."""

from .checking import check, check_rules, problems_of_loading
from .problems import CODES, Problem

__all__ = ["CODES", "Problem", "check", "check_rules", "problems_of_loading"]
