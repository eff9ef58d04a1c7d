"""Where a run listens: the ``[serve]`` part of migro.toml."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict

__all__ = ["ServeSettings", "host_and_port"]


def host_and_port(text: str) -> tuple[str, int]:
    """
    Return the two parts of ``HOST:PORT``; ``[::1]:80`` has the brackets of an address with colons in it.

    >>> host_and_port("127.0.0.1:9787")
    ('127.0.0.1', 9787)

    Raises:
        ValueError: If it is none.
    """
    host, colon, port = text.rpartition(":")
    host = host.removeprefix("[").removesuffix("]")
    if not (colon and host and port.isascii() and port.isdigit() and int(port) < 65536):
        raise ValueError(f"expected HOST:PORT, such as 127.0.0.1:9787, got {text!r}")
    return host, int(port)


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
