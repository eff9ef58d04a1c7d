"""The language: premises over typed columns, conclusions about issue kinds, rules, rule sets."""

from .conclusions import MEDIUM, STRONG, WEAK, Conclusion, Effect, refutes, supports, vetoes
from .kinds import PRIOR, ImpactModel, IssueKind, Response, SeverityScale
from .premises import Both, Counted, Distinct, Known, Premise, Recent, Selection, Share, Unless, known, leaves, on
from .rule import DEFAULT_LASTS, Example, Rule, fires, silent
from .ruleset import MAX_POINTS, RuleSet, selections

__all__ = [
    "DEFAULT_LASTS",
    "MAX_POINTS",
    "MEDIUM",
    "PRIOR",
    "STRONG",
    "WEAK",
    "Both",
    "Conclusion",
    "Counted",
    "Distinct",
    "Effect",
    "Example",
    "ImpactModel",
    "IssueKind",
    "Known",
    "Premise",
    "Recent",
    "Response",
    "Rule",
    "RuleSet",
    "Selection",
    "SeverityScale",
    "Share",
    "Unless",
    "fires",
    "known",
    "leaves",
    "on",
    "refutes",
    "selections",
    "silent",
    "supports",
    "vetoes",
]
