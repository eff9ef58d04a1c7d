"""
The guarded child: a process of its own for code that may crash, hang or eat memory.

It is spawned, not forked, in a session of its own; it is spoken to by lines of JSON over pipes, without a thread here;
and it is killed with everything it has started when it is late. The child also ends itself after that time, so that
none is left behind where this process dies.
"""

from __future__ import annotations

import json
import os
import selectors
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import IO, Any

from ..errors import SecondEngineCrashed, SecondEngineLate, SecondEngineMissing
from ..models.lines import escaped

__all__ = ["MEMORY", "SECONDS", "Child", "worker_command"]

SECONDS = 10
"""How long one request may take."""

MEMORY = 1 << 30
"""How much memory the child may ask the system for, in bytes."""

_LONGEST_ANSWER = 64 << 20

_GRACE = 1.0
"""How long a process that has closed its pipe is given to end, in seconds."""

_TAIL = 300
"""How many characters of the child's last words are passed on."""


def worker_command() -> tuple[str, ...]:
    """Return the command that starts the worker: the interpreter at hand, with nothing of this folder on its path."""
    return (sys.executable, "-P", str(Path(__file__).with_name("worker.py")))


class Child:
    """
    A child that answers requests; started with the first one, and anew with the next one after it has failed.

    Not safe to use from several threads at once.

    Args:
        command: What to run.
        seconds: How long one request may take, the start of the process included in the first.

    Attributes:
        started: How many processes have been started.
    """

    def __init__(self, command: Sequence[str] | None = None, *, seconds: float = SECONDS) -> None:
        self._command = tuple(command or worker_command())
        self._seconds = seconds
        self._process: subprocess.Popen[bytes] | None = None
        self._said: IO[bytes] | None = None
        self._rest = b""
        self.started = 0

    @property
    def pid(self) -> int | None:
        """The number of the process; None while there is none."""
        return self._process.pid if self._process is not None else None

    def ask(self, request: dict[str, Any], *, seconds: float | None = None) -> dict[str, Any]:
        """
        Send a request and return its answer.

        Raises:
            SecondEngineLate: If there is no answer in time. The child is killed.
            SecondEngineCrashed: If it ended, or answered with an error or what is no answer. What is left is killed.
            SecondEngineMissing: If it cannot be started here.
        """
        limit = self._seconds if seconds is None else seconds
        if self._process is None:
            self._start()
        line = json.dumps({**request, "seconds": limit}).encode() + b"\n"
        try:
            answer = _read(self._exchange(line, limit, str(request.get("do"))))
        except BaseException:
            # Also where somebody presses Ctrl-C: half an exchange would be the answer to the next request.
            self.close()
            raise
        if "error" in answer:
            self.close()
            raise SecondEngineCrashed(f"expected {request.get('do')!r} to be done, got {escaped(str(answer['error']))}")
        return answer

    def close(self) -> None:
        """End the process and all that it has started; the next request starts another."""
        process, said = self._process, self._said
        self._process = self._said = None
        self._rest = b""
        if process is not None:
            _kill(process)
            for pipe in (process.stdin, process.stdout):
                if pipe is not None:
                    pipe.close()
        if said is not None:
            said.close()

    def __enter__(self) -> Child:
        return self

    def __exit__(self, kind: type[BaseException] | None, e: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def __del__(self) -> None:
        if getattr(self, "_process", None) is not None:
            self.close()

    def _start(self) -> None:
        if sys.platform == "win32":
            raise SecondEngineMissing("expected a system that can kill a process with its group, got Windows")
        said = tempfile.TemporaryFile()  # noqa: SIM115  # kept as long as the process; `close` closes it
        try:
            self._process = subprocess.Popen(
                self._command,
                bufsize=0,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=said,
                start_new_session=True,
                cwd=os.sep,
            )
        except OSError as e:
            said.close()
            raise SecondEngineMissing(f"expected to start {self._command[0]!r}, got {e}") from e
        self._said, self.started = said, self.started + 1
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        os.set_blocking(self._process.stdin.fileno(), False)
        os.set_blocking(self._process.stdout.fileno(), False)

    def _exchange(self, line: bytes, seconds: float, what: str) -> bytes:
        """Write a line and return the line that comes back; neither side ever waits for the other for long."""
        process = self._process
        assert process is not None
        assert process.stdin is not None
        assert process.stdout is not None
        until = time.monotonic() + seconds
        left, got = memoryview(line), bytearray(self._rest)
        with selectors.DefaultSelector() as ready:
            ready.register(process.stdout, selectors.EVENT_READ)
            ready.register(process.stdin, selectors.EVENT_WRITE)
            while b"\n" not in got:
                if len(got) > _LONGEST_ANSWER:
                    raise SecondEngineCrashed(f"expected an answer to {what!r}, got {len(got):,} bytes without an end")
                remaining = until - time.monotonic()
                events = ready.select(remaining) if remaining > 0 else []
                if not events and time.monotonic() >= until:
                    raise SecondEngineLate(f"expected an answer to {what!r} within {seconds:g} s, got none")
                for key, _ in events:
                    if key.fileobj is process.stdout:
                        some = os.read(process.stdout.fileno(), 1 << 16)
                        if not some:
                            raise self._ended(what)
                        got += some
                        continue
                    try:
                        left = left[os.write(process.stdin.fileno(), left[: 1 << 16]) :]
                    except BrokenPipeError:
                        raise self._ended(what) from None
                    if not left:
                        ready.unregister(process.stdin)
        answer, _, rest = bytes(got).partition(b"\n")
        self._rest = rest
        if rest or left:
            raise SecondEngineCrashed(f"expected one answer to {what!r}, got more, or one too soon")
        return answer

    def _ended(self, what: str) -> SecondEngineCrashed | SecondEngineLate:
        assert self._process is not None
        try:
            code = self._process.wait(_GRACE)
        except subprocess.TimeoutExpired:
            return SecondEngineCrashed(f"expected an answer to {what!r}, got a closed pipe")
        if code == -signal.SIGALRM:
            return SecondEngineLate(f"expected an answer to {what!r} in time, got none; its process ended itself")
        how = f"signal {_signal(-code)}" if code < 0 else f"exit code {code}"
        return SecondEngineCrashed(f"expected an answer to {what!r}, got the end of its process: {how}{self._words()}")

    def _words(self) -> str:
        assert self._said is not None
        self._said.seek(0)
        words = self._said.read().decode(errors="replace").strip()
        return f" ({escaped(words[-_TAIL:])})" if words else ""


def _signal(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return str(number)  # those for real-time have no names but the first and the last


def _read(line: bytes) -> dict[str, Any]:
    try:
        answer = json.loads(line)
    except (ValueError, RecursionError):
        answer = None
    if not isinstance(answer, dict):
        raise SecondEngineCrashed(f"expected an answer in JSON, got {line[:80]!r}")
    return answer


def _kill(process: subprocess.Popen[bytes]) -> None:
    if sys.platform != "win32":
        try:
            # Before it is waited for: until then the number is its own, and nobody else is hit.
            os.killpg(process.pid, signal.SIGKILL)
        except (ProcessLookupError, PermissionError):
            process.kill()
    process.wait()
