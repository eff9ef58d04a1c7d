"""What rules on a kind rely on is there, or the event is of another kind."""

from __future__ import annotations

from migro.observe.completeness import NEEDED, complete_kind
from migro.packs.headless.signals import VOCABULARY
from tests.fuzz.cases import seeds
from tests.observe.payloads import observed, one

REQUIRED = {
    cls.__signal_kind__: {
        f"{place}.{name}" for name, place in cls.__own_columns__.items() if cls.model_fields[name].is_required()
    }
    for cls in VOCABULARY
}


def test_what_is_needed_is_what_the_vocabulary_requires() -> None:
    assert {kind: set(names) for kind, names in NEEDED.items()} == {kind: REQUIRED[kind] for kind in NEEDED}


def test_every_kind_that_formats_read_is_looked_at() -> None:
    found = [s for c in seeds() for s in observed(c.kind, c.body.decode(), dict(c.headers)).signals]
    read = {signal.kind for signal in found if not signal.normalizer.startswith("host/")}

    assert {kind for kind in read if REQUIRED.get(kind)} <= NEEDED.keys()


def test_a_payment_without_a_number_is_an_event_of_the_platform() -> None:
    signal = one("stripe_event", {"type": "payment_intent.succeeded"})

    assert (signal.kind, signal.topic) == ("platform.event", "order.paid")


def test_a_kind_that_nobody_knows_needs_nothing() -> None:
    assert complete_kind("something.else", {}, {}, {}) == "something.else"
