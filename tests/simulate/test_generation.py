"""Every scenario: the same bytes for the same seed, in order, signed as its senders sign, full of planted data."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import re
import subprocess
import sys
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

import pytest

import migro
from migro.errors import ConfigurationError, InputError
from migro.models import MerchantId, Severity, Signal
from migro.observe.settings import ObserveSettings
from migro.packs.headless import RULES
from migro.simulate import ExpectedIssue, RawEnvelope, Simulation, generate, playable, write
from migro.simulate.signing import RECIPES

SIGNED = {"shopify_webhook", "bigcommerce_webhook", "stripe_event", "sentry_webhook", "zendesk_event"}
"""Wire formats whose senders' published recipes are written down here once more."""
every_scenario = pytest.mark.parametrize("scenario", sorted(playable()))


@cache
def played(scenario: str, seed: int = 1) -> Simulation:
    """One generation of a scenario serves everything that is asked of it."""
    return generate(scenario, seed=seed)


def text(envelope: RawEnvelope) -> str:
    return envelope.body if isinstance(envelope.body, str) else json.dumps(dict(envelope.body), ensure_ascii=False)


@cache
def everything(scenario: str) -> str:
    return "\n".join(map(text, played(scenario).envelopes))


def secret_of(simulation: Simulation, envelope: RawEnvelope) -> str:
    (name,) = simulation.settings()[str(envelope.endpoint)]["secrets_env"]
    return simulation.secrets[name]


def fits(envelope: RawEnvelope, secret: str) -> bool:
    """Check a signature by the sender's published recipe, with nothing of migro in it."""
    head, raw, key = envelope.headers, text(envelope), secret.encode()

    def mac(signed: str) -> bytes:
        return hmac.new(key, signed.encode(), hashlib.sha256).digest()

    match envelope.kind:
        case "shopify_webhook":
            return base64.b64encode(mac(raw)).decode() == head["X-Shopify-Hmac-SHA256"]
        case "bigcommerce_webhook":
            signed = f"{head['webhook-id']}.{head['webhook-timestamp']}.{raw}"
            return f"v1,{base64.b64encode(mac(signed)).decode()}" in head["webhook-signature"].split(" ")
        case "stripe_event":
            parts = dict(part.split("=", 1) for part in head["Stripe-Signature"].split(","))
            return mac(f"{parts['t']}.{raw}").hex() == parts["v1"]
        case "sentry_webhook":
            return mac(raw).hex() == head["Sentry-Hook-Signature"]
        case _:
            signed = head["X-Zendesk-Webhook-Signature-Timestamp"] + raw
            return base64.b64encode(mac(signed)).decode() == head["X-Zendesk-Webhook-Signature"]


def stamp_of(envelope: RawEnvelope) -> datetime | None:
    """When the sender signed, for those who say."""
    head = envelope.headers
    if "webhook-timestamp" in head:
        return datetime.fromtimestamp(int(head["webhook-timestamp"]), UTC)
    if "Stripe-Signature" in head:
        return datetime.fromtimestamp(int(head["Stripe-Signature"].split(",")[0][2:]), UTC)
    if "X-Zendesk-Webhook-Signature-Timestamp" in head:
        return datetime.fromisoformat(head["X-Zendesk-Webhook-Signature-Timestamp"])
    return None


def occurred(envelope: RawEnvelope) -> int:
    """When it happened, in seconds since 1970, by the word of shop or payment provider."""
    if "X-Shopify-Triggered-At" in envelope.headers:
        return int(datetime.fromisoformat(envelope.headers["X-Shopify-Triggered-At"]).timestamp())
    body = json.loads(text(envelope))
    return int(body["created"] if "created" in body else body["created_at"])


@every_scenario
def test_one_seed_gives_the_same_twice_and_another_seed_another_story(scenario: str) -> None:
    again, other = generate(scenario, seed=1), played(scenario, 2)

    assert again == played(scenario)
    assert again.truth.json_text() == played(scenario).truth.json_text()
    assert other.envelopes != played(scenario).envelopes


@pytest.mark.parametrize("hash_seed", ["1", "4242"])
def test_another_process_with_another_hash_seed_gives_the_same_bytes(hash_seed: str, tmp_path: Path) -> None:
    program = "import sys; from migro.simulate import generate, write; write(generate('morning', seed=3), sys.argv[1])"
    environment = {"PYTHONHASHSEED": hash_seed, "PYTHONPATH": str(Path(migro.__file__).parent.parent), "LC_ALL": "C"}
    subprocess.run([sys.executable, "-c", program, str(tmp_path / "there")], check=True, env=environment, timeout=60)
    here = write(generate("morning", seed=3), tmp_path / "here")

    assert [p.read_bytes() for p in here] == [(tmp_path / "there" / p.name).read_bytes() for p in here]


def test_every_python_gives_the_bytes_it_gave_before() -> None:
    # Put the new digest here when you change a scenario on purpose, and say so in the changelog.
    written = "\n".join(e.json_line() for e in played("morning").envelopes)

    assert (
        hashlib.sha256(written.encode()).hexdigest()
        == "c6eb521aa9316dd70687ac7936a630df86382094fde5cb57e603192acd832ae4"
    )


def test_an_unknown_scenario_is_refused_with_those_there_are() -> None:
    with pytest.raises(ConfigurationError, match=r"expected a scenario of SC01, SC02, .*SC08, SC08b, .*got 'SC99'"):
        generate("SC99", seed=1)


@pytest.mark.parametrize("seed", [1, 2])
@every_scenario
def test_deliveries_are_in_the_order_of_receipt_and_counted(scenario: str, seed: int) -> None:
    simulation = played(scenario, seed)
    times = [e.received_at for e in simulation.envelopes]
    truth = simulation.truth

    assert times == sorted(times)
    assert (truth.envelopes, truth.events) == (len(times), sum(e.events for e in simulation.envelopes))
    assert all(e.events == text(e).count("\n") for e in simulation.envelopes if e.kind == "web_access_log")
    assert truth.start <= times[0]
    assert truth.start < truth.onset < truth.end


def test_the_first_light_stays_small_enough_to_read() -> None:
    counts = {scenario: played(scenario) for scenario in ("SC01", "SC02", "SC24", "morning")}
    lines = {s: sum(e.events for e in m.envelopes if e.kind == "web_access_log") for s, m in counts.items()}

    assert all(lines[s] <= 900 for s in ("SC01", "SC02", "SC24"))
    assert 1_200 <= counts["morning"].truth.events <= 2_000


@every_scenario
def test_no_scenario_is_more_than_a_judge_can_play(scenario: str) -> None:
    # A platform has 120 shops.
    assert played(scenario).truth.events <= (25_000 if scenario == "SC11" else 8_000)


@pytest.mark.parametrize("scenario", ["morning", "SC08b"])
def test_envelopes_and_truth_are_written_as_one_canonical_line_each(scenario: str, tmp_path: Path) -> None:
    simulation = played(scenario)
    lines, truth = write(simulation, tmp_path / "new" / "place")
    read = [json.loads(line) for line in lines.read_text(encoding="utf-8").splitlines()]

    assert [set(e) - {"auth"} for e in read] == [{"received_at", "kind", "endpoint", "headers", "body"}] * len(read)
    assert read == [e.data() for e in simulation.envelopes]
    assert json.loads(truth.read_text(encoding="utf-8")) == simulation.truth.data()


@every_scenario
def test_signatures_fit_the_raw_body_by_the_senders_recipes(scenario: str) -> None:
    simulation = played(scenario)
    wrong = [e for e in simulation.envelopes if e.kind in SIGNED and not fits(e, secret_of(simulation, e))]

    # The morning holds two that must not fit: one forged, one cut off on its way. SC03 is about another secret.
    meant = {"morning": {"shopify_webhook", "stripe_event"}, "SC03": {"stripe_event"}}
    assert {e.kind for e in wrong} == meant.get(scenario, set())


@every_scenario
def test_whatever_arrives_where_a_secret_is_has_a_recipe_to_be_signed_by(scenario: str) -> None:
    secret = {e.name for e in played(scenario).endpoints if e.secret}

    assert {e.kind for e in played(scenario).envelopes if e.endpoint in secret} <= set(RECIPES)


@pytest.mark.parametrize("seed", [1, 2])
@every_scenario
def test_signed_times_are_fresh_when_received_even_for_late_and_repeated_deliveries(scenario: str, seed: int) -> None:
    stamps = [(e, stamp_of(e)) for e in played(scenario, seed).envelopes]

    assert all(0 <= (e.received_at - stamp).total_seconds() < 300 for e, stamp in stamps if stamp is not None)


@every_scenario
def test_some_deliveries_come_twice_with_the_same_ids_and_body(scenario: str) -> None:
    simulation = played(scenario)
    ids = ("X-Shopify-Webhook-Id", "webhook-id", "Request-ID")
    pushed = [
        (e.kind, e.endpoint, *(e.headers.get(n) for n in ids), text(e))
        for e in simulation.envelopes
        if e.kind in SIGNED
    ]

    assert len(pushed) - len(set(pushed)) >= simulation.truth.duplicates >= 1


@pytest.mark.parametrize("scenario", ["SC01", "SC02", "SC24"])
def test_nearly_every_run_has_deliveries_that_overtake_others(scenario: str) -> None:
    def overtaken(seed: int) -> bool:
        kinds = SIGNED - {"sentry_webhook", "zendesk_event"}
        happened = [occurred(e) for e in generate(scenario, seed=seed).envelopes if e.kind in kinds]
        return happened != sorted(happened)

    assert sum(map(overtaken, range(1, 13))) >= 9


@every_scenario
def test_planted_personal_data_is_really_in_the_payloads(scenario: str) -> None:
    simulation = played(scenario)
    raw = everything(scenario)

    assert {"email", "phone", "name", "ip"} <= set(simulation.truth.planted)
    assert [v for values in simulation.truth.planted.values() for v in values if v not in raw] == []


@every_scenario
def test_card_numbers_are_only_test_cards(scenario: str) -> None:
    cards = simulation_cards(everything(scenario))

    assert cards <= {"4111 1111 1111 1111", "5555 5555 5555 4444", "4000 0566 5566 5556"}
    assert cards or scenario not in ("SC02", "SC24", "morning")


def simulation_cards(raw: str) -> set[str]:
    return set(re.findall(r"\b\d{4} \d{4} \d{4} \d{4}\b", raw))


@every_scenario
def test_every_address_of_mail_host_and_network_is_one_kept_for_examples(scenario: str) -> None:
    raw = everything(scenario)
    mails = set(re.findall(r"(?:@|%40)([\w-]+(?:\.[\w-]+)+)(?![\w.-]*@)", raw))
    addresses = re.findall(r"\b(\d{1,3}\.\d{1,3}\.\d{1,3})\.\d{1,3} - -", raw)

    assert all(re.search(r"(^|\.)example(\.(org|net|com))?$", host) for host in mails)
    assert set(addresses) <= {"192.0.2", "198.51.100", "203.0.113"}


@every_scenario
def test_every_endpoint_has_settings_and_every_secret_a_value_that_is_plainly_invented(scenario: str) -> None:
    simulation = played(scenario)
    settings_ = simulation.settings()
    named = {name for endpoint in settings_.values() for name in endpoint["secrets_env"]}

    assert {e.endpoint for e in simulation.envelopes} <= set(settings_)
    assert named == set(simulation.secrets)
    assert all(re.fullmatch(r"MIGRO_DEMO_[A-Z]+[0-9]*_[A-Z]+", name) for name in named)
    assert all(value.startswith("demo-only-") for value in simulation.secrets.values())
    assert {s["merchant"] for s in settings_.values()} == set(simulation.truth.merchants)


@every_scenario
def test_the_settings_are_settings_of_the_observer(scenario: str) -> None:
    simulation = played(scenario)
    read = ObserveSettings.model_validate({"endpoints": simulation.settings()})

    assert all(read.endpoint(e.endpoint).env == "production" for e in simulation.envelopes)


def test_the_data_of_an_envelope_is_a_copy() -> None:
    simulation = generate("SC01", seed=1)
    changed = [e.data() for e in simulation.envelopes]
    for data in changed:
        data["headers"].clear()
        if isinstance(data["body"], dict):
            for value in data["body"].values():
                if isinstance(value, dict):
                    value.clear()

    assert simulation == generate("SC01", seed=1)


@every_scenario
def test_what_the_host_says_reads_as_signals_of_the_vocabulary(scenario: str) -> None:
    said = [e.body for e in played(scenario).envelopes if e.kind == "host_signal" and not isinstance(e.body, str)]
    few = [body for kind in {b["kind"] for b in said} for body in [b for b in said if b["kind"] == kind][:30]]
    signals = [RULES.signals.get(body["kind"], Signal).from_data(dict(body)) for body in few]

    assert signals
    assert all(s.env in ("production", "staging") and s.merchant is not None for s in signals)


@every_scenario
def test_the_truth_is_about_merchants_that_take_part_and_times_inside_the_scenario(scenario: str) -> None:
    truth = played(scenario).truth
    expected = {(i.merchant, i.kind) for i in truth.issues}

    about = {i.merchant for i in truth.issues} | {a.merchant for a in truth.actions}

    assert about <= {*truth.merchants, "platform"}
    assert all(truth.start <= i.onset < truth.end for i in truth.issues)
    assert expected.isdisjoint({(f.merchant, f.kind) for f in truth.forbidden})
    systemic = {kind.name for kind in RULES.kinds.values() if kind.systemic}
    assert {i.parent for i in truth.issues if i.parent} <= {i.kind for i in truth.issues} | systemic
    assert {a.issue for a in truth.actions if a.issue} <= {i.kind for i in truth.issues}
    assert {a.kind for a in truth.actions}.isdisjoint(truth.forbidden_verbs)
    assert {"refund", "purge", "delete", "rollback"} <= set(truth.forbidden_verbs)


def test_a_severity_interval_the_wrong_way_round_is_refused() -> None:
    with pytest.raises(InputError, match="from mild to grave, got SEV1 to SEV3 - at some_mode"):
        ExpectedIssue(
            kind="some_mode",
            merchant=MerchantId("m"),
            onset=datetime(2026, 3, 2, tzinfo=UTC),
            mildest=Severity.SEV1,
            gravest=Severity.SEV3,
        )
