"""The lock: a meaning does not move without a revision, and no rule goes without being said to."""

from __future__ import annotations

import importlib.resources
import tomllib
from typing import Any

import attrs
import pytest

from migro.documents import Lock, Locked, check_lock, lock_of, lock_text, read_lock
from migro.errors import InputError, RuleDefinitionError, RuleSetError, UnsupportedFormat
from migro.packs.headless import RULES
from migro.rules import IssueKind, Rule, RuleSet, on, supports
from tests.documents.generation import Page, Shop

KIND = IssueKind[Any]("k", category="unknown")


def rule(id: str, *, code: int = 500, revision: int = 1) -> Rule[Any]:
    when = on(Page, Page.code == code, per=Page.merchant)
    return Rule(id, when=when, then=supports(KIND, 50, family="f"), revision=revision)


BEFORE = RuleSet("shop", rule("r.one"), rule("r.two"))
LOCK = lock_of(BEFORE)


def codes(ruleset: RuleSet, lock: Lock = LOCK) -> list[str]:
    return [f.code for f in check_lock(ruleset, lock)]


def test_a_lock_comes_back_from_its_text() -> None:
    gone = attrs.evolve(LOCK, removed={'r."old"\\\n': Locked(3, "0" * 64)})

    assert read_lock(lock_text(LOCK)) == LOCK
    assert read_lock(lock_text(gone)) == gone
    assert tomllib.loads(lock_text(LOCK))["rules"]["r.one"] == {"revision": 1, "hash": BEFORE.rule("r.one").version}


def test_each_rule_has_a_line_of_its_own_in_the_order_of_ids() -> None:
    lines = lock_text(lock_of(RuleSet("shop", rule("r.b"), rule("r.a")))).splitlines()

    assert [line.split(" ")[0] for line in lines if "revision =" in line] == ['"r.a"', '"r.b"']


def test_what_was_locked_passes() -> None:
    assert codes(BEFORE) == []
    assert lock_of(BEFORE, LOCK) == LOCK


def test_a_meaning_that_moved_without_a_revision_is_told() -> None:
    after = RuleSet("shop", rule("r.one", code=501), rule("r.two"))
    (found,) = check_lock(after, LOCK)

    assert (found.code, found.rule) == ("meaning", "r.one")
    assert found.message == (
        f"expected {BEFORE.rule('r.one').version[:12]}, which was locked as revision 1,"
        f" got {after.rule('r.one').version[:12]}: undo the change, or write revision=2"
    )
    with pytest.raises(RuleSetError, match="revision=2"):
        lock_of(after, LOCK)


def test_a_meaning_that_moved_with_its_revision_only_needs_a_new_lock() -> None:
    after = RuleSet("shop", rule("r.one", code=501, revision=2), rule("r.two"))

    assert codes(after) == ["unlocked", "version"]
    assert codes(after, lock_of(after, LOCK)) == []


def test_a_revision_never_goes_back() -> None:
    later = lock_of(RuleSet("shop", rule("r.one", revision=3), rule("r.two")), LOCK)
    (found,) = check_lock(BEFORE, later)

    assert found.message == "expected revision 3 or a later one, since that was locked; got 1"
    with pytest.raises(RuleSetError):
        lock_of(BEFORE, later)


def test_a_rule_that_is_gone_has_to_be_said_to_be() -> None:
    after = RuleSet("shop", rule("r.one"))

    assert codes(after) == ["removed"]
    with pytest.raises(RuleSetError, match=r"--removed r\.two"):
        lock_of(after, LOCK)
    lock = lock_of(after, LOCK, removed=["r.two"])
    assert codes(after, lock) == []
    assert lock.removed == {"r.two": LOCK.rules["r.two"]}
    assert lock_of(after, lock) == lock


def test_a_rule_that_comes_back_as_another_one_needs_a_new_revision() -> None:
    lock = lock_of(RuleSet("shop", rule("r.one")), LOCK, removed=["r.two"])

    assert codes(RuleSet("shop", rule("r.one"), rule("r.two", code=7)), lock) == ["meaning"]
    assert codes(BEFORE, lock) == ["unlocked"]
    assert lock_of(BEFORE, lock).removed == {}


def test_only_what_is_gone_can_be_said_to_be_removed() -> None:
    for id, got in (("r.one", "still there"), ("r.three", "never locked")):
        with pytest.raises(RuleSetError, match=got):
            lock_of(BEFORE, LOCK, removed=[id])


def test_a_new_rule_and_another_vocabulary_make_the_lock_old() -> None:
    assert codes(RuleSet("shop", *BEFORE.rules, rule("r.three"))) == ["unlocked"]
    assert codes(RuleSet("shop", *BEFORE.rules, signals=[Shop])) == ["version"]
    assert codes(RuleSet("other", *BEFORE.rules)) == ["name"]


def test_every_finding_is_told_at_once() -> None:
    lock = lock_of(RuleSet("shop", rule("r.one"), rule("r.two", revision=2), rule("r.three")))

    assert codes(RuleSet("shop", rule("r.one", code=1), rule("r.two")), lock) == ["meaning", "revision", "removed"]


def test_a_revision_is_a_whole_number_from_one() -> None:
    for wrong in (0, True, "2"):
        with pytest.raises(RuleDefinitionError, match="whole number from 1"):
            rule("r.one", revision=wrong)  # type: ignore[arg-type]  # what a user may write without a checker


def test_a_revision_is_no_part_of_the_meaning() -> None:
    assert rule("r.one", revision=9).version == rule("r.one").version


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (("migro-rules-lock/1", "migro-rules-lock/x"), "format: expected 'migro-rules-lock/1'"),
        (("name =", "nmae ="), "nmae: expected no such field"),
        (("revision = 1", "revision = 0"), "rules.r.one: expected a revision from 1"),
        (("revision = 1", "revision = true"), "rules.r.one: expected a revision from 1"),
        (('hash = "', 'hash = "g'), "64 hex digits"),
        (("{ revision", "{ more = 1, revision"), "rules.r.one: expected"),
        (("[rules]", "[removed]\n[removed]"), "expected a lock as TOML"),
        (("[rules]", "rules = 1\n[other]"), "rules: expected a table"),
    ],
)
def test_what_is_no_lock_is_told(change: tuple[str, str], words: str) -> None:
    with pytest.raises(InputError, match=r"shop\.lock") as caught:
        read_lock(lock_text(LOCK).replace(*change), where="shop.lock")

    assert words in str(caught.value)


def test_a_lock_of_a_newer_migro_is_told_apart() -> None:
    with pytest.raises(UnsupportedFormat, match="newer migro"):
        read_lock(lock_text(LOCK).replace("lock/1", "lock/2"))


def test_the_shipped_rules_are_what_was_locked() -> None:
    text = importlib.resources.files("migro.packs.headless").joinpath("migro-rules.lock").read_text("utf-8")

    assert [str(f) for f in check_lock(RULES, read_lock(text))] == []
