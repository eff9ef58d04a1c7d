from __future__ import annotations

import base64
import hmac
import json
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from migro.observe import Envelope, payload_envelopes, pseudonym, scrub
from migro.observe.privacy import holds_secret, luhn_valid, project
from tests.observe.payloads import KEY, NOW, PAYLOADS, from_file, observer

PLANTED = (
    "planted@",
    "ada.",
    "Ada",
    "Planted Lane",
    "Planted Browser",
    "5550",
    "4111",
    "198.51.100",
    "2001:db8",
    "shpat_",
    "sk_live",
    "eyJ",
    "_secret_",
    "7000000000000000031",
    "cus_ada",
    "77001",
    "9b1d",
    "ada-planted",
    "ada_planted",
)
FILES = sorted(p.name for p in PAYLOADS.iterdir() if not p.name.endswith(".meta.json"))
INVISIBLE = "\u200b\u200c\u200d\u2060\ufeff\u00ad\u180e"


@pytest.mark.parametrize("name", FILES)
def test_nothing_planted_in_a_payload_is_found_in_its_signals(name: str) -> None:
    text = (PAYLOADS / name).read_text("utf-8")
    assert any(word in text for word in PLANTED)

    lines = "\n".join(signal.json_line() for signal in from_file(name))

    assert lines
    assert [word for word in PLANTED if word.lower() in lines.lower()] == []


def test_reasons_of_failures_hold_nothing_of_the_payload() -> None:
    for envelope in payload_envelopes(PAYLOADS):
        reasons = (
            [envelope.reason]
            if not isinstance(envelope, Envelope)
            else [failure.reason for failure in observer().observe(envelope, now=NOW).failures]
        )
        assert not [word for word in PLANTED if word in json.dumps(reasons)]


@pytest.mark.parametrize(
    ("text", "clean"),
    [
        ("write to jo.e+x@mail.example.org!", "write to <email>!"),
        ("jo＠mail.example", "<email>"),
        ("j\u200bo@ma\u200bil.example", "<email>"),
        ("<b>jo</b>@mail.<i>example</i>", "<email>"),
        ("jo [at] mail.example", "<email>"),
        ("jo%40mail.example", "<email>"),
        ("card 4242-4242-4242-4242 ok", "card <card> ok"),
        ("IBAN DE89 3704 0044 0532 0130 00, thanks", "IBAN <iban>, thanks"),
        ("call +49 (0)30 5550-1234", "call <phone>"),
        ("call 030 5550 1234 now", "call <phone> now"),
        ("from 203.0.113.9 and 2001:db8::8a2e:370:7334", "from <ip> and <ip>"),
        ("t eyJhbGciOiJub25lIn0.eyJhIjoxfQ.c2ln", "t <jwt>"),
        ("Authorization: Bearer abcdefghijklmnop", "Authorization: <key>"),
        ("password=hunter22&x=1", "<key>&x=1"),
        ("key whsec_abc123 and AKIAABCDEFGHIJKLMNOP", "key <key> and <key>"),
        (
            "at 2026-03-01 09:00:03, 12:30:45, 500 errors, order #1234, r1.2.3",
            "at 2026-03-01 09:00:03, 12:30:45, 500 errors, order #1234, r1.2.3",
        ),
        ("frontend@1.2.3", "frontend@1.2.3"),
        ("\ud800", "?"),
    ],
)
def test_scrub_replaces_what_names_a_person_and_leaves_the_rest(text: str, clean: str) -> None:
    assert scrub(text) == clean


@given(st.text())
def test_scrubbing_never_fails_and_twice_is_once(text: str) -> None:
    once = scrub(text)

    assert scrub(once) == once


@st.composite
def emails(draw: st.DrawFn) -> str:
    part = st.text("abcdefghijklmnopqrstuvwxyz0123456789", min_size=1, max_size=12)
    local = draw(st.lists(part, min_size=1, max_size=3).map(".".join))
    domain = draw(st.lists(part, min_size=1, max_size=3).map(".".join))
    return f"{local}@{domain}.{draw(st.sampled_from(['example', 'org', 'de', 'museum']))}"


@st.composite
def cards(draw: st.DrawFn) -> str:
    digits = draw(st.text("0123456789", min_size=12, max_size=18))
    whole = next(f"{digits}{check}" for check in range(10) if luhn_valid(f"{digits}{check}"))
    separator = draw(st.sampled_from(["", " ", "-"]))
    return separator.join(whole[i : i + 4] for i in range(0, len(whole), 4))


@st.composite
def hidden(draw: st.DrawFn, source: st.SearchStrategy[str]) -> tuple[str, str]:
    plain = draw(source)
    places = draw(st.sets(st.integers(1, max(1, len(plain) - 1)), max_size=5))
    return plain, "".join(
        (draw(st.sampled_from(INVISIBLE)) if i in places else "") + char for i, char in enumerate(plain)
    )


@given(hidden(emails()), st.sampled_from(["", "write to ", "<p>", "“"]))
def test_no_generated_email_survives_however_it_is_hidden(sample: tuple[str, str], before: str) -> None:
    plain, disguised = sample

    assert plain not in scrub(f"{before}{disguised} please")
    assert "@" not in scrub(f"{before}{disguised} please")


@given(hidden(cards()), st.sampled_from(["", "card ", "no. 12 "]))
def test_no_generated_card_number_survives_however_it_is_hidden(sample: tuple[str, str], before: str) -> None:
    plain, disguised = sample
    clean = scrub(f"{before}{disguised}, thanks")

    assert plain not in clean
    assert sum(c.isdigit() for c in clean) <= 3


def test_a_pseudonym_is_stable_under_one_key_and_hides_under_another() -> None:
    here = pseudonym("email", "Jo@Mail.example ", KEY)

    assert here == pseudonym("email", "jo@mail.example", KEY)
    assert len(here) == 20
    assert here != pseudonym("phone", "jo@mail.example", KEY)
    assert here != pseudonym("email", "jo@mail.example", KEY[::-1])


def test_projection_keeps_the_listed_paths_only() -> None:
    body = {"id": 1, "customer": {"id": 2, "email": "x"}, "list": [{"a": 3}]}

    assert project(body, ("id", "customer.id", "list.0.a", "gone")) == {"id": 1, "customer.id": 2, "list.0.a": 3}


@pytest.mark.parametrize(
    ("text", "secret"),
    [
        ("4111 1111 1111 1111", True),
        ("#4111-1111-1111-1111", True),
        ("820982911946154508", False),
        ("4111111111111111", False),
        ("1001-2002-3003-4005", False),
        ("67ab5f55155becd1", False),
    ],
)
def test_a_card_number_in_groups_is_no_id(text: str, secret: bool) -> None:
    assert holds_secret(text) is secret


def test_marks_without_end_take_linear_time_and_keep_no_more_than_a_language_writes() -> None:
    # Ordering alternating marks takes NFKC quadratic time: this would not end within the suite's patience.
    hostile = "a" + "\u0301\u0323" * 300_000

    assert len(scrub(hostile)) <= 1 + 32


@pytest.mark.parametrize("depth", [1, 2, 3, 5, 9, 200])
def test_a_tag_inside_a_tag_inside_a_tag_hides_nothing(depth: int) -> None:
    text = "jo@<b" * depth + ">" * depth + "mail.example"

    assert scrub(scrub(text)) == scrub(text)
    assert "jo@mail" not in scrub(text)
    assert not any(c in scrub("<b" * depth + ">" * depth) for c in "<>")


def test_an_id_with_cards_side_by_side_holds_a_secret() -> None:
    assert holds_secret("pagerduty:4929 1234 5678 91064929 1234 5678 9106")
    assert not holds_secret("web 1 of 12")


@given(st.text(max_size=30), st.binary(min_size=16, max_size=40))
def test_a_pseudonym_is_the_beginning_of_the_hash_in_base32(value: str, key: bytes) -> None:
    clean = value.encode("utf-8", "replace").decode()
    message = f"person:{unicodedata.normalize('NFKC', clean).strip().lower()}".encode()

    assert (
        pseudonym("person", value, key) == base64.b32encode(hmac.digest(key, message, "sha256"))[:20].decode().lower()
    )


def test_addresses_without_a_gap_between_them_are_all_replaced() -> None:
    assert scrub("ada@mail.examplejo.doe@mail.example") == "<email>"
    assert scrub("ada@mail.example, jo@mail.example") == "<email>, <email>"
