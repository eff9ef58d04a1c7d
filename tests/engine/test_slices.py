"""JSON that is written a slice at a time is the JSON of the whole."""

from __future__ import annotations

import json
from typing import Any

import pytest

from migro.engine.slices import LONG, Parts, Slices, plain_json


def whole(data: Any) -> Any:
    """Return the data with the rows of all slices made."""
    match data:
        case Slices():
            return data.rows(data.things)
        case dict():
            return {name: whole(value) for name, value in data.items()}
        case Parts():
            return [whole(item) for item in data]
        case _:
            return data


def rows(things: Any) -> list[Any]:
    return [[n, f"é{n}", []] for n in things]


@pytest.mark.parametrize("length", [0, 1, LONG - 1, LONG, LONG + 1, 3 * LONG])
def test_slices_are_written_as_one_list(length: int) -> None:
    long = Slices(range(length), rows)
    data = {"b": Parts([Parts([["k"], None, long]), [1, 2]]), "a": {}, "é": long, "c": {"z": [1], "y": Parts()}}

    written = plain_json(data)

    assert written == json.dumps(whole(data), sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def test_rows_of_a_long_list_are_never_there_all_at_once() -> None:
    asked: list[int] = []

    def made(things: Any) -> list[Any]:
        asked.append(len(things))
        return rows(things)

    plain_json({"a": Slices(range(3 * LONG + 1), made)})

    assert asked == [LONG, LONG, LONG, 1]
