"""What a run does beside thinking: whose deliveries can press buttons, and what it tells at which address."""

from __future__ import annotations

import http.client
import socket
from collections.abc import Sequence
from typing import Any, cast

import pytest

from migro.cli.console import Console
from migro.cli.serving import pages, serving
from migro.cli.tending import Tending, is_press, receiving, watched
from migro.errors import ConfigurationError
from migro.models import Signal
from migro.observe import Observer, ObserveSettings
from migro.receive import Reply
from migro.testing import START
from migro.vitals import Check, Health
from migro.vitals.settings import ServeSettings
from tests.receive.shop import KEY, SECRETS, agent, order, push, settings, shopify


class Hearing:
    def __init__(self) -> None:
        self.heard: list[Signal] = []

    def hear(self, signals: Sequence[Signal]) -> None:
        self.heard += signals


def test_deliveries_of_another_kind_press_no_button_whoever_signs_them() -> None:
    ear = Hearing()
    observer = Observer(settings(), secrets=SECRETS, pseudonym_key=KEY)
    taking = receiving(agent(), observer, cast(Tending, ear), Console())
    status = push(taking, order(), shopify(order())).status

    assert (status, ear.heard) == (202, [])
    assert [is_press(kind) for kind in ("slack_interactive", "slack_interaction", "host_signal", "", None)] == [
        True,
        True,
        False,
        False,
        False,
    ]


def test_to_listen_for_nobody_is_a_mistake() -> None:
    observer = Observer(ObserveSettings(), secrets={}, pseudonym_key=KEY)
    with pytest.raises(ConfigurationError, match=r"expected \[observe\.endpoints"):
        receiving(agent(), observer, cast(Tending, Hearing()), Console())


def test_telemetry_without_a_provider_measures_nothing_and_fails_nothing() -> None:
    with watched(agent(), ServeSettings(telemetry=True), None, None, Console()) as given:
        assert given is None


def health(ok: bool) -> Health:
    return Health(at=START, checks=(Check(name="lag", ok=ok, why="it waits"),))


@pytest.mark.parametrize(
    ("method", "path", "ok", "status", "says"),
    [
        ("GET", "/metrics?x=1", True, 200, "migro_up 1"),
        ("GET", "/healthz", True, 200, '"ok": true'),
        ("GET", "/healthz", False, 503, '"why": "it waits"'),
        ("HEAD", "/healthz", False, 503, ""),
        ("POST", "/metrics", True, 405, "expected GET"),
        ("GET", "/", True, 404, "/metrics and /healthz"),
    ],
)
def test_the_pages_say_how_it_goes(method: str, path: str, ok: bool, status: int, says: str) -> None:
    with serving("127.0.0.1:0", pages(lambda: "migro_up 1\n", lambda: health(ok))) as port:
        assert asked(port, method, path)[0] == status
        assert says in asked(port, method, path)[1]


def asked(port: int, method: str, path: str, body: bytes = b"", **headers: str) -> tuple[int, str]:
    line = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        line.request(method, path, body, headers)
        answer = line.getresponse()
        return answer.status, answer.read().decode()
    finally:
        line.close()


def test_without_a_registry_there_are_no_metrics() -> None:
    assert pages(None, lambda: health(True))("GET", "/metrics", [], b"").status == 404


def test_no_more_of_a_body_is_read_than_may_be_and_one() -> None:
    seen: list[int] = []

    def answer(_: str, __: str, ___: Any, raw: bytes) -> Reply:
        seen.append(len(raw))
        return Reply(200, {}, b"")

    with serving("127.0.0.1:0", answer, largest=10) as port:
        assert asked(port, "POST", "/", b"x" * 9)[0] == 200
        assert asked(port, "POST", "/", b"x" * 5000)[0] == 200
        assert asked(port, "POST", "/", b"", **{"Transfer-Encoding": "chunked"})[0] == 411

    assert seen == [9, 11]


def test_an_answer_that_raises_is_a_500_and_the_next_one_is_answered() -> None:
    def answer(_: str, path: str, __: Any, ___: bytes) -> Reply:
        if path == "/broken":
            raise ZeroDivisionError
        return Reply(200, {}, b"")

    with serving("127.0.0.1:0", answer) as port:
        assert [asked(port, "GET", path)[0] for path in ("/broken", "/")] == [500, 200]


def test_a_port_that_somebody_has_is_a_mistake_of_use() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        place = f"127.0.0.1:{taken.getsockname()[1]}"
        with (
            pytest.raises(ConfigurationError, match="expected an address to listen at"),
            serving(place, pages(None, lambda: health(True))),
        ):
            pass
