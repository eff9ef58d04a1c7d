"""Mutation: rules changed a little, one change at a time, to see whether their examples and edges would notice."""

from .deriving import EFFORT, Derived, Effort, derive
from .edge_file import EDGES_FORMAT, edges_text, read_edges
from .edges import Edge, Firing, RuleEdges, check_edges, firing_in
from .judging import Bench, Outcome, Verdict, judge
from .mutants import OPERATORS, Mutant, mutants

__all__ = [
    "EDGES_FORMAT",
    "EFFORT",
    "OPERATORS",
    "Bench",
    "Derived",
    "Edge",
    "Effort",
    "Firing",
    "Mutant",
    "Outcome",
    "RuleEdges",
    "Verdict",
    "check_edges",
    "derive",
    "edges_text",
    "firing_in",
    "judge",
    "mutants",
    "read_edges",
]
