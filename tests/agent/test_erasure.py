"""A person is forgotten: nothing that is stored names the pseudonym, and everything goes on."""

from __future__ import annotations

from pathlib import Path

import pytest

from migro.agent import PLATFORM
from migro.errors import InputError, NotFound
from migro.models import ErasureRequested, Signal
from migro.ports import Ledger, Memory
from migro.remember import SqliteMemory
from tests.agent.world import after, agent, call, conserved, handled, stranger, sure

M1 = "merchant:m_1"
PERSON = "k3jd7qzmw2v5xh4ptn6a"


def about_a_person(n: int, at: int) -> Signal:
    return stranger(n, at, ids={"requester": PERSON}, attrs={"resource": f"customer:{PERSON}"})


def everything(memory: Memory) -> bytes:
    assert isinstance(memory, Ledger)
    texts: list[bytes] = []
    for partition in memory.read("partitions"):
        texts += [link.payload or b"" for link in memory.links(partition.name)]
        texts += [record.text for record in memory.stored(partition.name)]
        texts += [s.data for s in memory.read("snapshots", partition=partition.name)]
    return b"".join(texts)


def test_nothing_that_is_stored_names_the_person_any_more(memory: Memory, tmp_path: Path) -> None:
    host = agent(memory, snapshot_every=3)
    handled(host, [about_a_person(1, 0), call(1, 1), call(2, 2), about_a_person(2, 3), *sure(10)])
    assert PERSON.encode() in everything(memory)
    erased = host.erase(PERSON, merchant="m_1", by="owner", why="asked by mail")

    assert PERSON.encode() not in everything(memory)
    assert erased.token.encode() in everything(memory)
    if isinstance(memory, SqliteMemory):
        memory.close()
    for path in tmp_path.iterdir():
        assert PERSON.encode() not in path.read_bytes()


def test_what_was_open_goes_on_after_an_erasure(memory: Memory) -> None:
    host = agent(memory)
    handled(host, [about_a_person(1, 0), *sure(5)])
    before = {i.id for i in memory.read("issues")}
    host.erase(PERSON, merchant="m_1", by="owner")
    for one in (host, agent(memory)):
        handled(one, [call(70, 20), call(71, 21)])

    assert {i.id for i in memory.read("issues")} == before
    assert conserved(memory)["pending"] == 0


def test_the_next_signal_of_the_person_is_a_stranger_s(memory: Memory) -> None:
    host = agent(memory)
    handled(host, [about_a_person(1, 0)])
    host.erase(PERSON, merchant="m_1", by="owner")
    handled(host, [about_a_person(2, 5)])

    assert len(list(memory.read("issues"))) >= 1
    assert PERSON.encode() in everything(memory)


def test_an_erasure_says_where_it_stands_and_who_asked(memory: Memory) -> None:
    host = agent(memory)
    handled(host, sure())
    erased = host.erase(PERSON, merchant="m_1", by="owner", why="asked by mail")
    entry = next(e for e in memory.load(M1) if e.seq == erased.seq)

    assert isinstance(entry.input, ErasureRequested)
    assert (entry.input.pseudonym, entry.input.by, entry.input.why) == (erased.token, "owner", "asked by mail")
    assert entry.done
    told = [e.input for e in memory.load(PLATFORM) if isinstance(e.input, ErasureRequested)]
    assert [t.pseudonym for t in told] == [erased.token]


def test_two_erasures_get_two_tokens(memory: Memory) -> None:
    host = agent(memory)
    handled(host, [about_a_person(1, 0)])
    tokens = {host.erase(PERSON, merchant="m_1", by="owner").token for _ in range(2)}

    assert len(tokens) == 2


@pytest.mark.parametrize("word", ["", "short", "elevenchars", "with a blank in it", "p" * 65, "K3JD7QZMW2V5XH4PTN6A"])
def test_a_word_that_may_be_part_of_others_is_refused(word: str, memory: Memory) -> None:
    host = agent(memory)
    handled(host, sure())
    with pytest.raises(InputError, match="expected a pseudonym of 12 to 64"):
        host.erase(word, merchant="m_1", by="owner")

    assert not [e for e in memory.load(M1) if isinstance(e.input, ErasureRequested)]


def test_a_merchant_that_nobody_knows_is_refused(memory: Memory) -> None:
    with pytest.raises(NotFound, match="expected a merchant that the memory knows"):
        agent(memory).erase(PERSON, merchant="m_9", by="owner")
    assert list(memory.read("journal")) == []


def test_a_pause_between_asking_and_erasing_is_made_up_for(memory: Memory) -> None:
    host = agent(memory)
    handled(host, [about_a_person(1, 0)])
    asked = {"merchant": "m_1", "pseudonym": PERSON, "token": "t" * 20, "by": "owner"}
    memory.accept(M1, [ErasureRequested.model_validate({"at": after(9), **asked})])
    agent(memory).tick(after(10))

    assert PERSON.encode() not in everything(memory)


@pytest.mark.parametrize("word", ["idempotency_key", "not_applicable"])
def test_a_word_that_records_need_is_refused(word: str, memory: Memory) -> None:
    host = agent(memory)
    handled(host, sure())
    with pytest.raises(InputError, match=word):
        host.erase(word, merchant="m_1", by="owner")

    assert not host.halted
