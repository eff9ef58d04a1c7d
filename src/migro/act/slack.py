"""
Slack: one thread for each issue, its first message kept up to date, and cards that ask for an approval.

What was posted is found again by the metadata of the message, so a restart posts nothing twice.
The app needs the scopes ``chat:write`` and, to find again what it posted, ``channels:history`` (``groups:history`` for
private channels) and ``metadata.message:read``.

Sources: https://docs.slack.dev/reference/methods/chat.postMessage, https://docs.slack.dev/reference/methods/chat.update,
https://docs.slack.dev/messaging/message-metadata, https://docs.slack.dev/reference/block-kit
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta
from typing import Any, Final
from urllib.error import URLError

import attrs

from ..errors import ActionDelayed, ActionError, ActionRefused, ActionUnclear
from ..models import Action, ActionResult, Standing
from .actor import Actor, Redact
from .asking import asked_key
from .messages import (
    MESSAGES,
    Diagnosis,
    Message,
    composed,
    messengers,
    no_diagnosis,
)
from .slack_blocks import card, escaped, message_blocks, settled_card
from .slack_client import slack_client

__all__ = ["Slack"]

_EVENT: Final = "migro_action"
_LATER: Final = frozenset({"ratelimited", "rate_limited", "service_unavailable", "team_added_to_org"})
_PERHAPS: Final = frozenset({"fatal_error", "internal_error", "request_timeout"})
_PAGES: Final = 5
_KEYS: Final = 20
_THREADS: Final = 10_000
_CLOCKS: Final = timedelta(minutes=15)
"""How far the clock here may be ahead of Slack's."""


@attrs.define
class _Thread:
    """Where an issue is told: the first message, and the keys of the actions that it shows."""

    ts: str
    keys: tuple[str, ...]


class Slack(Actor):
    """
    Tells channels.

    The first message about an issue begins a thread; what comes later is a reply there, and the first message is
    brought up to date. ``update_dashboard`` changes the first message alone.

    Args:
        token: The bot's, ``xoxb-...``.
        channels: Ids of channels by role.
        redact: Every word goes through it.
        kinds: The kinds of action it takes: some of `draft_reply`, `notify`, `report` and `update_dashboard`.
        diagnosis: Further lines about an issue.
        address: Of the Web API; with TLS, unless it is on this machine.
        timeout_ms: How long to wait for each piece of an answer, in milliseconds; four times as long for all of it.

    Raises:
        ConfigurationError: If the package is not installed, the address is an open one, or a kind is not one of these.
    """

    def __init__(
        self,
        token: str,
        *,
        channels: Mapping[str, str],
        redact: Redact,
        kinds: Iterable[str] = ("draft_reply", "notify", "report"),
        diagnosis: Diagnosis = no_diagnosis,
        address: str = "https://slack.com/api/",
        timeout_ms: int = 10_000,
    ) -> None:
        self._client = slack_client(token, address, timeout_ms)
        self._channels, self._diagnosis = dict(channels), diagnosis
        self._threads: OrderedDict[tuple[str, str], _Thread] = OrderedDict()
        super().__init__(
            messengers(
                kinds, (*MESSAGES, "update_dashboard"), idempotency="check", reversible=True, preview=self._preview
            ),
            redact=redact,
            exact=("ticket",),
        )

    # --- actions ------------------------------------------------------------------------------------------------

    def act(self, action: Action) -> str:
        """Post it, and return where it stands: channel and time stamp."""
        channel, message = self._channel(action), composed(action, self._diagnosis(action))
        thread = self._thread(channel, action)
        if thread is None:
            ts = self._post(channel, message, action.idempotency_key)
            self._know(channel, action.issue, _Thread(ts, (action.idempotency_key,)))
            return f"slack {channel} {ts}"
        if action.kind == "update_dashboard":
            self._update(channel, message, thread, action.idempotency_key)
            return f"slack {channel} {thread.ts} updated"
        ts = self._post(channel, message, action.idempotency_key, thread=thread.ts)
        try:
            self._update(channel, message, thread, "")
        except ActionError:
            return f"slack {channel} {ts}; the first message of the thread is out of date"
        return f"slack {channel} {ts}"

    def look(self, action: Action) -> Standing:
        """Look through the channel and the issue's thread for a message with the key."""
        key = action.idempotency_key
        try:
            channel = self._channel(action)
            thread = self._found(channel, action)
            if thread is None:
                return "not_done"
            if key in thread.keys:
                return "done"
            # They come oldest first, and nothing of it is older than it is: a long thread does not hide it.
            replies = self._pages("conversations_replies", channel=channel, ts=thread.ts, oldest=_since(action))
            return "done" if any(_key_of(m) == key for m in replies) else "not_done"
        except ActionError:
            return "unknown"

    def _preview(self, action: Action) -> str:
        where = self._channels.get(action.target, "no channel")
        subject = composed(self.said(action)).subject
        return f"slack to {action.target} ({where}), in the thread of {action.issue}: {subject}"

    # --- approvals ----------------------------------------------------------------------------------------------

    def ask(self, action: Action, role: str, lines: Sequence[str], *, again: bool = False) -> str:
        """
        Post a card that asks a role to approve or reject an action, in the issue's thread, and return where it stands.

        Who presses a button is told by a delivery from Slack, which `migro.act.slack_blocks.pressed` reads. While an
        action waits, it is asked about once; see `migro.act.asking.Asker`.
        """
        said = self.said(action).model_copy(update={"target": role, "idempotency_key": asked_key(action)})
        with self._lock:
            if said.idempotency_key in self._done:
                return self._done[said.idempotency_key].detail
            channel = self._channel(said)
            ts = self._card(channel, said) if again else ""
            where = f"slack {channel} {ts or self._asked(channel, said, self.said(action), lines)}"
            self._remember(said.idempotency_key, ActionResult(status="succeeded", detail=where))
            return where

    def _asked(self, channel: str, said: Action, action: Action, lines: Sequence[str]) -> str:
        thread = self._thread(channel, said)
        answer = self._call(
            "chat_postMessage",
            channel=channel,
            **self._shown(action, lines),
            # Of no issue: a card is never taken for the first message of a thread, which is changed later.
            metadata=_metadata("", said.idempotency_key),
            unfurl_links=False,
            **({"thread_ts": thread.ts, "reply_broadcast": True} if thread is not None else {}),
        )
        return _stamp(answer)

    def _shown(self, action: Action, lines: Sequence[str]) -> dict[str, Any]:
        told = escaped(f"Approval wanted: {action.kind} -> {action.target}")
        return {"text": told, "blocks": card(action, [self._redact(line) for line in lines])}

    def _card(self, channel: str, said: Action) -> str:
        """Return the time stamp of the card with a key; empty where there is none since the action waits."""
        history = self._pages("conversations_history", channel=channel, oldest=_since(said))
        return next((str(m["ts"]) for m in history if _key_of(m) == said.idempotency_key), "")

    def found(self, action: Action, role: str) -> str:
        """Look for a card that may have been posted; see `migro.act.asking.Asker`."""
        said = self.said(action).model_copy(update={"target": role, "idempotency_key": asked_key(action)})
        channel = self._channel(said)
        ts = self._card(channel, said)
        return f"slack {channel} {ts}" if ts else ""

    def changed(self, action: Action, where: str, lines: Sequence[str]) -> None:
        """Bring a card and its buttons up to date; see `migro.act.asking.Asker`."""
        _, channel, ts = self._place(where)
        self._call("chat_update", channel=channel, ts=ts, **self._shown(self.said(action), lines))

    def answered(self, action: Action, where: str, told: str) -> None:
        """Take the buttons off a card and say what became of it; see `migro.act.asking.Asker`."""
        said, (_, channel, ts) = self._redact(told), self._place(where)
        self._call(
            "chat_update", channel=channel, ts=ts, text=escaped(said), blocks=settled_card(self.said(action), said)
        )

    def whisper(self, where: str, user: str, told: str) -> None:
        """
        Say something to one person where a card stands, that nobody else sees.

        Raises:
            ActionError: As the port of actuators has it.
        """
        _, channel, _ = self._place(where)
        self._call("chat_postEphemeral", channel=channel, user=user, text=escaped(self._redact(told)))

    def _place(self, where: str) -> tuple[str, str, str]:
        name, channel, ts = (*where.split(" "), "", "")[:3]
        if name != "slack" or not channel or not ts:
            raise ActionRefused("expected where a card stands in Slack, got another place")
        return name, channel, ts

    # --- the Web API --------------------------------------------------------------------------------------------

    def _channel(self, action: Action) -> str:
        channel = self._channels.get(action.target)
        if channel is None:
            raise ActionRefused(f"no channel is known for the role {action.target}")
        return channel

    def _thread(self, channel: str, action: Action) -> _Thread | None:
        known = self._threads.get((channel, action.issue))
        if known is not None:
            return known
        try:
            found = self._found(channel, action)
        except ActionDelayed:
            raise
        except ActionError:
            return None  # an app that may not read begins another thread
        if found is not None:
            self._know(channel, action.issue, found)
        return found

    def _know(self, channel: str, issue: str, thread: _Thread) -> None:
        self._threads[channel, issue] = thread
        if len(self._threads) > _THREADS:
            self._threads.popitem(last=False)

    def _found(self, channel: str, action: Action) -> _Thread | None:
        for message in self._pages("conversations_history", channel=channel):
            payload = _payload(message)
            if payload.get("issue") == action.issue and message.get("thread_ts", message["ts"]) == message["ts"]:
                return _Thread(str(message["ts"]), tuple(str(payload.get("keys", "")).split()))
        return None

    def _post(self, channel: str, message: Message, key: str, thread: str | None = None) -> str:
        more = {} if thread is None else {"thread_ts": thread}
        answer = self._call(
            "chat_postMessage",
            channel=channel,
            text=escaped(message.subject),
            blocks=message_blocks(message),
            metadata=_metadata(message.issue, key),
            unfurl_links=False,
            **more,
        )
        return _stamp(answer)

    def _update(self, channel: str, message: Message, thread: _Thread, key: str) -> None:
        keys = (*thread.keys, *([key] if key else []))[-_KEYS:]
        self._call(
            "chat_update",
            channel=channel,
            ts=thread.ts,
            text=escaped(message.subject),
            blocks=message_blocks(message),
            metadata=_metadata(message.issue, *keys),
        )
        thread.keys = keys

    def _pages(self, method: str, **asked: Any) -> Iterable[Mapping[str, Any]]:
        cursor = ""
        for _ in range(_PAGES):
            more = {"cursor": cursor} if cursor else {}
            answer = self._call(method, limit=200, include_all_metadata=True, **asked, **more)
            messages = answer.get("messages")
            if not isinstance(messages, list):
                raise ActionUnclear("expected messages in the answer of Slack, got none")
            yield from (m for m in messages if isinstance(m, Mapping) and "ts" in m)
            cursor = (answer.get("response_metadata") or {}).get("next_cursor") or ""
            if not cursor:
                return
        # What was not read may hold the message, and one that is posted again is there twice.
        raise ActionUnclear(f"expected the message within the newest {_PAGES} pages of Slack, and there are more")

    def _call(self, method: str, **asked: Any) -> Mapping[str, Any]:
        from slack_sdk.errors import SlackApiError, SlackClientError

        try:
            answer = getattr(self._client, method)(**asked)
        except SlackApiError as e:
            raise _meaning(e.response) from e
        except SlackClientError as e:
            raise ActionRefused(f"the request to Slack could not be made: {type(e).__name__}") from e
        except URLError as e:
            if isinstance(e.reason, ConnectionRefusedError) or "getaddrinfo" in type(e.reason).__name__.lower():
                raise ActionDelayed(f"Slack was not reached: {type(e.reason).__name__}") from e
            raise ActionUnclear(f"Slack did not answer: {type(e.reason).__name__}") from e
        except Exception as e:  # urllib lets pass what the socket and the parser raise
            raise ActionUnclear(f"Slack did not answer: {type(e).__name__}") from e
        data = answer.data
        if not isinstance(data, Mapping):
            raise ActionUnclear("expected JSON as the answer of Slack, got something else")
        return data


def _meaning(response: Any) -> ActionError:
    data = response if isinstance(response, Mapping) else getattr(response, "data", None)
    status = getattr(response, "status_code", None)
    headers = getattr(response, "headers", None) or {}
    error = data.get("error") if isinstance(data, Mapping) else None
    # Where the answer is no JSON, the client puts words of its own there, with the answer in them.
    error = error if isinstance(error, str) and error.isidentifier() else None
    told = f"Slack answered {error or status or 'nothing'}"
    if status == 429 or error in _LATER:
        wait = {str(n).lower(): v for n, v in dict(headers).items()}.get("retry-after", "")
        return ActionDelayed(told, wait_ms=int(wait) * 1000 if str(wait).isdigit() else None)
    if isinstance(status, int) and 300 <= status < 400:
        return ActionRefused(f"{told}, and redirects are not followed")
    if error is None or error in _PERHAPS or (isinstance(status, int) and status >= 500):
        return ActionUnclear(told)
    return ActionRefused(told)


def _metadata(issue: str, *keys: str) -> dict[str, Any]:
    return {"event_type": _EVENT, "event_payload": {"issue": issue, "keys": " ".join(keys)}}


def _payload(message: Mapping[str, Any]) -> Mapping[str, Any]:
    metadata = message.get("metadata")
    if not isinstance(metadata, Mapping) or metadata.get("event_type") != _EVENT:
        return {}
    payload = metadata.get("event_payload")
    return payload if isinstance(payload, Mapping) else {}


def _key_of(message: Mapping[str, Any]) -> str:
    return str(_payload(message).get("keys", ""))


def _since(action: Action) -> str:
    """Return the time stamp before which nothing of an action stands in Slack."""
    return f"{(action.at - _CLOCKS).timestamp():.6f}"


def _stamp(answer: Mapping[str, Any]) -> str:
    ts = answer.get("ts")
    if not isinstance(ts, str) or not ts:
        raise ActionUnclear("expected the time stamp of the message in the answer of Slack, got none")
    return ts
