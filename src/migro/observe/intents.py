"""
What a ticket says, as names of features; the text itself never leaves this module.

A ticket is untrusted text: it can add weak evidence and can never command anything.
"""

from __future__ import annotations

import re
from typing import Final

import re2

from ..expressions.patterns import compile_pattern
from .codes import error_code
from .privacy import scrub
from .questions import asked_anew

__all__ = ["FEATURES", "features_of", "language_of"]

_CANNOT: Final = (
    r"(can ?no?t|cannot|can.?t|could ?n.?t|could not|unable to|not able to|impossible to|won.?t|will not"
    r"|does ?n.?t|do ?n.?t"
    r"|did ?n.?t|does not|did not|fails?|failed|failing|broken|stuck|error|crash\w*|blank|blocked|times? ?out|timed out"
    r"|hangs?|freez\w+|not work\w*|stopped working|no longer work\w*)"
)
_NEAR: Final = r"[^.!?\n]{0,60}"
_INTENTS: Final = {
    "cannot_checkout": (
        rf"\b{_CANNOT}\b{_NEAR}\b(check ?out|place (an?|the|my|any)? ?order|complete (an?|the|my)? ?(order|purchase)"
        rf"|finish (the|my)? ?(order|purchase)|add (\w+ ){{0,3}}to (the |my )?(cart|basket|bag)|buy|pay\b)"
        rf"|\b(check ?out|place order|purchase)\b{_NEAR}\b{_CANNOT}\b"
        rf"|\bcheck ?out{_NEAR}\b(500|502|503|504|404|403)\b"
        r"|\badd(ing)? (\w+ ){0,3}to (the |my )?(cart|basket|bag)\b[^.!?\n]{0,60}\b(nothing happens|does nothing"
        r"|(does|do|did|is)(n.?t| not) (react\w*|respond\w*|do anything)|dead)\b"
        r"|\bnothing happens\b[^.!?\n]{0,40}\badd (\w+ ){0,3}to (the |my )?(cart|basket|bag)\b"
        r"|\badd(ing)? (\w+ ){0,3}to (the |my )?(cart|basket|bag)\b( (button|function|feature))?"
        r" (is |was |seems |looks )?(broken|fail\w*|not work\w*|(does|do|did)(n.?t| not) work|stopped working"
        r"|no longer work\w*|crash\w*|throws|gives an? error)"
        r"|\bk(ann|(ö|oe|o)nnen|onnte|onnten) (\w+ ){0,5}nicht (mehr )?(bestellen|bezahlen|einkaufen|auschecken)"
        r"|kasse (geht|funktioniert) nicht"
        r"|impossible de (payer|commander|finaliser|valider (la|ma|notre) commande)"
        r"|\bno (se )?(puedo|puede|pueden|podemos) (pagar|comprar|finalizar)"
        r"|\bk(an|unnen) (\w+ ){0,2}niet (afrekenen|bestellen|betalen)"
        r"|\bnon (riesco a|riescono a|si riesce a|si pu(ò|o)) (pagare|ordinare|acquistare|completare)"
    ),
    "empty_cart": (
        r"\b(cart|basket|bag)\b[^.!?\n]{0,40}\b(empty|emptied|lost|disappear\w*|gone|reset\w*|clear(ed|s))\b"
        r"|\b(empty|lost|losing|disappearing)\b[^.!?\n]{0,20}\b(cart|basket)\b|warenkorb[^.!?\n]{0,30}leer"
    ),
    "payment_declined": (
        r"\b(payment|card|credit card|paypal|klarna|apple pay|google ?pay)\b[^.!?\n]{0,50}"
        r"\b(declin\w+|reject\w+|refus\w+|fail\w*|denied|not (accepted|going through)|error)\b|\bdeclined\b"
        r"|zahlung[^.!?\n]{0,30}(abgelehnt|fehlgeschlagen)"
    ),
    "charged_no_order": (
        r"\b(charged|paid|payment (was )?(taken|captured|went through)|money (was )?taken|debited"
        r"|deducted)\b[^!?\n]{0,80}"
        r"\b(no|without|never|not|did ?n.?t)\b[^.!?\n]{0,30}\b(order|confirmation|receive)"
        r"|\bno order\b[^.!?\n]{0,50}\b(charged|paid|payment)\b"
    ),
    "charged_twice": (
        r"\b(charged|billed|paid|debited|payment)\b[^.!?\n]{0,40}\b(twice|two times|double|multiple times"
        r"|2 times|2x|again)\b"
        r"|\b(double|duplicate)[ -]?(charge|charged|payment|billing|billed)\b|doppelt (belastet|abgebucht)"
    ),
    "login": (
        rf"\b{_CANNOT}\b{_NEAR}\b(log ?in|sign ?in|log on|access (my|the) account|reset (my|the)? ?password)\b"
        rf"|\b(log ?in|sign ?in|password|otp|2fa|account)\b[^.!?\n]{{0,40}}\b{_CANNOT}\b|\blogged out\b|\blocked out\b"
        r"|anmelden[^.!?\n]{0,30}nicht"
    ),
    "discount_failed": (
        rf"\b(discount|coupon|promo\w*|voucher|gift ?card)\b{_NEAR}"
        rf"\b({_CANNOT}|invalid|reject\w*|refus\w*|declin\w*|not (applied|valid|accepted|recogni[sz]ed))\b"
        rf"|\b{_CANNOT}\b{_NEAR}\b(discount|coupon|promo|voucher|gift ?card)"
    ),
    "wrong_price": (
        r"\b(wrong|incorrect|different|old|outdated|higher|lower)\b[^.!?\n]{0,25}\b(price|prices|total|amount)\b"
        r"|\b(price|prices|total)\b[^.!?\n]{0,40}\b(wrong|incorrect|mismatch|differ\w*|does ?n.?t match|changed|off)\b"
        r"|falscher preis"
    ),
    "wrong_currency": (
        r"\b(wrong|incorrect|different)\b[^.!?\n]{0,25}\bcurrenc\w+|\bcurrenc\w+\b[^.!?\n]{0,40}\b(wrong"
        r"|incorrect|mismatch"
        r"|not (switch\w*|chang\w*))\b|\bshow\w*\b[^.!?\n]{0,25}\b(usd|eur|gbp|dollars|euros"
        r"|pounds)\b[^.!?\n]{0,15}\binstead\b"
    ),
    "tax": (
        r"\b(tax|taxes|vat|gst|mwst)\b[^.!?\n]{0,50}\b(wrong|incorrect|missing|not|twice|double|zero|0|error|fail\w*)\b"
        r"|\b(wrong|incorrect|missing|no)\b[^.!?\n]{0,20}\b(tax|taxes|vat|gst)\b"
        r"|\b(mwst|mehrwertsteuer|umsatzsteuer)\b[^.!?\n]{0,40}\b(fehl\w+|falsch\w*|doppelt|nicht ausgewiesen)\b"
        r"|\b(fehl\w+|falsch\w*|keine)\b[^.!?\n]{0,25}\b(mwst|mehrwertsteuer|umsatzsteuer)\b"
    ),
    "no_shipping": (
        r"\bno\b[^.!?\n]{0,15}\b(shipping|delivery)\b[^.!?\n]{0,25}\b(method\w*|option\w*|rate\w*|available)\b"
        r"|\b(shipping|delivery)\b[^.!?\n]{0,40}\b(not available|unavailable|missing|not (shown|showing"
        r"|load\w*)|not offered)\b"
        r"|\b(cannot|can.?t|unable to|do ?n.?t|does not)\b[^.!?\n]{0,20}\b(ship|deliver)\b"
        r"|\b(shipping|delivery) (method|option|rate)s?\b[^.!?\n]{0,20}\b(empty|gone|blank|disappeared)\b"
        r"|\bkeine? (versand|liefer|zustell)(art|methode|option|m(ö|oe)glichkeit)"
        r"|\baucune? (mode|m(é|e)thode|option)s? (de |d.)(livraison|exp(é|e)dition|envoi)"
        r"|\b(no hay|ning(ú|u)n|ninguna) (m(é|e)todos?|opci(ó|o)n(es)?|formas?) de (env(í|i)o|entrega)"
        r"|\bgeen (verzend|bezorg)(methode|optie|mogelijkheid)"
        r"|\bnessuna? (metodo|opzione|modalit(à|a)) di (spedizione|consegna)"
    ),
    "where_is_my_order": (
        r"\bwhere.{0,12}\b(order|package|parcel)\b|\b(order|package|parcel)\b[^.!?\n]{0,40}\b(not arrived"
        r"|has ?n.?t arrived"
        r"|never arrived|not (been )?(delivered|received|shipped)|late|delayed|lost)\b|\btracking\b[^.!?\n]{0,30}"
        r"\b(not|no|missing|stuck)\b|\bnot received\b[^.!?\n]{0,20}\b(order|package|parcel)\b|wo ist meine bestellung"
    ),
    "out_of_stock_after_order": (
        r"\b(ordered|bought|paid|order)\b[^!?\n]{0,80}\b(out of stock|not in stock|sold out|unavailable"
        r"|oversold|backorder\w*)\b"
        r"|\boversold\b|\boverselling\b"
    ),
    "missing_product": (
        r"\b(product|products|item|items|variant|variants|collection)\b[^.!?\n]{0,40}\b(missing|gone"
        r"|disappeared|not (showing|shown"
        r"|visible|appear\w*|listed|found))\b|\b(missing|can.?t (find|see)|cannot (find|see))\b[^.!?\n]{0,25}"
        r"\b(product|products|item|variant)\b"
    ),
    "search": (
        r"\bsearch\w*\b[^.!?\n]{0,40}\b(not|no|broken|wrong|empty|error|fail\w*|nothing|does ?n.?t)\b"
        r"|\bno (search )?results\b"
    ),
    "site_slow": (
        r"\b(site|page|pages|shop|store|website|loading|checkout)\b[^.!?\n]{0,40}\b(slow|slowly|lag\w*|forever"
        r"|takes (ages|long"
        r"|minutes)|sluggish)\b|\bslow\b[^.!?\n]{0,15}\b(site|page|website|store|load\w*)\b|\bloads? (very |so "
        r"|too )?slow"
    ),
    "site_down": (
        r"\b(site|website|shop|store|page|storefront)\b[^.!?\n]{0,30}\b(down|offline|not (loading|available"
        r"|reachable)|unreachable"
        r"|(50[0234]) error|white screen|blank)\b|\b(50[0234]) (error|bad gateway|service unavailable|internal server)"
        r"|\boutage\b"
    ),
    "page_404": r"\b404\b|\bpage not found\b|\bdead links?\b|\bbroken links?\b|seite nicht gefunden",
    "seo_drop": (
        r"\b(seo|google|organic|rankings?|search console|traffic)\b[^.!?\n]{0,50}\b(drop\w*|lost|fell|down|decreas\w+"
        r"|de-?index\w*|not indexed|disappear\w*)\b"
        r"|\b(disappeared|vanished|dropped|gone|removed|missing|lost)\b[^.!?\n]{0,30}\b(from|in|on) (google|bing|search"
        r" results|the index)\b|\b(no longer|not|n.?t|nowhere)\b[^.!?\n]{0,30}\b(google|googled|google it|bing)\b"
        r"|\bno-?index\b"
    ),
    "tracking_pixel": (
        r"\b(pixel|analytics|gtm|tag manager|ga4|conversion tracking|meta capi|klaviyo|consent)\b[^.!?\n]{0,60}"
        r"\b(not|no|missing|broken|stopped|double|duplicate|fail\w*|wrong|zero)\b"
    ),
    "webhook_api": (
        rf"\b(webhooks?|api|graphql|endpoint|hmac|access token|rate limit)\b{_NEAR}\b({_CANNOT}|missing|40[0-9]"
        rf"|50[0-9]|429"
        r"|duplicate\w*|delay\w*|invalid|not (received|fired|sent|delivered))\b"
        rf"|\b{_CANNOT}\b{_NEAR}\b(webhooks?|api|graphql|endpoint)\b"
    ),
    "how_to": (
        r"\bhow (do|can|to|should|would)\b|\bis (it|there) (possible|a way)\b|\bwhat is the (best|right|correct) way\b"
        r"|\bwhere (do|can|should|would) (i|we|you|one) (set|configure|change|edit|register|create|add|enable|manage)\b"
        r"|\bdocumentation\b|\bany (example|guide|tutorial)\b"
        r"|wie (kann|k(ö|oe)nnen|richte[nt]?|(ä|ae)nder[en]) (ich|wir)"
        r"|\bwo (kann|k(ö|oe)nnen|stelle[nt]?) (ich|wir)|\bcomment (puis-je|peut-on|pouvons-nous|configurer|faire pour)"
        r"|\bc(ó|o)mo (puedo|podemos|se (puede|configura))|\bhoe (kan|kunnen) (ik|we)|\bcome (posso|possiamo|si fa)"
    ),
    "refund_request": (
        r"\b(refund|money back|chargeback|reimburse\w*|return (this|my|the) (order|item))\b|rückerstattung|geld zurück"
        r"|remboursement"
    ),
    "thank_you": r"\b(thank you|thanks|cheers|much appreciated|danke|merci)\b",
}
_MENTIONS: Final = {
    "mentions.checkout": r"\bcheck-?\s?outs?\b|\bkasse\b",
    "mentions.404": r"\b404\b|\bpage not found\b",
    "mentions.migration": (
        r"\b(migrat\w+|headless|re-?platform\w*|cut-?over|new (site|store|storefront|shop"
        r"|website)|go-?live)\b"
    ),
    "asks.refund": r"\b(refund|money back|reimburse\w*|chargeback)\b|rückerstattung|geld zurück|remboursement",
    # What is asked for stands at the beginning of a sentence or behind a word that asks. "A drop in orders", "I asked
    # for a password reset" and "if I disable it" tell of something.
    "asks.destructive": (
        r"(^|[.!?:;,()\"'\n]\s*|\b(please|kindly|to|(can|could|would|will|must|should) you|and|then|just|now|must"
        r"|should|immediately|also|or)\s+)"
        r"((delete|purge|wipe|drop|erase|truncate|remove all|roll ?back|restore|disable|flush|refund (all|every\w*))\b"
        r"[^.!?\n]{0,40}\b(all|every\w*|database|table|tables|orders?|customers?|products?|catalog\w*|cache"
        r"|account|data|store|webhooks?|inventory|backups?|checks?|alerts?)\b"
        r"|reset\s+((the|our|your|my|this|whole|entire)\s+)*(all|every\w*|database|tables?|orders?|products?|catalog\w*"
        r"|cache|data|store|shop|webhooks?|inventory|stock|prices?|backups?|checks?|alerts?)\b)"
        r"|\b(ignore|disregard|forget|override|bypass)\b[^.!?\n]{0,30}\b(rules?|instructions?|prompts?|polic(y"
        r"|ies)|guard\w*"
        r"|previous|above|approvals?)\b|\byou are now\b|\bsystem prompt\b|\bas an? (admin|administrator"
        r"|ai)\b[^.!?\n]{0,30}"
        r"\b(must|should|approve|run|execute)\b|\bauto[- ]?approve\b|\bdrop table\b|\brm -rf\b"
    ),
}
_GONE: Final = (
    r"(missing|gone|vanished|disappeared"
    r"|(is|are|was|were)(n.?t| not| no longer) (there|shown|showing|visible|available)"
    r"|(not|no longer|stopped|never) (show\w*|appear\w*|load\w*|display\w*)|(does|do)(n.?t| not) (show|appear|load))"
)
_TOLD: Final = {
    "mentions.all_sold_out": (
        r"\b(everything|all (of )?(the |your |our )?(products?|items?|articles?|sizes?|variants?))\b[^.!?\n]{0,40}"
        r"\b(sold out|out of stock|unavailable)\b"
    ),
    "mentions.bad_link": (
        r"\blinks?\b[^.!?\n]{0,60}\b(not work\w*|(does|do)(n.?t| not) work|dead|broken|404|page not found|expired"
        r"|old (site|shop|store|website|domain)|nowhere)\b|\b(dead|broken) links?\b"
    ),
    "mentions.cart_error": (
        r"\b(quantit\w+|coupon|voucher|cart)\b[^.!?\n]{0,50}\b((does|do|did|is|was)(n.?t| not)|not|never) (be )?"
        r"(updat\w+|chang\w+|sav\w+)\b|\b(quantit\w+|updat\w+ (the |my )?(cart|basket))\b[^.!?\n]{0,40}\berrors?\b"
    ),
    "mentions.logged_out": (
        r"\b(logged|signed|kicked|thrown) (me )?out\b|\b(log|sign) ?in (again|every time|each time|once more)\b"
        r"|\b(keeps?|kept|always) (on )?asking\b[^.!?\n]{0,30}\b(log|sign) ?in\b"
        r"|\b(not|no longer) (logged|signed) in\b|\bas a guest\b"
    ),
    "mentions.lost_after_bank": (
        r"\b(paid|bank|banking app|3-?d ?-?s(ecure)?|verif\w+|authenticat\w+|redirect\w*)\b[^!?\n]{0,80}"
        r"\b((cart|basket) (is|was|were)? ?(then )?empty|empty (cart|basket)|logged out"
        r"|start(ed)? (all )?(again|over))\b"
    ),
    "mentions.not_shipped": (
        r"\b(not|never|n.?t) (been |yet )?(shipped|dispatched|sent out)\b"
        r"|\b(warehouse|erp|fulfil\w+|3pl)\b[^!?\n]{0,60}\b(no|not|any|without|missing|never)\b[^.!?\n]{0,20}\borders?\b"
    ),
    "mentions.nothing_after_order": (
        r"\bnothing (happens|happened|comes|came|arrives|arrived)\b[^.!?\n]{0,30}"
        r"\b(after|when|with|for)\b[^.!?\n]{0,30}\borders?\b"
        r"|\b(after|when)\b[^.!?\n]{0,30}\borders?\b[^.!?\n]{0,30}\bnothing (happens|happened|comes|arrives)\b"
    ),
    "mentions.old_cart": (
        r"\b(old|previous|already (bought|ordered|purchased)) (items?|products?|things|order|cart)\b[^.!?\n]{0,50}"
        r"\b(cart|basket|check ?out)\b|\b(cart|basket|check ?out)\b[^.!?\n]{0,60}"
        r"\b(old items?|already (bought|ordered|purchased)|thank.you page)\b"
        r"|\bthank.you page\b[^.!?\n]{0,50}\bcheck ?out\b"
    ),
    "mentions.old_order_mail": (
        r"\b(e-?mails?|mails?|confirmations?)\b[^.!?\n]{0,80}\b(old orders?|never ordered|did(n.?t| not) order"
        r"|(last|years? ago|months? ago) ?(year|month)?)\b"
        r"|\bconfirmations?\b[^.!?\n]{0,60}\b(never (ordered|bought|placed|made)|did(n.?t| not) (buy|place|make))\b"
        r"|\bnever (ordered|bought|placed|made)\b[^.!?\n]{0,80}\b((e-?)?mails?|confirmations?)\b"
        r"|\w*best(ä|ae)tigung\w*[^.!?\n]{0,80}\b((alte|fr(ü|ue)here)n? bestellung|(nie|nichts?) bestellt)\w*"
        r"|\b(nie|nichts?) bestellt\b[^.!?\n]{0,80}best(ä|ae)tigung"
        r"|\bconfirmation\b[^.!?\n]{0,80}\b((jamais|rien|pas) (command|achet)|ancienne commande)"
    ),
    "mentions.old_stock": (
        r"\b(stock|inventory|availability)\b[^.!?\n]{0,50}"
        r"\b(old|outdated|out of date|wrong|not (been )?(updated|synced)"
        r"|(does|do)(n.?t| not) update)\b|\b(old|outdated|wrong) (stock|inventory|availability)\b"
    ),
    "mentions.orders_missing": (
        r"\border history\b[^.!?\n]{0,40}\b(missing|gone|empty|lost|disappeared)\b"
        r"|\b(old|past|previous|earlier) orders?\b[^.!?\n]{0,40}"
        r"\b(missing|gone|lost|disappeared|not (there|shown|visible))\b"
    ),
    "mentions.queue": (
        r"\b(queue|waiting room|busy|(please )?wait(ing)?)\b[^!?\n]{0,60}\bcheck-?\s?out\b"
        r"|\bcheck-?\s?out\b[^!?\n]{0,60}\b(queue|waiting room|busy|wait(ing)?)\b"
    ),
    "mentions.stale_content": (
        r"\bold prices?\b|\b(not|n.?t) (been )?updated\b|\bstill (show\w*|display\w*|say\w*|see\w*)\b"
        r"|\boutdated (page|price|content|text)s?\b"
    ),
    "mentions.test_mode": r"\b(test|sandbox) (mode|payments?|environment)\b|\b(no|missing|without) pay-?outs?\b",
    "mentions.wallet_missing": (
        rf"\b(apple|google|shop|amazon) ?pay\b[^.!?\n]{{0,40}}\b{_GONE}\b"
        rf"|\b(no|without|missing) (apple|google|shop|amazon) ?pay\b"
    ),
    "mentions.widget_missing": (
        rf"\b(reviews?|chat|loyalty|wish ?lists?|store locator|size (guide|chart))\b[^.!?\n]{{0,40}}\b{_GONE}\b"
    ),
    "mentions.wrong_item": (r"\b(wrong|different|another|incorrect) (product|variant|size|colou?r|item|article)\b"),
}
"""What the modes' own evidence from letters asks for; like an intent, taken back where all is said to be well."""

# A denial within a few words before the match takes the intent back: "checkout is not broken", "no error any more".
_DENIED: Final = re2.compile(
    r"(?i)\b(no (problem|issue|error|trouble)s?( with| at| in)?|(works?|working|worked) (fine|well|great|again"
    r"|now|as expected)"
    r"|(is|are|was|been) (now )?(fixed|solved|resolved)|not (broken|failing|slow|down|an issue|a problem)"
    r"|no longer (fails?|failing"
    r"|broken|slow|down|see|happen\w*)|never (fails?|failed|had (any|a) problem))\b"
)
# Names of two words of which one alone means another thing: a gift card is no card, and Google Pay no search engine.
_NAMES: Final = re2.compile(r"(?i)\b(gift|google)[ -](card|pay)")
# Who tells what he tried, or asks how it is done, asks nobody to do it.
_TRIED: Final = re2.compile(r"(?i)\b(how|tried|try|trying|able|unable|ways?|possible|attempt\w*|fail\w*|used) to\b")
_SENTENCE: Final = re2.compile(r"[.!?\n]+(?:\s|$)")
_COMPILED: Final = {
    name: compile_pattern(f"(?i){pattern}")
    for name, pattern in (*((f"intent.{n}", p) for n, p in _INTENTS.items()), *_MENTIONS.items(), *_TOLD.items())
}
FEATURES: Final = frozenset((*_COMPILED, "intent.other"))
"""Everything that words can say, but for canonical codes."""

_STANDS: Final = frozenset(("intent.how_to", "intent.thank_you", "intent.refund_request", *(n for n in _MENTIONS)))
_QUESTION: Final = "intent.how_to"
_DESTRUCTIVE: Final = "asks.destructive"
_SIZE: Final = 20_000

_LANGUAGES: Final = {
    "en": "the and is not my you order with this have cannot please when for",
    "de": "der die das und ist nicht ich mein bestellung mit bitte wenn ein kann keine",
    "fr": "le la les et est pas je mon commande avec une pour ne vous nous",
    "es": "el la los y es no mi pedido con una por que para puedo hola",
    "it": "il la gli e non mio ordine con una per che sono posso grazie",
    "nl": "de het een en is niet mijn bestelling met kan ik voor geen",
    "pt": "o a os e não meu pedido com uma para que posso você obrigado",
}
_WORD: Final = re.compile(r"[^\W\d_]+")
"""Letters in a row; nothing to go back over, so the standard library is linear here and much faster."""


def features_of(text: str) -> frozenset[str]:
    """
    Return what a text says: ``intent.<name>``, ``mentions.<what>``, ``asks.<what>`` and ``code.<canonical code>``.

    A sentence that says it works takes the intents of that sentence back; what was asked or mentioned stands.
    That a reply quotes a question in its subject is no question.
    """
    clean = _NAMES.sub(r"\1\2", scrub(text[:_SIZE]))
    affirmed = " \n".join(s for s in _SENTENCE.split(clean) if not _DENIED.search(s))
    found = {name for name, pattern in _COMPILED.items() if pattern.found_in(clean if name in _STANDS else affirmed)}
    if _DESTRUCTIVE in found and not _COMPILED[_DESTRUCTIVE].found_in(_TRIED.sub(" ", clean)):
        found.discard(_DESTRUCTIVE)
    if _QUESTION in found and not _COMPILED[_QUESTION].found_in(asked_anew(clean)):
        found.discard(_QUESTION)
    code = error_code(affirmed)
    if code is not None:
        found.add(f"code.{code}")
    if not any(name.startswith("intent.") for name in found):
        found.add("intent.other")
    return frozenset(found)


def language_of(text: str) -> str | None:
    """Return a guess at the language (ISO 639-1) from its small words, or None where they do not say."""
    words = [w.lower() for w in _WORD.findall(text[:4000])]
    counts = {name: sum(w in common for w in words) for name, common in _SMALL_WORDS.items()}
    best = max(counts, key=lambda name: counts[name])
    others = sorted(counts.values())[-2]
    return best if counts[best] >= 2 and counts[best] > others else None


_SMALL_WORDS: Final = {name: frozenset(words.split()) for name, words in _LANGUAGES.items()}
