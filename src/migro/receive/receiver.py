"""The receiver: HTTP deliveries in, durably, for whatever web framework the host has."""

from __future__ import annotations

import logging
import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from typing import Final

import attrs

from ..agent import Agent, SteadyClock, partition_of
from ..errors import ConfigurationError, StoreUnavailable, survivable
from ..models import Decision, Input, Signal, SignalReceived
from ..models.lines import one_line
from ..observe import EndpointSettings, Envelope, Observer
from ..ports import Clock, Memory
from .acceptance import Acceptance
from .address import Address, address_of
from .customs import acknowledged, asked_challenge, asked_head, ping, retryable, said_challenge, subscription
from .delivery import Headers, envelope_of, header_values, unpacked
from .endpoints import check_endpoints, open_endpoints
from .forgeries import Forgeries
from .observing import Delivered, Deliveries
from .privacy import Erasing, PrivacyHandler, as_compliance, handling_of, is_private, request_of
from .reply import Reply, refusal
from .thinking import think_about

__all__ = ["Receiver"]

_PROVEN: Final = ("verified", "static_secret")

_METHOD: Final = 20
"""How many signs of a method are repeated to whoever sent it; the longest registered one has 17."""


@attrs.frozen(kw_only=True)
class _Delivery:
    """A request on its way through the receiver."""

    name: str
    endpoint: EndpointSettings
    envelope: Envelope
    raw: bytes
    at: datetime
    begun_ns: int

    @property
    def kind(self) -> str:
        return self.envelope.kind


class Receiver:
    """
    Takes deliveries in: proves the sender over the raw bytes, stores what came, and answers after it is stored.

    Nothing is thought about while a sender waits. With an agent, call `think` afterwards, or let `Background` do it;
    with a memory alone, an agent of another process finds what came with its next tick.

    Args:
        to: The agent, or the memory of one.
        observer: Endpoints, secrets and the key of pseudonyms; its settings hold the limits.
        privacy: Who sees to privacy requests. Default: `Erasing` where there is an agent; where there is none, such
            requests are refused until somebody does.
        clock: What time it is. Default: the machine's, as `SteadyClock`: where that is set to another time, `think`
            halts automation.
        notice: Called with one line for what a person has to do or to know. Default: the warning level of the logger
            ``migro``.
        prefix: What stands in front of the endpoint's name in a path.
        on_signals: Called with the name of the endpoint and the new signals of every delivery that is proven and
            stored, in the thread of the request: it only takes note.

    Raises:
        ConfigurationError: If an endpoint can never prove its sender.

    Safe to use from several threads; make it after a process has forked.
    """

    def __init__(
        self,
        to: Agent | Memory,
        observer: Observer,
        *,
        privacy: PrivacyHandler | None = None,
        clock: Clock | None = None,
        notice: Callable[[str], None] | None = None,
        prefix: str = "/in/",
        on_signals: Callable[[str, Sequence[Signal]], None] | None = None,
    ) -> None:
        self.agent = to if isinstance(to, Agent) else None
        self.memory: Memory = to.memory if isinstance(to, Agent) else to
        self.observer = observer
        self._settings = observer.settings.receive
        self._clock: Clock = clock or SteadyClock()
        self._notice = notice or logging.getLogger("migro").warning
        self._prefix = prefix
        self._on_signals = on_signals
        self._privacy = privacy or (Erasing(self.agent, notice=self._notice) if self.agent is not None else None)
        self._acceptance = Acceptance(
            self.memory,
            limit=self._settings.queue,
            patience_s=self._settings.patience_s,
            config=self.agent.fold.in_force if self.agent is not None else None,
        )
        self._forgeries = Forgeries(self._settings.forgeries_per_hour)
        self._deliveries = Deliveries(self._settings.deliveries_per_minute)
        self._came = threading.Event()
        self._answers: Counter[int] = Counter()
        self._noted: set[str] = set()
        self._unhandled: set[str | None] = set()
        self._lock = threading.Lock()
        check_endpoints(observer.settings.endpoints)
        for name in open_endpoints(observer.settings.endpoints):
            self._notice(f"migro: endpoint {name} proves nobody and has no merchant: strangers can make up merchants")

    @property
    def limit(self) -> int:
        """The largest body in bytes; a host reads one more at most, and leaves the refusal to the receiver."""
        return self._settings.max_bytes

    @property
    def answers(self) -> Mapping[int, int]:
        """How often each status was answered since the start."""
        with self._lock:
            return dict(self._answers)

    # --- deliveries ---------------------------------------------------------------------------------------------

    def receive(self, method: str, path: str, headers: Headers, raw: bytes) -> Reply:
        """
        Return the answer to a request; whatever was sent, nothing is raised for it.

        202 says that everything of the delivery is stored. 409, 429 and 503 say that nothing of it is, and that the
        sender should come again.

        Args:
            method: The method of the request.
            path: What was asked for, with the query, as it stood in the request.
            headers: As the framework has them.
            raw: The body, byte for byte: signatures are made over nothing else.
        """
        reply = self._answer(method.upper(), path, headers, raw)
        with self._lock:
            self._answers[reply.status] += 1
        return reply

    def _answer(self, method: str, path: str, headers: Headers, raw: bytes) -> Reply:
        address = address_of(path, self._prefix)
        endpoint = self.observer.settings.endpoints.get(address.endpoint) if address is not None else None
        if address is None or endpoint is None or (address.secret is not None and not endpoint.secret_in_path):
            return refusal(404)
        if method != "POST":
            asked = asked_challenge(address, endpoint.kind) if method == "GET" else None
            asked = asked_head(endpoint.kind) if method == "HEAD" else asked
            return asked or refusal(405, f"expected POST, got {one_line(method, _METHOD)}", allow="POST")
        values = header_values(headers)
        body = unpacked(values, raw, self._settings.max_bytes)
        if body is None:
            return refusal(413, f"expected a body of at most {self._settings.max_bytes} bytes, got more")
        return ping(endpoint.kind, body) or self._take(address, endpoint, values, body)

    def _take(self, address: Address, endpoint: EndpointSettings, headers: Mapping[str, str], raw: bytes) -> Reply:
        at = self._clock.now()
        if self.agent is None and isinstance(self._clock, SteadyClock) and (wrong := self._clock.wrong):
            self._note(f"clock {wrong}", f"migro: {wrong}: deliveries are dated as if it had not, or start this anew")
        begun_ns = time.monotonic_ns()
        envelope = envelope_of(address, endpoint, headers, raw, at)
        delivery = _Delivery(
            name=address.endpoint, endpoint=endpoint, envelope=envelope, raw=raw, at=at, begun_ns=begun_ns
        )
        signals = [_received(s, envelope) for s in self.observer.observe(envelope, now=at).signals]
        if not signals:
            return acknowledged(delivery.kind)
        repeated: set[str] = set()
        try:
            reply = self._unproven(delivery, signals) or self._accepted(delivery, signals, repeated)
        except StoreUnavailable as e:
            self._note("store", f"migro: deliveries are refused and will come again: {e}")
            reply = self._later(503, delivery)
        self._tell_of(delivery, signals, reply, repeated)
        return reply

    def _tell_of(self, delivery: _Delivery, signals: Sequence[Signal], reply: Reply, repeated: set[str]) -> None:
        """Note how a delivery came; of one that proves nothing only where its merchant is configured."""
        first = signals[0]
        if is_private(first) or (reply.status == 401 and delivery.endpoint.merchant is None):
            return
        self._deliveries.note(
            Delivered(
                signal=first,
                endpoint=delivery.name,
                env=delivery.endpoint.env,
                headers=delivery.envelope.headers,
                status=reply.status,
                took_ms=(time.monotonic_ns() - delivery.begun_ns) // 1_000_000,
                duplicate=all(s.id in repeated for s in signals),
            )
        )
        if self.agent is None:
            self.tell()

    def tell(self) -> None:
        """
        Store what is told of deliveries whose minute is over; see `deliveries_per_minute` of the settings.

        `think` does it too, and so does every delivery where there is a memory alone. What the memory or the queue
        refuses is not told again: it is about deliveries, and loses none.
        """
        told = self._deliveries.over(self._clock.now())
        with suppress(StoreUnavailable):
            if told and self._acceptance.put(_by_partition(told)) == "accepted":
                self._came.set()

    # --- proof --------------------------------------------------------------------------------------------------

    def _unproven(self, delivery: _Delivery, signals: Sequence[Signal]) -> Reply | None:
        """Return the refusal of a delivery that proves less than its endpoint asks for."""
        auth, secured = signals[0].auth, bool(delivery.endpoint.secrets_env)
        if secured and auth == "unchecked":
            self._note(
                f"unchecked {delivery.name}",
                f"migro: endpoint {delivery.name} has a secret that cannot be checked here: its deliveries are refused"
                " and will come again",
            )
            return self._later(503, delivery)
        # A format without signatures proves nothing where a signature is asked for: the sender chooses the format.
        forged = auth == "failed" or (secured and auth not in _PROVEN)
        demands = auth not in _PROVEN and any(map(is_private, signals))
        if not forged and not demands:
            return None
        self._keep_evidence(delivery, signals[0])
        return refusal(401)

    def _keep_evidence(self, delivery: _Delivery, claimed: Signal) -> None:
        try:
            found = self._forgeries.evidence(
                claimed,
                delivery.raw,
                name=delivery.name,
                endpoint=delivery.endpoint,
                at=delivery.at,
                knows=lambda merchant: merchant is None or self._acceptance.knows(f"merchant:{merchant}"),
            )
            if found is not None and self._acceptance.put(_by_partition([found])) == "accepted":
                self._came.set()
        except StoreUnavailable:
            pass  # a store that is out of order is no reason to ask a forger to come again

    # --- storing ------------------------------------------------------------------------------------------------

    def _accepted(self, delivery: _Delivery, signals: Sequence[Signal], repeated: set[str]) -> Reply:
        proven = signals[0].auth in _PROVEN
        if proven and (challenge := said_challenge(delivery.envelope)) is not None:
            return challenge
        if proven and (confirming := subscription(delivery.envelope)) is not None:
            self._notice(
                f"migro: endpoint {delivery.name} is asked to confirm a subscription; if you want it: {confirming}"
            )
        inputs = _by_partition([_over_http(s) for s in signals if not is_private(s)])
        asked = [as_compliance(s) for s in signals if is_private(s)]
        for signal in asked:
            if not self._handled(delivery, signal, inputs):
                return self._later(503, delivery)
        match self._acceptance.put(inputs, repeated=repeated):
            case "full":
                return self._later(429, delivery)
            case "under way":
                return self._later(409, delivery)
            case "accepted":
                self._came.set()
                with self._lock:
                    self._noted.discard("store")
                if proven and self._on_signals is not None:
                    self._on_signals(delivery.name, [s for s in signals if s.id not in repeated])
        return Reply(200, {}, b"") if asked else acknowledged(delivery.kind)

    def _handled(self, delivery: _Delivery, signal: Signal, inputs: dict[str, list[Input]]) -> bool:
        """Let a privacy request be seen to, and add what has to be stored with it; whether that went well."""
        if self._privacy is None:
            self._note("privacy", "migro: privacy requests are refused, because nobody sees to them here")
            self._not_handled(signal, "nobody")
            return False
        try:
            erasures = list(self._privacy.handle(request_of(signal, delivery.raw)))
        except survivable() as e:  # whatever a host's handler raises; its text may name the person
            self._notice(f"migro: the privacy handler stopped with {type(e).__name__}; the request will come again")
            self._not_handled(signal, type(e).__name__)
            return False
        inputs.setdefault(partition_of(signal), []).extend([SignalReceived.of(signal), *erasures])
        with self._lock:
            again = signal.merchant in self._unhandled
            self._unhandled.discard(signal.merchant)
        if again:
            done = handling_of(signal, failed=None)
            inputs[partition_of(signal)].append(SignalReceived(at=done.received_at, signal=done))
        return True

    def _not_handled(self, signal: Signal, why: str) -> None:
        """Let the rules know; without a place for that, the sender's next try is told instead."""
        with self._lock:
            self._unhandled.add(signal.merchant)
        try:
            if self._acceptance.put(_by_partition([handling_of(signal, failed=why)])) == "accepted":
                self._came.set()
        except StoreUnavailable:
            pass  # the answer is 503 anyhow

    def _later(self, status: int, delivery: _Delivery) -> Reply:
        seconds = 1 if status == 409 else self._settings.retry_after_s
        return refusal(retryable(status, delivery.kind, delivery.endpoint), retry_after_s=seconds)

    def _note(self, about: str, line: str) -> None:
        """Tell the operator once, and again when it was over in between."""
        with self._lock:
            new = about not in self._noted
            self._noted.add(about)
        if new:
            self._notice(line)

    # --- thinking -----------------------------------------------------------------------------------------------

    def wait(self, seconds: int) -> bool:
        """Wait until something came, or so long; whether something did."""
        came = self._came.wait(seconds)
        self._came.clear()
        return came

    def think(self) -> tuple[Decision, ...]:
        """
        Think about everything that came and waits, let time pass, and return the decisions this led to.

        Raises:
            ConfigurationError: If the receiver has a memory alone.
            StoreUnavailable: If the memory failed; nothing is lost.
        """
        if self.agent is None:
            raise ConfigurationError(
                "expected a receiver made with an agent, got one made with a memory: it only takes in"
            )
        if isinstance(self._clock, SteadyClock):
            self._clock.watch(self.agent)
        self.tell()
        return think_about(self.agent, self._clock.now())


def _received(signal: Signal, envelope: Envelope) -> Signal:
    """Return a signal as received when its delivery came: what a body says of that would be the time of the fold."""
    told = signal.received_at == envelope.received_at
    return signal if told else signal.model_copy(update={"received_at": envelope.received_at})


def _over_http(signal: Signal) -> Signal:
    """Return a signal that needs no proof from the host itself as what it is when it comes from a stranger."""
    return signal.model_copy(update={"auth": "unsigned"}) if signal.auth == "not_applicable" else signal


def _by_partition(signals: Sequence[Signal]) -> dict[str, list[Input]]:
    inputs: dict[str, list[Input]] = {}
    for signal in signals:
        inputs.setdefault(partition_of(signal), []).append(SignalReceived.of(signal))
    return inputs
