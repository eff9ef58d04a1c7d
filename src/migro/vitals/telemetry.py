"""
The vital signs for OpenTelemetry: observable instruments of whatever meter provider the host has set up.

Source: https://opentelemetry.io/docs/specs/otel/metrics/api/
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from functools import partial
from types import ModuleType
from typing import TYPE_CHECKING, Final

from ..errors import ConfigurationError, MigroError
from .vitals import Number, Vitals

if TYPE_CHECKING:
    from opentelemetry.metrics import CallbackOptions, MeterProvider, Observation

__all__ = ["Telemetry"]

_FRESH_S: Final = 1


class Telemetry:
    """
    Gives OpenTelemetry the same numbers that Prometheus gets, under names with dots.

    Only the package of the interface is needed. Where the host has set up no provider, nothing is measured.

    Args:
        take: Returns the vital signs; all instruments that are read within a second share one look.
        like: The vital signs of any moment: they say which numbers there are.
        provider: Of meters; default: the host's global one.
        seconds: A clock that never goes back.

    Raises:
        ConfigurationError: If the package is not installed.
    """

    def __init__(
        self,
        take: Callable[[], Vitals],
        *,
        like: Vitals,
        provider: MeterProvider | None = None,
        seconds: Callable[[], float] = time.monotonic,
    ) -> None:
        self._library = _library()
        self._take, self._seconds = take, seconds
        self._looked = -1.0
        self._found: dict[str, int] = {}
        meter = (provider or self._library.get_meter_provider()).get_meter("migro")
        for number in like.numbers:
            make = meter.create_observable_counter if number.total else meter.create_observable_gauge
            make(
                dotted(number), callbacks=[partial(self._observe, number.name)], unit=number.unit,
                description=number.help,
            )  # fmt: skip

    def _observe(self, name: str, _: CallbackOptions) -> Iterable[Observation]:
        now = self._seconds()
        if self._looked < 0 or now - self._looked >= _FRESH_S:
            self._looked = now
            try:
                self._found = {number.name: number.value for number in self._take().numbers}
            except MigroError:
                self._found = {}  # no number is better than one of before
        return [self._library.Observation(self._found[name])] if name in self._found else []


def dotted(number: Number) -> str:
    """Return the name of a number in OpenTelemetry: ``migro.lag`` for ``migro_lag_seconds``."""
    return number.name.removesuffix("_total").removesuffix("_seconds").replace("_", ".")


def _library() -> ModuleType:
    try:
        from opentelemetry import metrics
    except ModuleNotFoundError as e:
        raise ConfigurationError(
            f"expected the package {e.name} for OpenTelemetry, found none: install the extra `migro[otel]`"
        ) from e
    return metrics
