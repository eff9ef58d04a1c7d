"""The client of Slack's Web API: it goes where it was told and nowhere else, since it takes the token along."""

from __future__ import annotations

import http.client
import logging
import socket
import ssl
import urllib.error
import urllib.request
from types import ModuleType
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import urlsplit

from ..errors import ConfigurationError
from .deadline import Deadline
from .sending import LOOPBACK

if TYPE_CHECKING:
    from slack_sdk import WebClient

__all__ = ["checked_address", "slack_client"]


class _Stays(urllib.request.HTTPRedirectHandler):
    """Takes a redirect as the answer."""

    def redirect_request(self, *_: Any, **__: Any) -> None:
        return None


class _Open(http.client.HTTPConnection):
    """A line that knows its socket, also once the answer has taken it over."""

    line: socket.socket | None = None

    def connect(self) -> None:
        super().connect()
        self.line = self.sock


class _Tls(http.client.HTTPSConnection):
    """The same with TLS."""

    line: socket.socket | None = None

    def connect(self) -> None:
        super().connect()
        self.line = self.sock


class _Lines(urllib.request.HTTPHandler, urllib.request.HTTPSHandler):
    """Makes the one line of a request, and keeps it for whoever has to cut it."""

    def __init__(self, context: ssl.SSLContext) -> None:
        super().__init__()
        self._trusted = context
        self._made: _Open | _Tls | None = None

    def found(self) -> socket.socket | None:
        """Return the socket of the line; None while there is none."""
        made = self._made
        # While TLS is agreed upon, the line has only its plain socket.
        return None if made is None else made.line or made.sock

    def http_open(self, req: urllib.request.Request) -> Any:
        return self.do_open(cast(Any, self._open), req)

    def https_open(self, req: urllib.request.Request) -> Any:
        return self.do_open(cast(Any, self._tls), req)

    def _open(self, host: str, **more: Any) -> _Open:
        self._made = made = _Open(host, **more)
        return made

    def _tls(self, host: str, **more: Any) -> _Tls:
        self._made = made = _Tls(host, context=self._trusted, **more)
        return made


def checked_address(address: str) -> str:
    """
    Return the address of a Web API, which is one with TLS or on this machine.

    Raises:
        ConfigurationError: If it is another one.
    """
    url = urlsplit(address)
    if not url.hostname or not (url.scheme == "https" or (url.scheme == "http" and url.hostname in LOOPBACK)):
        raise ConfigurationError("expected an address of Slack with https://: an open one is for this machine alone")
    return address


def slack_client(token: str, address: str, timeout_ms: int) -> WebClient:
    """
    Return a client that follows no redirect, uses no proxy of the environment and tries everything once.

    A call takes at most four times the timeout, however slowly its answer trickles.

    Raises:
        ConfigurationError: If the package is not installed, or lacks what this relies on.
    """
    timeout = timeout_ms / 1000
    # Its own retries would post twice where a line is cut after the message was taken, and what it logs holds answers.
    silent = logging.Logger(__name__, level=logging.CRITICAL)
    library = _library()
    trusted = ssl.create_default_context()
    inner = "_perform_urllib_http_request_internal"
    if not hasattr(library.WebClient, inner):
        raise ConfigurationError("expected a slack_sdk whose way to open addresses is known, got a newer one")

    def opened(self: Any, url: str, req: urllib.request.Request) -> dict[str, Any]:
        lines = _Lines(trusted)
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}), _Stays(), lines)
        with Deadline(4 * timeout, lines.found) as deadline:
            try:
                with opener.open(req, timeout=timeout) as answer:
                    charset = answer.headers.get_content_charset() or "utf-8"
                    told = {"status": answer.status, "headers": answer.headers, "body": answer.read().decode(charset)}
            except Exception as e:
                if deadline.passed and not isinstance(e, urllib.error.HTTPError):
                    raise TimeoutError("the whole of the answer did not come in time") from e
                raise
            if deadline.passed:
                raise TimeoutError("the whole of the answer did not come in time")
            return told

    own = type("_Client", (library.WebClient,), {inner: opened})
    # The client says that it wants whole seconds, and hands on what it gets.
    made = own(
        token=token, base_url=checked_address(address), timeout=cast(int, timeout), retry_handlers=[], logger=silent
    )
    return cast("WebClient", made)


def _library() -> ModuleType:
    try:
        import slack_sdk
    except ModuleNotFoundError as e:
        raise ConfigurationError(
            f"expected the package {e.name} to talk to Slack, found none: install the extra `migro[slack]`"
        ) from e
    return slack_sdk
