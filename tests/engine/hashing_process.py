"""Run as a program under several hash seeds: prints every change and firing of random streams, then their digest."""

from __future__ import annotations

import sys
from hashlib import sha256
from random import Random

from migro.engine import EngineState, NativeEngine, contributing, near_miss, snapshot, trace
from migro.rules import RuleSet
from tests.engine.playing import apply
from tests.engine.profiles import HOURS, SLOW, TINY
from tests.engine.streams import ruleset, stream
from tests.engine.vocabulary import CLASSES

TRACED = 40


def main(count: int) -> None:
    meaning = sha256()

    def told(what: object) -> None:
        line = f"{what!r}\n"
        meaning.update(line.encode())
        print(line, end="")

    for seed in range(count):
        r = Random(seed)
        p = (TINY, SLOW, TINY, SLOW, HOURS)[seed % 5]
        written = ruleset(r, p)
        steps = stream(r, written, 10, p)
        # Registered in an order that is another one under every hash seed.
        rules = RuleSet(
            "random",
            *sorted(written, key=lambda rule: hash(rule.id)),
            signals=sorted(CLASSES, key=lambda c: hash(c.__name__)),
        )
        print(rules.version)
        engine, state = NativeEngine(rules), EngineState()
        for step in steps:
            while (due := engine.next_due(state)) is not None and due <= step.now:
                engine.pass_time(state, due)
                told((due, engine.settle(state)))
            apply(engine, state, step)
            told((step.now, engine.settle(state)))
        told(sorted((f.rule, f.key, f.at, f.lowered) for f in state.firings.values()))
        # Written down by one Python and hash seed, it can be taken up by any other.
        meaning.update(snapshot(engine, state))
        if seed < TRACED:
            for rule_id, key in sorted(state.firings):
                rule = rules.rule(rule_id)
                print(rule, trace(engine, state, rule, key).json_line(), contributing(engine, state, rule, key))
            for rule in sorted(rules, key=lambda rule: rule.id):
                print(near_miss(engine, state, rule, ("m1",)) if len(rule.when.key_names) == 1 else "")
    print(meaning.hexdigest())


if __name__ == "__main__":
    main(int(sys.argv[1]))
