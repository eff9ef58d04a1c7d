"""Budgets: how much may be done by itself in a while, to whom, and at which hours."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import Literal

import attrs

from ..errors import ConfigurationError
from ..expressions import microseconds, span
from ..models import Outcome, from_microseconds

__all__ = ["BUDGETS", "Asked", "Budget", "Limit", "QuietHours", "Spent", "numbers", "over"]

_DAY = 24 * 60

Per = Literal["issue", "merchant", "everywhere"]


def _kinds(value: Iterable[str]) -> frozenset[str]:
    if isinstance(value, str) or not all(isinstance(kind, str) for kind in value):
        raise ConfigurationError(f"Budget.kinds: expected several kinds of action such as {{'tag'}}, got {value!r}")
    return frozenset(value)


def _beyond(_: object, field: attrs.Attribute[Outcome], value: Outcome) -> None:
    if value not in (Outcome.APPROVE1, Outcome.RECORD):
        raise ConfigurationError(f"Budget.{field.name}: expected approve1 or record, got {value!r}")


@attrs.frozen(kw_only=True)
class Budget:
    """
    A sliding limit on what is done at risk R1 and above; telling operators has none.

    Attributes:
        name: In records.
        limit: How much at most.
        within: In how long a window; what was done exactly so long ago counts no more.
        kinds: Kinds of action that it is about; empty for all.
        target: Target that it is about; empty for all.
        per: Whether each issue or each merchant has it, or all merchants share it.
        counts: Actions, or with `per` ``everywhere`` how many merchants were touched.
        weight: Argument whose number counts instead of 1, such as ``max_paths``.
        beyond: What is allowed beyond it: one person more (approve1), or nothing (record).

    Raises:
        ConfigurationError: For a value that could limit nothing; the message says which.
    """

    name: str
    limit: int
    within: timedelta
    kinds: frozenset[str] = attrs.field(default=frozenset(), converter=_kinds)
    target: str = ""
    per: Per = "merchant"
    counts: Literal["actions", "merchants"] = "actions"
    weight: str = ""
    beyond: Outcome = attrs.field(default=Outcome.APPROVE1, validator=_beyond)

    def __attrs_post_init__(self) -> None:
        if not self.name or type(self.limit) is not int or self.limit < 0:
            raise ConfigurationError(f"Budget {self.name!r}: expected a name and a limit from 0, got {self.limit!r}")
        if not isinstance(self.within, timedelta) or self.within <= timedelta(0):
            raise ConfigurationError(f"Budget {self.name!r}: expected a span above 0 as within, got {self.within!r}")
        if self.per not in ("issue", "merchant", "everywhere") or self.counts not in ("actions", "merchants"):
            raise ConfigurationError(f"Budget {self.name!r}: expected per and counts as documented, got {self}")
        if self.counts == "merchants" and (self.per != "everywhere" or self.weight):
            raise ConfigurationError(f"Budget {self.name!r}: merchants are counted everywhere, and without a weight")

    @property
    def within_us(self) -> int:
        """`within` in microseconds."""
        return microseconds(self.within)

    def is_about(self, kind: str, target: str) -> bool:
        """Whether an action of a kind and target counts against it."""
        return (not self.kinds or kind in self.kinds) and self.target in ("", target)

    def document(self) -> list[object]:
        """Return everything that decides."""
        shape: list[object] = [self.per, self.counts, self.weight, self.beyond]
        return [self.name, self.limit, self.within_us, sorted(self.kinds), self.target, *shape]


@attrs.frozen(kw_only=True)
class QuietHours:
    """
    Hours at which nothing of risk R1 and above is done by itself.

    The offsets of the zone are a part of it, so that a decision does not depend on which tables a machine has:
    `migro.configuration.quiet_hours` looks them up.

    Attributes:
        zone: Name of the time zone.
        begins, ends: Minutes after midnight in that zone; they may lie around midnight.
        offsets: From when on, in microseconds since 1970, the zone is how many seconds ahead of UTC; in order.
        kinds: Kinds of action that it is about; empty for all.
        beyond: What is allowed meanwhile: one person more (approve1), or nothing (record).

    Raises:
        ConfigurationError: If it covers no hour or the whole day, or no offset is known.
    """

    zone: str
    begins: int
    ends: int
    offsets: tuple[tuple[int, int], ...]
    kinds: frozenset[str] = attrs.field(default=frozenset(), converter=_kinds)
    beyond: Outcome = attrs.field(default=Outcome.APPROVE1, validator=_beyond)

    def __attrs_post_init__(self) -> None:
        if not all(type(m) is int and 0 <= m < _DAY for m in (self.begins, self.ends)) or self.begins == self.ends:
            raise ConfigurationError(
                f"QuietHours: expected two different times of day, got minutes {self.begins} and {self.ends}"
            )
        if not self.offsets or list(self.offsets) != sorted(self.offsets):
            raise ConfigurationError(f"QuietHours: expected the offsets of {self.zone} in order, got {self.offsets!r}")

    def until(self, now: int) -> int | None:
        """Return when the quiet hours end that it is in now, in microseconds; None outside of them."""
        at = now
        while (ends := self._ends(at)) is not None:
            # Where the clocks are changed before that, the wall may show another time from then on.
            changes = self.offsets[bisect_right(self.offsets, (at, 1 << 40)) :]
            if not changes or ends < changes[0][0]:
                return ends
            at = changes[0][0]
        return None if at == now else at

    def _ends(self, now: int) -> int | None:
        """Return when they end for a clock that is not changed; None outside of them."""
        local = now + self._offset(now)
        midnight, minute = local - local % (_DAY * 60_000_000), local // 60_000_000 % _DAY
        length = (self.ends - self.begins) % _DAY
        if (minute - self.begins) % _DAY >= length:
            return None
        ends = midnight + self.ends * 60_000_000
        if minute >= self.ends:
            ends += _DAY * 60_000_000
        return ends - self._offset(now)

    def _offset(self, at: int) -> int:
        place = bisect_right(self.offsets, (at, 1 << 40)) - 1
        return self.offsets[max(place, 0)][1] * 1_000_000

    def document(self) -> list[object]:
        """Return everything that decides, the offsets among it."""
        shape: list[object] = [sorted(self.kinds), self.beyond, [list(pair) for pair in self.offsets]]
        return [self.zone, self.begins, self.ends, *shape]


_MESSAGES = frozenset({"draft_reply", "message", "publish", "reply"})

BUDGETS = (
    # So many pages are refreshed as one response of the shipped rules may name, and no call refreshes more.
    Budget(
        name="cache",
        limit=50,
        within=timedelta(minutes=15),
        kinds=frozenset({"refresh_cache"}),
        weight="max_paths",
        beyond=Outcome.RECORD,
    ),
    Budget(
        name="messages of an issue",
        limit=1,
        within=timedelta(minutes=30),
        kinds=_MESSAGES,
        per="issue",
        beyond=Outcome.RECORD,
    ),
    Budget(name="messages of a day", limit=4, within=timedelta(days=1), kinds=_MESSAGES, beyond=Outcome.RECORD),
    Budget(name="merchants", limit=20, within=timedelta(hours=1), per="everywhere", counts="merchants"),
)
"""The budgets that hold unless a host says otherwise."""


@attrs.frozen(kw_only=True)
class Asked:
    """An action as budgets see it."""

    key: str
    kind: str
    target: str
    issue: str
    partition: str
    args: Mapping[str, str]


@attrs.frozen
class Spent:
    """
    An action that was executed.

    Attributes:
        at: When it was started, in microseconds.
        kind, target, issue, partition: What, to whom, about what and whose.
        numbers: Its arguments that are whole numbers.
    """

    at: int
    kind: str
    target: str
    issue: str
    partition: str
    numbers: tuple[tuple[str, int], ...] = ()


@attrs.frozen(kw_only=True)
class Limit:
    """
    A budget that an action would go beyond, or quiet hours that it falls into.

    Attributes:
        name: Of the budget.
        beyond: What is allowed all the same.
        words: Why, for people.
        until: When it may be asked again, in microseconds; None for never.
    """

    name: str
    beyond: Outcome
    words: str
    until: int | None


def numbers(args: Mapping[str, str]) -> tuple[tuple[str, int], ...]:
    """Return the arguments that are whole numbers."""
    return tuple(sorted((name, int(text)) for name, text in args.items() if text.isascii() and text.isdigit()))


def over(
    budgets: Iterable[Budget], quiet: Iterable[QuietHours], spent: Mapping[str, Spent], asked: Asked, now: int
) -> tuple[Limit, ...]:
    """
    Return every limit that an action would go beyond now; what it has spent itself does not count.

    Args:
        budgets, quiet: Those that are to be looked at; others count nothing.
        spent: What was executed, by idempotency key.
        now: In microseconds.
    """
    found = [limit for budget in budgets if (limit := _over(budget, spent, asked, now)) is not None]
    for hours in quiet:
        until = hours.until(now)
        if until is not None and (not hours.kinds or asked.kind in hours.kinds):
            words = f"quiet hours in {hours.zone} until {from_microseconds(until):%Y-%m-%d %H:%M} UTC"
            found.append(Limit(name="quiet hours", beyond=hours.beyond, words=words, until=until))
    return tuple(found)


def _over(budget: Budget, spent: Mapping[str, Spent], asked: Asked, now: int) -> Limit | None:
    if not budget.is_about(asked.kind, asked.target):
        return None
    counted = sorted(
        (one for key, one in spent.items() if key != asked.key and _counts(budget, one, asked, now)),
        key=lambda one: (one.at, one.partition),
    )
    mine = _amount(budget, numbers(asked.args))
    window = budget.within_us
    if budget.counts == "merchants":
        if any(one.partition == asked.partition for one in counted):
            return None  # this merchant was touched already
        last = {one.partition: one.at for one in counted}
        frees = sorted(last.values())
        used = len(frees)
        excess = used + 1 - budget.limit
        until = frees[excess - 1] + window if 0 < excess <= used else None
    else:
        used = sum(_amount(budget, one.numbers) for one in counted)
        excess, until = used + mine - budget.limit, None
        left = excess
        for one in counted:
            if left <= 0:
                break
            left -= _amount(budget, one.numbers)
            until = one.at + window if left <= 0 else None
    if excess <= 0:
        return None
    what = budget.counts if not budget.weight else budget.weight
    words = f"budget {budget.name}: {used} of {budget.limit} {what} in {span(window)} are used"
    return Limit(name=budget.name, beyond=budget.beyond, words=words, until=until)


def _counts(budget: Budget, one: Spent, asked: Asked, now: int) -> bool:
    if one.at <= now - budget.within_us or not budget.is_about(one.kind, one.target):
        return False
    if budget.per == "everywhere":
        return True
    return one.partition == asked.partition and (budget.per == "merchant" or one.issue == asked.issue)


def _amount(budget: Budget, given: Iterable[tuple[str, int]]) -> int:
    return dict(given).get(budget.weight, 1) if budget.weight else 1
