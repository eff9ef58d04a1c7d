"""One scenario played as ``migro run`` plays material, and scored beside its truth."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Final

import attrs

from ..agent import Agent
from ..configuration import Configuration, read_configuration
from ..errors import ConfigurationError, InputError
from ..evaluate import Played, ScenarioScore, Sighting, Survivals, TruthDocument, read_truth, score_scenario
from ..models import Signal
from ..observe import Envelope, Observer, ObserveSettings
from ..remember import VolatileMemory
from ..rules import RuleSet
from ..simulate import GroundTruth, Simulation
from .equipment import equipped
from .lacking import lacked
from .material import Event, line_events, observed
from .playing import Turn, play
from .surroundings import configuration, secret_values

__all__ = [
    "ENVELOPES",
    "TRUTH",
    "Spectator",
    "Told",
    "evaluate_directory",
    "evaluate_simulation",
    "score_play",
    "simulated",
]

ENVELOPES: Final = "envelopes.jsonl"
TRUTH: Final = "truth.json"

_SETTINGS: Final = "migro.toml"
_SECRETS: Final = "secrets.env"

_KEY: Final = b"a fixed key: nobody in a scenario is a real person"


@attrs.frozen(kw_only=True)
class Told:
    """A score, and what somebody should know about its material."""

    score: ScenarioScore
    notes: tuple[str, ...] = ()


def evaluate_directory(directory: Path, *, rules: Sequence[str] = (), config: Path | None = None) -> Told:
    """
    Play the scenario of a directory as ``migro run`` would, dry and without a file, and return its score.

    Args:
        directory: With ``envelopes.jsonl`` and ``truth.json``; endpoints are those of its ``migro.toml``, signing
            secrets those of its ``secrets.env``, then of the environment.
        rules: Rule sets that take the place of the configured ones.
        config: Configuration of a directory that has none.

    Raises:
        InputError: If the truth cannot be read, or no envelope can.
        ConfigurationError: If rules, configuration or secrets cannot be read.
    """
    truth = _truth(directory / TRUTH)
    own = directory / _SETTINGS
    settings = read_configuration(own) if own.is_file() else configuration(config)
    secrets = {**secret_values(settings.observe), **_secrets(directory / _SECRETS)}
    observer = Observer(settings.observe, secrets=secrets, pseudonym_key=_KEY)
    agent = _agent(settings, tuple(rules))
    spectator = Spectator(truth.planted)
    notes = [
        f"{directory / TRUTH}: {place} is no field of a truth, and nothing is judged by it" for place in truth.unknown()
    ]
    for turn in play(agent, line_events(directory / ENVELOPES, observer)):
        spectator.see(turn)
        if turn.done is None:
            notes.append(f"{directory / turn.event.where}: {turn.event.problem}")
    if spectator.first is None:
        raise InputError(f"expected at least one envelope, got none - at {directory / ENVELOPES}")
    return Told(
        score=score_play(agent, spectator, truth, name=directory.name, place=str(directory)), notes=tuple(notes)
    )


def _agent(settings: Configuration, rules: Sequence[str]) -> Agent:
    ruleset, _ = equipped(settings, rules)
    return Agent(rules=ruleset, memory=VolatileMemory(), policy=settings.to_policy(), alarm=_alarmed)


def _alarmed(text: str) -> None:
    """Say nothing: a halt is in the score, as signals that broke their step."""


def _truth(path: Path) -> TruthDocument:
    try:
        text = path.read_bytes()
    except OSError as e:
        raise InputError(f"expected a readable file: {e.strerror} - at {path}") from e
    return read_truth(text, where=str(path))


def _secrets(path: Path) -> dict[str, str]:
    """Return the variables of a file as a shell would read it, one ``NAME=value`` a line."""
    if not path.is_file():
        return {}
    found: dict[str, str] = {}
    for number, line in enumerate(path.read_text("utf-8").splitlines(), start=1):
        name, equals, value = line.removeprefix("export ").partition("=")
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        if not equals or not name.strip():
            # What stands there may be a secret.
            raise ConfigurationError(f"expected NAME=value, got no such line - at {path}, line {number}")
        found[name.strip()] = value.strip().strip("\"'")
    return found


def simulated(simulation: Simulation) -> Iterator[Event]:
    """Yield the events of a simulation that was never written to files; its signatures are checked."""
    settings = ObserveSettings.model_validate({"endpoints": simulation.settings()})
    observer = Observer(settings, secrets=simulation.secrets, pseudonym_key=_KEY)
    for raw in simulation.envelopes:
        yield from observed(Envelope.model_validate(raw.data()), observer)


def evaluate_simulation(simulation: Simulation, rules: RuleSet) -> ScenarioScore:
    """Play a simulation as its files would be played, and return its score."""
    agent = Agent(rules=rules, memory=VolatileMemory(), alarm=_alarmed)
    spectator = Spectator(simulation.truth.planted)
    for turn in play(agent, simulated(simulation)):
        spectator.see(turn)
    return score_play(agent, spectator, simulation.truth)


class Spectator:
    """
    Keeps of a play what its score needs.

    Args:
        planted: Personal data to look for, by kind.

    Attributes:
        first, last: When the first and the last signal came.
    """

    def __init__(self, planted: Mapping[str, Iterable[str]]) -> None:
        self.first: datetime | None = None
        self.last: datetime | None = None
        self._sightings: list[Sighting] = []
        self._merchants: set[str] = set()
        self._survivals = Survivals(planted)
        self._signals = self._failed = self._unreadable = 0

    def see(self, turn: Turn) -> None:
        """Look at one turn."""
        if turn.done is None:
            self._unreadable += 1
            return
        self._arrived(turn.done.signal)
        disposition = turn.done.disposition
        self._failed += disposition is not None and disposition.name == "failed"
        for decision in turn.decisions:
            self._sightings.append(Sighting.of(decision))
            self._survivals.look("explanations", decision.explain().text())

    def _arrived(self, signal: Signal) -> None:
        self._signals += 1
        self.first = self.first or signal.received_at
        self.last = max(self.last or signal.received_at, signal.received_at)
        if signal.merchant is not None:
            self._merchants.add(signal.merchant)

    @property
    def merchants(self) -> tuple[str, ...]:
        """Everybody that a signal named."""
        return tuple(sorted(self._merchants))

    def played(self, memory: VolatileMemory) -> Played:
        """Return what there is to judge, with everything that was stored."""
        for partition in memory.partitions():
            for link in memory.links(partition):
                self._survivals.look("journal", (link.payload or b"").decode("utf-8", "replace"))
            for record in memory.stored(partition):
                self._survivals.look(record.what, record.text.decode("utf-8", "replace"))
        return Played(
            sightings=tuple(self._sightings),
            actions=tuple(memory.read("actions")),
            survivals=self._survivals.found(),
            signals=self._signals,
            failed=self._failed,
            unreadable=self._unreadable,
        )


def score_play(
    agent: Agent, spectator: Spectator, truth: TruthDocument | GroundTruth, *, name: str = "", place: str = ""
) -> ScenarioScore:
    """
    Return the score of a play that is over; what is still planned is tried first.

    Args:
        agent: With a volatile memory of its own.
        spectator: Who saw every turn.
        truth: What is true; a file may have left out what the play tells.
        name: Of the scenario, where the truth does not say it.
        place: Where it was read.
    """
    agent.drain()
    memory = agent.memory
    if not isinstance(memory, VolatileMemory):
        raise ConfigurationError(f"expected a volatile memory, got {type(memory).__name__}")
    if isinstance(truth, TruthDocument):
        if spectator.first is None or spectator.last is None:
            raise InputError("expected at least one signal, got none")
        truth = truth.completed(
            scenario=name, first=spectator.first, last=spectator.last, merchants=spectator.merchants
        )
    return score_scenario(truth, spectator.played(memory), place=place, why=partial(lacked, agent.fold, memory))
