"""Roles have channels: the same action goes to each role by its own."""

from __future__ import annotations

import io
from typing import Any

import attrs
import pytest

from migro.act import ByRole, ConsoleActuator, RecordingActuator
from migro.act.equipping import equip, messenger_of
from migro.act.settings import ActuatorsSettings
from migro.agent import Agent
from migro.agent.hands import DryRun, Live, declared
from migro.errors import ActionRefused, ConfigurationError
from migro.models import MerchantId, Risk, Signal
from migro.observe import scrub
from migro.packs.headless import RULES as PACK
from migro.reason import CORE
from migro.remember import VolatileMemory
from migro.rules import IssueKind, Response, Rule, RuleSet, on, supports
from migro.testing import sample_action
from tests.act.cases import World
from tests.act.slack_api import CHANNEL, TOKEN
from tests.act.test_retrying import Hand


def test_each_role_is_told_by_its_own_and_the_rest_by_the_other() -> None:
    first, second, rest = Hand(), Hand(), RecordingActuator(["notify"])
    hands = ByRole({"on_call": first, "finance": second}, otherwise=rest)
    for target in ("on_call", "finance", "owner"):
        hands.execute(sample_action(f"to {target}", target=target))

    assert (first.world, second.world) == (["to on_call"], ["to finance"])
    assert [a.target for a in rest.actions] == ["owner"]
    with pytest.raises(ActionRefused, match="no channel for notify is known for the role owner"):
        ByRole({"on_call": first}).execute(sample_action("k", target="owner"))


def test_it_declares_the_weakest_of_what_its_routes_declare() -> None:
    hands = ByRole({"a": Hand(idempotency="receiver"), "b": Hand(idempotency="none")})

    assert hands.capabilities["notify"].idempotency == "none"
    assert hands.check(sample_action(target="a")) == "unknown"


@pytest.mark.parametrize(
    ("channel", "found"),
    [("console", ("console", "")), ("mail:a@b.example", ("mail", "a@b.example")), ("slack:C1", ("slack", "C1"))],
)
def test_a_channel_is_a_messenger_and_a_place(channel: str, found: tuple[str, str]) -> None:
    assert messenger_of(channel) == found


@pytest.mark.parametrize("channel", ["pager", "slack", "slack:", "console:x", "fax:1", ""])
def test_a_channel_of_nobody_is_refused(channel: str) -> None:
    with pytest.raises(ConfigurationError, match="expected the channel of a role"):
        messenger_of(channel)


def equipped(data: dict[str, Any], **options: Any) -> Any:
    known: dict[str, Any] = {"roles": {}, "secrets": {}, "redact": scrub, "dry_run": False}
    return equip(ActuatorsSettings.model_validate(data), **{**known, **options})


FULL: dict[str, Any] = {
    "tries": 1,
    "mail": {"host": "127.0.0.1", "port": 1, "sender": "migro@shop.example", "security": "none"},
    "slack": {"token_env": "S"},
    "apprise": {"urls_env": {"night": "N"}},
    "http": {
        "refresh_cache": {
            "url": "https://shop.example/api", "headers_env": {"Authorization": "H"}, "risk": "R1",
            "idempotency": "receiver",
        }
    },
    "gorgias": {"account": "shop", "user": "agent@shop.example", "key_env": "G"},
    "grafana": {"address": "https://grafana.example", "token_env": "T"},
    "statuspage": {"page": "p4g3", "key_env": "P"},
    "events": {"url": "https://n8n.example/hook", "headers_env": {"X-Token": "E"}},
}  # fmt: skip
ROLES = {"on_call": f"slack:{CHANNEL}", "finance": "mail:f@shop.example,g@shop.example", "owner": "apprise:night"}


def test_every_receiver_takes_its_kinds_and_no_kind_is_taken_twice() -> None:
    secrets = {"N": "json://localhost", **dict.fromkeys("SHGTPE", "made-up")}
    found = equipped(FULL, roles=ROLES, secrets=secrets)

    assert found.kinds == {
        "draft_reply", "notify", "publish_incident", "refresh_cache", "report", "update_dashboard"
    }  # fmt: skip
    assert sum(len(a.kinds) for a in found.actuators) == len(found.kinds)
    assert found.events is not None
    assert {k: c.risk for k, c in declared(found.actuators).items() if c.risk} == {
        "draft_reply": Risk.R1,
        "publish_incident": Risk.R2,
        "refresh_cache": Risk.R1,
    }
    Live(found.actuators).fit(RuleSet("all", PACK, CORE))


def test_a_rule_that_asks_for_what_its_actuator_cannot_do_stops_a_live_run_before_it_begins() -> None:
    risky = Hand()
    risky.capabilities["notify"] = attrs.evolve(risky.capabilities["notify"], risk=Risk.R1)  # type: ignore[index]
    kind = IssueKind[MerchantId](
        "down",
        category="checkout",
        responses=(
            Response("notify", Risk.R0, "on_call", args=(("text", "x"),)),
            Response("notify", Risk.R1, "owner", args=(("words", "x"),)),
        ),
    )
    rules = RuleSet("r", Rule("one", when=on(Signal, per=Signal.merchant), then=supports(kind, 5, family="f")))
    with pytest.raises(ConfigurationError) as found:
        Agent(rules=rules, memory=VolatileMemory(), actuators=[risky], live=True)

    assert "down: expected notify to be declared as R1 or worse, got R0" in str(found.value)
    assert "down: notify: words: extra inputs are not permitted" in str(found.value)
    Agent(rules=rules, memory=VolatileMemory(), actuators=[risky])


def test_all_missing_secrets_are_named_at_once_and_a_dry_run_needs_none() -> None:
    with pytest.raises(ConfigurationError, match="expected secrets in the environment, got none: E, G, H, N, P, S, T"):
        equipped(FULL, roles=ROLES)

    dry = DryRun(declared(equipped(FULL, roles=ROLES, dry_run=True).actuators))
    assert dry.execute(sample_action(target="finance")).detail == (
        "dry run: mail to finance (2 addresses): Checkout answers with server errors"
    )


def test_what_others_take_is_left_to_them() -> None:
    secrets = {"N": "json://localhost", **dict.fromkeys("SHGTPE", "made-up")}
    taken = {"refresh_cache", "draft_reply", "update_dashboard", "publish_incident"}

    assert equipped(FULL, roles=ROLES, secrets=secrets, taken=taken).kinds == {"notify", "report"}


@pytest.mark.parametrize(
    ("data", "roles", "told"),
    [
        ({}, {"on_call": "slack:C1"}, r"expected \[actuators.slack\], since a role is told by it"),
        ({"apprise": {"urls_env": {}}}, {"on_call": "apprise:day"}, "expected names of .* urls_env, got day"),
        ({"http": {"reboot": {"url": "https://shop.example"}}}, {}, "reboot: expected parameters="),
    ],
)
def test_what_does_not_fit_together_is_refused(data: dict[str, Any], roles: dict[str, str], told: str) -> None:
    with pytest.raises(ConfigurationError, match=told):
        equipped(data, roles=roles)


def test_two_help_desks_that_draft_replies_are_one_too_many() -> None:
    desks = {"zendesk": {"account": "a", "user": "u", "token_env": "Z"}, "freshdesk": {"account": "a", "key_env": "F"}}
    with pytest.raises(ValueError, match="expected one help desk that drafts replies, got zendesk and freshdesk"):
        ActuatorsSettings.model_validate(desks)


def test_roles_without_a_channel_are_told_on_the_console(world: World) -> None:
    world.begin("slack")
    stream = io.StringIO()
    found = equipped(
        {"slack": {"token_env": "S", "address": f"{world.address}/api/"}},
        roles={"on_call": f"slack:{CHANNEL}", "finance": "console"},
        secrets={"S": TOKEN},
        console=ConsoleActuator(stream, kinds=["notify"]),
    )
    hands = Live(found.actuators)
    done = [hands.execute(sample_action(f"to {t}", target=t)) for t in ("on_call", "finance", "owner")]

    assert [d.status for d in done] == ["succeeded"] * 3
    assert (len(world.receiver.kept), len(stream.getvalue().splitlines())) == (1, 2)
