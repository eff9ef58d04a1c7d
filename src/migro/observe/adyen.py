"""
Adyen webhooks: a list of notification items, as JSON or form, each signed by itself; and the newer ones with a type.

Source: https://docs.adyen.com/development-resources/webhooks/webhook-types
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final
from urllib.parse import parse_qsl

import re2

from ..errors import InputError
from .adyen_events import EVENTS, method_of
from .amounts import counted, currency_of
from .claims import Claim, from_base64, from_hex
from .drafts import Draft, Normaliser, Refused, Scope, environment
from .envelope import Envelope
from .parsing import at, exact_id, moment, whole, word
from .references import code_of, named
from .zones import unsaid_zone

__all__ = ["NORMALISER"]

_DECIMALS: Final = {"CLP": 2, "CVE": 0, "IDR": 0, "ISK": 2}
"""Where Adyen counts in other units than ISO 4217: docs.adyen.com/development-resources/currency-codes."""
_SIGNED: Final = ("pspReference", "originalReference", "merchantAccountCode", "merchantReference")
_REASON: Final = re2.compile(r"^[A-Za-z0-9][A-Za-z0-9 ,.'()/_&:-]{0,99}$")
_CARD: Final = re2.compile(r"\d{4}|\d:\d")
_PREFIX: Final = "additionalData."


def _flag(value: Any) -> bool | None:
    # Documented as the words "true" and "false"; some senders write the JSON values.
    if isinstance(value, bool):
        return value
    return {"true": True, "false": False}.get(value.strip().lower()) if isinstance(value, str) else None


def _form(text: str) -> dict[str, Any]:
    """Return an item that came as a form in the shape that it has in JSON."""
    try:
        fields = dict(parse_qsl(text.removeprefix("\ufeff"), keep_blank_values=True, max_num_fields=500))
    except ValueError:
        raise InputError("expected a form of at most 500 fields, got more") from None
    item: dict[str, Any] = {n: v for n, v in fields.items() if not n.startswith(_PREFIX)}
    item["additionalData"] = {n.removeprefix(_PREFIX): v for n, v in fields.items() if n.startswith(_PREFIX)}
    item["amount"] = {"value": fields.get("value"), "currency": fields.get("currency")}
    return {"live": fields.get("live"), "notificationItems": [{"NotificationRequestItem": item}]}


def _body(envelope: Envelope) -> Any:
    if isinstance(envelope.body, str) and _fits_text(envelope.body):
        return _form(envelope.body)
    return envelope.value()


def _items(body: Mapping[str, Any]) -> list[Any] | None:
    if isinstance(body.get("NotificationRequestItem"), Mapping):
        return [body]
    items = body.get("notificationItems")
    return items if isinstance(items, list) else None


def _bare(item: Any) -> Any:
    return item.get("NotificationRequestItem", item) if isinstance(item, Mapping) else item


def _additional(item: Mapping[str, Any]) -> dict[str, Any]:
    given = item.get("additionalData")
    # Names can carry blanks around them.
    return {n.strip(): v for n, v in given.items() if isinstance(n, str)} if isinstance(given, Mapping) else {}


def _reason(value: Any) -> str | None:
    """Return the provider's or card scheme's phrase, which no person wrote; never the digits of a card."""
    text = word(value)
    return text if text is not None and _REASON.match(text) and not _CARD.search(text) else None


def _item(item: Mapping[str, Any], live: bool | None, place: int) -> Draft | Refused:
    code = word(item.get("eventCode"))
    if code is None:
        missing = f"expected an item with an eventCode, got one without at notificationItems.{place}"
        return Refused(reason=missing, content=item, ordinal=place)
    psp, original = exact_id(item.get("pspReference")), exact_id(item.get("originalReference"))
    success, more = _flag(item.get("success")), _additional(item)
    currency = currency_of(at(item, "amount.currency"))
    amount = counted(at(item, "amount.value"), currency, _DECIMALS)
    kind, topic = "platform.event", code.lower()
    event, payment = EVENTS.get(code.upper()), original or psp
    if event is not None and (payment is not None or event.kind != "payment"):
        kind, topic = event.outcome(success, amount, word(more.get("modification.action")))
    ids, persons = named(
        {
            "order_ref": item.get("merchantReference"),
            "order_id": more.get("metadata.order_id") or more.get("merchantOrderReference"),
            "cart_ref": more.get("metadata.cart_ref"),
        }
    )
    money = kind in ("payment", "refund", "dispute")
    reason = _reason(item.get("reason")) if success is False or kind in ("refund", "dispute") else None
    again = "recaptured" in str(item.get("reason")).lower()
    shopper = more.get("shopperReference") or more.get("recurring.shopperReference")
    return Draft(
        kind=kind,
        topic=topic,
        raw_topic=code,
        merchant=exact_id(item.get("merchantAccountCode")),
        occurred_at=moment(item.get("eventDate")),
        # A payment that was captured, failed and is captured again keeps its reference: only the date tells.
        dedup=("adyen", psp, code, success, exact_id(item.get("eventDate")) if psp is None or again else None,
               None if psp else repr(item)),
        resource=(kind, payment if kind == "payment" else psp) if money else None,
        ids={**ids, "psp_reference": psp, "original_reference": original,
             "refund_id": psp if kind == "refund" else None, "dispute_id": psp if kind == "dispute" else None,
             "payment_id": payment if kind == "payment" else original if money else None},
        people={**persons, "customer_ref": exact_id(shopper)},
        state=code_of(more.get("disputeStatus")),
        env=None if live is None else ("production" if live else "test"),
        metrics={"amount_minor": amount if money else None},
        attrs={
            "currency": currency if money and amount is not None else None,
            "livemode": live,
            "success": success,
            "method": method_of(item.get("paymentMethod")) if money else None,
            "decline_code": reason if kind == "payment" and success is False else None,
            "reason": reason,
            "reason_code": next((c for n in ("chargebackReasonCode", "nofReasonCode", "rfiReasonCode")
                                 if (c := code_of(more.get(n)))), None),
            "scheme": next((c for n in ("chargebackSchemeCode", "nofSchemeCode", "rfiSchemeCode")
                            if (c := code_of(more.get(n)))), None),
            "time_zone": unsaid_zone(item.get("eventDate")),
        },
    )  # fmt: skip


def _typed(body: Mapping[str, Any]) -> Draft:
    """Return what the webhooks of accounts, tokens, payouts and transfers say: a type and data."""
    kind_of_event = word(body.get("type")) or word(body.get("eventType")) or "unknown"
    given = body.get("data", body.get("content"))
    data: Mapping[str, Any] = given if isinstance(given, Mapping) else {}
    live = _flag(body.get("live"))
    ids = {
        "event_id": exact_id(body.get("eventId")),
        "psp_reference": exact_id(body.get("pspReference")) or exact_id(data.get("pspReference")),
        "transfer_id": exact_id(at(data, "transfer.id")),
        "balance_account_id": exact_id(at(data, "balanceAccount.id")),
        "company_id": exact_id(data.get("companyId")),
        "data_id": exact_id(data.get("id")),
        "stored_payment_method_id": exact_id(data.get("storedPaymentMethodId")),
    }
    told = next((t for n in ("createdAt", "timestamp", "eventDate") if (t := body.get(n)) is not None), None)
    told = told if told is not None else next((data[n] for n in ("updatedAt", "creationDate") if n in data), None)
    state = code_of(data.get("status"))
    return Draft(
        kind="platform.event",
        topic=kind_of_event.lower(),
        raw_topic=kind_of_event,
        merchant=next((m for n in ("merchantAccount", "merchantId", "balancePlatform") if (m := exact_id(data.get(n)))),
                      None),
        occurred_at=moment(told),
        dedup=("adyen", kind_of_event, *ids.values(), state, exact_id(told),
               None if any(ids.values()) else repr(body)),
        ids=ids,
        people={"customer_ref": exact_id(data.get("shopperReference"))},
        state=state,
        env=environment(body.get("environment")) or (None if live is None else ("production" if live else "test")),
        attrs={"livemode": live, "time_zone": unsaid_zone(told)},
    )  # fmt: skip


def _read(envelope: Envelope, _: Scope) -> Iterator[Draft | Refused]:
    body = _body(envelope)
    if not isinstance(body, Mapping):
        raise InputError(f"expected an Adyen notification as a JSON object, got {type(body).__name__}")
    items = _items(body)
    if items is None:
        if word(body.get("type")) is None and word(body.get("eventType")) is None:
            raise InputError("expected an Adyen notification with notificationItems or a type, got neither")
        yield _typed(body)
        return
    if not items:
        raise InputError("expected an Adyen notification with at least one item, got none")
    live = _flag(body.get("live"))
    for place, wrapped in enumerate(items):
        item = _bare(wrapped)
        if isinstance(item, Mapping):
            yield _item(item, live, place)
        else:
            reason = f"expected an item as a JSON object, got {type(item).__name__} at notificationItems.{place}"
            yield Refused(reason=reason, content=item, ordinal=place)


def _key(secret: str) -> bytes:
    # A secret that is no hexadecimal number must not become the empty key, with which anybody can sign.
    return from_hex(secret.strip()) or secret.encode()


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return value
    number = whole(value)
    return "" if number is None else str(number)


def _claim_of(item: Mapping[str, Any]) -> Claim:
    signed = [*(item.get(n) for n in _SIGNED), at(item, "amount.value"), at(item, "amount.currency"),
              item.get("eventCode"), item.get("success")]  # fmt: skip
    signature = word(_additional(item).get("hmacSignature"))
    return Claim(
        signatures=(from_base64(signature),) if signature else (),
        message=":".join(map(_text, signed)).encode("utf-8", "surrogatepass"),
        key=_key,
    )


def _claim(envelope: Envelope, raw: bytes) -> Claim | Sequence[Claim] | None:
    header = envelope.header("HmacSignature")
    if header:
        return Claim(signatures=(from_base64(header),), message=raw, key=_key)
    try:
        # What is read is what has to be signed: the fields, not the bytes.
        body = _body(envelope)
    except InputError:
        return None
    items = [_bare(wrapped) for wrapped in _items(body) or ()] if isinstance(body, Mapping) else []
    claims = [_claim_of(item) for item in items if isinstance(item, Mapping)]
    # One item without a signature among signed ones proves nothing, so that it fails with them.
    return claims if any(c.signatures for c in claims) else None


def _fits(body: Mapping[str, Any]) -> bool:
    items = _items(body)
    if items is not None:
        first = _bare(items[0]) if items else None
        return isinstance(first, Mapping) and "eventCode" in first
    typed = isinstance(body.get("data"), Mapping) and body.get("environment") in ("test", "live")
    return typed and isinstance(body.get("type"), str)


def _fits_text(text: str) -> bool:
    names = {part.partition("=")[0] for part in text.removeprefix("\ufeff").split("&", 500)}
    return {"eventCode", "merchantAccountCode", "pspReference"} <= names


NORMALISER: Final = Normaliser(
    kind="adyen_notification",
    provider="adyen",
    source_kind="payment_webhook",
    version=1,
    read=_read,
    claim=_claim,
    headers=("hmacsignature",),
    fits=_fits,
    fits_text=_fits_text,
)
