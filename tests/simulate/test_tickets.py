"""An inbox of tickets: as many as asked for, with labels beside them and people's data in them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from migro.classify import CATEGORIES, SEVERITIES, classify
from migro.errors import ConfigurationError
from migro.simulate import tickets, write_tickets

INBOX = tickets(300, seed=4)
RAW = "\n".join(
    e.body if isinstance(e.body, str) else json.dumps(dict(e.body), ensure_ascii=False)
    for e in INBOX.simulation.envelopes
)


def test_there_are_as_many_tickets_as_asked_for_each_of_them_delivered() -> None:
    simulation = INBOX.simulation

    assert len(INBOX.tickets) == len({t.id for t in INBOX.tickets}) == 300
    assert len(simulation.envelopes) == 300 + simulation.truth.duplicates
    assert {e.kind for e in simulation.envelopes} == {"ticket", "zendesk_event"}
    assert simulation.truth.issues == ()


def test_the_same_seed_writes_the_same_letters() -> None:
    assert tickets(40, seed=4) == tickets(40, seed=4)
    assert tickets(40, seed=4).tickets != tickets(40, seed=5).tickets


def test_what_is_planted_stands_in_the_letters_cards_included() -> None:
    planted = INBOX.simulation.truth.planted

    assert set(planted) >= {"name", "email", "phone", "address", "card"}
    assert [v for values in planted.values() for v in values if v not in RAW] == []


def test_labels_are_words_of_the_classifier_and_three_of_five_are_noise() -> None:
    records = [t.record() for t in INBOX.tickets]

    assert {r["category"] for r in records} <= set(CATEGORIES)
    assert {r["severity"] for r in records} <= set(SEVERITIES)
    assert 140 <= sum(r["noise"] for r in records) <= 220
    assert {r["intent"] for r in records} >= {"how_to", "thank_you", "refund_request", "cannot_checkout"}


def test_plain_faults_are_told_by_the_classifier() -> None:
    # These wordings say what they mean; what is left over is for the classifier's own tests.
    faults = [t for t in INBOX.tickets if not t.letter.about.noise][:40]
    right = [classify(t.letter.subject, t.letter.text).category == t.letter.about.category for t in faults]

    assert sum(right) >= 30


def test_the_plain_file_has_no_label_and_the_other_has(tmp_path: Path) -> None:
    plain, labelled = write_tickets(INBOX, tmp_path)
    read = [[json.loads(line) for line in path.read_text("utf-8").splitlines()] for path in (plain, labelled)]

    assert all(set(r) == {"id", "merchant", "created_at", "title", "body"} for r in read[0])
    assert [r["id"] for r in read[0]] == [r["id"] for r in read[1]]
    assert all(r["category"] and r["intent"] for r in read[1])


@pytest.mark.parametrize(("count", "days"), [(0, 7), (5, 0)])
def test_no_ticket_or_no_day_is_refused(count: int, days: int) -> None:
    with pytest.raises(ConfigurationError, match=f"at least one ticket and one day, got {count} and {days}"):
        tickets(count, seed=1, days=days)
