"""What is installed, read from the metadata of distributions: nothing of theirs is imported here."""

from __future__ import annotations

from importlib.metadata import EntryPoint, PackageNotFoundError, entry_points, version
from typing import Final

import attrs

__all__ = ["GROUPS", "Offer", "installed"]

GROUPS: Final = ("rulesets", "signals", "features", "lexicons", "actuators", "memories", "sources")
"""What a plugin can bring; the entry points of ``rulesets`` stand in the group ``migro.rulesets``, and so on."""


@attrs.frozen(kw_only=True)
class Offer:
    """
    Something that a distribution offers under a name.

    Attributes:
        group: One of `GROUPS`.
        distribution, version: Who brings it; empty where the metadata do not say.
        value: Where it lies, as ``package.module:NAME``.
    """

    group: str
    name: str
    distribution: str
    version: str
    value: str

    def load(self) -> object:
        """Import the module and return what is offered; raises whatever the module raises."""
        return EntryPoint(name=self.name, value=self.value, group=f"migro.{self.group}").load()

    @property
    def importable(self) -> bool:
        """Whether `value` has the form of an entry point."""
        return EntryPoint.pattern.match(self.value) is not None

    def __str__(self) -> str:
        origin = f"{self.distribution} {self.version}".strip() or "a distribution without a name"
        return f"{origin}, entry point migro.{self.group}: {self.name} = {self.value}"


def installed() -> tuple[Offer, ...]:
    """Return what is installed and what migro ships, sorted by group, name and distribution."""
    every = entry_points()  # looks through all distributions, once
    found = [
        Offer(
            group=group,
            name=point.name,
            distribution=(point.dist.name or "") if point.dist else "",
            version=(point.dist.version or "") if point.dist else "",
            value=point.value,
        )
        for group in GROUPS
        for point in every.select(group=f"migro.{group}")
    ]
    return tuple(sorted((*_shipped(), *found), key=lambda o: (GROUPS.index(o.group), o.name, o.distribution, o.value)))


def _shipped() -> tuple[Offer, ...]:
    try:
        own = version("migro")
    except PackageNotFoundError:  # run from a checkout that was never installed
        own = ""
    shipped = {
        ("rulesets", "headless"): "migro.packs.headless:RULES",
        ("actuators", "console"): "migro.act.console:ConsoleActuator",
    }
    return tuple(
        Offer(group=group, name=name, distribution="migro", version=own, value=value)
        for (group, name), value in shipped.items()
    )
