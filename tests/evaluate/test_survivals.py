"""Planted data is found wherever it stands, however JSON wrote it, and never told in full."""

from __future__ import annotations

import json

from hypothesis import given, settings
from hypothesis import strategies as st

from migro.evaluate import Survivals
from tests.effort import cases


def test_a_value_is_found_with_its_kind_and_place_and_counted_by_texts() -> None:
    survivals = Survivals({"email": ("ann@example.org", "bob@example.org"), "ip": ("192.0.2.7",)})
    for text in ("x ann@example.org ann@example.org", "from 192.0.2.7", "ann@example.org"):
        survivals.look("journal", text)
    survivals.look("actions", "nothing")

    assert [(s.what, s.where, s.hint, s.times) for s in survivals.found()] == [
        ("ip", "journal", "19... (9)", 1),
        ("email", "journal", "an... (15)", 2),
    ]


def test_signs_of_patterns_mean_themselves() -> None:
    survivals = Survivals({"phone": ("+44 (0) 20 7946", ""), "address": ("a.b",)})
    survivals.look("journal", "axb 44 0 20 7946")
    assert survivals.found() == ()

    survivals.look("journal", "a.b +44 (0) 20 7946")
    assert [s.what for s in survivals.found()] == ["phone", "address"]


def test_thousands_of_values_are_looked_for_at_once() -> None:
    survivals = Survivals({"ip": [f"10.{a}.{b}.1" for a in range(25) for b in range(200)]})
    survivals.look("journal", "-".join(f"11.{n}.1.1" for n in range(1000)))
    assert survivals.found() == ()

    survivals.look("journal", "10.24.199.1")
    assert [s.times for s in survivals.found()] == [1]


@settings(max_examples=cases(100), deadline=None)
@given(value=st.text(min_size=1, max_size=12), before=st.text(max_size=5), ascii=st.booleans(), twice=st.booleans())
def test_a_value_is_found_in_json_and_in_json_inside_json(value: str, before: str, ascii: bool, twice: bool) -> None:
    try:
        value.encode()
    except UnicodeEncodeError:
        return
    text = json.dumps({"note": before + value}, ensure_ascii=ascii)
    survivals = Survivals({"name": (value,)})
    survivals.look("journal", json.dumps(text, ensure_ascii=False) if twice else text)

    assert [s.what for s in survivals.found()] == ["name"]
