"""What migro ships: lexicons whose examples hold and whose phrases pull in one direction."""

from __future__ import annotations

import pytest

from migro.classify import CATEGORIES, LANGUAGES, classify, standard_calibration, standard_lexicon
from migro.lexicons import check_lexicon, parse_lexicon, write_lexicon
from migro.lexicons.phrases import parse_phrase

KINDS = ("nature.", "severity.", "audience.")


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_examples_of_a_lexicon_hold(language: str) -> None:
    assert check_lexicon(standard_lexicon(language)) == ()


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_label_is_a_category_or_a_kind(language: str) -> None:
    labels = standard_lexicon(language).labels

    assert {label for label in labels if not label.startswith(KINDS)} == set(CATEGORIES)


@pytest.mark.parametrize("language", LANGUAGES)
def test_points_are_few_and_round(language: str) -> None:
    worth = {points for entry in standard_lexicon(language).entries for _, points in entry.points}

    assert worth <= {5, 10, 15, 20, 30, 40, 50, 60, 80}


def test_a_lexicon_that_is_written_again_reads_alike() -> None:
    assert parse_lexicon(write_lexicon(standard_lexicon("en"))) == standard_lexicon("en")


def test_a_phrase_that_is_worth_less_than_a_part_of_it_takes_something_back() -> None:
    # The longest phrase counts alone. By accident it would take points away; by intention it leaves at most 15.
    worth: dict[tuple[str, str], tuple[int, str]] = {}
    for entry in standard_lexicon("en").entries:
        for spelling in parse_phrase(entry.phrase).spellings:
            for label, points in entry.points:
                worth[label, spelling] = points, entry.phrase
    smaller = set()
    for (label, spelling), (points, phrase) in worth.items():
        words = spelling.split()
        for start in range(len(words)):
            for end in range(start + 1, len(words) + 1):
                part = worth.get((label, " ".join(words[start:end])))
                if part and part[1] != phrase and part[0] > points > 15:
                    smaller.add((part[1], phrase))

    assert smaller == set()


def test_the_calibration_says_how_it_was_made() -> None:
    assert "labelled tickets" in standard_calibration().source


def test_where_something_is_told_says_nothing_of_it() -> None:
    linked = classify("Import fails", "See https://docs.shop.example/documentation")
    spoken = classify("Import fails", "See docs shop example documentation")

    assert not any("documentation" in reason.phrase for reason in linked.reasons("docs"))
    assert any("documentation" in reason.phrase for reason in spoken.reasons("docs"))


@pytest.mark.parametrize("title", ["Webhooks are not delivered", "Login broken", "Product sync stopped", "Slow site"])
@pytest.mark.parametrize("body", ["Customers cannot pay.", "Nobody can place an order any more."])
def test_that_nobody_can_buy_is_critical_whatever_is_to_be_mended_for_it(title: str, body: str) -> None:
    assert classify(title, body).severity == "critical"
    assert classify(title, "Our reports are late.").severity != "critical"


def test_an_order_that_nobody_can_place_on_a_desk_of_developers_is_high() -> None:
    assert classify("Docker build fails", "Customers cannot pay.").severity == "high"


def test_a_name_that_is_an_english_word_too_counts_beside_words_of_outside_parties() -> None:
    named = "a name that is an English word too, beside words of outside parties"

    assert named in {reason.phrase for reason in classify("Square", "The plugin answers 400.").reasons("integration")}
    shaped = classify("Boxes fail", "Square ones are above round ones in the grid.")
    assert named not in {reason.phrase for reason in shaped.reasons("integration")}


@pytest.mark.parametrize(
    ("category", "title", "body"),
    [
        ("docs", "Misleading instructions for the CSV import", ""),
        ("performance", "It takes a lot of time to load the products", ""),
        ("auth", "Users can see all orders.", "A buyer is shown those of the others."),
        ("auth", "Clerks are sent away", "The address of the orders answers 403, permission denied."),
        ("auth", "Customers cannot log in after the migration", "The import of customers told an error."),
        ("webhook", "Issue with callback", "Our server is not receiving anything on the callback url, paid by Vipps."),
        ("frontend_mismatch", "Cache is not invalidated", "I still see the old content after a change."),
        ("integration", "Getting listings fails", "The endpoint returns status code 500 for some sellers."),
        ("integration", "Refunds stay open", "The buyer paid with Mercado Pago, the checkout said thanks."),
        ("inventory", "Sync of stock writes zero", "Orders arrive, quantities do not."),
        ("inventory", "The quota is never reached", "It is possible to sell more tickets than available."),
        ("webhook", "IPN stays without an answer", "PayPal calls, and the order status does not change."),
        ("performance", "The overview takes 40 seconds to open", "It shows only ten products."),
        ("checkout", "Cart drawer stays closed", "We cannot add lamps to cart."),
        ("frontend_mismatch", "Vendor dashboard counts wrong", "The chart of the month is off."),
        ("frontend_mismatch", "Shop is not loading", "Since the theme was changed."),
        ("auth", "Google login", "After coming back the visitor is not signed in."),
        ("docs", "Filters of the search", "I cannot figure out where to switch them on. Is it possible?"),
        ("docs", "Dead links in the README of the webhook package", ""),
        ("other", "Edit vouchers", "Make it so that a clerk can change them."),
        ("other", "[Feature] Discounts for groups", "Is your feature request related to a problem? No."),
    ],
)
def test_what_desks_hear_from_projects_of_other_kinds_is_read(category: str, title: str, body: str) -> None:
    assert classify(title, body).category == category


@pytest.mark.parametrize(
    ("title", "text", "category"),
    [
        ("Klarna support", "We sell in Sweden.", "other"),
        ("Stripe integration", "We sell in Sweden.", "other"),
        ("Stripe integration", "It never answers.", "integration"),
        ("Catalog sync", "Prices are wrong since Monday.", "data_sync"),
        ("Support of Klarna is gone", "We sell in Sweden.", "integration"),
    ],
)
def test_a_title_that_ends_with_what_is_to_be_connected_wishes_for_it_unless_a_fault_is_told(
    title: str, text: str, category: str
) -> None:
    assert classify(title, text).category == category


GERMAN = {
    "checkout": "Kunden können an der Kasse nicht bezahlen",
    "integration": "PayPal Zahlung wird abgelehnt",
    "inventory": "Der Lagerbestand ist negativ und falsch",
    "auth": "Nach der Anmeldung wird man sofort wieder abgemeldet",
    "frontend_mismatch": "Auf der Startseite werden die Bilder nicht angezeigt",
    "data_sync": "Nach dem Import fehlen die Hälfte der Artikel",
    "performance": "Die Seite lädt sehr langsam und es dauert ewig",
    "webhook": "Der Webhook für Bestellungen kommt doppelt an",
    "docs": "Wie kann ich das einrichten? Gibt es eine Anleitung?",
    "other": "Die Installation mit composer bricht mit einem Fehler ab",
}
SPANISH = {
    "checkout": "Los clientes no pueden pagar en el carrito",
    "integration": "El pago con PayPal es rechazado por la pasarela",
    "inventory": "El stock del almacén es incorrecto",
    "auth": "No puedo iniciar sesión con mi contraseña",
    "frontend_mismatch": "Las imágenes de la página no se ven",
    "data_sync": "La importación de productos no sincroniza los datos",
    "performance": "La tienda está muy lenta y tarda mucho",
    "webhook": "El webhook de pedidos llega dos veces",
    "docs": "¿Cómo puedo configurar esto? No hay documentación",
    "other": "La instalación con composer falla",
}


@pytest.mark.parametrize(("category", "text"), GERMAN.items())
def test_the_ten_commonest_complaints_are_read_in_german(category: str, text: str) -> None:
    found = classify(text, language="de")

    assert (found.language, found.category) == ("de", category)


@pytest.mark.parametrize(("category", "text"), SPANISH.items())
def test_the_ten_commonest_complaints_are_read_in_spanish(category: str, text: str) -> None:
    found = classify(text, language="es")

    assert (found.language, found.category) == ("es", category)


@pytest.mark.parametrize("title", ["Query timeout", "Unable to fetch products due to a timeout error"])
def test_what_times_out_is_slow_whatever_it_is(title: str) -> None:
    told = classify(title, "The collection page fails to load: GraphQL says `Timeout`.")

    assert told.category == "performance"


@pytest.mark.parametrize("title", ["Carriers cannot be selected", "Customers cannot select a carrier"])
def test_a_carrier_that_nobody_can_choose_is_of_the_till(title: str) -> None:
    assert classify(title, "The address is in Austria.").category == "checkout"


def test_an_order_that_is_left_pending_is_a_fault_and_no_question() -> None:
    told = classify("PayPal leaves the order as pending..??")

    assert told.category == "integration"
    assert told.reasons("nature.fault")


def test_a_type_error_of_a_running_script_says_nothing_of_type_definitions() -> None:
    told = classify("TypeError: Cannot read property 'url' of undefined", "The product page stays empty.")

    assert told.category == "frontend_mismatch"
    assert not any("typings" in reason.phrase for reason in told.reasons("other"))
    assert any("typings" in reason.phrase for reason in classify("Type errors in the SDK").reasons("other"))


@pytest.mark.parametrize("title", ["Nobody can log into the dashboard", "Staff cannot log into the back office"])
def test_to_log_into_something_is_a_login(title: str) -> None:
    assert classify(title).category == "auth"


@pytest.mark.parametrize(
    ("category", "title"),
    [
        ("auth", "Admin user locked out"),
        ("auth", "Shop manager has no access to orders"),
        ("auth", "User is not allowed to view products"),
        ("auth", "Customer activation link is expired"),
        ("auth", "Cannot enter the admin panel"),
        ("auth", "Email verification required although confirmed"),
        ("auth", "Staff user cannot be deleted because of permission error"),
        ("auth", "401 Unauthorized on every request"),
        ("checkout", "Customers can't pay"),
        ("checkout", "Total is wrong by a cent"),
        ("checkout", "Address form won't let me continue"),
        ("checkout", "Delivery date cannot be chosen"),
        ("data_sync", "Shop and PIM are out of sync"),
        ("data_sync", "Translations overwritten on sync"),
        ("data_sync", "Feed contains wrong prices"),
        ("data_sync", "Product handle changed after reimport"),
        ("inventory", "Last item was sold twice"),
        ("integration", "Cards are declined"),
        ("integration", "Order paid but status is still pending"),
        ("webhook", "No events are sent to our endpoint"),
        ("webhook", "order.created is never received"),
        ("performance", "Site is down under load"),
        ("performance", "Homepage loads in 8 seconds"),
        ("performance", "Homepage times out"),
        ("performance", "Worker is killed because of memory"),
        ("performance", "Cron job blocks the database"),
        ("performance", "Missing index on order table"),
        ("frontend_mismatch", "ISR page is stale after product update"),
        ("other", "ESM import not supported"),
    ],
)
def test_a_bare_title_in_everyday_words_goes_to_its_desk(category: str, title: str) -> None:
    assert classify(title).category == category
