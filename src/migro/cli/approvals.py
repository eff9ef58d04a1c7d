"""``migro approvals``: what waits for people, with everything that is needed to decide, and their answers."""

from __future__ import annotations

import argparse
from typing import Any, Literal, cast

from ..agent import Agent, Card
from ..agent.approvals import cards, find_action
from ..errors import ConfigurationError, NotFound
from ..models.lines import one_line
from .console import Console, short
from .equipment import add_rules, equipped, expect_in_force, opened, policy_of, reading
from .merging import clock_of
from .retrospect import add_memory, cut, minute, needed, one_id, same_memory, table, when
from .surroundings import configuration
from .unfit import tell_unfit

__all__ = ["register"]

_HEAD = ("until", "sev", "risk", "does", "issue", "merchant", "conf", "needs", "card")

_LONGEST = 2000


def register(commands: Any, common: argparse.ArgumentParser) -> None:
    """Add the command."""
    parser = commands.add_parser("approvals", parents=[common], help="what waits for people, and their answers")
    verbs = ("list", "show", "approve", "reject")
    parser.add_argument("what", nargs="?", choices=verbs, default="list", help="(default: list)")
    parser.add_argument("id", nargs="?", metavar="CARD", help="the card that it is about; a clear start is enough")
    parser.add_argument("--by", metavar="NAME", help="approve, reject: whoever says so; it is recorded")
    parser.add_argument("--why", metavar="TEXT", help="approve, reject: why; recorded, so name no person")
    parser.add_argument("--at", type=when, metavar="TIME", help="approve, reject: when it is said (default: now)")
    add_rules(parser, in_force=True)
    add_memory(parser)
    parser.set_defaults(command=approvals)


def approvals(arguments: argparse.Namespace, console: Console) -> int:
    """Print what waits, one card, or what became of an answer."""
    if arguments.what in ("approve", "reject"):
        return _answer(arguments, console)
    config = configuration(arguments.config)
    show = needed(arguments) if arguments.what == "show" else None
    rules, plugins = equipped(config, arguments.rules or ())
    with reading(config, arguments.memory or config.memory.url) as memory:
        policy = policy_of(config, memory)
        people = policy.people
        tell_unfit(config, rules, plugins, policy, console)
        # No actuator is made to look at a card, so that none can act.
        found = tuple(cards(memory, rules, people, lambda action: ""))
    if show is not None:
        wanted = one_id("a card that waits", show, (card.id for card in found))
        (card,) = [c for c in found if c.id == wanted]
        if console.text:
            print(card.text())
        else:
            console.data(card.model_dump())
        return 0
    _list(found, console, same_memory(arguments))
    return 0


def _list(found: tuple[Card, ...], console: Console, memory: str) -> None:
    if not console.text:
        console.records(card.model_dump() for card in found)
        return
    if not found:
        print("nothing waits for people")
        return
    print("\n".join(table(_HEAD, [_row(card) for card in found])))
    print(f"\nmigro approvals show {short(found[0].id)}{memory} shows the first card; approve and reject answer it.")


def _row(card: Card) -> tuple[str, ...]:
    issue, action = card.issue, card.action
    return (
        minute(card.until),
        issue.severity.word,
        action.risk.word,
        f"{action.kind} -> {action.target}",
        cut(issue.kind),
        cut(issue.merchant or issue.scope),
        str(issue.confidence),
        f"{card.needs}" if card.approved_by == ("nobody yet",) else f"{card.needs - len(card.approved_by)} more",
        short(card.id),
    )


def _answer(arguments: argparse.Namespace, console: Console) -> int:
    start, verb = needed(arguments), cast(Literal["approve", "reject"], arguments.what)
    if not arguments.by or not arguments.why:
        raise ConfigurationError(f"expected --by NAME and --why TEXT to {verb}, got less")
    config = configuration(arguments.config)
    url = arguments.memory or config.memory.url
    rules, plugins = equipped(config, arguments.rules or ())
    with reading(config, url):
        pass  # a file that is not there is never made
    with opened(config, url, plugins) as memory:
        policy = policy_of(config, memory)
        agent = Agent(
            rules=rules, memory=memory, policy=policy, alarm=console.complain, now=lambda: clock_of(arguments)
        )
        card = _whole(agent, start)
        # Who may answer is for the policy to say under which people were asked, not for where this is said.
        expect_in_force(agent, find_action(memory, card).partition)
        answer = agent.answer(card, verb, by=arguments.by, why=arguments.why)
    if not console.text:
        console.data(answer.model_dump())
    elif answer.counted:
        print(one_line(answer.words, _LONGEST))
    else:
        console.complain(f"it did not count: {one_line(answer.words, _LONGEST)}")
    return 0 if answer.counted else 1


def _whole(agent: Agent, start: str) -> str:
    try:
        return one_id("a card that waits", start, (card.id for card in agent.approvals()))
    except NotFound:
        if len(start) < len("card_") + 32:
            raise
        return start  # a whole id of what waits no more: whoever is late hears what was decided
