"""From settings to hands: the actuators that ``[actuators]`` and ``roles`` of migro.toml describe."""

from __future__ import annotations

import ssl
from collections.abc import Collection, Mapping
from importlib.util import find_spec
from typing import Any, Final

import attrs

from ..errors import ConfigurationError
from ..ports import Actuator
from .actor import Redact
from .asking import Asker, Askers, NoticeAsker
from .chat import Chat
from .dashboards import GrafanaAnnotations, StatuspageIncidents, grafana_sender, statuspage_sender
from .events import DecisionEvents
from .freshdesk import Freshdesk, freshdesk_sender
from .gorgias import Gorgias, gorgias_sender
from .http import Call, HttpCalls
from .intercom import Intercom, intercom_sender
from .mail import Mail
from .messages import MESSAGES, Diagnosis, no_diagnosis
from .retrying import Retrying
from .routing import ByRole
from .sending import Sender
from .settings import ActuatorsSettings
from .slack import Slack
from .tickets import TicketOf, no_ticket
from .zendesk import Zendesk, zendesk_sender

__all__ = ["Equipment", "equip", "messenger_of"]

_CONSOLE: Final = "console"
_TRIES: Final = 4
_MESSENGERS: Final = ("apprise", "mail", "slack")


@attrs.frozen(kw_only=True)
class Equipment:
    """
    What the settings come to.

    Attributes:
        actuators: Each takes kinds that no other takes.
        events: Who is told of decisions; None where nobody is.
        askers: Who shows roles what waits for them.
        slack: Who posts in Slack; None where no role is told there.
    """

    actuators: tuple[Actuator, ...] = ()
    events: DecisionEvents | None = None
    askers: Askers = attrs.field(factory=Askers)
    slack: Slack | None = None

    @property
    def kinds(self) -> frozenset[str]:
        """The kinds of action that are taken."""
        return frozenset(kind for actuator in self.actuators for kind in actuator.kinds)


def messenger_of(channel: str) -> tuple[str, str]:
    """
    Return by what a role is told and where: ``slack:C01`` is ``("slack", "C01")``, ``console`` is ``("console", "")``.

    Raises:
        ConfigurationError: If it is none of these.
    """
    name, colon, where = channel.partition(":")
    if channel == _CONSOLE or (name in _MESSENGERS and colon and where.strip()):
        return name, where.strip()
    raise ConfigurationError(
        f"expected the channel of a role as console, mail:ADDRESS, slack:CHANNEL or apprise:NAME, got {channel!r}"
    )


def equip(
    settings: ActuatorsSettings,
    *,
    roles: Mapping[str, str],
    secrets: Mapping[str, str],
    redact: Redact,
    dry_run: bool,
    taken: Collection[str] = (),
    console: Actuator | None = None,
    diagnosis: Diagnosis = no_diagnosis,
    ticket_of: TicketOf = no_ticket,
) -> Equipment:
    """
    Return the actuators that settings describe; no connection is opened.

    Args:
        roles: Channels by role.
        secrets: Values of the environment variables that the settings name.
        dry_run: Whether nothing may act; a missing secret is then none that is needed.
        taken: Kinds of action that others take.
        console: Who tells the roles whose channel is the console, or who have none.
        diagnosis, ticket_of: What is known about an issue, and its ticket.

    Raises:
        ConfigurationError: If a secret is missing, a channel is none, or a package is not installed.
    """
    missing = [name for name in settings.secrets if not secrets.get(name)]
    if missing and not dry_run:
        raise ConfigurationError(f"expected secrets in the environment, got none: {', '.join(missing)}")
    made = _Maker(settings, dict(secrets), redact, diagnosis, ticket_of)
    own = [a for a in (made.calls(taken), made.desk(taken), made.grafana(taken), made.statuspage(taken)) if a]
    claimed = {*taken, *(kind for a in own for kind in a.kinds)}
    told, asking = made.messengers(roles, claimed, console)
    retried = [_retried(a, settings) for a in own]
    return Equipment(
        actuators=(*retried, *([told] if told is not None else [])),
        events=made.events(dry_run),
        askers=asking,
        slack=next((a for a in asking.by_role.values() if isinstance(a, Slack)), None),
    )


def _retried(actuator: Actuator, settings: ActuatorsSettings) -> Actuator:
    tries = settings.tries or (_TRIES if find_spec("stamina") is not None else 1)
    if tries == 1:
        return actuator
    return Retrying(actuator, tries=tries, patience_s=settings.patience_s, first_wait_ms=settings.first_wait_ms)


@attrs.frozen
class _Maker:
    settings: ActuatorsSettings
    secrets: Mapping[str, str]
    redact: Redact
    diagnosis: Diagnosis
    ticket_of: TicketOf

    def _secret(self, name: str) -> str:
        # In dry run it is never sent, and a name that is not set must not keep anybody from looking.
        return self.secrets.get(name) or "unset"

    def _headers(self, named: Mapping[str, str]) -> dict[str, str]:
        return {header: self._secret(name) for header, name in named.items()}

    def _limits(self, section: Any) -> dict[str, Any]:
        given = getattr(section, "address", "")
        address = {"address": given} if given else {}
        return {"private": section.private, "timeout_ms": section.timeout_ms, **address}

    # --- receivers ----------------------------------------------------------------------------------------------

    def calls(self, taken: Collection[str]) -> HttpCalls | None:
        found = [
            Call(
                kind=kind,
                headers=self._headers(one.headers_env),
                risk=one.risk,
                **one.model_dump(exclude={"headers_env", "risk"}),
            )
            for kind, one in self.settings.http.items()
            if kind not in taken
        ]
        return HttpCalls(found, redact=self.redact, diagnosis=self.diagnosis) if found else None

    def desk(self, taken: Collection[str]) -> Actuator | None:
        s = self.settings
        if "draft_reply" in taken or "draft_reply" in s.http:
            return None
        common: dict[str, Any] = {
            "redact": self.redact,
            "diagnosis": self.diagnosis,
            "ticket_of": self.ticket_of,
        }
        if s.zendesk is not None:
            z = s.zendesk
            return Zendesk(zendesk_sender(z.account, z.user, self._secret(z.token_env), **self._limits(z)), **common)
        if s.freshdesk is not None:
            f = s.freshdesk
            return Freshdesk(freshdesk_sender(f.account, self._secret(f.key_env), **self._limits(f)), **common)
        if s.gorgias is not None:
            g = s.gorgias
            sender = gorgias_sender(g.account, g.user, self._secret(g.key_env), **self._limits(g))
            return Gorgias(sender, author=g.user, **common)
        if s.intercom is not None:
            i = s.intercom
            sender = intercom_sender(self._secret(i.token_env), **self._limits(i))
            return Intercom(sender, author=i.author, **common)
        return None

    def grafana(self, taken: Collection[str]) -> GrafanaAnnotations | None:
        g = self.settings.grafana
        if g is None or {"update_dashboard"} & {*taken, *self.settings.http}:
            return None
        sender = grafana_sender(g.address, self._secret(g.token_env), private=g.private, timeout_ms=g.timeout_ms)
        return GrafanaAnnotations(sender, redact=self.redact, diagnosis=self.diagnosis)

    def statuspage(self, taken: Collection[str]) -> StatuspageIncidents | None:
        p = self.settings.statuspage
        if p is None or {"publish_incident"} & {*taken, *self.settings.http}:
            return None
        return StatuspageIncidents(
            statuspage_sender(self._secret(p.key_env), **self._limits(p)), page=p.page, redact=self.redact
        )

    def events(self, dry_run: bool) -> DecisionEvents | None:
        e = self.settings.events
        if e is None:
            return None
        sender = Sender(e.url, headers=self._headers(e.headers_env), private=e.private, timeout_ms=e.timeout_ms)
        return DecisionEvents(sender, redact=self.redact, source=e.source, dry_run=dry_run)

    # --- messengers ---------------------------------------------------------------------------------------------

    def messengers(
        self, roles: Mapping[str, str], claimed: Collection[str], console: Actuator | None
    ) -> tuple[ByRole | None, Askers]:
        """Return who tells roles, None where the console tells all of them; and who asks them."""
        places = {role: messenger_of(channel) for role, channel in roles.items()}
        by_name: dict[str, dict[str, str]] = {}
        for role, (name, where) in places.items():
            by_name.setdefault(name, {})[role] = where
        printed = by_name.pop(_CONSOLE, {})
        for name in by_name:
            if getattr(self.settings, name) is None:
                raise ConfigurationError(f"expected [actuators.{name}], since a role is told by it; got none")
        kinds = [kind for kind in MESSAGES if kind not in claimed]
        routes: dict[str, Actuator] = {}
        asking: dict[str, Asker] = {}
        for name, to in by_name.items():
            own = [*kinds, "update_dashboard"] if name == "slack" and "update_dashboard" not in claimed else kinds
            # To ask is no action: what others take of these does not change who shows a card.
            plain = self._messenger(name, to, own or ["notify"])
            if own:
                routes |= dict.fromkeys(to, _retried(plain, self.settings))
            if isinstance(plain, Slack):
                asking |= dict.fromkeys(to, plain)
            else:
                tells = plain if "notify" in own else self._messenger(name, to, ["notify"])
                asking |= dict.fromkeys(to, NoticeAsker(_retried(tells, self.settings)))
        otherwise = NoticeAsker(console, brief=True) if console is not None else None
        if otherwise is not None:
            asking |= dict.fromkeys(printed, otherwise)
        routing = ByRole(routes, otherwise=console) if routes else None
        return routing, Askers(by_role=asking, otherwise=otherwise)

    def _messenger(self, name: str, to: Mapping[str, str], kinds: list[str]) -> Actuator:
        common: dict[str, Any] = {"redact": self.redact, "kinds": kinds, "diagnosis": self.diagnosis}
        s = self.settings
        if name == "mail" and s.mail is not None:
            addresses = {role: [a.strip() for a in where.split(",")] for role, where in to.items()}
            return Mail(
                s.mail.host,
                sender=s.mail.sender,
                to=addresses,
                port=s.mail.port,
                security=s.mail.security,
                user=s.mail.user,
                password=self._secret(s.mail.password_env) if s.mail.password_env else "",
                idempotency="receiver" if s.mail.deduplicated else "none",
                timeout_s=s.mail.timeout_s,
                context=_trusted(s.mail.ca_file) if s.mail.ca_file else None,
                **common,
            )
        if name == "slack" and s.slack is not None:
            token = self._secret(s.slack.token_env)
            return Slack(token, channels=to, address=s.slack.address, timeout_ms=s.slack.timeout_ms, **common)
        named = s.apprise.urls_env if s.apprise is not None else {}
        if strange := sorted(set(to.values()) - named.keys()):
            raise ConfigurationError(f"expected names of [actuators.apprise] urls_env, got {', '.join(strange)}")
        # A URL that is not set cannot be read; in dry run any will do.
        urls = {role: [self.secrets.get(named[where]) or "json://localhost"] for role, where in to.items()}
        return Chat(urls, **common)


def _trusted(path: str) -> ssl.SSLContext:
    try:
        return ssl.create_default_context(cafile=path)
    except (OSError, ssl.SSLError) as e:
        raise ConfigurationError(f"expected a file of certificates: {type(e).__name__} - at {path}") from e
