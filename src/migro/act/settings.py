"""Which receivers there are: the ``[actuators]`` part of migro.toml. Secrets are only named here."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from ..errors import ConfigurationError
from ..models import Idempotency, Risk
from .retrying import LONGEST_PATIENCE_S
from .slack_client import checked_address

__all__ = [
    "ActuatorsSettings",
    "AppriseSettings",
    "CallSettings",
    "EventsSettings",
    "FreshdeskSettings",
    "GorgiasSettings",
    "GrafanaSettings",
    "IntercomSettings",
    "MailSettings",
    "SlackSettings",
    "StatuspageSettings",
    "ZendeskSettings",
]


def _risk(value: object) -> object:
    return Risk.named(value) if isinstance(value, str) else value


def _slack_address(value: str) -> str:
    try:
        return checked_address(value)
    except ConfigurationError as e:
        raise ValueError(str(e)) from e


class _Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class MailSettings(_Section):
    """
    A mail server; roles whose channel begins with ``mail:`` are told by it.

    Attributes:
        security: ``tls``, ``starttls``, or ``none`` for a server on this machine.
        user, password_env: Who asks, where the server wants to know.
        ca_file: Certificates to trust instead of those of the system.
        deduplicated: Whether a message with a Message-ID that is known already counts as the same one.
    """

    host: str
    sender: str
    port: int | None = Field(default=None, gt=0, lt=65536)
    security: Literal["tls", "starttls", "none"] = "starttls"
    user: str = ""
    password_env: str = ""
    ca_file: str = ""
    deduplicated: bool = True
    timeout_s: int = Field(default=20, gt=0, le=60)


class SlackSettings(_Section):
    """A Slack app; roles whose channel begins with ``slack:`` are told in the channel with that id."""

    token_env: str
    address: Annotated[str, AfterValidator(_slack_address)] = "https://slack.com/api/"
    timeout_ms: int = Field(default=10_000, gt=0, le=60_000)


class AppriseSettings(_Section):
    """Other channels: environment variables with URLs of apprise by name; roles say ``apprise:NAME``."""

    urls_env: Mapping[str, str]


class _ReceiverSettings(_Section):
    private: bool = False
    timeout_ms: int = Field(default=10_000, gt=0, le=60_000)


class CallSettings(_ReceiverSettings):
    """
    An address that one kind of action calls.

    Attributes:
        headers_env: Environment variables with the values of headers, by the header's name.
        idempotency: ``receiver`` where it honours the header ``Idempotency-Key``, ``check`` with `status_url`.
        status_url: Where ``{key}`` is replaced by the action's key: 200 for done, 404 for not.
        private: Whether it may lie inside the network.
    """

    url: str
    method: Literal["POST", "PUT", "PATCH"] = "POST"
    risk: Annotated[Risk, BeforeValidator(_risk)] = Risk.R1
    headers_env: Mapping[str, str] = Field(default_factory=dict)
    idempotency: Idempotency = "none"
    status_url: str = ""
    reversible: bool = True


class ZendeskSettings(_ReceiverSettings):
    """An account at Zendesk; ``account`` is the first part of its host."""

    account: str
    user: str
    token_env: str
    address: str = ""


class FreshdeskSettings(_ReceiverSettings):
    """An account at Freshdesk."""

    account: str
    key_env: str
    address: str = ""


class GorgiasSettings(_ReceiverSettings):
    """An account at Gorgias; ``user`` is whose API key it is, and who writes the notes."""

    account: str
    user: str
    key_env: str
    address: str = ""


class IntercomSettings(_ReceiverSettings):
    """A workspace at Intercom; ``author`` is the id of the teammate who writes the notes."""

    token_env: str
    author: str
    address: str = ""


class GrafanaSettings(_ReceiverSettings):
    """A Grafana that gets annotations."""

    address: str
    token_env: str


class StatuspageSettings(_ReceiverSettings):
    """A page at Statuspage."""

    page: str
    key_env: str
    address: str = ""


class EventsSettings(_ReceiverSettings):
    """A webhook that gets every decision as a CloudEvent."""

    url: str
    headers_env: Mapping[str, str] = Field(default_factory=dict)
    source: str = "migro"


class ActuatorsSettings(_Section):
    """
    The receivers.

    Attributes:
        tries: How often an action is tried at most. Unset: four times where the package for that is installed, which
            extras bring that talk to somebody, else once.
        patience_s, first_wait_ms: How long, and how soon; see `Retrying`.
        http: Addresses by kind of action.
    """

    tries: int | None = Field(default=None, gt=0, le=20)
    patience_s: int = Field(default=60, gt=0, le=LONGEST_PATIENCE_S)
    first_wait_ms: int = Field(default=500, gt=0, le=60_000)
    mail: MailSettings | None = None
    slack: SlackSettings | None = None
    apprise: AppriseSettings | None = None
    http: Mapping[str, CallSettings] = Field(default_factory=dict)
    zendesk: ZendeskSettings | None = None
    freshdesk: FreshdeskSettings | None = None
    gorgias: GorgiasSettings | None = None
    intercom: IntercomSettings | None = None
    grafana: GrafanaSettings | None = None
    statuspage: StatuspageSettings | None = None
    events: EventsSettings | None = None

    @model_validator(mode="after")
    def _one_help_desk(self) -> ActuatorsSettings:
        desks = [n for n in ("zendesk", "freshdesk", "gorgias", "intercom") if getattr(self, n) is not None]
        if len(desks) > 1:
            raise ValueError(f"expected one help desk that drafts replies, got {' and '.join(desks)}")
        return self

    @property
    def secrets(self) -> tuple[str, ...]:
        """Names of the environment variables with secrets, sorted."""
        return tuple(sorted(set(_named(self.model_dump()))))


def _named(data: Any, name: str = "") -> list[str]:
    if isinstance(data, Mapping):
        every = name.endswith("_env")
        return [n for key, value in data.items() for n in _named(value, "value_env" if every else str(key))]
    return [data] if name.endswith("_env") and isinstance(data, str) and data else []
