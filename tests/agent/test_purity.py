"""Thinking reads nothing but its inputs, and equal inputs give equal bytes in every process."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import migro

ROOT = Path(__file__).parents[2]


def play(*words: str, seed: str = "0") -> subprocess.CompletedProcess[str]:
    package = str(Path(migro.__file__).parent.parent)
    environment = {"PATH": os.environ["PATH"], "PYTHONHASHSEED": seed, "PYTHONPATH": f"{package}{os.pathsep}{ROOT}"}
    program = [sys.executable, "-m", "tests.agent.playing_process", *words]
    return subprocess.run(program, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=120, check=False)


def test_the_fold_reads_no_clock_no_randomness_no_environment_no_file_and_no_network() -> None:
    sealed = play("sealed")

    assert sealed.returncode == 0, sealed.stderr
    assert sealed.stdout == play().stdout


def test_the_seal_of_that_test_holds() -> None:
    broken = play("sealed", "broken")

    assert broken.returncode != 0
    assert "thinking touched the world" in broken.stderr


def test_equal_inputs_give_equal_bytes_whatever_the_seed_of_hashes() -> None:
    outputs = {play(seed=seed).stdout for seed in ("0", "1", "4242")}

    (output,) = outputs
    assert int(output.split()[0]) >= 10
