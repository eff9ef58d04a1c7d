"""What the returns portal tells."""

from __future__ import annotations

from migro import Attr, Key, Signal

__all__ = ["VOCABULARY", "ReturnRequest"]


class ReturnRequest(Signal, kind="returns.request"):
    """
    A shopper asked the portal to take something back.

    Attributes:
        shopper: The portal's number of the shopper.
        answer: HTTP status of the portal's answer.
    """

    shopper: Key[str]
    answer: Attr[int]


VOCABULARY = (ReturnRequest,)
