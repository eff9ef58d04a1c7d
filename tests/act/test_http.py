"""Calls to listed addresses, over HTTP on the loopback."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta

import pytest

from migro.act.http import Call, HttpCalls
from migro.act.sending import Answer, Sender, callable_address, meaning
from migro.agent import Agent
from migro.agent.hands import Live
from migro.decide import Policy
from migro.errors import ActionDelayed, ActionRefused, ActionUnclear, ConfigurationError
from migro.expressions import minutes
from migro.models import Action, ActionStatus, MerchantId, PersonActed, Risk, Severity, Signal
from migro.observe import scrub
from migro.ports import Actuator
from migro.remember import VolatileMemory
from migro.rules import IssueKind, Response, Rule, RuleSet, SeverityScale, on, supports
from migro.testing import START, DeclaringActuatorContract, sample_action, sample_signal
from tests.act.cases import honouring
from tests.act.receiver import Receiver, receiving, trickling

REFRESH = {"scope": "product pages", "max_paths": "50"}


@pytest.fixture(scope="module")
def served() -> Iterator[tuple[Receiver, str]]:
    receiver = Receiver(honouring)
    with receiving(receiver) as address:
        yield receiver, address


@pytest.fixture
def receiver(served: tuple[Receiver, str]) -> Receiver:
    served[0].reset()
    return served[0]


@pytest.fixture
def address(served: tuple[Receiver, str]) -> str:
    return served[1]


def calls(address: str, **fields: object) -> HttpCalls:
    known = {"kind": "refresh_cache", "url": f"{address}/revalidate", "private": True, "idempotency": "receiver"}
    return HttpCalls([Call(**{**known, **fields})], redact=scrub)  # type: ignore[arg-type]


def refresh(key: str = "act_1", **fields: object) -> Action:
    known = {"kind": "refresh_cache", "risk": Risk.R1, "target": "storefront_cache", "args": REFRESH}
    return sample_action(key, **{**known, **fields})


class TestCalls(DeclaringActuatorContract):
    @pytest.fixture
    def actuator(self, receiver: Receiver, address: str) -> HttpCalls:
        self.receiver, self.address = receiver, address
        return calls(address)

    def effects(self, actuator: Actuator) -> int:
        return len(self.receiver.kept)

    def an_action(self, actuator: Actuator, key: str) -> Action:
        return refresh(key, args={"scope": "product pages", "max_paths": "10"})

    def forgotten(self, actuator: Actuator) -> Actuator:
        return calls(self.address)


def test_an_issue_leads_to_an_approved_action_and_that_to_a_call(receiver: Receiver, address: str) -> None:
    kind = IssueKind[MerchantId](
        "stale",
        category="performance",
        severity=SeverityScale(default=Severity.SEV3),
        responses=(Response("refresh_cache", Risk.R1, "storefront_cache", args=REFRESH.items()),),
    )
    failing = on(Signal, Signal.status >= 500, per=Signal.merchant).at_least(1, within=minutes(5))
    rules = RuleSet("stale", Rule("stale.one", when=failing, then=supports(kind, 105, family="http")))
    memory = VolatileMemory()
    agent = Agent(rules=rules, memory=memory, actuators=[calls(address)], live=True, policy=Policy())
    (decision,) = agent.handle(sample_signal())
    (action,) = decision.actions
    assert action.status is ActionStatus.WAITING
    assert agent.drain() == ()

    key, bound = action.idempotency_key, action.binding
    agent.tell(action.partition, PersonActed(at=START, verb="approve", by="Ada", target=key, binding=bound))
    (done,) = agent.drain()

    assert (done.status, done.note) == (ActionStatus.SUCCEEDED, "POST refresh_cache: 202")
    (asked,) = receiver.asked
    assert asked.headers["idempotency-key"] == action.idempotency_key
    assert (asked.body["kind"], asked.body["args"], asked.body["issue"]) == ("refresh_cache", REFRESH, action.issue)


def test_a_redirect_is_refused_and_not_followed(receiver: Receiver, address: str) -> None:
    receiver._answer = lambda _, __: (307, {"Location": f"{address}/elsewhere"}, b"")
    try:
        with pytest.raises(ActionRefused, match="307, and redirects are not followed"):
            calls(address).execute(refresh())
    finally:
        receiver._answer = honouring

    assert [a.path for a in receiver.asked] == ["/revalidate"]


def test_a_private_address_is_refused_unless_it_is_allowed() -> None:
    sender = Sender("https://127.0.0.1:9")

    with pytest.raises(ActionRefused, match="private address"):
        sender.send("POST", data={})


PRIVATE = [
    "::ffff:127.0.0.1",
    "::1",
    "127.0.0.1",
    "0.0.0.0",
    "10.1.2.3",
    "169.254.169.254",
    "fe80::1%eth0",
    "fd00::1",
    "64:ff9b::a00:8",
    "64:ff9b:1::5db8:d70e",
    "2002:a00:8::1",
    "::10.0.0.8",
    "::ffff:0:10.0.0.8",
    "fec0::1",
    "224.0.0.1",
    "ff0e::1",
    "2001:0:7f00:1::",
]


@pytest.mark.parametrize("number", PRIVATE)
def test_every_kind_of_private_address_is_known_as_one(number: str) -> None:
    assert callable_address([number], private=False) is None
    assert callable_address([number, "93.184.215.14"], private=False) == "93.184.215.14"
    assert callable_address([number], private=True) is not None


@pytest.mark.parametrize(
    "address", ["ftp://shop.example", "https://", "https://ada:pw@shop.example", "shop.example", "http://shop.example"]
)
def test_an_address_that_is_none_or_open_is_refused_at_once(address: str) -> None:
    with pytest.raises(ConfigurationError, match="expected an address"):
        Sender(address)


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (301, ActionRefused),
        (400, ActionRefused),
        (404, ActionRefused),
        (408, ActionDelayed),
        (409, ActionRefused),
        (429, ActionDelayed),
        (500, ActionUnclear),
        (502, ActionUnclear),
        (503, ActionDelayed),
        (504, ActionUnclear),
    ],
)
def test_what_may_have_happened_what_did_not_and_what_never_will_are_told_apart(
    status: int, error: type[Exception]
) -> None:
    assert type(meaning(Answer(status=status, headers={}))) is error


@pytest.mark.parametrize(
    ("header", "wait_ms"), [("7", 7000), ("", None), ("soon", None), ("Thu, 01 Jan 1970 00:00:00 GMT", 0)]
)
def test_the_time_that_a_receiver_wants_is_read(header: str, wait_ms: int | None) -> None:
    error = meaning(Answer(status=429, headers={"retry-after": header}))

    assert isinstance(error, ActionDelayed)
    assert error.wait_ms == wait_ms


def test_no_more_than_fifty_pages_of_a_merchant_are_refreshed_in_a_quarter_of_an_hour(
    receiver: Receiver, address: str
) -> None:
    now = [0.0]
    call = Call(kind="refresh_cache", url=f"{address}/revalidate", private=True, idempotency="receiver")
    hands = HttpCalls([call], redact=scrub, clock=lambda: now[0])
    some = {"scope": "product pages", "max_paths": "30"}
    hands.execute(refresh("k1", args=some))
    now[0] = 14 * 60
    with pytest.raises(ActionRefused, match="at most 50 pages in 15 min, got 30 and 30 more"):
        # Planned long after the first one, and done a moment later.
        hands.execute(refresh("k2", args=some, at=START + timedelta(hours=1)))
    hands.execute(refresh("k3", args=some, partition="m_2"))
    now[0] = 15 * 60
    hands.execute(refresh("k4", args=some))

    assert list(receiver.kept) == ["k1", "k3", "k4"]


def test_what_did_not_happen_is_given_back(receiver: Receiver, address: str) -> None:
    hands = calls(address)
    receiver.faults = ["429"]
    with pytest.raises(ActionDelayed):
        hands.execute(refresh("k1"))

    assert hands.execute(refresh("k2")).status == "succeeded"


def test_what_may_have_happened_counts_also_where_the_next_try_did_not(receiver: Receiver, address: str) -> None:
    hands = calls(address)
    receiver.faults = ["cut", "429"]
    for error in (ActionUnclear, ActionDelayed):
        with pytest.raises(error):
            hands.execute(refresh("k1"))

    with pytest.raises(ActionRefused, match="at most 50 pages in 15 min, got 50 and 50 more"):
        hands.execute(refresh("k2"))
    assert hands.execute(refresh("k1")).status == "succeeded"


@pytest.mark.parametrize("args", [{"max_paths": "51", "scope": "x"}, {"max_paths": "5", "scope": "the Cart pages"}])
def test_a_cart_or_too_many_pages_are_refused(args: dict[str, str], receiver: Receiver, address: str) -> None:
    result = Live([calls(address)]).execute(refresh(args=args))

    assert (result.status, receiver.asked) == ("failed", [])


def test_what_a_rule_takes_too_lightly_is_not_executed(receiver: Receiver, address: str) -> None:
    result = Live([calls(address)]).execute(refresh(risk=Risk.R0))

    assert result.detail == "expected refresh_cache to be declared as R1 or worse, got R0"
    assert receiver.asked == []


def test_a_status_page_tells_what_has_happened_where_the_key_is_not_honoured(receiver: Receiver, address: str) -> None:
    hands = calls(address, idempotency="check", status_url=f"{address}/status/{{key}}")
    assert hands.check(refresh()) == "not_done"
    receiver.faults = ["cut"]
    with pytest.raises(ActionUnclear):
        hands.execute(refresh())

    assert hands.check(refresh()) == "done"


def test_a_status_page_without_a_scheme_is_refused_at_once(address: str) -> None:
    with pytest.raises(ConfigurationError, match="refresh_cache: status_url: expected an address such as https"):
        calls(address, idempotency="check", status_url="shop.example/status/{key}")


def test_an_answer_too_deep_to_read_says_nothing_of_what_happened() -> None:
    with pytest.raises(ActionUnclear, match="expected JSON"):
        Answer(status=200, headers={}, raw=b"[" * 200_000).json()


def test_an_address_is_called_as_it_is_given_with_its_query_and_its_final_slash(
    receiver: Receiver, address: str
) -> None:
    hands = calls(address, url=f"{address}/api/?tag=1", idempotency="check", status_url=f"{address}/status?key={{key}}")
    hands.execute(refresh())
    assert hands.look(refresh("act_2")) == "not_done"
    with pytest.raises(ActionRefused, match="404"):
        Sender(f"{address}/", private=True).get("/v1/x?a=1", params={"b": "2"})

    assert [a.path for a in receiver.asked] == ["/api/?tag=1", "/status?key=act_2", "/v1/x?a=1&b=2"]
    with pytest.raises(ActionRefused, match="without a query"):
        Sender(f"{address}/?x=1", private=True).get("/v1")


def test_what_is_sent_holds_no_personal_word(receiver: Receiver, address: str) -> None:
    hands = calls(address)
    hands.execute(refresh(args={"scope": "pages of jo.doe@mail.example", "max_paths": "1"}))

    assert "jo.doe" not in json.dumps([a.body for a in receiver.asked])


@pytest.mark.parametrize(
    ("first", "error"),
    [(b"HTTP/1.1 200 OK\r\nX-A: ", ActionUnclear), (b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n\r\n", None)],
)
def test_a_receiver_that_trickles_ends_no_later_than_the_time_for_all_of_it(
    first: bytes, error: type[Exception] | None
) -> None:
    with trickling(first) as port:
        sender = Sender(f"http://127.0.0.1:{port}", private=True, timeout_ms=100)
        if error is None:
            assert sender.send("POST", data={}).cut
        else:
            with pytest.raises(error, match="no answer came"):
                sender.send("POST", data={})
