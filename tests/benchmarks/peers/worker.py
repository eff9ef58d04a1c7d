"""
One engine in a process of its own: reads requests, answers each with a line of JSON.

It runs in the engine's own environment, so it imports nothing but the standard library and that engine's module. A
request names a workload, its size and its seed; the answer tells seconds of processor time, all threads of the process
together, and a digest of what fired.
"""

from __future__ import annotations

import gc
import importlib
import json
import os
import platform
import resource
import sys
import time
from importlib.metadata import version
from typing import Any

from .workloads import Workload, digest, made


class Worker:
    """An engine's module, and the workload that it was last asked for."""

    def __init__(self, module: str, name: str) -> None:
        self.engine = getattr(importlib.import_module(f"{__package__}.engines.{module}"), name)
        self.asked: tuple[Any, ...] = ()
        self.workload: Workload | None = None

    def round(self, *asked: Any) -> dict[str, Any]:
        """Run a workload in an engine of its own, made anew and not counted."""
        if asked != self.asked or self.workload is None:
            name, size, seed = self.asked = asked
            self.workload = made(name, size=size, seed=seed)
        begun = time.process_time()
        engine = self.engine(self.workload)
        compiled = time.process_time() - begun
        events = engine.prepared(self.workload.events)
        gc.collect()
        begun = time.process_time()
        firings = engine.run(events)
        spent = time.process_time() - begun
        if hasattr(engine, "close"):
            engine.close()
        return {
            "seconds": spent,
            "compiled": compiled,
            "firings": len(firings),
            "digest": digest(firings),
            "memory": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss,
        }


def main() -> None:
    module, name, distribution = sys.argv[1:]
    # What an engine prints may not come between the answers.
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)

    def answer(what: dict[str, Any]) -> None:
        print(json.dumps(what), file=answers, flush=True)

    worker = Worker(module, name)
    answer({"version": version(distribution), "python": platform.python_version(), "warm_up": worker.engine.warm_up})
    for line in sys.stdin:
        try:
            answer(worker.round(*json.loads(line)))
        except Exception as e:  # said of this workload; the others may go well
            answer({"failed": f"{type(e).__name__}: {e}"})


if __name__ == "__main__":
    main()
