"""
E-mail over SMTP: one conversation for each issue, one message for each action.

Sources: RFC 5321 (replies), RFC 5322 section 3.6.4 (Message-ID, In-Reply-To, References), RFC 3834 (Auto-Submitted),
RFC 8314 (TLS from the start), RFC 3207 (STARTTLS).
"""

from __future__ import annotations

import re
import smtplib
import ssl
from collections.abc import Iterable, Mapping
from email.message import EmailMessage
from email.policy import SMTP
from typing import Any, Final, Literal

from ..errors import ActionDelayed, ActionError, ActionRefused, ActionUnclear, ConfigurationError
from ..models import Action, Idempotency
from ..models.lines import one_line
from .actor import Actor, Redact
from .deadline import Deadline
from .messages import (
    MESSAGES,
    Diagnosis,
    Message,
    composed,
    messengers,
    no_diagnosis,
)
from .sending import LOOPBACK

__all__ = ["Mail", "Security"]

Security = Literal["tls", "starttls", "none"]
"""TLS from the first byte, TLS asked for before anything is said, or none: for a relay on the same machine."""

_ADDRESS: Final = re.compile(r"[^@\s<>,;:\"]{1,64}@[A-Za-z0-9](?:[A-Za-z0-9.-]{0,253}[A-Za-z0-9])?")
_STOPS: Final = re.compile(rb"(?m)^\.")
_POLICY: Final = SMTP.clone(cte_type="7bit")


class _Open(smtplib.SMTP):
    """A client that is known before it connects, which it does when it is made."""

    def __init__(self, held: list[smtplib.SMTP], *args: Any, **more: Any) -> None:
        held.append(self)
        super().__init__(*args, **more)


class _Tls(smtplib.SMTP_SSL):
    """The same with TLS from the first byte."""

    def __init__(self, held: list[smtplib.SMTP], *args: Any, **more: Any) -> None:
        held.append(self)
        super().__init__(*args, **more)


class Mail(Actor):
    """
    Tells roles by e-mail.

    An action is one message: its Message-ID is made from the idempotency key, so a mailbox knows the second one of a
    repetition, and its References from the issue, so mail programs show an issue as one conversation.

    Args:
        host: Of the server that takes mail.
        port: Default: 465 for `tls`, 587 for `starttls`, 25 for `none`.
        security: `none` is for a server on this machine alone.
        sender: The address in From.
        to: Addresses by role.
        redact: Every word goes through it.
        user: For a server that wants to know who asks.
        password: The user's; never sent without TLS.
        kinds: The kinds of action it takes: some of `draft_reply`, `notify` and `report`.
        diagnosis: Further lines about an issue.
        idempotency: `receiver` where mailboxes know a message by its Message-ID, which most do; `none` where that is
            not enough, so that a message that may have arrived is never sent again.
        timeout_s: How long to wait for each answer, in seconds; four times as long for all of them.
        context: Which certificates are trusted; default: those of the system.

    Raises:
        ConfigurationError: If an address is none, or a password would go over an open line.
    """

    def __init__(
        self,
        host: str,
        *,
        sender: str,
        to: Mapping[str, Iterable[str]],
        redact: Redact,
        port: int | None = None,
        security: Security = "starttls",
        user: str = "",
        password: str = "",
        kinds: Iterable[str] = MESSAGES,
        diagnosis: Diagnosis = no_diagnosis,
        idempotency: Idempotency = "receiver",
        timeout_s: int = 20,
        context: ssl.SSLContext | None = None,
    ) -> None:
        self._to = {role: tuple(addresses) for role, addresses in to.items()}
        for address in (sender, *(a for some in self._to.values() for a in some)):
            if not _ADDRESS.fullmatch(address):
                raise ConfigurationError(f"expected an e-mail address such as ops@shop.example, got {address!r}")
        if security == "none" and (host not in LOOPBACK or password):
            raise ConfigurationError(
                "expected security = tls or starttls: without it mail goes to this machine alone, and no password does"
            )
        self._host, self._security = host, security
        self._port = port or {"tls": 465, "starttls": 587, "none": 25}[security]
        self._sender, self._user, self._password = sender, user, password
        self._diagnosis, self._timeout_s = diagnosis, timeout_s
        self._context = context or ssl.create_default_context()
        super().__init__(
            messengers(kinds, MESSAGES, idempotency=idempotency, reversible=False, preview=self._preview),
            redact=redact,
            exact=("ticket",),
        )

    def act(self, action: Action) -> str:
        """Send the message and return its Message-ID."""
        to = self._to.get(action.target, ())
        if not to:
            raise ActionRefused(f"no e-mail address is known for the role {action.target}")
        message = self._written(composed(action, self._diagnosis(action)), action, to)
        refused = self._sent(message, to)
        told = f"; {refused} of {len(to)} recipients were refused" if refused else ""
        return f"mail {message['Message-ID']}{told}"

    def _preview(self, action: Action) -> str:
        message = composed(self.said(action))
        count = len(self._to.get(action.target, ()))
        return f"mail to {action.target} ({count} {'address' if count == 1 else 'addresses'}): {message.subject}"

    def _written(self, message: Message, action: Action, to: Iterable[str]) -> EmailMessage:
        domain = self._sender.rpartition("@")[2]
        thread = f"<{message.issue}@{domain}>"
        mail = EmailMessage(policy=_POLICY)
        mail["From"] = self._sender
        mail["To"] = ", ".join(to)
        mail["Subject"] = one_line(message.subject, 150)
        mail["Date"] = action.at
        mail["Message-ID"] = f"<{message.key}@{domain}>"
        # Of the issue itself there is no message; mail programs thread by the reference all the same.
        mail["In-Reply-To"] = thread
        mail["References"] = thread
        mail["Auto-Submitted"] = "auto-generated"
        mail["X-Migro-Issue"] = message.issue
        mail.set_content(message.text)
        return mail

    def _sent(self, mail: EmailMessage, to: tuple[str, ...]) -> int:
        """Send a message and return how many recipients were refused."""
        held: list[smtplib.SMTP] = []
        with Deadline(4 * self._timeout_s, lambda: held[0].sock if held else None) as deadline:
            try:
                return self._taken(self._connected(held), mail, to)
            except (ActionDelayed, ActionRefused) as e:
                if deadline.passed:
                    # Half a reply was read as a whole one, or the line was cut; neither says anything of the server.
                    raise ActionDelayed("the mail server did not answer in time") from e
                raise

    def _taken(self, client: smtplib.SMTP, mail: EmailMessage, to: tuple[str, ...]) -> int:
        try:
            _expect(client.mail(self._sender), "sender")
            answers = [client.rcpt(address) for address in to]
            refused = [a for a in answers if a[0] not in (250, 251)]
            if len(refused) == len(answers):
                _expect(min(refused), "every recipient")
            self._data(client, mail.as_bytes())
            return len(refused)
        except smtplib.SMTPServerDisconnected as e:
            raise ActionDelayed("the mail server hung up before the message was sent") from e
        except OSError as e:
            raise ActionDelayed(f"the mail server was lost before the message was sent: {type(e).__name__}") from e
        finally:
            _leave(client)

    def _data(self, client: smtplib.SMTP, raw: bytes) -> None:
        try:
            code, _ = client.docmd("DATA")
            if code != 354:
                _expect((code, b""), "the message")
        except (smtplib.SMTPServerDisconnected, OSError) as e:
            raise ActionDelayed("the mail server hung up before the message was sent") from e
        try:
            # A line that begins with a full stop gets another one, or it would end the message (RFC 5321, 4.5.2).
            client.send(_STOPS.sub(b"..", raw.removesuffix(b"\r\n")) + b"\r\n.\r\n")
            answer = client.getreply()
        except (smtplib.SMTPException, OSError) as e:
            # The full stop may have arrived.
            raise ActionUnclear(f"the mail server did not say whether it took the message: {type(e).__name__}") from e
        if not 200 <= answer[0] < 600:
            raise ActionUnclear("the mail server did not say whether it took the message: half a reply")
        _expect(answer, "the message")

    def _connected(self, held: list[smtplib.SMTP]) -> smtplib.SMTP:
        client: smtplib.SMTP | None = None
        try:
            if self._security == "tls":
                client = _Tls(held, self._host, self._port, timeout=self._timeout_s, context=self._context)
            else:
                client = _Open(held, self._host, self._port, timeout=self._timeout_s)
            if self._security == "starttls":
                client.starttls(context=self._context)
            client.ehlo_or_helo_if_needed()
            if self._user:
                client.login(self._user, self._password)
        except Exception as e:
            if client is not None:
                _leave(client)
            raise _before(e) from e
        return client


def _before(error: Exception) -> ActionError:
    """Return what a failure means that came before anything was sent."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return ActionRefused("the mail server's certificate is not trusted")
    if isinstance(error, smtplib.SMTPNotSupportedError):
        return ActionRefused("the mail server does not offer what is configured: TLS, or a way to log in")
    if isinstance(error, smtplib.SMTPResponseException):
        return _meaning(error.smtp_code, "the connection")
    if isinstance(error.__context__, TimeoutError):
        # smtplib calls a reply that takes too long a server that has hung up.
        return ActionDelayed("the mail server did not answer in time")
    if isinstance(error, smtplib.SMTPException | OSError):
        return ActionDelayed(f"no mail server was reached: {type(error).__name__}")
    return ActionRefused(f"the mail server could not be used: {type(error).__name__}")


def _meaning(code: int, what: str) -> ActionError:
    # The text of a reply can quote an address; its code says enough.
    told = f"the mail server answered {code} to {what}"
    return ActionDelayed(told) if 400 <= code < 500 else ActionRefused(told)


def _expect(answer: tuple[int, bytes], what: str) -> None:
    if answer[0] not in (250, 251):
        raise _meaning(answer[0], what)


def _leave(client: smtplib.SMTP) -> None:
    """Say goodbye where somebody still listens."""
    try:
        client.quit()
    except (smtplib.SMTPException, OSError):
        client.close()
