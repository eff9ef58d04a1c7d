"""The package in examples/plugin_package does what its README says, wherever an installer has put it."""

from __future__ import annotations

import re
import shutil
import tomllib
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import ROOT, RunPython

PACKAGE = ROOT / "examples" / "plugin_package"
README = (PACKAGE / "README.md").read_text(encoding="utf-8")
PROJECT: dict[str, Any] = tomllib.loads((PACKAGE / "pyproject.toml").read_text(encoding="utf-8"))["project"]


def block_after(words: str) -> str:
    """The first fenced block after some words of the README."""
    found = re.search(r"^```\w+\n(.*?)^```$", README.partition(words)[2], re.MULTILINE | re.DOTALL)
    assert found, f"expected a fenced block after {words!r}"
    return found[1]


def masked(text: str) -> str:
    """The text without hashes and ids, which another version of a rule set changes, and the version of migro."""
    text = re.sub(r"\b(dec|act)_[0-9a-f]+", r"\1_", text)
    text = re.sub(r"(?<=yes      )[0-9a-f]{12}$", "hash", text, flags=re.MULTILINE)
    return re.sub(r"(?<=  migro          )\S+ *", "version ", text)


def lay_out(site: Path) -> None:
    """Put the package where Python finds it, with the metadata that an installer makes of its pyproject.toml."""
    shutil.copytree(PACKAGE / "src", site, dirs_exist_ok=True, ignore=shutil.ignore_patterns("__pycache__"))
    info = site / f"{PROJECT['name'].replace('-', '_')}-{PROJECT['version']}.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(
        f"Metadata-Version: 2.1\nName: {PROJECT['name']}\nVersion: {PROJECT['version']}\n", encoding="utf-8"
    )
    lines = [
        line
        for group, points in PROJECT["entry-points"].items()
        for line in (f"[{group}]", *(f"{name} = {value}" for name, value in points.items()))
    ]
    (info / "entry_points.txt").write_text("\n".join(lines) + "\n", encoding="utf-8")


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """A directory like the package's own, in which it can be imported."""
    try:
        distribution(PROJECT["name"])
    except PackageNotFoundError:
        # `nox -s examples` installs it with pip; elsewhere `python -m` looks in the directory it is run in.
        lay_out(tmp_path)
    for name in ("migro.toml", "returns.csv"):
        shutil.copy(PACKAGE / name, tmp_path)
    return tmp_path


def test_its_configuration_is_the_one_of_its_page() -> None:
    assert block_after("lists what counts:") == (PACKAGE / "migro.toml").read_text(encoding="utf-8")


def test_its_page_names_every_entry_point() -> None:
    named = set(re.findall(r"^\| `(migro\.\w+)`: `([\w-]+)` \|", README, re.MULTILINE))

    assert named == {(group, name) for group, points in PROJECT["entry-points"].items() for name in points}


def test_it_is_listed_as_its_page_says(place: Path, run_migro: RunPython) -> None:
    done = run_migro("plugins")

    assert (done.returncode, done.stderr) == (0, "")
    assert masked(done.stdout) == masked(block_after("shows that all of it can be used:"))


def test_installed_and_not_enabled_it_changes_nothing(place: Path, run_migro: RunPython) -> None:
    (place / "migro.toml").unlink()

    done = run_migro("rules", "show")

    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("headless: ")
    assert "returns.errors-share" not in done.stdout


def test_it_decides_and_acts_as_its_page_says(place: Path, run_python: RunPython) -> None:
    command = re.search(r"^`(migro run .*?)`", README, re.MULTILINE)
    assert command

    done = run_python("-m", *command[1].split())

    assert (done.returncode, done.stderr) == (0, "")
    assert masked(done.stdout) == masked(block_after("and tells the desk:"))
    written = (place / "returns-desk.log").read_text(encoding="utf-8")
    assert masked(written) == masked(block_after("has one line:"))


def test_a_dry_run_writes_nothing(place: Path, run_migro: RunPython) -> None:
    done = run_migro("run", "--memory", "volatile:", "--source", "returns-log")

    assert (done.returncode, done.stderr) == (0, "")
    assert "returns_portal_down" in done.stdout
    assert not (place / "returns-desk.log").exists()


def test_settings_that_its_factories_refuse_stop_the_command(place: Path, run_migro: RunPython) -> None:
    text = (place / "migro.toml").read_text(encoding="utf-8")
    (place / "migro.toml").write_text(text.replace('merchant = "shop-a"', 'shop = "shop-a"'), encoding="utf-8")

    done = run_migro("run", "--memory", "volatile:", "--source", "returns-log")

    assert (done.returncode, "Traceback" in done.stderr) == (2, False)
    assert "ValueError: expected `path` and `merchant` and nothing else, got path, shop" in done.stderr
    assert "at migro-returns 1.0.0, entry point migro.sources: returns-log" in done.stderr


def test_its_own_tests_pass(place: Path, run_python: RunPython) -> None:
    shutil.copytree(PACKAGE / "tests", place / "tests")
    shutil.copy(PACKAGE / "pyproject.toml", place)

    done = run_python("-m", "pytest", "-q", "-p", "no:cacheprovider", str(place))

    assert done.returncode == 0, done.stdout
    passed = re.search(r"^(\d+) passed", done.stdout, re.MULTILINE)
    assert passed
    assert int(passed[1]) >= 15
