"""The client of Slack's Web API: it goes where it was told and nowhere else, since it takes the token along."""

from __future__ import annotations

import logging
import urllib.request
from types import ModuleType
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import urlsplit

from ..errors import ConfigurationError
from .sending import LOOPBACK

if TYPE_CHECKING:
    from slack_sdk import WebClient

__all__ = ["checked_address", "slack_client"]


class _Stays(urllib.request.HTTPRedirectHandler):
    """Takes a redirect as the answer."""

    def redirect_request(self, *_: Any, **__: Any) -> None:
        return None


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

    Raises:
        ConfigurationError: If the package is not installed, or lacks what this relies on.
    """
    timeout = timeout_ms / 1000
    # Its own retries would post twice where a line is cut after the message was taken, and what it logs holds answers.
    silent = logging.Logger(__name__, level=logging.CRITICAL)
    library = _library()
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}), _Stays())
    inner = "_perform_urllib_http_request_internal"
    if not hasattr(library.WebClient, inner):
        raise ConfigurationError("expected a slack_sdk whose way to open addresses is known, got a newer one")

    def opened(self: Any, url: str, req: urllib.request.Request) -> dict[str, Any]:
        with opener.open(req, timeout=timeout) as answer:
            charset = answer.headers.get_content_charset() or "utf-8"
            return {"status": answer.status, "headers": answer.headers, "body": answer.read().decode(charset)}

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
