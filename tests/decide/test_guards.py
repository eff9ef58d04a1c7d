"""Every guard, with an input that is fine, that fails, that is missing, and that raises: only all-fine executes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Literal

import attrs
import pytest

from migro.decide import GUARDS, GuardName, Limit, Policy, propose, rule_on
from migro.models import Action, ActionStatus, Band, Impact, Outcome, Risk, RunMode, Severity
from migro.reason import Assessment
from migro.reason.confidence import Score
from migro.rules import IssueKind, Response, SeverityScale

NOW = 10**15
KIND = IssueKind[Any](
    "down",
    category="checkout",
    severity=SeverityScale(default=Severity.SEV3),
    responses=(
        Response("notify", Risk.R0, "on_call"),
        Response("tag", Risk.R1, "desk", args=(("pages", "3"), ("shop", "{merchant}"))),
    ),
)
POLICY = Policy(allow=frozenset({"notify", "tag"}))


class Broken:
    """An input that raises whatever it is asked."""

    def _raise(self, *_: object, **__: object) -> Any:
        raise RuntimeError("no answer")

    __bool__ = __iter__ = __len__ = __sub__ = __rsub__ = __eq__ = __contains__ = __call__ = __gt__ = __lt__ = _raise
    __hash__ = None  # type: ignore[assignment]
    __format__ = __str__ = _raise


@attrs.frozen(kw_only=True)
class Situation:
    """Everything that guards ask."""

    halted: Any = ""
    suppressed: Any = ()
    elsewhere: Any = ()
    vetoes: Any = ()
    category: Any = "checkout"
    newest: Any = NOW
    systemic: Any = False
    disjoint: Any = True
    environments: Any = frozenset({"production"})
    merchant: Any = "m_1"
    limits: Any = ()
    tried: Any = ""
    allow: Any = POLICY.allow
    args: Any = KIND.responses[1].args
    held: Any = None
    budgets: Any = POLICY.budgets

    def actions(self) -> Sequence[Action]:
        kind = attrs.evolve(KIND, category="checkout")
        tag = attrs.evolve(KIND.responses[1])
        for name, value in (("systemic", self.systemic), ("category", self.category)):
            object.__setattr__(kind, name, value)
        object.__setattr__(tag, "args", self.args)
        object.__setattr__(kind, "responses", (KIND.responses[0], tag))
        score = Score(prior=0, weighed=(), lowered=(), total=110, families=("a", "b"), disjoint=self.disjoint)
        assessment = Assessment(
            kind=kind,
            key=("m_1",),
            supported=True,
            score=score,
            band=Band.HIGH,
            severity=Severity.SEV3,
            severity_because="",
            vetoes=self.vetoes,
            found=frozenset({"sig_1"}),
            newest=self.newest,
            environments=self.environments,
            read_impact=Impact,
            read_near_misses=tuple,
        )

        def suppressing(*, severity: Severity) -> Any:
            return self.suppressed() if isinstance(self.suppressed, Broken) else self.suppressed

        def limiting(response: Response, key: str) -> Any:
            return self.limits() if isinstance(self.limits, Broken) else self.limits

        def tried(response: Response) -> Any:
            return self.tried() if isinstance(self.tried, Broken) else self.tried

        policy = attrs.evolve(POLICY, allow=frozenset({"notify"}), budgets=self.budgets)
        object.__setattr__(policy, "allow", self.allow)
        ruling = rule_on(
            assessment,
            policy=policy,
            mode=RunMode.AUTO,
            issue="iss_1",
            now=NOW,
            held_severity=self.held,
            halted=self.halted,
            suppressing=suppressing,
            known={},
            elsewhere=self.elsewhere,
            merchant=self.merchant,
            limiting=limiting,
            tried=tried,
        )
        words = {"merchant": "m_1"}
        return propose(ruling, ruleset="r", partition="p", decision="d", now=NOW, answers={}, words=words).actions


Input = Literal["fails", "missing", "raises"]

SPENT = Limit(name="tags", beyond=Outcome.APPROVE1, words="1 of 1 are used", until=None)
CLOSED = attrs.evolve(SPENT, beyond=Outcome.RECORD)
BROKEN = Broken()

TABLE: dict[GuardName, dict[Input, dict[str, Any]]] = {
    "unhealthy": {"fails": {"halted": "why"}, "missing": {"halted": None}, "raises": {"halted": BROKEN}},
    "suppressed": {
        "fails": {"suppressed": ("mute",)},
        "missing": {"suppressed": None},
        "raises": {"suppressed": BROKEN},
    },
    "consequence": {
        "fails": {"elsewhere": ((Severity.SEV1, "its cause"),)},
        "missing": {"elsewhere": None},
        "raises": {"elsewhere": BROKEN},
    },
    "veto": {"fails": {"vetoes": ("r",)}, "missing": {"vetoes": None}, "raises": {"vetoes": BROKEN}},
    "not_allowed": {
        "fails": {"allow": frozenset({"notify"})},
        "missing": {"allow": frozenset()},
        "raises": {"allow": BROKEN},
    },
    "unknown_kind": {"fails": {"category": "unknown"}, "missing": {"category": None}, "raises": {"category": BROKEN}},
    "stale_evidence": {
        "fails": {"newest": NOW - 3600 * 10**6},
        "missing": {"newest": None},
        "raises": {"newest": BROKEN},
    },
    "systemic": {"fails": {"systemic": True}, "missing": {"systemic": None}, "raises": {"systemic": BROKEN}},
    "single_family": {"fails": {"disjoint": False}, "missing": {"disjoint": None}, "raises": {"disjoint": BROKEN}},
    "environment": {
        "fails": {"environments": frozenset({"staging"})},
        "missing": {"environments": frozenset()},
        "raises": {"environments": BROKEN},
    },
    "missing_input": {
        "fails": {"merchant": ""},
        "missing": {"merchant": None},
        "raises": {"args": BROKEN},
    },
    "budget_spent": {"fails": {"limits": (SPENT,)}, "missing": {"limits": None}, "raises": {"limits": BROKEN}},
    "budget_closed": {"fails": {"limits": (CLOSED,)}, "missing": {"limits": None}, "raises": {"limits": BROKEN}},
    "did_not_help": {
        "fails": {"tried": "tag -> desk has failed 2 times"},
        "missing": {"tried": None},
        "raises": {"tried": BROKEN},
    },
}


def planned(actions: Sequence[Action]) -> dict[str, bool]:
    return {a.kind: a.status is ActionStatus.PLANNED for a in actions}


def test_the_table_has_a_row_for_every_guard() -> None:
    assert list(TABLE) == list(GUARDS)


def test_where_all_is_fine_it_is_done() -> None:
    assert planned(Situation().actions()) == {"notify": True, "tag": True}


@pytest.mark.parametrize("guard", GUARDS)
def test_what_fails_or_is_missing_or_raises_executes_nothing_that_it_guards(guard: GuardName) -> None:
    guarded = "notify" if guard == "consequence" else "tag"
    failing = Situation(**TABLE[guard]["fails"]).actions()
    assert planned(failing)[guarded] is False
    outcome = next(a.outcome for a in failing if a.kind == guarded)
    assert outcome is GUARDS[guard][0], "and its cap is the one that the table says"

    done: list[Callable[[], Any]] = [Situation(**TABLE[guard][given]).actions for given in ("missing", "raises")]
    for missing_or_raising in done:
        try:
            found = planned(missing_or_raising())
        except Exception:
            continue  # an internal error: automation halts, and nothing was proposed
        assert found["tag"] is False, "told operators may be, acted is not"


@pytest.mark.parametrize("guard", GUARDS)
def test_an_input_that_raises_reaches_the_loop_which_halts(guard: GuardName) -> None:
    with pytest.raises((RuntimeError, TypeError, AttributeError)):
        Situation(**TABLE[guard]["raises"]).actions()
