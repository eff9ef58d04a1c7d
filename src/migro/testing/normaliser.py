"""The contract of a wire format as tests: what every `migro.observe.Normaliser` keeps."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from typing import Any

from ..models.signal import Signal
from ..observe import Envelope, Normaliser, Observation, Observer
from .samples import START

__all__ = ["NormaliserContract"]

Delivery = tuple[Mapping[str, str], Any]
"""Headers, and the body as JSON or text."""

_STRANGE: Sequence[Any] = (None, True, -1, 10**30, "", "\ud800", "2026-13-99", [], [None, 7, []], {}, {"": {}})


class NormaliserContract:
    """
    Tests that every wire format passes.

    A subclass gives a pytest fixture `normaliser`, says in `deliveries` what its sender sends, one event at least in
    each and no event twice, and in `personal` which words in them are about people.
    """

    def deliveries(self) -> Sequence[Delivery]:
        """Return deliveries of different events, with the true shape and made-up people in them."""
        raise NotImplementedError(f"{type(self).__name__} has to say what is delivered")

    def personal(self) -> Sequence[str]:
        """Return names, addresses and the like that are in the deliveries."""
        return ()

    def test_it_has_a_name_and_a_version(self, normaliser: Normaliser) -> None:
        assert normaliser.kind
        assert normaliser.kind == normaliser.kind.lower()
        assert normaliser.version >= 1

    def test_every_delivery_is_understood(self, normaliser: Normaliser) -> None:
        for headers, body in self.deliveries():
            found = _observed(normaliser, headers, body)
            assert [f.reason for f in found.failures] == []
            assert found.signals

    def test_a_redelivery_is_the_same_event_whenever_it_comes(self, normaliser: Normaliser) -> None:
        for headers, body in self.deliveries():
            first, again = (_observed(normaliser, headers, body, after=wait).signals for wait in (0, 3600))
            assert [(s.dedup_key, s.id) for s in first] == [(s.dedup_key, s.id) for s in again]

    def test_different_events_are_told_apart(self, normaliser: Normaliser) -> None:
        signals = [s for headers, body in self.deliveries() for s in _observed(normaliser, headers, body).signals]

        assert len({s.dedup_key for s in signals}) == len(signals)

    def test_what_is_read_can_be_written_down_and_read_back(self, normaliser: Normaliser) -> None:
        for headers, body in self.deliveries():
            for signal in _observed(normaliser, headers, body).signals:
                assert Signal.from_json(signal.json_line()) == signal

    def test_nothing_personal_survives(self, normaliser: Normaliser) -> None:
        for headers, body in self.deliveries():
            for signal in _observed(normaliser, headers, body).signals:
                line = signal.json_line().casefold()
                assert [word for word in self.personal() if word.casefold() in line] == []

    def test_its_deliveries_are_known_by_a_header_or_by_their_shape(self, normaliser: Normaliser) -> None:
        for headers, body in self.deliveries():
            one = body[0] if isinstance(body, list) and body else body
            by_header = any(name.lower().startswith(normaliser.headers) for name in headers)
            by_shape = isinstance(one, Mapping) and normaliser.fits(one)
            by_text = isinstance(body, str) and normaliser.fits_text is not None and normaliser.fits_text(body)
            assert by_header or by_shape or by_text
        assert not normaliser.fits({"a": 1})

    def test_nothing_that_a_stranger_sends_stops_it(self, normaliser: Normaliser) -> None:
        for headers, body in self.deliveries():
            for broken in _broken(body):
                for failure in _observed(normaliser, headers, broken).failures:
                    assert "normaliser stopped" not in failure.reason


def _observed(normaliser: Normaliser, headers: Mapping[str, str], body: Any, *, after: int = 0) -> Observation:
    observer = Observer(pseudonym_key=b"a key for tests, and only tests", formats=[normaliser])
    at = START + timedelta(seconds=after)
    return observer.observe(Envelope(received_at=at, kind=normaliser.kind, headers=headers, body=body))


def _broken(body: Any) -> Iterator[Any]:
    """Yield a body with every one of its parts left out, and with something strange in its place."""
    yield from _STRANGE
    if isinstance(body, Mapping):
        for name, value in body.items():
            yield {n: v for n, v in body.items() if n != name}
            yield from ({**body, name: inner} for inner in _broken(value))
    elif isinstance(body, list):
        for place, value in enumerate(body):
            yield from ([*body[:place], inner, *body[place + 1 :]] for inner in _broken(value))
