"""Judgement on what may be done: table, mode, guards, approvals."""

from .deciding import Proposals, Ruling, propose, rule_on, withdraw
from .policy import GUARDS, TABLE, GuardName, Policy, attention_of, cell_name, decide, guard_cap, mode_cap
from .recompute import recompute

__all__ = [
    "GUARDS",
    "TABLE",
    "GuardName",
    "Policy",
    "Proposals",
    "Ruling",
    "attention_of",
    "cell_name",
    "decide",
    "guard_cap",
    "mode_cap",
    "propose",
    "recompute",
    "rule_on",
    "withdraw",
]
