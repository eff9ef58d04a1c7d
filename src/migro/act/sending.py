"""
Sending over HTTP: one request to one address that somebody listed, and what its answer means for an action.

No redirect is followed, since it leads where nobody listed; no proxy of the environment is used; names are looked up
once, and what is connected to is what was looked at, so no name can lead inside where that is not allowed.
"""

from __future__ import annotations

import ipaddress
import json
import socket
from collections.abc import Iterable, Mapping
from contextlib import closing
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from types import ModuleType
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

import attrs

from ..errors import ActionDelayed, ActionError, ActionRefused, ActionUnclear, ConfigurationError
from .deadline import Deadline

if TYPE_CHECKING:
    import httpx2

__all__ = ["LOOPBACK", "Answer", "Sender"]

LOOPBACK: Final = frozenset({"localhost", "127.0.0.1", "::1"})
"""Names of this machine: what goes there passes no network."""

_LARGEST: Final = 2**20

# Their last 32 bits are an IPv4 address (RFC 6052, 4291, 2765).
_HOLDING: Final = tuple(map(ipaddress.IPv6Network, ("64:ff9b::/96", "::/96", "::ffff:0:0:0/96")))
# What these lead to is for each network to say (RFC 8215).
_LOCAL: Final = ipaddress.IPv6Network("64:ff9b:1::/48")


@attrs.frozen(kw_only=True)
class Answer:
    """
    What came back.

    Attributes:
        headers: Names in small letters.
        raw: The body, unpacked, up to a megabyte.
        cut: Whether more would have come: what is not in `raw` may be in the rest.
    """

    status: int
    headers: Mapping[str, str]
    raw: bytes = attrs.field(default=b"", repr=False)
    cut: bool = False

    def json(self) -> Any:
        """
        Return the body as JSON.

        Raises:
            ActionUnclear: If it is none, or not all of one: the request was taken, and what became of it is not said.
        """
        if self.cut:
            raise ActionUnclear("expected JSON as the answer, got more than is read of one")
        try:
            return json.loads(self.raw)
        except (ValueError, RecursionError) as e:
            raise ActionUnclear("expected JSON as the answer, got something else") from e


class Sender:
    """
    Sends requests to one address.

    Args:
        address: Scheme, host and what all paths have in common; called as it is, with its query, where no path is
            given. Without TLS only where `private` allows it.
        headers: Credentials, above all; they stand in no message.
        timeout_ms: How long to wait for a connection and for each piece of an answer, in milliseconds; four times as
            long for all of it.
        private: Whether the host may lie inside: on this machine, or in a network of its own.
        verify: Certificates that are trusted, as `httpx2` takes them; default: those of the system.

    Raises:
        ConfigurationError: If the address is none, or the package is not installed.
    """

    def __init__(
        self,
        address: str,
        *,
        headers: Mapping[str, str] | None = None,
        timeout_ms: int = 10_000,
        private: bool = False,
        verify: Any = True,
    ) -> None:
        url = urlsplit(address)
        if url.scheme not in ("https", "http") or not url.hostname or url.username or url.password or url.fragment:
            raise ConfigurationError("expected an address such as https://host.example/path, without a user")
        if url.scheme == "http" and not private:
            raise ConfigurationError("expected an address with https://: an open one is for private addresses alone")
        if timeout_ms < 1:
            raise ConfigurationError(f"expected timeout_ms to be 1 or more, got {timeout_ms}")
        self._url = url
        self._headers = dict(headers or {})
        self._timeout_s, self._private = timeout_ms / 1000, private
        self._http = _library()
        self._verify = verify if url.scheme == "https" else False

    def get(self, path: str = "", **more: Any) -> Answer:
        """Ask something that changes nothing; see `send`."""
        return self.send("GET", path, **more)

    def send(
        self,
        method: str,
        path: str = "",
        *,
        data: Any = None,
        params: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """
        Send a request and return the answer, which is one with a status of success.

        Args:
            path: What follows the address, whose own final slash is left out then.
            data: What is sent as JSON; None for no body.
            params: The query, behind what the address or the path has of one.

        Raises:
            ActionDelayed: If it did not arrive, or the receiver asks to come later.
            ActionRefused: If the receiver refuses it, or answers with a redirect.
            ActionUnclear: If it may have arrived and no answer that can be read came.
        """
        host = self._url.hostname or ""
        if path and self._url.query:
            raise ActionRefused("expected an address without a query, since a path follows it")
        query = f"?{self._url.query}" if self._url.query else ""
        behind = f"{self._url.path.rstrip('/')}{path}" if path else f"{self._url.path}{query}"
        target = self._http.URL(f"{self._url.scheme}://{self._located(host)}{behind}")
        raw = None if data is None else json.dumps(data, ensure_ascii=False, separators=(",", ":")).encode()
        own = {"Content-Type": "application/json"} if raw is not None else {}
        request = self._http.Request(
            method,
            target.copy_merge_params(params) if params else target,
            content=raw,
            headers={"Accept": "application/json", **own, **self._headers, **(headers or {}), "Host": self._url.netloc},
            # The certificate is that of the name, not of the number.
            extensions={"sni_hostname": host, "timeout": self._http.Timeout(self._timeout_s).as_dict()},
        )
        return self._judged(self._answer(request))

    def _located(self, host: str) -> str:
        """Return the numeric address with the port, once it is one that may be called."""
        port = self._url.port or (443 if self._url.scheme == "https" else 80)
        try:
            found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except OSError as e:
            raise ActionDelayed("the receiver's name could not be looked up") from e
        number = callable_address((str(place[0]) for *_, place in found), private=self._private)
        if number is None:
            raise ActionRefused("the receiver's name leads to a private address, which is not allowed for it")
        return f"[{number}]:{port}" if ":" in number else f"{number}:{port}"

    def _answer(self, request: httpx2.Request) -> Answer:
        http, raw, cut = self._http, bytearray(), False
        if self._verify is True:
            self._verify = http.create_ssl_context()  # made once, since it takes a while
        sockets: list[socket.socket] = []

        def traced(event: str, info: Mapping[str, Any]) -> None:
            if event in ("connection.connect_tcp.complete", "connection.start_tls.complete"):
                sockets.append(info["return_value"].get_extra_info("socket"))

        request.extensions["trace"] = traced
        try:
            # Actions are rare: a connection of its own for each leaves none behind.
            with (
                Deadline(4 * self._timeout_s, lambda: sockets[-1] if sockets else None) as deadline,
                http.Client(trust_env=False, verify=self._verify, timeout=self._timeout_s) as client,
            ):
                reply = client.send(request, stream=True)
                with closing(reply):
                    try:
                        for piece in reply.iter_bytes():
                            raw += piece
                            cut = len(raw) > _LARGEST
                            if cut:
                                break
                    except http.HTTPError:
                        if not deadline.passed:
                            raise
                    cut = cut or deadline.passed
        except (http.ConnectError, http.ConnectTimeout, http.PoolTimeout, http.ProxyError) as e:
            raise ActionDelayed(f"the receiver was not reached: {type(e).__name__}") from e
        except (http.UnsupportedProtocol, http.InvalidURL, http.LocalProtocolError) as e:
            raise ActionRefused(f"the request could not be made: {type(e).__name__}") from e
        except http.HTTPError as e:
            # Its text can quote the address, and an address can hold a token.
            raise ActionUnclear(f"no answer came: {type(e).__name__}") from e
        headers = {name.lower(): value for name, value in reply.headers.items()}
        return Answer(status=reply.status_code, headers=headers, raw=bytes(raw), cut=cut)

    def _judged(self, answer: Answer) -> Answer:
        if 200 <= answer.status < 300:
            return answer
        raise meaning(answer)


def callable_address(found: Iterable[str], *, private: bool) -> str | None:
    """
    Return the first numeric address that may be called; None where none may.

    >>> callable_address(["::ffff:10.0.0.8", "192.0.43.8"], private=False)
    '192.0.43.8'
    """
    for text in found:
        number = ipaddress.ip_address(text.split("%")[0])
        number = getattr(number, "ipv4_mapped", None) or number
        if private or all(_is_of_one(n) for n in (number, *_inside(number))):
            return str(number)
    return None


def _is_of_one(number: ipaddress.IPv4Address | ipaddress.IPv6Address) -> bool:
    """Whether it is the address of one machine outside."""
    local = isinstance(number, ipaddress.IPv6Address) and (number.is_site_local or number in _LOCAL)
    return number.is_global and not number.is_multicast and not local


def _inside(number: ipaddress.IPv4Address | ipaddress.IPv6Address) -> tuple[ipaddress.IPv4Address, ...]:
    """Return the addresses that one holds: a gateway leads on to them (6to4, Teredo and NAT64 do)."""
    if isinstance(number, ipaddress.IPv4Address):
        return ()
    bits = int(number)
    low = ipaddress.IPv4Address(bits & 0xFFFF_FFFF)
    held = (number.sixtofour, *(number.teredo or ()), low if any(number in net for net in _HOLDING) else None)
    return tuple(n for n in held if n is not None)


def meaning(answer: Answer) -> ActionError:
    """Return what an answer without success means for the action that was asked for."""
    told = f"the receiver answered {answer.status}"
    match answer.status:
        case 408 | 425 | 429 | 503:
            return ActionDelayed(told, wait_ms=_retry_after_ms(answer))
        case status if 300 <= status < 400:
            return ActionRefused(f"{told}, and redirects are not followed")
        case status if 400 <= status < 500:
            return ActionRefused(told)
        case _:
            return ActionUnclear(told)


def _retry_after_ms(answer: Answer) -> int | None:
    """Return how long the receiver wants to be left alone (RFC 9110, section 10.2.3)."""
    told = answer.headers.get("retry-after", "").strip()
    if told.isascii() and told.isdigit() and len(told) < 8:
        return int(told) * 1000
    try:
        until = parsedate_to_datetime(told)
    except ValueError:
        return None
    until = until if until.tzinfo is not None else until.replace(tzinfo=UTC)
    return max(0, int((until - datetime.now(UTC)).total_seconds() * 1000))


def _library() -> ModuleType:
    try:
        import httpx2
    except ModuleNotFoundError as e:
        raise ConfigurationError(
            f"expected the package {e.name} to call a receiver, found none: install the extra `migro[http]`"
        ) from e
    return httpx2
