"""Cards in front of people: what waits is shown to its approvers once, and what they press becomes an answer."""

from .book import Book, Place
from .buttons import Buttons, Heard
from .desk import Desk

__all__ = ["Book", "Buttons", "Desk", "Heard", "Place"]
