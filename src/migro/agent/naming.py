"""What signals name: the resources, routes, parts and releases by which two issues have to do with each other."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import NamedTuple

from ..models import Signal
from .state import Held, State

__all__ = ["forget_name", "hear_names", "parties_of", "take_names", "things_of"]

HostsAbout = Mapping[str, frozenset[str]]
"""By subject, words in the names of hosts and parties that are about it; `RuleSet.hosts_about`."""

_REMEMBERED = 64
"""How many signals a partition remembers the names of, for issues that open on them later."""

_THINGS = 64
"""How many things an issue remembers that its signals have named."""

_SIGNALS = 4
"""By how many signals a thing is remembered: enough that one of them may be taken back."""

_COLUMNS = frozenset(
    {
        "api",
        "app",
        "code",
        "component",
        "endpoint",
        "indexer",
        "journey",
        "operation",
        "payer",
        "queue",
        "release",
        "route",
        "route_class",
        "sender",
        "service",
        "widget",
        "worker",
    }
)
"""Columns whose value is a part of the shop, or of what the shop depends on."""

_PEOPLE = frozenset(
    {"clock_source", "cluster", "customer_ref", "merchant", "network", "project", "requester", "session", "visitor"}
)
"""Ids that everything at a merchant shares, or that stand for people."""

_EDGE_STATUSES = frozenset(range(520, 527))
"""Statuses that one content network alone gives, where it cannot reach what is behind it: Cloudflare's."""

_PARTIES = frozenset({"app", "edge", "party", "payer", "provider", "sender"})
"""Names of parties outside that a shop depends on."""

_NO_PARTIES = frozenset({"host", "migro", "unknown"})
"""Who speaks for a shop itself."""

_SUBJECTS = {
    "cart": "cart",
    "catalogue": "catalogue",
    "checkout": "checkout",
    "customer": "customer",
    "fulfilment": "fulfilment",
    "inventory": "inventory",
    "login": "customer",
    "order": "order",
    "payment": "payment",
    "price": "price",
    "product": "product",
    "shipment": "fulfilment",
    "sku": "product",
    "stock": "inventory",
}
"""What events can be about, by the word that kinds, topics and ids begin with."""

_PROVIDERS = frozenset({"payment_webhook", "receiver", "shipping_webhook"})
"""Witnesses whose provider is a part that can fail; everything else of a shop has the same one."""

_SAY_NOTHING = frozenset({"calendar", "host", "migro", "ticket"})
"""Witnesses that name no part: what people write, plans, and what migro itself says."""

_ANY = frozenset({"asset", "other", ""})


def things_of(signal: Signal, hosts_about: HostsAbout) -> tuple[str, ...]:
    """
    Return what a signal names, in words such as ``route /cart``.

    They stand in the order of what names them, never of what is named: an erased person gets another name.

    Args:
        hosts_about: Of the rules: by subject, words in the names of hosts and parties that are about it.
    """
    if signal.source_kind in _SAY_NOTHING:
        return ()
    # Whatever a signal keeps by name is sorted.
    ids, attrs = signal.ids, signal.attrs
    names = _naming(signal.kind, signal.source_kind, tuple(ids), tuple(attrs))
    found = [f"{name} {ids[name]}" for name in names.ids]
    if signal.resource is not None:
        found.append(" ".join(signal.resource))
    for name, words in names.columns:
        value = attrs[name]
        if isinstance(value, str) and value not in _ANY:
            found.append(f"{words} {value}")
    if names.host and isinstance(host := attrs["host"], str):
        found.append(f"host {host}")
    if names.provider:
        found.append(f"provider {signal.provider}")
    if signal.status in _EDGE_STATUSES:
        found.append("edge cloudflare")
    if names.browser:
        found += _of_hosts(signal, hosts_about)
    if names.subjects:
        said = tuple([ids.get(name) or attrs.get(name) for name in names.subjects])
        found += _subjects(signal.kind, said, names.words)
    else:
        found += names.about
    return tuple(dict.fromkeys(found))


class _Names(NamedTuple):
    """
    Which of a signal's own names are read, and how.

    Attributes:
        ids: Ids that name something.
        columns: Attributes that name a part of the shop, each with the words for it.
        host: Whether the host names something; every request to a shop has the same one.
        provider: Whether the provider does.
        browser: Whether it may be about what its host or party is about.
        subjects: Names under which a word is that says what the signal is about.
        words: What the names of its ids say that it is about.
        about: What it is about where no such word is in it.
    """

    ids: tuple[str, ...]
    columns: tuple[tuple[str, str], ...]
    host: bool
    provider: bool
    browser: bool
    subjects: tuple[str, ...]
    words: tuple[str, ...]
    about: tuple[str, ...]


@lru_cache(maxsize=1024)
def _naming(kind: str, source_kind: str, ids: tuple[str, ...], attrs: tuple[str, ...]) -> _Names:
    """Return what is read of a signal with these ids and attributes; nearly all of a kind have the same."""
    words = tuple([name.removesuffix("_id") for name in ids])
    return _Names(
        ids=tuple([name for name in ids if name not in _PEOPLE]),
        columns=tuple([(name, name.replace("_", " ")) for name in attrs if name in _COLUMNS]),
        host="host" in attrs and "route" not in attrs,
        provider=source_kind in _PROVIDERS,
        browser=kind.startswith("rum."),
        subjects=tuple([name for name in ("hook_topic", "resource_type") if name in ids or name in attrs]),
        words=words,
        about=_subjects(kind, (), words),
    )


def _of_hosts(signal: Signal, hosts_about: HostsAbout) -> list[str]:
    """Return what a browser's word is about by the host or the party that it is said of."""
    told = (signal.attrs.get("host"), signal.attrs.get("party"), signal.ids.get("party"))
    said = {word for one in told if isinstance(one, str) for word in one.lower().replace("-", ".").split(".")}
    return [f"about {subject}" for subject, words in hosts_about.items() if not words.isdisjoint(said)]


@lru_cache(maxsize=1024)
def _subjects(kind: str, said: tuple[object, ...], names: tuple[str, ...]) -> tuple[str, ...]:
    """Return what a signal is about by the words that may say so; nearly all of a kind use the same."""
    words = [kind.removeprefix("poll.").removeprefix("probe.")]
    words += [word for word in said if isinstance(word, str)]
    words += names
    return tuple(f"about {subject}" for word in words if (subject := _subject(word)))


def _subject(word: str) -> str:
    first = word.partition(".")[0]
    return _SUBJECTS.get(first) or _SUBJECTS.get(first.removesuffix("s")) or _SUBJECTS.get(first.partition("_")[0], "")


def parties_of(held: Held) -> tuple[str, ...]:
    """Return the parties outside that the evidence of an issue names, sorted."""
    named = (thing.partition(" ") for thing in held.things)
    return tuple(sorted({id for name, _, id in named if name in _PARTIES} - _NO_PARTIES))


def hear_names(state: State, signal: Signal, hosts_about: HostsAbout) -> None:
    """Remember what a signal that a rule reads names."""
    things = things_of(signal, hosts_about)
    if not things:
        return
    state.named.pop(signal.id, None)
    state.named[signal.id] = things
    if len(state.named) > _REMEMBERED:
        del state.named[next(iter(state.named))]


def take_names(state: State, held: Held, ids: Iterable[str]) -> bool:
    """Take down what signals behind an issue name, as far as they are remembered; return whether any of it is new."""
    new = False
    for id in ids:
        for thing in state.named.get(id, ()):
            known = held.things.pop(thing, ())
            new = new or not known
            held.things[thing] = known if id in known else (*known, id)[-_SIGNALS:]
    while len(held.things) > _THINGS:
        del held.things[next(iter(held.things))]
    return new


def forget_name(state: State, id: str) -> None:
    """Forget what a signal named that was taken back."""
    state.named.pop(id, None)
    for held in state.held.values():
        for thing, ids in list(held.things.items()):
            left = tuple(i for i in ids if i != id)
            if not left:
                del held.things[thing]
            elif left != ids:
                held.things[thing] = left
