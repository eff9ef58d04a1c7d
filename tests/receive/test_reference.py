"""The page on receiving says what the code does."""

from __future__ import annotations

import re
import tomllib

from migro.observe import EndpointSettings, ObserveSettings, ReceiveSettings
from migro.observe.formats import KINDS
from migro.receive.customs import retryable
from tests.conftest import ROOT

PAGE = (ROOT / "docs" / "reference" / "receiving.md").read_text(encoding="utf-8")


def test_the_page_shows_the_default_limits() -> None:
    block = re.search(r"^```toml\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)

    assert block is not None
    told = tomllib.loads(block[1])["observe"]
    assert ObserveSettings.model_validate(told).receive == ReceiveSettings()
    assert set(told["receive"]) == set(ReceiveSettings.model_fields)


def test_the_page_lists_every_sender_that_hears_another_status() -> None:
    rows = re.findall(r"^\| ((?:`\w+`(?:, )?)+) \| (\d+) \| (\d+) \|", PAGE, re.MULTILINE)
    shown = {kind: (int(busy), int(full)) for kinds, busy, full in rows for kind in re.findall(r"\w+", kinds)}
    real = {k: (retryable(409, k, EndpointSettings()), retryable(429, k, EndpointSettings())) for k in KINDS}

    assert shown == {kind: statuses for kind, statuses in real.items() if statuses != (409, 429)}


def test_the_page_lists_every_setting_of_an_endpoint_that_is_about_receiving() -> None:
    assert {"secret_in_path", "only_5xx"} == {n for n, f in EndpointSettings.model_fields.items() if f.exclude}
    assert all(f"| `{name}` |" in PAGE for name in ("secret_in_path", "only_5xx"))
