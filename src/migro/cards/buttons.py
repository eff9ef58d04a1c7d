"""Buttons: what people press on a card becomes their answer, under the name that they are listed by."""

from __future__ import annotations

import logging
import queue
from collections.abc import Mapping
from typing import Protocol

import attrs

from ..act.slack_blocks import Pressed, pressed
from ..agent import Agent, Answer
from ..agent.approvals import card_of
from ..errors import ActionError, MigroError, NotFound
from ..models import Signal

__all__ = ["Buttons", "Heard", "Whisper"]

_LOG = logging.getLogger("migro.approvals")

_MOST = 10_000


class Whisper(Protocol):
    """Says something to one person where a card stands."""

    def __call__(self, where: str, user: str, told: str) -> None:
        """
        Say it.

        Raises:
            ActionError: If that did not go.
        """
        ...


@attrs.frozen(kw_only=True)
class Heard:
    """
    What became of a press.

    Attributes:
        verb: What was pressed.
        answer: What the agent made of it; None where nobody is known under the person's id.
        words: What the person is told.
    """

    verb: str
    answer: Answer | None
    words: str


class Buttons:
    """
    Takes what people press in Slack as their answers.

    Deliveries are heard in any thread, and answered in the agent's turn. What was heard and not answered when a
    process ends is lost, and its card keeps its buttons.

    Args:
        agent: Who is answered.
        persons: Names of people, as the policy lists them, by their ids at Slack.
        whisper: Tells whoever pressed that it did not count; None for nobody.

    Where the policy lists nobody, whoever is in the channel may answer, under the id at Slack.
    """

    def __init__(self, agent: Agent, persons: Mapping[str, str], *, whisper: Whisper | None = None) -> None:
        self._agent, self._persons, self._whisper = agent, dict(persons), whisper
        self._heard: queue.Queue[Pressed] = queue.Queue(maxsize=_MOST)

    def hear(self, signal: Signal) -> bool:
        """Take a signal down if it is somebody's press, and return whether it is."""
        found = pressed(signal)
        if found is None:
            return False
        try:
            self._heard.put_nowait(found)
        except queue.Full:
            _LOG.warning("press left out: too many wait", extra={"verb": found.verb})
        return True

    def answer(self) -> tuple[Heard, ...]:
        """Give every answer that was heard to the agent, in order, and return what became of them."""
        found: list[Heard] = []
        while True:
            try:
                one = self._heard.get_nowait()
            except queue.Empty:
                return tuple(found)
            found.append(self._given(one))

    def _given(self, press: Pressed) -> Heard:
        by = self._name(press.by)
        card = card_of(press.key, press.binding)
        answer: Answer | None = None
        if by is None:
            words = "it did not count: you are not one of the people who are listed"
        else:
            try:
                answer = self._agent.answer(card, press.verb, by=by, why="by a button in Slack")
                words = answer.words if answer.counted else f"it did not count: {answer.words}"
            except NotFound:
                words = "it did not count: people were asked anew since; the card shows what it is about now"
            except MigroError as e:
                words = f"it did not count: {e}"
        counted = answer is not None and answer.counted
        _LOG.info("press", extra={"card": card, "verb": press.verb, "counted": counted})
        if not counted and self._whisper is not None:
            try:
                self._whisper(f"slack {press.channel} {press.ts}", press.by, words)
            except ActionError as e:
                _LOG.info("nobody was told that a press did not count: %s", e, extra={"card": card})
        return Heard(verb=press.verb, answer=answer, words=words)

    def _name(self, user: str) -> str | None:
        if not self._agent.fold.policy.people.persons:
            return self._persons.get(user, user)
        return self._persons.get(user)
