"""The command at a terminal: progress where somebody looks, results where they were asked for."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
import threading
from pathlib import Path

import migro

COMMAND = [sys.executable, "-X", "utf8", "-m", "migro", "demo", "--scenario", "SC02"]


def at_a_terminal(folder: Path, *, results_too: bool) -> tuple[str, str]:
    """Run the demo with standard error, and standard output if `results_too`, on a terminal; return (screen, piped)."""
    screen, terminal = pty.openpty()
    shown: list[bytes] = []

    def look() -> None:
        try:
            while piece := os.read(screen, 65_536):
                shown.append(piece)
        except OSError:
            return  # how Linux says that nobody holds the other end any more

    looking = threading.Thread(target=look)
    looking.start()
    environment = {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": str(Path(migro.__file__).parent.parent),
        "HOME": str(folder),
        "TERM": "xterm",
    }
    done = subprocess.run(
        COMMAND,
        cwd=folder,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=terminal if results_too else subprocess.PIPE,
        stderr=terminal,
        check=True,
        timeout=60,
    )
    os.close(terminal)
    looking.join()
    os.close(screen)
    return b"".join(shown).decode(), (done.stdout or b"").decode()


def test_results_stay_in_the_pipe_while_progress_is_on_the_screen(tmp_path: Path) -> None:
    screen, piped = at_a_terminal(tmp_path, results_too=False)

    assert "playing" in screen
    assert "checkout_handoff_404" not in screen
    assert "playing" not in piped
    assert "\x1b" not in piped
    assert piped.count("checkout_handoff_404") >= 4


def test_rows_of_the_table_are_not_broken_on_a_narrow_screen(tmp_path: Path) -> None:
    screen, _ = at_a_terminal(tmp_path, results_too=True)
    rows = [
        line for line in screen.replace("\r", "\n").split("\n") if "checkout_handoff_404" in line and "dec_" in line
    ]

    assert "playing" in screen
    assert len(rows) >= 3
