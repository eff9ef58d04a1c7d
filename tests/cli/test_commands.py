"""The command as its user meets it: every command that the reference names, on files of its own."""

from __future__ import annotations

import base64
import hmac
import json
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import RunPython

ORDER = {
    "id": 820982911946154508,
    "admin_graphql_api_id": "gid://shopify/Order/820982911946154508",
    "created_at": "2026-03-02T09:00:00+01:00",
    "updated_at": "2026-03-02T09:00:00+01:00",
    "email": "ada.planted@shopper.example",
    "total_price": "59.90",
    "currency": "EUR",
}
# Not today, up to which an agent would pass every hour since then.
RECEIVED = {"received_at": "2026-03-02T09:00:05Z"}
LINES = (
    '198.51.100.7 - - [02/Mar/2026:09:00:00 +0000] "GET /products/mug HTTP/1.1" 200 512 "-" "Mozilla/5.0"\n'
    '198.51.100.8 - - [02/Mar/2026:09:00:01 +0000] "POST /cart HTTP/1.1" 500 12 "-" "Mozilla/5.0"\n'
    "this is no log line\n"
)


@pytest.fixture
def payloads(tmp_path: Path) -> Path:
    """A directory of payload files, one of them broken and one that nobody understands."""
    folder = tmp_path / "payloads"
    folder.mkdir()
    order = folder / "shopify_webhook__orders_create.json"
    order.write_text(json.dumps(ORDER), "utf-8")
    headers = {"X-Shopify-Topic": "orders/create", "X-Shopify-Shop-Domain": "planted.myshopify.com"}
    meta = folder / "shopify_webhook__orders_create.json.meta.json"
    meta.write_text(json.dumps({"kind": "shopify_webhook", "headers": headers} | RECEIVED), "utf-8")
    others = {
        "web_access_log__three.log": LINES,
        "shopify_webhook__broken.json": '{"id": 1, ',
        "carrier_pigeon__note.json": '{"coo": true}',
    }
    for name, text in others.items():
        (folder / name).write_text(text, "utf-8")
        (folder / f"{name}.meta.json").write_text(json.dumps(RECEIVED), "utf-8")
    return folder


def lines(text: str) -> list[Any]:
    return [json.loads(line) for line in text.splitlines()]


def test_observe_prints_one_signal_for_each_event_and_nothing_personal(run_python: RunPython, payloads: Path) -> None:
    done = run_python("-m", "migro", "observe", str(payloads))
    signals = lines(done.stdout)

    assert done.returncode == 0, done.stderr
    assert sorted(s["kind"] for s in signals) == ["http.request", "http.request", "order", *["unknown"] * 3]
    assert all(s["reason"] for s in signals if s["kind"] == "unknown")
    order = next(s for s in signals if s["kind"] == "order")
    assert (order["merchant"], order["ids"]["order_id"]) == ("planted.myshopify.com", "820982911946154508")
    assert order["occurred_at"] == "2026-03-02T08:00:00Z"
    assert "ada.planted" not in done.stdout
    assert "198.51.100" not in done.stdout


def test_observe_takes_kind_and_headers_from_the_command_line(run_migro: RunPython, tmp_path: Path) -> None:
    (tmp_path / "body").write_text(json.dumps(ORDER), "utf-8")
    (tmp_path / "heads.json").write_text('{"X-Shopify-Topic": "orders/create"}', "utf-8")

    done = run_migro("observe", "--kind", "shopify_webhook", "--headers", "heads.json", "body")

    assert [s["topic"] for s in lines(done.stdout)] == ["order.created"]


def test_run_gives_every_event_one_disposition_and_the_counts_add_up(run_migro: RunPython, payloads: Path) -> None:
    done = run_migro("run", "--format", "json", "--memory", "volatile:", str(payloads))
    found = json.loads(done.stdout)
    counts = found["counts"]

    assert done.returncode == 0, done.stderr
    assert len(found["dispositions"]) == counts["accepted"] == 6
    assert counts["adds_up"] is True
    names = ("pending", "failed", "dropped", "suppressed", "opened", "merged", "recorded")
    assert sum(counts[n] for n in names) == 6
    not_understood = [d for d in found["dispositions"] if d["reason"].startswith("not understood")]
    assert sorted(d["where"].partition("#")[0] for d in not_understood) == [
        "carrier_pigeon__note.json",
        "shopify_webhook__broken.json",
        "web_access_log__three.log",
    ]


def test_run_a_second_time_does_nothing_twice(run_migro: RunPython, payloads: Path) -> None:
    for _ in range(2):
        done = run_migro("run", "--format", "json", str(payloads))

    found = json.loads(done.stdout)

    assert found["counts"]["dropped"] == found["counts"]["accepted"] == 6
    assert found["decisions"] == []


def test_run_reads_the_lines_of_standard_input_and_names_a_broken_one(tmp_path: Path, run_migro: RunPython) -> None:
    envelope = {"received_at": "2026-03-02T09:00:03Z", "kind": "shopify_webhook", "headers": {}, "body": ORDER}
    (tmp_path / "in.jsonl").write_text(json.dumps(envelope) + "\n{broken\n", "utf-8")

    done = run_migro("run", "--memory", "volatile:", "in.jsonl")

    assert done.returncode == 1
    assert "unreadable in.jsonl:2" in done.stdout
    assert "accepted 1 = " in done.stdout


def test_simulate_run_and_explain_go_together(run_migro: RunPython) -> None:
    made = run_migro("simulate", "SC02", "--seed", "4", "--out", "made")
    assert made.returncode == 0, made.stderr

    done = run_migro("run", "--config", "made/SC02/migro.toml", "--memory", "kept.db", "--format", "jsonl",
        "--only", "decisions", "made/SC02/envelopes.jsonl",
    )  # fmt: skip
    decisions = [r for r in lines(done.stdout) if r["record"] == "decision"]
    wanted = next(d for d in decisions if d["issue"]["kind"] == "checkout_handoff_404")

    text = run_migro("explain", wanted["id"][:16], "--memory", "kept.db").stdout
    data = json.loads(run_migro("explain", wanted["issue"]["id"], "--memory", "kept.db", "--format", "json").stdout)

    for heading in (
        "Confidence",
        "prior",
        "Severity",
        "Impact",
        "Guard",
        "Action",
        "Outcome",
        "signals sig_",
        "Rule set",
    ):
        assert heading in text
    assert data["issue"]["kind"] == "checkout_handoff_404"
    explanation = data["explanation"]
    total = explanation["prior"] + sum(c["counted"] for c in explanation["contributions"])
    assert explanation["score"] == total + sum(a["after"] - a["before"] for a in explanation["adjustments"])

    signal = explanation["contributions"][0]["premise"]["parts"] or [explanation["contributions"][0]["premise"]]
    shown = run_migro("explain", signal[0]["signals"][0]["id"], "--memory", "kept.db")
    assert "Became" in shown.stdout


def test_demo_is_the_same_twice_and_says_where_to_go_on(run_python: RunPython, run_migro: RunPython) -> None:
    # One in a process of its own, in which sets of strings have another order.
    first, second = run_python("-m", "migro", "demo", "--seed", "5"), run_migro("demo", "--seed", "5")

    assert first.returncode == 0, first.stderr
    assert first.stdout == second.stdout
    assert first.stderr == ""
    for command in [line.strip() for line in first.stdout.splitlines() if line.startswith("  migro ")]:
        done = run_migro(*command.split()[1:])
        assert done.returncode == 0, f"{command}: {done.stderr}"


@pytest.mark.parametrize("scenario", ["SC02", "SC24"])
def test_demo_names_a_failure_mode_that_occurred(run_migro: RunPython, scenario: str) -> None:
    done = run_migro("demo", "--scenario", scenario)
    table, _, following = done.stdout.partition("Next:")
    mode = following.partition("rules show ")[2].split()[0]

    assert f"  {mode} " in table
    assert f"migro simulate {scenario} " in following


@pytest.mark.parametrize("format", ["json", "jsonl"])
def test_demo_prints_decisions_as_data(run_migro: RunPython, format: str) -> None:
    done = run_migro("demo", "--scenario", "SC24", "--format", format)
    data = json.loads(done.stdout)["decisions"] if format == "json" else lines(done.stdout)

    wanted = {"id", "at", "merchant", "scope", "issue", "outcome", "actions", "because", "ruleset", "policy", "mode"}
    assert data
    assert all(wanted <= d.keys() for d in data)


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (("demo", "--scenario", "SC99"), 2, "SC99"),
        (("simulate", "SC99", "--out", "x"), 2, "SC99"),
        (("run", "--rules", "no.such:RULES", "x"), 2, "cannot import 'no.such'"),
        (("run", "--rules", "json:dumps", "x"), 2, "expected a RuleSet, got function"),
        (("run", "--memory", "postgres://x", "x"), 2, "postgres://x"),
        (("run", "--memory", "volatile:", "--only", "decisions", "no-such-file"), 1, "no-such-file"),
        (("observe", "no-such-file"), 1, "no-such-file"),
        (("observe", "--headers", "none.json", "x"), 2, "none.json"),
        (("observe", "--received-at", "yesterday", "x"), 2, "yesterday"),
        (("explain", "dec_00", "--memory", "volatile:"), 1, "dec_00"),
        (("rules", "show", "no.such.rule"), 1, "no.such.rule"),
        (("rules",), 2, "COMMAND"),
        ((), 2, "COMMAND"),
    ],
)
def test_a_mistake_is_told_with_the_right_exit_code_and_no_traceback(
    run_migro: RunPython, arguments: tuple[str, ...], code: int, words: str
) -> None:
    done = run_migro(*arguments)

    assert (done.returncode, "Traceback" in done.stderr) == (code, False)
    assert words in done.stderr


@pytest.mark.parametrize(("arguments", "code"), [(("observe", "no-such-file"), 1), ((), 2)])
def test_a_process_ends_with_the_exit_code_of_the_command(
    run_python: RunPython, arguments: tuple[str, ...], code: int
) -> None:
    done = run_python("-m", "migro", *arguments)

    assert (done.returncode, done.stdout, "Traceback" in done.stderr) == (code, "", False)
    assert done.stderr != ""


def test_a_wrong_setting_is_named_with_its_file(run_migro: RunPython, tmp_path: Path) -> None:
    (tmp_path / "migro.toml").write_text('[policy]\nmode = "reckless"\napprovals = 1\n', "utf-8")

    done = run_migro("run", "x")

    assert done.returncode == 2
    for words in (
        "policy.mode: expected one of off, shadow, assist, auto, got 'reckless'",
        "policy.approvals: extra inputs are not permitted, got 1",
        "migro.toml",
    ):
        assert words in done.stderr
    assert "[" not in done.stderr


def test_rules_show_lists_modes_and_shows_one_and_a_rule(run_migro: RunPython) -> None:
    listed = run_migro("rules", "show").stdout
    mode = run_migro("rules", "show", "checkout_handoff_404").stdout
    data = lines(run_migro("rules", "show", "--format", "jsonl").stdout)

    assert "checkout / checkout_handoff_404" in listed
    assert "SEV1" in mode.partition("How bad it is")[2].partition("What speaks for it")[0]
    assert {"id", "version", "document"} <= data[0].keys()
    assert "example" in run_migro("rules", "show", data[0]["id"]).stdout


def test_explain_makes_no_memory_where_there_is_none(run_migro: RunPython, tmp_path: Path) -> None:
    done = run_migro("explain", "dec_00", "--memory", "nowhere.db")

    assert (done.returncode, "expected a memory that exists" in done.stderr) == (2, True)
    assert not (tmp_path / "nowhere.db").exists()


def signed(secret: str, body: str) -> dict[str, str]:
    mac = base64.b64encode(hmac.digest(secret.encode(), body.encode(), "sha256")).decode()
    return {"X-Shopify-Topic": "orders/create", "X-Shopify-Webhook-Id": "one", "X-Shopify-Hmac-SHA256": mac}


def test_a_forged_delivery_does_not_take_the_place_of_the_genuine_one(run_python: RunPython, tmp_path: Path) -> None:
    (tmp_path / "migro.toml").write_text('[observe.endpoints.shop]\nsecrets_env = ["SHOP_SECRET"]\n', "utf-8")
    body = json.dumps(ORDER)
    envelopes = [
        {"received_at": f"2026-03-02T09:00:0{n}Z", "kind": "shopify_webhook", "endpoint": "shop", "body": body}
        | {"headers": signed(secret, body)}
        for n, secret in enumerate(("wrong", "right", "right"))
    ]
    (tmp_path / "in.jsonl").write_text("".join(json.dumps(e) + "\n" for e in envelopes), "utf-8")
    code = (
        "import os, sys; os.environ['SHOP_SECRET'] = 'right'; from migro.cli import main; sys.exit(main(sys.argv[1:]))"
    )

    done = run_python("-c", code, "run", "--memory", "volatile:", "--format", "json", "in.jsonl")
    reasons = [(d["name"], d["reason"].split(":")[0]) for d in json.loads(done.stdout)["dispositions"]]

    assert reasons[0] == ("dropped", "signature")
    assert reasons[1][0] == "recorded"
    assert reasons[2] == ("dropped", "duplicate")


def test_secrets_that_are_not_set_are_named(run_migro: RunPython, tmp_path: Path) -> None:
    (tmp_path / "migro.toml").write_text('[observe.endpoints.shop]\nsecrets_env = ["SHOP_SECRET"]\n', "utf-8")
    (tmp_path / "x.json").write_text("{}", "utf-8")

    assert "SHOP_SECRET" in run_migro("observe", "x.json").stderr


def test_a_wrong_word_in_the_meta_file_is_told_and_the_name_of_the_file_holds(
    run_migro: RunPython, tmp_path: Path
) -> None:
    (tmp_path / "sentry_webhook__x.json").write_text(json.dumps(ORDER), "utf-8")
    meta = {"kind": 5, "received_at": "2026-05-04 07:00"}
    (tmp_path / "sentry_webhook__x.json.meta.json").write_text(json.dumps(meta), "utf-8")

    done = run_migro("run", "--memory", "volatile:", "sentry_webhook__x.json")

    assert "kind: expected a string, got int" in done.stdout
    assert "received_at: expected an ISO 8601 time with a zone" in done.stdout
    assert "order.created" not in done.stdout
