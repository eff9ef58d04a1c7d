"""
The lock file: which revision of a rule means what.

A rule's author counts its revision up when its meaning changes. The lock holds the hash of every revision in force, so
that a meaning that moved by itself, or a rule that is gone, shows in a review instead of in production.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Collection, Iterator, Mapping
from typing import Any, Final

import attrs

from ..errors import Finding, InputError, RuleSetError, UnsupportedFormat
from ..rules import RuleSet

__all__ = ["LOCK_FORMAT", "Lock", "Locked", "check_lock", "lock_of", "lock_text", "read_lock"]

LOCK_FORMAT: Final = "migro-rules-lock/1"
"""What this migro writes and reads."""

_HASH: Final = re.compile(r"[0-9a-f]{64}\Z")
_LATER: Final = re.compile(r"migro-rules-lock/([2-9]|[1-9][0-9]+)\Z")
_RENEW: Final = "`migro rules lock` writes the new lock"


@attrs.frozen
class Locked:
    """
    A rule as it was locked.

    Attributes:
        revision: Its revision.
        hash: SHA-256 of its meaning, as `Rule.version`.
    """

    revision: int
    hash: str


@attrs.frozen(kw_only=True)
class Lock:
    """
    What a lock file holds.

    Attributes:
        name: Of the rule set.
        version: Of the rule set.
        rules: Rules in force, by id.
        removed: Rules that are gone, by id, each as it was last.
    """

    name: str
    version: str
    rules: Mapping[str, Locked]
    removed: Mapping[str, Locked] = attrs.field(factory=dict)


# --- text -------------------------------------------------------------------------------------------------------


def lock_text(lock: Lock) -> str:
    """Return the lock as TOML, a line for each rule in the order of their ids."""
    lines = [
        "# Written by `migro rules lock`. A line that moves here without a new revision is a mistake.",
        f'format = "{LOCK_FORMAT}"',
        f"name = {_quoted(lock.name)}",
        f'version = "{lock.version}"',
        "",
        "[rules]",
        *_lines(lock.rules),
    ]
    if lock.removed:
        lines += ["", "[removed]", *_lines(lock.removed)]
    return "\n".join(lines) + "\n"


def _lines(rules: Mapping[str, Locked]) -> Iterator[str]:
    for id, locked in sorted(rules.items()):
        yield f'{_quoted(id)} = {{ revision = {locked.revision}, hash = "{locked.hash}" }}'


def _quoted(text: str) -> str:
    plain = "".join(c if c.isprintable() and c not in '"\\' else f"\\U{ord(c):08x}" for c in text)
    return f'"{plain}"'


def read_lock(text: str, *, where: str = "") -> Lock:
    """
    Return the lock that `text` says.

    Raises:
        InputError: If it is no lock; with everything that is wrong.
        UnsupportedFormat: If a newer migro wrote it.
    """
    try:
        data = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as e:
        raise InputError(f"expected a lock as TOML, got something else: {e}", where=where) from e
    form = data.get("format")
    if isinstance(form, str) and _LATER.match(form):
        raise UnsupportedFormat(
            f"expected {LOCK_FORMAT!r}, got {form!r}: the lock was written by a newer migro", where=where
        )
    wrong = [] if form == LOCK_FORMAT else [f"format: expected {LOCK_FORMAT!r}, got {form!r}"]
    wrong += [
        f"{name}: expected no such field, got one"
        for name in data
        if name not in ("format", "name", "version", "rules", "removed")
    ]
    for name in ("name", "version"):
        if not isinstance(data.get(name), str):
            wrong.append(f"{name}: expected a string, got {data.get(name)!r}")
    rules, removed = (dict(_read_rules(name, data.get(name, {}), wrong)) for name in ("rules", "removed"))
    wrong += [f"removed.{id}: expected a rule that is not in force, got one that is" for id in removed if id in rules]
    if wrong:
        raise InputError("; ".join(wrong), where=where)
    return Lock(name=data["name"], version=data["version"], rules=rules, removed=removed)


def _read_rules(section: str, table: Any, wrong: list[str]) -> Iterator[tuple[str, Locked]]:
    if not isinstance(table, dict):
        wrong.append(f"{section}: expected a table, got {table!r}")
        return
    for id, entry in table.items():
        match entry:
            case {"revision": int(revision), "hash": str(hash), **rest} if (
                not rest and type(revision) is int and revision >= 1 and _HASH.match(hash)
            ):
                yield id, Locked(revision, hash)
            case _:
                wrong.append(f"{section}.{id}: expected a revision from 1 and a hash of 64 hex digits, got {entry!r}")


# --- judging ----------------------------------------------------------------------------------------------------


def lock_of(ruleset: RuleSet, before: Lock | None = None, *, removed: Collection[str] = ()) -> Lock:
    """
    Return the new lock of a rule set.

    Args:
        ruleset: The rules in force.
        before: The lock so far, if there is one.
        removed: Ids of rules that are meant to be gone.

    Raises:
        RuleSetError: If a meaning moved and its revision did not, a revision went back, or a rule is gone that is
            not said to be.
    """
    if before is None:
        before = Lock(name=ruleset.name, version=ruleset.version, rules={})
    findings = [*_check_rules(ruleset, before), *_check_gone(ruleset, before, removed)]
    if findings:
        raise RuleSetError(findings)
    rules = {r.id: Locked(r.revision, r.version) for r in ruleset}
    gone = {id: locked for id, locked in {**before.removed, **before.rules}.items() if id not in rules}
    return Lock(name=ruleset.name, version=ruleset.version, rules=rules, removed=gone)


def check_lock(ruleset: RuleSet, lock: Lock) -> tuple[Finding, ...]:
    """Return everything in which a rule set is not what was locked."""
    findings = [*_check_rules(ruleset, lock), *_check_gone(ruleset, lock, ())]
    if not findings:
        findings = list(_check_rest(ruleset, lock))
    return tuple(findings)


def _check_rules(ruleset: RuleSet, lock: Lock) -> Iterator[Finding]:
    known = {**lock.removed, **lock.rules}
    for rule in ruleset:
        locked = known.get(rule.id)
        if locked is None:
            continue
        if rule.revision < locked.revision:
            yield Finding(
                "revision",
                rule.id,
                rule.where,
                f"expected revision {locked.revision} or a later one, since that was locked; got {rule.revision}",
            )
        elif rule.version != locked.hash and rule.revision == locked.revision:
            yield Finding(
                "meaning",
                rule.id,
                rule.where,
                f"expected {locked.hash[:12]}, which was locked as revision {locked.revision}, got"
                f" {rule.version[:12]}: undo the change, or write revision={locked.revision + 1}",
            )


def _check_gone(ruleset: RuleSet, lock: Lock, removed: Collection[str]) -> Iterator[Finding]:
    there = {rule.id for rule in ruleset}
    for id in sorted(lock.rules):
        if id not in there and id not in removed:
            yield Finding(
                "removed", id, ruleset.name, f"expected the rule, or its removal said by --removed {id}; got neither"
            )
    for id in sorted(removed):
        if id in there or id not in {**lock.rules, **lock.removed}:
            got = "one that is still there" if id in there else "one that was never locked"
            yield Finding("removed", id, ruleset.name, f"expected a rule that is gone, got {got}")


def _check_rest(ruleset: RuleSet, lock: Lock) -> Iterator[Finding]:
    """Yield what is no mistake of a rule but still makes the lock another one."""
    for rule in ruleset:
        locked = lock.rules.get(rule.id)
        if locked is None:
            yield Finding("unlocked", rule.id, rule.where, f"expected a locked rule, got a new one: {_RENEW}")
        elif rule.revision != locked.revision:
            yield Finding(
                "unlocked",
                rule.id,
                rule.where,
                f"expected the locked revision {locked.revision}, got {rule.revision}: {_RENEW}",
            )
    if ruleset.name != lock.name:
        yield Finding("name", ruleset.name, ruleset.name, f"expected {lock.name!r}, got {ruleset.name!r}")
    elif all(r.id in lock.rules for r in ruleset) and ruleset.version != lock.version:
        yield Finding(
            "version",
            ruleset.name,
            ruleset.name,
            f"expected version {lock.version[:12]}, got {ruleset.version[:12]}: issue kinds or signal columns changed;"
            f" {_RENEW}",
        )
