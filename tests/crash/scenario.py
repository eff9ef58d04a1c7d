"""What happens to the two shops in a day and a half: at least two hundred steps, each of which may be offered again."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

import attrs

from migro.models import RunMode, Signal

from .shop import after, beat, call, expected, over, plain, probe, ticket

__all__ = ["PERSON", "STEPS", "Configuration", "Step", "Verb"]

PERSON = "psn_0123456789abcdef"
"""Somebody who wrote tickets, and asks to be forgotten."""

Verb = Literal[
    "open", "restart", "configure", "handle", "tick", "drain", "answer", "withdraw", "erase", "halt", "resume", "mode",
    "resolve",
]  # fmt: skip
Configuration = Literal["first", "other rules", "careful"]


@attrs.frozen(kw_only=True)
class Step:
    """
    Something that the world does, once, although it may have to be tried again.

    Attributes:
        at: When, in seconds from the scenario's start.
        signals: For `handle`; several come in one call.
        answer: For `answer`: `approve` or `reject`.
        kind: Of the action that is answered, or the issue that is resolved.
        merchant: Whose.
        by: Who.
        target: The dedup key of the signal that is withdrawn, or the pseudonym that is erased.
        configuration: For `configure`.
        mode: For `mode`.
    """

    verb: Verb
    at: int
    signals: tuple[Signal, ...] = ()
    answer: Literal["approve", "reject"] = "approve"
    kind: str = ""
    merchant: str = "m_1"
    by: str = "ann"
    target: str = ""
    configuration: Configuration = "first"
    mode: RunMode | None = None


@attrs.define
class _Day:
    """Builds steps one after the other; time and numbers only grow."""

    now: int = 0
    number: int = 0

    def wait(self, seconds: int) -> None:
        self.now += seconds

    def does(self, verb: Verb, **fields: object) -> Step:
        self.now += 1
        return Step(verb=verb, at=self.now, **fields)  # type: ignore[arg-type]  # a step checks its own fields

    def handle(self, *signals: Signal) -> Step:
        return self.does("handle", signals=signals)

    def next(self) -> int:
        self.number += 1
        return self.number

    def call(self, merchant: str, code: int = 500, **fields: object) -> Signal:
        return call(self.next(), self.now, merchant, code, **fields)

    def probe(self, merchant: str, ok: bool) -> Signal:
        return probe(self.next(), self.now, merchant, ok)

    def beats(self) -> Iterator[Step]:
        for merchant in ("m_1", "m_2"):
            yield self.handle(beat(self.next(), self.now, merchant))

    def outage(self, merchant: str) -> Iterator[Step]:
        """Three failing calls and a probe: two families with disjoint signals, so the issue is HIGH."""
        for _ in range(3):
            yield self.handle(self.call(merchant))
        yield self.handle(self.probe(merchant, ok=False))


def _steps() -> Iterator[Step]:
    day = _Day()
    yield day.does("open")
    for merchant in ("m_1", "m_2"):
        yield day.handle(expected(day.next(), day.now, merchant))
    yield from day.beats()
    # A shop fails; people are told, a tag is set, a reply is approved, a replay needs two.
    yield from day.outage("m_1")
    yield day.does("drain")
    yield day.does("answer", kind="reply")
    yield day.does("answer", kind="replay", by="ann")
    yield day.does("drain")
    yield day.does("answer", kind="replay", by="bob")
    yield day.does("drain")
    again = day.call("m_1")
    yield day.handle(again)
    yield day.handle(again)
    yield day.handle(again, day.call("m_1", 200), day.probe("m_1", ok=False))
    # The other shop fails too, so it is the platform's; one approval is refused, the others lapse.
    yield from day.outage("m_2")
    yield day.does("drain")
    yield day.does("answer", answer="reject", kind="reply", merchant="m_2")
    yield day.does("answer", kind="tag", merchant="platform")
    yield day.does("drain")
    for _ in range(6):
        day.wait(300)
        yield day.does("tick")
        yield from day.beats()
    yield day.handle(call(day.next(), day.now - 1200, "m_1", received_at=after(day.now)))
    yield day.handle(day.probe("m_1", ok=True), day.probe("m_2", ok=True))
    for _ in range(4):
        day.wait(600)
        yield day.does("tick")
        yield day.does("drain")
    # Nothing comes from the feeds any more: silence, which only time can tell.
    for _ in range(4):
        day.wait(900)
        yield day.does("tick")
    yield day.does("drain")
    yield from day.beats()
    yield day.does("restart")
    # What is declared is no fault; the window ends by itself.
    ends = {"active": True}
    yield day.handle(plain(day.next(), day.now, "m_1", "calendar.maintenance", attrs=ends))
    yield from day.outage("m_1")
    yield day.does("drain")
    # And ten minutes more, when nothing is a leftover of the window any more.
    day.wait(4 * 3600 + 600)
    yield day.does("tick")
    yield from day.outage("m_1")
    yield day.does("drain")
    # Somebody writes, and is not believed twice; a delivery is forged.
    for person in (PERSON, "psn_fedcba9876543210", PERSON):
        yield day.handle(ticket(day.next(), day.now, "m_1", person))
    yield day.handle(day.call("m_2", auth="failed"))
    yield day.handle(day.call("m_2", env="test"), day.call("m_2", 404))
    yield day.handle(plain(day.next(), day.now, "m_2", "crash.strange", severity_hint="critical"))
    yield day.does("drain")
    # A wrong import is taken back; with it goes what it held up.
    wrong = [day.call("m_2") for _ in range(3)]
    for signal in wrong:
        yield day.handle(signal)
    yield day.does("withdraw", target=wrong[0].dedup_key)
    yield day.does("drain")
    yield day.does("withdraw", target=wrong[0].dedup_key)
    # People stop everything, and let it go on.
    yield day.does("halt")
    yield from day.outage("m_2")
    yield day.does("drain")
    yield day.does("resume")
    yield day.does("drain")
    yield day.does("mode", mode=RunMode.ASSIST)
    yield from day.outage("m_1")
    yield day.does("drain")
    yield day.does("mode")
    yield day.does("drain")
    # Other rules, then another policy, and back again.
    yield day.does("configure", configuration="other rules")
    yield from day.outage("m_1")
    yield from day.outage("m_2")
    yield day.does("drain")
    yield day.does("configure", configuration="careful")
    yield day.handle(day.call("m_1"))
    yield day.does("tick")
    yield day.does("answer", kind="tag", merchant="m_1")
    yield day.does("drain")
    yield day.does("configure", configuration="first")
    yield from day.outage("m_2")
    yield day.does("drain")
    yield day.does("resolve", kind="down", merchant="m_2")
    yield day.does("erase", target=PERSON)
    yield from day.beats()
    yield day.does("restart")
    # A long night with a failure every few hours, of which only the first is a silence too.
    for hour in range(8):
        merchant = ("m_1", "m_2")[hour % 2]
        yield from day.outage(merchant)
        yield day.does("drain")
        if hour == 0:
            day.wait(1800)
            yield day.does("tick")
            for feed in ("m_1", "m_2"):
                yield day.handle(over(day.next(), day.now, feed))
        yield day.handle(day.probe(merchant, ok=True), day.call(merchant, 200))
        yield day.handle(day.call(merchant, 200))
        day.wait(3600)
        yield day.does("tick")
        yield day.does("drain")
    day.wait(6 * 3600)
    yield day.does("tick")
    yield day.does("drain")


STEPS = tuple(_steps())
