"""What people write to a help desk: faults, questions and noise, with signatures, quotes and personal data."""

from __future__ import annotations

from random import Random

import attrs

from .people import Person

__all__ = ["SUBJECTS", "Letter", "Subject", "letter", "noise_or_fault"]


@attrs.frozen(kw_only=True)
class Subject:
    """
    Something that people write about.

    Attributes:
        intent: Its name in the vocabulary of tickets.
        category: Which desk has to answer it.
        severity: Effect on a live shop, as told.
        customer_facing: Whether a shopper feels it.
        noise: Whether nothing is broken.
        wordings: Subject lines with texts; ``{order}``, ``{product}``, ``{name}`` and ``{email}`` are filled in.
    """

    intent: str
    category: str
    severity: str
    customer_facing: bool
    noise: bool = False
    wordings: tuple[tuple[str, str], ...]


@attrs.frozen(kw_only=True)
class Letter:
    """
    One letter.

    Attributes:
        about: What it is about.
        subject, text: What stands in it.
        planted: Kinds of personal data of its writer that the text holds, as `Planted.person` names them.
    """

    about: Subject
    subject: str
    text: str
    planted: tuple[str, ...]


def _fault(intent: str, category: str, severity: str, *wordings: tuple[str, str], shopper: bool = True) -> Subject:
    return Subject(intent=intent, category=category, severity=severity, customer_facing=shopper, wordings=wordings)


def _noise(intent: str, category: str, *wordings: tuple[str, str]) -> Subject:
    return Subject(
        intent=intent, category=category, severity="low", customer_facing=False, noise=True, wordings=wordings
    )


SUBJECTS: tuple[Subject, ...] = (
    _fault(
        "cannot_checkout",
        "checkout",
        "critical",
        ("Cannot check out", "I have tried to check out three times and the checkout page just shows an error."),
        ("checkout broken??", "When I press continue at checkout nothing happens. The {product} is still in my cart."),
        (
            "Order cannot be placed",
            "Our customers cannot complete checkout since about an hour, placing the order fails.",
        ),
    ),
    _fault(
        "empty_cart",
        "checkout",
        "high",
        ("Cart is empty again", "I add the {product} to my cart and the cart is empty when I go back to it."),
        ("my basket keeps emptying", "Every time I open my basket it is empty although I added two items before."),
    ),
    _fault(
        "charged_no_order",
        "checkout",
        "critical",
        (
            "Charged but no order",
            "My card was charged yesterday but I never got an order confirmation for the {product}.",
        ),
        ("money taken, order missing", "The payment went through at my bank. There is no order in my account."),
    ),
    _fault(
        "discount_failed",
        "checkout",
        "medium",
        ("Discount code does not work", "The code from your newsletter is refused at checkout as invalid."),
        ("Voucher not accepted", "My voucher is not accepted any more, the total in the cart stays the same."),
    ),
    _fault(
        "payment_declined",
        "integration",
        "high",
        ("Card declined", "My card is declined at the payment step, my bank says they never saw a request."),
        ("Payment gateway error", "The payment provider answers with an error for most of our customers today."),
    ),
    _fault(
        "login",
        "auth",
        "high",
        ("Cannot log in", "I cannot log in with my old password since the new site is up."),
        (
            "Password reset mail never comes",
            "I asked for a password reset three times and cannot sign in to my account.",
        ),
    ),
    _fault(
        "page_404",
        "frontend_mismatch",
        "high",
        ("Page not found", "The link to the {product} leads to a page not found (404)."),
        ("404 on category page", "Since the relaunch our old category page answers with 404 page not found."),
    ),
    _fault(
        "wrong_price",
        "frontend_mismatch",
        "high",
        ("Wrong price shown", "The {product} shows the old price on its page and another price in the cart."),
        ("Price differs", "The page of the {product} displays a stale price, the back end has the right one."),
    ),
    _fault(
        "out_of_stock_after_order",
        "inventory",
        "critical",
        ("Sold what we do not have", "We oversold the {product}: two orders came in although stock was zero."),
        ("Stock is wrong", "Stock quantity of the {product} on the site does not match the warehouse."),
    ),
    _fault(
        "missing_product",
        "data_sync",
        "high",
        (
            "Products missing after import",
            "About forty products were not imported from the old shop, the {product} too.",
        ),
        (
            "Catalogue sync stopped",
            "Changes to prices in the ERP have not been synchronised to the new store since Monday.",
        ),
    ),
    _fault(
        "site_slow",
        "performance",
        "medium",
        ("Site is very slow", "Pages take more than ten seconds to load today, the {product} page times out."),
        ("slow!!", "your shop is awfully slow on my phone since this week"),
    ),
    _fault(
        "webhook_api",
        "webhook",
        "high",
        (
            "Webhooks not arriving",
            "Our endpoint has received no order webhooks since last night, nothing is delivered.",
        ),
        ("Duplicate webhook deliveries", "We get the same orders/create webhook three or four times for each order."),
        shopper=False,
    ),
    _noise(
        "how_to",
        "docs",
        (
            "How do I change the theme?",
            "How do I edit the texts on the home page? I do not find the theme editor any more.",
        ),
        ("Question about the new admin", "Where can I find the documentation of the new product editor?"),
        ("how to add a user", "How do I add another staff account for my colleague?"),
    ),
    _noise(
        "where_is_my_order",
        "other",
        ("Where is my order {order}?", "I ordered the {product} last week. Could you tell me when it will arrive?"),
        ("delivery", "Hello, my parcel for order {order} should have been here on Friday. Any news?"),
    ),
    _noise(
        "thank_you",
        "other",
        ("Thank you!", "Thank you for the quick help, everything arrived and the {product} is lovely."),
        ("Re: your parcel", "Thanks a lot, that was all I needed. Have a nice day!"),
    ),
    _noise(
        "refund_request",
        "other",
        ("Return of order {order}", "I would like to send the {product} back and get a refund, please."),
        ("refund", "Please refund my order {order}, it does not fit."),
    ),
    _noise(
        "other",
        "other",
        ("Opening hours", "Is your showroom open on Saturday? And do you have the {product} in blue?"),
        ("Out of office", "I am out of the office until Monday. In urgent cases please write to my colleagues."),
        ("Newsletter", "Please send the newsletter to {email} from now on, my old mailbox is closed."),
    ),
)
"""Everything that people write about; three of five letters of an ordinary day are noise."""

_NOISE = tuple(s for s in SUBJECTS if s.noise)
_FAULTS = tuple(s for s in SUBJECTS if not s.noise)
_PRODUCTS = ("oak stool", "wool throw", "stone mug", "linen apron", "brass hook")
_GREETINGS = ("Hello,", "Hi there,", "Dear team,", "Good morning,", "")
_CLOSINGS = ("Kind regards", "Thanks", "Best wishes", "Sent from my phone", "")


def noise_or_fault(rng: Random) -> Subject:
    """Return what somebody writes about on an ordinary day."""
    return rng.choice(_NOISE if rng.randrange(5) < 3 else _FAULTS)


def letter(rng: Random, person: Person, about: Subject, *, number: int) -> Letter:
    """
    Return a letter of a person, in words of their own: greeting, signature, at times a quote or a card number.

    Args:
        number: The order that it names, where it names one.
    """
    subject, text = rng.choice(about.wordings)
    filled = {"order": f"#{number}", "product": rng.choice(_PRODUCTS), "name": person.name, "email": person.email}
    planted = ["email"] if "{email}" in text else []
    lines = [rng.choice(_GREETINGS), text.format_map(filled)]
    if rng.randrange(25) == 0:
        lines.append(f"If you need it, my card is {person.card}.")
        planted.append("card")
    lines += ["", rng.choice(_CLOSINGS), person.name]
    planted.append("name")
    match rng.randrange(4):
        case 0:
            lines += [f"{person.street}, {person.postcode} {person.town}", f"Tel. {person.phone}"]
            planted += ["address", "phone"]
        case 1:
            lines += ["", f"On Friday {person.email} wrote:", "> Could you look into this, please?"]
            planted.append("email")
        case _:
            pass
    body = "\n".join(line for i, line in enumerate(lines) if line or i)
    return Letter(about=about, subject=subject.format_map(filled), text=body, planted=tuple(dict.fromkeys(planted)))
