"""Where things lie: tests mirror the source, modules are named for the field, no file names the machine it is from."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

from tests.conftest import ROOT

SOURCE = ROOT / "src" / "migro"
MODULES = sorted(SOURCE.rglob("*.py"))
TEXTS = sorted(
    path
    for folder in ("src", "tests", "docs", "examples", ".ci")
    for path in (ROOT / folder).rglob("*")
    if path.suffix in {".py", ".md", ".toml", ".yml", ".yaml", ""} and path.is_file() and "cache" not in str(path)
)
PROSE = [*sorted((ROOT / "docs").rglob("*.md")), *sorted(ROOT.glob("*.md")), *sorted((ROOT / "examples").glob("*.md"))]


def test_every_test_file_lies_where_the_package_it_tests_lies() -> None:
    own = {"benchmarks", "crash", "data", "fuzz", "installed", "typing", "laws"}
    folders = {path.parent.relative_to(ROOT / "tests") for path in (ROOT / "tests").rglob("test_*.py")}

    assert [str(folder) for folder in folders if own.isdisjoint(folder.parts) and not (SOURCE / folder).is_dir()] == []


@pytest.mark.parametrize("module", MODULES, ids=lambda path: str(path.relative_to(SOURCE)))
def test_a_module_has_a_name_of_the_field(module: Path) -> None:
    assert module.stem not in {"utils", "util", "helpers", "common", "misc", "manager"}


def test_every_package_has_an_init_file() -> None:
    # A folder of migrations is read file by file and never imported.
    files = [path for path in SOURCE.rglob("*.py") if path.parent.name != "migrations"]

    assert [str(path) for path in files if not (path.parent / "__init__.py").exists()] == []


def test_the_package_says_that_it_is_typed() -> None:
    assert (SOURCE / "py.typed").exists()


def test_no_file_names_a_place_of_the_machine_it_was_written_on() -> None:
    place = re.compile(r"(?<![\w.])/(work|tmp|root|opt|home/\w+)/")

    assert [str(p.relative_to(ROOT)) for p in TEXTS if place.search(p.read_text(encoding="utf-8"))] == []


def test_nothing_is_left_unfinished() -> None:
    unfinished = re.compile("|".join(["TO" + "DO", "FIX" + "ME"]))

    assert [str(p.relative_to(ROOT)) for p in TEXTS if unfinished.search(p.read_text(encoding="utf-8"))] == []


def test_no_test_sleeps_or_is_skipped() -> None:
    avoided = re.compile("|".join([r"pytest\.(mark\.)?(skip|xfail)", "sleep" + r"\("]))
    tests = [path for path in (ROOT / "tests").rglob("*.py") if path != Path(__file__)]

    assert [str(p.relative_to(ROOT)) for p in tests if avoided.search(p.read_text(encoding="utf-8"))] == []


@pytest.mark.parametrize("page", PROSE, ids=lambda path: str(path.relative_to(ROOT)))
def test_prose_has_one_sentence_a_line(page: Path) -> None:
    text = re.sub(r"^```.*?^```$", "", page.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL)
    plain = re.sub(r"`[^`]*`", "code", text)
    two = re.compile(r"[a-z)*\"]{2}[.!?] +[A-Z]")

    assert [line for line in plain.splitlines() if not line.startswith("|") and two.search(line)] == []


def test_every_page_of_the_documentation_is_in_its_navigation() -> None:
    navigation = (ROOT / "mkdocs.yml").read_text(encoding="utf-8")
    pages = {path.relative_to(ROOT / "docs").as_posix() for path in (ROOT / "docs").rglob("*.md")}
    # The pages of the failure modes are many; the page that lists them stands in for all that it links.
    listed = (ROOT / "docs" / "reference" / "failure-modes.md").read_text(encoding="utf-8")
    linked = {f"reference/{name}" for name in re.findall(r"\]\((failure-modes/\w+\.md)\)", listed)}

    assert [page for page in sorted(pages - linked) if page not in navigation] == []


def test_every_dependency_has_its_reason_in_the_documentation() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    groups = [entry for group in project["dependency-groups"].values() for entry in group if isinstance(entry, str)]
    names = {re.split(r"[\[<>=;~! ]", entry)[0] for entry in [*project["project"]["dependencies"], *groups]}
    page = (ROOT / "docs" / "explanation" / "dependencies.md").read_text(encoding="utf-8")

    assert [name for name in sorted(names) if f"`{name}`" not in page] == []
