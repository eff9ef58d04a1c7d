"""
migro: watches moves from hosted e-commerce to headless storefronts, explains what breaks, and acts only as far as
policy allows.

Read `migro.models`, `migro.ports` and `migro.agent.agent`, in that order, to know it.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .agent import Agent, Answer, Card, Fold
    from .decide import Budget, People, Person, Policy, recompute
    from .errors import MigroError
    from .expressions import (
        UNSET,
        Attr,
        Key,
        Maybe,
        MaybeKey,
        days,
        fact,
        feature,
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
        before,
        during,
        fires,
        given,
        greatest,
        holding,
        hour_of_week,
        known,
        least,
        on,
        previous,
        refutes,
        silence,
        silent,
        supports,
        together,
        trailing,
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
    "Answer",
    "Attr",
    "Budget",
    "Card",
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
    "People",
    "Person",
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
    "before",
    "days",
    "during",
    "fact",
    "feature",
    "fires",
    "given",
    "greatest",
    "holding",
    "hour_of_week",
    "hours",
    "known",
    "least",
    "minutes",
    "on",
    "percent",
    "permille",
    "preset",
    "previous",
    "recompute",
    "refutes",
    "seconds",
    "silence",
    "silent",
    "supports",
    "together",
    "trailing",
    "vetoes",
]

# A name's module is imported when the name is first asked for: whoever only has migro installed, as a plugin of
# pytest's is, pays for none of it.
_HOMES = {
    "agent": "Agent Answer Card Fold",
    "decide": "Budget People Person Policy recompute",
    "errors": "MigroError",
    "expressions": ("UNSET Attr Key Maybe MaybeKey days fact feature hours minutes percent permille preset seconds"),
    "models": ("Action ActionResult Decision Explanation Issue MerchantId Outcome Risk RunMode Severity Signal"),
    "ports": "Actuator Advisor Clock Memory Source",
    "remember": "VolatileMemory",
    "rules": (
        "MEDIUM STRONG WEAK ImpactModel IssueKind Response Rule RuleSet SeverityScale before during fires "
        "given greatest holding hour_of_week known least on previous refutes silence silent supports together "
        "trailing vetoes"
    ),
}

if not TYPE_CHECKING:
    # Seen by a type checker this would make every misspelt name a valid one.
    def __getattr__(name: str) -> object:
        home = next((home for home, names in _HOMES.items() if name in names.split()), None)
        if home is None:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        value = globals()[name] = getattr(import_module(f".{home}", __name__), name)
        return value

    def __dir__() -> list[str]:
        return sorted({*globals(), *__all__})
