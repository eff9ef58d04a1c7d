"""Labels and logs: what a sender has called a merchant shows nothing of a person and steers nothing."""

from __future__ import annotations

import json
import logging

import pytest

from migro.vitals.labels import label
from migro.vitals.logs import JsonLines, TextLines

BAD = {
    "4111 1111 1111 1111": "<card>#",
    "4111111111111111": "<card>#",
    "DE89 3704 0044 0532 0130 00": "<iban>#",
    "ada@example.com": "<email>#",
    "+49 170 1234567": "<phone>#",
    "a\nb": "a b#",
    "a\u202eb": "ab#",
    "a" * 500: "a" * 100 + "#",
}


@pytest.mark.parametrize("name", BAD)
def test_what_is_not_for_monitors_is_taken_out_and_leaves_a_mark(name: str) -> None:
    shown = label(name)

    assert shown[:-8] == BAD[name]
    assert shown.isprintable()
    assert label(name + "2") != shown


@pytest.mark.parametrize("name", ["", "mugs", "shop-a.myshopify.com", "5012345678", "62781-99182", "Käse & Wein"])
def test_a_name_of_a_merchant_stays_as_it_is(name: str) -> None:
    assert label(name) == name


@pytest.mark.parametrize("lines", [JsonLines(), TextLines()])
def test_logs_show_partitions_so(lines: logging.Formatter) -> None:
    record = logging.makeLogRecord({"msg": "decided", "name": "migro.decisions", "partition": "ada@example.com\u2028"})

    assert "<email>#" in lines.format(record)
    assert "ada" not in lines.format(record)


def test_a_line_of_json_is_one_line_whoever_reads_it() -> None:
    line = JsonLines().format(logging.makeLogRecord({"msg": "one\u2028two\u0085three", "name": "migro"}))

    assert len(line.splitlines()) == 1
    assert json.loads(line)["message"] == "one\u2028two\u0085three"
