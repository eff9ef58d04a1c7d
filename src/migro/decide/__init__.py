"""Judgement on what may be done: table, mode, guards, approvals."""

from .budgets import BUDGETS, Asked, Budget, Limit, QuietHours, Spent, numbers, over
from .guards import HOSTS, Guard, Proposed
from .people import APPROVERS, People, Person, barred, refusal, same_name
from .policy import GUARDS, OF_ACTIONS, TABLE, GuardName, Policy, attention_of, cell_name, decide, guard_cap, mode_cap
from .proposing import Proposals, enough, propose, withdraw
from .recompute import recompute
from .ruling import Ruling, rule_on

__all__ = [
    "APPROVERS",
    "BUDGETS",
    "GUARDS",
    "HOSTS",
    "OF_ACTIONS",
    "TABLE",
    "Asked",
    "Budget",
    "Guard",
    "GuardName",
    "Limit",
    "People",
    "Person",
    "Policy",
    "Proposals",
    "Proposed",
    "QuietHours",
    "Ruling",
    "Spent",
    "attention_of",
    "barred",
    "cell_name",
    "decide",
    "enough",
    "guard_cap",
    "mode_cap",
    "numbers",
    "over",
    "propose",
    "recompute",
    "refusal",
    "rule_on",
    "same_name",
    "withdraw",
]
