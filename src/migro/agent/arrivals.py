"""
What a partition notices about how webhooks arrive: which come again, and which are older than what came before.

It notices by itself only what no receiver tells: a receiver sees more, such as how long a delivery took.
"""

from __future__ import annotations

from itertools import islice

from ..models import MerchantId, Signal
from ..verify import deliveries_seen, delivery_seen, version_of
from .state import Arrivals, State

__all__ = ["forget_arrivals", "hear_receiver", "seen", "unsee"]

_WEBHOOKS = frozenset({"payment_webhook", "platform_webhook", "shipping_webhook"})
"""Kinds of source whose signals are delivered one by one, and again where nobody answered."""

_UNREAD = frozenset({"compliance", "unknown"})

_TOLD = "webhook.delivery"

_BELIEVED = 24 * 60 * 60 * 1_000_000
"""For how long, in microseconds, a receiver that told of a sender's deliveries is taken to tell of all of them."""

_COMPARED = 60 * 60 * 1_000_000
"""How far back, in microseconds, a delivery is compared with what came of its resource."""

_RESOURCES = 1_000
"""Of how many resources the last version is remembered."""

_PER_MINUTE = 120
"""Deliveries of a sender that are told of each minute: those of a bulk import resemble each other."""

_MINUTE = 60 * 1_000_000


def hear_receiver(state: State, signal: Signal) -> None:
    """Remember whose deliveries a receiver tells of."""
    if signal.kind == _TOLD:
        sender = signal.ids.get("sender") or getattr(signal, "sender", None)
        if isinstance(sender, str):
            state.receivers.pop(sender, None)
            state.receivers[sender] = state.now


def seen(state: State, signal: Signal, seq: int, *, duplicate: bool) -> list[Signal]:
    """
    Return what there is to tell when a webhook has come; nothing where a receiver tells of it, or enough has been told.

    What is wrong with a delivery is told at once. Of those with nothing wrong only the number matters, so they are
    told together: when the next minute begins, or before something that is wrong, so that shares are what they are.

    Args:
        state: Of the merchant; it remembers the version of what the delivery is about.
        signal: What was delivered.
        seq: Its number in the journal.
        duplicate: Whether the same event came before.
    """
    if signal.source_kind not in _WEBHOOKS or signal.env in ("test", "staging") or signal.kind in _UNREAD:
        return []
    # Whoever was not answered during an announced window comes again, and again when it is over.
    if signal.provider in state.receivers or state.maintenance:
        return []
    inverted, flipped = (False, False) if duplicate else _compared(state, signal)
    minute, sender, told = state.now // _MINUTE, signal.provider, []
    known = state.arrivals.pop(sender, None) or Arrivals(minute)
    if known.waiting and (known.minute != minute or known.env != signal.env):
        told.append(_together(signal.merchant, sender, known))
        known = known._replace(waiting=0)
    came = known.came + 1 if known.minute == minute else 1
    wrong = duplicate or inverted or flipped
    if wrong or came > _PER_MINUTE:
        state.arrivals[sender] = known._replace(minute=minute, came=came)
    else:
        state.arrivals[sender] = Arrivals(minute, came, known.waiting + 1, state.now, signal.id, signal.env)
    if wrong and came <= _PER_MINUTE:
        for other, one in state.arrivals.items():
            if one.waiting:
                told.append(_together(signal.merchant, other, one))
                state.arrivals[other] = one._replace(waiting=0)
        told.append(delivery_seen(signal, state.now, seq, duplicate=duplicate, inverted=inverted, flipped=flipped))
    return told


def _together(merchant: MerchantId | None, sender: str, known: Arrivals) -> Signal:
    return deliveries_seen(merchant, sender, known.env, at=known.at, last=known.last, many=known.waiting)


def _compared(state: State, signal: Signal) -> tuple[bool, bool]:
    """Return whether a delivery is older than what came of its resource, and whether its value went back."""
    newer = version_of(signal)
    if newer is None or signal.resource is None:
        return False, False
    # Versions compare only within one source.
    name = (signal.provider, *signal.resource)
    known = state.versions.get(name)
    if known is not None and known[2].inverts(newer):
        return True, False
    state.versions.pop(name, None)
    state.versions[name] = (state.now, signal.id, newer if known is None else known[2].then(newer))
    while len(state.versions) > _RESOURCES:
        del state.versions[next(iter(state.versions))]
    return False, known is not None and known[2].flips(newer)


def unsee(state: State, id: str) -> None:
    """Forget the versions that a signal told which is withdrawn."""
    for name in [name for name, (_, told_by, _) in state.versions.items() if told_by == id]:
        del state.versions[name]


def forget_arrivals(state: State) -> int:
    """
    Forget what came of resources more than an hour ago, and receivers that told nothing for a day.

    Returns:
        Until when nothing more of that can be forgotten, in microseconds; what comes from now on is kept for an hour.
    """
    while state.versions and next(iter(state.versions.values()))[0] < state.now - _COMPARED:
        del state.versions[next(iter(state.versions))]
    while state.receivers and next(iter(state.receivers.values())) < state.now - _BELIEVED:
        del state.receivers[next(iter(state.receivers))]
    while state.arrivals and next(iter(state.arrivals.values())).minute < (state.now - _COMPARED) // _MINUTE:
        del state.arrivals[next(iter(state.arrivals))]
    ends = [state.now + _COMPARED]
    ends += [version[0] + _COMPARED for version in islice(state.versions.values(), 1)]
    ends += [told + _BELIEVED for told in islice(state.receivers.values(), 1)]
    ends += [one.minute * _MINUTE + _COMPARED for one in islice(state.arrivals.values(), 1)]
    return min(ends)
