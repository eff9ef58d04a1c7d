"""Complete records to start a test from; pass the fields that matter, the rest is plausible."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from ..models.action import Action
from ..models.decision import Decision
from ..models.explanation import Explanation, Impact
from ..models.issue import Issue
from ..models.scales import ActionStatus, Attention, Band, IssueStatus, Outcome, Risk, RunMode, Severity
from ..models.signal import Signal
from ..models.steps import Disposition, Snapshot, StepRecord

__all__ = [
    "START",
    "sample_action",
    "sample_decision",
    "sample_explanation",
    "sample_issue",
    "sample_signal",
    "sample_snapshot",
    "sample_step",
]

START = datetime(2026, 3, 1, 9, 0, tzinfo=UTC)
"""The moment at which samples happen."""


def sample_signal(number: int = 1, **fields: Any) -> Signal:
    """Return a signal; another number is another event."""
    return Signal(
        **{
            "kind": "checkout.response",
            "merchant": "m_1",
            "occurred_at": START,
            "dedup_key": f"sample-{number}",
            "status": 503,
            "attrs": {"route": "/checkout"},
            "metrics": {"latency_ms": 120},
            **fields,
        }
    )


def sample_issue(id: str = "iss_1", **fields: Any) -> Issue:
    """Return an open, likely checkout issue of merchant ``m_1``."""
    return Issue(
        **{
            "id": id,
            "kind": "checkout_server_error_spike",
            "category": "checkout",
            "title": "Checkout answers with server errors",
            "merchant": "m_1",
            "scope": "merchant",
            "key": ("m_1",),
            "key_names": ("merchant",),
            "status": IssueStatus.OPEN,
            "severity": Severity.SEV2,
            "confidence": Decimal("0.52"),
            "points": 5,
            "band": Band.MID,
            "attention": Attention.PAGE,
            "impact": Impact(),
            "first_seen": START,
            "last_seen": START,
            "signals": 1,
            **fields,
        }
    )


def sample_action(idempotency_key: str = "act_1", **fields: Any) -> Action:
    """Return a planned notification of whoever is on call."""
    return Action(
        **{
            "kind": "notify",
            "risk": Risk.R0,
            "target": "on_call",
            "args": {"text": "Checkout answers with server errors"},
            "outcome": Outcome.AUTO,
            "status": ActionStatus.PLANNED,
            "idempotency_key": idempotency_key,
            "partition": "m_1",
            "issue": "iss_1",
            "decision": "dec_1",
            "binding": "b" * 64,
            "at": START,
            **fields,
        }
    )


def sample_explanation(**fields: Any) -> Explanation:
    """Return the explanation of `sample_decision`: one prior, no evidence."""
    return Explanation(
        **{
            "issue": "iss_1",
            "issue_kind": "checkout_server_error_spike",
            "title": "Checkout answers with server errors",
            "category": "checkout",
            "key": ("m_1",),
            "key_names": ("merchant",),
            "as_of": START,
            "ruleset": "r" * 64,
            "policy": "p" * 64,
            "engine": "native/1",
            "changed": "the issue was opened",
            "prior": 5,
            "contributions": (),
            "adjustments": (),
            "score": 5,
            "confidence": Decimal("0.52"),
            "band": Band.MID,
            "severity": Severity.SEV2,
            "severity_because": "the sample says so",
            "impact": Impact(),
            "attention": Attention.PAGE,
            "mode": RunMode.AUTO,
            "guards": (),
            "actions": (),
            "outcome": Outcome.AUTO,
            **fields,
        }
    )


def sample_decision(id: str = "dec_1", **fields: Any) -> Decision:
    """Return a decision about `sample_issue` with one planned notification."""
    return Decision(
        **{
            "id": id,
            "at": START,
            "partition": "m_1",
            "merchant": "m_1",
            "scope": "merchant",
            "issue": sample_issue(),
            "outcome": Outcome.AUTO,
            "attention": Attention.PAGE,
            "actions": (sample_action(decision=id),),
            "because": "checkout answers with server errors",
            "ruleset": "r" * 64,
            "policy": "p" * 64,
            "mode": RunMode.AUTO,
            "explanation": sample_explanation(),
            **fields,
        }
    )


def sample_step(seq: int = 1, **fields: Any) -> StepRecord:
    """Return a step that opened an issue, decided once and planned one action, all named after `seq`."""
    decision, key = f"dec_{seq}", f"act_{seq}"
    return StepRecord(
        **{
            "seq": seq,
            "disposition": Disposition(
                signal=sample_signal(seq).id, name="opened", reason="a rule fired", issues=(f"iss_{seq}",)
            ),
            "issues": (sample_issue(f"iss_{seq}"),),
            "decisions": (sample_decision(decision),),
            "actions": (sample_action(key, decision=decision),),
            **fields,
        }
    )


def sample_snapshot(seq: int = 1, **fields: Any) -> Snapshot:
    """Return a snapshot of partition ``m`` after input `seq`."""
    return Snapshot(
        **{
            "partition": "m",
            "seq": seq,
            "ruleset": "r" * 64,
            "policy": "p" * 64,
            "data": b'{"after":%d}' % seq,
            **fields,
        }
    )
