"""The machine: forward chaining over windows, incremental and deterministic."""

from .candidates import Candidates
from .examples import (
    ExampleFailure,
    ExampleResult,
    PlayedExample,
    check_examples,
    failure_of,
    pass_until,
    play_example,
    run_example,
)
from .impacts import MeasuredAmount, measured_amounts, measured_value
from .native import ERRORS_IN_A_ROW, NativeEngine, lowered_points
from .release import release
from .snapshots import kept_up, restore, snapshot
from .state import Change, EngineState, Evidence, Firing, Key, MeasuredShare
from .traces import contributing, measured_shares, near_miss, supported, trace

__all__ = [
    "ERRORS_IN_A_ROW",
    "Candidates",
    "Change",
    "EngineState",
    "Evidence",
    "ExampleFailure",
    "ExampleResult",
    "Firing",
    "Key",
    "MeasuredAmount",
    "MeasuredShare",
    "NativeEngine",
    "PlayedExample",
    "check_examples",
    "contributing",
    "failure_of",
    "kept_up",
    "lowered_points",
    "measured_amounts",
    "measured_shares",
    "measured_value",
    "near_miss",
    "pass_until",
    "play_example",
    "release",
    "restore",
    "run_example",
    "snapshot",
    "supported",
    "trace",
]
