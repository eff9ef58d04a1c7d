from __future__ import annotations

import re
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from migro.observe import access_log
from migro.observe.bots import is_bot
from migro.observe.codes import error_code
from migro.observe.hits import network_of
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


@pytest.mark.parametrize(
    ("target", "scan"),
    [("/wp-login.php", True), ("/.env", True), ("/app/.git/config", True), ("/phpmyadmin/index.php", True),
     ("/vendor/phpunit/src/Util/PHP/eval-stdin.php", True), ("/XMLRPC.php?rsd", True), ("/actuator/health", True),
     ("/", False), ("/products/git-mug", False), ("/environment", False), ("/wp-content/uploads/mug.jpg", False),
     ("/collections/wp-login", False), ("/actuators/servo", False), ("/solr-lamp", False)],
)  # fmt: skip
def test_paths_of_other_software_are_told_from_those_of_a_shop(target: str, scan: bool) -> None:
    assert route_of(target).scan is scan


def test_a_scan_is_told_by_its_path_whatever_it_calls_itself() -> None:
    stamp = '203.0.113.9 - - [01/Mar/2026:09:00:03 +0000] "GET {} HTTP/1.1" 404 9 "-" "Mozilla/5.0 Firefox/131.0"'
    scan = one("web_access_log", stamp.format("/wp-login.php"))
    view = one("web_access_log", stamp.format("/old-mug"))

    assert (scan.features, scan.attrs["bot"], view.features) == (frozenset({"request.scan"}), False, frozenset())


def test_a_route_is_found_in_the_words_of_an_error() -> None:
    assert route_in("POST /checkout") == "checkout"
    assert route_in("pages/cart.tsx") == "cart"
    assert route_in("main in <module>") is None
    assert route_in(None) is None


@pytest.mark.parametrize(
    ("agent", "bot"),
    [("Mozilla/5.0 (X11) Firefox/131.0", False), ("Mozilla/5.0 (iPhone) Safari/604.1", False),
     ("Mozilla/5.0 (compatible; bingbot/2.0)", True), ("curl/8.12.1", True), ("kube-probe/1.33", True), ("-", True),
     ("Mozilla/5.0 (compatible; PriceHarvest/2.1)", True), ("Fetcher/1.0 (+https://fetch.example/)", True),
     ("Mozilla/4.0 (compatible; MSIE 8.0; Windows NT 6.1)", False)],
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


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("203.0.113.9", "203.0.113.0/24"),
        ("203.0.113.9:4711", "203.0.113.0/24"),
        ("203.0.113.9,", "203.0.113.0/24"),
        ("2001:db8:1:2::9", "2001:db8:1::/48"),
        ("[2001:db8:1:2::9]:443", "2001:db8:1::/48"),
        ("fe80::1%eth0", "fe80::/48"),
        ("client.example", None),
        ("unknown", None),
        ("999.0.0.1", None),
    ],
)
def test_an_address_is_cut_to_its_network(address: str, network: str | None) -> None:
    signal = one("web_access_log", LINE.format("/", "-").replace("203.0.113.9", address))

    assert network_of(address) == network
    assert ("network" in signal.attrs) is (network is not None)
    assert address == "unknown" or address not in signal.json_line()


def test_neighbours_have_one_pseudonym_of_their_network_and_strangers_another() -> None:
    found = [
        one("web_access_log", LINE.format("/", "-").replace("203.0.113.9", address)).attrs["network"]
        for address in ("203.0.113.9", "203.0.113.200", "203.0.114.9")
    ]

    assert found[0] == found[1] != found[2]


def test_one_program_has_one_pseudonym_from_wherever_it_comes() -> None:
    line = LINE.format("/", "-")
    elsewhere, short = line.replace("113.9", "113.8"), line.partition(' "-" ')[0]
    first, second, none = observed("web_access_log", f"{line}\n{elsewhere}\n{short}").signals

    assert first.attrs["agent"] == second.attrs["agent"]
    assert first.ids["visitor"] != second.ids["visitor"]
    assert "agent" not in none.attrs
    assert "Firefox" not in first.json_line()


PARTS = st.sampled_from(
    ["203.0.113.9", "shop.example", "-", " ", " - - ", "[", "]", '"', "\\", "01/Mar/2026:09:00:03 +0000",
     "GET / HTTP/1.1", " 200 5", " 404 -", ' "-" "x"', "\t", "x", "1", "\u0661", "\u00a0", "rt=0.5"]
)  # fmt: skip
LINES = st.one_of(
    st.lists(PARTS, max_size=12).map("".join),
    st.builds(
        '{} - - [{}] "{}" {} {}'.format,
        st.sampled_from(["203.0.113.9", "shop.example", "a\u00a0b", "[x]", '"']),
        st.sampled_from(["01/Mar/2026:09:00:03 +0000", "2026-03-01T09:00:03Z", "5", "\u0661/Mar/2026:09:00:03"]),
        st.sampled_from(["GET / HTTP/1.1", "", "\\x16", "GET /\u00a0x HTTP/1.1"]),
        st.sampled_from(["200", "-", "000", "\u0661\u0661\u0661"]),
        st.sampled_from(["5", "-", '5 "-" "x"', '5 "-" "x" rt=0.5', '5 "a\\"b" "x"', '5\u00a0"-" "x"', '5 "-" "x"y']),
    ),
)


@given(LINES)
def test_the_short_way_reads_a_line_as_the_long_one_does(line: str) -> None:
    short = access_log._combined(line)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(access_log, "_USUAL", re.compile(r"(?!)"))
        long = access_log._combined(line)

    assert short == long
