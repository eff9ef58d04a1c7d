"""
Zendesk's audit log: who changed what in the account, one record an entry or a page of them.

Source: https://developer.zendesk.com/api-reference/ticketing/account-configuration/audit_logs/
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

import re2

from ..errors import InputError
from .drafts import Draft, Normaliser, Refused, Scope
from .envelope import Envelope
from .parsing import exact_id, moment, word
from .ticket_fields import account_in, zone_of

__all__ = ["NORMALISER"]

_PEOPLE: Final = frozenset(("user", "end_user", "agent", "admin", "identity", "user_identity", "member"))
_GUARDED: Final = (
    "token", "oauth", "secret", "password", "security", "sso", "saml", "jwt", "remote_auth", "two_factor", "session",
    "role", "permission", "account_setting", "ip_restriction", "allowlist", "webhook", "target", "app_installation",
    "owner", "redaction", "encryption", "certificate",
)  # fmt: skip
"""Parts of types whose change concerns who may do what, or where data goes."""
_ROLES: Final = {
    **dict.fromkeys(("end user", "end-user"), "end_user"),
    **dict.fromkeys(("administrator", "admin"), "administrator"),
    **{name: name.replace(" ", "_") for name in ("agent", "light agent", "contributor", "owner", "team lead", "staff",
                                                 "billing admin", "legacy agent", "advisor")},
}  # fmt: skip
_ROLE: Final = re2.compile(r"(?i)\brole changed from ([a-z -]{1,30}?) to ([a-z -]{1,30}?)\s*(?:[.;,\n]|$)")
_ACCESS: Final = re2.compile(
    r"(?i)\b(?:role|password|suspend\w*|two[- ]factor|2fa|owner|assum\w+|token|permissions?)\b"
)
_NAME: Final = re2.compile(r"^[a-z][a-z0-9_/]{0,60}$")


def _slug(value: Any) -> str | None:
    # Older exports write ``User``, newer ones ``user``; rules are ``rule/trigger`` or ``Rule::Trigger``.
    found = (word(value) or "").lower().replace("::", "/").replace(" ", "_").replace("-", "_")
    return found if _NAME.match(found) else None


def _entry(record: Mapping[str, Any]) -> Draft | str:
    entry, action, about = exact_id(record.get("id")), _slug(record.get("action")), _slug(record.get("source_type"))
    if action is None or about is None:
        return "expected an entry of Zendesk's audit log with action and source_type, got one without"
    about = about.replace("/", "_")
    told = record.get("change_description")
    description = told[:4000] if isinstance(told, str) else ""
    person = about in _PEOPLE
    subject = exact_id(record.get("source_id"))
    role = _ROLE.search(description) if person else None
    before, after = (_ROLES.get(part.strip().lower()) for part in role.groups()) if role else (None, None)
    changed = action not in ("login", "exported")
    guarded = (
        any(part in about for part in _GUARDED)
        or action == "exported"
        or (person and (action == "destroy" or _ACCESS.search(description) is not None))
    )
    return Draft(
        kind="change.made" if changed else "platform.event",
        topic=f"audit.{about}.{action}",
        raw_topic=word(record.get("action")),
        merchant=account_in(record.get("url"), "zendesk.com"),
        occurred_at=moment(record.get("created_at")),
        # Exports have been seen that use one id for everything.
        dedup=("zendesk_audit", entry, about, action, subject, word(record.get("created_at"))),
        resource=None if person else (about, subject),
        ids={"audit_id": entry, "source_id": None if person else subject},
        people={"actor": exact_id(record.get("actor_id")), "person_ref": subject if person else None},
        attrs={
            "what": f"help_desk.{about}" if changed else None,
            "action": action,
            "security_relevant": guarded,
            "changed_from": before,
            "changed_to": after,
            "time_zone": zone_of(record.get("created_at")),
        },
    )


def _read(envelope: Envelope, _: Scope) -> Iterator[Draft | Refused]:
    body = envelope.value()
    if not isinstance(body, Mapping):
        raise InputError(f"expected an entry of Zendesk's audit log as a JSON object, got {type(body).__name__}")
    page = body.get("audit_logs")
    entries = page if isinstance(page, list) else [body.get("audit_log", body)]
    for place, record in enumerate(entries, start=1):
        found = (
            _entry(record)
            if isinstance(record, Mapping)
            else f"expected an entry as a JSON object, got {type(record).__name__}"
        )
        if isinstance(found, Draft):
            yield found
        else:
            yield Refused(reason=f"{found} (entry {place})", content=record, ordinal=place)


def _fits(body: Mapping[str, Any]) -> bool:
    if isinstance(body.get("audit_logs"), list):
        return True
    entry = body.get("audit_log", body)
    return isinstance(entry, Mapping) and {"source_type", "action", "actor_id", "created_at"} <= entry.keys()


NORMALISER: Final = Normaliser(
    kind="zendesk_audit",
    provider="zendesk",
    source_kind="change_event",
    version=1,
    read=_read,
    fits=_fits,
)
