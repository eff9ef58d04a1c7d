"""A caller tries again where that helps, obeys who says how long to wait, and gives nothing away."""

from __future__ import annotations

import socket
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import httpx2
import pytest

from migro.errors import ConfigurationError
from migro.poll import Caller
from migro.poll.asking import Answer, Ask, Judged, Trouble
from migro.poll.bigcommerce import bigcommerce_caller
from migro.poll.shopify import shopify_caller
from tests.poll.platform import Platform
from tests.poll.shop import TOKEN, shopify

LIST = Ask(path="/orders.json", params={"limit": "1"})


def content(answer: Answer) -> Judged:
    """Whatever has status 200 can be read; 429 says in its body how long to wait."""
    if answer.status == 200:
        return Judged()
    wait = int(answer.headers.get("retry-after", "-1"))
    wait_ms = wait * 1000 if wait >= 0 else None
    return Judged(trouble=Trouble(result="throttled", reason=str(answer.status), again=True, wait_ms=wait_ms))


def test_it_tries_again_until_it_is_heard(platform: Platform, address: str) -> None:
    platform.faults = ["status:503", "cut", "status:429@0"]

    called = shopify(address).call(LIST, content)

    assert called.trouble is None
    assert called.answer is not None
    assert [(t.result, t.status) for t in called.tries] == [
        ("throttled", 503),
        ("failed", None),
        ("throttled", 429),
        ("ok", 200),
    ]


def test_it_gives_up_after_so_many_tries(platform: Platform, address: str) -> None:
    platform.faults = ["status:503"] * 9

    called = shopify(address, tries=3).call(LIST, content)

    assert (called.trouble and called.trouble.reason, len(called.tries), len(platform.asked)) == ("503", 3, 3)


def test_it_does_not_wait_longer_than_it_has_patience(platform: Platform, address: str) -> None:
    platform.faults = ["status:429@61"] * 2

    called = shopify(address, patience_s=60).call(LIST, content)

    assert called.trouble is not None
    assert (called.trouble.wait_ms, len(called.tries)) == (61_000, 1)


def test_it_does_not_try_again_what_cannot_help(platform: Platform, address: str) -> None:
    called = shopify(address).call(LIST, lambda _: Judged(trouble=Trouble(result="failed", reason="no")))

    assert len(called.tries) == 1


def test_an_answer_that_is_too_large_is_not_read(platform: Platform, address: str) -> None:
    platform.faults = ["large:4096"] * 9

    called = shopify(address, max_bytes=4095).call(LIST, content)

    assert called.trouble is not None
    assert called.trouble.reason == "expected an answer, got DecodingError"
    assert len(called.tries) == 1


def test_it_follows_no_redirect(platform: Platform, address: str) -> None:
    platform.faults = ["elsewhere"]

    called = shopify(address).call(LIST, lambda a: Judged(trouble=Trouble(result="failed", reason=str(a.status))))

    assert called.trouble is not None
    assert called.trouble.reason == "302"
    assert len(platform.asked) == 1


@contextmanager
def silent_server() -> Iterator[str]:
    """Takes a connection and never says a word."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        held: list[socket.socket] = []
        server.settimeout(5)

        def take() -> None:
            held.append(server.accept()[0])

        thread = threading.Thread(target=take)
        thread.start()
        yield f"http://127.0.0.1:{server.getsockname()[1]}"
        thread.join()
        for one in held:
            one.close()


def test_who_says_nothing_is_given_up() -> None:
    with silent_server() as address, Caller(address, timeout_s=1, tries=1) as caller:
        called = caller.call(LIST, content)

    assert called.trouble is not None
    assert called.trouble.reason == "expected an answer, got ReadTimeout"


def test_nobody_there_is_no_error() -> None:
    with Caller("http://127.0.0.1:9", tries=2, first_wait_ms=1) as caller:
        called = caller.call(LIST, content)

    assert called.trouble is not None
    assert called.trouble.reason == "expected an answer, got ConnectError"
    assert len(called.tries) == 2


def test_credentials_stand_in_no_message(address: str) -> None:
    with Caller(f"{address}/admin", headers={"X-Token": TOKEN}, tries=1) as caller:
        ask = Ask(path="/x", params={"secret": TOKEN})
        called = caller.call(ask, lambda _: Judged(trouble=Trouble(result="failed", reason="no")))

        assert TOKEN not in repr((caller, called))


def test_a_client_of_ones_own_stays_open(platform: Platform, address: str) -> None:
    with httpx2.Client() as client:
        with Caller(address, client=client) as caller:
            caller.call(LIST, content)
        with Caller(address, client=client) as caller:
            assert caller.call(LIST, content).trouble is None


@pytest.mark.parametrize(("wrong", "where"), [({"address": "shop.example"}, "address"), ({"tries": 0}, "tries")])
def test_what_cannot_work_is_refused_when_it_is_made(wrong: dict[str, object], where: str) -> None:
    with pytest.raises(ConfigurationError, match=f"at {where}"):
        Caller(**{"address": "https://shop.example", **wrong})  # type: ignore[arg-type]


@pytest.mark.parametrize("package", ["httpx2", "stamina"])
def test_a_package_that_is_not_there_is_named(package: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, package, None)

    with pytest.raises(ConfigurationError, match=rf"expected the package {package} to ask .*install the extra"):
        Caller("https://shop.example")


def test_the_platforms_addresses_are_known() -> None:
    with shopify_caller("mugs.myshopify.com", TOKEN, version="2026-04") as one, bigcommerce_caller("k1", TOKEN) as two:
        assert (one.address, one.version) == ("https://mugs.myshopify.com/admin/api/2026-04", "2026-04")
        assert (two.address, two.version) == ("https://api.bigcommerce.com/stores/k1", None)
