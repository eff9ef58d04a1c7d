"""Where a run listens: the ``[serve]`` part of migro.toml."""

from __future__ import annotations

from typing import Annotated, Final

from pydantic import AfterValidator, BaseModel, ConfigDict

__all__ = ["ServeSettings", "host_and_port"]

_LONGEST_PORT: Final = 5
_LONGEST_SHOWN: Final = 100


def host_and_port(text: str) -> tuple[str, int]:
    """
    Return the two parts of ``HOST:PORT``; ``[::1]:80`` has the brackets of an address with colons in it.

    >>> host_and_port("127.0.0.1:9787")
    ('127.0.0.1', 9787)

    Raises:
        ValueError: If it is none.
    """
    host, colon, port = text.rpartition(":")
    bare = host.removeprefix("[").removesuffix("]")
    # Without brackets nobody knows whether the last number of `::1:80` is a port.
    bracketed = host == (f"[{bare}]" if ":" in bare else bare)
    number = port.isascii() and port.isdigit() and len(port) <= _LONGEST_PORT and int(port) < 65536
    if not (colon and bare and bracketed and number):
        got = repr(text) if len(text) <= _LONGEST_SHOWN else f"{len(text)} characters"
        raise ValueError(f"expected HOST:PORT, such as 127.0.0.1:9787 or [::1]:9787, got {got}")
    return bare, int(port)


def _place(text: str) -> str:
    if text:
        host_and_port(text)
    return text


Place = Annotated[str, AfterValidator(_place)]


class ServeSettings(BaseModel):
    """
    Where a run listens, as ``HOST:PORT``; empty for nowhere.

    Attributes:
        deliveries: For webhooks, and for what people press on cards.
        metrics: For ``/metrics`` and ``/healthz``.
        telemetry: Whether OpenTelemetry gets the vital signs as well.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    deliveries: Place = ""
    metrics: Place = ""
    telemetry: bool = False
