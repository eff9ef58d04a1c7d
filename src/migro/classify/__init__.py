"""Reading support tickets without a model: which desk, how bad, who feels it, how sure, and why."""

from .calibration import Calibration, clarity
from .classifier import Classifier, Evidence
from .encodings import decode_export
from .languages import language_of
from .phrasebook import Phrasebook
from .records import TicketFields, TicketRecord, read_tickets
from .segmentation import Segment, segments
from .standard import (
    LANGUAGES,
    classify,
    standard_calibration,
    standard_classifier,
    standard_lexicon,
    standard_vocabulary,
)
from .ticket import CATEGORIES, SEVERITIES, Category, Classification, Reason, Ticket, TicketSeverity, Worth
from .vocabulary import Vocabulary, shares_of, stem_of

__all__ = [
    "CATEGORIES",
    "LANGUAGES",
    "SEVERITIES",
    "Calibration",
    "Category",
    "Classification",
    "Classifier",
    "Evidence",
    "Phrasebook",
    "Reason",
    "Segment",
    "Ticket",
    "TicketFields",
    "TicketRecord",
    "TicketSeverity",
    "Vocabulary",
    "Worth",
    "clarity",
    "classify",
    "decode_export",
    "language_of",
    "read_tickets",
    "segments",
    "shares_of",
    "standard_calibration",
    "standard_classifier",
    "standard_lexicon",
    "standard_vocabulary",
    "stem_of",
]
