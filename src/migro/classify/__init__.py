"""Reading support tickets without a model: which desk, how bad, who feels it, how sure, and why."""

from .calibration import Calibration, clarity
from .classifier import Classifier
from .languages import language_of
from .phrasebook import Phrasebook
from .records import TicketFields, TicketRecord, read_tickets
from .segmentation import Segment, segments
from .standard import LANGUAGES, classify, standard_calibration, standard_classifier, standard_lexicon
from .ticket import CATEGORIES, SEVERITIES, Category, Classification, Reason, Ticket, TicketSeverity

__all__ = [
    "CATEGORIES",
    "LANGUAGES",
    "SEVERITIES",
    "Calibration",
    "Category",
    "Classification",
    "Classifier",
    "Phrasebook",
    "Reason",
    "Segment",
    "Ticket",
    "TicketFields",
    "TicketRecord",
    "TicketSeverity",
    "clarity",
    "classify",
    "language_of",
    "read_tickets",
    "segments",
    "standard_calibration",
    "standard_classifier",
    "standard_lexicon",
]
