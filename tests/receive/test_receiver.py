"""What is answered to whom, and what is stored by then."""

from __future__ import annotations

import gzip
import json
import threading
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest

from migro.agent import partition_of
from migro.errors import ConfigurationError, StoreUnavailable
from migro.models import Accepted, ConfigChanged, Input, SignalReceived
from migro.observe import EndpointSettings
from migro.receive import Receiver
from migro.remember import VolatileMemory
from migro.replay import replay
from migro.testing import FixedClock
from tests.receive.shop import (
    ENDPOINTS,
    SHOP,
    agent,
    alerts,
    dispositions,
    inputs,
    observer,
    order,
    push,
    receiver,
    shopify,
    signals,
)


class Broken(VolatileMemory):
    """A memory that can be told to fail."""

    def __init__(self) -> None:
        super().__init__()
        self.failing = False
        self.calls = 0

    def accept(self, partition: str, inputs: Sequence[Input]) -> tuple[Accepted, ...]:
        self.calls += 1
        if self.failing:
            raise StoreUnavailable("expected a disk, got none")
        return super().accept(partition, inputs)


class Slow(VolatileMemory):
    """A memory that stores only when it is allowed to."""

    def __init__(self) -> None:
        super().__init__()
        self.begun = threading.Event()
        self.go_on = threading.Event()

    def accept(self, partition: str, inputs: Sequence[Input]) -> tuple[Accepted, ...]:
        self.begun.set()
        assert self.go_on.wait(30)
        return super().accept(partition, inputs)


# --- accepted --------------------------------------------------------------------------------------------------------


def test_a_proven_delivery_is_stored_and_answered_202() -> None:
    taking = receiver()
    reply = push(taking, order())

    assert (reply.status, reply.body) == (202, b"")
    (stored,) = signals(taking.memory)
    assert (stored.kind, stored.merchant, stored.auth, stored.env) == ("order", SHOP, "verified", "production")
    assert dispositions(taking.memory) == {"pending": 1}


def test_whoever_wants_to_know_hears_of_each_new_delivery_that_is_proven_and_stored() -> None:
    heard: list[tuple[str, list[str]]] = []
    taking = Receiver(
        agent(),
        observer(),
        clock=FixedClock(),
        notice=lambda _: None,
        on_signals=lambda name, found: heard.append((name, [s.kind for s in found])),
    )
    answers = [push(taking, order()).status for _ in range(2)]
    answers.append(push(taking, order(2), shopify(order(3))).status)
    answers.append(push(taking, order(4), {}, path="/in/open").status)

    assert answers == [202, 202, 401, 202]
    assert [found for found in heard if found[1]] == [("shop", ["order"])]


def test_the_answer_is_a_tuple_of_status_headers_and_body() -> None:
    status, headers, body = push(receiver(), order())

    assert (status, dict(headers), body) == (202, {}, b"")


def test_nothing_is_thought_about_while_the_sender_waits() -> None:
    taking = receiver()
    for number in range(3):
        push(taking, order(number))
    before = (dispositions(taking.memory), list(taking.memory.read("decisions")))
    decisions = taking.think()

    assert before == ({"pending": 3}, [])
    assert [d.issue.kind for d in decisions] == ["orders_stuck"]
    assert dispositions(taking.memory)["pending"] == 0


def test_a_new_journal_begins_with_the_rules_in_force_so_that_a_replay_compares_all_of_it() -> None:
    taking = receiver()
    for number in range(3):
        push(taking, order(number))
    taking.think()

    assert taking.agent is not None
    first = inputs(taking.memory)[0]
    assert isinstance(first, ConfigChanged)
    assert taking.agent.decides_as(first)
    report = replay(taking.memory, taking.agent.fold)
    assert report.differences == ()
    assert report.compared == report.inputs


def test_a_receiver_with_a_memory_alone_takes_in_what_an_agent_elsewhere_thinks_about() -> None:
    memory = VolatileMemory()
    taking = receiver(memory)
    replies = [push(taking, order(number)).status for number in range(3)]
    elsewhere = agent(memory)
    decisions = elsewhere.tick(FixedClock().now())

    assert replies == [202, 202, 202]
    assert [d.issue.kind for d in decisions] == ["orders_stuck"]
    with pytest.raises(ConfigurationError, match="expected a receiver made with an agent"):
        taking.think()


def test_a_second_delivery_is_answered_like_the_first_and_counts_once() -> None:
    taking = receiver()
    replies = [push(taking, order()).status for _ in range(2)]
    taking.think()
    replies += [push(taking, order()).status]
    taking.think()

    assert replies == [202, 202, 202]
    assert len(signals(taking.memory)) == 1
    assert dispositions(taking.memory) == {"recorded": 1, "dropped": 2}


def test_every_event_of_a_delivery_is_stored_before_the_answer() -> None:
    taking = receiver()
    raw = alerts("down", "slow", "odd")
    reply = push(taking, raw, {"x-migro-secret": "in-a-header"}, "/in/monitor")

    assert reply.status == 202
    assert [s.kind for s in signals(taking.memory)] == ["alert"] * 3
    assert {s.auth for s in signals(taking.memory)} == {"static_secret"}


@pytest.mark.parametrize("raw", [b"", b"\xff\xfe\x00", b"{", b"[[[]]]", b"null", b"\x00" * 50, b'{"a": NaN}'], ids=repr)
def test_what_is_not_understood_is_kept_as_unknown_and_never_refused_for_it(raw: bytes) -> None:
    taking = receiver()
    reply = push(taking, raw)

    assert reply.status == 202
    (stored,) = signals(taking.memory)
    assert stored.kind == "unknown"
    assert len(str(stored.attrs["digest"])) == 64
    taking.think()
    assert dispositions(taking.memory) == {"recorded": 1}


def test_the_kind_is_told_by_the_delivery_where_the_endpoint_does_not_say() -> None:
    taking = receiver()
    reply = push(taking, order(), path="/in/anything")

    assert reply.status == 202
    assert signals(taking.memory)[0].provider == "shopify"


def test_headers_may_come_in_any_form_and_case() -> None:
    taking = receiver()
    raw = order()
    replies = [
        taking.receive("post", "/in/shop", [(n.upper(), v) for n, v in shopify(raw).items()], raw),
        taking.receive("POST", "/in/shop/?x=1", {n.lower(): v for n, v in shopify(raw).items()}, raw),
    ]

    assert [r.status for r in replies] == [202, 202]


def test_a_packed_body_is_unpacked_before_it_is_read() -> None:
    taking = receiver()
    raw = order()
    reply = push(taking, gzip.compress(raw), shopify(raw, **{"Content-Encoding": "gzip"}))

    assert reply.status == 202
    assert signals(taking.memory)[0].kind == "order"


def test_a_body_that_only_says_it_is_packed_is_kept_as_unknown() -> None:
    taking = receiver()
    raw = b"\x1f\x8b broken"
    reply = push(taking, raw, shopify(raw, **{"Content-Encoding": "gzip"}))

    assert reply.status == 202
    assert [s.kind for s in signals(taking.memory)] == ["unknown"]


def test_a_delivery_without_any_event_leaves_nothing() -> None:
    taking = receiver(endpoints={"log": EndpointSettings(kind="web_access_log", merchant=SHOP)})

    assert push(taking, b"", {}, "/in/log").status == 202
    assert inputs(taking.memory) == []


def test_a_rotated_secret_is_accepted() -> None:
    raw = order()

    assert push(receiver(), raw, shopify(raw, secret="hush-hush")).status == 202


# --- refused ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "path", ["/", "/in/", "/in/nobody", "/in/shop/more", "/in/shop/more/still", "/out/shop", "/in//shop", "in/shop"]
)
def test_an_address_that_nobody_configured_is_404(path: str) -> None:
    taking = receiver()

    assert push(taking, order(), path=path).status == 404
    assert inputs(taking.memory) == []


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "HEAD", "OPTIONS"])
def test_another_method_is_405_and_says_which_is_right(method: str) -> None:
    reply = receiver().receive(method, "/in/shop", {}, b"")

    assert (reply.status, reply.headers["allow"]) == (405, "POST")
    assert reply.body == f"expected POST, got {method}\n".encode()


def test_of_a_method_without_end_the_answer_repeats_the_begin() -> None:
    assert len(receiver().receive("x" * 10**6, "/in/shop", {}, b"").body) < 50


def test_a_body_beyond_the_limit_is_413() -> None:
    taking = receiver(max_bytes=100)

    assert push(taking, b" " * 101)[::2] == (413, b"expected a body of at most 100 bytes, got more\n")
    assert push(taking, b" " * 100).status == 202
    assert taking.limit == 100


def test_a_small_body_that_unpacks_to_a_large_one_is_413() -> None:
    raw = gzip.compress(b" " * 10_000_000)

    assert len(raw) < 20_000
    assert push(receiver(max_bytes=20_000), raw, {"content-encoding": "gzip"}).status == 413


def test_a_failed_store_is_503_and_retryable() -> None:
    memory, told = Broken(), list[str]()
    taking = receiver(agent(memory), notice=told.append)
    memory.failing = True
    refused = [push(taking, order()) for _ in range(2)]
    memory.failing = False

    assert [(r.status, r.headers["retry-after"]) for r in refused] == [(503, "30")] * 2
    assert len(told) == 1
    assert push(taking, order()).status == 202
    assert len(signals(memory)) == 1
    memory.failing = True
    push(taking, order(2))
    assert len(told) == 2


def test_a_full_queue_is_429_until_somebody_has_thought() -> None:
    taking = receiver(queue=2)
    first = [push(taking, order(n)) for n in range(3)]
    taking.think()
    again = push(taking, order(2))

    # The rules in force come first in a new journal, and wait there as well.
    assert [r.status for r in first] == [202, 429, 429]
    assert first[1].headers["retry-after"] == "30"
    assert again.status == 202


def test_one_merchants_full_queue_is_nobody_elses() -> None:
    taking = receiver(queue=1)
    raw = order()
    other = {**shopify(raw), "X-Shopify-Shop-Domain": "cups.myshopify.com"}

    assert [push(taking, order(n)).status for n in range(2)] == [202, 429]
    assert push(taking, raw, other).status == 202


def test_a_sender_that_takes_429_for_the_last_word_hears_503() -> None:
    taking = receiver(queue=1)
    header = {"X-Migro-Secret": "in-a-header"}
    replies = [push(taking, alerts(name), header, "/in/monitor") for name in ("a", "b")]

    assert [r.status for r in replies] == [202, 503]
    assert replies[1].headers["retry-after"] == "30"


@pytest.mark.parametrize(("only_5xx", "status"), [(True, 503), (False, 429), (None, 429)])
def test_an_endpoint_says_by_which_answer_its_sender_comes_again(only_5xx: bool | None, status: int) -> None:
    endpoint = ENDPOINTS["shop"].model_copy(update={"only_5xx": only_5xx})
    taking = receiver(endpoints={"shop": endpoint}, queue=1)

    assert [push(taking, order(n)).status for n in range(2)] == [202, status]


def test_a_delivery_that_is_being_stored_at_this_moment_is_409_and_counts_once() -> None:
    memory = Slow()
    taking = receiver(agent(memory))
    replies: list[int] = []
    first = threading.Thread(target=lambda: replies.append(push(taking, order()).status))
    first.start()
    assert memory.begun.wait(30)
    second = push(taking, order())
    memory.go_on.set()
    first.join()

    assert (second.status, second.headers["retry-after"]) == (409, "1")
    assert replies == [202]
    assert push(taking, order()).status == 202
    assert len(signals(memory)) == 1


def test_a_delivery_that_gets_no_turn_in_time_is_503() -> None:
    memory = Slow()
    taking = receiver(agent(memory), patience_s=1)
    first = threading.Thread(target=lambda: push(taking, order(1)))
    first.start()
    assert memory.begun.wait(30)
    second = push(taking, order(2))
    memory.go_on.set()
    first.join()

    assert second.status == 503
    assert len(signals(memory)) == 1


def test_a_delivery_for_two_merchants_that_fails_halfway_is_whole_after_the_retry() -> None:
    class Halfway(Broken):
        def accept(self, partition: str, inputs: Sequence[Input]) -> tuple[Accepted, ...]:
            self.failing = self.calls == 1
            return super().accept(partition, inputs)

    memory = Halfway()
    taking = receiver(agent(memory), endpoints={"host": EndpointSettings(secrets_env=("DESK",), secret_header="x-s")})
    raw = "\n".join(
        json.dumps({"kind": "own.event", "merchant": m, "occurred_at": "2026-03-01T08:00:00Z", "source_kind": "host"})
        for m in ("a", "b")
    ).encode()
    replies = [push(taking, raw, {"x-s": "in-a-header"}, "/in/host").status for _ in range(2)]

    assert replies == [503, 202]
    assert sorted(map(partition_of, signals(memory))) == ["merchant:a", "merchant:b"]


# --- settings --------------------------------------------------------------------------------------------------------


def test_an_endpoint_that_could_never_prove_its_sender_is_refused_at_the_start() -> None:
    for endpoint, expected in [
        (EndpointSettings(kind="alertmanager_v4", secrets_env=("DESK",)), "expected secret_header or secret_in_path"),
        (EndpointSettings(kind="shopify"), "expected a known kind, got 'shopify'"),
    ]:
        with pytest.raises(ConfigurationError, match=expected):
            receiver(endpoints={"x": endpoint})


def test_all_mistakes_of_the_endpoints_are_told_at_once() -> None:
    wrong = {"one": EndpointSettings(kind="shopify"), "two": EndpointSettings(kind="ticket", secrets_env=("DESK",))}

    with pytest.raises(ConfigurationError, match=r"endpoints\.one; .*endpoints\.two"):
        receiver(endpoints=wrong)


def test_an_endpoint_where_strangers_could_make_up_merchants_is_named_at_the_start() -> None:
    told: list[str] = []
    receiver(endpoints={**ENDPOINTS, "really-open": EndpointSettings()}, notice=told.append)

    assert len(told) == 1
    assert "really-open" in told[0]


@pytest.mark.parametrize("given", [{"secret_header": "X-S", "secrets_env": ("DESK",)}, {"secrets_env": ()}])
def test_a_secret_has_one_place(given: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="expected secret"):
        EndpointSettings(secret_in_path=True, **given)


def test_what_senders_are_answered_is_no_part_of_what_decisions_are_bound_to() -> None:
    plain = EndpointSettings(kind="shopify_webhook")
    told = EndpointSettings(kind="shopify_webhook", only_5xx=True)

    assert plain.model_dump() == told.model_dump()
    assert EndpointSettings.model_validate(ENDPOINTS["parcels"].model_dump()).secret_header == ":path-secret"


def test_answers_are_counted() -> None:
    taking = receiver()
    push(taking, order())
    push(taking, order())
    push(taking, order(), path="/in/nobody")

    assert taking.answers == {202: 2, 404: 1}


def test_what_comes_wakes_whoever_waits() -> None:
    taking = receiver()
    before = taking.wait(0)
    push(taking, order())

    assert (before, taking.wait(0), taking.wait(0)) == (False, True, False)


def test_time_passes_for_what_has_come_in() -> None:
    clock = FixedClock()
    taking = receiver(clock=clock)
    for number in range(3):
        push(taking, order(number))
    opened = [d.issue.status.value for d in taking.think()]
    clock.advance(timedelta(hours=2))

    assert opened == ["open"]
    assert [d.issue.status.value for d in taking.think()] == ["resolved"]


def test_received_at_is_when_it_came() -> None:
    taking = receiver()
    push(taking, order())
    (stored,) = [i for i in inputs(taking.memory) if isinstance(i, SignalReceived)]

    assert stored.at == stored.signal.received_at == FixedClock().now()


HOST = {"shop": EndpointSettings(kind="host_signal", merchant=SHOP)}


@pytest.mark.parametrize("years", [-10, 10])
def test_no_body_says_when_it_was_received(years: int) -> None:
    now = FixedClock().now()
    told = {"kind": "order", "received_at": now.replace(year=now.year + years).isoformat()}
    taking = receiver(endpoints=HOST)
    raw = json.dumps([{**told, "occurred_at": now.isoformat(), "dedup_key": str(n)} for n in range(3)]).encode()
    reply = push(taking, raw, {})
    stored = [i for i in inputs(taking.memory) if isinstance(i, SignalReceived)]

    assert (reply.status, len(stored)) == (202, 3)
    assert {i.at for i in stored} | {i.signal.received_at for i in stored} == {now}
    assert [d.at for d in taking.think()] == [now]
