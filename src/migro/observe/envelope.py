"""Envelopes: how raw material travels and is stored before anybody has understood it."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import Annotated, Any, Final

import attrs
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from ..models.records import UtcTime
from ..models.scales import Auth
from .parsing import read_json

__all__ = ["Envelope", "Failure", "header_words"]

_put: Final = object.__setattr__


def header_words(value: Any) -> Any:
    """Return headers as one string each, whatever form they come in."""
    if not isinstance(value, Mapping):
        return {} if value is None else value
    flat = {str(n): v[0] if isinstance(v, list) and v else v for n, v in value.items()}
    return {n: v if isinstance(v, str) else str(v) for n, v in flat.items() if v is not None and v != []}


def _first_values(headers: Mapping[str, str]) -> Mapping[str, str]:
    """Return the first value of each header that is not empty, by its name in small letters."""
    found: dict[str, str] = {}
    for name, value in headers.items():
        if value := value.strip():
            found.setdefault(name.lower(), value)
    return found


class Envelope(BaseModel):
    """
    One delivery as it came, before anything is believed.

    Attributes:
        received_at: When it came; None for a bare payload file that does not say.
        kind: Wire format, such as ``shopify_webhook``.
        endpoint: Name of the merchant or endpoint it was delivered to.
        headers: As sent; look them up with `header`.
        body: Parsed JSON, or text.
        raw: The exact bytes, where they are known: signatures are computed over nothing else.
        auth: What a receiver in front has already found out about the sender.
        named: What the file's name says behind ``__``: the sender's topic, where nothing else tells it.
        where: File and line, for messages.
    """

    model_config = ConfigDict(frozen=True, extra="ignore", strict=True)

    received_at: UtcTime | None = None
    kind: str = "unknown"
    endpoint: str | None = None
    headers: Annotated[Mapping[str, str], BeforeValidator(header_words)] = Field(default_factory=dict)
    body: Any = None
    raw: bytes | None = Field(default=None, exclude=True)
    auth: Auth | None = None
    named: str = Field(default="", exclude=True)
    where: str = Field(default="", exclude=True)

    def header(self, name: str) -> str | None:
        """Return a header's value whatever the case of its name, or None; an empty one is none."""
        if not self.headers:
            return None
        headers, found = self.values_by_name
        if headers is not self.headers:
            found = _first_values(self.headers)  # a copy with other headers
        return found.get(name.lower())

    @cached_property
    def values_by_name(self) -> tuple[Mapping[str, str], Mapping[str, str]]:
        """The headers, and their values as `header` finds them: a format asks for a dozen in a row."""
        return self.headers, _first_values(self.headers)

    def opened(self, body: Any, raw: bytes | None) -> Envelope:
        """Return the same delivery with its body read, or with one of its parts; nothing is validated again."""
        made = Envelope.__new__(Envelope)
        # As `model_copy` does it, without looking for what a subclass could have added: every delivery comes this way.
        _put(made, "__dict__", {**self.__dict__, "body": body, "raw": raw})
        _put(made, "__pydantic_fields_set__", self.__pydantic_fields_set__)
        _put(made, "__pydantic_extra__", None)
        _put(made, "__pydantic_private__", None)
        return made

    def exact_bytes(self) -> bytes | None:
        """Return the bytes that were signed: `raw`, or a body that is still text; a parsed body has lost them."""
        if self.raw is not None:
            return self.raw
        return self.body.encode("utf-8", "surrogatepass") if isinstance(self.body, str) else None

    def value(self) -> Any:
        """
        Return the body as JSON, read from text if it is still text.

        Raises:
            InputError: If the text is no JSON.
        """
        return read_json(self.body) if isinstance(self.body, str) else self.body


@attrs.frozen(kw_only=True)
class Failure:
    """
    Something that could not be read.

    Attributes:
        where: File and line.
        reason: What was expected and what came; never the content.
    """

    where: str
    reason: str

    def __str__(self) -> str:
        return f"{self.where}: {self.reason}" if self.where else self.reason
