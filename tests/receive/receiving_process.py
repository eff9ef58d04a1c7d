"""
A process that receives until it is killed: run by the tests beside it, never imported.

Usage: ``receiving_process.py PATH [BOUNDARY COUNT]``. It prints its port, then thinks in the background. With a
boundary it kills itself when it is there for the COUNTth time: ``before accept``, ``after accept``, ``before commit``
or ``after commit``.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Sequence

from migro.models import Accepted, Input, StepRecord
from migro.receive import Background
from migro.remember import SqliteMemory
from tests.receive.serving import listening
from tests.receive.shop import agent, receiver


class Dying(SqliteMemory):
    """A memory whose process does not get further than one moment."""

    boundary = ""
    left = 0

    def _meet(self, boundary: str) -> None:
        if boundary == self.boundary:
            self.left -= 1
            if self.left == 0:
                os.kill(os.getpid(), signal.SIGKILL)

    def accept(self, partition: str, inputs: Sequence[Input]) -> tuple[Accepted, ...]:
        self._meet("before accept")
        taken = super().accept(partition, inputs)
        self._meet("after accept")
        return taken

    def commit(self, partition: str, expected: int, steps: Sequence[StepRecord]) -> None:
        self._meet("before commit")
        super().commit(partition, expected, steps)
        self._meet("after commit")


def main(path: str, boundary: str = "", count: str = "0") -> None:
    with Dying(path, durability="normal") as memory:
        memory.boundary, memory.left = boundary, int(count)
        taking = receiver(agent(memory), queue=20)
        with Background(taking, notice=lambda line: print(line, file=sys.stderr)), listening(taking) as port:
            print(port, flush=True)
            sys.stdin.read()  # until the test closes it


if __name__ == "__main__":
    main(*sys.argv[1:])
