"""A source: the log that the returns portal exports, with time, shopper and answer in each line."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from migro import MerchantId

from .signals import ReturnRequest

__all__ = ["Log", "make_log"]


class Log:
    """Reads the export from its beginning, each time; what was accepted before is known as a redelivery."""

    def __init__(self, path: Path, merchant: MerchantId) -> None:
        self._path = path
        self._merchant = merchant

    def signals(self) -> Iterator[ReturnRequest]:
        """Yield one signal for each line."""
        with self._path.open(encoding="utf-8", newline="") as file:
            for row in csv.DictReader(file):
                yield ReturnRequest(
                    merchant=self._merchant,
                    occurred_at=datetime.fromisoformat(row["time"]),
                    shopper=row["shopper"],
                    answer=int(row["answer"]),
                    source_kind="access_log",
                    provider="returns-portal",
                    env="production",
                )


def make_log(settings: Mapping[str, Any]) -> Log:
    """Return the source of ``[plugins.settings.sources.returns-log]``."""
    match settings:
        case {"path": str(path), "merchant": str(merchant), **others} if not others:
            return Log(Path(path), MerchantId(merchant))
    raise ValueError(f"expected `path` and `merchant` and nothing else, got {', '.join(settings) or 'nothing'}")
