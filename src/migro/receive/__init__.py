"""Receiving over HTTP without a framework: a request in, an answer out, and everything acknowledged is stored."""

from .background import Background
from .privacy import Erasing, PrivacyHandler, PrivacyRequest
from .receiver import Receiver
from .reply import Reply

__all__ = ["Background", "Erasing", "PrivacyHandler", "PrivacyRequest", "Receiver", "Reply"]
