"""The peers, and an environment for each: what is installed there, and why one is not run."""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
import sys
import venv
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

__all__ = ["MIGRO", "PEERS", "Missing", "Peer", "environment_of", "python_for"]


class Missing(Exception):
    """Why a peer is not run."""


@dataclass(frozen=True)
class Peer:
    """
    An engine that is measured.

    Attributes:
        module: The module in `engines` that knows it.
        distribution: What is installed, as its index calls it.
        requirements: What to install for it; none for migro, which is there.
        alone: Whether what these require is left out, because it names releases that no longer work.
        needs: A program that has to be there, and what it is called.
        lacks: Workloads that it cannot express, each with the reason.
    """

    name: str
    module: str
    distribution: str
    requirements: tuple[str, ...] = ()
    alone: bool = False
    needs: tuple[str, str] | None = None
    lacks: Mapping[str, str] = field(default_factory=dict)
    engine: str = "Engine"
    below: tuple[int, int] | None = None


MIGRO = Peer("migro", "native", "migro")

PEERS = (
    MIGRO,
    Peer("migro, signals ready", "native", "migro", engine="ReadyEngine"),
    Peer("CLIPS", "clips", "clipspy", ("clipspy==1.0.6",)),
    Peer(
        "durable-rules",
        "durable_rules",
        "durable-rules",
        ("setuptools", "durable-rules==2.0.28"),
        needs=("cc", "C compiler"),
        lacks={"windows": "no windows that end with an event"},
        below=(3, 13),
    ),
    Peer(
        "Drools",
        "drools",
        "drools-jpy",
        ("drools-jpy==0.4.1",),
        needs=("java", "Java"),
        lacks={"negation": "only with a time limit", "windows": "windows begin with an event"},
    ),
    Peer(
        "experta",
        "experta",
        "experta",
        ("experta==1.9.4", "frozendict==2.4.7", "schema==0.6.7", "contextlib2==21.6.0"),
        alone=True,
        lacks={"windows": "no windows"},
    ),
)


def python_for(peer: Peer, where: Path) -> Path:
    """
    Return the Python of a peer's environment under `where`, which is made if it is not there.

    Raises:
        Missing: If it cannot be had on this machine; the message is the reason.
    """
    if not peer.requirements:
        return Path(sys.executable)
    if peer.needs is not None and shutil.which(peer.needs[0]) is None:
        raise Missing(f"no {peer.needs[1]}")
    if peer.below is not None and sys.version_info >= peer.below:
        raise Missing(f"needs a Python below {'.'.join(map(str, peer.below))}")
    place = where / f"{peer.module}-{platform.python_version()}"
    python = place / "bin" / "python"
    done = place / "installed"
    wanted = "\n".join(peer.requirements)
    if done.exists() and done.read_text(encoding="utf-8") == wanted:
        return python
    venv.create(place, with_pip=True, clear=True)
    words = ["install", "--quiet", "--disable-pip-version-check", *(["--no-deps"] if peer.alone else [])]
    tried = subprocess.run(
        [str(python), "-m", "pip", *words, *peer.requirements], capture_output=True, text=True, check=False
    )
    if tried.returncode:
        raise Missing("could not be installed: " + (tried.stderr.strip().splitlines() or ["no reason told"])[-1])
    done.write_text(wanted, encoding="utf-8")
    return python


def environment_of(root: Path) -> dict[str, str]:
    """Return the variables of a worker: the tests are found, and Java where it is."""
    found = {
        **os.environ,
        "PYTHONPATH": os.pathsep.join([str(root), os.environ.get("PYTHONPATH", "")]).rstrip(os.pathsep),
    }
    java = shutil.which("java")
    if java is not None and "JAVA_HOME" not in found:
        found["JAVA_HOME"] = str(Path(java).resolve().parent.parent)
    # The order of sets of texts is no part of what is measured.
    return {**found, "PYTHONHASHSEED": "0"}
