"""Run as a program under several hash seeds: prints size and digest of the snapshots of fixed streams."""

from __future__ import annotations

from hashlib import sha256
from random import Random

from migro.agent import Fold
from migro.agent.snapshots import snapshot
from migro.models import Input, Signal, Tick
from migro.rules import RuleSet
from tests.agent import people, world
from tests.agent.people import ANN, OTHERS
from tests.agent.world import OPEN_POLICY, Run, after, react, received


def items(r: Random) -> list[Input]:
    at, made = 0, list[Input]()
    for n in range(40):
        at += r.choice([0, 1, 1, 7, 60, 301, 901])
        who = r.choice([ANN, *OTHERS])
        signal: Signal = r.choice(
            [
                people.visit(n, at, who, r.choice([200, 500, 503]), r.choice([None, who, "shoe", "hat"])),
                people.visit(n, at, who, 503, "hat"),
                people.vip(n, at, who, r.choice([200, 500])),
                people.ticket(n, at, who, n % 3),
                people.forged(n, at, who),
                world.call(n, at),
                world.probe(n, at, r.random() < 0.5),
                world.stranger(n, at, resource=("customer", who)),
                world.maintenance(n, at, n % 2 == 0),
            ]
        )
        made.append(received(signal))
    return [*made, Tick(at=after(at + 60))]


def main() -> None:
    size, meaning = 0, sha256()
    for seed in range(8):
        r = Random(seed)
        # Registered in an order that is another one under every hash seed.
        rules = RuleSet("both", *sorted([*people.RULES, *world.RULES], key=lambda rule: hash(rule.id)))
        run = Run(fold=Fold(rules, OPEN_POLICY))
        for item in items(r):
            run.give(item)
            answer = react(run, r.randrange(20))
            if answer is not None:
                run.give(answer)
            data = snapshot(run.fold.engine, run.fold.policy.version, run.state)
            size += len(data)
            meaning.update(data)
    print(size, meaning.hexdigest())


if __name__ == "__main__":
    main()
