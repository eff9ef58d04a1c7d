"""Notes at help desks: internal, on the right ticket, found again."""

from __future__ import annotations

import json
from typing import Any, cast

import pytest

from migro.act.intercom import intercom_sender
from migro.act.sending import Answer, Sender
from migro.act.tickets import as_html
from migro.act.zendesk import Zendesk, zendesk_sender
from migro.errors import ActionError, ActionRefused, ConfigurationError
from migro.observe import scrub
from tests.act.cases import USER, World, draft, limits

DESKS = ("zendesk", "freshdesk", "gorgias", "intercom")

INTERNAL: dict[str, dict[str, Any]] = {
    "zendesk": {"public": False},
    "freshdesk": {"private": True},
    "gorgias": {"channel": "internal-note", "public": False},
    "intercom": {"part_type": "note"},
}


@pytest.mark.parametrize("name", DESKS)
def test_what_is_written_is_an_internal_note_that_says_it_is_a_draft(name: str, world: World) -> None:
    case = world.begin(name)
    case.make(world.address).execute(case.action)
    (note,) = world.receiver.kept.values()

    assert note.items() >= INTERNAL[name].items()
    text = note.get("body_text") or note["body"]
    assert "Draft of a reply, not sent: We see it too." in text
    assert "[migro act_1]" in text


@pytest.mark.parametrize("name", DESKS)
def test_a_ticket_that_is_not_there_is_refused(name: str, world: World) -> None:
    case = world.begin(name)
    world.receiver._answer = lambda _, __: (404, {}, b"{}")
    with pytest.raises(ActionRefused, match="404"):
        case.make(world.address).execute(case.action)


@pytest.mark.parametrize("ticket", ["../../users/1", "42?x=1", "4 2", "4" * 41])
def test_a_ticket_is_an_id_and_nothing_that_leads_elsewhere(ticket: str, world: World) -> None:
    case = world.begin("zendesk")
    with pytest.raises(ActionRefused, match="expected the id of a ticket"):
        case.make(world.address).execute(draft(args={"template": "x", "ticket": ticket}))

    assert world.receiver.asked == []


def test_a_ticket_that_is_told_in_another_form_is_open_all_the_same() -> None:
    class Odd:
        def send(self, *_: Any, **__: Any) -> Answer:
            return Answer(status=201, headers={}, raw=b'{"ticket": [1]}')

    desk = Zendesk(cast("Sender", Odd()), redact=scrub)
    assert desk.execute(draft(args={"template": "x"})).detail == "zendesk ticket without an id"


def test_without_a_ticket_zendesk_opens_one_for_the_note_once_for_a_key(world: World) -> None:
    world.begin("zendesk")
    desks = [
        Zendesk(zendesk_sender("x", USER, "made-up", address=world.address, **limits()), redact=scrub) for _ in "ab"
    ]
    done = [desk.execute(draft(args={"template": "x"})) for desk in desks]

    assert [d.detail for d in done] == ["zendesk ticket 3"] * 2
    assert [k["public"] for k in world.receiver.kept.values()] == [False]


@pytest.mark.parametrize("name", DESKS[1:])
def test_without_a_ticket_the_others_refuse(name: str, world: World) -> None:
    case = world.begin(name)
    with pytest.raises(ActionError, match="expected a ticket to write on, got none"):
        case.make(world.address).execute(draft(args={"template": "x"}))


def test_what_a_note_says_is_text_and_no_html() -> None:
    assert as_html("a <b>\n&") == "a &lt;b&gt;<br>&amp;"


@pytest.mark.parametrize("account", ["shop.evil.example/", "", "a/b", "-x"])
def test_an_account_is_one_name(account: str) -> None:
    with pytest.raises(ConfigurationError, match="expected the name of an account"):
        zendesk_sender(account, USER, "made-up")


def test_intercom_is_asked_in_a_version_of_its_api() -> None:
    assert intercom_sender("made-up")._headers["Intercom-Version"] == "2.11"


@pytest.mark.parametrize(
    ("name", "listed"), [("intercom", b'{"parts": ["%s"]}' % (b"x" * 2**20)), ("zendesk", b"x" * 2**21)]
)
def test_a_list_that_was_not_read_to_its_end_does_not_say_that_a_note_is_not_there(
    name: str, listed: bytes, world: World
) -> None:
    case = world.begin(name)
    world.receiver._answer = lambda _, __: (200, {}, listed)

    desk: Any = case.make(world.address)
    assert desk.look(case.action) == "unknown"


@pytest.mark.parametrize(("count", "standing"), [(99, "not_done"), (100, "unknown")])
def test_a_full_page_of_freshdesk_does_not_say_that_a_note_is_not_there(
    count: int, standing: str, world: World
) -> None:
    case = world.begin("freshdesk")
    world.receiver._answer = lambda _, __: (200, {}, json.dumps([{"id": n} for n in range(count)]).encode())

    desk: Any = case.make(world.address)
    assert desk.look(case.action) == standing
