"""
What Adyen's event codes mean: a code says which request ended, and the word beside it whether it ended well.

Source: https://docs.adyen.com/development-resources/webhooks/webhook-types
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from attrs import frozen

from .parsing import word

__all__ = ["EVENTS", "Event", "method_of"]


@frozen
class Event:
    """
    One event code.

    Attributes:
        kind: Class of the vocabulary.
        done: Topic where it succeeded, or where nothing says that it did not.
        failed: Topic where it did not.
    """

    kind: str
    done: str
    failed: str

    def outcome(self, success: bool | None, amount: int | None, action: str | None) -> tuple[str, str]:
        """Return kind and topic of one event: of its success, its amount, and what a request without a name became."""
        if action is not None and self.kind == "payment" and action.lower() == "refund":
            return "refund", "refund.failed" if success is False else "refund.created"
        if self.done == "order.paid" and (success is None or amount == 0):
            # Nothing says that it worked, or a card was only looked at: that neither pays an order nor fails to.
            return self.kind, "payment.updated"
        return self.kind, self.failed if success is False else self.done


_PAYMENT: Final = Event("payment", "payment.updated", "payment.updated")
_CAPTURE_FAILED: Final = "payment.capture_failed"
"""Apart from `payment.failed`, so that a share of refused attempts counts attempts only."""
_LOST: Final = Event("refund", "refund.failed", "refund.failed")
_GIVEN: Final = Event("refund", "refund.created", "refund.failed")
_DISPUTE: Final = Event("dispute", "dispute.updated", "dispute.updated")

EVENTS: Final[Mapping[str, Event]] = {
    "AUTHORISATION": Event("payment", "order.paid", "payment.failed"),
    "CAPTURE": Event("payment", "payment.updated", _CAPTURE_FAILED),
    "CAPTURE_FAILED": Event("payment", _CAPTURE_FAILED, _CAPTURE_FAILED),
    **dict.fromkeys(
        (
            "AUTHENTICATION AUTHORISATION_ADJUSTMENT AUTORESCUE CANCELLATION CANCEL_AUTORESCUE CANCEL_OR_REFUND EXPIRE "
            "HANDLED_EXTERNALLY MANUAL_REVIEW_ACCEPT MANUAL_REVIEW_REJECT OFFER_CLOSED ORDER_CLOSED ORDER_OPENED "
            "PENDING TECHNICAL_CANCEL"
        ).split(),
        _PAYMENT,
    ),
    **dict.fromkeys("REFUND REFUND_WITH_DATA".split(), _GIVEN),
    **dict.fromkeys("REFUND_FAILED REFUNDED_REVERSED".split(), _LOST),
    **dict.fromkeys(
        "POSTPONED_REFUND VOID_PENDING_REFUND".split(), Event("refund", "refund.updated", "refund.updated")
    ),
    # The one event that every disputed payment has; notices before and after it would count the same dispute again.
    "CHARGEBACK": Event("dispute", "dispute.created", "dispute.updated"),
    "NOTIFICATION_OF_FRAUD": Event("dispute", "fraud.warning", "fraud.warning"),
    **dict.fromkeys(
        (
            "CHARGEBACK_REVERSED DISPUTE_DEFENSE_PERIOD_ENDED INFORMATION_SUPPLIED ISSUER_COMMENTS "
            "ISSUER_RESPONSE_TIMEFRAME_EXPIRED NOTIFICATION_OF_CHARGEBACK PREARBITRATION_LOST PREARBITRATION_WON "
            "REQUEST_FOR_INFORMATION SECOND_CHARGEBACK"
        ).split(),
        _DISPUTE,
    ),
}
"""By code; every other one, such as ``REPORT_AVAILABLE``, is an event of the platform."""

_CARDS: Final = frozenset(
    (
        "amex bcmc cartebancaire cup dankort diners discover elo hipercard jcb laser maestro mc mir scheme unionpay "
        "visa visadankort"
    ).split()
)


def method_of(value: Any) -> str | None:
    """Return how it was paid: ``card``, a wallet such as ``apple_pay``, or the sender's word."""
    text = word(value)
    if text is None or len(text) > 40 or not text.replace("_", "").replace("-", "").isalnum():
        return None
    text = text.lower()
    for wallet, method in (("applepay", "apple_pay"), ("googlepay", "google_pay"), ("paywithgoogle", "google_pay")):
        if wallet in text:
            return method
    return "card" if text in _CARDS or text.startswith(("visa", "mc_", "mccredit", "mcdebit")) else text
