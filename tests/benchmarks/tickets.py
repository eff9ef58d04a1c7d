"""
How fast tickets are labelled, and whether that stays the same with more phrases.

Run it from the repository, on a quiet machine::

    python -m tests.benchmarks.tickets

Time is that of the processor, and of several rounds the best counts, since the rest is what other programs took; the
lexicons take turns in each, so that none has the quiet moments to itself. The floor is what no reader of words can be
faster than: finding the words of title and text with one regular expression.
"""

from __future__ import annotations

import argparse
import re
import time
from collections.abc import Callable, Sequence
from functools import partial
from itertools import product

import attrs

from migro.classify import Classifier, Ticket, standard_calibration, standard_lexicon, standard_vocabulary
from migro.lexicons import Entry, Lexicon

_ROUNDS = 7
_WORD = re.compile(r"[a-z0-9]+")

_TITLES = (
    "Coupon is not applied at checkout",
    "Customers cannot log in after the update",
    "Stock goes negative when two people buy the last one",
    "Order webhook arrives twice",
    "[Bug]: Category page shows the wrong price",
    "How to configure the search index?",
    "Import of customers fails with a foreign key error",
    "Refund through the payment gateway does nothing",
)
_TEXTS = (
    "Since last week our shop has this. Open the page, add a product, go on. Expected: the total is right. Actual: it"
    " is the old one, and reloading does not help. Version 4.2, Chrome and Firefox, a clean installation.",
    "We see it on staging and in production, not for every customer. The log says `TypeError: Cannot read properties"
    " of undefined (reading 'selectedVariant')` and the API answers"
    ' {"errors": [{"message": "access denied"}]}. Any idea?',
    "Steps: create two accounts, place an order with each, cancel one. The quantity is not given back and the next"
    " order is refused. It worked before the upgrade to the new version, and a reindex changes nothing.",
)


def tickets(number: int) -> list[Ticket]:
    """Return made-up tickets of the usual length: a title and three sentences."""
    pairs = list(product(_TITLES, _TEXTS))
    return [
        Ticket(id=str(n), title=f"{pairs[n % len(pairs)][0]} ({n})", body=f"{pairs[n % len(pairs)][1]} Case {n}.")
        for n in range(number)
    ]


def larger(lexicon: Lexicon, times: int) -> Lexicon:
    """Return a lexicon with so many times the phrases; the new ones are about something else."""
    sizes = ("small", "large", "round", "narrow", "early", "late", "first", "second")
    more = [
        Entry(f"kettle{n}x{place} ... {sizes[place % len(sizes)]} (spout|lid{n})", entry.points)
        for n in range(1, times)
        for place, entry in enumerate(lexicon.entries)
    ]
    return attrs.evolve(lexicon, name=f"{lexicon.name}-x{times}", entries=(*lexicon.entries, *more))


def once(work: Callable[[], object]) -> float:
    """Return how long something takes, in seconds of the processor."""
    start = time.process_time()
    work()
    return time.process_time() - start


def best(work: Callable[[], object]) -> float:
    """Return the shortest time of several rounds, in seconds of the processor."""
    return min(once(work) for _ in range(_ROUNDS))


def label(classifier: Classifier, made: Sequence[Ticket]) -> None:
    """Label tickets one after the other and keep nothing, as the command does."""
    for ticket in made:
        classifier.classify(ticket)


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").strip().splitlines()[0])
    parser.add_argument("--tickets", type=int, default=2_000)
    number = parser.parse_args(arguments).tickets
    made = tickets(number)
    floor = best(lambda: [_WORD.findall(f"{t.title}\n{t.body}".lower()) for t in made])
    print(f"{'floor: words by one expression':36} {number / floor:12,.0f} tickets/s")
    english = standard_lexicon("en")
    words = {"en": standard_vocabulary()}
    lexicons = [larger(english, times) if times > 1 else english for times in (1, 2, 4)]
    classifiers = [Classifier([lexicon], standard_calibration(), vocabularies=words) for lexicon in lexicons]
    taken = [once(partial(label, c, made)) for c in classifiers]
    for _ in range(_ROUNDS):
        taken = [min(before, once(partial(label, c, made))) for before, c in zip(taken, classifiers, strict=True)]
    for lexicon, seconds in zip(lexicons, taken, strict=True):
        print(f"{f'{len(lexicon.entries):,} phrases':36} {number / seconds:12,.0f} tickets/s")
    long = Ticket(title="Checkout is slow", body="The cart takes long to load. " * 40_000)
    print(f"{'one ticket of 1.2 megabytes':36} {best(lambda: classifiers[0].classify(long)) * 1000:12,.1f} ms")


if __name__ == "__main__":
    main()
