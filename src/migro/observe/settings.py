"""Which endpoints there are and how their senders prove themselves: the ``[observe]`` part of migro.toml."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Final

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    SerializerFunctionWrapHandler,
    model_serializer,
    model_validator,
)

from ..models.scales import Environment
from .zones import zone_named

__all__ = ["PATH_SECRET", "EndpointSettings", "ObserveSettings", "ReceiveSettings"]

PATH_SECRET: Final = ":path-secret"
"""The name under which a receiver gives on what stood in the address; no sender's header can be called so."""


def _many(value: object) -> object:
    return tuple(value) if isinstance(value, list) else value


Names = Annotated[tuple[str, ...], BeforeValidator(_many)]


def _known_zone(value: str) -> str:
    zone_named(value)
    return value


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
        secret_in_path: Whether the address ends in the secret, for senders that can set neither header nor signature.
        static_secret: Whether the address itself is the secret.
        tags_allowed: Tags of tickets and orders that may pass, since tags are free text.
        assumed_zone: Time zone such as ``Europe/Berlin`` that times without one are meant in; unset: UTC. What it moved
            says so in ``attrs.time_zone`` and ``attrs.assumed_zone``.
        only_5xx: Whether the sender tries again after an answer of 500 and above only; unset: as is known of the kind.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    merchant: str | None = None
    env: Environment = "unknown"
    kind: str | None = None
    secrets_env: Names = ()
    secret_header: str | None = None
    static_secret: bool = False
    tags_allowed: Names = ()
    # Left out of the hash where it is not set: then everything is as it was before there was such a setting.
    assumed_zone: Annotated[str, AfterValidator(_known_zone)] | None = None
    # What a sender is answered changes no decision, so neither of these enters the hash of the configuration; the
    # secret of an address does, by the name it is read under.
    secret_in_path: bool = Field(default=False, exclude=True)
    only_5xx: bool | None = Field(default=None, exclude=True)

    @model_serializer(mode="wrap")
    def _without_unset(self, handler: SerializerFunctionWrapHandler) -> dict[str, Any]:
        data: dict[str, Any] = handler(self)
        if self.assumed_zone is None:
            data.pop("assumed_zone", None)
        return data

    @model_validator(mode="before")
    @classmethod
    def _read_from_the_path(cls, data: Any) -> Any:
        if not isinstance(data, Mapping) or data.get("secret_in_path") is not True:
            return data
        if data.get("secret_header") not in (None, PATH_SECRET):
            raise ValueError("expected secret_header or secret_in_path, got both: a secret has one place")
        if not data.get("secrets_env"):
            raise ValueError("expected secrets_env beside secret_in_path: the names of the secrets to compare with")
        return {**data, "secret_header": PATH_SECRET}


class ReceiveSettings(BaseModel):
    """
    How much a receiver takes before it asks senders to come again.

    Attributes:
        queue: How many accepted inputs of one merchant may wait to be thought about.
        max_bytes: The largest body, also after unpacking.
        retry_after_s: When a sender may come again, in seconds.
        patience_s: How long a delivery waits for others that are being stored, in seconds.
        forgeries_per_hour: How many deliveries with a failed signature are kept as evidence, for each endpoint.
        deliveries_per_minute: Of how many deliveries it is told how they came, for each endpoint and topic; 0 for none.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    queue: int = Field(default=10_000, gt=0)
    max_bytes: int = Field(default=8 * 2**20, gt=0)
    retry_after_s: int = Field(default=30, gt=0)
    patience_s: int = Field(default=2, gt=0)
    forgeries_per_hour: int = Field(default=100, ge=0)
    deliveries_per_minute: int = Field(default=20, ge=0)


class ObserveSettings(BaseModel):
    """
    How raw payloads are read.

    Attributes:
        endpoints: By the name that envelopes carry.
        default: For envelopes without an endpoint, or with one that is not listed.
        pseudonym_key_env: Name of the environment variable that holds the key of pseudonyms.
        receive: For deliveries over HTTP.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    endpoints: Mapping[str, EndpointSettings] = Field(default_factory=dict)
    default: EndpointSettings = EndpointSettings()
    pseudonym_key_env: str = "MIGRO_PSEUDONYM_KEY"
    receive: ReceiveSettings = Field(default=ReceiveSettings(), exclude=True)

    def endpoint(self, name: str | None) -> EndpointSettings:
        """Return the settings of an endpoint, or the default ones."""
        return self.endpoints.get(name, self.default) if name is not None else self.default
