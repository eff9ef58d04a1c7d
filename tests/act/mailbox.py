"""A mail server on the loopback, with TLS by certificates made for the test, and what can go wrong with it."""

from __future__ import annotations

import asyncio
import ipaddress
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any, cast

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

__all__ = ["PASSWORD", "Mailbox", "certified", "serving"]

PASSWORD = "correct horse"


def certified(folder: Path) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """Return the context of a server on 127.0.0.1, and that of a client that trusts it."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "mail.test")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem = certificate.public_bytes(serialization.Encoding.PEM)
    own = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    (folder / "mail.pem").write_bytes(own + pem)
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(folder / "mail.pem")
    client = ssl.create_default_context(cadata=pem.decode())
    return server, client


class Mailbox:
    """
    Takes mail.

    Attributes:
        faults: What the next commands meet, by the command: ``("DATA", "451 later")``; ``cut`` hangs up instead, and
            ``taken`` takes the message and then hangs up.
        mails: What was taken, in order.
    """

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        self.faults: list[tuple[str, str]] = []
        self.mails: list[EmailMessage] = []
        self.logged_in: list[bool] = []

    @property
    def known(self) -> dict[str, EmailMessage]:
        """What a mailbox shows that knows messages by their Message-ID."""
        return {str(m["Message-ID"]): m for m in self.mails}

    def _fault(self, command: str, server: SMTP) -> str | None:
        if not self.faults or self.faults[0][0] != command:
            return None
        told = self.faults.pop(0)[1]
        if told in ("cut", "taken"):
            cast(Any, server.transport).abort()
            return "421 gone"
        return told

    async def handle_MAIL(  # noqa: N802  # aiosmtpd's name
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if told := self._fault("MAIL", server):
            return told
        envelope.mail_from = address
        return "250 OK"

    async def handle_RCPT(  # noqa: N802  # aiosmtpd's name
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if told := self._fault("RCPT", server):
            return told
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        after = bool(self.faults) and self.faults[0] == ("DATA", "taken")
        told = self._fault("DATA", server)
        if told is None or after:
            raw = cast(bytes, envelope.original_content)
            self.mails.append(message_from_bytes(raw, policy=policy.default))
            self.logged_in.append(bool(session.authenticated))
        return told or "250 OK"


def _known(server: SMTP, session: Session, envelope: Envelope, mechanism: str, told: Any) -> AuthResult:
    right = isinstance(told, LoginPassword) and told.password == PASSWORD.encode()
    return AuthResult(success=right, handled=False)


@contextmanager
def serving(box: Mailbox, server: ssl.SSLContext, *, security: str) -> Iterator[int]:
    """Serve a mailbox on the loopback, in a thread of its own, and give its port."""
    wanted: dict[str, Any] = {"authenticator": _known, "hostname": "mail.test"}
    if security == "starttls":
        wanted |= {"tls_context": server, "require_starttls": True}
    else:
        wanted |= {"auth_require_tls": False}
    loop = asyncio.new_event_loop()
    make = loop.create_server(
        lambda: SMTP(box, loop=loop, **wanted),
        host="127.0.0.1",
        port=0,
        ssl=server if security == "tls" else None,
    )
    listening = loop.run_until_complete(make)
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    try:
        yield listening.sockets[0].getsockname()[1]
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        listening.close()
        loop.run_until_complete(_ended())
        loop.close()


async def _ended() -> None:
    """End the conversations that are left."""
    left = asyncio.all_tasks() - {asyncio.current_task()}
    for task in left:
        task.cancel()
    await asyncio.gather(*left, return_exceptions=True)
