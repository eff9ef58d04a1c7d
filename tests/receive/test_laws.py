"""Whatever comes in whatever order, with failures and restarts in between: acknowledged is stored, and counts once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from contextlib import suppress

from hypothesis import given
from hypothesis import strategies as st

from migro.errors import StoreUnavailable
from migro.models import Accepted, Input, SignalReceived, StepRecord
from migro.remember import VolatileMemory
from migro.replay import replay
from tests.agent.world import conserved
from tests.receive.shop import agent, dispositions, order, push, receiver, shopify, signals


class Failing(VolatileMemory):
    """A memory that fails as often as it is told to, before or after it has stored something."""

    def __init__(self) -> None:
        super().__init__()
        self.before = self.after = 0

    def _fail(self) -> None:
        raise StoreUnavailable("expected a disk, got none")

    def accept(self, partition: str, inputs: Sequence[Input]) -> tuple[Accepted, ...]:
        if self.before:
            self.before -= 1
            self._fail()
        taken = super().accept(partition, inputs)
        if self.after:
            self.after -= 1
            self._fail()
        return taken

    def commit(self, partition: str, expected: int, steps: Sequence[StepRecord]) -> None:
        if self.before:
            self.before -= 1
            self._fail()
        super().commit(partition, expected, steps)


_PUSH = st.tuples(st.just("push"), st.integers(0, 6))
_OTHER = st.tuples(
    st.sampled_from(["think", "restart", "fail before", "fail after", "forge", "not understood"]), st.integers(0, 6)
)


@given(
    st.lists(st.one_of(_PUSH, _PUSH, _OTHER), max_size=30),
    st.integers(1, 4),
)
def test_acknowledged_is_stored_and_counts_once(steps: list[tuple[str, int]], queue: int) -> None:
    memory = Failing()
    taking = receiver(agent(memory), queue=queue)
    acknowledged: set[int] = set()
    offered: set[int] = set()
    for what, number in steps:
        match what:
            case "push":
                offered.add(number)
                reply = push(taking, order(number))
                assert reply.status in (202, 429, 503)
                if reply.status == 202:
                    acknowledged.add(number)
            case "think":
                with suppress(StoreUnavailable):
                    taking.think()
            case "restart":
                taking = receiver(agent(memory), queue=queue)
            case "fail before":
                memory.before = 1
            case "fail after":
                memory.after = 1
            case "forge":
                raw = order(number)
                assert push(taking, raw, shopify(raw, secret="a guess")).status == 401
            case _:
                assert push(taking, b"%d" % number).status in (202, 429, 503)
        ids = {s.ids["order_id"] for s in signals(memory) if s.kind == "order"}
        assert {str(5_000_000_000_000_000_000 + n) for n in acknowledged} <= ids
    memory.before = memory.after = 0
    for number in sorted(offered - acknowledged):
        while push(taking, order(number)).status != 202:
            taking.think()
    taking.think()

    counted = Counter(s.ids["order_id"] for s in signals(memory) if s.kind == "order")
    assert counted == {str(5_000_000_000_000_000_000 + n): 1 for n in offered}
    entries = [e for e in memory.read("journal") if isinstance(e.input, SignalReceived)]
    firsts = [e for e in entries if isinstance(e.input, SignalReceived) and e.input.duplicate_of is None]
    assert dispositions(memory)["pending"] == dispositions(memory)["failed"] == 0
    believed = [e for e in firsts if isinstance(e.input, SignalReceived) and e.input.signal.auth != "failed"]
    assert all(e.disposition is not None and e.disposition.name != "dropped" for e in believed)
    assert dispositions(memory)["dropped"] == len(entries) - len(believed)
    assert taking.agent is not None
    report = replay(memory, taking.agent.fold)
    assert report.differences == ()
    conserved(memory)


_WORDS = st.one_of(st.text(max_size=20), st.sampled_from(["shop", "anything", "monitor", "parcels", "open", "in"]))
_NAMES = st.sampled_from(
    ["X-Shopify-Topic", "X-Shopify-Hmac-SHA256", "X-Slack-Signature", "content-encoding", "x-amz-sns-message-type"]
)


@given(
    method=st.sampled_from(["GET", "POST", "post", "PUT", ""]),
    path=st.one_of(_WORDS, st.lists(_WORDS, max_size=4).map(lambda parts: "/in/" + "/".join(parts))),
    headers=st.dictionaries(st.one_of(_NAMES, st.text(max_size=10)), st.text(max_size=30), max_size=5),
    raw=st.one_of(st.binary(max_size=80), st.text(max_size=40).map(lambda t: f'{{"challenge": "{t}"}}'.encode())),
    query=st.text(max_size=30),
)
def test_whatever_is_sent_gets_an_answer_that_says_nothing_of_it(
    method: str, path: str, headers: dict[str, str], raw: bytes, query: str
) -> None:
    taking = receiver()
    status, answered, body = taking.receive(method, f"{path}?{query}", headers, raw)

    assert status in (200, 202, 401, 404, 405, 409, 413, 429, 503)
    assert all(n.isascii() and v.isascii() for n, v in answered.items())
    assert status == 200 or len(body) < 100
    # What wants to be tried again says when.
    assert ("retry-after" in answered) == (status in (409, 429, 503))
    taking.think()
    assert dispositions(taking.memory)["pending"] == 0
