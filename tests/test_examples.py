"""Every program in examples/ runs and prints what its docstring says."""

from __future__ import annotations

import ast
import inspect
from pathlib import Path

import pytest

from tests.conftest import ROOT, RunPython

EXAMPLES = sorted((ROOT / "examples").glob("*.py"))


def expected_output(program: Path) -> str | None:
    """The indented block below ``Expect::`` in the docstring, or None if there is no such line."""
    docstring = ast.get_docstring(ast.parse(program.read_text(encoding="utf-8"))) or ""
    _, marker, block = docstring.partition("Expect::\n")
    if not marker:
        return None
    lines: list[str] = []
    for line in block.splitlines():
        if line and not line.startswith(" "):
            break
        lines.append(line)
    return inspect.cleandoc("\n".join(["", *lines]))


def test_there_are_examples() -> None:
    assert EXAMPLES != []


@pytest.mark.parametrize("program", EXAMPLES, ids=lambda program: program.name)
def test_the_example_runs_and_prints_what_it_says(program: Path, run_python: RunPython) -> None:
    done = run_python(str(program))

    assert (done.returncode, done.stderr) == (0, "")
    expected = expected_output(program)
    assert expected is None or done.stdout.rstrip() == expected


@pytest.mark.parametrize("program", EXAMPLES, ids=lambda program: program.name)
def test_the_list_of_examples_names_it(program: Path) -> None:
    assert f"({program.name})" in (ROOT / "examples" / "README.md").read_text(encoding="utf-8")
