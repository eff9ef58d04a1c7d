"""Forgeries: deliveries whose sender is not proven, as evidence about a secret, and never more than some of them."""

from __future__ import annotations

import hashlib
import threading
from collections import Counter
from collections.abc import Callable
from datetime import datetime

from ..models import MerchantId, Signal
from ..models.canonical import content_id, to_microseconds
from ..observe import EndpointSettings

__all__ = ["Forgeries"]

_HOUR = 3600 * 1_000_000


class Forgeries:
    """
    Turns deliveries that prove nothing into evidence for the signature modes, some of them each hour.

    Args:
        per_hour: How many, for each endpoint. Whoever floods an endpoint is refused as before; only what is kept of it
            ends there.
    """

    def __init__(self, per_hour: int) -> None:
        self._per_hour = per_hour
        self._hour = 0
        self._kept: Counter[str] = Counter()
        self._lock = threading.Lock()

    def evidence(
        self,
        claimed: Signal,
        raw: bytes,
        *,
        name: str,
        endpoint: EndpointSettings,
        at: datetime,
        knows: Callable[[str | None], bool],
    ) -> Signal | None:
        """
        Return what is kept of a delivery that proves nothing; None when enough is kept of this hour.

        Nothing of its content is believed or kept: a digest, who it pretends to be from, and when it came. The merchant
        that it names counts only where the memory has that merchant already, or strangers could make up new ones.

        Args:
            claimed: What it would have been.
            raw: The body.
            name: The endpoint's name.
            endpoint: Its settings.
            at: When it came.
            knows: Whether the memory has anything of a merchant.
        """
        if not self._counts(name, at):
            return None
        merchant = claimed.merchant if endpoint.merchant is not None or knows(claimed.merchant) else MerchantId(name)
        digest = hashlib.sha256(raw).hexdigest()
        return Signal(
            kind="delivery.refused",
            merchant=merchant,
            occurred_at=at,
            received_at=at,
            source_kind="receiver",
            provider=claimed.provider,
            dedup_key=content_id("dk-refused", name, claimed.provider, digest),
            env=endpoint.env,
            auth="failed",
            attrs={"digest": digest, "endpoint": name},
            normalizer="receiver/1",
        )

    def _counts(self, name: str, at: datetime) -> bool:
        hour = to_microseconds(at) // _HOUR
        with self._lock:
            if hour != self._hour:
                self._hour = hour
                self._kept.clear()
            if self._kept[name] >= self._per_hour:
                return False
            self._kept[name] += 1
            return True
