"""A shop whose signals name people, and rules that look at each of them: what an erasure has to reach."""

from __future__ import annotations

import json
from collections.abc import Callable
from decimal import Decimal
from typing import Any

from hypothesis import strategies as st

from migro.agent import Fold
from migro.expressions import UNSET, Attr, Maybe, MaybeKey, fact, hours, minutes
from migro.models import Input, PersonActed, Risk, Severity, Signal, Tick, read_input
from migro.rules import IssueKind, Response, Rule, RuleSet, SeverityScale, holding, on, supports
from migro.verify import IssueUpdate

from .world import M1, OPEN_POLICY, after, maintenance, received, stranger, withdrawn

__all__ = ["ANN", "NOBODY", "RULES", "fold", "named_anew", "people"]

ANN = "person-7k2m4q-ann"
"""A pseudonym; among all keys, what stands in its place sorts where it does."""

NOBODY = "person-7k2m4q-nob"
OTHERS = ("person-3aaaaa-bob", "person-9zzzzz-eve")


class Visit(Signal, kind="people.visit"):
    shopper: MaybeKey[str] = UNSET
    code: Attr[int]
    word: Maybe[str] = UNSET
    beside: Maybe[frozenset[str]] = UNSET


class Vip(Signal, kind="people.vip"):
    """What a host knows about a person."""

    shopper: MaybeKey[str] = UNSET
    bound: Maybe[int] = UNSET


RESPONSES = (
    Response("notify", Risk.R0, "on_call", args=(("text", "{severity} {kind}"),)),
    Response("reply", Risk.R2, "merchant_contact"),
    Response("refund", Risk.R4, "owner"),
)
EACH = ("merchant", "shopper")
TROUBLE = IssueKind[Any](
    "trouble", category="checkout", per=EACH, responses=RESPONSES, severity=SeverityScale(default=Severity.SEV3)
)
VALUED = IssueKind[Any]("valued", category="checkout", per=EACH, responses=RESPONSES[:1])
CROWD = IssueKind[Any]("crowd", category="checkout", responses=RESPONSES)
SHAKY = IssueKind[Any]("shaky", category="checkout", per=("issue_kind",), responses=RESPONSES[:1])

each = (Visit.merchant, Visit.shopper)
failing = on(Visit, Visit.code >= 500, per=each)
here = on(Visit, per=Visit.merchant)
RULES = RuleSet(
    "people",
    Rule("people.one", when=failing, then=supports(TROUBLE, 50, family="one")),
    Rule("people.two", when=failing.at_least(2, within=minutes(10)), then=supports(TROUBLE, 105, family="two")),
    Rule(
        "people.vip",
        when=on(Visit, Visit.code >= fact(Vip.bound, default=503), per=each),
        then=supports(VALUED, 105, family="fact"),
    ),
    Rule(
        "people.words",
        when=here.distinct(Visit.word, at_least=2, within=minutes(30)),
        then=supports(CROWD, 50, family="words"),
    ),
    Rule(
        "people.top",
        when=here.top(by=Visit.word, within=minutes(30)) >= 3,
        then=supports(CROWD, 50, family="top"),
    ),
    Rule(
        "people.new",
        when=on(Visit, Visit.word.first_seen(horizon=hours(2)), per=Visit.merchant).at_least(2, within=minutes(30)),
        then=supports(CROWD, 50, family="new"),
    ),
    Rule(
        "people.many",
        when=holding(failing.at_least(2, within=minutes(10)), per=Visit.merchant, within=minutes(30)) >= 2,
        then=supports(CROWD, 105, family="many"),
    ),
    Rule(
        "people.shaky",
        when=on(IssueUpdate, IssueUpdate.band == "MID", per=IssueUpdate.issue_kind),
        then=supports(SHAKY, 105, family="kinds"),
    ),
)


def fold() -> Fold:
    return Fold(RULES, OPEN_POLICY)


def named_anew(item: Input, pseudonym: str = ANN, token: str = NOBODY) -> Input:
    """Return an input as it reads in a journal out of which a person was taken."""
    return read_input(json.loads(item.json_line().replace(pseudonym, token), parse_float=Decimal))


# --- streams ---------------------------------------------------------------------------------------------------------


def visit(n: int, at: int, who: str, code: int, word: str | None = None, **fields: Any) -> Signal:
    given: dict[str, Any] = {
        "merchant": M1,
        "env": "production",
        "resource": ("customer", who),
        "ids": {"requester": who},
        **fields,
    }
    beside = frozenset({who, "door"})
    return Visit(
        occurred_at=after(at), shopper=who, code=code, word=word, beside=beside, dedup_key=f"visit-{who}-{n}", **given
    )


def ticket(n: int, at: int, who: str, same: int) -> Signal:
    attrs: dict[str, Any] = {"text_ref": f"{who}-{same}"}
    given: dict[str, Any] = {
        "merchant": M1,
        "env": "production",
        "severity_hint": "critical",
        "ids": {"requester": who},
    }
    return Signal(kind="ticket", occurred_at=after(at), attrs=attrs, dedup_key=f"ticket-{n}", **given)


def vip(n: int, at: int, who: str, bound: int | None) -> Signal:
    given: dict[str, Any] = {"merchant": M1, "env": "production"}
    return Vip(occurred_at=after(at), shopper=who, bound=bound, dedup_key=f"vip-{n}", **given)


def forged(n: int, at: int, who: str) -> Signal:
    return visit(10_000 + n, at, who, 500, auth="failed")


_Maker = Callable[[int, int], Signal]


def _makers() -> st.SearchStrategy[_Maker]:
    who = st.sampled_from([ANN, ANN, ANN, *OTHERS])
    words = st.sampled_from([None, ANN, "shoe", "hat", OTHERS[0]])
    codes, small = st.sampled_from([200, 500, 500, 503]), st.integers(0, 2)
    return st.one_of(
        st.builds(lambda p, c, w: lambda n, at: visit(n, at, p, c, w), who, codes, words),
        st.builds(lambda p, c, w: lambda n, at: visit(n, at, p, c, w), who, codes, words),
        st.builds(lambda p, w: lambda n, at: visit(n, at - 700, p, 503, w, received_at=after(at)), who, words),
        st.builds(lambda p, s: lambda n, at: ticket(n, at, p, s), who, small),
        st.builds(lambda p, b: lambda n, at: vip(n, at, p, b), who, st.sampled_from([200, 500, None])),
        st.builds(lambda p: lambda n, at: forged(n, at, p), who),
        st.builds(lambda p: lambda n, at: stranger(n, at, resource=("customer", p), ids={"who": p}), who),
        st.sampled_from([lambda n, at: maintenance(n, at, n % 2 == 0)]),
    )


def _said(at: int, who: str, verb: Any) -> Input:
    return PersonActed(at=after(at), verb=verb, by=who, why=f"asked by {who}")


def people(*, size: int = 25) -> st.SearchStrategy[list[Input]]:
    """Inputs that name people wherever an input can, some of them taken back again."""
    gaps = st.sampled_from([0, 0, 1, 1, 7, 60, 60, 299, 301, 900, 1801, 3601, 7201])
    kinds = st.sampled_from(["signal"] * 14 + ["tick", "back", "back", "halt", "resume", "resume"])

    def build(rows: list[tuple[int, str, _Maker, int]]) -> list[Input]:
        at, made, signals = 0, list[Input](), list[Signal]()
        for n, (gap, kind, make, pick) in enumerate(rows):
            at += gap
            if kind == "signal" or (kind == "back" and not signals):
                signals.append(make(n, at))
                made.append(received(signals[-1]))
            elif kind == "back":
                made.append(withdrawn(signals[-1 - pick % len(signals)], at))
            else:
                made.append(Tick(at=after(at)) if kind == "tick" else _said(at, ANN, kind))
        return made

    return st.lists(st.tuples(gaps, kinds, _makers(), st.integers(0, 3)), min_size=size // 2, max_size=size).map(build)
