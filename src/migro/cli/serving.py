"""HTTP servers of a run: one for deliveries, one for its metrics and health, each where it was asked for."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from email.errors import FirstHeaderLineIsContinuationDefect, MissingHeaderBodySeparatorDefect
from email.message import Message
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from time import monotonic
from typing import Any, Final

from ..errors import ConfigurationError
from ..receive import Reply
from ..vitals import Health
from ..vitals.settings import host_and_port

__all__ = ["Answering", "pages", "serving"]

Answering = Callable[[str, str, list[tuple[str, str]], bytes], Reply]
"""Answers a request: method, path with query, headers and body."""

_PATIENCE_S: Final = 30
"""How long a sender may take for each piece of a request."""

_MOST_SENDERS: Final = 128
"""How many senders are connected at once; beyond, whoever has been waited for longest makes room."""

_LINGER_S: Final = 2
_LINGER_BYTES: Final = 1 << 20
"""How long, and for how much, a sender that was refused is listened to: else the refusal itself is lost on the way."""

_LONGEST_LENGTH: Final = 18
_NO_HEADERS: Final = (FirstHeaderLineIsContinuationDefect, MissingHeaderBodySeparatorDefect)

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
            return Reply(405, {**_PLAIN, "allow": "GET, HEAD"}, f"expected GET or HEAD, got {method}\n".encode())
        match path.partition("?")[0]:
            case "/metrics" if metrics is not None:
                kind = "text/plain; version=0.0.4; charset=utf-8"
                return Reply(200, {**_PLAIN, "content-type": kind}, metrics().encode())
            case "/healthz":
                found = health()
                body = json.dumps(found.data(), indent=2).encode() + b"\n"
                return Reply(200 if found.ok else 503, {**_PLAIN, "content-type": "application/json"}, body)
            case _:
                here = "/healthz" if metrics is None else "/metrics or /healthz"
                return Reply(404, _PLAIN, f"expected {here}, got another path\n".encode())

    return answer


def _refusal(status: int, expected: str, got: str) -> Reply:
    """Return a refusal that describes what came: it may be as long as a sender likes, and about a person."""
    return Reply(status, {**_PLAIN, "connection": "close"}, f"expected {expected}, got {got}\n".encode())


def _length(headers: Message) -> int | Reply:
    """
    Return how long a body is, or the refusal where that is a matter of opinion: what comes next would be as well.

    A proxy in front that has another opinion lets a request through inside the body of another one.
    """
    # A blank before the colon, a line without one, and a value that goes on in the next line hide a header from some.
    odd = any(name != name.strip() or "\n" in value or "\r" in value for name, value in headers.items())
    if odd or any(isinstance(defect, _NO_HEADERS) for defect in headers.defects):
        return _refusal(400, "each header on a line, with a colon right behind its name", "one that is not so")
    lengths = set(headers.get_all("content-length") or ())
    if "transfer-encoding" in headers:
        if lengths:
            return _refusal(400, "a content-length alone", "a transfer-encoding as well")
        return _refusal(411, "a content-length", "a transfer-encoding")
    if len(lengths) > 1:
        return _refusal(400, "one content-length", f"{len(lengths)} that differ")
    length = lengths.pop() if lengths else "0"
    if not (length.isascii() and length.isdigit() and len(length) <= _LONGEST_LENGTH):
        found = "too many of them" if length.isascii() and length.isdigit() else "something else"
        return _refusal(400, f"a content-length of at most {_LONGEST_LENGTH} digits", found)
    return int(length)


def _read_out(sender: socket.socket) -> None:
    """Read what a sender still says, until it ends or has said enough."""
    ends, left = monotonic() + _LINGER_S, _LINGER_BYTES
    while left > 0 and (patience := ends - monotonic()) > 0:
        sender.settimeout(patience)
        read = len(sender.recv(min(left, 1 << 16)))
        if not read:
            return
        left -= read


def _handler(answer: Answering, largest: int, server: _Server) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        timeout = _PATIENCE_S
        server_version, sys_version = "migro", ""

        def handle_one_request(self) -> None:
            server.waits_for(self.connection)
            super().handle_one_request()

        def _do(self) -> None:
            length = _length(self.headers)
            if isinstance(length, Reply):
                return self._send(length)
            raw = self.rfile.read(min(length, largest + 1))
            self.close_connection = self.close_connection or length > len(raw)
            if not server.has_heard(self.connection):
                self.close_connection = True
                return None  # it had to make room: nobody would hear the answer
            if len(raw) < min(length, largest + 1):
                return self._send(_refusal(400, f"{length} bytes, as the content-length says", str(len(raw))))
            try:
                reply = answer(self.command, self.path, list(self.headers.items()), raw)
            except Exception:  # what it says may quote what came
                reply = Reply(500, _PLAIN, b"it cannot be said\n")
            try:
                self._send(reply)
            except (BrokenPipeError, ConnectionResetError):
                self.close_connection = True
            return None

        def _send(self, reply: Reply) -> None:
            self.send_response(reply.status)
            for name, value in reply.headers.items():
                self.send_header(name, value)
            self.send_header("content-length", str(len(reply.body)))
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(reply.body)

        def finish(self) -> None:
            """End as a peer that has said its last word: whoever closes on words it has not read takes its own back."""
            with suppress(OSError):
                super().finish()
                server.waits_for(self.connection)
                self.connection.shutdown(socket.SHUT_WR)
                _read_out(self.connection)

        def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:
            """Say that a request cannot be read; the words of the standard library quote all of its first line."""
            phrase = HTTPStatus(code).phrase.lower()
            self.request_version = self.protocol_version  # of a version that it does not know it takes the oldest
            self._send(_refusal(code, "a request of HTTP/1.1 by a known method", f"one that is not so: {phrase}"))
            self.close_connection = True

        # The names are those of the standard library.
        do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = do_OPTIONS = _do  # noqa: N815

        def log_message(self, format: str, *args: object) -> None:
            pass

    return Handler


class _Server(ThreadingHTTPServer):
    """Has a thread for every sender, and no more of them than `_MOST_SENDERS`."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(self, place: tuple[str, int], answer: Answering, largest: int) -> None:
        self._lock = threading.Lock()
        self._connected: set[socket.socket] = set()
        self._waited_for: dict[socket.socket, None] = {}
        super().__init__(place, _handler(answer, largest, self))

    def process_request(self, request: Any, client_address: Any) -> None:
        """Take a sender in; where there are too many, one that sends nothing goes, or else the new one."""
        with self._lock:
            full = len(self._connected) >= _MOST_SENDERS
            longest = next(iter(self._waited_for), None) if full else None
            if longest is not None:
                self._drop(longest)
            if not full or longest is not None:
                self._connected.add(request)
                self._waited_for[request] = None
                full = False
        if full:
            with suppress(OSError):
                request.sendall(b"HTTP/1.1 503 Service Unavailable\r\nretry-after: 5\r\ncontent-length: 0\r\n\r\n")
            self.shutdown_request(request)
            return
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        """Forget a sender that is gone."""
        with self._lock:
            self._connected.discard(request)
            self._waited_for.pop(request, None)
        super().shutdown_request(request)

    def waits_for(self, sender: socket.socket) -> None:
        """Take down that from now on a sender is waited for."""
        with self._lock:
            if sender in self._connected:
                self._waited_for.pop(sender, None)
                self._waited_for[sender] = None

    def has_heard(self, sender: socket.socket) -> bool:
        """Take down that a request is there, and return whether its sender still is."""
        with self._lock:
            self._waited_for.pop(sender, None)
            return sender in self._connected

    def _drop(self, sender: socket.socket) -> None:
        self._connected.discard(sender)
        del self._waited_for[sender]
        with suppress(OSError):
            sender.shutdown(socket.SHUT_RDWR)  # its thread reads the end, and ends

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
        server = kind((host, port), answer, largest)
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
