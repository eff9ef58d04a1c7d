from __future__ import annotations

import json
import re

import pytest

from migro.models import Signal
from migro.packs.headless.signals import VOCABULARY
from tests import host_signals
from tests.conftest import ROOT
from tests.observe.payloads import observed, one

CLASSES = {cls.__signal_kind__: cls for cls in VOCABULARY}
EXAMPLES = {s.kind: s for s in host_signals.examples()}
PAGE = ROOT / "docs" / "reference" / "sources" / "host-signals.md"
WRITTEN = re.findall(r"^\{.*\}$", PAGE.read_text(encoding="utf-8"), re.MULTILINE)
# A truncated network is an id of a person's; as one that holds an address it becomes a pseudonym.
HIDDEN = {("payment.attempt", "network"), ("login.attempt", "network")}


def test_the_page_is_made_from_the_vocabulary() -> None:
    page = host_signals.page()

    assert PAGE.read_text(encoding="utf-8") == page, (
        "python -m tests.host_signals > docs/reference/sources/host-signals.md"
    )


def test_the_page_has_an_example_of_every_kind() -> None:
    assert [json.loads(text)["kind"] for text in WRITTEN] == sorted(CLASSES)


@pytest.mark.parametrize("text", WRITTEN, ids=lambda t: json.loads(t)["kind"])
def test_every_kind_of_the_vocabulary_can_be_sent_by_a_host(text: str) -> None:
    signal = one("host_signal", text)
    cls = CLASSES[signal.kind]
    read, told = cls.of(signal), EXAMPLES[signal.kind]

    assert signal.auth == "not_applicable"
    for name in cls.__own_columns__:
        if (signal.kind, name) not in HIDDEN:
            assert getattr(read, name) == getattr(told, name), name


@pytest.mark.parametrize("text", WRITTEN, ids=lambda t: json.loads(t)["kind"])
def test_a_host_signal_that_was_observed_is_the_same_when_it_is_read_again(text: str) -> None:
    first = one("host_signal", text)

    assert one("host_signal", first.json_line()).id == first.id


def test_the_addresses_of_the_shops_own_records_stay_and_others_do_not() -> None:
    def records(*found: str, kind: str = "plan.dns") -> object:
        body = {"kind": kind, "occurred_at": "2026-03-01T00:00:00Z", "attrs": {"records": list(found)}}
        return one("host_signal", body).attrs["records"]

    kept = ("A 192.0.2.7", "AAAA 2001:db8::7", "CNAME shops.example.", "MX 10 mail.example")

    assert records(*kept) == kept
    assert records("TXT owner 192.0.2.7") == ("TXT owner <ip>",)
    assert records("A 192.0.2.7", kind="plan.other") == ("A <ip>",)


def test_a_set_of_facts_is_not_cut() -> None:
    countries = [f"{a}{b}" for a in "ABCDEFGHIJ" for b in "KLMNO"]
    body = {
        "kind": "shop.setup",
        "occurred_at": "2026-03-01T00:00:00Z",
        "attrs": {"served_countries": countries},
    }

    assert one("host_signal", body).attrs["served_countries"] == tuple(countries)


def test_signals_come_one_a_line_and_a_broken_one_stops_no_other() -> None:
    good = WRITTEN[0]

    found = observed("host_signal", f"{good}\nbroken\n{good}").signals

    assert [isinstance(s, Signal) and s.kind == "unknown" for s in found] == [False, True, False]


@pytest.mark.parametrize("place", ["kind", "ids", "attrs", "metrics"])
def test_a_token_is_no_name(place: str) -> None:
    token = "shpat_deadbeefdeadbeefdeadbeef"
    body = {
        "kind": "x",
        "occurred_at": "2026-03-01T00:00:00Z",
        **({"kind": token} if place == "kind" else {place: {token: 1}}),
    }
    signal = one("host_signal", body)

    assert signal.kind == "unknown"
    assert token not in signal.json_line()
