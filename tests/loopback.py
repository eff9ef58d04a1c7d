"""A server on the loopback: says what a function answers, whole, cut off, or with a status that has no body."""

from __future__ import annotations

import socket
import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

__all__ = ["Answer", "Reply", "serving"]

Reply = tuple[int, dict[str, str], bytes]

Answer = Callable[[str, str, dict[str, str], bytes], Reply | None]
"""Method, path, headers in small letters and body of a request; returns the answer, or None for a line that is cut."""


@contextmanager
def serving(answer: Answer) -> Iterator[str]:
    """Serve on a free port of the loopback, and give the address."""
    with _Server(("127.0.0.1", 0), _handler(answer)) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}"
        finally:
            server.shutdown()
            thread.join()


def _handler(answer: Answer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        # Head and body in one piece: otherwise each answer waits for the other side's delayed acknowledgement.
        wbufsize = -1
        disable_nagle_algorithm = True

        def _do(self) -> None:
            raw = self.rfile.read(int(self.headers.get("content-length") or 0))
            reply = answer(self.command, self.path, {n.lower(): v for n, v in self.headers.items()}, raw)
            if reply is None:
                # A reset, not an orderly end: what a proxy that dies looks like.
                self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                self.close_connection = True
                self.connection.close()
                return
            status, more, content = reply
            self.send_response_only(status)
            for name, value in more.items():
                self.send_header(name, value)
            if status not in (204, 304):
                self.send_header("content-length", str(len(content)))
            self.end_headers()
            if status not in (204, 304):
                self.wfile.write(content)

        do_GET = do_POST = do_PUT = do_PATCH = _do  # noqa: N815  # names of the standard library

        def log_message(self, format: str, *args: object) -> None:
            pass

        def finish(self) -> None:
            with suppress(OSError, ValueError):  # the line was cut on purpose
                super().finish()

    return Handler


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        pass
