"""One process of the scenario: an agent on a file, and the world that offers it one step after the other."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from migro.agent import Agent
from migro.errors import NotFound
from migro.models import Action, ActionStatus, Decision, PersonActed
from migro.remember import SqliteMemory

from . import shop
from .boundaries import Watched
from .receiver import Receiver
from .scenario import Configuration, Step

__all__ = ["CONFIGURATIONS", "Stage", "book_of", "file_of"]

SNAPSHOT_EVERY = 7
"""So often that there are states to come back to everywhere in the scenario."""

BUSY_TIMEOUT_S = 60
"""Long: on a busy machine another process may take its time."""

CONFIGURATIONS = {
    "first": (shop.RULES, shop.POLICY),
    "other rules": (shop.OTHER_RULES, shop.POLICY),
    "careful": (shop.OTHER_RULES, shop.CAREFUL),
}


def file_of(place: Path) -> Path:
    """Return where the agent's file lies."""
    return place / "journal.db"


def book_of(place: Path) -> Path:
    """Return where the receiver's book lies."""
    return place / "receiver.jsonl"


def _nothing(_: str) -> None:
    """Meet a boundary and go on."""


class Stage:
    """
    An agent that lives in this process, and what it is given.

    Args:
        place: The directory of the agent's file, the receiver's book and the world's notes.
        meet: Called at every boundary.
        busy_timeout_s: How long the memory waits for another process.

    Attributes:
        said: Every decision that the agent returned.
        alarms: Every line that it told its operator.
    """

    def __init__(
        self, place: Path, *, meet: Callable[[str], None] = _nothing, busy_timeout_s: int = BUSY_TIMEOUT_S
    ) -> None:
        self.place = place
        self.said: list[Decision] = []
        self.alarms: list[str] = []
        self._meet = meet
        self._busy_timeout_s = busy_timeout_s
        self._now = 0
        self._configuration: Configuration = "first"
        self.memory = Watched(None, meet)
        self.agent: Agent | None = None

    # --- the process --------------------------------------------------------------------------------------------

    def open(self) -> None:
        """Open the memory that is there, or make it."""
        # A power cut is another matter: a killed process loses nothing that the system has taken.
        self.memory.memory = SqliteMemory(file_of(self.place), durability="normal", busy_timeout_s=self._busy_timeout_s)

    def close(self) -> None:
        """Give the file back; the agent stays as it is."""
        if self.memory.memory is not None:
            self.memory.memory.close()
            self.memory.memory = None

    def move(self, place: Path) -> None:
        """Go on with another copy of the file and the book."""
        self.place = place
        self.open()
        if self.agent is not None:
            self._receiver.path = book_of(place)

    def start(self, configuration: Configuration) -> None:
        """Be a new agent on the open memory."""
        self._configuration = configuration
        rules, policy = CONFIGURATIONS[configuration]
        self._receiver = Receiver(book_of(self.place), meet=self._meet, failing={"replay"}, losing={"tag"})
        self.agent = Agent(
            rules=rules,
            policy=policy,
            memory=self.memory,
            actuators=[self._receiver],
            live=True,
            alarm=self.alarms.append,
            now=lambda: shop.after(self._now),
            **self._options(),
        )

    @staticmethod
    def _options() -> dict[str, Any]:
        # What is stored is looked at here; that an outage halts automation as well is tried elsewhere.
        return {"snapshot_every": SNAPSHOT_EVERY, "halt_on_outage": False}

    # --- the world ----------------------------------------------------------------------------------------------

    def do(self, number: int, step: Step) -> None:
        """Offer a step; when this returns, it is acknowledged."""
        self._now = step.at
        if step.verb in ("open", "restart"):
            self.close()
            self.open()
            self.start(self._configuration)
        elif step.verb == "configure":
            self.start(step.configuration)
        else:
            assert self.agent is not None
            self.said += self._offer(self.agent, number, step)

    def _offer(self, agent: Agent, number: int, step: Step) -> tuple[Decision, ...]:
        partition = step.merchant if step.merchant == "platform" else f"merchant:{step.merchant}"
        match step.verb:
            case "handle" if len(step.signals) == 1:
                return agent.handle(step.signals[0])
            case "handle":
                return agent.handle_all(step.signals)
            case "tick":
                return agent.tick(shop.after(step.at))
            case "drain":
                agent.drain()
            case "answer":
                return agent.tell(partition, self._answer(number, partition, step))
            case "withdraw":
                return self._withdraw(agent, step)
            case "erase":
                agent.erase(step.target, merchant=step.merchant, by="desk", why="asked for it")
            case "halt":
                agent.halt(by=step.by, why="enough")
            case "resume":
                agent.resume(by=step.by, why="go on")
            case "mode":
                agent.set_mode(step.mode, by=step.by, why="for a while")
            case "resolve":
                issue = next(i for i in self.memory.read("issues", partition=partition) if i.kind == step.kind)
                said = PersonActed(at=shop.after(step.at), verb="resolve", by=step.by, target=issue.id)
                return agent.tell(partition, said)
        return ()

    def _answer(self, number: int, partition: str, step: Step) -> PersonActed:
        """What a person says; said again in the same words where nobody has heard it yet."""
        notes = self.place / f"answer-{number}.json"
        if not notes.exists():
            waits = self._waiting(partition, step.kind)
            said = PersonActed(
                at=shop.after(step.at),
                verb=step.answer,
                by=step.by,
                target=waits.idempotency_key,
                binding=waits.binding,
            )
            half = notes.with_suffix(".half")
            half.write_text(said.json_line())
            half.rename(notes)
        return PersonActed.from_json(notes.read_text())

    def _waiting(self, partition: str, kind: str) -> Action:
        for action in self.memory.read("actions", partition=partition):
            if action.kind == kind and action.status is ActionStatus.WAITING:
                found: Action = action
                return found
        raise NotFound(f"expected an action {kind!r} that waits in {partition!r}, found none")

    def _withdraw(self, agent: Agent, step: Step) -> tuple[Decision, ...]:
        inputs = (e.input for e in self.memory.read("journal"))
        signals = (i.signal for i in inputs if i.input == "signal_received")
        id = next(s.id for s in signals if s.dedup_key == step.target)
        return agent.withdraw(id, by=step.by, reason="a wrong import").decisions
