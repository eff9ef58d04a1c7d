"""From an envelope to signals: find the normaliser, run it, scrub and complete what it read, and never raise."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from decimal import Decimal
from functools import lru_cache
from typing import Any, Final

import attrs
import re2

from ..errors import InputError
from ..models.assembly import assembled
from ..models.canonical import EPOCH, content_id
from ..models.scales import Auth
from ..models.signal import MerchantId, Signal
from .completeness import complete_kind
from .drafts import Draft, Normaliser, Refused, Scope
from .envelope import Envelope, Failure
from .formats import NORMALISERS
from .host import public_words
from .parsing import well_formed
from .privacy import holds_secret, pseudonym, scrub
from .reading import content_of, drafts_of
from .settings import ObserveSettings
from .signatures import authenticate
from .zones import in_zone

__all__ = ["Observation", "Observer"]

_NAME: Final = re2.compile(r"^[a-z][a-z0-9_]{0,40}$")
_ATTR_LENGTH: Final = 200
_TEXT_LENGTH: Final = 2000
_ID_LENGTH: Final = 200
_ITEMS: Final = 20
_FACTS: Final = 1_000
"""Words of a set that a host may state: a set that is cut is another fact."""
_LARGEST: Final = 10**18
_NOTHING: Final = frozenset[str]()
_QUOTED: Final = json.encoder.encode_basestring
"""How canonical JSON writes a string."""


@attrs.frozen(kw_only=True)
class Observation:
    """
    What one envelope held.

    Attributes:
        signals: One per contained event, in order; what was not understood has kind ``unknown``.
        failures: Why, for each of those.
    """

    signals: tuple[Signal, ...]
    failures: tuple[Failure, ...]


def _unread(envelope: Envelope, _: Scope) -> Iterator[Draft | Refused | Signal]:
    known = ", ".join(sorted(NORMALISERS))
    # Scrubbed before it is quoted: quotation writes out the invisible characters that scrubbing sees through.
    kind = scrub(envelope.kind)[:40]
    yield Refused(reason=f"expected a known kind, got {kind!r}; known are {known}", content=content_of(envelope))


_UNKNOWN: Final = Normaliser(kind="unknown", provider="unknown", source_kind="unknown", version=1, read=_unread)


def _digest(content: Any) -> str:
    # Not canonical JSON: an unknown body may hold what has no canonical form, and the digest must never fail.
    if isinstance(content, bytes):
        data = content
    else:
        data = (content if isinstance(content, str) else repr(content)).encode("utf-8", "surrogatepass")
    return hashlib.sha256(data).hexdigest()


class Observer:
    """
    Turns envelopes into signals.

    It reads no environment and no clock: secrets and the key of pseudonyms come from the rim of the program.

    Args:
        settings: Endpoints and how their senders prove themselves.
        secrets: Values by the names in ``EndpointSettings.secrets_env``.
        pseudonym_key: At least 16 secret bytes. Pseudonyms made with another key do not match, so keep it beside the
            memory; without it nobody can try out which e-mail address a pseudonym stands for.
        formats: Wire formats of your own, beside the shipped ones; one with a shipped name takes its place.

    Raises:
        InputError: If the key is shorter than 16 bytes.
    """

    def __init__(
        self,
        settings: ObserveSettings | None = None,
        *,
        secrets: Mapping[str, str] | None = None,
        pseudonym_key: bytes,
        formats: Iterable[Normaliser] = (),
    ) -> None:
        if len(pseudonym_key) < 16:
            raise InputError(f"expected a pseudonym key of at least 16 bytes, got {len(pseudonym_key)}")
        self.settings = settings or ObserveSettings()
        self._secrets = dict(secrets or {})
        self._key = pseudonym_key
        self._formats = {**NORMALISERS, **{n.kind: n for n in formats}}

    def unreadable(self, content: bytes, reason: str, *, now: datetime | None = None) -> Signal:
        """Return a signal of kind ``unknown`` for something that is not even an envelope."""
        envelope = Envelope(received_at=now)
        scope = Scope(endpoint=self.settings.endpoint(None), received_at=now or EPOCH)
        finishing = _Finishing(
            envelope=envelope,
            scope=scope,
            normaliser=_UNKNOWN,
            auth="unchecked",
            received_at=now,
            key=self._key,
        )
        return finishing.finished(Refused(reason=reason, content=content))[0]

    def observe(self, envelope: Envelope, *, now: datetime | None = None) -> Observation:
        """
        Return the signals of one envelope; bad content never raises.

        Args:
            envelope: The delivery.
            now: Time of receipt for an envelope that has none. Where that is missing too, an event's own time
                serves, and 1970 for an event without one, marked ``time_source = "none"``.
        """
        endpoint = self.settings.endpoint(envelope.endpoint)
        if envelope.kind not in self._formats and endpoint.kind is not None:
            envelope = envelope.model_copy(update={"kind": endpoint.kind})
        received = envelope.received_at or now
        normaliser = self._formats.get(envelope.kind, _UNKNOWN)
        auth = authenticate(envelope, normaliser, endpoint, secrets=self._secrets, now=received)
        finishing = _Finishing(
            envelope=envelope,
            scope=Scope(endpoint=endpoint, received_at=received or EPOCH),
            normaliser=normaliser,
            auth=auth,
            received_at=received,
            key=self._key,
        )
        signals: list[Signal] = []
        failures: list[Failure] = []
        for found in drafts_of(normaliser, envelope, finishing.scope):
            signal, refused = finishing.finished(found)
            signals.append(signal)
            if refused is not None:
                failures.append(Failure(where=envelope.where, reason=signal_reason(signal)))
        return Observation(signals=tuple(signals), failures=tuple(failures))


def signal_reason(signal: Signal) -> str:
    """Return why a signal of kind ``unknown`` was not understood."""
    return str(signal.attrs.get("reason", ""))


@attrs.frozen(kw_only=True, slots=False)  # as a draft is
class _Finishing:
    envelope: Envelope
    scope: Scope
    normaliser: Normaliser
    auth: Auth
    received_at: datetime | None
    key: bytes

    def finished(self, found: Draft | Refused | Signal) -> tuple[Signal, Refused | None]:
        if isinstance(found, Refused):
            return self._refused(found), found
        try:
            return (self._signal(found) if isinstance(found, Draft) else self._kept(found)), None
        except Exception as e:
            refused = Refused(
                reason=f"the event could not be completed: {type(e).__name__}", content=content_of(self.envelope)
            )
            return self._refused(refused), refused

    def _merchant(self, told: str | None) -> MerchantId | None:
        found = self.scope.endpoint.merchant or told or self.envelope.endpoint
        return MerchantId(self._id(found)) if found else None

    def _id(self, text: str) -> str:
        if text.isdigit() and text.isascii() and len(text) <= _ID_LENGTH:
            return text  # what most ids are
        text = well_formed(text)
        return pseudonym("id", text, self.key) if holds_secret(text) or len(text) > _ID_LENGTH else text

    def _times(self, told: datetime | None) -> tuple[datetime, datetime, str | None]:
        if told is not None:
            return told, self.received_at or told, None
        return self.received_at or EPOCH, self.received_at or EPOCH, "receipt" if self.received_at else "none"

    def _signal(self, draft: Draft) -> Signal:
        occurred, received, time_source = self._times(draft.occurred_at)
        merchant = self._merchant(draft.merchant)
        provider = draft.provider or self.normaliser.provider
        # Names of ids can come from the payload too.
        ids = {name: self._id(value) for name, value in draft.ids.items() if value and _is_name(name)}
        if draft.people:
            ids |= {name: pseudonym(name, value, self.key) for name, value in draft.people.items() if value}
        words: dict[str, Any] = {**draft.attrs, "raw_topic": draft.raw_topic, "time_source": time_source}
        attributes = _attributes(words)
        if draft.sealed:
            attributes |= {name: pseudonym(name, value, self.key) for name, value in draft.sealed.items() if value}
        attributes |= draft.exact
        resource = None
        if draft.resource is not None and draft.resource[1] and _is_name(draft.resource[0]):
            resource = (draft.resource[0], self._id(draft.resource[1]))
        zone = self.scope.endpoint.assumed_zone
        if zone is not None and time_source is None and attributes.get("time_zone") == "unknown":
            occurred = in_zone(occurred, zone)
            attributes |= {"time_zone": "assumed", "assumed_zone": zone}
        metrics = _metrics(draft.metrics)
        kind = complete_kind(draft.kind, ids, metrics, attributes)
        topic = _clean(draft.topic)
        if draft.raw_topic and "<" in str(attributes.get("raw_topic", "")):
            # What was made out of a word that had to be scrubbed no longer has a shape that a scrubber could see.
            topic = kind
        # A forged delivery must not take the place of the genuine one that carries the same id.
        key = _made("dk-failed" if self.auth == "failed" else "dk", merchant, *draft.dedup)
        return assembled(
            kind=kind,
            merchant=merchant,
            occurred_at=occurred,
            received_at=received,
            source_kind=draft.source_kind or self.normaliser.source_kind,
            provider=provider,
            topic=topic,
            dedup_key=key,
            resource=resource,
            ids=ids,
            severity_hint=draft.hint,
            state=_clean(draft.state) if draft.state else None,
            status=draft.status,
            env=draft.env or self.scope.endpoint.env,
            auth=self.auth,
            metrics=metrics,
            attrs=attributes,
            features=frozenset(f for f in draft.features if not holds_secret(f)) if draft.features else _NOTHING,
            shifted=0,
            normalizer=f"{self.normaliser.provider}/{self.normaliser.version}",
            id=_made("sig", provider, merchant, kind, key),
        )

    def _kept(self, signal: Signal) -> Signal:
        attributes = _attributes(signal.attrs, items=_FACTS) | public_words(signal)
        return Signal.from_data(
            signal.model_dump()
            | {
                "merchant": MerchantId(self._id(signal.merchant)) if signal.merchant else None,
                "attrs": attributes,
                "ids": {name: self._id(value) for name, value in signal.ids.items()},
                "resource": (signal.resource[0], self._id(signal.resource[1])) if signal.resource else None,
                "topic": _clean(signal.topic),
                "provider": _clean(signal.provider),
                "source_kind": _clean(signal.source_kind),
                "features": sorted(map(_clean, signal.features)),
                "state": _clean(signal.state) if signal.state else None,
                "auth": self.auth,
            }
        )

    def _refused(self, refused: Refused) -> Signal:
        digest = _digest(refused.content)
        return self._signal(
            Draft(
                kind="unknown",
                topic="unknown",
                raw_topic=refused.raw_topic,
                dedup=("unknown", self.envelope.kind, digest, refused.ordinal),
                attrs={"reason": refused.reason, "raw_kind": self.envelope.kind},
                exact={"digest": digest},
            )
        )


# The same few names come again and again, and asking RE2 takes longer than all the rest of an id.
@lru_cache(maxsize=1024)
def _is_name(text: str) -> bool:
    return _NAME.match(text) is not None and not holds_secret(text)


def _made(prefix: str, *parts: Any) -> str:
    """Return `content_id` by a shorter way where all parts are words and numbers."""
    texts: list[str] = []
    for part in parts:
        kind = type(part)
        if kind is str:
            texts.append(_QUOTED(part if part.isascii() else well_formed(part)))
        elif part is None:
            texts.append("null")
        elif kind is int:
            texts.append(str(part))
        else:
            return content_id(prefix, *map(_dedup_part, parts))
    written = ",".join(texts)
    return f"{prefix}_{hashlib.sha256(f'[{written}]'.encode()).hexdigest()[:32]}"


def _dedup_part(value: Any) -> Any:
    return well_formed(value) if isinstance(value, str) else value


def _clean(text: str) -> str:
    if len(text) > _TEXT_LENGTH:
        # Cut between words: half an address has no shape that a scrubber could see.
        text = text[:_TEXT_LENGTH].rpartition(" ")[0]
    return scrub(text)[:_ATTR_LENGTH]


def _attribute(value: Any, items: int = _ITEMS) -> bool | str | tuple[str, ...] | None:
    if isinstance(value, str):
        return _clean(value) or None
    if isinstance(value, bool):
        return value
    if isinstance(value, (tuple, list)):
        return tuple(_clean(v) for v in value[:items] if isinstance(v, str))
    return _clean(str(value)) if isinstance(value, int) else None


def _attributes(words: Mapping[str, Any], items: int = _ITEMS) -> dict[str, bool | str | tuple[str, ...]]:
    kept: dict[str, bool | str | tuple[str, ...]] = {}
    for name, value in words.items():
        if value is None:
            continue
        found = (_clean(value) or None) if type(value) is str else _attribute(value, items)
        if found is not None:
            kept[name] = found
    currency = kept.get("currency")
    if isinstance(currency, str) and not (len(currency) == 3 and currency.isascii() and currency.isalpha()):
        del kept["currency"]  # no currency has another shape, whatever a sender puts there
    return kept


def _metrics(numbers: Mapping[str, Any]) -> dict[str, int | Decimal]:
    return {
        name: found for name, value in numbers.items() if value is not None and (found := _metric(value)) is not None
    }


def _metric(value: Any) -> int | Decimal | None:
    if type(value) is int:
        return value if -_LARGEST < value < _LARGEST else None
    return value if isinstance(value, Decimal) and value.is_finite() and -18 <= value.adjusted() < 18 else None
