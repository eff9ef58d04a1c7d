"""How far a source was read is found at the end of a journal, however long that is."""

from __future__ import annotations

from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from migro.models import Signal, SignalReceived
from migro.poll.accounts import Account
from migro.poll.positions import newest_position, position_text
from migro.remember import VolatileMemory, open_memory
from tests.poll.platform import NOW

PARTITION = "merchant:mugs"


def account(source: str = "orders") -> Account:
    return Account(merchant="mugs", env="production", source=source, api="admin", version=None)


def memory_of(*signals: Signal) -> VolatileMemory:
    memory = VolatileMemory()
    memory.accept(PARTITION, [SignalReceived(at=s.received_at, signal=s) for s in signals])
    return memory


def beat(second: int, position: dict[str, str], source: str = "orders") -> Signal:
    return account(source).heartbeat(NOW + timedelta(seconds=second), events=0, position=position)


def noise(count: int) -> list[Signal]:
    return [Signal(kind="ticket", occurred_at=NOW + timedelta(seconds=n), merchant="mugs") for n in range(count)]  # type: ignore[arg-type]


@pytest.mark.parametrize("behind", [0, 1, 199, 200, 201, 1_500])
def test_the_last_word_counts_however_much_came_since(behind: int) -> None:
    memory = memory_of(beat(1, {"n": "1"}), beat(2, {"n": "2"}), beat(3, {"n": "9"}, "stock"), *noise(behind))

    assert newest_position(memory, PARTITION, "orders") == {"n": "2"}


def test_an_empty_position_is_one_too() -> None:
    assert newest_position(memory_of(beat(1, {"n": "1"}), beat(2, {})), PARTITION, "orders") == {}


def test_who_has_read_nothing_has_none() -> None:
    assert newest_position(VolatileMemory(), PARTITION, "orders") is None
    assert newest_position(memory_of(*noise(3), beat(1, {}, "stock")), PARTITION, "orders") is None


def test_the_first_word_that_it_is_expected_says_where_it_began() -> None:
    began = account().expected(NOW, every_s=60, position={"since": "x"})
    again = account().expected(NOW + timedelta(hours=1), every_s=60)

    assert newest_position(memory_of(began, again), PARTITION, "orders") == {"since": "x"}
    assert began.dedup_key == again.dedup_key


@pytest.mark.parametrize("text", ["", "nonsense", "[]", '{"a": 1}', True])
def test_what_is_no_position_is_passed_over(text: Any) -> None:
    odd = beat(2, {}).model_copy(update={"attrs": {"position": text}, "id": "sig_odd"})

    assert newest_position(memory_of(beat(1, {"n": "1"}), odd), PARTITION, "orders") == {"n": "1"}


def test_equal_positions_are_written_alike() -> None:
    assert position_text({"b": "1", "a": "2"}) == position_text({"a": "2", "b": "1"}) == '{"a":"2","b":"1"}'


def test_a_file_knows_it_after_the_process_has_ended(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'migro.db'}"
    with closing(open_memory(url)) as memory:
        signals = [beat(1, {"n": "1"}), *noise(300), beat(400, {"n": "2"}), *noise(5)]
        memory.accept(PARTITION, [SignalReceived(at=s.received_at, signal=s) for s in signals])

    with closing(open_memory(url)) as memory:
        assert newest_position(memory, PARTITION, "orders") == {"n": "2"}
