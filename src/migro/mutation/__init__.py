"""Mutation: rules changed a little, one change at a time, to see whether their examples would notice."""

from .judging import Bench, Outcome, Verdict, judge
from .mutants import OPERATORS, Mutant, mutants

__all__ = ["OPERATORS", "Bench", "Mutant", "Outcome", "Verdict", "judge", "mutants"]
