"""E-mail to a real server on the loopback, over TLS."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Iterator
from email.message import EmailMessage
from typing import Any

import pytest
import stamina

from migro.act.mail import Mail
from migro.act.retrying import Retrying
from migro.agent.hands import Live
from migro.errors import ActionDelayed, ActionRefused, ActionUnclear, ConfigurationError
from migro.models import Action
from migro.observe import scrub
from migro.ports import Actuator
from migro.testing import START, DeclaringActuatorContract, sample_action
from tests.act.mailbox import PASSWORD, Mailbox, certified, serving
from tests.act.receiver import trickling

OPS = "ops@shop.example"


class World:
    """A mailbox, its port, and what its certificate is trusted by."""

    def __init__(self, box: Mailbox, port: int, trusted: ssl.SSLContext) -> None:
        self.box, self.port, self.trusted = box, port, trusted

    def mail(self, **options: Any) -> Mail:
        known: dict[str, Any] = {
            "sender": "migro@shop.example",
            "to": {"on_call": [OPS]},
            "redact": scrub,
            "port": self.port,
            "context": self.trusted,
            "timeout_s": 3,
            "user": "migro",
            "password": PASSWORD,
        }
        return Mail("127.0.0.1", **{**known, **options})


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    box, (server, client) = Mailbox(), certified(tmp_path_factory.mktemp("tls"))
    with serving(box, server, security="starttls") as port:
        yield World(box, port, client)


@pytest.fixture
def world(served: World) -> World:
    served.box.reset()
    return served


class TestMail(DeclaringActuatorContract):
    @pytest.fixture
    def actuator(self, world: World) -> Mail:
        self.world = world
        return world.mail()

    def effects(self, actuator: Actuator) -> int:
        return len(self.world.box.known)

    def an_action(self, actuator: Actuator, key: str) -> Action:
        return sample_action(key)

    def forgotten(self, actuator: Actuator) -> Actuator:
        return self.world.mail()


def only(box: Mailbox) -> EmailMessage:
    (mail,) = box.mails
    return mail


def test_a_message_says_what_is_wrong_about_which_issue_and_when(world: World) -> None:
    result = world.mail(diagnosis=lambda _: ["Confidence 0.83"]).execute(sample_action())

    assert result.detail == "mail <act_1@shop.example>"
    mail = only(world.box)
    assert (mail["From"], mail["To"], mail["Subject"]) == (
        "migro@shop.example",
        OPS,
        "Checkout answers with server errors",
    )
    assert (mail["Date"].datetime, mail["Auto-Submitted"]) == (START, "auto-generated")
    assert mail.get_content().splitlines() == [
        "Checkout answers with server errors",
        "",
        "Confidence 0.83",
        "",
        "Issue iss_1, decision dec_1, at 2026-03-01 09:00:00 UTC.",
        "Why: migro explain iss_1",
    ]
    assert world.box.logged_in == [True]


def test_messages_about_an_issue_are_one_conversation(world: World) -> None:
    hands = world.mail()
    for key, issue in (("k1", "iss_1"), ("k2", "iss_1"), ("k3", "iss_2")):
        hands.execute(sample_action(key, issue=issue))

    assert [(m["Message-ID"], m["References"]) for m in world.box.mails] == [
        ("<k1@shop.example>", "<iss_1@shop.example>"),
        ("<k2@shop.example>", "<iss_1@shop.example>"),
        ("<k3@shop.example>", "<iss_2@shop.example>"),
    ]
    assert all(m["In-Reply-To"] == m["References"] for m in world.box.mails)


def test_no_word_makes_a_header_of_its_own(world: World) -> None:
    text = "down\r\nBcc: eve@evil.example\r\n\r\n.\r\nMAIL FROM:<eve@evil.example>\n.hidden"
    world.mail(redact=str).execute(sample_action(args={"text": text}))

    mail = only(world.box)
    assert (mail["Bcc"], len(world.box.mails)) == (None, 1)
    assert mail["Subject"].startswith("down Bcc: eve@evil.example")


def test_a_line_that_begins_with_a_full_stop_arrives_as_it_is(world: World) -> None:
    world.mail(diagnosis=lambda _: [".", "..two", "Grüße an alle"]).execute(sample_action())

    assert only(world.box).get_content().splitlines()[2:5] == [".", "..two", "Grüße an alle"]


@pytest.mark.parametrize("security", ["tls", "none"])
def test_tls_may_begin_at_once_and_an_open_line_is_for_this_machine(
    security: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    box, (server, client) = Mailbox(), certified(tmp_path_factory.mktemp("tls"))
    with serving(box, server, security=security) as port:
        world = World(box, port, client)
        user = {} if security == "tls" else {"user": "", "password": ""}
        result = world.mail(security=security, **user).execute(sample_action())

    assert (result.status, len(box.mails)) == ("succeeded", 1)


def test_a_server_whose_certificate_is_not_trusted_gets_nothing(world: World) -> None:
    with pytest.raises(ActionRefused, match="certificate is not trusted"):
        world.mail(context=ssl.create_default_context()).execute(sample_action())

    assert world.box.mails == []


def test_a_wrong_password_is_refused_and_not_told(world: World) -> None:
    with pytest.raises(ActionRefused, match=r"^the mail server answered 535 to the connection$"):
        world.mail(password="battery staple").execute(sample_action())


@pytest.mark.parametrize(
    ("fault", "error", "taken"),
    [
        (("MAIL", "451 later"), ActionDelayed, 0),
        (("MAIL", "550 no"), ActionRefused, 0),
        (("MAIL", "cut"), ActionDelayed, 0),
        (("RCPT", "450 greylisted"), ActionDelayed, 0),
        (("RCPT", "550 unknown"), ActionRefused, 0),
        (("RCPT", "cut"), ActionDelayed, 0),
        (("DATA", "452 full"), ActionDelayed, 0),
        (("DATA", "554 spam"), ActionRefused, 0),
        (("DATA", "cut"), ActionUnclear, 0),
        (("DATA", "taken"), ActionUnclear, 1),
    ],
)
def test_what_did_not_arrive_is_told_from_what_may_have(
    fault: tuple[str, str], error: type[Exception], taken: int, world: World
) -> None:
    world.box.faults = [fault]
    with pytest.raises(error):
        world.mail().execute(sample_action())

    assert len(world.box.mails) == taken


@pytest.mark.parametrize("fault", ["451 later", "cut", "taken"])
@pytest.mark.parametrize("command", ["MAIL", "DATA"])
def test_whatever_goes_wrong_once_a_mailbox_shows_one_message_in_the_end(
    command: str, fault: str, world: World
) -> None:
    world.box.faults = [(command, fault)]
    with stamina.set_testing(True, attempts=3, cap=True):
        result = Live([Retrying(world.mail())]).execute(sample_action())

    assert (result.status, len(world.box.known)) == ("succeeded", 1)
    assert len(world.box.mails) == (2 if (command, fault) == ("DATA", "taken") else 1)


def test_a_message_that_may_have_arrived_is_not_sent_again_to_who_shows_it_twice(world: World) -> None:
    world.box.faults = [("DATA", "taken")]
    with stamina.set_testing(True, attempts=3, cap=True):
        result = Live([Retrying(world.mail(idempotency="none"))]).execute(sample_action())

    assert (result.status, len(world.box.mails)) == ("unknown", 1)


def test_nobody_listening_means_later(world: World) -> None:
    with pytest.raises(ActionDelayed, match="no mail server was reached: ConnectionRefusedError"):
        world.mail(port=1).execute(sample_action())


def test_one_dead_address_keeps_nobody_else_from_being_told(world: World) -> None:
    world.box.faults = [("RCPT", "550 unknown")]
    result = world.mail(to={"on_call": ["gone@shop.example", OPS]}).execute(sample_action())

    assert result.detail == "mail <act_1@shop.example>; 1 of 2 recipients were refused"


def test_a_role_without_an_address_is_refused(world: World) -> None:
    with pytest.raises(ActionRefused, match="no e-mail address is known for the role finance"):
        world.mail().execute(sample_action(target="finance"))


def test_a_preview_names_the_role_and_no_address(world: World) -> None:
    hands = world.mail()

    assert hands.capabilities["notify"].preview(sample_action()) == (
        "mail to on_call (1 address): Checkout answers with server errors"
    )


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"sender": "migro"}, "expected an e-mail address"),
        ({"to": {"on_call": ["Ops <ops@shop.example>"]}}, "expected an e-mail address"),
        ({"to": {"on_call": ["a@b.example\nBcc: eve@evil.example"]}}, "expected an e-mail address"),
        ({"security": "none"}, "expected security = tls or starttls"),
        ({"kinds": ["refund"]}, "expected kinds of draft_reply, notify, report, got refund"),
    ],
)
def test_a_wrong_setting_is_refused_before_anything_is_sent(options: dict[str, Any], told: str, world: World) -> None:
    with pytest.raises(ConfigurationError, match=told):
        world.mail(**options)


def test_personal_words_stay_here(world: World) -> None:
    text = "Checkout of jo.doe@mail.example fails, card 4111 1111 1111 1111"
    world.mail().execute(sample_action(args={"text": text}, note="call +49 170 1234567"))

    assert [word for word in ("jo.doe", "4111", "1234567") if word in only(world.box).as_string()] == []


@pytest.mark.parametrize(("first", "then"), [(b"", b"2"), (b"220 here\r\n", b"250-one more\r\n")])
def test_a_server_that_trickles_is_not_waited_for_without_end(first: bytes, then: bytes) -> None:
    with trickling(first, then) as port:
        hands: Any = Mail(
            "127.0.0.1", port=port, security="none", sender="a@b.example", to={"on_call": ["c@d.example"]}, redact=scrub
        )
        hands._timeout_s = 0.1
        with pytest.raises(ActionDelayed, match="did not answer in time"):
            hands.execute(sample_action())


def test_a_server_that_says_nothing_in_time_is_told_as_that() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        hands: Any = Mail(
            "127.0.0.1",
            port=silent.getsockname()[1],
            security="none",
            sender="a@b.example",
            to={"on_call": ["c@d.example"]},
            redact=scrub,
        )
        hands._timeout_s = 0.1
        with pytest.raises(ActionDelayed, match="did not answer in time"):
            hands.execute(sample_action())
