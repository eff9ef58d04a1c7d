"""Over real HTTP: what is acknowledged is stored, once, whatever is killed in between."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import pytest

import migro
from migro.models import SignalReceived
from migro.ports import Memory
from migro.receive import Background
from migro.remember import SqliteMemory
from tests.agent.world import conserved
from tests.conftest import ROOT
from tests.receive.serving import deliver, listening
from tests.receive.shop import agent, dispositions, order, receiver, shopify, signals


def numbers(memory: Memory) -> Counter[int]:
    """How often each order was stored as a first delivery."""
    orders = [s for s in signals(memory) if s.kind == "order"]
    return Counter(int(s.ids["order_id"]) - 5_000_000_000_000_000_000 for s in orders)


@pytest.fixture
def memory(tmp_path: Path) -> Iterator[SqliteMemory]:
    with SqliteMemory(tmp_path / "journal.db", durability="off") as memory:
        yield memory


def test_the_bytes_of_the_line_are_the_bytes_that_were_signed(memory: SqliteMemory) -> None:
    taking = receiver(agent(memory))
    raw = b"\xef\xbb\xbf" + order(1, note="g\u00fcrtel \ud83d\ude00").replace(b", ", b" ,\r\n ")
    with listening(taking) as port:
        right = deliver(port, raw)
        wrong = deliver(port, raw.replace(b"\r\n", b"\n"), shopify(raw))

    assert right is not None
    assert right[0] == 202
    assert wrong is not None
    assert wrong[0] == 401
    assert numbers(memory) == {1: 1}


def test_every_refusal_reaches_the_sender_as_it_is(memory: SqliteMemory) -> None:
    taking = receiver(agent(memory), queue=1, max_bytes=1000)
    raw = order()
    with listening(taking) as port:
        answers = [
            deliver(port, raw),
            deliver(port, order(2)),
            deliver(port, raw, shopify(raw, secret="a guess")),
            deliver(port, raw, path="/in/nobody"),
            deliver(port, raw, method="PUT"),
            deliver(port, b" " * 1001),
            deliver(port, raw, path="/in/unset"),
            deliver(port, b"", {}, path="/in/open?challenge=abc", method="GET"),
        ]

    assert [a[0] if a is not None else None for a in answers] == [202, 429, 401, 404, 405, 413, 503, 200]
    assert answers[1] is not None
    assert answers[1][1]["retry-after"] == "30"
    assert answers[-1] is not None
    assert answers[-1][2] == b"abc"


def test_a_hundred_pushes_into_a_queue_of_one_lose_and_double_nothing_after_retries(memory: SqliteMemory) -> None:
    taking = receiver(agent(memory), queue=1)
    refused: Counter[int] = Counter()

    def insist(port: int, number: int) -> int:
        raw = order(number)
        while True:
            answer = deliver(port, raw)
            assert answer is not None
            if answer[0] == 202:
                return number
            refused[answer[0]] += 1

    with listening(taking) as port:
        first = deliver(port, order(0))
        full = deliver(port, order(1))
        with Background(taking), ThreadPoolExecutor(8) as senders:
            heard = list(senders.map(lambda n: insist(port, n), range(100)))
    taking.think()

    assert first is not None
    assert full is not None
    assert (first[0], full[0]) == (202, 429)
    assert heard == list(range(100))
    assert set(refused) <= {409, 429}
    assert numbers(memory) == dict.fromkeys(range(100), 1)
    assert sum(dispositions(memory).values()) == 101
    assert dispositions(memory)["dropped"] == 1
    assert dispositions(memory)["pending"] == 0


def test_one_delivery_from_many_senders_at_once_counts_once(memory: SqliteMemory) -> None:
    taking = receiver(agent(memory))
    raw = order()
    with listening(taking) as port, ThreadPoolExecutor(8) as senders:
        answers = list(senders.map(lambda _: deliver(port, raw), range(40)))
    taking.think()

    statuses = {a[0] for a in answers if a is not None}
    assert 202 in statuses
    assert statuses <= {202, 409}
    assert numbers(memory) == {1: 1}
    assert dispositions(memory)["recorded"] == 1


# --- killed ----------------------------------------------------------------------------------------------------------


@contextmanager
def running(path: Path, *boundary: str) -> Iterator[tuple[subprocess.Popen[str], int]]:
    """A process that receives; it is killed at the end if it did not die by itself."""
    package = str(Path(migro.__file__).parent.parent)
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.receive.receiving_process", str(path), *boundary],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=ROOT,
        env={"PATH": os.environ["PATH"], "PYTHONPATH": os.pathsep.join([package, str(ROOT)])},
    )
    with process:
        assert process.stdout is not None
        try:
            yield process, int(process.stdout.readline())
        finally:
            process.kill()


def settle(path: Path, missing: list[int]) -> None:
    """Start the receiver once more, and deliver what was never acknowledged."""
    with running(path) as (_, port):
        for number in missing:
            answer = deliver(port, order(number))
            while answer is not None and answer[0] == 429:
                answer = deliver(port, order(number))
            assert answer is not None
            assert answer[0] == 202


def check(path: Path, count: int) -> None:
    """Think about what is left, and see that every order is there once and was thought about once."""
    with SqliteMemory(path) as memory:
        receiver(agent(memory)).think()
        stored = [e for e in memory.read("journal") if isinstance(e.input, SignalReceived)]

        assert numbers(memory) == dict.fromkeys(range(count), 1)
        assert all(e.done and e.disposition is not None for e in stored)
        assert dispositions(memory)["dropped"] == len(stored) - count
        assert dispositions(memory)["failed"] == 0
        conserved(memory)


@pytest.mark.parametrize("count", [1, 3])
@pytest.mark.parametrize("boundary", ["before accept", "after accept", "before commit", "after commit"])
def test_a_process_that_dies_at_a_boundary_has_lost_and_doubled_nothing(
    tmp_path: Path, boundary: str, count: int
) -> None:
    path = tmp_path / "journal.db"
    acknowledged: set[int] = set()
    with running(path, boundary, str(count)) as (process, port):
        number = 0
        # It dies by itself: of a delivery, or of thinking about one.
        while process.poll() is None:
            answer = deliver(port, order(number))
            if answer is not None and answer[0] == 202:
                acknowledged.add(number)
            number += answer is None or answer[0] == 202
        died = process.returncode
    with SqliteMemory(path) as memory:
        stored = set(numbers(memory))

    assert died == -signal.SIGKILL
    assert acknowledged <= stored
    settle(path, [n for n in range(number) if n not in acknowledged])
    check(path, number)


def send_until_killed(path: Path, numbers: list[int], after: int) -> list[int]:
    """Send orders from several threads to a process that is killed after so many answers; which were acknowledged."""
    acknowledged: list[int] = []
    with running(path) as (process, port), ThreadPoolExecutor(6) as senders:

        def send(number: int) -> None:
            answer = deliver(port, order(number))
            if answer is not None and answer[0] == 202:
                acknowledged.append(number)
                if len(acknowledged) == after:
                    process.kill()

        list(senders.map(send, numbers))
    return acknowledged


def test_a_process_that_is_killed_again_and_again_under_load_has_lost_and_doubled_nothing(tmp_path: Path) -> None:
    path = tmp_path / "journal.db"
    waiting, count = list(range(60)), 60
    for after in (3, 12, 20):
        acknowledged = send_until_killed(path, waiting, after)
        with SqliteMemory(path) as memory:
            assert set(acknowledged) <= set(numbers(memory))
        # What was acknowledged last is sent again too, as by a sender that did not hear it.
        waiting = [n for n in waiting if n not in acknowledged[:-2]]

    settle(path, waiting)
    check(path, count)


def test_two_processes_that_share_a_memory_take_every_order_in_once(tmp_path: Path) -> None:
    path = tmp_path / "journal.db"
    with running(path) as (_, first), running(path) as (_, second), ThreadPoolExecutor(6) as senders:

        def insist(place: tuple[int, int]) -> None:
            port, number = place
            while (answer := deliver(port, order(number))) is None or answer[0] != 202:
                assert answer is not None
                assert answer[0] in (409, 429, 503)

        list(senders.map(insist, [(port, n) for n in range(20) for port in (first, second)]))

    check(path, 20)
