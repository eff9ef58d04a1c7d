"""Judgement on an issue: how sure, how bad, what it costs."""

from .assessment import Assessment, assess, is_supported
from .confidence import HIGH_FROM, MAX_SCORE, Evidence, Score, band_of, confidence_of, score, trust_cap
from .impact import estimate, severity_of, wilson_lower
from .quarantined import QUARANTINED, RuleQuarantined, rule_quarantined
from .unknown import CORE, UNKNOWN

__all__ = [
    "CORE",
    "HIGH_FROM",
    "MAX_SCORE",
    "QUARANTINED",
    "UNKNOWN",
    "Assessment",
    "Evidence",
    "RuleQuarantined",
    "Score",
    "assess",
    "band_of",
    "confidence_of",
    "estimate",
    "is_supported",
    "rule_quarantined",
    "score",
    "severity_of",
    "trust_cap",
    "wilson_lower",
]
