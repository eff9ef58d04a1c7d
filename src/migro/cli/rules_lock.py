"""``migro rules lock``: which revision of a rule means what."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from ..documents import Lock, check_lock, lock_of, lock_text, read_lock
from ..errors import ConfigurationError, InputError, RuleSetError
from ..rules import RuleSet
from .console import Console
from .equipment import add_rules, equipped
from .rule_documents import written
from .surroundings import configuration

__all__ = ["existing_lock", "register"]


def register(inside: Any, common: argparse.ArgumentParser) -> None:
    """Add the command."""
    lock = inside.add_parser("lock", parents=[common], help="write down which revision of a rule means what")
    add_rules(lock)
    lock.add_argument(
        "--lock", type=Path, metavar="FILE", default=Path("migro-rules.lock"), help="default: migro-rules.lock"
    )
    lock.add_argument("--check", action="store_true", help="write nothing; fail if the rules are not what was locked")
    lock.add_argument(
        "--removed", action="append", metavar="ID", default=[], help="a rule that is meant to be gone; repeatable"
    )
    lock.set_defaults(command=lock_rules)


def lock_rules(arguments: argparse.Namespace, console: Console) -> int:
    """Write the lock of a rule set, or compare the rule set with it."""
    ruleset, _ = equipped(configuration(arguments.config), arguments.rules or ())
    before = _read(arguments.lock)
    if arguments.check:
        return _check(ruleset, before, arguments.lock, console)
    lock = lock_of(ruleset, before, removed=arguments.removed)
    written(arguments.lock, lock_text(lock))
    _tell(ruleset, arguments.lock, console)
    return 0


def _check(ruleset: RuleSet, lock: Lock | None, path: Path, console: Console) -> int:
    if lock is None:
        raise _no_lock(path)
    findings = check_lock(ruleset, lock)
    if console.text and findings:
        raise RuleSetError(findings)
    if console.text:
        _tell(ruleset, path, console)
    else:
        console.records({"code": f.code, "rule": f.rule, "where": f.where, "message": f.message} for f in findings)
    return 1 if findings else 0


def _tell(ruleset: RuleSet, path: Path, console: Console) -> None:
    if console.text:
        console.say(f"{path}: {len(ruleset)} rules of {ruleset.name}, version {ruleset.version[:12]}")
    else:
        console.data({"lock": str(path), "name": ruleset.name, "rules": len(ruleset), "version": ruleset.version})


def existing_lock(path: Path) -> Lock:
    """
    Return the lock of a file.

    Raises:
        ConfigurationError: If there is no such file, or it cannot be read.
        InputError: If it is no lock.
    """
    lock = _read(path)
    if lock is None:
        raise _no_lock(path)
    return lock


def _no_lock(path: Path) -> ConfigurationError:
    return ConfigurationError(f"expected a lock to check against, found no file - at {path}")


def _read(path: Path) -> Lock | None:
    try:
        return read_lock(path.read_bytes().decode(), where=str(path))
    except FileNotFoundError:
        return None
    except UnicodeDecodeError as e:
        raise InputError("expected a lock in UTF-8, got other bytes", where=str(path)) from e
    except OSError as e:
        raise ConfigurationError(f"expected a lock that can be read: {e.strerror} - at {path}") from e
