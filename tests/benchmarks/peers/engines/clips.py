"""The workloads in CLIPS: rules as text in its own language, events as facts of one template."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import clips

from ..workloads import Event, Firing, Workload

_FACTS = """
(deftemplate event (slot kind (type SYMBOL)) (slot key (type SYMBOL)) (slot code (type INTEGER))
  (slot path (type STRING)) (slot at (type INTEGER)))
"""


class Engine:
    """An environment with the rules of a workload."""

    warm_up = 1

    def __init__(self, workload: Workload) -> None:
        self.alone = workload.shape in ("alpha", "windows")
        self.environment = clips.Environment()
        self.firings: list[Firing] = []
        self.number = 0
        self.environment.define_function(self.fired, "fired")
        for text in (_FACTS, *_rules(workload)):
            self.environment.build(text.strip())
        self.template = self.environment.find_template("event")

    def fired(self, rule: Any, key: Any) -> None:
        self.firings.append((self.number, str(rule), str(key)))

    def prepared(self, events: Sequence[Event]) -> Sequence[Any]:
        """Return the events with kinds and keys as symbols, which CLIPS compares by identity."""
        symbol = clips.Symbol
        return [
            {
                "kind": symbol(str(e["kind"])),
                "key": symbol(str(e["key"])),
                "code": e["code"],
                "path": e["path"],
                "at": e["at"],
            }
            for e in events
        ]

    def run(self, events: Sequence[Any]) -> list[Firing]:
        """Take in one event after the other, and return what fired."""
        environment, template, alone = self.environment, self.template, self.alone
        for number, event in enumerate(events):
            self.number = number
            fact = template.assert_fact(**event)
            environment.run()
            if alone:
                fact.retract()
        return self.firings


def _rules(workload: Workload) -> Iterator[str]:
    match workload.shape:
        case "alpha":
            for c in workload.conditions:
                path = f'(path ?p&:(eq (str-index "{c.prefix}" ?p) 1))' if c.prefix else ""
                yield f"""
                (defrule {c.rule} (event (kind {c.kind}) (key ?k) (code ?c&:(>= ?c {c.code})) {path})
                  => (fired {c.rule} ?k))"""
        case "chain":
            yield "(deftemplate level (slot number (type INTEGER)) (slot key (type SYMBOL)))"
            yield """
            (defrule level_0 (event (kind start) (key ?k))
              => (fired level_0 ?k) (assert (level (number 0) (key ?k))))"""
            for n in range(1, workload.depth):
                yield f"""
                (defrule level_{n} (level (number {n - 1}) (key ?k))
                  => (fired level_{n} ?k) (assert (level (number {n}) (key ?k))))"""
        case "join" | "negation":
            for n in range(workload.pairs):
                blocked = f"(not (event (kind c_{n}) (key ?k)))" if workload.shape == "negation" else ""
                yield f"""
                (defrule pair_{n} (event (kind a_{n}) (key ?k)) (event (kind b_{n}) (key ?k)) {blocked}
                  => (fired pair_{n} ?k))"""
        case "windows":
            # Without windows in the language: one fact for each merchant holds the times that still count.
            yield "(deftemplate times (slot key (type SYMBOL)) (multislot at (type INTEGER)))"
            longest = max(w.within_ms for w in workload.windows)
            told = " ".join(
                f"(if (reached ?kept ?t {w.within_ms} {w.many}) then (fired {w.rule} ?k))" for w in workload.windows
            )
            yield """
            (deffunction kept-from (?times ?since)
              (while (and (> (length$ ?times) 0) (< (nth$ 1 ?times) ?since)) (bind ?times (rest$ ?times)))
              ?times)"""
            yield """
            (deffunction reached (?times ?now ?within ?many)
              (bind ?place (- (+ (length$ ?times) 1) ?many))
              (and (> ?place 0) (>= (nth$ ?place ?times) (- ?now ?within))))"""
            yield """
            (defrule first (event (code ?c&:(>= ?c 500)) (key ?k)) (not (times (key ?k)))
              => (assert (times (key ?k))))"""
            yield f"""
            (defrule again (event (code ?c&:(>= ?c 500)) (key ?k) (at ?t))
                           ?held <- (times (key ?k) (at $?times&:(not (member$ ?t ?times))))
              => (bind ?kept (create$ (kept-from ?times (- ?t {longest})) ?t))
                 (modify ?held (at ?kept)) {told})"""
        case _:
            raise ValueError(f"expected a shape of workloads, got {workload.shape!r}")
