"""One file, ``migro.toml``, validated whole; secrets stay in the environment and are only named here."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Annotated, Any, Final, Literal
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator

from .act.settings import ActuatorsSettings
from .decide import APPROVERS, BUDGETS, Budget, People, Person, Policy, QuietHours
from .errors import ConfigurationError
from .models import Outcome, Risk, RunMode, digest, to_microseconds
from .models.validation import explain_validation
from .observe import ObserveSettings
from .vitals.settings import ServeSettings

__all__ = [
    "ANY_VERSION",
    "ApprovalSettings",
    "BudgetSettings",
    "Configuration",
    "FactorySettings",
    "MemorySettings",
    "PersonSettings",
    "PluginsSettings",
    "PolicySettings",
    "QuietSettings",
    "RulesSettings",
    "quiet_hours",
    "read_configuration",
]

ANY_VERSION: Final = "*"
"""The pin of a plugin that is enabled whatever its version."""


def _many(value: object) -> object:
    return tuple(value) if isinstance(value, list) else value


def _listed(value: object) -> object:
    """Return a list of names as a table of pins that any version meets; a table is one already."""
    if not isinstance(value, list) or not all(isinstance(name, str) for name in value):
        return value
    if twice := sorted({name for name in value if value.count(name) > 1}):
        raise ValueError(f"expected each name once, not {', '.join(twice)} again")
    return dict.fromkeys(value, ANY_VERSION)


_HASH = re.compile(r"[0-9a-f]{12,64}")


def _hashes(pins: Mapping[str, str]) -> Mapping[str, str]:
    for name, pin in pins.items():
        if pin != ANY_VERSION and not _HASH.fullmatch(pin):
            raise ValueError(f"expected at least 12 hex digits of the rule set's version for {name}")
    return pins


_SCHEME = re.compile(r"[a-z][a-z0-9+.-]+")


def _schemes(pins: Mapping[str, str]) -> Mapping[str, str]:
    for name in pins:
        # One letter is a Windows drive.
        if not _SCHEME.fullmatch(name) or name in ("sqlite", "volatile"):
            raise ValueError(f"expected what the URL of a memory can start with, and no shipped memory, not {name!r}")
    return pins


def _exact(value: Any) -> Any:
    """Return a plugin's settings if they are exact: a float or a date has no one spelling, and all of it is hashed."""
    held = value.values() if isinstance(value, Mapping) else value if isinstance(value, list) else ()
    for item in held:
        _exact(item)
    if not isinstance(value, str | int | list | Mapping):
        raise ValueError(f"expected strings, whole numbers, booleans, lists and tables; write {value} in quotes")
    return value


Names = Annotated[tuple[str, ...], BeforeValidator(_many)]

Listed = Annotated[Mapping[str, str], BeforeValidator(_listed)]
"""Plugins by name, with the version that each is pinned to."""

Tables = Annotated[Mapping[str, Mapping[str, Any]], BeforeValidator(_exact)]


class _Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class MemorySettings(_Section):
    """Where everything is kept: a URL as `migro.remember.open_memory` takes it."""

    url: str = "sqlite:///migro.db"


class PolicySettings(_Section):
    """
    How far automation may go; see `migro.Policy`.

    Attributes:
        allow: Kinds of action that may run by themselves.
        approval_minutes: How long an action waits for a person.
        execution_minutes: How long after people have approved an action it may still be started.
        stale_minutes: How old the newest evidence may be for more than telling operators.
    """

    mode: RunMode = RunMode.AUTO
    allow: Names = ("notify", "recheck", "report", "update_dashboard")
    approval_minutes: int = Field(default=240, gt=0)
    execution_minutes: int = Field(default=15, gt=0)
    stale_minutes: int = Field(default=30, gt=0)


def _nothing(value: object) -> bool:
    # Whoever does not say it has the version that the same file had before it could be said.
    return not value


class PersonSettings(_Section):
    """
    Somebody who may be asked; a list of roles alone will do.

    Attributes:
        roles: Such as ``on_call`` and ``owner``.
        contact: How to reach the person.
        slack: The person's id at Slack, such as ``U012ABC``: whose presses of buttons are this person's answers.
    """

    roles: Names
    contact: str = ""
    slack: str = Field(default="", pattern=r"^([UW][A-Z0-9]{1,30})?$", exclude_if=_nothing)


def _roles_alone(value: object) -> object:
    return {"roles": value} if isinstance(value, list) else value


class ApprovalSettings(_Section):
    """
    Who is asked, and how long people have; see `migro.decide.People`.

    Attributes:
        R0, R1, R2, R3: Roles that may answer for a risk; the first is reminded.
        escalation: Roles in the order in which they are told of what nobody has answered.
        page_minutes, review_minutes: How long an issue may wait until somebody takes it up.
        solve_minutes: How long whoever took it up has.
    """

    R0: Names = APPROVERS[Risk.R0]
    R1: Names = APPROVERS[Risk.R1]
    R2: Names = APPROVERS[Risk.R2]
    R3: Names = APPROVERS[Risk.R3]
    escalation: Names = ("on_call", "owner")
    page_minutes: int = Field(default=15, gt=0)
    review_minutes: int = Field(default=240, gt=0)
    solve_minutes: int = Field(default=480, gt=0)


class BudgetSettings(_Section):
    """
    A sliding limit on what is done by itself; see `migro.decide.Budget`.

    One that migro ships can only be made stricter.

    Attributes:
        limit, minutes: How much at most, in a window of so many minutes.
        kinds, target: What it is about; empty for everything.
    """

    limit: int = Field(ge=0)
    minutes: int = Field(gt=0)
    kinds: Names = ()
    target: str = ""
    per: Literal["issue", "merchant", "everywhere"] = "merchant"
    counts: Literal["actions", "merchants"] = "actions"
    weight: str = ""
    beyond: Literal["approve1", "record"] = "approve1"

    def named(self, name: str) -> Budget:
        """
        Return the budget.

        Raises:
            ConfigurationError: If migro ships one of that name and this is not as strict.
        """
        made = Budget(
            name=name,
            limit=self.limit,
            within=timedelta(minutes=self.minutes),
            kinds=frozenset(self.kinds),
            target=self.target,
            per=self.per,
            counts=self.counts,
            weight=self.weight,
            beyond=Outcome.named(self.beyond),
        )
        shipped = next((b for b in BUDGETS if b.name == name), None)
        if shipped is not None:
            same = made.document()[3:-1] == shipped.document()[3:-1]
            stricter = made.limit <= shipped.limit and made.within >= shipped.within and made.beyond <= shipped.beyond
            if not (same and stricter):
                raise ConfigurationError(
                    f"budgets.{name}: expected it at least as strict as the shipped one, and about the same:"
                    f" {shipped}; got {made}"
                )
        return made


class QuietSettings(_Section):
    """
    Hours at which nothing beyond telling operators is done by itself; see `migro.decide.QuietHours`.

    Attributes:
        zone: A time zone such as ``Europe/Berlin``.
        begins, ends: Times of day in it, such as ``22:00``.
        kinds: Kinds of action that it is about; empty for all.
    """

    zone: str
    begins: str = Field(pattern=r"^([01]\d|2[0-3]):[0-5]\d$")
    ends: str = Field(pattern=r"^([01]\d|2[0-3]):[0-5]\d$")
    kinds: Names = ()
    beyond: Literal["approve1", "record"] = "approve1"

    def looked_up(self) -> QuietHours:
        """Return them with the offsets of their zone."""
        return quiet_hours(
            self.zone, self.begins, self.ends, kinds=frozenset(self.kinds), beyond=Outcome.named(self.beyond)
        )


_YEARS = range(2020, 2046)


@cache
def _offsets(zone: str) -> tuple[tuple[int, int], ...]:
    """Return from when on a zone is how many seconds ahead of UTC, for the years that a decision may be about."""
    try:
        known = ZoneInfo(zone)
    except (OSError, ValueError, KeyError):
        raise ConfigurationError(f"quiet: expected a time zone such as Europe/Berlin, got {zone[:60]!r}") from None

    def ahead(at: datetime) -> int:
        offset = at.astimezone(known).utcoffset()
        return 0 if offset is None else offset // timedelta(seconds=1)

    at, end = datetime(_YEARS[0], 1, 1, tzinfo=UTC), datetime(_YEARS[-1], 1, 1, tzinfo=UTC)
    found = [(to_microseconds(at), ahead(at))]
    while at < end:
        # Nowhere are clocks changed twice within a week; the minute is found by halving.
        before, after = at, at + timedelta(days=7)
        if ahead(after) != found[-1][1]:
            while after - before > timedelta(seconds=1):
                middle = before + (after - before) // 2
                before, after = (middle, after) if ahead(middle) == found[-1][1] else (before, middle)
            turned = after.replace(microsecond=0)
            found.append((to_microseconds(turned), ahead(turned)))
        at += timedelta(days=7)
    return tuple(found)


def quiet_hours(
    zone: str, begins: str, ends: str, *, kinds: frozenset[str] = frozenset(), beyond: Outcome = Outcome.APPROVE1
) -> QuietHours:
    """
    Return quiet hours with the offsets of their zone, as this machine's tables have them.

    The offsets are a part of the policy's version: other tables that say otherwise are another policy.

    Args:
        begins, ends: Times of day in the zone, such as ``22:00``.

    Raises:
        ConfigurationError: If nobody here knows the zone, or a time is none.
    """

    def minutes(text: str) -> int:
        hours, _, rest = text.partition(":")
        if not (hours.isdigit() and rest.isdigit()):
            raise ConfigurationError(f"quiet: expected a time of day such as 22:00, got {text!r}")
        return int(hours) * 60 + int(rest)

    first, last = minutes(begins), minutes(ends)
    return QuietHours(zone=zone, begins=first, ends=last, offsets=_offsets(zone), kinds=kinds, beyond=beyond)


class RulesSettings(_Section):
    """
    What is judged by, and who judges.

    Attributes:
        sets: Rule sets by reference: ``package.module:NAME``, a shipped pack, or what a plugin offers under a name.
        second_engine: Who judges what fires beside migro's own engine; no part of the configuration's version.
    """

    sets: Names = ("headless",)
    second_engine: Literal["", "durable"] = ""


class FactorySettings(_Section):
    """Tables that the factories of plugins are called with, by name."""

    actuators: Tables = Field(default_factory=dict)
    memories: Tables = Field(default_factory=dict)
    sources: Tables = Field(default_factory=dict)


class PluginsSettings(_Section):
    """
    Which of the installed plugins are enabled: a list of names for each group, or a table with their versions.

    Attributes:
        rulesets: Pinned to the beginning of the rule set's own version, at least 12 hex digits.
        signals, features, lexicons, actuators, memories, sources: Pinned to the version of the distribution.
        settings: What factories are told.
    """

    rulesets: Annotated[Listed, AfterValidator(_hashes)] = Field(default_factory=dict)
    signals: Listed = Field(default_factory=dict)
    features: Listed = Field(default_factory=dict)
    lexicons: Listed = Field(default_factory=dict)
    actuators: Listed = Field(default_factory=dict)
    memories: Annotated[Listed, AfterValidator(_schemes)] = Field(default_factory=dict)
    sources: Listed = Field(default_factory=dict)
    settings: FactorySettings = FactorySettings()

    @model_validator(mode="after")
    def _settings_are_of_listed_plugins(self) -> PluginsSettings:
        for group in ("actuators", "memories", "sources"):
            listed = getattr(self, group)
            # The console is shipped and takes no settings.
            if strange := sorted(getattr(self.settings, group).keys() - (listed.keys() - {"console"})):
                raise ValueError(
                    f"expected settings.{group} only for what {group} lists ({', '.join(listed) or 'nothing'}),"
                    f" not for {', '.join(strange)}"
                )
        return self


class Configuration(_Section):
    """
    The whole of ``migro.toml``.

    Attributes:
        roles: Channels by role: ``console``, ``mail:ADDRESS``, ``slack:CHANNEL`` or ``apprise:NAME``.
        actuators: The receivers that actions go to.
        people: Who may answer, by name; empty: whoever has a name.
        budgets: Limits by name, beside those that migro ships.
        quiet: Hours at which only operators are told.
        serve: Where a run listens; no part of the configuration's version.
    """

    memory: MemorySettings = MemorySettings()
    policy: PolicySettings = PolicySettings()
    rules: RulesSettings = RulesSettings()
    observe: ObserveSettings = ObserveSettings()
    plugins: PluginsSettings = PluginsSettings()
    actuators: ActuatorsSettings = ActuatorsSettings()
    roles: Mapping[str, str] = Field(default_factory=dict)
    people: Mapping[str, Annotated[PersonSettings, BeforeValidator(_roles_alone)]] = Field(default_factory=dict)
    approvals: ApprovalSettings = ApprovalSettings()
    budgets: Mapping[str, BudgetSettings] = Field(default_factory=dict)
    quiet: Annotated[tuple[QuietSettings, ...], BeforeValidator(_many)] = ()
    serve: ServeSettings = ServeSettings()

    @model_validator(mode="before")
    @classmethod
    def _what_is_listed_is_all(cls, data: Any) -> Any:
        # The shipped pack is in force where nothing is listed; a list is the whole truth, wherever it stands.
        if not isinstance(data, Mapping):
            return data
        plugins, rules = data.get("plugins"), data.get("rules", {})
        listed = plugins.get("rulesets") if isinstance(plugins, Mapping) else None
        if not listed or not isinstance(rules, Mapping) or "sets" in rules:
            return data
        return {**data, "rules": {**rules, "sets": []}}

    @model_validator(mode="after")
    def _one_person_for_each_id(self) -> Configuration:
        ids = [p.slack for p in self.people.values() if p.slack]
        if twice := sorted({id for id in ids if ids.count(id) > 1}):
            raise ValueError(f"expected each id at Slack for one of [people], got {', '.join(twice)} for several")
        return self

    @property
    def rule_sets(self) -> tuple[str, ...]:
        """Every rule set that is in force, by name or reference, in the order of the file."""
        return tuple(dict.fromkeys((*self.rules.sets, *self.plugins.rulesets)))

    @property
    def enabled(self) -> Mapping[str, Mapping[str, str]]:
        """Names and pins of the plugins that are enabled, by group; a shipped pack is one of the rule sets."""
        named = {name: ANY_VERSION for name in self.rules.sets if ":" not in name}
        return {
            "rulesets": {**named, **self.plugins.rulesets},
            "signals": self.plugins.signals,
            "features": self.plugins.features,
            "lexicons": self.plugins.lexicons,
            "actuators": self.plugins.actuators or {"console": ANY_VERSION},
            "memories": self.plugins.memories,
            "sources": self.plugins.sources,
        }

    @property
    def version(self) -> str:
        """SHA-256 of the whole configuration; part of the policy's version, and so of every decision."""
        # Where it listens changes no decision, and neither does who else judges: what they halt is an input.
        data = self.model_dump(mode="json", exclude={"serve": True, "rules": {"second_engine"}})
        if self.actuators == ActuatorsSettings():
            # Whoever has no receivers has the version that the same file had before there were any.
            del data["actuators"]
        return digest(data)

    def to_policy(self) -> Policy:
        """Return the policy that the file describes."""
        return Policy(
            mode=self.policy.mode,
            allow=frozenset(self.policy.allow),
            approval_lasts=timedelta(minutes=self.policy.approval_minutes),
            execution_lasts=timedelta(minutes=self.policy.execution_minutes),
            stale_after=timedelta(minutes=self.policy.stale_minutes),
            budgets=self.to_budgets(),
            quiet=tuple(hours.looked_up() for hours in self.quiet),
            people=self.to_people(),
            configuration=self.version,
        )

    def to_budgets(self) -> tuple[Budget, ...]:
        """Return the shipped limits, each as strict as the file says, and those that it adds."""
        given = {name: settings.named(name) for name, settings in sorted(self.budgets.items())}
        return (*(given.pop(b.name, b) for b in BUDGETS), *given.values())

    @property
    def slack_names(self) -> Mapping[str, str]:
        """Names of people by their ids at Slack."""
        return {person.slack: name for name, person in self.people.items() if person.slack}

    def to_people(self) -> People:
        """Return who may answer, and who is told next where nobody does."""
        asked = self.approvals
        return People(
            persons=tuple(Person(name=n, roles=p.roles, contact=p.contact) for n, p in sorted(self.people.items())),
            approvers={risk: getattr(asked, risk.word) for risk in APPROVERS},
            escalation=asked.escalation,
            page_within=timedelta(minutes=asked.page_minutes),
            review_within=timedelta(minutes=asked.review_minutes),
            solve_within=timedelta(minutes=asked.solve_minutes),
        )


def read_configuration(path: Path | None) -> Configuration:
    """
    Return the configuration of a file; the defaults for None.

    Raises:
        ConfigurationError: With every wrong setting at once: expected, got, and where.
    """
    if path is None:
        return Configuration()
    try:
        data = tomllib.loads(path.read_text("utf-8"))
    except OSError as e:
        raise ConfigurationError(f"expected a readable file: {e.strerror} - at {path}") from e
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, RecursionError) as e:
        raise ConfigurationError(f"expected TOML: {e} - at {path}") from e
    try:
        found = Configuration.model_validate(data)
        found.to_policy()
    except ConfigurationError as e:
        raise ConfigurationError(f"{e} - at {path}") from e
    except ValidationError as e:
        raise ConfigurationError(f"{explain_validation(e, quoting=True)} - at {path}") from e
    return found
