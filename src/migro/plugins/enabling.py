"""Enabling: import what is listed, check it, and tell everything that is wrong with it at once."""

from __future__ import annotations

import copy
import difflib
import importlib
import traceback
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

import attrs

from ..configuration import ANY_VERSION
from ..errors import ConfigurationError, MigroError, survivable
from ..expressions.features import FeatureSet
from ..lexicons import Lexicon
from ..models import Signal
from ..rules import RuleSet
from . import contracts
from .contracts import Factory, Unfit
from .offers import GROUPS, Offer, installed

__all__ = ["Enabled", "Problem", "built", "composed", "enable", "examine", "stopped"]

T = TypeVar("T")

_NOT_THEIRS = ("<frozen", str(Path(importlib.__file__ or "").parent), str(Path(__file__).parent))
"""Where the code lies that stands between a plugin and whoever enables it."""


@attrs.frozen(kw_only=True)
class Problem:
    """
    Why a plugin that is listed cannot be used.

    Attributes:
        message: What was expected and what was found.
        where: Distribution and entry point, or the place in ``migro.toml``.
        cause: What the plugin raised, if it did.
    """

    group: str
    name: str
    message: str
    where: str
    cause: BaseException | None = attrs.field(default=None, eq=False, repr=False)

    def __str__(self) -> str:
        return f"{self.group} {self.name!r}: {self.message} - at {self.where}"


@attrs.frozen(kw_only=True)
class Enabled:
    """
    What the plugins that are listed bring, by name and in the order of the list.

    Attributes:
        offers: Who brings it, by group and name.
    """

    rulesets: Mapping[str, RuleSet]
    signals: Mapping[str, tuple[type[Signal], ...]]
    features: Mapping[str, FeatureSet]
    lexicons: Mapping[str, tuple[Lexicon, ...]]
    actuators: Mapping[str, Factory]
    memories: Mapping[str, Factory]
    sources: Mapping[str, Factory]
    offers: Mapping[tuple[str, str], Offer]

    @property
    def catalogue(self) -> FeatureSet:
        """Every feature of every plugin, to read the documents of rules with."""
        return FeatureSet(one for several in self.features.values() for one in several)


def examine(
    listed: Mapping[str, Mapping[str, str]], offers: Sequence[Offer] | None = None
) -> tuple[Enabled, tuple[Problem, ...]]:
    """
    Return what of the listed plugins can be used, and why the others cannot.

    Only what is listed is imported, and of that only what one distribution offers in the version it is pinned to.

    Args:
        listed: Names and pins by group, as `Configuration.enabled` has them.
        offers: What is installed; by default looked up.
    """
    examining = _Examining(listed, installed() if offers is None else offers)
    enabled = Enabled(
        rulesets=examining.take("rulesets", contracts.ruleset),
        signals=examining.take("signals", contracts.vocabulary),
        features=examining.take("features", examining.features_of_their_own),
        lexicons=examining.take("lexicons", contracts.lexicons),
        actuators=examining.take("actuators", contracts.factory),
        memories=examining.take("memories", contracts.factory),
        sources=examining.take("sources", contracts.factory),
        offers=examining.chosen,
    )
    return enabled, tuple(examining.problems)


def enable(listed: Mapping[str, Mapping[str, str]], offers: Sequence[Offer] | None = None) -> Enabled:
    """
    Return what the listed plugins bring.

    Raises:
        ConfigurationError: With every plugin that cannot be used: expected, got, and where. What a plugin raised is
            its cause.
    """
    enabled, problems = examine(listed, offers)
    if problems:
        raise stopped(problems)
    return enabled


def stopped(problems: Sequence[Problem]) -> ConfigurationError:
    """Return one error that tells all the problems and has what the plugins raised as its cause."""
    many = f"{len(problems)} listed plugins" if len(problems) > 1 else "a listed plugin"
    error = ConfigurationError(f"{many} cannot be used:\n" + "\n".join(f"  {p}" for p in problems))
    causes = [p.cause for p in problems if p.cause is not None]
    if len(causes) > 1:
        error.__cause__ = BaseExceptionGroup("what the plugins raised", causes)
    elif causes:
        error.__cause__ = causes[0]
    return error


def built(
    group: str,
    names: Iterable[str],
    enabled: Enabled,
    tables: Mapping[str, Mapping[str, Any]],
    fit: Callable[[object], T],
) -> tuple[T, ...]:
    """
    Return what factories make of their tables, in the order of the names.

    Args:
        group: ``actuators``, ``memories`` or ``sources``.
        names: Which of the group's enabled plugins; all of them have to be enabled.
        enabled: The plugins.
        tables: Settings by name; a factory without any gets an empty table, and each a copy of its own.
        fit: Returns what was made as what it has to be, or raises; one of `migro.plugins.contracts`.

    Raises:
        ConfigurationError: With every one that cannot be made.
    """
    factories: Mapping[str, Factory] = getattr(enabled, group)
    made: list[T] = []
    problems: list[Problem] = []
    for name in names:
        where = str(enabled.offers[group, name])
        try:
            made.append(fit(factories[name](copy.deepcopy(dict(tables.get(name, {}))))))
        except Unfit as e:
            problems.append(Problem(group=group, name=name, message=f"of what it made, {e}", where=where))
        except survivable() as e:
            message = f"expected it to be made of its settings, got {_raised(e)}"
            problems.append(Problem(group=group, name=name, message=message, where=where, cause=e))
    if problems:
        raise stopped(problems)
    return tuple(made)


def composed(sets: Sequence[RuleSet], vocabularies: Mapping[str, Iterable[type[Signal]]]) -> RuleSet:
    """
    Return several rule sets and the signal classes of plugins as one rule set.

    Args:
        sets: At least one; a single one to which nothing is added is returned as it is.
        vocabularies: Further signal classes, by the name of the plugin.

    Raises:
        ConfigurationError: If two of them have different classes for one kind of signal: which of the two a signal
            becomes would depend on the order of a list.
        RuleSetError: If their rules do not go together, such as two of one id.
    """
    if not sets:
        raise ConfigurationError("expected at least one rule set, got none")
    origins: dict[str, tuple[type[Signal], str]] = {}
    problems: list[str] = []
    brought = [(f"rule set {s.name!r}", cls) for s in sets for cls in s.signals.values()]
    brought += [(f"signals {name!r}", cls) for name, classes in vocabularies.items() for cls in classes]
    for origin, cls in brought:
        first, other = origins.setdefault(cls.__signal_kind__, (cls, origin))
        if first is not cls:
            problems.append(
                f"expected one class for signals of kind {cls.__signal_kind__!r}, got {_named(first)} of {other}"
                f" and {_named(cls)} of {origin}"
            )
    if problems:
        raise ConfigurationError("; ".join(problems))
    added = [cls for classes in vocabularies.values() for cls in classes]
    if len(sets) == 1 and all(sets[0].signals.get(cls.__signal_kind__) is cls for cls in added):
        return sets[0]
    return RuleSet("+".join(s.name for s in sets), *sets, signals=added)


class _Examining:
    """Goes through the groups, keeps what fits and remembers what does not."""

    def __init__(self, listed: Mapping[str, Mapping[str, str]], offers: Sequence[Offer]) -> None:
        self._listed = listed
        self._offers = offers
        self.chosen: dict[tuple[str, str], Offer] = {}
        self.problems: list[Problem] = []
        self._catalogue = FeatureSet()

    def take(self, group: str, fit: Callable[[object], T]) -> dict[str, T]:
        """Return what fits of a group, in the order of the list."""
        taken: dict[str, T] = {}
        for name, pin in self._listed.get(group, {}).items():
            offer = self._offer(group, name)
            if offer is None:
                continue
            self.chosen[group, name] = offer
            message, cause = "", None
            try:
                if group != "rulesets":
                    _check_pin(pin, offer.version, "version")
                if not offer.importable:
                    raise _Refused(f"expected an entry point as package.module:NAME, got {offer.value!r}")
                value = fit(offer.load())
                if isinstance(value, RuleSet):
                    _check_pin(pin, value.version, "a rule set of version")
                taken[name] = value
            except (Unfit, _Refused) as e:
                message = str(e)
            except survivable() as e:  # foreign code can stop in any way while it is imported
                message, cause = f"expected it to be usable, got {_raised(e)}", e
            if message:
                self._problem(group, name, message, str(offer), cause)
        return taken

    def features_of_their_own(self, found: object) -> FeatureSet:
        """Return the features of one plugin; raises if another plugin has other functions under their names."""
        features = contracts.features(found)
        self._catalogue |= features
        return features

    def _offer(self, group: str, name: str) -> Offer | None:
        found = [o for o in self._offers if o.group == group and o.name == name]
        if len(found) == 1:
            return found[0]
        if found:
            message = f"expected one distribution to offer it, got {len(found)}"
            self._problem(group, name, message, " and ".join(map(str, found)))
            return None
        here = [o.name for o in self._offers if o.group == group]
        elsewhere = sorted({o.group for o in self._offers if o.name == name}, key=GROUPS.index)
        near = difflib.get_close_matches(name, here, n=1)
        hint = f"; did you mean {near[0]!r}?" if near else f"; it is one of {', '.join(elsewhere)}" if elsewhere else ""
        message = f"expected an installed distribution with that entry point in migro.{group}, found none{hint}"
        self._problem(group, name, message, f"the {group} that are listed in migro.toml")
        return None

    def _problem(self, group: str, name: str, message: str, where: str, cause: BaseException | None = None) -> None:
        self.problems.append(Problem(group=group, name=name, message=message, where=where, cause=cause))


class _Refused(Exception):
    """An offer that is not even looked into."""


def _check_pin(pin: str, found: str, what: str) -> None:
    # A hash is pinned by its beginning, the version of a distribution as a whole.
    met = found.startswith(pin) if what != "version" else found == pin
    if pin != ANY_VERSION and not met:
        raise _Refused(f"expected {what} {pin}, got {found or 'none'}")


def _named(cls: type[Signal]) -> str:
    return f"{cls.__module__}.{cls.__qualname__}"


def _raised(error: BaseException) -> str:
    """Return type, words and place of somebody else's error; of long words the last line, which says most."""
    words = str(error).strip()
    if words and not isinstance(error, MigroError):
        words = words.splitlines()[-1].strip()
    said = f"{type(error).__name__}: {words}" if words else type(error).__name__
    frames = [f for f in traceback.extract_tb(error.__traceback__) if not f.filename.startswith(_NOT_THEIRS)]
    place = f" (raised at {Path(frames[-1].filename).name}:{frames[-1].lineno})" if frames else ""
    return said + place
