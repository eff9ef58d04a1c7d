"""Actions: what policy let through, stopped, or put in front of a person."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field

from .explanation import many
from .records import Record, UtcTime, Words
from .scales import ActionStatus, Outcome, Risk

__all__ = ["REFUSALS_SHOWN", "Action", "ActionResult", "Effect"]

Effect = Literal["helped", "did_not_help", "unknown"]
"""What is found when somebody looks whether an action did what it was for."""

REFUSALS_SHOWN = 5
"""How many answers that did not count an action shows."""


def _status(value: Any) -> Any:
    return ActionStatus(value) if isinstance(value, str) else value


def _nothing(value: object) -> bool:
    # Most actions have none of it, and read as before there was any.
    return not value


class Action(Record):
    """
    One action about one issue, with its own outcome.

    Attributes:
        kind: The verb, such as ``notify``, ``draft_reply`` or ``refresh_cache``.
        risk: What it can do at worst.
        target: Whom or what it touches: a role such as ``on_call``, never a person.
        args: What the actuator needs; redacted words.
        outcome: What policy allows.
        status: Where it stands.
        idempotency_key: Equal for the same action on the same issue, band and severity; receivers honour it.
        binding: Hash of action, arguments, target, evidence, rule set and policy: what an approval approves.
        expires_at: When a waiting approval lapses; silence is no. Of one that people have approved: until when it may
            be started.
        about: Of an action that only tells people about another one, that one's idempotency key, or the id of the issue
            that nobody has taken up; empty for what an issue itself asks for.
        requester: The persons whose words led to its being asked for since the issue began, with commas between; empty
            where evidence alone did.
        verify_at: When its actuator is to look whether it has helped; None where it does not, or has been asked.
        verified: What that look has found; empty where there was none so far.
        refused: Answers that did not count, each with when, by whom and why; the newest `REFUSALS_SHOWN`.
    """

    kind: str
    risk: Risk
    target: str
    args: Words
    outcome: Outcome
    status: Annotated[ActionStatus, BeforeValidator(_status)]
    idempotency_key: str
    partition: str
    issue: str
    decision: str
    binding: str
    at: UtcTime
    expires_at: UtcTime | None = None
    note: str = ""
    about: str = Field(default="", exclude_if=_nothing)
    requester: str = Field(default="", exclude_if=_nothing)
    verify_at: UtcTime | None = Field(default=None, exclude_if=_nothing)
    verified: Effect | Literal[""] = Field(default="", exclude_if=_nothing)
    refused: Annotated[tuple[str, ...], BeforeValidator(many)] = Field(default=(), exclude_if=_nothing)


class ActionResult(Record):
    """
    What became of an action.

    Attributes:
        status: `simulated` in dry run, else `succeeded`, `failed`, or `unknown` where it may have happened and nobody
            could find out.
        detail: One redacted line for the operator.
        verify_after_s: After how many seconds to look whether what was done has helped; 0 for never.
        effect: Of such a look: what it has found; empty for everything else, and in dry run.
    """

    status: Literal["simulated", "succeeded", "failed", "unknown"]
    detail: str = ""
    verify_after_s: int = Field(default=0, ge=0, exclude_if=_nothing)
    effect: Effect | Literal[""] = Field(default="", exclude_if=_nothing)
