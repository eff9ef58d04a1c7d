from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from migro.models import Signal
from migro.observe import Envelope, guess_kind
from tests.observe.payloads import NOW, observer
from tests.observe.ticket_payloads import MAIL

HEAD = (
    "From: Jo <jo@mail.example>\nTo: x@shop.example\nSubject: It fails\nDate: Sun, 1 Mar 2026 09:59:30 +0100\n"
    "Message-ID: <m1@mail.example>\n"
)


def mail(text: str | bytes) -> Signal:
    raw = text.encode() if isinstance(text, str) else text
    envelope = Envelope(received_at=NOW, kind="ticket_eml", body=raw.decode("latin-1"), raw=raw)
    (signal,) = observer().observe(envelope).signals
    return signal


def plain(body: str = "The checkout is broken", **headers: str) -> Signal:
    more = "".join(f"{name.replace('_', '-')}: {value}\n" for name, value in headers.items())
    return mail(f"{HEAD}{more}\n{body}")


def test_a_mail_becomes_features_a_time_and_pseudonyms() -> None:
    signal = mail(MAIL)

    assert (signal.kind, signal.topic, signal.provider, signal.attrs["channel"]) == (
        "ticket",
        "ticket.created",
        "mail",
        "email",
    )
    assert signal.occurred_at.isoformat() == "2026-03-01T08:59:30+00:00"
    assert "intent.cannot_checkout" in signal.features
    assert {len(value) for value in signal.ids.values()} == {20}
    assert set(signal.ids) == {"ticket_id", "message_id", "requester"}
    assert (signal.merchant, signal.resource, signal.auth) == (None, None, "unsigned")


def test_quotations_and_attachments_are_not_heard() -> None:
    assert not {"intent.login", "asks.refund"} & mail(MAIL).features


def test_a_reply_belongs_to_the_mail_that_it_answers_and_repeats_no_subject() -> None:
    first = plain()
    reply = mail(
        HEAD.replace("m1@", "m2@").replace("It fails", "Re: checkout fails")
        + "References: <m1@mail.example> <m0@mail.example>\n\nThe coupon is not applied"
    )

    assert reply.ids["ticket_id"] == first.ids["ticket_id"]
    assert reply.ids["message_id"] != first.ids["message_id"]
    assert (reply.topic, "intent.cannot_checkout" in reply.features) == ("ticket.comment_added", False)
    assert "intent.discount_failed" in reply.features
    assert reply.ids["requester"] == first.ids["requester"]


@pytest.mark.parametrize(
    "headers",
    [
        {"Auto_Submitted": "auto-replied"},
        {"Precedence": "bulk"},
        {"X_Autoreply": "yes"},
        {"Content_Type": "multipart/report; boundary=b"},
    ],
)
def test_what_a_machine_sends_is_not_heard(headers: dict[str, str]) -> None:
    signal = plain(**headers)

    assert (signal.attrs["author"], signal.attrs["actionable"], signal.features) == ("system", False, frozenset())


def test_a_mailing_list_is_heard_and_a_mailer_is_not() -> None:
    assert plain(Precedence="list", List_Id="<support.shop.example>").attrs["author"] == "unknown"
    assert mail(HEAD.replace("jo@", "MAILER-DAEMON@") + "\nx").attrs["author"] == "system"


@pytest.mark.parametrize(
    ("charset", "raw"),
    [
        ("iso-8859-1", "Zahlung abgelehnt, für mich".encode("latin-1")),
        ("utf-8", "Zahlung abgelehnt, für mich".encode("latin-1")),
        ("x-unheard-of", b"Zahlung abgelehnt"),
        ("utf-16", "Zahlung abgelehnt".encode("utf-16")),
    ],
)
def test_broken_and_unknown_encodings_are_survived(charset: str, raw: bytes) -> None:
    head = f"{HEAD}Content-Type: text/plain; charset={charset}\n\n".encode()

    assert "intent.payment_declined" in mail(head + raw).features


@pytest.mark.parametrize("encoding", ["base64", "quoted-printable", "x-uuencode", "nothing-known", "8bit"])
def test_a_transfer_encoding_that_lies_is_survived(encoding: str) -> None:
    assert plain("=ZZ \xff checkout", Content_Transfer_Encoding=encoding).kind == "ticket"


@pytest.mark.parametrize(
    ("date", "told", "zone"),
    [
        ("Sun, 1 Mar 2026 09:59:30 +0100", "2026-03-01T08:59:30+00:00", None),
        ("Sun, 1 Mar 2026 09:59:30 -0000", "2026-03-01T09:59:30+00:00", "unknown"),
        ("yesterday", NOW.isoformat(), None),
        ("Sun, 99 Mar 2026 09:59:30 +0100", NOW.isoformat(), None),
        ("Mon, 1 Jan 0001 00:00:00 +0000", NOW.isoformat(), None),
    ],
)
def test_times_are_read_as_far_as_they_are_times(date: str, told: str, zone: str | None) -> None:
    signal = mail(HEAD.replace("Sun, 1 Mar 2026 09:59:30 +0100", date) + "\nx")

    assert (signal.occurred_at.isoformat(), signal.attrs.get("time_zone")) == (told, zone)


def test_a_mail_without_an_id_is_known_by_its_bytes() -> None:
    bare = HEAD.replace("Message-ID: <m1@mail.example>\n", "")

    assert mail(f"{bare}\na").dedup_key == mail(f"{bare}\na").dedup_key != mail(f"{bare}\nb").dedup_key


def test_importance_is_the_senders_word() -> None:
    assert (plain(Importance="High").severity_hint, plain().severity_hint) == ("high", None)


def nested(depth: int) -> str:
    opened = "".join(f'Content-Type: multipart/mixed; boundary="b{n}"\n\n--b{n}\n' for n in range(depth))
    return f"{HEAD}{opened}Content-Type: text/plain\n\nThe checkout is broken\n"


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (nested(11), "at most 10 parts that hold others"),
        (nested(2_000), "at most 10 parts that hold others"),
        (f"{HEAD}Content-Type: multipart/mixed; boundary=b\n\n" + "--b\n\nx\n" * 600, "at most 500 parts"),
        (HEAD + "X-A: b\n" * 3_000 + "\nx", "at most 2000 lines of headers"),
        ("hello", "begins with at least three headers"),
        ("a: 1\nb: 2\nc: 3\n\nx", "begins with at least three headers"),
    ],
)
def test_bombs_and_what_is_no_mail_are_refused_before_they_are_parsed(text: str, reason: str) -> None:
    signal = mail(text)

    assert signal.kind == "unknown"
    assert reason in str(signal.attrs["reason"])


def test_parts_within_parts_are_read_as_deep_as_real_ones_are() -> None:
    assert "intent.cannot_checkout" in mail(nested(10)).features


@pytest.mark.parametrize("bad", ["(" * 1990, '"' * 1990, "=?utf-8?b?" * 190, "a@" * 900, "<" * 1990, "\xff" * 900])
def test_headers_that_no_program_writes_are_no_headers(bad: str) -> None:
    signal = plain(References=bad, In_Reply_To=bad, Importance=bad, Auto_Submitted="no", Content_Disposition=bad)

    assert signal.kind == "ticket"


def test_an_overlong_header_is_none() -> None:
    signal = mail(HEAD.replace("Jo <jo@", "Jo " * 2_000 + "<jo@") + "\nx")

    assert "requester" not in signal.ids


def test_a_display_name_that_is_another_address_is_not_the_sender() -> None:
    other = mail(HEAD.replace("Jo <", '"boss@shop.example" <') + "\nx")

    assert other.ids["requester"] == plain().ids["requester"]


def test_text_is_recognised_as_a_mail_by_its_headers() -> None:
    assert guess_kind({}, MAIL) == guess_kind({}, f"{HEAD.replace(chr(10), chr(13) + chr(10))}\r\nx") == "ticket_eml"
    assert guess_kind({}, "Note: a\nAlso: b\nThird: c\n\nx") == "unknown"


@given(st.binary(max_size=300), st.sampled_from([b"", HEAD.encode(), nested(3).encode()]))
def test_no_bytes_stop_the_reader(rest: bytes, head: bytes) -> None:
    assert "stopped with" not in str(mail(head + rest).attrs.get("reason"))


@given(
    st.lists(
        st.tuples(
            st.sampled_from(
                "From To Subject Date Message-ID References Content-Type Content-Transfer-Encoding Importance".split()
            ),
            st.text(st.characters(blacklist_characters="\n\r"), max_size=60)
            | st.sampled_from(
                ["multipart/mixed; boundary=b", "text/html", "message/rfc822", "=?utf-8?q?=E4?=", "base64"]
            ),
        ),
        min_size=3,
        max_size=8,
    ),
    st.text(max_size=100),
)
def test_no_headers_stop_the_reader(headers: list[tuple[str, str]], body: str) -> None:
    text = "".join(f"{name}: {value}\n" for name, value in headers)
    signal: Any = mail(f"{text}\n{body}".encode("utf-8", "surrogatepass"))

    assert "stopped with" not in str(signal.attrs.get("reason"))
