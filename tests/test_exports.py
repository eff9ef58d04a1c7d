"""What `from migro import` offers."""

from __future__ import annotations

import importlib
from pathlib import Path
from types import ModuleType

import pytest

import migro
from tests.conftest import RunPython


def order(name: str) -> tuple[int, str]:
    """Constants, then classes, then functions, each by name: the order that the linter keeps."""
    kind = 0 if name.isupper() and len(name) > 1 else 1 if name[0].isupper() else 2
    return kind, name


PACKAGE = Path(migro.__file__).parent
MODULES = sorted(
    ".".join(["migro", *path.relative_to(PACKAGE).with_suffix("").parts]).removesuffix(".__init__")
    for path in PACKAGE.rglob("*.py")
    if path.stem != "__main__"
)


@pytest.mark.parametrize("name", MODULES)
def test_every_name_in_all_exists_once_and_in_order(name: str) -> None:
    module = importlib.import_module(name)
    names: list[str] = list(getattr(module, "__all__", ()))

    assert [name for name in names if not hasattr(module, name)] == []
    assert names == sorted(set(names), key=order)


def test_what_a_user_types_is_exported() -> None:
    expected = {"Action", "Actuator", "Agent", "Decision", "Issue", "Memory", "MigroError", "Rule", "RuleSet", "Signal"}

    assert expected - set(migro.__all__) == set()


@pytest.mark.parametrize("name", ["migro", "migro.testing"])
def test_nothing_public_is_left_out_of_all(name: str) -> None:
    module = importlib.import_module(name)
    told = {name for names in module._HOMES.values() for name in names.split()}
    held = {n for n, v in vars(module).items() if not n.startswith("_") and not isinstance(v, ModuleType)}

    assert held - told == {"TYPE_CHECKING", "import_module"}
    assert told == set(module.__all__) - {"__version__"}
    assert set(dir(module)) > told


@pytest.mark.parametrize("name", ["migro", "migro.testing"])
def test_a_name_that_is_not_exported_is_an_attribute_error_that_names_it(name: str) -> None:
    with pytest.raises(AttributeError, match=f"module '{name}' has no attribute 'Ruel'"):
        getattr(importlib.import_module(name), "Ruel")  # noqa: B009  # the name has to be looked up, not checked


def test_importing_migro_does_nothing_and_loads_nothing_optional(run_python: RunPython) -> None:
    unwanted = {"argparse", "asyncio", "rich", "migro.cli", "migro.observe", "migro.packs", "migro.simulate"}
    program = (
        "import logging, sys; import migro; "
        f"print(sorted({unwanted!r} & set(sys.modules)), logging.getLogger().handlers)"
    )

    done = run_python("-c", program)

    assert (done.stdout.strip(), done.stderr) == ("[] []", "")
