"""A small shop with rules about it, streams of inputs, and what has to hold after each of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from typing import Any, Literal

import attrs
from hypothesis import strategies as st

from migro.agent import Agent, Fold, State, Step
from migro.decide import Policy
from migro.expressions import UNSET, Attr, Maybe, fact, minutes, percent
from migro.models import (
    ActionDue,
    ActionFinished,
    ActionResult,
    ActionStarted,
    ActionStatus,
    ConfigChanged,
    ErasureRequested,
    Input,
    MerchantId,
    PersonActed,
    Risk,
    RunMode,
    Severity,
    Signal,
    SignalReceived,
    SignalWithdrawn,
    StepRecord,
    Tick,
    canonical_json,
)
from migro.ports import Memory
from migro.rules import ImpactModel, IssueKind, Response, Rule, RuleSet, SeverityScale, on, refutes, supports, vetoes

M1 = MerchantId("m_1")
T0 = datetime(2026, 3, 1, 9, 0, tzinfo=UTC)


class Call(Signal, kind="world.call"):
    code: Attr[int]


class Probe(Signal, kind="world.probe"):
    ok: Attr[bool]


class Outage(Signal, kind="world.outage"):
    over: Attr[bool]


class Alert(Signal, kind="alert"):
    """What a monitor says."""


class Shop(Signal, kind="world.shop"):
    """What a host knows about a shop."""

    value: Maybe[int] = UNSET
    money: Maybe[str] = UNSET


RESPONSES = (
    Response("notify", Risk.R0, "on_call", args=(("text", "{severity} {kind}"),)),
    Response("tag", Risk.R1, "desk"),
    Response("reply", Risk.R2, "merchant_contact"),
    Response("replay", Risk.R3, "owner"),
    Response("refund", Risk.R4, "owner"),
)

DOWN = IssueKind[Any](
    "down",
    category="checkout",
    title="Checkout is down",
    severity=SeverityScale(
        default=Severity.SEV3, by_share=((Severity.SEV1, Fraction(1, 2)), (Severity.SEV2, Fraction(1, 4)))
    ),
    impact=ImpactModel(
        step="checkout", conversion=Fraction(9, 20), order_value=fact(Shop.value), currency=fact(Shop.money)
    ),
    responses=RESPONSES,
)
LOUD = IssueKind[Any]("loud", category="performance", responses=(Response("notify", Risk.R0, "desk"),))
FORGED = IssueKind[Any]("forged", category="webhook", responses=(Response("notify", Risk.R0, "security"),))

failing = on(Call, Call.code >= 500, per=Call.merchant)
calls = on(Call, per=Call.merchant)
RULES = RuleSet(
    "world",
    Rule("burst", when=failing.at_least(3, within=minutes(5)), then=supports(DOWN, 105, family="http")),
    Rule("one", when=failing, then=supports(DOWN, 5, family="http")),
    Rule(
        "share",
        when=calls.share(Call.code >= 500, at_least=percent(30), floor=4, within=minutes(5)),
        then=supports(DOWN, 50, family="ratio"),
    ),
    Rule("probe", when=on(Probe, ~(Probe.ok == True), per=Probe.merchant), then=supports(DOWN, 105, family="probe")),  # noqa: E712
    Rule(
        "probe-ok",
        when=on(Probe, Probe.ok == True, per=Probe.merchant),  # noqa: E712  # a column, not a truth value
        then=refutes(DOWN, 60, family="probe"),
    ),
    Rule("outage", when=on(Outage, Outage.over == False, per=Outage.merchant), then=vetoes(DOWN, family="provider")),  # noqa: E712
    Rule(
        "forgery",
        when=on(Signal, Signal.kind == "delivery.signature_failed", per=Signal.merchant).at_least(2, within=minutes(5)),
        then=supports(FORGED, 105, family="auth"),
    ),
    Rule(
        "alert",
        when=on(Alert, Alert.topic == "alert.firing", per=Alert.merchant).unless(
            on(Alert, Alert.topic == "alert.resolved", per=Alert.merchant)
        ),
        then=supports(LOUD, 105, family="monitor"),
        lasts=minutes(120),
    ),
)
OPEN_POLICY = Policy(allow=frozenset(r.kind for r in RESPONSES))


def after(seconds: int) -> datetime:
    return T0 + timedelta(seconds=seconds)


def received(signal: Signal) -> SignalReceived:
    return SignalReceived(at=signal.received_at, signal=signal)


def withdrawn(signal: Signal, at: int, **fields: Any) -> SignalWithdrawn:
    given = {"by": "ann", "reason": "wrong import", "received_at": signal.received_at, **fields}
    return SignalWithdrawn(at=after(at), signal=signal.id, **given)


def call(n: int, at: int = 0, code: int = 500, **fields: Any) -> Call:
    given = {"merchant": "m_1", "env": "production", "source_kind": "access_log", **fields}
    return Call(occurred_at=after(at), code=code, dedup_key=f"call-{n}", **given)


def probe(n: int, at: int = 0, ok: bool = False, **fields: Any) -> Probe:
    given = {"merchant": "m_1", "env": "production", "source_kind": "probe", **fields}
    return Probe(occurred_at=after(at), ok=ok, dedup_key=f"probe-{n}", **given)


def outage(n: int, at: int = 0, **fields: Any) -> Outage:
    return Outage(merchant=M1, env="production", occurred_at=after(at), over=False, dedup_key=f"o-{n}", **fields)


def stranger(n: int, at: int = 0, **fields: Any) -> Signal:
    given = {"merchant": "m_1", "env": "production", "kind": "world.strange", "severity_hint": "critical", **fields}
    return Signal(occurred_at=after(at), dedup_key=f"strange-{n}", **given)


def alert(n: int, at: int = 0, over: bool = False, name: str = "a", **fields: Any) -> Alert:
    state = "resolved" if over else "firing"
    given = {"merchant": "m_1", "env": "production", "source_kind": "monitor", "provider": "pager", **fields}
    return Alert(
        occurred_at=after(at), topic=f"alert.{state}", state=state, resource=("alert", name), dedup_key=f"alert-{n}",
        **given,
    )  # fmt: skip


def maintenance(n: int, at: int, active: bool) -> Signal:
    return Signal(
        kind="calendar.maintenance",
        merchant=M1,
        env="production",
        occurred_at=after(at),
        attrs={"active": active},
        dedup_key=f"window-{n}",
    )


def sure(at: int = 0) -> list[Signal]:
    """Signals that make the issue HIGH: two families, two source kinds, disjoint."""
    return [*(call(n, at + n) for n in range(3)), probe(1, at + 3)]


def milder(run: Run) -> int:
    """Give calls of which one in ten fails until the issue is held at a worse severity than it has; returns when."""
    for turn in range(1, 20):
        at = turn * 200
        run.give(*(call(turn * 100 + n, at + n, code=200) for n in range(9)), call(turn * 100 + 10, at + 10))
        if run.state.easing:
            return at + 10
    raise AssertionError("expected the issue to become milder")


# --- a fold on its own -----------------------------------------------------------------------------------------------


@attrs.define
class Run:
    """A fold over inputs, and everything its steps left behind."""

    fold: Fold = attrs.Factory(lambda: Fold(RULES, OPEN_POLICY))
    state: State = attrs.field(default=attrs.Factory(lambda self: self.fold.start("merchant:m_1"), takes_self=True))
    steps: list[Step] = attrs.Factory(list)

    def give(self, *items: Input | Signal) -> StepRecord:
        """Advance over every input and return what the last step left behind."""
        for item in items:
            given = received(item) if isinstance(item, Signal) else item
            step = self.fold.advance(self.state, self.state.seq + 1, given)
            self.state = step.state
            self.steps.append(step)
        return self.steps[-1].record

    @property
    def decisions(self) -> list[Any]:
        return [d for s in self.steps for d in s.record.decisions]

    def action(self, kind: str) -> Any:
        """The newest state of the newest action of a kind."""
        found = [a for s in self.steps for a in s.record.actions if a.kind == kind]
        newest = [a for h in self.state.held.values() for a in h.actions.values() if a.kind == kind]
        return newest[-1] if newest else found[-1]


def written(record: StepRecord) -> str:
    """Canonical JSON of everything a step left behind."""
    return canonical_json(
        {
            "seq": record.seq,
            "disposition": attrs.asdict(record.disposition) if record.disposition else None,
            "issues": [i.model_dump() for i in record.issues],
            "decisions": [d.model_dump() for d in record.decisions],
            "actions": [a.model_dump() for a in record.actions],
            "emitted": [[to, i.model_dump()] for to, i in record.emitted],
        }
    )


# --- streams ---------------------------------------------------------------------------------------------------------

Maker = Callable[[int, int], Input]


def _signals() -> st.SearchStrategy[Callable[[int, int], Signal]]:
    envs = st.sampled_from(["production"] * 6 + ["unknown", "test", "staging"])
    auths = st.sampled_from(["not_applicable"] * 5 + ["verified", "unsigned", "failed"])
    number = st.integers(0, 12)

    def calls(code: int, env: str, auth: str, repeat: int) -> Callable[[int, int], Signal]:
        return lambda n, at: call(repeat if repeat < 3 else 100 + n, at, code, env=env, auth=auth)

    def probes(ok: bool, env: str) -> Callable[[int, int], Signal]:
        return lambda n, at: probe(100 + n, at, ok, env=env)

    def late(hours: int) -> Callable[[int, int], Signal]:
        return lambda n, at: call(200 + n, at - hours * 3600, received_at=after(at))

    return st.one_of(
        st.builds(calls, st.sampled_from([200, 500, 500, 503]), envs, auths, number),
        st.builds(calls, st.just(500), st.just("production"), st.just("verified"), st.just(9)),
        st.builds(probes, st.booleans(), envs),
        st.builds(late, st.sampled_from([0, 1, 30])),
        st.sampled_from(
            [
                lambda n, at: outage(n, at),
                lambda n, at: stranger(n, at),
                lambda n, at: stranger(n, at, severity_hint="high", topic="odd"),
                lambda n, at: stranger(n, at, severity_hint="low"),
                lambda n, at: stranger(n, at, kind="unknown"),
                lambda n, at: maintenance(n, at, n % 2 == 0),
                lambda n, at: call(300 + n, at, auth="failed"),
                lambda n, at: alert(n, at, over=n % 2 == 0),
                lambda n, at: alert(n, at, over=n % 3 == 0, severity_hint="critical"),
                lambda n, at: alert(n, at - 40, name="b", over=n % 2 == 0, received_at=after(at)),
                lambda n, at: Shop(merchant=M1, value=8200, money="EUR", occurred_at=after(at), env="production"),
            ]
        ),
    )


def _others() -> st.SearchStrategy[Maker]:
    people = st.sampled_from(["halt", "resume"])
    return st.one_of(
        st.just(lambda n, at: Tick(at=after(at))),
        st.builds(lambda v: lambda n, at: PersonActed(at=after(at), verb=v, by="op", why=str(n)), people),
        st.builds(
            lambda m: lambda n, at: ConfigChanged(at=after(at), ruleset="r", policy="p", mode=m),
            st.sampled_from(RunMode),
        ),
        st.just(
            lambda n, at: ErasureRequested(at=after(at), merchant="m_1", pseudonym="p" * 20, token="t" * 20, by="owner")
        ),
    )


def streams(*, signals_only: bool = False, size: int = 30) -> st.SearchStrategy[list[Input]]:
    """Inputs with gaps that fall on and beside the edges of windows, retention and deadlines."""
    gaps = st.sampled_from([0, 0, 1, 7, 60, 299, 300, 301, 900, 1799, 1801, 3600, 3601, 14_400])
    signal: st.SearchStrategy[Maker] = _signals().map(lambda make: lambda n, at: received(make(n, at)))
    one = signal if signals_only else st.one_of(signal, signal, signal, signal, _others())

    def build(items: list[tuple[int, Maker]]) -> list[Input]:
        at, made = 0, []
        for n, (gap, make) in enumerate(items):
            at += gap
            made.append(make(n, at))
        return made

    return st.lists(st.tuples(gaps, one), max_size=size).map(build)


def react(run: Run, choice: int) -> Input | None:
    """Return an input that answers what waits or is planned, as a dispatcher or a person would."""
    actions = [a for h in run.state.held.values() for a in h.actions.values()]
    at = run.steps[-1].record.decisions[0].at if run.steps and run.steps[-1].record.decisions else T0
    if not actions:
        return None
    action = actions[choice % len(actions)]
    match action.status:
        case ActionStatus.WAITING:
            verb: Literal["approve", "reject"] = "approve" if choice % 3 else "reject"
            by = f"person-{choice % 2}"
            return PersonActed(at=at, verb=verb, by=by, target=action.idempotency_key, binding=action.binding)
        case ActionStatus.PLANNED:
            kind = ActionDue if choice % 2 else ActionStarted
            return kind(at=at, key=action.idempotency_key)
        case ActionStatus.STARTED:
            result = ActionResult(status="succeeded" if choice % 2 else "failed")
            return ActionFinished(at=at, key=action.idempotency_key, result=result)
        case _:
            return None


# --- agents ----------------------------------------------------------------------------------------------------------


def agent(memory: Memory, **options: Any) -> Agent:
    return Agent(**{"rules": RULES, "memory": memory, "policy": OPEN_POLICY, **options})


def handled(agent: Agent, signals: Iterable[Signal]) -> list[Any]:
    return [d for s in signals for d in agent.handle(s)]


def remembered(memory: Memory) -> dict[str, list[str]]:
    """Everything a memory holds, as text."""
    held: dict[str, list[str]] = {
        "journal": [
            f"{e.partition} {e.seq} {e.done} {e.disposition} {e.input.json_line()}" for e in memory.read("journal")
        ]
    }
    held["issues"] = sorted(i.json_line() for i in memory.read("issues"))
    held["decisions"] = sorted(d.json_line() for d in memory.read("decisions"))
    held["actions"] = sorted(a.json_line() for a in memory.read("actions"))
    return held


def conserved(memory: Memory) -> Counter[str]:
    """Check the conservation law from memory alone, and return the count of each disposition."""
    counts: Counter[str] = Counter()
    for entry in memory.read("journal"):
        if isinstance(entry.input, SignalWithdrawn):
            # It is no signal: it has a disposition of its own and changes none of another.
            assert entry.disposition is not None
            assert entry.disposition.name in ("withdrawn", "too_late", "recorded", "failed")
            continue
        if not isinstance(entry.input, SignalReceived):
            assert entry.disposition is None or entry.failed
            continue
        counts["accepted"] += 1
        assert entry.done == (entry.disposition is not None)
        counts[entry.disposition.name if entry.disposition else "pending"] += 1
    parts: Sequence[str] = ("pending", "failed", "dropped", "suppressed", "opened", "merged", "recorded")
    assert counts["accepted"] == sum(counts[p] for p in parts)
    issues = {i.id for i in memory.read("issues")}
    for entry in memory.read("journal"):
        if entry.disposition is not None:
            assert set(entry.disposition.issues) <= issues
        if entry.disposition is not None and isinstance(entry.input, SignalReceived):
            assert bool(entry.disposition.issues) == (entry.disposition.name in ("opened", "merged"))
    return counts
