"""Approvals: the card, who may answer, two clocks, and one winner."""

from __future__ import annotations

import subprocess
import sys
import threading
from datetime import timedelta
from pathlib import Path
from typing import Any, Literal

import attrs
import pytest

from migro.act import RecordingActuator
from migro.agent import Agent, Answer, Card, Fold
from migro.decide import Guard, People, Person, Policy, same_name
from migro.errors import ConfigurationError, InputError, NotFound
from migro.expressions import UNSET, Maybe, fact
from migro.models import Action, ActionStarted, ActionStatus, Outcome, PersonActed, Risk, RunMode, Signal, Tick
from migro.remember import SqliteMemory, VolatileMemory
from migro.rules import RuleSet
from tests.agent import world
from tests.agent.world import M1, OPEN_POLICY, RULES, Run, after, handled, sure

PEOPLE = People(
    persons=(
        Person(name="Ada", roles={"on_call", "owner"}, contact="pager 1"),
        Person(name="Ben", roles={"owner"}),
        Person(name="Cem", roles={"desk"}),
        Person(name="Dora", roles={"finance"}),
    )
)
POLICY = attrs.evolve(OPEN_POLICY, people=PEOPLE)
AUTHORED = RuleSet("authored", *(attrs.evolve(r, author="Ben" if r.id == "probe" else "") for r in RULES))


class Looking(RecordingActuator):
    """Hands that say what they would do."""

    def preview(self, action: Action) -> str:
        return f"would send 1 message to {action.target}"


def agent(rules: RuleSet = RULES, policy: Policy = POLICY, **options: Any) -> Agent:
    made = Agent(rules=rules, memory=options.pop("memory", VolatileMemory()), policy=policy, **options)
    handled(made, sure())
    return made


def card(of: Agent, kind: str) -> Card:
    return next(c for c in of.approvals() if c.action.kind == kind)


def told(run: Run, about: str) -> list[Action]:
    actions = [a for h in run.state.held.values() for a in h.actions.values()]
    return [a for a in actions if a.about == about]


def test_a_card_shows_everything_that_is_needed_to_decide() -> None:
    shown = card(agent(AUTHORED, live=True, actuators=[Looking(["reply"])]), "reply")

    assert [name for name in Card.model_fields if not getattr(shown, name)] == []
    text = shown.text().replace(shown.id, "CARD").replace(shown.issue.id, "ISSUE").replace(shown.action.decision, "DEC")
    assert [line for line in text.splitlines() if "sig_" not in line] == [
        "Card       CARD",
        "Do         reply -> merchant_contact (R2) with no arguments",
        "           would send 1 message to merchant_contact",
        "About      SEV3 down - Checkout is down, open [ISSUE]",
        "           m_1: m_1; since 2026-03-01 09:00 UTC",
        "Confidence 0.92 HIGH: +110 points",
        "           -100 before any evidence",
        "           +105 burst (supports); found 3, needed 3 in 5 min",
        "           +0 one (supports); found one, needed one - not counted: burst of the same family is at least as"
        " strong",
        "           +105 probe (supports); found one, needed one",
        "           +110 in all",
        "Impact     no share is measured",
        "Why asked  table HIGH x SEV3 x R2: approve1",
        "           mode auto: auto",
        "           no guard holds",
        *(line for line in text.splitlines() if line.startswith("Also waits")),
        "Needs      one of these",
        "May answer Ada (on_call, owner, pager 1)",
        "May not    ben: wrote rule probe",
        "Approved   nobody yet",
        "Refused    none",
        "Asked      2026-03-01 09:00 UTC; reminder 2026-03-01 12:12 UTC",
        "Unanswered at 2026-03-01 13:00 UTC it lapses: it is not done, and owner is told",
        "Decision   DEC",
    ]
    assert "Also waits replay -> owner (R3) with no arguments [card_" in text
    assert text.count("[sig_") == 4, "the signals behind it"


def test_a_dry_run_card_says_that_no_actuator_was_asked() -> None:
    assert card(agent(), "reply").preview == "its actuator shows none: exactly the effect above"


@pytest.mark.parametrize(
    ("kind", "verb", "by", "words"),
    [
        ("reply", "approve", "Eve", "expected one of the people who are listed, got Eve"),
        ("reply", "reject", "Eve", "expected one of the people who are listed, got Eve"),
        ("reply", "approve", "Cem", "expected one of the roles on_call, owner for R2, Cem has desk"),
        ("replay", "approve", "Cem", "expected one of the roles owner, security, finance for R3, Cem has desk"),
        ("reply", "approve", "ben", "expected somebody else: ben wrote rule probe"),
    ],
)
def test_whoever_may_not_answer_is_refused_in_words_and_changes_nothing(
    kind: str, verb: Literal["approve", "reject"], by: str, words: str
) -> None:
    made = agent(AUTHORED)
    waiting = card(made, kind)

    answer = made.answer(waiting.id, verb, by=by, why="looks right")

    assert (answer.counted, answer.words) == (False, words)
    after_it = card(made, kind)
    assert after_it.refused[-1].endswith(f" {by}: {words}")
    assert after_it.action == waiting.action.model_copy(update={"refused": after_it.action.refused})
    assert any(isinstance(e.input, PersonActed) and e.input.by == by for e in made.memory.read("journal"))


def test_an_author_may_still_say_no() -> None:
    made = agent(AUTHORED)

    assert made.answer(card(made, "reply").id, "reject", by="Ben", why="not now").counted


def test_two_different_people_are_asked_where_two_are_needed() -> None:
    made = agent()
    replay = card(made, "replay").id

    assert made.answer(replay, "approve", by="Ada", why="one").counted
    again = made.answer(replay, "approve", by="  ada ", why="two")
    assert (again.counted, again.words) == (False, "expected a second person, ada has approved it already")
    assert card(made, "replay").approved_by == ("ada",)
    assert made.answer(replay, "approve", by="Dora", why="two").words == (
        "replay -> owner is planned: approved by ada, dora"
    )


@pytest.mark.parametrize(
    ("known", "other"),
    [
        ("Jos\u00e9", "Jose\u0301"),
        ("Ada", "A\u200bd\u00ada\u2060"),
        ("Ada", " \uff21da "),
        ("\u01f0an", "\u01f0AN"),
        ("Stra\u00dfe", "STRASSE"),
    ],
)
def test_two_spellings_that_look_alike_are_one_person(known: str, other: str) -> None:
    assert same_name(known) == same_name(other) == same_name(same_name(other))
    made = agent(
        RuleSet("one", *(attrs.evolve(r, author=other if r.id == "probe" else "") for r in RULES)), OPEN_POLICY
    )

    assert "wrote rule probe" in made.answer(card(made, "reply").id, "approve", by=known, why="mine").words
    made = agent(policy=OPEN_POLICY)
    made.answer(card(made, "replay").id, "approve", by=known, why="one")
    again = made.answer(card(made, "replay").id, "approve", by=other, why="two")
    assert "has approved it already" in again.words
    with pytest.raises(ConfigurationError, match="each name once"):
        People(persons=(Person(name=known, roles={"owner"}), Person(name=other, roles={"owner"})))


@pytest.mark.parametrize("by", ["Eve\x1b[3A\x1b[2KForged", "Ada, Ben", "Ada,\nBen", "a\x00b", "\u200b"])
def test_a_name_that_could_pass_for_others_or_steer_a_terminal_is_refused(by: str) -> None:
    made = agent()

    with pytest.raises(InputError):
        made.answer(card(made, "reply").id, "approve", by=by, why="yes")
    with pytest.raises(InputError):
        made.assign(card(made, "reply").issue.id, by="Ada", to=by)
    with pytest.raises(ConfigurationError):
        People(persons=(Person(name=by, roles={"owner"}),))


def test_nothing_on_a_card_reaches_past_its_line() -> None:
    shown = card(agent(), "reply")
    forged = shown.model_copy(update={"preview": "x\x1b[2K\nApproved   ben\u202e", "refused": ("a\rb\u2028c",)})

    assert len(forged.text().split("\n")) == len(shown.text().split("\n"))
    assert all(line.isprintable() for line in forged.text().split("\n"))


def test_who_is_late_hears_what_was_decided() -> None:
    made = agent()
    id = card(made, "reply").id

    assert made.answer(id, "reject", by="Ada", why="no").counted
    late = made.answer(id, "approve", by="Ben", why="yes")
    assert (late.counted, late.words) == (False, "reply -> merchant_contact is rejected: rejected by Ada")


def test_who_answers_while_it_is_asked_anew_hears_so_after_an_earlier_refusal() -> None:
    at = [after(4)]
    short = RuleSet(
        "short", *(attrs.evolve(r, lasts=timedelta(hours=30)) for r in RULES if r.id != "probe"), RULES.rule("probe")
    )
    made = agent(short, PATIENT, now=lambda: at[0])
    id = card(made, "reply").id
    assert not made.answer(id, "approve", by="Eve", why="yes").counted

    at[0] = after(7200)  # what the probe said is out of its window
    answer = made.answer(id, "approve", by="Ada", why="yes")

    assert (answer.counted, answer.words) == (False, "it was asked for anew, on other evidence or rules")
    assert card(made, "reply").id != id


def test_an_answer_needs_a_reason_and_a_card() -> None:
    made = agent()

    with pytest.raises(InputError, match="expected why"):
        made.answer(card(made, "reply").id, "approve", by="Ada", why=" ")
    with pytest.raises(NotFound, match="expected the id of a card that waits"):
        made.answer("card_0", "approve", by="Ada", why="yes")


def test_while_halted_no_approval_counts() -> None:
    made = agent()
    id = card(made, "reply").id
    made.halt(by="Ada", why="cutover")

    assert made.answer(id, "approve", by="Ada", why="yes").counted is False
    made.drain()
    assert {a.status for a in made.memory.read("actions", id=None) if a.kind == "reply"} == {ActionStatus.EXPIRED}


def test_whose_word_led_to_it_may_not_approve_it() -> None:
    made = agent()
    issue = card(made, "reply").issue
    made.mute("down", merchant="m_1", until=after(4000), by="Ada", why="noise")
    assert made.approvals() == ()
    made.unmute("down", merchant="m_1", by="Ada", why="I want it")
    again = card(made, "reply")

    assert again.issue.id == issue.id
    assert again.may_not == ("ada: asked for it",)
    assert made.answer(again.id, "approve", by="Ada", why="mine").words == "expected somebody else: Ada asked for it"
    assert made.answer(again.id, "approve", by="Ben", why="fine").counted


@pytest.mark.parametrize("again", ["halt", "mute", "mode", "second"])
def test_who_asked_for_it_is_remembered_until_the_issue_ends(again: str) -> None:
    made = agent()

    def lift(by: str) -> None:
        made.mute("down", merchant="m_1", until=after(4000), by=by, why="noise")
        made.unmute("down", merchant="m_1", by=by, why="I want it")

    lift("Ada")
    if again == "halt":
        made.halt(by="Cem", why="wait")
        made.resume(by="Dora", why="go on")
    elif again == "mute":
        made.mute("down", merchant="m_1", until=after(300), by="Ben", why="noise")
        made.tick(after(301))
    elif again == "mode":
        made.set_mode(RunMode.SHADOW, by="Cem", why="wait")
        made.set_mode(None, by="Dora", why="go on")
    else:
        lift("Ben")
    waits = card(made, "reply")

    more = {"halt": ["dora"], "mode": ["dora"], "second": ["ben"]}.get(again, [])
    assert waits.may_not == tuple(f"{name}: asked for it" for name in ["ada", *more])
    assert not made.answer(waits.id, "approve", by="Ada", why="mine").counted
    assert made.answer(waits.id, "approve", by="Ben", why="fine").counted is (again != "second")


# --- two clocks ------------------------------------------------------------------------------------------------------


LASTING = RuleSet("lasting", *(attrs.evolve(r, lasts=timedelta(hours=30)) for r in RULES))


PATIENT = attrs.evolve(POLICY, stale_after=timedelta(hours=30))


def quiet(policy: Policy = PATIENT) -> Run:
    """A run whose evidence lasts for as long as anybody looks at it."""
    run = Run(fold=Fold(LASTING, policy))
    run.give(*sure())
    return run


def test_people_are_reminded_once_when_most_of_the_time_is_over_and_then_it_lapses() -> None:
    run = quiet()
    reply = run.action("reply")

    run.give(Tick(at=after(11_521)))
    assert told(run, reply.idempotency_key) == []
    fired = run.give(Tick(at=after(11_522)), Tick(at=after(14_000))).timers
    (reminder,) = told(run, reply.idempotency_key)
    assert (fired, reminder.kind, reminder.target, reminder.risk.word) == ((), "notify", "on_call", "R0")
    assert "waits for on_call or owner until 2026-03-01 13:00 UTC; unanswered, it is not done" in reminder.args["text"]

    run.give(Tick(at=after(14_402)))
    _, lapsed = told(run, reply.idempotency_key)
    assert run.action("reply").status is ActionStatus.EXPIRED
    assert (lapsed.target, lapsed.args["text"]) == (
        "owner",
        "nobody answered in time, so reply -> merchant_contact is not done; on_call or owner had been asked",
    )
    run.give(Tick(at=after(90_000)))
    assert len(told(run, reply.idempotency_key)) == 2


def test_both_clocks_are_in_the_trace_with_their_own_times() -> None:
    run = quiet()

    fired = run.give(Tick(at=after(20_000))).timers

    found = {(t.what, t.name, t.deadline) for t in fired if t.what in ("reminder", "approval")}
    assert found == {
        (what, name, after(at))
        for what, at in (("reminder", 11_522), ("approval", 14_402))
        for name in ("reply", "replay")
    }


def test_who_has_answered_is_not_reminded() -> None:
    run = quiet()
    reply = run.action("reply")
    run.give(
        PersonActed(
            at=after(20), verb="approve", by="Ada", target=reply.idempotency_key, binding=reply.binding, why="yes"
        )
    )
    run.give(ActionStarted(at=after(30), key=reply.idempotency_key))
    run.give(Tick(at=after(14_402)))

    assert told(run, reply.idempotency_key) == []


def test_a_reminder_that_was_not_sent_before_the_answer_is_taken_back() -> None:
    run = quiet()
    reply = run.action("reply")
    run.give(Tick(at=after(11_600)))
    run.give(
        PersonActed(at=after(11_601), verb="reject", by="Ada", target=reply.idempotency_key, binding=reply.binding)
    )
    (reminder,) = told(run, reply.idempotency_key)

    assert (reminder.status, reminder.note) == (ActionStatus.EXPIRED, "withdrawn: it has been answered")


def test_what_is_off_the_allow_list_reminds_nobody_by_itself() -> None:
    run = quiet(attrs.evolve(POLICY, allow=frozenset({"tag"})))
    run.give(Tick(at=after(11_600)))

    assert [a.status for a in told(run, run.action("reply").idempotency_key)] == [ActionStatus.RECORDED]


@pytest.mark.parametrize(
    ("entry", "mode", "reached"),
    [
        ("notify", RunMode.ASSIST, ["on_call", "owner"]),
        ("notify -> on_call", RunMode.AUTO, ["on_call"]),
        ("notify -> owner @ assist", RunMode.ASSIST, ["owner"]),
        ("notify @ auto", RunMode.ASSIST, []),
    ],
)
def test_the_allow_list_says_which_roles_are_told_of_what_waits_lapses_or_is_late(
    entry: str, mode: RunMode, reached: list[str]
) -> None:
    run = quiet(attrs.evolve(PATIENT, allow=frozenset({"tag", entry}), mode=mode))
    reply = run.action("reply")
    run.give(Tick(at=after(11_600)))
    (reminder,) = told(run, reply.idempotency_key)
    reminded = reminder.status is ActionStatus.PLANNED
    run.give(Tick(at=after(14_410)))
    lapsed = told(run, reply.idempotency_key)[-1]
    (late,) = told(run, run.state.held["down", ("m_1",)].issue.id)

    assert [(a.target, a.status) for a in (lapsed, late)] == [
        ("owner", ActionStatus.PLANNED if "owner" in reached else ActionStatus.RECORDED)
    ] * 2
    assert (reminder.target, reminded) == ("on_call", "on_call" in reached)


# --- who may be listed -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: People(persons=(Person(name="a", roles={"x"}), Person(name=" A ", roles={"y"}))), "each name once"),
        (lambda: People(approvers={Risk.R4: ("owner",)}), "expected R0 to R3, got R4"),
        (lambda: People(approvers={Risk.R2: ()}), "at least one role for R2"),
        (lambda: People(escalation=()), "at least one role"),
        (lambda: People(page_within=timedelta(0)), "page_within: expected a span above 0"),
        (lambda: Person(name="a", roles="owner"), "expected roles such as"),
    ],
)
def test_people_that_could_never_be_asked_are_refused(make: Any, words: str) -> None:
    with pytest.raises(ConfigurationError, match=words):
        make()


def test_who_may_answer_is_a_part_of_the_version_of_the_policy_and_how_to_reach_them_is_not() -> None:
    moved = [attrs.evolve(p, contact="pager 9") for p in PEOPLE.persons]
    promoted = [attrs.evolve(p, roles=p.roles | {"owner"}) for p in PEOPLE.persons]

    versions = [attrs.evolve(POLICY, people=People(persons=p)).version for p in (PEOPLE.persons, moved, promoted)]
    assert versions[0] == versions[1] != versions[2]


# --- one winner ------------------------------------------------------------------------------------------------------

CARDS, THREADS, EACH = 5, 4, 25

PROCESS = """
import sys
from tests.agent.test_approvals import race
race(sys.argv[1], sys.argv[2], sys.argv[3:])
"""


def race(path: str, who: str, cards: list[str]) -> list[tuple[str, str, Answer]]:
    """Answer every card many times from threads that share one agent; prints and returns who was told to have won."""
    found: list[tuple[str, str, Answer]] = []
    with SqliteMemory(path, durability="normal", busy_timeout_s=60) as memory:
        agent = Agent(rules=RULES, memory=memory, policy=OPEN_POLICY)

        def answer(thread: int) -> None:
            for id in cards:
                for n in range(EACH):
                    by = f"{who}-{thread}-{n}"
                    verb: Literal["approve", "reject"] = "approve" if (thread + n) % 2 else "reject"
                    found.append((id, f"{verb} {by}", agent.answer(id, verb, by=by, why="race")))

        threads = [threading.Thread(target=answer, args=(n,)) for n in range(THREADS)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    for id, said, told in found:
        print(id, told.counted, said, told.words, sep="\t")
    return found


def test_of_a_thousand_answers_from_threads_of_two_processes_one_wins_each_card(tmp_path: Path) -> None:
    path = tmp_path / "race.db"
    with SqliteMemory(path) as memory:
        made = Agent(rules=RULES, memory=memory, policy=OPEN_POLICY)
        for shop in range(CARDS):
            handled(made, [s.model_copy(update={"merchant": f"m_{shop}", "id": f"{s.id}{shop}"}) for s in sure()])
        cards = [c.id for c in made.approvals() if c.action.kind == "reply"]
    assert len(cards) == CARDS
    command = [sys.executable, "-c", PROCESS, str(path)]
    runs = [
        subprocess.Popen(
            [*command, who, *cards], cwd=Path(world.__file__).parents[2], stdout=subprocess.PIPE, text=True
        )
        for who in ("one", "two")
    ]
    rows = [line.split("\t") for run in runs for line in run.communicate(timeout=120)[0].splitlines()]

    assert (len(rows), [run.returncode for run in runs]) == (2 * CARDS * THREADS * EACH, [0, 0])
    for id in cards:
        winners = {said for card, counted, said, _ in rows if card == id and counted == "True"}
        assert len(winners) == 1
        words = {told for card, _, _, told in rows if card == id}
        assert len(words) == 1, "whoever is late hears the same"
        verb, by = winners.pop().split(" ")
        assert f"{'approved' if verb == 'approve' else 'rejected'} by {by}" in words.pop()


def test_whose_approval_is_dropped_with_its_issue_is_told_to_the_role_that_was_asked() -> None:
    made = agent()
    waiting = card(made, "reply").action
    assert made.answer(card(made, "reply").id, "approve", by="Ada", why="reads well").counted
    made.tick(after(3600))
    found = {a.idempotency_key: a for a in made.memory.read("actions")}
    (notice,) = [a for a in found.values() if a.about == waiting.idempotency_key]

    assert found[waiting.idempotency_key].note == "withdrawn: the issue has ended"
    assert notice.target == "on_call"
    assert notice.args["text"] == (
        "reply -> merchant_contact was approved by ada and is not done: withdrawn: the issue has ended"
    )
    assert notice.status is ActionStatus.PLANNED
    assert {a.status for a in made.drain() if a.about} == {ActionStatus.SIMULATED}


def test_only_a_listed_person_lets_automation_go_on() -> None:
    made = agent()
    made.halt(by="Ada", why="cutover")
    for by, why in (("Eve", "go on"), ("Ada", " ")):
        with pytest.raises(InputError, match="expected"):
            made.resume(by=by, why=why)
    # Whoever writes past the agent is not heard either.
    made.tell("platform", PersonActed(at=after(60), verb="resume", by="Eve", why="go on"))
    assert made.halted

    made.resume(by="ada", why="done")
    assert not made.halted


class Frozen(Signal, kind="approvals.frozen"):
    """Whether two people have to agree to what goes to a merchant."""

    two: Maybe[bool] = UNSET


TWO = Guard(
    name="two",
    holds=lambda asked: asked.facts["two"],
    version="1",
    meaning="two people have to agree",
    cap=Outcome.APPROVE2,
    kinds=frozenset({"reply"}),
    reads={"two": fact(Frozen.two, default=False)},
)
EASED = attrs.evolve(POLICY, guards=(TWO,))


def two(n: int, at: int, wanted: bool) -> Signal:
    return Frozen(merchant=M1, env="production", occurred_at=after(at), two=wanted, dedup_key=f"two-{n}")


def eased(*, raised_by: str = "") -> Agent:
    """Return an agent that asked for two people, has the answer of one, and asks for one by now."""
    made = Agent(rules=RULES, memory=VolatileMemory(), policy=EASED)
    handled(made, [two(1, 0, True), *sure()])
    assert card(made, "reply").needs == 2
    assert made.answer(card(made, "reply").id, "approve", by="Ada", why="reads well").counted
    if raised_by:
        made.set_mode(RunMode.ASSIST, by="ops", why="night")
        made.set_mode(None, by=raised_by, why="day")
    made.handle(two(2, 60, False))
    # No new evidence: what was approved is what waits.
    made.set_mode(RunMode.AUTO, by="ops", why="as it is")
    return made


def test_who_has_approved_has_done_so_also_where_fewer_people_are_asked_by_now() -> None:
    made = eased()
    (reply,) = [a for a in made.memory.read("actions") if a.kind == "reply"]

    assert (reply.status, reply.outcome, reply.note) == (ActionStatus.PLANNED, Outcome.APPROVE1, "approved by ada")
    assert reply.expires_at is not None
    assert timedelta() < reply.expires_at - after(60) - EASED.execution_lasts < timedelta(seconds=1)
    assert [a.status.value for a in made.drain() if a.kind == "reply"] == ["simulated"]


def test_who_has_asked_for_it_since_does_not_count_where_fewer_people_are_asked() -> None:
    made = eased(raised_by="Ada")
    waits = card(made, "reply")

    assert (waits.needs, waits.approved_by) == (1, ("ada",))
    assert made.answer(waits.id, "approve", by="Ada", why="once more").words == (
        "expected somebody else: Ada asked for it"
    )


def test_of_two_who_approve_none_is_somebody_who_has_asked_for_it_since() -> None:
    made = eased(raised_by="Ada")
    made.handle(two(3, 120, True))
    made.set_mode(RunMode.ASSIST, by="ops", why="night")
    waits = card(made, "reply")
    assert (waits.needs, waits.approved_by) == (2, ("ada",))

    made.answer(waits.id, "approve", by="Ben", why="reads well")

    assert (card(made, "reply").needs, card(made, "reply").approved_by) == (2, ("ben",))
