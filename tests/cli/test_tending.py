"""What a run does beside thinking: whose deliveries can press buttons, and what it tells at which address."""

from __future__ import annotations

import http.client
import socket
import threading
from collections.abc import Sequence
from contextlib import ExitStack, suppress
from types import SimpleNamespace
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


@pytest.mark.parametrize(("stops", "drained"), [(True, 0), (False, 1)])
def test_nothing_is_executed_once_somebody_wants_a_live_run_to_stop(stops: bool, drained: int) -> None:
    tried: list[int] = []

    def drain(**_: object) -> tuple[()]:
        tried.append(1)
        return ()

    def nothing(_: object) -> None:
        pass

    hands = SimpleNamespace(live=False, drain=drain)
    tending = Tending(
        cast(Any, hands), cast(Any, SimpleNamespace(events=None)), cast(Any, SimpleNamespace(slack_names={})),
        alarm=nothing, on_answer=nothing, stopping=lambda: stops,
    )  # fmt: skip
    tending.act()

    assert len(tried) == drained


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
        ("POST", "/metrics", True, 405, "expected GET or HEAD, got POST\n"),
        ("GET", "/", True, 404, "expected /metrics or /healthz, got another path\n"),
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
    reply = pages(None, lambda: health(True))("GET", "/metrics", [], b"")

    assert (reply.status, reply.body) == (404, b"expected /healthz, got another path\n")


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


def raw_asked(port: int, request: bytes) -> bytes:
    with socket.create_connection(("127.0.0.1", port), timeout=10) as line:
        line.sendall(request)
        line.shutdown(socket.SHUT_WR)
        return b"".join(iter(lambda: line.recv(4096), b""))


@pytest.mark.parametrize(
    ("headers", "status", "says"),
    [
        ("Content-Length: 2\r\nContent-Length: 40", 400, "one content-length, got 2 that differ"),
        ("Content-Length: 40\r\nContent-Length: 2", 400, "one content-length, got 2 that differ"),
        ("Content-Length: 2, 40", 400, "at most 18 digits, got something else"),
        ("Content-Length: 2\r\nTransfer-Encoding: chunked", 400, "alone, got a transfer-encoding as well"),
        ("Transfer-Encoding: identity\r\nContent-Length: 2", 400, "alone, got a transfer-encoding as well"),
        ("Content-Length : 40\r\nContent-Length: 2", 400, "right behind its name, got one that is not so"),
        (" Content-Length: 40\r\nContent-Length: 2", 400, "right behind its name, got one that is not so"),
        ("Content-Length: 2\r\nhm\r\nContent-Length: 40", 400, "right behind its name, got one that is not so"),
        ("Content-Length: -1", 400, "at most 18 digits, got something else"),
        ("Content-Length: " + "9" * 5000, 400, "at most 18 digits, got too many of them"),
        ("Content-Length: 40", 400, "expected 40 bytes, as the content-length says, got 2"),
        ("Transfer-Encoding: chunked", 411, "expected a content-length, got a transfer-encoding"),
        ("Content-Length: 2\r\nContent-Length: 2", 200, ""),
        ('Content-Length: 2\r\nContent-Type: multipart/form-data; boundary="x"', 200, ""),
    ],
)
def test_a_body_whose_end_is_a_matter_of_opinion_is_refused_with_all_that_follows(
    headers: str, status: int, says: str
) -> None:
    bodies: list[bytes] = []

    def answer(_: str, __: str, ___: Any, raw: bytes) -> Reply:
        bodies.append(raw)
        return Reply(200, {"connection": "close"}, b"")

    with serving("127.0.0.1:0", answer, largest=100) as port:
        said = raw_asked(port, f"POST / HTTP/1.1\r\nHost: x\r\n{headers}\r\n\r\n{{}}".encode())

    assert said.startswith(f"HTTP/1.1 {status} ".encode())
    assert said.count(b"HTTP/1.1 ") == 1
    assert said.endswith(f"{says}\n".encode() if says else b"\r\n\r\n")
    assert bodies == ([b"{}"] if status == 200 else [])


@pytest.mark.parametrize(
    ("request_line", "status"),
    [
        ("anna@example.org / HTTP/1.1", 501),
        ("GET anna@example.org of Example Street HTTP/1.1", 400),
        ("GET /" + "anna@example.org" * 10_000 + " HTTP/1.1", 414),
        ("GET / HTTP/7.0", 505),
    ],
)
def test_what_is_no_request_is_refused_without_its_words(request_line: str, status: int) -> None:
    with serving("127.0.0.1:0", lambda *_: Reply(200, {}, b""), largest=100) as port:
        said = raw_asked(port, f"{request_line}\r\n\r\n".encode())

    assert said.startswith(f"HTTP/1.1 {status} ".encode())
    assert b"expected a request of HTTP/1.1 by a known method, got one that is not so: " in said
    assert b"anna" not in said
    assert b"<" not in said


def test_who_is_refused_in_the_middle_of_a_request_still_reads_why() -> None:
    with (
        serving("127.0.0.1:0", lambda *_: Reply(200, {}, b""), largest=100) as port,
        socket.create_connection(("127.0.0.1", port), timeout=10) as line,
    ):
        line.sendall(b"GET /" + b"x" * 70_000)
        assert line.recv(1, socket.MSG_PEEK) == b"H"
        threading.Event().wait(0.1)  # a server that hangs up on words it has not read does so by now
        line.sendall(b"x" * 70_000 + b" HTTP/1.1\r\n\r\n")
        line.shutdown(socket.SHUT_WR)
        said = b"".join(iter(lambda: line.recv(4096), b""))

    assert said.startswith(b"HTTP/1.1 414 ")
    assert b"expected a request of HTTP/1.1 by a known method, got one that is not so: " in said
    assert said.endswith(b"uri too long\n")


def test_senders_that_send_nothing_make_room_for_others(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("migro.cli.serving._MOST_SENDERS", 4)
    with ExitStack() as stack, serving("127.0.0.1:0", lambda *_: Reply(200, {}, b"")) as port:
        before = threading.active_count()
        idle = [stack.enter_context(socket.create_connection(("127.0.0.1", port), 10)) for _ in range(12)]
        for line in idle:
            line.sendall(b"POST / HTTP/1.1\r\nContent-Length: 1\r\n\r\n")

        assert asked(port, "POST", "/")[0] == 200
        # Who was there first had to go, and who came last is still waited for.
        for line in idle[:8]:
            with suppress(ConnectionResetError):
                assert line.recv(1) == b""
        idle[-1].sendall(b"x")
        assert idle[-1].recv(12) == b"HTTP/1.1 200"
        assert threading.active_count() - before <= 4


def test_where_all_senders_are_being_answered_the_next_is_told_to_come_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("migro.cli.serving._MOST_SENDERS", 1)
    begun, may = threading.Event(), threading.Event()

    def answer(*_: Any) -> Reply:
        begun.set()
        may.wait(10)
        return Reply(200, {}, b"")

    with serving("127.0.0.1:0", answer) as port, socket.create_connection(("127.0.0.1", port), 10) as first:
        first.sendall(b"GET / HTTP/1.1\r\n\r\n")
        assert begun.wait(10)
        with socket.create_connection(("127.0.0.1", port), 10) as second:
            assert second.recv(12) == b"HTTP/1.1 503"
        may.set()
        assert first.recv(12) == b"HTTP/1.1 200"


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
