"""Ctrl-C: what was accepted is stored and counted, and a second one does not wait."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import migro
from migro.cli.interruption import Interruption
from migro.remember import SqliteMemory

LINE = json.dumps({"kind": "change.deploy", "occurred_at": "2026-03-01T08:55:00Z", "merchant": "mugs"}) + "\n"


def press() -> None:
    os.kill(os.getpid(), signal.SIGINT)


def hears() -> None:
    # Whoever started the tests may be deaf to Ctrl-C, and children are as deaf as their parents.
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(autouse=True)
def _hearing() -> None:
    hears()


def test_the_first_one_stops_behind_the_item_at_hand() -> None:
    done = []
    with Interruption() as interruption:
        for item in interruption.until(range(5)):
            if item == 2:
                press()
            done.append(item)

    assert (done, interruption.asked) == ([0, 1, 2], True)


def test_waiting_for_the_next_item_ends_at_once() -> None:
    def waiting() -> Iterator[int]:
        yield 1
        press()
        yield 2

    with Interruption() as interruption:
        assert list(interruption.until(waiting())) == [1]
    assert interruption.asked


def test_the_second_one_does_not_wait() -> None:
    def twice() -> None:
        with Interruption() as interruption:
            for _ in interruption.until(range(5)):
                press()
                press()

    with pytest.raises(KeyboardInterrupt):
        twice()

    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_whoever_is_deaf_to_it_stays_so() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with Interruption() as interruption:
        press()

    assert not interruption.asked


@pytest.mark.parametrize("command", ["run", "observe"])
def test_a_stopped_command_says_so_and_has_stored_what_it_took(tmp_path: Path, command: str) -> None:
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(Path(migro.__file__).parent.parent)}
    with subprocess.Popen(
        [sys.executable, "-X", "utf8", "-m", "migro", command, "-"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        cwd=tmp_path,
        env=environment,
        text=True,
        preexec_fn=hears,
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(LINE)
        process.stdin.flush()
        first = process.stdout.readline()
        process.send_signal(signal.SIGINT)
        rest, complaint = process.communicate(timeout=60)

    assert process.returncode == 130
    assert "change.deploy" in first
    assert complaint.startswith("migro: stopped; everything that was")
    assert complaint.count("\n") == 1
    if command == "run":
        assert "accepted 1 = " in rest
        with SqliteMemory(tmp_path / "migro.db") as memory:
            assert [e.done for e in memory.read("journal") if e.input.input == "signal_received"] == [True]
