"""Values of somebody else's module, named ``package.module:NAME``: code that is imported because a person asked."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

from ..errors import ConfigurationError, MigroError, survivable

__all__ = ["imported"]

T = TypeVar("T")


def imported(reference: str, kind: type[T], *, noun: str, names: str = "") -> T:
    """
    Return the value that `reference` names.

    Args:
        reference: ``package.module:NAME``; modules of this directory are found, before those that are installed.
        kind: What it has to be.
        noun: What the messages call it.
        names: What else could have been written, for the message.

    Raises:
        ConfigurationError: If it cannot be imported, is not there, or is something else.
    """
    module_name, colon, name = reference.partition(":")
    if not colon or not name:
        others = f" or one of {names}" if names else ""
        raise ConfigurationError(f"expected {noun} as package.module:NAME{others}, got {reference!r}")
    try:
        with _this_directory_importable():
            module = importlib.import_module(module_name)
    except MigroError:
        raise
    except ModuleNotFoundError as e:
        raise ConfigurationError(
            f"{noun} {reference!r}: cannot import {module_name!r}: no module {e.name!r} in this directory"
            f" ({Path.cwd()}) nor among what is installed{_hint(module_name)}"
        ) from e
    except survivable() as e:  # a module of somebody else's can fail in any way while it is imported
        raise ConfigurationError(
            f"{noun} {reference!r}: cannot import {module_name!r}: it stopped with {type(e).__name__}: {e}"
        ) from e
    found = getattr(module, name, None)
    if found is None:
        place = getattr(module, "__file__", None) or "no file"
        raise ConfigurationError(f"{noun} {reference!r}: {module_name} has no {name!r} - at {place}")
    if not isinstance(found, kind):
        raise ConfigurationError(f"{noun} {reference!r}: expected a {kind.__name__}, got {type(found).__name__}")
    return found


def _hint(module_name: str) -> str:
    if module_name.endswith(".py") or "/" in module_name:
        return "; write the module's name as in an import, without .py"
    return ""


@contextmanager
def _this_directory_importable() -> Iterator[None]:
    """Look for modules in this directory first, as ``python -m`` does, and afterwards still look there last."""
    here = str(Path.cwd())
    sys.path.insert(0, here)
    try:
        yield
    finally:
        sys.path.remove(here)
        # What was imported may import its neighbours later, and nothing here may then hide what is installed.
        if here not in sys.path:
            sys.path.append(here)
