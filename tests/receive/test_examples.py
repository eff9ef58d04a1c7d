"""Each example receives behind the real server of its framework: bytes, headers and answers pass unchanged."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import ModuleType

import pytest

from migro.receive import Receiver
from tests.conftest import ROOT
from tests.receive.serving import deliver
from tests.receive.shop import SHOP, dispositions, order, shopify, signals

SECRET = "a secret of the test"
FRAMEWORKS = ["flask", "fastapi", "django"]


def loaded(name: str) -> ModuleType:
    """The example as a module of its own, with a memory of its own."""
    spec = importlib.util.spec_from_file_location(name, ROOT / "examples" / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module  # Django imports its addresses by this name
    spec.loader.exec_module(module)
    return module


@pytest.fixture(params=FRAMEWORKS, scope="module")
def served(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[int, Receiver]]:
    """The port that an example serves on, and its receiver."""
    name = f"receive_{request.param}"
    path: Path = tmp_path_factory.mktemp(name) / "journal.db"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MIGRO_MEMORY", f"sqlite:///{path}")
        patch.setenv("SHOP_SECRET", SECRET)
        module = loaded(name)
        with module.serving() as port:
            yield port, module.receiver
        module.memory.close()
        del sys.modules[name]


def test_the_signature_is_checked_over_the_bytes_that_were_sent(served: tuple[int, Receiver]) -> None:
    port, receiver = served
    raw = b"\xef\xbb\xbf" + order(1, note="gürtel \U0001f600").replace(b", ", b" ,\r\n\t ")
    right = deliver(port, raw, shopify(raw, secret=SECRET), path="/in/shop?from=test")
    wrong = deliver(port, raw.replace(b"\r", b""), shopify(raw, secret=SECRET))

    assert right is not None
    assert (right[0], right[2]) == (202, b"")
    assert wrong is not None
    assert wrong[0] == 401
    stored = next(s for s in signals(receiver.memory) if s.kind == "order")
    assert (stored.merchant, stored.auth) == (SHOP, "verified")


def test_a_form_is_not_read_away_by_the_framework(served: tuple[int, Receiver]) -> None:
    port, _ = served
    raw = b"payload=%7B%22type%22%3A%22block_actions%22%7D&x=1"
    headers = shopify(raw, secret=SECRET) | {"Content-Type": "application/x-www-form-urlencoded"}
    answer = deliver(port, raw, headers)

    assert answer is not None
    assert answer[0] == 202


def test_refusals_reach_the_sender_with_their_headers(served: tuple[int, Receiver]) -> None:
    port, receiver = served
    raw = order(2)
    headers = shopify(raw, secret=SECRET)
    answers = [
        deliver(port, raw, shopify(raw, secret="a guess")),
        deliver(port, raw, headers, path="/in/nobody"),
        deliver(port, b"", {}, method="GET"),
        deliver(port, b" " * (receiver.limit + 1), headers),
    ]

    assert [a[0] if a is not None else None for a in answers] == [401, 404, 405, 413]
    assert answers[2] is not None
    assert answers[2][1]["allow"] == "POST"
    assert all(a is not None and a[1]["content-type"].startswith("text/plain") for a in answers)


def test_what_many_senders_deliver_at_once_is_stored_once_each(served: tuple[int, Receiver]) -> None:
    port, receiver = served

    def send(number: int) -> int:
        raw = order(100 + number % 20)
        while True:
            answer = deliver(port, raw, shopify(raw, secret=SECRET))
            assert answer is not None
            if answer[0] not in (409, 503):
                return answer[0]

    with ThreadPoolExecutor(8) as senders:
        statuses = set(senders.map(send, range(60)))
    receiver.think()

    orders = [s.ids["order_id"] for s in signals(receiver.memory) if s.ids.get("order_id", "")[-3:] >= "100"]
    assert statuses == {202}
    assert len(orders) == len(set(orders)) == 20
    assert dispositions(receiver.memory)["pending"] == 0
