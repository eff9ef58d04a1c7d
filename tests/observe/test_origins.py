"""What a request says about where it came from."""

from __future__ import annotations

import pytest

from migro.observe.origins import origins_of
from tests.observe.payloads import one

SHOP = "www.mugs.example"
MAIL, CHECKOUT, OLD_ID = "link.from_mail", "link.from_checkout", "link.legacy_id"


@pytest.mark.parametrize(
    ("target", "referer", "expected"),
    [
        ("/products/mug?utm_source=newsletter&utm_campaign=may", None, {MAIL}),
        ("/sale?utm_campaign=may&utm_medium=email", None, {MAIL}),
        ("/sale?utm_medium=e-mail", None, {MAIL}),
        ("/?utm_source=launch-mail", None, {MAIL}),
        ("/sale?mc_eid=1a2b", None, {MAIL}),
        ("/account/activate/77/abcdef", None, {MAIL}),
        ("/de/account/reset/77/abcdef", None, {MAIL}),
        ("/548380009/orders/0123456789abcdef0123456789abcdef", None, {MAIL}),
        ("/products/mug?utm_source=mailbox_cleaner&utm_medium=cpc", None, set()),
        ("/products/email-stand", None, set()),
        ("/account/orders/1001", None, set()),
        ("/assets/app.js?utm_source=email", None, set()),
        ("/", "https://checkout.mugs.example/c/1", {CHECKOUT}),
        ("/pages/returns", "https://secure-checkout.mugs.example/", {CHECKOUT}),
        ("/", "https://mugs.myshopify.com/checkouts/c/1a2b", {CHECKOUT}),
        ("/", f"https://{SHOP}/checkout/delivery", set()),
        ("/", "https://news.example/about/checkout-design", set()),
        ("/api/cart", "https://checkout.mugs.example/c/1", set()),
        ("/", "http://[broken/", set()),
        ("/product.php?id=42", None, {OLD_ID}),
        ("/shop/product.php?lang=de&id_product=42", None, {OLD_ID}),
        ("/catalog/product/view/id/42", None, {OLD_ID}),
        ("/?product_id=42", None, {OLD_ID}),
        ("/products/mug?variant=4012", None, set()),
        ("/collections/all?page=2", None, set()),
    ],
)
def test_an_address_and_the_page_before_it_tell_where_a_shopper_comes_from(
    target: str, referer: str | None, expected: set[str]
) -> None:
    assert origins_of(target, referer, SHOP) == expected


def test_without_the_host_that_was_asked_only_a_checkouts_own_host_is_known() -> None:
    assert origins_of("/", "https://checkout.mugs.example/", None) == {CHECKOUT}
    assert origins_of("/", "https://mugs.example/checkouts/1", None) == set()


def test_of_the_address_nothing_else_passes() -> None:
    line = (
        f'{SHOP} 203.0.113.9 - - [01/Mar/2026:09:00:03 +0000] "GET /sale?utm_medium=email&to=ada%40mugs.example'
        ' HTTP/1.1" 404 5 "https://checkout.mugs.example/c/secret" "Mozilla/5.0 Firefox/136.0"'
    )
    signal = one("web_access_log", line)

    assert signal.features == {MAIL, CHECKOUT}
    assert "ada" not in signal.json_line()
    assert "secret" not in signal.json_line()
