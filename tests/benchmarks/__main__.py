"""All benchmarks, one after the other: ``python -m tests.benchmarks [NAME]...``."""

from __future__ import annotations

import runpy
import sys

NAMES = ("fold", "observe", "tickets", "storage", "recovery", "growth", "storm")


def main() -> None:
    wanted = sys.argv[1:] or list(NAMES)
    if unknown := [name for name in wanted if name not in NAMES]:
        raise SystemExit(f"expected some of {', '.join(NAMES)}, got {', '.join(unknown)}")
    sys.argv[1:] = []
    for name in wanted:
        print(f"--- {name}", flush=True)
        runpy.run_module(f"tests.benchmarks.{name}", run_name="__main__")


if __name__ == "__main__":
    main()
