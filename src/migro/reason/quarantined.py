"""A rule whose predicate keeps raising is heard no more; that is an issue of its own, which reaches a person."""

from __future__ import annotations

from datetime import UTC, datetime

from ..expressions import Attr, Key
from ..models import MerchantId, Risk, Severity, Signal, from_microseconds
from ..rules import IssueKind, Response, Rule, SeverityScale, during, on, supports

__all__ = ["QUARANTINED", "QUARANTINED_RULE", "RuleQuarantined", "rule_quarantined"]

_UNTIL_SOMEBODY_ENDS_IT = datetime(9999, 1, 1, tzinfo=UTC)


class RuleQuarantined(Signal, kind="migro.rule_quarantined"):
    """A rule is left out from some time on, until a person or another version of the rules lets it back."""

    rule: Key[str]
    since: Attr[datetime]
    until: Attr[datetime]


QUARANTINED = IssueKind[str](
    "migro_rule_quarantined",
    category="unknown",
    per=("rule",),
    title="A rule is not judged, because a predicate of it keeps raising",
    what="Whatever the rule would have said for this merchant is not heard.",
    severity=SeverityScale(default=Severity.SEV3),
    responses=(Response(kind="notify", risk=Risk.R0, target="on_call"),),
    human_only=("correct the rule", "release it"),
)

QUARANTINED_RULE = Rule(
    "rule.quarantined",
    when=during(
        on(RuleQuarantined, per=RuleQuarantined.rule), starts=RuleQuarantined.since, ends=RuleQuarantined.until
    ),
    then=supports(QUARANTINED, 140, family="engine"),
    why="A predicate of the rule raised on several signals in a row; nobody hears the rule until it is released.",
)


def rule_quarantined(rule: str, partition: str, since: int) -> Signal:
    """Return the derived signal about a rule that is left out since `since`, in microseconds."""
    merchant = partition.removeprefix("merchant:")
    return RuleQuarantined(
        merchant=MerchantId(merchant) if merchant != partition else None,
        rule=rule,
        since=from_microseconds(since),
        until=_UNTIL_SOMEBODY_ENDS_IT,
        occurred_at=from_microseconds(since),
        source_kind="migro",
        provider="migro",
        env="production",
        dedup_key=f"{partition}/{rule}/{since}",
        normalizer="reason/1",
    )
