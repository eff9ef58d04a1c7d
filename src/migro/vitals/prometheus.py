"""The vital signs for Prometheus: read when somebody asks for the metrics, never in between."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from typing import TYPE_CHECKING

from ..act.metrics import Metrics
from ..errors import MigroError
from .labels import label
from .vitals import Vitals

if TYPE_CHECKING:
    from prometheus_client.core import Metric

__all__ = ["VitalsCollector", "expose"]


class VitalsCollector:
    """
    Gives a registry the vital signs of the moment.

    Args:
        take: Returns them; where it fails, there is ``migro_up 0`` and nothing else of them.
        answers: Returns how often deliveries were answered with each status; None where none are taken.
    """

    def __init__(self, take: Callable[[], Vitals], answers: Callable[[], Mapping[int, int]] | None = None) -> None:
        self._take, self._answers = take, answers

    def describe(self) -> list[Metric]:
        """Return nothing: what registers it must not read a memory."""
        return []

    def collect(self) -> Iterator[Metric]:
        """Yield every number."""
        from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily

        found: Vitals | None = None
        with suppress(MigroError):
            found = self._take()
        yield GaugeMetricFamily("migro_up", "1 while the memory can be read.", value=int(found is not None))
        for number in found.numbers if found is not None else ():
            family = CounterMetricFamily if number.total else GaugeMetricFamily
            yield family(number.name, number.help, value=number.value)
        if found is not None:
            # Read anew each time: whatever ended an issue, also in another process, has ended it here.
            issues = GaugeMetricFamily(
                "migro_issue_severity", "Open issues, 1 for SEV4 to 4 for SEV1.", labels=["kind", "merchant"]
            )
            for (kind, merchant), severity in sorted(found.severities.items()):
                issues.add_metric((kind, label(merchant)), severity)
            yield issues
        if self._answers is not None:
            told = CounterMetricFamily("migro_deliveries", "Deliveries by the status of the answer.", labels=["status"])
            for status, count in sorted(self._answers().items()):
                told.add_metric([str(status)], count)
            yield told


def expose(
    metrics: Metrics, take: Callable[[], Vitals], *, answers: Callable[[], Mapping[int, int]] | None = None
) -> Metrics:
    """Register the vital signs beside what is counted, and return that; see `VitalsCollector`."""
    metrics.registry.register(VitalsCollector(take, answers))
    return metrics
