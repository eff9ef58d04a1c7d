"""Asking for a person to be forgotten: what is checked before it is journaled."""

from __future__ import annotations

import base64
import secrets
from datetime import datetime

from pydantic import ValidationError

from ..engine import NativeEngine
from ..errors import InputError, NotFound
from ..models import ErasureRequested
from ..models.validation import explain_validation
from ..ports import Memory
from .fold import UNATTRIBUTED
from .snapshots import check_pseudonym

__all__ = ["erasure_request", "known_partition"]


def known_partition(memory: Memory, merchant: str | None) -> str:
    """
    Return the partition of a merchant.

    Raises:
        NotFound: If the memory has nothing of it.
    """
    partition = f"merchant:{merchant}" if merchant is not None else UNATTRIBUTED
    if not list(memory.read("partitions", id=partition)):
        raise NotFound(f"expected a merchant that the memory knows, found none: {merchant!r}")
    return partition


def erasure_request(
    engine: NativeEngine, *, at: datetime, merchant: str | None, pseudonym: str, by: str, why: str
) -> ErasureRequested:
    """
    Return what has to be journaled, with a token that nothing leads back from.

    Raises:
        InputError: If the pseudonym is too short to be replaced safely, or a word that records or rules need.
    """
    token = base64.b32encode(secrets.token_bytes(15)).decode().lower()[:20]
    try:
        asked = ErasureRequested(at=at, merchant=merchant, pseudonym=pseudonym, token=token, by=by, why=why)
    except ValidationError as e:
        raise InputError(explain_validation(e)) from e
    check_pseudonym(engine, pseudonym, f"merchant:{merchant}" if merchant is not None else UNATTRIBUTED)
    return asked
