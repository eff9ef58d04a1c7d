"""What holds for every test: nothing here reaches the network, and programs run as a user would run them."""

from __future__ import annotations

import ipaddress
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any, Protocol

import pytest
from hypothesis import settings

import migro
from tests.conserving import conserving  # noqa: F401  # a fixture of every test
from tests.effort import cases

ROOT = Path(__file__).parent.parent

# The same examples on every run in CI: a red build is a change's doing, not luck's.
settings.register_profile("ci", max_examples=cases(100), derandomize=True, deadline=None, print_blob=True)
settings.register_profile("desk", max_examples=cases(100), deadline=None)
settings.load_profile("ci" if os.environ.get("CI") else "desk")


def pytest_ignore_collect(collection_path: Path) -> bool | None:
    """Leave alone what is there for type checkers to read and would fail if it ran."""
    typed = ROOT / "tests" / "typing"
    checked_only = collection_path.is_relative_to(typed) and collection_path.suffix == ".py"
    return True if checked_only and not collection_path.name.startswith("test_") else None


LONG = frozenset({"test_scenarios.py", "test_order.py", "test_documentation.py"})
"""Modules of minutes: begun last, they would keep one process busy while the others have nothing left to do."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with what takes longest; all else stays in its order."""
    items.sort(key=lambda item: item.path.name not in LONG)


class NetworkBlocked(AssertionError):
    """A test tried to leave this machine."""


def is_local(family: int, address: Any) -> bool:
    """Whether an address stays on this machine; names do not count, looking them up already leaves it."""
    if family not in (socket.AF_INET, socket.AF_INET6):
        return True
    host = address[0]
    if host in ("", "localhost"):
        return True
    try:
        return ipaddress.ip_address(host.split("%")[0]).is_loopback
    except ValueError:
        return False


@pytest.fixture(autouse=True, scope="session")
def no_network() -> Iterator[None]:
    """Make leaving this machine an error, in every test."""
    connect, connect_ex, sendto = socket.socket.connect, socket.socket.connect_ex, socket.socket.sendto
    lookup = socket.getaddrinfo

    def guard(family: int, address: Any) -> None:
        if not is_local(family, address):
            raise NetworkBlocked(f"expected no network in tests, got a connection to {address!r}")

    def guarded_connect(self: socket.socket, address: Any) -> None:
        guard(self.family, address)
        connect(self, address)

    def guarded_connect_ex(self: socket.socket, address: Any) -> int:
        guard(self.family, address)
        return connect_ex(self, address)

    def guarded_sendto(self: socket.socket, data: Any, *rest: Any) -> int:
        guard(self.family, rest[-1])
        return sendto(self, data, *rest)

    def guarded_lookup(host: Any, *rest: Any, **options: Any) -> Any:
        name = host.decode() if isinstance(host, bytes) else host
        guard(socket.AF_INET, (name or "", 0))
        return lookup(host, *rest, **options)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(socket.socket, "connect", guarded_connect)
        patch.setattr(socket.socket, "connect_ex", guarded_connect_ex)
        patch.setattr(socket.socket, "sendto", guarded_sendto)
        patch.setattr(socket, "getaddrinfo", guarded_lookup)
        yield


class RunPython(Protocol):
    """Runs Python, or the command, with arguments."""

    def __call__(self, *arguments: str) -> subprocess.CompletedProcess[str]: ...


@pytest.fixture
def run_python(tmp_path: Path) -> RunPython:
    """Run this interpreter on the same `migro` as the tests, in an empty directory that is also the home."""

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        package = str(Path(migro.__file__).parent.parent)
        environment = {"PATH": os.environ["PATH"], "PYTHONPATH": package, "HOME": str(tmp_path), "COLUMNS": "120"}
        return subprocess.run(
            [sys.executable, "-X", "utf8", *arguments],
            capture_output=True,
            text=True,
            encoding="utf-8",
            cwd=tmp_path,
            env=environment,
            timeout=120,
            check=False,
        )

    return run


@pytest.fixture
def run_migro(tmp_path: Path) -> RunPython:
    """Run the `migro` command in this process, in the same empty directory as `run_python`."""
    # Not at the top: a plain `pytest --help`, and tests that load nothing, need no command.
    from tests.command import run_command

    return partial(run_command, tmp_path)
