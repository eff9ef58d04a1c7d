"""Endpoints: which of them make sense for deliveries over HTTP, seen before the first delivery comes."""

from __future__ import annotations

from collections.abc import Mapping

from ..errors import ConfigurationError
from ..observe import EndpointSettings
from ..observe.formats import NORMALISERS, kind_of

__all__ = ["check_endpoints", "open_endpoints"]


def check_endpoints(endpoints: Mapping[str, EndpointSettings]) -> None:
    """
    See that every endpoint can prove its sender where it asks for that.

    Raises:
        ConfigurationError: With everything that is wrong, at once.
    """
    wrong = [f"{told} - at observe.endpoints.{name}" for name, e in endpoints.items() if (told := _wrong(e))]
    if wrong:
        raise ConfigurationError("; ".join(wrong))


def open_endpoints(endpoints: Mapping[str, EndpointSettings]) -> list[str]:
    """Return the names of those that take everything from everybody, for whatever merchant it names."""
    return [n for n, e in endpoints.items() if not (e.secrets_env or e.static_secret or e.merchant)]


def _wrong(endpoint: EndpointSettings) -> str | None:
    if endpoint.kind is None:
        return None
    found = NORMALISERS.get(kind_of(endpoint.kind))
    if found is None:
        return f"expected a known kind, got {endpoint.kind!r}; known are {', '.join(NORMALISERS)}"
    if found.claim is None and endpoint.secrets_env and endpoint.secret_header is None:
        return (
            f"expected secret_header or secret_in_path, since deliveries of kind {found.kind} are not signed;"
            " got neither"
        )
    return None
