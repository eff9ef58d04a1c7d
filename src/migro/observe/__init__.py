"""The outside as it comes in: one file per source technology, bytes to authenticated, redacted signals."""

from .claims import Claim
from .codes import error_code
from .drafts import Draft, Normaliser, Refused, Scope
from .envelope import Envelope, Failure
from .files import payload_envelope, payload_envelopes, read_envelope, read_envelopes
from .formats import KINDS
from .intents import features_of
from .normalisation import Observation, Observer
from .privacy import pseudonym, scrub
from .recognition import guess_kind
from .settings import EndpointSettings, ObserveSettings, ReceiveSettings

__all__ = [
    "KINDS",
    "Claim",
    "Draft",
    "EndpointSettings",
    "Envelope",
    "Failure",
    "Normaliser",
    "Observation",
    "ObserveSettings",
    "Observer",
    "ReceiveSettings",
    "Refused",
    "Scope",
    "error_code",
    "features_of",
    "guess_kind",
    "payload_envelope",
    "payload_envelopes",
    "pseudonym",
    "read_envelope",
    "read_envelopes",
    "scrub",
]
