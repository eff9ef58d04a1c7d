"""README.md says what is true: its commands run, its program is the example, its output is what comes out."""

from __future__ import annotations

import re
import shlex
import subprocess
import tomllib
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import ROOT, RunPython

README = (ROOT / "README.md").read_text(encoding="utf-8")
PROJECT: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


def block_below(anchor: str) -> str:
    """The first fenced block below a line of the README."""
    found = re.search(rf"^{re.escape(anchor)}$.*?^```\w*\n(.*?)^```$", README, re.MULTILINE | re.DOTALL)
    assert found, f"expected a fenced block below {anchor!r} in README.md"
    return found[1]


def steps(command: str) -> list[list[str]]:
    return [shlex.split(step) for step in command.split("&&")]


TRY = block_below("## Try it")
TESTS = block_below("## Run the tests")


@pytest.mark.parametrize("command", [TRY, TESTS], ids=["try", "tests"])
def test_each_command_is_one_line_that_bash_can_read(command: str) -> None:
    parsed = subprocess.run(["bash", "-n", "-c", command], capture_output=True, text=True, check=False)

    assert (parsed.returncode, parsed.stderr) == (0, "")
    assert len(command.strip().splitlines()) == 1


@pytest.mark.parametrize("command", [TRY, TESTS], ids=["try", "tests"])
def test_each_command_makes_its_own_environment_and_uses_nothing_else(command: str) -> None:
    first, *rest = steps(command)

    assert first == ["python3", "-m", "venv", ".venv"]
    assert {Path(step[0]).parent for step in rest} == {Path(".venv/bin")}


def test_the_first_command_installs_the_clone_and_runs_an_entry_point_that_exists() -> None:
    _, install, run = steps(TRY)

    assert install == [".venv/bin/pip", "install", "."]
    assert Path(run[0]).name in PROJECT["project"]["scripts"]


def test_the_second_command_installs_and_runs_nox() -> None:
    _, install, run = steps(TESTS)

    assert install == [".venv/bin/pip", "install", "nox"]
    assert run == [".venv/bin/nox", "-s", "tests"]


def test_ci_runs_exactly_the_command_of_the_readme(tmp_path: Path) -> None:
    recorder = tmp_path / "record"
    recorder.write_text('#!/bin/sh\necho "$0 $*" >> "$RECORD"\necho "1 passed in 0.01s"\n', encoding="utf-8")
    recorder.chmod(0o755)
    clone = tmp_path / "clone"
    (clone / ".ci").mkdir(parents=True)
    (clone / ".venv" / "bin").mkdir(parents=True)
    for name in ("README.md", ".ci/run"):
        (clone / name).write_bytes((ROOT / name).read_bytes())
    (clone / ".ci" / "run").chmod(0o755)
    for name in ("bin/python3", "clone/.venv/bin/python", "clone/.venv/bin/pip", "clone/.venv/bin/nox"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).symlink_to(recorder)
    record = tmp_path / "calls"
    environment = {"PATH": f"{tmp_path / 'bin'}:/usr/bin:/bin", "RECORD": str(record)}

    done = subprocess.run(
        [str(clone / ".ci" / "run")], env=environment, capture_output=True, text=True, check=False, timeout=60
    )

    assert done.returncode == 0, done.stderr
    assert f"+ {TESTS.strip()}\n" in done.stdout
    calls = [line.removeprefix(f"{tmp_path / 'bin'}/") for line in record.read_text(encoding="utf-8").splitlines()]
    assert [shlex.split(call) for call in calls[-3:]] == steps(TESTS)


def test_the_demo_of_the_first_command_runs(run_python: RunPython) -> None:
    _, _, (program, *arguments) = steps(TRY)
    module, function = PROJECT["project"]["scripts"][Path(program).name].split(":")
    start = f"import sys; from {module} import {function}; sys.exit({function}())"

    done = run_python("-c", start, *arguments)

    assert done.returncode == 0, done.stderr
    assert "migro explain" in done.stdout


def test_the_program_is_the_example_without_its_docstring() -> None:
    example = (ROOT / "examples" / "first_rule.py").read_text(encoding="utf-8")
    program = re.sub(r'\A""".*?"""\n+', "", example, count=1, flags=re.DOTALL)

    assert block_below("<!-- program -->").strip() == program.strip()


def test_the_output_is_what_the_program_prints(run_python: RunPython) -> None:
    done = run_python(str(ROOT / "examples" / "first_rule.py"))

    assert (done.stdout.strip(), done.stderr) == (block_below("<!-- output -->").strip(), "")


def test_every_link_to_a_file_leads_somewhere() -> None:
    prose = re.sub(r"^```.*?^```$", "", README, flags=re.MULTILINE | re.DOTALL)
    targets = re.findall(r"\]\((?!https?:)([^)#]+)", prose)

    assert [target for target in targets if not (ROOT / target).exists()] == []


def test_nobody_is_told_to_install_migro_from_the_index() -> None:
    pages = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *(ROOT / "docs").rglob("*.md"), *ROOT.glob("examples/*")]
    wrong = re.compile(r"(pip|uv|pipx|poetry)\s+(install|add|pip install)\s+(-\S+\s+)*['\"]?migro\b")

    assert [page.name for page in pages if page.is_file() and wrong.search(page.read_text(encoding="utf-8"))] == []
