"""Exports: whatever shape they have, title and text are found by name, and what cannot be read is named."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from migro.classify import Ticket, TicketFields, read_tickets
from migro.errors import InputError
from tests.effort import cases


def tickets(text: str, **fields: str) -> list[Ticket]:
    found = list(read_tickets(text, fields=TicketFields(**fields)))
    assert [r.problem for r in found] == [""] * len(found)
    return [r.ticket for r in found if r.ticket]


TWO = [Ticket(id="1", title="Cart", body="It is empty"), Ticket(id="2", title="Login", body="It fails")]


@pytest.mark.parametrize(
    "text",
    [
        '[{"id": 1, "title": "Cart", "body": "It is empty"}, {"id": 2, "title": "Login", "body": "It fails"}]',
        '{"id": "1", "title": "Cart", "body_excerpt": "It is empty"}\n\n'
        '{"id": "2", "title": "Login", "text": "It fails"}',
        '{"tickets": [{"id": 1, "subject": "Cart", "description": "It is empty"},'
        ' {"id": 2, "subject": "Login", "comments": [{"id": 9, "body": "It fails"}, {"body": "Thanks"}]}]}',
        '{"count": 2, "results": [{"ticket": {"id": 1, "subject": "Cart", "description": "It is empty"}},'
        ' {"ticket": {"id": 2, "subject": "Login", "description": "It fails"}}]}',
        "id,title,body\n1,Cart,It is empty\n2,Login,It fails\n",
        "\ufeffTicket ID;Subject;Description\r\n1;Cart;It is empty\r\n2;Login;It fails\r\n",
        "Number\tSummary\tFirst comment\n1\tCart\tIt is empty\n2\tLogin\tIt fails\n",
        "Nr,Betreff,Nachricht\n1,Cart,It is empty\n2,Login,It fails",
        "Issue key|Summary|Description\n1|Cart|It is empty\n2|Login|It fails",
        '{"_embedded": {"conversations": [{"id": 1, "subject": "Cart", "preview": "It is empty"},'
        ' {"id": 2, "subject": "Login", "preview": "It fails"}]}, "page": {"size": 2}}',
        "customer id,case_id,ticket.subject,customer message\n8,1,Cart,It is empty\n9,2,Login,It fails",
        "Case Number;Short description;Customer wrote;Team\n1;Cart;It is empty;a\n2;Login;It fails;b",
        "number,short_description,long description\n1,Cart,It is empty\n2,Login,It fails",
        '{"key": "1", "fields": {"summary": "Cart", "description": "It is empty"}}\n'
        '{"key": "2", "fields": {"summary": "Login", "description": "It fails"}}',
    ],
    ids=[
        "list",
        "lines",
        "zendesk",
        "search",
        "csv",
        "semicolons",
        "tabs",
        "german",
        "bars",
        "deep",
        "last-word",
        "short-description",
        "two-descriptions",
        "nested",
    ],
)
def test_a_ticket_is_found_in_every_shape(text: str) -> None:
    assert tickets(text) == TWO


def test_names_that_tell_nothing_are_told() -> None:
    text = "a,b,c\n1,Cart,It is empty\n2,Login,It fails\n"

    assert tickets(text, id="a", title="b", body="c") == TWO
    with pytest.raises(InputError, match="expected a field such as title, subject, description or body, got a, b, c"):
        list(read_tickets(text))
    with pytest.raises(InputError, match="expected a field 'd', got a, b, c"):
        list(read_tickets(text, fields=TicketFields(title="d")))


def test_a_cell_may_hold_lines_and_separators() -> None:
    (ticket,) = tickets('id,title,body\n1,"Cart, again","It is\nempty, ""always"""\n')

    assert (ticket.title, ticket.body) == ("Cart, again", 'It is\nempty, "always"')


@pytest.mark.parametrize(
    ("text", "title", "body"),
    [
        ("Cart is empty\nSince today.", "Cart is empty", "Since today."),
        ("Just one line", "Just one line", ""),
        ("From: a@shop.example\nSubject: Cart is empty\n\nSince today.", "Cart is empty", "Since today."),
    ],
)
def test_plain_text_is_one_ticket(text: str, title: str, body: str) -> None:
    (ticket,) = tickets(text)

    assert ticket.title == title
    assert ticket.body.endswith(body)


def test_the_language_of_a_record_is_kept_where_it_is_one() -> None:
    found = tickets('[{"title": "a", "language": "de-AT"}, {"title": "b", "language": "German, I think"}]')

    assert [t.language for t in found] == ["de-AT", None]


def test_what_cannot_be_read_is_named_and_the_rest_is_read() -> None:
    text = '{"id": 1, "title": "Cart"}\nnonsense\n7\n{"id": 2, "title": ""}\n{"id": 3, "title": "Login"}'
    found = list(read_tickets(text, where="my.jsonl"))

    assert [r.ticket.id for r in found if r.ticket] == ["1", "3"]
    assert [(r.place, r.problem) for r in found if not r.ticket] == [
        ("my.jsonl, line 2", "expected a JSON object, got something else"),
        ("my.jsonl, line 3", "expected a JSON object, got int"),
        ("my.jsonl, line 4", "expected words in a title or a text, got them in id"),
    ]


def test_brackets_without_end_are_refused_in_words() -> None:
    (record,) = read_tickets("[" * 100_000)

    assert "expected JSON" in record.problem


@settings(max_examples=cases(60), deadline=None)
@given(st.lists(st.tuples(st.text(min_size=1, max_size=20), st.text(max_size=40)), min_size=1, max_size=4))
def test_lines_of_json_come_back_whole(pairs: list[tuple[str, str]]) -> None:
    text = "\n".join(json.dumps({"title": f"t{title}", "body": body}) for title, body in pairs)

    assert [(t.title, t.body) for t in tickets(text)] == [(f"t{title}".strip(), body.strip()) for title, body in pairs]


@pytest.mark.parametrize(
    ("text", "ids"),
    [
        ("sep=;\r\nVorgang;Betreff;Anfragetext\r\n1;Cart;It is empty\r\n2;Login;It fails\r\n", ["1", "2"]),
        ("Vorgang;Betreff;Problembeschreibung\n1;Cart;It is empty\n2;Login;It fails\n", ["1", "2"]),
        (
            'Ticket id,Ticket subject,Tags,First message\n1,Cart,"a,b",It is empty\n2,Login,,It fails\n',
            ["1", "2"],
        ),
        ('Subject\tKontext\tAsked by\n"Cart\tagain"\tshop\tAnn\n', [None]),
    ],
    ids=["told-separator", "german-compounds", "last-words", "separator-in-a-cell"],
)
def test_tables_of_help_desks_and_spreadsheets_are_tables(text: str, ids: list[str | None]) -> None:
    assert [t.id for t in tickets(text)] == ids
    assert all(t.title for t in tickets(text))


def test_context_is_no_text() -> None:
    (found,) = read_tickets("Subject\tKontext\tAsked by\nCart\tshop\tAnn\n")

    assert found.fields is not None
    assert found.fields.body is None


def test_a_row_that_ends_early_is_named_by_its_line_and_the_others_are_read() -> None:
    rows = "id,description,title\n1\n2,It is empty\n3,It fails,Login\n4\n5,It is slow,Page\n"
    found = list(read_tickets(rows, where="t.csv"))

    assert [(r.ticket.title, r.ticket.body) for r in found if r.ticket] == [
        ("", "It is empty"),
        ("Login", "It fails"),
        ("Page", "It is slow"),
    ]
    assert [(r.place, r.problem) for r in found if not r.ticket] == [
        ("t.csv, line 2", "expected words in a title or a text, got them in id"),
        ("t.csv, line 5", "expected words in a title or a text, got them in id"),
    ]


def test_an_object_without_a_field_that_tells_ends_nothing_where_others_have_one() -> None:
    odd, good = '{"id": 7}\n', '{"id": 8, "title": "Cart"}\n'
    for text in (odd + good, good + odd, odd * 3 + good + odd):
        found = list(read_tickets(text, where="t"))
        assert len(found) == text.count("\n")
        assert {r.problem for r in found if not r.ticket} == {
            "expected a field such as title, subject, description or body, got id"
        }
        assert [r.place for r in found] == [f"t, line {n}" for n in range(1, len(found) + 1)]


@pytest.mark.parametrize("many", [1, 100, 101, 5_000])
def test_where_no_object_has_such_a_field_the_first_is_named(many: int) -> None:
    with pytest.raises(InputError, match=r"got id in t, (line|item) 1: say which one it is"):
        list(read_tickets('{"id": 7}\n' * many, where="t"))


@pytest.mark.parametrize("end", ["", "\n"])
def test_a_quote_that_nobody_closes_is_said(end: str) -> None:
    rows = 'id,title,body\n1,Cart,"two\nlines"\n2,"Login,It fails\n3,Page,It is slow' + end
    *others, (where, last, said) = [(r.place, r.ticket, r.problem) for r in read_tickets(rows, where="t.csv")]

    assert [problem for _, _, problem in others] == ["", ""]
    assert (where, last) == ("t.csv, line 4", None)
    assert said == "expected the end of a quoted field, got that of the table: rows may be its text"


@pytest.mark.parametrize("end", ["", "\n", "\r\n", '\n5,"a ""word""","It is ""so"""', '\n5,Page,""'])
def test_quotes_that_are_closed_are_no_problem(end: str) -> None:
    assert all(not r.problem for r in read_tickets('id,title,body\n1,Cart,"It\nis empty"' + end))
