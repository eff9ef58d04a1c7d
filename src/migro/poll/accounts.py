"""Accounts of a run: that a source was heard from, that it is expected to be, and what became of the calls."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

import attrs

from ..models import MerchantId, Signal
from ..models.canonical import content_id
from ..models.scales import Environment
from .asking import Position, Try
from .positions import ATTRIBUTE, position_text

__all__ = ["Account"]

_CLIENT: Final = "migro_poll"
_VERSION: Final = "poll/1"


@attrs.frozen(kw_only=True)
class Account:
    """
    Whose account it is.

    Attributes:
        source: Name of the source.
        api, version: The API that is asked, and its version where it has some.
    """

    merchant: str
    env: Environment
    source: str
    api: str
    version: str | None

    def heartbeat(self, at: datetime, *, events: int, position: Position) -> Signal:
        """Return the word that the source answered, how many signals it gave, and how far it is read now."""
        return self._signal(
            "source.heartbeat",
            at,
            ids={"source": self.source},
            metrics={"events": events},
            attrs={ATTRIBUTE: position_text(position)},
        )

    def alive(self, at: datetime) -> Signal:
        """Return the word that whoever asks is there: where a source says nothing, that is not because nobody asked."""
        return self._signal("source.heartbeat", at, ids={"source": _CLIENT}, metrics={"events": 0})

    def expected(self, at: datetime, *, every_s: int, position: Position | None = None) -> Signal:
        """
        Return the fact that the source is asked so often: its silence is then never taken for health.

        With a position where none is stored yet.
        """
        began = {ATTRIBUTE: position_text(position)} if position is not None else {}
        return self._signal(
            "source.expected",
            at,
            key=content_id("dk", "source.expected", self.merchant, self.source, every_s),
            ids={"source": self.source},
            metrics={"interval_s": every_s},
            attrs={"active": True, **began},
        )

    def calls(self, at: datetime, tries: Sequence[Try]) -> tuple[Signal, ...]:
        """Return the calls of a run by what became of them, one signal for each result and status."""
        counted = Counter((t.result, t.status) for t in tries)
        return tuple(
            self._calls(at, [t for t in tries if (t.result, t.status) == about], count)
            for about, count in sorted(counted.items(), key=lambda item: (item[0][0], item[0][1] or 0))
        )

    def _calls(self, at: datetime, tries: Sequence[Try], count: int) -> Signal:
        used = [t.used_permille for t in tries if t.used_permille is not None]
        quota = [t.quota for t in tries if t.quota is not None]
        served = sorted({t.served_version for t in tries if t.served_version is not None})
        versions = {"asked_version": self.version, "served_version": served[-1][:40]} if served and self.version else {}
        return self._signal(
            "api.calls",
            at,
            status=tries[0].status,
            ids={"api": self.api, "client": _CLIENT, "source": self.source},
            metrics={
                "calls": count,
                **({"used_permille": max(used)} if used else {}),
                **({"quota_size": min(quota)} if quota else {}),
            },
            attrs={
                "result": tries[0].result,
                "rate_headers": any(t.told for t in tries),
                "server_side": False,
                "refetch": False,
                "partial": False,
                **{n: v for n, v in versions.items() if v is not None},
            },
        )

    def _signal(self, kind: str, at: datetime, *, key: str = "", **more: Any) -> Signal:
        return Signal(
            kind=kind,
            merchant=MerchantId(self.merchant),
            occurred_at=at,
            received_at=at,
            source_kind="api_poll",
            provider="migro",
            env=self.env,
            dedup_key=key,
            normalizer=_VERSION,
            **more,
        )
