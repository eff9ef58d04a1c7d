"""Languages: told by small words and scripts."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from migro.classify import language_of
from migro.classify.languages import is_surely
from migro.classify.words import words_of
from tests.effort import cases


@pytest.mark.parametrize(
    ("text", "tag"),
    [
        ("The cart is empty after the update and nobody can pay", "en"),
        ("Der Warenkorb ist leer und die Kunden können nicht mehr bezahlen", "de"),
        ("El carrito está vacío y los clientes no pueden pagar con la tarjeta", "es"),
        ("Le panier est vide et les clients ne peuvent pas payer avec la carte", "fr"),
        ("Il carrello è vuoto e non si può pagare con la carta", "it"),
        ("De winkelwagen is leeg en ik kan niet betalen met mijn kaart", "nl"),
        ("Корзина пуста и покупатели не могут оплатить", "ru"),
        ("カートが空で支払えません", "ja"),
        ("购物车是空的，无法付款", "zh"),
        ("장바구니가 비어 있어요", "ko"),
        ("سلة التسوق فارغة", "ar"),
        ("TypeError: Cannot read property 'total' of undefined", "en"),
        ("Login", "en"),
        ("", "en"),
        ("https://el.la.los.de/der/die/das y@el.de", "en"),
    ],
)
def test_a_language_is_told_by_its_small_words(text: str, tag: str) -> None:
    assert language_of(text) == tag


def test_one_foreign_word_changes_nothing() -> None:
    assert language_of("Gastbestellung und Checkout") == "en"
    assert language_of("Warenkorb", default="de") == "de"


@given(st.lists(st.sampled_from("the die est el la shop.de/en not nicht, (para) cart".split()), max_size=12))
@settings(max_examples=cases(100))
def test_what_is_surely_of_a_language_is_of_it(said: list[str]) -> None:
    text = " ".join(said)

    assert not is_surely("en", "", text, [words_of(text)]) or language_of(text, "en") == "en"
