"""Scores of labels: counted by hand here, by migro there."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from migro.classify import Calibration, Classifier, Ticket, TicketRecord
from migro.errors import InputError
from migro.evaluate import Judged, TicketScores, judge, lines_of, score, truth_of
from migro.lexicons import Entry, Lexicon

LEXICON = Lexicon(
    name="test",
    version=1,
    language="en",
    entries=[
        Entry("lamp", {"inventory": 40}),
        Entry("cart", {"checkout": 40}),
        Entry("hook", {"webhook": 40}),
        Entry("fails", {"nature.fault": 40}),
    ],
)
CLASSIFIER = Classifier([LEXICON], Calibration(steps=((-1000, 300), (0, 600), (500, 900)), source="made up"))


def record(title: str, **fields: Any) -> TicketRecord:
    return TicketRecord(f"line {title}", Ticket(id=title, title=title), fields)


def judged(*records: TicketRecord) -> list[Judged]:
    found = list(judge(records, CLASSIFIER))
    assert all(isinstance(f, Judged) for f in found)
    return [f for f in found if isinstance(f, Judged)]


@pytest.fixture
def scores() -> TicketScores:
    return score(
        judged(
            record("lamp fails", category="inventory", severity="medium", customer_facing=True, confidence="sure"),
            record("lamp fails 2", category="inventory", severity="critical", customer_facing=False, confidence="sure"),
            record("cart fails", category="Checkout", severity="medium", customer_facing="yes", confidence="unsure"),
            record("cart fails 2", category="docs", category2="checkout", confidence="sure"),
            record("hook fails", category="auth", confidence="unsure"),
        )
    )


def test_accuracy_counts_the_first_desk_and_the_lenient_one_the_second_too(scores: TicketScores) -> None:
    assert (scores.tickets, scores.right, scores.nearly) == (5, 3, 4)
    assert (scores.accuracy, scores.lenient_accuracy) == (Decimal("0.6"), Decimal("0.8"))
    assert scores.sure == (3, 2)


def test_macro_f1_is_the_mean_over_the_categories_there_are(scores: TicketScores) -> None:
    by_name = {c.category: c for c in scores.categories}

    assert by_name["inventory"].f1 == 1
    assert (by_name["checkout"].precision, by_name["checkout"].recall) == (Decimal("0.5"), Decimal(1))
    assert by_name["webhook"].tickets == 0
    # Inventory 1, checkout 2/3, docs 0 and auth 0; webhook is no category of these tickets.
    assert scores.macro_f1 == Decimal("0.4167")


def test_confusions_name_the_tickets_and_the_phrases_that_misled(scores: TicketScores) -> None:
    worst = {(w.truth, w.said): w for w in scores.worst}

    assert worst.keys() == {("docs", "checkout"), ("auth", "webhook")}
    assert worst["docs", "checkout"].ids == ("cart fails 2",)
    assert worst["docs", "checkout"].phrases == (("cart", 1),)
    assert scores.confusion["docs", "checkout"] == 1


def test_severity_and_customers_count_where_people_say_something(scores: TicketScores) -> None:
    assert scores.severity is not None
    assert scores.severity[0] == 3
    assert scores.customer_facing is not None
    assert scores.customer_facing[0] == 3


def test_the_document_and_the_lines_tell_the_same(scores: TicketScores) -> None:
    document = scores.document()
    text = "\n".join(lines_of(scores))

    assert document["accuracy"] == Decimal("0.6")
    assert sum(c["tickets"] for c in document["confusion"]) == 5
    assert "accuracy             0.6" in text
    assert "1 x docs taken for checkout: cart fails 2" in text
    assert "calibration" in document


def test_records_without_a_label_or_a_ticket_are_given_back() -> None:
    found = list(judge([record("lamp"), TicketRecord("line 2", None, problem="broken")], CLASSIFIER))

    assert [f.problem for f in found if isinstance(f, TicketRecord)] == [
        "expected a category in a field called category or label, got the fields none",
        "broken",
    ]


@pytest.mark.parametrize(
    ("field", "record"),
    [
        ("Assigned team", {"Assigned team": "Data Sync"}),
        ("custom_fields.17", {"custom_fields": [{"id": 9, "value": "auth"}, {"id": 17, "value": "data_sync"}]}),
        ("fields.desk", {"fields": {"Desk": "data-sync"}}),
        ("tags", {"tags": ["urgent", "data_sync"]}),
        ("a.b", {"a.b": "data_sync"}),
    ],
)
def test_the_category_stands_wherever_a_help_desk_puts_it(field: str, record: dict[str, Any]) -> None:
    found = truth_of(record, field=field)

    assert found is not None
    assert found.category == "data_sync"
    assert (
        truth_of({"tags": ["urgent"], "custom_fields": [{"id": 17, "value": None}], "fields": 3}, field=field) is None
    )


def test_a_category_that_is_none_is_given_back_and_the_rest_is_judged() -> None:
    found = list(judge([record("lamp", category="kettles"), record("cart", category="checkout")], CLASSIFIER))

    assert [isinstance(f, Judged) for f in found] == [False, True]
    assert isinstance(found[0], TicketRecord)
    assert found[0].problem.startswith("expected a category, one of auth, ")
    assert found[0].problem.endswith("got 'kettles'")


def test_a_label_may_stand_in_a_field_of_another_name() -> None:
    truth = truth_of({"Desk Name": "Data Sync"}, field="desk name")

    assert truth is not None
    assert truth.category == "data_sync"
    assert truth_of({"desk name": "auth"}) is None


def test_titles_alone_can_be_scored() -> None:
    found = list(judge([TicketRecord("1", Ticket(title="x", body="lamp"), {"category": "inventory"})], CLASSIFIER))
    titles = list(
        judge(
            [TicketRecord("1", Ticket(title="x", body="lamp"), {"category": "inventory"})], CLASSIFIER, titles_only=True
        )
    )

    assert [f.right for f in (*found, *titles) if isinstance(f, Judged)] == [True, False]


def test_nothing_cannot_be_scored() -> None:
    with pytest.raises(InputError, match="expected at least one labelled ticket, got none"):
        score([])
