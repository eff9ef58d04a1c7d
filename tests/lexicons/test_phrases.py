"""Phrases: words with a few safe wildcards."""

from __future__ import annotations

import pytest

from migro.lexicons.phrases import MOST_SPELLINGS, PhraseRefused, parse_phrase


@pytest.mark.parametrize(
    ("phrase", "spellings"),
    [
        ("check ?out", ("check out", "checkout")),
        ("webhooks?", ("webhook", "webhooks")),
        ("can'?t", ("can't", "cant")),
        ("pay*", ("pay*",)),
        ("(log|sign) ?in", ("log in", "login", "sign in", "signin")),
        ("log(ged)? ?out", ("log out", "logged out", "loggedout", "logout")),
        ("not ( very )? good", ("not good", "not very good")),
        ("card ... declined", ("card ... declined",)),
        ("Add-to-CART", ("add to cart",)),
        ("(a|(b|c) d)", ("a", "b d", "c d")),
        ("straße", ("strasse",)),
        ("किसी*", ("किसी*",)),
    ],
)
def test_a_phrase_stands_for_its_spellings(phrase: str, spellings: tuple[str, ...]) -> None:
    assert parse_phrase(phrase).spellings == spellings


@pytest.mark.parametrize(
    ("phrase", "message", "column"),
    [
        ("", "expected at least one word", 1),
        ("(a|)", "expected at least one word", 1),
        ("a?", "expected at least one word", 1),
        ("foo, bar", "expected words without punctuation, got 'foo,'", 1),
        ("foo & bar", "expected words without punctuation, got '&'", 1),
        ("?foo", "expected a letter, a space or a group before `?`", 1),
        ("foo??", "expected a letter, a space or a group before `?`", 5),
        ("a (b|c", "expected `)` for this `(`", 3),
        ("a) b", "expected `(` before, got `)`", 2),
        ("p*y", "expected `*` at the end of a word", 1),
        ("*", "expected `*` at the end of a word", 1),
        ("pay-*", "expected `*` at the end of a word", 1),
        ("pa*", "expected at least 3 letters before `*`, got 'pa*'", 1),
        ("... card", "expected words before and after `...`", 1),
        ("card ...", "expected words before and after `...`", 1),
        ("(a|b)(c|d)(e|f)(g|h)(i|j)(k|l)(m|n)", "expected at most 64 spellings", 35),
        ("x" * 201, "expected at most 200 characters, got 201", 201),
        ("(" * 150, "expected `)` for this `(`", 150),
        ('a "b"', "expected no quotation mark", 3),
        (" a", "without spaces around", 1),
        ("a\nb", "printable characters on one line", 1),
        ("a\u200bb", "printable characters on one line", 1),
        ("re:(?=x)", "RE2 syntax", 4),
        ("re: x*", "needs at least one character", 4),
        ("re: a)|(b", "RE2 syntax", 4),
    ],
)
def test_what_is_no_phrase_is_refused_with_what_was_expected(phrase: str, message: str, column: int) -> None:
    with pytest.raises(PhraseRefused) as refused:
        parse_phrase(phrase)

    assert message in str(refused.value)
    assert refused.value.column == column


def test_the_most_spellings_are_still_taken() -> None:
    assert len(parse_phrase("(a|b)(c|d)(e|f)(g|h)(i|j)(k|l)").spellings) == MOST_SPELLINGS
