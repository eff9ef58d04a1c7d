"""
What a host needs to test its own memories, actuators and rules; works without pytest until a contract is run.

A contract is a class of test methods: subclass it in a test module, name the subclass ``Test…``, and give it the
fixture that its docstring names. ``pytest.register_assert_rewrite("migro.testing")`` at the top of a ``conftest.py``
makes a failed contract show its values.
"""

from .actuator import ActuatorContract
from .clock import FixedClock
from .declaring import DeclaringActuatorContract
from .leases import LeasesContract
from .ledger import LedgerContract
from .memory import MemoryContract
from .normaliser import NormaliserContract
from .samples import (
    START,
    sample_action,
    sample_decision,
    sample_explanation,
    sample_issue,
    sample_signal,
    sample_snapshot,
    sample_step,
)

__all__ = [
    "START",
    "ActuatorContract",
    "DeclaringActuatorContract",
    "FixedClock",
    "LeasesContract",
    "LedgerContract",
    "MemoryContract",
    "NormaliserContract",
    "sample_action",
    "sample_decision",
    "sample_explanation",
    "sample_issue",
    "sample_signal",
    "sample_snapshot",
    "sample_step",
]
