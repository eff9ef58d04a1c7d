"""Other channels, by the library apprise: chats, phones, push services, whatever it has a scheme for."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping
from typing import Any

from ..errors import ActionRefused, ActionUnclear, ConfigurationError
from ..models import Action
from .actor import Actor, Redact
from .messages import (
    MESSAGES,
    Diagnosis,
    composed,
    messengers,
    no_diagnosis,
)

__all__ = ["Chat"]


class Chat(Actor):
    """
    Tells roles through apprise.

    Apprise says whether it went well and nothing more, and no service behind it knows a key: where it did not go well
    it may have happened, so it is not tried again and a person looks.

    Args:
        urls: By role, as apprise has them; they hold secrets.
        redact: Every word goes through it.
        kinds: The kinds of action it takes: some of `draft_reply`, `notify` and `report`.
        diagnosis: Further lines about an issue.

    Raises:
        ConfigurationError: If the package is not installed, or it does not know a URL.
    """

    def __init__(
        self,
        urls: Mapping[str, Iterable[str]],
        *,
        redact: Redact,
        kinds: Iterable[str] = MESSAGES,
        diagnosis: Diagnosis = no_diagnosis,
    ) -> None:
        self._services = {role: _services(role, several) for role, several in urls.items()}
        self._diagnosis = diagnosis
        super().__init__(
            messengers(kinds, MESSAGES, idempotency="none", reversible=False, preview=self._preview),
            redact=redact,
            exact=("ticket",),
        )

    def act(self, action: Action) -> str:
        """Tell the role, and return how many services took it."""
        services = self._services.get(action.target)
        if services is None:
            raise ActionRefused(f"no channel is known for the role {action.target}")
        message = composed(action, self._diagnosis(action))
        try:
            taken = services.notify(title=message.subject, body=message.text, body_format="text")
        except Exception as e:  # one library for many services, each with errors of its own
            raise ActionUnclear(f"apprise raised {type(e).__name__}") from e
        if not taken:
            raise ActionUnclear("apprise says that a service did not take it")
        return f"apprise: {len(services)} taken"

    def _preview(self, action: Action) -> str:
        return f"through apprise to {action.target}: {composed(self.said(action)).subject}"


def _services(role: str, urls: Iterable[str]) -> Any:
    try:
        import apprise
    except ModuleNotFoundError as e:
        raise ConfigurationError(
            f"expected the package {e.name} for other channels, found none: install the extra `migro[apprise]`"
        ) from e
    # It logs what it sends where somebody listens, and nobody should.
    logging.getLogger("apprise").setLevel(logging.CRITICAL)
    found = apprise.Apprise()
    for place, url in enumerate(urls, start=1):
        if not found.add(url):
            # The URL itself is not told: it holds secrets.
            raise ConfigurationError(f"expected a URL that apprise knows, got another - at {role}, number {place}")
    if not len(found):
        raise ConfigurationError(f"expected a URL for the role {role}, got none")
    return found
