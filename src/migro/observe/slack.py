"""
Slack: what people answer to messages of an app, by slash commands, buttons, menus and forms.

An answer is evidence that somebody said something, and no more: nothing here approves, and no kind of signal does.
Who may approve what, and whether it still stands, is for the host to find out before it writes an approval.

Sources: https://docs.slack.dev/authentication/verifying-requests-from-slack,
https://docs.slack.dev/interactivity/handling-user-interaction
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final
from urllib.parse import parse_qsl

import re2

from ..errors import InputError
from .claims import Claim, from_hex, seconds
from .drafts import Draft, Normaliser, Refused, Scope
from .envelope import Envelope
from .parsing import at, exact_id, moment, read_json, word

__all__ = ["NORMALISER"]

_MADE: Final = re2.compile(r"^[A-Za-z][A-Za-z0-9_.:/-]{0,79}$")
"""A name that a program gave; what a person typed has blanks, or is no answer of the kind that is kept."""

_CHOSEN: Final = ("button", "static_select", "radio_buttons", "overflow", "checkboxes", "multi_static_select")
"""Elements whose answers were all written by the app, not by the person."""

_PUSHED: Final = ("event_callback", "url_verification", "app_rate_limited", "ssl_check")


def _form(text: str) -> Mapping[str, Any]:
    try:
        return dict(parse_qsl(text.removeprefix("\ufeff").strip(), keep_blank_values=True, max_num_fields=100))
    except ValueError:
        return {}


def _opened(envelope: Envelope) -> tuple[Mapping[str, Any], bool]:
    """Return the fields of a delivery, and whether they are those of a slash command."""
    body = envelope.body
    if isinstance(body, str):
        form = _form(body)
        body = form if form.keys() & {"payload", "command", "ssl_check"} else read_json(body)
    if isinstance(body, Mapping) and "ssl_check" in body:
        body = {"type": "ssl_check"}
    if isinstance(body, Mapping) and isinstance(body.get("payload"), str):
        body = read_json(body["payload"])
    if not isinstance(body, Mapping):
        raise InputError(f"expected a Slack interaction as form fields or a JSON object, got {type(body).__name__}")
    return body, "command" in body


def _made(value: Any) -> str | None:
    text = word(value)
    return text if text is not None and _MADE.match(text) else None


def _stamp(envelope: Envelope) -> str | None:
    return envelope.header("X-Slack-Request-Timestamp")


def _command(envelope: Envelope, form: Mapping[str, Any]) -> Draft:
    trigger = word(form.get("trigger_id"))
    text = word(form.get("text"))
    return Draft(
        kind="platform.event",
        topic="person.slash_command",
        raw_topic="slash_command",
        merchant=exact_id(form.get("team_id")) or exact_id(form.get("enterprise_id")),
        occurred_at=moment(_stamp(envelope)),
        dedup=("slack", trigger)
        if trigger
        else (
            "slack",
            "slash_command",
            _stamp(envelope),
            exact_id(form.get("user_id")),
            word(form.get("command")),
            text,
        ),
        ids={
            "command": word(form.get("command")),
            "team_id": exact_id(form.get("team_id")),
            "channel_id": exact_id(form.get("channel_id")),
            "user_id": exact_id(form.get("user_id")),
            "trigger_id": trigger,
            "app_id": exact_id(form.get("api_app_id")),
        },
        sealed={"text_ref": text},
    )


def _answers(action: Mapping[str, Any]) -> list[str]:
    """Return the values that were chosen, where all that could be chosen was written by the app."""
    if action.get("type") not in _CHOSEN:
        return []
    many = action.get("selected_options")
    held = [action.get("value"), at(action, "selected_option.value")]
    held += [at(option, "value") for option in many] if isinstance(many, list) else []
    return [answer for value in held if (answer := _made(value))]


def _interaction(envelope: Envelope, body: Mapping[str, Any], action: Mapping[str, Any] | None) -> Draft:
    told = word(body.get("type")) or "unknown"
    held: Mapping[str, Any] = action or {}
    trigger = word(body.get("trigger_id"))
    view = body.get("view")
    stamp = held.get("action_ts") or body.get("action_ts")
    user = exact_id(at(body, "user.id")) or exact_id(body.get("user"))
    team = exact_id(at(body, "team.id")) or exact_id(at(body, "user.team_id")) or exact_id(at(body, "enterprise.id"))
    action_id = _made(held.get("action_id")) or _made(held.get("name"))
    callback = _made(at(view, "callback_id")) or _made(body.get("callback_id"))
    channel = exact_id(at(body, "channel.id")) or exact_id(at(body, "container.channel_id"))
    message = exact_id(at(body, "container.message_ts")) or exact_id(at(body, "message.ts"))
    return Draft(
        kind="platform.event",
        topic=f"person.{told}",
        raw_topic=told,
        merchant=team,
        occurred_at=moment(stamp) or moment(_stamp(envelope)),
        dedup=("slack", told, trigger, exact_id(at(view, "id")), word(at(view, "hash")), action_id,
               exact_id(held.get("block_id")), exact_id(stamp), user, message),
        resource=("view", exact_id(at(view, "id"))) if isinstance(view, Mapping) else ("message", message),
        ids={
            "user_id": user,
            "team_id": team,
            "channel_id": channel,
            "message_ts": message,
            "trigger_id": trigger,
            "action_id": action_id,
            "block_id": _made(held.get("block_id")),
            "callback_id": callback,
            "view_id": exact_id(at(view, "id")),
            "app_id": exact_id(body.get("api_app_id")),
        },
        attrs={"element": _made(held.get("type")), "answer": _answers(held) or None},
    )  # fmt: skip


def _pushed(envelope: Envelope, body: Mapping[str, Any]) -> Draft:
    told = word(body.get("type")) or "unknown"
    inner = word(at(body, "event.type"))
    return Draft(
        kind="platform.event",
        topic=f"slack.{inner or told}",
        raw_topic=inner or told,
        merchant=exact_id(body.get("team_id")),
        occurred_at=moment(at(body, "event.event_ts")) or moment(body.get("event_time")) or moment(_stamp(envelope)),
        dedup=("slack", told, exact_id(body.get("event_id")), word(body.get("challenge")), _stamp(envelope)
               if not body.keys() & {"event_id", "challenge"} else None),
        ids={
            "event_id": exact_id(body.get("event_id")),
            "team_id": exact_id(body.get("team_id")),
            "user_id": exact_id(at(body, "event.user")),
            "channel_id": exact_id(at(body, "event.channel")),
        },
    )  # fmt: skip


def _read(envelope: Envelope, _: Scope) -> Iterator[Draft | Refused]:
    body, is_command = _opened(envelope)
    if is_command:
        yield _command(envelope, body)
        return
    if word(body.get("type")) is None:
        raise InputError("expected a Slack interaction with a command or a type, got one without")
    if body.get("type") in _PUSHED:
        yield _pushed(envelope, body)
        return
    actions = body.get("actions")
    if not isinstance(actions, list) or not actions:
        yield _interaction(envelope, body, None)
        return
    for place, action in enumerate(actions):
        if isinstance(action, Mapping):
            yield _interaction(envelope, body, action)
        else:
            reason = f"expected an action as a JSON object, got {type(action).__name__} at actions.{place}"
            yield Refused(reason=reason, content=action, ordinal=place)


def _claim(envelope: Envelope, raw: bytes) -> Claim | None:
    signature = envelope.header("X-Slack-Signature")
    if not signature:
        return None
    stamp = _stamp(envelope) or ""
    version, _, value = signature.partition("=")
    return Claim(
        signatures=(from_hex(value),) if version == "v0" else (),
        message=f"v0:{stamp}:".encode() + raw,
        stamp=seconds(stamp),
        timed=True,
    )


def _fits(body: Mapping[str, Any]) -> bool:
    if body.get("type") in _PUSHED:
        return "token" in body
    if {"command", "team_id", "user_id"} <= body.keys():
        return True
    return isinstance(body.get("user"), Mapping) and {"type", "trigger_id"} <= body.keys()


def _fits_text(text: str) -> bool:
    form = _form(text[:10_000])
    if {"command", "team_id", "trigger_id"} <= form.keys():
        return True
    return "payload" in form and '"type"' in form["payload"] and '"user"' in form["payload"]


NORMALISER: Final = Normaliser(
    kind="slack_interactive",
    aliases=("slack_interaction",),
    provider="slack",
    source_kind="person",
    version=1,
    read=_read,
    claim=_claim,
    headers=("x-slack-signature", "x-slack-request-timestamp"),
    fits=_fits,
    fits_text=_fits_text,
)
