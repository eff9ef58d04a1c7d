"""``migro run``: raw material to dispositions and decisions."""

from __future__ import annotations

import argparse
import logging
import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from itertools import chain
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from ..act import Diagnostics
from ..agent import Agent, Processed, Shadow, SteadyClock
from ..configuration import Configuration
from ..errors import ConfigurationError
from ..models import Decision
from ..models.validation import explain_validation
from ..observe import scrub
from ..vitals.logs import RETRIES, JsonStream, LogFormat, log_to
from ..vitals.settings import ServeSettings
from .console import Console, decision_row, short
from .equipment import add_rules, equipped, hands, opened, source_events
from .files import memory_files
from .heap import long_lived
from .interruption import STOPPED, Interruption
from .judging import judged
from .material import Event, events
from .observe import moment
from .playing import Turn, play
from .present import Present
from .retrospect import same_memory
from .surroundings import configuration, observer
from .tending import Tending, listen, receiving, watched
from .unfit import unfit

if TYPE_CHECKING:
    from ..act.metrics import Metrics
    from ..cards import Heard

__all__ = ["Tally", "disposition_line", "register"]

_PENDING = ("pending", "another writer has it")


def register(commands: Any, common: argparse.ArgumentParser) -> None:
    """Add the command."""
    parser = commands.add_parser(
        "run", parents=[common], help="envelopes, payload files or signals to decisions; dry run unless --live"
    )
    parser.add_argument("files", nargs="*", metavar="FILE", help="payload, envelope or signal lines, directory, or -")
    add_rules(parser)
    parser.add_argument(
        "--source", action="append", default=[], metavar="NAME", help="read a plugin's source, after the files"
    )
    parser.add_argument(
        "--shadow", action="append", metavar="REF", help="candidate rules to fold beside these; they change nothing"
    )
    parser.add_argument("--memory", metavar="URL", help="where to keep it (default: sqlite:///migro.db)")
    parser.add_argument("--kind", help="wire format of bare payloads (default: told by FILE.meta.json, name or shape)")
    parser.add_argument(
        "--received-at", type=moment, metavar="TIME", help="time of receipt, ISO 8601 with a zone, for bare payloads"
    )
    parser.add_argument("--live", action="store_true", help="execute what policy allows; without it nothing acts")
    parser.add_argument(
        "--listen", metavar="HOST:PORT", help="take deliveries in at /in/NAME, and go on until it is stopped"
    )
    parser.add_argument(
        "--metrics", metavar="HOST:PORT", help="serve /metrics for Prometheus, and /healthz, while it runs"
    )
    parser.add_argument("--log", choices=("text", "json"), help="write the library's own logs to standard error")
    parser.add_argument("--only", choices=("decisions", "dispositions"), help="leave the other kind of line out")
    parser.set_defaults(command=run)


class Tally:
    """Counts dispositions: what came in has to come out."""

    def __init__(self) -> None:
        self.accepted = 0
        self.unreadable = 0
        self.decisions = 0
        self._names: Counter[str] = Counter()
        self._reasons: Counter[tuple[str, str]] = Counter()

    def take(self, turn: Turn) -> None:
        """Count one event, and what was decided in its turn."""
        self.decisions += len(turn.decisions)
        done = turn.done
        if done is None:
            self.unreadable += 1
            return
        self.accepted += 1
        name = done.disposition.name if done.disposition else "pending"
        self._names[name] += 1
        if done.disposition and name in ("dropped", "suppressed", "recorded", "failed"):
            self._reasons[name, done.disposition.reason.split(":", 1)[0]] += 1

    @property
    def adds_up(self) -> bool:
        """Whether every accepted signal has exactly one disposition."""
        return self.accepted == sum(self._names.values()) and not self._names["pending"]

    def data(self) -> Mapping[str, Any]:
        """Return the counts as data."""
        names = ("pending", "failed", "dropped", "suppressed", "opened", "merged", "recorded")
        return {
            "accepted": self.accepted,
            **{n: self._names[n] for n in names},
            "reasons": {f"{n}: {r}": c for (n, r), c in sorted(self._reasons.items())},
            "unreadable": self.unreadable,
            "decisions": self.decisions,
            "adds_up": self.adds_up,
        }

    def lines(self) -> list[str]:
        """Return the counts for people."""
        data = self.data()
        names = ("pending", "failed", "dropped", "suppressed", "opened", "merged", "recorded")
        total = " + ".join(f"{n} {data[n]}" for n in names)
        reasons = [f"  {count:6d}  {name}: {reason}" for (name, reason), count in sorted(self._reasons.items())]
        unreadable = [f"unreadable {self.unreadable}"] if self.unreadable else []
        return [f"accepted {self.accepted} = {total}", *reasons, *unreadable, f"decisions {self.decisions}"]


def disposition_line(event: Event, done: Processed) -> str:
    """Return what became of one event, as a line."""
    signal = done.signal
    found = done.disposition
    name, reason = (found.name, found.reason) if found else _PENDING
    issues = f" {' '.join(short(i) for i in found.issues)}" if found and found.issues else ""
    return f"{name:<10} {event.where}  {signal.topic}  {signal.merchant or '-'}  {reason}{issues}"


def run(arguments: argparse.Namespace, console: Console) -> int:
    """Print one disposition line for every event, every decision as it falls, and the counts."""
    config = configuration(arguments.config)
    url = arguments.memory or config.memory.url
    serve = _serve(arguments, config)
    if not (arguments.files or arguments.source or serve.deliveries):
        raise ConfigurationError("expected material: FILE..., - for standard input, or --source NAME; got none")
    rules, plugins = equipped(config, arguments.rules or ())
    candidate = equipped(config, arguments.shadow)[0] if arguments.shadow else None
    policy = config.to_policy()
    diagnostics = Diagnostics(redact=scrub)
    equipment = hands(config, plugins, policy, live=arguments.live, diagnostics=diagnostics)
    for told in unfit(config, rules, policy, equipment):
        console.complain(told)
    sourced = source_events(config, plugins, arguments.source)
    metrics = _metrics() if serve.metrics else None
    tally = Tally()
    collected: dict[str, list[Any]] = {"dispositions": [], "decisions": []}
    # The memory first: whoever names one that cannot be must not get a key beside it.
    with (
        _logged(arguments.log),
        opened(config, url, plugins) as memory,
        Interruption(terminates=bool(serve.deliveries)) as interruption,
        long_lived() as heap,
        ExitStack() as ended,
    ):
        diagnostics.memory = memory
        watch = observer(config, url, console)
        agent = Agent(
            rules=rules,
            memory=memory,
            policy=policy,
            live=arguments.live,
            actuators=equipment.actuators,
            alarm=console.complain,
            shadow=candidate,
        )
        reporter = _Reporter(console, arguments.only, collected, same_memory(arguments))
        judging = ended.enter_context(judged(agent, config, console.complain))
        tending = Tending(
            agent, equipment, config, alarm=console.complain, on_answer=reporter.answer, metrics=metrics,
            stopping=lambda: arguments.live and interruption.asked, before=judging.ask, rest=heap.rest,
        )  # fmt: skip
        receiver = receiving(agent, watch, tending, console) if serve.deliveries else None
        if "-" in arguments.files or receiver is not None:
            console.follow()
        found = events(
            arguments.files, watch, kind=arguments.kind, received_at=arguments.received_at, own=memory_files(url)
        )

        present = Present(watch, SteadyClock(), console.complain)
        material: Iterable[Event] = chain(found, sourced)
        # A dry run may be about any time: it plays what was recorded or made up.
        material = present.only(material) if arguments.live or receiver is not None else material

        def decided(decision: Decision) -> None:
            tending.decided(decision)
            tally.decisions += 1
            reporter.decision(decision)

        with watched(agent, serve, metrics, receiver, console):
            for turn in play(agent, interruption.until(material), after=tending.after):
                tally.take(turn)
                reporter.turn(turn)
                for decision in turn.decisions:
                    tending.decided(decision)
            if receiver is not None:
                listen(receiver, tending, interruption, console, decided)
            # Who stops a live run wants nothing more to happen; what is planned stays planned.
            if not (interruption.asked and arguments.live):
                tending.act(within=None, acting=None)  # no other round comes
        if equipment.events is not None and equipment.events.lost:
            told = f"{equipment.events.lost} of {equipment.events.lost + equipment.events.sent}"
            console.complain(f"decisions that did not reach [actuators.events]: {told}; {equipment.events.why}")
        reporter.counts(tally, url, live=arguments.live, shadow=agent.shadow)
    if interruption.asked:
        console.complain("stopped; everything that was accepted is stored")
        return 0 if receiver is not None else STOPPED
    return 0 if tally.adds_up and not (tally.unreadable or present.refused) else 1


def _serve(arguments: argparse.Namespace, config: Configuration) -> ServeSettings:
    """Return where to listen: as the command says, else as the configuration does."""
    given = {"deliveries": arguments.listen, "metrics": arguments.metrics}
    settings = {**config.serve.model_dump(), **{name: place for name, place in given.items() if place is not None}}
    try:
        return ServeSettings(**settings)
    except ValidationError as e:
        raise ConfigurationError(explain_validation(e, quoting=True)) from e


def _metrics() -> Metrics:
    from ..act.metrics import Metrics

    return Metrics()


@contextmanager
def _logged(format: LogFormat | None) -> Iterator[None]:
    if format is None:
        yield
        return
    logger, retries = logging.getLogger("migro"), logging.getLogger("stamina")
    before = [(one, one.level, one.propagate) for one in (logger, retries)]
    handler = log_to(sys.stderr.inner if isinstance(sys.stderr, JsonStream) else sys.stderr, format)
    retries.addHandler(RETRIES)
    retries.propagate = False
    try:
        yield
    finally:
        logger.removeHandler(handler)
        retries.removeHandler(RETRIES)
        for one, level, propagate in before:
            one.setLevel(level)
            one.propagate = propagate


class _Reporter:
    def __init__(self, console: Console, only: str | None, collected: dict[str, list[Any]], same: str) -> None:
        self._same = same
        self._console = console
        self._only = only
        self._collected = collected
        self._headed = False

    def _record(self, name: str, data: Mapping[str, Any]) -> None:
        if self._console.format == "json":
            self._collected.setdefault(name, []).append(data)
        elif self._console.format == "jsonl":
            self._console.data({"record": name.removesuffix("s"), **data})

    def turn(self, turn: Turn) -> None:
        if turn.done is None:
            self.unreadable(turn.event)
            return
        for decision in turn.due:
            self.decision(decision)
        self.disposition(turn.event, turn.done)
        for decision in turn.done.decisions:
            self.decision(decision)

    def unreadable(self, event: Event) -> None:
        if self._only == "decisions":
            self._console.complain(f"{event.where}: {event.problem}")
            return
        self._record("dispositions", {"where": event.where, "name": "unreadable", "reason": event.problem})
        self._console.say(f"{'unreadable':<10} {event.where}  {event.problem}")

    def disposition(self, event: Event, done: Processed) -> None:
        if self._only == "decisions":
            return
        found = done.disposition
        self._console.say(disposition_line(event, done))
        self._record(
            "dispositions",
            {
                "where": event.where,
                "signal": done.signal.id,
                "kind": done.signal.kind,
                "topic": done.signal.topic,
                "merchant": done.signal.merchant,
                "name": found.name if found else _PENDING[0],
                "reason": found.reason if found else _PENDING[1],
                "issues": list(found.issues) if found else [],
            },
        )

    def decision(self, decision: Decision) -> None:
        if self._only == "dispositions":
            return
        self._console.say(f"{'decision':<10} {decision_row(decision, dated=True)}  {decision.because}")
        self._record("decisions", decision.summary())

    def answer(self, heard: Heard) -> None:
        counted = heard.answer is not None and heard.answer.counted
        self._record("answers", {"verb": heard.verb, "counted": counted, "words": heard.words})
        self._console.say(f"{'answer':<10} {heard.verb}: {heard.words}")

    def counts(self, tally: Tally, url: str, *, live: bool, shadow: Shadow | None) -> None:
        beside = {} if shadow is None else {"shadow": {"decisions": shadow.decided, "errors": dict(shadow.errors)}}
        if self._console.format == "json":
            self._console.data({**self._collected, "counts": {**tally.data(), **beside}})
        elif self._console.format == "jsonl":
            self._console.data({"record": "counts", **tally.data(), **beside})
        else:
            print()
            print("\n".join(tally.lines()))
            if shadow is not None:
                print(f"candidate rules: {shadow.decided} decisions; see: migro decisions list --shadow{self._same}")
                for partition, error in sorted(shadow.errors.items()):
                    print(f"candidate rules are left out for {partition}: {error}")
            print(f"memory {url}; {'live' if live else 'dry run: nothing was executed'}")
