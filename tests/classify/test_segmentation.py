"""Segments: what somebody said, what a machine wrote, and what says nothing."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from migro.classify.segmentation import LONGEST, cut, segments, text_of
from tests.effort import cases


def kinds(text: str) -> dict[str, str]:
    return {text[s.start : s.end].strip(): s.kind for s in segments(text) if text[s.start : s.end].strip()}


def kind_of(text: str, piece: str) -> str:
    place = text.index(piece)
    return next(s.kind for s in segments(text) if s.start <= place < s.end)


@settings(max_examples=cases(60), deadline=None)
@given(st.text(alphabet='ab<>{}"`~\n#- :.[]', max_size=80))
def test_the_parts_together_are_the_text(text: str) -> None:
    assert "".join(text[s.start : s.end] for s in segments(text)) == text


REPORT = """### Steps to reproduce
Open the cart and press pay.
```
const cart = useCart();
```
Traceback (most recent call last):
  File "shop/cart.py", line 12, in total
    at Cart.total (cart.js:10:2)
2026-03-01 10:00:00 ERROR cart has no total
"dependencies": {
"next": "^14.1.0",
WooCommerce Extra: by Somebody - 1.2.3
- [x] I have read the rules
The total stays at zero.

> What did you do before?
Thanks
Jo
"""


@pytest.mark.parametrize(
    ("piece", "kind"),
    [
        ("### Steps", "form"),
        ("Open the cart", "prose"),
        ("const cart", "code"),
        ("Traceback", "trace"),
        ('File "shop', "trace"),
        ("at Cart.total", "trace"),
        ("2026-03-01", "log"),
        ('"next"', "packages"),
        ("WooCommerce Extra", "packages"),
        ("- [x]", "form"),
        ("The total", "prose"),
        ("> What", "quote"),
        ("Jo", "signature"),
    ],
)
def test_each_line_of_a_report_is_what_it_is(piece: str, kind: str) -> None:
    assert kind_of(REPORT, piece) == kind


@pytest.mark.parametrize(
    ("text", "piece", "kind"),
    [
        ("<p>The cart</p> is empty", "<p>", "markup"),
        ("a <script>let login = 1;</script> b", "let login", "markup"),
        ("a <!-- Please describe --> b", "Please", "markup"),
        ("a <blockquote>old words</blockquote> b", "old words", "quote"),
        ("It says ```login()``` here", "login", "code"),
        ("See https://docs.shop.example/import for it", "https://docs", "markup"),
        ('Got {"errors": [], "message": "Too many requests"} back', "Too many", "answer"),
        ('My package {"name": "shop-front", "version": "1.0.0"} here', "shop-front", "data"),
        ("## Describe the bug A clear and concise description of what the bug is. It hangs", "A clear", "form"),
        ("Payments Plus: by Acme – 1.2.3 – Not tested with the active version It fails", "Payments", "packages"),
    ],
)
def test_what_was_pasted_into_one_line_is_found_as_well(text: str, piece: str, kind: str) -> None:
    assert kind_of(text, piece) == kind


def test_all_behind_the_head_of_a_reply_is_quoted() -> None:
    text = "It still fails.\nOn Monday, Kim wrote:\nHave you tried to log in?\nBest"

    assert kinds(text)["It still fails."] == "prose"
    assert kind_of(text, "Have you tried") == "quote"


def test_only_what_says_something_is_read_and_references_are_resolved() -> None:
    text = "<b>Tax &amp; shipping</b> are wrong &#" + "9" * 5_000 + ";"

    assert text_of(text, segments(text), "all").split() == ["Tax", "&", "shipping", "are", "wrong"]


def test_of_a_long_text_the_beginning_and_the_end_are_read() -> None:
    text = "first " + "x" * 2 * LONGEST + " last"

    assert cut(text).startswith("first ")
    assert cut(text).endswith(" last")
    assert len(cut(text)) == LONGEST
    assert cut("short") == "short"
