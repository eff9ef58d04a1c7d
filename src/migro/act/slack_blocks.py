"""
Block Kit: how messages and approval cards look in Slack, and what a pressed button says.

Source: https://docs.slack.dev/reference/block-kit (lengths of texts and ids, escaping)
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final, Literal

import attrs

from ..models import Action, Signal
from ..models.lines import one_line
from .messages import Message

__all__ = ["APPROVE", "REJECT", "Pressed", "card", "escaped", "message_blocks", "pressed", "settled_card"]

APPROVE: Final = "migro.approve"
REJECT: Final = "migro.reject"

_SECTION: Final = 2900
_HEADER: Final = 150

# What comes back is redacted like all that comes in, and many digits in a row may be a card: so there are none.
_LETTERS: Final = str.maketrans("0123456789", "GHIJKLMNOP")
_DIGITS: Final = str.maketrans("GHIJKLMNOP", "0123456789")

Block = dict[str, Any]


@attrs.frozen(kw_only=True)
class Pressed:
    """
    An answer that a button gave. It is what somebody said; whether that person may say so is for the host to know.

    Attributes:
        key, binding: Of the action that the card was about, as the card had them.
        by: Who pressed it, as Slack names people.
        channel, ts: Where the card stands.
    """

    verb: Literal["approve", "reject"]
    key: str
    binding: str
    by: str
    channel: str
    ts: str


def escaped(text: str) -> str:
    """Return a text in which nothing is a link, a mention or a command of Slack."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _section(text: str) -> Block:
    return {"type": "section", "text": {"type": "plain_text", "text": text[:_SECTION], "emoji": False}}


def _header(text: str) -> Block:
    return {"type": "header", "text": {"type": "plain_text", "text": one_line(text, _HEADER), "emoji": False}}


def _context(text: str) -> Block:
    return {"type": "context", "elements": [{"type": "plain_text", "text": one_line(text), "emoji": False}]}


def _sections(lines: Sequence[str]) -> list[Block]:
    """Return lines as few sections, each as long as one may be."""
    texts: list[str] = []
    for line in (line for line in lines if line.strip()):
        if texts and len(texts[-1]) + len(line) < _SECTION:
            texts[-1] += f"\n{line}"
        else:
            texts.append(line)
    return [_section(text) for text in texts[:20]]


def message_blocks(message: Message) -> list[Block]:
    """Return a message: its subject as header, its lines, its issue."""
    return [_header(message.subject), *_sections(message.lines[:-1]), _context(message.lines[-1])]


def card(action: Action, lines: Sequence[str]) -> list[Block]:
    """Return a card that asks for an approval: what, why, until when, and what happens if nobody answers."""
    needed = {"approve1": "one person", "approve2": "two people"}.get(action.outcome.word, "nobody")
    args = " ".join(f"{name}={value}" for name, value in action.args.items())
    until = f"until {action.expires_at:%Y-%m-%d %H:%M} UTC" if action.expires_at is not None else "without a time limit"
    value = f"{action.idempotency_key}:{action.binding}".translate(_LETTERS)
    return [
        _header(f"Approval wanted: {action.kind} -> {action.target}"),
        _section(f"What would be done ({action.risk.word}): {action.kind} -> {action.target} {args}".strip()),
        *_sections(lines),
        _context(f"{needed} may allow it, {until}; if nobody answers, nothing is done. Issue {action.issue}."),
        {
            "type": "actions",
            "block_id": "migro.approval",
            "elements": [
                _button("Approve", APPROVE, value, "primary", f"{action.kind} -> {action.target} is done then."),
                _button("Reject", REJECT, value, "danger", "It is not done, and not asked for again."),
            ],
        },
    ]


def _button(text: str, id: str, value: str, style: str, confirm: str) -> Block:
    return {
        "type": "button",
        "action_id": id,
        "value": value,
        "style": style,
        "text": {"type": "plain_text", "text": text},
        "confirm": {
            "title": {"type": "plain_text", "text": f"{text}?"},
            "text": {"type": "plain_text", "text": one_line(confirm, 300)},
            "confirm": {"type": "plain_text", "text": text},
            "deny": {"type": "plain_text", "text": "Back"},
        },
    }


def settled_card(action: Action, told: str) -> list[Block]:
    """Return what stands in the place of a card that was answered: no button any more."""
    return [
        _header(f"{action.kind} -> {action.target}"),
        _section(one_line(told, _SECTION)),
        _context(f"Issue {action.issue}."),
    ]


_VERBS: Final[Mapping[str, Literal["approve", "reject"]]] = {APPROVE: "approve", REJECT: "reject"}


def pressed(signal: Signal) -> Pressed | None:
    """
    Return the answer that a delivery from Slack carries; None for any other signal.

    Only a delivery of Slack whose signature was verified is an answer: what others sign holds what they like.
    """
    if (signal.kind, signal.provider, signal.source_kind) != ("platform.event", "slack", "person"):
        return None
    verb = _VERBS.get(str(signal.ids.get("action_id", "")))
    answers = signal.attrs.get("answer")
    if verb is None or signal.auth != "verified" or not isinstance(answers, Sequence) or isinstance(answers, str):
        return None
    key, colon, binding = str(answers[0] if answers else "").translate(_DIGITS).partition(":")
    by, channel, ts = (signal.ids.get(name) for name in ("user_id", "channel_id", "message_ts"))
    if not (colon and key and binding and by and channel and ts):
        return None
    return Pressed(verb=verb, key=key, binding=binding, by=by, channel=channel, ts=ts)
