"""A cheap look at a function for what gives another result another time. It finds mistakes, and proves nothing."""

from __future__ import annotations

import dis
import types
from collections.abc import Iterator
from typing import Any, Final

__all__ = ["impure_calls"]

# Only what can never be right in a function of one signal: `time.gmtime` may be, `time.time` may not.
_IMPURE: Final = frozenset(
    "datetime.datetime.now datetime.datetime.utcnow datetime.datetime.today datetime.date.today"
    " time.time time.time_ns time.monotonic time.monotonic_ns time.perf_counter time.perf_counter_ns"
    " random.random random.randint random.randrange random.choice random.choices random.shuffle random.sample"
    " random.uniform uuid.uuid1 uuid.uuid4 secrets.token_hex secrets.token_bytes secrets.choice secrets.randbelow"
    " os.getenv os.urandom os.environ builtins.open builtins.input".split()
)
_READS: Final = frozenset({"LOAD_ATTR", "LOAD_METHOD"})


def impure_calls(function: object) -> tuple[str, ...]:
    """
    Return what a function reads of clock, chance, environment, files and terminal, by its full name.

    Looks at the function's own code and that of functions written inside of it, at global and built-in names and
    attributes of them. What it calls elsewhere, imports inside, or gets through a variable is not looked at.
    """
    if not isinstance(function, types.FunctionType):
        return ()
    found = {
        path for code in _codes(function.__code__) for path in _paths(code, function.__globals__) if path in _IMPURE
    }
    return tuple(path.removeprefix("builtins.") for path in sorted(found))


def _codes(code: types.CodeType) -> Iterator[types.CodeType]:
    yield code
    for constant in code.co_consts:
        if isinstance(constant, types.CodeType):
            yield from _codes(constant)


def _paths(code: types.CodeType, names: dict[str, Any]) -> Iterator[str]:
    """Yield the full names of what the code reads, whatever they are called here."""
    path: str | None = None
    value: Any = None
    for instruction in dis.get_instructions(code):
        if instruction.opname == "LOAD_GLOBAL":
            name = instruction.argval
            value = names.get(name)
            path = _full_name(value, name) if name in names else f"builtins.{name}"
        elif instruction.opname in _READS and isinstance(value, types.ModuleType | type):
            # A module's or class's own attributes only: no code of theirs runs here.
            path = f"{path}.{instruction.argval}"
            value = vars(value).get(instruction.argval)
            path = _full_name(value, path) if isinstance(value, type) else path
        else:
            path = value = None
        if path:
            yield path


def _full_name(value: Any, default: str) -> str:
    """Return a value's name where it was defined."""
    match value:
        case types.ModuleType():
            return value.__name__
        case types.BuiltinMethodType() | types.MethodType() if type(value.__self__).__module__ == "random":
            return f"random.{value.__name__}"  # a method of the one generator that the module keeps
        case type() | types.FunctionType() | types.BuiltinFunctionType():
            return f"{value.__module__}.{value.__qualname__}"
        case _:
            return default
