from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from migro.observe.ticket_fields import (
    Said,
    account_in,
    author_of,
    label,
    newest,
    own_words,
    person_of,
    plain_text,
    zone_of,
)


@pytest.mark.parametrize(
    ("told", "author"),
    [
        (("End-User",), "end_user"),
        (("lead",), "end_user"),
        (("teammate",), "agent"),
        (("bot",), "system"),
        (("weather", None, 5, "admin"), "agent"),
        (("weather",), "unknown"),
        ((), "unknown"),
    ],
)
def test_the_first_word_that_says_who_wrote_decides(told: tuple[object, ...], author: str) -> None:
    assert author_of(*told) == author


@pytest.mark.parametrize(
    ("said", "heard"),
    [
        (Said(text="x", author="end_user"), "x"),
        (Said(text="x"), "x"),
        (Said(text="x", author="agent"), ""),
        (Said(text="x", author="system"), ""),
        (Said(text="x", author="end_user", private=True), ""),
    ],
)
def test_only_words_of_customers_are_heard(said: Said, heard: str) -> None:
    assert said.heard == heard


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("plain < 5 & more", "plain < 5 & more"),
        ("<p>a</p><p>b &amp; c</p>", "a\n\nb & c"),
        ("one<br>two", "one\ntwo"),
        ("<style>p {}</style><script>alert(1)</script>seen<!-- not -->", "seen"),
        ("new<blockquote>old</blockquote>", "new"),
        ('new<div class="gmail_quote">old <b>older</b></div>', "new"),
        (f"<b>x</b>&#{'9' * 5000};", "x"),
    ],
)
def test_markup_and_what_it_quotes_is_gone(html: str, text: str) -> None:
    assert plain_text(html) == text


def test_what_is_no_text_is_left_out() -> None:
    assert plain_text(None, 5, "", " ", "a", ["b"], "c") == "a\nc"


@pytest.mark.parametrize(
    "rest",
    [
        "On Sat, 28 Feb 2026 at 09:30, Shop <x@shop.example> wrote:\nold",
        "On Sat, 28 Feb 2026 at 09:30, the shop that sells\nmugs <x@shop.example> wrote:\n\nold",
        "Am 28.02.2026 um 09:30 schrieb Shop:\nold",
        "Le sam. 28 févr. 2026 à 09:30, Shop a écrit :\nold",
        "-----Original Message-----\nold",
        "---------- Forwarded message ---------\nold",
        "##- Please type your reply above this line -##\nold",
        "From: Shop\nSent: Saturday\nTo: me\n\nold",
        "Von: Shop\nGesendet: Samstag\n\nold",
        "> old\n> older",
        "-- \nold",
        "________________________________\nold",
    ],
)
def test_what_a_message_quotes_is_cut(rest: str) -> None:
    assert own_words(f"It is broken.\nStill.\n\n{rest}") == "It is broken.\nStill."


@pytest.mark.parametrize(
    "text",
    [
        "On Monday it broke\nand nobody wrote to me",
        "From: where do I order?\nNothing works.",
        "I see an error -- it says 500",
        "a\n---\nb",
    ],
)
def test_words_that_only_look_like_a_quotation_stay(text: str) -> None:
    assert own_words(text) == text


@given(st.text())
def test_cutting_never_fails_and_twice_is_once(text: str) -> None:
    once = own_words(plain_text(text))

    assert own_words(once) == once


@pytest.mark.parametrize(
    ("address", "domain", "account"),
    [
        ("https://mugs.zendesk.com/api/v2", "zendesk.com", "mugs"),
        ("https://MUGS.zendesk.com", "zendesk.com", "mugs"),
        ("https://zendesk.com/", "zendesk.com", None),
        ("https://mugs.zendesk.com.evil.example/", "zendesk.com", None),
        ("https://evil.example/mugs.zendesk.com/", "zendesk.com", None),
        ("https://a.b.zendesk.com/", "zendesk.com", None),
        ("http://support.mugs.example:8080/tickets/1", None, "support.mugs.example"),
        ("javascript:alert(1)", None, None),
        (None, None, None),
    ],
)
def test_an_account_is_the_host_that_an_address_names(
    address: str | None, domain: str | None, account: str | None
) -> None:
    assert account_in(address, domain) == account


def test_a_label_is_short_and_plain() -> None:
    assert (label("outbound_email"), label("Très urgent"), label("x" * 41), label("a@b"), label(5)) == (
        "outbound_email",
        "Très urgent",
        None,
        None,
        None,
    )


@pytest.mark.parametrize(
    ("told", "zone"),
    [
        ("2026-03-01T09:00:00", "unknown"),
        ("2026-03-01 09:00:00.5", "unknown"),
        ("2026-03-01T09:00:00Z", None),
        ("2026-03-01 09:00:00 +0530", None),
        ("2026-03-01 09:00:00 UTC", None),
        ("10:01", None),
        (1772355600, None),
        ("1772355600", None),
    ],
)
def test_a_time_without_a_zone_says_so(told: object, zone: str | None) -> None:
    assert zone_of(told) == zone


def test_the_newest_of_times_is_kept_as_it_was_written() -> None:
    assert newest(None, 1772355600, "2026-03-01T09:00:01Z", "never") == "2026-03-01T09:00:01Z"
    assert newest("never", None) is None


@pytest.mark.parametrize(
    ("value", "told"),
    [({"id": 0, "email": "e"}, "0"), ({"email": "e"}, "e"), ({"handle": "h"}, "h"), (7, "7"), ({}, None), ([], None)],
)
def test_a_person_is_told_by_an_id_before_a_name(value: object, told: str | None) -> None:
    assert person_of(value) == told
