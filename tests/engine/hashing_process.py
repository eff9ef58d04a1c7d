"""Run as a program under several hash seeds: prints every change and trace of some random streams."""

from __future__ import annotations

import sys
from random import Random

from migro.engine import EngineState, NativeEngine, contributing, near_miss, trace
from migro.models import to_microseconds
from tests.engine.streams import ruleset, stream


def main(count: int) -> None:
    for seed in range(count):
        r = Random(seed)
        rules = ruleset(r)
        engine, state = NativeEngine(rules), EngineState()
        print(rules.version)
        for s in stream(r, rules, 12):
            now = to_microseconds(s.received_at)
            while (due := engine.next_due(state)) is not None and due <= now:
                engine.pass_time(state, due)
                print(engine.settle(state))
            print(engine.insert(state, s, now))
            print(engine.settle(state))
            for rule_id, key in sorted(state.firings):
                rule = rules.rule(rule_id)
                print(rule, trace(engine, state, rule, key).json_line(), contributing(engine, state, rule, key))
            for rule in rules:
                print(near_miss(engine, state, rule, ("m1",)) if len(rule.when.key_names) == 1 else "")


if __name__ == "__main__":
    main(int(sys.argv[1]))
