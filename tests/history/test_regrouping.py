"""What another grouping would do to issues that are open, and what they are grouped by."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from migro.expressions import Key
from migro.history.regrouping import regroup, versions
from migro.models import Issue, IssueStatus, Signal
from migro.models.grouping import fingerprint
from migro.rules import IssueKind, Rule, RuleSet, on, supports
from migro.testing import sample_issue

words = st.text(max_size=4) | st.none()
keys = st.dictionaries(st.text(max_size=4), words, max_size=3)


class Cart(Signal, kind="regroup.cart"):
    cart_ref: Key[str]
    sku: Key[str]


def rules(*per: str) -> RuleSet:
    kind = IssueKind[str]("lost", category="checkout", per=per)
    columns = tuple(getattr(Cart, name) for name in per)
    return RuleSet("again", Rule("lost", when=on(Cart, per=columns), then=supports(kind, 105, family="f")))


def lost(id: str, cart: str, sku: str, **fields: object) -> Issue:
    issue = sample_issue("iss_0")
    key = {"kind": "lost", "key_names": ("cart_ref", "sku"), "key": (cart, sku), "status": IssueStatus.OPEN}
    return issue.model_copy(update={"id": id, **key, **fields})


@given(
    st.tuples(st.text(max_size=3), st.text(max_size=3), keys), st.tuples(st.text(max_size=3), st.text(max_size=3), keys)
)
def test_two_issues_have_one_fingerprint_only_if_all_that_they_are_grouped_by_is_equal(
    one: tuple[str, str, dict[str, str | None]], other: tuple[str, str, dict[str, str | None]]
) -> None:
    assert (fingerprint(*one) == fingerprint(*other)) == (one == other)


def test_missing_empty_and_none_in_words_are_three_keys() -> None:
    found = {fingerprint("m", "k", key) for key in ({}, {"a": None}, {"a": ""}, {"a": "None"})}

    assert len(found) == 4
    assert fingerprint("m", "k", {"a": "1", "b": "2"}) == fingerprint("m", "k", {"b": "2", "a": "1"})
    assert all(f.startswith("fp1:") for f in found)


def test_rules_that_group_as_before_move_nothing() -> None:
    issues = [lost("iss_1", "c1", "s1"), lost("iss_2", "c1", "s2")]

    assert regroup(issues, rules("cart_ref", "sku")) == ()
    assert regroup(issues, rules("sku", "cart_ref")) == ()
    assert versions(issues) == ("fp1",)


def test_a_coarser_key_merges_and_a_finer_one_splits_and_what_is_over_stays() -> None:
    issues = [
        lost("iss_1", "c1", "s1"),
        lost("iss_2", "c1", "s2"),
        lost("iss_3", "c2", "s1"),
        lost("iss_4", "c1", "s3", status=IssueStatus.RESOLVED),
    ]
    (merged,) = regroup(issues, rules("cart_ref"))
    alone = lost("iss_5", "c1", "", key_names=("cart_ref",), key=("c1",))
    (split,) = regroup([alone], rules("cart_ref", "sku"))
    (gone,) = regroup([lost("iss_6", "c1", "s1", kind="unheard_of")], rules("cart_ref"))

    assert (merged.what, merged.issues, merged.after) == ("merged", ("iss_1", "iss_2"), ("cart_ref",))
    assert (split.what, split.issues) == ("split", ("iss_5",))
    assert (gone.what, gone.after) == ("gone", ())
