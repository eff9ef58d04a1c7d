"""Which endpoints there are and how their senders prove themselves: the ``[observe]`` part of migro.toml."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from ..models.scales import Environment

__all__ = ["EndpointSettings", "ObserveSettings"]


def _many(value: object) -> object:
    return tuple(value) if isinstance(value, list) else value


Names = Annotated[tuple[str, ...], BeforeValidator(_many)]


class EndpointSettings(BaseModel):
    """
    One address that somebody delivers to.

    Attributes:
        merchant: The shop that everything delivered here belongs to; it wins over what the payload says, whose own
            word stays in the ids. Unset: the payload's word, else the name of the endpoint.
        env: Where events happen that do not say so themselves.
        kind: Wire format, for envelopes of kind ``unknown`` only.
        secrets_env: Names of environment variables with the sender's secrets; several while they are rotated.
        secret_header: Header that carries the secret itself, such as ``X-Migro-Secret``.
        static_secret: Whether the address itself is the secret.
        tags_allowed: Tags of tickets and orders that may pass, since tags are free text.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    merchant: str | None = None
    env: Environment = "unknown"
    kind: str | None = None
    secrets_env: Names = ()
    secret_header: str | None = None
    static_secret: bool = False
    tags_allowed: Names = ()


class ObserveSettings(BaseModel):
    """
    How raw payloads are read.

    Attributes:
        endpoints: By the name that envelopes carry.
        default: For envelopes without an endpoint, or with one that is not listed.
        pseudonym_key_env: Name of the environment variable that holds the key of pseudonyms.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    endpoints: Mapping[str, EndpointSettings] = Field(default_factory=dict)
    default: EndpointSettings = EndpointSettings()
    pseudonym_key_env: str = "MIGRO_PSEUDONYM_KEY"

    def endpoint(self, name: str | None) -> EndpointSettings:
        """Return the settings of an endpoint, or the default ones."""
        return self.endpoints.get(name, self.default) if name is not None else self.default
