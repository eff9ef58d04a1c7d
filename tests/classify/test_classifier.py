"""The classifier: points that add up, reasons that can be seen, and doubt where there is little."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from migro.classify import (
    CATEGORIES,
    Calibration,
    Category,
    Classifier,
    Ticket,
    classify,
    standard_calibration,
    standard_classifier,
    standard_lexicon,
)
from migro.errors import RuleDefinitionError
from migro.lexicons import Entry, Lexicon
from migro.models import Band
from tests.effort import cases

STEPS = Calibration(steps=((-1000, 200), (0, 500), (400, 900)), source="made up")


def lexicon(language: str, phrases: dict[str, dict[str, int]]) -> Lexicon:
    entries = [Entry(phrase.replace("_", " "), points) for phrase, points in phrases.items()]
    return Lexicon(name="test", version=1, language=language, entries=entries)


def made(**phrases: dict[str, int]) -> Classifier:
    return Classifier([lexicon("en", phrases)], STEPS)


# Made up after the guideline of each desk; none is anybody's ticket.
TOLD: list[tuple[Category, str, str]] = [
    ("checkout", "Voucher refused on the last step", "The basket total stays the same after the code is entered."),
    ("checkout", "Nobody can place an order", "Pressing the button at the end of checkout does nothing."),
    ("data_sync", "Half of the catalogue is missing after the nightly import", "The CSV has all rows."),
    ("data_sync", "Customer records are not synced", "New customers never reach the other system."),
    ("inventory", "Sold the last lamp twice", "Both orders went through and stock is now -1."),
    ("inventory", "Reserved units never come back", "After a cancelled order the stock level stays low."),
    ("integration", "Stripe refund fails", "The payment gateway answers with an error."),
    ("integration", "Parcel labels from FedEx cannot be made", "The carrier API rejects the request."),
    ("webhook", "Order events arrive several times", "The same webhook is delivered three times."),
    ("webhook", "Signature of webhooks never matches", "The HMAC we compute differs."),
    ("performance", "Category pages take 20 seconds to load", "The database runs hundreds of queries."),
    ("performance", "We get 429 from the API", "Too many requests, although we wait between calls."),
    ("frontend_mismatch", "Wrong image after choosing a colour", "The page keeps showing the first variant."),
    ("frontend_mismatch", "Hydration error on the product page", "Server and browser render different prices."),
    ("auth", "Logged out after every click", "The session cookie is not kept and the password is asked again."),
    ("auth", "Access token is rejected with 401", "OAuth worked until yesterday."),
    ("docs", "Where is the guide for shipping zones?", "The documentation does not mention them."),
    ("docs", "How do I change the font?", "I could not find an example in the readme."),
    ("other", "npm install fails on a clean machine", "node-gyp stops with an error."),
    ("other", "Feature request: dark mode for the editor", "It would be nice to have."),
]


@pytest.mark.parametrize(("category", "title", "body"), TOLD)
def test_a_plainly_told_ticket_goes_to_its_desk(category: Category, title: str, body: str) -> None:
    assert classify(title, body).category == category


def test_the_points_of_a_category_are_the_sum_of_its_reasons() -> None:
    found = classify("Coupon refused at checkout", "The cart total is wrong and PayPal was charged twice.")

    assert len(found.points) > 1
    for category, points in found.points:
        assert points == sum(reason.points for reason in found.reasons(category))


def test_a_title_weighs_double_and_a_phrase_counts_once_where_it_weighs_most() -> None:
    classifier = made(lamp={"inventory": 10}, bulb={"inventory": 7})
    found = classifier.classify(Ticket(title="lamp", body="lamp and lamp\n```\nbulb\n```"))

    assert [(r.phrase, r.where, r.points) for r in found.reasons("inventory")] == [
        ("lamp", "title", 20),
        ("bulb", "technical", 3),
    ]


def test_what_says_nothing_counts_nothing() -> None:
    classifier = made(lamp={"inventory": 10}, bulb={"checkout": 40})
    found = classifier.classify(Ticket(title="x", body="bulb\n> lamp\n> lamp"))

    assert found.category == "checkout"
    assert found.reasons("inventory") == ()


def test_no_evidence_is_other_and_unsure() -> None:
    found = classify("Hello", "Greetings to all of you out there.")

    assert (found.category, found.band) == ("other", Band.LOW)
    assert found.confidence == standard_calibration().confidence(-1000)


@pytest.mark.parametrize("text", ["", "   \n\n ", "!!! ---", "```\n```"])
def test_nothing_to_read_is_unknown(text: str) -> None:
    found = classify("", text)

    assert (found.category, found.confidence, found.covered) == ("unknown", 0, True)


def test_a_language_that_no_lexicon_covers_is_named_and_nothing_is_guessed() -> None:
    found = classify("Le panier est vide", "Les clients ne peuvent pas payer avec la carte et nous ne savons pas.")

    assert (found.category, found.language, found.covered, found.points) == ("unknown", "fr", False, ())


def test_the_language_that_a_source_tells_is_believed() -> None:
    assert classify("Webhook", language="de-AT").language == "de"
    assert classify("Webhook", language="fr").covered is False


def test_a_lexicon_for_another_language_is_one_more_argument() -> None:
    french = lexicon("fr", {"panier": {"checkout": 40}})
    classifier = Classifier([standard_lexicon("en"), french], standard_calibration())
    found = classifier.classify(Ticket(title="Le panier est vide", body="Les clients ne sont pas contents du tout."))

    assert (found.language, found.category) == ("fr", "checkout")
    assert classifier.languages == ("en", "fr")


@pytest.mark.parametrize(
    ("languages", "message"),
    [(("en", "en-GB"), "expected one lexicon a language"), (("de",), "expected a lexicon for en, got de")],
)
def test_lexicons_that_do_not_go_together_are_refused(languages: tuple[str, ...], message: str) -> None:
    with pytest.raises(RuleDefinitionError, match=message):
        Classifier([lexicon(tag, {"lamp": {"checkout": 1}}) for tag in languages], STEPS)


@pytest.mark.parametrize(
    ("title", "body", "category"),
    [
        ("Add vouchers", "", "other"),
        ("[Feature] Vouchers", "", "other"),
        ("How can I add vouchers?", "", "docs"),
        ("Vouchers fail", "How can I add them?", "checkout"),
        ("[Bug] Add vouchers", "", "checkout"),
    ],
)
def test_wishes_and_questions_are_told_from_faults_by_what_is_missing(title: str, body: str, category: str) -> None:
    classifier = made(
        vouchers={"checkout": 25},
        titlestart_add={"nature.wish": 40},
        titlestart_feature={"nature.feature": 30, "nature.wish": 30},
        feature={"nature.feature": 30, "nature.wish": 30},
        how_can={"nature.question": 40, "docs": 20},
        fail={"nature.fault": 40},
    )

    assert classifier.classify(Ticket(title=title, body=body)).category == category


@pytest.mark.parametrize(
    ("title", "body", "category"),
    [
        # Much is said of vouchers, and nothing of it is broken.
        ("Add vouchers", "", "other"),
        ("How can I print vouchers?", "", "docs"),
        ("Handbook of vouchers", "", "docs"),
        ("How can I print vouchers?", "They fail.", "checkout"),
        ("Add vouchers fail", "", "checkout"),
        # Words that only one desk uses are believed of a question, and of a wish where wishes are that desk's work.
        ("How can I print hooks?", "", "webhook"),
        ("Add hooks", "", "other"),
        ("Add shelves", "", "inventory"),
        ("Add speed", "", "performance"),
    ],
)
def test_what_is_wished_for_or_asked_about_counts_for_its_kind_too(title: str, body: str, category: str) -> None:
    classifier = made(
        vouchers={"checkout": 60},
        hooks={"webhook": 80},
        shelves={"inventory": 80},
        speed={"performance": 80},
        titlestart_add={"nature.wish": 40},
        how_can={"nature.question": 40, "docs": 30},
        handbook={"docs": 50},
        fail={"nature.fault": 40},
    )

    assert classifier.classify(Ticket(title=title, body=body)).category == category


@pytest.mark.parametrize(("title", "wishes"), [("[Feature] Lamps", True), ("Lamps: the feature is dark", False)])
def test_a_word_of_a_tag_is_told_from_the_same_word_in_a_title(title: str, wishes: bool) -> None:
    classifier = made(feature_tagend={"nature.feature": 30}, lamps={"checkout": 20})

    found = classifier.classify(Ticket(title=title))

    assert ("nature.feature" in {label for label, *_ in found.counted}) is wishes


def test_of_two_desks_with_equal_points_the_narrower_one_is_called() -> None:
    found = made(lamp={"integration": 30, "webhook": 30, "inventory": 30}).classify(Ticket(title="lamp"))

    assert found.category == "inventory"
    assert found.category2 == "webhook"


@pytest.mark.parametrize(
    ("title", "severity"),
    [
        ("Customers were charged twice at checkout", "critical"),
        ("Checkout works but the button is slightly misaligned, a cosmetic bug", "low"),
        ("How do I change the colour of the cart?", "low"),
        ("Add a wish list", "low"),
        ("Webhook signature is wrong", "medium"),
    ],
)
def test_severity_is_the_effect_as_told(title: str, severity: str) -> None:
    assert classify(title).severity == severity


@pytest.mark.parametrize(
    ("title", "faces"),
    [
        ("Shoppers see an empty basket on the storefront", True),
        ("Discount is missing on the cart page", True),
        ("Webhook topic cannot be registered by our app", False),
        ("npm install fails", False),
    ],
)
def test_shoppers_feel_what_happens_before_their_eyes(title: str, faces: bool) -> None:
    assert classify(title).customer_facing is faces


WORDS = st.lists(
    st.sampled_from("cart webhook login stock slow import page stripe how npm the a fails".split()), max_size=9
)


@settings(max_examples=cases(60), deadline=None)
@given(WORDS.map(" ".join), WORDS.map(" ".join))
def test_the_same_text_is_labelled_alike_and_spelling_in_capitals_changes_nothing(title: str, body: str) -> None:
    found = classify(title, body)

    assert classify(title, body) == found
    assert classify(title.upper(), body.upper()).points == found.points
    assert found.category in (*CATEGORIES, "unknown")


@settings(max_examples=cases(60), deadline=None)
@given(WORDS.map(" ".join))
def test_no_word_of_the_ticket_is_kept_beside_its_id(body: str) -> None:
    secret = "Kowalczyk kowalczyk@shop.example 4111111111111111"
    document = str(standard_classifier().classify(Ticket(id="7", title=secret, body=f"{body} {secret}")).document())

    assert not any(word in document for word in secret.split())
