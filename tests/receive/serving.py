"""A receiver behind a real HTTP server, and a sender that comes again until it is heard."""

from __future__ import annotations

import http.client
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from migro.receive import Receiver
from tests.receive.shop import shopify

__all__ = ["Answer", "deliver", "handler", "listening"]

Answer = tuple[int, Mapping[str, str], bytes]


def handler(receiver: Receiver) -> type[BaseHTTPRequestHandler]:
    """The whole of what a host writes for the server of the standard library."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _answer(self) -> None:
            length = int(self.headers.get("content-length") or 0)
            raw = self.rfile.read(min(length, receiver.limit + 1))
            if length > len(raw):
                self.close_connection = True
            status, headers, body = receiver.receive(self.command, self.path, self.headers.items(), raw)
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        # The names are those of the standard library.
        do_GET = do_POST = do_PUT = do_DELETE = _answer  # noqa: N815

        def log_message(self, format: str, *args: object) -> None:
            pass

    return Handler


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128


@contextmanager
def listening(receiver: Receiver) -> Iterator[int]:
    """Serve on a free port of the loopback, and give the port."""
    with _Server(("127.0.0.1", 0), handler(receiver)) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield server.server_address[1]
        finally:
            server.shutdown()
            thread.join()


def deliver(
    port: int, raw: bytes, headers: Mapping[str, str] | None = None, *, path: str = "/in/shop", method: str = "POST"
) -> Answer | None:
    """Send a delivery; None when the line broke before an answer came."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    try:
        connection.request(method, path, body=raw, headers=dict(headers if headers is not None else shopify(raw)))
        reply = connection.getresponse()
        return reply.status, {n.lower(): v for n, v in reply.getheaders()}, reply.read()
    except (ConnectionError, http.client.HTTPException):
        return None
    finally:
        connection.close()
