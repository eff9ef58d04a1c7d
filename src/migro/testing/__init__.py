"""
What a host needs to test its own memories, actuators and rules; works without pytest until a contract is run.

A contract is a class of test methods: subclass it in a test module, name the subclass ``Test…``, and give it the
fixture that its docstring names. A failed contract shows its values, since an installed migro is a plugin of pytest's.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
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
    from .timeline import Timeline

__all__ = [
    "START",
    "ActuatorContract",
    "DeclaringActuatorContract",
    "FixedClock",
    "LeasesContract",
    "LedgerContract",
    "MemoryContract",
    "NormaliserContract",
    "Timeline",
    "sample_action",
    "sample_decision",
    "sample_explanation",
    "sample_issue",
    "sample_signal",
    "sample_snapshot",
    "sample_step",
]

# A name's module is imported when the name is first asked for: whoever only has migro installed, as a plugin of
# pytest's is, pays for none of it.
_HOMES = {
    "actuator": "ActuatorContract",
    "clock": "FixedClock",
    "declaring": "DeclaringActuatorContract",
    "leases": "LeasesContract",
    "ledger": "LedgerContract",
    "memory": "MemoryContract",
    "normaliser": "NormaliserContract",
    "samples": (
        "START sample_action sample_decision sample_explanation sample_issue sample_signal sample_snapshot sample_step"
    ),
    "timeline": "Timeline",
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
