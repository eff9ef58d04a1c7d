"""What waits is shown to its approvers once, is kept true, and loses its buttons when there is nothing to answer."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

import pytest

from migro import (
    Agent,
    Attr,
    IssueKind,
    MerchantId,
    People,
    Person,
    Policy,
    Response,
    Risk,
    Rule,
    Signal,
    VolatileMemory,
    on,
    supports,
)
from migro.act.asking import Askers
from migro.cards import Book, Desk
from migro.errors import ActionDelayed, ActionError, ActionRefused, ActionUnclear
from migro.models import Action
from migro.ports import Leases, Memory
from migro.remember import SqliteMemory
from migro.testing import START


class Answered(Signal, kind="cards.answered"):
    code: Attr[int]


DOWN = IssueKind[MerchantId](
    "down", category="checkout", title="Checkout is down", responses=(Response("draft_reply", Risk.R2, "merchant"),)
)
RULES = (
    Rule("fails", when=on(Answered, Answered.code >= 500, per=Answered.merchant), then=supports(DOWN, 150, family="a")),
    Rule("late", when=on(Answered, Answered.code == 504, per=Answered.merchant), then=supports(DOWN, 50, family="b")),
)
POLICY = Policy(approval_lasts=timedelta(minutes=15), people=People(persons=(Person(name="Ada", roles=("on_call",)),)))


class Wall:
    """Where cards hang: what was asked, changed and answered, in order."""

    def __init__(self) -> None:
        self.told: list[tuple[str, ...]] = []
        self.fails: list[BaseException | None] = []
        self.lines: Sequence[str] = ()
        self.stands = ""

    def _maybe(self) -> None:
        error = self.fails.pop(0) if self.fails else None
        if error is not None:
            raise error

    def ask(self, action: Action, role: str, lines: Sequence[str], *, again: bool = False) -> str:
        self.told.append(("asked again" if again else "asked", role))
        self.lines = lines
        self._maybe()
        return f"wall {len(self.told)}"

    def found(self, action: Action, role: str) -> str:
        self.told.append(("looked for", role))
        self._maybe()
        return self.stands

    def changed(self, action: Action, where: str, lines: Sequence[str]) -> None:
        self.told.append(("changed", where))
        self.lines = lines
        self._maybe()

    def answered(self, action: Action, where: str, told: str) -> None:
        self.told.append(("answered", where, told))
        self._maybe()


class Shop:
    def __init__(self, memory: Memory) -> None:
        self.wall, self.alarms, self.now = Wall(), list[str](), 0.0
        self.agent = Agent(rules=RULES, memory=memory, policy=POLICY, live=True, alarm=self.alarms.append)
        self.desk = self.opened()

    def opened(self) -> Desk:
        """Return the desk of a process that has just begun."""
        askers = Askers(by_role={"on_call": self.wall})
        return Desk(self.agent, askers, alarm=self.alarms.append, seconds=lambda: self.now)

    def answer(self, minute: int, code: int = 502) -> None:
        at = START + timedelta(minutes=minute)
        self.agent.tick(at)
        self.agent.handle(Answered(merchant=MerchantId("m_1"), occurred_at=at, code=code))

    def say(self, verb: str = "approve") -> None:
        (card,) = self.agent.approvals()
        assert self.agent.answer(card.id, verb, by="Ada", why="it reads well").counted  # type: ignore[arg-type]


@pytest.fixture
def shop() -> Shop:
    made = Shop(VolatileMemory())
    made.answer(0)
    return made


def test_a_card_is_shown_once_with_everything_that_is_needed_to_decide(shop: Shop) -> None:
    assert [shop.desk.round(), shop.desk.round()] == [1, 0]

    assert shop.wall.told == [("asked", "on_call")]
    (card,) = shop.agent.approvals()
    assert list(shop.wall.lines[:-1]) == card.text().splitlines()
    assert shop.wall.lines[-1].startswith("Answer     migro approvals")


def test_after_a_restart_nobody_is_asked_twice_and_the_buttons_come_off(tmp_path: Path) -> None:
    with SqliteMemory(tmp_path / "m.db") as memory:
        first = Shop(memory)
        first.answer(0)
        first.desk.round()
    with SqliteMemory(tmp_path / "m.db") as memory:
        second = Shop(memory)
        assert second.desk.round() == 0
        second.say()
        assert second.desk.round() == 1

    assert second.wall.told == [("answered", "wall 1", "draft_reply -> merchant: approved by ada")]


def test_a_crash_while_a_card_is_posted_makes_the_next_one_look_first(shop: Shop) -> None:
    shop.wall.fails = [KeyboardInterrupt()]
    with pytest.raises(KeyboardInterrupt):
        shop.desk.round()
    shop.opened().round()

    # What is found may show what was known before the crash.
    assert shop.wall.told == [("asked", "on_call"), ("asked again", "on_call"), ("changed", "wall 2")]


@pytest.mark.parametrize(("stands", "told"), [("wall 7", ["answered"]), ("", [])])
def test_a_card_whose_post_was_cut_off_loses_its_buttons_too(shop: Shop, stands: str, told: list[str]) -> None:
    shop.wall.fails, shop.wall.stands = [ActionUnclear("cut off")], stands
    shop.desk.round()
    shop.say()
    shop.now += 10

    assert [shop.desk.round(), shop.desk.round()] == [1, 0]
    assert [one[0] for one in shop.wall.told] == ["asked", "looked for", *told]
    assert [one[1] for one in shop.wall.told[2:]] == [stands] * len(told)


def test_a_card_that_cannot_be_found_is_not_looked_for_without_end(shop: Shop) -> None:
    shop.wall.fails = [ActionUnclear("cut off")] * 100
    shop.desk.round()
    shop.say()
    for _ in range(50):
        shop.now += 300
        shop.desk.round()

    assert 10 < len(shop.wall.told) < 30
    assert "a card stays as it is" in shop.alarms[-1]


def test_what_may_stand_is_looked_for_until_somebody_knows(shop: Shop) -> None:
    shop.wall.fails = [ActionUnclear("cut off"), ActionDelayed("later"), None]
    for _ in range(3):
        shop.desk.round()
        shop.now += 10

    assert [told[0] for told in shop.wall.told] == ["asked", "asked again", "asked again", "changed"]


def test_a_restart_looks_for_nothing_that_was_surely_not_posted(shop: Shop) -> None:
    shop.wall.fails = [ActionRefused("no channel")]
    shop.desk.round()
    shop.opened().round()

    assert [told[0] for told in shop.wall.told] == ["asked", "asked"]


def test_other_evidence_changes_the_card_where_it_stands(shop: Shop) -> None:
    shop.desk.round()
    shop.answer(3, code=504)
    shop.desk.round()
    later = shop.opened()
    later.round()

    assert shop.wall.told == [("asked", "on_call"), ("changed", "wall 1")]
    (card,) = shop.agent.approvals()
    assert any(card.id in line for line in shop.wall.lines)
    assert [p.card for p in later.book.open] == [card.id]


def test_an_answer_that_did_not_count_is_shown_where_the_card_stands(shop: Shop) -> None:
    shop.desk.round()
    (card,) = shop.agent.approvals()
    shop.agent.answer(card.id, "approve", by="Eve", why="why not")
    assert [shop.desk.round(), shop.desk.round()] == [1, 0]

    assert shop.wall.told == [("asked", "on_call"), ("changed", "wall 1")]
    assert any("expected one of the people who are listed, got Eve" in line for line in shop.wall.lines)


@pytest.mark.parametrize(
    ("minutes", "verb", "words"),
    [
        (1, "reject", "rejected by Ada"),
        (15, "", "nobody approved it in time"),
        (12, "", "withdrawn: the issue has ended"),
    ],
)
def test_what_became_of_it_stands_in_the_place_of_the_buttons(shop: Shop, minutes: int, verb: str, words: str) -> None:
    if minutes == 15:
        shop.answer(8)  # or there would be no evidence left by then
    shop.desk.round()
    shop.agent.tick(START + timedelta(minutes=minutes))
    if verb:
        shop.say(verb)
    shop.desk.round()

    assert shop.wall.told[-1] == ("answered", "wall 1", f"draft_reply -> merchant: {words}")
    assert shop.desk.round() == 0


def test_what_waits_again_after_a_halt_is_asked_about_again(shop: Shop) -> None:
    shop.desk.round()
    shop.agent.halt(by="Ada", why="cutover")
    shop.desk.round()
    shop.agent.resume(by="Ada", why="done")
    shop.desk.round()

    assert [told[0] for told in shop.wall.told] == ["asked", "answered", "asked"]


def test_what_goes_wrong_is_told_once_and_tried_again_later(shop: Shop) -> None:
    shop.wall.fails = [ActionDelayed("later"), ActionDelayed("later"), None]
    shop.desk.round()
    shop.desk.round()
    assert len(shop.wall.told) == 1
    for _ in range(3):
        shop.now += 10
        shop.desk.round()

    # What was surely not posted is not looked for.
    assert [told[0] for told in shop.wall.told] == ["asked", "asked", "asked"]
    assert len(shop.alarms) == 1
    assert "later; migro approvals has what waits" in shop.alarms[0]


def several(merchants: int) -> Shop:
    made = Shop(VolatileMemory())
    for number in range(merchants):
        made.agent.handle(Answered(merchant=MerchantId(f"m_{number}"), occurred_at=START, code=502))
    return made


def test_a_channel_that_does_not_answer_is_left_alone_with_all_its_cards() -> None:
    shop = several(5)
    ask, tries = shop.wall.ask, []

    def silent(action: Action, role: str, lines: Sequence[str], *, again: bool = False) -> str:
        shop.now += 10
        return ask(action, role, lines, again=again)

    shop.wall.ask = silent  # type: ignore[method-assign]
    shop.wall.fails += [ActionUnclear("no answer")] * 2
    for shop.now in (0, 11, 12, 25, 26):
        shop.desk.round()
        tries.append(len(shop.wall.told))

    # The second time it is left alone for longer; then it answers, and what never failed comes first.
    assert tries == [1, 1, 2, 2, 9]
    assert [told[0] for told in shop.wall.told[2:]] == ["asked"] * 3 + ["asked again", "changed"] * 2


def test_one_card_that_never_works_keeps_no_other_from_being_shown() -> None:
    shop = several(4)
    spoilt = shop.agent.approvals()[0].action.idempotency_key
    ask = shop.wall.ask

    def asked(action: Action, role: str, lines: Sequence[str], *, again: bool = False) -> str:
        if action.idempotency_key == spoilt:
            shop.now += 10
            raise ActionUnclear("it cannot be found out")
        return ask(action, role, lines, again=again)

    shop.wall.ask = asked  # type: ignore[method-assign]
    for shop.now in (0, 20):
        shop.desk.round()

    assert len(shop.wall.told) == 3


def test_a_receiver_that_wants_to_be_left_alone_is(shop: Shop) -> None:
    shop.wall.fails = [ActionDelayed("later", wait_ms=60_000)]
    tries = []
    for shop.now in (0, 59, 60):
        shop.desk.round()
        tries.append(len(shop.wall.told))

    assert tries == [1, 1, 2]


def test_a_round_ends_with_its_time_or_when_somebody_wants_it_to_and_the_next_one_has_the_rest() -> None:
    shop = several(5)
    ask = shop.wall.ask

    def slow(action: Action, role: str, lines: Sequence[str], *, again: bool = False) -> str:
        shop.now += 4
        return ask(action, role, lines, again=again)

    shop.wall.ask = slow  # type: ignore[method-assign]

    assert shop.desk.round(stopping=lambda: shop.now >= 4) == 1
    assert [shop.desk.round(within=10), shop.desk.round(within=10)] == [3, 1]


def test_a_card_that_cannot_be_changed_any_more_is_left_alone(shop: Shop) -> None:
    shop.desk.round()
    shop.say()
    shop.wall.fails = [ActionRefused("it is gone")]
    assert [shop.desk.round(), shop.desk.round()] == [1, 0]

    assert shop.alarms == ["migro: a card stays as it is, and answers to it count for nothing: it is gone"]


def test_a_card_that_another_process_is_at_is_left_to_it(shop: Shop) -> None:
    (card,) = shop.agent.approvals()
    memory = shop.agent.memory
    assert isinstance(memory, Leases)
    assert memory.acquire(f"card:{card.action.idempotency_key}", "another", 60)

    assert (shop.desk.round(), shop.wall.told) == (0, [])


def test_without_a_channel_for_any_approver_nothing_is_shown(shop: Shop) -> None:
    desk = Desk(shop.agent, Askers(), alarm=shop.alarms.append)

    assert (desk.round(), Book(shop.agent).open, shop.alarms) == (0, (), [])


def test_cards_change_no_decision(shop: Shop) -> None:
    other = Shop(VolatileMemory())
    other.answer(0)
    shop.desk.round()
    for one in (shop, other):
        one.say()
        one.answer(2, code=504)

    assert list(shop.agent.memory.read("decisions")) == list(other.agent.memory.read("decisions"))


def test_an_error_that_is_none_of_an_asker_is_not_hidden(shop: Shop) -> None:
    shop.wall.fails = [ZeroDivisionError()]
    with pytest.raises(ZeroDivisionError):
        shop.desk.round()

    assert issubclass(ActionRefused, ActionError)
