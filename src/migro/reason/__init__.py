"""Judgement on an issue: how sure, how bad, what it costs."""

from .assessment import Assessment, assess, is_supported
from .confidence import HIGH_FROM, MAX_SCORE, Evidence, Score, band_of, confidence_of, score, trust_cap
from .figures import Figures, Readings, flow_of, wilson_lower
from .impact import estimate
from .losses import accrued, losses
from .quarantined import QUARANTINED, RuleQuarantined, rule_quarantined
from .severity import severity_of
from .unknown import CORE, UNKNOWN

__all__ = [
    "CORE",
    "HIGH_FROM",
    "MAX_SCORE",
    "QUARANTINED",
    "UNKNOWN",
    "Assessment",
    "Evidence",
    "Figures",
    "Readings",
    "RuleQuarantined",
    "Score",
    "accrued",
    "assess",
    "band_of",
    "confidence_of",
    "estimate",
    "flow_of",
    "is_supported",
    "losses",
    "rule_quarantined",
    "score",
    "severity_of",
    "trust_cap",
    "wilson_lower",
]
