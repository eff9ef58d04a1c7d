"""A failure mode told whole: for people, as data, and with what policy makes of its responses."""

from __future__ import annotations

import pytest

from migro.cli.rules_mode import bounds, costs, described, mode_lines
from migro.expressions import percent
from migro.models import Risk, Severity
from migro.packs.headless import RULES
from migro.packs.headless.specimens import SHOP, alert
from migro.packs.headless.witnesses import alerting
from migro.rules import ImpactModel, IssueKind, Response, Rule, RuleSet, SeverityScale, fires, silent, supports, vetoes


@pytest.mark.parametrize("kind", [k for k in RULES.kinds.values() if not k.systemic], ids=lambda k: k.name)
def test_a_mode_is_told_with_everything_that_it_says(kind: IssueKind[object]) -> None:
    text = " ".join(" ".join(mode_lines(RULES, kind)).split())
    told = (kind.title, kind.what, kind.harm, kind.false_positives, *kind.human_only, *kind.related, *kind.sources)
    replies = [v for r in kind.responses for n, v in r.args if n == "template"]

    assert [part for part in (*told, *replies) if " ".join(part.split()) not in text] == []
    assert [r.id for r in RULES.about(kind.name) if f" {r.id} (family {r.then.family}, " not in text] == []


def test_policy_says_for_every_band_what_becomes_of_a_response() -> None:
    told = described(RULES, RULES.kinds["stale_page_cache"])["policy"]

    assert {r["kind"]: list(r["outcomes"].values()) for r in told} == {
        "notify": ["record", "auto", "auto", "auto"],
        "report": ["record", "auto", "auto", "auto"],
        "recheck": ["record", "auto", "auto", "auto"],
        "update_dashboard": ["record", "auto", "auto", "auto"],
        "refresh_cache": ["record", "approve1", "approve1", "approve1"],
        "draft_reply": ["record", "approve1", "approve1", "approve1"],
    }


def test_a_mode_of_somebody_elses_is_told_as_far_as_it_goes() -> None:
    kind = IssueKind[str](
        "queue_stuck",
        category="integration",
        title="The queue stands",
        severity=SeverityScale(default=Severity.SEV2, by_share=((Severity.SEV1, percent(50)),)),
        responses=(Response("rollback", Risk.R3, "operators", from_severity=Severity.SEV2),),
        prior=-40,
    )
    examples = (fires("one", alert(), for_=SHOP), silent("another", alert(0, alertname="Other")))
    rules = RuleSet(
        "own",
        Rule(
            "queue.alert",
            when=alerting("^Alert$"),
            then=supports(kind, 50, family="a", severity=Severity.SEV1),
            examples=examples,
        ),
        Rule("queue.veto", when=alerting("^Alert$"), then=vetoes(kind, family="b"), examples=examples),
    )

    assert "\n".join(mode_lines(rules, rules.kinds["queue_stuck"])).splitlines() == [
        "queue_stuck: The queue stands",
        "integration, one issue per merchant, prior -40 points",
        "",
        "How bad it is",
        "  SEV1 from 50 % lost",
        "  SEV4 below that, SEV2 where no share is measured",
        "  at least SEV1 while queue.alert counts: it says so",
        "",
        "What speaks for it",
        "    +50  queue.alert (family a, lasts 10 min)",
        "         when Alert, and since then no [Alert]",
        "",
        "What speaks against it",
        "   veto  queue.veto (family b, lasts 10 min)",
        "         when Alert, and since then no [Alert]",
        "",
        "(migro rules show RULE prints what stands for each [...] in full.)",
        "",
        "What is proposed",
        "  rollback to operators (R3, from SEV2 on). LOW: only recorded; from MID on: two people approve.",
    ]


def test_brackets_and_quotes_inside_a_selection_do_not_end_it() -> None:
    assert bounds("at least 2 x [Log: Log.text == ']' & Log.n.one_of([1]) per a] within 5 min") == (
        "at least 2 x [Log] within 5 min"
    )
    assert bounds("Log: Log.ok") == "Log"


def test_a_mode_without_an_impact_model_costs_nothing_that_is_known() -> None:
    assert list(costs(None)) == []
    assert list(costs(ImpactModel(step="cart", conversion=percent(30)))) == [
        "Lost orders: 30 % of cart would have ordered, which is an assumption."
    ]
