"""Every shipped actuator that speaks HTTP, the receiver that it is for, and an action that it can do."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import attrs

from migro.act.chat import Chat
from migro.act.dashboards import GrafanaAnnotations, StatuspageIncidents, grafana_sender, statuspage_sender
from migro.act.freshdesk import Freshdesk, freshdesk_sender
from migro.act.gorgias import Gorgias, gorgias_sender
from migro.act.http import Call, HttpCalls
from migro.act.intercom import Intercom, intercom_sender
from migro.act.slack import Slack
from migro.act.zendesk import Zendesk, zendesk_sender
from migro.models import Action, Risk
from migro.observe import scrub
from migro.ports import Actuator
from migro.testing import sample_action
from tests.act import vendors
from tests.act.receiver import Asked, Receiver, Reply
from tests.act.slack_api import CHANNEL, TOKEN, slack

__all__ = ["CASES", "HURRIED_MS", "PATIENT_MS", "USER", "Case", "World", "draft", "honouring", "limits"]


def honouring(receiver: Receiver, asked: Asked) -> Reply:
    """Acts once for each key, and says what it knows of one."""
    if asked.method == "GET":
        known = asked.path.rpartition("/")[2] in receiver.kept
        return 200 if known else 404, {}, b"{}"
    receiver.kept.setdefault(asked.headers["idempotency-key"], asked.body)
    return 202, {}, b"{}"


PATIENT_MS = 10_000
"""How long an actuator waits where nothing is meant to be slow."""

HURRIED_MS = 600
"""How long it waits for an answer that does not come."""


def limits(timeout_ms: int = PATIENT_MS) -> dict[str, Any]:
    return {"private": True, "timeout_ms": timeout_ms}


USER = "agent@shop.example"
DRAFT = {"template": "We see it too.", "ticket": "42"}
NOTE = {"text": "SEV2 Checkout is down"}


def call(address: str, timeout_ms: int, **fields: Any) -> HttpCalls:
    known = {"kind": "notify", "url": f"{address}/hook", "risk": Risk.R0, **limits(timeout_ms)}
    return HttpCalls([Call(**{**known, **fields})], redact=scrub)


def hook(address: str, timeout_ms: int) -> str:
    """Return a webhook as apprise names it, with how long to wait for it in seconds."""
    return f"{address.replace('http', 'json')}/hook?rto={timeout_ms / 1000}&cto={timeout_ms / 1000}"


@attrs.frozen(kw_only=True)
class Case:
    """An actuator, the receiver that it is for, and an action."""

    serve: Callable[[Receiver, Asked], Reply]
    maker: Callable[[str, int], Actuator]
    action: Action = attrs.field(factory=lambda: sample_action(args=NOTE))

    def make(self, address: str, timeout_ms: int = PATIENT_MS) -> Actuator:
        return self.maker(address, timeout_ms)


def draft(**fields: Any) -> Action:
    return sample_action(kind="draft_reply", risk=Risk.R2, target="merchant_contact", **{"args": DRAFT, **fields})


CASES = {
    "http, key honoured": Case(serve=honouring, maker=lambda a, t: call(a, t, idempotency="receiver")),
    "http, status asked": Case(
        serve=honouring, maker=lambda a, t: call(a, t, idempotency="check", status_url=f"{a}/status/{{key}}")
    ),
    "http, neither": Case(serve=vendors.plain, maker=call),
    "slack": Case(
        serve=slack,
        maker=lambda a, t: Slack(TOKEN, channels={"on_call": CHANNEL}, redact=scrub, address=f"{a}/api/", timeout_ms=t),
    ),
    "zendesk": Case(
        serve=vendors.zendesk,
        maker=lambda a, t: Zendesk(zendesk_sender("x", USER, "made-up", address=a, **limits(t)), redact=scrub),
        action=draft(),
    ),
    "freshdesk": Case(
        serve=vendors.freshdesk,
        maker=lambda a, t: Freshdesk(freshdesk_sender("x", "made-up", address=a, **limits(t)), redact=scrub),
        action=draft(),
    ),
    "gorgias": Case(
        serve=vendors.gorgias,
        maker=lambda a, t: Gorgias(
            gorgias_sender("x", USER, "made-up", address=a, **limits(t)), author=USER, redact=scrub
        ),
        action=draft(),
    ),
    "intercom": Case(
        serve=vendors.intercom,
        maker=lambda a, t: Intercom(intercom_sender("made-up", address=a, **limits(t)), author="7", redact=scrub),
        action=draft(),
    ),
    "grafana": Case(
        serve=vendors.grafana,
        maker=lambda a, t: GrafanaAnnotations(grafana_sender(a, "made-up", **limits(t)), redact=scrub),
        action=sample_action(kind="update_dashboard", args=NOTE),
    ),
    "statuspage": Case(
        serve=vendors.statuspage,
        maker=lambda a, t: StatuspageIncidents(
            statuspage_sender("made-up", address=a, **limits(t)), page="p4g3", redact=scrub
        ),
        action=sample_action(kind="publish_incident", risk=Risk.R2, args=NOTE),
    ),
    "apprise": Case(
        serve=vendors.apprise_hook,
        maker=lambda a, t: Chat({"on_call": [hook(a, t)]}, redact=scrub),
    ),
}


class World:
    """One server that answers as the case at hand has it."""

    def __init__(self, receiver: Receiver, address: str) -> None:
        self.receiver, self.address = receiver, address

    def begin(self, name: str) -> Case:
        case = CASES[name]
        self.receiver.reset()
        self.receiver._answer = case.serve
        self.receiver.reads = ("conversations.",) if name == "slack" else ()
        return case
