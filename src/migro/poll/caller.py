"""The caller: HTTP requests to one address, tried again where that helps; the only part of polling with a network."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from types import ModuleType, TracebackType
from typing import TYPE_CHECKING, Any, Final, Self

import attrs

from ..errors import ConfigurationError
from .asking import Answer, Ask, Called, Judged, Trouble, Try
from .quotas import quota_of

if TYPE_CHECKING:
    import httpx2

__all__ = ["Caller"]

Judge = Callable[[Answer], Judged]
"""Says whether an answer can be read, and what it tells of a quota."""

_VERSION: Final = "x-shopify-api-version"


class _Again(Exception):
    """Carries what is the matter through the library that tries again."""

    def __init__(self, trouble: Trouble, answer: Answer | None) -> None:
        self.trouble = trouble
        self.answer = answer
        super().__init__(trouble.reason)


@attrs.frozen(kw_only=True)
class _Limits:
    timeout_s: int
    patience_s: int
    tries: int
    first_wait_ms: int
    max_bytes: int


class Caller:
    """
    Asks one address, such as a shop's Admin API.

    A refusal that says how long to wait is obeyed: up to `patience_s` by waiting here, beyond that by giving up, with
    the time in the `Trouble`. Redirects are not followed, since credentials would go along.

    Args:
        address: Scheme, host and what all paths have in common.
        headers: Credentials, above all; they stand in no message and in no signal.
        timeout_s: How long to wait for a connection and for each piece of an answer; an answer has four times as long
            as a whole, in seconds.
        patience_s: How long one ask may take with all its tries and waits, in seconds.
        tries: How often at most.
        first_wait_ms: How long to wait before the second try where nobody says, in milliseconds; then twice as long
            each time, and by chance a little more, so that callers that failed together do not come again together.
        max_bytes: The largest answer, unpacked.
        version: The version of the API that the address asks for, where it has some.
        client: A client of your own, for a proxy or certificates; its time limits are replaced.

    Raises:
        ConfigurationError: If the address is none, or a limit is no positive number, or the packages are not installed.

    Safe to use from several threads.
    """

    def __init__(
        self,
        address: str,
        *,
        headers: Mapping[str, str] | None = None,
        timeout_s: int = 10,
        patience_s: int = 30,
        tries: int = 4,
        first_wait_ms: int = 250,
        max_bytes: int = 16 * 2**20,
        version: str | None = None,
        client: httpx2.Client | None = None,
    ) -> None:
        if not address.startswith(("https://", "http://")):
            raise ConfigurationError("expected an address that starts with https://, got another - at address")
        self._limits = _Limits(
            timeout_s=timeout_s, patience_s=patience_s, tries=tries, first_wait_ms=first_wait_ms, max_bytes=max_bytes
        )
        for name, value in attrs.asdict(self._limits).items():
            if value < 1:
                raise ConfigurationError(f"expected a positive number, got {value} - at {name}")
        self.address = address.rstrip("/")
        self._headers = dict(headers or {})
        self.version = version
        self._http, self._retrying = _libraries()
        # What may be otherwise a moment later.
        self._passing = (
            self._http.TimeoutException,
            self._http.NetworkError,
            self._http.RemoteProtocolError,
            self._http.ProxyError,
        )
        self._own = client is None
        self._client: httpx2.Client = client or self._http.Client()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close connections that are kept; a client that was given stays open."""
        if self._own:
            self._client.close()

    def call(self, ask: Ask, judge: Judge) -> Called:
        """
        Return what became of an ask; nothing is raised for what the other side does.

        Args:
            ask: The request.
            judge: Asked about every answer.
        """
        tries: list[Try] = []
        wait_s = self._limits.first_wait_ms / 1000
        try:
            for attempt in self._retrying.retry_context(
                on=self._may_try_again,
                attempts=self._limits.tries,
                timeout=self._limits.patience_s,
                wait_initial=wait_s,
                wait_jitter=wait_s,
            ):
                with attempt:
                    return Called(answer=self._once(ask, judge, tries), trouble=None, tries=tuple(tries))
        except _Again as e:
            return Called(answer=e.answer, trouble=e.trouble, tries=tuple(tries))
        raise AssertionError("the library tries at least once")  # pragma: no cover

    def _may_try_again(self, error: Exception) -> bool | float:
        if not isinstance(error, _Again) or not error.trouble.again:
            return False
        wait_ms = error.trouble.wait_ms
        if wait_ms is None:
            return True
        return wait_ms / 1000 if wait_ms <= self._limits.patience_s * 1000 else False

    def _once(self, ask: Ask, judge: Judge, tries: list[Try]) -> Answer:
        try:
            answer = self._sent(ask)
            judged = judge(answer)
        except (self._http.HTTPError, self._http.InvalidURL) as e:
            # Its text can quote the address, and an address can hold a token.
            reason = f"expected an answer, got {type(e).__name__}"
            trouble = Trouble(result="failed", reason=reason, again=isinstance(e, self._passing))
            tries.append(Try(result="failed"))
            raise _Again(trouble, None) from e
        tries.append(_try(answer, judged))
        if judged.trouble is not None:
            raise _Again(judged.trouble, answer)
        return answer

    def _sent(self, ask: Ask) -> Answer:
        request: dict[str, Any] = {"params": dict(ask.params), "headers": {**self._headers, **ask.headers}}
        if ask.json is not None:
            request["json"] = ask.json
        begun = time.monotonic()
        raw = bytearray()
        with self._client.stream(
            ask.method,
            f"{self.address}{ask.path}",
            timeout=self._limits.timeout_s,
            follow_redirects=False,
            **request,
        ) as reply:
            for piece in reply.iter_bytes():
                raw += piece
                if len(raw) > self._limits.max_bytes:
                    raise self._http.DecodingError("larger than is read")
                if time.monotonic() - begun > 4 * self._limits.timeout_s:
                    raise self._http.ReadTimeout("slower than is waited for")
            headers = {name.lower(): value for name, value in reply.headers.items()}
            return Answer(status=reply.status_code, headers=headers, raw=bytes(raw))


def _libraries() -> tuple[ModuleType, ModuleType]:
    try:
        import httpx2
        import stamina
    except ModuleNotFoundError as e:
        raise ConfigurationError(
            f"expected the package {e.name} to ask a platform, found none: install the extra `migro[poll]`"
        ) from e
    return httpx2, stamina


def _try(answer: Answer, judged: Judged) -> Try:
    quota = judged.quota or quota_of(answer.headers)
    return Try(
        result=judged.trouble.result if judged.trouble is not None else "ok",
        status=answer.status,
        told=quota is not None,
        used_permille=quota.used_permille if quota is not None else None,
        quota=quota.size if quota is not None else None,
        served_version=answer.headers.get(_VERSION),
    )
