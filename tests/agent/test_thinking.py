"""Thinking code names no clock, no randomness, no environment, no file and no network."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import migro

PACKAGE = Path(migro.__file__).parent
THINKING = ("expressions", "models", "rules", "engine", "verify", "reason", "decide")
AGENT = ("conclusions", "effects", "fold", "outbox", "quarantines", "recollection", "state", "withdrawals", "wording")
FILES = sorted(
    [p for name in THINKING for p in (PACKAGE / name).rglob("*.py")]
    + [PACKAGE / "errors.py"]
    + [PACKAGE / "agent" / f"{n}.py" for n in AGENT]
)
MODULES = frozenset(
    "asyncio concurrent ftplib getpass http httpx io logging multiprocessing os pathlib platform random requests"
    " secrets select selectors shutil signal smtplib socket sqlite3 ssl subprocess sys tempfile threading time"
    " urllib uuid warnings".split()
)
OUTSIDE = frozenset({"ports", "remember", "act", "observe", "cli", "testing"})
CALLS = frozenset("open input print eval exec hash id breakpoint __import__".split())
METHODS = frozenset("now utcnow today fromtimestamp timestamp astimezone total_seconds getenv urandom".split())
ALLOWED = {
    # Errors of rules say the line they were written on; rules are written, never thought, at that moment.
    ("rule.py", "sys"),
    ("rule.py", "pathlib"),
    # Columns are resolved when their class is written.
    ("schema.py", "sys"),
    ("schema.py", "astimezone"),
    # So are features.
    ("features.py", "sys"),
    # A set is keyed by content; nothing depends on the order of these numbers.
    ("signal.py", "hash"),
    # Premises are found by identity while their rules live; nothing is kept under it and nothing is ordered by it.
    ("candidates.py", "id"),
    ("evaluating.py", "id"),
    # So are the terms of an impact.
    ("impacts.py", "id"),
    ("native.py", "id"),
    ("network.py", "id"),
    ("traces.py", "id"),
    # A signal that is kept in several places is written once; the order of what is written comes from the texts.
    ("snapshots.py", "id"),
    # From one zone to another: neither reads the zone of the machine, because the time is aware.
    ("canonical.py", "astimezone"),
    ("records.py", "astimezone"),
    ("snapshots.py", "astimezone"),
}


def touches(source: str) -> Iterator[str]:
    """Yield every name by which a module could reach the world."""
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.Import(names=names):
                yield from (n.name for n in names if n.name.split(".")[0] in MODULES)
            case ast.ImportFrom(module=module, level=level):
                top = (module or "").split(".")[0]
                if top in (OUTSIDE if level else MODULES):
                    yield top
            case ast.Call(func=ast.Name(id=name)) if name in CALLS:
                yield name
            case ast.Call(func=ast.Attribute(attr=name)) if name in METHODS:
                yield name
            case ast.Attribute(attr="environ"):
                yield "environ"


@pytest.mark.parametrize("path", FILES, ids=lambda p: f"{p.parent.name}/{p.name}")
def test_it_reaches_for_nothing_outside(path: Path) -> None:
    found = {(path.name, name) for name in touches(path.read_text("utf-8"))}

    assert found - ALLOWED == set()


@pytest.mark.parametrize("path", FILES, ids=lambda p: f"{p.parent.name}/{p.name}")
def test_it_holds_no_float(path: Path) -> None:
    nodes = ast.walk(ast.parse(path.read_text("utf-8")))
    floats = {(path.name, n.value) for n in nodes if isinstance(n, ast.Constant) and isinstance(n.value, float)}

    assert floats - {("schema.py", 0.6), ("features.py", 0.8)} == set()  # how alike a did-you-mean has to be


@pytest.mark.parametrize(
    "source",
    [
        "import time",
        "from os import environ",
        "import urllib.request",
        "from ..ports import Clock",
        "x = open('f')",
        "t = datetime.now()",
        "import os; home = os.environ",
        "h = hash('a')",
    ],
)
def test_that_test_would_notice(source: str) -> None:
    assert list(touches(source)) != []


def test_everything_that_thinks_is_looked_at() -> None:
    assert len(FILES) > 30
