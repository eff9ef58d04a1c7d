"""The guarded child: whatever becomes of it is an error of one request, and the next request is answered."""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from migro.durable import Child
from migro.durable.child import worker_command
from migro.errors import MigroError, SecondEngineCrashed, SecondEngineLate, SecondEngineMissing

ENDINGS = {
    "a signal": ("os.kill(os.getpid(), 11)", SecondEngineCrashed, "signal SIGSEGV"),
    "a signal without a name": (
        "os.kill(os.getpid(), signal.SIGRTMIN + 3)",
        SecondEngineCrashed,
        rf"signal {signal.SIGRTMIN + 3}$",
    ),
    "words that steer": (
        "sys.exit('red \\x1b[31m\\u202e\\n')",
        SecondEngineCrashed,
        r"exit code 1 \(red \\x1b\[31m\\u202e\)",
    ),
    "an error that steers": (
        "print(json.dumps({'error': chr(27) + '[31m'}), flush=True)",
        SecondEngineCrashed,
        r"got \\x1b\[31m$",
    ),
    "brackets without end": (
        "print('[' * 200_000, flush=True)",
        SecondEngineCrashed,
        r"expected an answer in JSON, got b'\[\[",
    ),
    "an exit": ("sys.exit('out of luck')", SecondEngineCrashed, r"exit code 1 \(out of luck\)"),
    "what is no JSON": ("print('hm', flush=True)", SecondEngineCrashed, "expected an answer in JSON, got b'hm'"),
    "no object": ("print('[1]', flush=True)", SecondEngineCrashed, "expected an answer in JSON"),
    "two answers": ("print('{}\\n{}', flush=True)", SecondEngineCrashed, "expected one answer to 'crash', got more"),
    "an error": ('print(\'{"error": "no"}\', flush=True)', SecondEngineCrashed, "expected 'crash' to be done, got no"),
    "silence": ("signal.pause()", SecondEngineLate, "expected an answer to 'crash' within 0.2 s"),
    "a closed pipe": ("os.close(1); signal.pause()", SecondEngineCrashed, "got a closed pipe"),
    "its own alarm": (
        "signal.setitimer(signal.ITIMER_REAL, 0.01); signal.pause()",
        SecondEngineLate,
        "its process ended itself",
    ),
}
"""What a child does when it is asked to crash."""

CHILD = """
import json, os, signal, sys
for line in sys.stdin:
    if json.loads(line)["do"] == "crash":
        {ending}
    else:
        print(json.dumps({{"pid": os.getpid(), "size": len(line)}}), flush=True)
"""


def child_that(ending: str) -> Child:
    return Child((sys.executable, "-S", "-E", "-c", CHILD.format(ending=ending)))


@pytest.fixture(params=ENDINGS)
def ending(request: pytest.FixtureRequest) -> tuple[str, type[MigroError], str]:
    found: tuple[str, type[MigroError], str] = ENDINGS[request.param]
    return found


def test_whatever_a_child_does_is_an_error_of_one_request(
    ending: tuple[str, type[MigroError], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("migro.durable.child._GRACE", 0.1)
    code, error, said = ending
    with child_that(code) as child:
        first = child.ask({"do": "tell"})["pid"]
        with pytest.raises(error, match=said):
            child.ask({"do": "crash"}, seconds=0.2 if error is SecondEngineLate and "within" in said else 10)

        assert child.pid is None
        assert child.ask({"do": "tell"})["pid"] != first
        assert child.started == 2


def test_an_answer_without_an_end_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("migro.durable.child._LONGEST_ANSWER", 1 << 20)
    endless = child_that("[os.write(1, b'x' * 4096) for _ in iter(int, 1)]")
    with endless, pytest.raises(SecondEngineCrashed, match="bytes without an end"):
        endless.ask({"do": "crash"})


def test_a_long_request_reaches_a_child_that_reads_slowly() -> None:
    with child_that("pass") as child:
        assert child.ask({"do": "tell", "text": "x" * 2_000_000})["size"] > 2_000_000


def test_a_child_is_one_process_and_no_thread_of_the_host() -> None:
    before = threading.active_count()
    with child_that("pass") as child:
        pids = {child.ask({"do": "tell"})["pid"] for _ in range(3)}

        assert pids == {child.pid}
        assert threading.active_count() == before
    assert child.pid is None


def test_what_a_late_child_has_started_is_killed_with_it(tmp_path: Path) -> None:
    line = tmp_path / "line"
    os.mkfifo(line)
    reader = os.open(line, os.O_RDONLY | os.O_NONBLOCK)
    grandchild = f"import signal; f = open({str(line)!r}, 'w'); print('up', flush=True); signal.pause()"
    starting = f"import subprocess; p = subprocess.Popen([sys.executable, '-S', '-c', {grandchild!r}], stdout=-1)"
    with child_that(f"{starting}; p.stdout.readline(); print('{{}}', flush=True); signal.pause()") as child:
        assert child.ask({"do": "crash"}) == {}
        with pytest.raises(SecondEngineLate):
            child.ask({"do": "tell"}, seconds=0.1)
        os.set_blocking(reader, True)

        # A pipe ends only when nobody is left who could write into it.
        assert os.read(reader, 1) == b""
    os.close(reader)


def test_a_command_that_is_not_there_is_said() -> None:
    with pytest.raises(SecondEngineMissing, match="expected to start"):
        Child(("/nowhere/python",)).ask({"do": "hello"})


@pytest.fixture
def worker() -> Iterator[Child]:
    with Child(worker_command()) as child:
        yield child


def test_the_worker_does_nothing_but_what_it_is_for(worker: Child) -> None:
    for request in ("delete_state", "post", "run"):
        with pytest.raises(SecondEngineCrashed, match=f"no such request: '{request}'"):
            worker.ask({"do": request, "name": "x", "facts": []})
