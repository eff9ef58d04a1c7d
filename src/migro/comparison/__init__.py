"""What a change of rules means: proofs and witnesses, for `migro rules diff`."""

from .comparing import Contradiction, compare
from .search import Effort
from .trials import Judge
from .verdicts import Change, Direction, Relation, RuleComparison, RuleSetComparison, Witness

__all__ = [
    "Change",
    "Contradiction",
    "Direction",
    "Effort",
    "Judge",
    "Relation",
    "RuleComparison",
    "RuleSetComparison",
    "Witness",
    "compare",
]
