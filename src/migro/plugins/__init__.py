"""What other distributions bring: rule sets, vocabularies, hands and more, enabled by name and never by being there."""

from .contracts import Factory
from .enabling import Enabled, Problem, built, composed, enable, examine, stopped
from .offers import GROUPS, Offer, installed

__all__ = [
    "GROUPS",
    "Enabled",
    "Factory",
    "Offer",
    "Problem",
    "built",
    "composed",
    "enable",
    "examine",
    "installed",
    "stopped",
]
