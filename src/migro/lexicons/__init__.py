"""Lexicons: what people write, as weighted phrases that are read in one pass and can be read by people."""

from .difference import LexiconDiff, PointsChange, diff_lexicons
from .examples import LexiconFailure, check_lexicon
from .lexicon import Entry, Lexicon, LexiconExample
from .mistakes import LexiconError, Mistake
from .notation import parse_lexicon, write_lexicon
from .reading import Match, Reading

__all__ = [
    "Entry",
    "Lexicon",
    "LexiconDiff",
    "LexiconError",
    "LexiconExample",
    "LexiconFailure",
    "Match",
    "Mistake",
    "PointsChange",
    "Reading",
    "check_lexicon",
    "diff_lexicons",
    "parse_lexicon",
    "write_lexicon",
]
