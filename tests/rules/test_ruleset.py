"""Rule sets: every mistake at once and with its place; a version that follows the meaning and nothing else."""

from __future__ import annotations

import inspect
from datetime import UTC, datetime, timedelta
from typing import Any

import attrs
import pytest

from migro.errors import Finding, RuleDefinitionError, RuleSetError
from migro.expressions import UNSET, Attr, Key, Maybe, MaybeKey, fact, minutes, percent
from migro.models import MerchantId, Risk, Severity, Signal
from migro.rules import (
    Conclusion,
    IssueKind,
    Response,
    Rule,
    RuleSet,
    fires,
    known,
    on,
    refutes,
    silent,
    supports,
    vetoes,
)


class Request(Signal, kind="ruleset.request"):
    status: Attr[int]
    host: Maybe[str] = UNSET
    cart: MaybeKey[str] = UNSET


DOWN = IssueKind[Any]("down", category="checkout")
STUCK = IssueKind[Any]("stuck", category="checkout")
PER_CART = IssueKind[Any]("cart", category="checkout", per=("merchant", "cart"))
ERRORS = on(Request, Request.status >= 500, per=Request.merchant)
AT = datetime(2026, 3, 1, tzinfo=UTC)


def rule(id: Any = "a", when: Any = ERRORS, then: Any = None, **options: Any) -> Rule[Any]:
    return Rule(id, when=when, then=then or supports(DOWN, 50, family="http"), **options)


def findings(*rules: Rule[Any], **options: Any) -> tuple[Finding, ...]:
    with pytest.raises(RuleSetError) as caught:
        RuleSet("r", *rules, **options)
    return caught.value.findings


class Twin(Signal, kind="ruleset.request"):
    status: Attr[int]


class Elsewhere(Signal, kind="ruleset.elsewhere"):
    region: Key[str]


REGION = IssueKind[Any]("region", category="unknown", per=("region",))
# Elsewhere has no column cart, and Request none that is called region: only `merchant` is shared by all signals.
BY_REGION = on(Elsewhere, Elsewhere.provider == fact(Request.host), per=Elsewhere.region)

MISTAKES: list[tuple[str, str, list[Rule[Any]]]] = [
    ("rule-id", "expected an id such as 'checkout.5xx-share', got 'Not A Name'", [rule("Not A Name")]),
    ("rule-id", "got ''", [rule("")]),
    ("duplicate-rule", "another is at test_ruleset.py:", [rule("a"), rule("a")]),
    ("points", "expected 1 to 150 points, got 151", [rule(then=supports(DOWN, 151, family="f"))]),
    ("points", "expected 1 to 150 points, got 0", [rule(then=supports(DOWN, 0, family="f"))]),
    ("points", "expected 1 to 150 points, got 'ten'", [rule(then=Conclusion("supports", DOWN, "ten", "f"))]),  # type: ignore[arg-type]  # the mistake
    ("points", "expected a positive number of points, got -5", [rule(then=supports(DOWN, -5, family="f"))]),
    ("points", "expected a positive number of points", [rule(then=refutes(DOWN, -5, family="f"))]),
    ("family", "got an empty string", [rule(then=vetoes(DOWN, family=""))]),
    (
        "key",
        "expected premises per merchant and cart, since cart is about that; got per merchant",
        [rule(then=supports(PER_CART, 5, family="f"))],
    ),
    ("lasts", "expected a span above 0", [rule(lasts=timedelta(0))]),
    ("window", "at most 14 days", [rule(lasts=timedelta(days=14, microseconds=1))]),
    ("window", "at most 14 days", [rule(when=ERRORS.at_least(2, within=timedelta(days=15)))]),
    ("no-signal", "not negated", [rule(when=~known(STUCK))]),
    (
        "kind",
        "a at test_ruleset.py:",
        [rule("a"), rule("b", then=supports(IssueKind[Any]("down", category="auth"), 5, family="f"))],
    ),
    (
        "fact-key",
        "expected Request to share a key with the premise (per region)",
        [rule(when=BY_REGION, then=supports(REGION, 5, family="f"))],
    ),
    (
        "signal-class",
        "expected one class for kind 'ruleset.request', got Twin and Request",
        [rule("a"), rule("b", when=on(Twin, per=Twin.merchant))],
    ),
]


@pytest.mark.parametrize(("code", "words", "rules"), MISTAKES)
def test_a_mistake_is_found_with_its_code_words_and_place(code: str, words: str, rules: list[Rule[Any]]) -> None:
    (finding,) = findings(*rules)

    assert finding.code == code
    assert words in finding.message
    assert finding.where == rules[-1].where
    assert finding.where.startswith("test_ruleset.py:")


def test_examples_are_asked_for_where_rules_are_shipped() -> None:
    signal = Request(status=500, merchant=MerchantId("m"), occurred_at=AT)
    bare, one_sided = rule("a"), rule("b", examples=(fires("x", signal, for_="m"),))
    complete = rule("c", examples=(fires("x", signal, for_="m"), silent("y")))

    found = findings(bare, one_sided, complete, require_examples=True)
    assert [(f.rule, f.code) for f in found] == [("a", "example"), ("a", "example"), ("b", "example")]
    assert "fires" in found[0].message
    assert "silent" in found[2].message


def test_all_mistakes_of_a_set_are_reported_at_once_in_the_order_of_the_rules() -> None:
    with pytest.raises(RuleSetError) as caught:
        RuleSet("r", rule("A"), rule("b", then=vetoes(DOWN, family="")), rule("b", lasts=timedelta(0)))

    assert [f.code for f in caught.value.findings] == ["rule-id", "family", "duplicate-rule", "lasts"]
    assert str(caught.value).startswith("the rule set has 4 mistakes:\n  test_ruleset.py:")
    assert str(caught.value).count("\n") == 4


def test_a_cycle_through_known_prints_its_path() -> None:
    third = IssueKind[Any]("third", category="checkout")
    found = findings(
        rule("a", ERRORS & known(third)),
        rule("b", known(DOWN), supports(STUCK, 5, family="f")),
        rule("c", ERRORS & ~known(STUCK), supports(third, 5, family="f")),
    )

    assert [f.code for f in found] == ["cycle"]
    assert "down -> third -> stuck -> down" in found[0].message


def test_an_issue_kind_that_reads_itself_is_a_cycle() -> None:
    (found,) = findings(rule("a", ERRORS & known(DOWN)))

    assert "down -> down" in found.message


def test_the_place_of_a_rule_is_where_it_was_written() -> None:
    line = inspect.currentframe()
    assert line is not None
    here = Rule("x", when=ERRORS, then=vetoes(DOWN, family="f"))

    assert here.where == f"test_ruleset.py:{line.f_lineno - 2}"


def test_what_reads_known_issues_comes_in_a_later_stratum() -> None:
    rules = RuleSet(
        "r",
        rule("z", known(STUCK), supports(IssueKind[Any]("third", category="checkout"), 5, family="f")),
        rule("y", known(DOWN), supports(STUCK, 5, family="f")),
        rule("b"),
        rule("a"),
        rule("late", salience=-1),
        rule("early", salience=1),
    )

    assert [[r.id for r in s] for s in rules.strata] == [["early", "a", "b", "late"], ["y"], ["z"]]


def test_a_rule_set_takes_in_another_and_its_classes() -> None:
    inner = RuleSet("inner", rule("a"), signals=(Elsewhere,))
    outer = RuleSet("outer", inner, rule("b"))

    assert [r.id for r in outer] == ["a", "b"]
    assert list(outer.signals) == ["ruleset.elsewhere", "ruleset.request"]
    assert (outer.rule("b").id, [r.id for r in outer.about("down")], len(outer)) == ("b", ["a", "b"], 2)
    with pytest.raises(LookupError, match="has no rule 'c'"):
        outer.rule("c")


# --- versions --------------------------------------------------------------------------------------------------------

SHARE: Any = on(Request, per=Request.merchant).share(
    Request.status >= 500, at_least=percent("2.5"), floor=20, within=minutes(5)
)


def versioned(**changes: Any) -> RuleSet:
    fields: dict[str, Any] = {"when": SHARE.unless(ERRORS), "then": supports(DOWN, 50, family="http"), **changes}
    return RuleSet("r", Rule("a", **fields), rule("b"))


def test_the_version_of_a_fixed_rule_set_never_changes_by_accident() -> None:
    # A new value here means that every recorded decision names a rule set nobody can find: change it on purpose only.
    assert versioned().version == "ae0946d0ef82906d6e82d0a42d39ce6bd9bc0eb3e024f23aa77c1103a2376a58"


def test_prose_examples_places_and_names_do_not_change_the_version() -> None:
    signal = Request(status=500, merchant=MerchantId("m"), occurred_at=AT)
    other = versioned(why="because", examples=(fires("x", signal, for_="m"),), where="elsewhere.py:1")
    worded = IssueKind[Any]("down", category="checkout", title="Down", what="what", human_only=("x",), related=("y",))
    set_of_other_name = RuleSet("other", *versioned().rules)

    assert other.version == versioned().version == set_of_other_name.version
    assert RuleSet("r", rule("a", then=supports(worded, 50, family="http"))).version == RuleSet("r", rule("a")).version


@pytest.mark.parametrize(
    "changes",
    [
        {"then": supports(DOWN, 51, family="http")},
        {"then": supports(DOWN, 50, family="https")},
        {"then": refutes(DOWN, 50, family="http")},
        {"then": supports(DOWN, 50, family="http", severity=Severity.SEV1)},
        {"then": supports(attrs.evolve(DOWN, name="broken"), 50, family="http")},
        {"lasts": minutes(11)},
        {"salience": 1},
        {"when": SHARE},
        {"when": ERRORS.unless(SHARE)},
        {"when": SHARE.unless(ERRORS).within(minutes(1))},
        {"when": SHARE.unless(ERRORS.at_least(1, within=minutes(5)))},
        {"when": attrs.evolve(SHARE, length=SHARE.longest + 1).unless(ERRORS)},
        {"when": attrs.evolve(SHARE, floor=21).unless(ERRORS)},
        {"when": attrs.evolve(SHARE, at_least=percent(3)).unless(ERRORS)},
        {"when": attrs.evolve(SHARE, bound="plain").unless(ERRORS)},
        {"when": attrs.evolve(SHARE, predicates=(Request.status > 500,)).unless(ERRORS)},
    ],
)
def test_every_change_of_meaning_changes_the_version(changes: dict[str, Any]) -> None:
    changed = versioned(**changes)

    assert changed.version != versioned().version
    assert changed.rule("a").version != versioned().rule("a").version


@pytest.mark.parametrize(
    "kind",
    [
        attrs.evolve(DOWN, category="auth"),
        attrs.evolve(DOWN, prior=-90),
        attrs.evolve(DOWN, systemic=True),
    ],
)
def test_a_change_of_what_an_issue_kind_decides_changes_the_version(kind: IssueKind[Any]) -> None:
    one, other = (RuleSet("r", rule("a", then=supports(k, 50, family="http"))) for k in (DOWN, kind))

    assert one.version != other.version


def test_the_columns_of_a_signal_class_are_part_of_the_version() -> None:
    one, other = (RuleSet("r", rule("a"), signals=signals) for signals in ((), (Elsewhere,)))

    assert one.version != other.version


def test_operands_in_another_order_have_the_same_version() -> None:
    bad, big = Request.status >= 500, Request.host == "x"
    one = rule("a", on(Request, bad & big, per=Request.merchant) & ERRORS)
    other = rule("a", ERRORS & on(Request, big & bad, per=Request.merchant))

    assert one.version == other.version
    assert (
        rule("a", on(Request, bad, big, per=Request.merchant)).version
        == rule("a", on(Request, big, bad, per=Request.merchant)).version
    )


@pytest.mark.parametrize(
    ("response", "code"),
    [
        (Response("refund_order", Risk.R0, "owner"), "risk"),
        (Response("drop-db", Risk.R3, "owner"), "risk"),
        (Response("rollback", Risk.R1, "owner"), "risk"),
        (Response("notify", Risk.R0, "owner", args={"text": "{severty}"}), "placeholder"),
    ],
)
def test_a_response_that_understates_itself_or_names_nothing_is_a_finding(response: Response, code: str) -> None:
    kind = IssueKind[Any]("odd", category="checkout", responses=(response,))
    rule = Rule("odd.one", when=on(Signal, per=Signal.merchant), then=supports(kind, 50, family="odd"))

    with pytest.raises(RuleSetError) as raised:
        RuleSet("odd", rule)

    assert [f.code for f in raised.value.findings] == [code]


def test_a_rule_set_says_how_it_is_written() -> None:
    kind = IssueKind[Any]("odd", category="checkout")
    rule = Rule("odd.one", when=on(Signal, per=Signal.merchant), then=supports(kind, 50, family="odd"))

    with pytest.raises(RuleDefinitionError, match="takes its name first"):
        RuleSet(rule)  # type: ignore[arg-type]  # the mistake itself
    with pytest.raises(RuleDefinitionError, match="takes rules one by one"):
        RuleSet("odd", [rule])  # type: ignore[arg-type]  # the mistake itself


class Limits(Signal, kind="ruleset.limits"):
    status: Maybe[int] = UNSET


def test_facts_are_known_wherever_a_rule_reads_them() -> None:
    everywhere = [
        on(Request, Request.status >= fact(Limits.status), per=Request.merchant),
        on(Request, per=Request.merchant, weight=Request.status - fact(Limits.status)),
        on(Request, per=Request.merchant).total(Request.status - fact(Limits.status), within=minutes(5)) >= 1,
        on(Request, per=Request.merchant).distinct(Request.status - fact(Limits.status), at_least=2, within=minutes(5)),
        on(Request, per=Request.merchant).count(within=minutes(5)) >= fact(Limits.status),
    ]

    for premise in everywhere:
        assert "ruleset.limits" in RuleSet("r", rule(when=premise)).signals


def test_what_hosts_are_about_is_that_of_all_sets_together_and_part_of_the_version() -> None:
    plain = RuleSet("r", rule())
    one = RuleSet("r", rule(), hosts_about={"tracking": ["gtm"]})
    other = RuleSet("o", rule("b"), hosts_about={"tracking": ("stats", "gtm"), "payment": ("pay",)})
    both = RuleSet("r", one, other)

    assert plain.hosts_about == {}
    assert both.hosts_about == {"payment": {"pay"}, "tracking": {"gtm", "stats"}}
    assert list(both.hosts_about) == ["payment", "tracking"]
    assert len({plain.version, one.version, RuleSet("r", rule(), hosts_about={"tracking": ["tag"]}).version}) == 3
    assert one.version == RuleSet("r", one).version


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"tracking": ["tag.manager"]}, "got 'tag.manager' for 'tracking'"),
        ({"tracking": ["GTM"]}, "got 'GTM' for 'tracking'"),
        ({"on tracking": ["gtm"]}, "got 'on tracking' for 'on tracking'"),
        ({"tracking": []}, "expected at least one word for 'tracking', got none"),
    ],
)
def test_words_that_no_host_could_be_parted_into_are_mistakes(wrong: dict[str, list[str]], said: str) -> None:
    (found,) = findings(rule(), hosts_about=wrong)

    assert (found.code, found.rule) == ("hosts-about", "r")
    assert said in found.message
