"""
A scenario of your own: a shop whose carts fail, the truth about it, and how much of it an agent finds.

    python examples/own_scenario.py

Expect::

    31 deliveries to duneside-demo.myshopify.com
    found: checkout_server_error_spike SEV2, first after 122 s
    111 of 331 events can get lost, and the truth stays

The command plays it too, alone or over a shipped one::

    migro simulate own_scenario:SCENARIO --out played
    migro simulate own_scenario:SCENARIO+SC24 --loss 30 --out played
"""

from datetime import timedelta

from migro import Agent, VolatileMemory
from migro.models import IssueStatus, Severity
from migro.observe import Envelope, Observer, ObserveSettings
from migro.packs.headless import RULES
from migro.simulate import START, ExpectedIssue, GroundTruth, Scenario, Shop, Simulation, Timeline, load, lose

SHOP = Shop(
    id="duneside-demo.myshopify.com",
    name="duneside",
    currency="EUR",
    aov_minor=6_000,
    sessions_per_min="8",
    numbers=71_000,
)


def play(seed: int, variant: str = "") -> Simulation:
    """From T0 on four of ten ``POST /cart`` fail; there were none before."""
    onset = START + timedelta(minutes=10)
    timeline = Timeline("duneside", seed=seed, shop=SHOP, onset=onset, end=onset + timedelta(minutes=15))
    load.profile(timeline, -10)
    load.browsing(timeline, -10, 14, per_min=3)
    load.cart_posts(timeline, -10, -1, per_min=10)
    load.cart_posts(timeline, 0, 14, per_min=10, failing=400)
    for number, minute in enumerate((-8, -5, -1, 6)):
        load.order(timeline, timeline.at(minute), number=SHOP.numbers + number)
    return timeline.finish(truth)


def truth(timeline: Timeline) -> GroundTruth:
    """Say what a good agent finds, and how soon."""
    return GroundTruth(
        scenario="duneside",
        seed=timeline.seed,
        merchants=(SHOP.id,),
        start=START,
        onset=timeline.onset,
        end=timeline.end,
        issues=(
            ExpectedIssue(
                kind="checkout_server_error_spike",
                merchant=SHOP.id,
                onset=timeline.onset,
                mildest=Severity.SEV2,
                gravest=Severity.SEV1,
                within=360,
            ),
        ),
    )


SCENARIO = Scenario(id="duneside", title="Carts fail in a shop by the sea", play=play)

if __name__ == "__main__":
    simulation = SCENARIO.play(1, "")
    print(f"{len(simulation.envelopes)} deliveries to {SHOP.id}")
    settings = ObserveSettings.model_validate({"endpoints": simulation.settings()})
    observer = Observer(settings, secrets=simulation.secrets, pseudonym_key=b"every person here is made up")
    agent = Agent(rules=RULES, memory=VolatileMemory())
    found = [
        decision
        for envelope in simulation.envelopes
        for signal in observer.observe(Envelope.model_validate(envelope.data())).signals
        for decision in agent.handle(signal)
        if decision.issue.status is IssueStatus.OPEN
    ]
    for expected in simulation.truth.issues:
        about = [d for d in found if d.issue.kind == expected.kind]
        worst = max(d.issue.severity for d in about)
        print(f"found: {expected.kind} {worst.word}, first after {(about[0].at - expected.onset).seconds} s")
    less = lose(simulation, permille=300, seed=1)
    print(f"{less.truth.lost} of {simulation.truth.events} events can get lost, and the truth stays")
