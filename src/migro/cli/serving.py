"""HTTP servers of a run: one for deliveries, one for its metrics and health, each where it was asked for."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Final

from ..errors import ConfigurationError
from ..receive import Reply
from ..vitals import Health
from ..vitals.settings import host_and_port

__all__ = ["Answering", "pages", "serving"]

Answering = Callable[[str, str, list[tuple[str, str]], bytes], Reply]
"""Answers a request: method, path with query, headers and body."""

_PATIENCE_S: Final = 30
"""How long a sender may take for each piece of a request."""

_PLAIN: Final = {"content-type": "text/plain; charset=utf-8", "x-content-type-options": "nosniff"}


def pages(metrics: Callable[[], str] | None, health: Callable[[], Health]) -> Answering:
    """
    Return what answers ``/metrics`` and ``/healthz``; the status of the latter is 503 where something is not well.

    Args:
        metrics: Returns the text for Prometheus; None where nobody counts.
        health: Looks whether all is well.
    """

    def answer(method: str, path: str, _: list[tuple[str, str]], __: bytes) -> Reply:
        if method not in ("GET", "HEAD"):
            return Reply(405, {**_PLAIN, "allow": "GET, HEAD"}, b"expected GET\n")
        match path.partition("?")[0]:
            case "/metrics" if metrics is not None:
                kind = "text/plain; version=0.0.4; charset=utf-8"
                return Reply(200, {**_PLAIN, "content-type": kind}, metrics().encode())
            case "/healthz":
                found = health()
                body = json.dumps(found.data(), indent=2).encode() + b"\n"
                return Reply(200 if found.ok else 503, {**_PLAIN, "content-type": "application/json"}, body)
            case _:
                return Reply(404, _PLAIN, b"/metrics and /healthz are here\n")

    return answer


def _handler(answer: Answering, largest: int) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        timeout = _PATIENCE_S
        server_version, sys_version = "migro", ""

        def _do(self) -> None:
            length = self.headers.get("content-length") or "0"
            if "transfer-encoding" in self.headers or not (length.isascii() and length.isdigit()):
                # Where a body ends that says so in two ways is a matter of opinion; what comes next would be as well.
                return self._send(Reply(411, {**_PLAIN, "connection": "close"}, b"expected a content-length\n"))
            raw = self.rfile.read(min(int(length), largest + 1))
            self.close_connection = self.close_connection or int(length) > len(raw)
            try:
                reply = answer(self.command, self.path, list(self.headers.items()), raw)
            except Exception:  # what it says may quote what came
                reply = Reply(500, _PLAIN, b"it cannot be said\n")
            try:
                self._send(reply)
            except (BrokenPipeError, ConnectionResetError):
                self.close_connection = True

        def _send(self, reply: Reply) -> None:
            self.send_response(reply.status)
            for name, value in reply.headers.items():
                self.send_header(name, value)
            self.send_header("content-length", str(len(reply.body)))
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(reply.body)

        # The names are those of the standard library.
        do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = do_OPTIONS = _do  # noqa: N815

        def log_message(self, format: str, *args: object) -> None:
            pass

    return Handler


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def handle_error(self, request: object, client_address: object) -> None:
        pass  # a peer that hangs up is no news


@contextmanager
def serving(place: str, answer: Answering, *, largest: int = 0) -> Iterator[int]:
    """
    Serve at ``HOST:PORT`` in a thread, and give the port, which is another one than was asked for where that was 0.

    Args:
        largest: How many bytes of a body are read, and one more.

    Raises:
        ConfigurationError: If the place is none, or somebody else has it.
    """
    try:
        host, port = host_and_port(place)
        kind = type("_Server", (_Server,), {"address_family": socket.AF_INET6 if ":" in host else socket.AF_INET})
        server = kind((host, port), _handler(answer, largest))
    except (OSError, ValueError) as e:
        raise ConfigurationError(f"expected an address to listen at: {e} - at {place}") from e
    with server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, name="migro-http")
        thread.start()
        try:
            yield int(server.server_address[1])
        finally:
            server.shutdown()
            thread.join()
