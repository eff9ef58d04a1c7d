"""The conversation: why durable-rules cannot be asked is said, and what cannot be its answer is none."""

from __future__ import annotations

import json
import re
import sys
from types import SimpleNamespace
from typing import Any

import pytest

from migro.durable import Child, Conversation, conversation, missing
from migro.errors import SecondEngineCrashed, SecondEngineMissing, SecondEngineRefused

PROGRAM = {"r0": ("p0", "p1"), "r1": ("p0",)}
FACTS = [("p0", "k0", "f0"), ("p1", "k0", "f1")]

ANSWERING = """
import json, sys
for line in sys.stdin:
    print(json.dumps({{"fired": {fired}}} if json.loads(line)["do"] == "run" else {{}}), flush=True)
"""


@pytest.fixture
def there(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let durable-rules seem to be installed; the child that is asked is another."""
    monkeypatch.setattr(conversation, "missing", lambda: "")


def answering(fired: object) -> Conversation:
    return Conversation(Child((sys.executable, "-S", "-E", "-c", ANSWERING.format(fired=json.dumps(fired)))))


@pytest.mark.usefixtures("there")
def test_what_can_be_an_answer_is_one() -> None:
    with answering([["r0", "k0"], ["r1", "k0"]]) as one:
        assert one.fired("s", PROGRAM, FACTS) == [("r0", "k0"), ("r1", "k0")]


@pytest.mark.usefixtures("there")
@pytest.mark.parametrize(
    "fired",
    [[["r0", "k0"], ["r0", "k0"]], [["r7", "k0"]], [["r0", "k7"]], [["r0"]], [["r0", 0]], {"r0": "k0"}, 1],
    ids=["twice", "another rule", "another key", "no key", "a number", "no list", "one number"],
)
def test_what_cannot_be_an_answer_is_an_error_of_one_evaluation(fired: object) -> None:
    with answering(fired) as one, pytest.raises(SecondEngineCrashed, match="expected each rule to fire once for a key"):
        one.fired("s", PROGRAM, FACTS)


@pytest.mark.usefixtures("there")
def test_what_the_guard_refuses_starts_no_process() -> None:
    child = Child()
    with Conversation(child) as one, pytest.raises(SecondEngineRefused):
        one.fired("s", {"r0": ("id",)}, FACTS)

    assert child.started == 0


def test_an_engine_that_is_not_there_starts_no_process(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(conversation, "missing", lambda: "durable-rules is not there")
    child = Child()
    with pytest.raises(SecondEngineMissing, match="durable-rules is not there"):
        Conversation(child).fired("s", PROGRAM, FACTS)

    assert child.started == 0


@pytest.mark.parametrize(
    ("attributes", "said"),
    [
        ({"platform": "win32"}, "got Windows"),
        ({"version_info": (3, 13, 0)}, "durable-rules runs on CPython up to 3.12, this is cpython 3.13"),
        ({"implementation": SimpleNamespace(name="pypy")}, "this is pypy 3.12"),
        ({}, r"expected the extra migro\[durable\] to be installed"),
    ],
)
def test_why_an_engine_cannot_be_asked_is_said(
    monkeypatch: pytest.MonkeyPatch, attributes: dict[str, Any], said: str
) -> None:
    plain = {"platform": "linux", "version_info": (3, 12, 1), "implementation": SimpleNamespace(name="cpython")}
    monkeypatch.setattr(conversation, "sys", SimpleNamespace(**{**plain, **attributes}))
    monkeypatch.setattr("importlib.util.find_spec", lambda _: None)

    assert re.search(said, missing())
