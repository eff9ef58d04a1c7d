"""What a run does beside thinking: it executes, puts cards in front of people, hears their answers, and counts."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from ..agent import Agent
from ..agent.dispatch import ACTING_SECONDS
from ..configuration import Configuration
from ..errors import ConfigurationError, StoreUnavailable
from ..models import Decision, Signal
from ..observe import Observer
from ..observe.formats import kind_of
from ..receive import Receiver
from ..vitals import Vitals, examined, taken
from ..vitals.settings import ServeSettings
from .console import Console
from .interruption import Interruption
from .playing import Turn
from .serving import pages, serving

if TYPE_CHECKING:
    from ..act.equipping import Equipment
    from ..act.metrics import Metrics
    from ..cards import Heard

__all__ = ["Tending", "listen", "receiving", "watched"]

_PRESSES = "slack_interactive"
_CARDS_S = 10
"""How many seconds cards may take before what came in meanwhile is thought about."""


def is_press(kind: str | None) -> bool:
    """Whether deliveries of a kind can be presses: whoever may sign others does not thereby press buttons."""
    return bool(kind) and kind_of(kind or "") == _PRESSES


class Tending:
    """
    Sees to what was decided.

    Args:
        agent: Who decides.
        equipment: Whom it acts through, and who shows cards.
        config: Whose ids at Slack are whose.
        alarm: Told of cards that cannot be shown.
        on_answer: Called with what became of every press of a button.
        metrics: Where decisions and actions are counted; None for nowhere.
        stopping: Asked whether somebody wants it to stop: no other card is begun then, and nothing is executed.
        before: Called before anything is executed.
        rest: Called between two pieces of work, whether there is anything to see to or not.
    """

    def __init__(
        self,
        agent: Agent,
        equipment: Equipment,
        config: Configuration,
        *,
        alarm: Callable[[str], None],
        on_answer: Callable[[Heard], None],
        metrics: Metrics | None = None,
        stopping: Callable[[], bool] = lambda: False,
        before: Callable[[], None] = lambda: None,
        rest: Callable[[], None] = lambda: None,
    ) -> None:
        # Only who runs something needs all that talks to others.
        from ..cards import Buttons, Desk

        self._agent, self._events, self._metrics = agent, equipment.events, metrics
        self._on_answer, self._stopping = on_answer, stopping
        self._before, self._rest = before, rest
        self._desk = Desk(agent, equipment.askers, alarm=alarm) if agent.live else None
        whisper = equipment.slack.whisper if agent.live and equipment.slack is not None else None
        self._buttons = Buttons(agent, config.slack_names, whisper=whisper)

    def decided(self, decision: Decision) -> None:
        """Count a decision, and tell whoever wants to see all of them."""
        if self._metrics is not None:
            self._metrics.decided(decision)
        if self._events is not None:
            self._events.tell(decision)

    def hear(self, signals: Sequence[Signal]) -> None:
        """Take down what people have pressed; in any thread."""
        for signal in signals:
            self._buttons.hear(signal)

    def after(self, turn: Turn) -> None:
        """Do what a turn has led to."""
        done = turn.done
        fresh = done is not None and (done.disposition is None or done.disposition.name != "dropped")
        if done is not None and fresh and is_press(turn.event.kind):
            self.hear([done.signal])
        # Whoever sends the next event may take hours: what is planned does not wait for it.
        self.act(moved=bool(turn.decisions), acting=None)

    def act(
        self, *, moved: bool = True, within: float | None = _CARDS_S, acting: float | None = ACTING_SECONDS
    ) -> None:
        """
        Give answers that were heard, execute what is planned, and bring the cards up to date.

        Args:
            within: How many seconds cards may take before all else goes on; None for as many as it takes.
            acting: The same for what is planned: after that no other action is begun.
        """
        self._rest()
        heard = self._buttons.answer()
        for one in heard:
            self._on_answer(one)
        if not (moved or heard):
            return
        # Cards first: they say who allowed it, and what is executed says only what came of it.
        self._show(within)
        if self._stopping():
            return
        self._before()
        tried = self._agent.drain(within=acting, stopping=self._stopping)
        if self._metrics is not None:
            for action in tried:
                self._metrics.tried(action)
        if tried:
            self._show(within)

    def _show(self, within: float | None) -> None:
        if self._desk is not None:
            self._desk.round(within=within, stopping=self._stopping)


@contextmanager
def watched(
    agent: Agent, serve: ServeSettings, metrics: Metrics | None, receiver: Receiver | None, console: Console
) -> Iterator[None]:
    """Show how the agent does at the places that were asked for, and take deliveries in, until it is left."""

    def look() -> Vitals:
        return taken(agent, datetime.now(UTC))

    with ExitStack() as stack:
        if serve.telemetry:
            from ..vitals.telemetry import Telemetry

            Telemetry(look, like=look())
        if metrics is not None:
            from ..vitals.prometheus import expose

            expose(metrics, look, answers=(lambda: receiver.answers) if receiver is not None else None)
        if serve.metrics:
            text = metrics.text if metrics is not None else None
            answer = pages(text, lambda: examined(agent, datetime.now(UTC)))
            port = stack.enter_context(serving(serve.metrics, answer))
            console.complain(f"metrics and health at {_shown(serve.metrics, port)}/metrics and /healthz")
        if receiver is not None:
            port = stack.enter_context(serving(serve.deliveries, receiver.receive, largest=receiver.limit))
            console.complain(f"deliveries at {_shown(serve.deliveries, port)}/in/NAME")
        yield


def _shown(place: str, port: int) -> str:
    return f"http://{place.rpartition(':')[0]}:{port}"


def receiving(agent: Agent, observer: Observer, tending: Tending, console: Console) -> Receiver:
    """
    Return what takes deliveries in, and hears presses at endpoints that are for them alone.

    Raises:
        ConfigurationError: If there is no endpoint.
    """
    endpoints = observer.settings.endpoints
    if not endpoints:
        raise ConfigurationError("expected [observe.endpoints.NAME] for whoever delivers, got none")

    def noted(name: str, signals: Sequence[Signal]) -> None:
        if is_press(endpoints[name].kind):
            tending.hear(signals)

    return Receiver(agent, observer, notice=console.complain, on_signals=noted)


def listen(
    receiver: Receiver, tending: Tending, interruption: Interruption, console: Console, tell: Callable[[Decision], None]
) -> None:
    """Think about what is delivered, let time pass and see to what was decided, until somebody wants it to stop."""
    told = ""
    for _ in interruption.until(_rounds(receiver)):
        try:
            for decision in receiver.think():
                tell(decision)
            tending.act()
            told = ""
        except StoreUnavailable as e:
            # Senders are told to come again; so is this.
            if str(e) != told:
                told = str(e)
                console.complain(f"the memory does not answer, and is asked again: {e}")


def _rounds(receiver: Receiver) -> Iterator[None]:
    while True:
        receiver.wait(1)
        yield
