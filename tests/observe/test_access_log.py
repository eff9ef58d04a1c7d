from __future__ import annotations

from datetime import UTC, datetime

import pytest

from migro.observe.bots import is_bot
from migro.observe.codes import error_code
from migro.observe.routes import route_in, route_of
from tests.observe.payloads import from_file, observed, one

LINE = '203.0.113.9 - - [01/Mar/2026:09:00:03 +0000] "GET {} HTTP/1.1" 200 157 "{}" "Mozilla/5.0 (X11) Firefox/131.0"'


def test_every_line_is_one_signal_and_blank_lines_are_none() -> None:
    first, repeated, virtual, broken = from_file("web_access_log__morning.log")

    assert (first.kind, first.status, first.attrs["method"], first.attrs["route_class"], first.attrs["handoff"]) == (
        "http.request", 502, "POST", "checkout", True,
    )  # fmt: skip
    assert first.occurred_at == datetime(2026, 3, 1, 9, 0, 3, tzinfo=UTC)
    assert dict(first.metrics) == {"bytes": 157}
    assert first.dedup_key != repeated.dedup_key
    assert first.ids["visitor"] == repeated.ids["visitor"] != virtual.ids["visitor"]
    assert (virtual.merchant, virtual.attrs["host"], virtual.attrs["bot"], dict(virtual.metrics)) == (
        "www.mugs.example", "www.mugs.example", True, {"duration_ms": 250},
    )  # fmt: skip
    assert virtual.occurred_at == datetime(2026, 3, 1, 9, 0, 4, tzinfo=UTC)
    assert broken.kind == "unknown"
    assert str(broken.attrs["reason"]).endswith("(line 5)")


@pytest.mark.parametrize(
    "line",
    [
        '203.0.113.9 - - [01/Mar/2026:09:00:03 +0000] "GET / HTTP/1.1" 200 5',
        '2001:db8::5 - jo doe [01/Mar/2026:09:00:03 +0000] "GET / HTTP/1.1" 304 - "-" "x" "-" 0.001 .',
        '203.0.113.9, 203.0.113.10 - - [01/Mar/2026:09:00:03 +0000] "GET / HTTP/1.1" 200 5 "-" "quoted \\" agent"',
        'shop.example 203.0.113.9 - - [01/Mar/2026:09:00:03 +0000] "GET / HTTP/1.1" 200 5 "-" "x"',
        'client.example - - [01/Mar/2026:09:00:03 +0000] "GET / HTTP/1.0" 200 5 "-" "x"',
        '- - - [01/Mar/2026:09:00:03 +0000] "GET https://a.example/ HTTP/1.1" 200 5 "-" "x"\r',
    ],
)
def test_variants_of_the_format_are_read(line: str) -> None:
    signal = one("web_access_log", line)

    assert (signal.kind, signal.attrs["route_class"], signal.occurred_at) == (
        "http.request", "home", datetime(2026, 3, 1, 9, 0, 3, tzinfo=UTC),
    )  # fmt: skip
    assert signal.merchant == ("shop.example" if line.startswith("shop.") else None)


def test_noise_on_the_port_is_a_request_of_no_class() -> None:
    signal = one("web_access_log", '203.0.113.9 - - [01/Mar/2026:09:00:03 +0000] "\\x16\\x03\\x01" 400 157 "-" "-"')

    assert (signal.status, signal.attrs["method"], signal.attrs["route_class"], signal.attrs["bot"]) == (
        400,
        "-",
        "other",
        True,
    )


def test_the_shop_is_the_only_page_that_loads_its_pictures() -> None:
    picture = LINE.format("/images/1.png", "https://www.mugs.example/products/1")
    linked = LINE.format("/products/1", "https://news.example/")
    foreign = LINE.format("/images/1.png", "https://www.google.com/")

    assert {s.merchant for s in observed("web_access_log", f"{picture}\n{linked}\n{foreign}").signals} == {
        "www.mugs.example"
    }
    assert one("web_access_log", linked).merchant is None
    assert one("web_access_log", foreign).merchant is None


@pytest.mark.parametrize(
    ("target", "name", "template", "handoff"),
    [
        ("/", "home", "/", False),
        ("/de/", "home", "/de", False),
        ("/products/blue-mug?variant=1", "pdp", "/products/:slug", False),
        ("/collections/mugs", "plp", "/collections/:slug", False),
        ("/cart", "cart", "/cart", False),
        ("/cart/c/Z2NwLWV1", "checkout", "/cart/c/:slug", True),
        ("/checkouts/cn/Z2NwLXVzLWVhc3QxOjAx/information", "checkout", "/checkouts/:slug/:slug/information", True),
        ("/checkout", "checkout", "/checkout", True),
        ("/cart.php?action=add", "cart", "/cart.php", True),
        ("/embedded-checkout/abc", "checkout", "/:slug/:slug", True),
        ("/login/token/eyJhbGciOiJub25lIn0.eyJhIjoxfQ.c2ln", "account", "/login/:slug/:slug", False),
        ("/account/reset/123/abcd", "account", "/account/:slug/:id/:slug", False),
        ("/api/orders/5", "api", "/api/orders/:id", False),
        ("/graphql", "api", "/graphql", False),
        ("/search?q=jo@mail.example", "search", "/search", False),
        ("/static/app.js", "asset", "/static/:slug", False),
        ("/api/webhooks/shopify", "webhook", "/api/webhooks/shopify", False),
        ("/payment/callback", "payment", "/payment/callback", False),
        ("/shipping/rates", "delivery", "/shipping/rates", False),
        ("https://mugs.example/anna-mueller/letters", "other", "/:slug/:slug", False),
    ],
)  # fmt: skip
def test_a_path_becomes_class_and_template(target: str, name: str, template: str, handoff: bool) -> None:
    route = route_of(target)

    assert (route.name, route.template, route.handoff) == (name, template, handoff)


def test_a_route_is_found_in_the_words_of_an_error() -> None:
    assert route_in("POST /checkout") == "checkout"
    assert route_in("pages/cart.tsx") == "cart"
    assert route_in("main in <module>") is None
    assert route_in(None) is None


@pytest.mark.parametrize(
    ("agent", "bot"),
    [("Mozilla/5.0 (X11) Firefox/131.0", False), ("Mozilla/5.0 (iPhone) Safari/604.1", False),
     ("Mozilla/5.0 (compatible; bingbot/2.0)", True), ("curl/8.12.1", True), ("kube-probe/1.33", True), ("-", True)],
)  # fmt: skip
def test_known_agents_are_no_shoppers(agent: str, bot: bool) -> None:
    assert is_bot(agent) is bot


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("Webhook signature verification failed: Timestamp outside the tolerance zone", "sig.mismatch"),
        ("Timestamp outside the tolerance zone", "sig.stale"),
        ("[API] Invalid API key or access token", "auth.token_invalid"),
        ("Minified React error #418", "hydration"),
        ("Too Many Requests", "throttle"),
        ("all is well", None),
    ],
)
def test_the_first_pattern_that_fits_gives_the_code(text: str, code: str | None) -> None:
    assert error_code(text) == code
