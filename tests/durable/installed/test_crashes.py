"""What crashes durable-rules or makes it hang is an error of one evaluation, and the next one is answered."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from migro.durable import Child, Conversation
from migro.durable.conversation import MAX_PROGRAMS
from migro.errors import SecondEngineCrashed, SecondEngineLate

# Memory that nobody has filled is junk then, as it is in a process that has run for a while.
CRASHING = ("env", "MALLOC_PERTURB_=165", sys.executable, "-P", str(Path(__file__).with_name("crashing.py")))
NINE = """absent_id too_many_states deleted_states deleted_beside_threads one_condition_for_all too_many_constants
    endless_pattern nested long_id""".split()
PROGRAM = {"r0": ("p0", "p1")}
FACTS = [("p0", "k0", "f0"), ("p1", "k0", "f1"), ("p1", "k1", "f2")]


@pytest.fixture
def conversation() -> Iterator[Conversation]:
    with Conversation() as conversation:
        yield conversation


@pytest.mark.parametrize("case", NINE)
def test_a_crash_or_hang_is_contained(case: str) -> None:
    with Child(CRASHING, seconds=4) as child:
        with pytest.raises((SecondEngineCrashed, SecondEngineLate)):
            child.ask({"do": "crash", "case": case})

        assert child.ask({"do": "go on"}) == {}
        assert child.started == 2


def test_a_process_that_is_gone_is_started_anew_with_what_it_knew(conversation: Conversation) -> None:
    child = conversation._child
    assert conversation.fired("one", PROGRAM, FACTS) == [("r0", "k0")]
    child.close()

    assert conversation.fired("one", PROGRAM, FACTS) == [("r0", "k0")]
    assert child.started == 2


def test_memory_beyond_the_limit_is_an_error_of_one_evaluation() -> None:
    facts = [(f"p{n % 2}", f"k{n // 2}", f"f{n}") for n in range(20_000)]
    with Conversation(memory=100 << 20) as small:
        with pytest.raises((SecondEngineCrashed, SecondEngineLate)):
            small.fired("one", PROGRAM, facts)

        assert small.fired("one", PROGRAM, FACTS) == [("r0", "k0")]


def test_what_durable_rules_refuses_is_an_error_of_one_evaluation(conversation: Conversation) -> None:
    with pytest.raises(SecondEngineCrashed, match="MessageNotHandledException"):
        conversation.fired("one", PROGRAM, [("p7", "k0", "f0")])  # no rule reads it

    assert conversation.fired("one", PROGRAM, FACTS) == [("r0", "k0")]


def test_the_child_has_no_thread_but_its_own(conversation: Conversation) -> None:
    conversation.fired("one", PROGRAM, FACTS)
    status = Path(f"/proc/{conversation._child.pid}/status").read_text(encoding="utf-8")

    assert "Threads:\t1\n" in status


def test_nothing_is_left_of_an_evaluation_in_the_next_one(conversation: Conversation) -> None:
    found = [conversation.fired("one", PROGRAM, FACTS[:n]) for n in (1, 2, 1, 3, 0, 2)]

    assert found == [[], [("r0", "k0")], [], [("r0", "k0")], [], [("r0", "k0")]]
    assert conversation._child.started == 1


def test_a_child_that_knows_many_programs_gives_way_to_another(conversation: Conversation) -> None:
    for number in range(MAX_PROGRAMS + 2):
        assert conversation.fired(f"s{number}", {"r0": ("p0",)}, FACTS[:1]) == [("r0", "k0")]

    assert conversation._child.started == 2


def test_the_limits_leave_room_to_what_breaks(conversation: Conversation) -> None:
    wide = {f"r{n}": (f"p{2 * n}", f"p{2 * n + 1}") for n in range(200)}
    deep = {"r0": tuple(f"p{n}" for n in range(16))}
    shared = {f"r{n}": ("p0", f"p{n + 1}") for n in range(60)}
    for name, program in (("wide", wide), ("deep", deep), ("shared", shared)):
        tokens = sorted({token for tokens in program.values() for token in tokens})
        facts = [(token, f"k{key}", f"f{len(tokens) * key + n}") for key in range(5) for n, token in enumerate(tokens)]
        expected = {(rule, f"k{key}") for rule in program for key in range(5)}

        assert set(conversation.fired(name, program, facts)) == expected
        assert set(conversation.fired(name, program, facts[::-1])) == expected
