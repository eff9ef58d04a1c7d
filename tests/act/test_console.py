"""The console actuator prints one line an action."""

from __future__ import annotations

import io

from migro.act import ConsoleActuator
from migro.testing import sample_action


def printed(args: dict[str, str], *, note: str = "") -> str:
    stream = io.StringIO()
    ConsoleActuator(stream, kinds=["notify"]).execute(sample_action(args=args, note=note))
    return stream.getvalue()


def test_a_line_says_when_what_to_whom_and_about_what() -> None:
    line = printed({"text": "checkout is down"}, note="dry run")

    assert line == "2026-03-01 09:00:00Z notify -> on_call text=checkout is down (dry run) [R0, iss_1]\n"


def test_an_action_without_arguments_is_a_short_line() -> None:
    assert printed({}) == "2026-03-01 09:00:00Z notify -> on_call [R0, iss_1]\n"


def test_text_from_outside_cannot_draw_on_the_terminal() -> None:
    line = printed({"text": "a\nb\x1b[2J\r\u202e"})

    assert r"text=a\nb\x1b[2J\r\u202e" in line
    assert line.count("\n") == 1


def test_what_must_not_be_seen_is_taken_out() -> None:
    stream = io.StringIO()
    actuator = ConsoleActuator(stream, kinds=["notify"], redact=lambda t: t.replace("anna@example.org", "<email>"))
    actuator.execute(sample_action(args={"text": "ask anna@example.org"}, note="for anna@example.org"))

    assert "text=ask <email> (for <email>)" in stream.getvalue()


def test_a_closed_stream_is_a_failed_action_and_may_be_tried_again() -> None:
    stream = io.StringIO()
    stream.close()
    actuator = ConsoleActuator(stream, kinds=["notify"])

    assert [actuator.execute(sample_action()).status for _ in range(2)] == ["failed", "failed"]


def test_a_character_the_terminal_cannot_show_is_a_failed_action() -> None:
    stream = io.TextIOWrapper(io.BytesIO(), encoding="ascii")
    result = ConsoleActuator(stream, kinds=["notify"]).execute(sample_action(args={"text": "café"}))

    assert (result.status, result.detail) == ("failed", "cannot print: UnicodeEncodeError")
