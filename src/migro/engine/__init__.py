"""The machine: forward chaining over windows, incremental and deterministic."""

from .examples import ExampleFailure, ExampleResult, check_examples, run_example
from .native import NativeEngine
from .state import Change, EngineState, Evidence, Firing, Key
from .traces import contributing, near_miss, trace

__all__ = [
    "Change",
    "EngineState",
    "Evidence",
    "ExampleFailure",
    "ExampleResult",
    "Firing",
    "Key",
    "NativeEngine",
    "check_examples",
    "contributing",
    "near_miss",
    "run_example",
    "trace",
]
