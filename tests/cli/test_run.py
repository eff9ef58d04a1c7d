"""One memory with several writers, lines that are printed once, and a memory among its own material."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import attrs

import migro
from migro import Agent, MerchantId, Signal
from migro.cli.material import Event
from migro.cli.playing import play, settled
from migro.cli.run import Tally
from migro.models import Accepted, Input, Tick
from migro.packs.headless import RULES
from migro.remember import SqliteMemory
from tests.conftest import RunPython

AT = datetime(2026, 3, 1, 9, tzinfo=UTC)
DEPLOYS = "".join(
    json.dumps({"kind": "change.deploy", "occurred_at": f"2026-03-01T08:{n:02}:00Z", "merchant": "mugs"}) + "\n"
    for n in range(60)
)


class Overtaken(SqliteMemory):
    """A memory whose other writer is always first to think about what was just accepted."""

    def accept(self, partition: str, inputs: Sequence[Input]) -> tuple[Accepted, ...]:
        taken = super().accept(partition, inputs)
        with SqliteMemory(self.path) as same:
            Agent(rules=RULES, memory=same).tell(partition, Tick(at=AT))
        return taken


def test_what_another_writer_consumed_has_its_disposition_all_the_same(tmp_path: Path) -> None:
    tally = Tally()
    with Overtaken(tmp_path / "shared.db") as memory:
        agent = Agent(rules=RULES, memory=memory)
        signal = Signal(kind="change.deploy", occurred_at=AT, merchant=MerchantId("mugs"))
        found = list(play(agent, [Event(where="here", signal=signal)] * 2))
        assert agent.process(signal).disposition is None
    for turn in found:
        tally.take(turn)

    assert [t.done.disposition.name for t in found if t.done and t.done.disposition] == ["recorded", "dropped"]
    assert tally.adds_up


def test_a_signal_that_nobody_consumed_yet_is_pending(tmp_path: Path) -> None:
    with SqliteMemory(tmp_path / "m.db") as memory:
        done = Agent(rules=RULES, memory=memory).process(Signal(kind="change.deploy", occurred_at=AT))
        unknown = attrs.evolve(done, seq=done.seq + 1, disposition=None)

        assert settled(memory, done) is done
        assert settled(memory, unknown).disposition is None


def test_two_processes_on_one_memory_both_end_well(tmp_path: Path) -> None:
    (tmp_path / "in.jsonl").write_text(DEPLOYS, "utf-8")
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(Path(migro.__file__).parent.parent)}
    command = [sys.executable, "-X", "utf8", "-m", "migro", "run", "--format", "json", "--memory", "m.db", "in.jsonl"]
    running = [
        subprocess.Popen(command, cwd=tmp_path, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        for _ in range(2)
    ]
    outputs = [p.communicate(timeout=120) for p in running]
    counts = [json.loads(out)["counts"] for out, _ in outputs]

    assert [p.returncode for p in running] == [0, 0], outputs
    assert [c["adds_up"] for c in counts] == [True, True]
    assert sum(c["recorded"] + c["opened"] + c["merged"] for c in counts) == 60
    assert sum(c["dropped"] for c in counts) == 60


def test_what_is_unreadable_is_printed_once(run_migro: RunPython, tmp_path: Path) -> None:
    (tmp_path / "in.jsonl").write_text("{broken\n", "utf-8")

    whole = run_migro("run", "--memory", "volatile:", "in.jsonl", "none")
    only = run_migro("run", "--memory", "volatile:", "--only", "decisions", "in.jsonl", "none")

    assert (whole.returncode, only.returncode) == (1, 1)
    assert [line.split()[1] for line in whole.stdout.splitlines()[:2]] == ["in.jsonl:1", "none"]
    assert whole.stderr == ""
    assert [line.split()[1] for line in only.stderr.splitlines()] == ["in.jsonl:1:", "none:"]
    assert "unreadable 2" in only.stdout


def test_a_memory_among_its_own_material_is_left_out(run_migro: RunPython, tmp_path: Path) -> None:
    (tmp_path / "in.jsonl").write_text(DEPLOYS, "utf-8")
    os.mkfifo(tmp_path / "pipe")

    done = [run_migro("run", "--format", "json", ".") for _ in range(2)]
    seen = run_migro("observe", ".")

    assert [json.loads(d.stdout)["counts"]["accepted"] for d in done] == [60, 60]
    assert [json.loads(d.stdout)["counts"]["unreadable"] for d in done] == [1, 1]
    assert len(seen.stdout.splitlines()) == 60


def test_decisions_show_their_day(run_migro: RunPython, tmp_path: Path) -> None:
    run_migro("simulate", "SC24", "--out", "made")

    done = run_migro("run", "--config", "made/SC24/migro.toml", "--memory", "volatile:", "made/SC24/envelopes.jsonl")

    rows = [line.split() for line in done.stdout.splitlines() if line.startswith("decision ")]
    assert rows
    assert all(datetime.strptime(" ".join(r[1:3]), "%Y-%m-%d %H:%M:%S").year >= 2026 for r in rows)  # noqa: DTZ007
