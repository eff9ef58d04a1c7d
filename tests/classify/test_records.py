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
        ("my.jsonl, line 4", "expected a title or a text, got the fields id, title"),
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
