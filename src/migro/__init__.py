"""
migro: watches moves from hosted e-commerce to headless storefronts, explains what breaks, and acts only as far as
policy allows.

Read `migro.models`, `migro.ports` and `migro.agent.agent`, in that order, to know it.
"""

from .agent import Agent, Fold
from .decide import Policy, recompute
from .errors import MigroError
from .expressions import (
    UNSET,
    Attr,
    Key,
    Maybe,
    MaybeKey,
    days,
    fact,
    hours,
    minutes,
    percent,
    permille,
    preset,
    seconds,
)
from .models import (
    Action,
    ActionResult,
    Decision,
    Explanation,
    Issue,
    MerchantId,
    Outcome,
    Risk,
    RunMode,
    Severity,
    Signal,
)
from .ports import Actuator, Advisor, Clock, Memory, Source
from .remember import VolatileMemory
from .rules import (
    MEDIUM,
    STRONG,
    WEAK,
    ImpactModel,
    IssueKind,
    Response,
    Rule,
    RuleSet,
    SeverityScale,
    fires,
    known,
    on,
    refutes,
    silent,
    supports,
    vetoes,
)

__version__ = "0.1.0"

__all__ = [
    "MEDIUM",
    "STRONG",
    "UNSET",
    "WEAK",
    "Action",
    "ActionResult",
    "Actuator",
    "Advisor",
    "Agent",
    "Attr",
    "Clock",
    "Decision",
    "Explanation",
    "Fold",
    "ImpactModel",
    "Issue",
    "IssueKind",
    "Key",
    "Maybe",
    "MaybeKey",
    "Memory",
    "MerchantId",
    "MigroError",
    "Outcome",
    "Policy",
    "Response",
    "Risk",
    "Rule",
    "RuleSet",
    "RunMode",
    "Severity",
    "SeverityScale",
    "Signal",
    "Source",
    "VolatileMemory",
    "days",
    "fact",
    "fires",
    "hours",
    "known",
    "minutes",
    "on",
    "percent",
    "permille",
    "preset",
    "recompute",
    "refutes",
    "seconds",
    "silent",
    "supports",
    "vetoes",
]
