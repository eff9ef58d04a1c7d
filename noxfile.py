"""
The project's checks, the same on a desk and in CI.

``nox`` runs them all, ``nox -s tests`` one of them, ``nox -l`` lists them.
With ``CI`` set in the environment a missing interpreter is an error; elsewhere its session is skipped and says so.
"""

from __future__ import annotations

import os
import platform
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import nox

ROOT = Path(__file__).parent
PROJECT = nox.project.load_toml(ROOT / "pyproject.toml")
RUNNING = ".".join(platform.python_version_tuple()[:2])
DECLARED = nox.project.python_versions(PROJECT)
# The interpreter at hand is always tested, also one that is newer than this file.
PYTHONS = [*DECLARED, *([] if RUNNING in DECLARED else [RUNNING])]

nox.needs_version = ">=2025.2.9"
nox.options.sessions = ["lint", "types", "imports", "docs", "examples", "tests"]
nox.options.reuse_venv = "yes"
QUIET = {"NO_MKDOCS_2_WARNING": "1"}


def show_interpreters() -> None:
    """Put the running interpreter and those of pyenv on PATH; pyenv's own shims only start the selected ones."""
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv"))
    found = [str(path) for version in PYTHONS for path in sorted(pyenv.glob(f"versions/{version}.*/bin"))]
    os.environ["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), *found, os.environ.get("PATH", "")])


show_interpreters()


def group(name: str) -> list[str]:
    """The requirements of a dependency group; read here, because older versions of pip cannot."""
    return list(nox.project.dependency_groups(PROJECT, name))


def without_checkout() -> dict[str, str | None]:
    """An environment in which `migro` can only be the installed one."""
    return {"PYTHONPATH": None}


@contextmanager
def files_in_memory() -> Iterator[dict[str, str]]:
    """
    An environment whose temporary files lie in memory where the system offers that, with room, and else on disk.

    Stores that wait for the disk after every step wait half of a run, and prove nothing by it: no test cuts the power,
    and whoever kills a process finds its files again in either place.
    """
    memory = Path("/dev/shm")
    fits = memory.is_dir() and os.access(memory, os.W_OK) and shutil.disk_usage(memory).free > 4 << 30
    with tempfile.TemporaryDirectory(prefix="migro-tests-", dir=memory if fits else None) as place:
        yield {"TMPDIR": place}


@nox.session
def lint(session: nox.Session) -> None:
    """Check style and format; nothing is changed."""
    session.install(*group("lint"))
    session.run("ruff", "check", ".")
    session.run("ruff", "format", "--check", ".")


@nox.session
def types(session: nox.Session) -> None:
    """Check types: mypy reads everything, pyright what users see, and both must see the mistakes they should."""
    session.install("-e", ".", *group("types"))
    session.run("mypy")
    session.run("pyright", "--pythonpath", str(Path(session.bin) / "python"))
    session.run("pytest", "tests/typing/test_mistakes.py")


@nox.session
def imports(session: nox.Session) -> None:
    """Check that imports go one way."""
    session.install("-e", ".", *group("imports"))
    session.run("lint-imports", "--no-cache")


@nox.session
def docs(session: nox.Session) -> None:
    """Build the documentation; a broken link is an error."""
    session.install("-e", ".", *group("docs"))
    session.run("mkdocs", "build", "--strict", "--site-dir", session.create_tmp() + "/site", env=QUIET)


@nox.session
def examples(session: nox.Session) -> None:
    """Run every example as a program, on the installed wheel; the package of plugins is installed as users would."""
    session.install(".", *group("tests"))
    session.install("--no-deps", "./examples/plugin_package")
    # Fails if an entry point of the package did not reach its wheel; the tests would lay one out themselves.
    session.run("migro", "plugins", "--config", "examples/plugin_package/migro.toml", env=without_checkout())
    what = ["tests/test_examples.py", "tests/test_plugin_package.py"]
    with files_in_memory() as files:
        session.run("pytest", "-o", "pythonpath=.", *what, *session.posargs, env={**without_checkout(), **files})


@nox.session(python=PYTHONS)
def tests(session: nox.Session) -> None:
    """Run the tests and the docstrings' examples, on the wheel; ``MIGRO_LAWS=all`` tries every random case."""
    session.install(".[yaml]", *group("tests"))
    what = session.posargs or ["-n", "auto", "--dist", "loadfile", "--no-loadscope-reorder", "tests", "migro"]
    oldest = session.python == PYTHONS[0]
    if not oldest and not session.posargs:
        # Killed processes and their files are those of the system and of SQLite, whatever the Python; once is enough.
        # What is understood of a scenario is said by rules; that Pythons agree on them is seen on the morning alone.
        # Programs in examples/ have a session of their own, and pages print the same on each.
        once = (
            "crash documents/test_round_trip.py engine/test_retraction.py packs/headless/test_edges.py simulate "
            "test_documentation.py test_examples.py test_plugin_package.py test_scenarios.py"
        )
        what = [*what, *(f"--ignore=tests/{name}" for name in once.split())]
    if session.python in PYTHONS[1:-1] and not session.posargs:
        # Whole scenarios, shells and random rule sets that agree on the oldest and the newest Python agree in between.
        between = (
            "act audit checks classify cli comparison documents engine evaluate history mutation observe packs receive "
            "replay test_first_light.py"
        ).split()
        what = [*what, *(f"--ignore=tests/{name}" for name in between)]
    # A plain run tries a fifth of the random cases; on the oldest Python all, where a number of them is promised.
    laws = {"MIGRO_LAWS": os.environ.get("MIGRO_LAWS", "promised" if oldest else "some")}
    with files_in_memory() as files:
        session.run("pytest", "-o", "pythonpath=.", "--pyargs", *what, env={**without_checkout(), **laws, **files})


@nox.session(default=False)
def crash(session: nox.Session) -> None:
    """Kill the agent at every call of its storage, and see that nothing is lost or done twice; takes a while."""
    session.install(".", *group("tests"))
    session.run("python", "-m", "tests.crash", *session.posargs)


@nox.session(default=False)
def fuzz(session: nox.Session) -> None:
    """Give every parser broken and hostile payloads: ``nox -s fuzz -- --seconds 3600 --seed 7``."""
    session.install(".[yaml]", *group("tests"))
    session.run("python", "-m", "tests.fuzz", *session.posargs)


@nox.session(default=False, python=[version for version in PYTHONS if version in ("3.11", "3.12")])
def durable(session: nox.Session) -> None:
    """Compare the engines: every shipped example and 10,000 random streams on durable-rules too; takes a while."""
    if not any(shutil.which(name) for name in (os.environ.get("CC", "cc"), "gcc", "clang")):
        # The package has no wheel. Skipped, and said: it is not the same as passed.
        session.skip("not run: no compiler")
    session.install(".[durable,yaml]", *group("tests"))
    what = session.posargs or ["tests/durable/installed"]
    with files_in_memory() as files:
        session.run(
            "pytest", "-o", "pythonpath=.", *what, env={**without_checkout(), "MIGRO_LAWS": "promised", **files}
        )


@nox.session(default=False)
def scenarios(session: nox.Session) -> None:
    """Play and score every scenario for many seeds, also with events lost: ``nox -s scenarios -- --seeds 20``."""
    session.install(".", *group("tests"))
    session.run("python", "-m", "tests.evaluate.rounds", *session.posargs)


@nox.session(default=False)
def mutation(session: nox.Session) -> None:
    """Change every shipped rule in every small way, and list what no test notices; takes half an hour of a core."""
    session.install(".", *group("tests"))
    lock = "src/migro/packs/headless/migro-rules.lock"
    words = session.posargs or ["--jobs", str(os.cpu_count() or 1)]
    edges = "tests/packs/headless/edges.json"
    # What survives is a list of examples to write, and no failure: the lock notices every one of these changes.
    command = ["migro", "rules", "mutate", "--rules", "headless", "--lock", lock, "--edges", edges]
    session.run(*command, *words, success_codes=[0, 1])


@nox.session(default=False)
def benchmarks(session: nox.Session) -> None:
    """Measure speeds and sizes; nothing passes or fails by them."""
    session.install(".", *group("tests"))
    session.run("python", "-m", "tests.benchmarks", *session.posargs)


@nox.session(default=False)
def peers(session: nox.Session) -> None:
    """Measure other rule engines beside this one; each is installed in an environment of its own: needs Java and C."""
    session.install(".[plots]")
    where = str(Path(session.create_tmp()) / "environments")
    words = session.posargs or ["--page", "docs/explanation/peers.md"]
    session.run("python", "-m", "tests.benchmarks.peers", "--environments", where, *words)


@nox.session(default=False)
def coverage(session: nox.Session) -> None:
    """Measure which branches the tests take."""
    session.install("-e", ".", *group("coverage"))
    session.run("coverage", "run", "-m", "pytest", *session.posargs)
    session.run("coverage", "report")
